"""Do an L2 penalty and dropout make a network that memorises noise predict better?

Article two, second example: coin-flip labels, so that no network can be right more than half the time on new rows. One
network has no regularisation; the other has an L2 penalty and dropout, two changes at once. As printed the listing
stops with an error: it never imports `train_test_split`, which is supplied here.

How to read the figure. Left: training and validation loss over the epochs (the penalty is part of the regularised
network's loss). Middle: accuracy; half is chance. Right: the loss on the test rows, without the penalty.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Losses over the epochs, accuracies, and losses on the test rows."""
    curves = {
        "none, training loss": ("none", "loss", plots.UNTREATED, ":"),
        "none, validation loss": ("none", "val_loss", plots.UNTREATED, "-"),
        "L2, dropout, training loss": ("l2_dropout", "loss", plots.TREATED, ":"),
        "L2, dropout, validation loss": ("l2_dropout", "val_loss", plots.TREATED, "-"),
    }
    accuracy = {
        f"{label}\n{split}": (arm, split, "accuracy", color)
        for label, arm, color in (("none", "none", plots.UNTREATED), ("L2, dropout", "l2_dropout", plots.TREATED))
        for split in ("train", "test")
    }
    loss = {
        "none\ntest": ("none", "test", "log_loss", plots.UNTREATED),
        "L2, dropout\ntest": ("l2_dropout", "test", "log_loss", plots.TREATED),
    }
    panels = [
        (5.2, figures.histories(curves, "loss (nats)", "Over the epochs")),
        (6.2, figures.scores(accuracy, "accuracy", "Accuracy of every seed")),
        (4.2, figures.scores(loss, "log loss (nats)", "Test loss of every seed")),
    ]
    return figures.compose(results, panels)
