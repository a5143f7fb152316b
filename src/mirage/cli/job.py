"""One job: a plan is made, shown, and written. Every job of a sweep is one, in this process or a worker's."""

import dataclasses
import functools
import shlex
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from mirage import api, making
from mirage.claims.stated import Stated
from mirage.clock import Clock
from mirage.config import compose, project
from mirage.config.plan import Plan
from mirage.config.typed import parse, written
from mirage.data.split import CannotDraw
from mirage.making import CannotRun, Made
from mirage.records.checked import Damaged
from mirage.settings import ConfigError
from mirage.training.schedule import Failure

PROCESS = uuid.uuid4().hex  # process ids are not unique across the nodes of a cluster

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130  # exit statuses
ERRORS = (ConfigError, CannotRun, CannotDraw, Damaged, MemoryError, OSError)


@dataclasses.dataclass(frozen=True)
class Session:
    """The command that a job belongs to: how many jobs it has, and when and in which process the first one began."""

    jobs: int = 1
    began: float = dataclasses.field(default_factory=time.time)
    process: str = PROCESS


@dataclasses.dataclass(frozen=True)
class Report:
    """What a job leaves to the command that started it."""

    errors: list[tuple[str, int]]
    """Lines for standard error, each with the exit status it asks for."""
    spent: dict[str, float]
    done: bool
    """Whether there are results."""
    answer: Sequence[tuple[str, str]] = ()
    """What the end of the command says, by label: the question of the plan's lesson and what these seeds say on it."""


def run(words: Sequence[str], session: Session, number: int = 1) -> Report:
    """Make, show and write the plan of these words; `number` is the job's place in a sweep, from 1."""
    try:
        plan = compose.plan_of(parse(words))
    except ERRORS as error:
        return Report([line_of(error)], {}, False)
    return do(plan, session, number)


def do(plan: Plan, session: Session, number: int = 1, clock: Clock | None = None) -> Report:
    """Make, show and write a plan; `clock` is told what is spent, in place of the report."""
    own = clock is None
    clock = clock or Clock()
    errors: list[tuple[str, int]] = []
    said: list[tuple[str, str]] = []
    done = False
    try:
        lesson = api.stated(plan.about.lesson) if plan.about.lesson else None
        made = perform(plan, clock, lesson)
        errors += [*failed(plan, made.failed), *diverged(plan, made)]
        if lesson is not None and session.jobs == 1:
            said = _answer(lesson, made)
        done = True
    except ERRORS as error:
        errors.append(line_of(error))
    if number < session.jobs and session.process == PROCESS:
        from mirage.cli.terminal import console, time_left

        left = (time.time() - session.began) / number * (session.jobs - number)
        console().print(f"so far      {number} of {session.jobs} jobs, {time_left(left)}")
    if own:
        clock.add({"other": clock.other()})
    return Report(errors, clock.spent() if own and done else {}, done, said)


def line_of(error: BaseException) -> tuple[str, int]:
    """An error as one clear line, and its exit status."""
    if isinstance(error, MemoryError):
        return f"not enough memory: {' '.join(str(error).split()) or 'the settings ask for too much'}", BAD_INPUT
    if isinstance(error, OSError):
        return f"cannot write results: {error}", BAD_INPUT
    return " ".join(str(error).split()), BAD_INPUT


def _import_what_writes() -> None:
    """Import what tables and figures need while programs compile, which leaves Python idle."""
    import mirage.figures.page
    import mirage.report.tables

    assert mirage.figures.page and mirage.report.tables


def perform(plan: Plan, clock: Clock, lesson: Stated | None) -> Made:
    """Make what a plan asks for and say where it is; `lesson` is what stands in its lesson's file of claims."""
    from mirage.cli import terminal

    out, err = terminal.console(), terminal.console(stderr=True)
    began = time.perf_counter()
    _name_old_records(plan, err.print)
    made = api.perform(plan, making.Watch(terminal.progress, err.print, clock, _import_what_writes), lesson)
    plan = made.results.plan
    if plan.changes:
        out.print(f"changed     {' '.join(change.typed for change in plan.changes)}")
    out.print(terminal.table(plan.about.title, made.results.table(), list(plan.arms), plan.about.show, plan.seeds))
    if len(plan.seeds) > 1 and plan.about.lesson:
        out.print(terminal.verdicts(made.results.judged))
    out.print(f"replicates  {made.trained} trained, {made.read} read from their records")
    for folder in dict.fromkeys(place.folder for place in made.results.records.values()):
        out.print(f"records     {folder}")
    for kind, place in write(made, clock, lesson):
        out.print(f"{kind:<11} {place}")
    out.print(f"took        {time.perf_counter() - began:.1f} s for {plan.scenario}")
    return made


def _answer(lesson: Stated, made: Made) -> list[tuple[str, str]]:
    """The question of a lesson and the sentence that answers it, each with its label."""
    from mirage.cli import answer

    results = made.results
    judged = answer.canonical(lesson, results, project.RESULTS / "tables")
    return [("question", api.question(lesson.lesson)), ("answer", answer.answer(lesson, results, judged))]


def write(made: Made, clock: Clock, lesson: Stated | None) -> list[tuple[str, Path]]:
    """Write the table and figure of a plan: what was written, by kind.

    A canonical plan's figure, which shows all of its lesson's scenarios, is drawn at the end of the command; a ready
    sweep's jobs have one table and figure together.
    """
    plan, written = made.results.plan, []
    folder = making.results_folder(plan)
    if plan.sweep is not None:
        return []
    if "tables" in plan.request.steps:
        from mirage.report import tables

        with clock.phase("write"):
            written.append(("table", tables.write_tables(folder, made.results, project.scenarios())))
            if plan.canonical and plan.about.lesson:
                written.append(("claims", tables.write_claims(folder, made.results, project.lessons())))
    if "figures" in plan.request.steps and not plan.canonical and lesson is not None:
        from mirage.report import pages

        with clock.phase("draw"):
            again = "train" not in plan.request.steps
            load, file = functools.partial(api.lesson_module, lesson.lesson), project.lesson_file(lesson.lesson)
            drawn = pages.write_page(folder, load, file, [made.results], lesson.scenarios, again)
        written += [("figure", place) for place in drawn]
    return written


def again_with(plan: Plan, seed: int, *more: str) -> str:
    """The command that makes one seed of a plan again."""
    place = [f"results_dir={written(plan.request.results_dir)}"] if plan.request.results_dir else []
    typed = [change.typed for change in plan.changes]
    words = [f"scenario={plan.scenario}", f"seed={seed}", "replicates=1", *typed, *place, *more]
    return shlex.join(["python", "-m", "run", *words])


def failed(plan: Plan, failures: Sequence[Failure]) -> list[tuple[str, int]]:
    """Every seed that failed, with its reasons and the command that repeats it."""
    lines = []
    for seed in sorted({failure.seed for failure in failures}):
        reasons = {
            f.arm: " ".join(f"{type(f.reason).__name__}: {f.reason}".split()) for f in failures if f.seed == seed
        }
        for reason in dict.fromkeys(reasons.values()):
            arms = ", ".join(arm for arm in plan.arms if reasons.get(arm) == reason)
            lines.append((f"failed: {plan.scenario}, seed {seed}, arms {arms}: {reason}", FAILED))
        lines.append((f"again with: {again_with(plan, seed)}", FAILED))
    return lines


def diverged(plan: Plan, made: Made) -> list[tuple[str, int]]:
    """The replicates that diverged: they have records, but no numbers that could be averaged."""
    lines = []
    for arm, seeds in made.diverged.items():
        listed = ", ".join(map(str, seeds))
        lines.append((f"diverged: {plan.scenario}, arm {arm}, seed{'s' * (len(seeds) > 1)} {listed}: left out", FAILED))
        lines.append((f"again with: {again_with(plan, seeds[0], 'force=true')}", FAILED))
    return lines


def _name_old_records(plan: Plan, say: "making.Notice") -> None:
    """Name records of an older layout once, with their size and the command that removes them."""
    from mirage.records.store import old_layout

    runs = making.results_folder(plan) / "runs"
    folders, size = old_layout(runs)
    if folders:
        listed = shlex.join(map(str, folders))
        say(f"records of an older layout are not used ({size / 2**20:.0f} MiB); remove them with: rm -r {listed}")
