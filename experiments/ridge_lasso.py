"""The panels of the lesson ridge_lasso."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import large, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Line, Panel, Panels, of_reference

CLAIMS = (
    "lasso-many-zero-weights",
    "penalty-fits-less-noise",
    "ridge-raises-test-accuracy",
    "lasso-raises-test-accuracy",
    "alpha-needs-search",
    "outputs-are-probabilities",
)
ARMS = {
    "none": ("none", palette.UNTREATED),
    "ridge": ("ridge\n1", palette.TREATED),
    "ridge_strong": ("ridge\n10", palette.TREATED),
    "lasso_weak": ("lasso\n0.01", palette.OTHER),
    "lasso": ("lasso\n1", palette.OTHER),
}
# Strengths: one over the inverse penalty.
WEAKEST = {"weakest": 0.01}
L1 = {"l1_weak": 0.1, "l1": 1, "l1_strong": 10, "l1_strongest": 100}
L2 = WEAKEST | {"l2_weak": 0.1, "l2": 1, "l2_strong": 10, "l2_strongest": 100}
CHOSEN = 2000  # where the chosen strength is drawn
BESIDE = 3000  # and that of another penalty, where the two would hide each other


def from_above(lowest: float, panel: Panel, whole: bool = False) -> Panel:
    """The panel with its axis of numbers begun at `lowest`; if it counts something, with ticks at `whole` numbers."""

    def draw(ax: Axes, results: Results) -> None:
        panel(ax, results)
        ax.set_ylim(bottom=lowest)
        if whole:
            ax.locator_params(axis="y", integer=True)

    return draw


def outside(arms: Mapping[str, tuple[str, str]]) -> Panel:
    """The share of outputs that cannot be probabilities, and the stripe of what is too small to matter."""
    claim = "outputs-are-probabilities"
    shown = {label: (f"{arm}.test.outside_unit", color, claim) for label, (arm, color) in arms.items()}
    return from_above(-0.02, panels.paired_differences(shown, "share of outputs", "Outside 0 to 1"))


def as_written(results: Results) -> Panels:
    """Weights that are not zero, the accuracy, and outputs that are no probabilities."""

    def over_arms(split: str, metric: str) -> dict[str, tuple[str, str, str, str]]:
        return {label: (arm, split, metric, color) for arm, (label, color) in ARMS.items()}

    weights = panels.scores(over_arms("model", "nonzero_weights"), "weights that are not zero", "Sparsity")
    return [
        (4.2, from_above(-0.5, weights)),
        (4.2, panels.scores(over_arms("test", "accuracy"), "accuracy", "Test rows")),
        (2.6, outside({"ridge\n1": ("ridge", palette.TREATED), "lasso\n1": ("lasso", palette.OTHER)})),
    ]


def sparsity(ax: Axes, results: Results) -> None:
    """Weights left along the penalty and at the chosen strength; hollow: those of features that say nothing."""
    l1, l2 = L1 | {"l1_chosen": CHOSEN}, L2 | {"l2_chosen": CHOSEN}
    useless = {"L1, useless features": (l1, "nonzero_noise", palette.OTHER, "o:")}
    _along(useless, "model", "", "")(ax, results)
    for line in ax.get_lines():
        line.set(markerfacecolor="white", markeredgecolor=palette.OTHER, markeredgewidth=1.5)
    lines = {
        "L1": (l1, "nonzero_informative", palette.OTHER, "o-"),
        "L2": (l2, "nonzero_weights", palette.TREATED, "s-"),
    }
    _along(lines, "model", "weights that are not zero", "Sparsity")(ax, results)


def accuracies(ax: Axes, results: Results) -> None:
    """The accuracy on fresh and on training rows along the penalty and at the chosen strength."""
    l1, l2 = L1 | {"l1_chosen": BESIDE}, L2 | {"l2_chosen": CHOSEN}
    metric = "expected_accuracy"
    fresh = {"L1": (l1, metric, palette.OTHER, "o-"), "L2": (l2, metric, palette.TREATED, "s-")}
    _along({"L2, its training rows": (l2, "accuracy", palette.FURTHER[2], "s:")}, "train", "", "")(ax, results)
    _along(fresh, "test", "accuracy", "Fresh and training rows", best=True)(ax, results)


def _along(
    lines: Mapping[str, tuple[dict[str, float], str, str, str]], split: str, ylabel: str, title: str, best: bool = False
) -> Panel:
    """Lines along the strengths, each (arms, metric, colour, style), cut off before the chosen strength."""
    shown = {}
    for label, (arms, *rest) in lines.items():
        shown[label] = Line({arm: x for arm, x in arms.items() if x < CHOSEN}, split, *rest)
        shown[f"_{label}"] = Line({arm: x for arm, x in arms.items() if x >= CHOSEN}, split, *rest)
    if best:
        shown["bayes"] = Line(of_reference(L2 | {"l2_chosen": CHOSEN}), split, "expected_accuracy")

    def named(x: float) -> str:
        return f"{x:g}" if x < CHOSEN else "chosen" if x == CHOSEN else ""

    return panels.sweep(shown, "strength of the penalty", ylabel, title, named)


def controlled(results: Results) -> Panels:
    """Which weights are left, the accuracy along the penalty, and outputs of a regression and of a model of classes."""
    shown = {
        "ridge\n1": ("rounded", palette.TREATED),
        "lasso\n1": ("rounded_lasso", palette.OTHER),
        "logis-\ntic, L2": ("l2_chosen", palette.FURTHER[0]),
    }
    return [(4.4, from_above(-1, sparsity, whole=True)), (4.6, from_above(0.4, accuracies)), (2.9, outside(shown))]


def real(results: Results) -> Panels:
    """What penalties and a regression that is cut gain on real rows, and outputs that are no probabilities."""
    arms = {
        "L2,\nchosen": ("l2_chosen", palette.TREATED, "ridge-raises-test-accuracy"),
        "L1,\nstrong": ("l1_strong", palette.OTHER, "lasso-raises-test-accuracy"),
        "ridge,\ncut": ("cut_chosen", palette.FURTHER[1], None),
    }
    gains = {
        label: (f"{arm}.test.accuracy - weakest.test.accuracy", color, claim)
        for label, (arm, color, claim) in arms.items()
    }
    gained = panels.paired_differences(gains, "test accuracy gained", "Over almost no penalty")
    shown = {"ridge\n1": ("rounded", palette.TREATED), "logis-\ntic, L2": ("l2_chosen", palette.FURTHER[0])}
    return [(4.0, gained), (2.6, outside(shown))]


def headline(results: Mapping[str, Results]) -> Shown:
    """Weights left and accuracy without a penalty and at the strengths that validation rows choose."""
    arms = {
        "almost no\npenalty": ("weakest", palette.UNTREATED),
        "L2": ("l2_chosen", palette.TREATED),
        "L1": ("l1_chosen", palette.OTHER),
    }
    weights, accuracy = (
        [("", [Column(tick, f"{arm}.{number}", color) for tick, (arm, color) in arms.items()])]
        for number in ("model.nonzero_weights", "test.expected_accuracy")
    )
    return [
        (results["controlled"], large.columns(weights, "weights that are not zero,\nof 20", "{:.0f}", (0, None))),
        (results["controlled"], large.columns(accuracy, "accuracy on new rows", "{:.0%}", (0.7, None), "bayes")),
    ]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
