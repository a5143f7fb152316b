"""Why does a network that validates at nine tenths do no better than a coin on the test set?

Article two, first example: 100 rows of pure noise, 90 labelled 0 and 10 labelled 1. A fifth is held out for validation,
whose share of class 0 is that of the training rows. The test set is new noise with coin-flip labels. So nothing can be
learned, and what changes between validation and test is how common the classes are.

How to read the figure. Left: accuracy of every seed on the three sets; the dashed line always answers with the larger
class. Then the confusion counts on validation and on test: almost everything is called 0 on both.
"""

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "validation-accuracy-high",
    "balanced-test-accuracy-poor",
    "validation-score-is-majority-vote",
    "high-validation-means-overfitting",
    "mismatch-alone-explains",
)


def as_written(results: Results) -> Panels:
    """Accuracy on the three sets, and the confusion counts behind the last."""
    groups = {
        "train": ("network", "train", "accuracy", plots.UNTREATED),
        "validation": ("network", "validation", "accuracy", plots.UNTREATED),
        "balanced\ntest": ("network", "test_balanced", "accuracy", plots.UNTREATED),
    }
    return [
        (4.8, figures.scores(groups, "accuracy")),
        (4.2, figures.confusion("network", "test_balanced", plots.UNTREATED, "Balanced test, mean count")),
    ]


def controlled(results: Results) -> Panels:
    """Accuracy at the trained shares, at other shares, and there with corrected probabilities."""
    groups = {
        "train": ("network", "train", "accuracy", plots.UNTREATED),
        "validation": ("network", "validation", "accuracy", plots.UNTREATED),
        "test": ("network", "test", "accuracy", plots.UNTREATED),
        "balanced\ntest": ("network", "test_shifted", "accuracy", plots.UNTREATED),
        "balanced,\ncorrected": ("corrected", "test_shifted", "accuracy", plots.TREATED),
        "balanced,\nno signal": ("unrelated", "test_shifted", "accuracy", plots.OTHER),
    }
    return [(8.0, figures.scores(groups, "accuracy"))]
