"""A panel that several lessons share: scores of every seed in columns that come in groups, each group named beneath."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import marks, panels
from mirage.figures.palette import REFERENCE
from mirage.figures.panels import Panel

Column = tuple[str, str, str, str]  # arm, split, metric, colour


def columns(arm: str, split: str, metrics: Mapping[str, str], color: str) -> dict[str, Column]:
    """Several numbers of one arm: `metrics` maps a label to each."""
    return {label: (arm, split, metric, color) for label, metric in metrics.items()}


def scores(groups: Mapping[str, Mapping[str, Column]], ylabel: str, title: str = "Every seed") -> Panel:
    """Scores of every seed: groups map the name of a group to its columns, each a label with what it shows.

    The line above a group's name has the colour of its columns, if that is one.
    """

    def draw(ax: Axes, results: Results) -> None:
        there = [
            (name, [(label, one) for label, one in group.items() if len(results.values(*one[:3]))])
            for name, group in groups.items()
        ]
        shown = {f"{name} {label}": one for name, group in there for label, one in group}
        panels.scores(shown, ylabel, title)(ax, results)
        labels = [label for _, group in there for label, _ in group]
        ax.set_xticks(range(len(labels)), labels)
        first, named = 0, []
        for name, group in there:
            colors = {color for _, (_, _, _, color) in group}
            if group:
                named.append((first, first + len(group) - 1, name, colors.pop() if len(colors) == 1 else REFERENCE))
            first += len(group)
        marks.beneath(ax, named, 1 + max((label.count("\n") for label in labels), default=0))

    return draw
