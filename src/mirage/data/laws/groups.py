"""Law `groups`: persons with several rows each, held out row by row or person by person."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import SCORED, Array, CannotDraw, Split, Splits
from mirage.settings import number, setting, share, whole

EQUAL = 0.5  # the share of class 1 among the persons on either side


class Groups(Law):
    """Two equally frequent classes of persons; each row is its person's own place with some noise around it.

    Persons lie around the middle of their class with standard deviation `between`, the rows of a person around the
    person with `within`, in every feature. So rows of one person are close relatives, and a new person's are not.
    Test rows are those of other persons.
    """

    name: Literal["groups"]
    n_persons: int = whole("persons of whom rows train or are held out", 4)
    n_test_persons: int = whole("further persons, of whom no row trains", 2)
    rows_each: int = whole("rows of each person", 1)
    n_features: int = whole("features, all of which say something", 1)
    separation: float = number("distance of the class means, in standard deviations of a row", ge=0)
    between: float = number("standard deviation of persons around their class, feature by feature", gt=0)
    within: float = number("standard deviation of rows around their person, feature by feature", gt=0)
    validation_share: float = share("share of rows, or of persons, that become split validation")
    mixed: bool = setting("hold out rows by chance, whose persons train, too", "true or false", default=False)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `validation` and `test`, half of the persons of each of class 1.

        Rows are held out by chance if they are `mixed`, else those of as many persons of either class as their share.
        """
        x, y = self._persons(data, self.n_persons)
        if self.mixed:
            of_row = split.permutation(len(y)) < round(self.validation_share * len(y))
        else:
            held = round(self.validation_share * self.n_persons / 2)  # of either class; class 0 comes first
            if not 1 <= held < self.n_persons // 2:
                raise CannotDraw(
                    f"data.validation_share: got {self.validation_share} of {self.n_persons} persons, "
                    "expected at least one of either class on each side"
                )
            sizes = (self.n_persons - self.n_persons // 2, self.n_persons // 2)
            of_row = np.repeat(np.concatenate([split.permutation(n) < held for n in sizes]), self.rows_each)
        parts = {"train": (x[~of_row], y[~of_row]), "validation": (x[of_row], y[of_row])}
        parts["test"] = self._persons(data, self.n_test_persons)
        return {name: Split(*rows, SCORED, EQUAL) for name, rows in parts.items()}

    def streams(self) -> set[str]:
        """`data` and `split`."""
        return {"data", "split"}

    def held_out(self) -> dict[str, int]:
        """Rows of `test` and `validation`."""
        train = self.n_persons * self.rows_each
        return {"test": self.n_test_persons * self.rows_each, "validation": round(self.validation_share * train)}

    def _persons(self, data: np.random.Generator, n: int) -> tuple[Array, Array]:
        """Rows x [row, feature] and y [row] of so many persons, rows of one person together, class 0 first."""
        of_person = np.repeat([0, 1], [n - n // 2, n // 2])
        places = (of_person - EQUAL)[:, None] * self._away() + self.between * data.standard_normal((n, self.n_features))
        y = np.repeat(of_person, self.rows_each)
        x = np.repeat(places, self.rows_each, axis=0)
        return x + self.within * data.standard_normal(x.shape), y

    def _away(self) -> Array:
        """From one class to the other [feature]."""
        sd = np.hypot(self.between, self.within)
        return np.full(self.n_features, self.separation * sd / np.sqrt(self.n_features))

    def informative(self) -> int | None:
        """`n_features`."""
        return self.n_features

    def probability(self, x: Array, of_one: float | None) -> Array:
        """The true probability of class 1 [row] of a person of whom nothing else is known; `of_one` is not used."""
        from scipy.special import expit

        return np.asarray(expit(x @ self._away() / (self.between**2 + self.within**2)))
