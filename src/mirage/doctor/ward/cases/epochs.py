"""Training that went on for too long, or not long enough."""

import functools
from typing import Any

import numpy as np

from mirage.doctor.courses import FEWEST
from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import NotPlanted, as_they_are, at_least, case
from mirage.doctor.ward.cases.training import inside, of_model
from mirage.doctor.ward.learned import cross_entropy, followed
from mirage.doctor.ward.project import KNOWN, Handed, Project


@functools.lru_cache(maxsize=4)
def _course(key: int, train_on: int, rate: float, epochs: int, units: int, own: Project) -> tuple[Any, Array, Array]:
    """History of a network of scikit-learn, and scores of all rows after the best and after the last epoch."""
    from sklearn.neural_network import MLPClassifier

    train, held = own.rows("train")[:train_on], own.rows("validation")
    x = inside(own, np.arange(len(own.y)))
    network = MLPClassifier((units,), alpha=0, learning_rate_init=rate, batch_size=32, random_state=key)
    best = np.empty(0)
    for history in followed(
        network, (x[train], own.y[train]), (x[held], own.y[held]), np.arange(len(own.names)), epochs
    ):
        if history["val_loss"][-1] == min(history["val_loss"]):
            best = network.predict_proba(x)
    return history, best, network.predict_proba(x)


def _long(own: Project) -> tuple[Any, Array, Array, Array]:
    """Few rows, many units, many epochs; and the rows that were trained on."""
    return *_course(own.seed, 120, 0.02, 80, 64, own), own.rows("train")[:120]


def _worse(own: Project, case: str) -> None:
    """Only where the loss of the test rows is higher at the end than at the best epoch, by a share of it."""
    _, at_best, at_last, _ = _long(own)
    test = own.rows("test")
    best, last = (cross_entropy(scores[test], own.y[test]) for scores in (at_best, at_last))
    at_least(case, last / best - 1)


def _after(own: Project, best: bool) -> Handed:
    """That training, with the weights of the best epoch or of the last."""
    history, at_best, at_last, train = _long(own)
    rows = np.concatenate([train, own.rows("validation", "test")])
    return of_model(own, rows, (at_best if best else at_last)[rows], history)


def kept(own: Project, random: np.random.Generator) -> Handed:
    """The same training, with the weights of the best epoch."""
    return _after(own, best=True)


@case(
    "best-epoch-not-kept", twin="the weights of the best epoch", healthy=kept,
    besides=("memorising", "small-set", "miscalibrated"),
)  # fmt: skip
def not_kept(own: Project, random: np.random.Generator) -> Handed:
    """The weights of the last epoch, long after the validation loss was lowest."""
    _worse(own, "best-epoch-not-kept")
    return _after(own, best=False)


@case(
    "memorising", twin="a healthy project as it is", healthy=as_they_are,
    besides=("best-epoch-not-kept", "small-set", "miscalibrated"),
)  # fmt: skip
def by_heart(own: Project, random: np.random.Generator) -> Handed:
    """Few rows, learned by heart; nothing of the validation rows but the history."""
    _worse(own, "memorising")
    history, _, last, train = _long(own)
    rows = np.concatenate([train, own.rows("test")])
    return of_model(own, rows, last[rows], history)


def until_lowest(own: Project, random: np.random.Generator) -> Handed:
    """The healthy training, which printed nothing after the epoch of the lowest validation loss."""
    handed, losses = own.handed(), own.model.history["val_loss"]
    best = int(np.argmin(losses)) + 1
    if best < FEWEST:
        raise NotPlanted  # nobody could say more of so few epochs
    return handed | {"history": {name: values[:best] for name, values in handed["history"].items()}}


@case(
    "too-short", twin="a training that ends where its validation loss is lowest", healthy=until_lowest,
    besides=("small-set", "miscalibrated", "majority-answered"),
)  # fmt: skip
def stopped_early(own: Project, random: np.random.Generator) -> Handed:
    """A handful of epochs at a low rate."""
    epochs = int(random.integers(6, 12))
    n = len(own.rows("train"))
    rate = 0.08 / (epochs * max(n / 32, 1))
    history, _, last = _course(own.seed, n, rate, epochs, 32, own)
    longer, _, _ = _course(own.seed, n, rate, 4 * epochs, 32, own)
    at_least("too-short", 1 - min(longer["val_loss"]) / history["val_loss"][-1])
    rows = own.rows(*KNOWN)
    return of_model(own, rows, last[rows], history)
