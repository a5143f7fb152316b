"""Law `fresh_line`: articles one and three made fair."""

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.law import Law
from mirage.data.split import Array, Split, Splits
from mirage.settings import number, whole


class FreshLine(Law):
    """A straight line in the first of several uniform features: y = slope * x plus normal noise, new for every seed.

    The test rows have the law of the training rows, noise included. The further features say nothing, so that a model
    that uses them fits noise. Of `n_pool` rows, where there is a pool, the stream `split` picks the training rows.
    """

    name: Literal["fresh_line"]
    n_train: int = whole("training rows", 1)
    n_pool: int = whole("rows that the training rows are picked from; 0: no pool", default=0)
    n_validation: int = whole("validation rows", default=0)
    n_test: int = whole("test rows", 1)
    n_features: int = whole("features, of which the first one counts", 1)
    low: float = number("where the features begin")
    high: float = number("where the features end")
    slope: float = number("slope of the true line")
    noise: float = number("standard deviation of the noise", ge=0)

    classes = False
    several_models = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.high:
            self.refuse("high", f"a number above data.low, which is {self.low:g}")
        if 0 < self.n_pool < self.n_train:
            self.refuse("n_pool", f"0 (no pool) or at least data.n_train, which is {self.n_train}")
        return self

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `test` and, where it has rows, `validation`."""

        def rows(n: int) -> Split:
            x = data.uniform(self.low, self.high, (n, self.n_features))
            return Split(x, self.slope * x[:, 0] + self.noise * data.standard_normal(n))

        test, pool = rows(self.n_test), rows(self.n_pool or self.n_train)
        kept = np.sort(split.choice(self.n_pool, self.n_train, replace=False)) if self.n_pool else slice(None)
        splits = {"train": Split(pool.x[kept], pool.y[kept]), "test": test}
        # Validation last: arms with and without it are trained and tested on the same rows.
        return splits | ({"validation": rows(self.n_validation)} if self.n_validation else {})

    def streams(self) -> set[str]:
        """`data`, and `split` where there is a pool."""
        return {"data", "split"} if self.n_pool else {"data"}

    def line(self, x: Array) -> Array:
        """The line that the rows were drawn around [row]: no predictor does better on new rows."""
        return np.asarray(self.slope * x[:, 0])
