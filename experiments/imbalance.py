"""Why does a classifier with high accuracy find no row of the small class?

Article three, first example: logistic regression on pure noise, 900 rows of class 0 and 100 of class 1. The features
say nothing about the class, so nobody could find the small class, imbalance or not.

How to read the figure. Left: accuracy of every seed; the dashed line always answers with the larger class. Middle:
recall of the small class. Right: the confusion counts on the test rows.
"""

from mirage import figures, plots
from mirage.figures import Line, Panels, of_reference
from mirage.report import Results

CLAIMS = (
    "imbalance-accuracy-high",
    "imbalance-recall-poor",
    "imbalance-accuracy-from-majority",
    "imbalance-minority-inconsistent",
    "imbalance-causes-minority-failure",
)
SHARES = {"share_50": 0.5, "share_20": 0.2, "logistic": 0.1, "share_5": 0.05, "share_2": 0.02}


def as_written(results: Results) -> Panels:
    """Accuracy and recall on the test rows, and the confusion counts."""
    shown = {name: ("logistic", "test", name, plots.UNTREATED) for name in ("accuracy", "recall")}
    return [
        (3.8, figures.scores(shown, "score", "Test rows, every seed")),
        (4.2, figures.confusion("logistic", "test", plots.UNTREATED, "Test rows, mean count")),
    ]


def controlled(results: Results) -> Panels:
    """Accuracy, and how the small class is found, against its share."""
    accuracy = {
        "accuracy": Line(SHARES, "test", "accuracy", plots.UNTREATED),
        "majority class": Line(of_reference(SHARES, "majority_class"), "test", "accuracy"),
        "bayes": Line(of_reference(SHARES), "test", "accuracy"),
    }
    found = {
        "recall": Line(SHARES, "test", "recall", plots.TREATED),
        "average precision": Line(SHARES, "test", "average_precision", plots.OTHER, "s-"),
        "recall, bayes": Line(of_reference(SHARES), "test", "recall"),
        "average precision, bayes": Line(of_reference(SHARES), "test", "average_precision"),
    }
    share = "share of the small class"
    return [
        (4.6, figures.sweep(accuracy, share, "accuracy", "All rows", "{:.0%}".format)),
        (4.6, figures.sweep(found, share, "score", "The small class", "{:.0%}".format)),
    ]
