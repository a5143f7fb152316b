"""Does a small step of the decisive feature flip the prediction?

Article three, second example: the label is whether the first of three features lies above a half. Two probes stand at
0.49 and 0.51 on that feature, so they belong to different classes: a flip between them is correct, not a weakness.

How to read the figure. Left: the probability at the two probes, a line a seed. Middle: how far it moves from one probe
to the other. Right: accuracy on the training rows after the listing's ten epochs.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage import figures, plots
from mirage.report import Results


def figure(results: Results) -> Figure:
    """The probability at the two probes, its step, and the accuracy."""
    steps = {"0.49 to 0.51": ("network", "model", "probe_step", plots.UNTREATED)}
    accuracy = {"train": ("network", "train", "accuracy", plots.UNTREATED)}
    panels = [
        (5.4, _probes),
        (4.2, figures.scores(steps, "rise of the probability", "Step of every seed")),
        (4.2, figures.scores(accuracy, "accuracy", "Accuracy of every seed")),
    ]
    return figures.compose(results, panels)


def _probes(ax: Axes, results: Results) -> None:
    settings = results.plan.arms["network"].data
    x, _, predicted = results.predictions("network", "probe")
    for r, line in enumerate(predicted):
        ax.plot(x[r][:, 0], line, marker="o", color=plots.UNTREATED, alpha=0.5)
    if not results.values("network", "model", "diverged")[0]:
        label = f"seed {results.plan.seeds[0]} (one run)"
        ax.plot(x[0][:, 0], predicted[0], marker="o", color=plots.INK, linewidth=2.4, label=label, zorder=3)
    ax.axhline(0.5, color=plots.REFERENCE, linestyle="--", label="decision boundary")
    ax.set(ylim=(0, 1), xlabel="first feature", ylabel="probability of class 1")
    ax.set_xticks([settings.probe_low, settings.probe_high])
    ax.set_title("At the two probes")
