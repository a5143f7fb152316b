"""Scores to decisions."""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def over_half(scores: Array) -> Array:
    """1 where a probability [row] is above a half, else 0: what Keras's accuracy and scikit-learn's classifiers do."""
    return (scores > 0.5).astype(int)


def rounded(scores: Array) -> Array:
    """A regression's output [row] to the nearest whole number. Article four, example 1: it may be neither 0 nor 1."""
    return np.round(scores).astype(int)


DECISIONS: dict[str, Callable[[Array], Array]] = {
    "mlp": over_half,
    "logistic": over_half,
    "ridge": rounded,
    "lasso": rounded,
}
