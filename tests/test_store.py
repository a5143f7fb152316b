"""Records: whole or not at all, the same bytes for the same thing, and any damage is found."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from test_identity import VARY, arm

from mirage.records import identity
from mirage.records.store import Damaged, Place, old_layout
from mirage.training.replicate import Outcome

ARM = arm()


def outcome(off: float = 0.0) -> Outcome:
    """What a small replicate might give."""
    return Outcome(
        labels={"train": np.array([0, 1, 1]), "test": np.array([0.5, 2.0])},
        scores={"train": np.float32([0.1, 0.9, 0.4]) + np.float32(off), "test": np.array([1.0, np.nan])},
        history={"loss": np.float32([3.5, 0.1, 1e-9, 7e30])},
        numbers={"epochs_run": 4.0, "diverged": 0.0},
    )


def place(runs: Path) -> Place:
    return Place(runs, ARM, VARY)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones included, by its name from there."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def assert_same(one: Outcome, other: Outcome) -> None:
    for part in ("labels", "scores", "history", "numbers"):
        before, after = getattr(one, part), getattr(other, part)
        assert list(before) == list(after)
        for name in before:
            np.testing.assert_array_equal(before[name], after[name], strict=True)


# -- there and back ------------------------------------------------------------------------------------------


def test_a_record_is_one_plain_file_beside_the_settings_that_decided_it(tmp_path: Path) -> None:
    here = place(tmp_path)
    assert not here.exists(3)
    here.write(3, outcome())
    assert here.exists(3) and here.damage(3) == ""
    assert sorted(contents(tmp_path)) == [f"{here.fingerprint}/seed-3.npz", f"{here.fingerprint}/settings.json"]
    with np.load(here.file(3), allow_pickle=False) as plain:  # nothing of ours is needed to read it
        expected = ["labels/train", "labels/test", "scores/train", "scores/test", "history/loss"]
        assert list(plain) == [*expected, "numbers", "numbers/names"]
        assert plain["labels/train"].dtype == np.int8 and plain["scores/train"].dtype == np.float32
    assert_same(here.read(3), outcome())
    decisive = json.loads((here.folder / "settings.json").read_text(encoding="utf-8"))
    assert decisive == identity.settings_of(ARM, VARY)
    again = json.dumps(decisive, sort_keys=True).encode()
    assert hashlib.sha256(again).hexdigest()[:12] == here.fingerprint


names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
numbers = st.floats(width=32)


def by_name(dtype: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, np.ndarray]]:
    shapes = array_shapes(max_dims=2, min_side=0, max_side=5)
    return st.dictionaries(names, dtype.flatmap(lambda d: arrays(d, shapes)), max_size=3)


@settings(deadline=None)
@given(
    labels=by_name(st.sampled_from([np.int64, np.float64, np.float32]))
    | st.dictionaries(names, arrays(np.int64, 3, elements=st.integers(-130, 130))),  # of which small ones take a byte
    scores=by_name(st.sampled_from([np.float32, np.float64])),
    history=st.dictionaries(names, arrays(np.float32, st.integers(0, 9), elements=numbers), max_size=2),
    values=st.dictionaries(names, st.floats(), max_size=3),
)
def test_what_is_written_is_read_again(
    labels: Any, scores: Any, history: Any, values: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = place(tmp_path_factory.mktemp("runs"))
    before = Outcome(labels, scores, history, values)
    here.write(0, before)
    assert_same(here.read(0), before)


def test_the_same_thing_is_the_same_bytes_and_holds_no_clock_time(tmp_path: Path) -> None:
    for runs in ("one", "other"):
        place(tmp_path / runs).write(3, outcome())
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    with zipfile.ZipFile(place(tmp_path / "one").file(3)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# -- damage --------------------------------------------------------------------------------------------------


def test_every_changed_bit_and_every_truncation_is_found(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.write(3, Outcome({"t": np.array([1])}, {}, {}, {}))
    file = here.file(3)
    whole = file.read_bytes()
    harmed = [whole[:end] for end in range(len(whole))] + [whole + b"\n"]
    harmed += [whole[:i] + bytes([whole[i] ^ 1 << bit]) + whole[i + 1 :] for i in range(len(whole)) for bit in range(8)]
    for content in harmed:
        file.write_bytes(content)
        assert here.damage(3) == "not as written"
    with pytest.raises(Damaged, match="seed-3.npz: not as written"):
        here.read(3)
    here.write(3, outcome())
    assert here.damage(3) == ""


def test_what_cannot_be_read_is_damage_and_says_why(tmp_path: Path) -> None:
    here = place(tmp_path)
    assert here.damage(3) == "cannot be read: No such file or directory"
    here.file(3).mkdir(parents=True)
    assert here.damage(3) == "cannot be read: Is a directory" and not here.exists(3)


def test_pickled_arrays_are_neither_written_nor_read(tmp_path: Path) -> None:
    here = place(tmp_path)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        here.write(3, Outcome({"test": np.array([print], dtype=object)}, {}, {}, {}))
    assert not here.exists(3)
    with here.file(3).open("wb") as stream:  # with a right checksum, as somebody might who wants it loaded
        np.savez(stream, **{"labels/test": np.array([Path], dtype=object)})
    with zipfile.ZipFile(here.file(3), "a") as archive:
        archive.comment = b"0" * 64
    content = here.file(3).read_bytes()[:-64]
    here.file(3).write_bytes(content + hashlib.sha256(content).hexdigest().encode())
    with pytest.raises(Damaged, match="allow_pickle=False"):
        here.read(3)


# -- whole or not at all -------------------------------------------------------------------------------------

START = f"""
import resource, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_store import *
here = place(Path(sys.argv[1]))
"""
LIMITED = """
large = Outcome({"train": np.zeros(10_000)}, {}, {}, {})
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
try:
    here.write(3, large)
except OSError as error:
    sys.exit(f"refused: {error.strerror}")
"""
WRITER = """
for seed in range(20):
    here.write(seed, outcome(seed))
    here.keep_measured("key", {seed: [("", "test", "mse", float(seed))]})
    here.write_provenance([seed], 1.0)
"""


@pytest.mark.parametrize("before", [False, True])
def test_a_file_that_may_not_grow_leaves_nothing_and_an_older_record_as_it_was(tmp_path: Path, before: bool) -> None:
    place(tmp_path).write(3 if before else 4, outcome())  # the kernel itself refuses here, as on a full disk
    there = contents(tmp_path)
    words = [sys.executable, "-c", START + LIMITED, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=120)
    assert (done.stderr, done.returncode) == ("refused: File too large\n", 1)
    assert contents(tmp_path) == there


def test_what_a_killed_process_leaves_is_no_record_and_does_no_harm(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.folder.mkdir(parents=True)
    left = here.folder / ".seed-3.npz-4711-00ff"
    left.write_bytes(b"half a rec")
    assert not here.exists(3)
    here.write(3, outcome())
    assert here.damage(3) == "" and left.read_bytes() == b"half a rec"


def test_several_processes_write_the_same_records_at_the_same_time(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", START + WRITER, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    here = place(tmp_path)
    assert [here.damage(seed) for seed in range(20)] == [""] * 20
    rows = {seed: [("", "test", "mse", float(seed))] for seed in range(20)}
    assert here.measured("key", range(20)) == rows
    lines = (here.folder / "provenance.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["seeds"][0] for line in lines) == sorted([*range(20)] * 3)
    assert len(list(here.folder.iterdir())) == 20 + 3


# -- measured rows -------------------------------------------------------------------------------------------

ROWS = [("", "test", "mse", 0.1), ("", "model", "diverged", float("inf")), ("line", "test", "mse", -0.0)]


def test_measured_rows_come_back_for_the_key_they_were_kept_under(tmp_path: Path) -> None:
    here = place(tmp_path)
    for seed in (1, 2, 3):
        here.write(seed, outcome())
    here.keep_measured("key", {1: ROWS, 9: ROWS, 3: ROWS[:1]})  # no record, and other rows than most: not kept
    here.keep_measured("key", {2: ROWS[:2] + [("line", "test", "mse", float("nan"))]})
    assert here.measured("key", [1, 3]) == {1: ROWS}
    found = here.measured("key", [1, 2, 3])
    assert found[1] == ROWS and np.isnan(found[2][2][3]) and set(found) == {1, 2}
    assert here.measured("other", [1, 2, 3]) == {}


def test_rows_of_a_record_that_was_replaced_or_removed_are_forgotten(tmp_path: Path) -> None:
    here = place(tmp_path)
    for seed in (1, 2, 3):
        here.write(seed, outcome())
    here.keep_measured("key", dict.fromkeys((1, 2, 3), ROWS))
    here.write(1, outcome(off=1.0))
    here.file(2).unlink()
    here.write(3, outcome())  # the same again: what was measured is still true
    assert set(here.measured("key", [1, 2, 3])) == {3}


@pytest.mark.parametrize("harm", [lambda whole: whole[:-1], lambda whole: whole[:50] + b"?" + whole[51:]])
def test_a_damaged_cache_is_made_again(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    here = place(tmp_path)
    here.write(1, outcome())
    here.keep_measured("key", {1: ROWS})
    file = here.folder / "measured-key.npz"
    file.write_bytes(harm(file.read_bytes()))
    assert here.measured("key", [1]) == {}
    here.keep_measured("key", {1: ROWS})
    assert here.measured("key", [1]) == {1: ROWS}


# -- provenance and the old layout ---------------------------------------------------------------------------


def test_provenance_has_a_line_for_each_stack(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.write_provenance([1, 2], 1.23456)
    here.write_provenance([3], 2.0)
    lines = [json.loads(x) for x in (here.folder / "provenance.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["seeds"], line["seconds"]) for line in lines] == [([1, 2], 1.235), ([3], 2.0)]
    assert set(lines[0]) >= {"written", "host", "git_commit", "git_changed", "processor", "instructions", "packages"}
    assert lines[0]["packages"]["numpy"] == np.__version__


def test_records_are_imported_without_what_windows_lacks() -> None:
    blocked = "import sys\nfor name in ('fcntl', 'pwd', 'resource'):\n    sys.modules[name] = None\n"
    script = blocked + "import mirage.records.store\nassert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120, env=os.environ | {"PYTHONUTF8": "0"})


def test_records_of_the_old_layout_are_named_once_with_their_size(tmp_path: Path) -> None:
    assert old_layout(tmp_path / "none") == ([], 0)
    place(tmp_path).write(3, outcome())
    assert old_layout(tmp_path) == ([], 0)
    old = tmp_path / "dropout" / "dropout-0123456789ab" / "seed-0"
    old.mkdir(parents=True)
    (old / "metrics.csv").write_text("scenario\n", encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("not ours", encoding="utf-8")
    assert old_layout(tmp_path) == ([tmp_path / "dropout"], 9)
    assert old_layout(tmp_path) == ([], 0)
