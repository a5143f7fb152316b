"""Stage `disturb`: the test rows once more, with noise on every feature."""

import numpy as np

from mirage.data.split import Splits
from mirage.data.stage import Stage
from mirage.data.streams import Streams
from mirage.settings import number, seed_of


class Disturb(Stage):
    """Adds the split `test_noisy`: every feature of every test row moved by up to `size`, labels as they are.

    The noise is uniform, so that no feature moves further than `size`.
    """

    needs_classes = False
    size: float = number("largest move of a feature, in its unit", gt=0)
    seed: int | None = seed_of("augment")

    def apply(self, splits: Splits, streams: Streams) -> Splits:
        """All splits, and `test_noisy` after them."""
        random = streams.generator("augment") if self.seed is None else np.random.default_rng(self.seed)
        # Far along the stream: the stage `augment` draws from its start.
        random = np.random.Generator(random.bit_generator.jumped())  # type: ignore[attr-defined]
        test = splits["test"]
        noisy = test.x + random.uniform(-self.size, self.size, test.x.shape)
        return splits | {"test_noisy": test.with_rows(noisy, test.y)}

    def streams(self) -> set[str]:
        """`augment`, unless the seed is fixed."""
        return {"augment"} if self.seed is None else set()
