"""The panels of the lesson early_stopping."""

from collections.abc import Mapping, Sequence

from mirage.claims.results import Results
from mirage.figures import compared, epochs, large, palette, panels
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "early-stopping-prevents-memorising",
    "early-stopping-lowers-test-loss",
    "early-stopping-raises-test-accuracy",
    "stopped-network-learns-no-wrong-labels",
)
ARMS = (("full run", "no_stopping", palette.UNTREATED), ("stopped", "early_stopping", palette.TREATED))
STOPPING = ("early_stopping", "stop", palette.TREATED, "")
LENGTHS = (
    STOPPING,
    ("no_stopping_100", "100", palette.FURTHER[1], "100 epochs"),
    ("no_stopping_all", "100,\nall", palette.OTHER, "100 epochs, none set aside"),
    ("no_stopping", "300", palette.UNTREATED, "300 epochs"),
)
REAL = (
    STOPPING,
    ("no_stopping", "full", palette.UNTREATED, "full run"),
    ("no_stopping_all", "full,\nall", palette.OTHER, "full run, none set aside"),
)
STOPPED = ("no_stopping", "early_stopping")  # the full run and the stopped one


def lengths(arms: Sequence[tuple[str, str, str, str]], accuracy: str, memorised: str) -> Panel:
    """Wrong labels learned and accuracy on fresh rows, by how training ended, beside the best possible rule.

    `arms` are (arm, tick, colour, key); `accuracy` is the metric of the fresh rows; stopped and arm `memorised` are
    compared by the wrong labels.
    """
    learned, right = "{}.flipped.accuracy", f"{{}}.test.{accuracy}"
    groups = [
        (words, [Column(tick, side.format(arm), color, key) for arm, tick, color, key in arms])
        for words, side in (("wrong labels\nlearned by heart", learned), ("fresh rows\nright", right))
    ]
    others = ((learned, memorised), (right, "no_stopping_all"))
    tested = [(side.format("early_stopping"), side.format(other)) for side, other in others]
    title = "Learned by heart, and of use"
    return compared.scores(groups, "share of these rows", title, (-0.04, 1.1), tested=tested, references=["bayes"])


def loss(others: Sequence[tuple[str, str, str, str]], metric: str) -> Panel:
    """Test loss of the stopped network minus that of others, for every seed; `others` as the arms of `lengths`."""
    changes = {
        tick: (f"early_stopping.test.{metric} - {arm}.test.{metric}", color, "early-stopping-lowers-test-loss")
        for arm, tick, color, _ in others
    }
    return panels.paired_differences(changes, "stopped minus other (nats)", "Test loss")


def as_written(results: Results) -> Panels:
    """Losses over the epochs, accuracies, and the difference of test losses."""
    accuracy = [
        (label, [Column(split, f"{arm}.{split}.accuracy", color) for split in ("train", "test")])
        for label, arm, color in ARMS
    ]
    tested = [tuple(f"{arm}.train.accuracy" for _, arm, _ in ARMS)]
    return [
        (3.9, epochs.kept(*STOPPED, "validation")),
        (3.7, compared.scores(accuracy, "accuracy", "Every seed", (-0.04, 1.04), tested=tested)),
        (2.4, loss([("no_stopping", "full", palette.UNTREATED, "")], "expected_log_loss")),
    ]


def controlled(results: Results) -> Panels:
    """Losses over the epochs, what was learned by heart and what of use, and differences of test losses."""
    return [
        (3.9, epochs.kept(*STOPPED, "validation")),
        (6.0, lengths(LENGTHS, "expected_accuracy", "no_stopping_100")),
        (3.2, loss(LENGTHS[1:], "expected_log_loss")),
    ]


def real(results: Results) -> Panels:
    """What was learned by heart and what of use on real rows, and differences of test losses."""
    return [(4.8, lengths(REAL, "accuracy", "no_stopping")), (2.8, loss(REAL[1:], "log_loss"))]


def headline(results: Mapping[str, Results]) -> Shown:
    """The longer the training, the more wrong labels are learned, and the fewer fresh rows are right."""
    arms = {
        "stopped\nearly": ("early_stopping", palette.TREATED),
        "100\nepochs": ("no_stopping_100", palette.FURTHER[1]),
        "300\nepochs": ("no_stopping", palette.UNTREATED),
    }

    def panel(name: str, number: str, ylabel: str, written: str, lowest: float) -> Panel:
        columns = [Column(tick, f"{arm}.{number}", color) for tick, (arm, color) in arms.items()]
        return large.columns([(name, columns)], ylabel, written, (lowest, None), "bayes")

    wrong = panel("wrong labels given back", "flipped.accuracy", "share of the wrong labels", large.PERCENT, 0)
    right = panel("fresh rows", "test.expected_accuracy", "accuracy", "{:.1%}", 0.6)
    return [(results["controlled"], wrong), (results["controlled"], right)]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
