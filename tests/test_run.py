"""The command line in real processes: what is typed, what is said, what is written, and what is left alone.

Settings are tiny (`TINY`), and commands that must not need TensorFlow run where importing it ends the process.
"""

import contextlib
import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import run
from mirage import config

KNOWN = ", ".join(run.SCENARIOS)
TINY = ("training.epochs=3", "model.hidden=[4]")
MIRAGE = Path(sys.executable).with_name("mirage")
RECORD = {
    "checksums.json",
    "history.csv",
    "measured.json",
    "metrics.csv",
    "predictions.npz",
    "provenance.json",
    "settings.json",
}


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def trained_and_read(self) -> tuple[int, int]:
        """Summed over the jobs of a sweep."""
        counts = re.findall(r"^replicates +(\d+) trained, (\d+) read from their records$", self.out, re.M)
        assert counts, self.out
        return sum(int(trained) for trained, _ in counts), sum(int(read) for _, read in counts)

    @property
    def table(self) -> str:
        """What is said before it comes to replicates and places."""
        return self.out.partition("\nreplicates ")[0]


def heed_interrupts() -> None:
    """As in a terminal: what is started in the background inherits that it ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, wrap: tuple[str, ...] = ()
) -> "subprocess.Popen[str]":
    """Start `python -m run` in a folder."""
    kept = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "TF_CPP_MIN_LOG_LEVEL")}
    return subprocess.Popen(
        [*wrap, sys.executable, "-m", "run", *arguments],
        cwd=cwd,
        env=kept | dict(env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )


def command(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, wrap: tuple[str, ...] = ()) -> Ran:
    """Run `python -m run` in a folder to its end."""
    with start(*arguments, cwd=cwd, env=env, wrap=wrap) as process:
        out, err = process.communicate(timeout=300)
    return Ran(process.returncode, out, err)


@pytest.fixture(scope="module")
def without_tensorflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which importing TensorFlow, Keras or JAX ends the process with status 86."""
    folder = tmp_path_factory.mktemp("without_tensorflow")
    for name in ("tensorflow", "keras", "jax"):
        (folder / f"{name}.py").write_text("import os\nos._exit(86)\n")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder a command is typed in."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def everything(folder: Path) -> set[str]:
    """All files and folders below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def contents(folder: Path, *leaving_out: str) -> dict[str, bytes]:
    """The bytes of all files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in (".lock", *leaving_out))
    files = (path for path in files if path.suffix != ".drawn")  # what a figure was drawn from
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_where_tensorflow_is_forbidden_importing_it_ends_the_process(without_tensorflow: dict[str, str]) -> None:
    environment = {**os.environ, **without_tensorflow}
    assert subprocess.run([sys.executable, "-c", "import tensorflow"], env=environment).returncode == 86


# -- asking ----------------------------------------------------------------------------------------------------


def test_help_is_a_screenful_with_every_lesson_and_its_title(here: Path, without_tensorflow: dict[str, str]) -> None:
    ran = command("--help", cwd=here, env=without_tensorflow)
    lines = ran.out.splitlines()
    assert (ran.status, ran.err, everything(here)) == (0, "", set())
    assert len(lines) <= 40 and max(map(len, lines)) <= 100
    for lesson in run.LESSONS:
        title = re.search(r"^title: (.*)$", (run.ROOT / f"conf/scenario/{lesson}.yaml").read_text(), re.M)
        assert title and [line.split() for line in lines].count([lesson, *title[1].split()]) == 1
    assert "NAME_controlled" in ran.out and {f"{name}_controlled" for name in run.LESSONS} <= set(run.SCENARIOS)
    for knob in ("seed=", "replicates=", "force=true", "steps=", "results_dir=", "model.dropout=", "arms.NAME=null"):
        assert knob in ran.out


@pytest.mark.parametrize("arguments", re.findall(r"^  python -m run (.*?)(?:  .*)?$", run.HELP, re.M)[1:])
def test_the_examples_that_help_gives_are_good_commands(
    arguments: str, here: Path, without_tensorflow: dict[str, str]
) -> None:
    words = [
        word.strip("'") for word in arguments.replace("scenario=", "steps=[tables] results_dir=none scenario=").split()
    ]
    ran = command(*words, cwd=here, env=without_tensorflow)
    for complaint in ran.err.splitlines():
        assert complaint.endswith("have no record; train them first (steps)")


def test_cfg_job_prints_the_settings_and_runs_nothing(here: Path, without_tensorflow: dict[str, str]) -> None:
    ran = command("scenario=dropout", "model.dropout=0.25", "--cfg", "job", cwd=here, env=without_tensorflow)
    assert (ran.status, ran.err, everything(here)) == (0, "", set())
    assert "dropout: 0.25" in ran.out and "n_train: 20" in ran.out


def test_mirage_is_an_installed_name_for_the_same_entry_point(here: Path, without_tensorflow: dict[str, str]) -> None:
    [script] = importlib.metadata.entry_points(group="console_scripts", name="mirage")
    assert script.load() is run.main
    environment = {**os.environ, **without_tensorflow}
    for arguments in (["--help"], ["scenario=dropout", "seed=-1"]):
        ran = subprocess.run([MIRAGE, *arguments], cwd=here, env=environment, capture_output=True, text=True)
        assert Ran(ran.returncode, ran.stdout, ran.stderr) == command(*arguments, cwd=here, env=without_tensorflow)


def test_the_shell_completes_what_is_typed_after_mirage(here: Path, without_tensorflow: dict[str, str]) -> None:
    """As --help says: Hydra's own script in a real bash, asked what it would offer."""
    ask = """
        eval "$(mirage -sc install=bash)"
        offer() { COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
                  COMPREPLY=(); hydra_bash_completion; echo "${COMPREPLY[@]}"; }
        offer mirage scenario=ove
        offer mirage scenario=overfitting_
        offer mirage scenario=dropout model.dro
        offer mirage scenario=dropout arms.base
    """
    environment = {**os.environ, **without_tensorflow, "PATH": f"{MIRAGE.parent}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["bash", "-c", ask], cwd=here, env=environment, capture_output=True, text=True)
    assert [set(line.split()) for line in ran.stdout.splitlines()] == [
        {"scenario=overfitting", "scenario=overfitting_controlled"},
        {"scenario=overfitting_controlled"},
        {"model.dropout="},
        {"arms.baseline."},
    ]
    assert (ran.stderr, everything(here)) == ("", set())


# -- bad input: one line, status 2, nothing written ----------------------------------------------------------

ONE_SCENARIO = f"scenario: not given, takes one of {KNOWN}; for example: python -m run scenario={run.SCENARIOS[0]}"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("", ONE_SCENARIO),
        ("-m seed=0,1", ONE_SCENARIO),
        ("scenario=drpout", f"scenario: got drpout (did you mean dropout?), takes one of {KNOWN}"),
        ("scenario=null", f"scenario: got null, takes one of {KNOWN}"),
        ("scenario=dropout trainng.epochs=3", r"trainng: unknown key \(did you mean training\?\); a run takes .*"),
        ("scenario=dropout training.epochs=many", "training.epochs: got many, takes a whole number from 1 to 1000000"),
        ("scenario=dropout model.dropout=1.0", "model.dropout: got 1.0, takes a number from 0 to below 1"),
        (
            "scenario=dropout arms.baseline.model.dropout=-0.1",
            "arms.baseline.model.dropout: got -0.1, takes a number from 0 to below 1",
        ),
        ("scenario=dropout seed=0,1", r"Ambiguous value for argument 'seed=0,1' .*"),
        ("scenario=dropout nonsense", r".*'nonsense'.*"),
        ("scenario=dropout training.epochs=[", r".*'\['.*"),
        ("scenario=dropout --verbose", ".*unrecognized arguments: --verbose"),
        ("scenario=dropout --cfg everything", ".*invalid choice: 'everything'.*"),
        ("-m scenario=dropout,overfitting training.epochs=3,0", "training.epochs: got 0, takes .*"),
        ("-m scenario=overfitting,drpout", r"scenario: got drpout \(did you mean dropout\?\), takes one of .*"),
        (
            "scenario=dropout steps=[tables] results_dir=none",
            r"dropout: 2 of 2 replicates have no record; train them first \(steps\)",
        ),
        ("scenario=3", f"scenario: got 3, takes one of {KNOWN}"),
        ("-m scenario=null,dropout", "scenario: got null, takes one of .*"),
        ("~scenario", "scenario: .*, takes one of .*"),
        ("scenario=dropout.yaml", "scenario: got dropout.yaml.*, takes one of .*"),
        ("-m scenario=glob(x*)", r"scenario: got glob\(x\*\), takes one of .*"),
        ("scenario=dropout --resolve", ".*--resolve.*"),
        ("-m scenario=dropout --cfg job", ".*--multirun.*--cfg.*"),
        ("scenario=dropout hydra/launcher=no", ".*'hydra/launcher/no'.*"),
        ("scenario=dropout --config-name=no", ".*primary config 'no'.*"),
    ],
)
def test_bad_input_is_answered_in_one_line(
    arguments: str, line: str, here: Path, without_tensorflow: dict[str, str]
) -> None:
    ran = command(*arguments.split(), cwd=here, env=without_tensorflow)
    assert ran.status == 2
    assert ran.err.count("\n") == 1 and ran.err.endswith("\n")
    assert ran.err == line + "\n" or re.fullmatch(line, ran.err.removesuffix("\n"))
    assert not line.startswith(".*'") or not ran.err.startswith("cannot write")
    assert ran.out == "" and everything(here) == set()


def test_more_rows_than_the_memory_holds_are_no_traceback(here: Path, without_tensorflow: dict[str, str]) -> None:
    big = ("scenario=imbalance", "data.n_features=1000000", "data.n_majority=1000000")  # eight terabytes
    ran = command(*big, "results_dir=none", cwd=here, env=without_tensorflow)
    assert ran.status != 0 and "Traceback" not in ran.err and "Unable to allocate" in ran.err
    assert not list(here.rglob("seed-*"))


def test_results_dir_that_is_a_file_or_below_one(here: Path, without_tensorflow: dict[str, str]) -> None:
    file = here / "file"
    file.write_text("mine")
    for results in (file, file / "below"):
        ran = command("scenario=dropout", f"results_dir={results}", cwd=here, env=without_tensorflow)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"results_dir: got {results}, takes a folder, but {file} is a file\n"
    assert contents(here) == {"file": b"mine"}


# Root may write anywhere, unless it gives up the right to.
NO_RIGHTS = ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()


def test_results_dir_that_is_read_only(here: Path, without_tensorflow: dict[str, str]) -> None:
    (here / "closed").mkdir(mode=0o555)
    for results in (here / "closed", here / "closed" / "below"):
        ran = command("scenario=dropout", f"results_dir={results}", cwd=here, env=without_tensorflow, wrap=NO_RIGHTS)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"results_dir: got {results}, takes a folder that can be written to\n"
    assert everything(here) == {"closed"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder here that even root cannot write to")
def test_results_dir_that_nobody_can_write_to(here: Path, without_tensorflow: dict[str, str]) -> None:
    ran = command("scenario=dropout", "results_dir=/proc/results", cwd=here, env=without_tensorflow)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "/proc/results" in ran.err


# -- making ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A folder to type commands in and, beside it, one for their results."""

    here: Path
    results: Path

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, status: int = 0) -> Ran:
        """A command that ends with this status and leaves nothing in the folder it was typed in."""
        ran = command(*arguments, "results_dir=../results", cwd=self.here, env=env)
        assert ran.status == status, ran.err
        assert {path.name for path in self.here.iterdir()} <= {"multirun"}  # a sweep leaves one; see below
        return ran

    def records(self, arm: str) -> set[Path]:
        return set((self.results / "runs").glob(f"{arm}-*/seed-*"))


def places(ran: Ran, kind: str) -> list[Path]:
    """Where a run says its records, table or figure lie."""
    return [Path(found).resolve() for found in re.findall(rf"^{kind} +(/.*)$", ran.out, re.M)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    (folder / "here").mkdir()
    return Place(folder / "here", folder / "results")


ONE = ("scenario=dropout", "seed=3", *TINY)


@pytest.fixture(scope="module")
def first(place: Place) -> Ran:
    """One seed of both arms of a scenario, trained."""
    return place.run(*ONE)


class TestOneSeed:
    def test_trains_every_arm_and_says_nothing_but_the_result(self, first: Ran) -> None:
        assert first.trained_and_read == (2, 0)
        assert first.err == ""  # no start-up messages of TensorFlow; progress is for terminals

    def test_shows_arms_splits_and_metrics_with_the_references(self, first: Ran) -> None:
        rows = [line.split() for line in first.table.splitlines()]
        for arm in ("baseline", "dropout", "least_squares", "true_line"):
            for split in ("train", "test"):
                [value] = [row[3] for row in rows if row[:3] == [arm, split, "mse"]]
                assert float(value) >= 0
        assert ["true_line", "test", "mse", "0"] in rows  # the test grid carries no noise

    def test_says_where_records_table_and_figure_lie(self, first: Ran, place: Place) -> None:
        records, [table] = places(first, "records"), places(first, "table")
        figures = places(first, "figure")
        assert [r.name.split("-")[0] for r in records] == ["baseline", "dropout"]
        assert all(folder.parent == place.results / "runs" / "dropout" for folder in records)
        assert all(everything(folder) == {"seed-3"} | {f"seed-3/{f}" for f in RECORD} for folder in records)
        header = "arm,split,metric,mean,sd,ci_low,ci_high,n,n_undefined,n_diverged,fingerprint\n"
        assert table.read_text().startswith(header)
        assert [f.suffix for f in figures] == [".png", ".svg"] and all(f.stat().st_size for f in figures)

    def test_is_read_the_second_time_without_tensorflow(
        self, first: Ran, place: Place, without_tensorflow: dict[str, str]
    ) -> None:
        before = contents(place.results)
        again = place.run(*ONE, env=without_tensorflow)
        assert again.trained_and_read == (0, 2)
        assert (again.table, again.err, contents(place.results)) == (first.table, "", before)

    def test_without_an_arm_reads_the_record_of_the_other(
        self, first: Ran, place: Place, without_tensorflow: dict[str, str]
    ) -> None:
        ran = place.run(*ONE, "arms.baseline=null", env=without_tensorflow)
        assert ran.trained_and_read == (0, 1)
        assert "baseline" not in ran.table and places(ran, "records") == places(first, "records")[1:]

    def test_is_read_also_with_force_where_nothing_is_to_be_trained(
        self, first: Ran, place: Place, without_tensorflow: dict[str, str]
    ) -> None:
        ran = place.run(*ONE, "force=true", "steps=[tables]", env=without_tensorflow)
        assert ran.trained_and_read == (0, 2)

    def test_by_plain_fit_gives_the_same_numbers_as_records_of_its_own(self, first: Ran, place: Place) -> None:
        fit = place.run(*ONE, "training.engine=fit")
        assert (fit.trained_and_read, fit.err) == ((2, 0), "")
        for stacked, plain in zip(places(first, "records"), places(fit, "records"), strict=True):
            assert stacked != plain
            with np.load(stacked / "seed-3/predictions.npz") as a, np.load(plain / "seed-3/predictions.npz") as b:
                assert set(a) == set(b)
                for name in a:
                    np.testing.assert_allclose(a[name], b[name], rtol=1e-4, atol=1e-4, err_msg=name)
            losses = [pd.read_csv(folder / "seed-3/history.csv")["loss"] for folder in (stacked, plain)]
            np.testing.assert_allclose(*losses, rtol=1e-4)


SWEEP = ("-m", "scenario=overfitting,dropout", "seed=range(0,2)", *TINY)


@pytest.fixture(scope="module")
def sweep(place: Place) -> Ran:
    """Two scenarios times two seeds, in one process."""
    return place.run(*SWEEP)


class TestSweep:
    def test_makes_the_records_of_every_combination(self, sweep: Ran, place: Place) -> None:
        assert (sweep.trained_and_read, sweep.err) == ((6, 0), "")
        for arm in ("overfitting/network", "dropout/baseline", "dropout/dropout"):
            made = place.records(arm)
            assert {"seed-0", "seed-1"} <= {record.name for record in made}
            assert all(everything(record) == RECORD for record in made)

    def test_is_read_the_second_time_without_tensorflow(
        self, sweep: Ran, place: Place, without_tensorflow: dict[str, str]
    ) -> None:
        assert place.run(*SWEEP, env=without_tensorflow).trained_and_read == (0, 6)

    def test_with_one_bad_value_runs_nothing(self, place: Place, without_tensorflow: dict[str, str]) -> None:
        before = everything(place.results)
        bad = command(*SWEEP, "model.dropout=0.1,1.0", "results_dir=../results", cwd=place.here, env=without_tensorflow)
        assert (bad.status, bad.out) == (2, "")
        assert bad.err == "model.dropout: got 1.0, takes a number from 0 to below 1\n"
        assert everything(place.results) == before

    def test_leaves_nothing_where_it_was_typed(self, sweep: Ran, place: Place) -> None:
        assert everything(place.here) == set()


THREE = ("scenario=overfitting", "replicates=3", *TINY)


@pytest.fixture(scope="module")
def three(sweep: Ran, place: Place) -> Ran:
    """Three seeds, two of which the sweep has trained."""
    return place.run(*THREE)


class TestSeveralSeeds:
    def test_only_the_missing_ones_are_trained(self, three: Ran) -> None:
        assert three.trained_and_read == (1, 2)

    def test_are_shown_by_mean_sd_and_interval(self, three: Ran) -> None:
        assert "(seeds 0 to 2)" in three.out
        assert re.search(r"^ *arm +split +metric +mean +sd +95 % interval *$", three.out, re.M)

    def test_are_summed_up_in_the_table(self, three: Ran) -> None:
        [runs], [file] = places(three, "records"), places(three, "table")
        rows = pd.concat(pd.read_csv(runs / f"seed-{seed}" / "metrics.csv") for seed in range(3))
        assert list(rows.columns) == ["scenario", "arm", "seed", "split", "metric", "value"]
        table = pd.read_csv(file).set_index(["arm", "split", "metric"])
        for key, group in rows.groupby(["arm", "split", "metric"]):
            assert table.loc[key, "mean"] == pytest.approx(group["value"].mean(), rel=1e-8)
            assert table.loc[key, "sd"] == pytest.approx(group["value"].std(), rel=1e-8, abs=1e-12)
            assert table.loc[key, "n"] == 3
        assert float(re.search(r"network +test +mse +(\S+)", three.out)[1]) == pytest.approx(  # type: ignore[index]
            table.loc[("network", "test", "mse"), "mean"], rel=1e-3
        )

    def test_are_trained_again_when_forced_to_the_same_bytes(self, three: Ran, place: Place) -> None:
        before, [runs] = contents(place.results, "provenance.json"), places(three, "records")
        stamps = {record: record.stat().st_ino for record in runs.iterdir()}
        forced = place.run(*THREE, "force=true", env={"FORCE_COLOR": "1"})  # Rich then takes a pipe for a terminal
        assert forced.trained_and_read == (3, 0)
        assert "training network" in forced.err and "epochs" in forced.err, "no progress in a terminal"
        assert all(record.stat().st_ino != stamp for record, stamp in stamps.items())
        assert contents(place.results, "provenance.json") == before


@pytest.fixture(scope="module")
def wild(place: Place) -> Ran:
    """Two seeds with a learning rate that no training survives."""
    rate = "training.optimizer.learning_rate=1e6"
    return place.run("scenario=overfitting", "replicates=2", rate, "training.epochs=40", "model.hidden=[4]", status=1)


class TestDivergence:
    def test_is_listed_at_the_end_with_the_command_that_repeats_it(self, wild: Ran) -> None:
        assert wild.err == (
            "diverged: overfitting, arm network, seeds 0, 1: left out\n"
            "again with: python -m run scenario=overfitting seed=0 replicates=1 training.optimizer.learning_rate=1e6 "
            "training.epochs=40 'model.hidden=[4]' results_dir=../results force=true\n"
        )

    def test_is_named_and_no_nan_is_shown(self, wild: Ran) -> None:
        assert re.search(r"network +test +mse.* 2 of 2 diverged", wild.out)
        assert not re.search(r"\b(nan|inf)\b", wild.out + wild.err, re.I)

    def test_is_counted_in_the_table_and_never_averaged_in(self, wild: Ran) -> None:
        [file] = places(wild, "table")
        assert not re.search(r"\b(nan|inf)\b", file.read_text(), re.I)
        table = pd.read_csv(file).set_index(["arm", "split", "metric"])
        row = table.loc[("network", "test", "mse")]
        assert (row["n_diverged"], row["n"]) == (2, 0) and np.isnan(row["mean"])
        assert table.loc[("network:true_line", "test", "mse"), "n"] == 2


def test_custom_runs_never_touch_the_canonical_tables_and_figures(
    first: Ran, sweep: Ran, three: Ran, place: Place
) -> None:
    assert {path.name for path in place.results.iterdir()} == {"runs", "custom"}


@pytest.fixture(scope="module")
def canonical(place: Place) -> Ran:
    """A scenario as its file says, thirty seeds."""
    return command("scenario=overfitting", "replicates=30", "results_dir=../canonical", cwd=place.here)


class TestCanonical:
    MADE = {
        "figures/overfitting.png",
        "figures/overfitting.svg",
        "tables/claims.csv",
        "tables/fingerprints.csv",
        "tables/metrics.csv",
        "tables/overfitting.csv",
    }

    @pytest.fixture
    def results(self, canonical: Ran, place: Place) -> Path:
        return place.here.parent / "canonical"

    def test_makes_the_table_the_figure_and_its_rows_of_the_long_table(self, canonical: Ran, results: Path) -> None:
        assert canonical.trained_and_read == (30, 0)
        assert {name for name in contents(results) if not name.startswith("runs/")} == self.MADE
        rows = pd.read_csv(results / "tables" / "metrics.csv")
        assert list(rows.columns) == ["scenario", "arm", "seed", "split", "metric", "value"]
        assert set(rows["scenario"]) == {"overfitting"} and set(rows["seed"]) == set(config.CANONICAL_SEEDS)

    def test_the_same_records_give_the_same_bytes_without_tensorflow(
        self, results: Path, place: Place, without_tensorflow: dict[str, str]
    ) -> None:
        made = contents(results)
        for name in self.MADE:
            (results / name).unlink()
        again = ("scenario=overfitting", "replicates=30", "results_dir=../canonical", "steps=[tables,figures]")
        ran = command(*again, cwd=place.here, env=without_tensorflow)
        assert (ran.status, ran.err, ran.trained_and_read) == (0, "", (0, 30))
        assert contents(results) == made

    def test_stays_as_it_is_when_a_few_of_its_seeds_are_looked_at(
        self, results: Path, place: Place, without_tensorflow: dict[str, str]
    ) -> None:
        made = contents(results)
        few = ("scenario=overfitting", "seed=5", "replicates=2", "results_dir=../canonical")
        ran = command(*few, cwd=place.here, env=without_tensorflow)
        assert ran.trained_and_read == (0, 2)
        assert {name: data for name, data in contents(results).items() if not name.startswith("custom/")} == made


# -- stopping ------------------------------------------------------------------------------------------------


def test_ctrl_c_keeps_complete_records_and_the_next_call_goes_on(tmp_path: Path) -> None:
    long = ("scenario=overfitting", "training.epochs=6000", "results_dir=results", "steps=[train,tables]")
    runs = tmp_path / "results" / "runs"
    with start(*long, "replicates=40", cwd=tmp_path) as process:
        try:
            while not list(runs.glob("*/*/seed-*")) and process.poll() is None:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    assert process.returncode == 130
    assert (out, err) == ("", "interrupted: complete records are kept; the same command goes on from there\n")

    kept = list(runs.glob("*/*/seed-*"))
    assert 0 < len(kept) < 40
    assert all(everything(record) == RECORD for record in kept)
    [arm] = (runs / "overfitting").iterdir()
    assert set(arm.iterdir()) == set(kept), "half a record"
    assert not (tmp_path / "results" / "custom").exists()

    seeds = max(int(record.name.removeprefix("seed-")) for record in kept) + 2
    again = command(*long, f"replicates={seeds}", cwd=tmp_path)
    assert again.trained_and_read == (seeds - len(kept), len(kept))
