"""How far rows can be told apart by a straight line: rows in use from known ones, class 1 from class 0."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mirage.data.split import Array, Split
from mirage.metrics.metric import ScoredRows
from mirage.metrics.scored import roc_auc

Score = Callable[[Array], Array]  # rows [row, feature] to scores [row]


class Line(NamedTuple):
    """The straight line that a practitioner compares with, least squares on the labels: shares of rows it gets right.

    `carried` is what it loses on the held-out rows when it is fitted without its strongest feature: the one whose
    weight, times the feature's standard deviation, is largest.
    """

    train: float
    held_out: float
    carried: float


def line(train: Split, held_out: Split) -> Line:
    """What a straight line fitted to the training rows gets right."""
    score, weights = _fitted(train.x, train.y)
    right = _right(score, held_out)
    strongest = int(np.argmax(np.abs(weights) * train.x.std(axis=0)))
    less, _ = _fitted(np.delete(train.x, strongest, axis=1), train.y)
    without = _right(less, held_out.with_rows(np.delete(held_out.x, strongest, axis=1), held_out.y))
    return Line(_right(score, train), right, right - without)


def auc(known: Array, in_use: Array) -> float:
    """Area under the ROC curve of a straight line that tells rows in use from known ones; both are [row, feature].

    Fitted to every other row and scored on the rest, both ways round: 0.5 where nothing tells them apart.
    """
    return float(np.mean([_scored_on_rest(known, in_use, half) for half in (0, 1)]))


def _scored_on_rest(known: Array, in_use: Array, half: int) -> float:
    parts = [np.concatenate([known[i::2], in_use[i::2]]) for i in (half, 1 - half)]
    of_use, rest = (np.repeat([0, 1], [len(known[i::2]), len(in_use[i::2])]) for i in (half, 1 - half))
    scores = _fitted(parts[0], of_use)[0](parts[1])
    return roc_auc.of(ScoredRows(rest, scores, scores))


def _fitted(x: Array, y: Array) -> tuple[Score, Array]:
    """Least squares on 0 and 1, which is Fisher's discriminant: scores of rows, and weights [feature]."""
    middle = x.mean(axis=0)
    weights = np.linalg.lstsq(x - middle, y - y.mean(), rcond=None)[0]
    return lambda rows: np.asarray((rows - middle) @ weights + y.mean()), weights


def _right(score: Score, split: Split) -> float:
    return float(np.mean((score(split.x) > 0.5) == split.y))
