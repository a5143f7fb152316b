"""Law `normals`: articles two to five made fair."""

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.law import Law
from mirage.data.split import PART_OF_TRAIN, SCORED, Array, CannotDraw, Split, Splits
from mirage.settings import number, share, whole


class Normals(Law):
    """Two normal classes of unit variance, `separation` apart in the informative features.

    The classes overlap, there is a best possible rule, and every split is drawn anew from one law. Each holds exactly
    its share of class 1, `minority_share` or, in `test_shifted`, `shifted_share`; then a share `flipped` of either
    class gets the other label. The split `flipped` holds the training rows with the other label, so that accuracy there
    is the share of wrong labels that were memorised.
    """

    name: Literal["normals"]
    n_train: int = whole("training rows", 1)
    n_validation: int = whole("validation rows", default=0)
    n_test: int = whole("test rows", 1)
    n_test_shifted: int = whole("rows of a test set with another share of class 1", default=0)
    n_features: int = whole("features", 1)
    n_informative: int = whole("features that say something, the first ones", 1)
    separation: float = number("distance of the class means, in standard deviations", ge=0)
    minority_share: float = share("share of class 1")
    shifted_share: float = share("share of class 1 in split test_shifted")
    flipped: float = number("share of either class that gets the other label", ge=0, lt=0.5, default=0.0)
    units: float = number(
        "how many times as large the numbers of the last feature are as those of the first; 0: all in one unit",
        ge=0,
        default=0.0,
    )

    classes = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.n_informative > self.n_features:
            self.refuse("n_informative", f"at most data.n_features, which is {self.n_features}")
        return self

    def centre(self) -> Array:
        """Where class 1 lies, seen from class 0 [feature]: `separation` away, in the informative features."""
        away = np.zeros(self.n_features)
        away[: self.n_informative] = self.separation / np.sqrt(self.n_informative)
        return away

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `test` and, where they have rows, `test_shifted`, `validation` and `flipped`."""
        away = self.centre()

        def rows(name: str, n: int, of_one: float) -> tuple[Split, Array]:
            ones = round(n * of_one)
            if not 1 <= ones < n:
                raise CannotDraw(
                    f"data: got {ones} of {n} rows of class 1 in {name} (a share of {of_one:g}), expected both classes"
                )
            y = np.repeat([0, 1], [n - ones, ones])
            x = data.standard_normal((n, self.n_features)) + away * y[:, None]
            if self.units:
                x = x * np.geomspace(self.units**-0.5, self.units**0.5, self.n_features)
            changed = np.concatenate(
                [data.permutation(np.flatnonzero(y == c))[: round(self.flipped * np.sum(y == c))] for c in (0, 1)]
            )
            y[changed] = 1 - y[changed]
            return Split(x, y, SCORED, of_one), np.sort(changed)

        # Validation last: arms that differ in its size are tested on the same rows.
        train, changed = rows("train", self.n_train, self.minority_share)
        splits = {"train": train, "test": rows("test", self.n_test, self.minority_share)[0]}
        if self.n_test_shifted:
            splits["test_shifted"] = rows("test_shifted", self.n_test_shifted, self.shifted_share)[0]
        if self.n_validation:
            splits["validation"] = rows("validation", self.n_validation, self.minority_share)[0]
        if len(changed):
            splits["flipped"] = Split(train.x[changed], train.y[changed], PART_OF_TRAIN, self.minority_share)
        return splits

    def informative(self) -> int | None:
        """`n_informative`."""
        return self.n_informative

    def probability(self, x: Array, of_one: float | None) -> Array:
        """The true probability of class 1 [row] of rows drawn with this share of class 1 (None: `minority_share`).

        No classifier ranks, decides or predicts probabilities better on new rows of that share.
        """
        away = self.centre()
        if self.units:
            x = x / np.geomspace(self.units**-0.5, self.units**0.5, self.n_features)
        prior = self.minority_share if of_one is None else of_one
        log_odds = np.log(prior / (1 - prior)) + x @ away - away @ away / 2
        from scipy.special import expit

        return np.asarray(self.flipped + (1 - 2 * self.flipped) * expit(log_odds))
