"""A model's settings to a Keras model, its initial variables, and the loss and optimizer to train it with."""

from typing import Any

import keras
import numpy as np

from mirage import config, layers
from mirage.stacked import Stopping, Variables
from mirage.streams import Streams

OPTIMIZERS: dict[str, type[keras.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}
LOSSES: dict[str, type[keras.Loss]] = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
}
WATCHED: dict[str, type[keras.Metric]] = {"accuracy": keras.metrics.BinaryAccuracy}


def build(settings: config.Model, features: int) -> keras.Model:
    """A network: dense hidden layers (with an L2 penalty), each followed by dropout if there is any, and one output.

    Its own initial values mean nothing: see `initial`.
    """
    blocks: list[Any] = [keras.Input((features,))]
    for units in settings.hidden:
        penalty = keras.regularizers.L2(settings.l2) if settings.l2 else None
        blocks.append(keras.layers.Dense(units, activation=settings.activation, kernel_regularizer=penalty))
        if settings.dropout:
            blocks.append(layers.Dropout(settings.dropout, seed=0))
    return keras.Sequential([*blocks, keras.layers.Dense(1, activation=settings.output)])


def initial(model: keras.Model, streams: Streams) -> Variables:
    """The variables one replicate starts from, as if the model had been built with seeds from its streams.

    Every layer's own initialiser draws its kernel, seeded from the stream `init`; Dropout seeds come from the stream
    `dropout`. Much quicker than building the model again for every replicate.
    """
    fresh = {v.path: v.numpy() for v in model.variables}
    drawn = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    for layer, seed in zip(drawn, streams.integers("init", len(drawn)), strict=True):
        initializer = layer.kernel_initializer
        seeded = type(initializer).from_config(initializer.get_config() | {"seed": seed})
        fresh[layer.kernel.path] = seeded(layer.kernel.shape).numpy()
    dropped = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    for layer, seed in zip(dropped, streams.integers("dropout", len(dropped)), strict=True):
        state = layer.seed_generator.state
        fresh[state.path] = keras.random.SeedGenerator(seed).state.numpy().astype(fresh[state.path].dtype)
    return Variables(
        [fresh[v.path] for v in model.trainable_variables], [fresh[v.path] for v in model.non_trainable_variables]
    )


def penalty(model: keras.Model, variables: Variables) -> float:
    """The L2 penalty of a network with these variables, which Keras adds to every loss it prints."""
    values = {v.path: value for v, value in zip(model.trainable_variables, variables.trainable, strict=True)}
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense) and layer.kernel_regularizer]
    return float(sum(layer.kernel_regularizer.l2 * np.sum(values[layer.kernel.path] ** 2) for layer in dense))


def loss(settings: config.Training) -> keras.Loss:
    """The Keras loss of these settings."""
    return LOSSES[settings.loss]()


def optimizer(settings: config.Training) -> keras.Optimizer:
    """A new Keras optimizer of these settings."""
    return OPTIMIZERS[settings.optimizer.name](learning_rate=settings.optimizer.learning_rate)


def watched(settings: config.Training) -> list[keras.Metric]:
    """New Keras metrics to follow over the epochs."""
    return [WATCHED[name](name=name) for name in settings.watch]


def stopping(settings: config.Training) -> Stopping | None:
    """The early-stopping rule of these settings, None for training to the last epoch."""
    rule = settings.stopping
    if rule.monitor == "none":
        return None
    return Stopping(rule.patience, rule.monitor, restore_best_weights=rule.restore_best_weights)
