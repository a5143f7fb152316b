"""Panels that several lessons share: functions from what is shown to a function that draws it on given axes.

A panel draws what the results have and leaves out the rest: an arm that was dropped, a split that the data's law does
not draw, a number that a model kind does not give.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.data.split import Array
from mirage.figures import marks
from mirage.figures.palette import INK, REFERENCE, TREATED, UNTREATED
from mirage.figures.style import logarithmic
from mirage.metrics.curves import RECALLS
from mirage.metrics.curves import precision_recall as precisions
from mirage.metrics.curves import reliability as binned
from mirage.metrics.metric import CORRELATION, SHARE
from mirage.metrics.table import METRICS, REFERENCES

Panel = Callable[[Axes, Results], None]
Panels = list[tuple[float, Panel]]  # each with its width in inches

CONFUSION = ("tn", "fp", "fn", "tp")
COUNTS = {"n_majority", "n_minority", "nonzero_weights"}  # numbers without a split; metrics carry their scale
NOWHERE = np.array([])  # no x: a level across the panel


def first_seed(results: Results) -> int | None:
    """The seed whose outcome carries a star: the first, of an example as written."""
    return results.plan.seeds[0] if results.plan.about.kind == "as_written" else None


def mean_of(values: Array) -> float:
    """The mean of the defined values, NaN where there are none."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def _scale(ax: Axes, names: set[str]) -> None:
    """Shares from 0 to 1, correlations with some room below, counts from 0."""
    scales = {METRICS[name].scale for name in names if name in METRICS}
    if names <= set(METRICS) and scales <= {SHARE, CORRELATION}:
        ax.set_ylim(-0.14 if CORRELATION in scales else -0.04, 1.04)
    elif names <= COUNTS:
        ax.set_ylim(bottom=0)


def curves(arms: Mapping[str, tuple[str, str]], title: str) -> Panel:
    """For regression on one input: fitted curves over the training rows; arms maps a label to (arm, colour)."""

    def draw(ax: Axes, results: Results) -> None:
        plan = results.plan
        diverged, bare = 0, True
        for label, (arm, color) in arms.items():
            if arm not in plan.arms:
                continue
            x, _, predicted = results.predictions(arm, "test")
            diverged += len(plan.seeds) - len(results.kept(arm))
            if not len(predicted):
                continue
            first = x[0].reshape(x.shape[1], -1)[:, 0]
            order = np.argsort(first, kind="stable")
            if bare:  # the arms of a panel share their training rows
                _truth(ax, results, arm, order)
                bare = False
            if (x == x[0]).all():
                marks.band(ax, first[order], predicted[:, order], color, label)
            else:  # every seed has its own inputs: one seed's is all that can be drawn
                ax.plot(first[order], predicted[0][order], ".", color=color, label=label)
            if len(arms) == 1 and not results.values(arm, "model", "diverged")[0]:
                label = f"seed {plan.seeds[0]} (one run)"
                ax.plot(first[order], predicted[0][order], color=INK, linewidth=1.2, label=label)
        ax.set_title(title + (f" ({diverged} diverged)" if diverged else ""))

    return draw


def _truth(ax: Axes, results: Results, arm: str, order: Array) -> None:
    """The training rows of an arm's first seed, the true line and the fitted straight one, over its test rows."""
    law, splits = results.plan.arms[arm].data, results.splits(arm, results.kept(arm)[0])[0]
    both = {name: splits[name] for name in ("train", "test")}
    x = {name: split.x.reshape(len(split.x), -1)[:, 0] for name, split in both.items()}
    known = [one for one in (REFERENCES["true_line"], REFERENCES["least_squares"]) if one.possible(law)]
    lines = {one.name: one.predictions(law, both)["test"][order] for one in known}
    marks.rows_and_lines(ax, (x["train"], both["train"].y), x["test"][order], lines)


def scores(groups: Mapping[str, tuple[str, str, str, str]], ylabel: str, title: str = "Every seed") -> Panel:
    """Scores of every seed: groups maps a label to (arm, split, metric, colour); with what the references score."""

    def draw(ax: Axes, results: Results) -> None:
        columns, beside = [], []
        for label, (arm, split, metric, color) in groups.items():
            if len(results.values(arm, split, metric)):
                columns.append((label, results.values(arm, split, metric), color))
                found = {r: results.values(f"{arm}:{r}", split, metric) for r in results.plan.about.references}
                beside.append({r: mean_of(v) for r, v in found.items() if np.isfinite(v).any()})
        marks.scores(ax, columns, beside, first_seed(results))
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
        marks.differences(ax, columns)
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


class Line(NamedTuple):
    """A line of a sweep: a number of several arms against what each stands for; grey: a reference's."""

    arms: Mapping[str, float]
    split: str
    metric: str
    color: str = REFERENCE
    style: str = "o-"
    aside: float = 1.0
    """What x is multiplied by where it is drawn, so that lines don't cover each other."""


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
        The axes that are logarithmic: "", "x", "y" or "xy". Means on a logarithmic axis are geometric.
    """

    def draw(ax: Axes, results: Results) -> None:
        at: set[float] = set()
        for label, line in lines.items():
            found = {x: results.values(arm, line.split, line.metric) for arm, x in line.arms.items()}
            found = {x: values for x, values in sorted(found.items()) if np.isfinite(values).any()}
            if not found:
                continue
            at |= set(found)
            if line.color == REFERENCE:
                reference = next(iter(line.arms)).partition(":")[2]
                means = np.array([marks.middle(v, "y" in log) for v in found.values()])
                marks.level(ax, np.array(list(found)), means, reference)
            else:
                shifted = [line.aside * x for x in found]
                marks.sweep(ax, shifted, list(found.values()), line.color, label, line.style, "y" in log)
        if at and "x" in log:
            ax.set_xscale("log")
        if at and "y" in log:
            logarithmic(ax)
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
            y, predicted = results.labels_and_scores(arm, split)
            if not len(predicted):
                continue
            if bare:
                bayes, law = REFERENCES["bayes"], plan.arms[arm].data
                if bayes.name in plan.about.references and bayes.possible(law):
                    drawn = [results.splits(arm, seed)[0] for seed in results.kept(arm)]
                    ideal = np.array([bayes.predictions(law, {split: one[split]})[split] for one in drawn])
                    marks.level(ax, RECALLS, np.median(precisions(y, ideal), axis=0), bayes.name)
                marks.level(ax, NOWHERE, np.array([y.mean()]), "majority_class")
            precision = precisions(y, predicted)
            marks.band(ax, RECALLS, precision if bare else np.median(precision, axis=0)[None], color, label)
            bare = False
            reached = [mean_of(results.values(arm, split, name)) for name in ("recall", "precision")]
            ax.plot(*reached, "o", color=color, markersize=13, markeredgecolor="white", zorder=4)
        ax.set(xlim=(-0.02, 1.02), ylim=(0, 1.04), xlabel="recall", ylabel="precision")
        ax.set_title(title)

    return draw


def along(arms: Mapping[str, tuple[str, str]], title: str, outlined: bool = False) -> Panel:
    """Probability along the decisive feature, over seeds; arms maps a label to (arm, colour); see `marks.band`."""

    def draw(ax: Axes, results: Results) -> None:
        bare = True
        for label, (arm, color) in arms.items():
            if arm not in results.plan.arms:
                continue
            x, y, predicted = results.predictions(arm, "along")
            if not len(predicted):
                continue
            if bare:
                ax.step(x[0][:, 0], y[0], color=REFERENCE, linestyle="--", where="mid", label="the rule")
                bare = False
            marks.band(ax, x[0][:, 0], predicted, color, label, outlined=outlined)
        ax.set(ylim=(-0.04, 1.04), xlabel="decisive feature", ylabel="probability of class 1")
        ax.set_title(title)

    return draw


def confusion(arm: str, split: str, color: str, title: str) -> Panel:
    """Confusion counts of an arm on a split, averaged over seeds."""

    def draw(ax: Axes, results: Results) -> None:
        found = [results.values(arm, split, name) for name in CONFUSION]
        counts = np.stack(found, axis=1)
        counts = counts[np.isfinite(counts).all(axis=1)]
        if len(counts):
            marks.confusion(ax, counts, color)
        ax.set_title(title + (" ± sd" if len(counts) > 1 else ""))

    return draw


def reliability(arms: Mapping[str, tuple[str, str, str]], title: str) -> Panel:
    """Reliability curves: arms maps a label to (arm, split, colour)."""

    def draw(ax: Axes, results: Results) -> None:
        for label, (arm, split, color) in arms.items():
            if arm in results.plan.arms:
                y, predicted = results.labels_and_scores(arm, split)
                if len(predicted):
                    marks.reliability(ax, binned(y.ravel(), predicted.ravel()), color, label)
        ax.set_title(title)

    return draw


def two_by_two(
    untreated: tuple[str, str], treated: tuple[str, str], metric: str, ylabel: str, title: str = "Every seed"
) -> Panel:
    """A metric on the training and on the test rows of two arms, each (arm, label)."""
    both = ((*untreated, UNTREATED), (*treated, TREATED))
    groups = {
        f"{label}\n{split}": (arm, split, metric, color) for arm, label, color in both for split in ("train", "test")
    }
    return scores(groups, ylabel, title)
