"""Does early stopping keep a network from memorising noise?

What the article says
---------------------
Article two, third example: early stopping watches the validation loss and ends training once it no longer improves.
This is said to prevent overfitting, and to keep the network from learning its training rows by heart.

What its code shows, and why
----------------------------
The listing draws 1,000 rows of uniform noise with labels by the toss of a coin. A network with a hidden layer of 64
units trains for at most 100 epochs on 800 rows. It stops ten epochs after its validation loss was last at its best,
and goes back to the weights of that epoch. The network that trains to the end is ours, on the same rows from the
same initial weights. As printed the listing stops with an error: it never imports `train_test_split`, which is
supplied here.

With random labels every epoch makes the validation loss worse, apart from chance. So the rule stops almost at once
and keeps a network that has learned next to nothing. It does keep the network from memorising, as not training at
all would. Does it find the epoch at which a network has learned what there is and not yet the noise? That the
example cannot show: there is no such epoch.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- The classes are two normal clouds that overlap: there is something to learn before there is something to memorise.
- A fifth of the labels are wrong, in every set. A wrong training label can only be had by heart, so that memorising
  can be counted (`flipped`).
- 800 training and 200 validation rows as written after its split; 2,000 test rows, which have no part in the
  stopping.
- Training may go on for 300 epochs, far beyond the best one. Against a run made long enough any rule wins. So there
  is a second control of 100 epochs, the listing's own number, for what is learned by heart. A third one trains for as
  long on all 1,000 rows, as it needs none to stop by; the claims that stopping helps are tested against it.
- `random` has no signal, as the listing: the negative control, which must end at one half.

All arms have the same rows, initial weights and batches. Up to the stop, the stopped network and the full run are
the same network. With 160 wrong labels and 2,000 test rows one seed scatters little beside the margins.

Limits. No control was told when to end, as a careful person would decide. There is one patience, the listing's.
The rule reads the loss; rules that read the accuracy are in lesson `early_stopping_on_test`. One signal, two normal
clouds, is learned within few epochs; where the signal takes as long to learn as the noise, stopping has less to offer.

On real data the rows are tumours, with a fifth of the training labels made wrong; there are as many steps as in the
listing. The labels of the rows that stop the training stay right, which is kind to stopping. Seeds share rows of one
set, so intervals are wide.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/early_stopping.yaml says.

- A network stopped early learns fewer rows by heart. As written it holds (train.accuracy:
  early_stopping < no_stopping − 0.02): the difference is −0.114 of the rows (−0.126 to −0.102, 100
  seeds). In the controlled experiment it holds (flipped.accuracy: early_stopping < no_stopping_100
  − 0.1): the difference is −0.169 of the rows (−0.184 to −0.153, 100 seeds). On real data it holds,
  too (flipped.accuracy: early_stopping < no_stopping − 0.1): the difference is −0.686 of the rows
  (−0.757 to −0.614, 100 seeds). As written by training accuracy, as all labels are noise; else by
  wrong training labels given back.
- A network stopped early has the lower test loss. As written the effect is there, but of about the
  size of the margin (test.expected_log_loss: early_stopping < no_stopping − 0.02): the difference
  is −0.0189 nats (−0.0212 to −0.0166, 100 seeds). In the controlled experiment it holds
  (test.expected_log_loss: early_stopping < no_stopping_all − 0.02): the difference is −0.0365 nats
  (−0.04 to −0.0332, 100 seeds). On real data it stays unclear (test.log_loss: early_stopping <
  no_stopping_all − 0.02): the difference is −0.0739 nats (−0.193 to 0.0456, 100 seeds). As written
  both train on the same rows, else the one that is not stopped also has those that the other stops
  by.
- A network stopped early has the higher test accuracy. As written it fails, as there is no effect
  that matters (test.expected_accuracy: early_stopping > no_stopping + 0.02): the difference is 0 of
  accuracy in each seed. In the controlled experiment it holds (test.expected_accuracy:
  early_stopping > no_stopping_all + 0.01): the difference is 0.0217 of accuracy (0.0186 to 0.0248,
  100 seeds). On real data it holds, too (test.accuracy: early_stopping > no_stopping_all + 0.01):
  the difference is 0.093 of accuracy (0.039 to 0.147, 100 seeds). As written on labels of a coin,
  which nothing can predict; the listing cannot show it.

What we found ourselves:

- A network stopped early agrees with wrong training labels hardly more often than the best rule
  does. In the controlled experiment it holds (flipped.accuracy: early_stopping =
  early_stopping:bayes ± 0.1): the difference is 0.0467 of the wrong labels (0.0362 to 0.0578, 100
  seeds).

Checks of the experiment:

- Without stopping, going on from 100 to 300 epochs makes the test loss worse. In the controlled
  experiment it holds (test.expected_log_loss: no_stopping > no_stopping_100 + 0.02): the difference
  is 0.0771 nats (0.0727 to 0.0817, 100 seeds).
- Where labels are random, a network stopped early is no better than a coin on new rows. In the
  controlled experiment it holds (random.test.accuracy = 0.5 ± 0.01): the difference is −0.00206 of
  accuracy (−0.00566 to 0.00159, 100 seeds).

.. end

As written, there can be no gain in test accuracy. The test labels are coins, and no network is better than
a coin on them; what single runs show is luck. The gain in loss is real, but after a hundred epochs it lies at what
would matter: 800 random labels are hard to learn by heart, so the full run has not become very sure of itself.

In the controlled experiment the network that is kept agrees with hardly more wrong labels than the best rule does.
(The best rule agrees with those of rows that lie on the other class's side: there the wrong label looks right.) The
signal is simple and common to all rows, so the first epochs find it. Wrong labels have to be learned one by one,
which takes many. This order is why stopping works here. A small gap between training and test remains, for those
first epochs fit some noise too.

On real data stopping spares most of the wrong labels, too, and gains accuracy on test rows, whose labels are right.
Whether its loss is lower there stays unclear: resamples of one small set give wide intervals.

How to read the figure
----------------------
As written and controlled: the losses of the full run over the epochs (mind the logarithmic axis), with a blue dot for
every seed at the epoch whose weights early stopping kept, at its validation loss. Up to there both networks are the
same. As written (left) the dots lie at the start, where nothing has been learned; of the accuracies beside them only
that on memorised rows leaves one half. Controlled (middle): the dots lie at the bottom of the validation curve.
Beside it the share of wrong labels learned by heart, then the accuracy on fresh rows, each stopped, trained to
epoch 100 on the same rows and on all, as none need be set aside, and to 300; the dashes are the best possible rule.
On real data: the same of stopped and whole trainings. Brackets above join pairs that a claim compares.

The last panel of each kind is the test loss of the stopped network minus that of the others, for one and the same
seed: below zero stopping helps, in the grey stripe too little to matter. The claim is tested against the training
on all rows where there is one.

The strip beneath has the effects in margins: right of the stripe as claimed, left of it
against the claim, on grey too small to matter. Where the stripe is green, it is what is claimed, and either side of it
is against the claim.

Three things to try
-------------------
Other seeds for the listing: watch the gain in test accuracy go back to about nothing.

python -m run scenario=early_stopping seed=100 replicates=50

No patience: the first epoch that is not the best ends the training. See whether it stops too early.

python -m run scenario=early_stopping_controlled replicates=10 training.stopping.patience=0

Only 20 rows to stop by: the kept epochs scatter widely, some of them far beyond the best one.

python -m run scenario=early_stopping_controlled replicates=10 data.n_validation=20
"""

from collections.abc import Sequence

from mirage.claims.results import Results
from mirage.figures import compared, epochs, palette, panels
from mirage.figures.compared import Column
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "early-stopping-prevents-memorising",
    "early-stopping-lowers-test-loss",
    "early-stopping-raises-test-accuracy",
    "stopped-network-learns-no-wrong-labels",
)
ARMS = (("full run", "no_stopping", palette.UNTREATED), ("stopped", "early_stopping", palette.TREATED))
STOPPING = ("early_stopping", "stop", palette.TREATED, "")
LENGTHS = (
    STOPPING,
    ("no_stopping_100", "100", palette.FURTHER[1], "100 epochs"),
    ("no_stopping_all", "100,\nall", palette.OTHER, "100 epochs, none set aside"),
    ("no_stopping", "300", palette.UNTREATED, "300 epochs"),
)
REAL = (
    STOPPING,
    ("no_stopping", "full", palette.UNTREATED, "full run"),
    ("no_stopping_all", "full,\nall", palette.OTHER, "full run, none set aside"),
)
STOPPED = ("no_stopping", "early_stopping")  # the full run and the stopped one


def lengths(arms: Sequence[tuple[str, str, str, str]], accuracy: str, memorised: str) -> Panel:
    """Wrong labels learned and accuracy on fresh rows, by how training ended, beside the best possible rule.

    `arms` are (arm, tick, colour, key); `accuracy` is the metric of the fresh rows; stopped and arm `memorised` are
    compared by the wrong labels.
    """
    learned, right = "{}.flipped.accuracy", f"{{}}.test.{accuracy}"
    groups = [
        (words, [Column(tick, side.format(arm), color, key) for arm, tick, color, key in arms])
        for words, side in (("wrong labels\nlearned by heart", learned), ("fresh rows\nright", right))
    ]
    others = ((learned, memorised), (right, "no_stopping_all"))
    tested = [(side.format("early_stopping"), side.format(other)) for side, other in others]
    title = "Learned by heart, and of use"
    return compared.scores(groups, "share of these rows", title, (-0.04, 1.1), tested=tested, references=["bayes"])


def loss(others: Sequence[tuple[str, str, str, str]], metric: str) -> Panel:
    """Test loss of the stopped network minus that of others, for every seed; `others` as the arms of `lengths`."""
    changes = {
        tick: (f"early_stopping.test.{metric} - {arm}.test.{metric}", color, "early-stopping-lowers-test-loss")
        for arm, tick, color, _ in others
    }
    return panels.paired_differences(changes, "stopped minus other (nats)", "Test loss")


def as_written(results: Results) -> Panels:
    """Losses over the epochs, accuracies, and the difference of test losses."""
    accuracy = [
        (label, [Column(split, f"{arm}.{split}.accuracy", color) for split in ("train", "test")])
        for label, arm, color in ARMS
    ]
    tested = [tuple(f"{arm}.train.accuracy" for _, arm, _ in ARMS)]
    return [
        (3.9, epochs.kept(*STOPPED, "validation")),
        (3.7, compared.scores(accuracy, "accuracy", "Every seed", (-0.04, 1.04), tested=tested)),
        (2.4, loss([("no_stopping", "full", palette.UNTREATED, "")], "expected_log_loss")),
    ]


def controlled(results: Results) -> Panels:
    """Losses over the epochs, what was learned by heart and what of use, and differences of test losses."""
    return [
        (3.9, epochs.kept(*STOPPED, "validation")),
        (6.0, lengths(LENGTHS, "expected_accuracy", "no_stopping_100")),
        (3.2, loss(LENGTHS[1:], "expected_log_loss")),
    ]


def real(results: Results) -> Panels:
    """What was learned by heart and what of use on real rows, and differences of test losses."""
    return [(4.8, lengths(REAL, "accuracy", "no_stopping")), (2.8, loss(REAL[1:], "log_loss"))]
