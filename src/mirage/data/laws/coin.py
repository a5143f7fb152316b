"""Law `coin`: articles two (examples 2 and 3), four (examples 1 and 2) and five (example 2)."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.laws.blocks import coin_flips
from mirage.data.split import Array, Splits
from mirage.data.truth import truth
from mirage.settings import whole


class Coin(Law):
    """Uniform features and labels by the toss of a coin: nothing to learn."""

    name: Literal["coin"]
    n_rows: int = whole("rows before any are held out", 1)
    n_features: int = whole("features", 1)
    n_test: int = whole("rows of a test set drawn apart", default=0)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Split `train`, and `test` where it has rows."""
        splits = {"train": coin_flips(data, self.n_rows, self.n_features)}
        if self.n_test:
            splits["test"] = coin_flips(data, self.n_test, self.n_features)
        return splits

    @truth
    def probability(self, x: Array, of_one: float | None) -> Array:
        """One half for every row, whatever its features; `of_one` is not used."""
        return np.full(len(x), 0.5)
