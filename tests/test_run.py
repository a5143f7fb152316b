"""The command line as a user meets it: what is typed, what is said, what is written, and what is left alone.

Most commands are those of scikit-learn's scenarios, and run where importing TensorFlow ends the process.
"""

import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import command, contents
from shell import ended, places, start, trained_and_read, typed

from mirage.cli.main import main
from mirage.config import project

MIRAGE = Path(sys.executable).with_name("mirage")
TABLES = "steps=[train,tables]"
QUICK = ("scenario=imbalance", "data.n_majority=90", "data.n_minority=30", TABLES)


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which importing TensorFlow or Keras ends the process with status 86."""
    folder = tmp_path_factory.mktemp("light")
    for name in ("tensorflow", "keras"):
        (folder / f"{name}.py").write_text("import os\nos._exit(86)\n", encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


def test_where_tensorflow_is_forbidden_importing_it_ends_the_process(light: dict[str, str]) -> None:
    assert subprocess.run([sys.executable, "-c", "import tensorflow"], env=os.environ | light).returncode == 86


# -- asking --------------------------------------------------------------------------------------------------


def test_help_is_a_screenful_that_names_every_lesson(light: dict[str, str], tmp_path: Path) -> None:
    status, out, err = command("--help", cwd=tmp_path, env=light)
    lines = out.splitlines()
    assert (status, err, list(tmp_path.iterdir())) == (0, "", [])
    assert len(lines) <= 44 and max(map(len, lines)) <= 110
    for lesson in project.lessons():
        assert sum(line.startswith(f"  {lesson} ") for line in lines) == 1
    for knob in ("NAME_controlled", "seed=", "replicates=", "force=true", "steps=", "results_dir=", "arms.NAME=null"):
        assert knob in out


def test_cfg_job_prints_all_settings_and_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = typed("scenario=dropout", "model.dropout=0.25", "seed=4", "--cfg", "job")
    assert (status, err, list(tmp_path.iterdir())) == (0, "", [])
    for setting in ("dropout: 0.25", "n_train: 20", "scenario: dropout", "lesson: dropout", "seeds:\n- 4\n"):
        assert setting in out


def test_diff_prints_what_one_scenario_changes_of_another() -> None:
    status, out, err = typed("--diff", "imbalance", "imbalance_controlled")
    rows = {cells[0]: cells[1:] for line in out.splitlines() if len(cells := re.split(r"  +", line.strip())) == 3}
    assert (status, err) == (0, "")
    assert rows["setting"] == ["imbalance", "imbalance_controlled"]
    assert rows["data.name"] == ["blocks", "normals"] and rows["data.n_test"] == ["-", "5000"]
    assert "model.inverse_penalty" not in rows, "it is the same in both"


def test_mirage_is_an_installed_name_for_the_same_command(light: dict[str, str], tmp_path: Path) -> None:
    [script] = importlib.metadata.entry_points(group="console_scripts", name="mirage")
    assert script.load() is main
    words = ("scenario=dropout", "seed=-1")
    ran = subprocess.run([MIRAGE, *words], cwd=tmp_path, env=os.environ | light, capture_output=True, encoding="utf-8")
    assert (ran.returncode, ran.stdout, ran.stderr) == typed(*words)


def test_the_shell_completes_what_is_typed_after_mirage(light: dict[str, str], tmp_path: Path) -> None:
    """As --help says: Hydra's own script in a real bash, asked what it would offer."""
    ask = """
        eval "$(mirage -sc install=bash)"
        offer() { COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
                  COMPREPLY=(); hydra_bash_completion; echo "${COMPREPLY[@]}"; }
        offer mirage scenario=ove
        offer mirage scenario=dropout model.dro
    """
    environment = os.environ | light | {"PATH": f"{MIRAGE.parent}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["bash", "-c", ask], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8")
    offered = [set(line.split()) for line in ran.stdout.splitlines()]
    assert offered == [{"scenario=overfitting", "scenario=overfitting_controlled"}, {"model.dropout="}]
    assert (ran.stderr, list(tmp_path.iterdir())) == ("", [])


# -- bad input: one line, status 2, nothing written --------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("scenario=drpout", r"scenario: got drpout \(did you mean dropout\?\), expected one of .*"),
        ("scenario=dropout --verbose", ".*expected those of --help: unrecognized arguments: --verbose"),
        ("-m scenario=imbalance data.n_features=2,0", "data.n_features: got 0, expected a whole number .*"),
    ],
)
def test_bad_input_is_answered_in_one_line(words: str, said: str, light: dict[str, str], tmp_path: Path) -> None:
    status, out, err = command("results_dir=results", *words.split(), cwd=tmp_path, env=light)
    assert (status, out, list(tmp_path.iterdir())) == (2, "", [])
    assert re.fullmatch(f"{said}\n", err), err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "scenario: not set, expected one of .*; for example: python -m run scenario=.*"),
        ("scenario=dropout seed=0,1", "seed: got several values, expected one, or a sweep: python -m run -m .*"),
        ("scenario=dropout nonsense", "nonsense: .*expected KEY=VALUE.*"),
        ("scenario=dropout training.epochs=[", r"training.epochs=\[: .*expected KEY=VALUE.*"),
        ("scenario=dropout --config-name=no", ".*unrecognized arguments: --config-name=no"),
        ("--diff dropout", ".*expected 2 arguments"),
        ("-m scenario=glob(x*)", r"scenario: got glob\(x\*\), expected a pattern of accuracy_paradox, .*"),
        ("-m +sweep=epoch", r"sweep: got epoch \(did you mean epochs\?\), expected one of .*"),
        ("+sweep=epochs", r"sweep: got epochs without -m, expected python -m run -m \+sweep=NAME"),
        ("-m scenario=dropout hydra/launcher=no", "hydra: .*hydra/launcher/no.*"),
        ("scenario=imbalance steps=[tables]", "imbalance: 1 of 1 replicates have no record; train them first .*"),
        ("scenario=ridge_lasso data.n_rows=4 replicates=3", "stages.hold_out.share: got 0.2, which leaves a class .*"),
        ("scenario=smote data.n_minority=4", "stages.resample.neighbours: got 5, expected .*"),
        ("scenario=imbalance data.n_features=1000000 data.n_majority=1000000", "not enough memory: .*"),  # 8 terabytes
    ],
)  # fmt: skip
def test_the_many_kinds_of_bad_input(words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = typed(*([] if "--diff" in words else ["results_dir=results"]), *words.split())
    assert (status, out, list(tmp_path.rglob("*.npz"))) == (2, "", [])
    assert re.fullmatch(f"{said}\n", err), err


NAMES_CODE = """
    hydra.launcher._target_=os.system  hydra.launcher={_target_:os.system}  +hydra.callbacks.mine={_target_:os.system}
    hydra.job_logging.root={handlers:[mine]}  hydra.searchpath=[pkg://this]  hydra/job_logging=default
    +hydra.callbacks.mine="${oc.create:${oc.decode:${oc.env:HOME}}}"  hydra.sweeper.max_batch_size=1
"""


@pytest.mark.parametrize("word", NAMES_CODE.split())
@pytest.mark.parametrize("flags", [(), ("-m",)])
def test_no_setting_of_hydras_that_can_name_code_is_taken(flags: tuple[str, ...], word: str, tmp_path: Path) -> None:
    status, out, err = typed(*flags, *QUICK, word, f"results_dir={tmp_path / 'none'}")
    assert (status, out, err.count("\n"), list(tmp_path.iterdir())) == (2, "", 1, [])
    assert err.startswith(word.strip("+").partition("=")[0]) and ("name code to run" in err or "without ${...}" in err)


def test_a_results_folder_that_is_a_file_or_below_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    for results in (file, file / "below"):
        said = f"results_dir: got {results}, expected a folder, but {file} is a file\n"
        assert typed(*QUICK, f"results_dir={results}") == (2, "", said)
    assert contents(tmp_path) == {"file": b"mine"}


# Root may write anywhere, unless it gives up the right to.
NO_RIGHTS = ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()


def test_a_results_folder_that_is_read_only(light: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    results = tmp_path / "closed" / "below"
    said = f"results_dir: got {results}, expected a folder that can be written to\n"
    assert command(*QUICK, f"results_dir={results}", env=light, wrap=NO_RIGHTS) == (2, "", said)


# -- one seed, and the same again ------------------------------------------------------------------------------

ONE = ("scenario=imbalance", "seed=3", "results_dir=../results")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that commands are typed in; their results go to a folder beside it."""
    folder = tmp_path_factory.mktemp("place") / "here"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def first(here: Path, light: dict[str, str]) -> str:
    """What is said when one seed of a scenario is made."""
    status, out, err = command(*ONE, cwd=here, env=light)
    assert (status, err) == (0, "")
    return out


def table_of(out: str) -> str:
    return out.partition("\nreplicates ")[0]


class TestOneSeed:
    def test_is_trained_and_shown(self, first: str) -> None:
        assert trained_and_read(first) == (1, 0)
        rows = [line.split() for line in table_of(first).splitlines()]
        for arm, split in (("logistic", "train"), ("logistic", "test"), ("majority_class", "test")):
            [value] = [row[3] for row in rows if row[:3] == [arm, split, "accuracy"]]
            assert 0 <= float(value) <= 1

    def test_says_where_record_table_and_figure_lie(self, first: str, here: Path) -> None:
        results = here.parent / "results"
        [folder], [table], figures = (places(first, kind) for kind in ("records", "table", "figure"))
        assert folder.resolve().parent == results / "runs" and (folder / "seed-3.npz").is_file()
        assert table.read_text(encoding="utf-8").startswith("arm,split,metric,mean,sd,ci_low,ci_high,n,")
        assert [f.suffix for f in figures] == [".png", ".svg"] and all(f.stat().st_size for f in figures)
        assert {f.resolve().parent for f in (table, *figures)} == {results / "custom"}
        assert list(here.iterdir()) == [], "something was left where the command was typed"

    def test_is_read_the_second_time(self, first: str, here: Path, light: dict[str, str]) -> None:
        before = contents(here.parent / "results")
        status, again, err = command(*ONE, cwd=here, env=light)
        assert (status, err, trained_and_read(again)) == (0, "", (0, 1))
        assert table_of(again) == table_of(first) and contents(here.parent / "results") == before

    @pytest.mark.parametrize(
        "words",
        [("decision.threshold=0.3",), ("metrics=[f1]", "show=[f1]"), ("steps=[tables]", "force=true")],
    )
    def test_another_threshold_or_metric_trains_nothing(
        self, words: tuple[str, ...], first: str, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(here)
        status, out, _ = typed(*ONE, TABLES, *words)
        assert (status, trained_and_read(out), places(out, "records")) == (0, (0, 1), places(first, "records"))

    def test_is_trained_again_when_forced_to_the_same_bytes(
        self, first: str, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(here)
        before = contents(here.parent / "results")
        [file] = (here.parent / "results").glob("runs/*/seed-3.npz")
        written = file.stat().st_ino
        status, out, _ = typed(*ONE, TABLES, "force=true")
        assert (status, trained_and_read(out)) == (0, (1, 0)) and file.stat().st_ino != written
        assert contents(here.parent / "results") == before

    @pytest.mark.parametrize(("step", "made"), [("train", set()), ("tables", {".csv"}), ("figures", {".png", ".svg"})])
    def test_steps_choose_what_is_made(self, step: str, made: set[str], tmp_path: Path) -> None:
        assert typed(*QUICK, "steps=[train]", f"results_dir={tmp_path}")[0] == 0
        assert typed(*QUICK, f"steps=[{step}]", f"results_dir={tmp_path}")[0] == 0
        assert {file.suffix for file in tmp_path.glob("custom/*")} == made


def test_several_seeds_train_what_is_missing_and_show_mean_sd_and_interval(tmp_path: Path) -> None:
    results = f"results_dir={tmp_path}"
    assert trained_and_read(typed(*QUICK, "seed=1", results)[1]) == (1, 0)
    _, out, _ = typed(*QUICK, "replicates=3", results)
    assert trained_and_read(out) == (2, 1) and "(seeds 0 to 2)" in out
    assert re.search(r"^ *arm +split +metric +mean +sd +95 % interval", out, re.MULTILINE)
    [file] = places(out, "table")
    table = pd.read_csv(file).set_index(["arm", "split", "metric"])
    row = table.loc[("logistic", "test", "roc_auc")]
    shown = re.search(r"logistic +test +roc_auc +(\S+) +(\S+)", out)
    assert shown and float(shown[1]) == pytest.approx(row["mean"], rel=1e-3) and row["n"] == 3
    assert float(shown[2]) == pytest.approx(row["sd"], rel=1e-3)


def test_equal_arms_of_several_scenarios_share_records(tmp_path: Path) -> None:
    """The one network of article one's first lessons, twenty rows and no dropout, is trained once for all of them."""
    less = ("training.epochs=2", "training.engine=fit", TABLES, f"results_dir={tmp_path}")
    said = []
    for words in (["scenario=overfitting"], ["scenario=dropout"], ["scenario=data_size", "only=[small]"]):
        status, out, err = typed(*words, *less)
        assert (status, err) == (0, "")
        said.append(out)
    [of_network], [of_baseline, _], [of_small] = (places(out, "records") for out in said)
    assert of_network == of_baseline == of_small
    assert [trained_and_read(out) for out in said] == [(1, 0), (1, 1), (0, 1)]


# -- names that are markup elsewhere, and terminals that lack a sign -------------------------------------------


@pytest.mark.parametrize("name", ["[x]", ":smile:", "a$b", "[bold]red[/bold]", "two words", "Überfluß"])
@pytest.mark.parametrize("flags", [(), ("-m", "data.shift=0,1")])
def test_names_are_printed_as_they_are(flags: tuple[str, ...], name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    status, out, err = typed(*flags, *QUICK, f'results_dir="{folder}"', f'title="Of {name}"')
    assert (status, err) == (0, "")
    assert f"Of {name} (seed 0)" in out and f"\nrecords     {folder}/runs/" in out
    assert all(place.exists() for kind in ("records", "table", "sweep") for place in places(out, kind))
    assert len(places(out, "sweep")) == len(flags[:1])


def test_what_is_wrong_is_printed_as_it_is() -> None:
    status, out, err = typed(*QUICK, 'title="[x] :smile:"', 'kind="[bold]$x"')
    assert (status, out) == (2, "") and err.startswith("kind: got [bold]$x, expected")


def test_a_terminal_that_cannot_print_a_sign_gets_another_one(light: dict[str, str], tmp_path: Path) -> None:
    narrow = light | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    status, out, err = command("scenario=imbalance", f'results_dir="{tmp_path}/Überfluß"', cwd=tmp_path, env=narrow)
    assert (status, err) == (0, "") and out.isascii()
    assert "berflu" in out and len(list(tmp_path.glob("Überfluß/custom/imbalance-seed-0.*"))) == 3
    status, out, err = command(
        "-m", *QUICK, "data.shift=0,1", 'title="≈ ✓ ß"', "results_dir=x", cwd=tmp_path, env=narrow
    )
    assert (status, err) == (0, "") and out.isascii()


# -- what failed -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, str, Path]:
    """Two seeds with a learning rate that no training survives, in a process; and the results folder."""
    results = tmp_path_factory.mktemp("wild") / "[x]"
    settings = ("training.optimizer.learning_rate=1e6", "training.epochs=40", "model.hidden=[4]", TABLES)
    return *command("scenario=overfitting", "replicates=2", *settings, f'results_dir="{results}"'), results


class TestDivergence:
    def test_is_told_at_the_end_with_a_command_that_repeats_it(self, wild: tuple[int, str, str, Path]) -> None:
        status, _, err, results = wild
        diverged, again = err.splitlines()
        assert (status, diverged) == (1, "diverged: overfitting, arm network, seeds 0, 1: left out")
        words = shlex.split(again.removeprefix("again with: "))
        assert words[:6] == ["python", "-m", "run", "scenario=overfitting", "seed=0", "replicates=1"]
        status, out, err = typed(*words[3:], TABLES)
        assert (status, trained_and_read(out)) == (1, (1, 0)) and "seed 0: left out" in err
        assert all(place.is_relative_to(results) for place in places(out, "records"))

    def test_is_named_and_no_nan_is_shown_or_written(self, wild: tuple[int, str, str, Path]) -> None:
        _, out, err, _ = wild
        [file] = places(out, "table")
        text = file.read_text(encoding="utf-8")
        assert re.search(r"network +test +mse.* 2 of 2 diverged", out)
        assert not re.search(r"\b(nan|inf)\b", out + err + text, re.IGNORECASE)
        table = pd.read_csv(file).set_index(["arm", "split", "metric"])
        row = table.loc[("network", "test", "mse")]
        assert (row["n_diverged"], row["n"]) == (2, 0) and np.isnan(row["mean"])
        assert table.loc[("network:true_line", "test", "mse"), "n"] == 2


def test_a_seed_that_cannot_be_drawn_does_not_stop_the_others(tmp_path: Path) -> None:
    # Three test rows: in about one seed of four they are of one class.
    few = ("scenario=ridge_lasso", "data.n_rows=30", "stages.hold_out.share=0.1", f"results_dir={tmp_path}")
    status, out, err = typed(*few, TABLES, "replicates=8")
    failed = sorted({int(seed) for seed in re.findall(r"^failed: ridge_lasso, seed (\d+), arms ", err, re.MULTILINE)})
    assert status == 1 and 0 < len(failed) < 8 and err.count("\n") == 2 * len(failed)
    assert trained_and_read(out) == (5 * (8 - len(failed)), 0)
    assert {file.name for file in tmp_path.glob("runs/*/seed-*")} == {
        f"seed-{s}.npz" for s in set(range(8)) - {*failed}
    }
    again = re.findall(r"^again with: (.*)$", err, re.MULTILINE)
    assert [shlex.split(line)[4] for line in again] == [f"seed={seed}" for seed in failed]
    status, _, err = typed(*shlex.split(again[0])[3:])
    assert status == 2 and err.startswith("stages.hold_out.share: got 0.1, which leaves a class out of test")


def test_ctrl_c_keeps_complete_records_and_the_next_command_goes_on(light: dict[str, str], tmp_path: Path) -> None:
    words = (*QUICK, "replicates=1500", f"results_dir={tmp_path}")
    with start(*words, env=light) as process:
        while not list(tmp_path.glob("runs/*/seed-*")) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(2)
        status, out, err = ended(process)
    assert (status, out) == (130, "")
    assert err == "interrupted: complete records are kept; run the same command to continue\n"
    kept = len(list(tmp_path.glob("runs/*/seed-*.npz")))
    assert 0 < kept < 1500 and not (tmp_path / "custom").exists()
    assert not list(tmp_path.glob("runs/*/.seed-*")), "half a record"
    trained, read = trained_and_read(typed(*QUICK, f"replicates={kept + 1}", f"results_dir={tmp_path}")[1])
    assert trained >= 1 and read >= 1 and trained + read == kept + 1


def test_records_of_the_old_layout_are_named_once(tmp_path: Path) -> None:
    old = tmp_path / "[x] runs" / "runs" / "dropout"
    record = old / "baseline-0123456789ab" / "seed-0"
    record.mkdir(parents=True)
    (record / "metrics.csv").write_bytes(b"x" * 3 * 2**20)
    words = (*QUICK, f'results_dir="{tmp_path}/[x] runs"')
    status, _, err = typed(*words)
    named, _, remove = err.partition("remove them with: ")
    assert status == 0 and "older layout" in named and "3 MiB" in named and err.count("\n") == 1
    assert typed(*words)[2] == "", "once"
    assert remove == shlex.join(["rm", "-r", str(old)]) + "\n"
    subprocess.run(remove, shell=True, check=True)
    assert not old.exists() and trained_and_read(typed(*words)[1]) == (0, 1)


# -- canonical runs --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A lesson's figure that is committed, then one of the lesson's two scenarios over all canonical seeds."""
    results = tmp_path_factory.mktemp("canonical")
    for ending in ("png", "svg"):
        (results / "figures").mkdir(exist_ok=True)
        (results / "figures" / f"imbalance.{ending}").write_bytes(b"both halves")
    status, out, err = typed("scenario=imbalance", "replicates=30", f"results_dir={results}")
    assert (status, err) == (0, "")
    return results, out


class TestCanonical:
    def test_a_single_scenario_never_overwrites_the_figure_with_half_of_it(self, half: tuple[Path, str]) -> None:
        results, out = half
        [said] = re.findall(r"^figure +(.*)$", out, re.MULTILINE)
        assert said.startswith("imbalance: figure not drawn: got no records of imbalance_controlled")
        assert {file.read_bytes() for file in (results / "figures").iterdir()} == {b"both halves"}

    def test_fills_the_tables(self, half: tuple[Path, str]) -> None:
        results, out = half
        assert [place.name for kind in ("table", "claims") for place in places(out, kind)] == [
            "imbalance.csv",
            "claims.csv",
        ]
        rows = pd.read_csv(results / "tables" / "metrics.csv")
        assert list(rows.columns) == ["scenario", "arm", "seed", "split", "metric", "value"]
        assert set(rows["scenario"]) == {"imbalance"} and set(rows["seed"]) == set(range(30))
        assert not (results / "custom").exists()

    def test_with_all_scenarios_of_the_lesson_the_figure_is_drawn_once_and_from_records_to_the_same_bytes(
        self, half: tuple[Path, str]
    ) -> None:
        results, _ = half
        status, out, _ = typed("scenario=imbalance_controlled", "replicates=30", f"results_dir={results}")
        assert status == 0 and places(out, "figure") == [results / f"figures/imbalance.{e}" for e in ("png", "svg")]
        made = contents(results)
        for place in (*(results / "tables").glob("*.csv"), *(results / "figures").iterdir()):
            place.unlink()
        words = ("-m", "scenario=imbalance,imbalance_controlled", "replicates=30", "steps=[tables,figures]")
        status, out, _ = typed(*words, f"results_dir={results}")
        assert status == 0 and trained_and_read(out)[0] == 0 and len(places(out, "figure")) == 2
        assert contents(results) == made

    def test_stays_as_it_is_when_a_few_of_its_seeds_are_looked_at(self, half: tuple[Path, str]) -> None:
        results, _ = half
        made = contents(results)
        status, out, _ = typed("scenario=imbalance", "seed=5", "replicates=2", f"results_dir={results}")
        assert (status, trained_and_read(out)) == (0, (0, 2)) and places(out, "figure")
        kept = {name: content for name, content in contents(results).items() if name in made}
        assert kept == made


# -- sweeps ----------------------------------------------------------------------------------------------------


def test_a_sweep_makes_every_combination_and_sums_it_up(light: dict[str, str], tmp_path: Path) -> None:
    words = ("-m", *QUICK, "data.n_features=2,3", "seed=range(0,3)", "results_dir=results")
    status, out, err = command(*words, cwd=tmp_path, env=light)
    assert (status, err, trained_and_read(out)) == (0, "", (6, 0))
    assert out.count("(seeds 0 to 2)") == 2, "consecutive seeds are one job"
    assert re.search(r"^so far +1 of 2 jobs, about .* left$", out, re.MULTILINE)
    [file] = places(out, "sweep")
    table = pd.read_csv(file)
    assert table.columns[:4].tolist() == ["data.n_features", "arm", "split", "metric"]
    assert table.groupby("data.n_features")["n"].max().to_dict() == {2: 3, 3: 3}
    assert {path.name for path in tmp_path.iterdir()} == {"results"}, "something was left where it was typed"
    status, out, _ = typed("-m", *QUICK, "seed=0,1,5", f"results_dir={tmp_path}")
    assert re.findall(r"\(seeds? ([^)]*)\)\n", out) == ["0 to 1", "5"], "so far as they are consecutive"


def test_a_ready_sweep_writes_its_table_under_its_name_and_changed_a_custom_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, results = tmp_path / "share.yaml", tmp_path / "results"
    ready = {"scenario": "imbalance_controlled", "only": ["logistic"], "replicates": 4, "data": {"n_test": 200}}
    file.write_text(json.dumps(ready | {"sweep": {"data.minority_share": [0.2, 0.5]}}), encoding="utf-8")
    monkeypatch.setattr(project, "sweeps", lambda: ["share"])
    monkeypatch.setattr(project, "sweep_file", lambda name: file)
    status, out, err = typed("-m", "+sweep=share", f"results_dir={results}")
    figure = [results / "custom" / f"sweep_share.{ending}" for ending in ("png", "svg")]
    assert (status, err, trained_and_read(out)) == (0, "", (8, 0))
    assert places(out, "sweep") == [results / "tables" / "sweep_share.csv", *figure]
    assert set(results.rglob("*.*g")) == set(figure), "a job has a figure of its own"
    before = contents(results / "tables")
    table = pd.read_csv(results / "tables" / "sweep_share.csv")
    assert set(before) == {"sweep_share.csv"} and "fingerprint" not in table.columns
    assert sorted(set(table["data.minority_share"])) == [0.2, 0.5] and table["n"].max() == 4
    status, out, _ = typed("-m", "+sweep=share", "replicates=2", TABLES, f"results_dir={results}")
    assert (status, trained_and_read(out)) == (0, (0, 4)) and contents(results / "tables") == before
    assert all(place.parent.name == "custom" for kind in ("sweep", "table") for place in places(out, kind))


@pytest.mark.parametrize("words", [("data.n_features=2,3,0",), ("data.shift=0,1", "seed=0,-1"), ("nonsense=1,2",)])
def test_one_bad_job_in_a_sweep_does_nothing_at_all(words: tuple[str, ...], tmp_path: Path) -> None:
    status, out, err = typed("-m", *QUICK, *words, f"results_dir={tmp_path}")
    assert (status, out, err.count("\n"), list(tmp_path.iterdir())) == (2, "", 1, [])


def test_make_lesson_runs_every_scenario_that_the_lesson_lists() -> None:
    listed = subprocess.run(
        ["make", "-n", "lesson", "L=imbalance"], cwd=project.ROOT, capture_output=True, encoding="utf-8", check=True
    )
    line = listed.stdout.splitlines()[-1].replace(".venv/bin/python -m run", "echo")
    said = subprocess.run(["bash", "-c", line], cwd=project.ROOT, capture_output=True, encoding="utf-8", check=True)
    assert {"scenario=imbalance,imbalance_controlled", "replicates=30", "-m"} == set(said.stdout.split())
