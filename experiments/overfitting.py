"""Does a network of thousands of weights overfit 20 noisy points?

Article one, first example: a network with two hidden layers is trained for 2,000 epochs on 20 points around a straight
line. The article shows one run. Here are many, on the very same points: they differ in their initial weights and in
the order of rows.

How to read the figure. Left: the curves the network ends with. Right: the mean squared error on the training rows and
on the test grid. The grid carries no noise, so the true line scores 0 there; on the training rows it scores the noise
that was drawn. A score below that line on the training rows means that noise has been fitted.
"""

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "overfitting-test-above-train",
    "overfitting-training-error-very-low",
    "overfitting-fits-noise",
    "overfitting-worse-than-line",
    "overfitting-longer-training-fits-noise",
)


def as_written(results: Results) -> Panels:
    """The article's picture with a band over seeds, and the errors of every seed."""
    errors = {split: ("network", split, "mse", plots.UNTREATED) for split in ("train", "test")}
    return [
        (4.6, figures.curves({"network": ("network", plots.UNTREATED)}, "What the network ends with")),
        (3.8, figures.scores(errors, "mean squared error")),
    ]


def controlled(results: Results) -> Panels:
    """Training and test error over the epochs of a network that can memorise and of one that cannot."""
    shown = {
        "network, training rows": ("network", "loss", plots.UNTREATED, ":"),
        "network, test rows": ("network", "val_loss", plots.UNTREATED, "-"),
        "linear, training rows": ("linear", "loss", plots.TREATED, ":"),
        "linear, test rows": ("linear", "val_loss", plots.TREATED, "-"),
    }
    levels = [("network:true_line", "test", "mse"), ("network:least_squares", "test", "mse")]
    errors = {
        f"{label}\n{split}": (arm, split, "mse", color)
        for arm, label, color in (("network", "network", plots.UNTREATED), ("linear", "linear", plots.TREATED))
        for split in ("train", "test")
    }
    return [
        (5.2, figures.histories(shown, "mean squared error", "Over the epochs", levels, log="xy", lowest=0.1)),
        (4.6, figures.scores(errors, "mean squared error", "At the end")),
    ]
