"""What is a test score worth if training was stopped by it?

What the article says
---------------------
Article four is about perfect training accuracy with wrong predictions, and offers early stopping as its
second remedy: end the training when the validation score gets worse and go back to the best epoch. Its last
lines ask for validation and test sets that are independent of each other.

What its code shows, and why
----------------------------
The listing has one set for both. A network with hidden layers of 128 and 64 units trains on 80 rows with
labels by the toss of a coin. The 20 test rows tell it when to stop, and the score that is printed is that on
the same 20 rows. The network that trains to the end is ours. As printed the listing stops with an error: its
data are never made; they are taken from the article's first example.

With random labels an honest score is one half, so whatever is printed above it is flattery. But 20 rows give
a score in steps of a twentieth that scatters by twice as much, so the flattery of a single run cannot be told
from luck. Nor can the gain over the full run be told from flattery: both are read off the same rows.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- Rows to learn from (80), to stop by (20) and untouched ones. What the second score above the third is flattery, or
  luck of the draw.
- Twenty rows are mostly luck. But stopping only picks an epoch; the weights of an epoch do not depend on who watches.
  So one network a seed trains to the end, and fifty disjoint sets of 20 rows watch it. The rule is applied to each of
  them, and the rows of the other 49 are its untouched ones. A test holds that this is what the callback does when it
  watches one set. Over all sets, watched and fresh rows are the same rows, so that their luck cancels.
- The classes are two normal clouds that overlap: there is something to learn, and a best possible rule.
- Arms ending in `_200` stop by ten sets at a time: 200 rows, and the very same networks.
- `random` has no signal, as the listing: all above one half is flattery there, and the untouched rows must
  end at one half (the negative control).
- Other rules are applied to the same networks: stopping by the accuracy, and with no patience. With both, training
  ends at the first epoch whose accuracy is no new best: as soon as accuracy falls.

Limits. Sets of 20 come out with uneven shares of the classes, as they do in the listing; that is one way to flatter.
One decision, when to stop, is all that is chosen by the watched rows; who also picks the size of the network by
them flatters more. Whether stopping is worth the rows it holds out is asked in lesson `early_stopping`.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/early_stopping_on_test.yaml says.

- Accuracy on the rows that stopped the training flatters noticeably. As written it stays open
  (early_stopping.test.accuracy > 0.5 + 0.05): the difference is 0.036 of accuracy (−0.0116 to
  0.0798, 100 seeds). In the controlled experiment it fails, as there is no effect that matters
  (stopped.model: watched_accuracy > fresh_accuracy + 0.02): the difference is 0.0103 of accuracy
  (0.00842 to 0.0126, 100 seeds).
- A network that has learned its rows by heart is far worse on held-out ones. In the controlled
  experiment it holds (accuracy: no_stopping.train − no_stopping.test > no_stopping:bayes.train −
  no_stopping:bayes.test + 0.05): the difference is 0.221 of accuracy (0.202 to 0.24, 100 seeds).
- Early stopping ends the training as soon as validation accuracy falls. In the controlled
  experiment it fails, and the opposite holds (model.stopped_epochs: by_accuracy = first_fall ± 2):
  the difference is 13.9 epochs (13.3 to 14.7, 100 seeds).

What we found ourselves:

- The loss on the 20 rows that stopped the training is too good. In the controlled experiment it
  holds (stopped.model: watched_log_loss < fresh_log_loss − 0.02): the difference is −0.0654 nats
  (−0.0713 to −0.06, 100 seeds).
- On random labels, accuracy on the rows that stopped the training flatters. In the controlled
  experiment it holds (random.model: watched_accuracy > fresh_accuracy + 0.02): the difference is
  0.0368 of accuracy (0.032 to 0.0418, 100 seeds).
- Ten times as many rows to stop by flatter less. In the controlled experiment it holds (model:
  stopped_200.fresh_log_loss − stopped_200.watched_log_loss < stopped.fresh_log_loss −
  stopped.watched_log_loss − 0.02): the difference is −0.0595 nats (−0.0653 to −0.0542, 100 seeds).
- A network stopped at the first fall of its accuracy is worse on fresh rows. In the controlled
  experiment it holds (model.fresh_accuracy: first_fall < stopped − 0.02): the difference is −0.104
  of accuracy (−0.121 to −0.0875, 100 seeds).

Checks of the experiment:

- On the watched rows the weights kept have a lower loss than those at the end of the full run. As
  written it holds (test.log_loss: early_stopping < no_stopping − 0.02): the difference is −0.361
  nats (−0.451 to −0.283, 100 seeds). In the controlled experiment it holds
  (stopped.model.watched_log_loss < no_stopping.validation.log_loss − 0.02): the difference is
  −0.511 nats (−0.557 to −0.469, 100 seeds).
- Where labels are random, a network stopped early is no better than a coin on fresh rows. In the
  controlled experiment it holds (random.model.fresh_accuracy = 0.5 ± 0.02): the difference is
  −0.00119 of accuracy (−0.00528 to 0.0028, 100 seeds).

The articles also say, which needs no measuring:

- Advice to follow both training and validation numbers; the callback itself reads one number.
- Patience counts epochs without a new best, also those in which the loss recovers.

.. end

As written it stays open whether the printed score flatters noticeably. It is a score on the labels of 20 coins,
whose luck is so large that even the mean over all seeds may lie on either side of the margin.

With a signal to find, the accuracy is flattered by less than would matter. Two things make it smaller than one would
think. The rule picks an epoch, and neighbouring epochs are nearly the same network, so there is little to choose
from. And it picks by the loss: the watched loss is what comes out too good, and the accuracy follows
at a distance. With 200 rows to stop by, the flattery of the loss all but vanishes.

On random labels the accuracy is flattered, too. One reason may be the split. A network stopped early on random labels
may give nearly every row the same answer. The rule then keeps an epoch whose one answer suits the watched rows, and
that pays where one class happens to be more common among the 20. If the listing's rows are held out class by class,
its score comes out nearer one half, though not by so much that chance is ruled out (sweep `even_watched_rows`).

The callback does not stop as soon as accuracy falls. It reads the loss, and waits. A rule that did would stop within
a few epochs, as the accuracy of 20 rows seldom rises twice without a fall, and its network would be far worse.

A hundred epochs of three steps are too few to learn the listing's 80 random labels from features between 0 and 1;
three hundred epochs do, and the held-out rows are still answered like a coin (sweep `random_labels_longer`). The
controlled features are wider and say something, so that there the hundred suffice. With a signal, the network that
has learned every training row by heart is still useful, but far worse than on its own rows.

How to read the figure
----------------------
As written (left): the losses of the full run over the epochs (mind the logarithmic axis), with a blue dot for
every seed at the epoch whose weights were kept; then the accuracies, where the last column is what the listing
prints. Controlled (right): by how much scores on the watched rows are better than on fresh ones, for the accuracy and
for the loss, by 20 or 200 rows that stop the training; in the grey stripe it is too little to matter. Then accuracies
on rows of each kind, the dashes being the best possible rule: the full run on its own rows and on fresh ones, the
network stopped by the loss, and that stopped at the first fall of its accuracy. Last, how many epochs training takes
by what is watched and by the patience; the bracket joins the pair that the claim compares.

The strip beneath has the effects in margins: right of the stripe as claimed, left of it
against the claim, on grey too small to matter. Where the stripe is green, it is what is claimed, and either side of it
is against the claim.

Three things to try
-------------------
Three times the epochs: the full run now learns all of its random labels, while the stopped one is the same as
before.

python -m run scenario=early_stopping_on_test replicates=10 training.epochs=300

Ten times the data, so that 200 rows stop the training: the printed score of the stopped network falls towards
one half.

python -m run scenario=early_stopping_on_test replicates=10 data.n_rows=1000

Other seeds for the listing, and more of them: compare the flattery with that of the figure.

python -m run scenario=early_stopping_on_test seed=100 replicates=60
"""

from mirage.claims.results import Results
from mirage.figures import compared, epochs, palette, panels
from mirage.figures.compared import Column
from mirage.figures.panels import Panels

CLAIMS = (
    "score-on-stopping-set-flatters",
    "watched-loss-flatters",
    "flattery-on-random-labels",
    "more-stopping-rows-flatter-less",
    "held-out-accuracy-stays-low",
    "stops-when-accuracy-falls",
)
ARMS = (("no_stopping", "full run"), ("early_stopping", "stopped"))
STOPPED = ("no_stopping", "early_stopping")  # the full run and the stopped one
STOPPED_BY = (
    ("random", "20,\nrandom\nlabels", palette.OTHER),
    ("stopped", "20", palette.TREATED),
    ("stopped_200", "200", palette.FURTHER[2]),
)
RULES = (  # what is watched, and the patience in epochs
    ("loss,\npatience", [Column("10", "stopped.model.stopped_epochs", palette.TREATED)]),
    (
        "accuracy,\npatience",
        [
            Column("10", "by_accuracy.model.stopped_epochs", palette.FURTHER[0]),
            Column("0", "first_fall.model.stopped_epochs", palette.FURTHER[1]),
        ],
    ),
)
ROWS = (
    (
        "full run",
        [
            Column("own\nrows", "no_stopping.train.accuracy", palette.UNTREATED),
            Column("fresh", "no_stopping.test.accuracy", palette.UNTREATED),
        ],
    ),
    (
        "stopped\nby loss",
        [
            Column("watched", "stopped.model.watched_accuracy", palette.TREATED),
            Column("fresh", "stopped.model.fresh_accuracy", palette.TREATED),
        ],
    ),
    ("at first fall\nof accuracy", [Column("fresh", "first_fall.model.fresh_accuracy", palette.FURTHER[1])]),
)


def as_written(results: Results) -> Panels:
    """Losses over the epochs, and accuracies."""
    return [
        (5.0, epochs.kept(*STOPPED, "test")),
        (5.0, panels.two_by_two(*ARMS, "accuracy", "accuracy")),
    ]


def controlled(results: Results) -> Panels:
    """How far watched scores are too good, accuracy on the rows of each kind, and when rules stop."""
    score, cost = (
        "{0}.model.watched_accuracy - {0}.model.fresh_accuracy",
        "{0}.model.fresh_log_loss - {0}.model.watched_log_loss",
    )
    flattery = [
        (words, [Column(label, side.format(arm), color) for arm, label, color in STOPPED_BY])
        for words, side in (("accuracy", score), ("log loss (nats)", cost))
    ]
    tested = [("by_accuracy.model.stopped_epochs", "first_fall.model.stopped_epochs")]
    margins = ("score-on-stopping-set-flatters", "watched-loss-flatters")
    title = "Watched rows against fresh ones"
    return [
        (6.2, compared.differences(flattery, "by how much too good", title, margins)),
        (5.4, compared.scores(ROWS, "accuracy", "Rows of each kind", (0.5, 1.04), references=["bayes"])),
        (3.6, compared.scores(RULES, "epochs trained", "When training ends", (0, None), tested=tested)),
    ]
