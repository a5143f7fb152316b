"""Worker processes, one a core: each is handed the next job when it is free, and ends with this process.

The standard library's executors do not let one choose the worker of a job, and a program that a worker has compiled is
of use to that worker only. So each worker has a pipe of its own: jobs go in, what it tells and what became of the job
come out, and either side hears of the other's death.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from mirage.clock import Clock

Action = Callable[..., Any]  # called with the job's arguments, then `tell` and a clock


@dataclass(frozen=True)
class Job:
    """Something for a worker to do.

    `after` names the jobs that must have ended before; jobs of one `family` use the same compiled programs, those
    without one come when no other can be begun; `cost` is the seconds of a core it should take.
    """

    name: str
    action: Action
    arguments: tuple[Any, ...]
    cost: float
    family: str = ""
    after: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Broken:
    """What became of a job that ended with an error nobody expected: the error in a line, and all of it."""

    line: str
    trace: str


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    began: float
    families: set[str] = field(default_factory=set)
    job: Job | None = None
    busy: float = 0.0


Told = Callable[[Job, Any], None]
Ended = Callable[[Job, Any, float], Iterable[Job]]


def run(jobs: Sequence[Job], cores: int, told: Told, ended: Ended, clock: Clock) -> None:
    """Have workers do these jobs, and those that `ended` adds.

    Parameters
    ----------
    told
        Gets what a job tells while it runs.
    ended
        Gets a job, what its action returned (or `Broken`) and the seconds it took; returns further jobs.
    clock
        Is told of all the workers' time, idle time included.

    Raises
    ------
    BrokenExecutor
        If a worker was killed.
    OSError
        If an action raised one: a disk that is full for one job is full for all.
    """
    waiting, gone = list(jobs), set[str]()
    with _crew(min(cores, len(waiting)), clock) as crew:
        by_pipe = {worker.pipe: worker for worker in crew}
        while waiting or any(worker.job for worker in crew):
            for worker in crew:
                if worker.job is None and (job := _next(worker, crew, waiting, gone)) is not None:
                    waiting.remove(job)
                    _hand(worker, job)
            for pipe in wait(list(by_pipe)):
                worker = by_pipe[pipe]  # type: ignore[index]
                what, content, spent, seconds = _heard(worker)
                clock.add(spent)
                if what == "ready":
                    worker.busy += seconds
                    continue
                assert worker.job is not None
                if what == "told":
                    told(worker.job, content)
                    continue
                if isinstance(content, OSError):
                    raise content
                job, worker.job = worker.job, None
                worker.busy += seconds
                clock.add({"other": seconds - sum(spent.values())})
                gone.add(job.name)
                waiting += ended(job, content, seconds)


def _next(worker: _Worker, crew: Sequence[_Worker], waiting: Sequence[Job], gone: set[str]) -> Job | None:
    """The job that a worker does next: of a family it knows, then of one that no other knows; the longest first."""
    ready = [job for job in waiting if job.after <= gone]
    left: dict[str, float] = {}
    for job in ready:
        left[job.family] = left.get(job.family, 0.0) + job.cost
    known = {family for one in crew for family in one.families}

    def rank(job: Job) -> tuple[bool, bool, bool, float, float]:
        own = job.family in worker.families
        return bool(job.family), own, job.family not in known, left[job.family], job.cost

    return max(ready, key=rank, default=None)


def _hand(worker: _Worker, job: Job) -> None:
    worker.job = job
    worker.families |= {job.family} - {""}
    with contextlib.suppress(OSError):  # a broken pipe is heard as the end of the worker
        worker.pipe.send((job.action, job.arguments))


def _heard(worker: _Worker) -> tuple[str, Any, dict[str, float], float]:
    try:
        heard: tuple[str, Any, dict[str, float], float] = worker.pipe.recv()
    except (EOFError, OSError):
        raise BrokenExecutor(f"worker {worker.process.pid} is gone") from None
    return heard


@contextlib.contextmanager
def _crew(size: int, clock: Clock) -> Iterator[list[_Worker]]:
    """Workers; at the end none is left, whatever they were at: what they had written is whole."""
    context = multiprocessing.get_context("spawn")  # a copy of this process would have half of its threads
    crew = []
    try:
        for _ in range(size):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(there, time.time()), daemon=True)
            crew.append(_Worker(process, here, time.perf_counter()))
            with _uninterrupted():
                process.start()
            there.close()
        yield crew
        for worker in crew:
            clock.add({"idle": time.perf_counter() - worker.began - worker.busy})
    finally:
        for worker in crew:
            if worker.process.pid is not None:
                worker.process.kill()
        for worker in crew:
            if worker.process.pid is not None:
                worker.process.join()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Within it interrupts are ignored; by what is started, for good: the parent hears them, and ends its workers."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(pipe: Connection, began: float) -> None:
    """What a worker does: one job after another, until its pipe or its parent ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    clock, lock = Clock(), threading.Lock()
    clock.add({"start": max(0.0, time.time() - began)})
    with clock.phase("import"):
        from mirage.cli.everything import actions

        assert actions.__name__

    def say(what: str, content: Any, spent: dict[str, float], seconds: float) -> None:
        with lock:  # an action tells from several threads
            pipe.send((what, content, spent, seconds))

    say("ready", None, clock.spent(), sum(clock.spent().values()))
    while True:
        try:
            action, arguments = pipe.recv()
        except EOFError:
            return
        clock, since = Clock(), time.perf_counter()
        try:
            content = action(*arguments, lambda told: say("told", told, {}, 0), clock)
        except OSError as error:
            content = error
        except Exception as error:  # noqa: BLE001  # one job that fails does not stop the others
            content = Broken(" ".join(f"{type(error).__name__}: {error}".split()), traceback.format_exc())
        say("ended", content, clock.spent(), time.perf_counter() - since)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
