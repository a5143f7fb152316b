"""python -m run: compose a scenario, make what is missing, show and write what came out."""

import contextlib
import dataclasses
import functools
import gc
import importlib
import importlib.util
import io
import os
import re
import shlex
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mirage import clock, config, records
from mirage.data import CannotDraw

if TYPE_CHECKING:
    import pandas as pd

    from mirage import claims, experiment, report

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(file.stem for file in (ROOT / "conf/claims").glob("*.yaml"))
SCENARIOS = sorted(file.stem for file in (ROOT / "conf/scenario").glob("*.yaml"))

HELP = """\
Accuracy Mirage: why a model with high accuracy predicts poorly, measured over many seeds.

  python -m run scenario=NAME [KEY=VALUE ...]        (or: mirage scenario=NAME ...)

Scenarios: NAME is the example as written, NAME_controlled the fair experiment for its claims
{scenarios}

What to make
  seed=3  replicates=30     the seeds 3 to 32; a replicate that has a record is read, not trained
  force=true                train again all the same
  steps=[tables,figures]    from records only; all: [train,tables,figures]
  results_dir=DIR           instead of this checkout's results/

What to change (the arm under study; arms.NAME.KEY=VALUE for another, arms.NAME=null drops one)
  data.n_train=40  data.noise=2  model.hidden=[32,32]  model.dropout=0.5  model.activation=tanh
  training.epochs=500  training.batch_size=8  training.optimizer.learning_rate=0.01
  training.engine=fit       plain model.fit instead of stacked training: the same numbers, slowly

Examples
  python -m run scenario=dropout seed=3
  python -m run scenario=dropout_controlled replicates=30 arms.high.model.dropout=0.8
  python -m run -m scenario=overfitting,dropout 'seed=range(0,5)'       a sweep: every combination
  python -m run scenario=dropout --cfg job                              all settings, nothing run

Shell completion: eval "$(mirage -sc install=bash)"; Hydra's own help: --hydra-help.
"""


started = time.perf_counter()
begun = False
first_job: list[float] = []  # when jobs began, the first one first
THIS_PROCESS = uuid.uuid4().hex  # on a cluster two processes may bear one number
jobs = 1  # of the sweep that is running, as far as this process knows
failures: list[tuple[str, int]] = []  # what is said at the end on standard error, and the exit status it asks for


def fail(error: Exception) -> None:
    """Keep an error for the end: the jobs after it are run all the same."""
    failures.append((one_line(error), 1 if isinstance(error, CannotMake) else 2))


class CannotRun(Exception):
    """Something outside the configuration is in the way. Its text is one line."""


class CannotMake(Exception):
    """A replicate that failed or diverged. Its text is one line; the others are made all the same."""


def help_text() -> str:
    """The screenful that --help prints, every lesson once, with the title of its scenario as written."""
    titles = {name: OmegaConf.load(ROOT / f"conf/scenario/{name}.yaml").title for name in LESSONS}
    return HELP.format(scenarios="\n".join(f"  {name:<24}{title}" for name, title in titles.items()))


@functools.cache
def declared_arms(scenario: str) -> frozenset[str]:
    """The arms a scenario file declares, with those of the files it starts from."""
    file = OmegaConf.load(ROOT / f"conf/scenario/{scenario}.yaml")
    assert isinstance(file, DictConfig)
    inherited = [name for name in file.get("defaults", []) if name != "_self_" and "/" not in name]
    return frozenset(file.get("arms", {})).union(*map(declared_arms, inherited))


def claims_of(lesson: str) -> "list[claims.Claim]":
    """The claims of a lesson."""
    from mirage import claims

    document = OmegaConf.to_container(OmegaConf.load(ROOT / f"conf/claims/{lesson}.yaml"))
    assert isinstance(document, dict)
    try:
        return claims.parse({str(key): value for key, value in document.items()})
    except ValueError as error:
        raise config.ConfigError(str(error)) from None


def check_claims(plan: config.Plan) -> None:
    """Refuse, before anything is trained, a claim that names an arm, split or metric that the scenario won't have.

    Numbers of the split `model` are known only after training: their names are taken on trust until then.
    """
    from mirage import claims, data
    from mirage.streams import Streams

    stated = claims_of(plan.lesson)
    tests = [test for claim in stated if isinstance(test := claim.test(plan.kind), claims.Test)]
    known = {side for test in tests for side in claims.sides(test) if side[1] == "model" and side[0] in plan.arms}
    for arm, settings in plan.arms.items():
        splits = data.draw(settings.data, Streams(plan.seeds[0], plan.vary))
        for name in (arm, *(f"{arm}:{reference}" for reference in plan.references)):
            known |= {(name, split, metric) for split in splits for metric in plan.metrics}
    for claim in stated:
        try:
            claims.check(claim, plan.kind, known)
        except ValueError as error:
            raise config.ConfigError(str(error)) from None


def lesson_file(name: str) -> Path:
    """The file of a lesson."""
    return ROOT / f"experiments/{name}.py"


def lesson(name: str) -> ModuleType:
    """Load a lesson's file as a module."""
    spec = importlib.util.spec_from_file_location(name, lesson_file(name))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def results_folder(plan: config.Plan) -> Path:
    """The folder results go to; refuses one that cannot be written to."""
    folder = Path(plan.results_dir).absolute() if plan.results_dir else ROOT / "results"
    there = next(p for p in (folder, *folder.parents) if p.exists() or p.is_symlink())
    if not there.is_dir():
        raise config.ConfigError(f"results_dir: got {folder}, takes a folder, but {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise config.ConfigError(f"results_dir: got {folder}, takes a folder that can be written to")
    return folder


def check_drawable(plan: config.Plan, missing: dict[str, Sequence[int]]) -> None:
    """Raise CannotDraw for an arm that no seed gives usable data: those are bad settings, not bad luck."""
    from mirage import data
    from mirage.streams import Streams

    for arm, seeds in missing.items():
        reasons: list[CannotDraw] = []
        for seed in seeds:
            try:
                data.draw(plan.arms[arm].data, Streams(seed, plan.vary))
                break
            except CannotDraw as reason:
                reasons.append(reason)
        if len(reasons) == len(seeds):
            raise reasons[0]


def train(plan: config.Plan, runs: Path, missing: dict[str, Sequence[int]]) -> "list[experiment.Failure]":
    """Train the missing replicates, each recorded as soon as its stack is done; returns those that failed."""
    if not missing:
        return []
    check_drawable(plan, missing)
    runs.mkdir(parents=True, exist_ok=True)  # what cannot be written to is found out before training
    from mirage import experiment, terminal

    def keep(r: "experiment.Replicate") -> None:
        with clock.phase("record"):
            records.write(runs, plan, r.arm, r.seed, records.Record(r.rows, r.history, r.predictions), r.seconds)

    stacks = {arm: sum(t.arm == arm for t in experiment.tasks(plan, missing)) for arm in missing}
    totals = {arm: count * (plan.arms[arm].training.epochs or 1) for arm, count in stacks.items()}
    done: dict[Any, int] = {}
    if experiment.needs_tensorflow(plan, missing):
        experiment.start_tensorflow()
    if "figures" in plan.steps:  # imported while programs compile: a second less to wait for the figure
        threading.Thread(target=importlib.import_module, args=["mirage.figures"], daemon=True).start()
    with terminal.progress(totals) as advance:

        def progress(task: "experiment.Task", epochs_done: int) -> None:
            advance(task.arm, epochs_done - done.get(task, 0))
            done[task] = epochs_done

        return experiment.run(plan, missing, keep, progress)


def remeasure(plan: config.Plan, runs: Path) -> None:
    """Bring the metrics of every record up to the present names and code, from its predictions."""
    for arm in plan.arms:
        for seed in plan.seeds:
            if not records.measured(runs, plan, arm, seed):
                from mirage.measure import measure

                rows = records.read_rows(runs, plan, arm, seed)
                model = {metric: value for _, _, _, split, metric, value in rows if split == "model"}
                predictions = records.read_predictions(runs, plan, arm, seed)
                records.remeasure(runs, plan, arm, seed, measure(plan, arm, predictions, model))


Halves = dict[str, "report.Results"]  # what a lesson's figure shows, by kind of scenario
due: dict[tuple[Path, str], tuple[Halves, bool]] = {}  # figures to draw once all jobs are done, and whether in any case


def intact(runs: Path, plan: config.Plan, arm: str, seed: int) -> bool:
    """Whether a replicate has a record, undamaged; a damaged one is named."""
    if not records.exists(runs, plan, arm, seed):
        return False
    wrong = records.damage(runs, plan, arm, seed)
    if wrong:
        print(f"damaged record: {records.path(runs, plan, arm, seed)}: {wrong}; not used", file=sys.stderr)
    return not wrong


def again_with(plan: config.Plan, seed: int, *more: str) -> str:
    """The command that makes one seed of a plan again."""
    place = [f"results_dir={plan.results_dir}"] if plan.results_dir else []
    # One replicate, whatever a ready sweep among the changes asks for.
    own = [f"scenario={plan.scenario}", f"seed={seed}", "replicates=1", *plan.changes, *place, *more]
    return shlex.join(["python", "-m", "run", *own])


def tell_diverged(plan: config.Plan, rows: "pd.DataFrame") -> None:
    """Name the replicates that diverged: they have records, but no numbers that could be averaged."""
    gone = rows[(rows["metric"] == "diverged") & (rows["value"] == 1)]
    for arm, seeds in gone.groupby("arm", sort=False)["seed"]:
        listed = ", ".join(map(str, seeds))
        fail(CannotMake(f"diverged: {plan.scenario}, arm {arm}, seed{'s' * (len(seeds) > 1)} {listed}: left out"))
        fail(CannotMake(f"again with: {again_with(plan, int(seeds.iloc[0]), 'force=true')}"))


def without(plan: config.Plan, failed: "Sequence[experiment.Failure]") -> config.Plan:
    """The plan without the seeds that failed in any arm, each of which is told, with the command that repeats it."""
    gone = sorted({f.seed for f in failed})
    for seed in gone:
        reasons = {f.arm: " ".join(f"{type(f.reason).__name__}: {f.reason}".split()) for f in failed if f.seed == seed}
        for reason in dict.fromkeys(reasons.values()):
            arms = ", ".join(arm for arm in reasons if reasons[arm] == reason)
            fail(CannotMake(f"failed: {plan.scenario}, seed {seed}, arms {arms}: {reason}"))
        fail(CannotMake(f"again with: {again_with(plan, seed)}"))
    seeds = plan.seeds if not gone else [seed for seed in plan.seeds if seed not in gone]
    if not seeds:
        raise CannotMake(f"{plan.scenario}: no seed is left that has every arm")
    return dataclasses.replace(plan, seeds=seeds)


def perform(plan: config.Plan) -> None:
    """Make what a plan asks for and say where it is."""
    began = time.perf_counter()
    results = results_folder(plan)
    runs = results / "runs"
    again = plan.force and "train" in plan.steps
    missing = {arm: [s for s in plan.seeds if again or not intact(runs, plan, arm, s)] for arm in plan.arms}
    to_train, total = sum(map(len, missing.values())), len(plan.arms) * len(plan.seeds)
    failed: list[experiment.Failure] = []
    if "train" in plan.steps:
        if to_train and plan.canonical:  # a changed run may lack what a claim is about
            check_claims(plan)
        failed = train(plan, runs, {arm: seeds for arm, seeds in missing.items() if seeds})
        plan = without(plan, failed)
    elif to_train:
        raise CannotRun(f"{plan.scenario}: {to_train} of {total} replicates have no record; train them first (steps)")
    remeasure(plan, runs)

    from mirage import report, summary, terminal

    loaded = report.load(runs, plan, claims_of(plan.lesson))
    tell_diverged(plan, loaded.rows)
    means = summary.summarise(loaded.rows)
    terminal.out.print(terminal.table(plan.title, means, list(plan.arms), plan.show, plan.seeds))
    if len(plan.seeds) > 1:
        terminal.out.print(terminal.verdicts(loaded.judged))
    trained = to_train - len(failed) if "train" in plan.steps else 0
    terminal.out.print(f"replicates  {trained} trained, {total - to_train} read from their records")
    for arm in plan.arms:
        terminal.out.print(f"records     {records.path(runs, plan, arm, plan.seeds[0]).parent}")
    if "tables" in plan.steps:
        terminal.out.print(f"table       {report.write_tables(results, loaded, SCENARIOS)}")
        if plan.canonical:
            terminal.out.print(f"claims      {report.write_claims(results, loaded, LESSONS)}")
    if "figures" in plan.steps:
        again = "train" not in plan.steps
        if plan.canonical:
            halves, due_again = due.get((results, plan.lesson), ({}, False))
            due[results, plan.lesson] = halves | {plan.kind: loaded}, due_again or again
        else:
            draw(results, [loaded], again)
    terminal.out.print(f"took        {time.perf_counter() - began:.1f} s for {plan.scenario}")


def draw(results: Path, halves: "Sequence[report.Results]", again: bool) -> None:
    """Draw a lesson's figure, unless it is up to date, and say where it is."""
    from mirage import report, terminal

    plan = halves[0].plan
    if again or not report.up_to_date(results, halves, lesson_file(plan.lesson)):
        with clock.phase("draw"):
            from mirage import figures

            shown = lesson(plan.lesson)
            report.write_figure(results, halves, lesson_file(plan.lesson), lambda h: figures.compose(shown, h))
    for place in report.figure_files(results, plan):
        terminal.out.print(f"figure      {place}")


def draw_due() -> None:
    """Draw the figures of canonical runs: each shows both scenarios of its lesson, as far as they have records."""
    from mirage import report

    for (results, name), (halves, again) in due.items():
        runs = results / "runs"
        for kind, scenario in (("as_written", name), ("controlled", f"{name}_controlled")):
            if kind not in halves and scenario in SCENARIOS:
                plan = canonical_plan(scenario)
                if all(intact(runs, plan, arm, seed) for arm in plan.arms for seed in plan.seeds):
                    remeasure(plan, runs)
                    halves[kind] = report.load(runs, plan, claims_of(name))
        if halves:
            draw(results, [halves[kind] for kind in config.KINDS if kind in halves], again)
    due.clear()


def canonical_plan(scenario: str) -> config.Plan:
    """The plan of a scenario file unmodified, over the canonical seeds."""
    overrides = [f"scenario={scenario}", f"replicates={len(config.CANONICAL_SEEDS)}"]
    with hydra.initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return plan_of(hydra.compose("config", overrides), scenario, overrides)


def plan_of(composed: DictConfig, scenario: str, overrides: list[str]) -> config.Plan:
    """The checked plan of a composed configuration."""
    plan = config.resolve(composed, scenario, overrides, declared_arms(scenario))
    if plan.lesson not in LESSONS or not lesson_file(plan.lesson).is_file():
        raise config.ConfigError(f"lesson: got {plan.lesson}, takes one of {', '.join(LESSONS)}")
    return plan


# Hydra makes objects of what its own settings name, down to any class or function of any package: of these settings
# only those of launching jobs can be typed, and none that names or computes what is made.
HYDRA_KEYS = ("hydra/launcher", "hydra.launcher.", "hydra.sweeper.")
HYDRA_TAKES = "hydra/launcher=NAME, hydra.launcher.KEY=VALUE and hydra.sweeper.KEY=VALUE, without _target_ or ${...}"
CODE_IN = re.compile(r"_target_|\$\{")


def check_typed(overrides: Sequence[str]) -> None:
    """Refuse what Hydra would run as code, and a scenario that is not one of ours.

    To the latter Hydra has many answers, an internal error among them.
    """
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key, typed = override.key_or_group, override.input_line or ""
        of_hydra = key == "hydra" or key.startswith(("hydra.", "hydra/"))
        if of_hydra and (not key.startswith(HYDRA_KEYS) or CODE_IN.search(typed)):
            raise config.ConfigError(f"{typed}: got a key of Hydra's that can name code to run, takes {HYDRA_TAKES}")
        if override.key_or_group != "scenario":
            continue
        value = override.value()
        for name in value.list if isinstance(value, ChoiceSweep) else [value]:
            if isinstance(name, Glob):
                shown, good = f"glob({','.join(name.include)})", bool(name.filter(SCENARIOS))
            else:
                shown = "null" if name is None else str(getattr(name, "text", name))
                good = shown in (*SCENARIOS, "???")  # the last is Hydra's word for not given
            if not good:
                got = f"got {shown}{config.closest(shown, SCENARIOS)}"
                raise config.ConfigError(f"scenario: {got}, takes one of {', '.join(SCENARIOS)}")


class Done(NamedTuple):
    """What a job tells the process that started the sweep: its own process, what failed, and the time by phase."""

    process: str
    failed: list[tuple[str, int]]
    spent: dict[str, float]


def job(composed: DictConfig) -> Done:
    """One job of Hydra's, in this process or a worker's."""
    global begun
    begun, before = True, len(failures)
    first_job.append(time.perf_counter())
    try:
        settings = HydraConfig.get()
        perform(plan_of(composed, settings.runtime.choices["scenario"], list(settings.overrides.task)))
    except (config.ConfigError, CannotRun, CannotMake, CannotDraw, MemoryError, OmegaConfBaseException, OSError) as e:
        fail(e)
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        tell_place(HydraConfig.get().job.num + 1)
    return Done(THIS_PROCESS, failures[before:], clock.spent())


def tell_place(done: int) -> None:
    """Say how much of a sweep is left, where its jobs follow one another in this process."""
    if done < jobs:
        from mirage import terminal

        left = (time.perf_counter() - first_job[0]) / done * (jobs - done)
        terminal.out.print(f"so far      {done} of {jobs} jobs, {terminal.time_left(left)}")


def after_sweep(plans: Sequence[config.Plan], returned: Sequence[Done]) -> None:
    """Gather what workers tell, and sum up every scenario of which several settings were run."""
    of_workers = [done for done in returned if done.process != THIS_PROCESS]
    for done in of_workers:
        failures.extend(done.failed)
    for spent in {done.process: done.spent for done in of_workers}.values():  # the last one of each has all of it
        clock.add(spent)
    for plan in plans:
        if plan.canonical and "figures" in plan.steps:  # those of workers; what this process has is there already
            due.setdefault((results_folder(plan), plan.lesson), ({}, "train" not in plan.steps))
    from mirage import sweep, terminal

    for scenario in dict.fromkeys(plan.scenario for plan in plans):
        own = [plan for plan in plans if plan.scenario == scenario]
        if sweep.swept(own):
            for place in sweep.write(results_folder(own[0]), own):
                terminal.out.print(f"sweep       {place}")


def one_line(error: Exception) -> str:
    """An error as one clear line."""
    known = ", ".join(SCENARIOS)
    if "must specify 'scenario" in str(error):
        return f"scenario: not given, takes one of {known}; for example: python -m run scenario={SCENARIOS[0]}"
    if isinstance(error, config.ConfigError | CannotRun | CannotMake | CannotDraw):
        return str(error)
    if isinstance(error, MemoryError):
        return f"not enough memory: {' '.join(str(error).split()) or 'the settings ask for too much'}"
    if isinstance(error, OSError) and not isinstance(error, HydraException):  # Hydra's missing file is both
        return f"cannot write results: {error}"
    return config.explain(error)


def main() -> None:
    """Entry point of `python -m run` and of the console script `mirage`."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(help_text())
        return
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # Hydra then raises its errors, and `one_line` words them
    config.register()
    try:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            typed = get_args_parser().parse_args()
    except SystemExit as stop:
        if stop.code:
            print(said.getvalue().splitlines()[-1], file=sys.stderr)
        raise
    try:
        if not typed.shell_completion:
            check_typed(typed.overrides)
        # Not as a decorator: workers get the function by its name, and with it the module's own state.
        hydra.main(version_base="1.3", config_path=str(ROOT / "conf"), config_name="config")(job)()
    except (config.ConfigError, HydraException, OmegaConfBaseException) as error:
        fail(error)
    except ValueError as error:
        if begun:
            raise
        fail(error)  # Hydra's word for flags that do not go together
    except BrokenExecutor:
        print(
            "a worker ended unexpectedly, killed or out of memory; complete records are kept; the same command goes on",
            file=sys.stderr,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted: complete records are kept; the same command goes on from there", file=sys.stderr)
        sys.exit(130)
    try:
        draw_due()  # also after a failed job: what the others made is shown
    except OSError as error:
        fail(error)
    if clock.spent():
        spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.spent().items())
        print(f"time        {time.perf_counter() - started:.1f} s; by phase, all cores added up: {spent}")
    gc.freeze()  # at exit Python would otherwise walk through all of TensorFlow's objects, for more than a second
    for line, _ in failures:
        print(line, file=sys.stderr)
    if failures:
        sys.exit(max(status for _, status in failures))


if __name__ == "__main__":
    # Not this copy of the module, which only its own process knows: workers import `run` by its name.
    importlib.import_module("run").main()
