"""Does early stopping keep a network from memorising noise?

Article two, third example: coin-flip labels, a network that stops ten epochs after its validation loss was last at its
best and goes back to those weights. The network that trains to the end is ours, on the same data from the same initial
weights. As printed the listing stops with an error: it never imports `train_test_split`, which is supplied here.

How to read the figure. Left: training and validation loss over the epochs, drawn as far as half of the seeds got.
Middle: accuracy; half is chance. Right: the loss on the test rows.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Losses over the epochs, accuracies, and losses on the test rows."""
    curves = {
        "to the end, training loss": ("no_stopping", "loss", plots.UNTREATED, ":"),
        "to the end, validation loss": ("no_stopping", "val_loss", plots.UNTREATED, "-"),
        "stopped, training loss": ("early_stopping", "loss", plots.TREATED, ":"),
        "stopped, validation loss": ("early_stopping", "val_loss", plots.TREATED, "-"),
    }
    accuracy = {
        f"{label}\n{split}": (arm, split, "accuracy", color)
        for label, arm, color in (
            ("to the end", "no_stopping", plots.UNTREATED),
            ("stopped", "early_stopping", plots.TREATED),
        )
        for split in ("train", "test")
    }
    loss = {
        "to the end\ntest": ("no_stopping", "test", "log_loss", plots.UNTREATED),
        "stopped\ntest": ("early_stopping", "test", "log_loss", plots.TREATED),
    }
    panels = [
        (5.2, figures.histories(curves, "loss (nats)", "Over the epochs")),
        (6.2, figures.scores(accuracy, "accuracy", "Accuracy of every seed")),
        (4.2, figures.scores(loss, "log loss (nats)", "Test loss of every seed")),
    ]
    return figures.compose(results, panels)
