"""Drawing on given axes: the marks that all lessons share.

One visual language: an arm keeps its colour, references are grey lines, every replicate is shown or banded, and the
first seed - what a reader who ran the example once would have seen - carries a black star.
"""

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mirage.summary import interval, mean_and_sd

Array = np.ndarray[Any, np.dtype[Any]]

STYLE = Path(__file__).with_name("mirage.mplstyle")

# Okabe and Ito's palette, which colour-blind readers can tell apart.
UNTREATED = "#D55E00"  # the network as the article has it first
TREATED = "#0072B2"  # the same with the remedy
OTHER = "#009E73"  # a second remedy
REFERENCE = "#6B6B6B"
INK = "#1A1A1A"
FIRST_SEED: dict[str, Any] = {
    "color": INK,
    "marker": "*",
    "markersize": 15,
    "markeredgecolor": "white",
    "linestyle": "none",
}

LINE_STYLES = {
    "true_line": "--",
    "least_squares": ":",
    "majority_class": "--",
}  # of references, the same in every panel

BAND = (5, 95)  # percentiles over seeds


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, in the suite's style; no display needed."""
    matplotlib.use("Agg")
    matplotlib.style.use(["default", STYLE])  # whatever the reader's own matplotlibrc says
    return Figure(figsize=(width, height))


def curve_fit(
    ax: Axes,
    train: tuple[Array, Array],
    grid: tuple[Array, Array],
    predicted: Array,
    line: Array,
    color: str,
    first_seed: int | None,
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
        The number of the first seed, whose own curve is drawn too; None if it has none, having diverged.
    """
    ax.plot(*train, "o", color=INK, markersize=4.5, alpha=0.8, label="training rows")
    for reference, y in (("true_line", grid[1]), ("least_squares", line)):
        ax.plot(grid[0], y, color=REFERENCE, linestyle=LINE_STYLES[reference], linewidth=1.8)
    if len(predicted) > 1:
        low, high = np.percentile(predicted, BAND, axis=0)
        label = f"median and middle 90 % of {len(predicted)} seeds"
        ax.fill_between(grid[0], low, high, color=color, alpha=0.3, linewidth=0)
        ax.plot(grid[0], np.median(predicted, axis=0), color=color, label=label)
    if first_seed is not None:
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
            mean, _ = mean_and_sd(defined)
            ax.errorbar(
                column + 0.27, mean, [[mean - low], [high - mean]], fmt="D", color=color, markersize=7, capsize=5,
                linewidth=2.2, label=once("mean and its 95 % interval"),
            )  # fmt: skip
        if len(values) and np.isfinite(values[0]):
            ax.plot(column, values[0], **FIRST_SEED, label=once(f"score of seed {first_seed}"))
        for name, value in references[column].items() if references else ():
            ax.hlines(
                value, column - 0.4, column + 0.42, color=REFERENCE, linestyle=LINE_STYLES[name], linewidth=1.8,
                label=once(name.replace("_", " ")),
            )  # fmt: skip
    ax.set_xticks(range(len(groups)), [label for label, _, _ in groups])
    ax.set_xlim(-0.6, len(groups) - 0.4)


def history(ax: Axes, curves: Sequence[Array], color: str, label: str, linestyle: str = "-") -> None:
    """A number over epochs: its median over seeds and the middle 90 %.

    Parameters
    ----------
    curves
        One array [epoch] a seed, of different lengths where training stopped early. The median is drawn as far as half
        of the seeds went.
    """
    longest = max(map(len, curves))
    padded = np.full((len(curves), longest), np.nan)
    for row, curve in zip(padded, curves, strict=True):
        row[: len(curve)] = curve
    padded = padded[:, np.isfinite(padded).mean(axis=0) >= 0.5]
    epochs = np.arange(1, padded.shape[1] + 1)
    if len(curves) > 1 and len(epochs):
        low, high = np.nanpercentile(padded, BAND, axis=0)
        ax.fill_between(epochs, low, high, color=color, alpha=0.2, linewidth=0)
    ax.plot(epochs, np.nanmedian(padded, axis=0), color=color, linestyle=linestyle, label=label)
    ax.set_xlabel("epoch")


def confusion(ax: Axes, counts: Array, color: str) -> None:
    """Confusion counts averaged over seeds: counts [seed, 4] in the order tn, fp, fn, tp; shares of the true class."""
    mean = counts.mean(axis=0).reshape(2, 2)
    spread = counts.std(axis=0, ddof=1).reshape(2, 2) if len(counts) > 1 else np.zeros((2, 2))
    share = mean / np.maximum(mean.sum(axis=1, keepdims=True), 1e-12)
    for true in (0, 1):
        for decided in (0, 1):
            good = true == decided
            ax.add_patch(
                Rectangle(
                    (decided, 1 - true), 1, 1, color=color if good else REFERENCE, alpha=0.75 * share[true, decided]
                )
            )
            text = f"{mean[true, decided]:.4g}" + (f"\n± {spread[true, decided]:.2g}" if len(counts) > 1 else "")
            dark = 0.75 * share[true, decided] > 0.5
            ax.text(
                decided + 0.5, 1.5 - true, text, ha="center", va="center", fontsize=15, color="white" if dark else INK
            )  # fmt: skip
    ax.set(xlim=(0, 2), ylim=(0, 2), xlabel="predicted class", ylabel="true class", aspect="equal")
    ax.set_xticks([0.5, 1.5], ["0", "1"])
    ax.set_yticks([1.5, 0.5], ["0", "1"])
    ax.tick_params(length=0)


def reliability(ax: Axes, y: Array, probability: Array, color: str, label: str, bins: int = 10) -> None:
    """Share of positives against predicted probability, rows of all seeds together; a dot's area is its share."""
    inside = np.minimum((probability * bins).astype(int), bins - 1)
    rows = np.bincount(inside, minlength=bins)
    kept = rows > 0
    mean, share = (np.bincount(inside, v, bins)[kept] / rows[kept] for v in (probability, y))
    ax.plot([0, 1], [0, 1], color=REFERENCE, linestyle="--", linewidth=1.8)
    ax.plot(mean, share, color=color, linewidth=1.4, label=label)
    ax.scatter(mean, share, s=30 + 500 * rows[kept] / rows.sum(), color=color, alpha=0.7, linewidths=0)
    ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="predicted probability", ylabel="share of positives")


VERDICT_COLOURS = {
    "supported": "#009E73",
    "contradicted": "#CC3311",
    "negligible": "#6B6B6B",
    "inconclusive": "#B8860B",
}


def claims(ax: Axes, judged: Sequence[dict[str, Any]], width: int = 62) -> None:
    """The tested claims of a lesson, one a line: its text, effect and 95 % interval in margins, and the verdict.

    The grey stripe is what would not matter (inside the margin); the axis bends so that large effects fit.

    Parameters
    ----------
    judged
        Rows with text, effect, ci_low, ci_high, margin and verdict.
    """

    def bent(value: float, margin: float) -> float:
        units = value / margin if margin else np.sign(value) * 9
        return float(np.sign(units) * np.log1p(abs(units)) / np.log(2))

    ax.axvspan(-1, 1, color="#E6E6E6", linewidth=0)
    ax.axvline(0, color=REFERENCE, linewidth=1)
    reach = 2.0
    for line, row in enumerate(judged):
        effect, low, high = (bent(row[name], row["margin"]) for name in ("effect", "ci_low", "ci_high"))
        color = VERDICT_COLOURS[row["verdict"]]
        if np.isfinite([effect, low, high]).all():
            ax.errorbar(effect, line, xerr=[[effect - low], [high - effect]], fmt="D", color=color, capsize=4)
            reach = max(reach, abs(low), abs(high))
        ax.text(1.01, line, row["verdict"], transform=ax.get_yaxis_transform(), color=color, va="center", weight="bold")
    reach *= 1.08
    ax.set(xlim=(-reach, reach), ylim=(len(judged) - 0.5, -0.5))
    ax.set_yticks(range(len(judged)), [textwrap.fill(row["text"], width) for row in judged], fontsize=11.5)
    ticks = [t for t in (1, 3, 10, 30, 100, 300) if bent(t, 1) < reach]
    both = (*(-t for t in reversed(ticks)), 0, *ticks)
    ax.set_xticks([bent(t, 1) for t in both], [f"{t:g}" for t in both])
    ax.set_xlabel("left side minus right side of the claim, in margins (grey: too small to matter)")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


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
    aside = place.with_name(f".{place.name}-{os.getpid()}")
    metadata = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}[place.suffix]
    try:
        figure.savefig(aside, format=place.suffix[1:], metadata=metadata)
        aside.rename(place)
    finally:
        aside.unlink(missing_ok=True)
