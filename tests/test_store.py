"""Records: whole or not at all, the same bytes for the same thing, and any damage is found."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from test_identity import VARY, arm

from mirage.metrics.rows import Measured
from mirage.records import identity
from mirage.records.store import Damaged, Place
from mirage.training.replicate import Outcome


def outcome(off: float = 0.0) -> Outcome:
    """What a small replicate might give."""
    return Outcome(
        labels={"train": np.array([0, 1, 1]), "test": np.array([0.5, 2.0])},
        scores={"train": np.float32([0.1, 0.9, 0.4]) + np.float32(off), "test": np.array([1.0, np.nan])},
        history={"loss": np.float32([3.5, 0.1, 1e-9, 7e30])},
        numbers={"epochs_run": 4.0, "diverged": 0.0},
    )


def place(runs: Path) -> Place:
    return Place(runs, arm(), VARY)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones included, by its name from there."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def assert_same(one: Outcome, other: Outcome) -> None:
    np.testing.assert_equal(vars(one), vars(other), strict=True)
    assert [y.dtype for y in one.labels.values()] == [y.dtype for y in other.labels.values()]


def test_a_record_is_one_plain_file_the_same_bytes_each_time_beside_the_settings_that_decided_it(tmp_path):
    here = place(tmp_path / "one")
    assert not here.exists(3) and here.recorded() == set()
    for runs in ("one", "other"):
        place(tmp_path / runs).write(3, outcome())
    assert here.exists(3) and here.recorded() == {3} and here.damage(3) == ""
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    assert sorted(contents(here.runs)) == [f"{here.fingerprint}/seed-3.npz", f"{here.fingerprint}/settings.json"]
    with np.load(here.file(3), allow_pickle=False) as plain:  # nothing of ours is needed to read it
        expected = ["labels/train", "labels/test", "scores/train", "scores/test", "history/loss"]
        assert list(plain) == [*expected, "numbers", "numbers/names"]
        assert plain["labels/train"].dtype == np.int8 and plain["scores/train"].dtype == np.float32
        assert {info.date_time for info in plain.zip.infolist()} == {(1980, 1, 1, 0, 0, 0)}  # no clock time
    assert_same(here.read(3), outcome())
    decisive = json.loads((here.folder / "settings.json").read_text(encoding="utf-8"))
    assert decisive == identity.settings_of(arm(), VARY)
    again = json.dumps(decisive, sort_keys=True).encode()
    assert hashlib.sha256(again).hexdigest()[:12] == here.fingerprint


names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
shapes = array_shapes(max_dims=2, min_side=0, max_side=5)
by_name = st.dictionaries(names, arrays(st.sampled_from([np.int64, np.float64, np.float32]), shapes), max_size=3)


@given(
    labels=by_name | st.dictionaries(names, arrays(np.int64, 3, elements=st.integers(-130, 130))),  # some take a byte
    scores=by_name,
    history=st.dictionaries(names, arrays(np.float32, st.integers(0, 9), elements=st.floats(width=32)), max_size=2),
    values=st.dictionaries(names, st.floats(), max_size=3),
)
def test_what_is_written_is_read_again(labels, scores, history, values, tmp_path_factory):
    here = place(tmp_path_factory.mktemp("runs"))
    here.write(0, Outcome(labels, scores, history, values))
    assert_same(here.read(0), Outcome(labels, scores, history, values))


def test_a_changed_bit_of_any_byte_and_every_truncation_is_found(tmp_path):
    here = place(tmp_path)
    here.write(3, Outcome({"t": np.array([1])}, {}, {}, {}))
    file = here.file(3)
    whole = file.read_bytes()
    harmed = [whole[:end] for end in range(len(whole))] + [whole + b"\n"]
    harmed += [whole[:i] + bytes([whole[i] ^ 1 << i % 8]) + whole[i + 1 :] for i in range(len(whole))]
    for content in harmed:
        file.write_bytes(content)
        assert here.damage(3) == "not as written"
    with pytest.raises(Damaged, match="seed-3.npz: not as written"):
        here.read(3)
    file.unlink()
    assert here.damage(3) == "cannot be read: No such file or directory"
    file.mkdir()
    assert here.damage(3) == "cannot be read: Is a directory" and not here.exists(3)


def test_pickled_arrays_are_neither_written_nor_read(tmp_path):
    here = place(tmp_path)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        here.write(3, Outcome({"test": np.array([print], dtype=object)}, {}, {}, {}))
    assert not here.exists(3)
    content = io.BytesIO()  # with a right checksum, as somebody might who wants it loaded
    np.savez(content, **{"labels/test": np.array([Path], dtype=object)})
    with zipfile.ZipFile(content, "a") as archive:
        archive.comment = b"0" * 64
    whole = content.getvalue()[:-64]
    here.file(3).write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())
    with pytest.raises(Damaged, match="allow_pickle=False"):
        here.read(3)


START = f"""
import resource, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_store import *
here = place(Path(sys.argv[1]))
"""
LIMITED = """
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
for seed in (3, 4):
    try:
        here.write(seed, Outcome({"train": np.zeros(10_000)}, {}, {}, {}))
    except OSError as error:
        print(error.strerror)
"""
WRITER = """
for seed in range(20):
    here.write(seed, outcome(seed))
    here.keep_measured("key", {seed: Measured((("", "test", "mse"),), np.array([float(seed)]))})
    here.write_provenance([seed], 1.23456)
"""


def test_a_file_that_may_not_grow_leaves_nothing_and_an_older_record_as_it_was(tmp_path):
    place(tmp_path).write(3, outcome())  # the kernel itself refuses here, as on a full disk
    there = contents(tmp_path)
    words = [sys.executable, "-c", START + LIMITED, str(tmp_path)]
    done = subprocess.run(words, stdout=subprocess.PIPE, encoding="utf-8", timeout=120, check=True)
    assert done.stdout == "File too large\n" * 2 and contents(tmp_path) == there


def test_several_processes_write_the_same_records_at_the_same_time(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", START + WRITER, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    here = place(tmp_path)
    assert [here.damage(seed) for seed in range(20)] == [""] * 20
    assert_kept(here, {seed: Measured((("", "test", "mse"),), np.array([float(seed)])) for seed in range(20)})
    lines = [json.loads(x) for x in (here.folder / "provenance.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(line["seeds"][0] for line in lines) == sorted([*range(20)] * 3) and lines[0]["seconds"] == 1.235
    assert set(lines[0]) >= {"written", "host", "git_commit", "git_changed", "processor", "instructions", "packages"}
    assert len(list(here.folder.iterdir())) == 20 + 3


NAMES = (("", "test", "mse"), ("", "model", "diverged"), ("line", "test", "mse"))
NUMBERS = Measured(NAMES, np.array([0.1, np.inf, -0.0]))


def assert_kept(here: Place, expected: dict[int, Measured]) -> None:
    """These numbers come back under the key, bit for bit, and no others."""
    np.testing.assert_equal(here.measured("key", range(20)), expected, strict=True)


@pytest.fixture
def measured(tmp_path):
    here = place(tmp_path)
    for seed in (1, 2, 3):
        here.write(seed, outcome())
    here.keep_measured("key", {1: NUMBERS, 3: NUMBERS})
    here.keep_measured("key", {2: NUMBERS})
    return here


def test_measured_numbers_come_back_for_the_key_and_the_very_records_they_were_kept_for(measured):
    assert_kept(measured, {1: NUMBERS, 2: NUMBERS, 3: NUMBERS})
    assert set(measured.measured("key", [2])) == {2} and measured.measured("other", [1, 2, 3]) == {}
    measured.keep_measured("key", {9: NUMBERS, 3: Measured(NAMES[:1], np.ones(1))})  # no record, and fewer than most
    assert_kept(measured, {1: NUMBERS, 2: NUMBERS})
    others = Measured(NAMES, np.array([0.1, 5e-324, np.nan]))
    measured.keep_measured("key", {3: others})
    assert_kept(measured, {1: NUMBERS, 2: NUMBERS, 3: others})
    measured.write(1, outcome(off=1.0))
    measured.file(2).unlink()
    measured.write(3, outcome())  # the same again: what was measured is still true
    assert_kept(measured, {3: others})
    cache = measured.folder / "measured-key.npz"
    cache.write_bytes(cache.read_bytes()[:-1])  # damaged: made again
    assert_kept(measured, {})
    measured.keep_measured("key", {3: NUMBERS})
    assert_kept(measured, {3: NUMBERS})
