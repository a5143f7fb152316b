"""Law `breast_cancer`: real rows that come with scikit-learn."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.packaged import content_of, resampled
from mirage.data.split import Splits
from mirage.settings import whole


class BreastCancer(Law):
    """569 tumours, 30 features of their cell nuclei, class 1 malignant (37 %); resampled for every seed.

    Wolberg, Street and Mangasarian's Wisconsin set, as ``sklearn.datasets.load_breast_cancer`` gives it. Seeds share
    rows, so that intervals over seeds say how a result varies with the choice of rows from this one set.
    """

    name: Literal["breast_cancer"]
    n_train: int = whole("training rows", 1)
    n_test: int = whole("test rows", 1)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train` and `test`."""
        from sklearn.datasets import load_breast_cancer

        x, benign = load_breast_cancer(return_X_y=True)
        return resampled(x, 1 - benign, self.n_train, self.n_test, data)

    def content(self) -> str:
        """The hash of the packaged file."""
        return content_of("breast_cancer.csv")
