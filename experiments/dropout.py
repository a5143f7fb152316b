"""Does dropout make a network that fits 20 noisy points predict better?

Article one, second example: the network of the first example with dropout after each hidden layer. The article compares
one run with one run of the first example. Here both are run with the same seeds on the very same points, so that every
pair shares its initial weights and order of rows.

How to read the figure. Two panels of fitted curves, without dropout and with it; then the mean squared error of every
seed. Training error is measured as in the article, after training and with dropout switched off. The test grid carries
no noise, so the true line scores 0 there.
"""

from mirage import figures, plots
from mirage.figures import Line, Panels, of_reference
from mirage.report import Results

CLAIMS = (
    "dropout-lowers-test-error",
    "dropout-raises-training-error",
)
RATES = {"baseline": 0.0, "low": 0.1, "dropout": 0.2, "high": 0.5}


def as_written(results: Results) -> Panels:
    """The article's pictures without and with dropout, and the errors of every seed."""
    arms = {"no dropout": ("baseline", plots.UNTREATED), "dropout": ("dropout", plots.TREATED)}
    errors = figures.two_by_two(("baseline", "none"), ("dropout", "dropout"), "mse", "mean squared error")
    return [(4.6, figures.curves(arms, "Fitted curves")), (4.4, errors)]


def controlled(results: Results) -> Panels:
    """Errors against the rate, and what each rate changes on the test rows of one and the same seed."""
    lines = {
        "training rows": Line(RATES, "train", "mse", plots.UNTREATED, "s:"),
        "test rows": Line(RATES, "test", "mse", plots.TREATED),
        "true line, test rows": Line(of_reference(RATES, "true_line"), "test", "mse"),
        "least squares, test rows": Line(of_reference(RATES, "least_squares"), "test", "mse"),
    }
    changes = {
        f"rate {RATES[arm]:g}": (f"{arm}.test.mse - baseline.test.mse", plots.TREATED, CLAIMS[0])
        for arm in ("low", "dropout", "high")
    }
    return [
        (4.8, figures.sweep(lines, "dropout rate", "mean squared error", "Error by rate", log="")),
        (4.4, figures.paired_differences(changes, "test error minus that without", "What dropout changes")),
    ]
