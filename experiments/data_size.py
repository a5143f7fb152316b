"""Does the same network predict better from 200 points than from 20?

Article one, third example: the network of the first example is fitted to 20 points and to 200 on the same line. Both
are trained for 2,000 epochs, so the large set also gets seven times as many optimizer steps: seven batches an epoch
instead of one.

How to read the figure. Two panels of fitted curves, from the small set and from the large one; then the mean squared
error of every seed. The test grid carries no noise, so the true line scores 0 there.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """The article's two pictures, and the scores of every seed."""
    arms = {"small": ("20 rows", plots.UNTREATED), "large": ("200 rows", plots.TREATED)}
    return figures.lines_and_scores(results, arms)
