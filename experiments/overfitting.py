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
The article shows one run. Here are many on the very same points: they differ in their initial weights and in
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
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/overfitting.yaml says.

- The network does well on its training rows and worse on test rows. As written it fails, and the
  opposite holds (network.mse: test > train + 2.5): the difference is −3.59 squared units (−3.93 to
  −3.24, 100 seeds). In the controlled experiment it holds (network.mse: test > train + 2.5): the
  difference is 47 squared units (44.2 to 50.3, 100 seeds).
- The network follows the noise of its training rows and not only the line beneath. As written it
  fails, as there is no effect that matters (train.mse: network < network:least_squares − 2.5): the
  difference is −0.879 squared units (−1.07 to −0.696, 100 seeds). In the controlled experiment it
  holds (train.mse: network < network:least_squares − 2.5): the difference is −17.9 squared units
  (−19.7 to −16.2, 100 seeds).
- The network predicts worse than a straight line fitted to the same rows. As written it fails, as
  there is no effect that matters (test.mse: network > network:least_squares + 2.5): the difference
  is 0.844 squared units (0.672 to 1.01, 100 seeds). In the controlled experiment it holds
  (test.mse: network > network:least_squares + 2.5): the difference is 12.6 squared units (10.2 to
  15.4, 100 seeds).
- The network learns its training rows by heart. As written it fails, and the opposite holds
  (network.model.lowest_loss = 0 ± 0.25): the difference is 12.8 squared units (12.6 to 13, 100
  seeds). In the controlled experiment it holds (network.model.lowest_loss = 0 ± 0.25): the
  difference is 8.66e−08 squared units (−2.21e−07 to 6.68e−07, 100 seeds).
- Training for too long makes a model take up noise and hurts it on new data. In the controlled
  experiment it holds (test.mse: network > short + 2.5): the difference is 6.49 squared units (4.95
  to 8.67, 100 seeds).
- A model too large for the amount of its data overfits for that. In the controlled experiment it
  holds (test.log_excess_mse: units_1024 > units_8 + 0.223): the difference is 0.463 log ratio
  (0.309 to 0.621, 100 seeds).
- Overfitting is worse when the inputs have many dimensions. In the controlled experiment it holds
  (mse: network.test − network.train > one_feature.test − one_feature.train + 2.5): the difference
  is 42.4 squared units (38.8 to 46.5, 100 seeds).

What we found ourselves:

- The same network without its bends, with as many weights, learns no more noise than a straight
  line. In the controlled experiment it holds (train.mse: linear = linear:least_squares ± 2.5): the
  difference is 0.456 squared units (0.341 to 0.633, 100 seeds).
- A network of scikit-learn that knows the same rows by heart predicts worse than a straight line,
  too. In the controlled experiment it holds (test.log_excess_mse: perceptron >
  perceptron:least_squares + 0.223): the difference is 1.5 log ratio (1.31 to 1.7, 100 seeds).
- So does a decision tree that grows until it knows its rows. In the controlled experiment it holds
  (test.log_excess_mse: tree > tree:least_squares + 0.223): the difference is 1.32 log ratio (1.14
  to 1.52, 100 seeds).

Checks of the experiment:

- The network of scikit-learn knows its training rows by heart. In the controlled experiment it
  holds (perceptron.train.mse = 0 ± 0.25): the difference is 4.31e−08 squared units (3.23e−08 to
  6.6e−08, 100 seeds).
- The decision tree knows its training rows by heart. In the controlled experiment it holds
  (tree.train.mse = 0 ± 0.25): the difference is 0 squared units in each seed.

.. end

Where the listing does not overfit, it is because of where its inputs lie. A new network of this kind has all
of its kinks at zero, for its biases start there. With the grid moved so that zero lies inside it, the same
network with the same noise overfits; more so with zero in the middle. With the grid moved the other way, it
stays as close to the fitted line as before. A grid that starts at zero and is much shorter lets the network
overfit too, if less than zero in the middle does (sweep `shifted_grid`).

Size alone is not enough. The same large network is harmed far less where it has one feature: without the nine
that say nothing there is little to fit noise with. And without its kinks it has as many weights and yet learns
no more noise than a straight line. Size matters all the same: with kinks, the smallest network does better on
fresh rows than the larger ones. But more is not always worse: of the three sizes one of 64 units does worst, and
the largest better.
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
every seed: the lowest training error that any epoch reached, that at the end, and the error on the test grid. On
training rows the true line scores the noise that was drawn, on the noise-free grid it scores 0.

Controlled (right): errors over the epochs, of a network that can memorise and of one that cannot, with the
epoch at which arm short stops. Then the differences that the claims test, seed by seed: the network's test error
above its training error; its training error below that of the fitted line; its test error above the line's, and
above that of the short run. In the grey stripe they are too small to matter. Last, by how much every model misses
the true line at the end, on a logarithmic axis: by size, without kinks, and of another library. The bracket joins
the two sizes that the claim compares; the means are geometric, as the tests take logarithms.

The strip beneath has the effects in margins: right of the stripe as claimed, left of it
against the claim, on grey too small to matter. Where the stripe is green, it is what is claimed, and either side of it
is against the claim.

Three things to try
-------------------
Move the listing's grid so that zero lies in its middle, and see the network bend:

python -m run scenario=overfitting replicates=10 data.low=-5 data.high=5

Stop after 80 epochs. Compare the test errors of arms network and short, and both with the fitted line:

python -m run scenario=overfitting_controlled replicates=5 training.epochs=80

Take the noise away. The network is as large as before; what is left of the gap?

python -m run scenario=overfitting_controlled replicates=5 data.noise=0
"""

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, epochs, marks, palette, panels
from mirage.figures.compared import Column
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "overfitting-test-above-train",
    "overfitting-fits-noise",
    "overfitting-worse-than-line",
    "overfitting-learns-rows-perfectly",
    "overfitting-longer-training-fits-noise",
    "overfitting-capacity-is-main-cause",
)
SIZES = (
    (
        "one hidden layer,\nunits",
        [Column(f"{units:,}", f"units_{units}.test.excess_mse", palette.OTHER) for units in (8, 64, 1024)],
    ),
    (
        "two layers",
        [
            Column("128\n+ 64", "network.test.excess_mse", palette.UNTREATED),
            Column("no\nkinks", "linear.test.excess_mse", palette.TREATED),
        ],
    ),
    (
        "other library",
        [
            Column("net-\nwork", "perceptron.test.excess_mse", palette.FURTHER[0]),
            Column("tree", "tree.test.excess_mse", palette.FURTHER[0]),
        ],
    ),
)
LINE = "network:least_squares"
COMPARED = (  # what the claims about the network compare
    ("network", [Column("test −\ntraining", "network.test.mse - network.train.mse", palette.UNTREATED)]),
    (
        "network and\nfitted line",
        [
            Column("training,\nline −\nnetwork", f"{LINE}.train.mse - network.train.mse", palette.FURTHER[1]),
            Column("test,\nnetwork\n− line", f"network.test.mse - {LINE}.test.mse", palette.FURTHER[1]),
        ],
    ),
    ("long and\nshort run", [Column("test,\nlong −\nshort", "network.test.mse - short.test.mse", palette.FURTHER[2])]),
)


def as_written(results: Results) -> Panels:
    """The article's picture with a band over seeds, and the errors of every seed."""
    shown = {
        "training\nrows,\nlowest": ("model", "lowest_loss"),
        "training\nrows,\nnoisy": ("train", "mse"),
        "test grid,\nno noise": ("test", "mse"),
    }
    errors = {label: ("network", *number, palette.UNTREATED) for label, number in shown.items()}
    return [
        (4.6, panels.curves({"network": ("network", palette.UNTREATED)}, "What the network ends with")),
        (4.4, panels.scores(errors, "mean squared error")),
    ]


def over_the_epochs() -> Panel:
    """Training and test error of two networks, with the noise variance and the epoch at which the short run stops."""
    shown = {
        "network, training rows": ("network", "loss", palette.UNTREATED, ":"),
        "network, test rows": ("network", "val_loss", palette.UNTREATED, "-"),
        "no kinks, training rows": ("linear", "loss", palette.TREATED, ":"),
        "no kinks, test rows": ("linear", "val_loss", palette.TREATED, "-"),
    }
    curves = epochs.histories(shown, "mean squared error", "Over the epochs", log="xy", lowest=0.1)

    def draw(ax: Axes, results: Results) -> None:
        curves(ax, results)
        noise = marks.middle(results.values("network:true_line", "test", "mse"))
        if np.isfinite(noise):
            ax.axhline(noise, color=palette.REFERENCE, linestyle="-.", linewidth=1.8, label="noise variance")
        if "short" in results.plan.arms:
            stop = results.plan.arms["short"].training.epochs
            ax.axvline(stop, color=palette.INK, linewidth=1, label=f"epoch {stop}: short run stops")

    return draw


def controlled(results: Results) -> Panels:
    """Errors over the epochs of two networks; what the claims compare; what all models miss the truth by."""
    margins = ("overfitting-test-above-train", "overfitting-fits-noise", "overfitting-longer-training-fits-noise")
    pairs = compared.differences(COMPARED, "difference of\nmean squared errors", "What the claims compare", margins)
    tested = [("units_8.test.excess_mse", "units_1024.test.excess_mse")]
    excess = compared.scores(SIZES, "squared distance to true line", "At the end", log=True, tested=tested)
    return [(5.2, over_the_epochs()), (4.9, pairs), (6.4, excess)]
