"""Why does a classifier with high accuracy find no row of the small class?

Article three, first example: logistic regression on pure noise, 900 rows of class 0 and 100 of class 1. The features
say nothing about the class, so nobody could find the small class, imbalance or not.

How to read the figure. Left: accuracy of every seed; the dashed line always answers with the larger class. Middle:
recall of the small class. Right: the confusion counts on the test rows.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Accuracy, recall of the small class, and the confusion counts."""
    accuracy, recall = (
        {split: ("logistic", split, metric, plots.UNTREATED) for split in ("train", "test")}
        for metric in ("accuracy", "recall")
    )
    panels = [
        (5, figures.scores(accuracy, "accuracy", "Accuracy of every seed")),
        (5, figures.scores(recall, "recall of class 1", "Recall of every seed")),
        (4.6, figures.confusion("logistic", "test", plots.UNTREATED, "Test rows")),
    ]
    return figures.compose(results, panels)
