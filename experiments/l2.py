"""The panels of the lesson l2."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import epochs, large, marks, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "no-regularisation-overfits",
    "regularisation-narrows-gap",
    "regularisation-raises-test-accuracy",
    "l2-alone-helps",
)
ARMS = {
    "none": ("none", palette.UNTREATED),
    "L2": ("l2", palette.FURTHER[0]),
    "drop-\nout": ("dropout", palette.OTHER),
    "both": ("l2_dropout", palette.TREATED),
}
STRENGTHS = {
    "none": ("none", palette.UNTREATED),
    "L2\n/ 100": ("l2_weak", palette.FURTHER[1]),
    "L2": ("l2", palette.FURTHER[0]),
    "L2\n× 10": ("l2_strong", palette.FURTHER[2]),
    "L2 and\ndrop-\nout": ("l2_dropout", palette.TREATED),
}


def as_written(results: Results) -> Panels:
    """Losses over the epochs, and accuracies."""
    arms = ("none", "none"), ("l2_dropout", "both")
    return [(4.4, epochs.losses(*arms, "validation")), (4.0, panels.two_by_two(*arms, "accuracy", "accuracy"))]


def learned_by_heart(ax: Axes, results: Results) -> None:
    """The share of wrong training labels given back, beside what the best possible rule agrees with."""
    columns, best = [], []
    for label, (arm, color) in ARMS.items():
        found, ideal = (results.values(name, "flipped", "accuracy") for name in (arm, f"{arm}:bayes"))
        if len(found):
            columns.append((label, found, color))
            best.append({"bayes": float(ideal.mean())} if np.isfinite(ideal).any() else {})
    marks.scores(ax, columns, best)
    ax.set_ylim(bottom=-0.02)
    ax.set(ylabel="share of wrong labels learned", title="Memorised")


def gaps(arms: Mapping[str, tuple[str, str]]) -> Panel:
    """How much more accurate each network is on its own rows than on new ones; stripes: a gap that is too small."""
    shown: dict[str, tuple[str, str, str | None]] = {
        label: (f"{arm}.train.accuracy - {arm}.test.accuracy", color, "no-regularisation-overfits")
        for label, (arm, color) in arms.items()
    }
    return panels.paired_differences(shown, "accuracy: training minus test", "Training above test")


def gained(arms: Mapping[str, tuple[str, str]], metric: str, best: bool = False) -> Panel:
    """What each remedy adds to a metric of the test rows, beside what the best possible rule would add."""
    claim = "regularisation-raises-test-accuracy"
    gains: dict[str, tuple[str, str, str | None]] = {
        label: (f"{arm}.test.{metric} - none.test.{metric}", color, claim)
        for label, (arm, color) in arms.items()
        if arm != "none"
    }
    if best:
        gains["best\nrule"] = (f"none:bayes.test.{metric} - none.test.{metric}", palette.REFERENCE, None)
    return panels.paired_differences(gains, "test accuracy above none", "Gained")


def controlled(results: Results) -> Panels:
    """Wrong labels learned by heart, the gap they make, and what each remedy adds to the test accuracy."""
    return [(3.6, learned_by_heart), (3.6, gaps(ARMS)), (3.7, gained(ARMS, "expected_accuracy", best=True))]


def real(results: Results) -> Panels:
    """The gap, and what each remedy adds to the test accuracy on real rows, by its strength."""
    return [(4.2, gaps(STRENGTHS)), (3.8, gained(STRENGTHS, "accuracy"))]


def headline(results: Mapping[str, Results]) -> Shown:
    """L2 and dropout give back fewer wrong labels and more right answers."""

    def panel(name: str, number: str, ylabel: str, lowest: float) -> Panel:
        arms = {tick.replace("-\n", ""): one for tick, one in ARMS.items()}
        columns = [Column(tick, f"{arm}.{number}", color) for tick, (arm, color) in arms.items()]
        return large.columns([(name, columns)], ylabel, large.PERCENT, (lowest, None), "bayes")

    wrong = panel("wrong labels given back", "flipped.accuracy", "share of the wrong labels", 0)
    right = panel("new rows", "test.expected_accuracy", "accuracy", 0.6)
    return [(results["controlled"], wrong), (results["controlled"], right)]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
