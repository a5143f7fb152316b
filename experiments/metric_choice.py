"""Do accuracy and F1 tell different stories about the same predictions?

Article five, second example: coin-flip labels, ten epochs, scored on the rows the network was trained on. The classes
are balanced.

How to read the figure. Left: F1 against accuracy, a dot a seed; on the dashed line they agree. Middle: the confusion
counts. Right: further scores of the same predictions.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """F1 against accuracy, the confusion counts, and other scores."""
    names = {"accuracy": "accuracy", "balanced\naccuracy": "balanced_accuracy", "F1": "f1", "ROC AUC": "roc_auc"}
    scored = {label: ("network", "train", metric, plots.UNTREATED) for label, metric in names.items()}
    panels = [
        (5, _against),
        (4.6, figures.confusion("network", "train", plots.UNTREATED, "Training rows")),
        (6, figures.scores(scored, "score", "Scores of every seed")),
    ]
    return figures.compose(results, panels)


def _against(ax: Axes, results: Results) -> None:
    accuracy, f1 = (results.values("network", "train", metric) for metric in ("accuracy", "f1"))
    ax.plot([0, 1], [0, 1], color=plots.REFERENCE, linestyle="--", label="equal")
    ax.plot(accuracy, f1, "o", color=plots.UNTREATED, alpha=0.6)
    ax.plot(accuracy[0], f1[0], **plots.FIRST_SEED)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="accuracy", ylabel="F1", aspect="equal")
    ax.set_title("Every seed")
