"""Scores that are taken for something else, and rules that decide by the wrong number."""

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import ONCE, as_they_are, at_least, case, settled, with_predictions
from mirage.doctor.ward.project import KNOWN, Handed, Project


def _accuracy(own: Project, decided: Array) -> dict[str, str]:
    """The accuracy of decisions [row of the known splits] on the test rows, as it is reported."""
    known = own.rows(*KNOWN)
    test = own.split[known] == "test"
    return {"accuracy": f"{(decided[test] == own.y[known][test]).mean():.4f}"}


def _decided(own: Project, score: Array, decided: Array) -> Handed:
    """A score with decisions beside it, and their accuracy."""
    handed = with_predictions(own, score=score, y_pred=decided)
    return handed | {"reported": _accuracy(own, decided), "runs": [], "rescored": None}


def at_one_half(own: Project, random: np.random.Generator) -> Handed:
    """Decided at one half, with decisions beside the score."""
    score = own.scores[own.rows(*KNOWN), 1]
    return _decided(own, score, (score > 0.5).astype(int))


BESIDES = ("majority-answered", "small-set", "wrong-threshold")


@case("argmax-one-column", twin="decided at one half", healthy=at_one_half, two=True, besides=BESIDES)
def argmax(own: Project, random: np.random.Generator) -> Handed:
    """`argmax` over one column."""
    score = own.scores[own.rows(*KNOWN), 1:]
    return _decided(own, score[:, 0], score.argmax(axis=1))


@case("wrong-threshold", twin="decided at one half", healthy=at_one_half, two=True, besides=BESIDES)
def threshold(own: Project, random: np.random.Generator) -> Handed:
    """Probabilities held against a number that is meant for something else: 5 %, or 95 %."""
    score = own.scores[own.rows(*KNOWN), 1]
    cut = np.quantile(score, float(random.choice([0.03, 0.97])))
    return _decided(own, score, (score > cut).astype(int))


def _logits(own: Project) -> Array:
    """Logarithms of the scores [row, class]."""
    return np.log(np.maximum(own.scores[own.rows(*KNOWN)], 1e-9))


@case("logits-as-probabilities", twin="a healthy project as it is", healthy=as_they_are, besides=BESIDES)
def logits(own: Project, random: np.random.Generator) -> Handed:
    """A last layer without an activation, and an accuracy that cuts at one half."""
    raw = _logits(own)
    columns = own.columns(raw - (raw[:, :1] if own.two else 0))
    handed = with_predictions(own, **columns) | ONCE
    if own.two:
        handed["reported"] = _accuracy(own, (columns["score"] > 0.5).astype(int))
    return handed


def widely_spread(own: Project, random: np.random.Generator) -> Handed:
    """A model that is never sure of anything: its scores stay near the shares of the classes, and are honest."""
    known = own.rows(*KNOWN)
    classes, sure = len(own.names), 0.25
    blurred = np.where(random.random(len(known)) < sure, own.scores[known].argmax(axis=1), -1)
    shares = np.bincount(own.y[own.rows("train")], minlength=classes) / len(own.rows("train"))
    wrong = own.scores[known].argmax(axis=1) != own.y[known]
    right = 1 - wrong[own.split[known] == "validation"].mean()
    scores = np.tile(shares, (len(known), 1))
    informed = blurred >= 0
    scores[informed] = (1 - right) * shares
    scores[informed, blurred[informed]] += right
    scores += random.random(scores.shape) * 1e-3
    scores /= scores.sum(axis=1, keepdims=True)
    handed = with_predictions(own, **own.columns(scores)) | ONCE
    return handed | {"reported": _accuracy(own, scores.argmax(axis=1)), "history": settled(own, scores)}


@case(
    "double-softmax", twin="a model that is seldom sure", healthy=widely_spread,
    besides=("miscalibrated", "majority-answered", "small-set"),
)  # fmt: skip
def double(own: Project, random: np.random.Generator) -> Handed:
    """An activation on top of the one that the last layer has."""
    known = own.rows(*KNOWN)
    raised = 1 / (1 + np.exp(-own.scores[known])) if own.two else np.exp(own.scores[known])
    scores = raised if own.two else raised / raised.sum(axis=1, keepdims=True)
    handed = with_predictions(own, **own.columns(scores)) | ONCE
    decided = (scores[:, 1] > 0.5).astype(int) if own.two else scores.argmax(axis=1)
    return handed | {"reported": _accuracy(own, decided)}


@case("miscalibrated", twin="a healthy project as it is", healthy=as_they_are, two=True, besides=("majority-answered",))
def balanced(own: Project, random: np.random.Generator) -> Handed:
    """Training rows that were balanced, so that the rare class has odds as if it were as frequent."""
    known = own.rows(*KNOWN)
    share = own.y[own.rows("train")].mean()
    ratio = (1 - share) / share
    raised = own.scores[:, 1] * ratio
    raised = raised / (raised + own.scores[:, 0])
    use, score = own.rows("use"), raised[known]
    at_least("miscalibrated", float(raised[use].mean() - own.y[use].mean()))
    handed = with_predictions(own, score=score) | ONCE
    return handed | {"reported": _accuracy(own, (score > 0.5).astype(int))}


@case("majority-answered", twin="a healthy project as it is", healthy=as_they_are, two=True, besides=("small-set",))
def majority(own: Project, random: np.random.Generator) -> Handed:
    """A model that finds next to nothing and answers the larger class."""
    known = own.rows(*KNOWN)
    share = own.y[own.rows("train")].mean()
    score = share + 0.05 * share * (own.scores[known, 1] - share) / own.scores[known, 1].std()
    score = np.clip(score, 1e-6, 0.499)
    handed = with_predictions(own, score=score) | ONCE
    history = settled(own, np.column_stack([1 - score, score]))
    return handed | {"reported": _accuracy(own, np.zeros(len(known), dtype=int)), "history": history}
