"""Splits of one set of real rows with shares, wrong labels and further test rows; see `mirage.data.packaged`.

In a file of its own, which counts only for records of laws that ask for any of it.
"""

from typing import Protocol

import numpy as np

from mirage.data.split import PART_OF_TRAIN, SCORED, Array, CannotDraw, Split, Splits


class Asked(Protocol):
    """What a law of real rows may ask for."""

    @property
    def n_train(self) -> int: ...  # noqa: D102
    @property
    def n_test(self) -> int: ...  # noqa: D102
    @property
    def n_test_shifted(self) -> int: ...  # noqa: D102
    @property
    def n_validation(self) -> int: ...  # noqa: D102
    @property
    def minority_share(self) -> float | None: ...  # noqa: D102
    @property
    def shifted_share(self) -> float | None: ...  # noqa: D102
    @property
    def flipped(self) -> float: ...  # noqa: D102


def parted(x: Array, y: Array, asked: Asked, random: np.random.Generator) -> Splits:
    """Disjoint splits `train`, `test` and, where they have rows, `test_shifted`, `validation`; `flipped` of `train`.

    Each split takes the first rows of one random order that are left: any, or exactly its share of class 1. So without
    a share `train` and `test` are those of `packaged.resampled`, and what else is asked for leaves them alone. Then a
    share `flipped` of either class of the training and the validation rows gets the other label, as rows that one sets
    aside are no better labelled; the split of that name holds those of the training rows.

    Raises CannotDraw if the set has too few rows, or too few of a class.
    """
    if asked.n_test_shifted and asked.shifted_share is None:
        raise CannotDraw(
            f"data.shifted_share: got null beside {asked.n_test_shifted} rows of test_shifted, expected a share"
        )
    sizes = {  # validation last: arms that differ in its size are tested on the same rows
        "train": (asked.n_train, asked.minority_share),
        "test": (asked.n_test, asked.minority_share),
        "test_shifted": (asked.n_test_shifted, asked.shifted_share),
        "validation": (asked.n_validation, asked.minority_share),
    }
    held_out = sum(n for n, _ in sizes.values()) - asked.n_train
    if asked.n_train + held_out > len(y):
        raise CannotDraw(
            f"data.n_train: got {asked.n_train} beside {held_out} rows held out, expected at most {len(y)} together"
        )
    left = random.permutation(len(y))
    splits: Splits = {}
    for name, (n, of_one) in sizes.items():
        if n:
            taken = np.arange(n) if of_one is None else _of_each_class(y[left], name, n, of_one)
            splits[name] = Split(x[left[taken]], y[left[taken]], SCORED, of_one)
            left = np.delete(left, taken)
    train, validation = splits["train"], splits.get("validation")
    changed = _give_other_labels(train.y, asked.flipped, random)
    if validation is not None:
        _give_other_labels(validation.y, asked.flipped, random)
    if len(changed):
        splits["flipped"] = Split(train.x[changed], train.y[changed], PART_OF_TRAIN, train.share)
    return splits


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
