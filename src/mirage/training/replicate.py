"""What one replicate is made from and what it gives; nothing here imports TensorFlow."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mirage.config.plan import Arm
from mirage.data.rows import draw
from mirage.data.split import Array, Splits
from mirage.data.streams import Streams

# One width for every stack ever trained: a replica's last digits depend on it. Eight small networks with their
# optimizer state fit a core's second-level cache; wider stacks measure no faster per replica, and waste more when a
# single seed is asked for.
WIDTH = 8

# Programs are compiled for these instructions whatever the processor has, so that x86-64 machines of the last ten years
# give the same bytes. Costs nothing: XLA keeps to vectors of 256 bits anyway.
INSTRUCTIONS = "--xla_cpu_max_isa=AVX2"


@dataclass(frozen=True)
class Outcome:
    """What one replicate gave: exactly what its record holds.

    Attributes
    ----------
    labels, scores
        By split: y and what was predicted [row], with a first axis for the models where a replicate has several.
    history
        By name: a number per epoch [epoch], averaged over models; of a search that sets watch, a row per setting
        [setting, set]; nothing where there is neither.
    numbers
        Numbers without a split (`epochs_run`, `diverged`, `nonzero_weights`, ...).
    """

    labels: Mapping[str, Array]
    scores: Mapping[str, Array]
    history: Mapping[str, Array]
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Trained:
    """What training one model gave: scores by split [row], numbers without a split, history by name [epoch]."""

    scores: dict[str, Array]
    numbers: dict[str, float]
    history: dict[str, Array]


def streams_of(arm: Arm, vary: Collection[str], seed: int) -> list[Streams]:
    """The random streams of every model of one replicate."""
    return [Streams(seed, vary, member, arm.model.varied) for member in range(arm.model.models)]


def drawn(arm: Arm, vary: Collection[str], seed: int) -> list[Splits]:
    """The rows of every model of one replicate; all models are tested on the rows of the first.

    Raises CannotDraw if the settings give no usable rows.
    """
    rows = [draw(arm.data, arm.stages.listed(), streams) for streams in streams_of(arm, vary, seed)]
    shared = {name: split for name, split in rows[0].items() if name != "train"}
    return [splits | shared for splits in rows]


def outcome(rows: Sequence[Splits], trained: Sequence[Trained]) -> Outcome:
    """The outcome of one replicate from the rows of its models and what training gave.

    Of several models a number without a split is the largest of theirs, so that one that diverged shows.
    """
    several = len(trained) > 1

    def joined(values: Sequence[Array]) -> Array:
        return np.stack(values) if several else values[0]

    first = trained[0]
    return Outcome(
        labels={name: joined([splits[name].y for splits in rows]) for name in rows[0]},
        scores={name: joined([model.scores[name] for model in trained]) for name in rows[0]},
        history={name: np.mean([model.history[name] for model in trained], axis=0) for name in first.history},
        numbers={name: max(model.numbers[name] for model in trained) for name in first.numbers},
    )
