"""Data files that come with scikit-learn: their rows, and what identifies them."""

import functools
import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mirage.data.split import Array, CannotDraw, Split, Splits


@functools.cache
def content_of(file: str) -> str:
    """The SHA-256 of a data file inside ``sklearn.datasets.data``."""
    found = find_spec("sklearn")  # importing scikit-learn's data sets would take a second
    assert found is not None and found.origin is not None
    return hashlib.sha256((Path(found.origin).parent / "datasets" / "data" / file).read_bytes()).hexdigest()


def resampled(x: Array, y: Array, n_train: int, n_test: int, random: np.random.Generator) -> Splits:
    """Other training and test rows for every seed, drawn from one set without replacement.

    Raises CannotDraw if the set has too few rows.
    """
    if n_train + n_test > len(y):
        raise CannotDraw(f"data.n_train: got {n_train} beside {n_test} test rows, expected at most {len(y)} together")
    order = random.permutation(len(y))
    train, test = order[:n_train], order[n_train : n_train + n_test]
    return {"train": Split(x[train], y[train]), "test": Split(x[test], y[test])}
