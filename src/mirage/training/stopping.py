"""What a stack's training goes on from, and Keras's EarlyStopping for every replica of it by itself."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

Tensors = list[tf.Tensor]


@dataclass(frozen=True)
class Stopping:
    """Keras's EarlyStopping, per replica.

    `monitor` is a key of the history (``val_loss``, ``loss``, ``val_accuracy``); `mode` says whether less (``min``)
    or more (``max``) of it is better.
    """

    patience: int
    monitor: str = "val_loss"
    mode: str = "min"
    min_delta: float = 0.0
    restore_best_weights: bool = False


class Carry(NamedTuple):
    """What a training goes on from, a leading axis for the replicas.

    Attributes
    ----------
    weights, state
        Trainable variables, and all others of the model.
    optimizer
        The optimizer's variables; those that are no weights' (step count, learning rate) without the leading axis.
    active
        Which replicas still train [replica].
    watched
        What early stopping keeps: the best value and its epoch, epochs without a better one, epochs run [replica], and
        the best weights and state; nothing without it.
    """

    weights: Tensors
    state: Tensors
    optimizer: Tensors
    active: tf.Tensor
    watched: dict[str, Any]


def begin(rule: Stopping, carry: Carry) -> Carry:
    """A training's start, watched by this rule."""
    width = len(carry.active)
    watched: dict[str, Any] = {
        "best": tf.fill([width], np.inf if rule.mode == "min" else -np.inf),
        **{name: tf.zeros(width, tf.int32) for name in ("best_epoch", "wait", "epochs_run")},
    }
    if rule.restore_best_weights:
        watched["kept"] = [tf.zeros_like(v) for v in [*carry.weights, *carry.state]]
    return carry._replace(watched=watched)


def after_epoch(
    rule: Stopping, epoch: tf.Tensor, patience: tf.Tensor, before: Carry, after: Carry, value: tf.Tensor
) -> Carry:
    """EarlyStopping.on_epoch_end for every replica still active; the stopped ones keep what they had.

    `before` and `after` are the epoch (0-based), `value` [replica] is what the rule monitors.
    """
    known, active = before.watched, before.active
    weights = _where(active, after.weights, before.weights)
    state = _where(active, after.state, before.state)
    less = rule.mode == "min"
    better = value + rule.min_delta < known["best"] if less else value - rule.min_delta > known["best"]
    better = active & (better | (epoch == 0))
    wait = tf.where(better, 0, known["wait"] + tf.cast(active, tf.int32))
    watched = {
        "best": tf.where(better, value, known["best"]),
        "best_epoch": tf.where(better, epoch, known["best_epoch"]),
        "wait": wait,
        "epochs_run": tf.where(active, epoch + 1, known["epochs_run"]),
    }
    if rule.restore_best_weights:
        watched["kept"] = _where(better, [*weights, *state], known["kept"])
    active &= ~(~better & (wait >= patience) & (epoch > 0))
    return Carry(weights, state, after.optimizer, active, watched)


def _where(mask: tf.Tensor, yes: Tensors, no: Tensors) -> Tensors:
    """Choose whole replicas: mask [replica] against tensors [replica, ...]."""
    return [tf.where(tf.reshape(mask, [-1] + [1] * (len(y.shape) - 1)), y, n) for y, n in zip(yes, no, strict=True)]
