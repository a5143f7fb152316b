"""Law `breast_cancer`: real rows that come with scikit-learn."""

import functools
from typing import Literal

from mirage.data.packaged import Packaged
from mirage.data.split import Array


class BreastCancer(Packaged):
    """569 tumours, 30 features of their cell nuclei, class 1 malignant (37 %).

    Wolberg, Street and Mangasarian's Wisconsin set, as ``sklearn.datasets.load_breast_cancer`` gives it.
    """

    name: Literal["breast_cancer"]

    file = "breast_cancer.csv"

    def rows(self) -> tuple[Array, Array]:
        """Measured features [row, feature], and whether the tumour is malignant [row]."""
        return _read()


@functools.cache
def _read() -> tuple[Array, Array]:
    """Features and labels of the file, which takes longer to read than a network takes for an epoch."""
    from sklearn.datasets import load_breast_cancer

    x, benign = load_breast_cancer(return_X_y=True)
    x.setflags(write=False)
    return x, 1 - benign
