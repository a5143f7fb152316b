"""Law `blocks`: articles two (example 1), three (example 1) and five (examples 1 and 3)."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import Split, Splits
from mirage.settings import number, whole


class Blocks(Law):
    """Uniform features; class 0 first, then class 1, whose features are moved up by `shift`.

    Article two, example 1 (no shift; a test set of coin-flip labels), three, example 1 (no shift), five, examples 1
    and 3 (a shift that separates the classes).
    """

    name: Literal["blocks"]
    n_majority: int = whole("rows of class 0", 1)
    n_minority: int = whole("rows of class 1", 1)
    n_features: int = whole("features", 1)
    shift: float = number("how far class 1 is moved up", default=0.0)
    n_test_balanced: int = whole("rows of a test set with coin-flip labels, split test_balanced", default=0)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Split `train`, and `test_balanced` where it has rows."""
        majority, minority = (data.random((n, self.n_features)) for n in (self.n_majority, self.n_minority))
        labels = np.repeat([0, 1], [self.n_majority, self.n_minority])
        splits = {"train": Split(np.concatenate([majority, minority + self.shift]), labels)}
        if self.n_test_balanced:
            splits["test_balanced"] = coin_flips(data, self.n_test_balanced, self.n_features)
        return splits


def coin_flips(data: np.random.Generator, rows: int, features: int) -> Split:
    """Uniform features and labels by the toss of a coin."""
    return Split(data.random((rows, features)), data.integers(0, 2, rows))
