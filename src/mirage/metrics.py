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


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else np.nan


def _of_counts(miss_cost: float, tn: int, fp: int, fn: int, tp: int) -> dict[str, float]:
    """Decision metrics by their definitions; NaN where one divides by nothing (no such class, none decided)."""
    recall, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    return {
        "accuracy": (tn + tp) / (tn + fp + fn + tp),
        "balanced_accuracy": (recall + specificity) / 2,
        "precision": _ratio(tp, tp + fp),
        "recall": recall,
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": _ratio(tp * tn - fp * fn, np.sqrt(float(tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
        "cost": (fp + miss_cost * fn) / (tn + fp + fn + tp),
        "tn": tn,
        "fp": fp,
        "fn": fn,
        "tp": tp,
    }


def _log_loss(y: Array, probability: Array) -> float:
    """Mean negative log-likelihood in nats; probabilities are kept off 0 and 1 as scikit-learn does."""
    eps = np.finfo(probability.dtype).eps
    p = np.clip(probability, eps, 1 - eps)
    return float(-np.mean(np.where(y == 1, np.log(p), np.log1p(-p))))


# Written out, with scikit-learn as their test: its checks of arguments cost two milliseconds a metric, which came to
# half the time of a whole run.
PROBABLE: dict[str, Callable[[Array, Array], float]] = {
    "log_loss": _log_loss,
    "brier": lambda y, p: float(np.mean((p - y) ** 2)),
    "ece": expected_calibration_error,
}
RANKED: dict[str, Callable[[Array, Array], float]] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
}


def _of_scores(name: str, y: Array, scores: Array) -> float:
    if name == "mse":
        return float(np.mean((scores - y) ** 2))
    if name == "outside_unit":
        return float(np.mean((scores < 0) | (scores > 1)))
    if name in RANKED:
        return float(RANKED[name](y, scores)) if len(np.unique(y)) == 2 else np.nan
    probabilities = scores.min() >= 0 and scores.max() <= 1
    return PROBABLE[name](y, scores.astype(float)) if probabilities else np.nan


def measure(names: Iterable[str], y: Array, scores: Array, decided: Array, miss_cost: float = 1.0) -> dict[str, float]:
    """Each named metric of scores [row] and decisions [row] for y [row].

    `cost` is what the decisions cost per row if missing a row of class 1 costs `miss_cost` and a false alarm 1;
    `outside_unit` the share of scores that are below 0 or above 1 and so no probabilities.
    NaN where it is undefined: precision when no positive is decided, recall and ROC AUC when one class is absent,
    log loss, Brier score and calibration error when a score is no probability, anything when a score is not finite.
    """
    names = list(names)
    if not np.isfinite(scores).all():
        return dict.fromkeys(names, np.nan)
    classes = np.isin(y, CLASSES).all()
    decisions = (
        _of_counts(miss_cost, **_counts(y, decided)) if classes else dict.fromkeys(config.DECISION_METRICS, np.nan)
    )
    return {
        name: float(decisions[name]) if name in decisions
        else _of_scores(name, y, scores) if classes or name == "mse"
        else np.nan
        for name in names
    }  # fmt: skip
