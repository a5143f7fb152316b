"""Drawing on given axes: the marks that all lessons share.

One visual language: an arm keeps its colour, references are grey lines, every replicate is shown or banded, and the
first seed of an example as written - what a reader who ran it once would have seen - carries a black star.
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
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from mirage.summary import interval, mean_and_sd

Array = np.ndarray[Any, np.dtype[Any]]

STYLE = Path(__file__).with_name("mirage.mplstyle")

# Okabe and Ito's palette, which colour-blind readers can tell apart.
UNTREATED = "#D55E00"  # the network as the article has it first
TREATED = "#0072B2"  # the same with the remedy
OTHER = "#009E73"  # a second remedy
FURTHER = ("#CC79A7", "#E69F00", "#56B4E9")  # where a panel shows more than three
REFERENCE = "#6B6B6B"
INK = "#1A1A1A"
NEGLIGIBLE = "#DEDEDE"  # the stripe of what would not matter
CLAIMED = "#CFE9DD"  # the same stripe where it is what is claimed
FIRST_SEED: dict[str, Any] = {
    "color": INK,
    "marker": "*",
    "markersize": 15,
    "markeredgecolor": "white",
    "linestyle": "none",
}

# What references are called and how their grey lines look, the same in every panel.
REFERENCES = {
    "true_line": ("true line", "--"),
    "bayes": ("best possible rule", "--"),
    "least_squares": ("fitted straight line", ":"),
    "majority_class": ("always the larger class", ":"),
    "mean_target": ("always the mean", ":"),
}

BAND = (5, 95)  # percentiles over seeds
MIDDLE = "middle 90 % of seeds"
MEAN = "mean, 95 % interval"


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, in the suite's style; no display needed."""
    matplotlib.use("Agg")
    matplotlib.style.use(["default", STYLE])  # whatever the reader's own matplotlibrc says
    return Figure(figsize=(width, height))


def rows_and_lines(ax: Axes, train: tuple[Array, Array], grid: tuple[Array, Array], line: Array) -> None:
    """Training rows, the truth they were drawn around, and the least-squares line fitted to them.

    Parameters
    ----------
    train
        x and y [row] of the training rows.
    grid
        Ascending x and the true y [point].
    line
        The least-squares line's predictions on the grid [point].
    """
    ax.plot(*train, "o", color=INK, markersize=5, alpha=0.8, label="training rows")
    for reference, y in (("true_line", grid[1]), ("least_squares", line)):
        level(ax, grid[0], y, reference)
    ax.set_xlabel("x (no unit)")
    ax.set_ylabel("y (no unit)")


def band(ax: Axes, x: Array, values: Array, color: str, label: str, linestyle: str = "-") -> None:
    """Curves over seeds, values [seed, point] at x [point]: their median and, of several, the middle 90 %."""
    if len(values) > 1:
        low, high = np.percentile(values, BAND, axis=0)
        ax.fill_between(x, low, high, color=color, alpha=0.25, linewidth=0, label=_once(ax, MIDDLE))
    ax.plot(x, np.median(values, axis=0), color=color, linestyle=linestyle, label=label)


def _once(ax: Axes, label: str) -> str:
    """A label for the legend, unless something on these axes bears it already."""
    return "_nolegend_" if label in ax.get_legend_handles_labels()[1] else label


def _mean(ax: Axes, x: float, values: Array, color: str, marker: str = "D") -> None:
    """The mean of defined values [seed] with its 95 % interval."""
    defined = values[np.isfinite(values)]
    if len(defined) > 1:
        low, high = interval(defined)
        mean, _ = mean_and_sd(defined)
        ax.errorbar(
            x, mean, [[mean - low], [high - mean]], fmt=marker, color=color, markersize=8, capsize=5, linewidth=2.2,
            label=_once(ax, MEAN),
        )  # fmt: skip


def _dots(ax: Axes, x: float, values: Array, color: str) -> None:
    """A dot for every defined value [seed], spread sideways in a fixed way, so that a figure is reproducible."""
    defined = values[np.isfinite(values)]
    spread = 0.13 * (((np.arange(len(defined)) * 7) % 11) / 5 - 1)
    ax.plot(x + spread, defined, "o", color=color, alpha=0.45, markersize=6, markeredgewidth=0)


def scores(
    ax: Axes,
    groups: Sequence[tuple[str, Array, str]],
    references: Sequence[dict[str, float]],
    first_seed: int | None = None,
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
    """
    for column, (_, values, color) in enumerate(groups):
        _dots(ax, column, values, color)
        _mean(ax, column + 0.27, values, color)
        if first_seed is not None and len(values) and np.isfinite(values[0]):
            ax.plot(column, values[0], **FIRST_SEED, label=_once(ax, f"seed {first_seed} (one run)"))
        for name, value in references[column].items() if references else ():
            level(ax, np.array([column - 0.4, column + 0.42]), np.array([value, value]), name)
    _columns(ax, [label for label, _, _ in groups])


def differences(ax: Axes, groups: Sequence[tuple[str, Array, str, float | None]]) -> None:
    """Paired differences, a column a group: a dot a seed, the mean with its 95 % interval, and zero.

    Parameters
    ----------
    groups
        (label, differences [seed], colour, margin); the grey stripe is what would not matter, inside the margin.
    """
    ax.axhline(0, color=REFERENCE, linewidth=1.4)
    for column, (_, values, color, margin) in enumerate(groups):
        if margin:
            corner, width = (column - 0.45, -margin), 0.9
            label = _once(ax, "too small to matter")
            ax.add_patch(Rectangle(corner, width, 2 * margin, color=NEGLIGIBLE, linewidth=0, zorder=0, label=label))
        _dots(ax, column, values, color)
        _mean(ax, column + 0.27, values, color)
    _columns(ax, [label for label, _, _, _ in groups])


def _columns(ax: Axes, labels: Sequence[str]) -> None:
    ax.set_xticks(range(len(labels)), list(labels))
    ax.set_xlim(-0.6, len(labels) - 0.4)


def sweep(ax: Axes, x: Sequence[float], values: Sequence[Array], color: str, label: str, style: str = "o-") -> None:
    """A number against what was varied: at each x the values [seed] as faint dots, their mean and its 95 % interval."""
    means = [float(np.nanmean(v)) if np.isfinite(v).any() else np.nan for v in values]
    ax.plot(x, means, style, color=color, label=label, markersize=8)
    for at, over_seeds in zip(x, values, strict=True):
        ax.plot(np.full(len(over_seeds), at), over_seeds, "o", color=color, alpha=0.2, markersize=5, markeredgewidth=0)
        _mean(ax, at, over_seeds, color, style[0])


def grid(ax: Axes, over_seeds: Sequence[Sequence[Array]]) -> None:
    """Means over seeds as tiles, each with half its 95 % interval in words: over_seeds [row][column] holds [seed]."""
    means = np.array([[mean_and_sd(v)[0] for v in row] for row in over_seeds])
    ax.imshow(means, cmap="cividis", aspect="auto", origin="lower")
    middle = (np.nanmin(means) + np.nanmax(means)) / 2
    for (row, column), mean in np.ndenumerate(means):
        low, high = interval(over_seeds[row][column])
        text = f"{mean:.3g}" + (f"\n± {(high - low) / 2:.1g}" if np.isfinite(low) else "")
        ax.text(column, row, text, ha="center", va="center", color="white" if mean < middle else INK, fontsize=12)


def level(ax: Axes, x: Array, values: Array, reference: str) -> None:
    """What a reference scores, values [point] at x [point], or one value across the panel where there is no x; grey."""
    label, linestyle = REFERENCES[reference]
    # On top, so that what reaches its reference does not hide it.
    style: dict[str, Any] = {"color": REFERENCE, "linestyle": linestyle, "linewidth": 2, "zorder": 3}
    if len(x):
        ax.plot(x, values, label=_once(ax, label), **style)
    else:
        ax.axhline(values[0], label=_once(ax, label), **style)


RECALLS = np.linspace(0.02, 1, 50)


def precision_recall(y: Array, scores: Array) -> Array:
    """Precision [seed, recall] at the recalls `RECALLS`, of classes and scores [seed, row], as the threshold falls."""
    curves = []
    for truth, score in zip(y, scores, strict=True):
        order = np.argsort(-score, kind="stable")
        last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)  # rows of one score go together
        found, called = np.cumsum(truth[order])[last], last + 1
        reached = np.searchsorted(found / found[-1], RECALLS - 1e-12)
        curves.append((found / called)[reached])
    return np.array(curves)


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
            ax.add_patch(
                Rectangle(
                    (decided, 1 - true), 1, 1, color=color if good else REFERENCE, alpha=0.75 * share[true, decided]
                )
            )
            text = f"{mean[true, decided]:.0f}" + (f"\n± {spread[true, decided]:.2g}" if len(counts) > 1 else "")
            dark = 0.75 * share[true, decided] > 0.6
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
    "supported": "#00795A",
    "contradicted": "#C22F0D",
    "negligible": "#5B5B5B",
    "inconclusive": "#8A6500",
    "untestable": "#9A9A9A",
}
VERDICT_SIGNS = {"supported": "✓", "contradicted": "✗", "negligible": "≈", "inconclusive": "?", "untestable": "–"}


def claims(
    axes: Sequence[Axes], texts: Sequence[str], columns: Sequence[tuple[str, Sequence[dict[str, Any] | None]]]
) -> None:
    """Claims, one a line: the text and how it is tested, effects and intervals in margins, and verdicts.

    Effects are turned so that what speaks against a claim lies on the left. The stripe is what lies inside the margin:
    grey as too small to matter, green where sameness is claimed. The thick bar is the 95 % interval, the thin line the
    one that decides, all claims of the lesson considered. The axis bends so that large effects fit.

    Parameters
    ----------
    axes
        Side by side: for the text, for the effects, for the verdicts.
    texts
        The claims, each short enough for two or three lines.
    columns
        (heading, rows): for every claim a row with effect, ci_low, ci_high, deciding_low, deciding_high, margin, test
        and verdict, or None. The first of several columns has hollow marks.
    """
    wording, ax, verdicts = axes
    for beside in (wording, verdicts):
        beside.set(xlim=(0, 1), ylim=(len(texts) - 0.5, -0.5))
        beside.set_axis_off()
        beside.hlines(np.arange(len(texts) - 1) + 0.5, 0, 1, color=NEGLIGIBLE, linewidth=1)
    signs = ["◆"] if len(columns) == 1 else ["◇", "◆"]
    for line, text in enumerate(texts):
        claim = textwrap.fill(text, CLAIM_WIDTH)
        wording.text(0, line - 0.42, claim, va="top")
        found = [rows[line] for _, rows in columns]
        tested = [
            textwrap.fill(f"{sign} {row['test']}", TEST_WIDTH, subsequent_indent="    ", break_on_hyphens=False)
            for sign, row in zip(signs, found, strict=True)
            if row and row["test"]
        ]
        below = line - 0.4 + CLAIM_LINE * (claim.count("\n") + 1)
        wording.text(0, below, "\n".join(tested), va="top", fontsize=12, color=REFERENCE)
    ax.axvline(0, color=REFERENCE, linewidth=1)
    reach = 2.0
    for column, (heading, rows) in enumerate(columns):
        hollow = len(columns) > 1 and column == 0
        verdicts.text(column / 2, -0.56, f"{signs[column]} {heading}", va="bottom", weight="bold")
        height = 1 / len(columns)
        for line, row in enumerate(rows):
            top = line - 0.5 + height * column
            others = [rows_beside[line] for _, rows_beside in columns]
            tests = [one["test"] for one in (row, *others) if one and one["test"]]  # its own, else that beside it
            stripe = CLAIMED if tests and tests[0].relation == "same" else NEGLIGIBLE
            ax.add_patch(Rectangle((-1, top), 2, height, color=stripe, linewidth=0, zorder=0))
            if row is None:
                continue
            color = VERDICT_COLOURS[row["verdict"]]
            words = f"{VERDICT_SIGNS[row['verdict']]} {row['verdict']}"
            weight = "normal" if row["verdict"] == "untestable" else "bold"
            verdicts.text(column / 2, line, words, color=color, va="center", weight=weight)
            if np.isfinite(row["ci_low"]):
                effect, *ends = (_bent(row[name], row) for name in ("effect", "ci_low", "ci_high"))
                at, (low, high) = top + height / 2, sorted(ends)
                widest = [_bent(row[name], row) for name in ("deciding_low", "deciding_high")]
                ax.plot(widest, [at, at], "|-", color=color, linewidth=1.3, markersize=9)
                ax.plot([low, high], [at, at], "-", color=color, linewidth=5, solid_capstyle="butt")
                face = "white" if hollow else color
                ax.plot(effect, at, "D", color=color, markersize=8, markerfacecolor=face, markeredgewidth=2)
                reach = max(reach, *(abs(end) for end in (low, high, *widest) if np.isfinite(end)))
    reach *= 1.08
    ax.set(xlim=(-reach, reach), ylim=(len(texts) - 0.5, -0.5), yticks=[])
    ax.hlines(np.arange(len(texts) - 1) + 0.5, -reach, reach, color=NEGLIGIBLE, linewidth=1)
    ticks = [t for t in (1, 3, 10, 30, 100, 300, 1000) if np.log2(1 + t) < reach]
    both = (*(-t for t in reversed(ticks)), 0, *ticks)
    ax.set_xticks([float(np.sign(t) * np.log2(1 + abs(t))) for t in both], [f"{t:g}" for t in both])
    ax.set_xlabel("← against the claim      effect in margins      as claimed →")
    ax.set_title(CLAIM_KEY, fontsize=12, color=REFERENCE, loc="center")
    ax.spines["left"].set_visible(False)


CLAIM_KEY = """\
grey: too small to matter   green: no difference is the claim
bar: 95 % interval   line: what decides, all claims considered"""
CLAIM_WIDTH = 60  # characters
CLAIM_LINE = 0.24  # of a claim's height
TEST_WIDTH = 80


def _bent(value: float, row: dict[str, Any]) -> float:
    """Where a claim's effect, or an end of an interval, is drawn: what speaks against a claim, on the left."""
    relation = row["test"].relation
    against = relation == "less" or (relation == "same" and row["effect"] > 0)
    units = value / row["margin"] if row["margin"] else np.sign(value) * 9
    return float((-1 if against else 1) * np.sign(units) * np.log2(1 + abs(units)))


NEUTRAL = {  # what is the same for every arm has no arm's colour in the legend
    MIDDLE: Patch(color=REFERENCE, alpha=0.3, linewidth=0),
    MEAN: Line2D([], [], color=INK, marker="D", markersize=8, linewidth=2.2),
}


def legend_below(figure: Figure | SubFigure, columns: int) -> None:
    """One legend for all panels, under them: a label that several panels use is listed once."""
    entries: dict[str, Any] = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, NEUTRAL.get(label, handle))
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=columns)


PLACES = 6  # decimals of positions, which are shares of a figure: far finer than a pixel, far coarser than rounding


def settle(figure: Figure) -> None:
    """Lay a figure out for good, with positions rounded.

    The solver behind Matplotlib's layouts sums in an order that follows memory addresses, so that last digits, and
    with them the shade of a pixel here and there, would differ from one process to the next.
    """
    if not isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):  # laid out already
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ax in figure.axes:  # those of its parts, too
        ax.set_position(np.round(ax.get_position().bounds, PLACES).tolist())
    waiting: list[Figure | SubFigure] = [figure]
    while waiting:
        part = waiting.pop()
        waiting += part.subfigs
        for text in part.texts:
            text.set_position(np.round(text.get_position(), PLACES).tolist())
        for sub in part.subfigs:
            sub.bbox_relative.set_points(np.round(sub.bbox_relative.get_points(), PLACES))


def save(figure: Figure, place: Path, source: str = "") -> None:
    """Write a figure whole or not at all, in the format of the file's ending: the same bytes for the same drawing.

    `source`, what it was drawn from, goes into the file's description.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}-{os.getpid()}")
    nothing: dict[str, str | None] = dict.fromkeys(("Software",) if place.suffix == ".png" else ("Date", "Creator"))
    metadata = nothing | ({"Description": source} if source else {})
    settle(figure)
    try:
        figure.savefig(aside, format=place.suffix[1:], metadata=metadata)
        aside.rename(place)
    finally:
        aside.unlink(missing_ok=True)
