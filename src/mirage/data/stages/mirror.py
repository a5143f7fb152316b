"""Stage `augment`, kind `mirror`: one feature changes its sign."""

from typing import Literal

import numpy as np

from mirage.data.split import Array, CannotDraw
from mirage.data.stages.augment import Augment
from mirage.settings import whole


class Mirror(Augment):
    """One feature with the other sign: right where classes are the same on either side of 0, else wrong."""

    name: Literal["mirror"]
    feature: int = whole("the feature whose sign changes, counted from 1", 1)

    def changed(self, x: Array, random: np.random.Generator) -> Array:
        """The rows [row, feature] in the mirror; nothing is random."""
        if self.feature > x.shape[1]:
            raise CannotDraw(f"stages.augment.feature: got {self.feature}, expected one of the {x.shape[1]} features")
        mirrored = x.copy()
        mirrored[:, self.feature - 1] *= -1
        return mirrored

    def streams(self) -> set[str]:
        """None."""
        return set()
