"""Does the model meet in use what it was trained on: units, columns, shares of classes, the same inputs?"""

from collections.abc import Sequence

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.comparing import MOST_VALUES, Kind, Move, few, unit
from mirage.doctor.evidence import Array, Bundle, Features, Predictions
from mirage.doctor.finding import Answer, CannotTell, Found, Item, examination, item

NAMED = {  # factors, and what they usually are
    255.0: "pixels that are divided by 255 in one place only",
    1 / 255: "pixels that are divided by 255 in one place only, or twice",
    1000.0: "numbers in thousands, or units such as g and kg",
    1 / 1000: "numbers in thousands, or units such as g and kg",
    100.0: "percentages, or units such as cm and m",
    1 / 100: "percentages, or units such as cm and m",
}
KELVIN = 273.15
NEAR = 0.1  # of a named factor: what is estimated from a few hundred rows may be off by so much
LEVEL = 1e-3  # of moved shares by chance, over all classes
SHARE = 0.1  # by which a class's share has to move, or
EXACT = 1e-4  # by which mean and deviation of rows that a scaler was fitted on differ from 0 and 1
ODDS = 2.0  # the factor by which its odds have to


def known(bundle: Bundle) -> Features:
    """The rows whose law the model knows: of training, else of the test."""
    assert bundle.known is not None
    return bundle.known


def moved(bundle: Bundle) -> list[Move] | CannotTell:
    """Columns that differ between training and use; what is needed where there are too few rows to tell."""
    assert bundle.use is not None
    if few(known(bundle), bundle.use):
        return CannotTell("more rows in --use and --train: too few to compare columns")
    return bundle.moves


def _of_kind(bundle: Bundle, *kinds: Kind) -> list[Move] | CannotTell:
    found = moved(bundle)
    return found if isinstance(found, CannotTell) else [move for move in found if move.kind in kinds]


@examination(
    "exchanged-columns",
    needs=("known", "use"),
    tell_apart="input-shift: a column that moved fits no other column of training.",
    advice=(
        "Select columns by name, in the order that the model was trained with; read images as RGB or as BGR in both "
        "places (OpenCV reads BGR)."
    ),
    pairs=False,
)
def exchanged_columns(bundle: Bundle) -> Answer:
    """Columns of use that hold what other columns held in training, each the other's."""
    found = _of_kind(bundle, "exchanged")
    if isinstance(found, CannotTell):
        return found
    if not found:
        return None
    names = statistics.listed([f"{move.source} in {move.column}" for move in found])
    evidence = (
        item("columns", len(found), f"{{}} of {len(known(bundle).columns):,} columns hold in use the values that "
             f"another column had in training: {names}."),
        *_distances(found, "held against that column"),
    )  # fmt: skip
    return Found("likely", evidence)


@examination(
    "scaled-column",
    needs=("known", "use"),
    tell_apart="input-shift: no factor brings the whole distribution back, quantile by quantile.",
    advice=(
        "Put scaling into the model or one pipeline with it, so that it is done exactly once, in training and in use, "
        "with the constants of training."
    ),
    pairs=False,
)
def scaled_column(bundle: Bundle) -> Answer:
    """Columns whose values in use are a factor times those of training, or were or were not put through a scaler."""
    found = _of_kind(bundle, "scaled", "scaler", "shifted")
    if isinstance(found, CannotTell):
        return found
    if not any(move.kind == "scaler" for move in found):
        found = [move for move in found if move.kind == "scaled"]
    if not found:
        return None
    ratio = float(np.median([move.factor for move in found]))
    some = statistics.listed([f"{move.column} ({move.factor:.3g})" for move in found])
    evidence = [
        item("columns", len(found), f"{{}} of {len(known(bundle).columns):,} columns are scaled: {some}."),
        item("factor", ratio, f"Values in use are {{}} times those of training{_factor(bundle, found, ratio)}."),
    ]
    if any(move.kind == "scaler" for move in found):
        first = next(move for move in found if move.kind == "scaler")
        there = "training" if unit(known(bundle).columns[first.column]) else "use"
        evidence.append(
            item("scaled by a scaler", there, "In {} these columns look as a scaler leaves them, on the other "
                 "side they do not: it was applied on one side only.")
        )  # fmt: skip
    return Found("likely", (*evidence, *_distances(found, "with that undone")))


def _factor(bundle: Bundle, found: Sequence[Move], ratio: float) -> str:
    """What a factor usually is, where it is known."""
    named = [said for factor, said in NAMED.items() if abs(ratio / factor - 1) < NEAR]
    if named:
        return f", as with {named[0]}"
    assert bundle.use is not None
    for there, table in (("use", bundle.use), ("training", known(bundle))):
        if all(abs(np.nanstd(table.columns[move.column]) - 1) < NEAR for move in found):
            return f"; in {there} the standard deviation is 1: a scaler was applied there only"
    return ""


@examination(
    "shifted-column",
    needs=("known", "use"),
    tell_apart="input-shift: the spread or the shape differs too, or the move is small beside the spread.",
    advice=(
        "Compare units and what is subtracted (a mean, degrees Celsius against kelvin); do it in one pipeline for "
        "training and use."
    ),
    pairs=False,
)
def shifted_column(bundle: Bundle) -> Answer:
    """Columns to whose values a constant was added, with the same spread and shape."""
    found = _of_kind(bundle, "shifted", "scaler")
    if isinstance(found, CannotTell):
        return found
    if not found or any(move.kind == "scaler" for move in found):
        return None  # see scaled-column
    some = statistics.listed([f"{move.column} ({move.constant:+.4g})" for move in found])
    evidence = [item("columns", len(found), f"{{}} of {len(known(bundle).columns):,} columns are shifted: {some}.")]
    evidence += [item("constant", move.constant, f"In use {move.column} differs by {{}}{_constant(bundle, move)}.")
                 for move in found[:3]]  # fmt: skip
    return Found("likely", (*evidence, *_distances(found, "with that undone")))


def _constant(bundle: Bundle, move: Move) -> str:
    assert bundle.use is not None
    here, there = (table.columns[move.column] for table in (known(bundle), bundle.use))
    spread = float(np.nanstd(here))
    if abs(abs(move.constant) - KELVIN) < 0.2 * spread:
        return ", as between degrees Celsius and kelvin"
    for where, values in (("training", here), ("use", there)):
        if abs(np.nanmean(values)) < 4 * spread / np.sqrt(len(values)):
            return f"; in {where} its mean is 0: a mean was subtracted there only"
    return ""


@examination(
    "prior-shift",
    needs=("labels of both",),
    tell_apart="input-shift: rows of one class look different from rows of the same class in training.",
    advice=(
        "Correct the odds of the scores for the new shares, or choose a new threshold; the accuracy of one side says "
        "little about the other. A scaler fitted again on such rows hides the change: use that of training."
    ),
    lesson="prior_shift",
    pairs=False,
)
def prior_shift(bundle: Bundle) -> Answer:
    """Classes whose share, in use or in the test, differs from training's, beyond chance and by enough to matter.

    Enough is a tenth of the rows, or a factor of two in the odds.
    """
    from scipy.stats import fisher_exact

    old, new = bundle.trained_on, bundle.met
    assert old is not None and new is not None
    where = "in use" if new is bundle.use else "of the test"
    before, now = _labels(old), _labels(new)
    names = np.unique(np.concatenate([before, now]))
    if not 1 < len(names) <= MOST_VALUES:
        return None
    evidence: list[Item] = []
    for name in names:
        counts = np.array([[(side == name).sum(), (side != name).sum()] for side in (before, now)], dtype=float)
        shares = counts[:, 0] / counts.sum(axis=1)
        alike = [[_alike(side, names_of == name)] for side, names_of in ((old, before), (new, now))]
        table = np.round(counts / np.array(alike)).astype(int)
        odds = [share / max(1 - share, 1e-12) for share in (shares + 1e-12)]
        matters = abs(shares[0] - shares[1]) >= SHARE or max(odds) / min(odds) >= ODDS
        if matters and fisher_exact(table).pvalue * len(names) < LEVEL:
            said = f"{{}} of the rows {where} are of class {name}, in training {shares[0]:.3g}."
            evidence.append(item(f"share of {name}", float(shares[1]), said))
    if evidence and (columns := refitted(bundle)):
        said = "{} columns have mean 0 and standard deviation 1 exactly, in use too: the scaler was fitted again there."
        evidence.append(item("columns of a scaler fitted again", columns, said))
    if evidence:
        return Found("likely", tuple(evidence))
    return None if where == "in use" else CannotTell("y_true in --use: training and test have the same shares")


Labelled = Features | Predictions


def _labels(side: Labelled) -> Array:
    assert side.truth is not None
    if isinstance(side, Predictions):
        return np.array(side.classes, dtype=str)[side.truth]
    return side.truth.astype(str)


def _alike(side: Labelled, of_class: Array) -> float:
    """How many rows of a side say as much of a share as one row alone."""
    if "group" not in side.about:
        return 1.0
    return statistics.design_effect(of_class.astype(float), side.about["group"].astype(str))


def refitted(bundle: Bundle) -> int:
    """How many columns of use have mean 0 and deviation 1 to rounding, as only rows do that a scaler was fitted on.

    Zero where training's columns are not standardised.
    """
    if bundle.use is None or bundle.known is None or few(known(bundle), bundle.use):
        return 0
    return sum(
        bool(abs(np.nanmean(values)) < EXACT and abs(np.nanstd(values) - 1) < EXACT)
        and unit(known(bundle).columns[name])
        for name, values in zip(bundle.use.numeric, bundle.use.numbers.T, strict=True)
    )


@examination(
    "input-shift",
    needs=("known", "use"),
    tell_apart="prior-shift: within each class, rows look as they did in training.",
    advice=(
        "Find out what is new about these rows, and label some of them: the score of the test rows does not hold for "
        "them until it has been measured there."
    ),
    lesson="robustness",
    pairs=False,
    unless=("exchanged-columns", "scaled-column", "shifted-column"),
)
def input_shift(bundle: Bundle) -> Answer:
    """Columns whose distribution in use is another one than in training, by enough to matter, and nothing undoes it.

    With labels on both sides, beyond what the shares of classes move; without them, that may be the reason.
    """
    found = _of_kind(bundle, "other")
    if isinstance(found, CannotTell):
        return found
    if not found:
        return None
    found = sorted(found, key=lambda move: -move.before)
    some = statistics.listed([f"{move.column} ({move.before:.2g})" for move in found])
    evidence = [
        item("columns", len(found), f"{{}} of {len(known(bundle).columns):,} columns moved, largest first: {some}."),
        item("largest difference", found[0].before, "The distribution functions of "
             f"{found[0].column} in training and in use differ by up to {{}} (0 is the same, 1 is no overlap)."),
    ]  # fmt: skip
    assert bundle.use is not None
    if known(bundle).truth is None or bundle.use.truth is None:
        evidence.append(
            item("labels", None, "Labels on both sides would tell whether only the shares of classes moved.")
        )
    return Found("likely", tuple(evidence))


def _distances(found: Sequence[Move], undone: str) -> tuple[Item, Item]:
    """How far distributions lie apart, and what is left."""
    before, after = (float(np.median([getattr(move, name) for move in found])) for name in ("before", "after"))
    return (
        item("difference", before, "The distribution functions differ by up to {} as they stand (median of columns)"),
        item("difference left", after, f"and by {{}} {undone}."),
    )
