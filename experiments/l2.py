"""Do an L2 penalty and dropout make a network that memorises noise predict better?

Article two, second example: coin-flip labels, so that no network can be right more than half the time on new rows. One
network has no regularisation; the other has an L2 penalty and dropout, two changes at once. As printed the listing
stops with an error: it never imports `train_test_split`, which is supplied here.

How to read the figure. Left: training and validation loss over the epochs (the penalty is part of the regularised
network's loss). Middle: accuracy; half is chance. Right: the loss on the test rows, without the penalty.
"""

from matplotlib.figure import Figure

from mirage import figures
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Losses over the epochs, accuracies, and losses on the test rows."""
    return figures.two_networks(results, ("none", "none"), ("l2_dropout", "L2, dropout"), "validation")
