"""What a metric is: a named number of scored rows, with its scale, undefined where it has no meaning."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mirage.data.split import Array

SHARE, COUNT, CORRELATION, OTHER = "share", "count", "correlation", "other"  # 0 to 1, whole numbers, -1 to 1, any


def ranking(positive: Array, scores: Array) -> tuple[Array, Array]:
    """How many rows of class 1, and of class 0, lie at or above each distinct score, the highest first [score]."""
    order = np.argsort(-scores)
    ranked = scores[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)  # rows of one score go together
    hits = np.cumsum(positive[order])[last]
    return hits, last + 1 - hits


@dataclass(frozen=True)
class ScoredRows:
    """Rows of one split with what a model made of them.

    Attributes
    ----------
    y, scores, decided
        True values, scores (probabilities of class 1, or what a regression predicts) and decisions [row].
    miss_cost
        What missing a row of class 1 costs in units of a false alarm.
    probability
        The true probability of class 1 [row], None where nobody knows it or labels are given and not drawn.
    line
        The values that noise was added to [row], None where nobody knows them.
    """

    y: Array
    scores: Array
    decided: Array
    miss_cost: float = 1.0
    probability: Array | None = None
    line: Array | None = None

    @cached_property
    def labelled(self) -> bool:
        """Whether every true value is class 0 or 1."""
        return bool((self.positive | (self.y == 0)).all())

    @cached_property
    def probable(self) -> bool:
        """Whether every score can be a probability."""
        return bool(self.scores.min() >= 0 and self.scores.max() <= 1)

    @cached_property
    def positive(self) -> Array:
        """Which rows are of class 1."""
        return np.asarray(self.y == 1)

    @cached_property
    def both(self) -> bool:
        """Whether there are rows of class 1 and others."""
        return bool(self.positive.any() and not self.positive.all())

    @cached_property
    def ranking(self) -> tuple[Array, Array]:
        """`ranking` of these rows; made once for all metrics of it."""
        return ranking(self.positive, self.scores)

    # A decision that is neither 0 nor 1 counts as missing the row's class.

    @cached_property
    def tn(self) -> int:
        """Rows of class 0 that are decided so."""
        return int(np.count_nonzero(~self.positive & (self.decided == 0)))

    @cached_property
    def fp(self) -> int:
        """Rows of class 0 that are decided otherwise."""
        return int(np.count_nonzero(~self.positive & (self.decided != 0)))

    @cached_property
    def fn(self) -> int:
        """Rows of class 1 that are decided otherwise."""
        return int(np.count_nonzero(self.positive & (self.decided != 1)))

    @cached_property
    def tp(self) -> int:
        """Rows of class 1 that are decided so."""
        return int(np.count_nonzero(self.positive & (self.decided == 1)))


@dataclass(frozen=True)
class Metric:
    """A metric: its name, meaning, function and scale, and what it needs to be defined.

    `needs` is ``targets`` (any true values), ``decisions`` or ``scores`` (classes), or ``probabilities`` (classes, and
    scores from 0 to 1). `truth` is what it asks of the law beside (``probability``, ``line``), nothing where the labels
    are enough.
    """

    name: str
    meaning: str
    of: Callable[[ScoredRows], float]
    needs: str
    scale: str
    truth: str = ""

    def value(self, rows: ScoredRows) -> float:
        """The number, NaN where it is undefined."""
        if self.needs != "targets" and not rows.labelled:
            return np.nan
        if self.needs == "probabilities" and not rows.probable:
            return np.nan
        if self.truth and getattr(rows, self.truth) is None:
            return np.nan
        return float(self.of(rows))


def metric(needs: str, scale: str, truth: str = "") -> Callable[[Callable[[ScoredRows], float]], Metric]:
    """Make a function a metric: its name is the function's, its meaning the docstring's first line."""

    def make(of: Callable[[ScoredRows], float]) -> Metric:
        return Metric(of.__name__, (of.__doc__ or "").partition("\n")[0], of, needs, scale, truth)

    return make


def metrics_in(*modules: object) -> dict[str, Metric]:
    """The metrics that modules define, by name."""
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Metric)]
    return {one.name: one for one in found}


def compute(metrics: Iterable[Metric], rows: ScoredRows) -> dict[str, float]:
    """Each metric of scored rows; all NaN where a score is not finite."""
    if not np.isfinite(rows.scores).all():
        return {one.name: np.nan for one in metrics}
    return {one.name: one.value(rows) for one in metrics}
