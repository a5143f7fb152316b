"""What goes wrong outside the experiment: damaged records, kills, full disks, clocks, several processes at once."""

import io
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers import command, contents, done, ended, over_canonical_seeds, start, trained_and_read, typed

from mirage.records import checked

# Trained by scikit-learn: a process takes two seconds.
QUICK = ("scenario=imbalance", "data.n_majority=90", "data.n_minority=30", "replicates=6", "steps=[train,tables]")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is written where nothing goes wrong."""
    results = tmp_path_factory.mktemp("undisturbed")
    done(*QUICK, f"results_dir={results}")
    made = contents(results)
    assert len([name for name in made if "seed-" in name and name.startswith("runs/")]) == 6
    return made


@pytest.fixture
def made(tmp_path: Path, undisturbed: dict[str, bytes]) -> Path:
    """A results folder of its own as it is where nothing went wrong."""
    for name, content in undisturbed.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def record_of(results: Path, seed: int) -> Path:
    [file] = results.glob(f"runs/*/seed-{seed}.npz")
    return file


HARM: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "emptied": lambda content: b"",
    "one bit of the scores flipped": lambda c: bytes([*c[: len(c) // 2], c[len(c) // 2] ^ 1, *c[len(c) // 2 + 1 :]]),
    "one bit of the checksum flipped": lambda content: bytes([*content[:-1], content[-1] ^ 1]),
    "edited": lambda content: content.replace(b"scores/test", b"scores/tset"),
}


@pytest.mark.parametrize("years", [0, 20, -20])
def test_damage_is_named_and_made_again_and_never_averaged_in_whatever_the_clock_says(
    years: int, made: Path, undisturbed: dict[str, bytes]
) -> None:
    """Files that seem to be written in the future, or long ago: they are read, and nothing else is made again."""
    for seed, harm in enumerate(HARM.values()):
        file = record_of(made, seed)
        file.write_bytes(harm(file.read_bytes()))
        assert file.read_bytes() != undisturbed[str(file.relative_to(made))]
    then = time.time() + years * 365 * 24 * 3600
    for place in made.rglob("*"):
        os.utime(place, (then, then))
    status, _, err = typed(*QUICK, "steps=[tables]", f"results_dir={made}")
    assert status == 2 and "5 of 6 replicates have no record" in err
    status, out, err = typed(*QUICK, f"results_dir={made}")
    assert status == 0 and trained_and_read(out) == (5, 1)
    assert err.splitlines() == [f"damaged record: {record_of(made, s)}: not as written; not used" for s in range(5)]
    assert contents(made) == undisturbed and record_of(made, 5).stat().st_mtime == pytest.approx(then, abs=1)


def test_nothing_read_from_a_record_runs_code(made: Path) -> None:
    """Not even one with the checksum that it should have."""
    evil = type("Evil", (), {"__reduce__": lambda self: (os.mkdir, (str(made / "run"),))})()
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=True, **{"scores/test": np.array([evil], object)})
    with zipfile.ZipFile(packed, "a") as archive:
        archive.comment = b"0" * checked.DIGITS
    content = packed.getvalue()[: -checked.DIGITS]
    record_of(made, 0).write_bytes(content + checked._checksum(content))
    record_of(made, 1).write_bytes(pickle.dumps(evil))
    for kept in made.glob("runs/*/measured-*"):
        kept.write_bytes(pickle.dumps(evil))
    status, out, err = typed(*QUICK, "replicates=1", f"results_dir={made}")
    assert (status, out, err.count("\n")) == (2, "", 1) and str(record_of(made, 0)) in err and "pickle" in err
    status, out, err = typed(*QUICK, "seed=1", "replicates=1", f"results_dir={made}")
    assert status == 0 and trained_and_read(out) == (1, 0) and "damaged record: " in err
    assert not (made / "run").exists()


# Starting Python takes seconds and writing records milliseconds: so a process that has everything imported forks one
# that runs, and kills it at a moment between its first steps and its end. What was left is gone on with by the next
# one; a folder that is complete is begun anew. Prints how many were killed, and how many with some records written.
KILLER = """
import os, shutil, signal, sys, time
from pathlib import Path
import numpy as np
import sklearn.linear_model
from mirage.cli import job, launch, main, terminal
from mirage.report import sweeps

kills, results, words = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
killed, partly, longest = 0, 0, 3.0
for attempt, moment in enumerate(np.random.default_rng(0).uniform(0.1, 1, 6 * kills)):
    if killed == kills:
        break
    folder = Path(results, str(attempt % 5))
    if len(list(folder.glob("runs/*/seed-*.npz"))) == 40:
        shutil.rmtree(folder)
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        main.main([*words, f"results_dir={folder}"])
        os._exit(0)
    ended = 0, 0
    while time.monotonic() - began < moment * longest and ended == (0, 0):
        time.sleep(0.002)
        ended = os.waitpid(child, os.WNOHANG)
    if ended == (0, 0):
        os.kill(child, signal.SIGKILL)
        ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended[1]):
        killed += 1
        partly += 0 < len(list(folder.glob("runs/*/seed-*.npz"))) < 40
    else:
        assert os.waitstatus_to_exitcode(ended[1]) == 0, "going on from what was left failed"
        longest = max(0.2, 0.9 * (time.monotonic() - began))
print(killed, partly)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_many_moments_and_resumed_it_ends_with_the_same_bytes(kills: int, tmp_path: Path) -> None:
    """Five results folders, each killed over and over, then resumed."""
    many = (*QUICK, "replicates=40")
    done(*many, f"results_dir={tmp_path / 'whole'}")
    expected = contents(tmp_path / "whole")
    killer = [sys.executable, "-c", KILLER, str(kills), str(tmp_path), *many]
    ran = subprocess.run(killer, capture_output=True, encoding="utf-8", timeout=900)
    assert ran.returncode == 0, ran.stderr
    killed, partly = map(int, ran.stdout.split())
    assert killed == kills and partly >= kills // 10, "too few while records were being written"
    for results in (tmp_path / str(number) for number in range(5)):
        left = {(n, c) for n, c in contents(results).items() if "measured" not in n}
        assert left <= set(expected.items()), "half a file"
        done(*many, f"results_dir={results}")
        assert contents(results) == expected


def test_a_worker_that_is_killed_is_one_line_and_the_same_command_goes_on(tmp_path: Path) -> None:
    words = ("-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", *QUICK, "data.n_features=2,3,4,5")
    words = (*words, "replicates=100", f"results_dir={tmp_path}")
    process = start(*words)
    while not list(tmp_path.glob("runs/*/seed-*")) and process.poll() is None:
        time.sleep(0.02)
    ask = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(process.pid)]
    tree = subprocess.run(ask, capture_output=True, encoding="utf-8")
    workers = [int(line.split()[0]) for line in tree.stdout.splitlines() if "LokyProcess" in line]
    os.kill(workers[0], signal.SIGKILL)
    status, _, err = ended(process)
    assert status == 1 and "Traceback" not in err
    assert err.splitlines()[-1].startswith("a worker ended unexpectedly, killed or out of memory; complete records are")
    kept = len(list(tmp_path.glob("runs/*/seed-*.npz")))
    assert trained_and_read(done("-m", *QUICK, *words[-3:])) == (400 - kept, kept) and 0 < kept < 400


def test_six_processes_at_once_do_each_other_no_harm(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    for process in [start(*QUICK, f"results_dir={tmp_path}") for _ in range(6)]:
        assert ended(process)[::2] == (0, "")
    assert contents(tmp_path) == undisturbed


def test_canonical_runs_of_two_scenarios_at_once_leave_both_in_the_common_tables(tmp_path: Path) -> None:
    scenarios = ("imbalance", "ridge_lasso")
    words = (*over_canonical_seeds("imbalance"), "steps=[train,tables]", f"results_dir={tmp_path}")
    for process in [start(f"scenario={scenario}", *words) for scenario in scenarios]:
        assert ended(process)[::2] == (0, "")
    for table in ("metrics.csv", "claims.csv"):
        text = (tmp_path / "tables" / table).read_text(encoding="utf-8")
        assert all(re.search(rf"\b{scenario}\b", text) for scenario in scenarios)


Small = tuple[Path, tuple[str, ...]]


@pytest.fixture(params=["a small disk", "a limit on the size of files"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Small]:
    """A folder where not all records have room, or no large file has; and what a command is wrapped in."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if "limit" in request.param:
        yield folder, ("bash", "-c", 'ulimit -f 3; exec "$0" "$@"')
        return
    disk = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(folder)]
    if subprocess.run(disk, capture_output=True).returncode != 0:
        pytest.skip("no right to mount a disk here")
    yield folder, ()
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_nothing_half_written(small: Small, tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    results, wrap = small
    status, _, err = command(*QUICK, f"results_dir={results}", wrap=wrap)
    assert status == 2 and len(err.splitlines()) == 1 and err.startswith("cannot write results: ")
    assert contents(results).items() <= undisturbed.items(), "half a record"
    assert not [file for file in results.rglob(".*") if file.name != ".lock"], "what was written aside"
    room = tmp_path / "room"
    shutil.copytree(results, room)
    done(*QUICK, f"results_dir={room}")
    assert contents(room) == undisturbed
