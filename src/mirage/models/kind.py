"""What a model kind is: settings, how a model is built, and what is read off it once it is fitted."""

from typing import TYPE_CHECKING, Any, ClassVar

from mirage.data.law import Law
from mirage.settings import Block

if TYPE_CHECKING:
    import keras

KERAS, SCIKIT_LEARN = "keras", "scikit-learn"


class Kind(Block):
    """A model kind. A subclass in a file of its own is either a network or an estimator."""

    table: ClassVar[dict[str, type[Any]]]
    trained_by: ClassVar[str]
    """Either ``keras`` (see `Network`) or ``scikit-learn`` (see `Estimator`)."""
    regresses: ClassVar[bool] = False
    """Whether its output is a number that is rounded to a class, where there are classes."""

    @property
    def models(self) -> int:
        """How many models make one replicate."""
        return 1

    @property
    def varied(self) -> list[str]:
        """The streams that differ between the models of one replicate."""
        return []

    def streams(self) -> set[str]:
        """The streams that building and training read."""
        return set()


class Network(Kind):
    """A Keras model, trained in stacks."""

    trained_by = KERAS

    def build(self, shape: tuple[int, ...]) -> "keras.Model":
        """A built model for rows of this shape. Its initial values mean nothing: `mirage.models.network` draws them."""
        raise NotImplementedError

    def numbers(self, model: "keras.Model", variables: Any) -> dict[str, float]:
        """Numbers without a split of one trained network; `variables` is what training gives."""
        return {}

    def streams(self) -> set[str]:
        """Initial weights and the order of batches."""
        return {"init", "shuffle"}


class Estimator(Kind):
    """A scikit-learn estimator."""

    trained_by = SCIKIT_LEARN

    def estimator(self) -> Any:
        """A new estimator of these settings; what it draws, it draws from a fixed seed."""
        raise NotImplementedError

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """Numbers without a split of a fitted estimator."""
        return {}
