"""Whole figures: panels that several lessons share, drawn from a lesson's results and put side by side.

A lesson names its panels; `compose` draws them, adds the verdicts on the right and one legend below.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage import config, plots, references
from mirage.data import Split
from mirage.report import Results

Panel = Callable[[Axes, Results], None]

NARROWEST = 13.0  # inches: the legend and the claims need that much
COUNTS = {"n_majority", "n_minority", "nonzero_weights"}
SHARES = {*config.DECISION_METRICS, "roc_auc", "average_precision"} - {*config.CONFUSION, "mcc"}  # from 0 to 1


def compose(results: Results, panels: Sequence[tuple[float, Panel]]) -> Figure:
    """A figure of these panels (width in inches, what draws it); with several seeds, the verdicts beneath them."""
    tested = results.judged[results.judged["verdict"] != "untestable"]
    judged = [{str(k): v for k, v in row.items()} for row in tested.to_dict("records")]
    judged = judged if len(results.plan.seeds) > 1 else []
    narrow = sum(width for width, _ in panels)
    widths = [width * max(1.0, NARROWEST / narrow) for width, _ in panels]
    heights = [4.9, 0.62 * len(judged) + 0.9] if judged else [4.9]
    fig = plots.new_figure(sum(widths), sum(heights) + 0.9)
    grid = fig.add_gridspec(len(heights), 1, height_ratios=heights)
    row = grid[0].subgridspec(1, len(panels), width_ratios=widths)
    for column, (_, draw) in enumerate(panels):
        draw(fig.add_subplot(row[column]), results)
    plots.legend_below(fig)
    if judged:
        ax = fig.add_subplot(grid[1])
        plots.claims(ax, judged)
        ax.set_title(f"What the article claims, over {len(results.plan.seeds)} seeds")
    return fig


def curve(arm: str, title: str, color: str) -> Panel:
    """For regression on one input: the fitted curves of an arm over its training rows."""

    def draw(ax: Axes, results: Results) -> None:
        plan = results.plan
        x, y, predicted = results.predictions(arm, "test")
        train_x, train_y, _ = results.predictions(arm, "train")
        if len(predicted):
            train, test = Split(train_x[0], train_y[0]), Split(x[0], y[0])
            line = references.least_squares(plan.arms[arm].data, {"train": train, "test": test})["test"]
            rows, grid = ((split.x[:, 0], split.y) for split in (train, test))
            first = None if results.values(arm, "model", "diverged")[0] else plan.seeds[0]
            plots.curve_fit(ax, rows, grid, predicted, line, color, first)
        diverged = len(plan.seeds) - len(predicted)
        ax.set_title(title + (f" ({diverged} of {len(plan.seeds)} diverged)" if diverged else ""))

    return draw


def scores(groups: Mapping[str, tuple[str, str, str, str]], ylabel: str, title: str = "Every seed") -> Panel:
    """Scores of every seed: groups maps a label to (arm, split, metric, colour); with what the references score."""

    def draw(ax: Axes, results: Results) -> None:
        columns, beside = [], []
        for label, (arm, split, metric, color) in groups.items():
            if len(results.values(arm, split, metric)):
                columns.append((label, results.values(arm, split, metric), color))
                found = {r: results.values(f"{arm}:{r}", split, metric) for r in results.plan.references}
                beside.append({r: float(np.nanmean(v)) for r, v in found.items() if np.isfinite(v).any()})
        plots.scores(ax, columns, beside, results.plan.seeds[0])
        metrics = {metric for _, _, metric, _ in groups.values()}
        if metrics <= SHARES:
            ax.set_ylim(-0.04, 1.04)
        elif metrics <= COUNTS:
            ax.set_ylim(bottom=0)
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


def histories(curves: Mapping[str, tuple[str, str, str, str]], ylabel: str, title: str) -> Panel:
    """Numbers over epochs: curves maps a label to (arm, name in the history, colour, line style)."""

    def draw(ax: Axes, results: Results) -> None:
        for label, (arm, name, color, linestyle) in curves.items():
            if arm in results.plan.arms:
                plots.history(ax, results.histories(arm, name), color, label, linestyle)
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


def confusion(arm: str, split: str, color: str, title: str) -> Panel:
    """Confusion counts of an arm on a split, averaged over seeds."""

    def draw(ax: Axes, results: Results) -> None:
        counts = np.stack([results.values(arm, split, name) for name in config.CONFUSION], axis=1)
        counts = counts[np.isfinite(counts).all(axis=1)]
        if len(counts):
            plots.confusion(ax, counts, color)
        ax.set_title(title)

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


def lines_and_scores(results: Results, arms: Mapping[str, tuple[str, str]]) -> Figure:
    """Article one's figure: fitted curves of every arm (title and colour), and the errors of every seed."""
    shown = {
        arm: arms.get(arm, (arm, plots.TREATED)) for arm in [*arms, *results.plan.arms] if arm in results.plan.arms
    }
    groups = {
        f"{title}\n{split}" if len(shown) > 1 else split: (arm, split, "mse", color)
        for arm, (title, color) in shown.items()
        for split in ("train", "test")
    }
    curves: list[tuple[float, Panel]] = [(4.4, curve(arm, title, color)) for arm, (title, color) in shown.items()]
    return compose(results, [*curves, (5.4, scores(groups, "mean squared error (square of y's unit)"))])


def two_networks(results: Results, untreated: tuple[str, str], treated: tuple[str, str], held: str) -> Figure:
    """Losses over the epochs, accuracies, and losses on the test rows, of two networks.

    Parameters
    ----------
    untreated, treated
        Arm and label of either network.
    held
        What the rows are called whose loss Keras follows as ``val_loss``.
    """
    both = ((*untreated, plots.UNTREATED), (*treated, plots.TREATED))
    curves = {
        f"{label}, {rows} loss": (arm, name, color, linestyle)
        for arm, label, color in both
        for rows, name, linestyle in (("training", "loss", ":"), (held, "val_loss", "-"))
    }
    accuracy = {
        f"{label}\n{split}": (arm, split, "accuracy", color)
        for arm, label, color in both
        for split in ("train", "test")
    }
    loss = {f"{label}\ntest": (arm, "test", "log_loss", color) for arm, label, color in both}
    panels = [
        (5.2, histories(curves, "loss (nats)", "Over the epochs")),
        (6.2, scores(accuracy, "accuracy", "Accuracy of every seed")),
        (4.2, scores(loss, "log loss (nats)", "Test loss of every seed")),
    ]
    return compose(results, panels)
