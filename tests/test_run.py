"""The command line as a user meets it: what is typed, what is said, what is written, and what is left alone.

Most commands are those of scikit-learn's scenarios, and run where importing TensorFlow ends the process.
"""

import functools
import io
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
from helpers import (
    command,
    contents,
    done,
    ended,
    over_canonical_seeds,
    places,
    plan,
    start,
    trained_and_read,
    typed,
)
from rich.console import Console

import mirage
from mirage.cli import terminal
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
    env = {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}
    assert subprocess.run([sys.executable, "-c", "import tensorflow"], env=os.environ | env).returncode == 86
    return env


def test_help_is_a_screenful_that_names_every_lesson(light: dict[str, str], tmp_path: Path) -> None:
    status, out, err = command("--help", cwd=tmp_path, env=light)
    lines = out.splitlines()
    assert (status, err, list(tmp_path.iterdir())) == (0, "", [])
    alone = [name for name in project.scenarios() if plan(name).about.lesson is None]
    assert len(lines) <= 27 + len(project.lessons() + alone) and max(map(len, lines)) <= 110
    for lesson in project.lessons():
        assert sum(line.startswith(f"  {lesson} ") for line in lines) == 1
    for knob in ("NAME_controlled", "seed=", "replicates=", "force=true", "steps=", "results_dir=", "arms.NAME=null"):
        assert knob in out


def imported(*words: str) -> set[str]:
    """The heavy libraries that a command imports, in a process of its own."""
    heavy = ("keras", "matplotlib", "pandas", "scipy", "sklearn", "tensorflow")
    code = f"""
import sys
from mirage.cli.main import main
try:
    main({words!r})
except SystemExit:
    pass
print("imported", *sorted(set({heavy!r}) & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    return set(ran.stdout.splitlines()[-1].split()[1:])


def test_what_draws_and_what_tests_is_imported_only_where_something_is_drawn_or_tested(tmp_path: Path) -> None:
    words = ("scenario=ridge_lasso", "seed=3", f"results_dir={tmp_path}")
    assert {"matplotlib", "sklearn"} <= imported(*words)
    assert imported(*words) == {"pandas"}  # recorded, and its figure is up to date
    assert imported(*words, "model.alpah=1") == imported("--help") == set()


def test_cfg_prints_all_settings_and_diff_what_one_scenario_changes_of_another_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = done("scenario=dropout", "model.dropout=0.25", "seed=4", "--cfg", "job")
    for setting in ("dropout: 0.25", "n_train: 20", "scenario: dropout", "lesson: dropout", "seeds:\n- 4\n"):
        assert setting in out
    out = done("--diff", "imbalance", "imbalance_controlled")
    rows = {cells[0]: cells[1:] for line in out.splitlines() if len(cells := re.split(r"  +", line.strip())) == 3}
    assert rows["setting"] == ["imbalance", "imbalance_controlled"]
    assert rows["data.name"] == ["blocks", "-"] and rows["data.n_test"] == ["0", "5000"]  # arms of several laws
    assert "model.name" in rows and "data.shift" not in rows, "it is off in both"
    assert not list(tmp_path.iterdir())


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
    scenarios = {f"scenario={name}" for name in project.scenarios() if name.startswith("ove")}
    assert [set(line.split()) for line in ran.stdout.splitlines()] == [scenarios, {"model.dropout="}]
    assert (ran.stderr, list(tmp_path.iterdir())) == ("", [])


# -- bad input: one line, status 2, nothing written --------------------------------------------------------------


BAD = {
    "scenario=drpout": r"scenario: got drpout \(did you mean dropout\?\), expected one of .*",
    "scenario=dropout --verbose": ".*expected those of --help: unrecognized arguments: --verbose",
    "-m scenario=imbalance data.n_features=2,0": "data.n_features: got 0, expected a whole number .*",
    "-m scenario=imbalance data.shift=0,1 seed=0,-1": "seed: got -1, expected .*",
    "-m scenario=imbalance nonsense=1,2": "nonsense: unknown setting, expected .*",
    "": "scenario: not set, expected one of .*; for example: python -m run scenario=.*",
    "scenario=dropout seed=0,1": "seed: got several values, expected one, or a sweep: python -m run -m .*",
    "scenario=dropout nonsense": "nonsense: .*expected KEY=VALUE.*",
    "scenario=dropout training.epochs=[": r"training.epochs=\[: .*expected KEY=VALUE.*",
    "scenario=dropout --config-name=no": ".*unrecognized arguments: --config-name=no",
    """scenario=dropout 'title="[x] :smile:"' 'kind="[bold]$x"'""": r"kind: got \[bold\]\$x, expected .*",
    "--diff dropout": ".*expected 2 arguments",
    "-m scenario=glob(x*)": r"scenario: got glob\(x\*\), expected a pattern of .*",
    "-m +sweep=epoch": r"sweep: got epoch \(did you mean epochs\?\), expected one of .*",
    "+sweep=epochs": r"sweep: got epochs without -m, expected python -m run -m \+sweep=NAME",
    "-m scenario=dropout hydra/launcher=no": "hydra: .*hydra/launcher/no.*",
    "scenario=imbalance steps=[tables]": "imbalance: 1 of 1 replicates have no record; train them first",
    "scenario=ridge_lasso data.n_rows=4 replicates=3": "stages.hold_out.share: got 0.2, which leaves a class .*",
    "scenario=smote data.n_minority=4": "stages.resample.neighbours: got 5, expected .*",
    "scenario=imbalance data.n_features=1000000 data.n_majority=1000000": "not enough memory: .*",  # 8 terabytes
}


@pytest.mark.parametrize("words", BAD)
def test_bad_input_is_answered_in_one_line(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = typed(*([] if "--diff" in words else ["results_dir=results"]), *shlex.split(words))
    assert (status, out, contents(tmp_path)) == (2, "", {})
    assert re.fullmatch(f"{BAD[words]}\n", err), err


@pytest.mark.parametrize("words", list(BAD)[:4])
def test_mirage_is_an_installed_name_for_the_same_command(words: str, light: dict[str, str], tmp_path: Path) -> None:
    ran = subprocess.run([MIRAGE, *words.split()], cwd=tmp_path, env=os.environ | light, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == typed(*words.split()) and not list(tmp_path.iterdir())


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


# Root may write anywhere, unless it gives up the right to.
NO_RIGHTS = ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()


def test_a_results_folder_that_is_a_file_below_one_or_read_only(light: dict[str, str], tmp_path: Path) -> None:
    file, closed = tmp_path / "file", tmp_path / "closed"
    file.write_text("mine", encoding="utf-8")
    closed.mkdir(mode=0o555)
    for results in (file, file / "below"):
        said = f"results_dir: got {results}, expected a folder, but {file} is a file\n"
        assert typed(*QUICK, f"results_dir={results}") == (2, "", said)
    said = f"results_dir: got {closed}/below, expected a folder that can be written to\n"
    assert command(*QUICK, f"results_dir={closed}/below", env=light, wrap=NO_RIGHTS) == (2, "", said)
    assert contents(tmp_path) == {"file": b"mine"}


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


def table_at(out: str) -> pd.DataFrame:
    [file] = places(out, "table")
    return pd.read_csv(file).set_index(["arm", "split", "metric"])


class TestOneSeed:
    def test_is_shown_and_it_is_said_where_record_table_and_figure_lie(self, first: str, here: Path) -> None:
        assert trained_and_read(first) == (1, 0)
        rows = [line.split() for line in table_of(first).splitlines()]
        for arm, split in (("logistic", "train"), ("logistic", "test"), ("majority_class", "test")):
            [value] = [row[3] for row in rows if row[:3] == [arm, split, "accuracy"]]
            assert 0 <= float(value) <= 1
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

    @pytest.mark.parametrize("words", ["decision.threshold=0.3", "metrics=[f1] show=[f1]", "steps=[tables] force=true"])
    def test_another_threshold_or_metric_trains_nothing(self, words: str, first: str, here: Path) -> None:
        out = done(*ONE[:2], f"results_dir={here.parent / 'results'}", TABLES, *words.split())
        assert trained_and_read(out) == (0, 1)
        assert places(out, "records")[0].samefile(places(first, "records")[0])

    def test_is_trained_again_when_forced_to_the_same_bytes(self, first: str, here: Path) -> None:
        results = here.parent / "results"
        before, [file] = contents(results), results.glob("runs/*/seed-3.npz")
        written = file.stat().st_ino
        assert trained_and_read(done(*ONE[:2], f"results_dir={results}", TABLES, "force=true")) == (1, 0)
        assert file.stat().st_ino != written and contents(results) == before

    @pytest.mark.parametrize(("step", "made"), [("train", set()), ("tables", {".csv"}), ("figures", {".png", ".svg"})])
    def test_steps_choose_what_is_made(self, step: str, made: set[str], tmp_path: Path) -> None:
        for chosen in ("train", step):
            done(*QUICK, f"steps=[{chosen}]", f"results_dir={tmp_path}")
        assert {file.suffix for file in tmp_path.glob("custom/*")} == made


def test_several_seeds_train_what_is_missing_and_show_mean_sd_and_interval(tmp_path: Path) -> None:
    results = f"results_dir={tmp_path}"
    assert trained_and_read(done(*QUICK, "seed=1", results)) == (1, 0)
    out = done(*QUICK, "replicates=3", results)
    assert trained_and_read(out) == (2, 1) and "(seeds 0 to 2)" in out
    assert re.search(r"^ *arm +split +metric +mean +sd +95 % interval", out, re.MULTILINE)
    shown = re.search(r"logistic +test +roc_auc +(\S+) +(\S+)", out)
    row = table_at(out).loc[("logistic", "test", "roc_auc")]
    assert shown and [float(shown[1]), float(shown[2])] == pytest.approx([row["mean"], row["sd"]], rel=1e-3)
    assert row["n"] == 3


def test_equal_arms_of_several_scenarios_share_records(tmp_path: Path) -> None:
    """The network on twenty rows of two lessons is trained once for both."""
    less = ("training.epochs=2", "training.engine=fit", TABLES, f"results_dir={tmp_path}")
    said = [done(*words, *less) for words in (["scenario=overfitting"], ["scenario=data_size"])]
    [of_network], [of_small, _] = (places(out, "records") for out in said)
    assert of_network == of_small
    assert [trained_and_read(out) for out in said] == [(1, 0), (1, 1)]


# -- names that are markup elsewhere, and terminals that lack a sign -------------------------------------------


@pytest.mark.parametrize("name", ["[x]", ":smile:", "a$b", "[bold]red[/bold]", "two words", "Überfluß"])
@pytest.mark.parametrize("flags", [(), ("-m", "data.shift=0,1")])
def test_names_are_printed_as_they_are(flags: tuple[str, ...], name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    out = done(*flags, *QUICK, f'results_dir="{folder}"', f'title="Of {name}"')
    assert f"Of {name} (seed 0)" in out and f"\nrecords     {folder}/runs/" in out
    assert all(place.exists() for kind in ("records", "table", "sweep") for place in places(out, kind))
    assert len(places(out, "sweep")) == len(flags[:1])


def test_a_terminal_that_cannot_print_a_sign_gets_another_one(light: dict[str, str], tmp_path: Path) -> None:
    narrow = light | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    folder, title = f'results_dir="{tmp_path}/Überfluß"', 'title="≈ ✓ ß"'
    for words in (["scenario=imbalance"], ["-m", *QUICK, "data.shift=0,1", title]):
        status, out, err = command(*words, folder, cwd=tmp_path, env=narrow)
        assert (status, err) == (0, "") and out.isascii() and "berflu" in out
    assert len(list(tmp_path.glob("Überfluß/custom/imbalance-seed-0.*"))) == 3


def test_a_divergence_is_told_with_a_command_that_repeats_it_and_no_nan_is_shown_or_written(tmp_path: Path) -> None:
    """A learning rate that no training survives."""
    settings = ("training.optimizer.learning_rate=1e6", "training.epochs=40", "model.hidden=[4]", TABLES)
    status, out, err = typed("scenario=overfitting", "replicates=2", *settings, f'results_dir="{tmp_path}/[x]"')
    diverged, again = err.splitlines()
    assert (status, diverged) == (1, "diverged: overfitting, arm network, seeds 0, 1: left out")
    text = places(out, "table")[0].read_text(encoding="utf-8")
    assert re.search(r"network +test +mse.* 2 of 2 diverged", out)
    assert not re.search(r"\b(nan|inf)\b", out + err + text, re.IGNORECASE)
    row = table_at(out).loc[("network", "test", "mse")]
    assert (row["n_diverged"], row["n"]) == (2, 0) and np.isnan(row["mean"])
    assert table_at(out).loc[("network:true_line", "test", "mse"), "n"] == 2
    words = shlex.split(again.removeprefix("again with: "))
    assert words[:6] == ["python", "-m", "run", "scenario=overfitting", "seed=0", "replicates=1"]
    status, out, err = typed(*words[3:], TABLES)
    assert (status, trained_and_read(out)) == (1, (1, 0)) and "seed 0: left out" in err
    assert all(place.is_relative_to(tmp_path / "[x]") for place in places(out, "records"))


def test_a_seed_that_cannot_be_drawn_does_not_stop_the_others(tmp_path: Path) -> None:
    # Three test rows: in about one seed of four they are of one class.
    few = ("scenario=ridge_lasso", "data.n_rows=30", "stages.hold_out.share=0.1", f"results_dir={tmp_path}")
    status, out, err = typed(*few, TABLES, "replicates=8")
    failed = sorted({int(seed) for seed in re.findall(r"^failed: ridge_lasso, seed (\d+), arms ", err, re.MULTILINE)})
    assert status == 1 and 0 < len(failed) < 8 and err.count("\n") == 2 * len(failed)
    assert trained_and_read(out) == (5 * (8 - len(failed)), 0)
    names = {f"seed-{seed}.npz" for seed in range(8) if seed not in failed}
    assert {file.name for file in tmp_path.glob("runs/*/seed-*")} == names
    again = re.findall(r"^again with: (.*)$", err, re.MULTILINE)
    assert [shlex.split(line)[4] for line in again] == [f"seed={seed}" for seed in failed]
    status, _, err = typed(*shlex.split(again[0])[3:])
    assert status == 2 and err.startswith("stages.hold_out.share: got 0.1, which leaves a class out of test")


# What is started in the background may ignore it.
CODE = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
HEEDS_CTRL_C = (sys.executable, "-c", CODE)


def test_ctrl_c_keeps_complete_records_and_the_next_command_goes_on(light: dict[str, str], tmp_path: Path) -> None:
    words = (*QUICK, "replicates=1500", f"results_dir={tmp_path}")
    with start(*words, wrap=HEEDS_CTRL_C, env=light) as process:
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


Half = tuple[Path, str]
CANONICAL = over_canonical_seeds("imbalance")
OF_LESSON = list(mirage.lesson("imbalance").scenarios.values())


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Half:
    """A lesson's figure that is committed, then one of the lesson's two scenarios over all canonical seeds."""
    results = tmp_path_factory.mktemp("canonical")
    (results / "figures").mkdir()
    for ending in ("png", "svg"):
        (results / "figures" / f"imbalance.{ending}").write_bytes(b"both halves")
    return results, done("scenario=imbalance", *CANONICAL, f"results_dir={results}")


class TestCanonical:
    def test_a_single_scenario_fills_the_tables_and_never_overwrites_the_lessons_figure(self, half: Half) -> None:
        results, out = half
        [said] = re.findall(r"^figure +(.*)$", out, re.MULTILINE)
        assert said.startswith("imbalance: figure not drawn: got no records of imbalance_controlled")
        assert {file.read_bytes() for file in (results / "figures").iterdir()} == {b"both halves"}
        written = [place.name for kind in ("table", "claims") for place in places(out, kind)]
        assert written == ["imbalance.csv", "claims.csv"]
        rows = pd.read_csv(results / "tables" / "metrics.csv")
        assert list(rows.columns) == ["scenario", "arm", "seed", "split", "metric", "value"]
        assert set(rows["scenario"]) == {"imbalance"} and set(rows["seed"]) == set(plan("imbalance").canonical_seeds)
        assert not (results / "custom").exists()

    def test_all_scenarios_of_the_lesson_draw_it_once_and_from_records_to_the_same_bytes(self, half: Half) -> None:
        results, _ = half
        out = done("-m", f"scenario={','.join(OF_LESSON[1:])}", *CANONICAL, f"results_dir={results}")
        assert places(out, "figure") == [results / f"figures/imbalance.{e}" for e in ("png", "svg")]
        made = contents(results)
        for place in (*(results / "tables").glob("*.csv"), *(results / "figures").iterdir()):
            place.unlink()
        words = ("-m", f"scenario={','.join(OF_LESSON)}", *CANONICAL, "steps=[tables,figures]")
        out = done(*words, f"results_dir={results}")
        assert trained_and_read(out)[0] == 0 and len(places(out, "figure")) == 2
        assert contents(results) == made

    def test_stays_as_it_is_when_a_few_of_its_seeds_are_looked_at(self, half: Half) -> None:
        results, _ = half
        made = contents(results)
        few = f"seed={plan('imbalance').canonical_seeds[5]}"
        out = done("scenario=imbalance", few, "replicates=2", f"results_dir={results}")
        assert trained_and_read(out) == (0, 2) and places(out, "figure")
        assert made.items() <= contents(results).items()


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
    out = done("-m", *QUICK, "seed=0,1,5", f"results_dir={tmp_path}")
    assert re.findall(r"\(seeds? ([^)]*)\)\n", out) == ["0 to 1", "5"], "so far as they are consecutive"


def test_a_ready_sweep_has_a_table_of_its_name_and_changed_a_custom_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, results = tmp_path / "share.yaml", tmp_path / "results"
    ready = {"scenario": "imbalance_controlled", "only": ["logistic"], "replicates": 4, "data": {"n_test": 200}}
    file.write_text(json.dumps(ready | {"sweep": {"data.minority_share": [0.2, 0.5]}}), encoding="utf-8")
    monkeypatch.setattr(project, "sweeps", lambda: ["share"])
    monkeypatch.setattr(project, "sweep_file", lambda name: file)
    out = done("-m", "+sweep=share", f"results_dir={results}")
    figure = [results / "custom" / f"sweep_share.{ending}" for ending in ("png", "svg")]
    assert trained_and_read(out) == (8, 0)
    assert places(out, "sweep") == [results / "tables" / "sweep_share.csv", *figure]
    assert set(results.rglob("*.*g")) == set(figure), "a job has a figure of its own"
    before = contents(results / "tables")
    table = pd.read_csv(results / "tables" / "sweep_share.csv")
    assert set(before) == {"sweep_share.csv"} and "fingerprint" not in table.columns
    assert sorted(set(table["data.minority_share"])) == [0.2, 0.5] and table["n"].max() == 4
    [lost] = [next(folder.glob("seed-3.npz")) for folder in sorted((results / "runs").iterdir()) if folder.is_dir()][:1]
    record = lost.read_bytes()
    lost.unlink()
    status, out, _ = typed("-m", "+sweep=share", "steps=[tables]", f"results_dir={results}")
    assert status == 2 and "share: table not written: 1 seeds of its jobs have no record" in out
    assert contents(results / "tables") == before, "half a table over a whole one"
    lost.write_bytes(record)
    out = done("-m", "+sweep=share", "replicates=2", TABLES, f"results_dir={results}")
    assert trained_and_read(out) == (0, 4) and contents(results / "tables") == before
    assert all(place.parent.name == "custom" for kind in ("sweep", "table") for place in places(out, kind))


def test_make_lesson_runs_every_scenario_that_the_lesson_lists() -> None:
    run = functools.partial(subprocess.run, cwd=project.ROOT, capture_output=True, encoding="utf-8", check=True)
    line = run(["make", "--no-print-directory", "-n", "lesson", "L=imbalance"]).stdout.splitlines()[-1]
    said = run(["bash", "-c", line.replace(".venv/bin/python -m mirage.cli.everything", "echo")])
    assert said.stdout.split() == [f"scenario={','.join(OF_LESSON)}"]


def test_a_sweep_ends_with_the_means_of_each_value(tmp_path: Path) -> None:
    file = tmp_path / "sweep.csv"
    rows = ["null,a,test,mse,1.25", "null,a,test,mae,0.5", "null,a:bayes,test,mse,0.1", "3,a,test,mse,"]
    file.write_text("rate,arm,split,metric,mean\n" + "\n".join(rows) + "\n", encoding="utf-8")
    page = io.StringIO()
    Console(file=page, width=80).print(terminal.sweep("Duel", file, ["a"], ["mse"]))
    lines = [line.split() for line in page.getvalue().splitlines() if line.strip()]
    assert lines[0] == ["Duel:", "means"] and lines[1] == ["rate", "arm", "split", "mse"]
    assert lines[3:] == [["null", "a", "test", "1.25"], ["3", "a", "test", "-"]]
