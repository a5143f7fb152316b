"""A sweep as one experiment: what was swept, and every number against it, over seeds. From records only."""

import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mirage import config, records, report
from mirage.summary import summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Settings = dict[str, str]

PANELS = 3  # metrics drawn: the first ones that the scenario shows
WIDTH, HEIGHT = 6.5, 6.5  # inches of a panel
SPREAD = 20  # the axis is logarithmic where the largest value is that many times the smallest
DRAWN = ("train", "validation", "test", "test_shifted", "test_balanced", "test_broken")


def settings_of(plan: config.Plan) -> Settings:
    """The overrides of a plan that are part of the experiment, by key."""
    return {key.lstrip("+"): value for key, _, value in (change.partition("=") for change in plan.changes)}


def swept(plans: Sequence[config.Plan]) -> list[str]:
    """The keys whose values differ among plans of one scenario, in the order they were typed."""
    every = [settings_of(plan) for plan in plans]
    keys = dict.fromkeys(key for settings in every for key in settings)
    return [key for key in keys if len({settings.get(key) for settings in every}) > 1]


def rows(runs: Path, plans: Sequence[config.Plan]) -> pd.DataFrame:
    """The tidy rows of all plans, after a column for each swept key (numbers where all its values are).

    The last column is the fingerprint of the record. A replicate that failed has no record and is left out.
    """
    keys = swept(plans)
    read = [
        (*values, *row, mark)
        for plan in plans
        for values in [[settings_of(plan).get(key, "") for key in keys]]
        for _, arm, mark in report.fingerprints(plan)
        for seed in plan.seeds
        if records.exists(runs, plan, arm, seed)
        for row in records.read_rows(runs, plan, arm, seed)
    ]
    tidy = pd.DataFrame(read, columns=[*keys, *report.COLUMNS, "fingerprint"])
    for key in keys:
        numbers = pd.to_numeric(tidy[key], errors="coerce")
        if numbers.notna().all():
            tidy[key] = numbers
    return tidy


def table(tidy: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Every combination summed up over seeds: the swept keys, the columns of `summarise`, the records' fingerprint."""
    parts = []
    for values, group in tidy.groupby(keys, sort=False):
        part = summarise(group)
        known = group.drop_duplicates("arm").set_index("arm")["fingerprint"]
        part["fingerprint"] = part["arm"].map(known)
        for place, (key, value) in enumerate(zip(keys, values, strict=True)):
            part.insert(place, key, [value] * len(part))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def figure(tidy: pd.DataFrame, keys: list[str], plan: config.Plan) -> "Figure":
    """The first metrics that the scenario shows against what was swept: lines for one setting, grids for two or more.

    Of more than two settings the first two are drawn, all others averaged over: the table has them apart.
    """
    from mirage import plots

    shown = [metric for metric in plan.show if (tidy["metric"] == metric).any()][:PANELS]
    fig = plots.new_figure(WIDTH * len(shown), HEIGHT)
    splits = [str(s) for s in tidy["split"].unique() if s in DRAWN]
    for ax, metric in zip(np.atleast_1d(fig.subplots(1, len(shown))), shown, strict=True):
        of_metric = tidy[tidy["metric"] == metric]
        if len(keys) == 1:
            _lines(ax, of_metric, keys[0], list(plan.arms), splits)
        else:
            _grid(ax, of_metric, keys[:2], list(plan.arms)[-1], splits[-1])
        ax.set_title(f"{metric.replace('_', ' ')}{'' if len(keys) == 1 else f', {splits[-1]}'}")
    plots.legend_below(fig, 4)
    seeds = tidy["seed"].nunique()
    interval = ", mean ± half its 95 % interval" if len(keys) > 1 and seeds > 1 else ""
    fig.suptitle(f"{plan.title} ({seeds} seed{'s' * (seeds > 1)}{interval})")
    return fig


def _lines(ax: "Axes", tidy: pd.DataFrame, key: str, arms: list[str], splits: list[str]) -> None:
    from mirage import plots

    values = list(dict.fromkeys(tidy[key]))
    numeric = pd.api.types.is_numeric_dtype(tidy[key])
    places = sorted(values) if numeric else values
    x = places if numeric else list(range(len(places)))
    colours = (plots.TREATED, plots.UNTREATED, plots.OTHER, *plots.FURTHER)
    for arm, color in zip(reversed(arms), itertools.cycle(colours)):  # noqa: B905  # the arm under study is the last
        for split, style in zip(splits, ("s:", "o-", "^--", "v-."), strict=False):
            own = tidy[(tidy["arm"] == arm) & (tidy["split"] == split)]
            over_seeds = [own.loc[own[key] == place, "value"].to_numpy() for place in places]
            if any(len(found) for found in over_seeds):
                plots.sweep(ax, x, over_seeds, color, f"{arm}, {split}" if len(arms) > 1 else split, style)
    if numeric and min(places) > 0 and max(places) >= SPREAD * min(places):
        ax.set_xscale("log")
    if not numeric:
        ax.set_xticks(x, places)
    ax.set_xlabel(key)


def _grid(ax: "Axes", tidy: pd.DataFrame, keys: list[str], arm: str, split: str) -> None:
    from mirage import plots

    own = tidy[(tidy["arm"] == arm) & (tidy["split"] == split)]
    places = [sorted(own[key].unique()) for key in keys]
    over_seeds = [
        [own.loc[(own[keys[0]] == a) & (own[keys[1]] == b), "value"].dropna().to_numpy() for a in places[0]]
        for b in places[1]
    ]
    plots.grid(ax, over_seeds)
    ax.set_xticks(range(len(places[0])), [f"{v:g}" if isinstance(v, float) else str(v) for v in places[0]])
    ax.set_yticks(range(len(places[1])), [f"{v:g}" if isinstance(v, float) else str(v) for v in places[1]])
    ax.set(xlabel=keys[0], ylabel=keys[1])


def stem(results: Path, plans: Sequence[config.Plan]) -> Path:
    """Where the table and the figure of a sweep go, without their ending; told apart by all that was run."""
    decisive = "\n".join(f"{report.stem(results, plan, 'tables').name}" for plan in plans)
    name = "-".join([plans[0].scenario, "by", *(key.replace(".", "_") for key in swept(plans))])
    return results / "custom" / f"{name}-{hashlib.sha256(decisive.encode()).hexdigest()[:8]}"


def write(results: Path, plans: Sequence[config.Plan]) -> list[Path]:
    """Write the table and the figure of a sweep over one scenario; returns where they are."""
    from mirage import plots

    place, keys = stem(results, plans), swept(plans)
    tidy = rows(results / "runs", plans)
    place.parent.mkdir(parents=True, exist_ok=True)
    written = [place.with_name(f"{place.name}.csv")]
    text = table(tidy, keys).to_csv(index=False, float_format="%.9g", lineterminator="\n")
    records.write_text(written[0], text)
    if "figures" in plans[0].steps:
        drawn = figure(tidy, keys, plans[0])
        for ending in report.FIGURE_ENDINGS:
            written.append(place.with_name(f"{place.name}.{ending}"))
            plots.save(drawn, written[-1], report.source(plans))
    return written
