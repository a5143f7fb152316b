"""How a network is fitted: settings in the words of ``model.fit``, and the Keras objects they stand for."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from mirage.settings import Block, Settings, number, pick, setting, whole

if TYPE_CHECKING:
    import keras


class Optimizer(Block):
    """A Keras optimizer; what has no setting here is Keras's default."""

    table: ClassVar[dict[str, type[Any]]]
    learning_rate: float = number("step size", gt=0, compiled="never")

    def optimizer(self) -> "keras.Optimizer":
        """A new optimizer."""
        import keras

        return getattr(keras.optimizers, self.keras_name)(learning_rate=self.learning_rate)

    keras_name: ClassVar[str]


class Adam(Optimizer):
    """Kingma and Ba's Adam."""

    name: Literal["adam"]
    keras_name = "Adam"


class AdamW(Optimizer):
    """Adam with Keras's default weight decay."""

    name: Literal["adamw"]
    keras_name = "AdamW"


class RMSprop(Optimizer):
    """Hinton's RMSprop."""

    name: Literal["rmsprop"]
    keras_name = "RMSprop"


class SGD(Optimizer):
    """Gradient descent by batches."""

    name: Literal["sgd"]
    keras_name = "SGD"


Optimizer.table = {"adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "sgd": SGD}

LOSSES = {
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "binary_crossentropy": "BinaryCrossentropy",
}
WATCHED = {"accuracy": "BinaryAccuracy"}


class EarlyStopping(Settings):
    """Keras's EarlyStopping callback."""

    monitor: Literal["loss", "val_loss"]
    patience: int = whole("epochs without a better value that are waited for", compiled="never")
    restore_best_weights: bool = setting("keep the weights of the best epoch", "true or false", default=False)


class Training(Settings):
    """How a network is fitted; the words mean what they mean in ``model.fit``."""

    engine: Literal["stacked", "fit"]
    loss: Literal["mean_squared_error", "mean_absolute_error", "binary_crossentropy"]
    optimizer: pick(Optimizer)  # type: ignore[valid-type]
    epochs: int = whole("passes over the training rows, at most", 1, compiled="never")
    batch_size: int = whole("rows of an optimizer step", 1)
    class_weight: Literal["none", "balanced"] = setting(
        "weights of the rows: all alike, or each class as much", "one of none, balanced", "never", default="none"
    )
    watch: list[Literal["accuracy"]] = []
    validate_on: Literal["none", "validation", "test"] = "none"
    validation_freq: list[int] = setting(
        "the epochs, counted from 1, after which there is validation; []: all",
        "a list of whole numbers of at least 1, each above the one before",
        "on",
        default=[],
    )
    stopping: EarlyStopping | None = None
    watched_sets: int = whole(
        "sets of one size that the validation rows are cut into, each scored after every epoch; 0: they stay one set",
        default=0,
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.watch)) < len(self.watch):
            self.refuse("watch", "each metric once")
        if self.stopping is not None and self.stopping.monitor == "val_loss" and self.validate_on == "none":
            self.refuse("stopping.monitor", "loss, as training.validate_on is none")
        rising = [0, *self.validation_freq]
        if any(later <= before for before, later in pairwise(rising)):
            self.refuse("validation_freq", "a list of whole numbers of at least 1, each above the one before")
        if self.validation_freq and self.stopping is not None and self.stopping.monitor == "val_loss":
            self.refuse("validation_freq", "[], as training.stopping looks at val_loss after every epoch")
        if self.watched_sets:
            self._check_watched()
        return self

    def _check_watched(self) -> None:
        if self.validate_on == "none":
            self.refuse("watched_sets", "0, as training.validate_on is none")
        for other in ("stopping", "validation_freq"):
            if getattr(self, other):
                self.refuse("watched_sets", f"0, as there is training.{other}: sets watch a whole run")

    def keras_loss(self) -> "keras.Loss":
        """A new Keras loss."""
        import keras

        return getattr(keras.losses, LOSSES[self.loss])()

    def keras_metrics(self) -> "list[keras.Metric]":
        """New Keras metrics to follow over the epochs."""
        import keras

        return [getattr(keras.metrics, WATCHED[name])(name=name) for name in self.watch]
