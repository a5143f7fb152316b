"""The panels of the lesson coverage."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, large, marks, palette
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panels

CLAIMS = (
    "uncovered-conditions-fail",
    "unseen-shift-hurts",
    "overfitting-passes-similar-test",
    "underfitting-simple-model-fails",
)
WHERE = {"inside": "test", "wide": "test_wide", "moved": "test_moved"}
TRAINED = {  # arms by what they are trained on
    "narrow": ("narrow range", palette.UNTREATED),
    "wide": ("wide range", palette.TREATED),
    "wandering": ("camera\nwanders", palette.OTHER),
    "long": ("narrow, eight\ntimes as long", palette.FURTHER[0]),
}
IMAGES = {
    "plain": ("images\nas they are", palette.UNTREATED),
    "copies": ("and moved\ncopies", palette.TREATED),
    "noise": ("and noisy\ncopies", palette.FURTHER[1]),
    "long": ("eight times\nas long", palette.FURTHER[0]),
}
BINS = 40  # of positions, over the wide range


def controlled(results: Results) -> Panels:
    """What two networks say over the wide range, and the errors of all on three kinds of rows."""
    groups = [
        (label, [Column(tick, f"{arm}.{split}.mse", color) for tick, split in WHERE.items()])
        for arm, (label, color) in TRAINED.items()
    ]
    errors = compared.scores(groups, "mean squared error", "On fresh rows", log=True)
    return [(5.0, _curves), (10.4, errors)]


def real(results: Results) -> Panels:
    """An image and how it is moved; the accuracy of networks and of logistic regression on either."""
    return [
        (2.2, _image),
        (7.4, compared.scores(_at_rest_and_moved(IMAGES), "accuracy", "A network", (0.4, 1.03))),
        (4.6, compared.scores(_at_rest_and_moved(_simple()), "accuracy", "Logistic regression", (0.4, 1.03))),
    ]


def headline(results: Mapping[str, Results]) -> Shown:
    """A network on images as they are and moved by a pixel, with moved copies in training and without."""
    groups = [
        ("trained on images as they are", _both("plain", palette.UNTREATED)),
        ("trained on moved copies, too", _both("copies", palette.TREATED)),
    ]
    drawn = large.columns(groups, "accuracy on new images", large.PERCENT, (0.4, None), "majority_class")
    return [(results["real"], drawn)]


def _both(arm: str, color: str) -> list[Column]:
    """An arm's accuracy on images as they are and on moved ones."""
    return [
        Column("as they are", f"{arm}.test.accuracy", color),
        Column("moved by\na pixel", f"{arm}.test_moved.accuracy", color),
    ]


def _simple() -> dict[str, tuple[str, str]]:
    """The arms of logistic regression, named and coloured as the networks on the same rows are."""
    return {"logistic": IMAGES["plain"], "logistic_copies": IMAGES["copies"]}


def _at_rest_and_moved(arms: Mapping[str, tuple[str, str]]) -> compared.Groups:
    """The accuracy of arms on images as they are and on moved ones."""
    words = {"as is": "test", "moved": "test_moved"}
    return [
        (label, [Column(tick, f"{arm}.{split}.accuracy", color) for tick, split in words.items()])
        for arm, (label, color) in arms.items()
    ]


def _curves(ax: Axes, results: Results) -> None:
    """What networks say at a position, over seeds, beside the truth; the second feature's part taken away.

    Rows of all positions are averaged in narrow bins, as every seed has its own.
    """
    for arm in ("narrow", "wide"):
        if arm not in results.plan.arms:
            continue
        law = results.plan.arms[arm].data
        x, _, said = results.predictions(arm, "test_wide")
        if not len(said):
            continue
        edges = np.linspace(-law.wide, law.wide, BINS + 1)
        centres = (edges[:-1] + edges[1:]) / 2
        alone = x * np.array([1, 0, 1])
        rest = said - np.array([law.line(one) - law.line(other) for one, other in zip(x, alone, strict=True)])
        bins = np.digitize(x[:, :, 0] - x[:, :, 2], edges[1:-1])
        means = [[one[at == i].mean() for i in range(BINS)] for one, at in zip(rest, bins, strict=True)]
        label, color = TRAINED[arm]
        marks.band(ax, centres, np.array(means), color, f"trained on the {label}")
        if arm == "narrow":
            ax.axvspan(-law.reach, law.reach, color=palette.NEGLIGIBLE, zorder=0, label="the narrow range")
            truth = law.line(np.column_stack([centres, 0 * centres, 0 * centres]))
            marks.level(ax, centres, truth, "true_line")
    ax.set(xlabel="position (no unit)", ylabel="prediction (no unit)", title="What networks say")


def _image(ax: Axes, results: Results) -> None:
    """The first test image of the first seed, and the same moved, one above the other."""
    splits = results.splits("plain", results.plan.seeds[0])[0] if "plain" in results.plan.arms else {}
    shown = [splits[name].x[0].reshape(8, 8) for name in ("test", "test_moved") if name in splits]
    for i, image in enumerate(shown):
        ax.imshow(image, cmap="gray_r", extent=(0, 8, -9 * i - 8, -9 * i), interpolation="nearest")
        ax.plot([0, 8, 8, 0, 0], -9 * i - np.array([0, 0, 8, 8, 0]), color=palette.REFERENCE, linewidth=1)
    ax.set(xlim=(-0.3, 8.3), ylim=(-9 * len(shown) + 0.7, 0.3), xticks=[], title="One image")
    ax.set_yticks([-9 * i - 4 for i in range(len(shown))], ["as it\nis", "moved"][: len(shown)])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
