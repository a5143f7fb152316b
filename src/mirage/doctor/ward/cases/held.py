"""Cases that nobody looked at until thresholds were frozen: known causes that come about in another way."""

import numpy as np

from mirage.doctor.ward.case import ONCE, case, with_predictions
from mirage.doctor.ward.cases.order import by_score, two_alike
from mirage.doctor.ward.project import KNOWN, Handed, Project


@case(
    "exchanged-classes", name="names-off-by-one", twin="a model that cannot tell two classes apart", healthy=two_alike,
    two=False, besides=("unexplained-score", "small-set", "miscalibrated"),
)  # fmt: skip
def names_off_by_one(own: Project, random: np.random.Generator) -> Handed:
    """Codes that begin at 1 read as codes that begin at 0: every class carries the name of the next one."""
    columns = np.roll(np.arange(len(own.names)), 1)
    return with_predictions(own, **own.columns(own.scores[own.rows(*KNOWN)][:, columns]))


@case(
    "shifted-rows", name="header-as-row", twin="whole rows in the order of a score", healthy=by_score,
    besides=("unexplained-score", "missing-rows"),
)  # fmt: skip
def header_as_row(own: Project, random: np.random.Generator) -> Handed:
    """A first line that was taken for a row: all predictions stand one row further down."""
    known = own.rows(*KNOWN)
    scores, test = own.scores[known].copy(), own.split[known] == "test"
    scores[test] = np.roll(scores[test], 1, axis=0)
    return with_predictions(own, **own.columns(scores))


def scaled_on_both_sides(own: Project, random: np.random.Generator) -> Handed:
    """All columns divided by 255 on both sides."""
    return own.handed() | {
        name: own.features(own.rows(name), own.x[own.rows(name)] / 255) for name in ("train", "test", "use")
    }


@case(
    "scaled-column", name="not-rescaled", twin="all columns divided by 255 on both sides",
    healthy=scaled_on_both_sides, besides=("input-shift",),
)  # fmt: skip
def not_rescaled(own: Project, random: np.random.Generator) -> Handed:
    """All columns divided by 255 in training and in the test, and not in use."""
    handed = scaled_on_both_sides(own, random)
    return handed | {"use": own.features(own.rows("use"))}


def named_alike(own: Project, random: np.random.Generator) -> Handed:
    """Labels yes and no, and decisions yes and no."""
    return _named(own, ("no", "yes"))


def _named(own: Project, names: tuple[str, str]) -> Handed:
    known = own.rows(*KNOWN)
    predictions = {
        "y_true": np.array(["no", "yes"])[own.y[known]], "split": own.split[known],
        "y_pred": np.array(names)[own.scores[known].argmax(axis=1)],
    }  # fmt: skip
    tables = {name: _without_labels(own, name) for name in ("train", "test", "use")}
    return own.handed() | tables | {
        "predictions": predictions, **ONCE, "class_weight": {}, "positive": None,
    }  # fmt: skip


def _without_labels(own: Project, name: str) -> dict[str, np.ndarray]:
    return {column: values for column, values in own.features(own.rows(name)).items() if column != "y_true"}


@case("label-types", name="words-for-truths", twin="the same words on both sides", healthy=named_alike, two=True)
def words_for_truths(own: Project, random: np.random.Generator) -> Handed:
    """Labels yes and no, and decisions True and False."""
    return _named(own, ("False", "True"))


def _precision(own: Project, batch: int) -> str:
    """The precision of class 1 on the test rows, as the mean over batches of this size."""
    test = own.rows("test")
    true, said = own.y[test] == 1, own.scores[test, 1] > 0.5
    parts = [slice(start, start + batch) for start in range(0, len(test), batch)]
    each = [(true[part] & said[part]).sum() / max(said[part].sum(), 1e-7) for part in parts]
    return f"{np.average(each, weights=[len(true[part]) for part in parts]):.4f}"


def of_all_rows(own: Project, random: np.random.Generator) -> Handed:
    """The precision over all rows at once."""
    return own.handed() | {"reported": {"precision": _precision(own, len(own.rows("test")))}}


@case(
    "batch-average", name="precision-of-batches", twin="the precision over all rows at once", healthy=of_all_rows,
    two=True, besides=("majority-answered",),
)  # fmt: skip
def precision_of_batches(own: Project, random: np.random.Generator) -> Handed:
    """A precision of one's own in `metrics`, which Keras averages over batches."""
    batch = int(own.handed()["batch_size"])
    return own.handed() | {"reported": {"precision": _precision(own, batch)}}
