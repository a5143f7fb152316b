"""How much of a score is chance: few rows, other seeds, and a group that the mean hides."""

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import ONCE, as_they_are, at_least, case
from mirage.doctor.ward.project import KNOWN, Handed, Project

SITES = 1_000_000  # numbers of sites, which no other group has


def _with_scores(own: Project, rows: Array, scores: Array) -> Handed:
    """All that is handed over, with predictions of these rows, and what `evaluate` says of those of the test."""
    test = own.split[rows] == "test"
    right = float((scores[test].argmax(axis=1) == own.y[rows][test]).mean())
    return own.handed() | {
        "predictions": own.predictions(rows, scores), "reported": {"accuracy": f"{right:.4f}"}, **ONCE,
    }  # fmt: skip


@case("small-set", twin="a healthy project as it is", healthy=as_they_are)
def few_rows(own: Project, random: np.random.Generator) -> Handed:
    """A test set of a dozen rows."""
    test = random.choice(own.rows("test"), int(random.integers(8, 19)), replace=False)
    rows = np.concatenate([own.rows("train", "validation"), np.sort(test)])
    handed = _with_scores(own, rows, own.scores[rows])
    return handed | {"test": own.features(np.sort(test))}


@case("seed-spread", twin="a healthy project as it is", healthy=as_they_are)
def unlucky_run(own: Project, random: np.random.Generator) -> Handed:
    """One run that ended elsewhere: it is wrong on 15 to 30 rows of a hundred more."""
    known, use = own.rows(*KNOWN), own.rows("use")
    scores = own.scores.copy()
    lost = random.random(len(scores)) < random.uniform(0.15, 0.3)
    scores[lost] = np.roll(scores[lost], 1, axis=1)
    right = [(one[use].argmax(axis=1) == own.y[use]).mean() for one in (own.scores, scores)]
    at_least("seed-spread", float(right[0] - right[1]))
    handed = own.handed()
    return handed | {"runs": [*handed["runs"], own.predictions(known, scores[known])]}


def _at_sites(own: Project, random: np.random.Generator, broken: bool) -> Handed:
    """Predictions of the test rows at three to six sites; at one of them a sensor is broken, or none."""
    test = own.rows("test")
    site = random.integers(0, int(np.clip(len(test) // 60, 3, 6)), len(test))
    scores = own.scores[test].copy()
    if broken:
        bad = np.flatnonzero(site == 0)
        scores[bad] = scores[random.permutation(bad)]
    handed = _with_scores(own, test, scores)
    return handed | {"predictions": handed["predictions"] | {"group": SITES + site}}


def alike_everywhere(own: Project, random: np.random.Generator) -> Handed:
    """Test rows of several sites, all alike."""
    return _at_sites(own, random, broken=False)


@case("subgroup", twin="test rows of several sites, all alike", healthy=alike_everywhere)
def broken_sensor(own: Project, random: np.random.Generator) -> Handed:
    """Test rows of several sites, at one of which scores have nothing to do with the row."""
    return _at_sites(own, random, broken=True)
