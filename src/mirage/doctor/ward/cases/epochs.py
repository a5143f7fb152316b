"""Training that went on for too long, or not long enough."""

import functools
from typing import Any

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import as_they_are, case
from mirage.doctor.ward.cases.training import KNOWN, inside, of_model
from mirage.doctor.ward.learned import cross_entropy
from mirage.doctor.ward.project import Handed, Project


@functools.lru_cache(maxsize=4)
def _course(key: int, train_on: int, rate: float, epochs: int, units: int, own: "_Hashed") -> tuple[Any, Array, Array]:
    """History of a network of scikit-learn, and scores of all rows after the best and after the last epoch."""
    from sklearn.neural_network import MLPClassifier

    it = own.project
    train, held = it.rows("train")[:train_on], it.rows("validation")
    x = inside(it, np.arange(len(it.y)))
    network = MLPClassifier((units,), alpha=0, learning_rate_init=rate, batch_size=32, random_state=key)
    history: dict[str, list[float]] = {name: [] for name in ("accuracy", "loss", "val_accuracy", "val_loss")}
    best = np.empty(0)
    for _ in range(epochs):
        network.partial_fit(x[train], it.y[train], classes=np.arange(len(it.names)))
        for prefix, rows in (("", train), ("val_", held)):
            scores = network.predict_proba(x[rows])
            history[f"{prefix}accuracy"].append(float((scores.argmax(axis=1) == it.y[rows]).mean()))
            history[f"{prefix}loss"].append(cross_entropy(scores, it.y[rows]))
        if history["val_loss"][-1] == min(history["val_loss"]):
            best = network.predict_proba(x)
    return history, best, network.predict_proba(x)


class _Hashed:
    """A project as a key: the same object is the same project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def __hash__(self) -> int:
        return id(self.project)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and other.project is self.project


def _long(own: Project) -> tuple[Any, Array, Array, Array]:
    """Few rows, many units, many epochs; and the rows that were trained on."""
    return *_course(own.seed, 120, 0.02, 80, 64, _Hashed(own)), own.rows("train")[:120]


def kept(own: Project, random: np.random.Generator) -> Handed:
    """The same training, with the weights of the best epoch."""
    history, best, _, train = _long(own)
    rows = np.concatenate([train, own.rows("validation", "test")])
    return of_model(own, rows, best[rows], history)


@case(
    "best-epoch-not-kept", twin="the weights of the best epoch", healthy=kept,
    besides=("memorising", "small-set", "miscalibrated"),
)  # fmt: skip
def not_kept(own: Project, random: np.random.Generator) -> Handed:
    """The weights of the last epoch, long after the validation loss was lowest."""
    history, _, last, train = _long(own)
    rows = np.concatenate([train, own.rows("validation", "test")])
    return of_model(own, rows, last[rows], history)


@case(
    "memorising", twin="a healthy project as it is", healthy=as_they_are,
    besides=("best-epoch-not-kept", "small-set", "miscalibrated"),
)  # fmt: skip
def by_heart(own: Project, random: np.random.Generator) -> Handed:
    """Few rows, learned by heart; nothing of the validation rows but the history."""
    history, _, last, train = _long(own)
    rows = np.concatenate([train, own.rows("test")])
    return of_model(own, rows, last[rows], history)


@case(
    "too-short", twin="a healthy project as it is", healthy=as_they_are,
    besides=("small-set", "miscalibrated", "majority-answered"),
)  # fmt: skip
def stopped_early(own: Project, random: np.random.Generator) -> Handed:
    """A handful of epochs at a low rate."""
    epochs = int(random.integers(6, 12))
    n = len(own.rows("train"))
    rate = 0.08 / (epochs * max(n / 32, 1))
    history, _, last = _course(own.seed, n, rate, epochs, 32, _Hashed(own))
    rows = own.rows(*KNOWN)
    return of_model(own, rows, last[rows], history)
