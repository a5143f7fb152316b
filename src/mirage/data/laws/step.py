"""Law `step`: article three, example 2."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from mirage.data.law import Decide, Law
from mirage.data.probes import probe_numbers
from mirage.data.split import LOOKED_AT, Array, Split, Splits
from mirage.settings import number, whole


class Step(Law):
    """Uniform features; the label is whether the first one lies above `boundary`. Two probes stand on either side.

    In the split `probe` all features but the first are in the middle.
    """

    name: Literal["step"]
    n_rows: int = whole("rows before any are held out", 1)
    n_features: int = whole("features", 1)
    boundary: float = number("where the first feature decides", ge=0, le=1)
    probe_low: float = number("first feature of the lower probe")
    probe_high: float = number("first feature of the upper probe")

    classes = True
    yes_no = ("probe_flips",)

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train` and `probe`."""
        x = data.random((self.n_rows, self.n_features))
        probe = np.full((2, self.n_features), 0.5)
        probe[:, 0] = self.probe_low, self.probe_high
        return {
            "train": Split(x, (x[:, 0] > self.boundary).astype(int)),
            "probe": Split(probe, (probe[:, 0] > self.boundary).astype(int), LOOKED_AT),
        }

    def numbers(self, scores: Mapping[str, Array], decide: Decide) -> dict[str, float]:
        """`probe_step` and `probe_flips`."""
        return probe_numbers(scores["probe"], decide)
