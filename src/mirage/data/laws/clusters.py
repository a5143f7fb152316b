"""Law `clusters`: article four, example 3."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import CannotDraw, Split, Splits
from mirage.settings import whole


class Clusters(Law):
    """scikit-learn's ``make_classification`` with its defaults and a fixed seed."""

    name: Literal["clusters"]
    n_rows: int = whole("rows before any are held out", 1)
    n_features: int = whole("features", 1)
    legacy_seed: int = whole("the seed that the listing gives", 0, 2**32 - 1)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Split `train`; neither stream is read."""
        from sklearn.datasets import make_classification

        try:
            x, y = make_classification(n_samples=self.n_rows, n_features=self.n_features, random_state=self.legacy_seed)
        except ValueError as error:
            raise CannotDraw(f"data.n_features: got {self.n_features}, {' '.join(str(error).split())}") from None
        return {"train": Split(x, y)}

    def streams(self) -> set[str]:
        """None: the rows have a fixed seed."""
        return set()
