"""What one validation set of a few rows would have said of a model, for every such set that a pool can be cut into.

A model does not depend on who scores it, unless it was chosen by the score. So one training, scored on a large pool of
validation rows, tells what each of many small sets would have said. What they say on average, and how often, follows
from the share of rows that the model is right on, if rows are drawn one by one: the binomial law.
"""

from collections.abc import Sequence

import numpy as np

from mirage.data.split import Array

MIDDLE = (5, 95)  # percentiles over sets


def cut(right: Array, rows: int) -> Array:
    """Shares of `right` [row] in disjoint sets of so many neighbouring rows [set]; rows left over are in none."""
    whole = right[: len(right) // rows * rows]
    return np.asarray(whole.reshape(-1, rows).mean(axis=1))


def fresh(scores: Array) -> Array:
    """Of scores [..., set], the mean over all other sets [..., set]; NaN where there is one set only."""
    sets = scores.shape[-1]
    others = scores.sum(axis=-1, keepdims=True) - scores
    return np.asarray(others / (sets - 1) if sets > 1 else np.full(scores.shape, np.nan))


def numbers(sizes: Sequence[int], right: Array, trained: float) -> dict[str, float]:
    """What sets of each size say of one model; `right` says which rows of the pool it is right on [row].

    Of sets of 20 rows ``perfect_20`` is the share on which it is right on every row, and ``binomial_20`` what that
    would be if rows were independent; ``after_perfect_20`` its mean accuracy on the rows of all other sets after such a
    set. ``off_20`` is the mean distance of a set's accuracy from that on the rows of all other sets, ``low_20`` and
    ``high_20`` bound the middle 90 % of sets. ``missed_20`` is the share of sets that show less than half of the gap
    between accuracy on the training rows, `trained`, and on the pool. NaN where it is undefined: without a whole set,
    a perfect one, or a gap.
    """
    found: dict[str, float] = {}
    accuracy = float(right.mean())
    for size in sizes:
        sets = cut(right, size)
        others, perfect = fresh(sets), sets == 1
        low, high = np.percentile(sets, MIDDLE) if len(sets) else (np.nan, np.nan)
        gap = trained - accuracy
        missed = (trained - sets < gap / 2) if gap > 0 else np.full(len(sets), np.nan)
        of_size = {
            "perfect": _mean(perfect),
            "binomial": accuracy**size,
            "after_perfect": _mean(others[perfect]),
            "off": _mean(np.abs(sets - others)),
            "low": float(low),
            "high": float(high),
            "missed": _mean(missed),
        }
        found |= {f"{name}_{size}": value for name, value in of_size.items()}
    return found


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else np.nan
