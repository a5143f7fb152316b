"""How fast the suite is, beside what it replaces: `make bench`.

The rivals of a part are measured in one go on one machine, in turn, and the middle of the repeats is taken: on a busy
machine only the ratios within a part mean anything. Prints a table and writes results/tables/benchmark.csv. All parts
take half an hour; `python benchmarks/bench.py growth` is one of them. No replicate of seeds 200 to 399 is made.
"""

import functools
import os
import re
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pages
import pandas as pd
import rivals
from processes import UNITS_PER_GIB, Note, command, matrix_product_rate, seconds, time_and_memory

import mirage
from mirage.claims.claims import AT_MARGIN, OPEN
from mirage.claims.statistics import LEVEL, SINGLE, guarded_interval, share_interval
from mirage.claims.verdicts import verdict
from mirage.config import project
from mirage.records.files import write_text
from mirage.report import documents
from mirage.training.replicate import WIDTH
from mirage.training.start import start_tensorflow

TABLE = project.RESULTS / "tables" / "benchmark.csv"
COLUMNS = ["part", "what", "value", "unit", "target", "met"]
REPEATS = 3
GROWTH = (10, 100, 1000, 10_000)  # replicates
FIRST = 1000  # seed of many replicates: on 200 to 399 verdicts are passed
PLANNED = 100_000  # seeds
WORKERS = ("hydra/launcher=joblib",)  # one a core
EVERYTHING = ("-m", "mirage.cli.everything")  # make all


def training(note: Note, scratch: str) -> None:
    """One scenario: the article's recipe, `model.fit`, stacked training, JAX, and the matrix products alone."""
    plain = [command("-c", rivals.RECIPE, "0") for _ in range(2)]
    recipe = [command("-c", rivals.RECIPE, "0.2") for _ in range(2)]
    fit = {
        name: statistics.median(float(re.findall(r"fit seconds (\S+)", out)[0]) for _, out in runs)
        for name, runs in (("overfitting", plain), ("dropout", recipe))
    }
    for name, value in fit.items():
        note(f"{name}: model.fit", value, "s a replica")
    _whole_processes(note, scratch, statistics.median(took for took, _ in recipe))
    _stacked(note, fit)


def _whole_processes(note: Note, scratch: str, recipe: float) -> None:
    """Single runs and many seeds as processes of their own; `recipe` is the article's, in seconds."""
    one = ("-m", "run", "scenario=dropout")
    cold = statistics.median(command(*one, "seed=3", f"results_dir={scratch}/{i}")[0] for i in range(REPEATS))
    note("dropout: the article's recipe, whole process", recipe, "s")
    note("dropout: python -m run scenario=dropout seed=3, whole process", cold, "s")
    note("dropout: recipe / run, whole process", recipe / cold, "times", "at least 10")
    again = statistics.median(command(*one, "seed=3", f"results_dir={scratch}/0")[0] for i in range(REPEATS))
    note("dropout: the same run, recorded, nothing to draw, whole process", again, "s", "at most 1")
    wall = {}
    for seeds in (32, 320):
        wall[seeds], _ = command(*one, f"replicates={seeds}", f"results_dir={scratch}/{seeds}")
        note(f"dropout: {seeds} seeds, whole process", wall[seeds], "s")
    note("dropout: 320 seeds / 32 seeds", wall[320] / wall[32], "times", "at most 11")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / UNITS_PER_GIB
    note("largest memory of any of these processes", peak, "GiB", "below 2")


def _stacked(note: Note, fit: dict[str, float]) -> None:
    """Stacked training beside JAX and matrix products; `fit` has the seconds of one `model.fit` by scenario."""
    start_tensorflow()
    plans = {"overfitting": rivals.plan_of("overfitting", "network"), "dropout": rivals.plan_of("dropout", "dropout")}
    rival = rivals.jax_training(say)
    actions: dict[str, Callable[[], Any]] = {
        name: functools.partial(rivals.train_stacked, plan) for name, plan in plans.items()
    }
    if rival:
        actions["jax"] = rival
    actions["scikit-learn"] = rivals.sklearn_training
    first = {name: seconds(action) for name, action in actions.items()}
    spent: dict[str, list[float]] = {name: [] for name in actions}
    rates = []
    for _ in range(REPEATS):
        rates.append(matrix_product_rate())
        for name, action in actions.items():
            spent[name].append(seconds(action))
    replica = {name: statistics.median(values) / rivals.SEEDS for name, values in spent.items()}
    replica["scikit-learn"] *= rivals.SEEDS  # trains a single one
    rate = statistics.median(rates)

    width = f"{rivals.SEEDS} seeds in stacks of {WIDTH}"
    for name in plans:
        note(f"{name}: stacked, {width}", replica[name], "s a replica")
        note(f"{name}: stacked, {width}, compile included", first[name] / rivals.SEEDS, "s a replica")
    note("overfitting: fit / stacked", fit["overfitting"] / replica["overfitting"], "times", "at least 500")
    ratio = fit["overfitting"] * rivals.SEEDS / first["overfitting"]
    note("overfitting: fit / stacked, compile included", ratio, "times")
    note("dropout: fit / stacked", fit["dropout"] / replica["dropout"], "times")
    if rival:
        note(f"overfitting: JAX vmap and scan, {rivals.SEEDS} seeds at once", replica["jax"], "s a replica")
        note("overfitting: JAX / stacked", replica["jax"] / replica["overfitting"], "times", "at least 1.5")
        ratio = first["jax"] / first["overfitting"]
        note("overfitting: JAX / stacked, compile included", ratio, "times", "at least 1.4")
    note("overfitting: scikit-learn's MLPRegressor", replica["scikit-learn"], "s a replica")
    ratio = replica["scikit-learn"] / replica["overfitting"]
    note("overfitting: scikit-learn's MLPRegressor / stacked", ratio, "times", "at least 20")
    note("matrix products, float32", rate / 1e9, "GFLOP/s")
    ideal = rivals.operations() / rate
    note("overfitting: its matrix products at that rate", ideal, "s a replica")
    note("overfitting: stacked / its matrix products", replica["overfitting"] / ideal, "times", "at most 5")
    note("dropout / overfitting, stacked", replica["dropout"] / replica["overfitting"], "times", "at most 3")


def everything(note: Note, scratch: str) -> None:
    """What `make all` does, from no records and a second time, and what it leaves."""
    records = Path(scratch) / "runs"
    scenarios = _scenarios(scratch, project.scenarios(), "every scenario", note)
    note("records of the scenarios: files", _files(records), "files")
    note("records of the scenarios: size", _megabytes(records), "MB")
    sweeps, _ = command(*EVERYTHING, f"results_dir={scratch}")
    note("the ready sweeps after that", sweeps, "s")
    note(f"{documents.WHOLE}: time", scenarios + sweeps, "s")
    note(f"{documents.WHOLE}: files of records", _files(records), "files")
    note(f"{documents.WHOLE}: size of records", _megabytes(records), "MB")
    again = statistics.median(command(*EVERYTHING, f"results_dir={scratch}")[0] for _ in range(REPEATS))
    note(f"a second {documents.WHOLE}, every checksum verified", again, "s", "at most 8")


def _files(folder: Path) -> int:
    return sum(file.is_file() for file in folder.rglob("*"))


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*")) / 1e6


def suite(note: Note, scratch: str) -> None:
    """The scenarios as written over their hundred seeds beside their listings once in plain Keras; then all of them."""
    lessons = [mirage.lesson(name).scenarios for name in project.lessons()]
    listings = [scenarios["as_written"] for scenarios in lessons if "as_written" in scenarios]
    whole = _scenarios(f"{scratch}/listed", listings, "the fifteen as written", note)
    start_tensorflow()
    spent = {}
    for scenario in listings:
        spent[scenario] = seconds(functools.partial(rivals.run_listing, scenario))
        note(f"{scenario}: the listing once", spent[scenario], "s")
    once = sum(spent.values())
    note("all listings once, without importing TensorFlow", once, "s")
    note("the fifteen as written, 100 seeds / all listings once", whole / once, "times", "at most 0.4")
    kinds = ("as_written", "controlled")
    thirty = [scenarios[kind] for scenarios in lessons for kind in kinds if "as_written" in scenarios]
    took, _ = command(*EVERYTHING, "scenario=" + ",".join(thirty), f"results_dir={scratch}/thirty")
    note("the thirty scenarios of the examples, 100 seeds, no records", took, "s")
    note("the thirty scenarios of the examples, 100 seeds / all listings once", took / once, "times", "at most 1.25")
    others = [scenario for scenarios in lessons if "as_written" not in scenarios for scenario in scenarios.values()]
    took, _ = command(*EVERYTHING, "scenario=" + ",".join(others), f"results_dir={scratch}/others")
    note("the lessons without a listing, 100 seeds, no records", took, "s")
    note("the lessons without a listing, 100 seeds / all listings once", took / once, "times", "at most 1.2")
    took, _ = command(*EVERYTHING, f"results_dir={scratch}/whole")
    note(f"{documents.WHOLE} with real data and ready sweeps, no records", took, "s")
    note(f"{documents.WHOLE} with real data and ready sweeps / all listings once", took / once, "times")


def _scenarios(results: str, scenarios: Sequence[str], name: str, note: Note) -> float:
    """Wall time of these scenarios from no records, as `make all` does it; notes where it goes."""
    whole, out = command(*EVERYTHING, "scenario=" + ",".join(scenarios), f"results_dir={results}")
    log = (Path(results) / "runs" / "make-all.log").read_text(encoding="utf-8")
    note(f"{name}, no records", whole, "s")
    phases = re.findall(r"^time .*added up: (.*)$", out, re.M)[-1]
    for phase, took in re.findall(r"([^,]+) ([\d.]+) s(?:, |$)", phases):
        note(f"{name}: {phase}, all cores added up", float(took), "s")
    for took, scenario in re.findall(r"^took +([\d.]+) s for (\w+)$", log, re.M):
        note(f"{name}: {scenario}", float(took), "s")
    return whole


def growth(note: Note, scratch: str) -> None:
    """How time and memory grow with the number of replicates, and what a job of a sweep costs beside a replicate."""
    few = ("scenario=imbalance", f"seed={FIRST}", "steps=[train,tables]")
    for replicates in GROWTH:
        where = f"results_dir={scratch}/growth-{replicates}"
        took, memory = time_and_memory("-m", "run", *few, f"replicates={replicates}", where)
        target = "at most 120" if replicates == GROWTH[-1] else ""
        note(f"imbalance: {replicates} replicates, whole process", took, "s", target)
        note(f"imbalance: {replicates} replicates, largest memory", memory, "GiB", "below 2")
    took, _ = time_and_memory("-m", "run", *few, f"replicates={GROWTH[-1]}", where)
    note(f"imbalance: {GROWTH[-1]} replicates read again, whole process", took, "s", "at most 6")
    plan = mirage.plan("imbalance", f"results_dir={scratch}/planned", seeds=range(FIRST, FIRST + PLANNED))
    note(f"imbalance: {PLANNED} seeds planned and handed out", seconds(lambda: rivals.hand_out(plan)), "s", "at most 5")
    at_once, _ = time_and_memory("-m", "run", *few, "replicates=100", f"results_dir={scratch}/at-once")
    swept, _ = time_and_memory(
        "-m", "run", "-m", *few, f"seed=range({FIRST},{FIRST + 100})", f"results_dir={scratch}/swept"
    )
    note("imbalance: -m seed=range of 100 / replicates=100, whole process", swept / at_once, "times")
    values = ",".join(f"{1 + i / 10}" for i in range(20))
    chosen = (f"model.inverse_penalty={values}", f"results_dir={scratch}/settings")
    settings, _ = time_and_memory("-m", "run", "-m", *few, *chosen)
    note("imbalance: one more job of a sweep", (settings - at_once) / 19, "s")


def workers(note: Note, scratch: str) -> None:
    """Replicates a second of four scenarios on one core, by two threads of one process, and by two workers."""
    chosen = ("accuracy_paradox", "early_stopping_on_test", "overfitting", "smote")
    sweep = ("-m", "run", "-m", f"scenario={','.join(chosen)}", "replicates=30", "steps=[train,tables]")
    replicates = sum(30 * len(mirage.plan(scenario).arms) for scenario in chosen)
    two = (*WORKERS, "hydra.launcher.n_jobs=2")
    spent = {}
    for name, launcher in {"one core": (), "two threads": (), "two workers": two}.items():
        results = f"results_dir={scratch}/by-{name.replace(' ', '-')}"
        spent[name], _ = time_and_memory(*sweep, *launcher, results, one_core=name == "one core")
        note(f"four scenarios by {name}", replicates / spent[name], "replicates a second")
    note("four scenarios: two workers / two threads, time", spent["two workers"] / spent["two threads"], "times")


# Differences with a mean of nought: what intervals and verdicts are tried on.
DIFFERENCES: dict[str, Callable[[np.random.Generator, tuple[int, int]], Any]] = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "skewed": lambda rng, size: rng.exponential(size=size) - 1,
    "tied": lambda rng, size: np.round(rng.standard_normal(size)),
    "binary": lambda rng, size: (rng.random(size) < 0.5) - 0.5,
}
SIMULATED = 20_000
PATIENTS = 1_000_000  # rows that the doctor is handed


def verdicts(note: Note, scratch: str) -> None:
    """How often an interval misses the true effect, and how often there is a verdict where any would be false."""
    rng = np.random.default_rng(0)
    margin = 10.0  # the true effect lies at the margin, the other bound far away
    for law, draw in DIFFERENCES.items():
        for n in (10, 30, 100):
            drawn = draw(rng, (SIMULATED, n)).astype(float)
            made = _of_shares if law == "binary" else guarded_interval
            low, high = np.array([made(one, LEVEL) for one in drawn]).T
            note(f"{law} differences, {n} seeds: 95 % intervals that hold the effect", _holds(low, high), "share")
            low, high = np.array([made(one, SINGLE) for one in drawn]).T
            note(f"{law} differences, {n} seeds: deciding intervals that hold it", _holds(low, high), "share")
            found = [verdict("greater", margin, (a + margin, b + margin)) for a, b in zip(low, high, strict=True)]
            false = float(np.mean([word not in (AT_MARGIN, OPEN) for word in found]))
            note(f"{law} differences, {n} seeds: false verdicts at the margin", false, "share", "at most 0.0005")


def _holds(low: Any, high: Any) -> float:
    return float(np.mean((low <= 0) & (high >= 0)))


def _of_shares(values: Any, miss: float) -> tuple[float, float]:
    low, high = share_interval(int((values > 0).sum()), len(values), miss)
    return low - 0.5, high - 0.5


def doctor(note: Note, scratch: str) -> None:
    """The doctor on a million rows, whole processes: two classes with splits, ids and groups; ten classes; features."""
    random, files = (
        np.random.default_rng(0),
        {name: f"{scratch}/{name}.csv" for name in ("two", "ten", "train", "test")},
    )
    y = random.integers(0, 2, PATIENTS)
    score = np.round(1 / (1 + np.exp(-random.normal(3 * y - 1.5, 1))), 6)
    about = {"id": np.arange(PATIENTS), "group": random.integers(0, PATIENTS // 20, PATIENTS)}
    split = np.where(random.random(PATIENTS) < 0.5, "train", "test")
    pd.DataFrame({"y_true": y, "score": score, "y_pred": score > 0.5, "split": split, **about}).to_csv(
        files["two"], index=False
    )
    y = random.integers(0, 10, PATIENTS)
    scores = np.exp(random.normal(2.5 * (y[:, None] == np.arange(10)), 1))
    named = {f"score_{k}": column for k, column in enumerate((scores / scores.sum(1, keepdims=True)).round(5).T)}
    pd.DataFrame({"y_true": y, **named}).to_csv(files["ten"], index=False)
    for name in ("train", "test"):
        rows = pd.DataFrame(random.normal(size=(PATIENTS // 2, 20)).round(4)).add_prefix("x")
        rows.assign(y_true=random.integers(0, 2, len(rows))).to_csv(files[name], index=False)
    bundles = {
        "two classes": [files["two"]],
        "ten classes": [files["ten"], "--reported", "accuracy=0.9"],
        "features of 20 columns": ["--train", files["train"], "--test", files["test"]],
    }
    for name, words in bundles.items():
        took, memory = time_and_memory("-m", "mirage.doctor", *words)
        note(f"the doctor on a million rows, {name}", took, "s", "at most 10")
        note(f"the doctor on a million rows, {name}: largest memory", memory, "GiB", "below 1")


PARTS: dict[str, Callable[[Note, str], None]] = {
    "training": training,
    "all": everything,
    "suite": suite,
    "growth": growth,
    "workers": workers,
    "verdicts": verdicts,
    "site": pages.site,
    "doctor": doctor,
}


def say(line: str) -> None:
    """A line on standard error, as soon as something is measured."""
    print(line, file=sys.stderr, flush=True)


def measure(part: str) -> pd.DataFrame:
    """All measurements of a part: part, what, value, unit, target, and whether it is met."""
    rows = []

    def note(what: str, value: float, unit: str, target: str = "") -> None:
        rows.append((part, what, f"{value:.4g}", unit, target, _met(value, target)))
        say(f"{what}: {value:.4g} {unit} {f'({target})' if target else ''}".rstrip())

    with tempfile.TemporaryDirectory() as scratch:
        PARTS[part](note, scratch)
    return pd.DataFrame(rows, columns=COLUMNS)


def _met(value: float, target: str) -> str:
    if not target:
        return ""
    bound = float(target.split()[-1])
    return "yes" if (value >= bound if target.startswith("at least") else value <= bound) else "no"


def main() -> None:
    """Measure all parts, or those named, print, and renew their rows in results/tables/benchmark.csv."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    parts = sys.argv[1:] or list(PARTS)
    for part in parts:
        if part not in PARTS:
            sys.exit(f"part: got {part}, expected one or more of {', '.join(PARTS)}")
    for part in parts:
        whole = table = measure(part)
        if TABLE.exists():
            known = pd.read_csv(TABLE, dtype=str, keep_default_na=False, encoding="utf-8")
            whole = pd.concat([table, known[known["part"] != part]])
        whole = whole.sort_values("part", key=lambda names: names.map(list(PARTS).index), kind="stable")
        write_text(TABLE, whole.to_csv(index=False, lineterminator="\n"))
        print(table.to_string(index=False))
    print(f"table       {TABLE}")


if __name__ == "__main__":
    main()
