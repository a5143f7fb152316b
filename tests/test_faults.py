"""What goes wrong outside the experiment, in real processes: failing seeds, damaged records, kills, full disks."""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf.errors import OmegaConfBaseException

import run
from mirage import config

# Trained by scikit-learn: a process takes two seconds.
QUICK = ("scenario=imbalance", "data.n_majority=90", "data.n_minority=30", "replicates=6")


def start(*arguments: str, wrap: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*wrap, sys.executable, "-m", "run", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def command(*arguments: str, wrap: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Status, standard output and standard error of `python -m run`."""
    process = start(*arguments, wrap=wrap)
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err


def numbers(results: Path) -> dict[str, bytes]:
    """Everything written that must be the same bytes however it came about."""
    kept = [f for f in sorted(results.rglob("*")) if f.is_file() and f.name != "provenance.json"]
    return {str(f.relative_to(results)): f.read_bytes() for f in kept}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    results = tmp_path_factory.mktemp("undisturbed")
    status, _, err = command(*QUICK, f"results_dir={results}")
    assert (status, err) == (0, "")
    return numbers(results)


# -- seeds that cannot be made ---------------------------------------------------------------------------------


def test_a_seed_that_cannot_be_drawn_does_not_stop_the_others_and_is_told_with_its_command(tmp_path: Path) -> None:
    # Three test rows: in about one seed of four they are of one class.
    few = ("scenario=ridge_lasso", "data.n_rows=30", "data.held_out=0.1", f"results_dir={tmp_path}")
    status, out, err = command(*few, "replicates=8")
    assert status == 1 and "Traceback" not in err
    failed = sorted({int(seed) for seed in re.findall(r"^failed: ridge_lasso, seed (\d+), arms ", err, re.M)})
    made = {int(place.name.removeprefix("seed-")) for place in tmp_path.glob("runs/ridge_lasso/ridge-*/seed-*")}
    assert failed and made and made == set(range(8)) - set(failed)
    assert f"{5 * len(made)} trained, 0 read" in out
    for seed in failed:
        assert (
            f"again with: python -m run scenario=ridge_lasso seed={seed} replicates=1 data.n_rows=30 data.held_out=0.1 "
            in err
        )
        status, _, again = command(*few, f"seed={seed}", "replicates=1")
        assert status == 2 and again.startswith("data.held_out: got 0.1, which leaves a class out of test")


def test_if_no_seed_can_be_drawn_that_is_bad_input_and_nothing_is_written(tmp_path: Path) -> None:
    status, _, err = command("scenario=ridge_lasso", "data.n_rows=4", "replicates=3", f"results_dir={tmp_path}")
    assert status == 2 and len(err.splitlines()) == 1 and "leaves a class out" in err
    assert numbers(tmp_path) == {}


# -- damaged records -------------------------------------------------------------------------------------------

HARM: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "emptied": lambda content: b"",
    "one bit flipped": lambda content: bytes([*content[:-1], content[-1] ^ 1]),
    "edited by hand": lambda content: content + b"# better now\n",
}


def test_damaged_records_are_named_and_trained_again_and_never_averaged_in(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    status, _, _ = command(*QUICK, f"results_dir={tmp_path}")
    assert status == 0
    files = ("metrics.csv", "predictions.npz", "settings.json", "history.csv")
    harmed = []
    for seed, (name, harm) in enumerate(zip(files, HARM.values(), strict=True)):
        (file,) = tmp_path.glob(f"runs/imbalance/logistic-*/seed-{seed}/{name}")
        file.write_bytes(harm(file.read_bytes()))
        harmed.append(file)
    status, _, err = command(*QUICK, f"results_dir={tmp_path}", "steps=[tables]")
    assert status == 2 and "4 of 6 replicates have no record" in err
    status, out, err = command(*QUICK, f"results_dir={tmp_path}")
    assert status == 0 and "4 trained, 2 read" in out
    for file in harmed:
        assert f"damaged record: {file.parent}: {file.name} not as written; not used\n" in err
    assert numbers(tmp_path) == undisturbed


# -- ends that come from outside -------------------------------------------------------------------------------

KILLS = 50
MANY = (*QUICK[:-1], "replicates=40")

# Starting Python takes seconds and writing records milliseconds: so a process that has everything imported forks one
# that runs, and kills it at a moment between its first steps and its end. What was left is gone on with by the next
# one; a folder that is complete is begun anew. Prints how many were killed, and how many with some records written.
KILLER = """
import os, shutil, signal, sys, time
from pathlib import Path
import numpy as np
import run
from mirage import claims, experiment, figures, measure, records, report, summary, terminal
import sklearn.linear_model

kills, results = int(sys.argv[1]), sys.argv[2]
sys.argv = ["run", *sys.argv[3:]]
killed, partly, longest = 0, 0, 3.0
for attempt, moment in enumerate(np.random.default_rng(0).uniform(0.1, 1, 6 * kills)):
    if killed == kills:
        break
    folder = Path(results, str(attempt % 5))
    if len(list(folder.glob("runs/*/*/seed-*"))) == 40:
        shutil.rmtree(folder)
    sys.argv[-1] = f"results_dir={folder}"
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        run.main()
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
        partly += 0 < len(list(folder.glob("runs/*/*/seed-*"))) < 40
    else:
        assert os.waitstatus_to_exitcode(ended[1]) == 0, "going on from what was left failed"
        longest = max(0.2, 0.9 * (time.monotonic() - began))
print(killed, partly)
"""


def test_killed_at_fifty_moments_and_resumed_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """Five results folders, each killed over and over, then resumed."""
    whole = tmp_path / "whole"
    assert command(*MANY, f"results_dir={whole}")[0] == 0
    expected = numbers(whole)
    words = [sys.executable, "-c", KILLER, str(KILLS), str(tmp_path), *MANY, "results_dir="]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    killed, partly = map(int, ran.stdout.split())
    assert killed == KILLS and partly >= KILLS // 5, "too few while records were being written"
    for results in (tmp_path / str(number) for number in range(5)):
        for table in results.glob("custom/*.csv"):
            assert table.read_bytes() == expected[str(table.relative_to(results))]  # whole or not at all
        status, _, err = command(*MANY, f"results_dir={results}")
        assert (status, err) == (0, "")
        left = {name: content for name, content in numbers(results).items() if "/." not in name}  # written aside
        assert left == expected


def test_a_worker_that_is_killed_is_one_line_and_the_same_command_goes_on(tmp_path: Path) -> None:
    sweep = ("-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "scenario=imbalance", "steps=[train,tables]")
    words = (*sweep, "data.n_features=2,3,4,5", "replicates=100", f"results_dir={tmp_path}")
    process = start(*words)
    while not list(tmp_path.glob("runs/*/*/seed-*")) and process.poll() is None:
        time.sleep(0.05)
    tree = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True)
    workers = [int(line.split()[0]) for line in tree.stdout.splitlines() if "LokyProcess" in line]
    os.kill(workers[0], signal.SIGKILL)
    _, err = process.communicate(timeout=600)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("a worker ended unexpectedly, killed or out of memory; complete records are")
    assert "Traceback" not in err
    status, out, _ = command(*words)
    read = sum(int(n) for n in re.findall(r"trained, (\d+) read", out))
    assert status == 0 and 0 < read < 400


def test_two_processes_on_the_same_results_at_once_do_each_other_no_harm(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    both = [start(*QUICK, f"results_dir={tmp_path}") for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=600)
        assert (process.returncode, err) == (0, "")
    assert numbers(tmp_path) == undisturbed


def test_canonical_runs_of_two_scenarios_at_once_leave_both_in_the_common_tables(tmp_path: Path) -> None:
    both = [
        start(f"scenario={name}", "replicates=30", "steps=[train,tables]", f"results_dir={tmp_path}")
        for name in ("imbalance", "ridge_lasso")
    ]
    for process in both:
        _, err = process.communicate(timeout=600)
        assert (process.returncode, err) == (0, "")
    for table in ("metrics.csv", "claims.csv"):
        text = (tmp_path / "tables" / table).read_text()
        assert "imbalance" in text and "ridge_lasso" in text


@pytest.fixture(params=["a file system of its own", "a limit on the size of files"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A folder on a disk too small for the records, and what a command is wrapped in; where none can be mounted, twice
    the second: writing fails in the middle of a file all the same."""
    folder = tmp_path / "disk"
    folder.mkdir()
    own = request.param.endswith("own")
    if (
        own
        and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=72k", "tmpfs", folder], capture_output=True).returncode
        == 0
    ):
        yield folder, ()
        subprocess.run(["umount", folder], check=True)
    else:
        yield folder, ("bash", "-c", 'ulimit -f 4; exec "$0" "$@"')


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    small: tuple[Path, tuple[str, ...]], tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    results, wrap = small
    status, _, err = command(*QUICK, f"results_dir={results}", wrap=wrap)
    assert status == 2 and len(err.splitlines()) == 1 and err.startswith("cannot write results: ")
    left = numbers(results)
    assert left.items() <= undisturbed.items(), "half a record"
    room = tmp_path / "room"
    shutil.copytree(results, room)
    assert command(*QUICK, f"results_dir={room}")[0] == 0
    assert numbers(room) == undisturbed


@pytest.mark.parametrize("moved", [20 * 365, -20 * 365])
def test_a_clock_that_is_set_back_or_forward_changes_nothing(
    moved: int, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    """Files that seem to be written in the future, or long ago: they are read, and nothing is made again."""
    assert command(*QUICK, f"results_dir={tmp_path}")[0] == 0
    then = time.time() + moved * 24 * 3600
    for place in tmp_path.rglob("*"):
        os.utime(place, (then, then))
    [figure] = tmp_path.glob("custom/*.png")
    [harmed] = tmp_path.glob("runs/imbalance/logistic-*/seed-3")
    (harmed / "history.csv").write_text("epoch\n1\n")
    os.utime(harmed / "history.csv", (then, then))
    status, out, err = command(*QUICK, f"results_dir={tmp_path}")
    assert status == 0 and "1 trained, 5 read" in out and f"damaged record: {harmed}: history.csv" in err
    assert numbers(tmp_path) == undisturbed
    assert figure.stat().st_mtime == pytest.approx(then, abs=1), "drawn again from the same numbers"


def test_nothing_read_from_a_record_can_run_code(tmp_path: Path) -> None:
    status, _, _ = command(*QUICK, f"results_dir={tmp_path}")
    assert status == 0
    evil = np.array([print], dtype=object)  # a pickle, which NumPy would have to run to read
    for seed in range(6):
        (place,) = tmp_path.glob(f"runs/imbalance/logistic-*/seed-{seed}")
        np.savez(place / "predictions.npz", allow_pickle=True, test_x=evil)
    status, _, err = command(*QUICK, f"results_dir={tmp_path}", "steps=[tables]")
    assert status == 2 and "6 of 6 replicates have no record" in err


# -- whatever is typed -----------------------------------------------------------------------------------------

TYPED = 1000
KEYS = st.sampled_from(
    ["data.n_train", "data.n_test", "data.noise", "data.law", "data.low", "data.held_out", "data.minority_share"]
    + ["model.hidden", "model.dropout", "model.kind", "model.members", "model.alpha", "model.activation"]
    + ["training.epochs", "training.batch_size", "training.optimizer.name", "training.validate_on", "training.loss"]
    + ["decision.threshold", "decision.ensembles_of", "arms.network", "arms.dropout.model.dropout", "arms", "seed"]
    + ["replicates", "steps", "metrics", "references", "lesson", "kind", "vary", "title", "results_dir", "nonsense"]
)
VALUES = st.sampled_from(
    ["0", "-1", "1.5", "1e400", "nan", "null", "true", "[]", "[1]", "{a: 1}", "''", "abc", "???", "${seed}", "1e12"]
    + ["[train,train]", "relu", "mlp", "smote", "test", "[mse]", "${oc.env:HOME}", "\\\\", "1_000", "0x10", "[[1]]"]
)
MARKS = st.sampled_from(["", "", "", "+", "++", "~"])


TYPED_WORDS = st.lists(st.tuples(MARKS, KEYS, VALUES), min_size=1, max_size=4).map(
    lambda typed: [f"{mark}{key}={value}" for mark, key, value in typed]
)


@settings(max_examples=TYPED, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenario=st.sampled_from(run.SCENARIOS), typed=TYPED_WORDS)
def test_a_thousand_settings_are_a_plan_or_one_clear_line(scenario: str, typed: list[str]) -> None:
    config.register()
    overrides = [f"scenario={scenario}", *typed]
    try:
        with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
            run.plan_of(compose("config", overrides), scenario, overrides)
    except (config.ConfigError, HydraException, OmegaConfBaseException) as error:
        line = run.one_line(error)
        assert line and "\n" not in line and "Traceback" not in line


class Valid(Exception):
    """Raised in place of doing what a valid command asks for."""


@settings(max_examples=TYPED // 10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenario=st.sampled_from(run.SCENARIOS), typed=TYPED_WORDS)
def test_a_command_is_done_or_answered_in_one_line_with_status_2_and_nothing_written(
    scenario: str, typed: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = tmp_path_factory.getbasetemp() / "typed"
    here.mkdir(exist_ok=True)

    def perform(plan: config.Plan) -> None:
        raise Valid

    err = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(err):
        patch.chdir(here)
        patch.setattr(run, "perform", perform)
        patch.setattr(run, "failures", [])
        patch.setattr(sys, "argv", ["run", f"scenario={scenario}", "results_dir=results", *typed])
        try:
            run.main()
            raise AssertionError("neither done nor refused")
        except Valid:
            return
        except SystemExit as stop:
            assert stop.code == 2
    said = err.getvalue()
    assert said.endswith("\n") and said.count("\n") == 1 and len(said) > 1 and "Traceback" not in said
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "word",
    [
        "hydra.launcher._target_=os.system",
        "+hydra.callbacks.mine={_target_: os.system}",
        '+hydra.callbacks.mine="${oc.create:${oc.decode:${oc.env:HOME}}}"',
        "hydra.job_logging.root={handlers: [mine]}",
        "+hydra.job_logging.handlers={mine: {class: this.Handler}}",
        "hydra.searchpath=[pkg://this]",
        "hydra.launcher={_target_: os.system}",
        'hydra.sweeper.params="${oc.decode:${oc.env:HOME}}"',
        "hydra/job_logging=default",
    ],
)
def test_no_setting_of_hydras_that_can_name_code_is_taken(word: str, tmp_path: Path) -> None:
    status, out, err = command("-m", "scenario=imbalance", word, f"results_dir={tmp_path / 'none'}")
    assert (status, out) == (2, "") and not (tmp_path / "none").exists()
    assert err.startswith(f"{word}: got a key of Hydra's that can name code to run, takes ") and err.count("\n") == 1


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    assert command(*QUICK, f"results_dir={tmp_path / 'runs_target_a'}")[0] == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("scenario=smote", "data.n_minority=4"), "data.neighbours: got 5, SMOTE takes fewer than the 4 minority rows"),
        (
            ("scenario=smote_balance_controlled", "data.n_train=11"),
            "data.stratify: got 10, 1 rows of the classes, too few to hold out 0.2 of each",
        ),
    ],
)
def test_an_arm_that_no_seed_can_be_drawn_for_is_bad_input(typed: tuple[str, ...], said: str, tmp_path: Path) -> None:
    status, _, err = command(*typed, "replicates=2", f"results_dir={tmp_path / 'none'}")
    assert (status, err) == (2, said + "\n") and not (tmp_path / "none").exists()
