"""Scores to decisions: correcting probabilities, averaging an ensemble, thresholds."""

from itertools import pairwise
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.split import Array
from mirage.settings import Settings, number, setting, share, whole


class Stopped(Settings):
    """Keras's EarlyStopping with restored weights, applied afterwards to every watched set of a whole training."""

    monitor: Literal["val_loss", "val_accuracy"]
    patience: int = whole("epochs without a better value that are waited for")
    joined: int = whole("neighbouring watched sets that are joined to one; 0: none are", default=0)


CAUSES = ("none", "memorising", "short", "shares", "inputs", "leak")


class Diagnosis(Settings):
    """Name the cause of a poor score in use from what can be printed, and compare with what was planted."""

    planted: Literal["none", "memorising", "short", "shares", "inputs", "leak"] = setting(
        "the cause that was planted", f"one of {', '.join(CAUSES)}", default="none"
    )
    enough: float = share("a larger difference is a finding: of shares of rows, and of areas from one half")


class BestOf(Settings):
    """The best of the settings that a search tries first, by every watched set for itself."""

    settings: int = whole("settings that are chosen from, in the order in which they are tried", 1)
    joined: int = whole("neighbouring watched sets that are joined to one; 0: none are", default=0)


class Decision(Settings):
    """From scores to decisions, after training: no part of what is trained or recorded."""

    threshold: float = number("probability above which a row is decided to be of class 1", ge=0, le=1)
    corrected_to: float | None = number(
        "share of class 1 that probabilities are corrected to", gt=0, lt=1, default=None
    )
    miss_cost: float = number("what a missed row of class 1 costs, in units of a false alarm", gt=0)
    ensembles_of: int = whole("models that are averaged into one", 1)
    stopped: Stopped | None = None
    diagnosis: Diagnosis | None = None
    best_of: BestOf | None = None
    set_sizes: list[int] = setting(
        "rows of the small sets that the validation rows are cut into, each to score the model by itself",
        "a list of whole numbers of at least 1, each above the one before",
        default=[],
    )
    cut: bool = setting(
        "hold a regression's output against the threshold instead of rounding it", "true or false", default=False
    )

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        if any(later <= before for before, later in pairwise([0, *self.set_sizes])):
            self.refuse("set_sizes", "a list of whole numbers of at least 1, each above the one before")
        return self


def corrected(probability: Array, trained_share: float, share: float) -> Array:
    """Probabilities of class 1 for rows of which `share` are of class 1, from a model trained where other ones were.

    Saerens, Latinne and Decaestecker, Neural Computation 14 (2002) 21: odds change by the ratio of the prior odds, and
    nothing else does as long as each class keeps its own law.
    """
    positive = probability * (share / trained_share)
    return np.asarray(positive / (positive + (1 - probability) * ((1 - share) / (1 - trained_share))))


def ensembles(scores: Array, size: int) -> Array:
    """Scores [member, row] of which `size` neighbours at a time are averaged: [member / size, row]."""
    return np.asarray(scores.reshape(-1, size, scores.shape[-1]).mean(axis=1))


def above(scores: Array, threshold: float = 0.5) -> Array:
    """1 where a probability [row] is above the threshold, else 0: at a half, what Keras and scikit-learn decide."""
    return np.asarray((scores > threshold).astype(int))


def rounded(scores: Array) -> Array:
    """A regression's output [row] to the nearest whole number. Article four, example 1: it may be neither 0 nor 1."""
    return np.asarray(np.round(scores).astype(int))


def decide(regresses: bool, decision: Decision, scores: Array) -> Array:
    """What is decided from scores [row]: a regression's output is rounded, a probability held against the threshold.

    With `cut` a regression's output is held against it, too: above 1.5 it is still class 1, which rounding loses.
    """
    if decision.cut:
        return above(scores, decision.threshold)
    return rounded(scores) if regresses else above(scores, decision.threshold)
