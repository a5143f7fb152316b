"""Scores to decisions: correcting probabilities, averaging an ensemble, thresholds."""

from typing import Any

import numpy as np

from mirage import config

Array = np.ndarray[Any, np.dtype[Any]]


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


def decide(kind: str, settings: config.Decision, scores: Array) -> Array:
    """What a model of this kind decides from its scores [row]."""
    return rounded(scores) if kind in config.ROUNDED else above(scores, settings.threshold)
