"""Why does a network with high validation accuracy do no better than a coin on the test set?

What the article says
---------------------
Article two opens with imbalance. Where one class is rare, a network can reach a high validation accuracy by
answering the common class, and fails on a test set with more of the rare one. Its first example is to show this.
The text calls high validation accuracy with wrong test output a case of overfitting, and names three causes: a test
set unlike the training data, too little regularisation, and leakage.

What its code shows, and why
----------------------------
The listing draws 100 rows of uniform noise and labels 90 of them 0 and 10 of them 1. A fifth is held out for
validation, with a fixed split. A network with one hidden layer of 64 units trains for 100 epochs. The test set is
new noise with labels by the toss of a coin.

The features say nothing about the labels, so there is nothing that could carry over to a test set of any
kind. All that is of use is how common the classes are. That is worth the share of class 0 in validation and
one half on the test. The listing changes two things at once: the shares of the classes, and nothing to learn
in the first place. It cannot tell which of them makes the test score poor. Nor can the accuracies it prints
show overfitting: the network gives every row the same answer. Its decisions show no memorising; its ranking
of training rows does.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- The classes are two normal clouds that overlap: there is something to learn, and a best possible rule to
  compare with.
- The rare class keeps its share of a tenth in training, validation and a first test set. A second test set
  has equal shares (`test_shifted`). Between the two tests only the shares change; each class looks as before.
- There are 960 training rows and ten epochs: as many optimizer steps as written, three hundred.
- The arm `corrected` is the very same network. Its probabilities are moved to the new shares by Bayes' rule
  after training, so what it wins is due to the shift and to nothing else.
- `unrelated` has noise features as in the listing: the negative control, which must rank new rows no better
  than chance. (Its accuracy is one half at equal shares for any network that gives one answer throughout.)

The two tests have 5,000 rows each. Where the network is held against the best rule, accuracy is taken in
expectation: each test row counts by its true probability and not by the label it happened to get. Every seed draws
everything anew.

On real data the same network, trained as long, looks for the digit 8 among handwritten digits: a tenth of them. Its
two tests are images that it was not trained on, once with the share of 8s as it is and once half and half. The best
rule is not known there; the network with corrected probabilities stands for it.

Limits. Every set holds exactly its share of the rare class: real validation sets scatter around it, small ones
widely. The correction is told the true new share, which in practice has to be estimated. Each class looks the same
in both tests; where the rows themselves change, no correction of shares will do. Two normal clouds suit this
correction, as they suit any smooth rule. And three hundred steps are not meant to overfit: what the lesson finds
about overfitting holds for this network, not for one that trains ten times as long.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/prior_shift.yaml says.

- A model that scores high on imbalanced rows scores far lower on balanced ones. As written it holds
  (network.accuracy: test_balanced < validation − 0.05): the difference is −0.451 of accuracy
  (−0.469 to −0.434, 100 seeds). In the controlled experiment it holds (network.accuracy:
  test_shifted < test − 0.05): the difference is −0.259 of accuracy (−0.265 to −0.252, 100 seeds).
  On real data it holds, too (network.accuracy: test_shifted < test − 0.05): the difference is
  −0.169 of accuracy (−0.215 to −0.123, 100 seeds).
- High validation accuracy with wrong test predictions is a sign of overfitting. In the controlled
  experiment it fails, as there is no effect that matters (network.accuracy: train > test + 0.02):
  the difference is 0.00696 of accuracy (0.00441 to 0.00969, 100 seeds). On real data it does not
  hold (network.accuracy: train > test + 0.02): the difference is 0.00531 of accuracy (−0.00659 to
  0.0172, 100 seeds). One model that shows the symptom and has not overfitted refutes that it always
  is; how often it is, is not asked.
- A test set distributed unlike the training data is enough to make a good model predict worse than
  it could. In the controlled experiment it holds (expected_accuracy: network:bayes.test_shifted −
  network.test_shifted > network:bayes.test − network.test + 0.05): the difference is 0.171 of
  accuracy (0.164 to 0.177, 100 seeds). On real data it holds, too (test_shifted.accuracy: corrected
  > network + 0.05): the difference is 0.106 of accuracy (0.0552 to 0.157, 100 seeds). Controlled
  beside the best possible rule; on real data, where none is known, beside the same network with
  corrected probabilities.

What we found ourselves:

- One line of Bayes' rule, and no training, wins back much of what other class shares cost a
  network. In the controlled experiment it holds (test_shifted.expected_accuracy: corrected >
  network + 0.02): the difference is 0.14 of accuracy (0.134 to 0.145, 100 seeds). On real data it
  holds, too (test_shifted.accuracy: corrected > network + 0.02): the difference is 0.106 of
  accuracy (0.0552 to 0.157, 100 seeds).

Checks of the experiment:

- Where features and labels are unrelated, the network is no better than a coin on balanced new
  rows. As written it holds (network.test_balanced.accuracy = 0.5 ± 0.05): the difference is −0.0006
  from what a coin scores (−0.0185 to 0.016, 100 seeds). In the controlled experiment it holds
  (unrelated.test_shifted.roc_auc = 0.5 ± 0.02): the difference is −0.000649 from what a coin scores
  (−0.00372 to 0.00243, 100 seeds).
- The listing's network memorises; it ranks the rows it was trained on clearly better than new ones.
  As written it holds (network.roc_auc: train > test_balanced + 0.1): the difference is 0.284 of ROC
  AUC (0.248 to 0.318, 100 seeds).
- With corrected probabilities the network comes near the best rule there is for the new shares. In
  the controlled experiment it holds (test_shifted.expected_accuracy: corrected = corrected:bayes ±
  0.05): the difference is −0.0393 of accuracy (−0.0421 to −0.0366, 100 seeds).

.. end

As written, validation comes out above training, where overfitting would put it below. The fixed split happens
to put fewer rows of the rare class into validation than their share, and the network answers 0 to every row
of every seed. So the score is the share of class 0, to the last digit, and the "nearly perfect" validation is
the doing of one split. The probabilities beneath the decisions tell more: among its training rows the network
gives higher ones to rows of class 1 than to others, and on new rows it does not. So it has learned something
of its rows by heart, only too little of it to change an answer.

The controlled network does listen: it finds a good part of the rare class. At equal shares it is neither poor nor
useful, for it still finds the same part of the rare class, only that now half of the rows belong to it. Nothing in
the network has got worse. It was trained to be sceptical of class 1, and here that is wrong. This is why the
correction works without a single step of training.

The correction falls a little short of the best rule, for two reasons. The network has learned from few rows of
class 1 and does not rank new rows quite as the best rule does; no shift of probabilities can mend that. And after
so few steps its probabilities are timid: they vary less from row to row than the true ones and are on average a
little too high. After the shift this turns into too many answers for class 1.

How to read the figure
----------------------
As written (left): the accuracy of every seed on the three sets, on the line of a rule that always answers the
larger class; then the counts behind the last one, where nothing is ever called 1. Controlled (right): the
accuracy at the trained shares, at equal shares, there with corrected probabilities, and, as a negative
control, at equal shares of a network for noise features. Then the share of class 1 that is found, which does
not move with the shares. The dashes are the best possible rule for each mix. It makes the fewest errors; who
calls more rows class 1 finds more of them. On real data (right): the same accuracies for the digit 8. The
strip beneath holds the claims: right of the grey stripe as claimed, left of it against the claim, on the
stripe too small to matter. Where two things are claimed to be the same, the stripe is the claimed side.

Three things to try
-------------------
Another split of the same hundred rows: the validation accuracy jumps, although the network still answers 0
throughout.

python -m run scenario=prior_shift replicates=10 stages.hold_out.seed=3

A milder shift, with the correction told the new share: there is less to lose and less to win back.

python -m run scenario=prior_shift_controlled replicates=5 data.shifted_share=.3 arms.corrected.decision.corrected_to=.3

Ten times the steps: now a gap opens between train and test at the same shares, and that one is overfitting.

python -m run scenario=prior_shift_controlled replicates=10 training.epochs=100
"""

from mirage.claims.results import Results
from mirage.figures import palette, panels
from mirage.figures.panels import Panels

CLAIMS = (
    "balanced-test-accuracy-poor",
    "high-validation-means-overfitting",
    "mismatch-alone-explains",
    "prior-correction-helps",
)


def as_written(results: Results) -> Panels:
    """Accuracy on the three sets, and the confusion counts behind the last."""
    groups = {
        "train": ("network", "train", "accuracy", palette.UNTREATED),
        "validation": ("network", "validation", "accuracy", palette.UNTREATED),
        "balanced\ntest": ("network", "test_balanced", "accuracy", palette.UNTREATED),
    }
    return [
        (4.8, panels.scores(groups, "accuracy")),
        (4.2, panels.confusion("network", "test_balanced", palette.UNTREATED, "Balanced test, mean")),
    ]


def controlled(results: Results) -> Panels:
    """Accuracy and the share of class 1 found: at the trained shares, at equal ones, and there with a correction."""
    accuracy = {
        "train": ("network", "train", "accuracy", palette.UNTREATED),
        "validation": ("network", "validation", "accuracy", palette.UNTREATED),
        "test": ("network", "test", "accuracy", palette.UNTREATED),
        "equal\nshares": ("network", "test_shifted", "accuracy", palette.UNTREATED),
        "equal,\ncorrected": ("corrected", "test_shifted", "accuracy", palette.TREATED),
        "noise\nfeatures": ("unrelated", "test_shifted", "accuracy", palette.OTHER),
    }
    recall = {
        "test": ("network", "test", "recall", palette.UNTREATED),
        "equal\nshares": ("network", "test_shifted", "recall", palette.UNTREATED),
        "equal,\ncorrected": ("corrected", "test_shifted", "recall", palette.TREATED),
    }
    return [
        (7.0, panels.scores(accuracy, "accuracy")),
        (4.2, panels.scores(recall, "recall of class 1", "Class 1 found (dashes: the\nbest rule's; no ceiling)")),
    ]


def real(results: Results) -> Panels:
    """Accuracy of a network that looks for the digit 8, at the trained share of 8s, at equal shares, and corrected."""
    accuracy = {
        "train": ("network", "train", "accuracy", palette.UNTREATED),
        "test": ("network", "test", "accuracy", palette.UNTREATED),
        "equal\nshares": ("network", "test_shifted", "accuracy", palette.UNTREATED),
        "equal,\ncorrected": ("corrected", "test_shifted", "accuracy", palette.TREATED),
    }
    return [(5.0, panels.scores(accuracy, "accuracy", "Is it an 8? Every seed"))]
