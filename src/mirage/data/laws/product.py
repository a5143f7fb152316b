"""Law `product`: which sides of a half the decisive features lie on, taken together, decides."""

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.law import Law
from mirage.data.split import Array, Split, Splits
from mirage.data.truth import truth
from mirage.settings import number, whole

MIDDLE = 0.5


class Product(Law):
    """Features uniform from 0 to 1; the label is the sign of the product of the decisive ones' distances from a half.

    With one decisive feature that is a rule of this feature alone. With two, neither of them says anything by itself.
    No feature lies closer to a half than `gap`, so that no move of up to that size changes what the rule says. A share
    `flipped` of the rows of each split gets the other label.

    The split `test_unpaired` holds the test rows, their second feature shuffled among rows of one label: feature by
    feature the classes are as before, but what goes together does not any more.
    """

    name: Literal["product"]
    n_train: int = whole("training rows", 4)
    n_test: int = whole("test rows", 4)
    n_features: int = whole("features", 2)
    decisive: int = whole("features that decide, the first ones", 1)
    gap: float = number("least distance of a feature from a half", ge=0, lt=0.5)
    flipped: float = number("share of rows that get the other label", ge=0, lt=0.5, default=0.0)

    classes = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.decisive > self.n_features:
            self.refuse("decisive", f"at most data.n_features, which is {self.n_features}")
        return self

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `test` and `test_unpaired`."""

        def rows(n: int) -> Split:
            u = data.random((n, self.n_features)) - MIDDLE
            x = MIDDLE + np.where(u < 0, -1, 1) * (self.gap + np.abs(u) * (1 - 2 * self.gap))
            y = self._above(x)
            changed = data.permutation(n)[: round(self.flipped * n)]
            y[changed] = 1 - y[changed]
            return Split(x, y)

        train, test = rows(self.n_train), rows(self.n_test)
        unpaired = test.x.copy()
        for label in (0, 1):
            own = np.flatnonzero(test.y == label)
            unpaired[own, 1] = test.x[data.permutation(own), 1]
        return {"train": train, "test": test, "test_unpaired": test.with_rows(unpaired, test.y)}

    def _above(self, x: Array) -> Array:
        """1 where the product of the decisive features' distances from a half is above 0 [row]."""
        return np.where(np.prod(x[:, : self.decisive] - MIDDLE, axis=1) > 0, 1, 0)

    def informative(self) -> int | None:
        """`decisive`."""
        return self.decisive

    @truth
    def probability(self, x: Array, of_one: float | None) -> Array:
        """The true probability of class 1 [row]; the law has one share of class 1 only, so `of_one` is not used."""
        return np.where(self._above(x) == 1, 1 - self.flipped, self.flipped)
