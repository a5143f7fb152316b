"""What does SMOTE do to balanced data, and what if it comes before the split?

What the article says
---------------------
Article four, third example, presents augmentation as a way to make a model generalise better. SMOTE is to add
synthetic rows to the small class, balance the data and so reduce overfitting that comes from imbalance. The
text allows that the gain depends on the case. Article two warns of leakage: information that crosses the
split flatters the validation score and harms the model.

What its code shows, and why
----------------------------
The listing draws 100 rows with scikit-learn's ready-made generator and calls SMOTE. It stops there: no split,
no model. The network, the held-out rows and arm original are ours, the least that shows what a model makes of
it. The generator's default is two classes of equal size. SMOTE fills up the small class until it is as large
as the other, so here it adds no row at all. Both arms train on the same rows with the same initial weights
and give the same bits. Every claim about the benefit of SMOTE meets a treatment that does nothing.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- One row in ten is of the small class, in two normal clouds that overlap. SMOTE now has something to do.
- 1,000 rows are drawn anew for every seed, and a fifth is held out, class by class, so that both sides have
  their share.
- 5,000 fresh rows of the same law, at the original shares, say what the held-out scores are worth.
- Arm inside splits first and resamples the training rows only. Arm before resamples first and splits then:
  the leak. Arm original is the control without SMOTE.
- All arms train for 2,250 steps. Arms with fewer rows get more epochs for that.
- Arm corrected is the network of arm inside with the shift of its probabilities taken back. So the Brier
  score tells overfitting from the mere fact that SMOTE makes the small class look common.
- Arm equal has as many rows without imbalance, arm rare as many with one in fifty of the small class, to ask
  whether imbalance makes a network overfit. Arm equal_few has as few rows of the small class as arm rare, and
  as few of the other: it tells the share from the number.
- Scores across the leak are compared by balanced accuracy, since arm before also changes the shares of what
  is held out.

Long training is on purpose: a cure for overfitting must be tried where there is overfitting. The seeds vary
the data, the split, the synthetic rows, the initial weights and the order of batches. Twenty held-out rows of
the small class make a single honest score stray by some five hundredths. Whether the leak harms the model is
read from expected balanced accuracy: every fresh row counts by its true probability.

On real data the digit 8 is told from all others, with SMOTE before the split and inside it.

Limits. Arm before knows something of all 100 rows of the small class, arm inside of 80, so their fresh scores
differ by more than the leak. Interpolation draws rows together: synthetic rows spread less than real ones,
and may be easier by themselves. So the flattery of arm before is the leak through neighbours plus that. Arms
equal and rare change the share and the number of rows of the small class at once. After long training some
probabilities round to exactly 1 in single precision; such rows tie, and the area under the ROC curve cannot
tell them apart. The network, the ten features and the distance of the classes are one case.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/smote_balance.yaml says.

- The classes are unequal, and SMOTE adds rows to the small one. As written it fails, as there is no
  effect that matters (model.n_minority: smote > original + 5): the difference is 0 rows in each
  seed. In the controlled experiment it holds (model.n_minority: inside > original + 40): the
  difference is 640 rows in each seed.
- SMOTE can reduce overfitting. As written it fails, as there is no effect that matters (test.brier:
  smote < original − 0.01): the difference is 0 of the Brier score in each seed. In the controlled
  experiment it fails, as there is no effect that matters (test.brier: corrected < original − 0.01):
  the difference is 0.00211 of the Brier score (0.00135 to 0.00285, 100 seeds). On real data it does
  not hold (test.brier: corrected < original − 0.01): the difference is 0.0051 of the Brier score
  (−0.000683 to 0.0109, 100 seeds). As written on raw probabilities, else on corrected ones.
- Class imbalance is by itself a cause of overfitting, not only the few rows it leaves of a class.
  In the controlled experiment the effect is there, but of about the size of the margin (roc_auc:
  rare.train − rare.test > equal_few.train − equal_few.test + 0.02): the difference is 0.0294 of ROC
  AUC (0.0113 to 0.0463, 100 seeds).
- Information that leaks across a careless split inflates the validation score. In the controlled
  experiment it holds (balanced_accuracy: before.validation − before.test > inside.validation −
  inside.test + 0.05): the difference is 0.243 of balanced accuracy (0.225 to 0.262, 100 seeds). On
  real data it stays unclear (balanced_accuracy: before.validation − before.test > inside.validation
  − inside.test + 0.05): the difference is 0.0813 of balanced accuracy (0.00372 to 0.159, 100
  seeds).
- The same leakage makes the model itself worse on real data. In the controlled experiment it fails,
  as there is no effect that matters (test.expected_balanced_accuracy: before < inside − 0.02): the
  difference is 0.0139 of balanced accuracy (0.00964 to 0.018, 100 seeds). On real data it stays
  unclear (test.balanced_accuracy: before < inside − 0.02): the difference is 0.0114 of balanced
  accuracy (−0.0302 to 0.053, 100 seeds). Our reading of *undermines*; that it scores less than it
  validated is another claim.

What we found ourselves:

- Rows resampled before the split are held out at shares of one half, where precision promises too
  much. In the controlled experiment it holds (precision: before.validation − before.test >
  inside.validation − inside.test + 0.1): the difference is 0.476 of precision (0.445 to 0.508, 100
  seeds). On real data it stays unclear (precision: before.validation − before.test >
  inside.validation − inside.test + 0.1): the difference is 0.106 of precision (−0.0192 to 0.231,
  100 seeds).
- Among as many rows in all, a class of one row in fifty is overfitted more than one of equal share.
  In the controlled experiment it holds (roc_auc: rare.train − rare.test > equal.train − equal.test
  + 0.02): the difference is 0.0678 of ROC AUC (0.0551 to 0.082, 100 seeds).

Checks of the experiment:

- Split first and resample inside the training rows, and the validation score says what fresh rows
  say. In the controlled experiment it holds (inside.balanced_accuracy: validation = test ± 0.05):
  the difference is −0.000346 of balanced accuracy (−0.0201 to 0.0193, 100 seeds).

.. end

As written nothing can move, because SMOTE adds no row. In the controlled experiment it adds many and still
does not help against overfitting. Every network learns its training rows by heart, the synthetic ones as
well. A row between two known rows brings no news of where the small class lies; it repeats what they said.

The leak flatters by more than easy rows could explain. In arm before even the real held-out rows of the small
class are nearly all found: rows made from them stood in the training set. The best possible rule, which
learns nothing and so cannot profit from a leak, scores those held-out rows as it scores fresh ones. So ease
by itself seems to add little here.

The leak does not make the model worse; its fresh score is even better, by less than would matter. That is the
other side of the same leak: the network has seen traces of the held-out rows, and so of more rows of the
small class. If arm inside is given so many rows that its training part holds 100 of the small class, it
scores on fresh rows like arm before (sweep `inside_more_rows`). What leakage spoils is the score one decides
by.

Under strong imbalance, one row in fifty, the gap between training and fresh rows is wider. The larger part of
that is owed to numbers: it is there with equal classes as well, if there are as few rows of the small class
(arm equal_few). What is left speaks for the share itself. It is about as large as what would matter, and
these seeds do not settle on which side of that it lies. At one row in ten it is not seen: equal classes with
as few rows of the small class as arm original has are overfitted no less (sweep `equal_few_rows`). Either arm
of equal classes has fewer rows of the large class, too.

How to read the figure
----------------------
Left: fifty rows of each class without SMOTE and with it, so that both networks are the same and score the
same. Right: for each arm the balanced accuracy on held-out rows beside that on fresh ones. Only where SMOTE
came before the split do held-out rows promise what fresh ones do not keep; the next panel has the
differences, of precision as well. Last, what is overfitted: how much better the rows trained on are ranked
than fresh ones, by the share of the small class and the number of all rows, and the Brier score on fresh
rows, with SMOTE's shift taken back. On real data: the same scores, and the differences that claims are about,
each with its margin in grey and the interval that decides. That one is wider than the seeds suggest, as they
are resamples of one set. Beneath: effects in margins, hollow as written, filled controlled.

Three things to try
-------------------
Other ready-made clusters. See in n_minority and n_majority whether SMOTE finds anything to fill up:

python -m run scenario=smote_balance data.legacy_seed=1 replicates=3

Train arms inside and before briefly, before rows are learned by heart, and watch the flattery of arm before
shrink. (Arms original, equal, rare and equal_few keep their own epochs, so compare these two only.)

python -m run scenario=smote_balance_controlled training.epochs=3 replicates=3

Let arm before know no more rows of the small class than arm inside does, at as many steps as the others. The
flattery stays. Add replicates=10 to see whether its small lead on fresh rows goes:

python -m run scenario=smote_balance_controlled arms.before.data.n_train=800 arms.before.training.epochs=62
"""

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.claims.verdicts import pairs
from mirage.figures import compared, marks, palette, panels
from mirage.figures.compared import UNIT, Column
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "smote-adds-minority-rows",
    "smote-mitigates-overfitting",
    "imbalance-causes-overfitting",
    "leakage-inflates-validation",
    "leakage-lowers-test-score",
    "resampled-validation-inflates-precision",
)
WHERE = (
    ("original", "no\nSMOTE", palette.UNTREATED),
    ("inside", "inside\ntraining", palette.TREATED),
    ("before", "before\nthe split", palette.OTHER),
)
GAPS = {  # by the share of the small class
    "rare": ("1 in 50\nof 1,000", palette.FURTHER[0]),
    "equal_few": ("1 in 2\nof 40", palette.FURTHER[1]),
    "equal": ("1 in 2\nof 1,000", palette.FURTHER[2]),
}


def as_written(results: Results) -> Panels:
    """Rows of either class without SMOTE and with it, and what a network makes of either."""
    arms = (("none", "original", palette.UNTREATED), ("SMOTE", "smote", palette.TREATED))
    counts = {
        f"{size}\n{label}": (arm, "model", f"n_{count}", color)
        for size, count in (("class 1", "minority"), ("class 0", "majority"))
        for label, arm, color in arms
    }
    brier = panels.two_by_two(("original", "none"), ("smote", "SMOTE"), "brier", "Brier score (0 is best)")
    return [(4.0, panels.scores(counts, "training rows", "Rows by class")), (4.0, brier)]


def controlled(results: Results) -> Panels:
    """Held-out rows beside fresh ones by where SMOTE took place, how far scores flatter, and what is overfitted."""
    return [(5.6, _held_out_and_fresh(WHERE)), (4.6, _flattery), (5.6, _overfitted)]


def real(results: Results) -> Panels:
    """Held-out rows beside fresh ones, and what is tested of them: differences with the intervals that decide."""
    return [(4.0, _held_out_and_fresh(WHERE[1:])), (5.4, _tested)]


def _held_out_and_fresh(where: tuple[tuple[str, str, str], ...]) -> Panel:
    """Balanced accuracy of arms on held-out rows and on fresh ones, the arm's name beneath the two."""
    words = {"held out": "validation", "fresh": "test"}
    arms = [
        (label, [Column(name, f"{arm}.{split}.balanced_accuracy", color) for name, split in words.items()])
        for arm, label, color in where
    ]
    return compared.scores(arms, "balanced accuracy", "Held-out rows and fresh ones", UNIT)


def _flattery(ax: Axes, results: Results) -> None:
    """By how much held-out rows promise more than fresh ones, by two scores."""
    names = {"balanced_accuracy": "balanced accuracy", "precision": "precision"}
    shown = {
        f"{metric} {label}": (f"{arm}.validation.{metric} - {arm}.test.{metric}", color, None)
        for metric in names
        for arm, label, color in WHERE[1:]
        if arm in results.plan.arms
    }
    panels.paired_differences(shown, "held out minus fresh", "Flattery")(ax, results)
    each = len(shown) // 2
    ax.set_xticks(range(len(shown)), [label for arm, label, _ in WHERE[1:] if arm in results.plan.arms] * 2)
    groups = [(each * i, each * (i + 1) - 1, name, palette.REFERENCE) for i, name in enumerate(names.values())]
    marks.beneath(ax, groups if each else [], lines=2)


def _overfitted(ax: Axes, results: Results) -> None:
    """How much better the rows trained on are ranked than fresh ones, by share and number of rows; Brier scores."""
    around = "{0}.train.roc_auc - {0}.test.roc_auc"
    gaps = [(label, results.side(around.format(arm)), color) for arm, (label, color) in GAPS.items()]
    arms = (("original", "no\nSMOTE", palette.UNTREATED), ("corrected", "SMOTE", palette.TREATED))
    briers = [(label, results.values(arm, "test", "brier"), color) for arm, label, color in arms]
    shown = [[one for one in part if len(one[1])] for part in (gaps, briers)]
    first, both = len(shown[0]), [*shown[0], *shown[1]]
    marks.scores(ax, both, [{}] * len(both))
    groups = [
        (0, first - 1, "ROC AUC, train minus fresh", palette.REFERENCE),
        (first, len(both) - 1, "Brier, fresh", palette.REFERENCE),
    ]
    marks.beneath(ax, [group for group in groups if group[0] <= group[1]], lines=2)
    ax.set_ylim(bottom=0)
    ax.set(ylabel="ROC AUC lost; Brier score", title="What is overfitted")


def _tested(ax: Axes, results: Results) -> None:
    """What claims test, a dot a seed: left side minus right side, with the margins and the intervals that decide."""
    claims = {
        "leakage-inflates-validation": "flattery,\nbalanced\naccuracy",
        "resampled-validation-inflates-precision": "flattery,\nprecision",
        "leakage-lowers-test-score": "fresh,\nbalanced\naccuracy",
        "smote-mitigates-overfitting": "fresh,\nBrier,\nSMOTE",
    }
    judged = results.judged.set_index("claim")
    columns = []
    for claim, label in claims.items():
        if claim in judged.index and np.isfinite(judged.loc[claim, "effect"]):
            both = pairs(results.tests[claim], results.rows)
            columns.append((claim, label, (both["left"] - both["right"]).to_numpy()))
    color = {"smote-mitigates-overfitting": palette.TREATED}
    marks.differences(
        ax,
        [(label, values, color.get(claim, palette.OTHER), results.margin(claim)) for claim, label, values in columns],
        [judged.loc[claim, ["ci_low", "ci_high"]].to_numpy(float) for claim, _, _ in columns],
    )
    ax.set(ylabel="difference", title="What is tested")
