"""Metrics of scores.

Written out, with scikit-learn as their test: its checks of arguments cost milliseconds a metric.
"""

import numpy as np

from mirage.data.split import Array
from mirage.metrics.metric import OTHER, SHARE, ScoredRows, metric

BINS = 10  # of the expected calibration error: the usual number


def off_the_ends(scores: Array) -> Array:
    """Probabilities [row], kept off 0 and 1 as scikit-learn does."""
    probability = scores.astype(float)
    eps = np.finfo(probability.dtype).eps
    return np.asarray(np.clip(probability, eps, 1 - eps))


def log_or_nan(value: float) -> float:
    """The natural logarithm, NaN of 0: no mean over seeds survives an infinite number."""
    return float(np.log(value)) if value > 0 else np.nan


@metric(needs="targets", scale=OTHER)
def mse(rows: ScoredRows) -> float:
    """Mean squared error, in squared units of the target."""
    return float(np.mean((rows.scores - rows.y) ** 2))


@metric(needs="targets", scale=OTHER)
def log_mse(rows: ScoredRows) -> float:
    """Natural logarithm of the mean squared error; undefined where that is 0."""
    return log_or_nan(mse.of(rows))


@metric(needs="scores", scale=SHARE)
def roc_auc(rows: ScoredRows) -> float:
    """Area under the ROC curve: how often a row of class 1 scores above one of class 0; undefined for one class."""
    if not rows.both:
        return np.nan
    hits, alarms = rows.ranking
    # The points inside a straight piece left out, as scikit-learn does, so that rounding is the same to the last bit.
    straight = 1 + np.flatnonzero((np.diff(hits, 2) == 0) & (np.diff(alarms, 2) == 0))
    found, false = (np.append(0, np.delete(counts, straight)) / counts[-1] for counts in (hits, alarms))
    return float(np.trapezoid(found, false))


@metric(needs="scores", scale=SHARE)
def average_precision(rows: ScoredRows) -> float:
    """Mean precision over the recalls that a falling threshold reaches; undefined for one class."""
    if not rows.both:
        return np.nan
    hits, alarms = (counts[::-1] for counts in rows.ranking)  # scikit-learn adds up in this order
    recall = np.append(hits / hits[0], 0)
    return float(-np.sum(np.diff(recall) * (hits / (hits + alarms))))


@metric(needs="probabilities", scale=OTHER)
def log_loss(rows: ScoredRows) -> float:
    """Mean negative log-likelihood in nats; probabilities are kept off 0 and 1 as scikit-learn does."""
    p = off_the_ends(rows.scores)
    return float(-np.mean(np.where(rows.y == 1, np.log(p), np.log1p(-p))))


@metric(needs="probabilities", scale=OTHER)
def log_loss_0(rows: ScoredRows) -> float:
    """Mean log loss of the rows of class 0, in nats; undefined where there are none."""
    kept = off_the_ends(rows.scores)[~rows.positive]
    return float(-np.mean(np.log1p(-kept))) if kept.size else np.nan


@metric(needs="probabilities", scale=OTHER)
def log_loss_1(rows: ScoredRows) -> float:
    """Mean log loss of the rows of class 1, in nats; undefined where there are none."""
    kept = off_the_ends(rows.scores)[rows.positive]
    return float(-np.mean(np.log(kept))) if kept.size else np.nan


@metric(needs="probabilities", scale=OTHER)
def brier(rows: ScoredRows) -> float:
    """Mean squared distance of probability and class."""
    return float(np.mean((rows.scores.astype(float) - rows.y) ** 2))


@metric(needs="probabilities", scale=OTHER)
def ece(rows: ScoredRows) -> float:
    """Expected calibration error: mean distance of predicted probability and share of positives, over ten bins.

    Guo et al. 2017, for the probability of class 1: bins of equal width are weighted by their rows.
    """
    probability = rows.scores.astype(float)
    inside = np.minimum((probability * BINS).astype(int), BINS - 1)
    count = np.bincount(inside, minlength=BINS)
    gaps = np.bincount(inside, probability, BINS) - np.bincount(inside, rows.y, BINS)
    return float(np.abs(gaps).sum() / count.sum())


@metric(needs="scores", scale=OTHER)
def outside_unit(rows: ScoredRows) -> float:
    """Share of scores that are below 0 or above 1 and so no probabilities."""
    return float(np.mean((rows.scores < 0) | (rows.scores > 1)))
