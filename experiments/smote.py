"""What does SMOTE change, and what does it cost?

What the article says
---------------------
Article five, third example, takes the rows of its first example and resamples them with SMOTE before
training. That is to make up for the imbalance, so that more of the small class is found, and to make the
evaluation more reliable. Scoring the original rows is to show whether the model generalises. Article three
asks for resampling or costs where classes are skewed.

What its code shows, and why
----------------------------
The listing has 100 rows of ten uniform features and 10 more moved up by two, SMOTE, ten epochs, and scores on
the original rows. Arm none, without SMOTE, is the first example itself and is ours here. With SMOTE the
network finds all ten rows. It also gets nearly twice the optimizer steps, for its training set is nearly
twice as large. All original rows are among the rows trained on, so the score says nothing about new ones. The
classes do not overlap, so a network that had finished learning would need no SMOTE (see the lesson
accuracy_paradox); after ten epochs neither has.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- Two normal classes that overlap, one row in ten of the small one: there is something to gain and a price to
  pay for it.
- Fresh test rows, 5,000 at the original shares. Only training rows are resampled.
- 360 optimizer steps in every arm but one. Arms with fewer rows get more epochs for that, and 640 training
  rows make the batches come out even.
- SMOTE stands beside its rivals: random over- and undersampling, class weights, and the untreated network
  with its threshold moved to one tenth.
- Recall alone can be bought by calling everything positive. So remedies are judged by cost: a missed row
  costs what nine false alarms cost, the ratio of the classes. One tenth is the threshold at which those costs
  break even.
- Arm smote_long takes ten times the steps, to see whether a score on original rows can notice overfitting.

The seeds vary data, synthetic rows, initial weights and batch order. Shares of either class that are found
are expected ones: every test row counts by its true probability.

On real data the digit 8 is told from all others. Rows, steps and costs are those of the controlled scenario.

Limits. At the costs set here, moving the threshold is the textbook answer if probabilities are good; other
costs would want another threshold, and the resampled arms would have to resample to another share. Equal
steps are not equal progress: one arm may be still learning while another begins to fit single rows. At a
threshold of a tenth and a share of exactly a tenth the constant answer sits on the threshold, and which side
it falls on hangs on floating point, so read nothing into that reference. One data law, ten features, a small
network.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/smote.yaml says.

- With SMOTE more of the minority is found. As written it holds (original.recall: smote > none +
  0.1): the difference is 1 of the minority (0.828 to 1, 100 seeds). In the controlled experiment it
  holds (test.expected_recall: smote > none + 0.1): the difference is 0.396 of the minority (0.377
  to 0.415, 100 seeds). On real data it holds, too (test.recall: smote > none + 0.1): the difference
  is 0.278 of the minority (0.15 to 0.405, 100 seeds).
- Scoring the original rows shows whether the model generalises. In the controlled experiment it
  fails, and the opposite holds (smote_long: original.balanced_accuracy =
  test.expected_balanced_accuracy ± 0.05): the difference is 0.236 of balanced accuracy (0.228 to
  0.243, 100 seeds). On real data it stays unclear (smote_long.balanced_accuracy: original = test ±
  0.05): the difference is 0.0685 of balanced accuracy (0.0258 to 0.111, 100 seeds).
- Cost-sensitive learning mends poor performance on the minority. In the controlled experiment it
  holds (test.cost: weights < none − 0.05): the difference is −0.269 of cost per row (−0.285 to
  −0.253, 100 seeds). On real data it holds, too (test.cost: weights < none − 0.05): the difference
  is −0.21 of cost per row (−0.321 to −0.0995, 100 seeds).
- Random oversampling mends poor performance on the minority. In the controlled experiment it holds
  (test.cost: oversample < none − 0.05): the difference is −0.264 of cost per row (−0.281 to −0.248,
  100 seeds). On real data it holds, too (test.cost: oversample < none − 0.05): the difference is
  −0.219 of cost per row (−0.331 to −0.106, 100 seeds).
- Undersampling the majority mends poor performance on the minority. In the controlled experiment it
  holds (test.cost: undersample < none − 0.05): the difference is −0.246 of cost per row (−0.262 to
  −0.231, 100 seeds). On real data it holds, too (test.cost: undersample < none − 0.05): the
  difference is −0.207 of cost per row (−0.325 to −0.0896, 100 seeds).

What we found ourselves:

- Moving the threshold of the untreated network does as well as SMOTE. In the controlled experiment
  it holds (test.cost: threshold = smote ± 0.05): the difference is 0.0174 of cost per row (0.0108
  to 0.0243, 100 seeds). On real data it stays unclear (test.cost: threshold = smote ± 0.05): the
  difference is 0.0272 of cost per row (−0.0335 to 0.088, 100 seeds).
- SMOTE pays for its gain with false alarms among the majority. As written it holds
  (original.recall_0: smote < none − 0.05): the difference is −0.3 of the majority (−0.37 to −0.241,
  100 seeds). In the controlled experiment it holds (test.expected_recall_0: smote < none − 0.05):
  the difference is −0.111 of the majority (−0.117 to −0.106, 100 seeds). On real data it stays
  unclear (test.recall_0: smote < none − 0.05): the difference is −0.0476 of the majority (−0.0704
  to −0.0247, 100 seeds).
- SMOTE makes predicted probabilities fit the real class shares less well. In the controlled
  experiment it holds (test.ece: smote > none + 0.05): the difference is 0.118 of calibration error
  (0.112 to 0.123, 100 seeds). On real data it stays unclear (test.ece: smote > none + 0.05): the
  difference is 0.0326 of calibration error (0.0115 to 0.0537, 100 seeds).

Checks of the experiment:

- Made-up rows rank fresh ones as plain repetition does, so SMOTE knows nothing that the rows don't
  say. In the controlled experiment it holds (test.average_precision: smote = oversample ± 0.03):
  the difference is −0.00321 of average precision (−0.00533 to −0.00105, 100 seeds).

The articles also say, which needs no measuring:

- SMOTE moves decisions, so that accuracy comes nearer to what balanced accuracy says, as a moved
  threshold makes it as well; neither makes a score more reliable.

.. end

That SMOTE finds more rows holds on both sides, and so does its price. Most of it is a shift. SMOTE tells the
network that half of all rows are of the small class, and the network raises all of its probabilities. Taking
the shift back takes most of the gain back, and the price with it (sweep `smote_corrected`).

By cost every remedy pays. Oversampling, undersampling and class weights each save far more than the margin,
as the article has it, and so does SMOTE. But so does moving the threshold of the untreated network, for no
training at all. It comes within the margin of SMOTE and of oversampling: resampling is one way among several.

As written the probabilities of the untreated network are bad as well as those with SMOTE. After ten epochs it
gives all rows some middling number, and the small class a lower one than the large.

Is the evaluation more reliable? Taken as how far accuracy lies from the mean recall of the classes, it is:
without SMOTE accuracy hides the small class, with SMOTE it hides less. Whether the two then agree is another
matter. They miss in opposite directions, and the length of training is the reason. After few steps the
network with SMOTE calls too many rows positive, so accuracy falls short: that is the listing. With more steps
it narrows down on the rows it knows and those between them. Fresh rows of the small class fall outside,
recall sinks, and accuracy promises too much again. At 360 steps it promises a little too much, in arm
smote_long far too much. SMOTE does not settle this, the moment of stopping does. And what that network scores
on the original rows is far above what it scores on fresh ones: rows that were trained on verify nothing.

The made-up rows rank fresh ones as repeated ones do. With SMOTE the ranking is a little better than without,
and so it is with class weights and with plain oversampling; the synthetic rows are not the reason. Unfinished
training explains little of it: trained for twice as long, the untreated network ranks hardly better, and for
four times as long no better at all (sweep `untreated_longer`). Why the remedies rank better, these runs do not
say.

How to read the figure
----------------------
Left: the recall of class 1 goes from none to all, and that of class 0 falls. Beside it are the probabilities
behind that, for the rows of either class: rows above the dashed line are called class 1. Right: what each
remedy finds of class 1 against what it loses of class 0, a faint dot a seed. The line is what the untreated
network reaches as its threshold moves; the remedies lie on it or close to it, and differ in how far along it
they decide. Then what these decisions cost, beside the best possible rule with its threshold where costs
break even. Last, balanced accuracy with SMOTE and ten times the steps, on the original rows, which that
network has seen, and on fresh ones; and how far probabilities are from the share of positives, without SMOTE
and with it. On real data: the costs again, and the numbers behind the other claims. Beneath: effects in
margins, hollow as written, filled controlled.

Three things to try
-------------------
Sixty epochs instead of ten. What is left for SMOTE to do?

python -m run scenario=smote training.epochs=60 replicates=5

Take back SMOTE's shift of the probabilities, and watch recall and false alarms of arm smote go with it:

python -m run scenario=smote_controlled decision.corrected_to=0.1 replicates=3

Stop after two epochs: arm smote now has accuracy below balanced accuracy, as in the listing:

python -m run scenario=smote_controlled training.epochs=2 replicates=3
"""

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, marks, palette, panels
from mirage.figures.compared import UNIT, Column
from mirage.figures.panels import Panels

CLAIMS = (
    "smote-raises-recall",
    "original-rows-verify-generalisation",
    "costs-help-minority",
    "moved-threshold-does-as-well-as-smote",
    "smote-costs-false-alarms",
    "smote-distorts-probabilities",
)
REMEDIES = {
    "none": ("none", palette.UNTREATED),
    "SMOTE": ("smote", palette.TREATED),
    "moved threshold": ("threshold", palette.OTHER),
    "oversampling": ("oversample", palette.FURTHER[1]),
    "undersampling": ("undersample", palette.FURTHER[2]),
    "class weights": ("weights", palette.FURTHER[0]),
}
LONG = "#56397A"  # SMOTE again, but trained for ten times the steps


def as_written(results: Results) -> Panels:
    """The share of either class that is recognised, without SMOTE and with it, and the probabilities behind it."""
    pairs = [("class 1", _both("original", "recall")), ("class 0", _both("original", "recall_0"))]
    return [(4.2, compared.scores(pairs, "recall", "Original rows, every seed", UNIT)), (4.3, _probabilities)]


def controlled(results: Results) -> Panels:
    """What every remedy finds and at how many false alarms, what that costs, and what two scores are worth."""
    pairs = [
        ("balanced acc.,\n10 × steps", _long("expected_balanced_accuracy")),
        ("calibration\nerror", _both("test", "ece")),
    ]
    return [(4.4, _decided), (4.0, _costs), (4.2, compared.scores(pairs, "score", "Scores and probabilities", UNIT))]


def real(results: Results) -> Panels:
    """What every remedy costs, and the other numbers that claims are about."""
    pairs = [
        ("recall,\nclass 1", _both("test", "recall")),
        ("recall,\nclass 0", _both("test", "recall_0")),
        ("balanced acc.,\n10 × steps", _long("balanced_accuracy")),
        ("calibration\nerror", _both("test", "ece")),
    ]
    return [(4.0, _costs), (6.4, compared.scores(pairs, "score", "Recall, scores and probabilities", UNIT))]


def _both(split: str, metric: str) -> list[Column]:
    """A number without SMOTE and with it."""
    arms = (("none", "none", palette.UNTREATED), ("SMOTE", "smote", palette.TREATED))
    return [Column(tick, f"{arm}.{split}.{metric}", color) for tick, arm, color in arms]


def _long(fresh: str) -> list[Column]:
    """Balanced accuracy of SMOTE with ten times the steps: on the original rows, all trained on, and on fresh ones."""
    return [
        Column("seen", "smote_long.original.balanced_accuracy", LONG),
        Column("fresh", f"smote_long.test.{fresh}", LONG),
    ]


def _decided(ax: Axes, results: Results) -> None:
    """What every remedy finds against its false alarms: a faint dot a seed, the mean by name.

    The line is what the untreated network reaches if its threshold moves: fresh rows of all seeds.
    """
    if "none" in results.plan.arms and len((known := results.labels_and_scores("none", "test"))[1]):
        y, predicted = (one.ravel() for one in known)
        falling = y[np.argsort(-predicted, kind="stable")]
        lost, found = (np.cumsum(falling == true)[::50] / max((falling == true).sum(), 1) for true in (0, 1))
        ax.plot(lost, found, color=palette.UNTREATED, linewidth=1.4, label="none, any threshold")
    decided = []
    for label, (arm, color) in REMEDIES.items():
        lost, missed = (1 - results.values(arm, "test", f"expected_{name}") for name in ("recall_0", "recall"))
        if len(lost) and np.isfinite(lost).any() and np.isfinite(missed).any():
            ax.plot(lost, 1 - missed, "o", color=color, alpha=0.3, markersize=5, markeredgewidth=0)
            decided.append((panels.mean_of(lost), 1 - panels.mean_of(missed), label, color))
    arrow = {"arrowstyle": "-", "linewidth": 1, "relpos": (0, 0.5)}
    for place, (x, y, label, color) in enumerate(sorted(decided, reverse=True)):
        ax.plot(x, y, "o", color=color, markersize=11, markeredgecolor="white", zorder=4)
        words = {"xytext": (0.29, 0.72 - 0.075 * place), "va": "center", "color": color, "fontsize": 13.5}
        ax.annotate(label, (x, y), arrowprops=arrow | {"color": color}, **words)
    ax.set(xlim=(-0.01, 0.51), ylim=(0.2, 1), xlabel="recall lost of class 0", ylabel="recall of class 1")
    ax.set_title("What is found, at what price")


def _costs(ax: Axes, results: Results) -> None:
    """What the decisions of every remedy cost, beside the constant answer and the best rule for these costs.

    That rule is the reference of the arm whose threshold is where the costs break even; beside the other arms it
    decides at one half, which these costs do not ask for.
    """
    beside = (("bayes", "threshold:bayes"), ("majority_class", "none:majority_class"))
    levels = {name: results.values(arm, "test", "cost") for name, arm in beside}
    level = {name: panels.mean_of(values) for name, values in levels.items() if len(values)}
    found = [(name, results.values(arm, "test", "cost"), color) for name, (arm, color) in REMEDIES.items()]
    columns = [column for column in found if len(column[1])]
    marks.scores(ax, columns, [level] * len(columns))
    ax.set_xticks(
        range(len(columns)), [name for name, _, _ in columns], rotation=35, ha="right", rotation_mode="anchor"
    )
    ax.set(ylim=(0, 1), ylabel="cost per row", title="9 a miss, 1 a false alarm")


def _probabilities(ax: Axes, results: Results) -> None:
    """How the predicted probabilities of either class are spread, without SMOTE and with it; rows of all seeds."""
    labels: list[str] = []
    for arm, name, color in (("none", "none", palette.UNTREATED), ("smote", "SMOTE", palette.TREATED)):
        if arm not in results.plan.arms:
            continue
        _, y, predicted = results.predictions(arm, "original")
        for true in (0, 1):
            rows = predicted[y == true]
            if not len(rows):
                continue
            for body in ax.violinplot(rows, [len(labels)], widths=0.8, showextrema=False)["bodies"]:
                body.set(facecolor=color, alpha=0.55, edgecolor="none")
            ax.plot(len(labels), np.median(rows), "_", color=palette.INK, markersize=22, markeredgewidth=2)
            labels.append(f"{name}\nclass {true}")
    ax.axhline(0.5, color=palette.REFERENCE, linestyle="--", linewidth=1.8)
    ax.text(-0.5, 0.51, "class 1 above", color=palette.REFERENCE, va="bottom", fontsize=13.5)
    ax.set_xticks(range(len(labels)), labels)
    ax.set(xlim=(-0.6, len(labels) - 0.4), ylim=(-0.04, 1.04), ylabel="predicted probability of class 1")
    ax.set_title("Original rows, seeds pooled")
