"""Trains many replicas of one Keras model as a single compiled program.

On tiny data ``model.fit`` is all overhead. Here the variables of all replicas are stacked on a leading axis, one
vectorised gradient step moves all of them, and the loop over steps and epochs is compiled with XLA. The model's own
layers, the Keras loss, metrics and optimizer do the work; the semantics are those of ``model.fit``.

What makes a replica's numbers the same bytes whoever its neighbours are: every stack has one fixed width (short ones
are padded), so every replica goes through the very same machine code. Numbers do change in the seventh digit with the
width, and between compiled and uncompiled.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from mirage.clock import Clock
from mirage.models.variables import Variables
from mirage.training.batches import Rows
from mirage.training.program import Program
from mirage.training.stopping import Carry

Array = np.ndarray[Any, np.dtype[Any]]

ROWS_PER_BLOCK = 256  # predicted at a time: one shape, so one program, whatever the number of rows
STEPS_PER_CHUNK = 1000  # a fraction of a second: progress shows, an interrupt is heard, orders stay small


@dataclass(frozen=True)
class Fitted:
    """What training one replica gave.

    `history` maps a name to its value per epoch run (shape [epochs_run]); where not every epoch was validated,
    validation's have one value per epoch in ``val_epochs`` (counted from 1). `best_epoch` is the 0-based epoch whose
    weights were best by the stopping rule, None without one; `diverged` is True when a loss or weight is not finite.
    """

    variables: Variables
    history: dict[str, Array]
    epochs_run: int
    best_epoch: int | None
    diverged: bool


def finite(variables: Variables, history: dict[str, Array]) -> bool:
    """Whether all trained weights and the whole loss history are finite numbers."""
    return bool(np.isfinite(history["loss"]).all() and all(np.isfinite(v).all() for v in variables.trainable))


def _pad(replicas: Sequence[Any], width: int) -> Array:
    """Stack arrays of replicas on a new first axis, the first one repeated up to the width."""
    return np.stack([*replicas, *[replicas[0]] * (width - len(replicas))])


def _pad_each(variables: Sequence[Sequence[Array]], width: int) -> list[tf.Tensor]:
    """Stack the variables [replica][variable] of replicas."""
    return [tf.constant(_pad(values, width)) for values in zip(*variables, strict=True)]


def _pad_rows(rows: Rows, width: int) -> Rows:
    weight = np.ones(rows.y.shape[:2], np.float32) if rows.weight is None else rows.weight
    return Rows(*(tf.constant(_pad(list(a), width)) for a in (rows.x, rows.y, weight)))


def fit(
    program: Program,
    initial: Sequence[Variables],
    rows: Rows,
    *,
    epochs: int,
    orders: Callable[[int], Array],
    validation: Rows | None = None,
    validation_epochs: Collection[int] | None = None,
    learning_rate: float | None = None,
    patience: int | None = None,
    progress: Callable[[int], None] = lambda epochs_done: None,
    steps_per_chunk: int = STEPS_PER_CHUNK,
    clock: Clock | None = None,
) -> list[Fitted]:
    """Train a stack of at most `width` replicas; return what each gave, in the order given.

    Parameters
    ----------
    initial
        The variables each replica starts from.
    rows, validation
        Training and validation data of the replicas, first axis as in `initial`.
    orders
        orders(k) gives the row order of the next k epochs, int [replica, k, row]. Called chunk after chunk.
    validation_epochs
        The epochs, counted from 1, after which there is validation; None: all.
    learning_rate, patience
        In place of the optimizer's and the stopping rule's own.
    progress
        Called with the number of epochs done after each chunk. What it raises ends the training.
    steps_per_chunk
        Optimizer steps between two calls of `progress`. Changes no number.
    clock
        Told how long compiling and training took.
    """
    clock = clock or Clock()
    replicas = len(initial)
    if not 1 <= replicas <= program.width:
        raise ValueError(f"replicas: got {replicas}, expected 1 to {program.width}")
    if program.stopping is not None and program.stopping.monitor.startswith("val_") and validation is None:
        raise ValueError(f"stopping.monitor: got {program.stopping.monitor} without validation data")
    if (validation_epochs is not None) > program.sparse:
        raise ValueError(f"validation_epochs: got {validation_epochs}, expected None, as the program is not sparse")
    carry = program.start(
        _pad_each([v.trainable for v in initial], program.width),
        _pad_each([v.state for v in initial], program.width),
        learning_rate,
    )
    if patience is None:
        patience = 0 if program.stopping is None else program.stopping.patience
    wanted = np.ones(epochs, bool)
    if validation_epochs is not None:
        wanted = np.isin(np.arange(1, epochs + 1), list(validation_epochs))

    n = rows.x.shape[1]
    chunk = max(1, steps_per_chunk // -(-n // program.batch_size))  # whatever `epochs` is: one program for all
    padded = _pad_rows(rows, program.width)
    padded_validation = None if validation is None else _pad_rows(validation, program.width)
    order, validated = np.zeros((program.width, chunk, n), np.int32), np.zeros(chunk, bool)

    def train(done: int, now: int, carry: Carry) -> Any:
        return program.train(padded, padded_validation, validated, order, done, now, patience, carry, clock)

    train(0, 0, carry)  # no epochs: compiles if these shapes are new, else costs nothing
    pieces: list[dict[str, Array]] = []
    done = 0
    with clock.phase("train"):
        while done < epochs and np.any(carry.active):
            now = min(chunk, epochs - done)
            order[:, :now], validated[:now] = _pad(list(orders(now)), program.width), wanted[done : done + now]
            ran, carry, history = train(done, now, carry)
            pieces.append({name: values[:ran].numpy() for name, values in history.items()})
            done += int(ran)
            progress(done)
    history = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    return _unstack(program, replicas, carry, history, None if validation_epochs is None else wanted)


def _unstack(
    program: Program, replicas: int, carry: Carry, history: dict[str, Array], validated: Array | None
) -> list[Fitted]:
    trainable, state = ([v.numpy() for v in part] for part in (carry.weights, carry.state))
    epochs_run = np.full(program.width, len(history["loss"]))
    if program.stopping is not None:
        epochs_run = carry.watched["epochs_run"].numpy()
        if program.stopping.restore_best_weights:
            kept = [k.numpy() for k in carry.watched["kept"]]
            trainable, state = kept[: len(trainable)], kept[len(trainable) :]
    results = []
    for r in range(replicas):
        variables = Variables([w[r] for w in trainable], [s[r] for s in state])
        own = {name: values[: epochs_run[r], r] for name, values in history.items()}
        if validated is not None:
            own = at_epochs(own, np.flatnonzero(validated[: epochs_run[r]]))
        best = None if program.stopping is None else int(carry.watched["best_epoch"][r])
        results.append(Fitted(variables, own, int(epochs_run[r]), best, not finite(variables, own)))
    return results


def predict(program: Program, replicas: Sequence[Variables], x: Array, clock: Clock | None = None) -> Array:
    """Predictions of at most `width` replicas for x [replica, row, ...]: shape [replica, row, output]."""
    clock = clock or Clock()
    trainable = _pad_each([v.trainable for v in replicas], program.width)
    state = _pad_each([v.state for v in replicas], program.width)
    rows = x.shape[1]
    padded = np.pad(_pad(list(x), program.width), [(0, 0), (0, -rows % ROWS_PER_BLOCK), *[(0, 0)] * (x.ndim - 2)])
    with clock.phase("predict"):
        blocks = [
            program.predict(trainable, state, tf.constant(padded[:, first : first + ROWS_PER_BLOCK]))
            for first in range(0, rows, ROWS_PER_BLOCK)
        ]
    return np.concatenate(blocks, axis=1)[: len(replicas), :rows]


def at_epochs(history: dict[str, Array], epochs: Array) -> dict[str, Array]:
    """A history whose validation has values at some epochs only (0-based), and says which."""
    found = {name: values[epochs] if name.startswith("val_") else values for name, values in history.items()}
    return found | {"val_epochs": (epochs + 1).astype(np.int32)}
