"""Law `walk`: rows in the order of time, held out from the end or from among the others."""

from typing import Literal

import numpy as np

from mirage.data.law import Law
from mirage.data.split import SCORED, Array, CannotDraw, Split, Splits
from mirage.settings import number, setting, share, whole


class Walk(Law):
    """Features that move slowly with time, and a class that follows them and something unseen that moves as slowly.

    Every feature, and what is not seen, has mean 0, variance 1 and the correlation `memory` from a row to the next.
    A row is of class 1 if a sum is above 0: of the features' mean, scaled to the share `explained` of the sum's
    variance, and of what is not seen. So rows that follow each other are close relatives. Test rows come last.
    """

    name: Literal["walk"]
    n_train: int = whole("rows before any are held out", 2)
    n_test: int = whole("rows after these", 1)
    n_features: int = whole("features, all of which say something", 1)
    memory: float = number("correlation of a feature with itself one row later", ge=0, lt=1)
    explained: float = share("share of what decides the class that follows from the features")
    validation_share: float = share("share of the rows before the test rows that becomes split validation")
    shuffled: bool = setting("hold out rows by chance, not the last ones", "true or false", default=False)

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `validation` and `test`, each in the order of time."""
        held = round(self.validation_share * self.n_train)
        if not 1 <= held < self.n_train:
            raise CannotDraw(
                f"data.validation_share: got {self.validation_share} of {self.n_train} rows, "
                "expected at least one row on each side"
            )
        moves = self._moves(data, self.n_train + self.n_test)
        x = moves[:, :-1]
        y = (np.sqrt(self.explained) * self._seen(x) + np.sqrt(1 - self.explained) * moves[:, -1] > 0).astype(int)
        time = np.arange(len(y))
        place = split.permutation(self.n_train) if self.shuffled else time[: self.n_train]
        later = np.concatenate([place, time[self.n_train :]]) >= self.n_train - held
        parts = {
            "train": ~later,
            "validation": later & (time < self.n_train),
            "test": time >= self.n_train,
        }
        return {name: Split(x[rows], y[rows], SCORED) for name, rows in parts.items()}

    def streams(self) -> set[str]:
        """`data`, and `split` where rows are held out by chance."""
        return {"data", "split"} if self.shuffled else {"data"}

    def held_out(self) -> dict[str, int]:
        """Rows of `test` and `validation`."""
        return {"test": self.n_test, "validation": round(self.validation_share * self.n_train)}

    def _moves(self, data: np.random.Generator, n: int) -> Array:
        """What moves [row, feature], the last of it unseen: autoregressive, as it is after a long time."""
        from scipy.signal import lfilter

        steps = data.standard_normal((n, self.n_features + 1))
        steps[1:] *= np.sqrt(1 - self.memory**2)
        return np.asarray(lfilter([1], [1, -self.memory], steps, axis=0))

    def _seen(self, x: Array) -> Array:
        """What the features say [row], of variance 1."""
        return np.asarray(x.sum(axis=1) / np.sqrt(self.n_features))

    def informative(self) -> int | None:
        """`n_features`."""
        return self.n_features

    def probability(self, x: Array, of_one: float | None) -> Array:
        """The true probability of class 1 [row], seeing the features of no other row; `of_one` is not used."""
        from scipy.special import ndtr

        return np.asarray(ndtr(np.sqrt(self.explained / (1 - self.explained)) * self._seen(x)))
