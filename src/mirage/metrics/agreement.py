"""How far several models of one replicate agree on the same test rows."""

from itertools import combinations

import numpy as np

from mirage.data.split import Array


def of_pairs(probabilities: Array, decided: Array) -> dict[str, float]:
    """Numbers without a split, from probabilities of class 1 and decisions [model, row].

    `moved` is how far apart the probabilities of two models lie, `flips` the share of rows that they decide
    differently: means over all pairs of models and all rows, NaN where there is one model only.
    """
    pairs = list(combinations(range(len(probabilities)), 2))
    if not pairs:
        return {"moved": np.nan, "flips": np.nan}
    one, other = np.array(pairs).T
    apart = np.abs(probabilities[one].astype(float) - probabilities[other])
    return {"moved": float(apart.mean()), "flips": float((decided[one] != decided[other]).mean())}


def spreads(predicted: Array, y: Array) -> dict[str, float]:
    """Numbers without a split, from predictions and targets [model, row] of the same test rows.

    `prediction_spread` is the standard deviation over models of the prediction, mean over rows; `score_spread` that of
    the test error; `target_spread` that of the targets over rows. `relative_spread` is the first as a share of the
    last, `relative_score_spread` the spread of the test error as a share of its mean.
    """
    errors = ((predicted - y) ** 2).mean(axis=1)
    found = {
        "prediction_spread": float(np.mean(_sd(predicted))),
        "score_spread": float(_sd(errors)),
        "target_spread": float(_sd(y[0])),
    }
    found["relative_spread"] = found["prediction_spread"] / (found["target_spread"] or np.nan)
    found["relative_score_spread"] = found["score_spread"] / (float(errors.mean()) or np.nan)
    return found


def _sd(values: Array) -> Array:
    """Sample standard deviation along the first axis; NaN where there is one value only."""
    return np.asarray(values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan))
