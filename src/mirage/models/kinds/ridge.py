"""Kind `ridge`: ridge regression."""

from typing import Any, Literal

from mirage.data.law import Law
from mirage.models.kind import Estimator
from mirage.models.linear import weight_numbers
from mirage.settings import number


class Ridge(Estimator):
    """scikit-learn's Ridge. Where there are classes, its output is rounded to one (article four, example 1)."""

    name: Literal["ridge"]
    alpha: float = number("strength of the penalty", ge=0)

    regresses = True

    def estimator(self) -> Any:
        """A Ridge regression."""
        from sklearn.linear_model import Ridge

        return Ridge(alpha=self.alpha)

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """Numbers of the weights."""
        return weight_numbers(estimator, law)
