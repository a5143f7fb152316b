"""Whole figures: panels that several lessons share, and `compose`, which puts a lesson's panels together.

A lesson names its panels for the example as written and for the controlled experiment; `compose` draws them side by
side under the lesson's question, with what became of the claims in either beneath.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mirage import config, plots, references
from mirage.data import Array, Split
from mirage.report import Results

Panel = Callable[[Axes, Results], None]
Panels = list[tuple[float, Panel]]  # each with its width in inches

NARROWEST = 17.0  # inches: the claims and their verdicts need that much
TALL = 6.0  # inches of the panels with title and legend
LINE = 1.0  # inches of a claim with its tests
COUNTS = {"n_majority", "n_minority", "nonzero_weights"}
SHARES = {*config.DECISION_METRICS, "roc_auc", "average_precision"} - {*config.CONFUSION, "mcc", "cost"}  # from 0 to 1
NOWHERE = np.array([])  # no x: a level across the panel
HEADINGS = {"as_written": "as written", "controlled": "controlled"}
BACKGROUNDS = {"as_written": "#F7F4F1", "controlled": "#F1F5F8"}


def compose(lesson: ModuleType, halves: Sequence[Results]) -> Figure:
    """The figure of a lesson's scenarios, one or both, in the order as written, controlled.

    Parameters
    ----------
    lesson
        Has its question as the first line of its docstring, `CLAIMS` (ids), and for each kind of scenario a function
        of that name from results to panels.
    halves
        The results of the scenarios. With several seeds their verdicts on `CLAIMS` are drawn, too.
    """
    panels: list[Panels] = [getattr(lesson, half.plan.kind)(half) for half in halves]
    widths = [sum(width for width, _ in of_half) for of_half in panels]
    wider = max(1.0, NARROWEST / sum(widths))
    judged = _judged(lesson.CLAIMS, [half for half in halves if len(half.plan.seeds) > 1])
    heights = [TALL, LINE * len(judged) + 1.9] if judged else [TALL]
    fig = plots.new_figure(wider * sum(widths), sum(heights) + 0.6)
    fig.suptitle((lesson.__doc__ or "").partition("\n")[0], fontsize=21, weight="bold", x=0.008, ha="left")
    parts = fig.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    blocks = parts[0].subfigures(1, len(halves), width_ratios=widths, wspace=0.01, squeeze=False)[0]
    for block, half, of_half, width in zip(blocks, halves, panels, widths, strict=True):
        _draw(block, half, of_half, wider * width)
    if judged:
        axes = parts[1].subplots(1, 3, width_ratios=(6, 6, 4.2))
        columns = [(HEADINGS[half.plan.kind], [rows.get(half.plan.kind) for _, rows in judged]) for half in halves]
        plots.claims(axes, [text for text, _ in judged], columns)
        seeds = " and ".join(dict.fromkeys(str(len(half.plan.seeds)) for half in halves))
        axes[0].set_title(f"The article's claims, measured over {seeds} seeds", weight="bold", x=0)
    return fig


def _draw(block: SubFigure, half: Results, panels: Panels, width: float) -> None:
    """One half of a figure: its heading, its panels and one legend."""
    plan = half.plan
    heading = r"$\bf{As\ written}$" + f" (article {plan.article}, example {plan.example})"
    heading = heading if plan.kind == "as_written" else r"$\bf{Controlled}$"
    title = textwrap.fill(plan.title, int(8.3 * width))
    block.suptitle(f"{heading}\n{title}", fontsize=16, x=0.012, ha="left")
    block.set_facecolor(BACKGROUNDS[plan.kind])
    row = block.subplots(1, len(panels), squeeze=False, width_ratios=[width for width, _ in panels])[0]
    for ax, (_, draw) in zip(row, panels, strict=True):
        ax.set_facecolor("none")
        draw(ax, half)
    plots.legend_below(block, max(1, int(width / 3.1)))


def _judged(claims: Sequence[str], halves: Sequence[Results]) -> list[tuple[str, dict[str, dict[str, Any]]]]:
    """Of every claim that one of the halves tests: its text, and by kind of scenario what came of it."""
    found = []
    for claim in claims:
        rows: dict[str, dict[str, Any]] = {}
        for half in halves:
            for row in half.judged[half.judged["claim"] == claim].to_dict("records"):
                rows[half.plan.kind] = {str(k): v for k, v in row.items()} | {"test": half.tests.get(claim)}
        if any(row["verdict"] != "untestable" for row in rows.values()):
            first = next(iter(rows.values()))
            found.append((str(first["text"]) + (" (ours)" if first["basis"] == "ours" else ""), rows))
    return found


def _first_seed(results: Results) -> int | None:
    """The seed whose outcome carries a star: the first, of an example as written."""
    return results.plan.seeds[0] if results.plan.kind == "as_written" else None


def _mean(values: Array) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def _scale(ax: Axes, metrics: set[str]) -> None:
    """Shares from 0 to 1, MCC with some room below, counts from 0."""
    if metrics <= SHARES | {"mcc"}:
        ax.set_ylim(-0.14 if "mcc" in metrics else -0.04, 1.04)
    elif metrics <= COUNTS:
        ax.set_ylim(bottom=0)


def curves(arms: Mapping[str, tuple[str, str]], title: str) -> Panel:
    """For regression on one input: fitted curves over the training rows; arms maps a label to (arm, colour)."""

    def draw(ax: Axes, results: Results) -> None:
        plan = results.plan
        diverged, bare = 0, True
        for label, (arm, color) in arms.items():
            if arm not in plan.arms:
                continue
            x, y, predicted = results.predictions(arm, "test")
            diverged += len(plan.seeds) - len(predicted)
            if not len(predicted):
                continue
            if bare:  # the arms of a panel share their training rows
                train_x, train_y, _ = results.predictions(arm, "train")
                train, test = Split(train_x[0], train_y[0]), Split(x[0], y[0])
                line = references.least_squares(plan.arms[arm].data, {"train": train, "test": test})["test"]
                plots.rows_and_lines(ax, (train.x[:, 0], train.y), (test.x[:, 0], test.y), line)
                bare = False
            plots.band(ax, x[0][:, 0], predicted, color, label)
            if len(arms) == 1 and not results.values(arm, "model", "diverged")[0]:
                ax.plot(
                    x[0][:, 0], predicted[0], color=plots.INK, linewidth=1.2, label=f"seed {plan.seeds[0]} (one run)"
                )
        ax.set_title(title + (f" ({diverged} diverged)" if diverged else ""))

    return draw


def scores(groups: Mapping[str, tuple[str, str, str, str]], ylabel: str, title: str = "Every seed") -> Panel:
    """Scores of every seed: groups maps a label to (arm, split, metric, colour); with what the references score."""

    def draw(ax: Axes, results: Results) -> None:
        columns, beside = [], []
        for label, (arm, split, metric, color) in groups.items():
            if len(results.values(arm, split, metric)):
                columns.append((label, results.values(arm, split, metric), color))
                found = {r: results.values(f"{arm}:{r}", split, metric) for r in results.plan.references}
                beside.append({r: _mean(v) for r, v in found.items() if np.isfinite(v).any()})
        plots.scores(ax, columns, beside, _first_seed(results))
        _scale(ax, {metric for _, _, metric, _ in groups.values()})
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


def paired_differences(groups: Mapping[str, tuple[str, str, str | None]], ylabel: str, title: str) -> Panel:
    """Each seed's difference of two numbers, with zero and what would be too small to matter.

    Parameters
    ----------
    groups
        Maps a label to (difference, colour, claim): ``arm.split.metric - arm.split.metric`` as in a claims file, and
        the claim whose margin is shown, or None.
    """

    def draw(ax: Axes, results: Results) -> None:
        found = {label: results.side(words) for label, (words, _, _) in groups.items()}
        columns = [
            (label, found[label], color, results.margin(claim) if claim else None)
            for label, (_, color, claim) in groups.items()
            if len(found[label])
        ]
        plots.differences(ax, columns)
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


def histories(
    shown: Mapping[str, tuple[str, str, str, str]],
    ylabel: str,
    title: str,
    levels: Sequence[tuple[str, str, str]] = (),
    log: str = "",
    lowest: float | None = None,
) -> Panel:
    """Numbers over epochs.

    Parameters
    ----------
    shown
        Maps a label to (arm, name in the history, colour, line style).
    levels
        (arm:reference, split, metric): what an ideal or trivial predictor scores, as grey lines.
    log
        The axes that are logarithmic: "", "x", "y" or "xy".
    lowest
        Where the axis of numbers begins: below lies what is as good as zero.
    """

    def draw(ax: Axes, results: Results) -> None:
        followed = False
        for label, (arm, name, color, linestyle) in shown.items():
            if arm in results.plan.arms:
                numbers = results.histories(arm, name)
                plots.history(ax, numbers, color, label, linestyle)
                followed |= any(np.isfinite(of_seed).any() for of_seed in numbers)
        for arm, split, metric in levels:
            values = results.values(arm, split, metric)
            if np.isfinite(values).any():
                plots.level(ax, NOWHERE, np.array([_mean(values)]), arm.partition(":")[2])
        if followed:
            for axis in log:
                ax.set(**{f"{axis}scale": "log"})
            ax.set_ylim(bottom=lowest)
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


class Line(NamedTuple):
    """A line of a sweep: a number of several arms against what each stands for; grey: a reference's."""

    arms: Mapping[str, float]
    split: str
    metric: str
    color: str = plots.REFERENCE
    style: str = "o-"


def of_reference(arms: Mapping[str, float], reference: str = "bayes") -> dict[str, float]:
    """The reference beside each of these arms, for the same x."""
    return {f"{arm}:{reference}": x for arm, x in arms.items()}


def sweep(
    lines: Mapping[str, Line],
    xlabel: str,
    ylabel: str,
    title: str,
    ticks: Callable[[float], str] = "{:g}".format,
    log: str = "x",
) -> Panel:
    """Numbers of several arms against what was varied: dots a seed, means with 95 % intervals, references in grey.

    Parameters
    ----------
    lines
        Maps a label to a line; the arms of a reference are ``arm:reference``, and it goes by its own name.
    ticks
        How the varied number is written below the axis, at every one of its values.
    log
        The axes that are logarithmic: "", "x", "y" or "xy".
    """

    def draw(ax: Axes, results: Results) -> None:
        at: set[float] = set()
        for label, line in lines.items():
            found = {x: results.values(arm, line.split, line.metric) for arm, x in line.arms.items()}
            found = {x: values for x, values in sorted(found.items()) if np.isfinite(values).any()}
            if not found:
                continue
            at |= set(found)
            if line.color == plots.REFERENCE:
                reference = next(iter(line.arms)).partition(":")[2]
                plots.level(ax, np.array(list(found)), np.array([_mean(v) for v in found.values()]), reference)
            else:
                plots.sweep(ax, list(found), list(found.values()), line.color, label, line.style)
        for axis in log if at else "":
            ax.set(**{f"{axis}scale": "log"})
        ax.set_xticks(sorted(at), [ticks(x) for x in sorted(at)])
        ax.set_xticks([], minor=True)
        _scale(ax, {line.metric for line in lines.values()})
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


def precision_recall(arms: Mapping[str, tuple[str, str, str]], title: str) -> Panel:
    """Precision against recall as the threshold moves: the median curve over seeds; the dot is where the arm decides.

    Parameters
    ----------
    arms
        Maps a label to (arm, split, colour). The band of the first one is the middle 90 % of seeds. Beside it the best
        possible rule, where the data's law is known, and the share of the small class, which chance would score.
    """

    def draw(ax: Axes, results: Results) -> None:
        plan = results.plan
        bare = True
        for label, (arm, split, color) in arms.items():
            if arm not in plan.arms:
                continue
            x, y, predicted = results.predictions(arm, split)
            if not len(predicted):
                continue
            if bare:
                if "bayes" in plan.references:
                    settings = plan.arms[arm].data
                    rows = [{split: Split(*one)} for one in zip(x, y, strict=True)]
                    ideal = np.array([references.bayes(settings, of_seed)[split] for of_seed in rows])
                    best = np.median(plots.precision_recall(y, ideal), axis=0)
                    plots.level(ax, plots.RECALLS, best, "bayes")
                plots.level(ax, NOWHERE, np.array([y.mean()]), "majority_class")
            precision = plots.precision_recall(y, predicted)
            plots.band(ax, plots.RECALLS, precision if bare else np.median(precision, axis=0)[None], color, label)
            bare = False
            reached = [_mean(results.values(arm, split, name)) for name in ("recall", "precision")]
            ax.plot(*reached, "o", color=color, markersize=13, markeredgecolor="white", zorder=4)
        ax.set(xlim=(-0.02, 1.02), ylim=(0, 1.04), xlabel="recall", ylabel="precision")
        ax.set_title(title)

    return draw


def along(arms: Mapping[str, tuple[str, str]], title: str) -> Panel:
    """Probability along the decisive feature, over seeds; arms maps a label to (arm, colour)."""

    def draw(ax: Axes, results: Results) -> None:
        bare = True
        for label, (arm, color) in arms.items():
            if arm not in results.plan.arms:
                continue
            x, y, predicted = results.predictions(arm, "along")
            if not len(predicted):
                continue
            if bare:
                ax.step(x[0][:, 0], y[0], color=plots.REFERENCE, linestyle="--", where="mid", label="the rule")
                bare = False
            plots.band(ax, x[0][:, 0], predicted, color, label)
        ax.set(ylim=(-0.04, 1.04), xlabel="decisive feature", ylabel="probability of class 1")
        ax.set_title(title)

    return draw


def confusion(arm: str, split: str, color: str, title: str) -> Panel:
    """Confusion counts of an arm on a split, averaged over seeds."""

    def draw(ax: Axes, results: Results) -> None:
        found = [results.values(arm, split, name) for name in config.CONFUSION]
        counts = np.stack(found, axis=1)
        counts = counts[np.isfinite(counts).all(axis=1)]
        if len(counts):
            plots.confusion(ax, counts, color)
        ax.set_title(title + (" ± sd" if len(counts) > 1 else ""))

    return draw


def reliability(arms: Mapping[str, tuple[str, str, str]], title: str) -> Panel:
    """Reliability curves: arms maps a label to (arm, split, colour)."""

    def draw(ax: Axes, results: Results) -> None:
        for label, (arm, split, color) in arms.items():
            if arm in results.plan.arms:
                _, y, predicted = results.predictions(arm, split)
                plots.reliability(ax, y.ravel(), predicted.ravel(), color, label)
        ax.set_title(title)

    return draw


def losses(untreated: tuple[str, str], treated: tuple[str, str], held: str) -> Panel:
    """Losses over the epochs of two networks, each (arm, label); `held` is what Keras's ``val_loss`` is taken from."""
    both = ((*untreated, plots.UNTREATED), (*treated, plots.TREATED))
    shown = {
        f"{label}, {rows} loss": (arm, name, color, linestyle)
        for arm, label, color in both
        for rows, name, linestyle in (("training", "loss", ":"), (held, "val_loss", "-"))
    }
    return histories(shown, "loss (nats)", "Over the epochs")


def kept(full: str, stopped: str, held: str) -> Panel:
    """Losses of the full run over the epochs, and for every seed where the weights come from that stopping kept.

    `full` and `stopped` are arms; `held` is what the rows are called that Keras's ``val_loss`` is taken from.
    """
    shown = {
        "full run, training loss": (full, "loss", plots.UNTREATED, ":"),
        f"full run, {held} loss": (full, "val_loss", plots.UNTREATED, "-"),
    }
    over_epochs = histories(shown, "loss (nats)", "Over the epochs", log="x")

    def draw(ax: Axes, results: Results) -> None:
        over_epochs(ax, results)
        if stopped in results.plan.arms:
            curves = results.histories(stopped, "val_loss")
            best = [(int(np.argmin(curve)) + 1, float(np.min(curve))) for curve in curves]
            epochs, lowest = zip(*best, strict=True)
            label = "kept by stopping"
            ax.plot(epochs, lowest, "o", color=plots.TREATED, alpha=0.7, markersize=8, markeredgewidth=0, label=label)
        ticks = [x for x in (1, 3, 10, 30, 100, 300, 1000) if x <= ax.get_xlim()[1]]
        ax.set_xticks(ticks, [str(x) for x in ticks])

    return draw


def two_by_two(
    untreated: tuple[str, str], treated: tuple[str, str], metric: str, ylabel: str, title: str = "Every seed"
) -> Panel:
    """A metric on the training and on the test rows of two arms, each (arm, label)."""
    both = ((*untreated, plots.UNTREATED), (*treated, plots.TREATED))
    groups = {
        f"{label}\n{split}": (arm, split, metric, color) for arm, label, color in both for split in ("train", "test")
    }
    return scores(groups, ylabel, title)
