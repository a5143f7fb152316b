"""Missing replicates to stacks, and stacks to threads: one for each processor core.

Nothing here decides a number. TensorFlow is imported only when a network is trained.
"""

import contextlib
import importlib
import json
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
from mirage.settings import compiled_for
from mirage.training import classical, replicate
from mirage.training.replicate import Outcome
from mirage.training.start import lanes, start_tensorflow

if TYPE_CHECKING:
    import keras

    from mirage.training.program import Program


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


class Programs:
    """The compiled programs of this process and the networks of its arms, each made once and shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._programs: dict[str, Program] = {}
        self._networks: dict[str, keras.Model] = {}

    def of(self, arm: Arm, shape: tuple[int, ...]) -> tuple["Program", "keras.Model"]:
        """An arm's program and network, for rows of this shape."""
        from mirage.training import network

        settings, key = f"{arm.model.model_dump_json()} {shape}", f"{program_key(arm)} {shape}"
        with self._lock:
            if settings not in self._networks:
                self._networks[settings] = arm.model.build(shape)
            if key not in self._programs:
                self._programs[key] = network.program(arm, self._networks[settings])
            return self._programs[key], self._networks[settings]


_PROGRAMS = Programs()  # the next run of this process finds them


def program_key(arm: Arm) -> str:
    """What of an arm's settings a program is compiled for, as text; the shape of a row comes on top."""
    parts = [arm.model, *([] if arm.training is None else [arm.training])]
    return json.dumps([compiled_for(part) for part in parts], sort_keys=True)


def make(arm: Arm, vary: Sequence[str], task: Task, progress: Callable[[int], None], clock: Clock) -> Made:
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
        trained = _train(arm, streams, every, report, clock)
    else:
        with clock.phase("scikit-learn"):
            trained = classical.train(arm, every)
    if reported < whole:  # where training stopped early, or has no epochs
        report(whole)
    models = arm.model.models
    outcomes = [replicate.outcome(of_seed, trained[i * models : (i + 1) * models]) for i, of_seed in enumerate(rows)]
    return Made(task, rows, outcomes, time.perf_counter() - began)


def _train(
    arm: Arm, streams: Any, rows: Sequence[Splits], progress: Callable[[int], None], clock: Clock
) -> list[replicate.Trained]:
    from mirage.training import network, stacked

    assert arm.training is not None
    train = importlib.import_module(getattr(arm.model, "trainer", network.__name__)).train
    shape = rows[0]["train"].x.shape[1:]
    with clock.phase("compile"):
        program, model = _PROGRAMS.of(arm, shape)
    if arm.training.engine == "stacked":
        return train(arm, model, streams, rows, program, stacked.fit, progress, clock)
    from mirage.training.fit import fit_one_by_one

    own = network.program(arm, arm.model.build(shape))  # `model.fit` trains the network itself
    return train(arm, model, streams, rows, own, fit_one_by_one, progress, clock)


def epochs(arm: Arm) -> int:
    """The epochs of one stack, 1 where there are none."""
    return arm.training.epochs if arm.training is not None else 1


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


class Waiting:
    """Tasks that wait, by arm: next comes what has been compiled, then what nobody is compiling, then most left."""

    def __init__(self, arms: Mapping[str, Arm], waiting: Iterable[Task]) -> None:
        self._keys = {name: program_key(arm) for name, arm in arms.items()}
        self._by_arm: dict[str, deque[Task]] = {}
        self._compiled: set[str] = set()
        self._compiling: dict[Task, str] = {}
        for task in waiting:
            self.add(task)

    def add(self, task: Task) -> None:
        """Let a task wait."""
        self._by_arm.setdefault(task.arm, deque()).append(task)

    def next(self) -> Task | None:
        """The task to make now, which waits no longer; None if there is none."""
        if not self._by_arm:
            return None

        def worth(arm: str) -> tuple[bool, bool, int]:
            return arm in self._compiled, self._keys[arm] not in self._compiling.values(), len(self._by_arm[arm])

        best = max(self._by_arm, key=worth)
        task = self._by_arm[best].popleft()
        if not self._by_arm[best]:
            del self._by_arm[best]
        if best not in self._compiled:
            self._compiling[task] = self._keys[best]
        return task

    def done(self, task: Task) -> None:
        """A task has been made: its arm's program is compiled."""
        self._compiled.add(task.arm)
        self._compiling.pop(task, None)


def run(
    arms: Mapping[str, Arm],
    vary: Sequence[str],
    missing: Mapping[str, Sequence[int]],
    keep: Callable[[Made], None],
    progress: Callable[[Task, int], None] = lambda task, epochs_done: None,
    clock: Clock | None = None,
    device: str = "cpu",
    notice: Callable[[str], None] = lambda line: None,
    meanwhile: Callable[[], None] = lambda: None,
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
    waiting = Waiting(arms, listed)

    def next_task() -> Task | None:
        with lock:
            return None if stop.is_set() else waiting.next()

    def advance(task: Task, epochs_done: int) -> None:
        if stop.is_set():
            raise Stopped
        try:
            progress(task, epochs_done)
        except Exception as error:  # noqa: BLE001  # the caller's, not the replicate's: raised below
            broken.append(error)
            stop.set()
            raise Stopped from error

    def made(task: Task) -> Made | None:
        """A task's replicates. If that fails they are tried one by one, and a single one that fails is noted."""
        try:
            return make(arms[task.arm], vary, task, lambda epochs: advance(task, epochs), clock)
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

    ends: list[float] = []

    def work() -> None:
        try:
            go_on()
        finally:
            ends.append(time.perf_counter())

    def go_on() -> None:
        with contextlib.suppress(Stopped):
            while (task := next_task()) is not None:
                stack = made(task)
                with lock:
                    waiting.done(task)
                if stack is not None:
                    keep(stack)

    # Without TensorFlow most of the work is Python's own, of which one thread runs at a time: two measure slower.
    threads = min(lanes(), len(listed)) if networks else 1
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        try:
            pending = {pool.submit(work) for _ in range(threads)}
            waited = False
            while pending:  # woken now and then, so that an interrupt is heard whatever the threads do
                done, pending = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
                for one in done:
                    one.result()
                if pending and not waited:  # a second has passed: by now programs are traced, and Python is idle
                    waited = True
                    meanwhile()
        except BaseException:
            stop.set()
            raise
    ended = time.perf_counter()
    clock.add({"idle": sum(ended - end for end in ends)})
    clock.beside((threads - 1) * (ended - began))
    if broken:
        raise broken[0]
    failed.sort(key=lambda failure: (failure.arm, failure.seed))
    total = sum(len(task.seeds) for task in listed)
    if len(failed) == total and all(isinstance(failure.reason, CannotDraw) for failure in failed):
        raise failed[0].reason
    return failed
