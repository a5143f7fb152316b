"""Rows of a stack, and the batches that they are cut into."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf


class Rows(NamedTuple):
    """Data of a stack, a leading axis for the replicas: x [replica, row, ...], y [replica, row(, ...)].

    `weight` [replica, row] holds sample weights; None means that all rows count the same.
    """

    x: Any
    y: Any
    weight: Any = None


class Batches(NamedTuple):
    """Whether rows are cut into full batches, a partial one, or both: what is traced for them."""

    full: bool
    partial: bool


def batches_of(rows: int, size: int) -> Batches:
    """What batches of this size so many rows are cut into."""
    return Batches(rows >= size, rows % size > 0)


def over(batches: Batches, rows: tf.Tensor, size: int, step: Callable[..., Any], carry: Any) -> Any:
    """Call step(first row, number of rows, carry) for every full batch, then for the partial one; the last carry."""
    full = rows // size
    if batches.full:
        _, carry = tf.while_loop(
            lambda b, _: b < full,
            lambda b, c: (b + 1, step(b * size, tf.constant(size), c)),
            (tf.constant(0), carry),
        )
    return step(full * size, rows % size, carry) if batches.partial else carry
