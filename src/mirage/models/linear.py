"""Numbers that linear models have in common."""

from typing import Any

import numpy as np

from mirage.data.law import Law


def weight_numbers(estimator: Any, law: Law) -> dict[str, float]:
    """`nonzero_weights` and `weight_norm` (Euclidean) of the fitted weights, without the intercept.

    Where only the first features say something (`Law.informative`), also the non-zero weights of these and of the
    others: `nonzero_informative`, `nonzero_noise`.
    """
    weights = np.ravel(estimator.coef_)
    numbers = {
        "nonzero_weights": float(np.count_nonzero(weights)),
        "weight_norm": float(np.linalg.norm(weights)),
    }
    informative = law.informative()
    if informative is not None:
        numbers["nonzero_informative"] = float(np.count_nonzero(weights[:informative]))
        numbers["nonzero_noise"] = float(np.count_nonzero(weights[informative:]))
    return numbers
