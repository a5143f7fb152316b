"""The panels of the lesson diagnosis."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.claims.statistics import interval
from mirage.data.split import Array
from mirage.figures import large, palette
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "three-checks-find-cause",
    "overfitting-gap-means-memorising",
    "overfitting-rarer-when-accurate",
    "following-the-score-finds-cause",
    "held-out-gap-means-memorising",
    "healthy-projects-raise-no-alarm",
)
PLANTED = {  # by the arms: what is planted in them, its colour and mark
    "healthy*": ("nothing", palette.REFERENCE, "s"),
    "memorising_*": ("memorising", palette.UNTREATED, "o"),
    "short_*": ("short training", palette.TREATED, "v"),
    "shares_*": ("class shares", palette.OTHER, "^"),
    "inputs_*": ("inputs moved", palette.FURTHER[0], "D"),
    "leak_*": ("leaked feature", palette.FURTHER[1], "P"),
}
CAUSES = {
    "none": "nothing", "memorising": "memo-\nrising", "short": "short\ntraining", "shares": "class\nshares",
    "inputs": "inputs\nmoved", "leak": "leaked\nfeature",
}  # fmt: skip
WAY = {
    "line": "line,\ntraining", "train": "training", "held_out": "held\nout",
    "reweighted": "held out,\nshares\nin use", "in_use": "in use",
}  # fmt: skip
LISTS = {"checks": "three checks", "path": "following\nthe score"}


def controlled(results: Results) -> Panels:
    """Where each cause costs accuracy, and what either list calls it."""
    return [(6.2, _way), (5.6, _named("checks", "Named by the three checks")), (5.6, _named("path", _FOLLOWED))]


def real(results: Results) -> Panels:
    """The same on images."""
    return [(6.2, _way), (5.6, _named("path", _FOLLOWED))]


_FOLLOWED = "Named by following the score"


def _way(ax: Axes, results: Results) -> None:
    """Accuracy from the straight line on training rows to the model in use: means over seeds with their intervals."""
    for place, (arms, (label, color, marker)) in enumerate(PLANTED.items()):
        over = [results.values(arms, "model", number) for number in WAY]
        if not len(over[0]):
            continue
        x = np.arange(len(WAY)) + 0.06 * (place - 2.5)  # beside each other, where they would hide each other
        means = np.array([values.mean() for values in over])
        ends = np.array(
            [interval(values) if len(values) > 1 else (m, m) for values, m in zip(over, means, strict=True)]
        )
        bars = np.abs(ends.T - means)
        ax.errorbar(x, means, bars, color=color, marker=marker, markersize=8, capsize=3, linewidth=2, label=label)
    ax.set_xticks(range(len(WAY)), list(WAY.values()))
    ax.set(ylabel="accuracy", title="Where each cause costs accuracy")


def _named(of: str, title: str) -> Panel:
    """What a list calls each planted cause: shares of projects as tiles, with half their 95 % intervals over seeds."""

    def draw(ax: Axes, results: Results) -> None:
        rows = {label: arms for arms, (label, *_) in PLANTED.items() if len(results.values(arms, "model", "gap"))}
        said = [[results.values(arms, "model", f"{of}_say_{cause}") for cause in CAUSES] for arms in rows.values()]
        means = np.array([[values.mean() for values in row] for row in said])
        ax.imshow(means, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
        for (row, column), mean in np.ndenumerate(means):
            if mean:
                color = "white" if mean > 0.6 else palette.INK
                ax.text(column, row, _share(said[row][column]), ha="center", va="center", color=color, fontsize=12)
        ax.set_xticks(range(len(CAUSES)), list(CAUSES.values()), fontsize=11)
        ax.set_yticks(range(len(rows)), list(rows), fontsize=12)
        ax.grid(visible=False)
        ax.set(xlabel="what the list names", ylabel="what was planted", title=title)

    return draw


def _share(values: Array) -> str:
    """A mean share in per cent, with half its interval where seeds differ."""
    low, high = interval(values) if len(values) > 1 and np.ptp(values) else (0.0, 0.0)
    return f"{100 * values.mean():.0f} %" + (f"\n± {50 * (high - low):.0f}" if high > low else "")


def headline(results: Mapping[str, Results]) -> Shown:
    """How often either list is right, and what a good training score with a poor one in use means."""
    colors = {"checks": palette.UNTREATED, "path": palette.TREATED}
    right = [Column(tick, f"*_*.model.{name}_right", colors[name]) for name, tick in LISTS.items()]
    gap = [
        Column("any\ncause", "*_*.model.gap", palette.OTHER),
        Column("it has\nmemorised", "*_*.model.gap_memorised", palette.FURTHER[0]),
    ]
    groups = [("cause named rightly", right), ("good in training, poor in use", gap)]
    return [(results["controlled"], large.columns(groups, "projects with a cause", "{:.0%}", (0, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
