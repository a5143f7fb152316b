"""Kind `ablated`: a network of dense layers that loses hidden units once it is trained."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from mirage.models.kinds.mlp import Mlp

if TYPE_CHECKING:
    from mirage.models.variables import Variables


class Ablated(Mlp):
    """Kind `mlp`, trained as that; then each hidden unit is switched off in turn, all others staying.

    What that does to the predictions of the test rows is told in numbers: see `mirage.training.ablation`.
    """

    name: Literal["ablated"]  # type: ignore[assignment]

    trainer: ClassVar[str] = "mirage.training.ablation"

    @model_validator(mode="after")
    def _check_ablated(self) -> Self:
        if self.output != "sigmoid":
            self.refuse("output", "sigmoid: what a lost unit costs is a log loss")
        if self.members != 1:
            self.refuse("members", "1: units are switched off in one network")
        return self

    def without_each(self, variables: "Variables") -> "Iterator[Variables]":
        """The trained network without its first hidden unit, without its second, and so on, layer by layer.

        A unit is lost when the weights that lead on from it are 0.
        """
        from mirage.models.variables import Variables

        kernels = [place for place, value in enumerate(variables.trainable) if value.ndim == 2]
        for place in kernels[1:]:
            for unit in range(len(variables.trainable[place])):
                trainable = [value.copy() if i == place else value for i, value in enumerate(variables.trainable)]
                trainable[place][unit] = 0
                yield Variables(trainable, variables.state)
