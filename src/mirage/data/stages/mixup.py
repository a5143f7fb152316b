"""Stage `augment`, kind `mixup`: rows between two training rows of any class."""

from typing import Literal

import numpy as np

from mirage.data.split import Array
from mirage.data.stages.copied import Copied
from mirage.settings import number


class Mixup(Copied):
    """Each training row mixed with another one, for each copy anew (Zhang and others, 2018).

    The share of the row itself follows a beta distribution with both parameters `alpha`. Mixup gives a copy both labels
    with their shares; here it gets one of them, drawn with its share, which on average is the same loss.
    """

    name: Literal["mixup"]
    alpha: float = number("parameter of the beta distribution of shares: small ones mix little", gt=0)

    def copy_of(self, x: Array, y: Array, random: np.random.Generator) -> tuple[Array, Array]:
        """Each row mixed with another one, and the label of either."""
        other, own = random.permutation(len(y)), random.beta(self.alpha, self.alpha, len(y))
        label = np.where(random.random(len(y)) < own, y, y[other])
        return own[:, None] * x + (1 - own)[:, None] * x[other], label
