"""The panels of the lesson accuracy_paradox."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, large, palette, panels
from mirage.figures.compared import UNIT, Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Line, Panel, Panels, of_reference

CLAIMS = (
    "paradox-recall-low",
    "paradox-caused-by-imbalance",
    "accuracy-inflated",
    "data-not-training-at-fault",
    "shares-outweigh-training-in-overlap",
    "roc-auc-reveals-failure",
)
BALANCED, EXPECTED = "balanced_accuracy", "expected_balanced_accuracy"
LISTED = {"network": 10, "long": 250}, {"equal": 10, "equal_long": 250}
OVERLAPPING = {"overlap": 10, "overlap_long": 250}, {"overlap_equal": 10, "overlap_equal_long": 250}


def as_written(results: Results) -> Panels:
    """Confusion counts, and scores at the listing's shares and with equal classes."""
    rare = {"accu-\nracy": "accuracy", "mean\nrecall": BALANCED, "recall,\nclass 1": "recall", "ROC\nAUC": "roc_auc"}
    equal = {"mean\nrecall": BALANCED, "recall,\nclass 1": "recall"}
    groups = [
        ("one row in eleven", compared.columns("network", "train", rare, palette.UNTREATED)),
        ("equal classes", compared.columns("balanced", "train", equal, palette.TREATED)),
    ]
    return [
        (3.8, panels.confusion("network", "train", palette.UNTREATED, "Training rows, mean")),
        (5.4, compared.scores(groups, "score", "Training rows, every seed", UNIT)),
    ]


def controlled(results: Results) -> Panels:
    """Shares and length of training, two by two, on the listing's rows and overlapping; scores, and recall lost."""
    centred = {"one in eleven, centred": Line({"centred": 10}, "test", EXPECTED, palette.OTHER, "^")}
    scores = {"accu-\nracy": "expected_accuracy", "mean\nrecall": EXPECTED, "ROC\nAUC": "roc_auc"}
    scores |= {"recall,\nclass 0": "expected_recall_0"}
    recalls = {
        "250\nepochs": ("overlap_long", palette.UNTREATED),
        "10\nepochs": ("overlap", palette.UNTREATED),
        "best,\n1 in 11": ("overlap:bayes", palette.REFERENCE),
        "best,\nequal": ("overlap_equal:bayes", palette.REFERENCE),
    }
    lost = [Column(tick, f"{arm}.test.expected_recall", color) for tick, (arm, color) in recalls.items()]
    groups = [
        ("1 in 11, 250 epochs", compared.columns("overlap_long", "test", scores, palette.UNTREATED)),
        ("recall of class 1", lost),
    ]
    return [
        (4.0, _two_by_two(LISTED, centred, "The listing's rows")),
        (4.0, _two_by_two(OVERLAPPING, {}, "Overlapping classes")),
        (7.6, compared.scores(groups, "score", "Overlapping: what tells, and what is lost", UNIT)),
    ]


def _two_by_two(pair: tuple[dict[str, float], dict[str, float]], beside: dict[str, Line], title: str) -> Panel:
    """Balanced accuracy against the epochs, of arms with rare and with equal classes; the best rule at either."""
    rare, equal = pair
    lines = {
        "one row in eleven": Line(rare, "test", EXPECTED, palette.UNTREATED),
        "equal classes": Line(equal, "test", EXPECTED, palette.TREATED, "s-"),
        **beside,
        "bayes, rare": Line(of_reference(rare), "test", EXPECTED),
        "bayes, equal": Line(of_reference(equal), "test", EXPECTED),
    }
    sweep = panels.sweep(lines, "epochs", "balanced accuracy (mean recall)", title)

    def draw(ax: Axes, results: Results) -> None:
        sweep(ax, results)
        low, high = (panels.mean_of(results.values(f"{next(iter(arms))}:bayes", "test", EXPECTED)) for arms in pair)
        if low < high:  # else one line stands for both
            for at, words, va in ((low, "one row in eleven", "top"), (high, "equal classes", "bottom")):
                ax.text(50, at, words, color=palette.REFERENCE, ha="center", va=va, fontsize=13.5)

    return draw


def headline(results: Mapping[str, Results]) -> Shown:
    """The small class found: after short and long training, with rare and with equal classes."""
    found = "test.expected_recall"
    groups = [
        (
            "classes apart, as listed",
            [
                Column("1 in 11,\n10 epochs", f"network.{found}", palette.UNTREATED),
                Column("1 in 11,\n250 epochs", f"long.{found}", palette.OTHER),
            ],
        ),
        (
            "overlapping classes",
            [
                Column("1 in 11,\n250 epochs", f"overlap_long.{found}", palette.OTHER),
                Column("equal,\n250 epochs", f"overlap_equal_long.{found}", palette.TREATED),
            ],
        ),
    ]
    drawn = large.columns(groups, "small class found (recall)", large.PERCENT, (-0.03, None), "bayes")
    return [(results["controlled"], drawn)]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
