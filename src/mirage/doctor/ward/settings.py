"""What ``conf/ward.yaml`` says, checked."""

import functools
import math
from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from mirage.config import project
from mirage.settings import ConfigError

Range = tuple[float, float]


class Strict(BaseModel):
    """No unknown keys; cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ranges(Strict):
    """What is drawn from the seed, from and to; see the file for what each means."""

    train: Range
    validation: Range
    test: Range
    use: Range
    columns: Range
    classes: Range
    share: Range
    evenness: Range
    separation: Range

    @model_validator(mode="after")
    def _ordered(self) -> "Ranges":
        for name, (low, high) in self:
            if not low <= high:
                raise ValueError(f"{name}: got [{low:g}, {high:g}], expected a range from low to high")
        return self


class Training(Strict):
    """How the networks of the ward are trained; units of the hidden layer are one of these."""

    units: tuple[int, ...]
    rate: float
    batch: int
    penalty: float
    epochs: int
    patience: int


class Variant(Strict):
    """What narrows the ranges of some cases, how real rows are cut, and which laws and data sets they are of."""

    ranges: Mapping[str, Range] = {}
    cut: Mapping[str, float] = {}
    laws: tuple[str, ...] | None = None
    data: tuple[str, ...] | None = None


class Stated(Strict):
    """What the file says of one case: smallest sets of inputs that suffice, its variant, the size of a fault."""

    suffice: tuple[tuple[str, ...], ...]
    variant: str = "usual"
    size: float = 0.0


class HeldOut(Strict):
    """What nothing was chosen on."""

    law: str
    data: str
    cases: tuple[str, ...]


class Seeds(Strict):
    """The first odd seed that is published, and how many are, of what was seen and of what was held out."""

    first: int
    published: int
    held_out: int

    @model_validator(mode="after")
    def _odd(self) -> "Seeds":
        if self.first % 2 == 0:
            raise ValueError(f"first: got {self.first}, expected an odd seed: thresholds are made on even ones")
        return self


class Targets(Strict):
    """Right cause first; silence on the twin; false findings a healthy bundle with all inputs."""

    first: float
    silent: float
    healthy: float


class Ward(Strict):
    """The whole file."""

    ranges: Ranges
    real: float
    cut: Mapping[str, float]
    training: Training
    runs: int
    laws: tuple[str, ...]
    data: tuple[str, ...]
    held_out: HeldOut
    seeds: Seeds
    targets: Targets
    variants: Mapping[str, Variant]
    cases: Mapping[str, Stated]

    @model_validator(mode="after")
    def _known(self) -> "Ward":
        for name, one in self.cases.items():
            if one.variant not in self.variants:
                raise ValueError(f"{name}: got variant {one.variant}, expected one of {', '.join(self.variants)}")
        return self


@functools.cache
def ward() -> Ward:
    """The settings of the ward. Raises ConfigError, one line."""
    file = project.conf() / "ward.yaml"
    try:
        return Ward.model_validate(project.read(file))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"conf/ward.yaml: {where}: got {first['input']!r}, expected: {first['msg']}") from None


def between(random: np.random.Generator, low_high: Range) -> float:
    """A number of a range, even on the logarithm of it, so that small ones are drawn as often as large ones."""
    low, high = low_high
    return float(math.exp(random.uniform(math.log(low), math.log(high))))


def whole(random: np.random.Generator, low_high: Range) -> int:
    """The same, rounded."""
    return round(between(random, low_high))
