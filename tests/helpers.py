"""What many tests need: plans, their rows, and `python -m run` in this process or as one of its own."""

import contextlib
import functools
import gc
import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import mirage
from mirage.cli.main import main
from mirage.config.plan import Arm, Plan
from mirage.config.project import ROOT as ROOT
from mirage.data.split import Splits
from mirage.training.replicate import drawn


@functools.cache
def over_canonical_seeds(scenario: str) -> list[str]:
    """The words that ask for the seeds of a scenario's committed tables."""
    seeds = plan(scenario).canonical_seeds
    return [f"seed={seeds[0]}", f"replicates={len(seeds)}"]


@functools.cache  # composing one takes a tenth of a second, and tests ask for the same ones again and again
def plan(scenario: str, *settings: str) -> Plan:
    """The plan of a scenario with these settings changed; nothing in it is ever changed in place."""
    return mirage.plan(scenario, *settings)


def arm(scenario: str, name: str, *settings: str) -> Arm:
    """One arm of a scenario."""
    return plan(scenario, *settings).arms[name]


def rows(scenario: str, name: str, *settings: str, seed: int = 0) -> Splits:
    """The rows of one arm and seed by split (of several models: of the first)."""
    return drawn(arm(scenario, name, *settings), plan(scenario, *settings).about.vary, seed)[0]


# -- python -m run: status, standard output, standard error ------------------------------------------------------


def typed(*words: str) -> tuple[int, str, str]:
    """What it does with these words, in this process: without waiting for Python to start."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    status = 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(gc, "freeze", lambda: None)  # it is for a process that ends
        try:
            main(words)
        except SystemExit as stop:
            status = int(stop.code or 0)
    return status, *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err))  # type: ignore[attr-defined]


def done(*words: str) -> str:
    """What it says, in this process, where nothing goes wrong."""
    status, out, err = typed(*words)
    assert (status, err) == (0, "")
    return out


def start(
    *words: str, wrap: tuple[str, ...] = (), cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    """A process that goes on by itself, wrapped in another command."""
    return subprocess.Popen(
        [*wrap, sys.executable, "-m", "run", *words],
        cwd=cwd,
        env=os.environ | dict(env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """What a process did, once it has ended."""
    out, err = process.communicate(timeout=900)
    return process.returncode, out, err


def command(*words: str, **how: Any) -> tuple[int, str, str]:
    """What a process of its own does with these words."""
    return ended(start(*words, **how))


# -- what came out -----------------------------------------------------------------------------------------------


def trained_and_read(out: str) -> tuple[int, int]:
    """How many replicates a command trained and read, all of its jobs together."""
    counts = re.findall(r"^replicates +(\d+) trained, (\d+) read from their records$", out, re.MULTILINE)
    assert counts, out
    return sum(int(trained) for trained, _ in counts), sum(int(read) for _, read in counts)


def places(out: str, kind: str) -> list[Path]:
    """Where a command says its records, table, claims, figure or sweep lie."""
    return [Path(found) for found in re.findall(rf"^{kind} +(/.*)$", out, re.MULTILINE)]


def contents(folder: Path) -> dict[str, bytes]:
    """All files that must be the same bytes however they came about, by their place: all but provenance and locks."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    kept = [file for file in files if not file.name.startswith(("provenance", "."))]
    return {str(file.relative_to(folder)): file.read_bytes() for file in kept}
