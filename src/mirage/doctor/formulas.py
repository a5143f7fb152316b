"""Which formula gives a reported number: everything that is printed under the name of accuracy, precision or recall.

What Keras makes of the word ``accuracy`` depends on shapes, on its version, and on what a metric is told of its inputs;
each formula here was held against Keras itself (``tests/test_doctor_formulas.py``).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.evidence import CUT, Array, Predictions

Formula = Callable[[Predictions, int | None], float | None]  # and the size of a batch, where it counts


@dataclass(frozen=True)
class Named:
    """A formula: in words, and the cause that a reported number betrays which only it gives; None for honest ones."""

    words: str
    cause: str | None
    value: Formula


def one_hot(codes: Array, classes: int) -> Array:
    """Ones and zeros [row, class]."""
    return np.asarray(codes[:, None] == np.arange(classes), dtype=float)


def rows_right(found: Predictions, batch: int | None) -> float | None:
    """Rows decided as they are labelled."""
    return None if found.decisions is None or found.regression else float((found.decisions == found.truth).mean())


def elements_right(found: Predictions, batch: int | None) -> float | None:
    """Entries of one-hot labels that scores cut at one half agree with: Keras's ``binary_accuracy`` on K columns."""
    if found.scores is None or found.single is not None or found.regression:
        return None
    return float(((found.scores > CUT) == one_hot(found.truth, found.scores.shape[1])).mean())


def called_class_zero(found: Predictions, batch: int | None) -> float | None:
    """Rows decided as the first class: ``categorical_accuracy`` of labels in a column of one."""
    if found.decisions is None or len(found.classes) < 3:
        return None
    return float((found.decisions == 0).mean())


def position_of_largest_label(found: Predictions, batch: int | None) -> float | None:
    """``categorical_accuracy`` of labels [row] in Keras 3: rows decided as the position of a batch's largest."""
    if found.decisions is None or len(found.classes) < 3 or batch is None:
        return None
    starts = range(0, len(found), batch)
    right = [(found.decisions[s : s + batch] == found.truth[s : s + batch].argmax()).sum() for s in starts]
    return float(sum(right) / len(found))


def cut_at(cut: float) -> Formula:
    """Rows right if a single score is cut there, whatever it is."""

    def value(found: Predictions, batch: int | None) -> float | None:
        if found.single is None or found.regression:
            return None
        return float(((found.single > cut) == (found.truth == 1)).mean())

    return value


def class_zero_of_one_column(found: Predictions, batch: int | None) -> float | None:
    """The share of the first class, which the largest entry of a single column always says."""
    if found.single is None or found.regression:
        return None
    return float((found.truth == 0).mean())


def cast_to_whole(found: Predictions, batch: int | None) -> float | None:
    """Rows right if a probability is cast to a whole number, 0 unless it is 1."""
    if found.single is None or found.regression or found.logits:
        return None
    return float((found.single.astype(int) == found.truth).mean())


def largest_class(found: Predictions, batch: int | None) -> float | None:
    """The share of the largest class: a constant answer."""
    return None if found.regression else float(np.bincount(found.truth).max() / len(found))


def micro(numerator: str) -> Formula:
    """Precision or recall over all entries of one-hot labels, cut at one half: Keras's ``Precision`` on K columns."""

    def value(found: Predictions, batch: int | None) -> float | None:
        if found.scores is None or found.single is not None or found.regression:
            return None
        said, true = found.scores > CUT, one_hot(found.truth, found.scores.shape[1]) > 0
        among = said.sum() if numerator == "precision" else true.sum()
        return float((said & true).sum() / among) if among else None

    return value


def of_one_class(metric: str) -> Formula:
    """Precision or recall of the second class of two."""

    def value(found: Predictions, batch: int | None) -> float | None:
        if found.decisions is None or len(found.classes) != 2:
            return None
        return _of_class_one(metric, found.truth == 1, found.decisions == 1)

    return value


def over_batches(metric: str) -> Formula:
    """Precision or recall of class 1 averaged over batches: a function of one's own in ``metrics=[f]``."""

    def value(found: Predictions, batch: int | None) -> float | None:
        if found.decisions is None or len(found.classes) != 2 or batch is None:
            return None
        true, said = found.truth == 1, found.decisions == 1
        parts = [slice(start, start + batch) for start in range(0, len(found), batch)]
        each = [_of_class_one(metric, true[part], said[part]) or 0.0 for part in parts]
        sizes = [len(true[part]) for part in parts]
        return float(np.average(each, weights=sizes))

    return value


def _of_class_one(metric: str, true: Array, said: Array) -> float | None:
    among = said.sum() if metric == "precision" else true.sum()
    return float((true & said).sum() / among) if among else None


def equal_after_cut(found: Predictions, batch: int | None) -> float | None:
    """``accuracy`` of a regression in Keras since 2.6: ``(prediction > 0.5) == target``."""
    given = found.single if found.regression else None
    return None if given is None else float(((given > CUT).astype(float) == found.truth).mean())


def equal_after_rounding(found: Predictions, batch: int | None) -> float | None:
    """``accuracy`` of a regression in standalone Keras up to 2.3.1: the prediction, rounded, equals the target."""
    given = found.single if found.regression else None
    return None if given is None else float((np.round(given) == found.truth).mean())


def area(found: Predictions, batch: int | None) -> float | None:
    """The area under the ROC curve of a single score; None where all rows are of one class."""
    if found.single is None or found.regression or len(np.unique(found.truth)) < 2:
        return None
    return statistics.auc(found.truth, found.single)


HONEST: Mapping[str, Formula] = {
    "accuracy": rows_right,
    "precision": of_one_class("precision"),
    "recall": of_one_class("recall"),
    "auc": area,
}

# By metric: what else a number of that name may be, in the order in which it is tried.
OTHERS: Mapping[str, tuple[Named, ...]] = {
    "accuracy": (
        Named("a single score cut at 0.5 though scores are logits", "logits-as-probabilities", cut_at(CUT)),
        Named("the share of entries of one-hot labels that agree, not of rows", "element-accuracy", elements_right),
        Named("the share of rows called the first class", "share-of-class-zero", called_class_zero),
        Named(
            "the share of rows called the position of the largest label in each batch", "share-of-class-zero",
            position_of_largest_label,
        ),
        Named("the largest entry of a single column, always the first", "argmax-one-column", class_zero_of_one_column),
        Named("probabilities cast to whole numbers", "integer-scores", cast_to_whole),
        Named("predictions cut at 0.5 equal to targets", "regression-accuracy", equal_after_cut),
        Named("rounded predictions equal to targets", "regression-accuracy", equal_after_rounding),
        Named("the share of the largest class, a constant answer", "majority-answered", largest_class),
    ),
    "precision": (
        Named("precision over the entries of one-hot labels", "micro-average", micro("precision")),
        Named("the mean of the precision of each batch", "batch-average", over_batches("precision")),
    ),
    "recall": (
        Named("recall over the entries of one-hot labels", "micro-average", micro("recall")),
        Named("the mean of the recall of each batch", "batch-average", over_batches("recall")),
    ),
    "auc": (),
}  # fmt: skip
SYNONYMS = {"acc": "accuracy", "binary_accuracy": "accuracy", "categorical_accuracy": "accuracy",
            "sparse_categorical_accuracy": "accuracy", "val_accuracy": "accuracy", "roc_auc": "auc"}  # fmt: skip


def shown(reported: float, unit: float) -> str:
    """A reported number with the places that it was written with."""
    places = max(0, round(-math.log10(unit)))
    return f"{reported:.{places}f}"


def close(value: float | None, reported: float, unit: float) -> bool:
    """Whether a value is the reported number within its rounding, half a unit of its last place."""
    return value is not None and abs(value - reported) <= unit / 2 * (1 + 1e-6) + 1e-12


def matching(found: Predictions, metric: str, reported: float, unit: float, batch: int | None) -> list[Named]:
    """All formulas but the honest one that give a reported number within its rounding."""
    return [one for one in OTHERS[metric] if close(one.value(found, batch), reported, unit)]
