"""Numbers of a replicate that belong to no split: what follows from its scores and history as a whole."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from mirage.data.law import Law
from mirage.data.split import Array
from mirage.data.stages import Stages
from mirage.metrics import agreement, choosing, decisions, moves, small_sets, stopping
from mirage.metrics.decisions import Decision
from mirage.models.kind import Kind


class Arm(Protocol):
    """What measuring needs to know of an arm."""

    @property
    def data(self) -> Law: ...  # noqa: D102
    @property
    def stages(self) -> Stages: ...  # noqa: D102
    @property
    def model(self) -> Kind: ...  # noqa: D102
    @property
    def decision(self) -> Decision: ...  # noqa: D102


class Outcome(Protocol):
    """What measuring needs of a replicate: see `mirage.training.replicate.Outcome`."""

    @property
    def labels(self) -> Mapping[str, Array]: ...  # noqa: D102
    @property
    def scores(self) -> Mapping[str, Array]: ...  # noqa: D102
    @property
    def history(self) -> Mapping[str, Array]: ...  # noqa: D102
    @property
    def numbers(self) -> Mapping[str, float]: ...  # noqa: D102


def by_model(values: Array) -> Array:
    """With a first axis for the models, also where there is one."""
    return values if values.ndim == 2 else values[None]


def made_from(arm: Arm, outcome: Outcome, split: str) -> Array:
    """What decisions are made from [ensemble, row]: recorded scores, averaged and corrected as settings say."""
    scores = decisions.ensembles(by_model(outcome.scores[split]), arm.decision.ensembles_of)
    if arm.decision.corrected_to is None:
        return scores
    return decisions.corrected(scores, float(outcome.labels["train"].mean()), arm.decision.corrected_to)


def derived(arm: Arm, outcome: Outcome) -> dict[str, float]:
    """Numbers without a split that follow from a record: the law's, the stages', training's, those of several models.

    Where there are epochs `lowest_loss` is the lowest training loss of any, penalties included, as it is minimised (of
    several models the mean over them). The others are those of `agreement` (several models), `stopping` and `choosing`
    (many sets that watched a training or a search), `small_sets` (validation rows cut into sets) and `moves` (test rows
    with noise).
    """

    def decide(scores: Array) -> Array:
        return decisions.decide(arm.model.regresses, arm.decision, scores)

    numbers = arm.data.numbers(outcome.scores, decide)
    if "loss" in outcome.history:
        numbers["lowest_loss"] = float(np.min(outcome.history["loss"]))
    listed = arm.stages.listed()
    for place, stage in enumerate(listed, 1):
        numbers |= stage.numbers(outcome.labels, [split for later in listed[place:] for split in later.adds()])
    if arm.decision.stopped is not None:
        numbers |= stopping.numbers(arm.decision.stopped, outcome.history)
    if arm.stages.disturb:
        numbers |= moves.numbers(outcome.scores, decide)
    if arm.decision.best_of is not None:
        numbers |= choosing.numbers(arm.decision.best_of, outcome.history)
    if arm.decision.set_sizes:
        train, pool = (decide(made_from(arm, outcome, s)[0]) == outcome.labels[s] for s in ("train", "validation"))
        numbers |= small_sets.numbers(arm.decision.set_sizes, pool, float(train.mean()))
    if outcome.scores["train"].ndim == 2:
        predicted = made_from(arm, outcome, "test")
        numbers |= agreement.spreads(predicted, outcome.labels["test"][: len(predicted)])
        if arm.data.classes and not arm.model.regresses:
            numbers |= agreement.of_pairs(predicted, decide(predicted))
    return numbers
