"""Drawing on given axes: the marks that all lessons share.

One visual language: an arm keeps its colour, references are grey lines, every replicate is shown or banded, and the
first seed - what a reader who ran the example once would have seen - carries a black star.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.summary import interval

Array = np.ndarray[Any, np.dtype[Any]]

STYLE = Path(__file__).with_name("mirage.mplstyle")

# Okabe and Ito's palette, which colour-blind readers can tell apart.
UNTREATED = "#D55E00"  # the network as the article has it first
TREATED = "#0072B2"  # the same with the remedy
REFERENCE = "#6B6B6B"
INK = "#1A1A1A"
FIRST_SEED: dict[str, Any] = {
    "color": INK,
    "marker": "*",
    "markersize": 15,
    "markeredgecolor": "white",
    "linestyle": "none",
}

LINE_STYLES = {"true_line": "--", "least_squares": ":"}  # of references, the same in every panel

BAND = (5, 95)  # percentiles over seeds


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, in the suite's style; no display needed."""
    matplotlib.use("Agg")
    matplotlib.style.use(STYLE)
    return Figure(figsize=(width, height))


def curve_fit(
    ax: Axes,
    train: tuple[Array, Array],
    grid: tuple[Array, Array],
    predicted: Array,
    line: Array,
    color: str,
    first_seed: int,
) -> None:
    """Fitted curves over seeds on top of the rows they were fitted to, the truth and the least-squares line.

    Parameters
    ----------
    train
        x and y [row] of the training rows.
    grid
        Ascending x and the true y [point].
    predicted
        Predictions on the grid [seed, point]. Several seeds: their median and the middle 90 %.
    line
        The least-squares line's predictions on the grid [point].
    first_seed
        The number of the first seed, whose own curve is drawn too.
    """
    ax.plot(*train, "o", color=INK, markersize=4.5, alpha=0.8, label="training rows")
    for reference, y in (("true_line", grid[1]), ("least_squares", line)):
        ax.plot(grid[0], y, color=REFERENCE, linestyle=LINE_STYLES[reference], linewidth=1.8)
    if len(predicted) > 1:
        low, high = np.percentile(predicted, BAND, axis=0)
        label = f"median and middle 90 % of {len(predicted)} seeds"
        ax.fill_between(grid[0], low, high, color=color, alpha=0.3, linewidth=0)
        ax.plot(grid[0], np.median(predicted, axis=0), color=color, label=label)
    if len(predicted):
        ax.plot(grid[0], predicted[0], color=INK, linewidth=1.2, label=f"seed {first_seed} (one run)")
    ax.set_xlabel("x (no unit)")
    ax.set_ylabel("y (no unit)")


def scores(
    ax: Axes, groups: Sequence[tuple[str, Array, str]], references: Sequence[dict[str, float]], first_seed: int
) -> None:
    """Scores of every seed, a column a group: dots, a star for the first seed, the mean with its 95 % interval.

    Parameters
    ----------
    groups
        (label, values [seed], colour); undefined values are left out.
    references
        For every group what the references score, by name; drawn as short grey lines, one style a reference.
    first_seed
        The number of the first seed, for the legend.
    """
    named: set[str] = set()

    def once(label: str) -> str:
        new = label not in named
        named.add(label)
        return label if new else "_nolegend_"

    for column, (_, values, color) in enumerate(groups):
        defined = values[np.isfinite(values)]
        if len(defined):
            spread = 0.13 * (((np.arange(len(defined)) * 7) % 11) / 5 - 1)  # fixed, so that a figure is reproducible
            ax.plot(column + spread, defined, "o", color=color, alpha=0.55, markersize=6, markeredgewidth=0)
        if len(defined) > 1:
            low, high = interval(defined)
            mean = defined.mean()
            ax.errorbar(
                column + 0.27, mean, [[mean - low], [high - mean]], fmt="D", color=color, markersize=7, capsize=5,
                linewidth=2.2, label=once("mean and its 95 % interval"),
            )  # fmt: skip
        if len(values) and np.isfinite(values[0]):
            ax.plot(column, values[0], **FIRST_SEED, label=once(f"score of seed {first_seed}"))
        for name, value in references[column].items():
            ax.hlines(
                value, column - 0.4, column + 0.42, color=REFERENCE, linestyle=LINE_STYLES[name], linewidth=1.8,
                label=once(name.replace("_", " ")),
            )  # fmt: skip
    ax.set_xticks(range(len(groups)), [label for label, _, _ in groups])
    ax.set_xlim(-0.6, len(groups) - 0.4)


def legend_below(figure: Figure) -> None:
    """One legend for all panels, under them: a label that several panels use is listed once."""
    entries: dict[str, Any] = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=4)


def save(figure: Figure, place: Path) -> None:
    """Write a figure whole or not at all, in the format of the file's ending: the same bytes for the same drawing."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}")
    metadata = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}[place.suffix]
    try:
        figure.savefig(aside, format=place.suffix[1:], metadata=metadata)
        aside.rename(place)
    finally:
        aside.unlink(missing_ok=True)
