"""Results: everything that tables, verdicts and a lesson's panels are made from, read from records only."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from mirage.claims.claims import Claim, Test, Triple, matching, sides, tests_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from mirage.config.plan import Plan
    from mirage.data.law import Law
    from mirage.data.split import Array, Splits
    from mirage.metrics.rows import Measured
    from mirage.records.store import Place
    from mirage.training.replicate import Outcome

COLUMNS = ["scenario", "arm", "seed", "split", "metric", "value"]


@dataclasses.dataclass(frozen=True)
class Results:
    """A plan with its tidy rows, the verdicts on its lesson's claims, and the records behind them.

    `rows` has the columns `COLUMNS`; a reference is the arm ``ARM:REFERENCE``. `judged` is what
    `mirage.claims.verdicts.judge` gives, `tests` how each claim that can be tested is tested.
    """

    plan: Plan
    rows: pd.DataFrame
    judged: pd.DataFrame
    tests: Mapping[str, Test]
    records: Mapping[str, Place]
    """Where each arm's records are."""
    drawn_by: Callable[[Results], Figure] | None = None
    """What `figure` draws with."""

    def values(self, arm: str, split: str, metric: str) -> Array:
        """One number per seed, in the order of seeds; NaN where undefined, nothing where there is no such number.

        With a ``*`` in the arm's name, the mean over all arms that match.
        """
        of_split = (self.rows["split"] == split) & (self.rows["metric"] == metric)
        named = matching(arm, self.plan.arms if ":" not in arm else self.rows["arm"].unique())
        every = [self.rows.loc[of_split & (self.rows["arm"] == name), "value"].to_numpy() for name in named]
        return np.mean(every, axis=0) if len(every) > 1 else every[0] if every else np.array([])

    def side(self, words: str) -> Array:
        """One number per seed of ``arm.split.metric`` or ``arm.split.metric - arm.split.metric``; none if not there."""
        first, *taken = (self.values(*term.rsplit(".", 2)) for term in words.split(" - "))
        if not taken:
            return first
        return first - taken[0] if len(first) == len(taken[0]) else np.array([])

    def margin(self, claim: str) -> float | None:
        """The smallest effect that matters to a claim; None if it is not tested here."""
        return self.tests[claim].margin if claim in self.tests else None

    def histories(self, arm: str, name: str) -> list[Array]:
        """A number over epochs [value], for every seed; no arrays where the arm's training does not follow it."""
        outcomes = (self.outcome(arm, seed) for seed in self.plan.seeds)
        return [outcome.history[name] for outcome in outcomes if name in outcome.history]

    def epochs(self, arm: str, name: str) -> list[Array]:
        """The epochs, counted from 1, that the values of `histories` belong to [value], for every seed."""
        outcomes = [outcome for seed in self.plan.seeds if name in (outcome := self.outcome(arm, seed)).history]
        every = [np.arange(1, len(outcome.history[name]) + 1) for outcome in outcomes]
        if not name.startswith("val_"):
            return every
        return [o.history.get("val_epochs", all_) for o, all_ in zip(outcomes, every, strict=True)]

    def outcome(self, arm: str, seed: int) -> Outcome:
        """What the record of a replicate holds."""
        return self.records[arm].read(seed)

    def labels_and_scores(self, arm: str, split: str) -> tuple[Array, Array]:
        """Labels and scores [seed, row] of a split; of several models [seed, member, row].

        Diverged replicates are left out; both are empty where there is no such split.
        """
        outcomes = [self.outcome(arm, seed) for seed in self.kept(arm)]
        found = [outcome for outcome in outcomes if split in outcome.scores]
        labels, scores = (
            np.array([part[split] for part in parts])
            for parts in ([outcome.labels for outcome in found], [outcome.scores for outcome in found])
        )
        return labels, scores

    def predictions(self, arm: str, split: str) -> tuple[Array, Array, Array]:
        """Inputs [seed, row, feature], labels and scores [seed, row] of a split; of several models [seed, member, ...].

        Inputs are drawn again from the seed, as records don't hold them. Diverged replicates are left out; all three
        are empty where there is no such split.
        """
        labels, scores = self.labels_and_scores(arm, split)
        if not len(labels):
            return np.array([]), labels, scores
        members = [[splits[split].x for splits in self.splits(arm, seed)] for seed in self.kept(arm)]
        several = len(members[0]) > 1
        return np.array([np.stack(x) if several else x[0] for x in members]), labels, scores

    def splits(self, arm: str, seed: int) -> list[Splits]:
        """The rows of every model of a replicate, drawn again from the seed; references follow from them."""
        from mirage.training.replicate import drawn

        return drawn(self.plan.arms[arm], self.plan.about.vary, seed)

    def kept(self, arm: str) -> list[int]:
        """The seeds whose training of this arm did not diverge."""
        diverged = self.values(arm, "model", "diverged")
        return [seed for seed, gone in zip(self.plan.seeds, diverged, strict=True) if not gone]

    def table(self) -> pd.DataFrame:
        """Mean, sd and 95 % interval of every number over seeds."""
        from mirage.claims.summary import summarise

        return summarise(self.rows)

    def claims(self) -> pd.DataFrame:
        """The verdicts on the lesson's claims, as in claims.csv."""
        from mirage.claims.verdicts import COLUMNS

        return self.judged[COLUMNS]

    def figure(self) -> Figure:
        """The lesson's figure of this scenario."""
        if self.drawn_by is None:
            raise ValueError("figure: got results without panels, expected those of mirage.run or mirage.load")
        return self.drawn_by(self)


def tidy(plan: Plan, measured: Mapping[str, Mapping[int, Measured]]) -> pd.DataFrame:
    """Tidy rows with the columns `COLUMNS`, in the order of arms, then seeds.

    `measured` has the numbers of every arm and seed; arms and seeds that it lacks are left out.
    """
    import pandas as pd

    parts = []
    for arm in plan.arms:
        own = [(seed, measured[arm][seed]) for seed in plan.seeds if seed in measured.get(arm, {})]
        for names, alike in groupby(own, lambda one: one[1].names):
            seeds, numbers = zip(*alike, strict=True)
            part = {
                "scenario": plan.scenario,
                "arm": [f"{arm}:{reference}" if reference else arm for reference, _, _ in names] * len(seeds),
                "seed": np.repeat(seeds, len(names)),
                "split": [split for _, split, _ in names] * len(seeds),
                "metric": [metric for _, _, metric in names] * len(seeds),
                "value": np.concatenate([one.values for one in numbers]),
            }
            parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def judged(
    plan: Plan, rows: pd.DataFrame, claims: Sequence[Claim], ends: Mapping[str, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """Verdicts on a lesson's claims; those about what a changed run left out are left out too.

    `ends` are the smallest and the largest value of metrics that have both.
    """
    from mirage.claims.verdicts import judge, terms_in

    kind, known = plan.about.kind, terms_in(rows) if plan.changes else set()
    tests = tests_of(claims, kind)
    kept = [one for one in claims if one.id in tests and (not plan.changes or _possible(tests[one.id], known))]
    ratios = {name: _ratio(arm.data) for name, arm in plan.arms.items()} if kind == "real" else None
    return judge(kept, kind, plan.scenario, rows, plan.about.scope, ends, ratios)


def _possible(test: Test, known: set[Triple]) -> bool:
    """Whether all that a test reads is known, of every arm that a name with a star stands for."""
    arms = {arm for arm, _, _ in known}
    read = [[(name, *rest) for name in matching(arm, arms)] for arm, *rest in sides(test)]
    return all(names and known.issuperset(names) for names in read)


def _ratio(law: Law) -> float:
    """Test rows to training rows."""
    return law.held_out().get("test", 0) / float(getattr(law, "n_train", math.nan))


def results(
    plan: Plan,
    places: Mapping[str, Place],
    measured: Mapping[str, Mapping[int, Measured]],
    claims: Sequence[Claim] = (),
    ends: Mapping[str, tuple[float, float]] | None = None,
    drawn_by: Callable[[Results], Any] | None = None,
) -> Results:
    """The results of a plan.

    Parameters
    ----------
    places
        Where each arm's records are.
    measured
        The numbers of each arm and seed, as `mirage.metrics.rows.measure` gives them.
    claims
        Those of the plan's lesson; none where the scenario belongs to no lesson.
    ends
        The smallest and the largest value of metrics that have both.
    drawn_by
        What `Results.figure` draws with.
    """
    rows = tidy(plan, measured)
    tests = tests_of(claims, plan.about.kind)
    return Results(plan, rows, judged(plan, rows, claims, ends), tests, places, drawn_by)
