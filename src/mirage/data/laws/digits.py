"""Law `digits`: real images that come with scikit-learn."""

import functools
from typing import Literal

import numpy as np

from mirage.data.packaged import Packaged
from mirage.data.split import Array
from mirage.settings import setting

LEVELS = 16  # grey levels of the file: features lie from 0 to 1


class Digits(Packaged):
    """1,797 handwritten digits of 8 by 8 pixels; class 1 are the digits in `positive`.

    Alpaydin and Kaynak's set, as ``sklearn.datasets.load_digits`` gives it.
    """

    name: Literal["digits"]
    positive: list[int] = setting(
        "the digits that are class 1", "a list of one to nine digits", min_length=1, max_length=9
    )

    file = "digits.csv.gz"

    def rows(self) -> tuple[Array, Array]:
        """Grey levels [row, pixel] from 0 to 1, and whether the digit is one of `positive` [row]."""
        x, digit = _read()
        return x, np.isin(digit, self.positive).astype(int)


@functools.cache
def _read() -> tuple[Array, Array]:
    """Grey levels [row, pixel] and digits [row] of the file, which takes long to read."""
    from sklearn.datasets import load_digits

    x, digit = load_digits(return_X_y=True)
    x = x / LEVELS
    x.setflags(write=False)
    return x, digit
