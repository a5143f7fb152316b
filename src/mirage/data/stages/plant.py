"""Stage `plant`: one change between the rows that are known and those in use, as large as the seed draws it.

Known are the training and the validation rows; those in use are all other splits.
"""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.split import Array, CannotDraw, Split, Splits
from mirage.data.stage import NamedStage
from mirage.data.streams import Streams
from mirage.settings import number

KNOWN = ("train", "validation")


class Plant(NamedStage):
    """A change whose size is uniform from `least` to `most`, drawn from the stream `split`."""

    table: ClassVar[dict[str, type[Any]]]
    moves = True
    least: float = number("least size of the change", ge=0)
    most: float = number("largest size of the change", ge=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.least > self.most:
            self.refuse("least", f"at most {self.most:g}, the largest size (most)")
        return self

    def changed(self, splits: Splits, size: float, random: np.random.Generator) -> Splits:
        """The splits after a change of this size."""
        raise NotImplementedError

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """The splits after a change of a size that is drawn."""
        random = streams.generator("split")
        return self.changed(splits, random.uniform(self.least, self.most), random)

    def streams(self) -> set[str]:
        """The size of the change, and what else it draws."""
        return {"split"}


class Shares(Plant):
    """Known rows were gathered at another share of class 1, the size of the change: half of them are kept for it."""

    name: Literal["shares"]

    def changed(self, splits: Splits, size: float, random: np.random.Generator) -> Splits:
        """`train` and `validation` with half of their rows, a share `size` of these of class 1."""
        return {name: _chosen(name, split, size) if name in KNOWN else split for name, split in splits.items()}


class Inputs(Plant):
    """In use every row lies nearer to class 1: by `size` times the way from one class to the other in training."""

    name: Literal["inputs"]

    def changed(self, splits: Splits, size: float, random: np.random.Generator) -> Splits:
        """Rows in use, moved."""
        x, y, *_ = splits["train"]
        way = size * (x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0))
        return {
            name: split if name in KNOWN else split.with_rows(split.x + way, split.y) for name, split in splits.items()
        }


class Leak(Plant):
    """A further feature that tells the label of known rows, right in a share `size` of them, and says nothing in use.

    It is 0 or `height`. In use as many rows have either value as their labels would give, but any rows.
    """

    name: Literal["leak"]
    height: float = number(
        "what the feature is where it says class 1, else 0; large beside others it is used more", gt=0
    )

    def changed(self, splits: Splits, size: float, random: np.random.Generator) -> Splits:
        """Every split with the feature as its last one."""

        def marked(name: str, split: Split) -> Split:
            says = np.where(random.random(len(split.y)) < size, split.y, 1 - split.y)
            says = says if name in KNOWN else random.permutation(says)
            return split.with_rows(np.column_stack([split.x, self.height * says]), split.y)

        return {name: marked(name, split) for name, split in splits.items()}


class Harmless(Plant):
    """In use the last feature, which says nothing, reads higher by `size`."""

    name: Literal["harmless"]

    def changed(self, splits: Splits, size: float, random: np.random.Generator) -> Splits:
        """Rows in use, moved."""
        x = splits["train"].x
        way = size * np.eye(1, x.shape[1], x.shape[1] - 1)
        return {
            name: split if name in KNOWN else split.with_rows(split.x + way, split.y) for name, split in splits.items()
        }


def _chosen(name: str, split: Split, share: float) -> Split:
    """Half of the rows, the first of either class, of which a share is of class 1; at least one row of either class."""
    n = len(split.y) // 2
    ones = min(max(round(n * share), 1), n - 1)
    of = [np.flatnonzero(split.y == c) for c in (0, 1)]
    for c, needed in enumerate((n - ones, ones)):
        if not 1 <= needed <= len(of[c]):
            raise CannotDraw(
                f"stages.plant: got {len(of[c])} rows of class {c} in {name}, expected the {max(needed, 1)} "
                f"that a share {share:.3g} of class 1 takes"
            )
    kept: Array = np.sort(np.concatenate([of[0][: n - ones], of[1][:ones]]))
    return split._replace(x=split.x[kept], y=split.y[kept], share=share)
