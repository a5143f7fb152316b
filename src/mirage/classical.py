"""A model's settings to a fitted scikit-learn estimator."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mirage import config
from mirage.data import Array, Split

ESTIMATORS: dict[str, Callable[[config.Model], Any]] = {
    "logistic": lambda settings: LogisticRegression(C=settings.inverse_penalty),
    "ridge": lambda settings: Ridge(alpha=settings.alpha),
    "lasso": lambda settings: Lasso(alpha=settings.alpha),
}


def fit(settings: config.Model, splits: dict[str, Split]) -> tuple[dict[str, Array], dict[str, float]]:
    """Fit an estimator to the split `train`.

    Returns
    -------
    scores
        By split [row]: the probability of class 1, or what a regression predicts.
    model
        `nonzero_weights` and `weight_norm` (Euclidean) of the fitted weights, without the intercept.
    """
    with threadpool_limits(1):  # the last digits must not depend on the number of threads
        estimator = ESTIMATORS[settings.kind](settings).fit(*splits["train"])
        scores = {
            name: estimator.predict_proba(x)[:, 1] if hasattr(estimator, "predict_proba") else estimator.predict(x)
            for name, (x, _) in splits.items()
        }
    weights = np.ravel(estimator.coef_)
    return scores, {
        "nonzero_weights": float(np.count_nonzero(weights)),
        "weight_norm": float(np.linalg.norm(weights)),
    }
