"""Panels of named groups of columns, given in words of a claims file: scores with tested pairs tied, differences."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.claims.statistics import defined
from mirage.data.split import Array
from mirage.figures import marks
from mirage.figures.palette import INK, REFERENCE
from mirage.figures.panels import Panel, first_seed

TIE = 0.025  # height of a tie's ends, as a share of the panel's
TESTED = "tested pair"
UNIT = (-0.04, 1.04)  # limits of an axis of shares


class Column(NamedTuple):
    """A column of seeds: its tick, what is shown (``arm.split.metric`` or a difference of two), its colour and key."""

    tick: str
    words: str
    color: str
    key: str = ""
    """What the legend says of its colour, if anything."""


Groups = Sequence[tuple[str, Sequence[Column]]]  # each with what its bracket says


def columns(arm: str, split: str, metrics: Mapping[str, str], color: str) -> list[Column]:
    """Several numbers of one arm: `metrics` maps a tick to each."""
    return [Column(tick, f"{arm}.{split}.{metric}", color) for tick, metric in metrics.items()]


def scores(
    groups: Groups,
    ylabel: str,
    title: str,
    limits: tuple[float | None, float | None] = (None, None),
    log: bool = False,
    tested: Sequence[tuple[str, str]] = (),
    references: Sequence[str] | None = None,
) -> Panel:
    """Scores of every seed in groups, beside what the references score.

    Parameters
    ----------
    limits
        Where the axis of scores begins and ends; None leaves that to the scores.
    log
        Whether that axis is logarithmic, and means are geometric.
    tested
        Pairs of words: those columns are tied, as a claim compares them.
    references
        Those to be shown; without it all that the scenario has.
    """

    def draw(ax: Axes, results: Results) -> None:
        shown = _shown(groups, results)
        columns = [(column.tick, values, column.color) for _, of_group in shown for column, values in of_group]
        words = [column.words for _, of_group in shown for column, _ in of_group]
        names = results.plan.about.references if references is None else references
        beside = [_scored(names, one, results, log) for one in words]
        marks.scores(ax, columns, beside, first_seed(results), log)
        ax.margins(y=0.12 if tested else None)
        ax.set_ylim(*limits)
        _brackets(ax, shown)
        for left, right in tested:
            if left in words and right in words:
                first, last = sorted((words.index(left), words.index(right)))
                tie(ax, first + 0.1, last, np.concatenate([values for _, values, _ in columns[first : last + 1]]))
        ax.set(ylabel=ylabel, title=title)

    return draw


def differences(groups: Groups, ylabel: str, title: str, claims: Sequence[str] = ()) -> Panel:
    """Each seed's differences in groups, with zero and what would be too small to matter to the claim of each group."""

    def draw(ax: Axes, results: Results) -> None:
        shown = _shown(groups, results)
        margins = {label: results.margin(claim) for (label, _), claim in zip(groups, claims, strict=False)}
        columns = [
            (column.tick, values, column.color, margins.get(label))
            for label, of_group in shown
            for column, values in of_group
        ]
        marks.differences(ax, columns)
        _brackets(ax, shown)
        ax.set(ylabel=ylabel, title=title)

    return draw


def _shown(groups: Groups, results: Results) -> list[tuple[str, list[tuple[Column, Array]]]]:
    """The groups with the values [seed] of their columns; without those that the results lack."""
    found = [(label, [(one, results.side(one.words)) for one in columns]) for label, columns in groups]
    found = [(label, [(one, values) for one, values in of_group if len(values)]) for label, of_group in found]
    return [one for one in found if one[1]]


def _scored(references: Sequence[str], words: str, results: Results, log: bool) -> dict[str, float]:
    """What the references score where a column shows one number, by name."""
    if " - " in words:
        return {}
    arm, split, metric = words.rsplit(".", 2)
    found = {name: results.values(f"{arm}:{name}", split, metric) for name in references}
    return {name: marks.middle(v, log) for name, v in found.items() if np.isfinite(v).any()}


def _brackets(ax: Axes, shown: Sequence[tuple[str, Sequence[tuple[Column, Array]]]]) -> None:
    """What each group is called, beneath its columns, in their colour if it is one; and the keys of colours."""
    named, first = [], 0
    for label, of_group in shown:
        colors = {column.color for column, _ in of_group}
        named.append((first, first + len(of_group) - 1, label, colors.pop() if len(colors) == 1 else REFERENCE))
        first += len(of_group)
    columns = [column for _, of_group in shown for column, _ in of_group]
    marks.beneath(ax, named, 1 + max((column.tick.count("\n") for column in columns), default=0))
    for color, key in dict.fromkeys((one.color, one.key) for one in columns if one.key):
        ax.plot([], [], "o", color=color, label=key)


def tie(ax: Axes, first: float, last: float, values: Array) -> None:
    """A line from one x to another, above these values: what stands at its ends is compared by a claim."""
    seen = defined(values)
    if not len(seen):
        return
    ax.get_ylim()  # settles the axis before places on it are asked for
    highest = (ax.transScale + ax.transLimits).transform((ax.get_xlim()[1], seen.max()))[1]
    low, high = highest + 0.03, highest + 0.03 + TIE
    style: dict[str, Any] = {"color": INK, "linewidth": 1.3, "clip_on": False, "transform": ax.get_xaxis_transform()}
    label = "_nolegend_" if any(line.get_label() == TESTED for line in ax.get_lines()) else TESTED
    ax.plot([first, first, last, last], [low, high, high, low], label=label, **style)
