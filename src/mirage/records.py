"""Replicates to disk and back, whole or not at all.

A record is one directory, `<scenario>/<arm>-<fingerprint>/seed-<seed>`, written aside and then renamed. Everything in
it but `provenance.json` is the same bytes whenever and wherever the replicate is made again on one kind of machine.
"""

import ast
import dataclasses
import fcntl
import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from mirage import config

Array = np.ndarray[Any, np.dtype[Any]]
Row = tuple[str, str, str, float]  # arm, split, metric, value

# The modules and libraries whose change may change what a replicate is; see `fingerprint`.
CODE = ("streams", "data", "models", "classical", "layers", "stacked", "keras_fit", "experiment")
LIBRARIES = ("tensorflow", "keras", "numpy", "scikit-learn", "imbalanced-learn")
MEASURING_CODE = ("metrics", "decisions", "references", "measure")
HEADER = "scenario,arm,seed,split,metric,value"
CHECKSUMS = "checksums.json"
UNCHECKED = ("provenance.json", CHECKSUMS)


@dataclasses.dataclass(frozen=True)
class Record:
    """What a replicate leaves: its numbers, per-epoch history, and true and predicted values per split.

    `rows` are (arm, split, metric, value), references included; `history` maps a name to [epoch]; `predictions` maps
    `<split>_x`, `<split>_y` and `<split>_predicted` to arrays.
    """

    rows: Sequence[Row]
    history: Mapping[str, Array]
    predictions: Mapping[str, Any]


@functools.cache
def code_digest(modules: tuple[str, ...]) -> str:
    """A hash of what these modules of the library compute: comments, docstrings and layout do not count."""
    digest = hashlib.sha256()
    for name in modules:
        tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        digest.update(ast.unparse(tree).encode())
    return digest.hexdigest()


def settings_of(plan: config.Plan, arm: str) -> dict[str, Any]:
    """The resolved settings that decide an arm's numbers, as plain values, without those it does not read."""
    return _without_unset(dataclasses.asdict(plan.arms[arm])) | {"vary": sorted(plan.vary)}


def _without_unset(settings: dict[str, Any]) -> dict[str, Any]:
    nested = {key: _without_unset(value) if isinstance(value, dict) else value for key, value in settings.items()}
    return {key: value for key, value in nested.items() if value not in (None, {})}


@functools.cache
def _libraries() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


@functools.cache
def _packages() -> dict[str, str]:
    """Versions of all installed packages."""
    return dict(sorted((d.name.lower(), d.version) for d in importlib.metadata.distributions()))


def fingerprint(plan: config.Plan, arm: str) -> str:
    """12 hex digits over what decides an arm's numbers: settings, the code that computes, the numerical libraries.

    Not titles, claims, seeds, metrics, paths: a record holds predictions, so a metric can be added without training.
    """
    decisive = {"settings": settings_of(plan, arm), "code": code_digest(CODE), "libraries": _libraries()}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def measured_by(plan: config.Plan) -> str:
    """What decides a record's metrics, given its predictions: the names and the code that measures."""
    names = {"metrics": plan.metrics, "references": plan.references, "code": code_digest(MEASURING_CODE)}
    return hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()[:12]


def path(runs: Path, plan: config.Plan, arm: str, seed: int) -> Path:
    """Where the record of a replicate lies, if there is one."""
    return runs / plan.scenario / f"{arm}-{fingerprint(plan, arm)}" / f"seed-{seed}"


def _number(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))


def _metrics_csv(plan: config.Plan, seed: int, rows: Sequence[Row]) -> str:
    lines = [f"{plan.scenario},{arm},{seed},{split},{metric},{_number(v)}" for arm, split, metric, v in rows]
    return "\n".join([HEADER, *lines]) + "\n"


def _history_csv(history: Mapping[str, Array]) -> str:
    columns = [[format(v, ".9g") for v in values.tolist()] for values in history.values()]
    lines = [",".join(row) for row in zip(*columns, strict=True)]
    return "\n".join(["epoch," + ",".join(history), *(f"{i},{line}" for i, line in enumerate(lines, 1))]) + "\n"


def write(runs: Path, plan: config.Plan, arm: str, seed: int, record: Record, seconds: float) -> Path:
    """Write a record beside its place, then move it there in one step; replaces an older one. Returns its place.

    Raises
    ------
    OSError
        If the disk is full or not writable; nothing is left behind then.
    """
    place = path(runs, plan, arm, seed)
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        settings = settings_of(plan, arm) | {"fingerprint": fingerprint(plan, arm), "seed": seed}
        (aside / "settings.json").write_text(json.dumps(settings, indent=1) + "\n")
        (aside / "history.csv").write_text(_history_csv(record.history))
        np.savez(aside / "predictions.npz", allow_pickle=False, **dict(record.predictions))
        _write_metrics(aside, plan, seed, record.rows)
        (aside / "provenance.json").write_text(json.dumps(_provenance(seconds), indent=1) + "\n")
        _write_checksums(aside)
        aside.chmod(0o755)
        _move(aside, place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def _move(aside: Path, place: Path) -> None:
    """Put a finished directory in its place; if that fails, an older record stays."""
    if not place.exists():
        try:
            aside.rename(place)
        except OSError:
            if not place.exists():
                raise
            # Another process has just written the same replicate: the same bytes, so its record will do.
        return
    old = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        place.rename(old / "replaced")
        try:
            aside.rename(place)
        except OSError:
            (old / "replaced").rename(place)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _checksums(directory: Path) -> dict[str, str]:
    files = sorted(file for file in directory.iterdir() if file.name not in UNCHECKED)
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _write_checksums(directory: Path) -> None:
    write_text(directory / CHECKSUMS, json.dumps(_checksums(directory), indent=1) + "\n")


def _write_metrics(directory: Path, plan: config.Plan, seed: int, rows: Sequence[Row]) -> None:
    for name, text in (
        ("metrics.csv", _metrics_csv(plan, seed, rows)),
        ("measured.json", json.dumps({"measured_by": measured_by(plan)}) + "\n"),
    ):
        write_text(directory / name, text)


def write_text(file: Path, text: str) -> None:
    """Replace a file's text in one step, so that no reader ever sees half of it."""
    aside = file.with_name(f".{file.name}-{os.getpid()}")
    try:
        aside.write_text(text)
        aside.rename(file)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out while files of a folder, made if need be, are read, changed and written."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:  # closing it, or the end of the process, opens the lock
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@functools.cache
def _git_state() -> dict[str, Any]:
    def git(*words: str) -> str | None:
        try:
            ran = subprocess.run(["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True)
        except OSError:  # no git on this machine
            return None
        return ran.stdout.strip() if ran.returncode == 0 else None

    changed = git("status", "--porcelain", "--untracked-files=no")
    return {"git_commit": git("rev-parse", "HEAD"), "git_changed": None if changed is None else bool(changed)}


@functools.cache
def _processor() -> dict[str, Any]:
    """The processor's name, and those of its instruction sets that compiled programs may use."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    of = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = of.get("flags", of.get("Features", "")).split()
    vector = [flag for flag in flags if re.match(r"(sse|avx|fma|f16c|amx|bf16|neon|asimd|sve)", flag)]
    return {"processor": of.get("model name", platform.processor() or platform.machine()), "instructions": vector}


def _provenance(seconds: float) -> dict[str, Any]:
    return {
        **_git_state(),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds_of_its_stack": round(seconds, 3),
        "host": platform.node(),
        "system": platform.platform(),
        **_processor(),
        "python": platform.python_version(),
        "packages": _packages(),
        "flags": {
            key: value
            for key, value in sorted(os.environ.items())
            if re.match(r"(TF_(?!CLI)|XLA_|KERAS_|OMP_|OPENBLAS_)", key)
        },
    }


def exists(runs: Path, plan: config.Plan, arm: str, seed: int) -> bool:
    """Whether there is a complete record of this replicate."""
    return path(runs, plan, arm, seed).is_dir()


def damage(runs: Path, plan: config.Plan, arm: str, seed: int) -> str:
    """What is wrong with a record, in a few words; nothing if all its files are as they were written.

    Every file but `provenance.json` is held against its checksum, so that a record truncated, emptied, changed by hand
    or by a failing disk is found before anything is computed from it.
    """
    place = path(runs, plan, arm, seed)
    try:
        stated = json.loads((place / CHECKSUMS).read_text())
        found = _checksums(place)
    except (OSError, ValueError) as error:
        return f"{CHECKSUMS}: {error}"
    if not isinstance(stated, dict):
        return f"{CHECKSUMS} not as written"
    changed = [name for name in sorted({*stated, *found}) if stated.get(name) != found.get(name)]
    return f"{', '.join(changed)} not as written" if changed else ""


def measured(runs: Path, plan: config.Plan, arm: str, seed: int) -> bool:
    """Whether a record's metrics are those of the present names and code."""
    stamp = path(runs, plan, arm, seed) / "measured.json"
    return stamp.is_file() and json.loads(stamp.read_text())["measured_by"] == measured_by(plan)


def read_predictions(runs: Path, plan: config.Plan, arm: str, seed: int) -> dict[str, Array]:
    """The arrays of a record's predictions."""
    with np.load(path(runs, plan, arm, seed) / "predictions.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def read_history(runs: Path, plan: config.Plan, arm: str, seed: int) -> dict[str, Array]:
    """A record's history per epoch, without the column that numbers the epochs."""
    text = (path(runs, plan, arm, seed) / "history.csv").read_text().splitlines()
    names = text[0].split(",")
    columns = zip(*(map(float, line.split(",")) for line in text[1:]), strict=True)
    return {name: np.array(values) for name, values in zip(names, columns, strict=True) if name != "epoch"}


def read_rows(runs: Path, plan: config.Plan, arm: str, seed: int) -> Iterator[tuple[str, str, int, str, str, float]]:
    """A record's rows as in the tidy table: scenario, arm, seed, split, metric, value (NaN: undefined)."""
    for line in (path(runs, plan, arm, seed) / "metrics.csv").read_text().splitlines()[1:]:
        scenario, name, of_seed, split, metric, value = line.split(",")
        yield scenario, name, int(of_seed), split, metric, float(value) if value else np.nan


def remeasure(runs: Path, plan: config.Plan, arm: str, seed: int, rows: Sequence[Row]) -> None:
    """Replace a record's metrics; its training stays as it is."""
    place = path(runs, plan, arm, seed)
    _write_metrics(place, plan, seed, rows)
    _write_checksums(place)
