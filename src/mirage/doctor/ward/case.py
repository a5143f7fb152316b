"""A case of the ward: a fault that is planted in a healthy project, and a healthy twin that shares its symptom."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.learned import cross_entropy
from mirage.doctor.ward.project import KNOWN, Handed, Project, Wanted, project
from mirage.doctor.ward.settings import Stated, ward

Plant = Callable[[Project, np.random.Generator], Handed]
Where = Literal["seen", "held out"]

ONCE: Handed = {"runs": [], "rescored": None}  # a model that was neither trained nor asked again


class NotPlanted(Exception):
    """What is planted did not come about in this project, or is smaller than ``conf/ward.yaml`` wants it: no bundle."""


KITS: dict[str, tuple[str, ...] | None] = {"predictions": ("predictions",), "history": ("history",), "all": None}


@dataclass(frozen=True)
class Case:
    """One fault and its twin.

    Attributes
    ----------
    name
        Of the case; of the cause, too, where a cause has one case.
    cause
        What the doctor has to name.
    twin
        What the healthy twin is, in words.
    two
        Whether it is of two classes, of several, or of either (None), by the seed.
    planted, healthy
        From a project to what its owner hands over: with the fault, and with the symptom only.
    besides
        Other causes that are true of the fault, too, or that the twin shows rightly; they are no mistakes.
    """

    name: str
    cause: str
    twin: str
    two: bool | None
    planted: Plant
    healthy: Plant
    besides: tuple[str, ...] = ()

    @property
    def fault(self) -> str:
        """What is planted, in words."""
        return (self.planted.__doc__ or "").splitlines()[0].rstrip(".")

    @property
    def stated(self) -> Stated:
        """What the file says of it."""
        return ward().cases[self.name]

    def project(self, seed: int, where: Where = "seen") -> Project:
        """The healthy project of a seed that both are made of."""
        settings, variant = ward(), ward().variants[self.stated.variant]
        two = bool(seed // 2 % 2) if self.two is None else self.two
        laws = settings.laws if variant.laws is None else variant.laws
        data = settings.data if variant.data is None else variant.data
        real = settings.real
        if where == "held out":
            laws, data, real = (settings.held_out.law,), (settings.held_out.data,) if data else (), 0.5
        else:
            data = tuple(name for name in data if name != ("wine" if two else "breast_cancer"))
        wanted = Wanted(two, tuple(variant.ranges.items()), tuple(variant.cut.items()), laws, data, real)
        return project(wanted, seed)

    def bundles(self, seed: int, where: Where = "seen") -> dict[bool, Handed]:
        """What is handed over with the fault (True), and by the twin (False); none where it did not come about."""
        own = self.project(seed, where)
        key = [int(byte) for byte in self.name.encode()]
        found = {}
        for sick, plant in ((True, self.planted), (False, self.healthy)):
            with contextlib.suppress(NotPlanted):
                found[sick] = plant(own, np.random.default_rng([seed, *key]))
        return found

    def kits(self) -> dict[str, tuple[str, ...] | None]:
        """Sets of inputs that are tried, by name; None stands for all."""
        smallest = {" + ".join(kit): kit for kit in self.stated.suffice}
        return {**KITS, **smallest}

    def suffices(self, kit: tuple[str, ...] | None) -> bool:
        """Whether a set of inputs has all of one that suffices."""
        return kit is None or any(set(one) <= set(kit) for one in self.stated.suffice)


CASES: dict[str, Case] = {}  # by name; filled as the modules are imported


def case(
    cause: str, *, twin: str, healthy: Plant, two: bool | None = None, besides: tuple[str, ...] = (), name: str = ""
) -> Callable[[Plant], Plant]:
    """Enter a function that plants a fault as a case; `healthy` makes its twin of the same project."""

    def entered(planted: Plant) -> Plant:
        own = name or cause
        CASES[own] = Case(own, cause, twin, two, planted, healthy, besides)
        return planted

    return entered


def kit_of(handed: Handed, kit: tuple[str, ...] | None) -> Handed:
    """What of all that could be handed over belongs to a set of inputs; what says how to read goes with it."""
    if kit is None:
        return handed
    return {name: value for name, value in handed.items() if name in (*kit, "positive")}


def as_they_are(own: Project, random: np.random.Generator) -> Handed:
    """A healthy project, handed over as it is."""
    return own.handed()


def with_predictions(own: Project, **columns: Array) -> Handed:
    """All that is handed over, with other columns of predictions."""
    handed = own.handed()
    return handed | {"predictions": handed["predictions"] | columns}


def at_least(case: str, size: float) -> None:
    """Raises NotPlanted where a fault is smaller than the file wants it for this case."""
    if not size >= ward().cases[case].size:
        raise NotPlanted


def settled(own: Project, scores: Array) -> dict[str, list[float]]:
    """A history of three epochs that ends at the training loss of these scores [row of the known splits, class]."""
    known = own.rows(*KNOWN)
    train = own.split[known] == "train"
    loss = cross_entropy(scores[train], own.y[known][train])
    return {"loss": [1.2 * loss, loss, loss]}
