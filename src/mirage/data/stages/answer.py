"""Stage `answer`: one more feature, which is filled in once the answer is known."""

import numpy as np

from mirage.data.split import Splits
from mirage.data.stage import Stage
from mirage.data.streams import Streams
from mirage.settings import number


class Answer(Stage):
    """A last feature that records what the answer led to: a treatment, say, that follows a diagnosis.

    It is 1 for a share `recorded` of the rows of class 1, by chance, and 0 for all others. Fresh rows (splits `test`
    and `test_...`) are met before their answer is known, so that theirs is 0.
    """

    moves = True
    recorded: float = number("share of the rows of class 1 whose answer is on record, but for fresh rows", gt=0, le=1)

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """Every split with the feature behind the others."""
        random = streams.generator("augment")
        found = {}
        for name, split in splits.items():
            known = 0 if name.startswith("test") else self.recorded
            told = (split.y == 1) & (random.random(len(split.y)) < known)
            found[name] = split.with_rows(np.column_stack([split.x, told]), split.y)
        return found

    def streams(self) -> set[str]:
        """`augment`."""
        return {"augment"}
