"""A Keras layer that rounds features to bins."""

from typing import Any

import keras


class Bins(keras.layers.Layer):
    """Features from 0 to 1, rounded to the middle of one of so many bins of equal width; others to the nearest.

    How many there are is a variable: one compiled program rounds to any number.
    """

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.bins_initializer = keras.initializers.Constant(bins)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the variable."""
        self.bins = self.add_weight(shape=(), initializer=self.bins_initializer, trainable=False, name="bins")

    def call(self, inputs: Any) -> Any:
        """The middles of the bins that the inputs lie in."""
        bins = keras.ops.convert_to_tensor(self.bins)
        return (keras.ops.clip(keras.ops.floor(inputs * bins), 0, bins - 1) + 0.5) / bins
