"""Does a small step of the decisive feature flip the prediction?

Article three, second example: the label is whether the first of three features lies above a half. Two probes stand at
0.49 and 0.51 on that feature, so they belong to different classes: a flip between them is correct, not a weakness.

How to read the figure. Left: the probability at the two probes, a line a seed. Middle: how far it moves from one probe
to the other. Right: accuracy on the training rows after the listing's ten epochs.
"""

from matplotlib.axes import Axes

from mirage import figures, plots
from mirage.figures import Panels
from mirage.report import Results

CLAIMS = (
    "small-step-moves-probability",
    "small-step-flips-decision",
    "sensitive-model-accurate",
    "step-within-class-changes-prediction",
    "score-ignores-input-conditions",
)


def as_written(results: Results) -> Panels:
    """The probability at the two probes, and the accuracy."""
    accuracy = {"training rows": ("network", "train", "accuracy", plots.UNTREATED)}
    return [(4.6, _probes), (3.4, figures.scores(accuracy, "accuracy"))]


def controlled(results: Results) -> Panels:
    """The probability along the decisive feature, and what is left when a feature breaks that went with the label."""
    arms = {
        "network": ("network", plots.UNTREATED),
        "L2": ("l2", plots.TREATED),
        "dropout": ("dropout", plots.OTHER),
    }
    broken = {
        f"{label}\n{word}": (arm, split, "accuracy", color)
        for arm, label, color in (("noisy", "rule only", plots.UNTREATED), ("spurious", "shortcut", plots.TREATED))
        for split, word in (("test", "test"), ("test_broken", "broken"))
    }
    return [
        (4.8, figures.along(arms, "Along the decisive feature")),
        (5.0, figures.scores(broken, "accuracy", "A second feature that breaks")),
    ]


def _probes(ax: Axes, results: Results) -> None:
    settings = results.plan.arms["network"].data
    x, _, predicted = results.predictions("network", "probe")
    for r, line in enumerate(predicted):
        ax.plot(x[r][:, 0], line, marker="o", color=plots.UNTREATED, alpha=0.5, label="a seed" if r == 0 else None)
    if not results.values("network", "model", "diverged")[0]:
        label = f"seed {results.plan.seeds[0]} (one run)"
        ax.plot(x[0][:, 0], predicted[0], marker="o", color=plots.INK, linewidth=2.4, label=label, zorder=3)
    ax.axhline(0.5, color=plots.REFERENCE, linestyle="--", label="decision boundary")
    ax.set(ylim=(-0.04, 1.04), xlabel="decisive feature", ylabel="probability of class 1")
    ax.set_xticks([settings.probe_low, settings.probe_high])
    ax.set_title("At the two probes")
