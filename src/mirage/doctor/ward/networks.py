"""Small networks of Keras, trained as their owners train them, where a fault lies in Keras or in how it is called.

A network is built and compiled once a process and used again: weights and the optimizer's state are set back before
each training, and columns are filled up with zeros to one width, so that a training costs tenths of a second.
"""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.project import folder

WIDTH = 32  # columns of every network: the rows of no project but digits have more; those are cut
UNITS = 16


@dataclass(frozen=True)
class Recipe:
    """What a network is built of.

    Attributes
    ----------
    classes
        How many there are; two classes have one unit with sigmoid.
    activation
        Of the output, where it is not that which fits.
    normalised
        Whether BatchNormalization comes first.
    dropout
        Share of the hidden units that are switched off in training.
    twice
        Whether the loss applies a softmax to that of the output, with a layer in between that Keras cannot look behind.
    """

    classes: int
    activation: str | None = None
    normalised: bool = False
    dropout: float = 0.0
    twice: bool = False


@dataclass(frozen=True)
class Trained:
    """A network after training: its history, and how it predicts; it is valid until the next training of its recipe."""

    network: Any
    history: dict[str, list[float]]
    classes: int

    def scores(self, x: Array) -> Array:
        """Scores [row, class]."""
        found = np.asarray(self.network.predict_on_batch(_wide(x)), dtype=float)
        return np.column_stack([1 - found[:, 0], found[:, 0]]) if found.shape[1] == 1 else found

    def file(self, name: str) -> Path:
        """Its ``.keras`` file."""
        path = folder() / f"{name}.keras"
        self.network.save(path)
        return path


def trained(
    recipe: Recipe, x: Array, y: Array, held: tuple[Array, Array] | float, seed: int, *, rate: float = 0.01,
    epochs: int = 10, batch: int = 32, class_weight: dict[Any, float] | None = None,
) -> Trained:  # fmt: skip
    """Fit a network, with rows held out or a share of the last ones (`validation_split`).

    Parameters
    ----------
    x, y
        Rows [row, column] as the network takes them, codes [row].
    """
    import keras

    network = _network(recipe)
    keras.utils.set_random_seed(seed)
    _set_back(network, seed, rate)
    inputs, labels = _wide(x), y.astype("float32")
    if isinstance(held, float) or class_weight is not None:
        given: dict[str, Any] = (
            {"validation_split": held}
            if isinstance(held, float)
            else {"validation_data": (_wide(held[0]), held[1].astype("float32"))}
        )
        found = network.fit(
            inputs, labels, batch_size=batch, epochs=epochs, verbose=0, class_weight=class_weight,
            validation_batch_size=len(y), **given,
        ).history  # fmt: skip
    else:
        found = _stepped(network, inputs, labels, (_wide(held[0]), held[1].astype("float32")), seed, epochs, batch)
    return Trained(network, found, recipe.classes)


def _stepped(
    network: Any, x: Array, y: Array, held: tuple[Array, Array], seed: int, epochs: int, batch: int
) -> dict[str, list[float]]:
    """What `fit` does and writes down, batch by batch: four times as fast, as `fit` sets up every epoch anew."""
    random = np.random.default_rng(seed)
    history: dict[str, list[float]] = {name: [] for name in ("accuracy", "loss", "val_accuracy", "val_loss")}
    for _ in range(epochs):
        order = random.permutation(len(y))
        parts = [order[start : start + batch] for start in range(0, len(y), batch)]
        each = [network.train_on_batch(x[rows], y[rows], return_dict=True) for rows in parts]
        validation = network.test_on_batch(*held, return_dict=True)
        for name in ("accuracy", "loss"):  # of training the mean over the epoch, before each update
            history[name].append(float(np.average([float(one[name]) for one in each], weights=list(map(len, parts)))))
            history[f"val_{name}"].append(float(validation[name]))
    return history


def standardised(x: Array, by: Array) -> Array:
    """Columns with the mean and standard deviation of other rows taken out."""
    width = by.std(axis=0)
    return np.asarray((x - by.mean(axis=0)) / np.where(width > 0, width, 1))


@functools.cache
def _network(recipe: Recipe) -> Any:
    import keras

    layers, two = keras.layers, recipe.classes == 2 and not recipe.twice
    last = recipe.activation or ("sigmoid" if two else "softmax")
    parts = [
        keras.Input((WIDTH,)),
        *([layers.BatchNormalization()] if recipe.normalised else []),
        layers.Dense(UNITS, "relu"),
        *([layers.Dropout(recipe.dropout)] if recipe.dropout else []),
        layers.Dense(1 if two else recipe.classes, last),
        *([layers.Reshape((recipe.classes,))] if recipe.twice else []),
    ]
    network = keras.Sequential(parts)
    several = keras.losses.SparseCategoricalCrossentropy(from_logits=recipe.twice)
    network.compile("adam", "binary_crossentropy" if two else several, metrics=["accuracy"], jit_compile=False)
    network.optimizer.build(network.trainable_variables)
    return network


def _set_back(network: Any, seed: int, rate: float) -> None:
    """Give every weight its first value, by the seed, and the optimizer its first state."""
    random = np.random.default_rng(seed)
    for one in network.weights:
        if one.name == "kernel":
            limit = np.sqrt(6 / sum(one.shape))
            one.assign(random.uniform(-limit, limit, one.shape).astype("float32"))
        elif one.name in ("gamma", "moving_variance"):
            one.assign(np.ones(one.shape, "float32"))
        elif one.name in ("bias", "beta", "moving_mean"):
            one.assign(np.zeros(one.shape, "float32"))
    for layer in network.layers:
        if (drawn := getattr(layer, "seed_generator", None)) is not None:  # of dropout
            drawn.state.assign(np.array([seed, 0], drawn.state.dtype))
    for one in network.optimizer.variables:
        one.assign(np.zeros(one.shape, one.dtype))
    network.optimizer.learning_rate = rate


def _wide(x: Array) -> Array:
    wide = np.zeros((len(x), WIDTH), dtype="float32")
    wide[:, : x.shape[1]] = x[:, :WIDTH]
    return wide
