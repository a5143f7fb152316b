"""Records to tables and figures. Nothing is trained here."""

import ast
import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirage import claims, config, records
from mirage.records import Array
from mirage.summary import summarise

YES_NO = ("probe_flips",)  # numbers that are 0 or 1 in every replicate
FIGURE_ENDINGS = ("png", "svg")
DRAWING_CODE = ("plots.py", "figures.py", "report.py", "references.py", "summary.py", "mirage.mplstyle")
COLUMNS = ["scenario", "arm", "seed", "split", "metric", "value"]


@dataclasses.dataclass(frozen=True)
class Results:
    """Everything that a lesson draws from: the plan, its seeds, the tidy rows, and the records behind them."""

    plan: config.Plan
    runs: Path
    rows: pd.DataFrame
    judged: pd.DataFrame
    tests: Mapping[str, claims.Test]
    """How each claim that can be tested is tested."""

    def values(self, arm: str, split: str, metric: str) -> Array:
        """One number per seed, in the order of seeds; NaN where undefined."""
        chosen = (self.rows["arm"] == arm) & (self.rows["split"] == split) & (self.rows["metric"] == metric)
        return self.rows.loc[chosen, "value"].to_numpy()

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
        """A number over epochs [epoch], for every seed."""
        return [records.read_history(self.runs, self.plan, arm, seed)[name] for seed in self.plan.seeds]

    def predictions(self, arm: str, split: str) -> tuple[Array, Array, Array]:
        """Inputs [seed, row, feature], truth and predictions [seed, row] of a split, without diverged replicates."""
        kept = [s for s, gone in zip(self.plan.seeds, self.values(arm, "model", "diverged"), strict=True) if not gone]
        arrays = [records.read_predictions(self.runs, self.plan, arm, seed) for seed in kept]
        x, y, predicted = (np.array([a[f"{split}_{part}"] for a in arrays]) for part in ("x", "y", "predicted"))
        return x, y, predicted


def load(runs: Path, plan: config.Plan, stated: Sequence[claims.Claim]) -> Results:
    """Read the records of all arms and seeds of a plan, and judge its lesson's claims by them."""
    read = [row for arm in plan.arms for seed in plan.seeds for row in records.read_rows(runs, plan, arm, seed)]
    rows = pd.DataFrame(read, columns=COLUMNS)
    tests = {claim.id: test for claim in stated if isinstance(test := claim.test(plan.kind), claims.Test)}
    return Results(plan, runs, rows, _judge(stated, plan, rows), tests)


def stem(results: Path, plan: config.Plan, kind: str) -> Path:
    """Where a plan's table or figure goes, without its ending.

    `kind` is tables or figures. Canonical ones lie under that name; all others under custom, told apart by their seeds
    and, where settings were changed, a hash of what decides the numbers.
    """
    if plan.canonical:
        return results / kind / (plan.scenario if kind == "tables" else plan.lesson)
    first, last = plan.seeds[0], plan.seeds[-1]
    name = f"{plan.scenario}-seed-{first}" if first == last else f"{plan.scenario}-seeds-{first}-{last}"
    if plan.changes:
        decisive = ",".join(f"{arm}:{records.fingerprint(plan, arm)}" for arm in plan.arms)
        name += "-" + hashlib.sha256(decisive.encode()).hexdigest()[:8]
    return results / "custom" / name


def _judge(stated: Sequence[claims.Claim], plan: config.Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Verdicts on a lesson's claims; those about what a changed run left out are left out too."""
    known = set(zip(rows["arm"], rows["split"], rows["metric"], strict=True))

    def there(claim: claims.Claim) -> bool:
        test = claim.test(plan.kind)
        return isinstance(test, claims.Untestable) or set(claims.sides(test)) <= known

    kept = [claim for claim in stated if not plan.changes or there(claim)]
    return claims.judge(kept, plan.kind, rows, plan.scope, YES_NO)


def fingerprints(plan: config.Plan) -> list[tuple[str, str, str]]:
    """Scenario, arm and fingerprint of the records that a plan's tables and figures are made from."""
    return [(plan.scenario, arm, records.fingerprint(plan, arm)) for arm in plan.arms]


def source(plans: Iterable[config.Plan]) -> str:
    """What a figure carries in its file: the records it was drawn from."""
    marks = dict.fromkeys(f"{name}, {arm}: {mark}" for plan in plans for name, arm, mark in fingerprints(plan))
    return f"Drawn from the records {'; '.join(marks)}"


def write_tables(results: Path, loaded: Results, scenarios: Iterable[str]) -> Path:
    """Write a plan's summary; a canonical one's rows also go into metrics.csv, beside those of the other scenarios.

    So do the fingerprints of its records, into fingerprints.csv; in another plan's table they are its last column.
    """
    place = stem(results, loaded.plan, "tables").with_suffix(".csv")
    place.parent.mkdir(parents=True, exist_ok=True)
    summary = summarise(loaded.rows)
    own = pd.DataFrame(fingerprints(loaded.plan), columns=["scenario", "arm", "fingerprint"])
    if not loaded.plan.canonical:
        arms = summary["arm"].str.partition(":")[0]  # a reference goes by the records of its arm
        summary["fingerprint"] = arms.map(own.set_index("arm")["fingerprint"])
    records.write_text(place, _csv(summary))
    if loaded.plan.canonical:
        with records.locked(results / "tables"):
            for name, rows in (("metrics.csv", loaded.rows), ("fingerprints.csv", own)):
                _put(results / "tables" / name, loaded.plan.scenario, _csv(rows), scenarios)
    return place


def _put(every: Path, scenario: str, text: str, scenarios: Iterable[str]) -> None:
    """Put a scenario's rows into a table of all scenarios, sorted by name, in place of those it has there."""
    header, *own = text.splitlines()
    parts = {scenario: own}
    # As text: reading and writing all numbers again would take longer than making them.
    known = every.read_text().splitlines() if every.exists() else []
    kept = set(scenarios) - {scenario} if known[:1] == [header] else set()
    for line in known[1:]:
        if (name := line.partition(",")[0]) in kept:
            parts.setdefault(name, []).append(line)
    records.write_text(every, "\n".join([header, *(line for _, lines in sorted(parts.items()) for line in lines), ""]))


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, float_format="%.9g", lineterminator="\n")


def write_claims(results: Path, loaded: Results, lessons: Iterable[str]) -> Path:
    """Put a canonical run's verdicts into claims.csv, beside those of the other lessons that still exist."""
    place, judged = results / "tables" / "claims.csv", loaded.judged[claims.COLUMNS]
    with records.locked(place.parent):
        if place.exists():
            known = pd.read_csv(place, dtype={"article": "Int64", "example": "Int64", "n": "Int64"})
            same = known["lesson"].isin(set(judged["lesson"])) & known["kind"].isin(set(judged["kind"]))
            kept = known[~same & known["lesson"].isin(list(lessons))]
            judged = pd.concat([kept, judged]) if len(kept) else judged
        records.write_text(place, _csv(judged.sort_values(["lesson", "kind"], kind="stable")))
    return place


def figure_files(results: Path, plan: config.Plan) -> list[Path]:
    """The files of a plan's figure."""
    place = stem(results, plan, "figures")
    return [place.with_name(f"{place.name}.{ending}") for ending in FIGURE_ENDINGS]


def _code(lesson: Path) -> str:
    """What a lesson's file draws: its code and the question it opens with, not the rest of its text."""
    tree = ast.parse(lesson.read_text())
    text = ast.get_docstring(tree)
    return "\n".join([(text or "").partition("\n")[0], *map(ast.unparse, tree.body[text is not None :])])


def _drawing(halves: Sequence[Results], lesson: Path) -> str:
    """A hash of all that a figure follows from: records, claims, plans, the lesson and the code that draws."""
    digest = hashlib.sha256()
    for name in DRAWING_CODE:
        digest.update(Path(__file__).with_name(name).read_bytes())
    digest.update(_code(lesson).encode())
    for half in halves:
        plan = half.plan
        digest.update(half.rows.to_csv(index=False).encode() + half.judged.to_csv(index=False).encode())
        for arm in plan.arms:
            digest.update(f"{arm}:{records.fingerprint(plan, arm)}".encode())
        shown = dataclasses.replace(plan, force=False, steps=(), results_dir=None)
        digest.update(repr((shown, sorted((name, str(test)) for name, test in half.tests.items()))).encode())
    return digest.hexdigest()


def _stamp(results: Path, halves: Sequence[Results], lesson: Path) -> tuple[Path, str]:
    """The file that says what a figure was drawn from, and what it should say."""
    first = halves[0]
    drawn = figure_files(results, first.plan)
    contents = [hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "" for file in drawn]
    place = first.runs / first.plan.scenario / f"{stem(results, first.plan, 'figures').name}.drawn"
    return place, "\n".join([_drawing(halves, lesson), *contents]) + "\n"


def up_to_date(results: Path, halves: Sequence[Results], lesson: Path) -> bool:
    """Whether a lesson's figure is there as it was drawn, from the present records by the present code."""
    place, expected = _stamp(results, halves, lesson)
    return place.exists() and place.read_text() == expected


def write_figure(
    results: Path, halves: Sequence[Results], lesson: Path, draw: Callable[[Sequence[Results]], Any]
) -> None:
    """Draw a lesson's figure from the records of its scenarios and write it as PNG and SVG."""
    from mirage import plots  # Matplotlib, which a run whose figure is up to date does not need

    figure = draw(halves)
    for place in figure_files(results, halves[0].plan):
        plots.save(figure, place, source([half.plan for half in halves]))
    records.write_text(*_stamp(results, halves, lesson))
