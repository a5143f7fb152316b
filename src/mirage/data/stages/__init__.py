"""The stages between drawn rows and a model, and the order that a scenario gives them."""

import sys
from typing import Self

from pydantic import model_validator

from mirage.data.stage import Stage
from mirage.data.stages.answer import Answer
from mirage.data.stages.augment import Augment
from mirage.data.stages.choose import Choose
from mirage.data.stages.disturb import Disturb
from mirage.data.stages.hold_out import HoldOut
from mirage.data.stages.move import Move
from mirage.data.stages.plant import Plant
from mirage.data.stages.prepare import Prepare
from mirage.data.stages.replace import Replace
from mirage.data.stages.resample import Resample
from mirage.settings import Settings, pick, setting, table_of

for _family in (Augment, Plant, Prepare, Resample):
    _family.table = table_of(sys.modules[__name__], _family)


class Stages(Settings):
    """The stages that rows go through, in the order stated; the law's rows come first."""

    order: list[str] = setting("the keys of the stages in use, one after another", "a list of stages", default=[])
    resample: pick(Resample) | None = None  # type: ignore[valid-type]
    hold_out: HoldOut | None = None
    prepare: pick(Prepare) | None = None  # type: ignore[valid-type]
    augment: pick(Augment) | None = None  # type: ignore[valid-type]
    answer: Answer | None = None
    choose: Choose | None = None
    disturb: Disturb | None = None
    move: Move | None = None
    plant: pick(Plant) | None = None  # type: ignore[valid-type]
    replace: Replace | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        known = [name for name in type(self).model_fields if name != "order"]
        if not set(self.order) <= set(known) or len(set(self.order)) < len(self.order):
            self.refuse("order", f"a list of any of {', '.join(known)}, each once")
        for name in known:
            if getattr(self, name) is not None and name not in self.order:
                self.refuse(name, f"null, as stages.order does not list {name}")
        return self

    def listed(self) -> list[Stage]:
        """The stages in use, in their order; one that is null is left out."""
        return [getattr(self, name) for name in self.names()]

    def names(self) -> list[str]:
        """The keys of the stages in use, in their order."""
        return [name for name in self.order if getattr(self, name) is not None]
