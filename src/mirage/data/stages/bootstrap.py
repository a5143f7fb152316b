"""Stage `augment`, kind `bootstrap`: training rows drawn again, unchanged."""

from typing import Literal

import numpy as np

from mirage.data.split import Array
from mirage.data.stages.copied import Copied


class Bootstrap(Copied):
    """Rows drawn with replacement, as in Efron's bootstrap: some come up several times, and none is new."""

    name: Literal["bootstrap"]

    def copy_of(self, x: Array, y: Array, random: np.random.Generator) -> tuple[Array, Array]:
        """As many rows as there are, each drawn from all of them, with its label."""
        drawn = random.integers(0, len(y), len(y))
        return x[drawn], y[drawn]
