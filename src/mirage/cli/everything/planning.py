"""What there is to make: every scenario and every ready sweep is planned once, and what is up to date is left out."""

import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mirage import api, making
from mirage.claims.claims import KINDS
from mirage.cli import launch, report
from mirage.config import compose, project, sweeping
from mirage.config.plan import Plan
from mirage.config.typed import Typed, assigned
from mirage.records import checked
from mirage.records.store import Place
from mirage.report import headline_pages, pages, stamps, sweeps, tables
from mirage.settings import ConfigError, shown

HEADLINE = "headline picture"
WRITTEN = ("table", "sweep")  # kinds of products that sentences are made from
KEYS = ("scenario", "sweep", "steps", "results_dir")


@dataclass(frozen=True)
class Chosen:
    """The plans of the chosen scenarios, and those of every chosen ready sweep by its name."""

    scenarios: list[Plan]
    sweeps: dict[str, list[Plan]]

    @property
    def plans(self) -> list[Plan]:
        """All of them."""
        return [*self.scenarios, *(plan for jobs in self.sweeps.values() for plan in jobs)]


@dataclass(frozen=True)
class Training:
    """Replicates to train: seeds by arm of one plan. Equal arms of several plans are in one training only."""

    name: str
    plan: Plan
    missing: dict[str, list[int]]

    @property
    def replicates(self) -> int:
        """How many."""
        return sum(map(len, self.missing.values()))


@dataclass(frozen=True)
class Product:
    """Something to write: a table, a sweep, a lesson's figure or its headline; after the trainings of these names."""

    kind: str
    name: str
    plans: list[Plan]
    after: frozenset[str]


@dataclass(frozen=True)
class Todo:
    """What there is to make, and what is known of the rest."""

    trainings: list[Training]
    products: list[Product]
    replicates: int
    """All of them, trained or read."""
    damaged: list[str]
    """A line for each damaged record."""
    said: list[str]
    """What was said of products that are up to date: which replicates diverged."""
    outdated: bool
    """Whether the common tables have rows of scenarios or lessons that there are no more."""


def chosen(words: Sequence[str]) -> Chosen:
    """The plans of what was typed: ``scenario=`` and ``sweep=`` choose, without them it is everything.

    Raises ConfigError, one line, for anything that cannot be run.
    """
    typed = launch.parsed(words)
    for one in typed:
        if one.key not in KEYS or one.deletes or (one.swept and one.key not in ("scenario", "sweep")):
            raise ConfigError(f"{one.key}: got {shown(one.text)}, expected any of {', '.join(f'{k}=' for k in KEYS)}")
    request = [one for one in typed if one.key in ("steps", "results_dir")]
    load = functools.cache(compose.load)
    scenarios = [
        compose.plan_of([assigned("scenario", name), *request], load=load).over_canonical_seeds()
        for name in _named(typed, "scenario", project.scenarios())
    ]
    of_sweeps = {
        name: [compose.plan_of(job, load=load) for job in sweeping.sweep_jobs([assigned("sweep", name), *request])]
        for name in _named(typed, "sweep", project.sweeps())
    }
    found = Chosen(scenarios, of_sweeps)
    for plan in found.plans[:1]:
        making.results_folder(plan)
    return found


def _named(typed: Sequence[Typed], key: str, known: Sequence[str]) -> list[str]:
    """The names typed for a key: all where neither scenarios nor sweeps are named."""
    if not any(one.key in ("scenario", "sweep") for one in typed):
        return list(known)
    values = [one.value for one in typed if one.key == key]
    return list(dict.fromkeys(values[-1] if isinstance(values[-1], list) else values[-1:])) if values else []


def todo(found: Chosen) -> Todo:
    """What is missing, and which products are not as they would be made now. Every record's checksum is verified."""
    plans = found.plans
    if not plans:
        return Todo([], [], 0, [], [], False)
    results, steps = making.results_folder(plans[0]), plans[0].request.steps
    places = {id(plan): making.places(plan) for plan in plans}
    gone, damaged = _verified(
        where.file(s) for plan in plans for where in places[id(plan)].values() for s in plan.seeds
    )
    trainings: list[Training] = []
    made_by: dict[Path, str] = {}
    if "train" in steps:
        for plan in plans:
            _add_training(plan, places[id(plan)], gone, trainings, made_by)
    products: list[Product] = []
    said: list[str] = []
    common = tables.there(results) if "tables" in steps else {}
    documents = documents_to_write(found)
    for kind, name, of_product in _products(found, steps):
        placed = [(plan, places.get(id(plan)) or making.places(plan)) for plan in of_product]
        files = [where.file(seed) for plan, own in placed for where in own.values() for seed in plan.seeds]
        known = None
        if "train" in steps and not any(file in gone for file in files):
            known = _known(kind, name, results, placed, common)
        if kind == HEADLINE and known is not None and (any(one.kind in WRITTEN for one in products) or documents):
            known = None  # its sentence may change
        if known is None:
            after = frozenset(made_by[file] for file in files if file in made_by)
            products.append(Product(kind, name, of_product, after))
        else:
            said += known
    replicates = sum(len(plan.arms) * len(plan.seeds) for plan in plans)
    outdated = any(key[0] not in names for name, names in in_common().items() for key in common.get(name, ()))
    return Todo(trainings, products, replicates, damaged, said, outdated)


def in_common() -> dict[str, list[str]]:
    """The scenarios or lessons that each common table is about."""
    scenarios = project.scenarios()
    judged = dict.fromkeys(tables.JUDGED, project.lessons())
    return {"metrics.csv": scenarios, "fingerprints.csv": scenarios} | judged


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def documents_to_write(found: Chosen) -> bool:
    """Whether the documents made from this checkout's tables are to be written again."""
    request = found.plans[0].request if found.plans else None
    return request is not None and "tables" in request.steps and not request.results_dir and not report.up_to_date()


def _verified(files: Iterable[Path]) -> tuple[set[Path], list[str]]:
    """The records that are not there or damaged, and a line for each damaged one."""
    every = list(dict.fromkeys(files))
    with ThreadPoolExecutor(cores()) as threads:  # hashing lets go of Python's lock
        wrong = dict(zip(every, threads.map(_wrong, every), strict=True))
    lines = [f"damaged record: {file}: {reason}; not used" for file, reason in wrong.items() if reason]
    return {file for file, reason in wrong.items() if reason is not None}, lines


def _wrong(file: Path) -> str | None:
    """What is wrong with a record, in a few words; nothing if there is none, None if it is as it was written."""
    if not file.is_file():
        return ""
    try:
        checked.intact(file)
    except checked.Damaged as damaged:
        return damaged.reason
    return None


def _add_training(
    plan: Plan, places: Mapping[str, Place], gone: set[Path], trainings: list[Training], made_by: dict[Path, str]
) -> None:
    """Add what is missing of a plan, unless another plan's training makes it."""
    name = plan.scenario if plan.sweep is None else f"{plan.scenario}, sweep {plan.sweep}, {len(trainings)}"
    missing: dict[str, list[int]] = {}
    for arm, place in places.items():
        for seed in plan.seeds:
            if (file := place.file(seed)) in gone and file not in made_by:
                made_by[file] = name
                missing.setdefault(arm, []).append(seed)
    if missing:
        trainings.append(Training(name, plan, missing))


def _products(found: Chosen, steps: Sequence[str]) -> Iterable[tuple[str, str, list[Plan]]]:
    """All that these steps write: kind, name, the plans that it shows."""
    if "tables" in steps:
        yield from (("table", plan.scenario, [plan]) for plan in found.scenarios)
        yield from (("sweep", name, plans) for name, plans in found.sweeps.items() if sweeps.swept(plans))
    if "figures" in steps:
        known = {plan.scenario: plan for plan in found.scenarios}
        for lesson in dict.fromkeys(filter(None, (plan.about.lesson for plan in found.scenarios))):
            own = [plan for plan in known.values() if plan.about.lesson == lesson]
            if set(known) != set(project.scenarios()):  # others of the lesson may have records
                folder = str(making.results_folder(own[0]))
                scenarios = api.stated(lesson).scenarios.values()
                own = [known.get(s) or api.canonical(s, *launch.reading(folder)) for s in scenarios]
            own = sorted(own, key=lambda plan: KINDS.index(plan.about.kind))
            yield "figure", lesson, own
            if not own[0].request.results_dir:  # its sentence goes by the committed tables
                yield HEADLINE, lesson, own


def _known(
    kind: str, name: str, results: Path, placed: Sequence[stamps.Placed], common: Mapping[str, Mapping[tables.Key, str]]
) -> list[str] | None:
    """What was said of a product if it is up to date; else None."""
    if kind == "table":
        made = {file: text.encode() for file, text in tables.of_plan(results, placed[0][0], common).items()}
        return stamps.fitting(stamps.place(results, f"table-{name}"), tables.followed(placed[0]), made)
    if kind == "figure":
        return [] if pages.up_to_date(results, placed, project.lesson_file(name)) else None
    if kind == HEADLINE:
        return [] if headline_pages.up_to_date(results, name, placed, project.lesson_file(name)) else None
    files = sweeps.files_of(results, name, "figures" in placed[0][0].request.steps)
    return stamps.fitting(stamps.place(results, f"sweep-{name}"), sweeps.followed(placed), stamps.contents(files))
