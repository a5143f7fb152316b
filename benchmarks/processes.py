"""What benchmarks share: the time and memory of processes, and what this machine can do at most."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mirage.config.project import ROOT

Note = Callable[..., None]  # takes what was measured, its value, its unit and its target

# The system counts the memory of the process that another one was forked from as that one's, too. So measured
# processes are started by one that has next to none.
STARTER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
UNITS_PER_GIB = 2**20 if sys.platform == "linux" else 2**30  # of ru_maxrss: Linux counts in KiB, macOS in bytes


def seconds(action: Callable[[], Any]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def command(*arguments: str) -> tuple[float, str]:
    """Wall time and output of a Python process, start-up included."""
    began = time.perf_counter()
    ran = subprocess.run([sys.executable, *arguments], capture_output=True, encoding="utf-8", check=True, cwd=ROOT)
    return time.perf_counter() - began, ran.stdout


def time_and_memory(*arguments: str, one_core: bool = False) -> tuple[float, float]:
    """Wall time in seconds and largest memory in GiB of a Python process of its own."""
    pinned = ["taskset", "-c", "0"] if one_core else []
    took, out = command("-c", STARTER, *pinned, sys.executable, *arguments)
    return took, int(out) / UNITS_PER_GIB


def matrix_product_rate() -> float:
    """Floating-point operations a second of large float32 matrix products, on all cores."""
    size, times = 1024, 20
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    a @ a
    return 2 * size**3 * times / seconds(lambda: [a @ a for _ in range(times)])
