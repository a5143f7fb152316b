"""Does the same network predict better from 200 points than from 20?

Article one, third example: the network of the first example is fitted to 20 points and to 200 on the same line. Both
are trained for 2,000 epochs, so the large set also gets seven times as many optimizer steps: seven batches an epoch
instead of one.

How to read the figure. Two panels of fitted curves, from the small set and from the large one; then the mean squared
error of every seed. The test grid carries no noise, so the true line scores 0 there.
"""

from mirage import figures, plots
from mirage.figures import Line, Panels, of_reference
from mirage.report import Results

CLAIMS = (
    "more-data-lowers-test-error",
    "more-data-comes-close-to-truth",
    "more-data-binds-capacity",
    "more-data-not-the-whole-cure",
    "more-data-alone-suffices",
)
ROWS = {"rows_20": 20, "rows_64": 64, "rows_256": 256, "rows_1024": 1024}


def as_written(results: Results) -> Panels:
    """The article's two pictures with bands over seeds."""
    return [
        (4.4, figures.curves({"network, 20 rows": ("small", plots.UNTREATED)}, "20 rows")),
        (4.4, figures.curves({"network, 200 rows": ("large", plots.TREATED)}, "200 rows")),
    ]


def controlled(results: Results) -> Panels:
    """Training and test error against the number of rows, between the noise floor and a straight line."""
    lines = {
        "training rows": Line(ROWS, "train", "mse", plots.UNTREATED, "s:"),
        "test rows": Line(ROWS, "test", "mse", plots.TREATED),
        "true line, test rows": Line(of_reference(ROWS, "true_line"), "test", "mse"),
        "least squares, test rows": Line(of_reference(ROWS, "least_squares"), "test", "mse"),
    }
    return [(6.4, figures.sweep(lines, "training rows", "mean squared error", "At equal optimizer steps"))]
