"""What does SMOTE change, and what does it cost?

Article five, third example: the rows of its first example, SMOTE before training, scored on the original rows. The arm
without SMOTE is the first example itself; with it the network also gets nearly twice the optimizer steps.

How to read the figure. Two panels of confusion counts on the original rows, without SMOTE and with it. Then recall, and
how well the predicted probabilities match the share of positives (dots on the dashed line match).
"""

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "smote-raises-recall",
    "smote-costs-false-alarms",
    "smote-distorts-probabilities",
    "smote-makes-evaluation-reliable",
    "resampling-or-costs-required",
)


def as_written(results: Results) -> Panels:
    """Recall and precision, and how probabilities fit the share of positives, without SMOTE and with it."""
    arms = {"none": ("none", "original", plots.UNTREATED), "SMOTE": ("smote", "original", plots.TREATED)}
    shown = {
        f"{metric}\n{label}": (arm, split, metric, color)
        for metric in ("recall", "precision")
        for label, (arm, split, color) in arms.items()
    }
    return [
        (5.0, figures.scores(shown, "score", "Original rows, every seed")),
        (4.4, figures.reliability(arms, "Do probabilities hold?")),
    ]


def controlled(results: Results) -> Panels:
    """Every remedy's place between recall and precision, and its probabilities."""
    remedies = {
        "none": ("none", "test", plots.UNTREATED),
        "SMOTE": ("smote", "test", plots.TREATED),
        "moved threshold": ("threshold", "test", plots.OTHER),
        "class weights": ("weights", "test", plots.FURTHER[0]),
        "oversampling": ("oversample", "test", plots.FURTHER[1]),
        "undersampling": ("undersample", "test", plots.FURTHER[2]),
    }
    held = {label: remedies[label] for label in ("none", "SMOTE")}
    return [
        (5.2, figures.precision_recall(remedies, "Fresh rows (dot: as decided)")),
        (4.4, figures.reliability(held, "Do probabilities hold?")),
    ]
