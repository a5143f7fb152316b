"""Trains one replica with plain ``model.fit``: slow, and the yardstick that stacked training is held against."""

import copy
import dataclasses
from collections.abc import Callable, Collection, Sequence
from typing import Any

import keras
import numpy as np

from mirage.clock import Clock
from mirage.models.variables import Variables
from mirage.training.batches import Rows
from mirage.training.program import Program
from mirage.training.stacked import Array, Fitted, finite
from mirage.training.stopping import Stopping
from mirage.training.watched import PREFIX, WatchedSets, of_set


class OrderedRows(keras.utils.PyDataset):
    """Batches of one replica's rows, every epoch in its own order [epoch, row].

    Without an end: Keras then numbers the batches through all epochs, so that the batch alone tells the epoch. (Keras
    fetches ahead, so a data set that counts epochs by itself hands out rows of the wrong one.)
    """

    def __init__(self, rows: Rows, batch_size: int, orders: Array) -> None:
        super().__init__()
        self.rows, self.batch_size, self.orders = rows, batch_size, orders
        self.batches_per_epoch = -(-len(rows.x) // batch_size)

    @property
    def num_batches(self) -> None:
        """No end: see above."""
        return None

    def __getitem__(self, batch: int) -> tuple[Array, ...]:
        epoch, batch = divmod(batch, self.batches_per_epoch)
        order = self.orders[min(epoch, len(self.orders) - 1)]
        index = order[batch * self.batch_size : (batch + 1) * self.batch_size]
        return tuple(a[index] for a in self.rows if a is not None)


class SetScores(keras.callbacks.Callback):
    """Scores every one of so many sets of rows after each epoch, by ``model.evaluate``."""

    def __init__(self, rows: Rows, sets: int) -> None:
        super().__init__()
        self.sets = [tuple(of_set(a, number, sets) for a in rows if a is not None) for number in range(sets)]
        self.found: dict[str, list[list[float]]] = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Evaluate each set as the only validation data."""
        size = len(self.sets[0][0])
        each = [self.model.evaluate(*one, batch_size=size, verbose=0, return_dict=True) for one in self.sets]
        for name in each[0]:
            self.found.setdefault(f"{PREFIX}{name}", []).append([scores[name] for scores in each])


def fit(
    model: keras.Model,
    initial: Variables,
    rows: Rows,
    *,
    loss: keras.Loss,
    optimizer: keras.Optimizer,
    metrics: Sequence[keras.Metric] = (),
    batch_size: int = 32,
    stopping: Stopping | None = None,
    epochs: int,
    order: Array,
    validation: Rows | None = None,
    validation_epochs: Collection[int] | None = None,
    watched_sets: int = 0,
    progress: Callable[[int], None] = lambda epochs_done: None,
    jit_compile: bool | str = "auto",
) -> Fitted:
    """Train one replica through ``model.fit``; arguments and result as in `stacked.fit`, without the replica axis.

    `order` is int [epoch, row]; `watched_sets` as in the settings of a training. The loss, optimizer and metrics are
    copied, so one set serves many calls.
    `jit_compile` as in ``model.compile``; the compiled program is what stacked training equals.
    """
    initial.assign_to(model)
    model.compile(
        loss=loss,
        optimizer=optimizer.from_config(optimizer.get_config()),
        metrics=[copy.deepcopy(m) for m in metrics],
        jit_compile=jit_compile,
    )
    callbacks: list[Any] = [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: progress(epoch + 1))]
    stopper = None
    if stopping is not None:
        stopper = keras.callbacks.EarlyStopping(
            monitor=stopping.monitor,
            mode=stopping.mode,
            patience=stopping.patience,
            min_delta=stopping.min_delta,
            restore_best_weights=stopping.restore_best_weights,
        )
        callbacks.append(stopper)
    scores = None
    if watched_sets and validation is not None:
        scores = SetScores(validation, watched_sets)
        callbacks.append(scores)
    batches = OrderedRows(rows, batch_size, order)
    ran = model.fit(
        batches,
        steps_per_epoch=batches.batches_per_epoch,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
        validation_data=None if validation is None else tuple(a for a in validation if a is not None),
        validation_batch_size=batch_size,
        validation_freq=1 if validation_epochs is None else list(validation_epochs),
    ).history
    ran |= {} if scores is None else scores.found
    history = {name: np.array(values, np.float32) for name, values in ran.items()}
    if validation_epochs is not None:
        run = len(history["loss"])
        history["val_epochs"] = np.array([epoch for epoch in validation_epochs if epoch <= run], np.int32)
    variables = Variables.of(model)
    best = None if stopper is None else stopper.best_epoch
    return Fitted(variables, history, len(history["loss"]), best, not finite(variables, history))


def fit_one_by_one(
    program: Program,
    initial: Sequence[Variables],
    rows: Rows,
    *,
    epochs: int,
    orders: Callable[[int], Array],
    validation: Rows | None,
    validation_epochs: Collection[int] | None,
    learning_rate: float,
    patience: int | None,
    progress: Callable[[int], None],
    clock: Clock | None = None,
) -> list[Fitted]:
    """What `stacked.fit` gives, by plain ``model.fit``: the same start, rows and order of batches, slowly."""
    order = orders(epochs)
    optimizer = program.optimizer.from_config(program.optimizer.get_config() | {"learning_rate": learning_rate})
    stopping = program.stopping
    if stopping is not None and patience is not None:
        stopping = dataclasses.replace(stopping, patience=patience)
    fitted: list[Fitted] = []
    with (clock or Clock()).phase("train"):
        for r, start in enumerate(initial):

            def advance(epochs_done: int, before: int = r * epochs) -> None:
                progress((before + epochs_done) // len(initial))

            fitted.append(
                fit(
                    program.model,
                    start,
                    Rows(*(None if a is None else a[r] for a in rows)),
                    loss=program.loss,
                    optimizer=optimizer,
                    metrics=program.metrics,
                    batch_size=program.batch_size,
                    stopping=stopping,
                    epochs=epochs,
                    order=order[r],
                    validation=None if validation is None else Rows(validation.x[r], validation.y[r]),
                    validation_epochs=validation_epochs,
                    watched_sets=program.sets if isinstance(program, WatchedSets) else 0,
                    progress=advance,
                )
            )
    return fitted
