"""Rows of one split, and the error of settings that give none."""

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

SCORED = "scored"
LOOKED_AT = "looked_at"  # inputs to look at, not rows to score
PART_OF_TRAIN = "part_of_train"  # training rows again: scored, but no sample of the law


class CannotDraw(ValueError):
    """Settings that give no usable data. The text is one line with the numbers."""


class Split(NamedTuple):
    """Rows of one split: x [row, ...], y [row].

    `role` says what the rows are for: ``scored``, ``looked_at`` or ``part_of_train``. `share` is the share of class 1
    that they were drawn with, None where the law sets none.
    """

    x: Array
    y: Array
    role: str = SCORED
    share: float | None = None

    @property
    def looked_at(self) -> bool:
        """Whether these are inputs to look at, which no metric scores."""
        return self.role == LOOKED_AT

    def with_rows(self, x: Array, y: Array) -> "Split":
        """Other rows in the same role."""
        return self._replace(x=x, y=y)


Splits = dict[str, Split]  # split `train` comes first
