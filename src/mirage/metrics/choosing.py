"""The best of several settings by one small set of validation rows, for every set that watched a search.

A setting's fit does not depend on who chooses it, so the choice can be made afterwards, by each set for itself. The
rows of the other sets are fresh ones for it: they had no part in its choice.
"""

from collections.abc import Mapping

import numpy as np

from mirage.data.split import Array
from mirage.metrics.decisions import BestOf
from mirage.metrics.small_sets import fresh


def numbers(rule: BestOf, history: Mapping[str, Array]) -> dict[str, float]:
    """What a set's setting of highest accuracy (of equal ones that tried first) scores, on average over sets.

    `watched_accuracy` is that on the set itself, `fresh_accuracy` that on the rows of all other sets. `kept_first` is
    the share of sets that choose the setting tried first.
    """
    accuracy = _joined(history["tried_set_accuracy"][: rule.settings], max(rule.joined, 1))
    best, sets = accuracy.argmax(axis=0), np.arange(accuracy.shape[1])
    return {
        "watched_accuracy": float(accuracy[best, sets].mean()),
        "fresh_accuracy": float(fresh(accuracy)[best, sets].mean()),
        "kept_first": float((best == 0).mean()),
    }


def _joined(scores: Array, size: int) -> Array:
    """Scores [setting, set] of sets that are as many neighbours joined; what does not fill a set is left out."""
    whole = scores[:, : scores.shape[1] // size * size]
    return np.asarray(whole.reshape(len(scores), -1, size).mean(axis=2))
