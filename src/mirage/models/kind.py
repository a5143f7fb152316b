"""What a model kind is: settings, how a model is built, and what is read off it once it is fitted."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import model_validator

from mirage.data.law import Law
from mirage.models.strengths import STRENGTHS
from mirage.settings import Block, setting, whole

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
    """A scikit-learn estimator. One with a penalty may choose its strength on validation rows."""

    trained_by = SCIKIT_LEARN
    alternatives: list[float] = setting(
        "other strengths of the penalty; that with the lowest loss on the validation rows is taken",
        "a list of numbers above 0, each once and not the model's own; [] where the kind has no penalty",
        default=[],
    )
    watched_sets: int = whole(
        "sets of one size that the validation rows are cut into, each scored by every setting tried; 0: none", default=0
    )

    @model_validator(mode="after")
    def _check_watched(self) -> Self:
        if self.watched_sets and not hasattr(self, "tried"):
            self.refuse("watched_sets", f"0, as model {self.name} tries no settings")
        return self

    @model_validator(mode="after")
    def _check_alternatives(self) -> Self:
        own = [getattr(self, name) for name in STRENGTHS if hasattr(self, name)]
        every = own + self.alternatives
        if self.alternatives and (not own or min(self.alternatives) <= 0 or len(set(every)) < len(every)):
            self.refuse("alternatives", "a list of numbers above 0, each once and not the model's own strength")
        return self

    def estimator(self) -> Any:
        """A new estimator of these settings; what it draws, it draws from a fixed seed."""
        raise NotImplementedError

    def numbers(self, estimator: Any, law: Law) -> dict[str, float]:
        """Numbers without a split of a fitted estimator."""
        return {}
