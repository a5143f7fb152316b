"""What does SMOTE change, and what does it cost?

Article five, third example: the rows of its first example, SMOTE before training, scored on the original rows. The arm
without SMOTE is the first example itself; with it the network also gets nearly twice the optimizer steps.

How to read the figure. Two panels of confusion counts on the original rows, without SMOTE and with it. Then recall, and
how well the predicted probabilities match the share of positives (dots on the dashed line match).
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Confusion counts, recall, and reliability, without SMOTE and with it."""
    recall = {
        "none": ("none", "original", "recall", plots.UNTREATED),
        "SMOTE": ("smote", "original", "recall", plots.TREATED),
    }
    arms = {"none": ("none", "original", plots.UNTREATED), "SMOTE": ("smote", "original", plots.TREATED)}
    panels = [
        (4.3, figures.confusion("none", "original", plots.UNTREATED, "Without SMOTE")),
        (4.3, figures.confusion("smote", "original", plots.TREATED, "With SMOTE")),
        (4, figures.scores(recall, "recall of class 1", "Recall of every seed")),
        (4.6, figures.reliability(arms, "Reliability")),
    ]
    return figures.compose(results, panels)
