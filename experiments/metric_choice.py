"""Do accuracy and F1 tell different stories about the same predictions?

Article five, second example: coin-flip labels, ten epochs, scored on the rows the network was trained on. The classes
are balanced.

How to read the figure. Left: F1 against accuracy, a dot a seed; on the dashed line they agree. Middle: the confusion
counts. Right: further scores of the same predictions.
"""

from matplotlib.axes import Axes

from mirage import figures, plots
from mirage.figures import Line, Panel, Panels, of_reference
from mirage.report import Results

CLAIMS = (
    "f1-below-accuracy",
    "metric-choice-accuracy-high",
    "accuracy-unreliable-when-imbalanced",
    "low-f1-signals-uneven-skill",
    "metric-choice-sways-judgement",
)
SHARES = {"share_50": 0.5, "share_20": 0.2, "share_10": 0.1, "share_5": 0.05, "share_2": 0.02}
METRICS = {
    "accuracy": ("accuracy", plots.UNTREATED, "o-"),
    "balanced accuracy": ("balanced_accuracy", plots.FURTHER[1], "s-"),
    "F1": ("f1", plots.TREATED, "D-"),
    "MCC": ("mcc", plots.FURTHER[0], "v-"),
    "ROC AUC": ("roc_auc", plots.OTHER, "^-"),
    "average precision": ("average_precision", plots.FURTHER[2], "P-"),
}


def as_written(results: Results) -> Panels:
    """F1 against accuracy, and the confusion counts."""
    return [
        (4.4, _against),
        (4.2, figures.confusion("network", "train", plots.UNTREATED, "Training rows, mean count")),
    ]


def controlled(results: Results) -> Panels:
    """Six metrics of the best possible rule and of a network, against the share of the small class."""

    def metrics(arms: dict[str, float], title: str) -> Panel:
        lines = {label: Line(arms, "test", metric, color, style) for label, (metric, color, style) in METRICS.items()}
        return figures.sweep(lines, "share of the small class", "score", title, "{:.0%}".format)

    return [
        (4.6, metrics(of_reference(SHARES), "Best possible rule")),
        (4.6, metrics(SHARES, "Network")),
    ]


def _against(ax: Axes, results: Results) -> None:
    accuracy, f1 = (results.values("network", "train", metric) for metric in ("accuracy", "f1"))
    ax.plot([0, 1], [0, 1], color=plots.REFERENCE, linestyle="--", label="F1 equal to accuracy")
    ax.plot(accuracy, f1, "o", color=plots.UNTREATED, alpha=0.6, label="a seed")
    ax.plot(accuracy[0], f1[0], **plots.FIRST_SEED, label=f"seed {results.plan.seeds[0]} (one run)")
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="accuracy", ylabel="F1", aspect="equal")
    ax.set_title("Training rows, every seed")
