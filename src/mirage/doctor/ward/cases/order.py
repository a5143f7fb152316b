"""Labels and predictions that are not of the same rows, or not in the same order."""

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import as_they_are, case, with_predictions
from mirage.doctor.ward.project import Handed, Project


def _test_scores(own: Project, order: Array) -> Handed:
    """The scores of the test rows in another order, beside labels in theirs."""
    known = own.rows("train", "validation", "test")
    scores, test = own.scores[known].copy(), own.split[known] == "test"
    scores[test] = scores[test][order]
    return with_predictions(own, **own.columns(scores))


def _whole_rows(own: Project, key: Array) -> Handed:
    """All rows in the order of a key, labels and scores together."""
    handed = own.handed()
    order = np.argsort(key, kind="stable")
    return handed | {"predictions": {name: values[order] for name, values in handed["predictions"].items()}}


def by_label(own: Project, random: np.random.Generator) -> Handed:
    """Whole rows in the order of their labels, as folders give them."""
    return _whole_rows(own, own.y[own.rows("train", "validation", "test")])


def by_score(own: Project, random: np.random.Generator) -> Handed:
    """Whole rows in the order of the first score."""
    return _whole_rows(own, own.scores[own.rows("train", "validation", "test"), 0])


@case("permuted-rows", twin="whole rows in the order of their labels", healthy=by_label, besides=("unexplained-score",))
def permuted(own: Project, random: np.random.Generator) -> Handed:
    """Predictions from one pass over a data set that shuffles, labels from another."""
    return _test_scores(own, random.permutation(len(own.rows("test"))))


@case("shifted-rows", twin="a healthy project as it is", healthy=as_they_are, besides=("unexplained-score",))
def shifted(own: Project, random: np.random.Generator) -> Handed:
    """A generator that was read from before."""
    return _test_scores(own, np.roll(np.arange(len(own.rows("test"))), int(random.integers(1, 65))))


@case(
    "sorted-rows", twin="whole rows in the order of a score", healthy=by_score, two=True, besides=("unexplained-score",)
)
def sorted_scores(own: Project, random: np.random.Generator) -> Handed:
    """Scores that were sorted without their labels."""
    return _test_scores(own, np.argsort(own.scores[own.rows("test"), 1]))
