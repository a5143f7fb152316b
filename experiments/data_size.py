"""The panels of the lesson data_size."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, large, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Line, Panel, Panels, of_reference

CLAIMS = (
    "more-data-lowers-test-error",
    "more-data-binds-capacity",
    "more-data-not-the-whole-cure",
    "more-data-helps-the-listing",
    "more-data-helps-at-equal-steps",
    "more-data-no-help-at-equal-passes",
)
BUDGETS = {  # arms by how many rows they train on
    "equal passes": {"passes_20": 20, "rows_256": 256, "passes_1024": 1024},
    "equal steps": {"rows_20": 20, "rows_256": 256, "rows_1024": 1024},
    "best epoch": {"stopped_20": 20, "stopped_256": 256, "stopped_1024": 1024},
}
LOOKS = (  # colour, line, and how far aside it is drawn, so that no line covers another
    (palette.FURTHER[0], "s:", 0.91),
    (palette.OTHER, "^--", 1.0),
    (palette.FURTHER[1], "o-", 1.1),
)
WRITTEN = {"small": ("network, 20 rows", palette.UNTREATED), "large": ("network, 200 rows", palette.TREATED)}


def as_written(results: Results) -> Panels:
    """The article's two pictures with bands over seeds, and the test errors."""
    curves: Panels = [(3.8, _curves(arm)) for arm in WRITTEN if arm in results.plan.arms]
    errors = {
        label.removeprefix("network, ").replace(" ", "\n"): (arm, "test", "mse", color)
        for arm, (label, color) in WRITTEN.items()
    }
    return [*curves, (2.6, panels.scores(errors, "mean squared error", "Test grid"))]


def _curves(arm: str) -> Panel:
    """The fitted curves of one arm, on a scale that holds the training rows of both."""
    label, color = WRITTEN[arm]

    def draw(ax: Axes, results: Results) -> None:
        rows = results.plan.arms[arm].data.n_train
        panels.curves({label: (arm, color)}, f"{rows} rows")(ax, results)
        seen = [results.predictions(other, "train")[1] for other in WRITTEN if other in results.plan.arms]
        seen = [y for y in seen if y.size]
        if seen:
            low, high = min(y.min() for y in seen), max(y.max() for y in seen)
            room = 0.05 * (high - low)
            ax.set_ylim(low - room, high + room)

    return draw


def controlled(results: Results) -> Panels:
    """The listing on fresh data; training and excess error against the number of rows under three budgets."""
    listing = [
        (
            "equal epochs",
            [
                Column("20\nrows", "listing_20.test.excess_mse", palette.UNTREATED),
                Column("200\nrows", "listing_200.test.excess_mse", palette.TREATED),
            ],
        ),
        ("equal\nsteps", [Column("200\nrows", "listing_200_steps.test.excess_mse", palette.FURTHER[2])]),
    ]

    def lines(split: str, metric: str, budgets: Sequence[str]) -> dict[str, Line]:
        own = {
            label: Line(arms, split, metric, *look)
            for (label, arms), look in zip(BUDGETS.items(), LOOKS, strict=True)
            if label in budgets
        }
        return own | {"least squares": Line(of_reference(BUDGETS["equal steps"], "least_squares"), split, metric)}

    excess, rows = "squared distance to true line", "training rows"
    tested = [("listing_20.test.excess_mse", "listing_200.test.excess_mse")]
    budgets = panels.sweep(lines("test", "excess_mse", list(BUDGETS)), rows, excess, "Test rows", "{:,}".format, "xy")

    def test_rows(ax: Axes, results: Results) -> None:
        budgets(ax, results)
        pair = {arm: results.values(arm, "test", "excess_mse") for arm in ("rows_256", "passes_1024")}
        if all(map(len, pair.values())):
            aside, passes = LOOKS[0][2], BUDGETS["equal passes"]
            compared.tie(ax, *(aside * passes[arm] for arm in pair), np.concatenate(list(pair.values())))

    followed = lines("train", "mse", ("equal passes", "best epoch"))
    return [
        (3.8, compared.scores(listing, excess, "The listing, fresh data", log=True, tested=tested)),
        (4.6, panels.sweep(followed, rows, "mean squared error", "Training error", "{:,}".format, log="xy")),
        (5.6, test_rows),
    ]


def headline(results: Mapping[str, Results]) -> Shown:
    """More rows make the network better at its best epoch; the straight line is still ahead."""
    arms = BUDGETS["best epoch"]
    shown = {
        "network at its\nbest epoch": Line(arms, "test", "excess_mse", palette.TREATED),
        "fitted\nstraight line": Line(of_reference(BUDGETS["equal steps"], "least_squares"), "test", "excess_mse"),
    }
    axes = "training rows", "squared distance\nto the true line"
    return [(results["controlled"], large.lines(shown, *axes, "{:.2g}", "{:,}".format, "xy"))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
