"""The ward's usual model: a small network that is stopped where its validation loss is lowest, with its history."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.settings import Training

TINY = 1e-12  # a probability below which a loss is not taken


@dataclass(frozen=True)
class Learned:
    """A trained model: probabilities [row, class] of rows, and what training printed for each epoch."""

    predict: Callable[[Array], Array]
    history: dict[str, list[float]]


def learned(x: Array, y: Array, held: tuple[Array, Array], units: int, seed: int, how: Training) -> Learned:
    """Train on standardised columns, with the weights of the best epoch kept."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x)
    inside, held_inside = scaler.transform(x), scaler.transform(held[0])
    classes = np.unique(np.concatenate([y, held[1]]))
    network = MLPClassifier(
        (units,), alpha=how.penalty, learning_rate_init=how.rate, batch_size=min(how.batch, len(y)),
        random_state=seed,
    )  # fmt: skip
    best, kept = np.inf, 0
    weights: tuple[list[Array], list[Array]] = ([], [])
    history: dict[str, list[float]] = {}
    for epoch, history in enumerate(followed(network, (inside, y), (held_inside, held[1]), classes, how.epochs)):
        if history["val_loss"][-1] < best:
            best, kept = history["val_loss"][-1], epoch
            weights = [one.copy() for one in network.coefs_], [one.copy() for one in network.intercepts_]
        if epoch - kept >= how.patience:
            break
    network.coefs_, network.intercepts_ = weights
    return Learned(lambda rows: np.asarray(network.predict_proba(scaler.transform(rows))), history)


def followed(
    network: Any, train: tuple[Array, Array], held: tuple[Array, Array], classes: Array, epochs: int
) -> Iterator[dict[str, list[float]]]:
    """Train a network of scikit-learn epoch by epoch, and give the history so far after each."""
    from sklearn.exceptions import ConvergenceWarning

    history: dict[str, list[float]] = {name: [] for name in ("accuracy", "loss", "val_accuracy", "val_loss")}
    for _ in range(epochs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.partial_fit(*train, classes=classes)
        for prefix, (rows, labels) in (("", train), ("val_", held)):
            scores = network.predict_proba(rows)
            history[f"{prefix}accuracy"].append(float((scores.argmax(axis=1) == labels).mean()))
            history[f"{prefix}loss"].append(cross_entropy(scores, labels))
        yield history


def cross_entropy(scores: Array, y: Array) -> float:
    """The mean loss of probabilities [row, class] of labels that are codes."""
    return float(-np.log(np.maximum(scores[np.arange(len(y)), y], TINY)).mean())
