"""Keras's Dense with an L1 and an L2 penalty of its kernel, whose strengths are variables."""

from typing import Any

import keras
import tensorflow as tf


class Penalty(keras.regularizers.Regularizer):
    """l1 times the sum of absolute values plus l2 times the sum of squares (Zou and Hastie 2005, the elastic net).

    As Keras's L1L2, which asks its strengths whether they are 0 and so cannot take variables.
    """

    def __init__(self, l1: Any, l2: Any) -> None:
        self.l1, self.l2 = l1, l2

    def __call__(self, kernel: tf.Tensor) -> tf.Tensor:
        """The penalty of a kernel: one number."""
        return self.l1 * tf.reduce_sum(tf.abs(kernel)) + self.l2 * tf.reduce_sum(tf.square(kernel))


class Dense(keras.layers.Dense):
    """A dense layer that is penalised so: one compiled program trains replicas with any strengths."""

    def __init__(self, units: int, l1: float, l2: float, **settings: Any) -> None:
        super().__init__(units, kernel_regularizer=Penalty(l1, l2), **settings)
        self.l1_initializer = keras.initializers.Constant(l1)
        self.l2_initializer = keras.initializers.Constant(l2)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the variables: Dense's, and the strengths of the penalty."""
        self.l1 = self.add_weight(shape=(), initializer=self.l1_initializer, trainable=False, name="l1")
        self.l2 = self.add_weight(shape=(), initializer=self.l2_initializer, trainable=False, name="l2")
        self.kernel_regularizer = Penalty(self.l1, self.l2)
        super().build(shape)
