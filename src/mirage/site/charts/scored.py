"""Labels and scores of every seed, as an arm's decisions are made from them."""

from typing import NamedTuple

from mirage.claims.results import Results
from mirage.data.split import Array
from mirage.metrics import decisions
from mirage.site.charts.options import Options


class Scored(NamedTuple):
    """One replicate: its seed, classes and scores [row]."""

    seed: int
    y: Array
    scores: Array


def scored(results: Results, options: Options, arm: str, split: str) -> list[Scored]:
    """The replicates of an arm that did not diverge, with what its decisions are made from on a split.

    Raises
    ------
    ValueError
        If the arm has no classes, or several models a replicate.
    """
    settings = results.plan.arms[arm]
    if not settings.data.classes:
        raise options.wrong("arms", arm, "an arm whose target is a class")
    if settings.model.models > 1:
        raise options.wrong("arms", arm, "an arm with one model a replicate")
    share, found = settings.decision.corrected_to, []
    for seed in results.kept(arm):
        outcome = results.outcome(arm, seed)
        scores = outcome.scores[split]
        if share is not None:
            scores = decisions.corrected(scores, float(outcome.labels["train"].mean()), share)
        found.append(Scored(seed, outcome.labels[split], scores))
    return found


def probabilities(results: Results, options: Options, arm: str, split: str) -> list[Scored]:
    """The same of an arm that gives probabilities."""
    if results.plan.arms[arm].model.regresses:
        raise options.wrong("arms", arm, "an arm that gives probabilities")
    return scored(results, options, arm, split)
