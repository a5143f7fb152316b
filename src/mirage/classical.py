"""A model's settings to a fitted scikit-learn estimator."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mirage import config
from mirage.data import Array, Split

ITERATIONS = 10_000  # more than any of these fits takes; the default of 100 can end before the minimum


def logistic(settings: config.Model) -> LogisticRegression:
    """Logistic regression; with an L2 penalty, scikit-learn's default, everything else is its default too."""
    if settings.penalty == "l2":
        return LogisticRegression(C=settings.inverse_penalty)
    if settings.penalty == "none":
        return LogisticRegression(C=np.inf, max_iter=ITERATIONS)
    # The solver for L1 that leaves the intercept without a penalty; its order of rows is fixed, its minimum is one.
    lasso = {"l1_ratio": 1, "solver": "saga", "tol": 1e-5, "max_iter": ITERATIONS, "random_state": 0}
    return LogisticRegression(C=settings.inverse_penalty, **lasso)


ESTIMATORS: dict[str, Callable[[config.Model], Any]] = {
    "logistic": logistic,
    "ridge": lambda settings: Ridge(alpha=settings.alpha),
    "lasso": lambda settings: Lasso(alpha=settings.alpha),
}


def fit(
    settings: config.Model, splits: dict[str, Split], informative: int | None = None
) -> tuple[dict[str, Array], dict[str, float]]:
    """Fit an estimator to the split `train`.

    Returns
    -------
    scores
        By split [row]: the probability of class 1, or what a regression predicts.
    model
        `nonzero_weights` and `weight_norm` (Euclidean) of the fitted weights, without the intercept; where only the
        first `informative` features say something, the non-zero weights of these and of the others apart.
    """
    with threadpool_limits(1):  # the last digits must not depend on the number of threads
        estimator = ESTIMATORS[settings.kind](settings).fit(*splits["train"])
        scores = {
            name: estimator.predict_proba(x)[:, 1] if hasattr(estimator, "predict_proba") else estimator.predict(x)
            for name, (x, _) in splits.items()
        }
    weights = np.ravel(estimator.coef_)
    model = {
        "nonzero_weights": float(np.count_nonzero(weights)),
        "weight_norm": float(np.linalg.norm(weights)),
    }
    if informative is not None:
        model["nonzero_informative"] = float(np.count_nonzero(weights[:informative]))
        model["nonzero_noise"] = float(np.count_nonzero(weights[informative:]))
    return scores, model
