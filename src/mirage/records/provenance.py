"""Where and when something was computed: what may differ between two runs that give the same bytes."""

import functools
import importlib.metadata
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Environment variables that libraries read when they compute; TF_CLI... belongs to other programs.
FLAGS = re.compile(r"(TF_(?!CLI)|XLA_|KERAS_|OMP_|OPENBLAS_)")
VECTOR_INSTRUCTIONS = re.compile(r"(sse|avx|fma|f16c|amx|bf16|neon|asimd|sve)")


def provenance() -> dict[str, Any]:
    """State of the code in git, time, machine, packages and flags, as plain values for JSON."""
    return {
        **_git_state(),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "system": platform.platform(),
        **_processor(),
        "python": platform.python_version(),
        "packages": _packages(),
        "flags": {name: value for name, value in sorted(os.environ.items()) if FLAGS.match(name)},
    }


@functools.cache
def _packages() -> dict[str, str]:
    """Versions of all installed packages."""
    return dict(sorted((d.name.lower(), d.version) for d in importlib.metadata.distributions()))


@functools.cache
def _git_state() -> dict[str, Any]:
    """The commit and whether tracked files were changed; unknown (None) without git or away from a checkout."""

    def git(*words: str) -> str | None:
        try:
            ran = subprocess.run(["git", *words], cwd=Path(__file__).parent, capture_output=True, encoding="utf-8")
        except OSError:  # no git on this machine
            return None
        return ran.stdout.strip() if ran.returncode == 0 else None

    changed = git("status", "--porcelain", "--untracked-files=no")
    return {"git_commit": git("rev-parse", "HEAD"), "git_changed": None if changed is None else bool(changed)}


@functools.cache
def _processor() -> dict[str, Any]:
    """The processor's name, and those of its instruction sets that compiled programs may use."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8", errors="replace").splitlines() if described.exists() else []
    of = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = of.get("flags", of.get("Features", "")).split()
    return {
        "processor": of.get("model name", platform.processor() or platform.machine()),
        "instructions": [flag for flag in flags if VECTOR_INSTRUCTIONS.match(flag)],
    }
