"""Metrics: true values and predictions to named numbers."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.metrics import mean_squared_error

Array = np.ndarray[Any, np.dtype[Any]]

METRICS: dict[str, Callable[[Array, Array], float]] = {"mse": mean_squared_error}


def measure(names: Iterable[str], y: Array, predicted: Array) -> dict[str, float]:
    """Each named metric of predictions [row] for y [row]; NaN where it is undefined or a prediction is not finite."""
    if not np.isfinite(predicted).all():
        return dict.fromkeys(names, np.nan)
    return {name: float(METRICS[name](y, predicted)) for name in names}
