"""A plan and its seeds to replicates: the one place where data, models, training and metrics meet.

Replicates are trained in stacks of one fixed width, a stack per processor core at a time. TensorFlow is imported only
when something is trained.
"""

import contextlib
import json
import multiprocessing
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from mirage import clock, config, data
from mirage.data import Array
from mirage.measure import Row, measure
from mirage.streams import Streams

if TYPE_CHECKING:
    from mirage import stacked

# One width for every stack ever trained: a replica's last digits depend on it. Eight small networks with their
# optimizer state fit a core's second-level cache; wider stacks measure no faster per replica, and waste more when a
# single seed is asked for.
WIDTH = 8


# Programs are compiled for these instructions whatever the processor has, so that x86-64 machines of the last ten years
# give the same bytes. Costs nothing: XLA keeps to vectors of 256 bits anyway.
INSTRUCTIONS = "--xla_cpu_max_isa=AVX2"


@dataclass(frozen=True)
class Task:
    """One stack to train: seeds of one arm, at most `WIDTH`."""

    arm: str
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Replicate:
    """What one (arm, seed) gave; `seconds` is the wall time of the stack it was trained in."""

    arm: str
    seed: int
    rows: list[Row]
    history: dict[str, Array]
    predictions: dict[str, Array]
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A replicate that could not be made, and why."""

    arm: str
    seed: int
    reason: Exception


class Stopped(Exception):
    """Raised inside a training that has been told to end."""


def _orders(all_streams: Sequence[Streams], rows: int) -> Callable[[int], Array]:
    """The row order of the next k epochs, [replica, k, row]: every replica shuffles from its own stream."""
    draws = [streams.generator("shuffle") for streams in all_streams]
    return lambda epochs: np.stack([d.permuted(np.tile(np.arange(rows), (epochs, 1)), axis=1) for d in draws])


class Lane:
    """Makes replicates, one stack after another on one thread, and keeps the programs it has compiled."""

    def __init__(self) -> None:
        self._stacks: dict[str, stacked.Stack] = {}

    def has(self, settings: config.Arm) -> bool:
        """Whether an arm of these settings needs no compilation here."""
        return self._key(settings) in self._stacks

    @staticmethod
    def _key(settings: config.Arm) -> str:
        # What a program is not compiled for: these reach it as numbers.
        free = dict.fromkeys(("epochs", "class_weight", "members", "members_vary"))
        shape = {"features": settings.data.n_features}
        return json.dumps(asdict(settings.model) | asdict(settings.training) | free | shape, sort_keys=True)

    def make(self, plan: config.Plan, task: Task, progress: Callable[[Task, int], None]) -> Iterator[Replicate]:
        """Make one task's replicates. `progress` gets the task and its epochs done."""
        settings = plan.arms[task.arm]
        began = time.perf_counter()
        members = settings.model.members or 1
        varied = settings.model.members_vary or ()
        everyone = [Streams(seed, plan.vary, member, varied) for seed in task.seeds for member in range(members)]
        drawn = [data.draw(settings.data, streams) for streams in everyone]
        for i, splits in enumerate(drawn):  # the members of a replicate are tested on the same rows
            splits |= {name: split for name, split in drawn[i - i % members].items() if name != "train"}
        told, whole = 0, settings.training.epochs or 1

        def tell(epochs_done: int) -> None:
            nonlocal told
            told = epochs_done
            progress(task, told)

        if settings.model.kind in config.TRAINED_BY_KERAS:
            scores, model, history = self._train(settings, everyone, drawn, tell)
        else:
            with clock.phase("scikit-learn"):
                scores, model, history = _fit_classical(settings, drawn)
        if told < whole:  # where training stopped early, or has no epochs
            tell(whole)
        seconds = time.perf_counter() - began
        for r, seed in enumerate(task.seeds):
            own = range(r * members, (r + 1) * members)
            predictions: dict[str, Array] = {}
            for split in drawn[own[0]]:
                parts = {
                    "x": [drawn[i][split].x for i in own],
                    "y": [drawn[i][split].y for i in own],
                    "predicted": [scores[i][split] for i in own],
                }
                predictions |= {f"{split}_{k}": np.stack(v) if members > 1 else v[0] for k, v in parts.items()}
            numbers = {name: max(model[i][name] for i in own) for name in model[own[0]]}
            averaged = {name: np.mean([history[i][name] for i in own], axis=0) for name in history[own[0]]}
            rows = measure(plan, task.arm, predictions, numbers)
            yield Replicate(task.arm, seed, rows, averaged, predictions, seconds)

    def _train(
        self,
        settings: config.Arm,
        everyone: Sequence[Streams],
        drawn: Sequence[dict[str, data.Split]],
        progress: Callable[[int], None],
    ) -> tuple[list[dict[str, Array]], list[dict[str, float]], list[dict[str, Array]]]:
        """Train a stack of networks; scores by split, numbers without a split, and history, of each."""
        from mirage import models, stacked

        training = settings.training
        key = self._key(settings)
        if key not in self._stacks:
            with clock.phase("compile"):
                self._stacks[key] = stacked.Stack(
                    models.build(settings.model, drawn[0]["train"].x.shape[1]),
                    loss=models.loss(training),
                    optimizer=models.optimizer(training),
                    width=WIDTH,
                    batch_size=training.batch_size,
                    metrics=models.watched(training),
                    stopping=models.stopping(training),
                )
        stack = self._stacks[key]
        with clock.phase("initialise"):
            initial = [models.initial(stack.model, streams) for streams in everyone]

        def rows_of(split: str) -> stacked.Rows:
            return stacked.Rows(*(np.stack(a).astype(np.float32) for a in zip(*(d[split] for d in drawn), strict=True)))

        rows = rows_of("train")
        if training.class_weight == "balanced":
            weights = [compute_sample_weight("balanced", splits["train"].y) for splits in drawn]
            rows = rows._replace(weight=np.stack(weights).astype(np.float32))
        fit = _fit_one_by_one if training.engine == "fit" else stacked.Stack.fit
        fitted = fit(
            stack,
            initial,
            rows,
            epochs=training.epochs,
            orders=_orders(everyone, rows.x.shape[1]),
            validation=None if training.validate_on == "none" else rows_of(training.validate_on),
            progress=progress,
        )
        sizes = [len(split.y) for split in drawn[0].values()]
        everything = np.concatenate([rows_of(split).x for split in drawn[0]], axis=1)
        predicted = np.split(
            stack.predict([f.variables for f in fitted], everything)[..., 0], np.cumsum(sizes)[:-1], axis=1
        )
        scores = [dict(zip(drawn[0], (values[i] for values in predicted), strict=True)) for i in range(len(fitted))]
        model = [{"epochs_run": float(f.epochs_run), "diverged": float(f.diverged)} for f in fitted]
        if settings.model.l2:
            penalties = [models.penalty(stack.model, f.variables) for f in fitted]
            model = [m | {"penalty": penalty} for m, penalty in zip(model, penalties, strict=True)]
        if stack.stopping is not None:
            model = [m | _best(stack.stopping.monitor, f) for m, f in zip(model, fitted, strict=True)]
        return scores, model, [f.history for f in fitted]


def _best(monitor: str, fitted: "stacked.Fitted") -> dict[str, float]:
    """The epoch, counted from 1, that early stopping found best, and the monitored value there."""
    best = fitted.best_epoch or 0
    return {"best_epoch": float(best) + 1, "best_monitored": float(fitted.history[monitor][best])}


def _fit_classical(
    settings: config.Arm, drawn: Sequence[dict[str, data.Split]]
) -> tuple[list[dict[str, Array]], list[dict[str, float]], list[dict[str, Array]]]:
    """What `Lane._train` gives, of scikit-learn's models, which have no history."""
    from mirage import classical

    fitted = [classical.fit(settings.model, splits, settings.data.n_informative) for splits in drawn]
    return [s for s, _ in fitted], [m | {"diverged": 0.0} for _, m in fitted], [{} for _ in fitted]


def _fit_one_by_one(
    stack: "stacked.Stack",
    initial: Sequence["stacked.Variables"],
    rows: "stacked.Rows",
    *,
    epochs: int,
    orders: Callable[[int], Array],
    validation: "stacked.Rows | None",
    progress: Callable[[int], None],
) -> list["stacked.Fitted"]:
    """What `stack.fit` does, by plain ``model.fit``: the same start, rows and order of batches, slowly."""
    from mirage import keras_fit, stacked

    order = orders(epochs)
    fitted: list[stacked.Fitted] = []
    for r, start in enumerate(initial):

        def advance(epochs_done: int, before: int = r * epochs) -> None:
            progress((before + epochs_done) // len(initial))

        fitted.append(
            keras_fit.fit(
                stack.model,
                start,
                stacked.Rows(*(None if a is None else a[r] for a in rows)),
                loss=stack.loss,
                optimizer=stack.optimizer,
                metrics=stack.metrics,
                batch_size=stack.batch_size,
                stopping=stack.stopping,
                epochs=epochs,
                order=order[r],
                validation=None if validation is None else validation._replace(x=validation.x[r], y=validation.y[r]),
                progress=advance,
            )
        )
    return fitted


_LANES: list[Lane] = []  # kept for the life of the process: a sweep's next job finds its programs compiled


def lanes() -> list[Lane]:
    """One lane per processor core this process may use; a single one in a worker, which has others beside it."""
    if multiprocessing.parent_process() is not None:
        wanted = 1
    else:
        wanted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    _LANES.extend(Lane() for _ in range(wanted - len(_LANES)))
    return _LANES[:wanted]


def tasks(plan: config.Plan, missing: dict[str, Sequence[int]]) -> list[Task]:
    """Cut the missing seeds of every arm into stacks."""
    cut = []
    for arm, seeds in missing.items():
        size = WIDTH // (plan.arms[arm].model.members or 1)
        cut += [Task(arm, tuple(seeds[i : i + size])) for i in range(0, len(seeds), size)]
    return cut


def needs_tensorflow(plan: config.Plan, arms: Iterable[str]) -> bool:
    """Whether any of these arms is trained by Keras."""
    return any(plan.arms[arm].model.kind in config.TRAINED_BY_KERAS for arm in arms)


def start_tensorflow() -> None:
    """Import TensorFlow without its start-up messages, which it writes past Python to the terminal.

    Does nothing the second time.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    flags = os.environ.get("XLA_FLAGS", "")
    if platform.machine() in ("x86_64", "AMD64") and "xla_cpu_max_isa" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {INSTRUCTIONS}".strip()
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with clock.phase("import"):
            from mirage import models, stacked  # noqa: F401
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)
    stacked.use_one_thread_per_operation()


def run(
    plan: config.Plan,
    missing: dict[str, Sequence[int]],
    keep: Callable[[Replicate], None],
    progress: Callable[[Task, int], None] = lambda task, epochs_done: None,
) -> list[Failure]:
    """Train the missing seeds of every arm; hand each finished replicate to `keep`.

    A replicate that cannot be made does not stop the others: a stack that fails is made again seed by seed, and the
    seeds that fail by themselves are returned.

    `keep` and `progress` are called from several threads. An exception in any of them, or an interrupt, ends all
    training at its next chunk and is raised here; what was kept stays kept.

    Raises
    ------
    CannotDraw
        If no replicate at all can be made because the settings give no usable data.
    """
    waiting = tasks(plan, missing)
    failed: list[Failure] = []
    broken: list[Exception] = []
    if not waiting:
        return failed
    if needs_tensorflow(plan, missing):
        start_tensorflow()
    lock, stop = threading.Lock(), threading.Event()

    def next_task(lane: Lane) -> Task | None:
        """Prefer what the lane has compiled, then the arm with most left, so that few programs are compiled twice."""
        with lock:
            if not waiting or stop.is_set():
                return None
            left = {task.arm: sum(t.arm == task.arm for t in waiting) for task in waiting}
            best = max(waiting, key=lambda t: (lane.has(plan.arms[t.arm]), left[t.arm]))
            waiting.remove(best)
            return best

    def advance(task: Task, epochs_done: int) -> None:
        if stop.is_set():
            raise Stopped
        try:
            progress(task, epochs_done)
        except Exception as error:  # noqa: BLE001  # the caller's, not the replicate's: raised below
            broken.append(error)
            stop.set()
            raise Stopped from error

    def made(lane: Lane, task: Task) -> list[Replicate]:
        """A task's replicates. If that fails they are tried one by one, and a single one that fails is noted."""
        try:
            return list(lane.make(plan, task, advance))
        except (Stopped, OSError):
            raise
        except Exception as error:  # noqa: BLE001  # noted, listed at the end, and told by the exit status
            with lock:
                if len(task.seeds) == 1:
                    failed.append(Failure(task.arm, task.seeds[0], error))
                else:
                    waiting.extend(Task(task.arm, (seed,)) for seed in task.seeds)
            return []

    def work(lane: Lane) -> None:
        with contextlib.suppress(Stopped):
            while (task := next_task(lane)) is not None:
                for replicate in made(lane, task):
                    keep(replicate)

    total = sum(len(task.seeds) for task in waiting)
    # Without TensorFlow most of the work is Python's own, of which one thread runs at a time: two lanes measure slower.
    workers = lanes()[: len(waiting) if needs_tensorflow(plan, missing) else 1]
    with ThreadPoolExecutor(len(workers)) as pool:
        try:
            for done in as_completed([pool.submit(work, lane) for lane in workers]):
                done.result()
        except BaseException:
            stop.set()
            raise
    if broken:
        raise broken[0]
    failed.sort(key=lambda failure: (failure.arm, failure.seed))
    if len(failed) == total and all(isinstance(failure.reason, data.CannotDraw) for failure in failed):
        raise failed[0].reason
    return failed
