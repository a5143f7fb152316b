"""Does early stopping keep a network from memorising noise?

Article two, third example: coin-flip labels, a network that stops ten epochs after its validation loss was last at its
best and goes back to those weights. The network that trains to the end is ours, on the same data from the same initial
weights. As printed the listing stops with an error: it never imports `train_test_split`, which is supplied here.

How to read the figure. Left: training and validation loss over the epochs, drawn as far as half of the seeds got.
Middle: accuracy; half is chance. Right: the loss on the test rows.
"""

from matplotlib.figure import Figure

from mirage import figures
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Losses over the epochs, accuracies, and losses on the test rows."""
    return figures.two_networks(results, ("no_stopping", "to the end"), ("early_stopping", "stopped"), "validation")
