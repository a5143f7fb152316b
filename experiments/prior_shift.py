"""Why does a network that validates at nine tenths do no better than a coin on the test set?

Article two, first example: 100 rows of pure noise, 90 labelled 0 and 10 labelled 1. A fifth is held out for validation,
whose share of class 0 is that of the training rows. The test set is new noise with coin-flip labels. So nothing can be
learned, and what changes between validation and test is how common the classes are.

How to read the figure. Left: accuracy of every seed on the three sets; the dashed line always answers with the larger
class. Then the confusion counts on validation and on test: almost everything is called 0 on both.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Accuracy on the three sets, and the confusion counts behind the last two."""
    groups = {
        "train": ("network", "train", "accuracy", plots.UNTREATED),
        "validation": ("network", "validation", "accuracy", plots.UNTREATED),
        "balanced test": ("network", "test_balanced", "accuracy", plots.UNTREATED),
    }
    panels = [
        (5.6, figures.scores(groups, "accuracy")),
        (4.6, figures.confusion("network", "validation", plots.UNTREATED, "Validation rows")),
        (4.6, figures.confusion("network", "test_balanced", plots.UNTREATED, "Balanced test rows")),
    ]
    return figures.compose(results, panels)
