"""Law `diabetes`: real rows that come with scikit-learn."""

import functools
from typing import Literal

import numpy as np

from mirage.data.packaged import Packaged
from mirage.data.split import Array


class Diabetes(Packaged):
    """442 patients, 10 features from age to blood sugar; class 1: the disease went on faster than in the median one.

    Efron, Hastie, Johnstone and Tibshirani's set (2004), as ``sklearn.datasets.load_diabetes`` gives it.
    """

    name: Literal["diabetes"]

    file = "diabetes_data_raw.csv.gz"

    def rows(self) -> tuple[Array, Array]:
        """Measured features [row, feature], and whether the disease went on faster than in the median one [row]."""
        return _read()


@functools.cache
def _read() -> tuple[Array, Array]:
    """Features and classes of the file, which takes long to read."""
    from sklearn.datasets import load_diabetes

    x, progression = load_diabetes(return_X_y=True, scaled=False)
    x.setflags(write=False)
    return x, (progression > np.median(progression)).astype(int)
