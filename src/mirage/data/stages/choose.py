"""Stage `choose`: the features that go best with the target."""

import numpy as np

from mirage.data.split import CannotDraw, Splits
from mirage.data.stage import Stage
from mirage.data.streams import Streams
from mirage.settings import whole


class Choose(Stage):
    """Keep the `features` with the strongest correlation with y on the training rows, as they are at its place.

    Before `hold_out` these are all rows: the choice then knows the rows that are held out later, which is a leak.
    """

    needs_classes = False
    moves = True
    features: int = whole("features that are kept", 1)

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """Every split with the kept features only, in their order."""
        x, y = splits["train"].x, splits["train"].y
        if self.features > x.shape[1]:
            raise CannotDraw(f"stages.choose.features: got {self.features}, expected at most {x.shape[1]}")
        centred = x - x.mean(axis=0)
        length = np.linalg.norm(centred, axis=0)
        strength = np.abs((y - y.mean()) @ centred) / np.where(length, length, np.inf)  # one value only: no strength
        kept = np.sort(np.argsort(-strength, kind="stable")[: self.features])
        return {name: split.with_rows(split.x[:, kept], split.y) for name, split in splits.items()}
