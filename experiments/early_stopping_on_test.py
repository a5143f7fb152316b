"""What is a test score worth if training was stopped by it?

Article four, second example: coin-flip labels, and early stopping that watches the test rows themselves. The network
that trains to the end is ours. As printed the listing stops with an error: its data are never made; they are taken
from the article's first example.

How to read the figure. Left: training loss, and the loss on the test rows that the rule watches. Middle: accuracy; half
is chance. Right: the loss on the test rows after training.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Losses over the epochs, accuracies, and losses on the test rows."""
    curves = {
        "to the end, training loss": ("no_stopping", "loss", plots.UNTREATED, ":"),
        "to the end, test loss": ("no_stopping", "val_loss", plots.UNTREATED, "-"),
        "stopped, training loss": ("early_stopping", "loss", plots.TREATED, ":"),
        "stopped, test loss": ("early_stopping", "val_loss", plots.TREATED, "-"),
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
