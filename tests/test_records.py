"""Records: whole or not at all, the same bytes for the same thing, a name for all that decides them."""

import ast
import dataclasses
import json
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import run
from mirage import config, data, experiment, measure, metrics, records
from mirage.records import Record
from mirage.streams import Streams

config.register()


def compose_plan(*overrides: str) -> config.Plan:
    """The dropout scenario with these settings changed."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", ["scenario=dropout", *overrides]), "dropout", list(overrides))


PLAN = compose_plan()
ARM, SEED = "dropout", 3
CHECKED = ["history.csv", "measured.json", "metrics.csv", "predictions.npz", "settings.json"]
FILES = [
    "checksums.json",
    "history.csv",
    "measured.json",
    "metrics.csv",
    "predictions.npz",
    "provenance.json",
    "settings.json",
]


def replicate(plan: config.Plan = PLAN, off: float = 1.0) -> Record:
    """What a replicate might leave whose predictions are wrong by `off`."""
    predictions: dict[str, np.ndarray] = {}
    for name, split in data.draw(plan.arms[ARM].data, Streams(SEED, plan.vary)).items():
        wrong = (split.y + off).astype(np.float32)
        predictions |= {f"{name}_x": split.x, f"{name}_y": split.y, f"{name}_predicted": wrong}
    rows = measure.measure(plan, ARM, predictions, {"epochs_run": 4.0, "diverged": 0.0})
    return Record(rows, {"loss": np.float32([3.5, 0.1, 1e-9, 7e30])}, predictions)


def write(runs: Path, record: Record | None = None, plan: config.Plan = PLAN, seconds: float = 1.0) -> Path:
    return records.write(runs, plan, ARM, SEED, record or replicate(plan), seconds)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones included, by its name from there."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def without_provenance(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.endswith("provenance.json")}


# -- there and back ------------------------------------------------------------------------------------------


def test_a_record_is_one_folder_of_plain_files(tmp_path: Path) -> None:
    place = write(tmp_path)
    assert place == tmp_path / "dropout" / f"dropout-{records.fingerprint(PLAN, ARM)}" / "seed-3"
    assert place == records.path(tmp_path, PLAN, ARM, SEED)
    assert sorted(f.name for f in place.iterdir()) == FILES
    assert [f for f in tmp_path.rglob("*") if f.is_file() and f.parent != place] == []


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    assert not records.exists(tmp_path, PLAN, ARM, SEED)
    write(tmp_path)
    record = replicate()
    assert records.exists(tmp_path, PLAN, ARM, SEED) and records.measured(tmp_path, PLAN, ARM, SEED)
    rows = list(records.read_rows(tmp_path, PLAN, ARM, SEED))
    assert rows == [("dropout", arm, 3, split, metric, value) for arm, split, metric, value in record.rows]
    predictions = records.read_predictions(tmp_path, PLAN, ARM, SEED)
    assert list(predictions) == list(record.predictions)
    for name, values in record.predictions.items():
        np.testing.assert_array_equal(predictions[name], values, strict=True)
    np.testing.assert_array_equal(
        records.read_history(tmp_path, PLAN, ARM, SEED)["loss"].astype(np.float32), record.history["loss"]
    )


def test_metrics_csv_is_the_tidy_table_of_the_contract(tmp_path: Path) -> None:
    rows = [("dropout", "test", "mse", 0.1), ("dropout", "train", "mse", np.nan), ("dropout", "model", "diverged", 1.0)]
    place = write(tmp_path, dataclasses.replace(replicate(), rows=rows))
    assert (place / "metrics.csv").read_text() == (
        "scenario,arm,seed,split,metric,value\n"
        "dropout,dropout,3,test,mse,0.1\n"
        "dropout,dropout,3,train,mse,\n"
        "dropout,dropout,3,model,diverged,1.0\n"
    )


@given(value=st.floats(allow_infinity=False))
def test_every_number_comes_back_exactly_and_undefined_as_nan(value: float, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("runs")
    write(folder, dataclasses.replace(replicate(), rows=[("dropout", "test", "mse", value)]))
    ((*_, again),) = records.read_rows(folder, PLAN, ARM, SEED)
    assert again == value or (np.isnan(again) and np.isnan(value))


float32 = st.floats(width=32, allow_nan=True, allow_infinity=True)


@given(loss=arrays(np.float32, st.integers(1, 20), elements=float32))
def test_the_history_comes_back_as_the_same_32_bit_numbers(loss: np.ndarray, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("runs")
    place = write(folder, dataclasses.replace(replicate(), history={"loss": loss, "val_loss": loss[::-1]}))
    again = records.read_history(folder, PLAN, ARM, SEED)
    assert list(again) == ["loss", "val_loss"]
    np.testing.assert_array_equal(again["loss"].astype(np.float32), loss)
    np.testing.assert_array_equal(again["val_loss"].astype(np.float32), loss[::-1])
    lines = (place / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,val_loss"
    assert [line.split(",")[0] for line in lines[1:]] == [str(epoch) for epoch in range(1, len(loss) + 1)]


def test_settings_are_all_that_was_decided_and_provenance_what_was_not(tmp_path: Path) -> None:
    place = write(tmp_path, seconds=1.23456)
    settings = json.loads((place / "settings.json").read_text())
    assert settings["seed"] == SEED and settings["fingerprint"] == records.fingerprint(PLAN, ARM)
    assert settings["vary"] == ["dropout", "init", "shuffle"]
    network = {"kind": "mlp", "hidden": [128, 64], "activation": "relu", "dropout": 0.2}
    assert settings["model"] == network | {"l2": 0, "output": "linear", "members": 1, "members_vary": []}
    assert settings["training"] == dataclasses.asdict(PLAN.arms[ARM].training)
    read = ("law", *config.LAWS["noisy_line"])  # what the law does not read decides nothing and is not written
    assert settings["data"] == {name: getattr(PLAN.arms[ARM].data, name) for name in read}
    provenance = json.loads((place / "provenance.json").read_text())
    assert provenance["seconds_of_its_stack"] == 1.235
    assert {"written", "host", "python"} <= set(provenance)


def test_provenance_tells_time_host_and_state_of_git(tmp_path: Path) -> None:
    provenance = json.loads((write(tmp_path) / "provenance.json").read_text())
    assert {"written", "host", "git_commit", "git_changed"} <= set(provenance)


def test_without_git_the_record_is_written_and_its_state_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    records._git_state.cache_clear()
    try:
        provenance = json.loads((write(tmp_path) / "provenance.json").read_text())
    finally:
        records._git_state.cache_clear()
    assert provenance["git_commit"] is None and provenance["git_changed"] is None


# -- no pickle -----------------------------------------------------------------------------------------------


def test_predictions_are_read_without_pickle(tmp_path: Path) -> None:
    place = write(tmp_path)
    with np.load(place / "predictions.npz", allow_pickle=False) as arrays_:
        assert set(arrays_) == set(replicate().predictions)
    np.savez(place / "predictions.npz", evil=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        records.read_predictions(tmp_path, PLAN, ARM, SEED)


def test_predictions_are_never_written_with_pickle(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allow_pickle=False"):
        write(tmp_path, dataclasses.replace(replicate(), predictions={"test_y": np.array([print], dtype=object)}))
    assert contents(tmp_path) == {}


def test_no_module_of_the_suite_unpickles_or_allows_it() -> None:
    for file in Path(run.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", "")}
                assert not names & {"pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}, file
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, file


# -- the same bytes ------------------------------------------------------------------------------------------


def test_two_writings_of_the_same_thing_differ_in_provenance_only(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", seconds=1), write(tmp_path / "other", seconds=2)
    assert without_provenance(contents(one)) == without_provenance(contents(other))
    assert contents(one) != contents(other)


def test_no_clock_time_is_hidden_in_the_npz(tmp_path: Path) -> None:
    with zipfile.ZipFile(write(tmp_path) / "predictions.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_writing_again_replaces_the_record(tmp_path: Path) -> None:
    write(tmp_path, replicate(off=1.0))
    place = write(tmp_path, replicate(off=2.0))
    expected = contents(write(tmp_path / "fresh", replicate(off=2.0)))
    assert without_provenance(contents(place)) == without_provenance(expected)
    assert len(contents(tmp_path / "dropout")) == len(FILES)  # nothing of the old one is left


# -- whole or not at all -------------------------------------------------------------------------------------


class Breaking:
    """Makes the n-th of the calls that write fail as a full disk does."""

    def __init__(self, patch: pytest.MonkeyPatch, fail_at: int) -> None:
        self.calls, self.fail_at = 0, fail_at
        for owner, name in ((Path, "write_text"), (np, "savez"), (Path, "chmod"), (Path, "mkdir")):
            patch.setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, call: Any) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self.fail_at:
                if call.__name__ == "write_text":
                    call(args[0], args[1][:7])  # half a file
                raise OSError(28, "No space left on device")
            return call(*args, **kwargs)

        return wrapped


def calls_of_a_write(runs: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        breaking = Breaking(patch, fail_at=-1)
        write(runs)
    return breaking.calls


def test_wherever_the_disk_fails_nothing_is_left(tmp_path: Path) -> None:
    for fail_at in range(1, calls_of_a_write(tmp_path / "counted") + 1):
        runs = tmp_path / str(fail_at)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError, match="No space left"):
            Breaking(patch, fail_at)
            write(runs)
        assert contents(runs) == {} and not records.exists(runs, PLAN, ARM, SEED)
        assert [d for d in runs.rglob("*") if d.name.startswith(".")] == []


def test_wherever_the_disk_fails_an_older_record_stays_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, replicate(off=1.0))
    calls = calls_of_a_write(tmp_path)
    before = contents(tmp_path)
    for fail_at in range(1, calls + 1):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError, match="No space left"):
            Breaking(patch, fail_at)
            write(tmp_path, replicate(off=2.0))
        assert contents(tmp_path) == before


@pytest.mark.parametrize("fail_at", [1, 2])
def test_a_replacement_that_fails_in_the_last_steps_leaves_the_older_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int
) -> None:
    write(tmp_path, replicate(off=1.0))
    before = contents(tmp_path)
    place = records.path(tmp_path, PLAN, ARM, SEED)
    rename, moves = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        if place in (self, target):
            moves.append(self)
            if len(moves) == fail_at:
                raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output"):
        write(tmp_path, replicate(off=2.0))
    assert contents(tmp_path) == before


def test_a_file_that_may_not_grow_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    # The kernel itself refuses here, as on a full disk: settings and history fit, predictions do not.
    script = """
        import resource, sys
        from pathlib import Path
        sys.path.insert(0, TESTS)
        import test_records
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        try:
            test_records.write(Path(sys.argv[1]))
        except OSError as error:
            sys.exit(f"refused: {error.strerror}")
    """
    script = f"TESTS = {str(Path(__file__).parent)!r}\n" + textwrap.dedent(script)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == "refused: File too large\n" and done.returncode == 1
    assert contents(tmp_path) == {}


def test_half_a_record_written_aside_is_no_record(tmp_path: Path) -> None:
    place = write(tmp_path)
    aside = place.with_name(f".{place.name}-abandoned")
    place.rename(aside)  # what a process killed in the middle leaves
    assert not records.exists(tmp_path, PLAN, ARM, SEED) and not records.measured(tmp_path, PLAN, ARM, SEED)
    write(tmp_path)
    assert records.exists(tmp_path, PLAN, ARM, SEED)


def test_another_process_that_writes_the_same_record_at_the_same_time_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, rename = records.path(tmp_path, PLAN, ARM, SEED), Path.rename

    def just_too_late(self: Path, target: Path) -> Path:
        if target == place:
            monkeypatch.setattr(Path, "rename", rename)
            write(tmp_path)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", just_too_late)
    write(tmp_path)
    assert sorted(f.name for f in place.iterdir()) == FILES


def test_a_text_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "table.csv"
    records.write_text(file, "old")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError, match="No space left"):
        Breaking(patch, 1)
        records.write_text(file, "a longer new text")
    assert contents(tmp_path) == {"table.csv": b"old"}
    records.write_text(file, "new")
    assert contents(tmp_path) == {"table.csv": b"new"}


# -- fingerprint ---------------------------------------------------------------------------------------------


def fingerprint(**changes: Any) -> str:
    return records.fingerprint(dataclasses.replace(PLAN, **changes), ARM)


BEFORE = fingerprint()
INSTEAD = {
    "scenario": "other",
    "title": "other",
    "lesson": "other",
    "kind": "controlled",
    "article": 5,
    "example": 9,
    "scope": "other",
    "metrics": (),
    "references": (),
    "show": (),
    "seeds": range(7, 9),
    "force": True,
    "steps": (),
    "results_dir": "elsewhere",
    "changes": ("model.dropout=0.2",),
}


def test_a_fingerprint_is_twelve_hex_digits() -> None:
    assert len(BEFORE) == 12 and set(BEFORE) <= set("0123456789abcdef")


def test_the_tests_below_know_every_part_of_a_plan() -> None:
    assert {f.name for f in dataclasses.fields(config.Plan)} == {*INSTEAD, "arms", "vary"}


@pytest.mark.parametrize("part", INSTEAD)
def test_what_does_not_decide_an_arms_numbers_does_not_change_the_fingerprint(part: str) -> None:
    assert getattr(PLAN, part) != INSTEAD[part]
    assert fingerprint(**{part: INSTEAD[part]}) == BEFORE


def leaves(node: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every setting of an arm, by its place."""
    for spec in dataclasses.fields(node):
        value = getattr(node, spec.name)
        if dataclasses.is_dataclass(value):
            yield from leaves(value, (*prefix, spec.name))
        else:
            yield (*prefix, spec.name)


def changed(node: Any, place: tuple[str, ...]) -> Any:
    """The same settings but for one, which gets another value of its type."""
    name, *rest = place
    value = getattr(node, name)
    if rest:
        other = changed(value, tuple(rest))
    elif isinstance(value, list):
        other = [*value, 1]
    elif isinstance(value, bool):
        other = not value
    elif isinstance(value, str):
        other = value + "_other"
    else:
        other = 1 if value is None else value + 1
    return dataclasses.replace(node, **{name: other})


@pytest.mark.parametrize("place", list(leaves(PLAN.arms[ARM])), ids=".".join)
def test_each_setting_of_the_arm_changes_the_fingerprint(place: tuple[str, ...]) -> None:
    other = changed(PLAN.arms[ARM], place)
    assert other != PLAN.arms[ARM]
    assert fingerprint(arms=PLAN.arms | {ARM: other}) != BEFORE


def test_another_arms_settings_do_not_change_it() -> None:
    other = changed(PLAN.arms["baseline"], ("training", "epochs"))
    assert fingerprint(arms=PLAN.arms | {"baseline": other}) == BEFORE
    assert fingerprint(arms={ARM: PLAN.arms[ARM]}) == BEFORE


def test_the_streams_that_vary_change_it_and_their_order_does_not() -> None:
    assert fingerprint(vary=("init",)) != BEFORE
    assert fingerprint(vary=PLAN.vary[::-1]) == BEFORE


def test_a_setting_given_as_it_is_anyway_makes_no_other_record() -> None:
    # Told apart are experiments, not the ways to type them.
    same = compose_plan("model.dropout=0.20", "data.slope=3.0")
    assert records.fingerprint(same, ARM) == BEFORE and not same.canonical


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the library's code that the fingerprint looks at instead."""
    copied = tmp_path / "mirage"
    shutil.copytree(Path(records.__file__).parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(records, "__file__", str(copied / "records.py"))
    records.code_digest.cache_clear()
    yield copied
    records.code_digest.cache_clear()


@pytest.mark.parametrize("module", records.CODE)
def test_the_code_that_computes_changes_the_fingerprint_and_its_comments_do_not(code: Path, module: str) -> None:
    file = code / f"{module}.py"
    text = file.read_text()
    assert fingerprint() == BEFORE
    file.write_text("# A comment.\n" + text.replace('"""', '"""Reworded. ', 1) + "\n\n# Another.\n")
    records.code_digest.cache_clear()
    assert fingerprint() == BEFORE
    file.write_text(text + "\nX = 1\n")
    records.code_digest.cache_clear()
    assert fingerprint() != BEFORE


@pytest.mark.parametrize("module", ["claims", "clock", "figures", "metrics", "plots", "records", "report", "terminal"])
def test_code_that_only_measures_draws_or_writes_does_not_change_it(code: Path, module: str) -> None:
    (code / f"{module}.py").write_text("X = 1\n")
    assert fingerprint() == BEFORE


def imported(module: str) -> set[str]:
    """The modules of the library that one of them imports, wherever in its code."""
    tree = ast.parse(Path(records.__file__).with_name(f"{module}.py").read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    names = {alias.name for node in nodes if node.module == "mirage" for alias in node.names}
    return names | {node.module.split(".")[1] for node in nodes if node.module.startswith("mirage.")}


def test_all_code_that_an_experiment_runs_is_in_the_fingerprint_or_in_the_stamp_of_its_metrics() -> None:
    reached, waiting = set[str](), ["experiment"]
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting += imported(module) - reached
    # Settings arrive resolved, so config's code decides nothing; the clock only watches.
    assert reached - {"config", "clock"} == set(records.CODE) | set(records.MEASURING_CODE)


@pytest.mark.parametrize("library", records.LIBRARIES)
def test_another_version_of_a_numerical_library_changes_it(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version = records.importlib.metadata.version
    other = {library: "0.0.1"}
    monkeypatch.setattr(records.importlib.metadata, "version", lambda name: other.get(name) or version(name))
    records._libraries.cache_clear()
    try:
        assert fingerprint() != BEFORE
    finally:
        records._libraries.cache_clear()


# -- measuring again -----------------------------------------------------------------------------------------


@pytest.fixture
def mean_error(monkeypatch: pytest.MonkeyPatch) -> config.Plan:
    """A plan with one metric more."""
    known = metrics.measure

    def more(names: Any, y: Any, scores: Any, decided: Any, miss_cost: float) -> dict[str, float]:
        own = known([name for name in names if name != "mean_error"], y, scores, decided, miss_cost)
        return own | {"mean_error": float(np.mean(scores - y))}

    monkeypatch.setattr(metrics, "measure", more)
    return dataclasses.replace(
        PLAN, metrics=("mse", "mean_error"), seeds=range(SEED, SEED + 1), arms={ARM: PLAN.arms[ARM]}
    )


def test_a_new_metric_is_measured_from_predictions_without_training(
    tmp_path: Path, mean_error: config.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write(tmp_path)
    before = contents(place)
    assert records.exists(tmp_path, mean_error, ARM, SEED)
    assert not records.measured(tmp_path, mean_error, ARM, SEED)
    monkeypatch.setattr(experiment, "run", lambda *args: pytest.fail("trained"))
    run.remeasure(mean_error, tmp_path)
    assert records.measured(tmp_path, mean_error, ARM, SEED)
    after = contents(place)
    assert {name for name in FILES if after[name] != before[name]} == {"metrics.csv", "measured.json", "checksums.json"}
    at_once = contents(write(tmp_path / "at once", plan=mean_error))
    assert without_provenance(after) == without_provenance(at_once)
    assert ("dropout", ARM, SEED, "test", "mean_error", 1.0) in [
        (*row[:5], round(row[5], 5)) for row in records.read_rows(tmp_path, mean_error, ARM, SEED)
    ]


def test_what_is_measured_already_is_left_alone(tmp_path: Path, mean_error: config.Plan) -> None:
    write(tmp_path, plan=mean_error)
    before = {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*")}
    run.remeasure(mean_error, tmp_path)
    assert {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*")} == before


def test_a_diverged_replicate_stays_diverged_when_measured_again(tmp_path: Path, mean_error: config.Plan) -> None:
    record = replicate()
    rows = measure.measure(PLAN, ARM, dict(record.predictions), {"epochs_run": 4.0, "diverged": 1.0})
    write(tmp_path, dataclasses.replace(record, rows=rows))
    run.remeasure(mean_error, tmp_path)
    values = {row[1:5]: row[5] for row in records.read_rows(tmp_path, mean_error, ARM, SEED)}
    assert values[ARM, SEED, "model", "diverged"] == 1
    assert np.isnan(values[ARM, SEED, "test", "mean_error"]) and np.isnan(values[ARM, SEED, "test", "mse"])


@pytest.mark.parametrize("module", records.MEASURING_CODE)
def test_other_code_that_measures_makes_metrics_be_measured_again(tmp_path: Path, code: Path, module: str) -> None:
    stamp = records.measured_by(PLAN)
    (code / f"{module}.py").write_text((code / f"{module}.py").read_text() + "\nX = 1\n")
    records.code_digest.cache_clear()
    assert records.measured_by(PLAN) != stamp


@pytest.mark.parametrize("part", ["metrics", "references"])
def test_other_names_make_metrics_be_measured_again(part: str) -> None:
    assert records.measured_by(dataclasses.replace(PLAN, **{part: ()})) != records.measured_by(PLAN)


# -- damage --------------------------------------------------------------------------------------------------


def test_an_untouched_record_is_undamaged_also_after_its_metrics_are_renewed(tmp_path: Path) -> None:
    write(tmp_path)
    assert records.damage(tmp_path, PLAN, ARM, SEED) == ""
    records.remeasure(tmp_path, PLAN, ARM, SEED, [(ARM, "test", "mse", 1.0)])
    assert records.damage(tmp_path, PLAN, ARM, SEED) == ""


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "emptied": lambda content: b"",
    "one bit flipped": lambda content: bytes([content[0] ^ 1, *content[1:]]),
    "last bit flipped": lambda content: bytes([*content[:-1], content[-1] ^ 128]),
    "edited by hand": lambda content: content + b"\n",
}


@pytest.mark.parametrize("harm", DAMAGE)
@pytest.mark.parametrize("name", CHECKED)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, harm: str) -> None:
    file = write(tmp_path) / name
    file.write_bytes(DAMAGE[harm](file.read_bytes()))
    assert records.damage(tmp_path, PLAN, ARM, SEED) == f"{name} not as written"


@pytest.mark.parametrize("name", [*CHECKED, "checksums.json"])
def test_a_missing_file_is_damage(tmp_path: Path, name: str) -> None:
    (write(tmp_path) / name).unlink()
    assert name in records.damage(tmp_path, PLAN, ARM, SEED)


@pytest.mark.parametrize("text", ["", "{", "[1", '{"metrics.csv": "0"}', "null", "\x00"])
def test_checksums_that_are_no_checksums_are_damage(tmp_path: Path, text: str) -> None:
    (write(tmp_path) / "checksums.json").write_text(text)
    assert records.damage(tmp_path, PLAN, ARM, SEED)


def test_what_made_a_record_may_be_looked_at_and_annotated(tmp_path: Path) -> None:
    provenance = write(tmp_path) / "provenance.json"
    made = json.loads(provenance.read_text())
    assert made["packages"]["tensorflow"] == records._libraries()["tensorflow"]
    assert made["processor"] and isinstance(made["instructions"], list)
    provenance.write_text(json.dumps(made | {"note": "the night run"}))
    assert records.damage(tmp_path, PLAN, ARM, SEED) == ""


def test_a_damaged_record_is_replaced_by_writing_it_again(tmp_path: Path) -> None:
    place = write(tmp_path)
    whole = without_provenance(contents(place))
    (place / "history.csv").write_text("epoch,loss\n1,0\n")
    write(tmp_path)
    assert without_provenance(contents(place)) == whole and records.damage(tmp_path, PLAN, ARM, SEED) == ""
