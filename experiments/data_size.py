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
- The data of the controlled scenario of lesson overfitting: ten features, nine of which say nothing, test rows
  with noise, new data for every seed.
- 20, 64, 256 and 1,024 rows at 2,048 optimizer steps each. All test rows of a seed are the same 1,000.
- Arm rows_20_short has an eighth of the steps on 20 rows: what more steps do by themselves.
- Arm standardised has the rows and the noise of rows_64, with inputs standardised and targets centred.

The sizes are the listing's small one, about its large one, one between and one beyond, chosen to fill batches
of 32 wherever they can. 2,048 steps are about the 2,000 that the listing's small set gets. The references are
the true line and a line fitted to the same rows. Thirty seeds are what every lesson has; the margins follow
from what a line would gain.

Limits. Equal steps are not equal passes. The more rows, the less often each one is seen: 2,048 times at 20
rows, 64 times at 1,024. Steps and passes cannot both be held, and how much noise is learned by heart goes
with the passes. So a difference between two sizes here is that of more rows and fewer passes together. This
scenario cannot tell them apart. A third way, every size stopped at its best on validation rows, is not among
the arms. Equal steps also are no equal progress. At 20 rows a batch has 20 rows, elsewhere 32, and the test
error scatters much from seed to seed. Arms of different size don't share rows, but for rows_64 and
standardised.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with its 95 % interval. The tests are those of
conf/claims/data_size.yaml. 2 further claims cannot be tested; the claims file says why.

- The network trained on more rows has the lower test error. As written it holds (test.mse: large <
  small − 2.5): the difference is -8.08 (-8.26 to -7.9, 30 seeds), more than the margin of 2.5. In
  the controlled experiment it stays open (test.mse: rows_256 < rows_20 − 2.5): the difference is
  -6.58 (-13.3 to 0.0909, 30 seeds), too uncertain for a margin of 2.5.
- With the large set the predictions lie close to the true line. As written it stays open (test.mse:
  large = large:true_line ± 1): the difference is 0.937 (0.858 to 1.02, 30 seeds), too uncertain for
  a margin of 1. In the controlled experiment it fails (test.mse: rows_1024 = rows_1024:true_line ±
  1): the difference is 4.99 (4.48 to 5.5, 30 seeds), against it by more than the margin of 1.
- With too few rows a network can fit them closely; more rows hold it back. As written it holds
  (train.mse: large > small + 2.5): the difference is 8.83 (8.67 to 9, 30 seeds), more than the
  margin of 2.5. In the controlled experiment it stays open (train.mse: rows_256 −
  rows_256:true_line > rows_20 − rows_20:true_line + 2.5): the difference is 0.162 (-2.58 to 2.91,
  30 seeds), too uncertain for a margin of 2.5.
- Overfitting is not just a lack of data. As written it holds (test.mse: large > large:least_squares
  + 0.25): the difference is 0.578 (0.498 to 0.657, 30 seeds), more than the margin of 0.25. In the
  controlled experiment it holds (mse: rows_1024.test − rows_1024.train >
  rows_1024:least_squares.test − rows_1024:least_squares.train + 0.54): the difference is 12.3 (11.6
  to 13.1, 30 seeds), more than the margin of 0.54.
- More rows gain more than the further optimizer steps that come with them do by themselves. As
  written it cannot be tested: At batches of 32 and equal epochs the large set also gets seven times
  the optimizer steps, so rows and steps change together. In the controlled experiment it stays open
  (test.mse: rows_20 − rows_256 > rows_20_short − rows_20 + 2.5): the difference is 8.77 (1.27 to
  16.3, 30 seeds), too uncertain for a margin of 2.5.
- Poor preprocessing of the data contributes to overfitting. As written it cannot be tested: The
  listing does no preprocessing and has no arm that does. In the controlled experiment it stays open
  (mse: rows_64.test − rows_64.train > standardised.test − standardised.train + 2.5): the difference
  is 2.08 (0.687 to 3.48, 30 seeds), too uncertain for a margin of 2.5.

Checks of ours:

- From 256 to 1,024 rows the test error falls further. As written it cannot be tested: The listing
  has two sizes; its larger one has 200 rows. In the controlled experiment it holds (test.mse:
  rows_1024 < rows_256 − 1): the difference is -16 (-17.1 to -14.9, 30 seeds), more than the margin
  of 1.

.. end

From 256 to 1,024 rows the test error falls. But it is fewer passes that explain it, and not more rows. At
equal passes, few or many, both sizes score alike. At more passes, both score far worse (sweep
`equal_passes`). Whatever is said above of these two sizes holds at equal steps and no further.

The same goes, the other way round, for 20 rows against 256. At equal steps both have learned their rows
almost by heart. Then predictions carry the noise of the training rows on top of that of the test rows, few
rows or many. Whether the test error still falls, and whether more rows hold the network back, these thirty
seeds do not settle. At 64 passes each the gain from 20 to 256 rows is plain, for 20 rows also leave the line
itself uncertain: the least-squares line fitted to them is far off as well. (64 passes are too few for 20
rows, whose error falls further with more.) At 256 passes each no plain gain is left (sweep `equal_passes`).
So whether more rows help depends on what is held equal.

As written it is the rows that help and not the steps. If the small set gets as many steps as the large one
has, its test error gets worse. If the large set gets only as many as the small one has, its test error gets
better still, and comes close to that of the least-squares line (sweep `swapped_steps`). What keeps its curve
away from the true line as written is mostly too much training. The curve shows it at the very left of the
grid: a hook, at the only place where this network bends easily (see the lesson overfitting).

How to read the figure
----------------------
As written (left): fitted curves from 20 and from 200 rows, on one scale; note the hook at the left edge. Then
the errors on the noise-free grid, where the true line scores 0. Controlled (right): errors against the number
of rows, with the passes over them beneath, since those fall as rows rise. Training errors near zero mean rows
learned by heart; the distance of the test rows from the dotted line is what a fitted straight line would have
spared. The strip beneath has the effects in margins.

Three things to try
-------------------
Hold the passes equal instead of the steps: give 256 rows the 64 passes that 1,024 get, and compare the two:

python -m run scenario=data_size_controlled replicates=5 arms.rows_256.training.epochs=64

Give the listing's small set as many optimizer steps as its large set has:

python -m run scenario=data_size replicates=10 arms.small.training.epochs=14000

Nearly no noise. Where there is little to learn by heart, see what more rows do at equal steps:

python -m run scenario=data_size_controlled replicates=5 data.noise=1
"""

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import palette, panels
from mirage.figures.panels import Line, Panel, Panels, of_reference

CLAIMS = (
    "more-data-lowers-test-error",
    "more-data-comes-close-to-truth",
    "more-data-binds-capacity",
    "more-data-not-the-whole-cure",
    "more-rows-gain-more-than-steps",
)
ROWS = {"rows_20": 20, "rows_64": 64, "rows_256": 256, "rows_1024": 1024}
WRITTEN = {"small": ("network, 20 rows", palette.UNTREATED), "large": ("network, 200 rows", palette.TREATED)}


def as_written(results: Results) -> Panels:
    """The article's two pictures with bands over seeds, and the test errors."""
    curves: Panels = [(3.8, _curves(arm)) for arm in WRITTEN if arm in results.plan.arms]
    errors = {label.removeprefix("network, "): (arm, "test", "mse", color) for arm, (label, color) in WRITTEN.items()}
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
    """Training and test error against the number of rows, between the noise floor and a straight line."""
    lines = {
        "training rows": Line(ROWS, "train", "mse", palette.TREATED, "s:"),
        "test rows": Line(ROWS, "test", "mse", palette.TREATED),
        "true line, test rows": Line(of_reference(ROWS, "true_line"), "test", "mse"),
        "least squares, test rows": Line(of_reference(ROWS, "least_squares"), "test", "mse"),
    }
    epochs = {ROWS[arm]: results.plan.arms[arm].training.epochs for arm in ROWS if arm in results.plan.arms}

    def ticks(rows: float) -> str:
        return f"{rows:g}\n{epochs[int(rows)]:,} times"

    xlabel = "training rows, and how often each is passed over"
    title = "Equal optimizer steps: more rows, fewer passes"
    return [(6.8, panels.sweep(lines, xlabel, "mean squared error", title, ticks))]
