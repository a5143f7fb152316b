"""A stopwatch for the phases of a process: where its time went."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_lock = threading.Lock()
_spent: dict[str, float] = {}


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Add the wall time of the enclosed block to the named phase; threads add up."""
    began = time.perf_counter()
    try:
        yield
    finally:
        with _lock:
            _spent[name] = _spent.get(name, 0.0) + time.perf_counter() - began


def add(elsewhere: Mapping[str, float]) -> None:
    """Add what another process has spent, by phase."""
    with _lock:
        for name, seconds in elsewhere.items():
            _spent[name] = _spent.get(name, 0.0) + seconds


def spent() -> dict[str, float]:
    """Seconds by phase since the process began."""
    with _lock:
        return dict(_spent)
