"""Law `blocks`: articles two (example 1), three (example 1) and five (examples 1 and 3)."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import SCORED, Array, CannotDraw, Split, Splits
from mirage.data.truth import truth
from mirage.settings import number, whole


class Blocks(Law):
    """Uniform features; class 0 first, then class 1, whose features are moved up by `shift`.

    Article two, example 1 (no shift; a test set of coin-flip labels), three, example 1 (no shift), five, examples 1
    and 3 (a shift that separates the classes). Fresh test rows, which no listing has, come at the same shares.
    """

    name: Literal["blocks"]
    n_majority: int = whole("rows of class 0", 1)
    n_minority: int = whole("rows of class 1", 1)
    n_features: int = whole("features", 1)
    shift: float = number("how far class 1 is moved up", default=0.0)
    start: float = number("where the features of class 0 begin; they end one further up", default=0.0)
    n_test: int = whole("fresh test rows at the shares of the training rows", default=0)
    n_test_balanced: int = whole("rows of a test set with coin-flip labels, split test_balanced", default=0)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Split `train`, and `test` and `test_balanced` where they have rows."""
        majority, minority = (data.random((n, self.n_features)) for n in (self.n_majority, self.n_minority))
        labels = np.repeat([0, 1], [self.n_majority, self.n_minority])
        splits = {"train": Split(np.concatenate([majority, minority + self.shift]), labels)}
        if self.n_test:
            share = self.n_minority / (self.n_majority + self.n_minority)
            ones = round(self.n_test * share)
            if not 1 <= ones < self.n_test:
                raise CannotDraw(f"data.n_test: got {self.n_test} rows, {ones} of class 1, expected both classes")
            y = np.repeat([0, 1], [self.n_test - ones, ones])
            splits["test"] = Split(data.random((len(y), self.n_features)) + self.shift * y[:, None], y, SCORED, share)
        if self.n_test_balanced:
            splits["test_balanced"] = coin_flips(data, self.n_test_balanced, self.n_features)._replace(share=0.5)
        if self.start:
            splits = {name: one.with_rows(one.x + self.start, one.y) for name, one in splits.items()}
        return splits

    @truth
    def probability(self, x: Array, of_one: float | None) -> Array:
        """The true probability of class 1 [row] of rows drawn with this share of class 1 (None: as in training).

        Rows that only one class can have are certain; where both can lie, the features say nothing beyond the shares.
        (Of the coins of `test_balanced` this is the truth where there is no shift.)
        """
        share = self.n_minority / (self.n_majority + self.n_minority) if of_one is None else of_one
        of_0, of_1 = (((x >= low) & (x < low + 1)).all(axis=1) for low in (self.start, self.start + self.shift))
        return np.where(of_0 & of_1, share, of_1.astype(float))


def coin_flips(data: np.random.Generator, rows: int, features: int) -> Split:
    """Uniform features and labels by the toss of a coin."""
    return Split(data.random((rows, features)), data.integers(0, 2, rows))
