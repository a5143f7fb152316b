"""The figure of a sweep: a scenario's first metrics against what was swept, over seeds."""

import itertools
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import marks, palette, style

if TYPE_CHECKING:
    from mirage.config.plan import Plan

PANELS = 3  # metrics drawn: the first ones that the scenario shows
WIDTH, HEIGHT = 6.5, 6.5  # inches of a panel
LETTERS = 50  # of a title over one panel
SPREAD = 20  # the axis is logarithmic where the largest value is that many times the smallest
STYLES = ("s:", "o-", "^--", "v-.")  # one a split


def compose(tidy: pd.DataFrame, keys: Sequence[str], plan: "Plan", splits: Sequence[str]) -> Figure:
    """The first metrics that the scenario shows against what was swept: lines for one setting, grids for two or more.

    Of more than two settings the first two are drawn, all others averaged over: the table has them apart. Where not
    every combination was run, each that was is a place on one axis.

    Parameters
    ----------
    tidy
        A column for each of `keys`, then tidy rows.
    plan
        Any of the sweep's.
    splits
        Those to draw, in order; a grid shows the last.
    """
    if len(keys) > 1 and not _whole(tidy, keys):
        tidy, keys = _listed(tidy, keys)
    with style.look():
        figure = _compose(tidy, keys, plan, splits)
        style.settle(figure)
    return figure


def _compose(tidy: pd.DataFrame, keys: Sequence[str], plan: "Plan", splits: Sequence[str]) -> Figure:
    shown = [metric for metric in plan.about.show if (tidy["metric"] == metric).any()][:PANELS]
    figure = style.new_figure(WIDTH * len(shown), HEIGHT)
    for ax, metric in zip(np.atleast_1d(figure.subplots(1, len(shown))), shown, strict=True):
        of_metric = tidy[tidy["metric"] == metric]
        if len(keys) == 1:
            _lines(ax, of_metric, keys[0], list(plan.arms), splits)
        else:
            _grid(ax, of_metric, keys[:2], list(plan.arms)[-1], splits[-1])
        ax.set_title(f"{metric.replace('_', ' ')}{'' if len(keys) == 1 else f', {splits[-1]}'}")
    marks.legend_below(figure, 4)
    seeds = tidy["seed"].nunique()
    interval = ", mean ± half its 95 % interval" if len(keys) > 1 and seeds > 1 else ""
    title = f"{plan.about.title} ({seeds} seed{'s' * (seeds > 1)}{interval})"
    figure.suptitle(textwrap.fill(title, LETTERS * len(shown)))
    return figure


def _whole(tidy: pd.DataFrame, keys: Sequence[str]) -> bool:
    """Whether every combination of the swept values was run."""
    return len(tidy[list(keys)].drop_duplicates()) == math.prod(tidy[key].nunique() for key in keys)


def _listed(tidy: pd.DataFrame, keys: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The swept settings as one column of texts, a line a setting."""
    texts = tidy[list(keys)].astype(str).agg("\n".join, axis=1)
    name = "\n".join(keys)
    return tidy.assign(**{name: texts}), [name]


def _lines(ax: Axes, tidy: pd.DataFrame, key: str, arms: list[str], splits: Sequence[str]) -> None:
    values = list(dict.fromkeys(tidy[key]))
    numeric = pd.api.types.is_numeric_dtype(tidy[key])
    places = sorted(values) if numeric else values
    x = places if numeric else list(range(len(places)))
    colours = (palette.TREATED, palette.UNTREATED, palette.OTHER, *palette.FURTHER)
    for arm, color in zip(reversed(arms), itertools.cycle(colours), strict=False):  # the arm under study is the last
        for split, line in zip(splits, STYLES, strict=False):
            rows = tidy[(tidy["arm"] == arm) & (tidy["split"] == split)]
            over_seeds = [rows.loc[rows[key] == place, "value"].to_numpy() for place in places]
            if any(len(seeds) for seeds in over_seeds):
                marks.sweep(ax, x, over_seeds, color, f"{arm}, {split}" if len(arms) > 1 else split, line)
    if numeric and min(places) > 0 and max(places) >= SPREAD * min(places):
        ax.set_xscale("log")
    if not numeric:
        ax.set_xticks(x, places)
    ax.set_xlabel(key)


def _grid(ax: Axes, tidy: pd.DataFrame, keys: Sequence[str], arm: str, split: str) -> None:
    rows = tidy[(tidy["arm"] == arm) & (tidy["split"] == split)]
    across, up = (sorted(rows[key].unique()) for key in keys)
    over_seeds = [
        [rows.loc[(rows[keys[0]] == a) & (rows[keys[1]] == b), "value"].dropna().to_numpy() for a in across] for b in up
    ]
    if not over_seeds:
        return
    marks.grid(ax, over_seeds)
    ax.set_xticks(range(len(across)), [f"{v:g}" if isinstance(v, float) else str(v) for v in across])
    ax.set_yticks(range(len(up)), [f"{v:g}" if isinstance(v, float) else str(v) for v in up])
    ax.set(xlabel=keys[0], ylabel=keys[1])
