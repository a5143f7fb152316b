"""Law `digits`: real images that come with scikit-learn."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.packaged import content_of, resampled
from mirage.data.split import Splits
from mirage.settings import setting, whole

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

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train` and `test`; features are grey levels [row, pixel] from 0 to 1."""
        from sklearn.datasets import load_digits

        x, digit = load_digits(return_X_y=True)
        return resampled(x / LEVELS, np.isin(digit, self.positive).astype(int), self.n_train, self.n_test, data)

    def content(self) -> str:
        """The hash of the packaged file."""
        return content_of("digits.csv.gz")
