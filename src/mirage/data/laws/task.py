"""Law `task`: two normal classes of which every seed draws how far apart they lie, and in which direction."""

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.law import Law
from mirage.data.split import SCORED, Split, Splits
from mirage.settings import number, whole

EQUAL = 0.5  # share of class 1 in every split


class Task(Law):
    """Two classes of unit variance and of as many rows; a seed is a task of its own.

    The distance of the class means is uniform from `nearest` to `farthest`, its direction any in the first
    `n_informative` features: where these are few, one of them often says most. A law that draws what it is does not
    know the truth of a row from its settings, so that there is no best possible rule to compare with.
    """

    name: Literal["task"]
    n_train: int = whole("training rows", 2)
    n_validation: int = whole("validation rows", 2)
    n_test: int = whole("test rows", 2)
    n_features: int = whole("features", 1)
    n_informative: int = whole("features that may say something, the first ones", 1)
    nearest: float = number("least distance of the class means, in standard deviations", ge=0)
    farthest: float = number("largest distance of the class means, in standard deviations", gt=0)

    classes = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.n_informative > self.n_features:
            self.refuse("n_informative", f"at most data.n_features, which is {self.n_features}")
        if self.nearest > self.farthest:
            self.refuse("nearest", f"at most data.farthest, which is {self.farthest:g}")
        return self

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `test` and `validation`; in each, class 0 before class 1."""
        away = np.zeros(self.n_features)
        towards = data.standard_normal(self.n_informative)
        away[: self.n_informative] = data.uniform(self.nearest, self.farthest) * towards / np.linalg.norm(towards)

        def rows(n: int) -> Split:
            y = np.repeat([0, 1], [n - n // 2, n // 2])
            return Split(data.standard_normal((n, self.n_features)) + away * y[:, None], y, SCORED, EQUAL)

        # Arms with fewer training rows have other test rows: each is compared with its own validation rows.
        return {"train": rows(self.n_train), "test": rows(self.n_test), "validation": rows(self.n_validation)}

    def informative(self) -> int | None:
        """`n_informative`."""
        return self.n_informative
