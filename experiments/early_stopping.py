"""Does early stopping keep a network from memorising noise?

Article two, third example: coin-flip labels, a network that stops ten epochs after its validation loss was last at its
best and goes back to those weights. The network that trains to the end is ours, on the same data from the same initial
weights. As printed the listing stops with an error: it never imports `train_test_split`, which is supplied here.

How to read the figure. Left: training and validation loss over the epochs, drawn as far as half of the seeds got.
Middle: accuracy; half is chance. Right: the loss on the test rows.
"""

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "early-stopping-stops-early",
    "early-stopping-prevents-memorising",
    "early-stopping-lowers-test-loss",
    "early-stopping-raises-test-accuracy",
    "early-stopping-leaves-no-gap",
)
ARMS = (("no_stopping", "full run"), ("early_stopping", "stopped"))


def as_written(results: Results) -> Panels:
    """Losses over the epochs, and accuracies."""
    return [(5.0, figures.losses(*ARMS, "validation")), (5.0, figures.two_by_two(*ARMS, "accuracy", "accuracy"))]


def controlled(results: Results) -> Panels:
    """Losses over the epochs, and what stopping changes within a seed."""
    changes = {
        label: (f"early_stopping.{side} - no_stopping.{side}", plots.TREATED, claim)
        for label, side, claim in (
            ("wrong labels\nlearned", "flipped.accuracy", "early-stopping-prevents-memorising"),
            ("training\naccuracy", "train.accuracy", None),
            ("test\naccuracy", "test.accuracy", "early-stopping-raises-test-accuracy"),
        )
    }
    return [
        (5.0, figures.losses(*ARMS, "validation")),
        (4.6, figures.paired_differences(changes, "stopped minus full run", "What stopping changes")),
    ]
