"""Kind `lasso`: lasso regression."""

from typing import Any, Literal

from mirage.data.law import Law
from mirage.models.kind import Estimator
from mirage.models.linear import weight_numbers
from mirage.settings import number


class Lasso(Estimator):
    """scikit-learn's Lasso. Where there are classes, its output is rounded to one (article four, example 1)."""

    name: Literal["lasso"]
    alpha: float = number("strength of the penalty", ge=0)

    regresses = True

    def estimator(self) -> Any:
        """A Lasso regression."""
        from sklearn.linear_model import Lasso

        return Lasso(alpha=self.alpha)

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """Numbers of the weights."""
        return weight_numbers(estimator, law)
