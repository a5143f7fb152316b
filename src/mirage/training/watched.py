"""Validation by many small sets at once: one training, watched as if by a different set each time.

Early stopping only picks an epoch; the weights of an epoch do not depend on who watches. So one training to the end,
scored after every epoch on many disjoint sets, tells what stopping by any one of them would have kept: see
`mirage.metrics.stopping`.
"""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from mirage.data.split import CannotDraw
from mirage.training.batches import Batches, Rows
from mirage.training.program import Program
from mirage.training.stopping import Carry

PREFIX = "val_set_"  # of a number of every set, in the history


def check(sets: int, rows: int) -> None:
    """Raise CannotDraw unless so many validation rows can be cut into sets of one size."""
    if rows % sets:
        raise CannotDraw(f"training.watched_sets: got {sets}, expected a number that divides the {rows} rows it cuts")


def of_set(values: Any, number: int, sets: int) -> Any:
    """The rows of one set, of values [row, ...]: every `sets`-th one, so that each has its part of a sorted split."""
    return values[number::sets]


@dataclass(eq=False)
class WatchedSets(Program):
    """A program whose validation rows are cut into `sets` disjoint sets.

    Its history has, beside the means over all validation rows, ``val_set_loss`` and one such for each metric: what
    Keras would print as ``val_loss`` if a set were the validation data [epoch, set].
    """

    sets: int = 1

    def _followed(self, validated: bool) -> dict[str, tuple[int, ...]]:
        of_sets = dict.fromkeys([f"{PREFIX}{name}" for name in self._names()], (self.width, self.sets))
        return super()._followed(validated) | (of_sets if validated else {})

    def _evaluate(self, rows: Rows, batches: Batches, carry: Carry) -> dict[str, tf.Tensor]:
        def answer(replica: tuple[Any, ...]) -> tuple[Any, ...]:
            *variables, x = replica
            predicted, _, penalties = self.model.stateless_call(*variables, x, training=False, return_losses=True)
            return predicted, tf.add_n([tf.zeros(()), *penalties])

        def score(one: tuple[Any, ...]) -> dict[str, tf.Tensor]:
            predicted, y, weight, penalty = one
            found = {"loss": self._loss(y, predicted, weight, [penalty])}
            totals = self._measure(y, predicted, [metric.stateless_reset_state() for metric in self.metrics])
            results = zip(self.metrics, totals, strict=True)
            return found | {metric.name: metric.stateless_result(total) for metric, total in results}

        predicted, penalty = tf.vectorized_map(answer, (carry.weights, carry.state, rows.x))
        every = (*map(self._by_set, (predicted, rows.y, rows.weight)), tf.repeat(penalty, self.sets))
        scores = {k: tf.reshape(v, (self.width, self.sets)) for k, v in tf.vectorized_map(score, every).items()}
        means = {f"val_{name}": tf.reduce_mean(values, axis=1) for name, values in scores.items()}
        return means | {f"{PREFIX}{name}": values for name, values in scores.items()}

    def _by_set(self, values: tf.Tensor) -> tf.Tensor:
        """Values [replica, row, ...] by set: [replica * set, row of the set, ...], the rows as `of_set` takes them."""
        row, rest = tf.shape(values)[1] // self.sets, values.shape[2:]
        strided = tf.reshape(values, (self.width, row, self.sets, *rest))
        axes = (0, 2, 1, *range(3, 3 + len(rest)))
        return tf.reshape(tf.transpose(strided, axes), (self.width * self.sets, row, *rest))
