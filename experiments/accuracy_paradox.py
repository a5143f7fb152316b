"""Is imbalance why a network with high accuracy finds no row of the small class?

Article five, first example: 100 rows of noise and 10 of noise moved up by two on every feature, so that the classes do
not overlap at all. Ten epochs, scored on the rows it was trained on. The balanced arm is ours: as many rows of the
second class as of the first, and so nearly twice the optimizer steps.

How to read the figure. Left: the confusion counts. Middle: the scores of every seed, with what always answering with
the larger class would score. Right: recall of the second class as written and with balanced classes.
"""

from mirage import figures, plots
from mirage.figures import Line, Panel, Panels, of_reference
from mirage.report import Results

CLAIMS = (
    "paradox-accuracy-high",
    "paradox-recall-low",
    "paradox-caused-by-imbalance",
    "roc-auc-reveals-failure",
    "loss-high-with-accuracy",
)


def as_written(results: Results) -> Panels:
    """Confusion counts, and the scores, recall with balanced classes among them."""
    names = {"accuracy": "accuracy", "ROC AUC": "roc_auc", "recall": "recall"}
    shown = {label: ("network", "train", metric, plots.UNTREATED) for label, metric in names.items()}
    shown["recall,\nbalanced"] = ("balanced", "train", "recall", plots.TREATED)
    return [
        (4.2, figures.confusion("network", "train", plots.UNTREATED, "Training rows, mean count")),
        (5.0, figures.scores(shown, "score", "Training rows, every seed")),
    ]


def controlled(results: Results) -> Panels:
    """Recall against the epochs, with rare and with equal classes, apart and overlapping."""

    def recall(rare: tuple[str, str], equal: tuple[str, str], title: str) -> Panel:
        lines = {}
        for arms, label, color, style in (
            (rare, "one row in eleven", plots.UNTREATED, "o-"),
            (equal, "equal classes", plots.TREATED, "s-"),
        ):
            epochs = dict(zip(arms, (10, 250), strict=True))
            lines[label] = Line(epochs, "test", "recall", color, style)
            lines[f"bayes, {label}"] = Line(of_reference(epochs), "test", "recall")
        return figures.sweep(lines, "epochs", "recall of class 1", title)

    return [
        (4.4, recall(("network", "long"), ("equal", "equal_long"), "Classes apart")),
        (
            4.4,
            recall(("overlap", "overlap_long"), ("overlap_equal", "overlap_equal_long"), "Overlapping classes"),
        ),
    ]
