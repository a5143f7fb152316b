"""Kind `binned`: a network that sees in which bin each feature lies, and nothing finer."""

from typing import TYPE_CHECKING, Literal

from mirage.models.kinds.mlp import Mlp
from mirage.settings import whole

if TYPE_CHECKING:
    import keras


class Binned(Mlp):
    """Kind `mlp` with a layer before it that rounds features from 0 to 1 to the middle of one of `bins` equal bins."""

    name: Literal["binned"]  # type: ignore[assignment]
    bins: int = whole("bins of equal width", 2, 1000, compiled="on")

    def build(self, shape: tuple[int, ...]) -> "keras.Model":
        """The network of kind mlp behind a layer of bins."""
        import keras

        from mirage.models.bins import Bins

        return keras.Sequential([keras.Input(shape), Bins(self.bins), *super().build(shape).layers])
