"""What does SMOTE do to data that are balanced already?

Article four, third example: SMOTE on scikit-learn's ready-made clusters. The listing stops there. The network, the held
out rows and the arm without SMOTE are ours, the least that shows what a model makes of it.

How to read the figure. Left: rows of each class before SMOTE and after. Middle and right: accuracy and loss of a
network trained on either, on rows held out after the resampling.
"""

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "smote-balances-classes",
    "augmentation-improves-generalisation",
    "smote-mitigates-overfitting",
    "leakage-inflates-validation",
    "leakage-lowers-test-score",
)


def as_written(results: Results) -> Panels:
    """Rows by class before and after SMOTE, and what a network makes of either."""
    arms = (("before", "original", plots.UNTREATED), ("after", "smote", plots.TREATED))
    counts = {
        f"{size}\n{label}": (arm, "model", f"n_{size}", color)
        for size in ("majority", "minority")
        for label, arm, color in arms
    }
    accuracy = figures.two_by_two(("original", "before"), ("smote", "after"), "accuracy", "accuracy")
    return [(4.6, figures.scores(counts, "training rows", "Rows by class")), (4.4, accuracy)]


def controlled(results: Results) -> Panels:
    """The score on held-out rows beside that on fresh ones, by where SMOTE took place."""
    arms = (
        ("original", "no\nSMOTE", plots.UNTREATED),
        ("inside", "after\nsplit", plots.TREATED),
        ("before", "before\nsplit", plots.OTHER),
    )
    shown = {
        f"{label}\n{word}": (arm, split, "balanced_accuracy", color)
        for arm, label, color in arms
        for split, word in (("validation", "held out"), ("test", "fresh"))
    }
    flattery = {
        label: (
            f"{arm}.validation.balanced_accuracy - {arm}.test.balanced_accuracy",
            color,
            "split-first-score-is-honest",
        )
        for arm, label, color in arms
    }
    return [
        (6.0, figures.scores(shown, "balanced accuracy", "Held-out rows and fresh ones")),
        (3.8, figures.paired_differences(flattery, "held out minus fresh", "Flattery")),
    ]
