"""What does SMOTE do to data that are balanced already?

Article four, third example: SMOTE on scikit-learn's ready-made clusters. The listing stops there. The network, the held
out rows and the arm without SMOTE are ours, the least that shows what a model makes of it.

How to read the figure. Left: rows of each class before SMOTE and after. Middle and right: accuracy and loss of a
network trained on either, on rows held out after the resampling.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Rows by class, and what a network makes of them."""
    arms = (("before", "original", plots.UNTREATED), ("after", "smote", plots.TREATED))
    counts = {
        f"{size}\n{label}": (arm, "model", f"n_{size}", color)
        for size in ("majority", "minority")
        for label, arm, color in arms
    }
    accuracy, loss = (
        {f"{label}\n{split}": (arm, split, metric, color) for label, arm, color in arms for split in ("train", "test")}
        for metric in ("accuracy", "log_loss")
    )
    panels = [
        (5.4, figures.scores(counts, "training rows", "Rows by class")),
        (5.2, figures.scores(accuracy, "accuracy", "Accuracy of every seed")),
        (5.2, figures.scores(loss, "log loss (nats)", "Loss of every seed")),
    ]
    return figures.compose(results, panels)
