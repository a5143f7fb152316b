"""The formulas behind a reported number, held against Keras itself; and which of them the doctor names."""

import keras
import numpy as np
import pytest

from mirage.doctor import examine, formulas
from mirage.doctor.reading.predictions import predictions

K, N, BATCH = 5, 480, 32
RANDOM = np.random.default_rng(0)
Y = RANDOM.integers(0, K, N)
LOGITS = RANDOM.normal(0, 1, (N, K))
LOGITS[np.arange(N), np.where(RANDOM.random(N) < 0.7, Y, RANDOM.integers(0, K, N))] += 2
P = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
ONE_HOT = np.eye(K)[Y]
RARE = (RANDOM.random(N) < 0.1).astype(int)
RARE_LOGIT = 4 * RANDOM.normal(RARE - 0.5, 0.5) + np.log(RARE.mean() / (1 - RARE.mean()))
RARE_P = 1 / (1 + np.exp(-RARE_LOGIT))
TARGET, PREDICTED = RANDOM.integers(0, 60, N) / 20, RANDOM.normal(1.5, 1, N)  # some targets are 0 or 1


def recall(y, p):
    """Of one's own, as people write it."""
    true, said = keras.ops.round(y), keras.ops.cast(p > 0.5, "float32")
    return keras.ops.sum(true * said) / (keras.ops.sum(true) + 1e-7)


def keras_says(metric, y, scores) -> float:
    """What Keras's evaluate prints of these scores."""
    inputs = keras.Input(scores.shape[1:])
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    model.compile("sgd", lambda y, p: 0 * keras.ops.mean(p), metrics=[metric])
    return float(model.evaluate(scores, y, batch_size=BATCH, verbose=0, return_dict=True)[_name(metric)])


def _name(metric) -> str:
    return metric if isinstance(metric, str) else getattr(metric, "name", getattr(metric, "__name__", ""))


OF_CLASSES = predictions({"y_true": Y} | {f"score_{k}": P[:, k] for k in range(K)}, "here")
OF_TWO = predictions({"y_true": RARE, "score": RARE_P}, "here")
OF_LOGITS = predictions({"y_true": RARE, "score": RARE_LOGIT}, "here")
OF_NUMBERS = predictions({"y_true": TARGET, "score": PREDICTED}, "here")


@pytest.mark.parametrize(
    ("formula", "found", "metric", "y", "scores"),
    [
        (formulas.rows_right, OF_CLASSES, "categorical_accuracy", ONE_HOT, P),
        (formulas.elements_right, OF_CLASSES, "binary_accuracy", ONE_HOT, P),
        (formulas.called_class_zero, OF_CLASSES, "categorical_accuracy", Y[:, None], P),
        (formulas.position_of_largest_label, OF_CLASSES, "categorical_accuracy", Y, P),
        (formulas.micro("precision"), OF_CLASSES, keras.metrics.Precision(name="precision"), ONE_HOT, P),
        (formulas.micro("recall"), OF_CLASSES, keras.metrics.Recall(name="recall"), ONE_HOT, P),
        (formulas.rows_right, OF_TWO, "binary_accuracy", RARE[:, None], RARE_P[:, None]),
        (formulas.cut_at(0.5), OF_LOGITS, "binary_accuracy", RARE[:, None], RARE_LOGIT[:, None]),
        (formulas.over_batches("recall"), OF_TWO, recall, RARE[:, None], RARE_P[:, None]),
        (formulas.equal_after_cut, OF_NUMBERS, "binary_accuracy", TARGET[:, None], PREDICTED[:, None]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_formula_gives_what_keras_prints(formula, found, metric, y, scores):
    assert formula(found, BATCH) == pytest.approx(keras_says(metric, y.astype("float32"), scores), abs=2e-6)


@pytest.mark.parametrize(
    ("cause", "metric", "formula", "handed"),
    [
        ("element-accuracy", "accuracy", formulas.elements_right, {"y_true": Y, "score": P}),
        ("share-of-class-zero", "accuracy", formulas.called_class_zero, {"y_true": Y, "score": P}),
        ("micro-average", "recall", formulas.micro("recall"), {"y_true": Y, "score": P}),
        ("batch-average", "recall", formulas.over_batches("recall"), {"y_true": RARE, "score": RARE_P}),
        ("regression-accuracy", "accuracy", formulas.equal_after_cut, {"y_true": TARGET, "score": PREDICTED}),
    ],
)
def test_a_reported_number_betrays_its_formula_within_its_rounding(cause, metric, formula, handed):
    found = examine(handed, batch_size=BATCH).findings
    assert [one.cause for one in found] == []
    columns = handed if handed["score"].ndim == 1 else {"y_true": Y} | {f"score_{k}": P[:, k] for k in range(K)}
    number = formula(predictions(columns, "here"), BATCH)
    for text in (f"{number:.4f}", f"{100 * number:.2f}%"):
        report = examine(handed, reported={metric: text}, batch_size=BATCH)
        assert [one.cause for one in report.findings] == [cause]


def test_an_honest_number_betrays_nothing():
    right = float((P.argmax(axis=1) == Y).mean())
    assert examine({"y_true": Y, "score": P}, reported={"accuracy": f"{right:.3f}"}).findings == ()


def test_public_numbers_are_those_of_their_formulas():
    """142,544 rows of which argmax over one column finds no positive; 19 classes, right on 0.83 of the rows."""
    y = np.repeat([0, 1], [117253, 25291])
    of_one_column = predictions({"y_true": y, "score": np.linspace(0, 1, len(y))}, "here")
    assert formulas.class_zero_of_one_column(of_one_column, None) == pytest.approx(0.8226, abs=5e-5)
    y = np.repeat(np.arange(19), 1000)
    said = np.where(np.arange(len(y)) % 100 < 83, y, (y + 1) % 19)
    columns = {"y_true": y} | {f"score_{k}": (said == k).astype(float) for k in range(19)}
    assert formulas.elements_right(predictions(columns, "here"), None) == pytest.approx(1 - 2 * 0.17 / 19)
