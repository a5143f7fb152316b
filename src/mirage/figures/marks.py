"""Drawing on given axes: the marks that all lessons share, from arrays only."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.transforms import ScaledTranslation

from mirage.claims.statistics import defined, interval, mean_and_sd
from mirage.data.split import Array
from mirage.figures.palette import FIRST_SEED, INK, NEGLIGIBLE, REFERENCE, reference_style
from mirage.figures.style import logarithmic
from mirage.metrics.curves import Bins

BAND = (5, 95)  # percentiles over seeds
LINE = 17.0  # points that a line of tick labels takes
MIDDLE = "shaded: middle 90 % of seeds"
OUTLINED = "thin: middle 90 % of seeds"
MEAN = "mean, 95 % interval"
GEOMETRIC = "geometric mean, 95 %"
DECIDES = "mean, deciding interval"
MEANS = (MEAN, GEOMETRIC, DECIDES)
NEUTRAL = {  # what is the same for every arm has no arm's colour in the legend
    MIDDLE: Patch(color=REFERENCE, alpha=0.3, linewidth=0),
    OUTLINED: Line2D([], [], color=REFERENCE, linewidth=0.9),
    **{name: Line2D([], [], color=INK, marker="D", markersize=8, linewidth=2.2) for name in MEANS},
}


def rows_and_lines(ax: Axes, train: tuple[Array, Array], x: Array, lines: Mapping[str, Array]) -> None:
    """Training rows, and what references say over a grid, such as the truth and a fitted line.

    Parameters
    ----------
    train
        x and y [row] of the training rows.
    x
        Ascending x [point].
    lines
        What each reference predicts there [point], by its name.
    """
    ax.plot(*train, "o", color=INK, markersize=5, alpha=0.8, label="training rows")
    for reference, y in lines.items():
        level(ax, x, y, reference)
    ax.set_xlabel("x (no unit)")
    ax.set_ylabel("y (no unit)")


def band(
    ax: Axes, x: Array, values: Array, color: str, label: str, linestyle: str = "-", outlined: bool = False
) -> None:
    """Curves over seeds, values [seed, point] at x [point]: their median and, of several, the middle 90 %.

    `outlined` draws the bounds of the middle as thin lines, where shades would cover each other.
    """
    if len(values) > 1:
        low, high = np.percentile(values, BAND, axis=0)
        if outlined:
            ax.plot(x, low, color=color, linewidth=0.9, label=_once(ax, OUTLINED))
            ax.plot(x, high, color=color, linewidth=0.9, label="_bound")
        else:
            ax.fill_between(x, low, high, color=color, alpha=0.25, linewidth=0, label=_once(ax, MIDDLE))
    ax.plot(x, np.median(values, axis=0), color=color, linestyle=linestyle, label=label)


def _once(ax: Axes, label: str) -> str:
    """The label, or "_nolegend_" if it is already in this legend."""
    return "_nolegend_" if label in ax.get_legend_handles_labels()[1] else label


def middle(values: Array, log: bool = False) -> float:
    """The mean of defined values, NaN where there are none; with `log` the geometric mean of those above 0."""
    known = defined(values)
    known = known[known > 0] if log else known
    if not len(known):
        return np.nan
    return float(np.exp(np.log(known).mean()) if log else known.mean())


def _mean(
    ax: Axes,
    x: float,
    values: Array,
    color: str,
    marker: str = "D",
    ends: Any = None,
    label: str = MEAN,
    log: bool = False,
) -> None:
    """The mean of defined values [seed] with its 95 % interval, or with an interval that has other ends.

    With `log` mean and interval are those of the logarithms.
    """
    known = defined(values)
    known = np.log(known[known > 0]) if log else known
    if len(known) > 1:
        low, high = interval(known) if ends is None else ends
        mean, _ = mean_and_sd(known)
        low, mean, high = np.exp([low, mean, high]) if log else (low, mean, high)
        ax.errorbar(
            x, mean, [[mean - low], [high - mean]], fmt=marker, color=color, markersize=8, capsize=5, linewidth=2.2,
            label=_once(ax, GEOMETRIC if log else label),
        )  # fmt: skip


def _dots(ax: Axes, x: float, values: Array, color: str) -> None:
    """A dot for every defined value [seed], spread sideways in a fixed way, so that a figure is reproducible."""
    known = defined(values)
    spread = 0.13 * (((np.arange(len(known)) * 7) % 11) / 5 - 1)
    ax.plot(x + spread, known, "o", color=color, alpha=0.45, markersize=6, markeredgewidth=0, label="_seeds")


def scores(
    ax: Axes,
    groups: Sequence[tuple[str, Array, str]],
    references: Sequence[dict[str, float]],
    first_seed: int | None = None,
    log: bool = False,
) -> None:
    """Scores of every seed, a column a group: dots, the mean with its 95 % interval, and maybe a star.

    Parameters
    ----------
    groups
        (label, values [seed], colour); undefined values are left out.
    references
        For every group what the references score, by name; drawn as short grey lines, one style a reference.
    first_seed
        The number of the first seed, if its score is to carry a star.
    log
        Whether the axis is logarithmic, and means are geometric.
    """
    for column, (_, values, color) in enumerate(groups):
        _dots(ax, column, values, color)
        _mean(ax, column + 0.27, values, color, log=log)
        if first_seed is not None and len(values) and np.isfinite(values[0]):
            ax.plot(column, values[0], **FIRST_SEED, label=_once(ax, f"seed {first_seed} (one run)"))
        for name, value in references[column].items() if references else ():
            if value > 0 or not log:
                level(ax, np.array([column - 0.4, column + 0.42]), np.array([value, value]), name)
    if log and any((defined(values) > 0).any() for _, values, _ in groups):
        logarithmic(ax)
    _columns(ax, [label for label, _, _ in groups])


def differences(
    ax: Axes, groups: Sequence[tuple[str, Array, str, float | None]], deciding: Sequence[Array] = ()
) -> None:
    """Paired differences, a column a group: a dot a seed, the mean with its 95 % interval, and zero.

    Parameters
    ----------
    groups
        (label, differences [seed], colour, margin); the grey stripe is what would not matter, inside the margin.
    deciding
        For every group the interval [low, high] that its verdict hangs on, which then stands for the 95 % interval.
    """
    ax.axhline(0, color=REFERENCE, linewidth=1.4)
    for column, (_, values, color, margin) in enumerate(groups):
        if margin:
            corner, width = (column - 0.45, -margin), 0.9
            label = _once(ax, "too small to matter")
            ax.add_patch(Rectangle(corner, width, 2 * margin, color=NEGLIGIBLE, linewidth=0, zorder=0, label=label))
        _dots(ax, column, values, color)
        if len(deciding):
            _mean(ax, column + 0.27, values, color, ends=deciding[column], label=DECIDES)
        else:
            _mean(ax, column + 0.27, values, color)
    _columns(ax, [label for label, _, _, _ in groups])


def bracket(ax: Axes, columns: tuple[float, float], height: float, label: str) -> None:
    """A bracket over two columns that a claim compares, its ends at `height` as a share of the panel; and its label."""
    at, across = ax.get_xaxis_transform(), [columns[0], columns[0], columns[1], columns[1]]
    ax.plot(across, [height - 0.02, height, height, height - 0.02], color=INK, linewidth=1.2, transform=at)
    ax.text(sum(columns) / 2, height + 0.01, label, ha="center", va="bottom", fontsize=12, transform=at)


def _columns(ax: Axes, labels: Sequence[str]) -> None:
    ax.set_xticks(range(len(labels)), list(labels))
    ax.set_xlim(-0.6, len(labels) - 0.4)


def beneath(ax: Axes, groups: Sequence[tuple[int, int, str, str]], lines: int = 1) -> None:
    """What neighbouring columns have in common, below their labels, which have so many lines.

    Each group is (first column, last column, words, colour).
    """
    below = ax.get_xaxis_transform() + ScaledTranslation(0, -(9 + LINE * lines) / 72, ax.figure.dpi_scale_trans)
    for first, last, words, color in groups:
        ax.plot([first - 0.35, last + 0.4], [0, 0], color=color, transform=below, clip_on=False)
        ax.text((first + last) / 2, -0.015, words, ha="center", va="top", fontsize=13.5, transform=below)


def sweep(
    ax: Axes,
    x: Sequence[float],
    values: Sequence[Array],
    color: str,
    label: str,
    style: str = "o-",
    log: bool = False,
) -> None:
    """A number against what was varied: at each x the values [seed] as faint dots, their mean and its 95 % interval.

    With `log` the means are geometric.
    """
    ax.plot(x, [middle(v, log) for v in values], style, color=color, label=label, markersize=8)
    for at, over_seeds in zip(x, values, strict=True):
        ax.plot(np.full(len(over_seeds), at), over_seeds, "o", color=color, alpha=0.2, markersize=5, markeredgewidth=0)
        _mean(ax, at, over_seeds, color, style[0], log=log)


def grid(ax: Axes, over_seeds: Sequence[Sequence[Array]]) -> None:
    """Means over seeds as tiles, each with half its 95 % interval in words: over_seeds [row][column] holds [seed]."""
    means = np.array([[mean_and_sd(v)[0] for v in row] for row in over_seeds])
    if not np.isfinite(means).any():
        return
    ax.imshow(means, cmap="cividis", aspect="auto", origin="lower")
    middle = (np.nanmin(means) + np.nanmax(means)) / 2
    for (row, column), mean in np.ndenumerate(means):
        low, high = interval(over_seeds[row][column])
        text = f"{mean:.3g}" + (f"\n± {(high - low) / 2:.1g}" if np.isfinite(low) else "")
        ax.text(column, row, text, ha="center", va="center", color="white" if mean < middle else INK, fontsize=12)


def level(ax: Axes, x: Array, values: Array, reference: str) -> None:
    """What a reference scores, values [point] at x [point], or one value across the panel where there is no x; grey."""
    label, linestyle = reference_style(reference)
    # On top, so that what reaches its reference does not hide it.
    style: dict[str, Any] = {"color": REFERENCE, "linestyle": linestyle, "linewidth": 2, "zorder": 3}
    if len(x):
        ax.plot(x, values, label=_once(ax, label), **style)
    else:
        ax.axhline(values[0], label=_once(ax, label), **style)


def history(ax: Axes, epochs: Array, curves: Sequence[Array], color: str, label: str, linestyle: str = "-") -> None:
    """A number over epochs: its median over seeds and the middle 90 %.

    Parameters
    ----------
    epochs
        The epochs of the longest curve [value].
    curves
        One array [value] a seed, of different lengths where training stopped early. The median is drawn as far as half
        of the seeds went.
    """
    longest = max(map(len, curves), default=0)
    padded = np.full((len(curves), longest), np.nan)
    for row, curve in zip(padded, curves, strict=True):
        row[: len(curve)] = curve
    kept = np.isfinite(padded).mean(axis=0) >= 0.5
    padded, epochs = padded[:, kept], epochs[kept]
    if len(curves) > 1 and len(epochs):
        low, high = np.nanpercentile(padded, BAND, axis=0)
        ax.fill_between(epochs, low, high, color=color, alpha=0.2, linewidth=0, label=_once(ax, MIDDLE))
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
            tile = {"color": color if good else REFERENCE, "alpha": 0.75 * share[true, decided]}
            ax.add_patch(Rectangle((decided, 1 - true), 1, 1, **tile))
            text = f"{mean[true, decided]:.0f}" + (f"\n± {spread[true, decided]:.2g}" if len(counts) > 1 else "")
            shade = "white" if 0.75 * share[true, decided] > 0.6 else INK
            ax.text(decided + 0.5, 1.5 - true, text, ha="center", va="center", fontsize=15, color=shade)
    ax.set(xlim=(0, 2), ylim=(0, 2), xlabel="predicted class", ylabel="true class", aspect="equal")
    ax.set_xticks([0.5, 1.5], ["0", "1"])
    ax.set_yticks([1.5, 0.5], ["0", "1"])
    ax.tick_params(length=0)


def reliability(ax: Axes, bins: Bins, color: str, label: str) -> None:
    """Share of positives against predicted probability; a dot's area is its share of the rows."""
    ax.plot([0, 1], [0, 1], color=REFERENCE, linestyle="--", linewidth=1.8)
    ax.plot(bins.mean, bins.share, color=color, linewidth=1.4, label=label)
    ax.scatter(bins.mean, bins.share, s=30 + 500 * bins.rows / bins.rows.sum(), color=color, alpha=0.7, linewidths=0)
    ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="predicted probability", ylabel="share of positives")


def legend_below(figure: Figure | SubFigure, columns: int) -> None:
    """One legend for all panels, under them: a label that several panels use is listed once."""
    entries: dict[str, Any] = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, NEUTRAL.get(label, handle))
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=columns)
