"""The command line without waiting for Python to start: in this process, or as a process that goes on by itself."""

import contextlib
import gc
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mirage.cli.main import main


def typed(*words: str) -> tuple[int, str, str]:
    """Status, standard output and standard error of what `python -m run` does with these words, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    status = 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(gc, "freeze", lambda: None)  # it is for a process that ends
        try:
            main(words)
        except SystemExit as stop:
            assert isinstance(stop.code, int)
            status = stop.code
    return status, *(_text(stream) for stream in (out, err))


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    content = stream.detach()
    assert isinstance(content, io.BytesIO)
    return content.getvalue().decode("utf-8")


def start(*words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """`python -m run` in the background, which heeds Ctrl-C as in a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "run", *words],
        cwd=cwd,
        env=os.environ | dict(env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Status, standard output and standard error of a process, once it has ended."""
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err


def trained_and_read(out: str) -> tuple[int, int]:
    """How many replicates a command trained and read, all of its jobs together."""
    counts = re.findall(r"^replicates +(\d+) trained, (\d+) read from their records$", out, re.MULTILINE)
    assert counts, out
    return sum(int(trained) for trained, _ in counts), sum(int(read) for _, read in counts)


def places(out: str, kind: str) -> list[Path]:
    """Where a command says its records, table, claims, figure or sweep lie."""
    return [Path(found) for found in re.findall(rf"^{kind} +(/.*)$", out, re.MULTILINE)]
