"""Stage `augment`, kind `repeat`: some training rows occur again."""

from typing import Literal

import numpy as np

from mirage.data.split import Array, CannotDraw, Splits
from mirage.data.stages.augment import Augment
from mirage.data.streams import Streams
from mirage.settings import number


class Repeat(Augment):
    """A share of the training rows, by chance, occurs again: exactly, or measured anew with some noise.

    `copies` says how often again.
    """

    name: Literal["repeat"]
    share: float = number("share of the training rows that occur again", gt=0, le=1)
    sd: float = number("standard deviation of the noise on what occurs again", ge=0, default=0.0)

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """`train` with what occurs again after the rows, then the others."""
        train = splits["train"]
        random = streams.generator("augment") if self.seed is None else np.random.default_rng(self.seed)
        chosen = np.sort(random.permutation(len(train.y))[: round(self.share * len(train.y))])
        if not len(chosen):
            raise CannotDraw(
                f"stages.augment.share: got {self.share} of {len(train.y)} rows, expected at least one row"
            )
        again = np.tile(chosen, self.copies)
        x = np.concatenate([train.x, self.changed(train.x[again], random)])
        return splits | {"train": train.with_rows(x, np.concatenate([train.y, train.y[again]]))}

    def changed(self, x: Array, random: np.random.Generator) -> Array:
        """The rows [row, feature], with noise if there is any."""
        if self.sd:
            return np.asarray(x + self.sd * random.standard_normal(x.shape))
        return x
