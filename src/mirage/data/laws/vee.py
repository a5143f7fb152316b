"""Law `vee`: two classes with a V between them, the same in an upright mirror and another one upside down."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import Array, Split, Splits
from mirage.settings import number, whole


class Vee(Law):
    """Uniform features from -1 to 1; a row is of class 1 if its first two features lie inside a V.

    The V has its tip at the middle of the lower side and ends in the two upper corners, so that it cuts the square in
    halves. A change of sign of the first feature leaves every class as it is. One of the second turns the V upside
    down, and just half of the rows keep their class. The other features say nothing. A share `flipped` of the rows of
    each split gets the other label.
    """

    name: Literal["vee"]
    n_train: int = whole("training rows", 1)
    n_test: int = whole("test rows", 1)
    n_features: int = whole("features, of which the first two decide", 2)
    flipped: float = number("share of rows that get the other label", ge=0, lt=0.5, default=0.0)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train` and `test`."""

        def rows(n: int) -> Split:
            x = data.uniform(-1, 1, (n, self.n_features))
            y = _inside(x).astype(int)
            changed = data.permutation(n)[: round(self.flipped * n)]
            y[changed] = 1 - y[changed]
            return Split(x, y)

        return {"train": rows(self.n_train), "test": rows(self.n_test)}

    def informative(self) -> int | None:
        """2."""
        return 2

    def probability(self, x: Array, of_one: float | None) -> Array:
        """The true probability of class 1 [row]; the law has one share of class 1 only, so `of_one` is not used."""
        return np.where(_inside(x), 1 - self.flipped, self.flipped)


def _inside(x: Array) -> Array:
    """Whether rows [row, feature] lie inside the V [row]."""
    return np.asarray(x[:, 1] > 2 * np.abs(x[:, 0]) - 1)
