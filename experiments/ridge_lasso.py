"""What do the penalties of ridge and lasso do to the weights, and to the accuracy?

Article four, first example: coin-flip labels fitted by ridge and by lasso regression, whose outputs are rounded to a
class. The arms without a penalty and with another one are ours, to see what the penalty does.

How to read the figure. Left: how many of the ten weights are not zero. Middle: how long the vector of weights is.
Right: accuracy on the test rows; half is chance.
"""

from mirage import figures, plots
from mirage.figures import Line, Panels, of_reference
from mirage.report import Results

CLAIMS = (
    "lasso-many-zero-weights",
    "ridge-keeps-all-weights",
    "penalty-fits-less-noise",
    "ridge-raises-test-accuracy",
    "lasso-raises-test-accuracy",
)
ARMS = {
    "none": plots.UNTREATED,
    "ridge": plots.TREATED,
    "ridge_strong": plots.TREATED,
    "lasso_weak": plots.OTHER,
    "lasso": plots.OTHER,
}
L1 = {"l1_weak": 0.1, "l1": 1, "l1_strong": 10, "l1_strongest": 100}  # one over the inverse penalty
NONE = 0.01  # where the model without a penalty is drawn
L2 = {"l2_weak": 0.1, "l2": 1, "l2_strong": 10, "l2_strongest": 100}


def as_written(results: Results) -> Panels:
    """Weights that are not zero, and the accuracy, for every arm."""

    def over_arms(split: str, metric: str) -> dict[str, tuple[str, str, str, str]]:
        return {arm.replace("_", "\n"): (arm, split, metric, color) for arm, color in ARMS.items()}

    return [
        (4.6, figures.scores(over_arms("model", "nonzero_weights"), "weights that are not zero", "Sparsity")),
        (4.6, figures.scores(over_arms("test", "accuracy"), "accuracy", "Test rows")),
    ]


def controlled(results: Results) -> Panels:
    """Which weights are left, and the accuracy on fresh rows, along the penalty."""
    weights = {
        "L1: of 3 that matter": Line(L1, "model", "nonzero_informative", plots.OTHER, "o-"),
        "L1: of 17 that do not": Line(L1, "model", "nonzero_noise", plots.OTHER, "o:"),
        "L2: of 3 that matter": Line(L2, "model", "nonzero_informative", plots.TREATED, "s-"),
        "L2: of 17 that do not": Line(L2, "model", "nonzero_noise", plots.TREATED, "s:"),
    }
    accuracy = {
        "L1": Line(L1, "test", "accuracy", plots.OTHER, "o-"),
        "L2": Line(L2, "test", "accuracy", plots.TREATED, "s-"),
        "no penalty": Line({"unpenalised": NONE}, "test", "accuracy", plots.UNTREATED, "D-"),
        "bayes": Line(of_reference(L1), "test", "accuracy"),
    }
    strength = "strength of the penalty"
    return [
        (4.6, figures.sweep(weights, strength, "weights that are not zero", "Sparsity")),
        (
            4.6,
            figures.sweep(
                accuracy, strength, "accuracy", "Fresh test rows", lambda x: f"{x:g}" if x > NONE else "none"
            ),
        ),
    ]
