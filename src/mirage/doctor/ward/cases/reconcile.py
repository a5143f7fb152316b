"""Numbers that were reported under a name that they do not deserve; made by Keras itself where it makes them."""

from typing import Any

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import case
from mirage.doctor.ward.project import Handed, Project


def _by_keras(metric: Any, labels: Array, scores: Array) -> str:
    """What a metric of Keras says of labels and scores, with four places."""
    metric.update_state(labels, scores)
    return f"{float(metric.result()):.4f}"


def _reported(own: Project, metric: str, value: str) -> Handed:
    return own.handed() | {"reported": {metric: value}}


def _one_hot(own: Project, rows: Array) -> Array:
    return np.eye(len(own.names))[own.y[rows]]


def honest_accuracy(own: Project, random: np.random.Generator) -> Handed:
    """The accuracy that Keras gives of whole numbers as labels."""
    import keras

    test = own.rows("test")
    return _reported(
        own, "accuracy", _by_keras(keras.metrics.SparseCategoricalAccuracy(), own.y[test], own.scores[test])
    )


@case("element-accuracy", twin="sparse_categorical_accuracy, reported honestly", healthy=honest_accuracy, two=False)
def elements(own: Project, random: np.random.Generator) -> Handed:
    """`binary_accuracy` of several columns."""
    import keras

    test = own.rows("test")
    return _reported(own, "accuracy", _by_keras(keras.metrics.BinaryAccuracy(), _one_hot(own, test), own.scores[test]))


@case("share-of-class-zero", twin="sparse_categorical_accuracy, reported honestly", healthy=honest_accuracy, two=False)
def class_zero(own: Project, random: np.random.Generator) -> Handed:
    """`categorical_accuracy` of whole numbers in a column."""
    import keras

    test = own.rows("test")
    value = _by_keras(keras.metrics.CategoricalAccuracy(), own.y[test][:, None], own.scores[test])
    return _reported(own, "accuracy", value)


def honest_recall(own: Project, random: np.random.Generator) -> Handed:
    """The recall of class 1 that a metric object gives."""
    import keras

    test = own.rows("test")
    return _reported(own, "recall", _by_keras(keras.metrics.Recall(), own.y[test], own.scores[test, 1]))


@case(
    "batch-average", twin="the recall of a metric object", healthy=honest_recall, two=True,
    besides=("majority-answered",),
)  # fmt: skip
def batch_average(own: Project, random: np.random.Generator) -> Handed:
    """A function of one's own in `metrics`, which Keras averages over batches."""
    test = own.rows("test")
    batch = int(own.handed()["batch_size"])
    true, said = own.y[test] == 1, own.scores[test, 1] > 0.5
    each, sizes = [], []
    for start in range(0, len(test), batch):
        part = slice(start, start + batch)
        each.append((true[part] & said[part]).sum() / max(true[part].sum(), 1e-7))
        sizes.append(len(true[part]))
    return _reported(own, "recall", f"{np.average(each, weights=sizes):.4f}")


def honest_precision(own: Project, random: np.random.Generator) -> Handed:
    """Of several classes no precision at all: the accuracy, reported honestly."""
    return own.handed()


@case("micro-average", twin="the accuracy, reported honestly", healthy=honest_precision, two=False)
def micro_average(own: Project, random: np.random.Generator) -> Handed:
    """`Precision` over all entries of one-hot labels."""
    import keras

    test = own.rows("test")
    return _reported(own, "precision", _by_keras(keras.metrics.Precision(), _one_hot(own, test), own.scores[test]))


def regression_by_r2(own: Project, random: np.random.Generator) -> Handed:
    """Targets that are numbers, and no accuracy."""
    return {name: value for name, value in _regression(own, random).items() if name != "reported"}


@case(
    "regression-accuracy", twin="a regression without an accuracy", healthy=regression_by_r2,
    besides=("output-loss-mismatch",),
)  # fmt: skip
def regression(own: Project, random: np.random.Generator) -> Handed:
    """`accuracy` among the metrics of a regression."""
    return _regression(own, random)


def _regression(own: Project, random: np.random.Generator) -> Handed:
    test = own.rows("test")
    width = own.x[test].std(axis=0)
    used = width > 0
    target = ((own.x[test] - own.x[test].mean(axis=0))[:, used] / width[used]).sum(axis=1)
    target = target / target.std() + random.normal(0, 0.05, len(test))
    said = target + random.normal(0, 0.3, len(test))
    reported = float(((said > 0.5).astype(float) == target).mean())  # Keras 3
    loss = 0.09 + np.exp(-np.arange(20.0))
    return {
        "predictions": {"y_true": target, "score": said}, "reported": {"accuracy": f"{reported:.4f}"},
        "history": {"loss": list(loss), "val_loss": list(loss * 1.05)},
    }  # fmt: skip


def other_rows(own: Project, random: np.random.Generator) -> Handed:
    """The accuracy of half of the rows: near, by chance another number."""
    test = random.permutation(own.rows("test"))[: len(own.rows("test")) // 2]
    right = (own.scores[test].argmax(axis=1) == own.y[test]).mean()
    return _reported(own, "accuracy", f"{right:.4f}")


@case("unexplained-score", twin="the accuracy of half of these rows", healthy=other_rows, besides=("small-set",))
def another_model(own: Project, random: np.random.Generator) -> Handed:
    """The number of another model, or of another set of rows, a tenth above what these rows give at least."""
    test = own.rows("test")
    right = float((own.scores[test].argmax(axis=1) == own.y[test]).mean())
    missed = 1 - right
    low = right - 0.12 - 0.3 * missed
    return _reported(own, "accuracy", f"{low - 0.05 * random.random():.4f}")
