"""Is imbalance why a network with high accuracy finds no row of the small class?

What the article says
---------------------
Article five, first example, blames the data. If a confusion matrix is poor though accuracy is high, that is
put down to skewed classes or to the metric, rather than to the model or its training. A network on such data
is said to answer with the large class, so that recall, precision, F1 and the area under the ROC curve are low
and the loss is high.

What its code shows, and why
----------------------------
The listing has 100 rows of ten uniform features and 10 more with every feature moved up by two. The classes
do not overlap; a single feature tells them apart. A network of 64 units trains for ten epochs, which is forty
steps, and is scored on the rows it was trained on. It calls every row class 0, as the text has it, but for a
stray one in one of the runs. Where no row is called class 1 precision has no value: the listing's report
prints 0.00 and a warning, and it is counted so here. Arm balanced is ours: as many rows, half of them of
either class, and so as many steps. It finds all of the second class, so the text seems right. But it calls
most rows of the first the same, and "after ten epochs" is a cause of its own.

The area under the ROC curve gives it away. It lies near zero, not near a half: the network ranks the rows
nearly perfectly, upside down. All features are positive, and the second class lies further out on the same
side. In forty steps the network has learned "mostly class 0" and lowers its output for positive features.
Rows further out are lowered more. It has not got round to telling the classes apart.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- Two causes, the shares and the length of training, in every combination: ten epochs or 250, one row in
  eleven or equal shares. Every arm has 110 rows, so those of one length take the same number of steps.
- All of it twice: on rows drawn as the listing draws them, and with classes that overlap.
- Arms centred and centred_equal change one thing more: zero lies between the classes, which stay as far apart.
- The scores come from 2,200 fresh rows; the listing scores the rows it trained on. Where classes overlap, each
  of their labels counts by its true probability.
- The best possible rule and the constant answer stand beside every arm.
- What the article says of a failure that imbalance causes is judged in arm overlap_long. Training is over
  there, so that the shares are the only cause left. Is the area under the ROC curve low, or the loss high? It
  is if it lies nearer to the constant answer than to the best possible rule.
- Arm overlap_threshold is the network of overlap_long with another decision.

250 epochs are enough for each network to learn its training rows.

Limits. 250 epochs do good and harm: they finish the learning and then fit single rows. Only two lengths are
shown (sweep `epochs` has more). Balanced accuracy at a threshold of one half is not what the best possible
rule aims at: it wants few errors.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/accuracy_paradox.yaml says.

- The minority is recognised far worse than the majority. As written it holds (network.train: recall
  < recall_0 − 0.1): the difference is −1 of recall (−1 to −0.999, 100 seeds). In the controlled
  experiment it holds (overlap_long.test: expected_recall < expected_recall_0 − 0.1): the difference
  is −0.622 of recall (−0.662 to −0.581, 100 seeds).
- Imbalance is the cause, so with equal classes the network tells them apart. As written the effect
  is there, but of about the size of the margin (train.balanced_accuracy: balanced > network + 0.1):
  the difference is 0.111 of balanced accuracy (0.0891 to 0.134, 100 seeds). In the controlled
  experiment it holds (test.expected_balanced_accuracy: overlap_equal_long > overlap_long + 0.1):
  the difference is 0.138 of balanced accuracy (0.122 to 0.153, 100 seeds).
- Accuracy is far higher than the mean recall of the two classes. As written it holds
  (network.train: accuracy > balanced_accuracy + 0.1): the difference is 0.409 of accuracy (0.409 to
  0.409, 100 seeds). In the controlled experiment it holds (overlap_long.test: expected_accuracy >
  expected_balanced_accuracy + 0.1): the difference is 0.254 of accuracy (0.237 to 0.271, 100
  seeds).
- On rows such as the listing's, a poor confusion matrix at good accuracy comes from the data, not
  from training. In the controlled experiment it fails, and the opposite holds
  (test.expected_balanced_accuracy: equal > long + 0.05): the difference is −0.396 of balanced
  accuracy (−0.416 to −0.375, 100 seeds).
- The area under the ROC curve reveals the failure on the minority. In the controlled experiment it
  fails, and the opposite holds (test.roc_auc: overlap_long − overlap_long:majority_class <
  overlap_long:bayes − overlap_long − 0.1): the difference is 0.266 of ROC AUC, twice (0.236 to
  0.291, 100 seeds).
- The loss is high although accuracy is high. In the controlled experiment it holds
  (test.expected_log_loss: overlap_long − overlap_long:bayes > overlap_long:majority_class −
  overlap_long + 0.03): the difference is 0.107 nats, twice (0.0816 to 0.137, 100 seeds).
- The loss may not show that the minority is missed; at the same loss far more of it can be found.
  In the controlled experiment it holds (test.expected_recall: overlap_threshold > overlap_long +
  0.1): the difference is 0.251 of recall (0.237 to 0.265, 100 seeds).

What we found ourselves:

- Where classes overlap, equal shares do more for a short training than long training does for rare
  shares. In the controlled experiment it holds (test.expected_balanced_accuracy: overlap_equal >
  overlap_long + 0.05): the difference is 0.0885 of balanced accuracy (0.0682 to 0.109, 100 seeds).
- Where classes overlap, even the best possible rule finds far less of a class because it is rare.
  In the controlled experiment it holds (test.expected_recall: overlap_equal:bayes > overlap:bayes +
  0.1): the difference is 0.402 of recall (0.395 to 0.409, 100 seeds).
- At rare shares, stopping after forty steps costs recall that the best possible rule keeps. In the
  controlled experiment it holds (test.expected_recall: overlap:bayes > overlap + 0.1): the
  difference is 0.361 of recall (0.202 to 0.402, 100 seeds).
- On the listing's rows equal shares help after forty steps only; trained to the end they add
  nothing. In the controlled experiment it holds (test.expected_balanced_accuracy: equal − network >
  equal_long − long + 0.05): the difference is 0.104 of balanced accuracy (0.0837 to 0.125, 100
  seeds).
- With zero between the classes, ten epochs at rare shares find the whole minority. In the
  controlled experiment it holds (test.expected_recall: centred > network + 0.1): the difference is
  1 of recall (1 to 1, 100 seeds).
- A low area under the ROC curve tells of unfinished training. As written it holds (train.roc_auc:
  network < network:majority_class − 0.1): the difference is −0.489 of ROC AUC (−0.499 to −0.448,
  100 seeds). In the controlled experiment it holds (test.roc_auc: overlap < overlap_long − 0.1):
  the difference is −0.246 of ROC AUC (−0.292 to −0.202, 100 seeds).
- Trained to the end, the network's precision is far higher than its recall and does not reveal the
  misses. In the controlled experiment it holds (overlap_long.test: precision_printed > recall +
  0.1): the difference is 0.204 of precision (0.155 to 0.251, 100 seeds).
- Trained to the end, the network's avoidable loss per row is the minority's. In the controlled
  experiment it holds (test: overlap_long.log_loss_1 − overlap_long:bayes.log_loss_1 >
  overlap_long.log_loss_0 − overlap_long:bayes.log_loss_0 + 0.1): the difference is 1.22 nats (1.04
  to 1.41, 100 seeds).
- After ten epochs the avoidable loss per row is the majority's, not the minority's. In the
  controlled experiment it holds (test: overlap.log_loss_0 − overlap:bayes.log_loss_0 >
  overlap.log_loss_1 − overlap:bayes.log_loss_1 + 0.1): the difference is 0.416 nats (0.316 to
  0.516, 100 seeds).

Checks of the experiment:

- Trained for longer on the listing's rows and shares, the network finds what the best possible rule
  finds. In the controlled experiment it holds (test.expected_recall: long = long:bayes ± 0.1): the
  difference is 0 of recall (−0.086 to 0.086, 100 seeds).
- Two decisions of one network have the same loss. In the controlled experiment it holds
  (test.log_loss: overlap_threshold = overlap_long ± 0.02): the difference is 0 nats in each seed.
- The report prints a precision of 0.00, as no row is called the minority. As written it holds
  (network.train.precision_printed = 0 ± 0.1): the difference is 0 of precision (0 to 0.0796, 100
  seeds).

The articles also say, which needs no measuring:

- Never to report one fraud in a hundred is right on 99 rows in a hundred, by arithmetic, and of no
  use.

.. end

On the listing's own rows there is nothing that the shares hide: the best possible rule finds every row, and
so does the network if it trains for longer. After forty steps it finds none at one row in eleven. With equal
shares it then finds all, but it calls most rows of the other class the same. So equal shares turn the answer
round more than they mend it. A third change is enough by itself: with zero between the classes, ten epochs at
one row in eleven find everything. All features of the listing are positive, so that both classes pull the
same weights, in opposite directions, and the large one wins at first. If the second class is moved down
instead of up, ten epochs are enough as well (sweep `mirrored_shift`). Or the listing may stay as it stands
and train for longer: first the ranking turns the right way up, then recall follows, and by sixty epochs every
row is found (sweep `recall_by_epoch`). Equal shares are not needed. Imbalance slows this network down. It
does not stop it.

Where classes overlap, two things hide the small class. One belongs to the shares alone: the best possible rule
finds much less of a class merely because it is rare, since few errors are what it aims at. The other belongs to
forty steps: the network finds less still. Longer training brings a part of that back. So there the article is
right, the data do more than the training.

Which number tells? After ten epochs the area under the ROC curve is low: that is training which has hardly
begun. Trained to the end it is nearer to that of the best possible rule than to chance while most of the
small class is missed, for a ranking does not see the threshold. Precision is silent, too. The loss cannot
tell either: two decisions of one network have the same loss, to the last digit, and one of them finds far
more. What a high loss does say depends on when it is read. After ten epochs it is too high on the large
class, whose rows are not yet sure; trained to the end it is too high on the small one.

How to read the figure
----------------------
Left: no row is called class 1, or hardly one, and the ROC area lies below chance, at the bottom. With equal
classes the recall of class 1 is full, and the mean recall says what that costs class 0. Right: balanced
accuracy, which is the mean recall of both classes, on fresh rows after ten and after 250 epochs; one half is
what a constant answer gets, and the dashed lines are the best possible rule at either shares. First on the
listing's rows, where that rule errs on none, then where classes overlap. Whether data or training do more is
seen from equal classes after ten epochs beside one row in eleven after 250. Last, where classes overlap, what
the scores say of the network at rare shares after 250 epochs, and then its recall of the small class, after
250 and after ten epochs, beside what the best possible rule finds at the same shares and at equal ones.
Beneath: effects in margins, hollow as written, filled controlled.

Three things to try
-------------------
The same 110 rows for sixty epochs instead of ten. Does the network still miss the small class?

python -m run scenario=accuracy_paradox training.epochs=60 replicates=5

Ten epochs and one row in eleven as before, but the second class lies on the other side of zero:

python -m run scenario=accuracy_paradox data.shift=-2 replicates=5

The listing's rows, but with less between the classes. Compare arms long and equal: which remedy does more?

python -m run scenario=accuracy_paradox_controlled data.shift=1 replicates=5
"""

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, palette, panels
from mirage.figures.compared import UNIT, Column
from mirage.figures.panels import Line, Panel, Panels, of_reference

CLAIMS = (
    "paradox-recall-low",
    "paradox-caused-by-imbalance",
    "accuracy-inflated",
    "data-not-training-at-fault",
    "shares-outweigh-training-in-overlap",
    "roc-auc-reveals-failure",
)
BALANCED, EXPECTED = "balanced_accuracy", "expected_balanced_accuracy"
LISTED = {"network": 10, "long": 250}, {"equal": 10, "equal_long": 250}
OVERLAPPING = {"overlap": 10, "overlap_long": 250}, {"overlap_equal": 10, "overlap_equal_long": 250}


def as_written(results: Results) -> Panels:
    """Confusion counts, and scores at the listing's shares and with equal classes."""
    rare = {"accu-\nracy": "accuracy", "mean\nrecall": BALANCED, "recall,\nclass 1": "recall", "ROC\nAUC": "roc_auc"}
    equal = {"mean\nrecall": BALANCED, "recall,\nclass 1": "recall"}
    groups = [
        ("one row in eleven", compared.columns("network", "train", rare, palette.UNTREATED)),
        ("equal classes", compared.columns("balanced", "train", equal, palette.TREATED)),
    ]
    return [
        (3.8, panels.confusion("network", "train", palette.UNTREATED, "Training rows, mean")),
        (5.4, compared.scores(groups, "score", "Training rows, every seed", UNIT)),
    ]


def controlled(results: Results) -> Panels:
    """Shares and length of training, two by two, on the listing's rows and overlapping; scores, and recall lost."""
    centred = {"one in eleven, centred": Line({"centred": 10}, "test", EXPECTED, palette.OTHER, "^")}
    scores = {"accu-\nracy": "expected_accuracy", "mean\nrecall": EXPECTED, "ROC\nAUC": "roc_auc"}
    scores |= {"recall,\nclass 0": "expected_recall_0"}
    recalls = {
        "250\nepochs": ("overlap_long", palette.UNTREATED),
        "10\nepochs": ("overlap", palette.UNTREATED),
        "best,\n1 in 11": ("overlap:bayes", palette.REFERENCE),
        "best,\nequal": ("overlap_equal:bayes", palette.REFERENCE),
    }
    lost = [Column(tick, f"{arm}.test.expected_recall", color) for tick, (arm, color) in recalls.items()]
    groups = [
        ("1 in 11, 250 epochs", compared.columns("overlap_long", "test", scores, palette.UNTREATED)),
        ("recall of class 1", lost),
    ]
    return [
        (4.0, _two_by_two(LISTED, centred, "The listing's rows")),
        (4.0, _two_by_two(OVERLAPPING, {}, "Overlapping classes")),
        (7.6, compared.scores(groups, "score", "Overlapping: what tells, and what is lost", UNIT)),
    ]


def _two_by_two(pair: tuple[dict[str, float], dict[str, float]], beside: dict[str, Line], title: str) -> Panel:
    """Balanced accuracy against the epochs, of arms with rare and with equal classes; the best rule at either."""
    rare, equal = pair
    lines = {
        "one row in eleven": Line(rare, "test", EXPECTED, palette.UNTREATED),
        "equal classes": Line(equal, "test", EXPECTED, palette.TREATED, "s-"),
        **beside,
        "bayes, rare": Line(of_reference(rare), "test", EXPECTED),
        "bayes, equal": Line(of_reference(equal), "test", EXPECTED),
    }
    sweep = panels.sweep(lines, "epochs", "balanced accuracy (mean recall)", title)

    def draw(ax: Axes, results: Results) -> None:
        sweep(ax, results)
        low, high = (panels.mean_of(results.values(f"{next(iter(arms))}:bayes", "test", EXPECTED)) for arms in pair)
        if low < high:  # else one line stands for both
            for at, words, va in ((low, "one row in eleven", "top"), (high, "equal classes", "bottom")):
                ax.text(50, at, words, color=palette.REFERENCE, ha="center", va=va, fontsize=13.5)

    return draw
