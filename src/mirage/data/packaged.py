"""Data sets that come with scikit-learn: what identifies their files, and how their rows are cut into splits."""

import functools
import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np

from mirage.data.law import Law
from mirage.data.split import PART_OF_TRAIN, SCORED, Array, CannotDraw, Split, Splits
from mirage.settings import number, share, whole


class Packaged(Law):
    """Real rows of one set, resampled for every seed; a law of a set says which file it reads, and how.

    Seeds share rows, so that intervals over seeds say how a result varies with the choice of rows from this one set.
    """

    file: ClassVar[str]
    """The data file, inside ``sklearn.datasets.data``."""

    n_train: int = whole("training rows", 1)
    n_test: int = whole("test rows", 1)
    n_validation: int = whole("validation rows", default=0)
    n_test_shifted: int = whole("rows of a test set with another share of class 1", default=0)
    minority_share: float | None = share("share of class 1 in all other splits; null: as in the set", default=None)
    shifted_share: float | None = share("share of class 1 in split test_shifted", default=None)
    flipped: float = number(
        "share of either class of training and validation rows with the other label", ge=0, lt=0.5, default=0.0
    )

    classes = True
    several_models = True
    redraws = False

    def rows(self) -> tuple[Array, Array]:
        """All rows of the set: x [row, feature] and y [row]."""
        raise NotImplementedError

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Disjoint splits `train`, `test` and, where they have rows, `test_shifted`, `validation` and `flipped`.

        Each split takes the first rows of one random order that are left: any, or exactly its share of class 1. So what
        is asked for besides leaves `train` and `test` alone. Then a share `flipped` of either class of the training and
        the validation rows gets the other label, as rows that one sets aside are no better labelled; the split of that
        name holds those of the training rows.

        Raises CannotDraw if the set has too few rows, or too few of a class.
        """
        if self.n_test_shifted and self.shifted_share is None:
            raise CannotDraw(
                f"data.shifted_share: got null beside {self.n_test_shifted} rows of test_shifted, expected a share"
            )
        x, y = self.rows()
        sizes = {  # validation last: arms that differ in its size are tested on the same rows
            "train": (self.n_train, self.minority_share),
            "test": (self.n_test, self.minority_share),
            "test_shifted": (self.n_test_shifted, self.shifted_share),
            "validation": (self.n_validation, self.minority_share),
        }
        held_out = sum(n for n, _ in sizes.values()) - self.n_train
        if self.n_train + held_out > len(y):
            raise CannotDraw(
                f"data.n_train: got {self.n_train} beside {held_out} rows held out, expected at most {len(y)} together"
            )
        left = data.permutation(len(y))
        splits: Splits = {}
        for name, (n, of_one) in sizes.items():
            if n:
                taken = np.arange(n) if of_one is None else _of_each_class(y[left], name, n, of_one)
                splits[name] = Split(x[left[taken]], y[left[taken]], SCORED, of_one)
                left = np.delete(left, taken)
        train = splits["train"]
        changed = _give_other_labels(train.y, self.flipped, data)
        if "validation" in splits:
            _give_other_labels(splits["validation"].y, self.flipped, data)
        if len(changed):
            splits["flipped"] = Split(train.x[changed], train.y[changed], PART_OF_TRAIN, train.share)
        return splits

    def content(self) -> str:
        """The hash of the data file."""
        return _content_of(self.file)


@functools.cache
def _content_of(file: str) -> str:
    found = find_spec("sklearn")  # importing scikit-learn's data sets would take a second
    assert found is not None and found.origin is not None
    return hashlib.sha256((Path(found.origin).parent / "datasets" / "data" / file).read_bytes()).hexdigest()


def _give_other_labels(y: Array, share: float, random: np.random.Generator) -> Array:
    """Give a share of either class the other label, in place; returns where these rows are, ascending."""
    changed = np.sort(np.concatenate([random.permutation(of)[: round(share * len(of))] for of in _by_class(y)]))
    y[changed] = 1 - y[changed]
    return changed


def _by_class(y: Array) -> list[Array]:
    """Where the rows of class 0 are, and those of class 1."""
    return [np.flatnonzero(y == c) for c in (0, 1)]


def _of_each_class(y: Array, name: str, n: int, of_one: float) -> Array:
    """Where the first rows are that make `n` of which a share is of class 1, in their order."""
    ones = round(n * of_one)
    if not 1 <= ones < n:
        raise CannotDraw(
            f"data: got {ones} of {n} rows of class 1 in {name} (a share of {of_one:g}), expected both classes"
        )
    for c, (needed, of) in enumerate(zip((n - ones, ones), _by_class(y), strict=True)):
        if needed > len(of):
            raise CannotDraw(
                f"data: got {needed} rows of class {c} in {name} (a share of {of_one:g} of class 1), "
                f"expected at most the {len(of)} that are left"
            )
    zero, one = _by_class(y)
    return np.sort(np.concatenate([zero[: n - ones], one[:ones]]))
