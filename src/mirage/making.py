"""A plan to results: train what has no record, measure what is not measured, read the rest."""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from mirage.claims.claims import Claim
from mirage.claims.results import Results, results
from mirage.clock import Clock
from mirage.config import project
from mirage.config.plan import Plan
from mirage.data.split import CannotDraw
from mirage.metrics.diagnosis import ZERO_OR_ONE
from mirage.metrics.rows import Measured, measure
from mirage.metrics.table import ENDS
from mirage.records import source
from mirage.records.identity import measuring
from mirage.records.store import Place
from mirage.settings import ConfigError
from mirage.training import schedule
from mirage.training.replicate import drawn

Advance = Callable[[str, int], None]  # arm, epochs done since the last call
Notice = Callable[[str], None]


class CannotRun(Exception):
    """Something outside the configuration is in the way. Its text is one line."""


@dataclasses.dataclass(frozen=True)
class Watch:
    """How a run tells what it does, by default not at all.

    `progress` gets the epochs to train by arm, and is entered for a function that is told of epochs done; `notice` gets
    single lines; `clock` is told how long the phases took. `meanwhile` is called once while other threads train, if
    that takes long enough.
    """

    progress: Callable[[Mapping[str, int]], AbstractContextManager[Advance]]
    notice: Notice
    clock: Clock
    meanwhile: Callable[[], None] = lambda: None


def silent() -> Watch:
    """A watch that says nothing."""

    @contextlib.contextmanager
    def progress(totals: Mapping[str, int]) -> Iterator[Advance]:
        yield lambda arm, epochs: None

    return Watch(progress, lambda line: None, Clock())


@dataclasses.dataclass(frozen=True)
class Made:
    """What became of a plan: its results, without the seeds that failed in any arm, and how they came about."""

    results: Results
    trained: int
    read: int
    failed: list[schedule.Failure]

    @property
    def diverged(self) -> dict[str, list[int]]:
        """The seeds that diverged, by arm; no number of theirs is averaged."""
        rows = self.results.rows
        gone = rows[(rows["metric"] == "diverged") & (rows["value"] == 1)]
        return {str(arm): seeds.tolist() for arm, seeds in gone.groupby("arm", sort=False)["seed"]}


def results_folder(plan: Plan) -> Path:
    """The folder results go to.

    Raises ConfigError for one that cannot be written to.
    """
    asked = plan.request.results_dir
    folder = Path(asked).absolute() if asked else project.RESULTS
    there = next(p for p in (folder, *folder.parents) if p.exists() or p.is_symlink())
    if not there.is_dir():
        raise ConfigError(f"results_dir: got {folder}, expected a folder, but {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"results_dir: got {folder}, expected a folder that can be written to")
    return folder


def places(plan: Plan) -> dict[str, Place]:
    """Where the records of each arm are; equal arms share a place."""
    runs = results_folder(plan) / "runs"
    return {arm: Place(runs, own, plan.about.vary, plan.request.device) for arm, own in plan.arms.items()}


def make(
    plan: Plan,
    claims: Sequence[Claim] = (),
    watch: Watch | None = None,
    drawn_by: Callable[[Results], Any] | None = None,
) -> Made:
    """Make what a plan asks for.

    Parameters
    ----------
    claims
        Those of the plan's lesson.
    watch
        Is told of progress, damaged records, and time.
    drawn_by
        What `Results.figure` draws with.

    Raises
    ------
    CannotDraw
        If no seed of an arm gives usable rows.
    CannotRun
        If records are missing and the plan does not ask for training, or no seed is left.
    OSError
        If records cannot be written; what was complete stays.
    """
    watch = watch or silent()
    where = places(plan)
    first = {place.fingerprint: arm for arm, place in reversed(where.items())}  # of equal arms one is trained
    with watch.clock.phase("verify"):
        missing, damaged = _missing(plan, where, list(first.values()))
    for line in damaged:
        watch.notice(line)
    lacking = sum(len(missing.get(first[where[arm].fingerprint], ())) for arm in plan.arms)
    if lacking and "train" not in plan.request.steps:
        total, named = len(plan.arms) * len(plan.seeds), "".join(f"; {line}" for line in damaged[:1])
        raise CannotRun(f"{plan.scenario}: {lacking} of {total} replicates have no record; train them first{named}")
    fresh, failed = _train(plan, where, missing, watch) if missing else ({}, [])
    lost = {failure.seed for failure in failed}
    kept = dataclasses.replace(plan, seeds=[s for s in plan.seeds if s not in lost]) if lost else plan
    if not kept.seeds:
        raise CannotRun(f"{plan.scenario}: no seed is left that has every arm: {_reason(failed[0])}")
    trained = sum(map(len, missing.values())) - sum(failure.arm in missing for failure in failed)
    rows = {arm: _measured(kept, arm, where[arm], fresh.get(arm, {}), watch) for arm in plan.arms}
    yes_no = {name: (0.0, 1.0) for arm in plan.arms.values() for name in (*arm.data.yes_no, *ZERO_OR_ONE)}
    read = len(plan.arms) * len(plan.seeds) - lacking
    with watch.clock.phase("judge"):
        found = results(kept, where, rows, claims, ENDS | yes_no, drawn_by)
    return Made(found, trained, read, failed)


def train(plan: Plan, missing: Mapping[str, Sequence[int]], watch: Watch | None = None) -> list[schedule.Failure]:
    """Train these seeds of these arms, record and measure them, and nothing else; the replicates that failed.

    Raises CannotDraw and OSError as `make` does.
    """
    watch, where = watch or silent(), places(plan)
    fresh, failed = _train(plan, where, missing, watch)
    for arm, rows in fresh.items():
        if rows:
            _measured(dataclasses.replace(plan, seeds=list(rows)), arm, where[arm], rows, watch)
    return failed


def _reason(failure: schedule.Failure) -> str:
    return " ".join(f"{type(failure.reason).__name__}: {failure.reason}".split())


def _missing(plan: Plan, where: Mapping[str, Place], arms: Sequence[str]) -> tuple[dict[str, list[int]], list[str]]:
    """The seeds to train by arm, those without a whole record or all if the plan says so; a line a damaged record."""
    missing: dict[str, list[int]] = {}
    damaged: list[str] = []
    again = plan.request.force and "train" in plan.request.steps
    for arm in plan.arms:
        if arm not in arms:
            continue
        place = where[arm]
        recorded = place.recorded()
        for seed in plan.seeds:
            wrong = place.damage(seed) if seed in recorded else ""
            if wrong:
                damaged.append(f"damaged record: {place.file(seed)}: {wrong}; not used")
            if again or wrong or seed not in recorded:
                missing.setdefault(arm, []).append(seed)
    return missing, damaged


def _check_drawable(plan: Plan, missing: Mapping[str, Sequence[int]]) -> None:
    """Raise CannotDraw for an arm that no seed gives usable rows: those are bad settings, not bad luck."""
    for arm, seeds in missing.items():
        reasons: list[CannotDraw] = []
        for seed in seeds:
            try:
                drawn(plan.arms[arm], plan.about.vary, seed)
                break
            except CannotDraw as reason:
                reasons.append(reason)
        if len(reasons) == len(seeds):
            raise reasons[0]


Fresh = dict[str, dict[int, Measured]]  # by arm and seed


def _train(
    plan: Plan, where: Mapping[str, Place], missing: Mapping[str, Sequence[int]], watch: Watch
) -> tuple[Fresh, list[schedule.Failure]]:
    """Train the missing replicates, each recorded as soon as its stack is done; their numbers, and failures."""
    _check_drawable(plan, missing)
    next(iter(where.values())).runs.mkdir(parents=True, exist_ok=True)  # found out before training
    fresh: Fresh = {arm: {} for arm in plan.arms}
    twins = {
        arm: [other for other in plan.arms if where[other].fingerprint == where[arm].fingerprint] for arm in missing
    }

    source.check_unchanged()

    def keep(made: schedule.Made) -> None:
        source.check_unchanged()  # modules that train are imported late: by now all are
        place = where[made.task.arm]
        with watch.clock.phase("record"):
            for seed, outcome in zip(made.task.seeds, made.outcomes, strict=True):
                place.write(seed, outcome)
            place.write_provenance(made.task.seeds, made.seconds)
        with watch.clock.phase("measure"):
            for seed, rows, outcome in zip(made.task.seeds, made.rows, made.outcomes, strict=True):
                for arm in twins[made.task.arm]:
                    own = plan.arms[arm]
                    fresh[arm][seed] = measure(own, plan.about.metrics, plan.asked(arm), rows[0], outcome)

    stacks = schedule.tasks(plan.arms, missing)
    totals: dict[str, int] = {}
    for task in stacks:
        totals[task.arm] = totals.get(task.arm, 0) + schedule.epochs(plan.arms[task.arm])
    done: dict[schedule.Task, int] = {}
    with watch.progress(totals) as advance:

        def progress(task: schedule.Task, epochs_done: int) -> None:
            advance(task.arm, epochs_done - done.get(task, 0))
            done[task] = epochs_done

        failed = schedule.run(
            plan.arms,
            plan.about.vary,
            missing,
            keep,
            progress,
            watch.clock,
            plan.request.device,
            watch.notice,
            watch.meanwhile,
        )
    of_twins = [dataclasses.replace(failure, arm=arm) for failure in failed for arm in twins[failure.arm]]
    return fresh, of_twins


def _measured(plan: Plan, arm: str, place: Place, fresh: Mapping[int, Measured], watch: Watch) -> dict[int, Measured]:
    """The numbers of all seeds: fresh ones, those kept from before, and the rest measured from records."""
    own, about = plan.arms[arm], plan.about
    references = plan.asked(arm)
    key = measuring(own, about.metrics, references)
    with watch.clock.phase("measure"):
        known = place.measured(key, [seed for seed in plan.seeds if seed not in fresh])
        new = dict(fresh)
        for seed in plan.seeds:
            if seed not in known and seed not in fresh:
                rows = drawn(own, about.vary, seed)[0]
                new[seed] = measure(own, about.metrics, references, rows, place.read(seed))
        with contextlib.suppress(OSError):  # a cache: where it cannot be written, records are measured again
            if new:
                place.keep_measured(key, new)
    return known | new
