"""Where a sweep's jobs run changes no number: in this process, in workers, on a Ray cluster, as by SLURM."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT, command, contents, done, trained_and_read

SKLEARN = ("scenario=ridge_lasso", "seed=range(0,3)", "data.n_features=5,6", "steps=[train,tables]")
KERAS = ("scenario=metric_choice", "seed=range(0,2)", "data.n_features=2,3", "training.epochs=2", SKLEARN[-1])
JOBLIB = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")


def test_workers_give_the_same_bytes_and_the_sweep_is_summed_up_once(tmp_path: Path) -> None:
    status, out, err = command("-m", *SKLEARN, *JOBLIB, f"results_dir={tmp_path / 'workers'}")
    assert (status, err, trained_and_read(out), out.count("sweep       ")) == (0, "", (30, 0), 1)
    done("-m", *SKLEARN, f"results_dir={tmp_path / 'here'}")
    assert contents(tmp_path / "workers") == contents(tmp_path / "here")


def test_a_failure_in_a_worker_is_told_at_the_end(tmp_path: Path) -> None:
    words = ("scenario=ridge_lasso", "data.n_rows=4,40", "steps=[train,tables]", f"results_dir={tmp_path}")
    status, out, err = command("-m", *JOBLIB, *words)
    assert status == 2 and "leaves a class out" in err and err.count("\n") == 1
    assert trained_and_read(out) == (5, 0)  # the other job


@pytest.fixture(scope="module")
def basic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What networks give in a process of their own."""
    results = tmp_path_factory.mktemp("basic") / "results"
    status, _, err = command("-m", *KERAS, f"results_dir={results}")
    assert (status, err) == (0, "")
    return contents(results)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "launcher"),
    [
        pytest.param(".venv", JOBLIB, id="joblib"),
        pytest.param(".venv-ray", ("hydra/launcher=ray_cluster",), id="ray", marks=pytest.mark.cluster),
        pytest.param(".venv-slurm", ("hydra/launcher=slurm_here",), id="slurm", marks=pytest.mark.cluster),
    ],
)
def test_every_launcher_gives_the_same_bytes(
    environment: str, launcher: tuple[str, ...], tmp_path: Path, basic: dict[str, bytes]
) -> None:
    python = sys.executable
    if environment != ".venv":
        target = environment.removeprefix(".venv-")
        subprocess.run(["make", "-C", ROOT, target], check=True, timeout=1800)
        python = str(ROOT / environment / "bin/python")
    if "slurm" in environment:
        launcher = (*launcher, f"hydra.launcher.submitit_folder={tmp_path / 'submitit'}/%j")
    ran = subprocess.run(
        [python, "-m", "run", "-m", *KERAS, *launcher, f"results_dir={tmp_path / 'results'}"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        encoding="utf-8",
        timeout=900,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("sweep       ") == 1
    assert contents(tmp_path / "results") == basic
