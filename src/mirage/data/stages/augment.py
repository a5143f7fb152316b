"""Stage `augment`: changed copies of the training rows beside the rows themselves."""

from typing import Any, ClassVar, Literal

import numpy as np

from mirage.data.split import Array, CannotDraw, Splits
from mirage.data.stage import NamedStage
from mirage.data.streams import Streams
from mirage.settings import number, seed_of, whole


class Augment(NamedStage):
    """Each training row with `copies` changed copies, which keep its label; other splits stay as they are."""

    table: ClassVar[dict[str, type[Any]]]
    needs_classes = False
    copies: int = whole("changed copies of each training row", 1, 100)
    seed: int | None = seed_of("augment")

    def changed(self, x: Array, random: np.random.Generator) -> Array:
        """Changed copies of rows [row, feature]."""
        raise NotImplementedError

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """`train` with its copies after the rows, then the others."""
        train = splits["train"]
        random = streams.generator("augment") if self.seed is None else np.random.default_rng(self.seed)
        copies = [self.changed(train.x, random) for _ in range(self.copies)]
        grown = train.with_rows(np.concatenate([train.x, *copies]), np.concatenate([train.y] * (1 + self.copies)))
        return splits | {"train": grown}

    def streams(self) -> set[str]:
        """`augment`, unless the seed is fixed."""
        return {"augment"} if self.seed is None else set()


class Noise(Augment):
    """Normal noise on every feature."""

    name: Literal["noise"]
    sd: float = number("standard deviation of the noise, in the unit of the features", gt=0)

    def changed(self, x: Array, random: np.random.Generator) -> Array:
        """The rows with noise."""
        return np.asarray(x + self.sd * random.standard_normal(x.shape))


class Shift(Augment):
    """Square images, moved by up to `pixels` in each direction; what moves in from outside is 0."""

    name: Literal["shift"]
    pixels: int = whole("largest shift in each direction", 1, 100)

    def changed(self, x: Array, random: np.random.Generator) -> Array:
        """The images [row, pixel], each moved by a whole number of pixels of its own."""
        side = round(np.sqrt(x.shape[1]))
        if side**2 != x.shape[1]:
            raise CannotDraw(f"stages.augment.name: got shift of {x.shape[1]} features, expected square images")
        if self.pixels >= side:
            raise CannotDraw(f"stages.augment.pixels: got {self.pixels}, expected fewer than the {side} of an image")
        room = self.pixels
        framed = np.pad(x.reshape(-1, side, side), [(0, 0), (room, room), (room, room)])
        down, right = random.integers(0, 2 * room + 1, (2, len(x)))
        moved = [image[d : d + side, r : r + side].ravel() for image, d, r in zip(framed, down, right, strict=True)]
        return np.array(moved)
