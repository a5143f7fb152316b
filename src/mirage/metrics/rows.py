"""Outcomes to numbers: all of a replicate, from what its record holds and the rows it was made from."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mirage.data.split import Array, Splits
from mirage.metrics import decisions, diagnosis
from mirage.metrics.derived import Arm, Outcome, by_model, derived, made_from
from mirage.metrics.metric import Metric, ScoredRows, compute
from mirage.metrics.table import METRICS, REFERENCES
from mirage.metrics.truth import Truth, truths

Name = tuple[str, str, str]  # reference (nothing: the arm itself), split, metric


class Measured(NamedTuple):
    """Every number of a replicate: values [name] and what they are."""

    names: tuple[Name, ...]
    values: Array


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
        scores = made_from(arm, outcome, split)
        y = by_model(outcome.labels[split])[: len(scores)]  # one test set, repeated for every model
        if diverged:
            scores = np.full(scores.shape, np.nan)
        several = split == "train" and outcome.labels[split].ndim == 2  # each model has rows of its own
        truth = Truth() if several else known[split]
        each = [_measured(arm, chosen, *one, truth) for one in zip(y, scores, strict=True)]
        values += np.array([[one[name] for one in each] for name in metrics]).mean(axis=1).tolist()
    with np.errstate(all="ignore"):  # what a diverged replicate predicts may be infinite
        numbers = dict(outcome.numbers) | derived(arm, outcome)
        if arm.decision.diagnosis is not None:
            of_all = {s: decisions.decide(arm.model.regresses, arm.decision, outcome.scores[s]) for s in scored}
            numbers |= diagnosis.numbers(arm.decision.diagnosis, splits, of_all)
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


def _measured(arm: Arm, metrics: Sequence[Metric], y: Array, scores: Array, truth: Truth) -> dict[str, float]:
    decided = decisions.decide(arm.model.regresses, arm.decision, np.nan_to_num(scores))
    return compute(metrics, ScoredRows(y, scores, decided, arm.decision.miss_cost, *truth))
