"""Missing replicates to stacks, and stacks to workers: a thread for each processor core.

Nothing here decides a number. TensorFlow is imported only when a network is trained.
"""

import contextlib
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mirage.clock import Clock
from mirage.config.plan import Arm
from mirage.data.split import CannotDraw, Splits
from mirage.models.kind import KERAS
from mirage.training import classical, replicate
from mirage.training.replicate import Outcome
from mirage.training.start import start_tensorflow

if TYPE_CHECKING:
    from mirage.training.stacked import Fitted, Stack


@dataclass(frozen=True)
class Task:
    """One stack to train: seeds of one arm."""

    arm: str
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Made:
    """A finished task: its seeds' rows (one `Splits` a model) and outcomes, and the wall time in seconds."""

    task: Task
    rows: list[list[Splits]]
    outcomes: list[Outcome]
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A replicate that could not be made, and why."""

    arm: str
    seed: int
    reason: Exception


class Stopped(Exception):
    """Raised inside a training that has been told to end."""


class Worker:
    """Makes one stack after another on one thread, and keeps the programs it has compiled."""

    def __init__(self) -> None:
        self._stacks: dict[str, Stack] = {}
        self._known: set[str] = set()

    def knows(self, arm: Arm) -> bool:
        """Whether an arm of these settings most likely needs no compilation here."""
        return _settings_key(arm) in self._known

    def make(self, arm: Arm, vary: Sequence[str], task: Task, progress: Callable[[int], None], clock: Clock) -> Made:
        """Make one task's replicates. `progress` gets the number of epochs done."""
        began = time.perf_counter()
        with clock.phase("draw rows"):
            rows = [replicate.drawn(arm, vary, seed) for seed in task.seeds]
        reported, whole = 0, epochs(arm)

        def report(epochs_done: int) -> None:
            nonlocal reported
            reported = epochs_done
            progress(epochs_done)

        every = [splits for of_seed in rows for splits in of_seed]
        if arm.model.trained_by == KERAS:
            streams = [one for seed in task.seeds for one in replicate.streams_of(arm, vary, seed)]
            trained = self._train(arm, streams, every, report, clock)
        else:
            with clock.phase("scikit-learn"):
                trained = classical.train(arm, every)
        if reported < whole:  # where training stopped early, or has no epochs
            report(whole)
        models = arm.model.models
        outcomes = [
            replicate.outcome(of_seed, trained[i * models : (i + 1) * models]) for i, of_seed in enumerate(rows)
        ]
        return Made(task, rows, outcomes, time.perf_counter() - began)

    def _train(
        self, arm: Arm, streams: Any, rows: Sequence[Splits], progress: Callable[[int], None], clock: Clock
    ) -> list[replicate.Trained]:
        from mirage.training import network

        key = network.program_key(arm, rows[0])
        if key not in self._stacks:
            with clock.phase("compile"):
                self._stacks[key] = network.compiled(arm, rows[0])
            self._known.add(_settings_key(arm))
        assert arm.training is not None
        fit: Callable[..., list[Fitted]]
        if arm.training.engine == "fit":
            from mirage.training.fit import fit_one_by_one as fit
        else:
            from mirage.training.stacked import Stack

            fit = Stack.fit
        return network.train(arm, streams, rows, self._stacks[key], fit, progress, clock)


def _settings_key(arm: Arm) -> str:
    if arm.model.trained_by != KERAS:
        return ""
    from mirage.training import network

    return network.settings_key(arm)


def epochs(arm: Arm) -> int:
    """The epochs of one stack, 1 where there are none."""
    return arm.training.epochs if arm.training is not None else 1


_WORKERS: list[Worker] = []  # the cache of compiled programs: the next run of this process finds them


def workers() -> list[Worker]:
    """One worker per processor core this process may use; a single one in a process that has others beside it."""
    if multiprocessing.parent_process() is not None:
        wanted = 1
    else:
        wanted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    _WORKERS.extend(Worker() for _ in range(wanted - len(_WORKERS)))
    return _WORKERS[:wanted]


def tasks(arms: Mapping[str, Arm], missing: Mapping[str, Sequence[int]]) -> list[Task]:
    """Cut the missing seeds of every arm into stacks."""
    cut = []
    for arm, seeds in missing.items():
        size = replicate.WIDTH // arms[arm].model.models
        cut += [Task(arm, tuple(seeds[i : i + size])) for i in range(0, len(seeds), size)]
    return cut


def needs_tensorflow(arms: Iterable[Arm]) -> bool:
    """Whether any of these arms is trained by Keras."""
    return any(arm.model.trained_by == KERAS for arm in arms)


class _Waiting:
    """Tasks that wait, by arm: a worker takes what it has compiled, then the arm with most left."""

    def __init__(self, arms: Mapping[str, Arm], waiting: Iterable[Task]) -> None:
        self._arms = arms
        self._by_arm: dict[str, deque[Task]] = {}
        for task in waiting:
            self.add(task)

    def add(self, task: Task) -> None:
        self._by_arm.setdefault(task.arm, deque()).append(task)

    def next(self, worker: Worker) -> Task | None:
        left = sorted(filter(self._by_arm.get, self._by_arm), key=lambda arm: -len(self._by_arm[arm]))
        if not left:
            return None
        best = next((arm for arm in left if worker.knows(self._arms[arm])), left[0])
        return self._by_arm[best].popleft()


def run(
    arms: Mapping[str, Arm],
    vary: Sequence[str],
    missing: Mapping[str, Sequence[int]],
    keep: Callable[[Made], None],
    progress: Callable[[Task, int], None] = lambda task, epochs_done: None,
    clock: Clock | None = None,
    device: str = "cpu",
    notice: Callable[[str], None] = lambda line: None,
) -> list[Failure]:
    """Train the missing seeds of every arm; hand each finished stack to `keep`.

    A replicate that cannot be made does not stop the others: a stack that fails is made again seed by seed, and the
    seeds that fail by themselves are returned.

    `keep` and `progress` are called from several threads. An exception in any of them, or an interrupt, ends all
    training at its next chunk and is raised here; what was kept stays kept.

    Raises
    ------
    CannotDraw
        If no replicate at all can be made because the settings give no usable data.
    """
    clock = clock or Clock()
    listed = tasks(arms, missing)
    failed: list[Failure] = []
    broken: list[Exception] = []
    if not listed:
        return failed
    networks = needs_tensorflow(arms[arm] for arm in missing)
    if networks:
        unused = start_tensorflow(device, clock)
        if unused:
            notice(f"training on the CPU, where digits can be reproduced; device=gpu uses {', '.join(unused)}")
    lock, stop = threading.Lock(), threading.Event()
    waiting = _Waiting(arms, listed)

    def next_task(worker: Worker) -> Task | None:
        with lock:
            return None if stop.is_set() else waiting.next(worker)

    def advance(task: Task, epochs_done: int) -> None:
        if stop.is_set():
            raise Stopped
        try:
            progress(task, epochs_done)
        except Exception as error:  # noqa: BLE001  # the caller's, not the replicate's: raised below
            broken.append(error)
            stop.set()
            raise Stopped from error

    def made(worker: Worker, task: Task) -> Made | None:
        """A task's replicates. If that fails they are tried one by one, and a single one that fails is noted."""
        try:
            return worker.make(arms[task.arm], vary, task, lambda epochs: advance(task, epochs), clock)
        except (Stopped, OSError):
            raise
        except Exception as error:  # noqa: BLE001  # noted, listed at the end, and reported by the exit status
            with lock:
                if len(task.seeds) == 1:
                    failed.append(Failure(task.arm, task.seeds[0], error))
                else:
                    for seed in task.seeds:
                        waiting.add(Task(task.arm, (seed,)))
            return None

    def work(worker: Worker) -> None:
        with contextlib.suppress(Stopped):
            while (task := next_task(worker)) is not None:
                if (stack := made(worker, task)) is not None:
                    keep(stack)

    # Without TensorFlow most of the work is Python's own, of which one thread runs at a time: two measure slower.
    crew = workers()[: len(listed) if networks else 1]
    with ThreadPoolExecutor(len(crew)) as pool:
        try:
            pending = {pool.submit(work, worker) for worker in crew}
            while pending:  # woken now and then, so that an interrupt is heard whatever the threads do
                done, pending = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
                for one in done:
                    one.result()
        except BaseException:
            stop.set()
            raise
    if broken:
        raise broken[0]
    failed.sort(key=lambda failure: (failure.arm, failure.seed))
    total = sum(len(task.seeds) for task in listed)
    if len(failed) == total and all(isinstance(failure.reason, CannotDraw) for failure in failed):
        raise failed[0].reason
    return failed
