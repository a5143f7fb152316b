"""Metrics of decisions. Names are scikit-learn's where it has one; class 1 is the positive one."""

import numpy as np

from mirage.metrics.metric import CORRELATION, COUNT, OTHER, SHARE, ScoredRows, metric


def _ratio(top: float, bottom: float) -> float:
    """A ratio, NaN where it divides by nothing."""
    return top / bottom if bottom else np.nan


@metric(needs="decisions", scale=SHARE)
def accuracy(rows: ScoredRows) -> float:
    """Share of rows that are decided rightly."""
    return (rows.tn + rows.tp) / (rows.tn + rows.fp + rows.fn + rows.tp)


@metric(needs="decisions", scale=SHARE)
def balanced_accuracy(rows: ScoredRows) -> float:
    """Mean of the shares of either class that are decided rightly."""
    return (_ratio(rows.tp, rows.tp + rows.fn) + _ratio(rows.tn, rows.tn + rows.fp)) / 2


@metric(needs="decisions", scale=SHARE)
def precision(rows: ScoredRows) -> float:
    """Share of class 1 among the rows decided so; undefined where there are none."""
    return _ratio(rows.tp, rows.tp + rows.fp)


@metric(needs="decisions", scale=SHARE)
def precision_printed(rows: ScoredRows) -> float:
    """Precision as scikit-learn's report prints it: 0 where no row is decided to be of class 1."""
    return rows.tp / (rows.tp + rows.fp or 1)


@metric(needs="decisions", scale=SHARE)
def recall(rows: ScoredRows) -> float:
    """Share of the rows of class 1 that are decided so; undefined where there are none."""
    return _ratio(rows.tp, rows.tp + rows.fn)


@metric(needs="decisions", scale=SHARE)
def recall_0(rows: ScoredRows) -> float:
    """Share of the rows of class 0 that are decided so; undefined where there are none."""
    return _ratio(rows.tn, rows.tn + rows.fp)


@metric(needs="decisions", scale=SHARE)
def f1(rows: ScoredRows) -> float:
    """Harmonic mean of precision and recall."""
    return _ratio(2 * rows.tp, 2 * rows.tp + rows.fp + rows.fn)


@metric(needs="decisions", scale=SHARE)
def f1_0(rows: ScoredRows) -> float:
    """F1 with class 0 as the positive one: what F1 says once the classes change names."""
    return _ratio(2 * rows.tn, 2 * rows.tn + rows.fn + rows.fp)


@metric(needs="decisions", scale=CORRELATION)
def mcc(rows: ScoredRows) -> float:
    """Matthews' correlation of classes and decisions."""
    tn, fp, fn, tp = rows.tn, rows.fp, rows.fn, rows.tp
    return _ratio(tp * tn - fp * fn, np.sqrt(float(tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


@metric(needs="decisions", scale=OTHER)
def cost(rows: ScoredRows) -> float:
    """What the decisions cost per row: 1 a false alarm, `decision.miss_cost` a missed row of class 1."""
    return (rows.fp + rows.miss_cost * rows.fn) / (rows.tn + rows.fp + rows.fn + rows.tp)


@metric(needs="decisions", scale=COUNT)
def tn(rows: ScoredRows) -> float:
    """Rows of class 0 that are decided so."""
    return rows.tn


@metric(needs="decisions", scale=COUNT)
def fp(rows: ScoredRows) -> float:
    """Rows of class 0 that are decided otherwise: false alarms."""
    return rows.fp


@metric(needs="decisions", scale=COUNT)
def fn(rows: ScoredRows) -> float:
    """Rows of class 1 that are decided otherwise: missed ones."""
    return rows.fn


@metric(needs="decisions", scale=COUNT)
def tp(rows: ScoredRows) -> float:
    """Rows of class 1 that are decided so."""
    return rows.tp
