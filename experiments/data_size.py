"""Does the same network predict better from 200 points than from 20?

What the article says
---------------------
Article one, third example: with ten times the data, and no regularisation at all, the same network predicts
better. Its test error is lower and its curve lies much closer to the true line. Article four holds that
overfitting is more than a lack of data.

What its code shows, and why
----------------------------
The network of the first example is fitted to 20 points and to 200 on the same line. Both are trained for 2,000
epochs, so that the large set also gets seven times as many optimizer steps: seven batches an epoch instead of
one. Rows and steps change together, and the listing cannot say which of them helps. The noise of either set is
drawn with one fixed seed. That of the small set happens to tilt any line fitted to it, and another draw would
tilt it otherwise.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- The listing's own budget, with new data for every seed: its network on 20 rows and on 200 of one feature, 2,000
  epochs each. In arm listing_200_steps the large set gets as many steps as the small one.
- Then the data of the controlled scenario of lesson overfitting: ten features, nine of which say nothing, test
  rows with noise. 20, 256 and 1,024 rows are compared under three budgets side by side.
- Equal steps (arms rows_): about 2,000 each. The more rows, the fewer passes over them.
- Equal passes (arms passes_, and rows_256): 250 each. The more rows, the more steps.
- The best epoch (arms stopped_): each size keeps the weights of the epoch, within about 2,000 steps, that is best
  on 200 rows drawn beside.

All test rows of a seed are the same 1,000 where the features are as many. The sizes are the listing's small
one, about its large one and one beyond, chosen to fill batches of 32 wherever they can. The references are the
true line and a line fitted to the same rows. Errors are compared by the ratio of what they exceed the noise by,
which is the mean squared distance from the true line: at 20 rows it scatters much, and has a long tail.

Limits. No budget is fair by itself. At equal steps the noise that is learned by heart goes with the passes; at
equal passes large sets are trained longer; the best epoch is found on more rows than a small set has to spare.
What holds under all of them does not hang on the budget. Arms of
different size don't share rows.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/data_size.yaml says.

- The network trained on more rows predicts new rows better. As written it holds
  (test.log_excess_mse: large < small − 0.223): the difference is −2.27 log ratio (−2.34 to −2.19,
  100 seeds). In the controlled experiment it holds (test.log_excess_mse: stopped_256 < stopped_20 −
  0.223): the difference is −2.36 log ratio (−2.56 to −2.16, 100 seeds). As written after equal
  epochs, controlled each size at its own best epoch.
- Few rows a network can fit closely; more rows hold it back. In the controlled experiment it holds
  (train.log_mse: passes_1024 > passes_20 + 0.223): the difference is 3.64 log ratio (2.73 to 5.1,
  100 seeds).
- Overfitting is not just a lack of data. In the controlled experiment it holds
  (test.log_excess_mse: passes_1024 > passes_1024:least_squares + 0.223): the difference is 4.4 log
  ratio (4.23 to 4.57, 100 seeds).

What we found ourselves:

- With fresh noise for every seed, too, the listing's network predicts better from its large set. In
  the controlled experiment it holds (test.log_excess_mse: listing_200 < listing_20 − 0.223): the
  difference is −1.49 log ratio (−1.95 to −1, 100 seeds).
- At equal optimizer steps the largest set gives the better network. In the controlled experiment it
  holds (test.log_excess_mse: rows_1024 < rows_20 − 0.223): the difference is −1.72 log ratio (−1.91
  to −1.54, 100 seeds).
- With so many passes that 256 rows are known by heart, four times the rows predict no better. In
  the controlled experiment it holds (test.log_excess_mse: passes_1024 = rows_256 ± 0.223): the
  difference is −0.00355 log ratio (−0.0693 to 0.0618, 100 seeds).

Checks of the experiment:

- The large set brings the network nearer the truth than the small set brings a straight line. As
  written it holds (test.log_excess_mse: large < small:least_squares − 0.223): the difference is
  −2.18 log ratio (−2.24 to −2.1, 100 seeds). In the controlled experiment it holds
  (test.log_excess_mse: listing_200 < listing_20:least_squares − 0.223): the difference is −0.791
  log ratio (−1.3 to −0.246, 100 seeds).
- At their best epochs the error falls further from 256 to 1,024 rows. In the controlled experiment
  it holds (test.log_excess_mse: stopped_1024 < stopped_256 − 0.223): the difference is −0.609 log
  ratio (−0.792 to −0.421, 100 seeds).
- Trained on from its best epoch, the network of 1,024 rows gets worse. In the controlled experiment
  it holds (test.log_excess_mse: passes_1024 > stopped_1024 + 0.223): the difference is 3.08 log
  ratio (2.93 to 3.22, 100 seeds).

.. end

Where each size is stopped at its best, more rows help, and much: that is the statement of the textbooks. At
equal steps the largest set does far better than the smallest, too, but there it is also passed over the least.
At equal passes, so many that 256 rows are as good as known by heart, 1,024 rows gain nothing: then predictions
carry the noise of the training rows on top of that of the test rows, few rows or many. With a quarter of the
passes both sizes score alike as well, and far better (sweep `equal_passes`). So more rows do not cure a network
that is trained until it knows them; they help one that is not.

As written it is the rows that help and not the steps. If the small set gets as many steps as the large one
has, its test error gets worse. If the large set gets only as many as the small one has, its test error gets
better still, and comes close to that of the least-squares line (sweep `swapped_steps`). What keeps its curve
away from the true line as written is mostly too much training. The curve shows it at the very left of the
grid: a hook, at the only place where this network bends easily (see the lesson overfitting).

How to read the figure
----------------------
As written (left): fitted curves from 20 and from 200 rows, on one scale; note the hook at the left edge. Then
the errors on the noise-free grid, where the true line scores 0.

Controlled (right): the same two sizes on fresh data, beside the large one at the small one's steps. Then, with ten
features, the training error against the number of rows at equal passes and at the best epoch, and the squared
distance to the true line under all three budgets. The distance from the dotted line is what a fitted straight line
would have spared. Brackets join pairs that a claim compares: of the listing its two sizes, of the equal passes 256
rows and 1,024. Axes are logarithmic and means geometric, as the tests take logarithms.

The strip beneath has the effects in margins: right of the stripe as claimed, left of it
against the claim, on grey too small to matter. Where the stripe is green, it is what is claimed, and either side of it
is against the claim.

Three things to try
-------------------
Hold the passes equal at a quarter: give 256 rows the 63 passes that 1,024 get, and compare arms rows_:

python -m run scenario=data_size_controlled replicates=5 arms.rows_256.training.epochs=63

Give the listing's small set as many optimizer steps as its large set has:

python -m run scenario=data_size replicates=10 arms.small.training.epochs=14000

Nearly no noise. Where there is little to learn by heart, see what more rows do at equal steps:

python -m run scenario=data_size_controlled replicates=5 data.noise=1
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, palette, panels
from mirage.figures.compared import Column
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
