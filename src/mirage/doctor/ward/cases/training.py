"""Training that went wrong, or a last layer, loss and metric that do not fit; trained by Keras where it lies there."""

from typing import Any

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import as_they_are, at_least, case
from mirage.doctor.ward.networks import Recipe, Trained, standardised, trained
from mirage.doctor.ward.project import KNOWN, Handed, Project

MOST = 320  # rows of training: ten steps an epoch
SINGLE = ("runs", "rescored", "class_weight")  # inputs that belong to the project's own model


def inside(own: Project, rows: Array) -> Array:
    """Standardised columns of these rows."""
    return standardised(own.x[rows], own.x[own.rows("train")])


def of_model(own: Project, rows: Array, scores: Array, history: Any, model: Any = None, **more: Any) -> Handed:
    """What the owner of another model of these rows hands over."""
    test = own.split[rows] == "test"
    handed = {name: value for name, value in own.handed().items() if name not in (*SINGLE, "model", "reported")}
    handed |= {"predictions": own.predictions(rows, scores), "history": history} | more
    if model is not None:
        handed["model"] = model
    if test.any():
        handed["reported"] = {"accuracy": f"{(scores.argmax(axis=1) == own.y[rows])[test].mean():.4f}"}
    return handed


def _fitted(own: Project, recipe: Recipe, seed: int, rows: int = MOST, **how: Any) -> Trained:
    """A network trained on so many rows of split train, with those of split validation held out."""
    train, held = own.rows("train")[:rows], own.rows("validation")
    return trained(recipe, inside(own, train), own.y[train], (inside(own, held), own.y[held]), seed, **how)


# -- a loss that is no number ----------------------------------------------------------------------------------------


def spike(own: Project, random: np.random.Generator) -> Handed:
    """One epoch with a large loss, from which training recovers."""
    history = {name: list(values) for name, values in own.model.history.items()}
    history["loss"][int(random.integers(0, len(history["loss"]) - 1))] *= 30
    return own.handed() | {"history": history}


@case("diverged", twin="one epoch with a large loss", healthy=spike, besides=("small-set",))
def diverged(own: Project, random: np.random.Generator) -> Handed:
    """A learning rate that no number of steps survives."""
    found = _fitted(own, Recipe(len(own.names)), own.seed, epochs=5, rate=1e25)
    handed = of_model(own, own.rows(*KNOWN), own.scores[own.rows(*KNOWN)], found.history)
    return {name: value for name, value in handed.items() if name not in ("predictions", "reported")}


# -- ordered rows and validation_split ------------------------------------------------------------------------------


def _by_class(own: Project, random: np.random.Generator, sort: bool) -> Handed:
    """`fit` with the last fifth of the rows held out; the last class is that fifth if rows are sorted by class."""
    train, classes = own.rows("train"), len(own.names)
    last = train[own.y[train] == classes - 1]
    others = train[own.y[train] != classes - 1]
    n = min(len(last), len(others) // 4)
    rows = np.concatenate([others[: 4 * n][np.argsort(own.y[others[: 4 * n]], kind="stable")], last[:n]])
    if not sort:
        rows = random.permutation(rows)
    found = trained(Recipe(classes), inside(own, rows), own.y[rows], 0.2, own.seed, rate=0.05, epochs=6)
    split = np.repeat(["train", "validation"], [4 * n, n])
    order = np.arange(5 * n) if sort else np.argsort(own.y[rows], kind="stable")  # sorted after the fact, whole
    test = own.rows("test")
    shown = np.concatenate([rows[order], test])
    handed = of_model(own, shown, found.scores(inside(own, shown)), found.history)
    handed["predictions"]["split"] = np.concatenate([split[order], own.split[test]])
    handed["predictions"] = {name: values for name, values in handed["predictions"].items() if name != "time"}
    return {name: value for name, value in handed.items() if name not in ("train", "test", "use")}


def sorted_afterwards(own: Project, random: np.random.Generator) -> Handed:
    """Rows that were shuffled before `fit`, and sorted by class when they were written down."""
    return _by_class(own, random, sort=False)


@case(
    "ordered-validation", twin="rows sorted by class after the fact", healthy=sorted_afterwards, two=False,
    besides=("prior-shift", "subgroup", "memorising", "best-epoch-not-kept", "too-short", "small-set", "running-mean"),
)  # fmt: skip
def ordered(own: Project, random: np.random.Generator) -> Handed:
    """Rows in the order of their class, and `validation_split`."""
    return _by_class(own, random, sort=True)


# -- BatchNormalization on few steps ------------------------------------------------------------------------------


def _normalised(own: Project, random: np.random.Generator, offset: float) -> Handed:
    """A BatchNormalization layer, eighty steps, and columns this far from 0."""
    train, held = own.rows("train")[:64], own.rows("validation")
    recipe = Recipe(len(own.names), normalised=True)
    x = inside(own, np.arange(len(own.y))) + offset
    found = trained(
        recipe, x[train], own.y[train], (x[held], own.y[held]), own.seed, rate=0.05, epochs=7, batch=8
    )  # fmt: skip
    rows = np.concatenate([train, held, own.rows("test")])
    file = found.file(f"normalised{len(own.names)}")
    handed = of_model(own, rows, found.scores(x[rows]), found.history, file, batch_size=8)
    return handed | {name: own.features(own.rows(name), x[own.rows(name)]) for name in ("train", "test", "use")}


def centred(own: Project, random: np.random.Generator) -> Handed:
    """The same network on columns of mean 0."""
    return _normalised(own, random, 0.0)


@case(
    "batchnorm-not-arrived", twin="the same network on columns of mean 0", healthy=centred,
    besides=("small-set", "memorising", "best-epoch-not-kept", "too-short", "running-mean", "miscalibrated"),
)  # fmt: skip
def far_from_zero(own: Project, random: np.random.Generator) -> Handed:
    """Columns far from 0."""
    return _normalised(own, random, float(random.uniform(30, 150)))


# -- last layer, loss and metric ------------------------------------------------------------------------------------


@case(
    "output-loss-mismatch", twin="a healthy project as it is", healthy=as_they_are, besides=("small-set", "too-short"),
)  # fmt: skip
def misfit(own: Project, random: np.random.Generator) -> Handed:
    """A softmax over one unit; of several classes, sigmoids under a loss of one class among several."""
    recipe = Recipe(len(own.names), activation="softmax" if own.two else "sigmoid")
    found = _fitted(own, recipe, own.seed)
    rows = own.rows(*KNOWN)
    handed = of_model(
        own, rows, found.scores(inside(own, rows)), found.history, found.file(f"misfit{len(own.names)}")
    )  # fmt: skip
    return handed


def _twice(own: Project, twice: bool) -> Handed:
    """A network that is trained until hardly a training row is wrong, with one softmax or two."""
    recipe = Recipe(len(own.names), twice=twice)
    train, held = own.rows("train")[:96], own.rows("validation")
    x = inside(own, np.arange(len(own.y)))
    found = trained(
        recipe, x[train], own.y[train], (x[held], own.y[held]), own.seed, rate=0.05, epochs=40, batch=8
    )  # fmt: skip
    rows = np.concatenate([train, own.rows("test")])
    return of_model(own, rows, found.scores(x[rows]), found.history)


def once(own: Project, random: np.random.Generator) -> Handed:
    """The same training with one softmax."""
    return _twice(own, twice=False)


@case(
    "double-softmax", twin="the same training with one softmax", healthy=once, two=False, name="double-softmax-in-loss",
    besides=("small-set", "memorising", "miscalibrated", "best-epoch-not-kept"),
)  # fmt: skip
def in_loss(own: Project, random: np.random.Generator) -> Handed:
    """A loss of logits that is given probabilities, where Keras cannot take it back."""
    return _twice(own, twice=True)


# -- dropout ------------------------------------------------------------------------------------------------------


def easier_rows(own: Project, random: np.random.Generator) -> Handed:
    """Validation rows that are easier than those of training, and no dropout: above training in every epoch, too."""
    held = own.rows("validation")
    right = own.scores[held].argmax(axis=1) == own.y[held]
    kept = held[right | (random.random(len(held)) < 0.2)]
    train = own.rows("train")[:MOST]
    x = inside(own, np.arange(len(own.y)))
    recipe = Recipe(len(own.names))
    found = trained(recipe, x[train], own.y[train], (x[kept], own.y[kept]), own.seed, epochs=10)
    rows = np.concatenate([train, kept, own.rows("test")])
    return of_model(own, rows, found.scores(x[rows]), found.history, found.file(f"plain{len(own.names)}"))


@case(
    "running-mean", twin="validation rows that are easier", healthy=easier_rows,
    besides=("small-set", "too-short", "miscalibrated", "majority-answered"),
)  # fmt: skip
def dropped(own: Project, random: np.random.Generator) -> Handed:
    """Dropout of more than half of the units."""
    found = _fitted(own, Recipe(len(own.names), dropout=0.75), own.seed, epochs=8, rate=0.004)
    train = own.rows("train")[:MOST]
    right = float((found.scores(inside(own, train)).argmax(axis=1) == own.y[train]).mean())
    printed, held = (found.history[name] for name in ("accuracy", "val_accuracy"))
    at_least("running-mean", min(right - printed[-1], float(np.mean(held) - np.mean(printed))))
    rows = np.concatenate([train, own.rows("validation", "test")])
    return of_model(own, rows, found.scores(inside(own, rows)), found.history, found.file(f"dropped{len(own.names)}"))


# -- class weights ------------------------------------------------------------------------------------------------


def _weighted(own: Project, keys: type) -> Handed:
    train = own.rows("train")[:800]
    share = float(own.y[train].mean())
    weights = {0: 1.0, 1: round((1 - share) / share, 2)}
    found = _fitted(
        own, Recipe(2), own.seed, rows=800, epochs=5, rate=0.03,
        class_weight={keys(name): value for name, value in weights.items()},
    )  # fmt: skip
    rows = own.rows("validation", "test")
    return of_model(
        own, rows, found.scores(inside(own, rows)), found.history, found.file("weighted"), class_weight=weights
    )  # fmt: skip


def whole_keys(own: Project, random: np.random.Generator) -> Handed:
    """Class weights with whole numbers as keys, which arrive."""
    return _weighted(own, int)


@case(
    "class-weights-not-arriving", twin="class weights that arrive", healthy=whole_keys, two=True,
    besides=("small-set", "majority-answered", "running-mean", "miscalibrated", "prior-shift", "too-short"),
)  # fmt: skip
def text_keys(own: Project, random: np.random.Generator) -> Handed:
    """Class weights with texts as keys, which Keras 3 does not find."""
    return _weighted(own, str)
