"""The stages between drawn rows and a model, and the order that a scenario gives them."""

import sys
from typing import Literal, Self

from pydantic import model_validator

from mirage.data.stage import Stage
from mirage.data.stages.augment import Augment
from mirage.data.stages.hold_out import HoldOut
from mirage.data.stages.prepare import Prepare
from mirage.data.stages.resample import Resample
from mirage.settings import Settings, pick, table_of

for _family in (Augment, Prepare, Resample):
    _family.table = table_of(sys.modules[__name__], _family)


class Stages(Settings):
    """The stages that rows go through, in the order stated; the law's rows come first."""

    order: list[Literal["resample", "hold_out", "prepare", "augment"]] = []
    resample: pick(Resample) | None = None  # type: ignore[valid-type]
    hold_out: HoldOut | None = None
    prepare: pick(Prepare) | None = None  # type: ignore[valid-type]
    augment: pick(Augment) | None = None  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [name for name in type(self).model_fields if name != "order" and getattr(self, name) is not None]
        if len(set(self.order)) < len(self.order):
            self.refuse("order", "each stage once")
        for name in given:
            if name not in self.order:
                self.refuse(name, f"null, as stages.order does not list {name}")
        return self

    def listed(self) -> list[Stage]:
        """The stages in use, in their order; one that is null is left out."""
        return [getattr(self, name) for name in self.names()]

    def names(self) -> list[str]:
        """The keys of the stages in use, in their order."""
        return [name for name in self.order if getattr(self, name) is not None]
