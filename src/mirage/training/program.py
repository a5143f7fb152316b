"""The program that trains a stack: replicas of one Keras model as tensors, vectorised, and compiled with XLA.

Weights, optimizer and state go in and come out, so that a program holds nothing: threads share one, and what differs
from arm to arm as a number (learning rate, patience, dropout rate, L2 penalty, number of rows) is an input. Tracing
takes half a second and compiling a second of processor time; a program is traced once, and compiled once for each
number of rows.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mirage.clock import Clock
from mirage.models.variables import CannotStackError
from mirage.training import elementwise
from mirage.training.batches import Batches, Rows, batches_of, over
from mirage.training.stopping import Carry, Stopping, Tensors, after_epoch, begin


def _compiled(function: Callable[..., Any]) -> Any:
    return tf.function(function, jit_compile=True, autograph=False)  # autograph would read all of Keras's source


def _specified(tensor: tf.Tensor, *free: int) -> tf.TensorSpec:
    """The kind of tensor that this one is, of any length along the axes `free`."""
    return tf.TensorSpec([None if axis in free else n for axis, n in enumerate(tensor.shape)], tensor.dtype)


@dataclass(eq=False)
class Program:
    """Training and prediction of `width` replicas of one architecture. Threads may share it.

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
    sparse
        Whether there may be epochs without validation.

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
    sparse: bool = False
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)
    _known: set[Any] = field(init=False, repr=False, default_factory=set)

    def __post_init__(self) -> None:
        if not self.model.built or len(self.model.inputs) != 1 or len(self.model.outputs) != 1:
            got = f"{len(self.model.inputs or ())} inputs, built={self.model.built}"
            raise CannotStackError(f"model: got {got}, expected a built model with one of each")
        elementwise.check(self.optimizer)
        self._optimizer = elementwise.functional(self.optimizer)
        self._optimizer.build(
            [keras.Variable(np.zeros((self.width, *v.shape), v.dtype)) for v in self.model.trainable_variables]
        )
        self._optimizer_start = [v.numpy() for v in self._optimizer.variables]
        self._training = _compiled(self._train_chunk)
        self._stepping = tf.function(self._step, autograph=False)
        self._scoring = tf.function(self._score_batch, autograph=False)
        self._predicting = _compiled(self._predict_block)

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

    # -- one batch of all replicas ---------------------------------------------------------------------------

    def _step(self, weights: Tensors, state: Tensors, optimizer: Tensors, totals: Any, batch: Rows) -> Any:
        """A gradient step: the new weights, state, optimizer and totals of metrics, and the loss [replica]."""
        slopes, state, totals, loss = tf.vectorized_map(self._gradients, (weights, state, totals, *batch))
        weights, optimizer = self._optimizer.stateless_apply(optimizer, slopes, weights)
        return weights, state, optimizer, totals, loss

    def _score_batch(self, weights: Tensors, state: Tensors, totals: Any, batch: Rows) -> Any:
        return tf.vectorized_map(self._score, (weights, state, totals, *batch))

    def _fresh_totals(self) -> list[Tensors]:
        zeros = [m.stateless_reset_state() for m in self.metrics]
        return [[tf.repeat(v[None], self.width, 0) for v in variables] for variables in zeros]

    def _results(self, totals: list[Tensors], loss_sum: tf.Tensor, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        results = {"loss": loss_sum / tf.cast(rows, tf.float32)}
        for metric, variables in zip(self.metrics, totals, strict=True):
            results[metric.name] = tf.vectorized_map(metric.stateless_result, variables)
        return results

    # -- epochs ----------------------------------------------------------------------------------------------

    def _train_epoch(
        self, rows: Rows, batches: Batches, order: tf.Tensor, carry: Carry
    ) -> tuple[Carry, dict[str, tf.Tensor]]:
        """One pass over the rows in the given order [replica, row]."""

        def step(first: tf.Tensor, size: tf.Tensor, moving: Any) -> Any:
            *variables, totals, loss_sum = moving
            index = tf.slice(order, [0, first], [self.width, size])
            batch = Rows(*(tf.gather(a, index, batch_dims=1) for a in rows))
            *variables, totals, loss = self._stepping(*variables, totals, batch)
            return *variables, totals, loss_sum + loss * tf.cast(size, tf.float32)

        n = tf.shape(order)[1]
        moving = (carry.weights, carry.state, carry.optimizer, self._fresh_totals(), tf.zeros(self.width))
        weights, state, optimizer, totals, loss_sum = over(batches, n, self.batch_size, step, moving)
        moved = carry._replace(weights=weights, state=state, optimizer=optimizer)
        return moved, self._results(totals, loss_sum, n)

    def _evaluate(self, rows: Rows, batches: Batches, carry: Carry) -> dict[str, tf.Tensor]:
        def step(first: tf.Tensor, size: tf.Tensor, moving: Any) -> Any:
            totals, loss_sum = moving
            batch = Rows(
                *(tf.slice(a, [0, first] + [0] * (len(a.shape) - 2), [self.width, size, *a.shape[2:]]) for a in rows)
            )
            totals, loss = self._scoring(carry.weights, carry.state, totals, batch)
            return totals, loss_sum + loss * tf.cast(size, tf.float32)

        n = tf.shape(rows.x)[1]
        totals, loss_sum = over(batches, n, self.batch_size, step, (self._fresh_totals(), tf.zeros(self.width)))
        return {f"val_{name}": value for name, value in self._results(totals, loss_sum, n).items()}

    def _validate(self, rows: Rows, batches: Batches, wanted: tf.Tensor, carry: Carry) -> dict[str, tf.Tensor]:
        """What validation gives after an epoch, zeros after one that is not validated."""
        if not self.sparse:
            return self._evaluate(rows, batches, carry)
        names = [f"val_{name}" for name in self._names()]
        return tf.cond(
            wanted, lambda: self._evaluate(rows, batches, carry), lambda: {name: tf.zeros(self.width) for name in names}
        )

    def _names(self) -> list[str]:
        return ["loss", *(metric.name for metric in self.metrics)]

    def _followed(self, validated: bool) -> dict[str, tuple[int, ...]]:
        """The shape of every number that an epoch gives, by its name in the history."""
        names = self._names() + ([f"val_{name}" for name in self._names()] if validated else [])
        return dict.fromkeys(names, (self.width,))

    def _train_chunk(
        self,
        batches: tuple[Batches, Batches | None],
        rows: Rows,
        validation: Rows | None,
        validated: tf.Tensor,
        orders: tf.Tensor,
        first: tf.Tensor,
        epochs: tf.Tensor,
        patience: tf.Tensor,
        carry: Carry,
    ) -> Any:
        """Train epochs `first` to `first + epochs`, orders [replica, epoch, row]; ends when no replica is active."""

        def epoch(done: tf.Tensor, carry: Carry, history: dict[str, tf.Tensor]) -> Any:
            after, results = self._train_epoch(rows, batches[0], orders[:, done], carry)
            if validation is not None and batches[1] is not None:
                results |= self._validate(validation, batches[1], validated[done], after)
            if self.stopping is not None:
                value = results[self.stopping.monitor]
                after = after_epoch(self.stopping, first + done, patience, carry, after, value)
            history = {k: tf.tensor_scatter_nd_update(h, [[done]], results[k][None]) for k, h in history.items()}
            return done + 1, after, history

        def go_on(done: tf.Tensor, carry: Carry, _: Any) -> tf.Tensor:
            return (done < epochs) & tf.reduce_any(carry.active)

        history = {k: tf.zeros((tf.shape(orders)[1], *v)) for k, v in self._followed(validation is not None).items()}
        return tf.while_loop(go_on, epoch, (tf.constant(0), carry, history))

    def _predict_block(self, weights: Tensors, state: Tensors, x: tf.Tensor) -> tf.Tensor:
        def predict(replica: tuple[Any, ...]) -> tf.Tensor:
            return self.model.stateless_call(*replica, training=False)[0]

        return tf.vectorized_map(predict, (weights, state, x))

    # -- from outside ----------------------------------------------------------------------------------------

    def start(self, weights: Sequence[Any], state: Sequence[Any], learning_rate: float | None = None) -> Carry:
        """What a training starts from, given stacked variables [replica, ...]; None: the optimizer's own rate."""
        optimizer = [tf.constant(value) for value in self._optimizer_start]
        if learning_rate is not None:
            [place] = [i for i, v in enumerate(self._optimizer.variables) if v is self._optimizer.learning_rate]
            optimizer[place] = tf.constant(learning_rate, optimizer[place].dtype)
        carry = Carry(
            [tf.constant(w) for w in weights],
            [tf.constant(s) for s in state],
            optimizer,
            tf.ones(self.width, tf.bool),
            {},
        )
        return carry if self.stopping is None else begin(self.stopping, carry)

    def train(
        self,
        rows: Rows,
        validation: Rows | None,
        validated: Any,
        orders: Any,
        first: int,
        epochs: int,
        patience: int,
        carry: Carry,
        clock: Clock,
    ) -> Any:
        """Train `epochs` epochs from epoch `first` on; returns how many were run, what to go on from, and the history.

        Compiles what is new here, once, whoever asks: with no epochs it does nothing else.

        Parameters
        ----------
        rows, validation
            Tensors; `validation` may be None.
        validated
            Which of these epochs are validated, bool [epoch].
        orders
            The order of rows, int32 [replica, epoch, row].
        clock
            Told how long compiling took, and waiting for another thread that compiles.
        """
        batches = tuple(None if r is None else batches_of(r.x.shape[1], self.batch_size) for r in (rows, validation))
        numbers = [tf.constant(value) for value in (validated, orders, first, epochs, patience)]
        arguments = (batches, rows, validation, *numbers, carry)
        shapes = tuple(tuple(a.shape) for a in (rows.x, *(() if validation is None else (validation.x,)), numbers[1]))
        if shapes in self._known:
            return self._training(*arguments)
        with clock.phase("idle"):
            self._lock.acquire()
        try:
            with clock.phase("compile"):
                ran = self._compiled(arguments)
            self._known.add(shapes)
        finally:
            self._lock.release()
        return ran

    def _compiled(self, arguments: Any) -> Any:
        """What `train` gives, traced for any number of rows and compiled for these."""
        batches, rows, validation, validated, orders, *scalars, carry = arguments
        self._training.get_concrete_function(
            batches,
            Rows(*(_specified(a, 1) for a in rows)),
            None if validation is None else Rows(*(_specified(a, 1) for a in validation)),
            _specified(validated, 0),
            _specified(orders, 1, 2),
            *map(_specified, scalars),
            tf.nest.map_structure(_specified, carry),
        )
        return self._training(*arguments)

    def predict(self, weights: Sequence[Any], state: Sequence[Any], x: Any) -> Any:
        """Predictions [replica, row, output] for x [replica, row, ...]; compiled for every shape of x anew."""
        if x.shape in self._known:
            return self._predicting(weights, state, x)
        with self._lock:
            predicted = self._predicting(weights, state, x)
            self._known.add(x.shape)
        return predicted
