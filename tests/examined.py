"""What many tests of the doctor need: what was found, a history, labels with scores, a saved model."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from mirage.doctor import Report

Array = np.ndarray


def causes(report: Report) -> list[str]:
    """What was found, in its order."""
    return [one.cause for one in report.findings]


def told(report: Report, cause: str) -> str:
    """All that is said of a cause."""
    found = next(one for one in report.findings if one.cause == cause)
    return " ".join(piece.text for piece in found.found.evidence)


def course(seed: int, epochs: int = 30, memorised: float = 0.0) -> dict[str, Array]:
    """A history that has converged, with noise of validation; its validation loss rises by a share if memorised."""
    random = np.random.default_rng(seed)
    past = np.exp(-np.arange(epochs) / 4)
    up = memorised * np.linspace(0, 1, epochs) ** 2
    return {
        "accuracy": 0.9 - 0.3 * past + 0.08 * memorised * np.linspace(0, 1, epochs),
        "loss": (0.25 + 0.4 * past) * (1 - min(memorised, 0.9) * np.linspace(0, 1, epochs)),
        "val_accuracy": 0.89 - 0.3 * past + random.normal(0, 0.01, epochs),
        "val_loss": (0.3 + 0.4 * past + up) * random.normal(1, 0.01, epochs),
    }


def two(seed: int, n: int, share: float = 0.5, skill: float = 2.0) -> tuple[Array, Array]:
    """Labels of two classes, and their probabilities by the law that drew them."""
    random = np.random.default_rng(seed)
    y = (random.random(n) < share).astype(int)
    logit = 2 * skill * random.normal((y - 0.5) * skill, 1, n) / 2 * 1 + np.log(share / (1 - share))
    return y, 1 / (1 + np.exp(-logit))


def saved(folder: Path, *layers: Any, loss: Any = None, metrics: Any = (), name: str = "m.keras") -> Path:
    """The file of a network of these layers on four columns; compiled, where a loss is given."""
    model = keras.Sequential([keras.Input((4,)), *layers])
    if loss is not None:
        model.compile("adam", loss, metrics=list(metrics))
    model.save(folder / name)
    return folder / name
