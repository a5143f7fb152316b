"""How much do five networks trained alike differ on the same input?

Article three, third example: five networks of one design are asked about the same ten inputs. The listing hands each a
seed and never uses it; each also gets noise of its own to learn from, so data, initial weights and order of rows all
differ. One replicate is the five of them. The test inputs' targets are ours: the listing has none to score against.

How to read the figure. Left: the five answers to each input, in the first replicate. Right: over all replicates, how
far the five answers to an input spread, beside how far the targets do; and the spread of the five test errors.
"""

from matplotlib.axes import Axes

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "runs-predict-differently",
    "score-stays-the-same",
    "average-performance-good",
    "initial-weights-matter",
    "ensemble-reduces-spread",
)


def as_written(results: Results) -> Panels:
    """The five answers to each input, and how far they spread over all replicates."""
    spreads = {
        "answers to\nan input": ("network", "model", "prediction_spread", plots.UNTREATED),
        "targets": ("network", "model", "target_spread", plots.REFERENCE),
    }
    return [(5.0, _answers), (3.6, figures.scores(spreads, "standard deviation", "Spread"))]


def controlled(results: Results) -> Panels:
    """How far answers spread, by what differs between networks, and what averaging does to the error."""
    sources = {
        "initial\nweights": "init",
        "order": "order",
        "dropout\nmasks": "masks",
        "split": "split",
        "data": "data",
        "two\nsingle": "pair",
        "two\naverages": "ensemble",
    }
    spreads = {
        label: (arm, "model", "prediction_spread", plots.TREATED if arm == "ensemble" else plots.UNTREATED)
        for label, arm in sources.items()
    }
    errors = {
        "single": ("single", "test", "mse", plots.UNTREATED),
        "average\nof four": ("ensemble", "test", "mse", plots.TREATED),
    }
    return [
        (7.0, figures.scores(spreads, "standard deviation of answers", "Spread, by what differs")),
        (3.4, figures.scores(errors, "mean squared error", "Test error")),
    ]


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
