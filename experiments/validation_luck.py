"""The panels of the lesson validation_luck."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.data.split import Array
from mirage.figures import compared, large, marks, palette
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels, mean_of

CLAIMS = (
    "perfect-validation-deceives",
    "small-validation-hides-overfitting",
    "imbalance-gives-perfect-validation",
    "validation-and-test-disagree",
    "best-of-hundred-flatters",
    "choosing-by-twenty-rows-loses",
)
ROWS = "validation rows"
SEARCHES = (
    ("default,\n20 rows", "best_of_1", palette.UNTREATED),
    ("best of 10,\n20 rows", "best_of_10", palette.FURTHER[1]),
    ("best of 100,\n20 rows", "best_of_100", palette.TREATED),
    ("best of 100,\n200 rows", "best_of_100_by_200", palette.OTHER),
    ("random labels,\n20 rows", "random", palette.FURTHER[0]),
)


def _over_sizes(results: Results, arm: str, number: str) -> dict[int, Array]:
    """A number of every seed [seed] by the rows of the sets that it is about; of sizes that the results have."""
    sizes = results.plan.arms[arm].decision.set_sizes if arm in results.plan.arms else []
    found = {size: results.values(arm, "model", f"{number}_{size}") for size in sizes}
    return {size: values for size, values in found.items() if np.isfinite(values).any()}


def _spread(arm: str, title: str) -> Panel:
    """Where the middle 90 % of sets of each size lie, beside the accuracy on the training rows and on fresh ones."""

    def draw(ax: Axes, results: Results) -> None:
        ends = [_over_sizes(results, arm, end) for end in ("low", "high")]
        if ends[0]:
            sizes = list(ends[0])
            low, high = ([mean_of(values) for values in end.values()] for end in ends)
            ax.fill_between(
                sizes, low, high, color=palette.TREATED, alpha=0.25, linewidth=0, label="middle 90 % of sets"
            )
            for end, label in zip(ends, ("its ends, seed by seed", "_ends"), strict=True):
                marks.sweep(ax, sizes, list(end.values()), palette.TREATED, label, "o-")
        for split, words, color in (
            ("train", "training rows", palette.UNTREATED),
            ("test", "fresh rows", palette.OTHER),
        ):
            accuracy = mean_of(results.values(arm, split, "accuracy"))
            ax.axhline(accuracy, color=color, linestyle="--", linewidth=2.2, label=f"accuracy on {words}")
        _rows_axis(ax, list(ends[0]))
        ax.set(ylabel="accuracy on the set", title=title)

    return draw


def _shares(lines: Sequence[tuple[str, str, str, str, str]], title: str) -> Panel:
    """Shares of sets against their size: each line a label, arm, number, colour and style."""

    def draw(ax: Axes, results: Results) -> None:
        sizes: list[int] = []
        for label, arm, number, color, style in lines:
            over = _over_sizes(results, arm, number)
            sizes = max(sizes, list(over), key=len)
            if over and number == "binomial":
                means = [mean_of(values) for values in over.values()]
                ax.plot(list(over), means, style, color=color, linewidth=2, label=label, zorder=3)
            elif over:
                marks.sweep(ax, list(over), list(over.values()), color, label, style)
        _rows_axis(ax, sizes)
        ax.set(ylabel="share of sets", title=title, ylim=compared.UNIT)

    return draw


def _rows_axis(ax: Axes, sizes: Sequence[int]) -> None:
    """Sizes of sets on a logarithmic axis, each by its number."""
    ax.set_xscale("log")
    ax.set_xticks(list(sizes), [f"{size:,}" for size in sizes])
    ax.set_xticks([], minor=True)
    ax.set_xlabel(ROWS)


def _chosen(names: Sequence[str]) -> list[tuple[str, list[Column]]]:
    """Columns of what a chosen setting scores on its own rows, those that chose it, and on fresh ones."""
    return [
        (
            label,
            [
                Column(tick, f"{arm}.model.{rows}_accuracy", color)
                for tick, rows in (("own", "watched"), ("fresh", "fresh"))
            ],
        )
        for label, arm, color in SEARCHES
        if arm in names
    ]


def controlled(results: Results) -> Panels:
    """What sets of each size say of a network, how they mislead, and what the setting scores that they choose."""
    shares = [
        ("perfect, one row in 100 rare", "rare", "perfect", palette.FURTHER[0], "^--"),
        ("perfect, equal classes", "memorising", "perfect", palette.UNTREATED, "o-"),
        ("show less than half of the gap", "memorising", "missed", palette.OTHER, "s:"),
        ("perfect, by the binomial", "memorising", "binomial", palette.REFERENCE, ":"),
    ]
    searches = _chosen([arm for _, arm, _ in SEARCHES])
    title = "The best setting, on rows that chose it (own) and fresh ones"
    return [
        (4.6, _spread("memorising", "What a set says")),
        (4.6, _shares(shares, "How sets mislead")),
        (8.6, compared.scores(searches, "accuracy", title, references=[])),
    ]


def real(results: Results) -> Panels:
    """The share of sets on which a logistic regression makes no mistake, and what chosen settings score."""
    shares = [
        ("perfect, logistic regression", "logistic", "perfect", palette.TREATED, "o-"),
        ("perfect, by the binomial", "logistic", "binomial", palette.REFERENCE, ":"),
    ]
    return [
        (4.0, _shares(shares, "Sets without a mistake")),
        (4.6, compared.scores(_chosen(["best_of_1", "best_of_100"]), "accuracy", "The best setting", references=[])),
    ]


def headline(results: Mapping[str, Results]) -> Shown:
    """How often a model that errs makes no mistake on a set of each size; and the best of a hundred settings."""
    sizes = [
        Column(f"{size}\nrows", f"logistic.model.perfect_{size}", palette.UNTREATED)
        for size in results["real"].plan.arms["logistic"].decision.set_sizes
    ]
    best = [
        Column("on the\n20 rows", "best_of_100.model.watched_accuracy", palette.TREATED),
        Column("on fresh\nrows", "best_of_100.model.fresh_accuracy", palette.TREATED),
    ]
    default = [Column("on fresh\nrows", "best_of_1.model.fresh_accuracy", palette.OTHER)]
    groups = [("best of\n100 settings", best), ("default", default)]
    return [
        (
            results["real"],
            large.columns([("validation sets of tumours", sizes)], "sets without a mistake", large.PERCENT, (0, None)),
        ),
        (results["controlled"], large.columns(groups, "accuracy, made-up data", "{:.0%}", (0.8, None))),
    ]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
