"""How far predictions move with their inputs: numbers of the test rows and of the same rows with noise."""

from collections.abc import Mapping

import numpy as np

from mirage.data.law import Decide
from mirage.data.split import Array


def numbers(scores: Mapping[str, Array], decide: Decide) -> dict[str, float]:
    """What noise does to the predictions [row] of split `test`, in split `test_noisy`.

    `moved` is the mean distance between what is predicted with noise and without, `decisions_moved` the share of rows
    that are decided otherwise.
    """
    before, after = scores["test"], scores["test_noisy"]
    return {
        "moved": float(np.mean(np.abs(after - before))),
        "decisions_moved": float(np.mean(decide(after) != decide(before))),
    }
