"""The panels of the lesson smote."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, large, marks, palette, panels
from mirage.figures.compared import UNIT, Column
from mirage.figures.headline import Shown
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
    # Without references: the rule that is best by accuracy is not best by balanced accuracy.
    scores = compared.scores(pairs, "score", "Scores and probabilities", UNIT, references=())
    return [(4.4, _decided), (4.0, _costs), (4.2, scores)]


def real(results: Results) -> Panels:
    """What every remedy costs, and the other numbers that claims are about."""
    pairs = [
        ("recall,\nclass 1", _both("test", "recall")),
        ("recall,\nclass 0", _both("test", "recall_0")),
        ("balanced acc.,\n10 × steps", _long("balanced_accuracy")),
        ("calibration\nerror", _both("test", "ece")),
    ]
    return [
        (4.0, _costs),
        (6.4, compared.scores(pairs, "score", "Recall, scores and probabilities", UNIT, references=())),
    ]


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


def headline(results: Mapping[str, Results]) -> Shown:
    """What SMOTE saves and does to probabilities, beside a moved threshold."""
    arms = {
        "untreated": ("none", palette.UNTREATED),
        "moved\nthreshold": ("threshold", palette.OTHER),
        "SMOTE": ("smote", palette.TREATED),
    }
    numbers = {"cost": "cost per row\n(9 a miss, 1 a false alarm)", "ece": "calibration error\nof the probabilities"}
    shown: Shown = []
    for metric, ylabel in numbers.items():
        columns = [Column(tick, f"{arm}.test.{metric}", color) for tick, (arm, color) in arms.items()]
        shown.append((results["controlled"], large.columns([("", columns)], ylabel, "{:.2f}", (0, None))))
    return shown


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
