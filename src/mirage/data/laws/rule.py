"""Law `rule`: article three, example 2, made fair."""

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.law import Decide, Law
from mirage.data.probes import probe_numbers
from mirage.data.split import LOOKED_AT, Array, Split, Splits
from mirage.data.steps import jump_share, stepped
from mirage.settings import number, whole

ALONG = 101  # inputs in the split `along`, a picture's worth


class Rule(Law):
    """Uniform features; the label is whether the first lies above `boundary`, flipped for a share of the rows.

    The second feature may be `spurious`: in that share of the rows it lies in the half that the label names, a half
    meaning that it says nothing. In the split `test_broken` it always says nothing. Two inputs stand on either side of
    the boundary (`probe`), two as far apart around `within` in one class, and a row of inputs along the first feature
    (`along`); their other features are in the middle. Where there are `n_stepped` rows, they are fresh ones anywhere in
    the features' range, moved by half the probes' distance down (`stepped_low`) and up (`stepped_high`) the first
    feature, so that both ends lie in one class: there the rule itself stands still.
    """

    name: Literal["rule"]
    n_train: int = whole("training rows", 1)
    n_test: int = whole("test rows", 1)
    n_features: int = whole("features; the first one decides, the second may be spurious", 2)
    boundary: float = number("where the first feature decides", ge=0, le=1)
    flipped: float = number("share of rows that get the other label", ge=0, lt=0.5, default=0.0)
    spurious: float = number("share of rows whose second feature agrees with the label", ge=0, le=1)
    probe_low: float = number("first feature of the lower probe")
    probe_high: float = number("first feature of the upper probe")
    within: float = number("middle of two probes inside one class")
    n_stepped: int = whole("fresh rows that are moved by a step inside their class", default=0)
    jump: float = number("a larger move of the probability in such a step is a jump", ge=0, lt=1, default=0.0)

    classes = True
    yes_no = ("probe_flips",)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.n_stepped) != bool(self.jump):
            self.refuse("jump", "above 0 where rows are stepped (data.n_stepped), else 0")
        return self

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        """Splits `train`, `test`, `test_broken`, and `probe`, `within`, `along` to look at; where asked for, steps."""
        if self.n_stepped:
            others = self.model_copy(update={"n_stepped": 0}).draw(data, split)
            step = self.probe_high - self.probe_low
            return others | stepped(self.n_stepped, self.n_features, self.boundary, step, data)

        def rows(n: int, spurious: float) -> Split:
            x = data.random((n, self.n_features))
            y = (x[:, 0] > self.boundary).astype(int)
            changed = data.permutation(n)[: round(self.flipped * n)]
            y[changed] = 1 - y[changed]
            says = np.where(data.random(n) < spurious, y, 1 - y)
            x[:, 1] = (x[:, 1] + says) / 2
            return Split(x, y)

        def inputs(first: Array) -> Split:
            x = np.full((len(first), self.n_features), 0.5)
            x[:, 0] = first
            return Split(x, (first > self.boundary).astype(int), LOOKED_AT)

        half = (self.probe_high - self.probe_low) / 2
        return {
            "train": rows(self.n_train, self.spurious),
            "test": rows(self.n_test, self.spurious),
            "test_broken": rows(self.n_test, 0.5),
            "probe": inputs(np.array([self.probe_low, self.probe_high])),
            "within": inputs(np.array([self.within - half, self.within + half])),
            "along": inputs(np.linspace(0, 1, ALONG)),
        }

    def numbers(self, scores: Mapping[str, Array], decide: Decide) -> dict[str, float]:
        """`probe_step`, `probe_flips`, and `within_step`, the same distance for two inputs of one class.

        Where rows are stepped, also `jump_share`: the share whose probability moves by more than `jump`.
        """
        if self.n_stepped:
            others = self.model_copy(update={"n_stepped": 0}).numbers(scores, decide)
            return others | {"jump_share": jump_share(scores, self.jump)}
        low, high = scores["within"]
        return probe_numbers(scores["probe"], decide) | {"within_step": abs(float(high - low))}
