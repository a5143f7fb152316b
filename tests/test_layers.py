"""Our Dropout: the published generator, and Keras's law."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mirage.models.layers import Dropout, threefry


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # the known answers that come with Random123 (threefry2x32, 20 rounds)
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_bits(
    counter: tuple[int, int], key: tuple[int, int], expected: tuple[int, int]
) -> None:
    def words(pair: tuple[int, int]) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.constant([pair[0]], tf.uint32), tf.constant([pair[1]], tf.uint32)

    assert tuple(int(word.numpy()[0]) for word in threefry(words(key), words(counter))) == expected


@pytest.mark.parametrize("shape", [(4000, 5), (3, 1001, 7)])
def test_the_share_dropped_is_the_rate_and_the_mean_stays(shape: tuple[int, ...]) -> None:
    rate, ones = 0.3, np.ones(shape, np.float32)
    out = np.asarray(Dropout(rate, seed=1)(ones, training=True))
    kept = out != 0
    np.testing.assert_allclose(out[kept], 1 / (1 - rate), rtol=1e-6)
    deviations = (kept.mean() - (1 - rate)) / np.sqrt(rate * (1 - rate) / out.size)
    assert abs(deviations) < 4


def test_every_call_draws_a_new_mask_and_the_seed_fixes_them_all() -> None:
    ones = np.ones((6, 9), np.float32)
    first, second = Dropout(0.5, seed=7), Dropout(0.5, seed=7)
    masks = [np.asarray(first(ones, training=True)) for _ in range(3)]
    assert not np.array_equal(masks[0], masks[1])
    for mask in masks:
        np.testing.assert_array_equal(mask, np.asarray(second(ones, training=True)))


def test_nothing_is_dropped_when_predicting() -> None:
    ones = np.ones((6, 9), np.float32)
    np.testing.assert_array_equal(np.asarray(Dropout(0.5, seed=7)(ones, training=False)), ones)


def test_masks_do_not_depend_on_the_size_of_the_batch_being_known() -> None:
    layer = keras.Sequential([keras.Input((9,)), Dropout(0.5, seed=7)])
    unknown = tf.function(lambda x: layer(x, training=True), input_signature=[tf.TensorSpec((None, 9))])
    out = np.asarray(unknown(tf.ones((6, 9))))
    np.testing.assert_array_equal(out, np.asarray(Dropout(0.5, seed=7)(np.ones((6, 9), np.float32), training=True)))
