"""How much do five networks trained alike differ on the same input?

Article three, third example: five networks of one design are asked about the same ten inputs. The listing hands each a
seed and never uses it; each also gets noise of its own to learn from, so data, initial weights and order of rows all
differ. One replicate is the five of them. The test inputs' targets are ours: the listing has none to score against.

How to read the figure. Left: the five answers to each input, in the first replicate. Right: over all replicates, how
far the five answers to an input spread, beside how far the targets do; and the spread of the five test errors.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """The five answers to each input, and the spreads over all replicates."""
    spreads = {
        "predictions\nof an input": ("network", "model", "prediction_spread", plots.UNTREATED),
        "targets": ("network", "model", "target_spread", plots.REFERENCE),
    }
    errors = {
        "mean of\nfive": ("network", "test", "mse", plots.UNTREATED),
        "sd of\nfive": ("network", "model", "score_spread", plots.UNTREATED),
    }
    panels = [
        (6, _answers),
        (4.4, figures.scores(spreads, "standard deviation", "Spread, every replicate")),
        (4.4, figures.scores(errors, "mean squared error", "Test error, every replicate")),
    ]
    return figures.compose(results, panels)


def _answers(ax: Axes, results: Results) -> None:
    ax.set(xlabel="test input", ylabel="prediction")
    ax.set_title(f"Five answers each, seed {results.plan.seeds[0]}")
    if results.values("network", "model", "diverged")[0]:
        return
    _, y, predicted = results.predictions("network", "test")
    inputs = range(1, y.shape[-1] + 1)
    for member in predicted[0]:
        ax.plot(inputs, member, "o", color=plots.UNTREATED, alpha=0.7)
    ax.plot([], [], "o", color=plots.UNTREATED, label="one of five networks")
    ax.plot(inputs, y[0][0], "_", color=plots.REFERENCE, markersize=16, markeredgewidth=2, label="target (random)")
    ax.set_xticks(inputs)
