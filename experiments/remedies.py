"""The panels of the lesson remedies."""

from collections.abc import Mapping, Sequence

from mirage.claims.results import Results
from mirage.figures import compared, large, palette
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels

CLAIMS = ("several-practices-needed", "best-remedy-depends", "no-l1-overfits", "poor-preprocessing-overfits")
LOSS, UNIT = "test.expected_log_loss", "log loss on new rows (nats)"
ALONE = {"l1": "L1", "l2": "L2", "dropout": "drop-\nout", "stopping": "stop-\nping", "small": "small\nnet"}
TOGETHER = {"all": "all,\nweak", "full": "all,\nfull"}


def controlled(results: Results) -> Panels:
    """The loss by practice on two tasks, what leaving one out costs, and the control."""
    differ = [("all but one, above all", left_out()), ("clean: one, above none", against_none())]
    claims = ["l2-is-missed", "clean-l2-changes-nothing"]
    return [
        (6.8, by_practice("noisy", "Few rows, wrong labels")),
        (6.8, by_practice("sparse", "Few rows, useless features", ["bayes"])),
        (6.8, compared.differences(differ, "difference in log loss (nats)", "One left out; the control", claims)),
    ]


def by_practice(task: str, title: str, references: Sequence[str] | None = None) -> Panel:
    """The loss of each practice alone, of all together, and of none on as many and on ten times the rows."""

    def column(tick: str, arm: str, color: str) -> Column:
        return Column(tick, f"{task}_{arm}.{LOSS}", color)

    none = [column("200\nrows", "none", palette.UNTREATED), column("2,000\nrows", "more", palette.INK)]
    alone = [column(tick, arm, palette.TREATED) for arm, tick in ALONE.items()]
    together = [column(tick, arm, palette.OTHER) for arm, tick in TOGETHER.items()]
    groups = [("no practice", none), ("one", alone), ("five", together)]
    return compared.scores(groups, UNIT, title, references=references)


def left_out() -> list[Column]:
    """How much higher the loss is if one of all practices is left out."""
    return [Column(tick, f"noisy_but_{arm}.{LOSS} - noisy_all.{LOSS}", palette.OTHER) for arm, tick in ALONE.items()]


def against_none() -> list[Column]:
    """How much higher the loss is with a practice than with none, where there is next to nothing to remedy."""
    return [
        Column(tick, f"clean_{arm}.{LOSS} - clean_none.{LOSS}", palette.TREATED)
        for arm, tick in ALONE.items()
        if arm != "small"
    ]


def real(results: Results) -> Panels:
    """The loss by practice on three sets."""
    sets = {"digits": "Digits, a fifth of labels wrong", "diabetes": "Diabetes", "tumours": "Tumours"}
    widths = {"digits": 4.4, "diabetes": 5.0, "tumours": 4.0}
    return [(widths[name], on_set(name, title)) for name, title in sets.items()]


def on_set(name: str, title: str) -> Panel:
    """The loss on a set: no practice, also with features as measured, one practice, and four together."""

    def column(tick: str, arm: str, color: str) -> Column:
        return Column(tick, f"{name}_{arm}.test.log_loss", color)

    none = [column("one\nscale", "none", palette.UNTREATED), column("raw", "raw", palette.FURTHER[0])]
    alone = [column(tick, arm, palette.TREATED) for arm, tick in ALONE.items()]
    groups = [("none", none), ("one", alone), ("four", [column("all,\nweak", "but_small", palette.OTHER)])]
    return compared.scores(groups, UNIT, title)


def headline(results: Mapping[str, Results]) -> Shown:
    """None, the best practice alone, all at their own strengths and all weaker, on two tasks."""
    tasks = (("noisy", "wrong labels", "L2\nalone", "l2"), ("sparse", "useless features", "L1\nalone", "l1"))
    groups = [
        (
            name,
            [
                Column("none", f"{task}_none.{LOSS}", palette.UNTREATED),
                Column(best, f"{task}_{arm}.{LOSS}", palette.TREATED),
                Column("all\nfive", f"{task}_all.{LOSS}", palette.OTHER),
            ],
        )
        for task, name, best, arm in tasks
    ]
    return [(results["controlled"], large.columns(groups, UNIT, "{:.2f}", (0, None), "bayes"))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
