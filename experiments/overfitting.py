"""Does a network of thousands of weights overfit 20 noisy points?

Article one, first example: a network with two hidden layers is trained for 2,000 epochs on 20 points around a straight
line. The article shows one run. Here are many, on the very same points: they differ in their initial weights and in
the order of rows.

How to read the figure. Left: the curves the network ends with. Right: the mean squared error on the training rows and
on the test grid. The grid carries no noise, so the true line scores 0 there; on the training rows it scores the noise
that was drawn. A score below that line on the training rows means that noise has been fitted.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """The article's picture with a band over seeds, and the scores of every seed."""
    return figures.lines_and_scores(results, {"network": ("network", plots.UNTREATED)})
