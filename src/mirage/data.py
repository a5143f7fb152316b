"""Data laws: settings and streams to the rows of every split."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mirage import config
from mirage.streams import Streams

Array = np.ndarray[Any, np.dtype[Any]]


class Split(NamedTuple):
    """Rows of one split: x [row, feature], y [row]."""

    x: Array
    y: Array


def noisy_line(settings: config.Data, streams: Streams) -> dict[str, Split]:
    """Y = slope * x plus normal noise on an even grid; the test grid carries no noise.

    Article one, all three examples. They draw the noise from NumPy's legacy generator with a fixed seed; `skip` is how
    many numbers a listing draws from it before these rows (its third example draws the small set first).
    """
    s = settings
    legacy = np.random.RandomState(s.legacy_seed)
    noise = legacy.randn(s.skip + s.n_train)[s.skip :]
    train, test = (np.linspace(s.low, s.high, n) for n in (s.n_train, s.n_test))
    return {
        "train": Split(train[:, None], s.slope * train + noise * s.noise),
        "test": Split(test[:, None], s.slope * test),
    }


LAWS: dict[str, Callable[[config.Data, Streams], dict[str, Split]]] = {"noisy_line": noisy_line}


def draw(settings: config.Data, streams: Streams) -> dict[str, Split]:
    """Draw the rows of every split, in the order train, ..., test."""
    return LAWS[settings.law](settings, streams)
