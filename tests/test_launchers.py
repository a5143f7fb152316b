"""Where a sweep's jobs run changes no number: in this process, in workers, on a Ray cluster, as by SLURM."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import run

SWEEP = ("scenario=metric_choice", "seed=range(0,2)", "data.n_features=2,3", "steps=[train,tables]")
LAUNCHERS = {
    "joblib": (None, ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")),
    "ray": (".venv-ray", ("hydra/launcher=ray_cluster",)),
    "slurm": (".venv-slurm", ("hydra/launcher=slurm_here",)),
}


def sweep(python: str, results: Path, *more: str) -> str:
    ran = subprocess.run(
        [python, "-m", "run", "-m", *SWEEP, f"results_dir={results}", *more],
        cwd=results.parent,
        env=os.environ | {"PYTHONPATH": str(run.ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def numbers(results: Path) -> dict[str, bytes]:
    kept = [f for f in sorted(results.rglob("*")) if f.is_file() and f.name != "provenance.json"]
    return {str(f.relative_to(results)): f.read_bytes() for f in kept}


@pytest.fixture(scope="module")
def basic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    results = tmp_path_factory.mktemp("basic") / "results"
    sweep(sys.executable, results)
    return numbers(results)


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_every_launcher_gives_the_same_bytes_and_sums_the_sweep_up(
    launcher: str, tmp_path: Path, basic: dict[str, bytes]
) -> None:
    environment, chosen = LAUNCHERS[launcher]
    python = sys.executable
    if environment is not None:
        python = str(run.ROOT / environment / "bin/python")
        made = subprocess.run(["make", "-C", run.ROOT, launcher], capture_output=True, text=True, timeout=1800)
        assert made.returncode == 0, made.stderr
    folder = ("hydra.launcher.submitit_folder=" + str(tmp_path / "submitit/%j"),) if launcher == "slurm" else ()
    out = sweep(python, tmp_path / "results", *chosen, *folder)
    assert out.count("sweep       ") == 1  # its table
    assert numbers(tmp_path / "results") == basic


def test_a_failure_in_a_worker_is_told_at_the_end(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "run", "-m", "hydra/launcher=joblib", "scenario=ridge_lasso", "data.n_rows=4,40"]
        + [f"results_dir={tmp_path}"],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ran.returncode == 2 and "leaves a class out" in ran.stderr and "Traceback" not in ran.stderr
    assert "trained" in ran.stdout  # the other job
