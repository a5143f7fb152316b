"""The panels of the lesson overfitting."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, epochs, large, marks, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "overfitting-test-above-train",
    "overfitting-fits-noise",
    "overfitting-worse-than-line",
    "overfitting-learns-rows-perfectly",
    "overfitting-longer-training-fits-noise",
    "overfitting-capacity-is-main-cause",
)
SIZES = (
    (
        "one hidden layer,\nunits",
        [Column(f"{units:,}", f"units_{units}.test.excess_mse", palette.OTHER) for units in (8, 64, 1024)],
    ),
    (
        "two layers",
        [
            Column("128\n+ 64", "network.test.excess_mse", palette.UNTREATED),
            Column("no\nkinks", "linear.test.excess_mse", palette.TREATED),
        ],
    ),
    (
        "other library",
        [
            Column("net-\nwork", "perceptron.test.excess_mse", palette.FURTHER[0]),
            Column("tree", "tree.test.excess_mse", palette.FURTHER[0]),
        ],
    ),
)
LINE = "network:least_squares"
COMPARED = (  # what the claims about the network compare
    ("network", [Column("test −\ntraining", "network.test.mse - network.train.mse", palette.UNTREATED)]),
    (
        "network and\nfitted line",
        [
            Column("training,\nline −\nnetwork", f"{LINE}.train.mse - network.train.mse", palette.FURTHER[1]),
            Column("test,\nnetwork\n− line", f"network.test.mse - {LINE}.test.mse", palette.FURTHER[1]),
        ],
    ),
    ("long and\nshort run", [Column("test,\nlong −\nshort", "network.test.mse - short.test.mse", palette.FURTHER[2])]),
)


def as_written(results: Results) -> Panels:
    """The article's picture with a band over seeds, and the errors of every seed."""
    shown = {
        "training\nrows,\nlowest": ("model", "lowest_loss"),
        "training\nrows,\nnoisy": ("train", "mse"),
        "test grid,\nno noise": ("test", "mse"),
    }
    errors = {label: ("network", *number, palette.UNTREATED) for label, number in shown.items()}
    return [
        (4.6, panels.curves({"network": ("network", palette.UNTREATED)}, "What the network ends with")),
        (4.4, panels.scores(errors, "mean squared error")),
    ]


def over_the_epochs() -> Panel:
    """Training and test error of two networks, with the noise variance and the epoch at which the short run stops."""
    shown = {
        "network, training rows": ("network", "loss", palette.UNTREATED, ":"),
        "network, test rows": ("network", "val_loss", palette.UNTREATED, "-"),
        "no kinks, training rows": ("linear", "loss", palette.TREATED, ":"),
        "no kinks, test rows": ("linear", "val_loss", palette.TREATED, "-"),
    }
    curves = epochs.histories(shown, "mean squared error", "Over the epochs", log="xy", lowest=0.1)

    def draw(ax: Axes, results: Results) -> None:
        curves(ax, results)
        noise = marks.middle(results.values("network:true_line", "test", "mse"))
        if np.isfinite(noise):
            ax.axhline(noise, color=palette.REFERENCE, linestyle="-.", linewidth=1.8, label="noise variance")
        if "short" in results.plan.arms:
            stop = results.plan.arms["short"].training.epochs
            ax.axvline(stop, color=palette.INK, linewidth=1, label=f"epoch {stop}: short run stops")

    return draw


def controlled(results: Results) -> Panels:
    """Errors over the epochs of two networks; what the claims compare; what all models miss the truth by."""
    margins = ("overfitting-test-above-train", "overfitting-fits-noise", "overfitting-longer-training-fits-noise")
    pairs = compared.differences(COMPARED, "difference of\nmean squared errors", "What the claims compare", margins)
    tested = [("units_8.test.excess_mse", "units_1024.test.excess_mse")]
    excess = compared.scores(SIZES, "squared distance to true line", "At the end", log=True, tested=tested)
    return [(5.2, over_the_epochs()), (4.9, pairs), (6.4, excess)]


def headline(results: Mapping[str, Results]) -> Shown:
    """What learning by heart costs on new rows, and that it takes the bends."""
    models = (
        ("learned by heart", "network", palette.UNTREATED),
        ("same weights, no ReLU", "linear", palette.TREATED),
        ("fitted straight line", LINE, palette.REFERENCE),
    )
    rows = {"training\nrows": "train", "new\nrows": "test"}
    groups = [
        (name, [Column(tick, f"{arm}.{split}.mse", color) for tick, split in rows.items()])
        for name, arm, color in models
    ]
    return [(results["controlled"], large.columns(groups, "mean squared error", "{:.2g}", (0, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
