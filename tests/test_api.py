"""The library as notebooks, scripts, the site and the doctor use it: from any folder, silent, without global state."""

import importlib
import pkgutil
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import ROOT

import mirage
from mirage.config import project
from mirage.making import CannotRun
from mirage.training.replicate import drawn

SMALL = ("data.n_majority=90", "data.n_minority=30")


def script(code: str, cwd: Path, *options: str, path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """A script that is run in a folder; `path` is where it finds what it imports, by default what is installed."""
    words = [sys.executable, *options, "-c", textwrap.dedent(code)]
    env = None if path is None else {"PYTHONPATH": str(path), "PATH": "/usr/bin:/bin"}
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=300)


def test_the_five_lines_work_in_a_script_twice_and_beside_another_hydra_and_say_nothing(tmp_path: Path) -> None:
    """On fewer rows and epochs, in a folder with a Hydra app of its own."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "app.yaml").write_text("mine: 3\n", encoding="utf-8")
    code = f"""
        from pathlib import Path
        import hydra
        from hydra.core.global_hydra import GlobalHydra
        import mirage

        results_dir = "results_dir={tmp_path / "results"}"
        with hydra.initialize_config_dir({str(tmp_path / "conf")!r}, version_base="1.3"):
            before = GlobalHydra.instance().hydra
            for _ in range(2):
                plan = mirage.plan("dropout", "model.dropout=0.5", "training.epochs=2", results_dir, seeds=range(2))
                results = mirage.run(plan)
            assert GlobalHydra.instance().hydra is before and hydra.compose("app").mine == 3
        assert mirage.run(mirage.plan("imbalance", results_dir)).rows["arm"].nunique() == 2
        table, claims, figure = results.table(), results.claims(), results.figure()
        x, y, predicted = results.predictions(arm="dropout", split="test")
        assert list(plan.seeds) == [0, 1] and plan.arms["dropout"].model.dropout == 0.5 and not plan.canonical
        assert set(table["arm"]) >= {{"baseline", "dropout"}} and "verdict" in claims and len(figure.axes) > 1
        assert x.shape[:2] == y.shape == predicted.shape == (2, 100)
        lesson = mirage.lesson("dropout")
        assert lesson.question.endswith("?") and len(lesson.claims) > 5
        open("ended", "w").close()
    """
    ran = script(code, tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert {place.name for place in tmp_path.iterdir()} == {"conf", "results", "ended"}
    assert {place.name for place in (tmp_path / "results").iterdir()} == {"runs"}, "nothing but records is written"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = f"results_dir={tmp_path_factory.mktemp('results')}"
    return mirage.run(mirage.plan("imbalance", *SMALL, place, seeds=(4, 2)))


def test_predictions_redraw_the_inputs_that_records_do_not_hold(results: Any) -> None:
    plan = results.plan
    assert list(plan.seeds) == [4, 2], "in the order given"
    x, y, predicted = results.predictions("logistic", "test")
    for row, seed in enumerate(plan.seeds):
        split = drawn(plan.arms["logistic"], plan.about.vary, seed)[0]["test"]
        np.testing.assert_array_equal(x[row], split.x)
        np.testing.assert_array_equal(y[row], split.y)
    assert predicted.shape == y.shape and ((predicted > 0) & (predicted < 1)).all()
    assert not np.array_equal(x[0], x[1])
    sizes = [file.stat().st_size for file in next(iter(results.records.values())).folder.glob("seed-*")]
    assert max(sizes) < 120 * (1 + 8) + 2500, "labels, scores and what names them"


def test_the_table_is_the_rows_summed_up_and_the_claims_are_the_lessons(results: Any) -> None:
    table = results.table().set_index(["arm", "split", "metric"])
    values = results.values("logistic", "test", "roc_auc")
    assert results.rows.loc[results.rows["arm"] == "logistic", "seed"].unique().tolist() == [4, 2] and len(values) == 2
    assert table.loc[("logistic", "test", "roc_auc"), "mean"] == pytest.approx(values.mean())
    assert set(results.claims()["claim"]) <= {claim.id for claim in mirage.lesson("imbalance").claims}
    assert {"effect", "ci_low", "ci_high", "verdict"} <= set(results.claims().columns)


def test_a_scenario_without_a_lesson_has_results_and_no_figure(tmp_path: Path) -> None:
    plan = mirage.plan("imbalance", *SMALL, "lesson=null", f"results_dir={tmp_path}")
    made = mirage.run(plan)
    assert len(made.table()) and not len(made.claims())
    with pytest.raises(mirage.ConfigError, match="lesson: got null"):
        made.figure()


def test_failed_seeds_are_raised_and_the_others_recorded(tmp_path: Path) -> None:
    few = ("data.n_rows=30", "stages.hold_out.share=0.1", "only=[ridge]", f"results_dir={tmp_path}")
    with pytest.raises(CannotRun, match=r"^ridge_lasso: seeds \d[\d, ]* failed: CannotDraw: .*leaves a class out"):
        mirage.run(mirage.plan("ridge_lasso", *few, seeds=range(8)))
    assert 0 < len(list(tmp_path.glob("runs/*/seed-*.npz"))) < 8


def test_load_reads_canonical_records_alone_and_without_tensorflow(tmp_path: Path) -> None:
    code = f"""
        import sys
        from pathlib import Path
        import mirage
        from mirage.api import canonical, perform
        from mirage.config import project
        from mirage.making import CannotRun

        project.RESULTS = Path({str(tmp_path / "none")!r})
        for read in (lambda: mirage.load("imbalance"), lambda: mirage.lesson("imbalance").figure()):
            try:
                read()
            except CannotRun as error:
                assert str(error).startswith("imbalance: 100 of 100 replicates have no record"), error
            else:
                raise AssertionError("there are no records")
        assert not project.RESULTS.exists()
        project.RESULTS = Path({str(tmp_path / "results")!r})
        mirage.run(canonical("imbalance"))
        results = mirage.load("imbalance")
        assert results.plan.canonical and results.values("logistic", "test", "accuracy").shape == (100,)
        assert not {{"tensorflow", "keras"}} & set(sys.modules)
    """
    ran = script(code, tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_lesson_is_its_question_text_scenarios_and_claims() -> None:
    lesson, name = mirage.lesson("dropout"), "dropout"
    assert lesson.text.startswith(f"# {lesson.question}\n") and lesson.question.endswith("?")
    assert lesson.scenarios.items() >= {"as_written": name, "controlled": f"{name}_controlled"}.items()
    assert set(lesson.scenarios.values()) <= set(project.scenarios()) and name in project.lessons()
    assert len({claim.id for claim in lesson.claims}) == len(lesson.claims) > 0
    with pytest.raises(mirage.ConfigError, match=rf"^lesson: got {name}x \(did you mean {name}\?\), expected one of"):
        mirage.lesson(f"{name}x")


COMPILED = {("mirage.training.schedule", "_WORKERS")}


def modules() -> list[str]:
    """All modules of the library."""
    return [found.name for found in pkgutil.walk_packages(mirage.__path__, "mirage.")]


def state(name: str) -> dict[str, Any]:
    """What a module's names stand for and, of what can change, how much is in it."""
    held = vars(importlib.import_module(name))
    changing = {key: repr(value) for key, value in held.items() if isinstance(value, list | dict | set)}
    return {key: (id(value), changing.get(key)) for key, value in held.items() if not key.startswith("__")}


def test_a_run_leaves_no_state_in_any_module_but_compiled_programs(tmp_path: Path) -> None:
    before = {name: state(name) for name in modules()}
    place = f"results_dir={tmp_path}"
    mirage.run(mirage.plan("overfitting", "training.epochs=2", "model.hidden=[3]", place, seeds=range(2)))
    mirage.run(mirage.plan("ridge_lasso", place)).figure()
    changed = {(name, key) for name in before for key in before[name] if state(name).get(key) != before[name][key]}
    more = {(name, key) for name in before for key in state(name).keys() - before[name].keys()}
    more -= {(name, key) for name, key in more if f"{name}.{key}" in sys.modules}  # a package knows what was imported
    assert changed | more <= COMPILED


def test_what_is_installed_is_the_package_alone_and_says_what_needs_a_checkout(tmp_path: Path) -> None:
    """In a folder with what `pip install .` installs."""
    copy, installed = tmp_path / "copy", tmp_path / "installed"
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    build = "from setuptools.build_meta import build_wheel; build_wheel('..')"
    subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, check=True)
    [wheel] = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(installed)
    shutil.rmtree(copy)
    found = {place.name for place in installed.iterdir() if not place.name.endswith(".dist-info")}
    assert found == {"mirage", "hydra_plugins", "run.py"}
    assert list(installed.rglob("*.mplstyle")) and (installed / "mirage" / "py.typed").is_file()
    code = f"""
        import sys
        sys.path += {[path for path in sys.path if "site-packages" in path]!r}
        import mirage
        from mirage.cli.main import main

        assert mirage.__file__.startswith({str(installed)!r})
        for ask in (mirage.plan, mirage.load, mirage.lesson):
            try:
                ask("dropout")
            except mirage.ConfigError as error:
                print(error, file=sys.stderr)
        main(["scenario=dropout"])
    """
    ran = script(code, tmp_path, "-S", path=installed)
    lines = ran.stderr.splitlines()
    assert (ran.returncode, ran.stdout, len(lines)) == (2, "", 4), ran.stderr
    assert all(line.startswith("conf/: not found in ") and "checkout" in line for line in lines)


def test_the_library_needs_no_module_that_windows_lacks(tmp_path: Path) -> None:
    code = f"""
        import importlib, sys
        for name in ("fcntl", "pwd", "resource", "grp", "termios"):
            sys.modules[name] = None
        for name in {modules()!r}:
            try:
                importlib.import_module(name)
            except ImportError as error:
                # What Keras and TensorFlow import in turn is theirs.
                assert "tensorflow" in sys.modules or "keras" in sys.modules, (name, error)
                print(name)
        import mirage
        print(len(mirage.plan("imbalance").arms))
    """
    ran = script(code, tmp_path)
    *others, arms = ran.stdout.splitlines()
    assert (ran.returncode, arms) == (0, "1"), ran.stderr
    assert {name.rpartition(".")[2] for name in others} <= {"layers", "network", "stacked", "fit"}
