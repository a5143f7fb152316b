"""Do an L2 penalty and dropout make a network that memorises noise predict better?

Article two, second example: coin-flip labels, so that no network can be right more than half the time on new rows. One
network has no regularisation; the other has an L2 penalty and dropout, two changes at once. As printed the listing
stops with an error: it never imports `train_test_split`, which is supplied here.

How to read the figure. Left: training and validation loss over the epochs (the penalty is part of the regularised
network's loss). Middle: accuracy; half is chance. Right: the loss on the test rows, without the penalty.
"""

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "no-regularisation-overfits",
    "regularisation-narrows-gap",
    "regularisation-raises-test-accuracy",
    "regularisation-lowers-test-loss",
    "l2-alone-helps",
)
ARMS = (("none", "none"), ("l2_dropout", "L2, dropout"))


def as_written(results: Results) -> Panels:
    """Losses over the epochs, and accuracies."""
    arms = (ARMS[0], ("l2_dropout", "both"))
    return [(5.0, figures.losses(*ARMS, "validation")), (5.0, figures.two_by_two(*arms, "accuracy", "accuracy"))]


def controlled(results: Results) -> Panels:
    """Wrong labels learned by heart, and test accuracy, one remedy at a time."""
    arms = {
        "none": ("none", plots.UNTREATED),
        "L2": ("l2", plots.TREATED),
        "dropout": ("dropout", plots.OTHER),
        "both": ("l2_dropout", plots.FURTHER[0]),
    }
    wrong = {label: (arm, "flipped", "accuracy", color) for label, (arm, color) in arms.items()}
    test = {label: (arm, "test", "accuracy", color) for label, (arm, color) in arms.items()}
    return [
        (4.6, figures.scores(wrong, "share of wrong labels learned", "Memorised: wrong training labels")),
        (4.6, figures.scores(test, "accuracy", "Fresh test rows")),
    ]
