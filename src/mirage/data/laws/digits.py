"""Law `digits`: real images that come with scikit-learn."""

import functools
from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.packaged import content_of, resampled
from mirage.data.parted import parted
from mirage.data.split import Array, Splits
from mirage.settings import number, setting, share, whole

LEVELS = 16  # grey levels of the file: features lie from 0 to 1


class Digits(Law):
    """1,797 handwritten digits of 8 by 8 pixels; class 1 are the digits in `positive`; resampled for every seed.

    Alpaydin and Kaynak's set, as ``sklearn.datasets.load_digits`` gives it.
    """

    name: Literal["digits"]
    n_train: int = whole("training rows", 1)
    n_test: int = whole("test rows", 1)
    positive: list[int] = setting(
        "the digits that are class 1", "a list of one to nine digits", min_length=1, max_length=9
    )
    n_validation: int = whole("validation rows", default=0)
    n_test_shifted: int = whole("rows of a test set with another share of class 1", default=0)
    minority_share: float | None = share("share of class 1 in all other splits; null: as in the set", default=None)
    shifted_share: float | None = share("share of class 1 in split test_shifted", default=None)
    flipped: float = number(
        "share of either class of training and validation rows with the other label", ge=0, lt=0.5, default=0.0
    )

    classes = True
    several_models = True
    redraws = False

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train` and `test` and, where they have rows, `test_shifted`, `validation` and `flipped`.

        Features are grey levels [row, pixel] from 0 to 1.
        """
        x, digit = _file()
        y = np.isin(digit, self.positive).astype(int)
        if self.minority_share or self.n_test_shifted or self.n_validation or self.flipped:
            return parted(x, y, self, data)
        return resampled(x, y, self.n_train, self.n_test, data)

    def content(self) -> str:
        """The hash of the packaged file."""
        return content_of("digits.csv.gz")


@functools.cache
def _file() -> tuple[Array, Array]:
    """Grey levels [row, pixel] and digits [row] of the file, which takes long to read."""
    from sklearn.datasets import load_digits

    x, digit = load_digits(return_X_y=True)
    x = x / LEVELS
    x.setflags(write=False)
    return x, digit
