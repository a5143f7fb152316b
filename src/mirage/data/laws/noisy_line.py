"""Law `noisy_line`: article one, all three examples."""

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.law import Law
from mirage.data.split import Array, Split, Splits
from mirage.settings import number, whole


class NoisyLine(Law):
    """A straight line: y = slope * x plus normal noise on an even grid; the test grid carries no noise.

    The listings draw the noise from NumPy's legacy generator with a fixed seed; the third example draws the noise of
    its small set first.
    """

    name: Literal["noisy_line"]
    n_train: int = whole("training rows", 1)
    n_test: int = whole("points of the test grid", 1)
    low: float = number("where the grids begin")
    high: float = number("where the grids end")
    slope: float = number("slope of the true line")
    noise: float = number("standard deviation of the noise", ge=0)
    legacy_seed: int = whole("seed of NumPy's legacy generator", 0, 2**32 - 1)
    skip: int = whole("numbers drawn from the generator before these rows", default=0)

    classes = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.high:
            self.refuse("high", f"a number above data.low, which is {self.low:g}")
        return self

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train` and `test`; neither stream is read."""
        legacy = np.random.RandomState(self.legacy_seed)
        noise = legacy.randn(self.skip + self.n_train)[self.skip :]
        train, test = (np.linspace(self.low, self.high, n) for n in (self.n_train, self.n_test))
        return {
            "train": Split(train[:, None], self.slope * train + noise * self.noise),
            "test": Split(test[:, None], self.slope * test),
        }

    def streams(self) -> set[str]:
        """None: the noise has a fixed seed."""
        return set()

    def line(self, x: Array) -> Array:
        """The line that the rows were drawn around [row]."""
        return np.asarray(self.slope * x[:, 0])
