"""Kind `logistic`: logistic regression."""

from typing import Any, Literal

import numpy as np

from mirage.data.law import Law
from mirage.models.kind import Estimator
from mirage.models.linear import weight_numbers
from mirage.settings import number, setting

ITERATIONS = 10_000  # more than any of these fits takes; the default of 100 can end before the minimum


class Logistic(Estimator):
    """scikit-learn's LogisticRegression; with an L2 penalty, everything else is its default, too."""

    name: Literal["logistic"]
    penalty: Literal["none", "l1", "l2"] = setting("what large weights cost", "one of none, l1, l2")
    inverse_penalty: float = number("scikit-learn's C: the smaller, the stronger the penalty", gt=0)

    def estimator(self) -> Any:
        """A LogisticRegression."""
        from sklearn.linear_model import LogisticRegression

        if self.penalty == "l2":
            return LogisticRegression(C=self.inverse_penalty)
        if self.penalty == "none":
            return LogisticRegression(C=np.inf, max_iter=ITERATIONS)
        # The solver for L1 that leaves the intercept without a penalty; its order of rows is fixed, its minimum is one.
        lasso = {"l1_ratio": 1, "solver": "saga", "tol": 1e-5, "max_iter": ITERATIONS, "random_state": 0}
        return LogisticRegression(C=self.inverse_penalty, **lasso)

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """Numbers of the weights."""
        return weight_numbers(estimator, law)
