"""The panels of the lesson augmentation."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, large, palette
from mirage.figures.compared import Column, Groups
from mirage.figures.headline import Shown
from mirage.figures.panels import Panels

CLAIMS = (
    "augmentation-improves-generalisation",
    "noise-augments-tables",
    "augmentation-depends-on-context",
    "wrong-symmetry-harms",
    "bootstrap-copies-add-nothing",
)
ON_THE_V = (  # by how much is known of the law
    ("no copies", [("none", "none", palette.UNTREATED), ("twice", "new\nrows", palette.REFERENCE)]),
    ("mirror", [("right", "right", palette.TREATED), ("wrong", "wrong", palette.OTHER)]),
    (
        "no knowledge of the V",
        [
            ("bootstrap", "drawn\nagain", palette.FURTHER[0]),
            ("between", "in be-\ntween", palette.FURTHER[0]),
            ("mixup", "mixup", palette.FURTHER[0]),
            ("noise", "noise", palette.FURTHER[1]),
        ],
    ),
)
ON_CLOUDS = (
    (
        "network",
        [
            ("clouds", "none", palette.UNTREATED),
            ("clouds_twice", "new\nrows", palette.REFERENCE),
            ("clouds_bootstrap", "drawn\nagain", palette.FURTHER[0]),
            ("clouds_noise", "noise", palette.FURTHER[1]),
        ],
    ),
    (
        "straight line",
        [
            ("line", "none", palette.UNTREATED),
            ("line_noise", "noise", palette.FURTHER[1]),
            ("line_penalty", "pen-\nalty", palette.FURTHER[2]),
        ],
    ),
)
IMAGES = (
    ("none", "none", palette.UNTREATED),
    ("moved", "moved", palette.TREATED),
    ("mirrored", "mir-\nrored", palette.OTHER),
    ("noise", "noise", palette.FURTHER[1]),
    ("bootstrap", "drawn\nagain", palette.FURTHER[0]),
)
USES = (("centred, as trained on", "test"), ("the same images, moved", "test_moved"))


def _accuracies(groups: tuple[tuple[str, list[tuple[str, str, str]]], ...]) -> Groups:
    """Columns of expected accuracy on fresh rows from (arm, tick, colour)."""
    return [
        (name, [Column(tick, f"{arm}.test.expected_accuracy", color) for arm, tick, color in arms])
        for name, arms in groups
    ]


def sketch(ax: Axes, results: Results) -> None:
    """The training rows of one seed on the two features that decide, and their copies upside down."""
    arm, seed = "wrong", results.plan.seeds[0]
    if arm not in results.plan.arms:
        return
    train = results.splits(arm, seed)[0]["train"]
    rows = len(train.y) // 2  # the copies stand after the rows
    for label, name, color in ((1, "labelled inside", palette.TREATED), (0, "labelled outside", palette.UNTREATED)):
        own, copied = train.x[:rows][train.y[:rows] == label], train.x[rows:][train.y[rows:] == label]
        ax.plot(*own[:, :2].T, "o", color=color, markersize=7, label=f"row {name}")
        ax.plot(*copied[:, :2].T, "x", color=color, markersize=7, label=f"copy {name}")
    ax.plot([-1, 0, 1], [1, -1, 1], color=palette.INK)
    ax.set(xlabel="first feature", ylabel="second feature", title=f"A wrong mirror (seed {seed})")


def controlled(results: Results) -> Panels:
    """What a wrong mirror does to rows, and accuracy on fresh rows with copies of each kind, on the V and on clouds."""
    v = compared.scores(_accuracies(ON_THE_V), "accuracy on fresh rows", "The V: a sharp edge")
    clouds = compared.scores(_accuracies(ON_CLOUDS), "accuracy on fresh rows", "Clouds that overlap", (0.48, 0.79))
    return [(4.4, sketch), (7.2, v), (6.2, clouds)]


def real(results: Results) -> Panels:
    """Accuracy on centred images and on moved ones, with copies of each kind."""
    groups = [
        (name, [Column(tick, f"{arm}.{split}.accuracy", color) for arm, tick, color in IMAGES]) for name, split in USES
    ]
    return [(8.4, compared.scores(groups, "accuracy on fresh images", "Is the digit above 4?", (0.4, 1.02)))]


def headline(results: Mapping[str, Results]) -> Shown:
    """No copies, mirror images of either kind, and new rows."""
    columns = [
        Column("no copies", "none.test.expected_accuracy", palette.UNTREATED),
        Column("a mirror that\nkeeps classes", "right.test.expected_accuracy", palette.TREATED),
        Column("one that\ndoes not", "wrong.test.expected_accuracy", palette.OTHER),
        Column("new rows\ninstead", "twice.test.expected_accuracy", palette.REFERENCE),
    ]
    drawn = large.columns([("", columns)], "accuracy on fresh rows", large.PERCENT, (0.5, 1))
    return [(results["controlled"], drawn)]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
