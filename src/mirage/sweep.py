"""A sweep as one experiment: what was swept, and every number against it, over seeds. From records only."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mirage import config, records, report
from mirage.summary import summarise

Settings = dict[str, str]


def settings_of(plan: config.Plan) -> Settings:
    """The overrides of a plan that are part of the experiment, by key."""
    return {key.lstrip("+"): value for key, _, value in (change.partition("=") for change in plan.changes)}


def swept(plans: Sequence[config.Plan]) -> list[str]:
    """The keys whose values differ among plans of one scenario, in the order they were typed."""
    every = [settings_of(plan) for plan in plans]
    keys = dict.fromkeys(key for settings in every for key in settings)
    return [key for key in keys if len({settings.get(key) for settings in every}) > 1]


def table(runs: Path, plans: Sequence[config.Plan]) -> pd.DataFrame:
    """Every number of every combination, summed up over its seeds.

    Returns
    -------
    DataFrame
        A column for each swept key (numbers where all its values are), then the columns of `summary.summarise`. A
        replicate that failed has no record and is left out.
    """
    keys = swept(plans)
    combinations: dict[tuple[str, ...], list[config.Plan]] = {}
    for plan in plans:
        combinations.setdefault(tuple(settings_of(plan).get(key, "") for key in keys), []).append(plan)
    parts = []
    for values, group in combinations.items():
        rows = [
            row
            for plan in group
            for arm in plan.arms
            for seed in plan.seeds
            if records.exists(runs, plan, arm, seed)
            for row in records.read_rows(runs, plan, arm, seed)
        ]
        part = summarise(pd.DataFrame(rows, columns=report.COLUMNS))
        for place, (key, value) in enumerate(zip(keys, values, strict=True)):
            part.insert(place, key, value)
        parts.append(part)
    whole = pd.concat(parts, ignore_index=True)
    for key in keys:
        numbers = pd.to_numeric(whole[key], errors="coerce")
        if numbers.notna().all():
            whole[key] = numbers
    return whole


def stem(results: Path, plans: Sequence[config.Plan]) -> Path:
    """Where the table and the figure of a sweep go, without their ending; told apart by all that was run."""
    decisive = "\n".join(f"{report.stem(results, plan, 'tables').name}" for plan in plans)
    name = "-".join([plans[0].scenario, "by", *(key.replace(".", "_") for key in swept(plans))])
    return results / "custom" / f"{name}-{hashlib.sha256(decisive.encode()).hexdigest()[:8]}"


def write(results: Path, plans: Sequence[config.Plan]) -> list[Path]:
    """Write the table and the figure of a sweep over one scenario; returns where they are."""
    place = stem(results, plans)
    found = table(results / "runs", plans)
    place.parent.mkdir(parents=True, exist_ok=True)
    records.write_text(place.with_suffix(".csv"), found.to_csv(index=False, float_format="%.9g", lineterminator="\n"))
    return [place.with_suffix(".csv")]
