"""Curves that figures show: precision against recall, and how well probabilities hold."""

from typing import NamedTuple

import numpy as np

from mirage.data.split import Array
from mirage.metrics.metric import ranking

RECALLS = np.linspace(0.02, 1, 50)


def precision_recall(y: Array, scores: Array) -> Array:
    """Precision [seed, recall] at the recalls `RECALLS`, of classes and scores [seed, row], as the threshold falls."""
    curves = []
    for truth, score in zip(y, scores, strict=True):
        hits, alarms = ranking(truth == 1, score)
        reached = np.searchsorted(hits / hits[-1], RECALLS - 1e-12)
        curves.append((hits / (hits + alarms))[reached])
    return np.array(curves)


class Bins(NamedTuple):
    """Rows in bins of equal width by their predicted probability; bins without rows are left out."""

    mean: Array  # predicted probability
    share: Array  # of positives
    rows: Array


def reliability(y: Array, probability: Array, bins: int = 10) -> Bins:
    """Mean probability, share of positives and number of rows [bin], of classes and probabilities [row]."""
    inside = np.minimum((probability * bins).astype(int), bins - 1)
    rows = np.bincount(inside, minlength=bins)
    kept = rows > 0
    mean, share = (np.bincount(inside, v, bins)[kept] / rows[kept] for v in (probability, y))
    return Bins(mean, share, rows[kept])
