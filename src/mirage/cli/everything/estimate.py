"""What jobs should cost, by the last benchmark, and how long all will take on this machine, by its first stack."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirage.cli.everything.actions import ONCE
from mirage.cli.everything.planning import Product, Todo, Training
from mirage.config.plan import Plan

PART, SCENARIO, PHASE = "all", "every scenario: ", ", all cores added up"  # of benchmark.csv
BESIDE = ("start", "plan", "verify", "idle")  # phases that are no part of a job
PRODUCT = 2.0  # seconds of a core for a table or a figure, about


@dataclass(frozen=True)
class Costs:
    """Seconds of a core as measured: by scenario, and the share of them that compiling took."""

    scenarios: dict[str, float]
    compiling: float


def read(table: Path) -> Costs:
    """The costs that a benchmark's table states; none where it has none."""
    found: dict[str, float] = {}
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as text:
            rows = [row for row in csv.DictReader(text) if row["part"] == PART and row["what"].startswith(SCENARIO)]
        found = {row["what"].removeprefix(SCENARIO): float(row["value"]) for row in rows}
    phases = {name.removesuffix(PHASE): value for name, value in found.items() if name.endswith(PHASE)}
    scenarios = {name: value for name, value in found.items() if not name.endswith(PHASE)}
    phases = {name: value for name, value in phases.items() if name not in BESIDE}
    compiling = sum(phases.get(name, 0.0) for name in ONCE) / sum(phases.values()) if phases else 0.0
    return Costs(scenarios, compiling)


def of_trainings(costs: Costs, plans: Sequence[Plan], trainings: Sequence[Training]) -> dict[str, float]:
    """The seconds of a core of each training, by name; a sweep or an unknown scenario counts by its replicates.

    `plans` are those of the scenarios, by whose replicates the mean is taken; without a benchmark every replicate
    counts as a second.
    """
    known = {plan.scenario: len(plan.arms) * len(plan.seeds) for plan in plans if plan.scenario in costs.scenarios}
    mean = sum(costs.scenarios[name] for name in known) / sum(known.values()) if known else 1.0

    def cost(training: Training) -> float:
        name = training.plan.scenario
        if training.plan.canonical and name in known:
            return costs.scenarios[name] * training.replicates / known[name]
        return mean * training.replicates

    return {training.name: cost(training) for training in trainings}


def of_products(products: Sequence[Product]) -> float:
    """The seconds of a core of all products together."""
    return PRODUCT * len(products)


def speed(costs: Costs, cost: float, done: float, seconds: float) -> float:
    """How many seconds this machine takes for a second of the benchmark's, by a training's first stacks.

    Parameters
    ----------
    cost
        The training's.
    done
        The share of it that is done.
    seconds
        What that took, without import and compiling: these are left out on both sides.
    """
    return seconds / (cost * done * (1 - costs.compiling))


def seconds(work: Todo, trainings: Mapping[str, float], cores: int) -> float:
    """How long all would take on the benchmark's machine with so many cores."""
    each = max(trainings.values(), default=0.0)  # no training is shared by cores
    return max((sum(trainings.values()) + of_products(work.products)) / cores, each)
