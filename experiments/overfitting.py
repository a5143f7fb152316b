"""Does a network of thousands of weights overfit 20 noisy points?

What the article says
---------------------
Article one, first example: a network much too large for its 20 training points learns the noise in them along
with the line. It then does very well on those points and worse on new ones. Training for too long and too many
weights for too few rows are named as causes.

What its code shows, and why
----------------------------
The listing draws 20 points around a straight line, on a grid from 0 to 10, with a fixed seed. A network with
two hidden layers of 128 and 64 units is trained on them for 2,000 epochs and scored on a grid of 100 points.
The article shows one run. Here are thirty on the very same points: they differ in their initial weights and in
the order of rows.

The listing cannot show what it sets out to show, for two reasons. Its test grid carries no noise, while its
training rows do. So the test error may well be the lower one, whatever the network has learned. And this
network hardly bends. Each of its units is straight but for one kink; biases start at zero, so that the kinks of
the first layer all start at an input of zero. That is the left edge of the grid. To the right of it the network
begins as a straight line and stays close to one.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- Test rows carry noise of the same strength as training rows: the two errors can be compared.
- Ten features, nine of which say nothing: there is something to fit noise with.
- 40 training rows. At 20 a straight line itself, with eleven numbers to fit, would be about to memorise.
- 1,000 test rows: the sampling error of a test error is about a twentieth of the noise variance.
- New data for every seed, for one data set can be lucky.
- Arm linear, the negative control, has the same weights without the kinks. It can draw a straight plane and
  nothing else. Arms units_8, units_64 and units_1024 have one hidden layer each, from 97 weights to 12,289. Arm
  short stops after 200 epochs of the 2,000, a number set beforehand. Arm one_feature is without the nine
  features that say nothing.
- Arms perceptron and tree are no networks of Keras: a network with one hidden layer and a decision tree, both of
  scikit-learn.

Network, optimizer, batch size and epochs are the listing's. As 40 rows make two batches of at most 32 where the
listing's 20 make one, the same 2,000 epochs are twice its optimizer steps. The test rows are scored after many
epochs to draw the curve; nothing is chosen by them. The references are the true line and a line fitted to the
same rows. Most margins are a tenth of the noise variance or more; networks of different size are compared by
the ratio of their excess error, which is the mean squared distance from the true line.

Limits. The truth is a straight line, which favours straight models and does not ask for many weights: nothing
here says that a smaller network is better where the truth is bent. Arm units_8 still has more weights than
rows. With half as many units some seeds learn nothing, as all of their units die. Arm one_feature has other
rows than arm network, as fewer numbers are drawn for them; their gaps are compared seed by seed but are not
paired row by row. The networks of Keras are trained with one optimizer at one rate, on inputs as they come.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with its 95 % interval. The tests are those of
conf/claims/overfitting.yaml. 9 further claims cannot be tested; the claims file says why.

- The network does well on its training rows and worse on the test grid. As written it fails
  (network.mse: test > train + 2.5): the difference is -3.9 (-4.21 to -3.58, 30 seeds), against it
  by more than the margin of 2.5. In the controlled experiment it holds (network.mse: test > train +
  2.5): the difference is 47.6 (45.1 to 50, 30 seeds), more than the margin of 2.5.
- The training error becomes very low. As written it fails (train.mse: network < network:true_line −
  12.5): the difference is -9.71 (-9.87 to -9.54, 30 seeds), too small to matter beside the margin
  of 12.5. In the controlled experiment it holds (train.mse: network < network:true_line − 12.5):
  the difference is -25.7 (-27.7 to -23.6, 30 seeds), more than the margin of 12.5.
- The network follows the noise of its training rows and not only the line beneath. As written it
  fails (train.mse: network < network:least_squares − 2.5): the difference is -0.734 (-0.9 to
  -0.568, 30 seeds), too small to matter beside the margin of 2.5. In the controlled experiment it
  holds (train.mse: network < network:least_squares − 2.5): the difference is -18.4 (-20.1 to -16.6,
  30 seeds), more than the margin of 2.5.
- The network misses the test grid by more than a straight line fitted to the same rows. As written
  it fails (test.mse: network > network:least_squares + 2.5): the difference is 0.677 (0.525 to
  0.829, 30 seeds), too small to matter beside the margin of 2.5. In the controlled experiment it
  holds (test.mse: network > network:least_squares + 2.5): the difference is 13 (10 to 15.9, 30
  seeds), more than the margin of 2.5.
- Training on for too long makes a model take up noise and hurts it on new data. As written it
  cannot be tested: The listing scores the network once, after its last epoch; no earlier score
  exists to compare with. In the controlled experiment it holds (test.mse: network > short + 2.5):
  the difference is 6.3 (4.24 to 8.35, 30 seeds), more than the margin of 2.5.
- A model too large for the amount of its data is a main cause of overfitting. As written it cannot
  be tested: The listing trains one network of one size on one set of rows. In the controlled
  experiment it stays open (test.mse: network > small + 10): the difference is 6.69 (3.27 to 10.1,
  30 seeds), too uncertain for a margin of 10.
- A network with many parameters and few rows learns those rows perfectly. As written it fails
  (network.train.mse = 0 ± 0.25): the difference is 12.9 (12.7 to 13.1, 30 seeds), against it by
  more than the margin of 0.25. In the controlled experiment it stays open (network.train.mse = 0 ±
  0.25): the difference is 0.166 (-0.0675 to 0.4, 30 seeds), too uncertain for a margin of 0.25.
- Overfitting is worse when the inputs have many dimensions. As written it cannot be tested: Every
  listing has one fixed number of input features; article one's has a single one. In the controlled
  experiment it holds (mse: network.test − network.train > one_feature.test − one_feature.train +
  2.5): the difference is 42.6 (39.2 to 45.9, 30 seeds), more than the margin of 2.5.

Checks of ours:

- The same network without its bends, with as many weights, learns no more noise than a straight
  line. As written it cannot be tested: The listing trains one network, and that one bends. In the
  controlled experiment it holds (train.mse: linear = linear:least_squares ± 2.5): the difference is
  0.723 (0.455 to 0.991, 30 seeds), within the margin of 2.5.

.. end

Where the listing does not overfit, it is because of where its inputs lie. A new network of this kind has all
of its kinks at zero, for its biases start there. With the grid moved so that zero lies inside it, the same
network with the same noise overfits; more so with zero in the middle. With the grid moved the other way, it
stays as close to the fitted line as before. A grid that starts at zero and is much shorter lets the network
overfit too, if less than zero in the middle does (sweep `shifted_grid`).

Size alone is not enough. The same large network is harmed far less where it has one feature: without the nine
that say nothing there is little to fit noise with. And without its kinks it has as many weights and yet learns
no more noise than a straight line. Size matters all the same: with kinks, the smallest network does better on
fresh rows than the larger ones. But more is not always worse: the largest does no worse than one of 64 units.
Nor does any of this hang on Keras, or on networks: a tree that grows until it knows its rows does harm as well.

Rows are learned perfectly at some epoch, if not at the very last. For most of the time the training error of
arm network is as good as zero. But now and then it leaps up and comes down again: most likely because the
optimizer divides by the size of recent gradients, which are almost nothing by then, so that a small disturbance
becomes a large step (not tested here). A seed that is caught in a leap at the end ends with its full error, so
that what is tested is the lowest error that any epoch reached. The thin spikes at the right end of the curve
are these leaps.

In arm network the error on test rows is lowest early on, before the noise is learned, and rises from there.
The training error shows nothing of that: but for the leaps it only falls.

How to read the figure
----------------------
As written (left): the curves the network ends with, close to the fitted straight line; then the errors of
every seed. On training rows the true line scores the noise that was drawn, on the noise-free grid it scores
0. Controlled (right): errors over the epochs, of a network that can memorise and of one that cannot, with the
epoch at which arm short stops; then by how much every model misses the true line at the end, by size, without
kinks, and of another library. The strip beneath has the effects in margins: right of the grey stripe as
claimed, left of it against the claim, on the stripe too small to matter.

Three things to try
-------------------
Move the listing's grid so that zero lies in its middle, and see the network bend:

python -m run scenario=overfitting replicates=10 data.low=-5 data.high=5

Stop after 80 epochs. Compare the test errors of arms network and short, and both with the fitted line:

python -m run scenario=overfitting_controlled replicates=5 training.epochs=80

Take the noise away. The network is as large as before; what is left of the gap?

python -m run scenario=overfitting_controlled replicates=5 data.noise=0
"""

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import epochs, palette, panels
from mirage.figures.panels import Panels

CLAIMS = (
    "overfitting-test-above-train",
    "overfitting-fits-noise",
    "overfitting-worse-than-line",
    "overfitting-learns-rows-perfectly",
    "overfitting-longer-training-fits-noise",
    "overfitting-capacity-is-main-cause",
)


def as_written(results: Results) -> Panels:
    """The article's picture with a band over seeds, and the errors of every seed."""
    splits = {"training rows,\nnoisy": "train", "test grid,\nno noise": "test"}
    errors = {label: ("network", split, "mse", palette.UNTREATED) for label, split in splits.items()}
    return [
        (4.6, panels.curves({"network": ("network", palette.UNTREATED)}, "What the network ends with")),
        (4.2, panels.scores(errors, "mean squared error")),
    ]


def controlled(results: Results) -> Panels:
    """Training and test error over the epochs of two networks; what all models miss the truth by."""
    shown = {
        "network, training rows": ("network", "loss", palette.UNTREATED, ":"),
        "network, test rows": ("network", "val_loss", palette.UNTREATED, "-"),
        "linear, training rows": ("linear", "loss", palette.TREATED, ":"),
        "linear, test rows": ("linear", "val_loss", palette.TREATED, "-"),
    }
    levels = [("network:true_line", "test", "mse"), ("network:least_squares", "test", "mse")]
    excess = {
        label: (arm, "test", "excess_mse", color)
        for label, arm, color in (
            ("8\nunits", "units_8", palette.OTHER),
            ("64", "units_64", palette.OTHER),
            ("1,024", "units_1024", palette.OTHER),
            ("128 + 64", "network", palette.UNTREATED),
            ("no\nkinks", "linear", palette.TREATED),
            ("other\nlibrary", "perceptron", palette.FURTHER[0]),
            ("tree", "tree", palette.FURTHER[0]),
        )
    }
    curves = epochs.histories(shown, "mean squared error", "Over the epochs", levels, log="xy", lowest=0.1)

    def over_the_epochs(ax: Axes, results: Results) -> None:
        curves(ax, results)
        if "short" in results.plan.arms:
            stop = results.plan.arms["short"].training.epochs
            ax.axvline(stop, color=palette.INK, linewidth=1, label=f"epoch {stop}: the short run stops")

    return [
        (5.6, over_the_epochs),
        (6.4, panels.scores(excess, "squared distance to true line", "At the end")),
    ]
