"""Does dropout make a network that fits 20 noisy points predict better?

Article one, second example: the network of the first example with dropout after each hidden layer. The article compares
one run with one run of the first example. Here both are run with the same seeds on the very same points, so that every
pair shares its initial weights and order of rows.

How to read the figure. Two panels of fitted curves, without dropout and with it; then the mean squared error of every
seed. Training error is measured as in the article, after training and with dropout switched off. The test grid carries
no noise, so the true line scores 0 there.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """The article's pictures without and with dropout, and the scores of every seed."""
    arms = {"baseline": ("no dropout", plots.UNTREATED), "dropout": ("dropout", plots.TREATED)}
    return figures.lines_and_scores(results, arms)
