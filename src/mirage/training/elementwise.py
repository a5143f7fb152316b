"""Keras's optimizers for stacked variables: which of them fit, and as functions of their state."""

from typing import Any

import keras

from mirage.models.variables import CannotStackError

# Updates of these treat every number alike, wherever it stands, so that stacking changes nothing. Lamb, Adafactor
# and Muon do not: they take norms or factors over a whole variable.
ELEMENTWISE = (
    keras.optimizers.SGD,
    keras.optimizers.RMSprop,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.Adamax,
    keras.optimizers.Nadam,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Ftrl,
    keras.optimizers.Lion,
)

[_PLAIN] = [c for c in keras.Optimizer.__mro__ if c.__name__ == "BaseOptimizer"]


class _Functional(keras.Optimizer):
    """In place of what Keras's optimizers do on TensorFlow for `tf.distribute`, which wants variables: plain Keras."""

    assign = _PLAIN.assign
    assign_add = _PLAIN.assign_add
    assign_sub = _PLAIN.assign_sub
    add_variable_from_reference = _PLAIN.add_variable_from_reference
    stateless_apply = _PLAIN.stateless_apply
    _apply_weight_decay = _PLAIN._apply_weight_decay
    _backend_update_step = _PLAIN._backend_update_step
    _var_key = _PLAIN._var_key


def functional(optimizer: keras.Optimizer) -> keras.Optimizer:
    """The same optimizer with a `stateless_apply`, which Keras has on every backend but TensorFlow."""
    kind = type(optimizer)
    plain: Any = type(kind.__name__, (kind, _Functional), {})
    return plain.from_config(optimizer.get_config())


def check(optimizer: keras.Optimizer) -> None:
    """Raise CannotStackError for an optimizer that mixes elements of a variable."""
    if type(optimizer) not in ELEMENTWISE:
        _refuse("optimizer", type(optimizer).__name__, "one of " + ", ".join(o.__name__ for o in ELEMENTWISE))
    for name in ("clipnorm", "global_clipnorm", "use_ema", "gradient_accumulation_steps"):
        if getattr(optimizer, name, None):
            _refuse(f"optimizer.{name}", getattr(optimizer, name), "an optimizer that updates element by element")


def _refuse(what: str, got: object, expected: str) -> None:
    raise CannotStackError(f"{what}: got {got}, expected {expected}")
