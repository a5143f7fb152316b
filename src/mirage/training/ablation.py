"""What a trained network loses with each of its hidden units."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mirage.clock import Clock
from mirage.config.plan import Arm
from mirage.data.split import Array, Splits
from mirage.data.streams import Streams
from mirage.models.variables import Variables
from mirage.training import network, stacked
from mirage.training.program import Program
from mirage.training.replicate import Trained
from mirage.training.stacked import Fitted

LEAST = 1e-7  # probabilities are kept this far from 0 and 1, as Keras does


def train(
    arm: Arm,
    model: Any,
    all_streams: Sequence[Streams],
    drawn: Sequence[Splits],
    compiled: Program,
    fit: Callable[..., list[Fitted]],
    progress: Callable[[int], None],
    clock: Clock,
) -> list[Trained]:
    """What `mirage.training.network.train` gives, with the numbers of `lost` beside; arguments as there."""
    kept: list[Fitted] = []

    def fit_and_keep(*given: Any, **settings: Any) -> list[Fitted]:
        kept.extend(fit(*given, **settings))
        return kept

    trained = network.train(arm, model, all_streams, drawn, compiled, fit_and_keep, progress, clock)
    found = []
    for one, fitted, splits in zip(trained, kept, drawn, strict=True):
        x, y, *_ = splits["test"]
        without = scores(compiled, list(arm.model.without_each(fitted.variables)), x, clock)
        found.append(dataclasses.replace(one, numbers=one.numbers | lost(y, one.scores["test"], without)))
    return found


def scores(compiled: Program, networks: Sequence[Variables], x: Array, clock: Clock) -> Array:
    """What networks of one program say of the same rows x [row, ...]: [network, row]."""
    stacks = [networks[first : first + compiled.width] for first in range(0, len(networks), compiled.width)]
    rows = x.astype(np.float32)
    return np.concatenate([stacked.predict(compiled, s, np.stack([rows] * len(s)), clock)[..., 0] for s in stacks])


def lost(y: Array, whole: Array, without: Array) -> dict[str, float]:
    """What lost units do.

    `y` are labels [row], `whole` the network's probabilities [row] and `without` those without each unit [unit, row].
    `worst_unit` is the largest rise of the log loss with any one unit, in nats, `mean_unit` the mean over all units.
    `worst_unit_decisions` and `mean_unit_decisions` are the same of the share of rows that are decided otherwise.
    """
    rises = _log_loss(y, without) - _log_loss(y, whole)
    other = np.mean((without > 0.5) != (whole > 0.5), axis=1)
    return {
        "worst_unit": float(rises.max()),
        "mean_unit": float(rises.mean()),
        "worst_unit_decisions": float(other.max()),
        "mean_unit_decisions": float(other.mean()),
    }


def _log_loss(y: Array, probability: Array) -> Array:
    """Mean negative log-likelihood in nats over the last axis."""
    of_label = np.where(y == 1, probability, 1 - probability.astype(float))
    return np.asarray(-np.mean(np.log(np.clip(of_label, LEAST, 1)), axis=-1))
