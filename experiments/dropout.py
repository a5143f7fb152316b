"""The panels of the lesson dropout."""

from collections.abc import Mapping

from mirage.claims.results import Results
from mirage.figures import compared, large, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Line, Panels, of_reference

CLAIMS = (
    "dropout-lowers-test-error",
    "dropout-raises-training-error",
    "dropout-adds-little-at-the-best-epoch",
    "stopping-beats-dropout",
    "dropout-loses-to-a-line",
    "dropout-rate-matters-little",
)
RATES = {"baseline": 0.0, "low": 0.1, "dropout": 0.2, "high": 0.5}
ENDS = (  # suffix of the arms, what it is called, colour and line
    ("", "after all epochs", palette.FURTHER[0], "s--"),
    ("_best", "at the best epoch", palette.OTHER, "o-"),
)


def as_written(results: Results) -> Panels:
    """The article's pictures without and with dropout, and the errors of every seed."""
    arms = {"no dropout": ("baseline", palette.UNTREATED), "dropout, rate 0.2": ("dropout", palette.TREATED)}
    errors = {
        f"{name}\n{rows}": (arm, split, "mse", color)
        for name, (arm, color) in zip(("none", "dropout"), arms.values(), strict=True)
        for split, rows in (("train", "train,\nnoisy"), ("test", "test,\nno noise"))
    }
    return [(4.6, panels.curves(arms, "Fitted curves")), (4.6, panels.scores(errors, "mean squared error"))]


def controlled(results: Results) -> Panels:
    """Training and test error against the rate, at the end and at the best epoch; what each rate changes."""

    def lines(split: str, metric: str) -> dict[str, Line]:
        own = {
            label: Line({f"{arm}{end}": rate for arm, rate in RATES.items()}, split, metric, color, style)
            for end, label, color, style in ENDS
        }
        return own | {"least squares": Line(of_reference(RATES, "least_squares"), split, metric)}

    changes = [
        (
            f"rate,\n{label}",
            [
                Column(f"{rate:g}", f"{arm}{end}.test.log_excess_mse - baseline{end}.test.log_excess_mse", color)
                for arm, rate in RATES.items()
                if rate
            ],
        )
        for end, label, color, _ in ENDS
    ]
    below = "log ratio to the same without\n(below 0: dropout better)"
    margins = ("dropout-lowers-test-error", "dropout-adds-little-at-the-best-epoch")
    rate = "dropout rate"
    training = panels.sweep(lines("train", "mse"), rate, "mean squared error", "Training error", log="y")
    test = panels.sweep(lines("test", "excess_mse"), rate, "squared distance to true line", "Test rows", log="y")
    return [(4.4, training), (4.4, test), (5.6, compared.differences(changes, below, "What dropout changes", margins))]


def headline(results: Mapping[str, Results]) -> Shown:
    """Stopping at the best epoch lowers the error far more than dropout."""
    arms = {
        "all epochs,\nno dropout": ("baseline", palette.UNTREATED),
        "all epochs,\ndropout": ("dropout", palette.TREATED),
        "best epoch,\nno dropout": ("baseline_best", palette.OTHER),
    }
    columns = [Column(tick, f"{arm}.test.excess_mse", color) for tick, (arm, color) in arms.items()]
    ylabel = "squared distance\nto the true line, new rows"
    drawn = large.columns([("", columns)], ylabel, "{:.1f}", (0, None), "least_squares")
    return [(results["controlled"], drawn)]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
