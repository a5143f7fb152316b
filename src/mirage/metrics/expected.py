"""Metrics that ask the law for the truth: no luck of the test labels is in them.

An expected metric counts each test label by its true probability: it is the plain metric's numerator and denominator,
each averaged over all labels that these rows could have had. An excess is what is lost against the law itself.
"""

import numpy as np

from mirage.data.split import Array
from mirage.metrics.metric import OTHER, SHARE, ScoredRows, metric
from mirage.metrics.scored import log_or_nan, off_the_ends


def _of_one(rows: ScoredRows) -> Array:
    """The true probability of class 1 [row]; `Metric.value` asks for it only where it is known."""
    assert rows.probability is not None
    return rows.probability


# Sums over rows, and one division at the end: where every label is the toss of a coin all of them are exact, so that
# two models differ by exactly nothing.


def _right(rows: ScoredRows) -> tuple[float, float, float, float]:
    """Expected rows of class 1 that are decided so, all of class 1, and the same of class 0."""
    p = _of_one(rows)
    one, zero = rows.decided == 1, rows.decided == 0
    return float(np.sum(p[one])), float(np.sum(p)), float(np.sum(1 - p[zero])), float(np.sum(1 - p))


@metric(needs="decisions", scale=SHARE, truth="probability")
def expected_accuracy(rows: ScoredRows) -> float:
    """Share of rows that are decided rightly, each label counted by its true probability."""
    hit_1, _, hit_0, _ = _right(rows)
    return (hit_1 + hit_0) / len(rows.y)


@metric(needs="decisions", scale=SHARE, truth="probability")
def expected_balanced_accuracy(rows: ScoredRows) -> float:
    """Mean of the shares of either class that are decided rightly, each label counted by its true probability."""
    hit_1, all_1, hit_0, all_0 = _right(rows)
    return (hit_1 * all_0 + hit_0 * all_1) / (2 * all_1 * all_0) if all_1 and all_0 else np.nan


@metric(needs="decisions", scale=SHARE, truth="probability")
def expected_recall(rows: ScoredRows) -> float:
    """Share of class 1 that is decided so, each label counted by its true probability."""
    hit, total, _, _ = _right(rows)
    return hit / total if total else np.nan


@metric(needs="decisions", scale=SHARE, truth="probability")
def expected_recall_0(rows: ScoredRows) -> float:
    """Share of class 0 that is decided so, each label counted by its true probability."""
    _, _, hit, total = _right(rows)
    return hit / total if total else np.nan


@metric(needs="probabilities", scale=OTHER, truth="probability")
def expected_log_loss(rows: ScoredRows) -> float:
    """Mean negative log-likelihood in nats, each label counted by its true probability."""
    p, said = _of_one(rows), off_the_ends(rows.scores)
    return float(-np.mean(p * np.log(said) + (1 - p) * np.log1p(-said)))


@metric(needs="targets", scale=OTHER, truth="line")
def excess_mse(rows: ScoredRows) -> float:
    """Mean squared distance from the line that noise was added to, in squared units of the target."""
    assert rows.line is not None
    return float(np.mean((rows.scores - rows.line) ** 2))


@metric(needs="targets", scale=OTHER, truth="line")
def log_excess_mse(rows: ScoredRows) -> float:
    """Natural logarithm of the mean squared distance from the true line; undefined where that is 0."""
    return log_or_nan(excess_mse.of(rows))
