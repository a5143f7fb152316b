"""Metrics: true values, scores and decisions to named numbers, undefined ones included.

Names are scikit-learn's where it has one. Class 1 is the positive one, the minority where there is one.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn import metrics as sk

from mirage import config

Array = np.ndarray[Any, np.dtype[Any]]

BINS = 10  # of the expected calibration error: the usual number
CLASSES = [0, 1]


def expected_calibration_error(y: Array, probability: Array) -> float:
    """Mean distance between predicted probability and share of positives, over ten bins of equal width.

    Guo et al. 2017, for the probability of class 1: bins are weighted by their rows.
    """
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    rows = np.bincount(bins, minlength=BINS)
    gaps = np.bincount(bins, probability, BINS) - np.bincount(bins, y, BINS)
    return float(np.abs(gaps).sum() / rows.sum())


def _counts(y: Array, decided: Array) -> dict[str, int]:
    """Confusion counts; a decision that is neither 0 nor 1 counts as missing the row's class."""
    positive = y == 1
    return {
        "tn": int(np.sum(~positive & (decided == 0))),
        "fp": int(np.sum(~positive & (decided != 0))),
        "fn": int(np.sum(positive & (decided != 1))),
        "tp": int(np.sum(positive & (decided == 1))),
    }


def _undefined(name: str, c: dict[str, int]) -> bool:
    """Whether a decision metric has no value: one class only, no positive decided, and the like."""
    positives, negatives, decided = c["tp"] + c["fn"], c["tn"] + c["fp"], c["tp"] + c["fp"]
    return {
        "balanced_accuracy": not positives or not negatives,
        "precision": not decided,
        "recall": not positives,
        "f1": not positives + decided,
        "mcc": not positives or not negatives or not decided or not c["tn"] + c["fn"],
    }.get(name, False)


DECIDED: dict[str, Callable[[Array, Array], float]] = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "mcc": sk.matthews_corrcoef,
}
RANKED: dict[str, Callable[[Array, Array], float]] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
}
PROBABLE: dict[str, Callable[[Array, Array], float]] = {
    "log_loss": lambda y, p: sk.log_loss(y, p, labels=CLASSES),
    "brier": sk.brier_score_loss,
    "ece": expected_calibration_error,
}


def _one(name: str, y: Array, scores: Array, decided: Array) -> float:
    if name == "mse":
        return float(sk.mean_squared_error(y, scores))
    if not np.isin(y, CLASSES).all():
        return np.nan  # no classes to tell apart
    if name in config.CONFUSION:
        return float(_counts(y, decided)[name])
    if name in DECIDED:
        binary = np.where(np.isin(decided, CLASSES), decided, 1 - y)
        return np.nan if _undefined(name, _counts(y, decided)) else float(DECIDED[name](y, binary))
    if name in RANKED:
        return float(RANKED[name](y, scores)) if len(np.unique(y)) == 2 else np.nan
    probabilities = scores.min() >= 0 and scores.max() <= 1
    return float(PROBABLE[name](y, scores.astype(float))) if probabilities else np.nan


def measure(names: Iterable[str], y: Array, scores: Array, decided: Array) -> dict[str, float]:
    """Each named metric of scores [row] and decisions [row] for y [row].

    NaN where it is undefined: precision when no positive is decided, recall and ROC AUC when one class is absent,
    log loss, Brier score and calibration error when a score is no probability, anything when a score is not finite.
    """
    if not np.isfinite(scores).all():
        return dict.fromkeys(names, np.nan)
    return {name: _one(name, y, scores, decided) for name in names}
