"""Scores as probabilities, and what they cost: used wherever a question is about how sure scores are."""

import numpy as np

from mirage.doctor.evidence import Array, Predictions

SMALLEST = 1e-7  # of a probability, as Keras clips it


def probabilities(found: Predictions) -> Array | None:
    """Scores as probabilities [row, class]; None where they are none."""
    if found.scores is None or found.regression or found.logits or len(found.classes) < 2:
        return None
    if found.single is not None:
        return np.column_stack([1 - found.single, found.single])
    sums = found.scores.sum(axis=1)
    return found.scores if np.allclose(sums, 1, atol=1e-3) else None


def cross_entropy(found: Predictions) -> float | None:
    """The mean cross-entropy of probabilities; None where scores are none."""
    given = probabilities(found)
    if given is None:
        return None
    return float(-np.log(np.clip(given[np.arange(len(found)), found.truth], SMALLEST, 1)).mean())
