"""Are labels and predictions in step: the same rows in the same order, the same names for the same classes?"""

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.finding import Answer, CannotTell, Found, Sure, examination, item, of, of_predictions

BY_CHANCE = 1e-5  # how often chance alone may name an order, over all that are looked at
FEWEST = 20  # rows below which order cannot be told
RARE = 1e-4  # of a ranking by chance: how seldom it lies so far below one half
ALIKE = 0.1  # half the sum of the differences between the shares of labels and of predictions: as for one set of rows
ROUNDED = 0.01  # of a promised accuracy
ROOM = 12.0  # standard deviations from chance to all rows that there must be, for chance to be told from skill
SKILLED = 0.15  # how far predictions claim to be right beyond chance before it means something that they are not


def _counts(found: Predictions) -> Array:
    assert found.decisions is not None
    return statistics.confusion(found.truth, found.decisions, len(found.classes))


@of_predictions(
    "shifted-rows",
    needs=("decisions", "classes"),
    tell_apart="permuted-rows: no shift brings agreement back.",
    advice="Compare the ids of the first rows: a generator had been read from before, or a row was lost at the start.",
    pairs=False,
)
def shifted_rows(found: Predictions) -> Answer:
    """Predictions that fit the labels some rows further up or down, and not beside them."""
    counts, n = _counts(found), len(found)
    if n < FEWEST or not counts.sum():
        return None
    assert found.decisions is not None
    lags = statistics.at_every_lag(found.truth, found.decisions, len(found.classes))
    k = int(lags.argmax())
    gain = _z_of_difference(lags[k], lags[0], n)
    at_best = _z(lags[k], counts)
    if k == 0 or min(gain, at_best) < statistics.sure(BY_CHANCE / n):
        return None
    shift = k if k <= n // 2 else k - n
    evidence = (
        item("rows", shift, f"Moved {'down' if shift > 0 else 'up'} by {abs(shift)} rows, predictions agree"),
        item("agreement when moved", lags[k] / n, "on {} of the rows;"),
        item("agreement", lags[0] / n, "as they stand, on {}."),
    )
    return Found("certain", evidence)


@of_predictions(
    "reversed-rows",
    needs=("decisions", "classes"),
    tell_apart="shifted-rows: a shift, not the reverse order, brings agreement back.",
    advice="Reverse one of the two columns, or join them by id.",
    pairs=False,
    unless=("shifted-rows",),
)
def reversed_rows(found: Predictions) -> Answer:
    """Predictions that fit the labels from the last row to the first."""
    n, decided = len(found), found.decisions
    assert decided is not None
    if n < FEWEST:
        return None
    as_it_stands, turned = int((decided == found.truth).sum()), int((decided[::-1] == found.truth).sum())
    if _z_of_difference(turned, as_it_stands, n) < statistics.sure(BY_CHANCE):
        return None
    lags = statistics.at_every_lag(found.truth, decided[::-1], len(found.classes))
    if lags.max() > turned + 1:  # another order explains more
        return None
    evidence = (
        item("agreement when turned around", turned / n, "From the last row to the first, predictions agree on {} of"),
        item("agreement", as_it_stands / n, "the rows; as they stand, on {}."),
    )
    return Found("certain", evidence)


@of_predictions(
    "sorted-rows",
    needs=("scores", "classes"),
    tell_apart="permuted-rows: neither column is in order.",
    advice="Sort whole rows, not one column; join labels and predictions by id.",
    pairs=False,
)
def sorted_rows(found: Predictions) -> Answer:
    """Scores in order of size beside labels that are in no order, and do not follow them."""
    score = found.single if found.single is not None else np.asarray(found.scores).max(axis=1)
    n = len(found)
    if n < FEWEST or len(np.unique(score)) < FEWEST or not (_rises(score) or _rises(-score)):
        return None
    if found.single is not None:
        area = statistics.auc(found.truth, score)
        ones = int((found.truth == 1).sum())
        low, high = statistics.auc_interval(area, ones, n - ones, 0.999)
        if not low <= 0.5 <= high:
            return None  # rows that were sorted by their score, labels and all
        evidence = item("AUC", area, "The scores stand in order of size, and labels do not follow them: AUC {}.")
    else:
        if statistics.depend(_counts(found)):
            return None
        evidence = item("rows", n, "The largest scores of {} rows stand in order of size; labels do not follow them.")
    return Found("likely", (evidence,))


@examination(
    "permuted-rows",
    needs=("decisions", "classes"),
    tell_apart=(
        "a model without skill that is sure of itself: it would be as wrong on these rows in any order; predict them "
        "again, one row at a time, and compare."
    ),
    advice=(
        "Take labels and predictions from the same batches, in one pass: a data set that shuffles gives another order "
        "at every pass. Or use `shuffle=False`. With `reshuffle_each_iteration=False` two passes over the data set "
        "agree, but still not with labels from the original array."
    ),
    pairs=False,
    unless=("shifted-rows", "reversed-rows", "sorted-rows", "constant-scores"),
)
def permuted_rows(bundle: Bundle) -> Answer:
    """Predictions that know the shares of the classes and claim skill, and agree with the labels as chance does.

    A model without skill looks the same. What was reported or stands in the history may tell the two apart.
    """
    found = of(bundle)
    counts = _counts(found)
    n = int(counts.sum())
    if not n or statistics.depend(counts):
        return None
    chance, right = statistics.by_chance(counts), float(np.trace(counts)) / n
    claimed, promised = _claimed(found), _promised(bundle)
    if promised is None and (1 - chance) * n < ROOM * np.sqrt(n * chance * (1 - chance)):
        return CannotTell("more rows, or more of the rarer classes: nothing would stand out from chance here")
    shares = abs(counts.sum(axis=0) - counts.sum(axis=1)).sum() / 2 / n
    # Of rows in any order no more can be right than the shares of labels and predictions have in common.
    if shares > (ALIKE if promised is None else max(ALIKE, 1 - promised + ROUNDED)) or (
        claimed is not None and claimed < chance + SKILLED * (1 - chance)
    ):
        return None
    evidence = [
        item("agreement", right, "Predictions agree with labels on {} of the rows,"),
        item("agreement by chance", chance, "and in any other order on {} (sum of the products of the shares)."),
    ]
    if claimed is not None:
        evidence.append(item("claimed accuracy", claimed, "Taken as probabilities, the scores promise {}."))
    if promised is None:
        if claimed is not None and not statistics.rarely(round(right * n), n, claimed, RARE):
            return None  # scores that promise no more than they keep
        return Found("possible", tuple(evidence))
    if promised < right + SKILLED * (1 - right) or not statistics.rarely(round(right * n), n, promised):
        return None  # so poor was it when labels and predictions came from the same batches
    evidence.append(
        item("promised accuracy", promised, "The accuracy that was reported, or of the history's last epoch, is {}.")
    )
    return Found("certain" if claimed is not None else "likely", tuple(evidence))


def _promised(bundle: Bundle) -> float | None:
    """The accuracy that was reported, else that of the history's last epoch on held-out rows."""
    if "accuracy" in bundle.reported:
        return bundle.reported["accuracy"][0]
    held = bundle.history.get("val_accuracy")
    return float(held[-1]) if held is not None else None


@of_predictions(
    "exchanged-classes",
    needs=("decisions", "classes"),
    tell_apart="a model that confuses two classes takes each for the other at most about as often as for itself.",
    advice="Print the order of names that the labels were made with (`class_indices`, `classes_`), and use that order.",
)
def exchanged_classes(found: Predictions) -> Answer:
    """Two classes or more each of which is hardly ever called by its own name, and nearly always by one other."""
    if len(found.classes) < 3:
        return None
    counts = _counts(found)
    meant = statistics.best_names(counts)
    moved = [code for cycle in statistics.cycles(meant) if _surely(counts, cycle, meant) for code in cycle]
    if not moved:
        return None
    right = np.trace(counts) / counts.sum()
    mended = counts[meant[moved], moved].sum() + sum(counts[c, c] for c in range(len(meant)) if c not in moved)
    names = statistics.listed([f"{found.classes[code]} for {found.classes[meant[code]]}" for code in moved])
    evidence = (
        item("exchanged", names, "Rows are called by another name: {}."),
        item("accuracy", float(right), "As they stand, {} of the rows are right;"),
        item("accuracy with names put right", float(mended / counts.sum()), "with these names corrected, {}."),
    )
    return Found("certain", evidence)


@of_predictions(
    "reversed-classes",
    needs=("decisions", "classes"),
    tell_apart=(
        "permuted-rows: the AUC is near one half, not far below it. A network after too few epochs may rank rows the "
        "wrong way round, too: see too-short."
    ),
    advice="Exchange the two names, or use one minus the score (minus the score, if it is a logit).",
    unless=("batchnorm-not-arrived",),
)
def reversed_classes(found: Predictions) -> Answer:
    """Two classes of which the score ranks the wrong one higher."""
    if len(found.classes) != 2:
        return None
    ones = int((found.truth == 1).sum())
    if not 0 < ones < len(found):
        return None
    if found.scores is None:
        ranked = np.asarray(found.decisions)
    else:
        ranked = found.scores[:, 0] if found.single is not None else found.scores[:, 1] - found.scores[:, 0]
    area, chance = statistics.auc(found.truth, ranked), statistics.ranks_below(found.truth, ranked)
    if chance > RARE:
        return None
    turned = item("AUC turned around", 1 - area, "the other way round it is {}.")
    sure: Sure = "certain" if chance < RARE**2 and area < 0.25 else "likely"
    return Found(sure, (item("AUC", area, "The AUC is {};"), turned))


def _z(agreeing: float, counts: Array) -> float:
    """How far a number of agreeing rows lies above chance, in standard deviations of permutations."""
    n, chance = counts.sum(), statistics.by_chance(counts)
    return float((agreeing / n - chance) / np.sqrt(max(chance * (1 - chance), 1e-12) / n))


def _z_of_difference(one: float, other: float, n: int) -> float:
    """How far two numbers of agreeing rows lie apart, in standard deviations if all rows were to differ by chance."""
    return float((one - other) / np.sqrt(n / 2))


def _rises(values: Array) -> bool:
    return bool((np.diff(values) >= 0).all())


def _claimed(found: Predictions) -> float | None:
    """The accuracy that scores promise if they are probabilities: the mean of the larger one; None of logits."""
    if found.scores is None or found.logits:
        return None
    if found.single is not None:
        return float(np.maximum(found.single, 1 - found.single).mean())
    return float(found.scores.max(axis=1).mean())


def _surely(counts: Array, moved: list[int], meant: Array) -> bool:
    """Whether rows of these classes are called by the other name far more often than by their own, each and together.

    A model that takes them for one another as often as for themselves is not meant, nor the best of all ways to
    exchange names, which chance always finds.
    """
    from scipy.special import gammaln
    from scipy.stats import binom

    own, other, all_ = counts[moved, moved], counts[meant[moved], moved], counts[moved].sum(axis=1)
    if not all_.all() or 2 * other.sum() < all_.sum():
        return False
    rarer = binom.logcdf(other, other + counts[meant[moved], meant[moved]], 0.5)
    if (rarer < np.log(RARE)).any():
        return False  # a class that mostly keeps its name, as where a model calls all others by the next one
    classes, length = len(counts), len(moved)
    ways = gammaln(classes + 1) - gammaln(classes - length + 1) - np.log(length)  # to exchange so many names
    return bool(binom.logsf(other.sum() - 1, own.sum() + other.sum(), 0.5) + ways < np.log(RARE))
