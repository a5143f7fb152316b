"""What workers do, a job each: train a plan's missing replicates, write a table, draw a picture, sum up a sweep."""

import contextlib
import dataclasses
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mirage import api, making
from mirage.cli import job, launch
from mirage.clock import Clock
from mirage.config import project
from mirage.config.plan import Plan
from mirage.making import Made, Watch
from mirage.report import stamps, sweeps, tables
from mirage.settings import ConfigError
from mirage.training.schedule import tasks

ONCE = ("import", "compile")  # phases that a program needs before its first stack, and no other
OFTEN = 0.5  # seconds between two tellings of progress
Lines = list[tuple[str, int]]  # for standard error, each with the exit status it asks for
Tell = Callable[[Any], None]


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a training is, 0 to 1; how many of its stacks that is; seconds so far, without import and compiling."""

    done: float
    stacks: float
    seconds: float


@dataclasses.dataclass(frozen=True)
class Notice:
    """A line for standard error."""

    line: str


@dataclasses.dataclass(frozen=True)
class Done:
    """What a job leaves to the command."""

    files: list[Path] = dataclasses.field(default_factory=list)
    errors: Lines = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    """Why something was not written."""
    log: str = ""
    failed: int = 0
    """Replicates that could not be trained."""
    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    """A canonical scenario's tables: its own, which is written, and its rows of the common ones, which are not yet."""
    follows: str = ""
    """What these follow from."""


def train(plan: Plan, missing: Mapping[str, Sequence[int]], tell: Tell, clock: Clock) -> Done:
    """Train these seeds by arm; what fails is listed with the command that repeats it."""
    try:
        failures = api.train(plan, missing, _watch(tell, clock, len(tasks(plan.arms, missing))))
    except OSError:
        raise
    except job.ERRORS as error:
        line, status = job.line_of(error)
        return Done(errors=[(f"{plan.scenario}: {line}", status)], failed=sum(map(len, missing.values())))
    return Done(errors=job.failed(plan, failures), failed=len({(one.arm, one.seed) for one in failures}))


def table(plan: Plan, tell: Tell, clock: Clock) -> Done:
    """Write a scenario's own table, and make its rows of the common ones; of the seeds that have every arm's record."""
    made, error = _read(plan, tell, clock)
    if made is None:
        return Done(errors=error)
    plan = made.results.plan
    errors = job.diverged(plan, made)
    with clock.phase("write"):
        log = _shown(made)
        folder = making.results_folder(plan)
        if not plan.canonical:
            return Done([tables.write_tables(folder, made.results, project.scenarios())], errors, log=log)
        follows = tables.followed((plan, made.results.records))
        texts = tables.texts(made.results)
        file = tables.write_own(folder, plan, texts)
    return Done([file], errors, log=log, texts=texts, follows=follows)


def figure(lesson: str, plans: Sequence[Plan], tell: Tell, clock: Clock) -> Done:
    """Draw a lesson's figure."""
    return _drawn(launch.draw_lesson, lesson, plans, clock)


def headline(lesson: str, plans: Sequence[Plan], tell: Tell, clock: Clock) -> Done:
    """Draw a lesson's headline picture, under the sentence that follows from this checkout's tables."""
    return _drawn(launch.draw_headline, lesson, plans, clock)


def _drawn(draw: Callable[..., tuple[list[Path], str]], lesson: str, plans: Sequence[Plan], clock: Clock) -> Done:
    again = "train" not in plans[0].request.steps
    try:
        with clock.phase("draw"):
            files, why = draw(lesson, [_reading(plan) for plan in plans], again)
    except OSError:
        raise
    except job.ERRORS as error:
        return Done(errors=[job.line_of(error)])
    return Done(files, notes=[why] if why else [])


def sweep(name: str, plans: Sequence[Plan], tell: Tell, clock: Clock) -> Done:
    """Write the table and the figure of a ready sweep."""
    placed = [(plan, making.places(plan)) for plan in plans]
    follows = sweeps.followed(placed)
    try:
        with clock.phase("measure"):
            found = [launch.recorded(plan) for plan in plans]
        errors = [line for plan, made in zip(plans, found, strict=True) if made for line in job.diverged(plan, made)]
        with clock.phase("draw"):
            files, why = launch.write_sweep(plans, found)
    except OSError:
        raise
    except job.ERRORS as error:
        return Done(errors=[job.line_of(error)])
    if files:
        stamp = stamps.place(making.results_folder(plans[0]), f"sweep-{name}")
        stamps.put(stamp, follows, stamps.contents(files), [line for line, _ in errors])
    return Done(files, errors, notes=[why] if why else [])


def documents(tell: Tell, clock: Clock) -> Done:
    """Write the documents that are made from this checkout's tables."""
    from mirage.cli import report

    with clock.phase("write"):
        try:
            files, notices = report.write()
        except ConfigError as error:
            return Done(errors=[job.line_of(error)])
    return Done(files, notes=notices)


def _read(plan: Plan, tell: Tell, clock: Clock) -> tuple[Made | None, Lines]:
    """What there is of a canonical plan: of all seeds or, where some could not be trained, of the others."""
    try:
        if "train" in plan.request.steps:
            places = making.places(plan).values()
            seeds = [seed for seed in plan.seeds if all(place.exists(seed) for place in places)]
            if not seeds:
                return None, [(f"{plan.scenario}: table not written: no seed has a record of every arm", job.FAILED)]
            plan = dataclasses.replace(plan, seeds=seeds)
        return api.perform(_reading(plan), _watch(tell, clock, 1)), []
    except OSError:
        raise
    except job.ERRORS as error:
        return None, [job.line_of(error)]


def _reading(plan: Plan) -> Plan:
    """The same plan, to be read from records alone."""
    return dataclasses.replace(plan, request=plan.request.model_copy(update={"steps": ["tables"]}))


def _watch(tell: Tell, clock: Clock, stacks: int) -> Watch:
    """A watch that tells the parent, not more often than it needs to know."""

    @contextlib.contextmanager
    def progress(totals: Mapping[str, int]) -> Iterator[making.Advance]:
        total, done, began = sum(totals.values()), 0, time.monotonic()
        said = began

        def advance(arm: str, epochs: int) -> None:
            nonlocal done, said
            done += epochs
            if (now := time.monotonic()) - said >= OFTEN:
                said = now
                share = min(1.0, done / total)
                once = sum(clock.spent().get(phase, 0.0) for phase in ONCE)
                tell(Progress(share, share * stacks, now - began - once))

        yield advance

    return Watch(progress, lambda line: tell(Notice(line)), clock)


def _shown(made: Made) -> str:
    """A scenario's table and verdicts as text."""
    from rich.console import Console

    from mirage.cli import terminal

    plan, page = made.results.plan, io.StringIO()
    to = Console(file=page, width=terminal.NARROWEST, highlight=False, markup=False, emoji=False, soft_wrap=True)
    to.print(terminal.table(plan.about.title, made.results.table(), list(plan.arms), plan.about.show, plan.seeds))
    if plan.about.lesson:
        to.print(terminal.verdicts(made.results.judged))
    return page.getvalue()
