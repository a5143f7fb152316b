"""What many tests need: plans, their rows, and `python -m run` as a process."""

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import mirage
from mirage.config.plan import Arm, Plan
from mirage.config.project import ROOT
from mirage.data.split import Splits
from mirage.training.replicate import drawn

__all__ = ["ROOT", "arm", "command", "contents", "plan", "rows"]


@functools.cache
def plan(scenario: str, *settings: str) -> Plan:
    """The plan of a scenario with these settings changed."""
    return mirage.plan(scenario, *settings)


def arm(scenario: str, name: str, *settings: str) -> Arm:
    """One arm of a scenario."""
    return plan(scenario, *settings).arms[name]


def rows(scenario: str, name: str, *settings: str, seed: int = 0) -> Splits:
    """The rows of one arm and seed by split (of several models: of the first)."""
    return drawn(arm(scenario, name, *settings), plan(scenario, *settings).about.vary, seed)[0]


def command(
    *words: str, wrap: tuple[str, ...] = (), cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Status, standard output and standard error of `python -m run` with these words."""
    ran = subprocess.run(
        [*wrap, sys.executable, "-m", "run", *words],
        cwd=cwd,
        env=None if env is None else os.environ | dict(env),
        capture_output=True,
        encoding="utf-8",
        timeout=900,
    )
    return ran.returncode, ran.stdout, ran.stderr


def contents(folder: Path) -> dict[str, bytes]:
    """All files that must be the same bytes however they came about, by their place: all but provenance and locks."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    kept = [file for file in files if not file.name.startswith(("provenance", "."))]
    return {str(file.relative_to(folder)): file.read_bytes() for file in kept}
