"""What is a test score worth if training was stopped by it?

Article four, second example: coin-flip labels, and early stopping that watches the test rows themselves. The network
that trains to the end is ours. As printed the listing stops with an error: its data are never made; they are taken
from the article's first example.

How to read the figure. Left: training loss, and the loss on the test rows that the rule watches. Middle: accuracy; half
is chance. Right: the loss on the test rows after training.
"""

from matplotlib.figure import Figure

from mirage import figures
from mirage.report import Results


def figure(results: Results) -> Figure:
    """Losses over the epochs, accuracies, and losses on the test rows."""
    return figures.two_networks(results, ("no_stopping", "to the end"), ("early_stopping", "stopped"), "test")
