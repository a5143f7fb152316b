"""A plan and its seeds to replicates: the one place where data, models, training and metrics meet.

Replicates are trained in stacks of one fixed width, a stack per processor core at a time. TensorFlow is imported only
when something is trained.
"""

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from mirage import clock, config, data, metrics, references
from mirage.data import Array, Split
from mirage.streams import Streams

if TYPE_CHECKING:
    from mirage import stacked

# One width for every stack ever trained: a replica's last digits depend on it. Eight small networks with their
# optimizer state fit a core's second-level cache; wider stacks measure no faster per replica, and waste more when a
# single seed is asked for.
WIDTH = 8

Row = tuple[str, str, str, float]  # arm, split, metric, value


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


class Stopped(Exception):
    """Raised inside a training that has been told to end."""


# -- numbers from predictions --------------------------------------------------------------------------------


def measure(plan: config.Plan, arm: str, predictions: dict[str, Array], model: dict[str, float]) -> list[Row]:
    """All rows of a replicate: the arm's own, those of the references on the same data, and those of no split.

    `predictions` holds `<split>_x`, `<split>_y`, `<split>_predicted`; `model` the numbers that have no split.
    References appear as arms of their own, named `<arm>:<reference>`. Everything but `diverged` is undefined (NaN)
    for a replicate that diverged.
    """
    splits = {
        name.removesuffix("_y"): Split(predictions[name.removesuffix("y") + "x"], y)
        for name, y in predictions.items()
        if name.endswith("_y")
    }
    rows: list[Row] = []
    for split, (_, y) in splits.items():
        predicted = predictions[f"{split}_predicted"]
        if model["diverged"]:
            predicted = np.full_like(predicted, np.nan)
        rows += [(arm, split, name, value) for name, value in metrics.measure(plan.metrics, y, predicted).items()]
    rows += [(arm, "model", name, value) for name, value in model.items()]
    for reference in plan.references:
        ideal = references.REFERENCES[reference](plan.arms[arm].data, splits)
        for split, (_, y) in splits.items():
            values = metrics.measure(plan.metrics, y, ideal[split])
            rows += [(f"{arm}:{reference}", split, name, value) for name, value in values.items()]
    return rows


# -- training ------------------------------------------------------------------------------------------------


def _orders(all_streams: Sequence[Streams], rows: int) -> Callable[[int], Array]:
    """The row order of the next k epochs, [replica, k, row]: every replica shuffles from its own stream."""
    draws = [streams.generator("shuffle") for streams in all_streams]
    return lambda epochs: np.stack([d.permuted(np.tile(np.arange(rows), (epochs, 1)), axis=1) for d in draws])


class Lane:
    """Trains stacks one after another on one thread, and keeps the programs it has compiled."""

    def __init__(self) -> None:
        self._stacks: dict[str, stacked.Stack] = {}

    def has(self, settings: config.Arm) -> bool:
        """Whether an arm of these settings needs no compilation here."""
        return self._key(settings) in self._stacks

    @staticmethod
    def _key(settings: config.Arm) -> str:
        return json.dumps(asdict(settings.model) | asdict(settings.training), sort_keys=True)

    def train(self, plan: config.Plan, task: Task, progress: Callable[[Task, int], None]) -> Iterator[Replicate]:
        """Train one task and yield its replicates. `progress` gets the task and its epochs done."""
        from mirage import models, stacked

        began = time.perf_counter()
        settings = plan.arms[task.arm]
        training = settings.training
        all_streams = [Streams(seed, plan.vary) for seed in task.seeds]
        drawn = [data.draw(settings.data, streams) for streams in all_streams]
        features = drawn[0]["train"].x.shape[1]
        key = self._key(settings)
        if key not in self._stacks:
            with clock.phase("compile"):
                self._stacks[key] = stacked.Stack(
                    models.build(settings.model, features),
                    loss=models.loss(training),
                    optimizer=models.optimizer(training),
                    width=WIDTH,
                    batch_size=training.batch_size,
                )
        stack = self._stacks[key]
        with clock.phase("initialise"):
            initial = [models.initial(stack.model, streams) for streams in all_streams]
        rows = stacked.Rows(*(np.stack(a).astype(np.float32) for a in zip(*(d["train"] for d in drawn), strict=True)))
        orders = _orders(all_streams, rows.x.shape[1])
        if training.engine == "fit":
            fitted = _fit_one_by_one(stack, initial, rows, orders, training, lambda done: progress(task, done))
        else:
            fitted = stack.fit(
                initial, rows, epochs=training.epochs, orders=orders, progress=lambda done: progress(task, done)
            )
        predicted = {
            split: stack.predict(
                [f.variables for f in fitted], np.stack([d[split].x for d in drawn]).astype(np.float32)
            )
            for split in drawn[0]
        }
        seconds = time.perf_counter() - began
        for r, seed in enumerate(task.seeds):
            predictions: dict[str, Array] = {}
            for split, (x, y) in drawn[r].items():
                predictions |= {f"{split}_x": x, f"{split}_y": y, f"{split}_predicted": predicted[split][r, :, 0]}
            model = {"epochs_run": float(fitted[r].epochs_run), "diverged": float(fitted[r].diverged)}
            measured = measure(plan, task.arm, predictions, model)
            yield Replicate(task.arm, seed, measured, fitted[r].history, predictions, seconds)


def _fit_one_by_one(
    stack: "stacked.Stack",
    initial: Sequence["stacked.Variables"],
    rows: "stacked.Rows",
    orders: Callable[[int], Array],
    training: config.Training,
    progress: Callable[[int], None],
) -> list["stacked.Fitted"]:
    """What `stack.fit` does, by plain ``model.fit``: the same start, rows and order of batches, slowly."""
    from mirage import keras_fit

    order = orders(training.epochs)
    fitted = []
    for r, start in enumerate(initial):
        done_before = r * training.epochs

        def advance(epochs_done: int, before: int = done_before) -> None:
            progress((before + epochs_done) // len(initial))

        fitted.append(
            keras_fit.fit(
                stack.model,
                start,
                type(rows)(rows.x[r], rows.y[r]),
                loss=stack.loss,
                optimizer=stack.optimizer,
                batch_size=stack.batch_size,
                epochs=training.epochs,
                order=order[r],
                progress=advance,
            )
        )
    return fitted


_LANES: list[Lane] = []  # kept for the life of the process: a sweep's next job finds its programs compiled


def lanes() -> list[Lane]:
    """One lane per processor core this process may use."""
    wanted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    _LANES.extend(Lane() for _ in range(wanted - len(_LANES)))
    return _LANES[:wanted]


def tasks(missing: dict[str, Sequence[int]]) -> list[Task]:
    """Cut the missing seeds of every arm into stacks."""
    return [
        Task(arm, tuple(seeds[i : i + WIDTH])) for arm, seeds in missing.items() for i in range(0, len(seeds), WIDTH)
    ]


def start_tensorflow() -> None:
    """Import TensorFlow without its start-up messages, which it writes past Python to the terminal.

    Does nothing the second time.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
) -> None:
    """Train the missing seeds of every arm; hand each finished replicate to `keep`.

    `keep` and `progress` are called from several threads. An exception in any of them, or an interrupt, ends all
    training at its next chunk and is raised here; what was kept stays kept.
    """
    waiting = tasks(missing)
    if not waiting:
        return
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
        progress(task, epochs_done)

    def work(lane: Lane) -> None:
        with contextlib.suppress(Stopped):
            while (task := next_task(lane)) is not None:
                for replicate in lane.train(plan, task, advance):
                    keep(replicate)

    workers = lanes()[: len(waiting)]
    with ThreadPoolExecutor(len(workers)) as pool:
        try:
            for done in as_completed([pool.submit(work, lane) for lane in workers]):
                done.result()
        except BaseException:
            stop.set()
            raise
