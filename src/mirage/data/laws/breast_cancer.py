"""Law `breast_cancer`: real rows that come with scikit-learn."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.packaged import content_of, resampled
from mirage.data.parted import parted
from mirage.data.split import Splits
from mirage.settings import number, share, whole


class BreastCancer(Law):
    """569 tumours, 30 features of their cell nuclei, class 1 malignant (37 %); resampled for every seed.

    Wolberg, Street and Mangasarian's Wisconsin set, as ``sklearn.datasets.load_breast_cancer`` gives it. Seeds share
    rows, so that intervals over seeds say how a result varies with the choice of rows from this one set.
    """

    name: Literal["breast_cancer"]
    n_train: int = whole("training rows", 1)
    n_test: int = whole("test rows", 1)
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
        """Splits `train` and `test` and, where they have rows, `test_shifted`, `validation` and `flipped`."""
        from sklearn.datasets import load_breast_cancer

        x, benign = load_breast_cancer(return_X_y=True)
        if self.minority_share or self.n_test_shifted or self.n_validation or self.flipped:
            return parted(x, 1 - benign, self, data)
        return resampled(x, 1 - benign, self.n_train, self.n_test, data)

    def content(self) -> str:
        """The hash of the packaged file."""
        return content_of("breast_cancer.csv")
