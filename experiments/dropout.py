"""Does dropout make a network that fits 20 noisy points predict better?

What the article says
---------------------
Article one, second example: dropout switches units off at random while training, so that a network cannot lean
on single ones. Added to the network of the first example, it is to give a clearly lower test error at the price
of a higher training error.

What its code shows, and why
----------------------------
The listing is the first example with dropout of a fifth after each hidden layer. The article compares one run
with one run of the first example. Here both are run with the same seeds on the very same 20 points; each pair
shares its initial weights and its order of rows. Training error is measured as in the article: after
training, with dropout switched off. The test grid carries no noise and the training rows do: so the true line
scores 0 on the grid, and a test error may well lie below the training error of the same network.

A remedy can only show where there is an illness. The network of the first example stays close to a straight
line (see the lesson overfitting for the reason), so that there is next to no overfitting for dropout to reduce.
What is left of its test error comes from the 20 points themselves: their noise tilts any line that is fitted to
them.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- The data of the controlled scenario of lesson overfitting: ten features, nine of which say nothing, 40 noisy
  training rows and 1,000 test rows with the same noise. There the network learns its rows by heart.
- Four rates, none, a tenth, the listing's fifth and a half: a cause should show in its dose.
- All arms of a seed have the same rows, initial weights and order of rows. Every rate is scored twice: after the
  listing's 2,000 epochs, and with the weights of its own best epoch, which 200 rows drawn beside have found. So
  dropout is also judged where a network without it is at its best.

Arm baseline, without dropout, is the control. The references are the true line and a line fitted to the same
rows: a remedy is judged by what a simpler model would have given. Test errors are compared by the ratio of what
they exceed the noise by, which is the mean squared distance from the true line.

Limits. Dropout slows learning, so equal epochs are not equal progress, and between its best epoch and the last
what dropout gains depends on when one looks. The best epoch is found on more rows than most have to spare. One
network, one number of rows, one kind of noise: where the truth is bent, or many units must share the work,
dropout may do more. The true law is a line, so that the line is a hard rival.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/dropout.yaml says.

- Dropout clearly lowers the test error. As written it fails, as there is no effect that matters
  (test.log_excess_mse: dropout < baseline − 0.223): the difference is −0.000954 log ratio (−0.0494
  to 0.0476, 100 seeds). In the controlled experiment it fails, as there is no effect that matters
  (test.log_excess_mse: dropout < baseline − 0.223): the difference is −0.0958 log ratio (−0.159 to
  −0.0336, 100 seeds).
- Dropout raises the training error. As written it fails, as there is no effect that matters
  (train.log_mse: dropout > baseline + 0.095): the difference is 0.0585 log ratio (0.0415 to 0.0769,
  100 seeds). In the controlled experiment it holds (train.log_mse: dropout > baseline + 0.095): the
  difference is 11.5 log ratio (8.22 to 15.1, 100 seeds).

What we found ourselves:

- At the best epoch of each, a network with dropout predicts as well as one without. In the
  controlled experiment it holds (test.log_excess_mse: dropout_best = baseline_best ± 0.223): the
  difference is 0.027 log ratio (−0.0333 to 0.0825, 100 seeds).
- Stopping at the best epoch without dropout lowers the test error far more than dropout without
  stopping. In the controlled experiment it holds (test.log_excess_mse: baseline_best < dropout −
  0.223): the difference is −0.927 log ratio (−1.08 to −0.786, 100 seeds).
- With dropout, too, the network of all epochs predicts worse than a straight line fitted to the
  same rows. In the controlled experiment it holds (test.log_excess_mse: dropout >
  dropout:least_squares + 0.223): the difference is 0.817 log ratio (0.651 to 0.989, 100 seeds).
- At its best epoch a network at a rate of a half predicts as well as one at a tenth. In the
  controlled experiment it holds (test.log_excess_mse: high_best = low_best ± 0.223): the difference
  is 0.0566 log ratio (−0.0141 to 0.124, 100 seeds).

Checks of the experiment:

- The more units are switched off, the more of the training rows is left unlearned. In the
  controlled experiment it holds (train.log_mse: high > low + 0.405): the difference is 1.96 log
  ratio (1.67 to 2.23, 100 seeds).
- The network without dropout is far better at its best epoch than after all of them. In the
  controlled experiment it holds (test.log_excess_mse: baseline_best < baseline − 0.223): the
  difference is −1.02 log ratio (−1.18 to −0.882, 100 seeds).

.. end

As written dropout changes neither error by what would matter, as there was little to cure. With the listing's
inputs centred, its network does overfit, and dropout brings the test error down and the training error up (sweep
`centred_inputs`).

In the controlled experiment, after all epochs, dropout lowers the test error a little, but not clearly. It
delays memorising and does not prevent it. Without dropout the test error
is lowest early on. At the listing's rate it falls to about the same value. At a rate of a half it gets there
later and not quite so low. Then all of them rise as the noise is learned; with dropout they rise later and
more slowly (sweep `dropout_over_time`). After 2,000 epochs the networks with dropout have memorised nearly as
much: the training error, measured with dropout switched off, is low. Where each network is stopped at its best,
dropout adds next to nothing, and stopping without dropout does far more than dropout without stopping.

The dose tells the same: it makes no difference that would matter whether half of the units are switched off or
a tenth. And at the listing's rate, after all epochs, the test error stays well above that of a straight line
fitted to the same rows.

It also matters what the harm consists of. Averaging eight networks trained on the same rows, with initial
weights of their own, takes away the smaller part of what they lose to a fitted straight line (sweep
`averaged_networks`). The larger part is common to all eight, as are the rows with their noise. So most of the
harm seems to come from that noise, which all eight have learned alike, and no averaging over units or
networks takes that out.

How to read the figure
----------------------
As written (left): the fitted curves without dropout and with it, on top of each other; then the errors of every
seed. Controlled (right): the training error against the rate, after all epochs and at the best one, with what a
line fitted to the same rows scores (dotted); then the same of the squared distance to the true line. Both axes are
logarithmic and the means geometric, as the tests take logarithms. Last, what each rate changes for one and the
same seed: below zero dropout helps, in the grey stripe too little to matter.

The strip beneath has the effects in margins: right of the stripe as claimed, left of it
against the claim, on grey too small to matter. Where the stripe is green, it is what is claimed, and either side of it
is against the claim.

Three things to try
-------------------
Stop at a quarter of the epochs, when the networks with dropout have not yet memorised as much:

python -m run scenario=dropout_controlled replicates=5 training.epochs=500

Switch off four units in five. Watch the training error: what else than noise is no longer learned?

python -m run scenario=dropout_controlled replicates=5 arms.high.model.dropout=0.8

Centre the inputs of the listing, so that there is overfitting for dropout to reduce:

python -m run scenario=dropout replicates=5 data.low=-5 data.high=5
"""

from mirage.claims.results import Results
from mirage.figures import compared, palette, panels
from mirage.figures.compared import Column
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
