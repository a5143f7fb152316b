"""Copies of training rows that ask for more than one row's features: its label, or other rows."""

import numpy as np

from mirage.data.split import Array, Splits
from mirage.data.stages.augment import Augment
from mirage.data.streams import Streams


class Copied(Augment):
    """What kinds of `augment` have in common whose copies depend on labels or on other rows."""

    def copy_of(self, x: Array, y: Array, random: np.random.Generator) -> tuple[Array, Array]:
        """As many made-up rows as there are: x [row, feature] and y [row]."""
        raise NotImplementedError

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """`train` with its copies after the rows, then the others."""
        train = splits["train"]
        random = streams.generator("augment") if self.seed is None else np.random.default_rng(self.seed)
        copies = [self.copy_of(train.x, train.y, random) for _ in range(self.copies)]
        x, y = (np.concatenate(parts) for parts in zip((train.x, train.y), *copies, strict=True))
        return splits | {"train": train.with_rows(x, y)}
