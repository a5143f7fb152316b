"""One stack of networks: from rows and streams to trained models."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mirage.clock import Clock
from mirage.config.plan import Arm
from mirage.data.split import Array, Splits
from mirage.data.streams import Streams
from mirage.models.variables import initial
from mirage.training import stacked
from mirage.training.batches import Rows
from mirage.training.program import Program
from mirage.training.replicate import WIDTH, Trained
from mirage.training.stacked import Fitted
from mirage.training.stopping import Stopping

if TYPE_CHECKING:
    import keras


def program(arm: Arm, model: "keras.Model") -> Program:
    """A new program for an arm and its like: those with the same settings that are compiled, and shape of a row."""
    training = arm.training
    assert training is not None
    rule = training.stopping
    kind: Callable[..., Program] = Program
    if training.watched_sets:
        from mirage.training.watched import WatchedSets

        kind = partial(WatchedSets, sets=training.watched_sets)
    return kind(
        model,
        loss=training.keras_loss(),
        optimizer=training.optimizer.optimizer(),
        width=WIDTH,
        batch_size=training.batch_size,
        metrics=training.keras_metrics(),
        stopping=None
        if rule is None
        else Stopping(rule.patience, rule.monitor, restore_best_weights=rule.restore_best_weights),
        sparse=bool(training.validation_freq),
    )


def orders(all_streams: Sequence[Streams], rows: int) -> Callable[[int], Array]:
    """The row order of the next k epochs, [replica, k, row]: every replica shuffles from its own stream."""
    draws = [streams.generator("shuffle") for streams in all_streams]
    return lambda epochs: np.stack([d.permuted(np.tile(np.arange(rows), (epochs, 1)), axis=1) for d in draws])


def train(
    arm: Arm,
    model: "keras.Model",
    all_streams: Sequence[Streams],
    drawn: Sequence[Splits],
    compiled: Program,
    fit: Callable[..., list[Fitted]],
    progress: Callable[[int], None],
    clock: Clock,
) -> list[Trained]:
    """Train one stack.

    Parameters
    ----------
    model
        The arm's network; what it holds means nothing.
    all_streams, drawn
        The streams and the rows of every model, at most `WIDTH`.
    compiled
        The program.
    fit
        What trains: `mirage.training.stacked.fit`, or `mirage.training.fit.fit_one_by_one` for plain ``model.fit``.
    progress
        Called with the number of epochs done.
    """
    training = arm.training
    assert training is not None
    with clock.phase("initialise"):
        start = [initial(model, streams) for streams in all_streams]

    def rows_of(split: str) -> Rows:
        x, y = ([getattr(splits[split], part) for splits in drawn] for part in ("x", "y"))
        return Rows(np.stack(x).astype(np.float32), np.stack(y).astype(np.float32))

    rows = rows_of("train")
    if training.class_weight == "balanced":
        from sklearn.utils.class_weight import compute_sample_weight

        weights = [compute_sample_weight("balanced", splits["train"].y) for splits in drawn]
        rows = rows._replace(weight=np.stack(weights).astype(np.float32))
    validated = training.validate_on != "none"
    if training.watched_sets:
        from mirage.training import watched

        watched.check(training.watched_sets, len(drawn[0][training.validate_on].y))
    fitted = fit(
        compiled,
        start,
        rows,
        epochs=training.epochs,
        orders=orders(all_streams, rows.x.shape[1]),
        validation=rows_of(training.validate_on) if validated else None,
        validation_epochs=training.validation_freq if validated and training.validation_freq else None,
        learning_rate=training.optimizer.learning_rate,
        patience=None if training.stopping is None else training.stopping.patience,
        progress=progress,
        clock=clock,
    )
    sizes = [len(split.y) for split in drawn[0].values()]
    everything = np.concatenate([rows_of(split).x for split in drawn[0]], axis=1)
    predicted = stacked.predict(compiled, [one.variables for one in fitted], everything, clock)[..., 0]
    by_split = np.split(predicted, np.cumsum(sizes)[:-1], axis=1)
    return [
        Trained(
            dict(zip(drawn[0], (values[i] for values in by_split), strict=True)),
            {"epochs_run": float(one.epochs_run), "diverged": float(one.diverged)}
            | arm.model.numbers(model, one.variables)
            | best_epoch(None if training.stopping is None else training.stopping.monitor, one),
            one.history,
        )
        for i, one in enumerate(fitted)
    ]


def best_epoch(monitor: str | None, fitted: Fitted) -> dict[str, float]:
    """The epoch, counted from 1, that early stopping found best, and the monitored value there; nothing without it."""
    if monitor is None:
        return {}
    best = fitted.best_epoch or 0
    return {"best_epoch": float(best) + 1, "best_monitored": float(fitted.history[monitor][best])}
