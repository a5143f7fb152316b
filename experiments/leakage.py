"""The panels of the lesson leakage."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import compared, large, palette
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panels

CLAIMS = (
    "leaks-flatter",
    "other-leaks-leave-the-model-alone",
    "a-feature-that-knows-the-answer-spoils-the-model",
    "scaling-before-the-split-adds-nothing",
)
HELD_OUT, FRESH = palette.UNTREATED, palette.TREATED
KINDS = {  # by how the names of its arms begin: what it is called, the most flattering first
    "chosen": "features\nchosen",
    "answer": "answer\nknown",
    "smote": "SMOTE",
    "persons": "persons\nmixed",
    "augmented": "noisy\ncopies",
    "time": "time\nshuffled",
    "repeated": "rows\ntwice",
    "scaled": "scaled",
}
SHOWN = ("chosen", "answer", "smote", "persons", "scaled")


def _ways(kind: str) -> tuple[str, str]:
    """The arms of a kind of leak: the wrong way and the right way."""
    endings = {"answer": ("with", "without"), "scaled": ("before", "after")}
    wrong, right = endings.get(kind, ("wrong", "right"))
    return f"{kind}_{wrong}", f"{kind}_{right}"


def _promises(kind: str) -> list[Column]:
    """The wrong way: balanced accuracy on rows held out, and on fresh ones."""
    wrong, _ = _ways(kind)
    words = {"validation": ("held out", HELD_OUT), "test": ("fresh rows", FRESH)}
    return [Column("", f"{wrong}.{split}.balanced_accuracy", color, key) for split, (key, color) in words.items()]


def controlled(results: Results) -> Panels:
    """What is promised and what is got the wrong way; what a leak adds to the score, and what to the model."""
    return [(9.0, _promised), (9.0, _added)]


def real(results: Results) -> Panels:
    """What a leak adds to the score, and what to the model."""
    return [(7.0, _added)]


def _promised(ax: Axes, results: Results) -> None:
    """The wrong way: balanced accuracy on rows held out and on fresh ones."""
    groups = [(label, _promises(kind)) for kind, label in KINDS.items()]
    compared.scores(groups, "balanced accuracy", "The wrong way: promised and got", (0.3, 1.04))(ax, results)


def _added(ax: Axes, results: Results) -> None:
    """What a leak adds to the score held out beyond fresh rows, and to the score on fresh rows."""
    groups = [
        (
            label,
            [
                Column(
                    "",
                    f"{wrong}.validation.balanced_accuracy - {right}.validation.balanced_accuracy",
                    HELD_OUT,
                    "to the score held out",
                ),
                Column("", f"{wrong}.test.balanced_accuracy - {right}.test.balanced_accuracy", FRESH, "to the model"),
            ],
        )
        for kind, label in KINDS.items()
        for wrong, right in [_ways(kind)]
    ]
    compared.differences(groups, "balanced accuracy,\nwrong way minus right way", "What a leak adds")(ax, results)


def headline(results: Mapping[str, Results]) -> Shown:
    """The wrong way: what rows held out promise and fresh rows give, for as many leaks as a slide holds."""
    groups = [(KINDS[kind], _promises(kind)) for kind in SHOWN]
    drawn = large.columns(groups, "balanced accuracy", "{:.0%}", (0.3, None))

    def draw(ax: Axes, half: Results) -> None:
        drawn(ax, half)
        ax.set_xlim(left=-1.0)  # the first mean would cover the axis
        for at, rows, color in ((0.02, "held-out", HELD_OUT), (0.52, "fresh", FRESH)):
            words = f"the wrong way, {rows} rows"
            ax.text(at, -0.03, words, color=color, weight="bold", transform=ax.transAxes, va="top")

    return [(results["controlled"], draw)]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
