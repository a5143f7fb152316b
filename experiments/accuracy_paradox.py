"""Is imbalance why a network with high accuracy finds no row of the small class?

Article five, first example: 100 rows of noise and 10 of noise moved up by two on every feature, so that the classes do
not overlap at all. Ten epochs, scored on the rows it was trained on. The balanced arm is ours: as many rows of the
second class as of the first, and so nearly twice the optimizer steps.

How to read the figure. Left: the confusion counts. Middle: the scores of every seed, with what always answering with
the larger class would score. Right: recall of the second class as written and with balanced classes.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Confusion counts, the scores, and recall with balanced classes."""
    names = {"accuracy": "accuracy", "balanced\naccuracy": "balanced_accuracy", "F1": "f1", "ROC AUC": "roc_auc"}
    scored = {label: ("network", "train", metric, plots.UNTREATED) for label, metric in names.items()}
    recall = {
        "as written": ("network", "train", "recall", plots.UNTREATED),
        "balanced": ("balanced", "train", "recall", plots.TREATED),
    }
    panels = [
        (4.6, figures.confusion("network", "train", plots.UNTREATED, "Training rows")),
        (6, figures.scores(scored, "score", "Scores of every seed")),
        (4.4, figures.scores(recall, "recall of class 1", "Recall of every seed")),
    ]
    return figures.compose(results, panels)
