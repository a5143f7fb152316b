"""Results to CSV files: a scenario's summary, every number of all canonical scenarios, fingerprints and verdicts."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mirage.claims.results import Results
from mirage.claims.summary import summarise
from mirage.claims.verdicts import COLUMNS
from mirage.records.files import locked, write_text
from mirage.records.identity import fingerprint

if TYPE_CHECKING:
    from mirage.config.plan import Plan

WHOLE = {"article": "Int64", "example": "Int64", "n": "Int64"}  # columns of claims.csv that may be empty


def stem(results: Path, plan: "Plan", kind: str) -> Path:
    """Where a plan's table or figure goes, without its ending.

    `kind` is tables or figures. Canonical ones lie under that name; all others under custom, told apart by their seeds
    and, where settings were changed, a hash of what decides the numbers.
    """
    if plan.canonical:
        return results / kind / ((kind == "figures" and plan.about.lesson) or plan.scenario)
    first, last = plan.seeds[0], plan.seeds[-1]
    name = f"{plan.scenario}-seed-{first}" if first == last else f"{plan.scenario}-seeds-{first}-{last}"
    if plan.changes:
        decided = [f"{arm}:{mark}:{plan.arms[arm].decision!r}" for _, arm, mark in fingerprints(plan)]
        measured = [repr((list(plan.about.metrics), list(plan.about.references)))]
        name += "-" + hashlib.sha256(",".join(decided + measured).encode()).hexdigest()[:8]
    return results / "custom" / name


def fingerprints(plan: "Plan") -> list[tuple[str, str, str]]:
    """Scenario, arm and fingerprint of the records that a plan's tables and figures are made from."""
    vary, device = plan.about.vary, plan.request.device
    return [(plan.scenario, arm, fingerprint(settings, vary, device)) for arm, settings in plan.arms.items()]


def as_csv(table: pd.DataFrame) -> str:
    """A table as text: nine significant digits, the same bytes for the same numbers."""
    return table.to_csv(index=False, float_format="%.9g", lineterminator="\n")


def write_tables(results: Path, loaded: Results, scenarios: Iterable[str]) -> Path:
    """Write a plan's summary; a canonical one's rows also go into metrics.csv, beside those of the other scenarios.

    So do the fingerprints of its records, into fingerprints.csv; in another plan's table they are its last column.
    `scenarios` are those that there are: rows of any other are dropped.
    """
    plan = loaded.plan
    without = stem(results, plan, "tables")
    place = without.with_name(f"{without.name}.csv")
    summary = summarise(loaded.rows)
    marks = pd.DataFrame(fingerprints(plan), columns=["scenario", "arm", "fingerprint"])
    if not plan.canonical:
        arms = summary["arm"].str.partition(":")[0]  # a reference goes by the records of its arm
        summary["fingerprint"] = arms.map(marks.set_index("arm")["fingerprint"])
    write_text(place, as_csv(summary))
    if plan.canonical:
        with locked(results / "tables"):
            for name, rows in (("metrics.csv", loaded.rows), ("fingerprints.csv", marks)):
                _put(results / "tables" / name, plan.scenario, as_csv(rows), scenarios)
    return place


def _put(every: Path, scenario: str, text: str, scenarios: Iterable[str]) -> None:
    """Put a scenario's rows into a table of all scenarios, sorted by name, in place of those it has there."""
    header, *rows = text.splitlines()
    parts = {scenario: rows}
    # As text: reading and writing all numbers again would take longer than making them.
    known = every.read_text(encoding="utf-8").splitlines() if every.exists() else []
    kept = set(scenarios) - {scenario} if known[:1] == [header] else set()
    for line in known[1:]:
        if (name := line.partition(",")[0]) in kept:
            parts.setdefault(name, []).append(line)
    write_text(every, "\n".join([header, *(line for _, lines in sorted(parts.items()) for line in lines), ""]))


def write_claims(results: Path, loaded: Results, lessons: Iterable[str]) -> Path:
    """Put a canonical run's verdicts into claims.csv, beside those of the other lessons that still exist."""
    place, judged = results / "tables" / "claims.csv", loaded.judged[COLUMNS]
    with locked(place.parent):
        if place.exists():
            known = pd.read_csv(place, dtype=WHOLE, encoding="utf-8")
            same = known["lesson"].isin(set(judged["lesson"])) & known["kind"].isin(set(judged["kind"]))
            kept = known[~same & known["lesson"].isin(list(lessons))]
            judged = pd.concat([kept, judged]) if len(kept) else judged
        write_text(place, as_csv(judged.sort_values(["lesson", "kind"], kind="stable")))
    return place
