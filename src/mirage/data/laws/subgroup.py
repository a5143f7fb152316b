"""Law `subgroup`: article three's average that hides a part of the inputs."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import SCORED, Array, CannotDraw, Split, Splits
from mirage.data.truth import truth
from mirage.settings import number, setting, share, whole

EQUAL = 0.5  # the share of class 1, in every group of every split


class Subgroup(Law):
    """Two equally frequent normal classes; in a subgroup of the rows they may have changed places.

    The classes have unit variance and lie `separation` apart, on either side of zero, along the diagonal of the
    features. One more feature, the last, marks the subgroup: 1 for its rows, 0 for all others. So whoever sees the mark
    can tell the classes apart as well there as elsewhere. The split `test_subgroup` holds fresh rows of the subgroup
    alone.
    """

    name: Literal["subgroup"]
    n_train: int = whole("training rows", 4)
    n_test: int = whole("test rows", 4)
    n_test_subgroup: int = whole("further test rows, all of the subgroup", 2)
    n_features: int = whole("features that say something of the class; one more marks the subgroup", 1)
    separation: float = number("distance of the class means, in standard deviations", ge=0)
    trained_share: float = share("share of the subgroup among the training rows")
    tested_share: float = share("share of the subgroup among the test rows")
    reversed: bool = setting("whether the classes change places in the subgroup", "true or false", default=False)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `test` and `test_subgroup`; the subgroup last, class 0 before class 1 in either part."""
        return {
            "train": self._rows(data, "train", self.n_train, self.trained_share),
            "test": self._rows(data, "test", self.n_test, self.tested_share),
            "test_subgroup": self._rows(data, "test_subgroup", self.n_test_subgroup, 1),
        }

    def _rows(self, data: np.random.Generator, name: str, n: int, of_subgroup: float) -> Split:
        """So many rows, this share of them of the subgroup, half of either part of class 1."""
        inside = round(n * of_subgroup)
        parts = (n - inside, inside)
        if inside < 2 or (of_subgroup < 1 and n - inside < 2):
            raise CannotDraw(
                f"data: got {inside} of {n} rows of the subgroup in {name} (a share of {of_subgroup:g}), expected both "
                "classes inside and outside"
            )
        y = np.concatenate([np.repeat([0, 1], [rows - rows // 2, rows // 2]) for rows in parts])
        mark = np.repeat([0.0, 1.0], parts)
        place = (y - EQUAL) * np.where(self.reversed, 1 - 2 * mark, 1)  # -1/2 or 1/2
        x = data.standard_normal((n, self.n_features)) + place[:, None] * self._away()
        return Split(np.column_stack([x, mark]), y, SCORED, EQUAL)

    def _away(self) -> Array:
        """From one class to the other [feature]."""
        return np.full(self.n_features, self.separation / np.sqrt(self.n_features))

    def informative(self) -> int | None:
        """`n_features`; the mark alone says nothing of the class."""
        return self.n_features

    @truth
    def probability(self, x: Array, of_one: float | None) -> Array:
        """The true probability of class 1 [row]; the law has one share of class 1 only, so `of_one` is not used."""
        from scipy.special import expit

        log_odds = x[:, :-1] @ self._away()
        return np.asarray(expit(log_odds * (1 - 2 * x[:, -1]) if self.reversed else log_odds))
