"""The panels of the lesson prior_shift."""

from collections.abc import Mapping

from mirage.claims.results import Results
from mirage.figures import large, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panels

CLAIMS = (
    "balanced-test-accuracy-poor",
    "high-validation-means-overfitting",
    "mismatch-alone-explains",
    "prior-correction-helps",
)


def as_written(results: Results) -> Panels:
    """Accuracy on the three sets, and the confusion counts behind the last."""
    groups = {
        "train": ("network", "train", "accuracy", palette.UNTREATED),
        "validation": ("network", "validation", "accuracy", palette.UNTREATED),
        "balanced\ntest": ("network", "test_balanced", "accuracy", palette.UNTREATED),
    }
    return [
        (4.8, panels.scores(groups, "accuracy")),
        (4.2, panels.confusion("network", "test_balanced", palette.UNTREATED, "Balanced test, mean")),
    ]


def controlled(results: Results) -> Panels:
    """Accuracy and the share of class 1 found: at the trained shares, at equal ones, and there with a correction."""
    accuracy = {
        "train": ("network", "train", "accuracy", palette.UNTREATED),
        "validation": ("network", "validation", "accuracy", palette.UNTREATED),
        "test": ("network", "test", "accuracy", palette.UNTREATED),
        "equal\nshares": ("network", "test_shifted", "accuracy", palette.UNTREATED),
        "equal,\ncorrected": ("corrected", "test_shifted", "accuracy", palette.TREATED),
        "noise\nfeatures": ("unrelated", "test_shifted", "accuracy", palette.OTHER),
    }
    recall = {
        "test": ("network", "test", "recall", palette.UNTREATED),
        "equal\nshares": ("network", "test_shifted", "recall", palette.UNTREATED),
        "equal,\ncorrected": ("corrected", "test_shifted", "recall", palette.TREATED),
    }
    return [
        (7.0, panels.scores(accuracy, "accuracy")),
        (4.2, panels.scores(recall, "recall of class 1", "Class 1 found (dashes: the\nbest rule's; no ceiling)")),
    ]


def real(results: Results) -> Panels:
    """Accuracy of a network that looks for the digit 8, at the trained share of 8s, at equal shares, and corrected."""
    accuracy = {
        "train": ("network", "train", "accuracy", palette.UNTREATED),
        "test": ("network", "test", "accuracy", palette.UNTREATED),
        "equal\nshares": ("network", "test_shifted", "accuracy", palette.UNTREATED),
        "equal,\ncorrected": ("corrected", "test_shifted", "accuracy", palette.TREATED),
    }
    return [(5.0, panels.scores(accuracy, "accuracy", "Is it an 8? Every seed"))]


def headline(results: Mapping[str, Results]) -> Shown:
    """One network at two class shares, and with corrected probabilities."""
    columns = [
        Column("shares as\ntrained on", "network.test.accuracy", palette.UNTREATED),
        Column("equal\nshares", "network.test_shifted.accuracy", palette.UNTREATED),
        Column("equal shares,\ncorrected", "corrected.test_shifted.accuracy", palette.TREATED),
    ]
    drawn = large.columns([("", columns)], "accuracy on new rows", large.PERCENT, (0.5, None), "bayes")
    return [(results["controlled"], drawn)]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
