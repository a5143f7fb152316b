"""The panels of the lesson stability."""

from collections.abc import Mapping

from mirage.claims.results import Results
from mirage.figures import compared, large, palette
from mirage.figures.compared import Column
from mirage.figures.headline import Shown
from mirage.figures.panels import Panels

CLAIMS = (
    "training-changes-alter-predictions",
    "inconsistency-has-three-sources",
    "inconsistency-means-weak-generalisation",
    "augmentation-less-reliance-on-rows",
)
SIZES = {"8": "_small", "64": "", "256": "_wide"}  # hidden units, and how arms of that size end


def _by_size(arm: str, number: str, color: str) -> list[Column]:
    """A number of the arms of every size."""
    return [Column(units, f"{arm}{end}.{number}", color) for units, end in SIZES.items()]


def _of(arms: Mapping[str, str], number: str, color: str) -> list[Column]:
    """A number of the model of several arms: `arms` maps a tick to each."""
    return [Column(tick, f"{arm}.model.{number}", color) for tick, arm in arms.items()]


CHANGES = {"one": "row", "ten": "ten_rows", "all": "all_rows"}
CHANCE = {"order": "order", "initial\nweights": "init"}
SOURCES = [
    ("rows replaced", _of(CHANGES, "moved", palette.UNTREATED)),
    ("chance", _of(CHANCE, "moved", palette.OTHER)),
    ("control", _of({"same": "nothing"}, "moved", palette.REFERENCE)),
]
HELD_BACK = {"L2": "row_l2", "few\nepochs": "row_short", "noisy\ncopies": "row_noise"}
ONE_ROW = [
    (
        "a fifth of labels wrong,\nheld back by",
        [*_of({"nothing": "row"}, "moved", palette.UNTREATED), *_of(HELD_BACK, "moved", palette.TREATED)],
    ),
    ("none\nwrong", _of({"nothing": "right_row"}, "moved", palette.FURTHER[0])),
]
MOVED = "distance of probabilities"
PAIRS = (("row.model.moved", "init.model.moved"), ("row.model.moved", "row_noise.model.moved"))


def _panels(accuracy: str) -> Panels:
    """What moves answers, how far one row does, and how networks of each size agree and how often they are right."""
    by_size = [
        ("distance,\ninitial weights", _by_size("init", "model.moved", palette.OTHER)),
        ("distance,\nall rows", _by_size("all_rows", "model.moved", palette.UNTREATED)),
        ("accuracy on\nfresh rows", _by_size("init", f"test.{accuracy}", palette.FURTHER[1])),
    ]
    wide = "init_wide" if accuracy == "expected_accuracy" else "init"  # on real rows there are two sizes
    asked = [(f"init_small.test.{accuracy}", f"{wide}.test.{accuracy}")]
    both = "distance; accuracy"
    return [
        (5.4, compared.scores(SOURCES, MOVED, "What moves predictions", (0, None), tested=PAIRS)),
        (5.4, compared.scores(ONE_ROW, MOVED, "One row replaced", (0, None), tested=PAIRS)),
        (6.0, compared.scores(by_size, both, "By number of hidden units", (0, None), tested=asked, references=[])),
    ]


def controlled(results: Results) -> Panels:
    """The panels of made-up rows, whose true probabilities are known."""
    return _panels("expected_accuracy")


def real(results: Results) -> Panels:
    """The same of tumours."""
    return _panels("accuracy")


def headline(results: Mapping[str, Results]) -> Shown:
    """How many decisions two networks make differently, by what differs between them."""
    rows = {"one of\nhundred": "row", "ten of\nhundred": "ten_rows", "all": "all_rows"}
    chance = {"order\nof rows": "order", "initial\nweights": "init"}
    groups = [
        ("only chance differs", _of(chance, "flips", palette.OTHER)),
        ("training rows replaced", _of(rows, "flips", palette.UNTREATED)),
    ]
    return [(results["controlled"], large.columns(groups, "decisions that differ", large.PERCENT, (0, None)))]


if __name__ == "__main__":
    from mirage.cli import figure

    figure.main(__file__)
