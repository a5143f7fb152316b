"""The panels of the lesson early_stopping_on_test."""

from collections.abc import Mapping

from mirage.claims.results import Results
from mirage.figures import compared, epochs, large, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panels

CLAIMS = (
    "score-on-stopping-set-flatters",
    "watched-loss-flatters",
    "flattery-on-random-labels",
    "more-stopping-rows-flatter-less",
    "held-out-accuracy-stays-low",
    "stops-when-accuracy-falls",
)
ARMS = (("no_stopping", "full run"), ("early_stopping", "stopped"))
STOPPED = ("no_stopping", "early_stopping")  # the full run and the stopped one
STOPPED_BY = (
    ("random", "20,\nrandom\nlabels", palette.OTHER),
    ("stopped", "20", palette.TREATED),
    ("stopped_200", "200", palette.FURTHER[2]),
)
RULES = (  # what is watched, and the patience in epochs
    ("loss,\npatience", [Column("10", "stopped.model.stopped_epochs", palette.TREATED)]),
    (
        "accuracy,\npatience",
        [
            Column("10", "by_accuracy.model.stopped_epochs", palette.FURTHER[0]),
            Column("0", "first_fall.model.stopped_epochs", palette.FURTHER[1]),
        ],
    ),
)
ROWS = (
    (
        "full run",
        [
            Column("own\nrows", "no_stopping.train.accuracy", palette.UNTREATED),
            Column("fresh", "no_stopping.test.accuracy", palette.UNTREATED),
        ],
    ),
    (
        "stopped\nby loss",
        [
            Column("watched", "stopped.model.watched_accuracy", palette.TREATED),
            Column("fresh", "stopped.model.fresh_accuracy", palette.TREATED),
        ],
    ),
    ("at first fall\nof accuracy", [Column("fresh", "first_fall.model.fresh_accuracy", palette.FURTHER[1])]),
)


def as_written(results: Results) -> Panels:
    """Losses over the epochs, and accuracies."""
    return [
        (5.0, epochs.kept(*STOPPED, "test")),
        (5.0, panels.two_by_two(*ARMS, "accuracy", "accuracy")),
    ]


def controlled(results: Results) -> Panels:
    """How far watched scores are too good, accuracy on the rows of each kind, and when rules stop."""
    score, cost = (
        "{0}.model.watched_accuracy - {0}.model.fresh_accuracy",
        "{0}.model.fresh_log_loss - {0}.model.watched_log_loss",
    )
    flattery = [
        (words, [Column(label, side.format(arm), color) for arm, label, color in STOPPED_BY])
        for words, side in (("accuracy", score), ("log loss (nats)", cost))
    ]
    tested = [("by_accuracy.model.stopped_epochs", "first_fall.model.stopped_epochs")]
    margins = ("score-on-stopping-set-flatters", "watched-loss-flatters")
    title = "Watched rows against fresh ones"
    return [
        (6.2, compared.differences(flattery, "by how much too good", title, margins)),
        (5.4, compared.scores(ROWS, "accuracy", "Rows of each kind", (0.5, 1.04), references=["bayes"])),
        (3.6, compared.scores(RULES, "epochs trained", "When training ends", (0, None), tested=tested)),
    ]


def headline(results: Mapping[str, Results]) -> Shown:
    """What the rows that stopped a training say, beside fresh rows."""
    scored = {"rows that\nstopped it": "watched", "fresh\nrows": "fresh"}
    groups = [
        (name, [Column(tick, f"{arm}.model.{rows}_accuracy", color) for tick, rows in scored.items()])
        for name, arm, color in (
            ("random labels", "random", palette.UNTREATED),
            ("labels that can be learned", "stopped", palette.TREATED),
        )
    ]
    return [(results["controlled"], large.columns(groups, "accuracy", "{:.1%}", (0.4, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
