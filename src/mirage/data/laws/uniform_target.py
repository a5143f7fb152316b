"""Law `uniform_target`: article three, example 3."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import Split, Splits
from mirage.settings import whole


class UniformTarget(Law):
    """Uniform features and a uniform target that has nothing to do with them."""

    name: Literal["uniform_target"]
    n_rows: int = whole("training rows", 1)
    n_features: int = whole("features", 1)
    n_test: int = whole("test rows", 1)

    classes = False
    several_models = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train` and `test`."""
        return {
            name: Split(data.random((n, self.n_features)), data.random(n))
            for name, n in (("train", self.n_rows), ("test", self.n_test))
        }
