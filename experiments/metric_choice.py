"""Do accuracy and F1 tell different stories about the same predictions?

What the article says
---------------------
Article five, second example, is about the choice of metric. Accuracy is called unreliable for imbalanced
data. F1 is said to lie far from it at times and to treat the classes more evenly, so that high accuracy with
low F1 points to unequal skill on the two classes. The metric that is chosen is said to sway how good a model
looks.

What its code shows, and why
----------------------------
The listing has 200 rows of ten uniform features and labels from the toss of a coin. A small network trains
for ten epochs and is scored on the rows it was trained on. The classes are balanced and there is nothing to
learn, so accuracy cannot be high and there is no skill to be unequal. After ten epochs the outputs of all
rows still lie close together, around one half, and small chances decide on which side. One network calls
nearly every row class 1, another hardly any. F1 follows that: it counts only what concerns class 1, so it is
high for a network that says 1 and low for one that says 0, though both know as little.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- Two overlapping normal classes of one distance, so the quality of ranking that the data allow is the same
  everywhere.
- Five shares of the class that counts as positive, from half to a fiftieth.
- The best possible rule beside every network. It ranks equally well at each share, so whatever moves in its
  scores is the metric's doing.
- Arms _low and _high are the networks of other arms with the threshold moved: one ranking, other decisions.
  The two at equal shares err alike, but on different classes.
- Scores come from 5,000 fresh rows with the shares of the training rows, a hundred of the small class at its
  smallest share. 2,000 training rows are enough for ten epochs, as in the listing, to come near the best rule
  at equal shares.
- Whether a metric treats the classes evenly is asked by letting them change names: F1 of the same decisions with
  the other class as the positive one (`f1_0`). Accuracy can't change then, by its definition.

Seeds vary data, initial weights and batch order. The scores differ between shares and thresholds by far more than
between seeds, so that margins of a twentieth to a tenth are settled.

On real data a network looks for the digit 8 among handwritten digits, a tenth of them. It is scored on images that
it was not trained on, at the share of 8s as it is and at equal shares.

Limits. Ten epochs are equal steps for all shares, but not equal progress: a network that sees few rows of the
small class learns less about it. So where two shares are compared, the best rule is the fair comparison, and
the network only where its ranking is the question. A threshold of one half asks for few errors; none of the
metrics but accuracy is made for that. At a threshold of a tenth and a share of exactly a tenth the constant
answer sits on the threshold, and which side it falls on is a matter of floating point; read nothing into that
reference. One distance, one direction of imbalance: with the large class as the positive one, F1 would be
high instead of low.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/metric_choice.yaml says.

- F1 may lie far from the accuracy of the same predictions. As written it holds (network.train: |f1
  − accuracy| > 0.05): the difference is 0.145 between the two scores (0.0957 to 0.211, 100 seeds).
  In the controlled experiment it holds (share_10.test: |f1 − accuracy| > 0.05): the difference is
  0.388 between the two scores (0.379 to 0.397, 100 seeds). On real data it holds, too
  (network.test: |f1 − accuracy| > 0.05): the difference is 0.252 between the two scores (0.161 to
  0.344, 100 seeds).
- F1 treats the two classes more evenly than accuracy does. As written it fails, and the opposite
  holds (network.train: |f1 − f1_0| = 0 ± 0.05): the difference is 0.292 of F1 (0.214 to 0.375, 100
  seeds). In the controlled experiment it fails, and the opposite holds (share_50_high.test: |f1 −
  f1_0| = 0 ± 0.05): the difference is 0.15 of F1 (0.144 to 0.156, 100 seeds). On real data it does
  not hold (network.test_shifted: |f1 − f1_0| = 0 ± 0.05): the difference is 0.103 of F1 (0.0534 to
  0.152, 100 seeds). Our reading of *more balanced*: it should not depend on which class is called
  positive.
- High accuracy with low F1 points to unequal skill on the two classes. In the controlled experiment
  it holds (share_10.test: recall < recall_0 − 0.1): the difference is −0.542 of recall (−0.556 to
  −0.529, 100 seeds). On real data it holds, too (network.test: recall < recall_0 − 0.1): the
  difference is −0.424 of recall (−0.553 to −0.296, 100 seeds).
- Accuracy cannot be relied on where classes are imbalanced. In the controlled experiment it holds
  (test.expected_accuracy: share_2:bayes − share_2:majority_class < share_50:bayes −
  share_50:majority_class − 0.1): the difference is −0.34 of accuracy (−0.341 to −0.338, 100 seeds).
- The metric that is chosen strongly sways how good a model looks. In the controlled experiment it
  holds (test: share_10.accuracy − share_10_low.accuracy > share_10.balanced_accuracy −
  share_10_low.balanced_accuracy + 0.1): the difference is 0.225 between two metrics' verdicts on
  one choice (0.219 to 0.23, 100 seeds). On real data it holds, too (test: network.accuracy −
  low.accuracy > network.balanced_accuracy − low.balanced_accuracy + 0.1): the difference is 0.218
  between two metrics' verdicts on one choice (0.165 to 0.271, 100 seeds).

What we found ourselves:

- F1 sinks with the share of the class alone, for a rule that finds as much of either class. In the
  controlled experiment it holds (test.f1: share_10_low:bayes < share_50:bayes − 0.1): the
  difference is −0.325 of F1 (−0.329 to −0.321, 100 seeds). On real data it holds, too (low.f1: test
  < test_shifted − 0.1): the difference is −0.332 of F1 (−0.389 to −0.275, 100 seeds).

Checks of the experiment:

- At equal shares, and where a network favours neither class, F1 and accuracy say the same. In the
  controlled experiment it holds (share_50.test: f1 = accuracy ± 0.05): the difference is 0.000879
  between the two scores (0.00031 to 0.00144, 100 seeds).
- The two mirror-image thresholds cost a network at equal shares the same accuracy. In the
  controlled experiment it holds (test.accuracy: share_50_low = share_50_high ± 0.05): the
  difference is −0.00499 of accuracy (−0.0101 to 9.72e−05, 100 seeds).
- The rule whose F1 sinks with the share of the small class finds as much of either class. In the
  controlled experiment it holds (share_10_low:bayes.test: recall = recall_0 ± 0.02): the difference
  is 0.0017 of recall (−0.00488 to 0.00806, 100 seeds).
- The area under the ROC curve of the best possible rule does not move with the shares. In the
  controlled experiment it holds (test.roc_auc: share_2:bayes = share_50:bayes ± 0.02): the
  difference is −0.000644 of ROC AUC (−0.00506 to 0.00385, 100 seeds).
- A network that has seen few rows of a class ranks it worse than one that has seen many. In the
  controlled experiment it holds (test.roc_auc: share_2 < share_50 − 0.02): the difference is
  −0.0491 of ROC AUC (−0.0562 to −0.0423, 100 seeds).

The articles also say, which needs no measuring:

- Recall tells more about a single class than accuracy does, by definition; it says nothing about
  the other class.
- The confusion matrix says all that accuracy says and more, as accuracy is computed from it.
- Accuracy is an average over the rows of a test set; F1 is not, it is a ratio of counts.

.. end

As written F1 does lie far from accuracy, as the article says it may. But whether it lies above or below is
chance. A network may call anything from hardly a row to nearly all of them class 1. That settles its F1 almost
by itself, while accuracy hardly moves with it. Over many seeds F1 lies above as well as below, and much of it
cancels; a single run shows one or the other.

Accuracy is indeed no guide where one class is rare: at a fiftieth it hardly tells the best possible rule from a
constant answer. (That the network gets no more there is another matter. At a threshold of one half it finds
hardly any of the small class, and its accuracy says so.) But F1 is not the even-handed one either. It knows no
true negatives, so its score depends on which class is called positive, two thresholds that err alike get
different scores, and F1 sinks with the share of the small class for a rule that finds the same share of either
class. So a low F1 by itself may point to nothing but rarity. Beside a high accuracy it does point to unequal
skill here: at a threshold of one half the network leaves out much of the small class, and hardly a row of the
large one. The recall of either class shows that directly.

The area under the ROC curve does not move with the shares for the best possible rule, yet it does for the
networks. At a fiftieth a training set has forty rows of the small class, and in ten epochs the network learns
too little from them. Ten times the epochs do not help. Ten times the rows at as many steps help little. Ten
times the rows and ten times the steps together bring the ranking near what it is at equal shares (sweep
`rare_class_more_rows`). So it is the network that falls behind as the class gets rarer, and not the metric.

How to read the figure
----------------------
As written (left): a column of dots a seed, against how many rows the network called class 1. Accuracy lies flat
near one half, F1 climbs with the number of calls. Then how far the two lie apart, and how far F1 moves if the
other class is called positive; the stripe is what would not matter. Controlled (middle): six metrics, three to a
panel, as the small class gets rarer (to the left). The dashed line of the same colour is the best possible rule,
whose ranking is equally good throughout; the dotted one is the accuracy of a constant answer. Then one network
with two thresholds: each metric has its own favourite. Its recall on either class, and F1 of a network that
favours one of two equal classes, with either as the positive one, stand beside. On real data (right): the same
for the digit 8. Beneath: effects in margins, hollow as written, filled controlled, round on real data.

Three things to try
-------------------
The listing with a lower threshold, so that every network favours class 1. F1 rises though nothing was
learned:

python -m run scenario=metric_choice decision.threshold=0.4 replicates=5

Train on coin flips for long. Both scores rise together, for they are taken on the rows that are learned by
heart:

python -m run scenario=metric_choice training.epochs=300 replicates=5

Ten times the rows at the smallest share, and in ten epochs ten times the steps, too. Watch the ROC area of
arm share_2 come near that of share_50:

python -m run scenario=metric_choice_controlled arms.share_2.data.n_train=20000 replicates=3
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import marks, palette, panels
from mirage.figures.panels import Line, Panel, Panels, of_reference

CLAIMS = (
    "f1-differs-from-accuracy",
    "f1-more-balanced",
    "low-f1-signals-uneven-skill",
    "accuracy-unreliable-when-imbalanced",
    "metric-choice-sways-judgement",
)
SHARES = {"share_50": 0.5, "share_20": 0.2, "share_10": 0.1, "share_5": 0.05, "share_2": 0.02}
METRICS = {
    "accuracy": ("accuracy", palette.UNTREATED, "o-"),
    "balanced accuracy": ("balanced_accuracy", palette.FURTHER[1], "s-"),
    "ROC AUC": ("roc_auc", palette.FURTHER[2], "^-"),
    "F1": ("f1", palette.TREATED, "D-"),
    "MCC": ("mcc", palette.FURTHER[0], "v-"),
    "average precision": ("average_precision", palette.OTHER, "P-"),
}


def as_written(results: Results) -> Panels:
    """Accuracy and F1 against the rows called class 1, and how far scores of the same decisions lie apart."""
    return [(4.8, _against_calls), (3.0, _apart)]


def controlled(results: Results) -> Panels:
    """Six metrics against the share of the small class, and what they say of two thresholds and of two classes."""
    columns = _thresholds("share_10", "share_10_low") | _classes(
        "share_10", ("small\nclass", "large\nclass"), ("share_50_high", "test"), ("of 1,\n50%", "of 0,\n50%")
    )
    return [
        (4.2, _over_shares(("accuracy", "balanced accuracy", "ROC AUC"), "As the class gets rarer")),
        (4.2, _over_shares(("F1", "MCC", "average precision"), "As the class gets rarer")),
        (7.3, panels.scores(columns, "score", "One network (10%); F1 by class (50%)")),
    ]


def real(results: Results) -> Panels:
    """What each metric says of two thresholds and of two classes, of a network that looks for the digit 8."""
    columns = _thresholds("network", "low") | _classes(
        "network", ("8s", "others"), ("network", "test_shifted"), ("of 8s,\nhalf", "others,\nhalf")
    )
    return [(7.3, panels.scores(columns, "score", "Is it an 8? F1 by class where half are"))]


def _thresholds(at_half: str, at_tenth: str) -> dict[str, tuple[str, str, str, str]]:
    """Three metrics of the arms that decide at one half and at a tenth, for `panels.scores`."""
    return {
        "\n".join([word, threshold]): (arm, "test", METRICS[name][0], METRICS[name][1])
        for name, word in (("accuracy", "accu-\nracy"), ("balanced accuracy", "bal-\nanced"), ("F1", "F1\n"))
        for threshold, arm in (("0.5", at_half), ("0.1", at_tenth))
        if (name, arm) != ("F1", at_tenth)
    }


def _classes(
    arm: str, recalled: tuple[str, str], favouring: tuple[str, str], positive: tuple[str, str]
) -> dict[str, tuple[str, str, str, str]]:
    """Recall of either class of an arm, and F1 of either class of an (arm, split) that favours one; with names."""
    return {
        f"recall\n{recalled[0]}": (arm, "test", "recall", palette.INK),
        f"recall\n{recalled[1]}": (arm, "test", "recall_0", palette.INK),
        f"F1\n{positive[0]}": (*favouring, "f1", METRICS["F1"][1]),
        f"F1\n{positive[1]}": (*favouring, "f1_0", METRICS["F1"][1]),
    }


def _over_shares(shown: Sequence[str], title: str) -> Panel:
    """Some of the metrics against the share of the small class; dashed in the same colour: the best possible rule's."""
    lines = {label: Line(SHARES, "test", *METRICS[label]) for label in shown}
    if "accuracy" in shown:
        lines["constant"] = Line(of_reference(SHARES, "majority_class"), "test", "accuracy")
    sweep = panels.sweep(lines, "share of the small class", "score", title, "{:.0%}".format)

    def draw(ax: Axes, results: Results) -> None:
        sweep(ax, results)
        dashed = False
        for label in shown:
            metric, color, _ = METRICS[label]
            best = {x: panels.mean_of(results.values(f"{arm}:bayes", "test", metric)) for arm, x in SHARES.items()}
            known = sorted((x, mean) for x, mean in best.items() if np.isfinite(mean))
            if known:
                ax.plot(*zip(*known, strict=True), "--", color=color, linewidth=1.6)
                dashed = True
        if dashed:
            ax.plot([], [], "--", color=palette.REFERENCE, linewidth=1.6, label="best possible rule")
        ax.set_ylim(-0.04, 1.04)

    return draw


def _apart(ax: Axes, results: Results) -> None:
    """How far F1 and accuracy, and F1 of either class, lie apart for the same decisions; with a stripe."""
    pairs = {
        "F1 and\naccuracy": ("f1", "accuracy", palette.FURTHER[0], "f1-differs-from-accuracy"),
        "F1 of\n1 and 0": ("f1", "f1_0", palette.TREATED, "f1-more-balanced"),
    }
    columns = []
    for label, (first, second, color, claim) in pairs.items():
        apart = np.abs(results.side(f"network.train.{first} - network.train.{second}"))
        if len(apart):
            columns.append((label, apart, color, results.margin(claim)))
    marks.differences(ax, columns)
    ax.set(ylim=(-0.04, 1.04), ylabel="difference of the scores", title="How far apart")


def _against_calls(ax: Axes, results: Results) -> None:
    """Two dots a seed: its accuracy and its F1 against how many rows the network calls class 1."""
    counts = {name: results.values("network", "train", name) for name in panels.CONFUSION}
    called = (counts["tp"] + counts["fp"]) / sum(counts.values())
    for label in ("accuracy", "F1"):
        metric, color, style = METRICS[label]
        values = results.values("network", "train", metric)
        ax.plot(called, values, style[0], color=color, alpha=0.6, label=label)
        star = palette.FIRST_SEED | {"color": color, "markeredgecolor": palette.INK}
        first = f"seed {results.plan.seeds[0]} (one run)" if label == "accuracy" else "_nolegend_"
        ax.plot(called[0], values[0], **star, label=first)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04), xlabel="share of rows called class 1", ylabel="score")
    ax.set_title("Training rows, every seed")
