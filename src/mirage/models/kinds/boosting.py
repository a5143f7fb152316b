"""Kind `boosting`: gradient boosted trees."""

from typing import Any, Literal

from mirage.data.law import Law
from mirage.models.kind import Estimator
from mirage.settings import number, whole


class Boosting(Estimator):
    """scikit-learn's HistGradientBoostingClassifier; what has no setting here is its default."""

    name: Literal["boosting"]
    learning_rate: float = number("share of each tree that is added", gt=0)
    iterations: int = whole("most trees", 1, 10_000)
    leaves: int = whole("most leaves of a tree", 2, 10_000)
    l2: float = number("L2 penalty of a leaf's value", ge=0, default=0.0)

    def estimator(self) -> Any:
        """A HistGradientBoostingClassifier without early stopping, which would hold rows out by itself."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=self.iterations,
            max_leaf_nodes=self.leaves,
            l2_regularization=self.l2,
            early_stopping=False,
            random_state=0,
        )

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """`trees`: how many there are."""
        return {"trees": float(estimator.n_iter_)}
