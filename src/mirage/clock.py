"""A stopwatch for the phases of a run: where its time went."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Clock:
    """Wall time by phase; threads add up.

    `start` is what had passed, in seconds, before there was a clock: the phase of that name.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._began = time.perf_counter() - start
        self._beside = 0.0
        self._spent: dict[str, float] = {"start": start} if start else {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the wall time of the enclosed block to the named phase."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add({name: time.perf_counter() - began})

    def passed(self) -> float:
        """Seconds since this clock was made, or what it counts began."""
        return time.perf_counter() - self._began

    def beside(self, seconds: float) -> None:
        """Count the time of further threads, beside the one that made the clock."""
        self._beside += seconds

    def other(self) -> float:
        """Seconds of all threads that are in no phase."""
        return max(0.0, self.passed() + self._beside - sum(self.spent().values()))

    def add(self, elsewhere: Mapping[str, float]) -> None:
        """Add what was spent elsewhere, as in another process."""
        with self._lock:
            for name, seconds in elsewhere.items():
                self._spent[name] = self._spent.get(name, 0.0) + seconds

    def spent(self) -> dict[str, float]:
        """Seconds by phase so far."""
        with self._lock:
            return dict(self._spent)
