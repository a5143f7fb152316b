"""The panels of the lesson multi_seed."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import large, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "seeds-alone-change-predictions",
    "runs-differ-slightly",
    "score-stays-the-same",
    "initial-weights-matter",
    "batch-order-matters",
    "ensemble-reduces-spread",
)
SOURCES = {
    "initial\nweights": "init",
    "order": "order",
    "drop-\nout\nmasks": "masks",
    "data": "data",
    "all but\nmasks": "all",
    "weights\nand\norder": "single",
    "two\nsingle": "pair",
    "two\naver-\nages": "ensemble",
}
SINGLY = {"init": "initial-weights-matter", "order": "batch-order-matters", "masks": "dropout-masks-matter"}
SHARE = "spread / sd of the targets"


def as_written(results: Results) -> Panels:
    """The five answers to each input, and how far they spread over all replicates."""
    network = {"five\nnetworks": ("network", palette.UNTREATED)}
    return [(4.4, _answers), (2.6, _spreads(network, "Spread"))]


def controlled(results: Results) -> Panels:
    """How far answers spread, by what differs between networks, how far scores do, and what averaging does to them."""
    errors = {
        "single": ("single", "test", "mse", palette.UNTREATED),
        "average\nof four": ("ensemble", "test", "mse", palette.TREATED),
    }
    drawn = panels.scores(errors, "mean squared error", "Error, over draws")

    def error(ax: Axes, results: Results) -> None:
        drawn(ax, results)
        for line in ax.get_lines():
            if line.get_label() == "true line":
                line.set_label("true line (noise only)")

    return [(7.8, _spreads(_colored(results))), (2.4, _scores), (3.0, error)]


def real(results: Results) -> Panels:
    """How far answers spread, by what differs between networks, and how far scores do."""
    return [(6.0, _spreads(_colored(results))), (2.4, _scores)]


def _colored(results: Results) -> dict[str, tuple[str, str]]:
    """The arms that `SOURCES` names, as far as there are such: label to (arm, colour)."""
    return {
        label: (arm, palette.TREATED if arm == "ensemble" else palette.UNTREATED)
        for label, arm in SOURCES.items()
        if arm in results.plan.arms
    }


def _spreads(arms: Mapping[str, tuple[str, str]], title: str = "Spread of answers, by what differs") -> Panel:
    """Relative spreads, and what claims ask of them: lines at what would be noticed and at the limit of slight."""
    columns = {label: (arm, "model", "relative_spread", color) for label, (arm, color) in arms.items()}

    def draw(ax: Axes, results: Results) -> None:
        panels.scores(columns, SHARE, title)(ax, results)
        ax.set_ylim(bottom=0)
        for x, (arm, _) in enumerate(arms.values()):
            if arm in SINGLY:
                _line(ax, (x - 0.4, x + 0.45), results.margin(SINGLY[arm]), "margin of one source", "-")
        _line(ax, None, results.margin("seeds-alone-change-predictions"), "margin of other predictions", ":")
        slight = results.tests.get("runs-differ-slightly")
        if slight and isinstance(slight.right, (int, float)):
            _line(ax, None, slight.right - slight.margin, "limit of slight", "--")

    return draw


def _scores(ax: Axes, results: Results) -> None:
    """How far apart the test errors of one replicate's networks lie, and up to where that is hardly."""
    shown = {"weights\nand\norder": ("single", "model", "relative_score_spread", palette.UNTREATED)}
    panels.scores(shown, "spread / mean error", "Scores, by run")(ax, results)
    ax.set_ylim(bottom=0)
    _line(ax, None, results.margin("score-stays-the-same"), "limit of hardly", "-.")


def _line(ax: Axes, across: tuple[float, float] | None, height: float | None, label: str, style: str) -> None:
    """A grey line at a height that a claim names, over some columns or the panel; nothing if it lies above it."""
    if height is not None and height < ax.get_ylim()[1]:
        first = label not in ax.get_legend_handles_labels()[1]
        x = across or ax.get_xlim()
        ax.plot(x, (height, height), style, color=palette.REFERENCE, label=label if first else "_again", zorder=1)


def _answers(ax: Axes, results: Results) -> None:
    ax.set(xlabel="test input", ylabel="prediction")
    ax.set_title(f"Five answers each, seed {results.plan.seeds[0]}")
    if results.values("network", "model", "diverged")[0]:
        return
    _, y, predicted = results.predictions("network", "test")
    inputs = range(1, y.shape[-1] + 1)
    for member in np.atleast_2d(predicted[0]):
        ax.plot(inputs, member, "o", color=palette.UNTREATED, alpha=0.7)
    ax.plot([], [], "o", color=palette.UNTREATED, label="one of five networks")
    ax.plot(
        inputs,
        np.atleast_2d(y[0])[0],
        "_",
        color=palette.REFERENCE,
        markersize=16,
        markeredgewidth=2,
        label="target (random)",
    )
    ax.set_xticks(inputs)


def headline(results: Mapping[str, Results]) -> Shown:
    """How far networks trained again differ, by what differs between them, and averages of them."""
    sources = {"initial\nweights": "init", "order\nof rows": "order", "dropout\nmasks": "masks"}
    answers = {"two\nnetworks": ("pair", palette.UNTREATED), "two averages\nof four": ("ensemble", palette.TREATED)}
    groups = [
        (
            "one thing differs",
            [Column(tick, f"{a}.model.relative_spread", palette.UNTREATED) for tick, a in sources.items()],
        ),
        (
            "weights and order differ",
            [Column(tick, f"{a}.model.relative_spread", color) for tick, (a, color) in answers.items()],
        ),
    ]
    ylabel = "spread of the answers,\nshare of the targets' sd"
    return [(results["controlled"], large.columns(groups, ylabel, large.PERCENT, (0, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
