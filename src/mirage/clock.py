"""A stopwatch for the phases of a run: where its time went."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Clock:
    """Wall time by phase; threads add up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = time.perf_counter()
        self._spent: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the wall time of the enclosed block to the named phase."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add({name: time.perf_counter() - began})

    def passed(self) -> float:
        """Seconds since this clock was made."""
        return time.perf_counter() - self._began

    def add(self, elsewhere: Mapping[str, float]) -> None:
        """Add what was spent elsewhere, as in another process."""
        with self._lock:
            for name, seconds in elsewhere.items():
                self._spent[name] = self._spent.get(name, 0.0) + seconds

    def spent(self) -> dict[str, float]:
        """Seconds by phase so far."""
        with self._lock:
            return dict(self._spent)
