"""Kind `regression_tree`: one decision tree that predicts a number."""

from typing import Any, Literal

from mirage.data.law import Law
from mirage.models.kind import Estimator
from mirage.settings import whole


class RegressionTree(Estimator):
    """scikit-learn's DecisionTreeRegressor; what has no setting here is its default.

    Without a limit it splits until every leaf holds equal targets. Where there are classes, the output is rounded to
    one.
    """

    name: Literal["regression_tree"]
    depth: int | None = whole("most questions from the root to a leaf; null: no limit", 1, 100, default=None)

    regresses = True

    def estimator(self) -> Any:
        """A DecisionTreeRegressor; among equally good questions a fixed seed decides."""
        from sklearn.tree import DecisionTreeRegressor

        return DecisionTreeRegressor(max_depth=self.depth, random_state=0)

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """`leaves`: how many there are."""
        return {"leaves": float(estimator.get_n_leaves())}
