"""The panels of the lesson robustness."""

from collections.abc import Mapping, Sequence

from mirage.claims.results import Results
from mirage.figures import compared, large, palette
from mirage.figures.compared import Column, Groups
from mirage.figures.headline import Shown
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "dropout-less-reliance-on-neurons",
    "sensitive-to-interactions",
    "sensitivity-worse-in-many-dimensions",
    "feature-engineering-reduces-sensitivity",
    "dropout-no-help-against-noise",
    "l2-steadies-against-noise",
)
Arms = Sequence[tuple[str, str, str]]  # tick, arm and colour
UNIT, NOISE = "worst_unit_decisions", "decisions_moved"
REMEDIES = (
    ("none", "network", palette.UNTREATED),
    ("dropout", "dropout_2", palette.TREATED),
    ("L2", "l2", palette.OTHER),
)
DOSES = (
    REMEDIES[0],
    ("drop\n0.2", "dropout_2", palette.TREATED),
    ("drop\n0.5", "dropout_5", palette.FURTHER[2]),
    REMEDIES[2],
)
BINS = [Column(str(bins), f"binned_{bins}.model.{NOISE}", palette.FURTHER[1]) for bins in (5, 10, 20)]
MANY = (
    ("10", "network", palette.UNTREATED),
    ("30", "many", palette.UNTREATED),
    ("30, ten\ntimes\nthe rows", "many_rows", palette.FURTHER[0]),
)
COMPANY = (("two features\ndecide", "network", palette.UNTREATED), ("one\ndecides", "single", palette.REFERENCE))
MOVED = "share of decisions that change"


def _columns(arms: Arms, number: str) -> list[Column]:
    return [Column(tick, f"{arm}.model.{number}", color) for tick, arm, color in arms]


def _remedies(arms: Arms) -> Panel:
    """What a lost unit moves, and what noise does, by remedy."""
    shown = (("most important unit lost", UNIT), ("noise", NOISE))
    groups = [(label, _columns(arms, number)) for label, number in shown]
    tested = [(f"network.model.{number}", f"dropout_2.model.{number}") for number in (UNIT, NOISE)]
    return compared.scores(groups, MOVED, "Lost units and noise, by remedy", (0, None), tested=tested)


def controlled(results: Results) -> Panels:
    """Lost units and noise by remedy, noise by bins and by the number of features, and features out of company."""
    rows = {"as\ndrawn": "test", "shuf-\nfled": "test_unpaired"}
    company = [
        (label, [Column(tick, f"{arm}.{split}.accuracy", color) for tick, split in rows.items()])
        for label, arm, color in COMPANY
    ]
    inputs = [("bins", BINS), ("features", _columns(MANY, NOISE))]
    return [
        (7.2, _remedies(DOSES)),
        (5.2, compared.scores(inputs, MOVED, "Noise, by bins and by features", (0, None))),
        (4.2, compared.scores(company, "accuracy", "Second feature shuffled", (0.4, 1), references=["bayes"])),
    ]


def real(results: Results) -> Panels:
    """Lost units and noise on digits, by remedy."""
    return [(5.8, _remedies(REMEDIES))]


def headline(results: Mapping[str, Results]) -> Shown:
    """What a lost unit and what noise moves: without a remedy, with dropout, with a penalty."""
    groups: Groups = [
        ("most important hidden unit lost", _columns(REMEDIES, UNIT)),
        ("noise on the inputs", _columns(REMEDIES, NOISE)),
    ]
    return [(results["controlled"], large.columns(groups, "decisions that change", "{:.1%}", (0, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
