"""What a stage is: a step that turns drawn rows into the rows that a model gets."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from mirage.data.split import Array, Splits
from mirage.data.streams import Streams
from mirage.settings import Block, Settings


class Stage(Settings):
    """One step of making rows, in a module of its own, listed by its key in `mirage.data.stages.Stages`."""

    needs_classes: ClassVar[bool] = True
    """Whether it works on laws with classes only."""

    moves: ClassVar[bool] = False
    """Whether features of scored rows are no longer those that the law drew."""

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """The splits after this step, `train` first.

        Raises CannotDraw if the rows do not allow it.
        """
        raise NotImplementedError

    def streams(self) -> set[str]:
        """The streams that `apply` reads."""
        return set()

    def numbers(self, labels: Mapping[str, Array], later: Sequence[str]) -> dict[str, float]:
        """Numbers without a split, from the labels [row] of all splits; `later` are those that later stages add."""
        return {}

    def adds(self) -> dict[str, float]:
        """Splits that this stage adds, with their share of the training rows."""
        return {}


class NamedStage(Stage, Block):
    """A step of which there are several kinds, told apart by name."""
