"""Trains many replicas of one Keras model as a single compiled program.

On tiny data ``model.fit`` is all overhead. Here the variables of all replicas are stacked on a leading axis, one
vectorised gradient step moves all of them, and the loop over steps and epochs is compiled with XLA. The model's own
layers, the Keras loss, metrics and optimizer do the work; the semantics are those of ``model.fit``.

What makes a replica's numbers the same bytes whoever its neighbours are: every stack has one fixed width (short ones
are padded), so every replica goes through the very same machine code. Numbers do change in the seventh digit with the
width, and between compiled and uncompiled.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from mirage.clock import Clock
from mirage.models.variables import CannotStackError, Variables

Array = np.ndarray[Any, np.dtype[Any]]
Tensors = list[tf.Tensor]

# Updates of these treat every number alike, wherever it stands, so that stacking changes nothing. Lamb, Adafactor
# and Muon do not: they take norms or factors over a whole variable.
ELEMENTWISE = (
    keras.optimizers.SGD,
    keras.optimizers.RMSprop,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.Adamax,
    keras.optimizers.Nadam,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Ftrl,
    keras.optimizers.Lion,
)

ROWS_PER_BLOCK = 256  # predicted at a time: one shape, so one program, whatever the number of rows
STEPS_PER_CHUNK = 1000  # a fraction of a second: progress shows, an interrupt is heard, orders stay small


@dataclass(frozen=True)
class Stopping:
    """Keras's EarlyStopping, per replica.

    `monitor` is a key of the history (``val_loss``, ``loss``, ``val_accuracy``); `mode` says whether less (``min``)
    or more (``max``) of it is better.
    """

    patience: int
    monitor: str = "val_loss"
    mode: str = "min"
    min_delta: float = 0.0
    restore_best_weights: bool = False


class Rows(NamedTuple):
    """Data of a stack, a leading axis for the replicas: x [replica, row, ...], y [replica, row(, ...)].

    `weight` [replica, row] holds sample weights; None means that all rows count the same.
    """

    x: Any
    y: Any
    weight: Any = None


@dataclass(frozen=True)
class Fitted:
    """What training one replica gave.

    `history` maps a name to its value per epoch run (shape [epochs_run]); `best_epoch` is the 0-based epoch whose
    weights were best by the stopping rule, None without one; `diverged` is True when a loss or weight is not finite.
    """

    variables: Variables
    history: dict[str, Array]
    epochs_run: int
    best_epoch: int | None
    diverged: bool


def use_one_thread_per_operation() -> None:
    """Let each compiled program run on one core, for callers that keep the cores busy with one stack each.

    Changes no number. Too late, and without effect, once TensorFlow has run something.
    """
    tf.get_logger().setLevel("ERROR")  # no advice on how often functions are traced
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)


def finite(variables: Variables, history: dict[str, Array]) -> bool:
    """Whether all trained weights and the whole loss history are finite numbers."""
    return bool(np.isfinite(history["loss"]).all() and all(np.isfinite(v).all() for v in variables.trainable))


def _refuse(what: str, got: object, expected: str) -> None:
    raise CannotStackError(f"{what}: got {got}, expected {expected}")


def _check(model: keras.Model, optimizer: keras.Optimizer) -> None:
    if not model.built or len(model.inputs) != 1 or len(model.outputs) != 1:
        _refuse("model", f"{len(model.inputs or ())} inputs, built={model.built}", "a built model with one of each")
    if type(optimizer) not in ELEMENTWISE:
        _refuse("optimizer", type(optimizer).__name__, "one of " + ", ".join(o.__name__ for o in ELEMENTWISE))
    for name in ("clipnorm", "global_clipnorm", "use_ema", "gradient_accumulation_steps"):
        if getattr(optimizer, name, None):
            _refuse(f"optimizer.{name}", getattr(optimizer, name), "an optimizer that updates element by element")


def _where(mask: tf.Tensor, yes: tf.Tensor, no: tf.Tensor) -> tf.Tensor:
    """Choose whole replicas: mask [replica] against tensors [replica, ...]."""
    return tf.where(tf.reshape(mask, [-1] + [1] * (len(yes.shape) - 1)), yes, no)


@dataclass
class Stack:
    """A compiled training program for `width` replicas of one architecture.

    Build it once and call `fit` for as many stacks as there are. Not to be shared between threads.

    Parameters
    ----------
    model
        A built single-input, single-output Keras model; only its architecture matters.
    loss, optimizer, metrics
        Real Keras objects. The optimizer's update must be elementwise.
    width
        Replicas a stack holds. Decides the last digits of the results: use one width for everything.
    batch_size
        As in ``fit``; the last batch of an epoch may be smaller.
    stopping
        Early stopping, each replica by itself.

    Raises
    ------
    CannotStackError
        If the optimizer mixes elements of a variable (Lamb, gradient-norm clipping, ...), or the model has several
        inputs or outputs.
    """

    model: keras.Model
    loss: keras.Loss
    optimizer: keras.Optimizer
    width: int
    batch_size: int = 32
    metrics: Sequence[keras.Metric] = ()
    stopping: Stopping | None = None
    _weights: list[keras.Variable] = field(init=False, repr=False)
    _optimizer_start: list[Array] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check(self.model, self.optimizer)
        self._weights = [
            keras.Variable(np.zeros((self.width, *v.shape), v.dtype)) for v in self.model.trainable_variables
        ]
        self.optimizer.build(self._weights)
        self._optimizer_start = [v.numpy() for v in self.optimizer.variables]
        self._train = tf.function(self._train_chunk, jit_compile=True)
        self._predict = tf.function(self._predict_all, jit_compile=True)

    # -- one replica -----------------------------------------------------------------------------------------

    def _loss(self, y: tf.Tensor, predicted: tf.Tensor, weight: tf.Tensor, penalties: Tensors) -> tf.Tensor:
        return tf.add_n([self.loss(y, predicted, sample_weight=weight), *penalties])

    def _measure(self, y: tf.Tensor, predicted: tf.Tensor, totals: list[Tensors]) -> list[Tensors]:
        return [m.stateless_update_state(t, y, predicted) for m, t in zip(self.metrics, totals, strict=True)]

    def _gradients(self, replica: tuple[Any, ...]) -> tuple[Any, ...]:
        weights, state, totals, x, y, weight = replica
        with tf.GradientTape() as tape:
            tape.watch(weights)
            predicted, state, penalties = self.model.stateless_call(
                weights, state, x, training=True, return_losses=True
            )
            loss = self._loss(y, predicted, weight, penalties)
        return tape.gradient(loss, weights), state, self._measure(y, predicted, totals), loss

    def _score(self, replica: tuple[Any, ...]) -> tuple[Any, ...]:
        weights, state, totals, x, y, weight = replica
        predicted, _, penalties = self.model.stateless_call(weights, state, x, training=False, return_losses=True)
        return self._measure(y, predicted, totals), self._loss(y, predicted, weight, penalties)

    # -- all replicas, inside the compiled program -----------------------------------------------------------

    def _batches(self, rows: int, step: Callable[..., Any], carry: Any) -> Any:
        """Call step(first row, number of rows, carry) for every full batch, then for the partial one."""
        full, rest = divmod(rows, self.batch_size)
        if full:
            _, carry = tf.while_loop(
                lambda b, _: b < full,
                lambda b, c: (b + 1, step(b * self.batch_size, self.batch_size, c)),
                (tf.constant(0), carry),
            )
        return step(tf.constant(full * self.batch_size), rest, carry) if rest else carry

    def _fresh_totals(self) -> list[Tensors]:
        zeros = [m.stateless_reset_state() for m in self.metrics]
        return [[tf.repeat(v[None], self.width, 0) for v in variables] for variables in zeros]

    def _results(self, totals: list[Tensors], loss_sum: tf.Tensor, rows: int) -> dict[str, tf.Tensor]:
        results = {"loss": loss_sum / rows}
        for metric, variables in zip(self.metrics, totals, strict=True):
            results[metric.name] = tf.vectorized_map(metric.stateless_result, variables)
        return results

    def _train_epoch(self, rows: Rows, order: tf.Tensor, state: Tensors) -> tuple[Tensors, dict[str, tf.Tensor]]:
        """One pass over the rows in the given order [replica, row]; weights and optimizer move in place."""

        def step(first: tf.Tensor, size: int, carry: Any) -> Any:
            state, totals, loss_sum = carry
            index = tf.slice(order, [0, first], [self.width, size])
            x, y, weight = (tf.gather(a, index, batch_dims=1) for a in rows)
            slopes, state, totals, loss = tf.vectorized_map(
                self._gradients, ([w.value for w in self._weights], state, totals, x, y, weight)
            )
            self.optimizer.apply(slopes, self._weights)
            return state, totals, loss_sum + loss * size

        carry = (state, self._fresh_totals(), tf.zeros(self.width))
        state, totals, loss_sum = self._batches(order.shape[1], step, carry)
        return state, self._results(totals, loss_sum, order.shape[1])

    def _evaluate(self, rows: Rows, state: Tensors) -> dict[str, tf.Tensor]:
        weights = [w.value for w in self._weights]

        def step(first: tf.Tensor, size: int, carry: Any) -> Any:
            totals, loss_sum = carry
            x, y, weight = (
                tf.slice(a, [0, first] + [0] * (len(a.shape) - 2), [self.width, size, *a.shape[2:]]) for a in rows
            )
            totals, loss = tf.vectorized_map(self._score, (weights, state, totals, x, y, weight))
            return totals, loss_sum + loss * size

        n = rows.x.shape[1]
        totals, loss_sum = self._batches(n, step, (self._fresh_totals(), tf.zeros(self.width)))
        return self._results(totals, loss_sum, n)

    def _train_chunk(
        self, rows: Rows, validation: Rows | None, orders: tf.Tensor, first: tf.Tensor, epochs: tf.Tensor, carry: Any
    ) -> Any:
        """Train epochs `first` to `first + epochs`, orders [replica, epoch, row]; ends when no replica is active."""
        names = ["loss", *(m.name for m in self.metrics)]
        names += [f"val_{name}" for name in names] if validation is not None else []
        capacity = orders.shape[1]

        def epoch(done: tf.Tensor, carry: Any, history: dict[str, tf.Tensor]) -> Any:
            before = [tf.identity(w.value) for w in self._weights], carry["state"]
            state, results = self._train_epoch(rows, orders[:, done], carry["state"])
            if validation is not None:
                results |= {f"val_{k}": v for k, v in self._evaluate(validation, state).items()}
            carry = carry | {"state": state}
            if self.stopping is not None:
                carry = self._stop(first + done, carry, results[self.stopping.monitor], before)
            history = {k: tf.tensor_scatter_nd_update(h, [[done]], results[k][None]) for k, h in history.items()}
            return done + 1, carry, history

        def go_on(done: tf.Tensor, carry: Any, _: Any) -> tf.Tensor:
            return (done < epochs) & tf.reduce_any(carry["active"])

        history = {name: tf.zeros((capacity, self.width)) for name in names}
        return tf.while_loop(go_on, epoch, (tf.constant(0), carry, history))

    def _stop(self, epoch: tf.Tensor, carry: Any, value: tf.Tensor, before: tuple[Tensors, Tensors]) -> Any:
        """EarlyStopping.on_epoch_end for every replica still active; the stopped ones keep what they had."""
        rule = self.stopping
        assert rule is not None
        active = carry["active"]
        for weight, old in zip(self._weights, before[0], strict=True):
            weight.assign(_where(active, weight.value, old))
        state = [_where(active, new, old) for new, old in zip(carry["state"], before[1], strict=True)]
        if rule.mode == "min":
            better = value + rule.min_delta < carry["best"]
        else:
            better = value - rule.min_delta > carry["best"]
        better = active & (better | (epoch == 0))
        wait = tf.where(better, 0, carry["wait"] + tf.cast(active, tf.int32))
        changed = {
            "state": state,
            "best": tf.where(better, value, carry["best"]),
            "best_epoch": tf.where(better, epoch, carry["best_epoch"]),
            "wait": wait,
            "epochs_run": tf.where(active, epoch + 1, carry["epochs_run"]),
            "active": active & ~(~better & (wait >= rule.patience) & (epoch > 0)),
        }
        if rule.restore_best_weights:
            now = [*(w.value for w in self._weights), *state]
            changed["kept"] = [_where(better, new, old) for new, old in zip(now, carry["kept"], strict=True)]
        return carry | changed

    def _predict_all(self, trainable: Tensors, state: Tensors, x: tf.Tensor) -> tf.Tensor:
        def predict(replica: tuple[Any, ...]) -> tf.Tensor:
            return self.model.stateless_call(*replica, training=False)[0]

        return tf.vectorized_map(predict, (trainable, state, x))

    # -- what users call -------------------------------------------------------------------------------------

    def _pad(self, replicas: Sequence[Any]) -> Array:
        """Stack arrays of replicas on a new first axis, the first one repeated up to the width."""
        return np.stack([*replicas, *[replicas[0]] * (self.width - len(replicas))])

    def _pad_rows(self, rows: Rows) -> Rows:
        weight = np.ones(rows.y.shape[:2], np.float32) if rows.weight is None else rows.weight
        return Rows(*(tf.constant(self._pad(list(a))) for a in (rows.x, rows.y, weight)))

    def fit(
        self,
        initial: Sequence[Variables],
        rows: Rows,
        *,
        epochs: int,
        orders: Callable[[int], Array],
        validation: Rows | None = None,
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
        progress
            Called with the number of epochs done after each chunk. What it raises ends the training.
        steps_per_chunk
            Optimizer steps between two calls of `progress`. Changes no number.
        clock
            Told how long compiling and training took.
        """
        clock = clock or Clock()
        replicas = len(initial)
        if not 1 <= replicas <= self.width:
            raise ValueError(f"replicas: got {replicas}, expected 1 to {self.width}")
        if self.stopping is not None and self.stopping.monitor.startswith("val_") and validation is None:
            raise ValueError(f"stopping.monitor: got {self.stopping.monitor} without validation data")
        for variable, values in zip(self._weights, zip(*(v.trainable for v in initial), strict=True), strict=True):
            variable.assign(self._pad(values))
        for variable, value in zip(self.optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(value)

        n = rows.x.shape[1]
        chunk = max(1, steps_per_chunk // -(-n // self.batch_size))  # whatever `epochs` is: one program for all
        padded = self._pad_rows(rows)
        padded_validation = None if validation is None else self._pad_rows(validation)
        state = [tf.constant(self._pad(values)) for values in zip(*(v.state for v in initial), strict=True)]
        carry: Any = {"state": state, "active": tf.ones(self.width, tf.bool)}
        if self.stopping is not None:
            carry |= {
                "best": tf.fill([self.width], np.inf if self.stopping.mode == "min" else -np.inf),
                **{k: tf.zeros(self.width, tf.int32) for k in ("best_epoch", "wait", "epochs_run")},
            }
            if self.stopping.restore_best_weights:
                carry["kept"] = [*(tf.zeros_like(w.value) for w in self._weights), *(tf.zeros_like(s) for s in state)]

        def train(order: Array, done: int, now: int, carry: Any) -> Any:
            return self._train(
                padded, padded_validation, tf.constant(order), tf.constant(done), tf.constant(now), carry
            )

        order = np.zeros((self.width, chunk, n), np.int32)
        with clock.phase("compile"):
            train(order, 0, 0, carry)  # no epochs: compiles if these shapes are new, else costs nothing
        pieces: list[dict[str, Array]] = []
        done = 0
        with clock.phase("train"):
            while done < epochs and np.any(carry["active"]):
                now = min(chunk, epochs - done)
                order[:, :now] = self._pad(list(orders(now)))
                ran, carry, history = train(order, done, now, carry)
                pieces.append({name: values[:ran].numpy() for name, values in history.items()})
                done += int(ran)
                progress(done)
        return self._unstack(replicas, carry, {k: np.concatenate([p[k] for p in pieces]) for k in pieces[0]})

    def _unstack(self, replicas: int, carry: Any, history: dict[str, Array]) -> list[Fitted]:
        trainable = [w.numpy() for w in self._weights]
        state = [np.array(s) for s in carry["state"]]
        epochs_run = np.full(self.width, len(history["loss"]))
        if self.stopping is not None:
            epochs_run = carry["epochs_run"].numpy()
            if self.stopping.restore_best_weights:
                kept = [k.numpy() for k in carry["kept"]]
                trainable, state = kept[: len(trainable)], kept[len(trainable) :]
        results = []
        for r in range(replicas):
            variables = Variables([w[r] for w in trainable], [s[r] for s in state])
            own = {name: values[: epochs_run[r], r] for name, values in history.items()}
            best = None if self.stopping is None else int(carry["best_epoch"][r])
            results.append(Fitted(variables, own, int(epochs_run[r]), best, not finite(variables, own)))
        return results

    def predict(self, replicas: Sequence[Variables], x: Array, clock: Clock | None = None) -> Array:
        """Predictions of at most `width` replicas for x [replica, row, ...]: shape [replica, row, output]."""
        clock = clock or Clock()
        trainable = [self._pad(values) for values in zip(*(v.trainable for v in replicas), strict=True)]
        state = [self._pad(values) for values in zip(*(v.state for v in replicas), strict=True)]
        rows = x.shape[1]
        padded = np.pad(self._pad(list(x)), [(0, 0), (0, -rows % ROWS_PER_BLOCK), *[(0, 0)] * (x.ndim - 2)])
        with clock.phase("predict"):
            blocks = [
                self._predict(trainable, state, tf.constant(padded[:, first : first + ROWS_PER_BLOCK]))
                for first in range(0, rows, ROWS_PER_BLOCK)
            ]
        return np.concatenate(blocks, axis=1)[: len(replicas), :rows]
