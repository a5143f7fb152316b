"""Labels and predictions that are not of the same rows, or not in the same order."""

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import ONCE, as_they_are, case, settled, with_predictions
from mirage.doctor.ward.project import KNOWN, Handed, Project


def _test_scores(own: Project, order: Array) -> Handed:
    """The scores of the test rows in another order, beside labels in theirs."""
    known = own.rows(*KNOWN)
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
    return _whole_rows(own, own.y[own.rows(*KNOWN)])


def by_score(own: Project, random: np.random.Generator) -> Handed:
    """Whole rows in the order of the first score."""
    return _whole_rows(own, own.scores[own.rows(*KNOWN), 0])


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


@case("reversed-rows", twin="whole rows in the order of their labels", healthy=by_label)
def reversed_rows(own: Project, random: np.random.Generator) -> Handed:
    """One of the two columns read from its end."""
    return _test_scores(own, np.arange(len(own.rows("test")))[::-1])


def two_alike(own: Project, random: np.random.Generator) -> Handed:
    """A model that takes two classes for one another as often as for themselves: it cannot tell them apart."""
    known = own.rows(*KNOWN)
    scores = own.scores[known].copy()
    a, b = random.permutation(len(own.names))[:2]
    turned = random.random(len(known)) < 0.5
    scores[np.ix_(turned, [a, b])] = scores[np.ix_(turned, [b, a])]
    handed = with_predictions(own, **own.columns(scores))
    test = own.split[known] == "test"
    right = float((scores[test].argmax(axis=1) == own.y[known][test]).mean())
    return handed | {"reported": {"accuracy": f"{right:.4f}"}, "history": {"loss": own.model.history["loss"]}} | ONCE


@case(
    "exchanged-classes", twin="a model that cannot tell two classes apart", healthy=two_alike, two=False,
    besides=("unexplained-score", "small-set", "miscalibrated"),
)  # fmt: skip
def exchanged(own: Project, random: np.random.Generator) -> Handed:
    """Scores whose columns carry the names of two classes, or of three, the wrong way round."""
    known = own.rows(*KNOWN)
    columns = np.arange(len(own.names))
    moved = random.permutation(len(own.names))[: int(random.integers(2, min(4, len(own.names) + 1)))]
    columns[moved] = np.roll(moved, 1)
    return with_predictions(own, **own.columns(own.scores[known][:, columns]))


def without_skill(own: Project, random: np.random.Generator) -> Handed:
    """Scores of a model that learned nothing: the share of the class and a little noise."""
    known = own.rows(*KNOWN)
    share = own.y[own.rows("train")].mean()
    score = np.clip(share + 0.1 * share * random.normal(size=len(known)), 0.001, 0.999)
    test = own.split[known] == "test"
    right = float(((score[test] > 0.5) == own.y[known][test]).mean())
    history = settled(own, np.column_stack([1 - score, score]))
    handed = with_predictions(own, score=score) | ONCE
    return handed | {"reported": {"accuracy": f"{right:.4f}"}, "history": history}


@case(
    "reversed-classes", twin="a model that learned nothing", healthy=without_skill, two=True,
    besides=("unexplained-score", "majority-answered", "small-set"),
)  # fmt: skip
def reversed_classes(own: Project, random: np.random.Generator) -> Handed:
    """The score of the other class."""
    known = own.rows(*KNOWN)
    return with_predictions(own, score=own.scores[known, 0])
