"""What a law knows of the truth behind the rows of each split: for metrics of it."""

from typing import NamedTuple, Protocol

from mirage.data.law import Law
from mirage.data.split import SCORED, Array, Splits
from mirage.data.stages import Stages
from mirage.data.stages.hold_out import HoldOut
from mirage.data.stages.resample import NoResampling, Resample

LEAVES_ROWS = (HoldOut, NoResampling)  # stages after which training rows still are what the law drew


class Truth(NamedTuple):
    """The truth behind rows of one split: see `mirage.metrics.metric.ScoredRows`."""

    probability: Array | None = None
    line: Array | None = None


class Arm(Protocol):
    """What the truth depends on."""

    @property
    def data(self) -> Law: ...  # noqa: D102
    @property
    def stages(self) -> Stages: ...  # noqa: D102


def knows(arm: Arm, what: str) -> bool:
    """Whether the law can say this (``probability``, ``line``) of rows after the stages: their features are its own."""
    return hasattr(arm.data, what) and not any(stage.moves for stage in arm.stages.listed())


def truths(arm: Arm, splits: Splits) -> dict[str, Truth]:
    """The truth behind each split, nothing where the law does not know it.

    Labels of training rows are given: a model was fitted to these and no others, so no probability stands behind them.
    The same holds for rows made of training rows.
    """
    given, found = _given(arm), {}
    for name, split in splits.items():
        drawn = split.role == SCORED and name not in given
        found[name] = Truth(
            arm.data.probability(split.x, split.share) if drawn and knows(arm, "probability") else None,  # type: ignore[attr-defined]
            arm.data.line(split.x) if knows(arm, "line") else None,  # type: ignore[attr-defined]
        )
    return found


def _given(arm: Arm) -> set[str]:
    """Splits of training rows, and those held out of rows that a stage had changed or made."""
    given, changed = {"train"}, False
    for stage in arm.stages.listed():
        if changed:
            given |= set(stage.adds())
        if isinstance(stage, Resample):
            given.add("original")
        changed = changed or not isinstance(stage, LEAVES_ROWS)
    return given
