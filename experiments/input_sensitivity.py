"""The panels of the lesson input_sensitivity."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import large, marks, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panels

CLAIMS = (
    "small-step-moves-probability",
    "step-within-class-changes-prediction",
    "regularisation-reduces-sensitivity",
    "score-ignores-input-conditions",
    "leaked-feature-fails-on-unseen",
)
NETWORKS = {  # the same names and colours in all panels
    "exact\nlabels": ("network", palette.UNTREATED),
    "some\nwrong,\nsmall": ("few_rows", palette.OTHER),
    "some\nwrong,\nlarge": ("memorising", palette.FURTHER[1]),
    "large,\nweak\nL2": ("memorising_l2_weak", palette.FURTHER[2]),
    "large,\nL2": ("memorising_l2", palette.TREATED),
}
NEAR_HALF = (0.4, 0.65)  # the axis of probabilities at the probes, if all lie in there


def as_written(results: Results) -> Panels:
    """The probability at the two probes, and the accuracy."""
    accuracy = {"training rows": ("network", "train", "accuracy", palette.UNTREATED)}
    return [(4.6, _probes), (3.4, panels.scores(accuracy, "accuracy"))]


def controlled(results: Results) -> Panels:
    """Probabilities along the decisive feature, jumps inside a class, and what is left when a shortcut breaks."""
    broken = {
        f"{label},\n{word}": (arm, split, "accuracy", color)
        for arm, label, color in (
            ("noisy", "rule\nonly", palette.REFERENCE),
            ("spurious", "short-\ncut", palette.INK),
        )
        for split, word in (("test", "test"), ("test_broken", "broken"))
    }
    return [(4.6, _along), (6.0, _jumps), (4.4, panels.scores(broken, "accuracy", "A second feature that breaks"))]


def _along(ax: Axes, results: Results) -> None:
    """The probability along the decisive feature, and where the two probes lie."""
    shown = {" ".join(name.split()): NETWORKS[name] for name in NETWORKS if NETWORKS[name][0] != "memorising_l2_weak"}
    panels.along(shown, "Along the decisive feature", outlined=True)(ax, results)
    data = next(iter(results.plan.arms.values())).data  # the same probes in all arms
    if hasattr(data, "probe_low"):
        ends = data.probe_low, data.probe_high
        ax.axvspan(*ends, color=palette.FURTHER[0], alpha=0.45, linewidth=0, zorder=0, label="between the probes")


def _jumps(ax: Axes, results: Results) -> None:
    """The share of steps inside a class that jump, with brackets over the pairs that claims compare."""
    shown = {name: (arm, "model", "jump_share", color) for name, (arm, color) in NETWORKS.items()}
    panels.scores(shown, "", "Steps inside a class")(ax, results)
    data = next(iter(results.plan.arms.values())).data
    jump = f" by more than {data.jump:g}" if hasattr(data, "jump") else ""
    ax.set_ylabel(f"share of steps that move\nthe probability{jump}")
    at = {label.get_text(): float(x) for x, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)}
    names = {arm: name for name, (arm, _) in NETWORKS.items()}
    pairs = ("few_rows", "memorising", "memorising?"), ("memorising", "memorising_l2", "L2?")
    low, high = ax.get_ylim()
    ax.set_ylim(low, low + 1.25 * (high - low))
    for (left, right, label), height in zip(pairs, (0.84, 0.93), strict=True):
        if names[left] in at and names[right] in at:
            marks.bracket(ax, (at[names[left]], at[names[right]]), height, label)


def _probes(ax: Axes, results: Results) -> None:
    settings = results.plan.arms["network"].data
    x, _, predicted = results.predictions("network", "probe")
    ax.set_title("At the two probes")
    if not hasattr(settings, "probe_low"):  # another law
        return
    for r, line in enumerate(predicted):
        label = "a seed" if r == 0 else None
        ax.plot(
            x[r][:, 0], line, marker="o", color=palette.UNTREATED, alpha=0.5, linewidth=1, markersize=5, label=label
        )
    if not results.values("network", "model", "diverged")[0]:
        label = f"seed {results.plan.seeds[0]} (one run)"
        ax.plot(x[0][:, 0], predicted[0], marker="o", color=palette.INK, linewidth=1.8, label=label, zorder=3)
    ax.axhline(0.5, color=palette.REFERENCE, linestyle="--", label="decision boundary")
    low, high = NEAR_HALF
    close = predicted.size > 0 and low < predicted.min() and predicted.max() < high
    ax.set(ylim=NEAR_HALF if close else (-0.04, 1.04), xlabel="decisive feature", ylabel="probability of class 1")
    if close:
        ax.set_yticks(np.linspace(low, high, 6))
    ax.set_xticks([settings.probe_low, settings.probe_high])


def headline(results: Mapping[str, Results]) -> Shown:
    """A shortcut raises the accuracy until it breaks."""
    rows = {"shortcut\nworks": "test", "shortcut\nbroken": "test_broken"}
    groups = [
        (name, [Column(tick, f"{arm}.{split}.accuracy", color) for tick, split in rows.items()])
        for name, arm, color in (
            ("trained without the shortcut", "noisy", palette.TREATED),
            ("trained with it", "spurious", palette.UNTREATED),
        )
    ]
    return [(results["controlled"], large.columns(groups, "accuracy on test rows", large.PERCENT, (0.5, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
