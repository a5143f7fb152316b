"""`make all`: make everything, or what is named, and say so on one screen.

`python -m mirage.cli.everything [-v] [scenario=NAMES] [sweep=NAMES] [steps=[train,tables,figures]] [results_dir=DIR]`
"""

import dataclasses
import gc
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mirage import making
from mirage.cli import main as single
from mirage.cli import terminal
from mirage.cli.everything import actions, estimate, planning, pool, screen
from mirage.cli.everything.actions import Done, Lines
from mirage.cli.everything.planning import Chosen, Todo
from mirage.cli.everything.pool import Broken, Job
from mirage.cli.job import FAILED
from mirage.clock import Clock
from mirage.config import project
from mirage.records.files import write_text
from mirage.report import stamps, tables

DOCUMENTS = "documents"
WRITING = {actions.table: "table", actions.sweep: "sweep"}  # what sentences are made from
BEGAN = time.perf_counter() - time.process_time()  # about when Python started


@dataclasses.dataclass
class Made:
    """What has become of everything so far."""

    errors: Lines = dataclasses.field(default_factory=list)
    files: list[Path] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    log: list[str] = dataclasses.field(default_factory=list)
    tables: list[tuple[str, Done]] = dataclasses.field(default_factory=list)
    failed: int = 0


def main(words: Sequence[str] | None = None) -> None:
    """Make everything; exit status 0, 1 where something failed, 2 for bad input, 130 if interrupted."""
    terminal.print_any_sign()
    typed = list(sys.argv[1:] if words is None else words)
    lines = single.guarded(lambda: command([word for word in typed if word != "-v"], "-v" in typed))
    for line, _ in lines:
        print(line, file=sys.stderr)
    sys.stdout.flush()
    gc.freeze()
    if lines:
        sys.exit(max(status for _, status in lines))


def command(words: Sequence[str], verbose: bool) -> Lines:
    """Make what these words name, say so, and give the lines on what failed."""
    clock, out = Clock(), terminal.console()
    clock.add({"start": time.perf_counter() - BEGAN})
    with clock.phase("plan"):
        found = planning.chosen(words)
    with clock.phase("verify"):
        work = planning.todo(found)
        if work.outdated:
            tables.put(making.results_folder(found.plans[0]), [], planning.in_common())
        documents = planning.documents_to_write(found)
    cores = planning.cores()
    for line in work.damaged:
        terminal.console(stderr=True).print(line)
    out.print(screen.to_do(work, documents, cores))
    made = Made(errors=[(line, FAILED) for line in work.said])
    alone = time.perf_counter() - BEGAN - sum(clock.spent().values())
    if work.trainings or work.products or documents:
        _make(found, work, documents, cores, made, clock, verbose)
    clock.add({"other": alone})
    if found.plans:
        _say(found, work, made, time.perf_counter() - BEGAN, clock)
    return made.errors


def _make(found: Chosen, work: Todo, documents: bool, cores: int, made: Made, clock: Clock, verbose: bool) -> None:
    """Have the workers do all there is to do."""
    results = making.results_folder(found.plans[0])
    (results / "runs").mkdir(parents=True, exist_ok=True)  # found out before training
    costs = estimate.read(project.RESULTS / "tables" / "benchmark.csv")
    expected = estimate.of_trainings(costs, found.scenarios, work.trainings)
    jobs = [
        Job(one.name, actions.train, (one.plan, one.missing), expected[one.name], one.plan.scenario)
        for one in work.trainings
    ]
    headlines = [product for product in work.products if product.kind == planning.HEADLINE]
    jobs += [_product(product) for product in work.products if product not in headlines]
    left = Counter(product.kind for product in work.products if product.kind in planning.WRITTEN)
    jobs += [] if left else _last(documents, headlines)
    done: dict[str, float] = {}
    estimated = False
    with terminal.overall(sum(job.cost for job in jobs)) as (err, advance):

        def proceed(job: Job, share: float) -> None:
            advance(job.cost * (share - done.get(job.name, 0.0)))
            done[job.name] = share

        def told(job: Job, content: Any) -> None:
            nonlocal estimated
            if isinstance(content, actions.Notice):
                err.print(content.line)
                return
            proceed(job, content.done)
            if costs.scenarios and not estimated and content.stacks >= 1:
                estimated = True
                speed = estimate.speed(costs, job.cost, content.done, content.seconds)
                err.print(screen.estimated(speed * estimate.seconds(work, expected, cores), speed))

        def ended(job: Job, content: Done | Broken, seconds: float) -> list[Job]:
            proceed(job, 1.0)
            content = _taken(job, content, seconds, made)
            if verbose and content.log:
                print(content.log)
            kind = WRITING.get(job.action)
            if kind is None:
                return []
            left[kind] -= 1
            if kind == "table":
                made.tables.append((job.name.removeprefix("table "), content))
                if not left[kind]:
                    with clock.phase("write"):
                        _write_common(results, made)
            return [] if left.total() else _last(planning.documents_to_write(found), headlines)

        pool.run(jobs, cores, told, ended, clock)
    text = "\n".join(filter(None, [*made.log, *(line for line, _ in made.errors)]))
    write_text(results / "runs" / "make-all.log", text + "\n")


def _taken(job: Job, content: Done | Broken, seconds: float, made: Made) -> Done:
    """Add what a job left to what there is."""
    made.log.append(f"took        {seconds:.1f} s for {job.name}\n")
    if isinstance(content, Broken):
        made.log.append(content.trace)
        lost = sum(map(len, job.arguments[1].values())) if job.action is actions.train else 0
        content = Done(errors=[(f"failed: {job.name}: {content.line}", FAILED)], failed=lost)
    made.errors += content.errors
    made.files += content.files
    made.notes += content.notes
    made.log.append(content.log)
    made.failed += content.failed
    return content


def _product(product: planning.Product) -> Job:
    name = f"{product.kind} {product.name}"
    if product.kind == "table":
        return Job(name, actions.table, (product.plans[0],), estimate.PRODUCT, after=product.after)
    action = {"figure": actions.figure, planning.HEADLINE: actions.headline}.get(product.kind, actions.sweep)
    return Job(name, action, (product.name, product.plans), estimate.PRODUCT, after=product.after)


def _last(documents: bool, headlines: Sequence[planning.Product]) -> list[Job]:
    """What follows from the common tables: the documents, if they are to be written, then pictures under a sentence."""
    first = [Job(DOCUMENTS, actions.documents, (), estimate.PRODUCT)] if documents else []
    after = frozenset(job.name for job in first)
    return first + [dataclasses.replace(job, after=job.after | after) for job in map(_product, headlines)]


def _write_common(results: Path, made: Made) -> None:
    """Write the common tables once, with the rows of all scenarios that were made, and note these as made."""
    whole = [(name, done) for name, done in made.tables if done.texts]
    tables.put(results, [done.texts for _, done in whole], planning.in_common())
    for name, done in whole:
        said = [line for line, _ in done.errors]
        parts = {file: text.encode() for file, text in done.texts.items()}
        stamps.put(stamps.place(results, f"table-{name}"), done.follows, parts, said)
    made.files += [results / "tables" / name for name in tables.COMMON] if whole else []


def _say(found: Chosen, work: Todo, made: Made, wall: float, clock: Clock) -> None:
    """The last screen."""
    out = terminal.console()
    results = making.results_folder(found.plans[0])
    trained = sum(training.replicates for training in work.trainings) - made.failed
    missing = sum(training.replicates for training in work.trainings)
    out.print(f"replicates  {trained} trained, {work.replicates - missing} read from their records")
    for line in screen.written(made.files, made.notes):
        out.print(line)
    if (shown := screen.counts(results / "tables" / "claims.csv", (p.scenario for p in found.scenarios))) is not None:
        out.print(shown)
    if results == project.RESULTS:
        out.print(f"ledger      {results / 'README.md'}")
    for name, place in (("tables", "tables"), ("figures", "figures"), ("log", "runs/make-all.log")):
        if (results / place).exists():
            out.print(f"{name:<11} {results / place}")
    out.print(screen.time_by_phase(wall, clock.spent()))


if __name__ == "__main__":
    main()
