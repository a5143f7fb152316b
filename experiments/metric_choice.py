"""The panels of the lesson metric_choice."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import large, marks, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
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


def headline(results: Mapping[str, Results]) -> Shown:
    """Two mirror-image thresholds: equal accuracy, unequal F1."""
    thresholds = (
        ("threshold 0.1", "share_50_low", palette.TREATED),
        ("threshold 0.9", "share_50_high", palette.UNTREATED),
    )
    groups = [
        (name, [Column(tick, f"{arm}.test.{tick.lower()}", color) for tick in ("accuracy", "F1")])
        for name, arm, color in thresholds
    ]
    return [(results["controlled"], large.columns(groups, "score", "{:.2f}", (0.5, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
