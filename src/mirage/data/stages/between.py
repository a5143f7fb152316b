"""Stage `augment`, kind `between`: SMOTE's rows, for both classes."""

from typing import Literal

import numpy as np

from mirage.data.split import Array, CannotDraw
from mirage.data.stages.copied import Copied
from mirage.settings import whole


class Between(Copied):
    """Each training row moved towards one of its nearest neighbours of its class, for each copy anew.

    SMOTE's rule (Chawla and others, 2002), which makes rows of the smaller class only; here both classes grow alike.
    """

    name: Literal["between"]
    neighbours: int = whole("neighbours of its class that a copy may lie towards", 1)

    def copy_of(self, x: Array, y: Array, random: np.random.Generator) -> tuple[Array, Array]:
        """Each row moved by a share of the way; CannotDraw if a class has too few rows."""
        towards = _nearest(x, y, self.neighbours)[np.arange(len(y)), random.integers(0, self.neighbours, len(y))]
        return x + random.random((len(y), 1)) * (x[towards] - x), y


def _nearest(x: Array, y: Array, count: int) -> Array:
    """The `count` nearest other rows of its class of each row [row, count]."""
    near = np.empty((len(y), count), int)
    for c in np.unique(y):
        rows = np.flatnonzero(y == c)
        if len(rows) <= count:
            raise CannotDraw(
                f"stages.augment.neighbours: got {count}, expected fewer than the {len(rows)} rows of class {c}"
            )
        distance = np.linalg.norm(x[rows, None] - x[rows], axis=2)
        np.fill_diagonal(distance, np.inf)
        near[rows] = rows[np.argsort(distance, axis=1, kind="stable")[:, :count]]
    return near
