"""What is a test score worth if training was stopped by it?

Article four, second example: coin-flip labels, and early stopping that watches the test rows themselves. The network
that trains to the end is ours. As printed the listing stops with an error: its data are never made; they are taken
from the article's first example.

How to read the figure. Left: training loss, and the loss on the test rows that the rule watches. Middle: accuracy; half
is chance. Right: the loss on the test rows after training.
"""

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "score-on-stopping-set-flatters",
    "stopping-on-test-raises-accuracy",
    "stopping-on-test-stops-early",
    "training-accuracy-perfect",
    "held-out-accuracy-stays-low",
)
ARMS = (("no_stopping", "full run"), ("early_stopping", "stopped"))


def as_written(results: Results) -> Panels:
    """Losses over the epochs, and accuracies."""
    return [(5.0, figures.losses(*ARMS, "test")), (5.0, figures.two_by_two(*ARMS, "accuracy", "accuracy"))]


def controlled(results: Results) -> Panels:
    """Accuracy on the rows that stopped the training and on untouched ones."""
    arms = (
        ("random", "random,\n20", plots.UNTREATED),
        ("early_stopping", "signal,\n20", plots.TREATED),
        ("early_stopping_200", "signal,\n200", plots.OTHER),
    )
    accuracy = {
        f"{word}\n{label}": (arm, split, "accuracy", color)
        for arm, label, color in arms
        for split, word in (("validation", "watched"), ("test", "fresh"))
    }
    flattery = {
        label: (f"{arm}.validation.accuracy - {arm}.test.accuracy", color, "score-on-stopping-set-flatters")
        for arm, label, color in arms
    }
    return [
        (6.4, figures.scores(accuracy, "accuracy", "Rows that stopped it, and fresh ones")),
        (4.0, figures.paired_differences(flattery, "watched minus fresh", "Flattery")),
    ]
