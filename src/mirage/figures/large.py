"""Panels that can be read from the last row: few columns or lines, their means written beside them, no legend."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from mirage.claims.results import Results
from mirage.claims.statistics import defined, interval
from mirage.data.split import Array
from mirage.figures.compared import Column, Groups
from mirage.figures.palette import INK, REFERENCE, reference_style
from mirage.figures.panels import NOWHERE, Line, Panel, mean_of
from mirage.figures.style import logarithmic

HALF = 0.3  # half the width of a mean's bar, in columns
BETWEEN = 0.4  # columns left free between groups
ROOM = 0.15  # share of the axis kept free above the highest seed, for what is written there
APART = 0.085  # share of the axis that a line of a name takes
NUMBER = 0.11  # share of the axis that a mean above seeds takes
LETTERS = 72  # across all columns of a picture
PERCENT = "{:.0%}"
HALO = [withStroke(linewidth=5, foreground="white")]


def columns(
    groups: Groups,
    ylabel: str,
    written: str = "{:.3g}",
    limits: tuple[float | None, float | None] = (None, None),
    reference: str | None = None,
) -> Panel:
    """A column of seeds for each number: a dot a seed, the mean as a bar and written above, its 95 % interval as a box.

    Parameters
    ----------
    groups
        As in `mirage.figures.compared`; what a group is called stands above its columns.
    written
        How a mean is written; the axis has per cent where this has.
    limits
        Where the axis begins and ends; None leaves that to the seeds.
    reference
        What is shown beside each column that has it, as a grey line, named once.
    """

    def draw(ax: Axes, results: Results) -> None:
        at = 0.0
        shown: list[_Shown] = []
        for name, of_group in groups:
            own = [(column, defined(results.side(column.words))) for column in of_group]
            placed = [_Shown(at + i, *one) for i, one in enumerate(one for one in own if len(one[1]))]
            if placed:
                _head(ax, name, placed)
                at = placed[-1].at + 1 + BETWEEN
            shown += placed
        levels = {one.at: _level(one.column.words, results, reference) for one in shown}
        for one in shown:
            _seeds(ax, one, written)
        _ticks(ax, shown, len(results.plan.seeds))
        seen = np.concatenate([[], *(one.values for one in shown)])
        beside = np.array([level for level in levels.values() if np.isfinite(level)])
        _scale(ax, seen, limits, written, beside)
        if reference:
            _reference(ax, shown, levels, "\n".join(textwrap.wrap(reference_style(reference)[0], 14)))
        ax.set_ylabel(ylabel)

    return draw


def lines(
    shown: Mapping[str, Line],
    xlabel: str,
    ylabel: str,
    written: str = "{:.3g}",
    ticks: Callable[[float], str] = "{:g}".format,
    log: str = "x",
    limits: tuple[float | None, float | None] = (None, None),
) -> Panel:
    """Numbers of two arms against what was varied: a dot a seed, means with 95 % intervals, each line named at its end.

    Where one line lies above the other its means are written above, those of the other below. A grey line is a
    reference's. The parameters are those of `columns` and of `mirage.figures.panels.sweep`; the means on a logarithmic
    axis are arithmetic.
    """

    def draw(ax: Axes, results: Results) -> None:
        found: dict[str, dict[float, Array]] = {}
        for label, line in shown.items():
            over = {x: defined(results.values(arm, line.split, line.metric)) for arm, x in line.arms.items()}
            if any(map(len, over.values())):
                found[label] = {x: values for x, values in sorted(over.items()) if len(values)}
        for label, over in found.items():
            _line(ax, over, shown[label], "x" in log)
        at = sorted({x for over in found.values() for x in over})
        if at and "x" in log:
            ax.set_xscale("log")
        if at and "y" in log:
            logarithmic(ax)
        seen = np.concatenate([[], *(np.asarray(line.get_ydata(), float) for line in ax.get_lines())])
        _scale(ax, seen, limits, written)
        ax.margins(x=0.12)
        ax.set_xticks(at, [ticks(x) for x in at])
        ax.set_xticks([], minor=True)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        means = {label: {x: mean_of(values) for x, values in over.items()} for label, over in found.items()}
        _write(ax, means, {label: shown[label].color for label in found}, written)
        _name(ax, [(of_line[max(of_line)], label, shown[label].color) for label, of_line in means.items()])

    return draw


class _Shown(NamedTuple):
    """A column, where it stands, and its values [seed]."""

    at: float
    column: Column
    values: Array


def _spread(n: int) -> Array:
    """Where the dots of so many seeds lie, -1 to 1: in a fixed way, so that a figure is reproducible."""
    return ((np.arange(n) * 7) % 11) / 5 - 1


def _seeds(ax: Axes, one: _Shown, written: str) -> None:
    """A column: dots, the mean as a bar in a box that is its interval, and the mean in words above."""
    at, (_, _, color, _), values = one
    spread = at + 0.6 * HALF * _spread(len(values))
    ax.plot(spread, values, "o", color=color, alpha=0.4, markersize=10, markeredgewidth=0, label="_seeds")
    mean = mean_of(values)
    if len(values) > 1:
        low, high = interval(values)
        ax.add_patch(Rectangle((at - HALF, low), 2 * HALF, high - low, color=INK, alpha=0.35, linewidth=0, zorder=3))
    ax.plot([at - HALF, at + HALF], [mean, mean], color=INK, linewidth=4.5, zorder=4, label="_mean")
    ax.annotate(
        written.format(mean), (at, values.max()), (0, 8), textcoords="offset points", ha="center", va="bottom",
        fontsize=24, weight="bold", color=INK, path_effects=HALO, zorder=6,
    )  # fmt: skip


def _head(ax: Axes, name: str, group: Sequence[_Shown]) -> None:
    """What a group is called, above its columns, in their colour if it is one."""
    colors = {one.column.color for one in group}
    color = colors.pop() if len(colors) == 1 else INK
    middle = (group[0].at + group[-1].at) / 2
    ax.text(middle, 1.01, name, color=color, transform=ax.get_xaxis_transform(), ha="center", va="bottom")


def _ticks(ax: Axes, shown: Sequence[_Shown], seeds: int) -> None:
    """What the columns are, and where seeds are left out, of how many; all in as many lines."""
    some = [f"\n{len(one.values)} of {seeds} seeds" if len(one.values) < seeds else "" for one in shown]
    named = [one.column.tick + more for one, more in zip(shown, some, strict=True)]
    most = max((name.count("\n") for name in named), default=0)
    ax.set_xticks([one.at for one in shown], [name + "\n" * (most - name.count("\n")) for name in named])
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.6, max((one.at for one in shown), default=0.0) + 0.6)


def _level(words: str, results: Results, reference: str | None) -> float:
    """What a reference scores beside a column; NaN if there is none."""
    if reference is None or " - " in words:
        return np.nan
    arm, split, metric = words.rsplit(".", 2)
    return mean_of(results.values(f"{arm}:{reference}", split, metric))


def _reference(ax: Axes, shown: Sequence[_Shown], levels: Mapping[float, float], name: str) -> None:
    """Grey lines over columns, named once: where, above or below a line, most room is left."""
    known = [one.at for one in shown if np.isfinite(levels[one.at])]
    for at in known:
        ax.plot([at - 0.45, at + 0.45], [levels[at]] * 2, "--", color=REFERENCE, linewidth=3.5, zorder=5)
    if not known:
        return
    letters = LETTERS / len(ax.figure.axes) / len(shown)
    lines = textwrap.wrap(name, max(13, int(letters)))
    beside = float(max(map(len, lines)) > letters)  # the name reaches into the columns beside its own
    _, above, at = max((_room(ax, shown, levels, at, above, beside), above, -at) for at in known for above in (0, 1))
    side = "left" if -at == shown[0].at else "right" if -at == shown[-1].at else "center"
    ax.annotate(
        "\n".join(lines), (-at + {"left": -0.45, "right": 0.45, "center": 0}[side], levels[-at]), (0, 14 * above - 7),
        textcoords="offset points", color=REFERENCE, ha=side, va="bottom" if above else "top", linespacing=1,
        path_effects=HALO, zorder=5,
    )  # fmt: skip


def _room(
    ax: Axes, shown: Sequence[_Shown], levels: Mapping[float, float], at: float, above: int, beside: float
) -> float:
    """The share of the axis that is free above or below a column's line, in it and as far beside it."""

    def share(y: float) -> float:
        return float((ax.transScale + ax.transLimits).transform((0, y))[1])

    line = share(levels[at])
    room = 1 - line if above else line
    for one in shown:
        low, high = share(one.values.min()), share(one.values.max()) + NUMBER
        if abs(one.at - at) <= beside and (high > line if above else low < line):
            room = min(room, max(0.0, low - line if above else line - high))
    return room


def _line(ax: Axes, over: Mapping[float, Array], line: Line, log: bool) -> None:
    """Means over seeds as a line; unless it is a reference's, with the seeds and intervals behind them."""
    means = [mean_of(values) for values in over.values()]
    if line.color == REFERENCE:
        ax.plot(list(over), means, "--", color=REFERENCE, zorder=3)
        return
    ax.plot(list(over), means, line.style, color=line.color, markersize=13, zorder=3)
    for (x, values), mean in zip(over.items(), means, strict=True):
        spread = x * (1 + 0.04 * _spread(len(values))) if log else np.full(len(values), x)
        ax.plot(spread, values, "o", color=line.color, alpha=0.25, markersize=7, markeredgewidth=0, label="_seeds")
        if len(values) > 1:
            low, high = interval(values)
            ends = [[mean - low], [high - mean]]
            ax.errorbar(x, mean, ends, color=line.color, capsize=11, capthick=3, linewidth=4, zorder=4)


def _write(ax: Axes, means: Mapping[str, Mapping[float, float]], colors: Mapping[str, str], written: str) -> None:
    """Means beside their points, of the higher line above, of the other below, on the side where no line runs."""
    for label, of_line in means.items():
        rising = of_line[max(of_line)] > of_line[min(of_line)]
        for x, mean in of_line.items():
            above = all(mean >= other[x] for other in means.values() if x in other)
            left = above == rising
            ax.annotate(
                written.format(mean), (x, mean), (-14 if left else 14, 9 if above else -9),
                textcoords="offset points", color=colors[label], ha="right" if left else "left",
                va="bottom" if above else "top", weight="bold", path_effects=HALO, zorder=6,
            )  # fmt: skip


def _scale(
    ax: Axes, seen: Array, limits: tuple[float | None, float | None], written: str, beside: Array = NOWHERE
) -> None:
    """The axis of numbers: room for what is written above seeds and references, and per cent where the means are."""
    if len(seen) and ax.get_yscale() == "log":
        room = (seen.max() / seen.min()) ** ROOM
        ax.set_ylim(seen.min() / room, seen.max() * room)
    elif len(seen):
        low = min(ax.get_ylim()[0], seen.min(), *beside) if limits[0] is None else limits[0]
        highest = [(seen.max(), ROOM), *((level, 1.4 * ROOM) for level in beside)]
        ax.set_ylim(low, max(low + (high - low) / (1 - room) for high, room in highest))
        ax.locator_params(axis="y", nbins=6, steps=(1, 2, 5, 10))
    ax.set_ylim(*limits)
    if written.endswith("%}"):
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%" if -1e-9 < value < 1 + 1e-9 else "")


def _name(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """The names of lines beside their ends, pushed apart where they would cover each other."""
    free = -np.inf
    for y, label, color in sorted(ends):
        half = APART * (1 + label.count("\n")) / 2
        place = (ax.transScale + ax.transLimits).transform((ax.get_xlim()[1], y))[1]
        middle = max(float(place), free + half)
        ax.text(1.02, middle, label, color=color, transform=ax.transAxes, va="center", weight="bold", linespacing=1)
        free = middle + half
