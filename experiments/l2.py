"""Do an L2 penalty and dropout make a network that memorises noise predict better?

What the article says
---------------------
Article two, second example: a network without regularisation fits its training rows too closely and does worse on
new ones. Its validation accuracy may then differ from its test accuracy. An L2 penalty and dropout are the remedy.

What its code shows, and why
----------------------------
The listing draws 1,000 rows of uniform noise with labels by the toss of a coin. One network with a hidden layer of
128 units has no regularisation; the other has an L2 penalty on the hidden layer and dropout of a half: two changes
at once. Both train for 100 epochs on 800 rows; 200 rows validate, 200 new ones test. As printed the listing stops
with an error: it never imports `train_test_split`, which is supplied here.

On such labels no network can be right more than half the time on new rows. So the example can show that one
network learns more of its rows by heart than the other, but not that this is of any use. The loss is another
matter. Whoever learns noise by heart grows sure of it, and sure wrong answers cost more than unsure ones. The
regularised network ends with probabilities near a half and so its predictions have the lower loss, with an
accuracy no better than before. The loss that the listing prints for it is higher than that by the L2 penalty,
which Keras adds. The claim on the loss is tested on what is printed: the penalty takes back a part of what the
predictions save.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- The classes are two normal clouds that overlap: there is a signal to find and a best possible rule to compare
  with.
- A fifth of the labels are wrong, in every set. A wrong training label can only be had by heart, so that memorising
  can be counted (`flipped`) apart from learning.
- 800 training and 200 validation rows as written after its split; 2,000 test rows, so that one point of accuracy
  can be told.
- Four arms: neither remedy, L2, dropout, both, each as strong as in the listing. All have the same rows, initial
  weights, batches and number of steps.
- The arms `random_...` have no signal, as the listing: the negative control, which must end at one half.

Every seed draws all anew. How many seeds there are is the same in all lessons, and was fixed with the tests before
any of them was run.
Each test label counts by its true probability where only that matters, which takes out the luck of the labels.

On real data the rows are tumours, with a fifth of the training labels made wrong; there are as many steps as in the
listing, and L2 also a hundredth and ten times as strong. Seeds share rows of one set, so intervals are wide.

Limits. In the controlled experiment there is one strength of each remedy, the listing's, tuned for neither arm;
another may do better or harm. Two remedies together are also a stronger dose than one, so that both beating one
need not mean that they do different things. The best boundary between two normal clouds is a plane; shrinking
weights suits so simple a truth. Every arm trains for 100 epochs, whether its loss still falls or not: a network
that stops in time (lesson `early_stopping`) has less to gain. The L2 penalty sits on the hidden layer only, as in
the listing.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/l2.yaml says.

- A network without regularisation is better on its own rows than on new ones. As written it holds
  (none: train.accuracy > test.expected_accuracy + 0.05): the difference is 0.182 of accuracy (0.177
  to 0.187, 100 seeds). In the controlled experiment it holds (none: train.accuracy >
  test.expected_accuracy + 0.05): the difference is 0.144 of accuracy (0.139 to 0.149, 100 seeds).
  On real data it holds, too (none.accuracy: train > test + 0.05): the difference is 0.17 of
  accuracy (0.122 to 0.218, 100 seeds).
- L2 and dropout narrow the gap between training and test accuracy. As written it holds
  (train.accuracy: l2_dropout < none − 0.05): the difference is −0.13 of accuracy (−0.136 to −0.124,
  100 seeds). In the controlled experiment it holds (accuracy: l2_dropout.train − l2_dropout.test <
  none.train − none.test − 0.05): the difference is −0.0959 of accuracy (−0.101 to −0.091, 100
  seeds). On real data it holds, too (accuracy: l2_dropout.train − l2_dropout.test < none.train −
  none.test − 0.05): the difference is −0.227 of accuracy (−0.272 to −0.182, 100 seeds).
- A network with L2 and dropout has the higher test accuracy. As written it fails, as there is no
  effect that matters (test.expected_accuracy: l2_dropout > none + 0.02): the difference is 0 of
  accuracy in each seed. In the controlled experiment it holds (test.expected_accuracy: l2_dropout >
  none + 0.01): the difference is 0.0317 of accuracy (0.0298 to 0.0336, 100 seeds). On real data it
  holds, too (test.accuracy: l2_dropout > none + 0.02): the difference is 0.0893 of accuracy (0.0463
  to 0.132, 100 seeds). As written on labels of a coin, which nothing can predict; the listing
  cannot show it.
- An L2 penalty by itself narrows the gap between training and test accuracy. In the controlled
  experiment it holds (accuracy: l2.train − l2.test < none.train − none.test − 0.05): the difference
  is −0.0721 of accuracy (−0.0768 to −0.0676, 100 seeds). On real data it holds, too (accuracy:
  l2.train − l2.test < none.train − none.test − 0.05): the difference is −0.124 of accuracy (−0.167
  to −0.0815, 100 seeds).
- A network with L2 and dropout has the lower test loss, its penalty included. As written it holds
  (none.test.expected_log_loss − l2_dropout.test.expected_log_loss > l2_dropout.model.penalty +
  0.02): the difference is 0.0288 nats (0.0262 to 0.0317, 100 seeds). In the controlled experiment
  it holds (none.test.expected_log_loss − l2_dropout.test.expected_log_loss >
  l2_dropout.model.penalty + 0.02): the difference is 0.0417 nats (0.0383 to 0.0452, 100 seeds). On
  real data it stays unclear (none.test.log_loss − l2_dropout.test.log_loss >
  l2_dropout.model.penalty + 0.02): the difference is 0.133 nats (0.012 to 0.253, 100 seeds).

Checks of the experiment:

- On random labels the regularised network is no better than a coin on new rows. In the controlled
  experiment it holds (random_l2_dropout.test.accuracy = 0.5 ± 0.01): the difference is −0.000355 of
  accuracy (−0.00434 to 0.00368, 100 seeds).

.. end

As written the accuracy cannot move, whatever is done in training, while the loss does. The two do not contradict
each other: see above. In the controlled experiment both move, as there is a signal that wrong labels drown out.

Memorising is not switched off. Also the network with both remedies agrees with more wrong labels than the
best rule does, and with random labels it still does better on its training rows than on new ones. That the
best rule agrees with any at all is due to rows that lie on the other class's side: there the wrong label
looks right. Each remedy by itself goes most of the way, and the second one adds less than the first, perhaps
since both take away the same thing.

How to read the figure
----------------------
As written (left): training and validation loss over the epochs, where the penalty is part of the regularised
network's loss (hence its high start); then the accuracies, whose test columns both lie at one half. Controlled
(middle): the share of wrong training labels that each network gives back, the dashes being what the best
possible rule agrees with anyway; then how much more accurate each network is on its own rows than on new ones;
then what each remedy adds to the accuracy on fresh rows, beside what the best rule would add. On real data
(right): the last two by strength of the penalty; mind that their axes are longer there. The training labels are
partly wrong and the test labels right, so that a network which learns nothing by heart does worse on its own
rows. The strip beneath holds the claims: right of the grey stripe as claimed, left of it against the claim, on
the stripe too small to matter.

Three things to try
-------------------
Train the listing's networks five times as long: the gap grows, the test accuracy stays at one half.

python -m run scenario=l2 replicates=10 training.epochs=500

No wrong labels: see how much less there is to gain where there is less noise to learn by heart.

python -m run scenario=l2_controlled replicates=10 data.flipped=0

Ten times the rows and a tenth of the epochs, so the same number of steps: compare what remedies still add.

python -m run scenario=l2_controlled replicates=10 data.n_train=8000 training.epochs=10
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import epochs, marks, palette, panels
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "no-regularisation-overfits",
    "regularisation-narrows-gap",
    "regularisation-raises-test-accuracy",
    "l2-alone-helps",
)
ARMS = {
    "none": ("none", palette.UNTREATED),
    "L2": ("l2", palette.FURTHER[0]),
    "drop-\nout": ("dropout", palette.OTHER),
    "both": ("l2_dropout", palette.TREATED),
}
STRENGTHS = {
    "none": ("none", palette.UNTREATED),
    "L2\n/ 100": ("l2_weak", palette.FURTHER[1]),
    "L2": ("l2", palette.FURTHER[0]),
    "L2\n× 10": ("l2_strong", palette.FURTHER[2]),
    "L2 and\ndrop-\nout": ("l2_dropout", palette.TREATED),
}


def as_written(results: Results) -> Panels:
    """Losses over the epochs, and accuracies."""
    arms = ("none", "none"), ("l2_dropout", "both")
    return [(4.4, epochs.losses(*arms, "validation")), (4.0, panels.two_by_two(*arms, "accuracy", "accuracy"))]


def learned_by_heart(ax: Axes, results: Results) -> None:
    """The share of wrong training labels given back, beside what the best possible rule agrees with."""
    columns, best = [], []
    for label, (arm, color) in ARMS.items():
        found, ideal = (results.values(name, "flipped", "accuracy") for name in (arm, f"{arm}:bayes"))
        if len(found):
            columns.append((label, found, color))
            best.append({"bayes": float(ideal.mean())} if np.isfinite(ideal).any() else {})
    marks.scores(ax, columns, best)
    ax.set_ylim(bottom=-0.02)
    ax.set(ylabel="share of wrong labels learned", title="Memorised")


def gaps(arms: Mapping[str, tuple[str, str]]) -> Panel:
    """How much more accurate each network is on its own rows than on new ones; stripes: a gap that is too small."""
    shown: dict[str, tuple[str, str, str | None]] = {
        label: (f"{arm}.train.accuracy - {arm}.test.accuracy", color, "no-regularisation-overfits")
        for label, (arm, color) in arms.items()
    }
    return panels.paired_differences(shown, "accuracy: training minus test", "Training above test")


def gained(arms: Mapping[str, tuple[str, str]], metric: str, best: bool = False) -> Panel:
    """What each remedy adds to a metric of the test rows, beside what the best possible rule would add."""
    claim = "regularisation-raises-test-accuracy"
    gains: dict[str, tuple[str, str, str | None]] = {
        label: (f"{arm}.test.{metric} - none.test.{metric}", color, claim)
        for label, (arm, color) in arms.items()
        if arm != "none"
    }
    if best:
        gains["best\nrule"] = (f"none:bayes.test.{metric} - none.test.{metric}", palette.REFERENCE, None)
    return panels.paired_differences(gains, "test accuracy above none", "Gained")


def controlled(results: Results) -> Panels:
    """Wrong labels learned by heart, the gap they make, and what each remedy adds to the test accuracy."""
    return [(3.6, learned_by_heart), (3.6, gaps(ARMS)), (3.7, gained(ARMS, "expected_accuracy", best=True))]


def real(results: Results) -> Panels:
    """The gap, and what each remedy adds to the test accuracy on real rows, by its strength."""
    return [(4.2, gaps(STRENGTHS)), (3.8, gained(STRENGTHS, "accuracy"))]
