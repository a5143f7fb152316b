"""Keras layers of our own: Dropout whose random numbers are cheap inside a compiled stack."""

import keras
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
    training engines use this layer, so they still can be compared number for number.
    """

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return `inputs` with a share `rate` of its entries zeroed and the rest scaled up, when training."""
        if not training or self.rate == 0:
            return inputs
        seed = tf.cast(tf.convert_to_tensor(self.seed_generator.next()), tf.uint32)
        size = tf.size(inputs)
        counter = tf.cast(tf.range((size + 1) // 2), tf.uint32)
        bits = tf.concat(threefry((seed[0], seed[1]), (counter, tf.zeros_like(counter))), 0)[:size]
        keep = tf.reshape(bits, tf.shape(inputs)) >= tf.constant(round(self.rate * 2**32), tf.uint32)
        return tf.where(keep, inputs / (1 - self.rate), tf.zeros_like(inputs))
