"""Kind `mlp`: a network of dense layers."""

from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
from pydantic import model_validator

from mirage.models.kind import Network
from mirage.settings import number, setting, whole

if TYPE_CHECKING:
    import keras

Activation = Literal["relu", "tanh", "sigmoid", "elu", "gelu", "selu", "silu", "softplus", "linear"]
Stream = Literal["data", "split", "resample", "augment", "init", "shuffle", "dropout"]


class Mlp(Network):
    """Dense hidden layers (with L1 and L2 penalties), each followed by what its settings ask for, and one output unit.

    `members` is how many models make one replicate, each with its own turn of the streams in `members_vary`.
    """

    name: Literal["mlp"]
    hidden: list[int] = setting("units of the hidden layers", "a list of one or more whole numbers of at least 1")
    activation: Activation
    batch_norm: bool = setting("BatchNormalization after each hidden layer", "true or false", default=False)
    dropout: float | None = number(
        "share of units switched off after each hidden layer; null: no Dropout layers",
        ge=0,
        lt=1,
        default=None,
        compiled="on",
    )
    l2: float | None = number(
        "L2 penalty of each hidden layer's weights; null: layers without", ge=0, default=None, compiled="on"
    )
    l1: float | None = number(
        "L1 penalty of each hidden layer's weights; null: layers without", ge=0, default=None, compiled="on"
    )
    output: Literal["linear", "sigmoid"]
    members: int = whole("models that make one replicate", 1, 8, compiled="never")
    members_vary: list[Stream] = setting(
        "the streams that differ between them",
        f"a list of any of {', '.join(get_args(Stream))}",
        default=[],
        compiled="never",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.hidden or min(self.hidden) < 1 or max(self.hidden) > 100_000:
            self.refuse("hidden", "a list of one or more whole numbers from 1 to 100000")
        if len(set(self.members_vary)) < len(self.members_vary):
            self.refuse("members_vary", "each stream once")
        return self

    @property
    def models(self) -> int:
        """`members`."""
        return self.members

    @property
    def varied(self) -> list[str]:
        """`members_vary`."""
        return list(self.members_vary)

    def build(self, shape: tuple[int, ...]) -> "keras.Model":
        """A Sequential model of Keras's layers, and of ours where a rate is to be a variable."""
        import keras

        from mirage.models import layers

        parts: list[Any] = [keras.Input(shape)]
        for units in self.hidden:
            if self.l1 is not None:
                from mirage.models import elastic

                parts.append(elastic.Dense(units, self.l1, self.l2 or 0, activation=self.activation))
            elif self.l2 is not None:
                parts.append(layers.Dense(units, self.l2, activation=self.activation))
            else:
                parts.append(keras.layers.Dense(units, activation=self.activation))
            if self.batch_norm:
                parts.append(keras.layers.BatchNormalization())
            if self.dropout is not None:
                parts.append(layers.Dropout(self.dropout, seed=0))
        return keras.Sequential([*parts, keras.layers.Dense(1, activation=self.output)])

    def numbers(self, model: "keras.Model", variables: Any) -> dict[str, float]:
        """`penalty`, where there is one: what Keras adds to every loss it prints for large weights."""
        if self.l1:
            values = {v.path: value for v, value in zip(model.trainable_variables, variables.trainable, strict=True)}
            kernels = [values[layer.kernel.path] for layer in model.layers if hasattr(layer, "l1")]
            l1, l2 = self.l1, self.l2 or 0
            return {"penalty": float(sum(l1 * np.sum(np.abs(k)) + l2 * np.sum(k**2) for k in kernels))}
        if not self.l2:
            return {}
        values = {v.path: value for v, value in zip(model.trainable_variables, variables.trainable, strict=True)}
        kernels = [values[layer.kernel.path] for layer in model.layers if hasattr(layer, "l2")]
        return {"penalty": float(sum(self.l2 * np.sum(kernel**2) for kernel in kernels))}

    def streams(self) -> set[str]:
        """Those of every network, and `dropout` where there is any."""
        return super().streams() | ({"dropout"} if self.dropout is not None else set())
