"""Keras layers of our own, whose rates are variables: one compiled program trains replicas with any of them."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

# Threefry-2x32's rotation constants and key parity (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
ROUNDS = 20


def _rotate(x: tf.Tensor, bits: int) -> tf.Tensor:
    left = tf.bitwise.left_shift(x, tf.constant(bits, tf.uint32))
    right = tf.bitwise.right_shift(x, tf.constant(32 - bits, tf.uint32))
    return tf.bitwise.bitwise_or(left, right)


def threefry(key: tuple[tf.Tensor, tf.Tensor], counter: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Threefry-2x32 with 20 rounds, out of plain elementwise operations.

    Parameters
    ----------
    key, counter
        Two uint32 tensors each; key and counter broadcast against each other.

    Returns
    -------
    tuple of two uint32 tensors
        Random bits, in the broadcast shape. The same bits as the reference implementation Random123.
    """
    keys = (*key, tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(*key), tf.constant(PARITY, tf.uint32)))
    a, b = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(ROUNDS // 4):
        for bits in ROTATIONS[group % 2]:
            a = a + b
            b = tf.bitwise.bitwise_xor(_rotate(b, bits), a)
        a = a + keys[(group + 1) % 3]
        b = b + keys[(group + 2) % 3] + tf.constant(group + 1, tf.uint32)
    return a, b


class Dropout(keras.layers.Dropout):
    """Keras's Dropout, its mask drawn with Threefry: same law, rate, scaling and seed handling.

    TensorFlow's own generator has no vectorised form under ``tf.vectorized_map``: a stack would draw one replica's
    mask after another, which measures three to four times slower than this for the whole training step. Both
    training engines use this layer, so they still can be compared number for number. At rate 0 it drops nothing, by the
    same program.
    """

    def __init__(self, rate: float, seed: int) -> None:
        super().__init__(rate, seed=seed)
        if not rate:  # Keras gives it none
            self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the variables: what kept units are multiplied with, and which random numbers drop a unit."""
        super().build(shape)
        self.scale_initializer = keras.initializers.Constant(np.float32(1) / np.float32(1 - self.rate))
        self.dropped_initializer = keras.initializers.Constant(np.uint32(round(self.rate * 2**32)))
        self.scale = self.add_weight(shape=(), initializer=self.scale_initializer, trainable=False, name="scale")
        self.dropped = self.add_weight(
            shape=(), initializer=self.dropped_initializer, trainable=False, name="dropped", dtype="uint32"
        )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return `inputs` with a share `rate` of its entries zeroed and the rest scaled up, when training."""
        if not training:
            return inputs
        seed = tf.cast(tf.convert_to_tensor(self.seed_generator.next()), tf.uint32)
        size = tf.size(inputs)
        counter = tf.cast(tf.range((size + 1) // 2), tf.uint32)
        bits = tf.concat(threefry((seed[0], seed[1]), (counter, tf.zeros_like(counter))), 0)[:size]
        keep = tf.reshape(bits, tf.shape(inputs)) >= tf.convert_to_tensor(self.dropped)
        return tf.where(keep, inputs * tf.convert_to_tensor(self.scale), tf.zeros_like(inputs))


class Dense(keras.layers.Dense):
    """Keras's Dense with its L2 penalty of the kernel, whose strength is a variable."""

    def __init__(self, units: int, l2: float, **settings: Any) -> None:
        super().__init__(units, kernel_regularizer=keras.regularizers.L2(l2), **settings)
        self.l2_initializer = keras.initializers.Constant(l2)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the variables: Dense's, and the strength of the penalty."""
        self.l2 = self.add_weight(shape=(), initializer=self.l2_initializer, trainable=False, name="l2")
        self.kernel_regularizer.l2 = self.l2
        super().build(shape)
