"""The variables of one network, and the values they start from, drawn from named streams."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from mirage.data.streams import Streams

Array = np.ndarray[Any, np.dtype[Any]]

# Written as arrays: a TensorFlow operation for every constant of every replica would take longer than its training.
CONSTANT: dict[type, Callable[[Any], Any]] = {
    keras.initializers.Zeros: lambda initializer: 0,
    keras.initializers.Ones: lambda initializer: 1,
    keras.initializers.Constant: lambda initializer: initializer.value,
}


class CannotStackError(ValueError):
    """What was asked for has no stacked form that gives the numbers of ``model.fit``."""


@dataclass(frozen=True)
class Variables:
    """The variables of one replica: trainable weights, and state (Dropout seeds, BatchNormalization statistics)."""

    trainable: list[Array]
    state: list[Array]

    @classmethod
    def of(cls, model: keras.Model) -> "Variables":
        """Copy the present variables of a built model."""
        return cls([v.numpy() for v in model.trainable_variables], [v.numpy() for v in model.non_trainable_variables])

    def assign_to(self, model: keras.Model) -> None:
        """Put these variables into a model of the same architecture."""
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        for variable, value in zip(variables, [*self.trainable, *self.state], strict=True):
            variable.assign(value)


def initial(model: keras.Model, streams: Streams) -> Variables:
    """The variables one replicate starts from, as if the model had been built with seeds from its streams.

    Every layer's own initialisers draw its weights, seeded from the stream `init`; random layers (Dropout) get their
    seeds from the stream `dropout`. Much quicker than building the model again for every replicate.

    Raises
    ------
    CannotStackError
        For a variable that is neither drawn here nor constant by its initialiser: its value would follow no stream.
    """
    fresh: dict[str, Array] = {}  # nothing comes from the model's present values: it may have been trained
    drawn, random = [], []
    for layer in model.layers:
        seeds = getattr(layer, "seed_generator", None)
        for variable in layer.variables:
            initializer = getattr(layer, f"{variable.name}_initializer", None)
            if seeds is not None and variable is seeds.state:
                random.append(variable)
            elif initializer is not None and "seed" in initializer.get_config():
                drawn.append((variable, initializer))
            elif type(initializer) in CONSTANT:
                fresh[variable.path] = np.full(variable.shape, CONSTANT[type(initializer)](initializer), variable.dtype)
            else:
                raise CannotStackError(
                    f"{variable.path}: got an initial value that no stream decides, "
                    "expected a variable with an initialiser of its own that is seeded or constant"
                )
    for (variable, initializer), seed in zip(drawn, streams.integers("init", len(drawn)), strict=True):
        seeded = type(initializer).from_config(initializer.get_config() | {"seed": seed})
        fresh[variable.path] = seeded(variable.shape).numpy()
    for variable, seed in zip(random, streams.integers("dropout", len(random)), strict=True):
        fresh[variable.path] = np.array([seed, 0], variable.dtype)  # as in a SeedGenerator of this seed
    return Variables(
        [fresh[v.path] for v in model.trainable_variables], [fresh[v.path] for v in model.non_trainable_variables]
    )
