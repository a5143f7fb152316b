"""Kind `perceptron`: a network of another library than Keras."""

from typing import Any, Literal, Self

from pydantic import model_validator

from mirage.data.law import Law
from mirage.models.kind import Estimator
from mirage.settings import number, setting, whole


class Perceptron(Estimator):
    """scikit-learn's MLPRegressor, fitted by L-BFGS; what has no setting here is its default.

    L-BFGS takes all rows at once and searches each step's length, so that few rows are learned within a hundred steps
    or two. Where there are classes, the output is rounded to one.
    """

    name: Literal["perceptron"]
    hidden: list[int] = setting("units of the hidden layers", "a list of one or more whole numbers of at least 1")
    l2: float = number("L2 penalty of the weights", ge=0, default=0.0)
    iterations: int = whole("most steps of L-BFGS", 1)

    regresses = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.hidden or min(self.hidden) < 1:
            self.refuse("hidden", "a list of one or more whole numbers of at least 1")
        return self

    def estimator(self) -> Any:
        """An MLPRegressor; its initial weights are drawn from a fixed seed."""
        from sklearn.neural_network import MLPRegressor

        return MLPRegressor(
            hidden_layer_sizes=tuple(self.hidden),
            solver="lbfgs",
            alpha=self.l2,
            max_iter=self.iterations,
            random_state=0,
        )

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """`iterations`: how many steps it took."""
        return {"iterations": float(estimator.n_iter_)}
