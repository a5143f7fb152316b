"""The panels of the lesson smote_balance."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.claims.verdicts import pairs
from mirage.figures import compared, large, marks, palette, panels
from mirage.figures.compared import UNIT, Column
from mirage.figures.headline import Shown
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


def headline(results: Mapping[str, Results]) -> Shown:
    """What validation promises and fresh rows give, with SMOTE inside the split and before it."""
    rows = {"validation\nrows": "validation", "fresh\nrows": "test"}
    groups = [
        (name, [Column(tick, f"{arm}.{split}.balanced_accuracy", color) for tick, split in rows.items()])
        for name, arm, color in (
            ("split first, then SMOTE", "inside", palette.TREATED),
            ("SMOTE first, then split", "before", palette.UNTREATED),
        )
    ]
    return [(results["controlled"], large.columns(groups, "balanced accuracy", "{:.1%}", (0.5, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
