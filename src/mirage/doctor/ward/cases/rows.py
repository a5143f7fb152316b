"""Rows, names and scores that are not what they should be."""

import numpy as np

from mirage.doctor.ward.case import ONCE, as_they_are, case, with_predictions
from mirage.doctor.ward.project import KNOWN, Handed, Project


@case("unequal-rows", twin="a healthy project as it is", healthy=as_they_are)
def unequal(own: Project, random: np.random.Generator) -> Handed:
    """A generator that drops its last batch."""
    test = own.rows("test")
    short = len(test) - (len(test) % 32 or 32)
    return own.handed() | {
        "predictions": {"y_true": own.labels(test)} | own.columns(own.scores[test[:short]]), **ONCE,
    }  # fmt: skip


@case("missing-rows", twin="a healthy project as it is", healthy=as_they_are, besides=("unexplained-score",))
def missing(own: Project, random: np.random.Generator) -> Handed:
    """Scores that are no numbers in a few rows."""
    known = own.rows(*KNOWN)
    scores = own.scores[known].copy()
    scores[random.random(len(known)) < 0.02] = np.nan
    return with_predictions(own, **own.columns(scores)) | ONCE


@case("duplicate-ids", twin="a healthy project as it is", healthy=as_they_are, besides=("unexplained-score",))
def joined_twice(own: Project, random: np.random.Generator) -> Handed:
    """A join that repeats some rows."""
    known = own.rows(*KNOWN)
    again = np.sort(np.concatenate([known, random.choice(own.rows("test"), len(own.rows("test")) // 4)]))
    return own.handed() | {"predictions": own.predictions(again), "runs": [], "rescored": None}


def names_of_numbers(own: Project, random: np.random.Generator) -> Handed:
    """Labels written as 1.0 and decisions as 1: the same names."""
    known = own.rows(*KNOWN)
    handed = own.handed()
    predictions = {"y_true": own.y[known].astype(float), "y_pred": own.scores[known].argmax(axis=1)}
    return handed | {
        "predictions": predictions | {"split": own.split[known]}, **ONCE, "positive": None,
        "class_weight": {}, **{name: _with_codes(own, name) for name in ("train", "test", "use")},
    }  # fmt: skip


def _with_codes(own: Project, name: str) -> dict[str, np.ndarray]:
    return own.features(own.rows(name)) | {"y_true": own.y[own.rows(name)]}


@case("label-types", twin="labels 1.0 and decisions 1", healthy=names_of_numbers, two=False)
def label_types(own: Project, random: np.random.Generator) -> Handed:
    """Names as labels, codes as decisions."""
    known = own.rows(*KNOWN)
    predictions = {"y_true": own.labels(known), "y_pred": own.scores[known].argmax(axis=1), "split": own.split[known]}
    return own.handed() | {"predictions": predictions, "runs": [], "rescored": None}


def hard_decisions(own: Project, random: np.random.Generator) -> Handed:
    """A classifier that says 0 or 1 and nothing between, as a support vector machine does."""
    known = own.rows(*KNOWN)
    return with_predictions(own, score=own.scores[known].argmax(axis=1)) | ONCE


@case(
    "integer-scores", twin="a classifier that says 0 or 1", healthy=hard_decisions, two=True,
    besides=("unexplained-score", "majority-answered", "miscalibrated", "small-set"),
)  # fmt: skip
def integers(own: Project, random: np.random.Generator) -> Handed:
    """Probabilities that went through an array of whole numbers."""
    known = own.rows(*KNOWN)
    return with_predictions(own, score=own.scores[known, 1].astype(int)) | ONCE
