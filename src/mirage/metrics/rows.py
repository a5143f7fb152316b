"""Outcomes to numbers: all of a replicate, from what its record holds and the rows it was made from."""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from mirage.data.law import Law
from mirage.data.split import Array, Splits
from mirage.data.stages import Stages
from mirage.metrics import decisions, stopping
from mirage.metrics.decisions import Decision
from mirage.metrics.metric import Metric, ScoredRows, compute
from mirage.metrics.table import METRICS, REFERENCES
from mirage.metrics.truth import Truth, truths
from mirage.models.kind import Kind

Name = tuple[str, str, str]  # reference (nothing: the arm itself), split, metric


class Measured(NamedTuple):
    """Every number of a replicate: values [name] and what they are."""

    names: tuple[Name, ...]
    values: Array


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


def measure(arm: Arm, metrics: Sequence[str], references: Sequence[str], splits: Splits, outcome: Outcome) -> Measured:
    """All numbers of a replicate: the arm's own, those without a split (`model`), and its references' on the same data.

    Parameters
    ----------
    metrics, references
        Names, in the order in which numbers are listed.
    splits
        The rows of the replicate's first model.
    outcome
        Labels, scores and numbers; metrics are averaged over models where there are several.

    Returns
    -------
    Measured
        Names and values. If the replicate diverged, every value except `diverged` is NaN.
    """
    diverged = bool(outcome.numbers["diverged"])
    chosen = [METRICS[name] for name in metrics]
    scored = [name for name, split in splits.items() if not split.looked_at]
    if arm.decision.ensembles_of > 1:
        scored.remove("train")  # every model has training rows of its own
    asked = any(one.truth for one in chosen)
    known = truths(arm, {s: splits[s] for s in scored}) if asked else dict.fromkeys(scored, Truth())
    values: list[float] = []
    for split in scored:
        scores = _scores(arm, outcome, split)
        y = _by_model(outcome.labels[split])[: len(scores)]  # one test set, repeated for every model
        if diverged:
            scores = np.full(scores.shape, np.nan)
        several = split == "train" and outcome.labels[split].ndim == 2  # each model has rows of its own
        truth = Truth() if several else known[split]
        each = [_measured(arm, chosen, *one, truth) for one in zip(y, scores, strict=True)]
        values += np.array([[one[name] for one in each] for name in metrics]).mean(axis=1).tolist()
    with np.errstate(all="ignore"):  # what a diverged replicate predicts may be infinite
        numbers = dict(outcome.numbers) | _derived(arm, outcome)
    values += [np.nan if diverged and k != "diverged" else v for k, v in numbers.items()]
    for name in references:
        predictions = REFERENCES[name].predictions(arm.data, {s: splits[s] for s in dict.fromkeys(["train", *scored])})
        for split in scored:
            y, scores = splits[split].y, predictions[split]
            decided = decisions.above(scores, arm.decision.threshold)
            values += compute(chosen, ScoredRows(y, scores, decided, arm.decision.miss_cost, *known[split])).values()
    return Measured(_names(tuple(metrics), tuple(references), tuple(scored), tuple(numbers)), np.array(values))


@functools.cache
def _names(
    metrics: tuple[str, ...], references: tuple[str, ...], splits: tuple[str, ...], numbers: tuple[str, ...]
) -> tuple[Name, ...]:
    """The names of a replicate's values, in their order: one object for all replicates that are alike."""
    own, *others = ([(by, split, metric) for split in splits for metric in metrics] for by in ("", *references))
    return (*own, *(("", "model", number) for number in numbers), *(name for other in others for name in other))


def _by_model(values: Array) -> Array:
    return values if values.ndim == 2 else values[None]


def _scores(arm: Arm, outcome: Outcome, split: str) -> Array:
    """What decisions are made from [ensemble, row]: recorded scores, averaged and corrected as settings say."""
    scores = decisions.ensembles(_by_model(outcome.scores[split]), arm.decision.ensembles_of)
    if arm.decision.corrected_to is None:
        return scores
    return decisions.corrected(scores, float(outcome.labels["train"].mean()), arm.decision.corrected_to)


def _measured(arm: Arm, metrics: Sequence[Metric], y: Array, scores: Array, truth: Truth) -> dict[str, float]:
    decided = decisions.decide(arm.model.regresses, arm.decision, np.nan_to_num(scores))
    return compute(metrics, ScoredRows(y, scores, decided, arm.decision.miss_cost, *truth))


def _derived(arm: Arm, outcome: Outcome) -> dict[str, float]:
    """Numbers without a split that follow from a record: the law's, the stages', training's, those of several models.

    Where there are epochs `lowest_loss` is the lowest training loss of any, penalties included, as it is minimised (of
    several models the mean over them).
    For a replicate of several models `prediction_spread` is the standard deviation over models (or ensembles of them)
    of the prediction, mean over test rows; `score_spread` that of the test error; `target_spread` that of the test
    targets. `relative_spread` is the first as a share of the last. `relative_score_spread` is the standard deviation
    over models of the test error as a share of its mean.
    Of a training that was watched by many sets, what `mirage.metrics.stopping` says.
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
    if outcome.scores["train"].ndim == 2:
        predicted = _scores(arm, outcome, "test")
        y = outcome.labels["test"][: len(predicted)]
        errors = ((predicted - y) ** 2).mean(axis=1)
        numbers["prediction_spread"] = float(np.mean(_sd(predicted)))
        numbers["score_spread"] = float(_sd(errors))
        numbers["target_spread"] = float(_sd(y[0]))
        numbers["relative_spread"] = numbers["prediction_spread"] / (numbers["target_spread"] or np.nan)
        numbers["relative_score_spread"] = numbers["score_spread"] / (float(errors.mean()) or np.nan)
    return numbers


def _sd(values: Array) -> Array:
    """Sample standard deviation along the first axis; NaN where there is one value only."""
    return np.asarray(values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan))
