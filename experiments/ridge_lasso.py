"""What do the penalties of ridge and lasso do to the weights, and to the accuracy?

Article four, first example: coin-flip labels fitted by ridge and by lasso regression, whose outputs are rounded to a
class. The arms without a penalty and with another one are ours, to see what the penalty does.

How to read the figure. Left: how many of the ten weights are not zero. Middle: how long the vector of weights is.
Right: accuracy on the test rows; half is chance.
"""

from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results

ARMS = {
    "none": plots.UNTREATED,
    "ridge": plots.TREATED,
    "ridge_strong": plots.TREATED,
    "lasso_weak": plots.OTHER,
    "lasso": plots.OTHER,
}


def figure(results: Results) -> Figure:
    """Weights that are not zero, their length, and the accuracy, for every arm."""

    def over_arms(split: str, metric: str) -> dict[str, tuple[str, str, str, str]]:
        return {arm.replace("_", "\n"): (arm, split, metric, color) for arm, color in ARMS.items()}

    panels = [
        (
            5.2,
            figures.scores(over_arms("model", "nonzero_weights"), "weights that are not zero", "Sparsity, every seed"),
        ),
        (5.2, figures.scores(over_arms("model", "weight_norm"), "length of the weights", "Shrinkage, every seed")),
        (5.2, figures.scores(over_arms("test", "accuracy"), "accuracy", "Test accuracy, every seed")),
    ]
    return figures.compose(results, panels)
