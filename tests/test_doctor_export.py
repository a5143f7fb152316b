"""What the doctor reads, written from a model: labels and predictions of the same rows, whatever hands them over."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from mirage.doctor import BadInput, examine, export
from mirage.doctor.reading import tables

N = 300
random = np.random.default_rng(0)
X = random.normal(size=(N, 4)).astype("float32")
TWO = (X[:, 0] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.4, 0.4])
NAMES = ["cat", "dog", "=horse"]


def taught(units: int) -> Any:
    """A model that knows the rule, without training: its scores are those of a hand-made kernel."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, "sigmoid" if units == 1 else "softmax")])
    kernel, bias = np.zeros((4, units), "float32"), np.zeros(units, "float32")
    kernel[0] = [9.0] if units == 1 else [-9.0, 0.0, 9.0]
    bias[:] = [0.0] if units == 1 else [-3.6, 0.0, -3.6]
    model.layers[-1].set_weights([kernel, bias])
    return model


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Rows in batches, anew in another order after each epoch, as many generators do."""

    def __init__(self, y: Any) -> None:
        super().__init__()
        self.y, self.order = y, np.random.default_rng(1).permutation(N)

    def __len__(self) -> int:
        return -(-N // 32)

    def __getitem__(self, place: int) -> Any:
        rows = self.order[place * 32 : (place + 1) * 32]
        return X[rows], self.y[rows]


def shuffled(y: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices((X, y)).shuffle(N).batch(32)


WAYS = {
    "arrays": lambda y: (X, y),
    "a column of labels": lambda y: (X, np.asarray(y).reshape(N, -1)),
    "a dataset that reshuffles": shuffled,
    "a PyDataset": Batches,
    "a list of batches": lambda y: [(X[:100], y[:100]), (X[100:], y[100:])],
    "a generator": lambda y: ((X[s : s + 50], y[s : s + 50]) for s in range(0, N, 50)),
    "labels by the output's name": lambda y: (X, {"only": y}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("units", "y"), [(1, TWO), (3, THREE), (3, np.eye(3)[THREE])], ids=["one unit", "classes", "one-hot"]
)
def test_labels_and_predictions_are_in_step_whatever_hands_the_rows_over(
    tmp_path: Path, way: str, units: int, y: Any
) -> None:
    report = examine(export.predictions(taught(units), tmp_path / "p.csv", test=WAYS[way](y)))
    assert report.score is not None and report.score.n == N and report.score.value == 1
    assert report.findings == () or report.findings[0].sure == "possible"


def test_splits_names_weights_and_ids_are_written(tmp_path: Path) -> None:
    weighted = tf.data.Dataset.from_tensor_slices((X, THREE, np.linspace(1, 2, N))).batch(64)
    file = export.predictions(
        taught(3), tmp_path / "p.csv", train=weighted, test=(X[:50], THREE[:50]), classes=NAMES,
        ids={"test": [f"00{n}" for n in range(50)]},
    )  # fmt: skip
    table = pd.read_csv(file, dtype=str, na_filter=False)
    assert list(table) == ["split", "y_true", "score_cat", "score_dog", "score_=horse", "weight", "id"]
    assert table["split"].value_counts().to_dict() == {"train": N, "test": 50}
    assert set(table["y_true"]) == {"cat", "dog", "'=horse"} and table["id"][N] == "000"
    report = examine(file)
    assert report.score is not None and (report.score.value, report.score.n) == (1, 50)
    np.testing.assert_array_equal(table["score_cat"].astype("float32"), taught(3).predict(np.r_[X, X[:50]])[:, 0])


def test_a_single_score_says_which_class_it_is_for(tmp_path: Path) -> None:
    file = export.predictions(taught(1), tmp_path / "p.csv", test=(X, TWO), classes=["no cat", "cat"])
    assert file.read_text().startswith('"split","y_true","score_cat"\n')
    assert examine(file, reported={"auc": "1.0"}).score == examine(file, positive="cat").score
    with pytest.raises(BadInput, match="^positive: got no cat, expected cat as the only column of scores is score_cat"):
        examine(file, positive="no cat")


@pytest.mark.parametrize(
    ("model", "y", "columns"),
    [
        (LogisticRegression(), TWO, "score y_pred"),
        (LogisticRegression(), np.array(["a", "b"])[TWO], "score_b y_pred"),
        (make_pipeline(StandardScaler(), LogisticRegression()), THREE, "score_0 score_1 score_2 y_pred"),
        (LinearSVC(), np.array(NAMES)[THREE], "score_=horse score_cat score_dog y_pred"),
        (LinearSVC(), TWO * 2 - 1, "score_1 y_pred"),
        (SVC(decision_function_shape="ovo"), THREE, "score_0 score_1 score_2 y_pred"),
        (LinearRegression(), X[:, 0], "score"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_models_of_scikit_learn_say_their_classes_themselves(tmp_path: Path, model: Any, y: Any, columns: str) -> None:
    model.fit(X, y)
    file = export.predictions(model, tmp_path / "p.csv", test=(X, y))
    assert list(pd.read_csv(file))[2:] == columns.split()
    report = examine(file)
    expected = model.score(X, y)
    assert report.score is not None and report.score.value == pytest.approx(expected)


def test_as_many_scores_as_pairs_of_classes_are_no_scores_of_classes(tmp_path: Path) -> None:
    y = np.digitize(X[:, 0], [-0.6, 0, 0.6])
    model = SVC(decision_function_shape="ovo").fit(X, y)
    assert list(pd.read_csv(export.predictions(model, tmp_path / "p.csv", test=(X, y)))) == [
        "split",
        "y_true",
        "y_pred",
    ]


def test_a_callback_writes_both_when_training_ends(tmp_path: Path) -> None:
    model = taught(1)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    last = export.callback(tmp_path, train=shuffled(TWO), test=(X, TWO))
    fitted = model.fit(X, TWO, epochs=3, validation_split=0.2, callbacks=[last], verbose=0)
    assert json.loads((tmp_path / "history.json").read_text()) == fitted.history
    report = examine(tmp_path / "predictions.csv", history=tmp_path / "history.json", batch_size=32)
    assert report.score is not None and report.score.value > 0.9
    written = (tmp_path / "history.json").read_text()
    assert export.history(fitted, tmp_path / "h.json").read_text() == written


def test_metrics_that_are_arrays_do_not_keep_a_history_from_being_read(tmp_path: Path) -> None:
    numbers = {"loss": [0.5, 0.4], "f1": [np.array([0.1, 0.2]), np.array([0.3, 0.4])], "accuracy": [0.5, 0.6]}
    report = examine(history=export.history(numbers, tmp_path / "h.json"))
    assert report.findings == ()


def forked() -> Any:
    inputs = keras.Input((4,))
    return keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(2)(inputs)])


@pytest.mark.parametrize(
    ("model", "about", "line"),
    [
        (taught(1), {}, "export: got no rows, expected train, validation or test"),
        (taught(1), {"test": (X,)}, "test: got tuple without labels, expected (x, y), (x, y, weight), or batches"),
        (taught(1), {"test": X}, "test: got ndarray without labels, expected (x, y)"),
        (taught(1), {"test": 3}, "test: got int, expected (x, y)"),
        (taught(1), {"test": []}, "test: got no rows, expected one at least"),
        (taught(1), {"test": (X, TWO[:-1])}, "test: got 300 of score, 299 of y, expected as many rows of each"),
        (taught(3), {"test": (X, THREE + 1)}, "test: got the label 3, expected one of 0, 1, 2"),
        (taught(3), {"test": (X, X[:, :3])}, "test: got labels [row, class] that are not one-hot"),
        (taught(3), {"test": (X, np.eye(4)[THREE])}, "test: got labels of 4 classes, expected 3 as scores are"),
        (taught(3), {"test": (X, THREE), "classes": ["a", "b"]}, "classes: got 2 names, expected 3"),
        (taught(3), {"test": (X, THREE), "classes": ["a", "b", "NA"]}, "classes: got a, b, NA, expected different"),
        (taught(1), {"test": shuffled(TWO), "ids": {"test": range(N)}}, "ids: got those of test, expected those of a"),
        (taught(1), {"test": (X, TWO), "ids": {"test": range(3)}}, "ids: test: got 3, expected one for each of 300"),
        (forked(), {"test": (X, TWO)}, "model: got 2 outputs, expected one"),
        (object(), {"test": (X, TWO)}, "model: got object, expected one of Keras or scikit-learn"),
    ],
    ids=lambda value: "",
)
def test_what_cannot_be_written_is_one_line(tmp_path: Path, model: Any, about: Any, line: str) -> None:
    with pytest.raises(BadInput) as error:
        export.predictions(model, tmp_path / "p.csv", **about)
    assert line in str(error.value) and "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_batches_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 1000)
    with pytest.raises(BadInput, match="test: got more than 1,000 rows, expected batches that end"):
        export.predictions(taught(1), tmp_path / "p.csv", test=shuffled(TWO).repeat())


def test_an_older_file_stays_whole_if_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = export.predictions(taught(1), tmp_path / "p.csv", test=(X, TWO))
    before = file.read_bytes()

    def full(*names: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        export.predictions(taught(1), file, test=(X, 1 - TWO))
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


CELL = st.text(st.sampled_from("=+-@'\t\r\n ,;\"|!ab01."), min_size=1, max_size=6).map(str.strip).filter(bool)


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(CELL, min_size=2, max_size=5, unique=True))
def test_a_spreadsheet_runs_no_cell_and_the_doctor_reads_them_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    values = np.array(cells, dtype=object)
    written = tables.guarded(values)
    for cell in written:
        assert cell[0] not in "=+-@\t\r" or cell.replace(".", "").lstrip("+-").isdigit()
    file = tmp_path_factory.mktemp("cells") / "p.csv"
    pd.DataFrame({"y_true": [0] * len(cells), "id": written}).to_csv(file, index=False, quoting=csv.QUOTE_NONNUMERIC)
    assert tables.read(file, "predictions")["id"].tolist() == cells


def test_one_column_named_by_its_place_is_no_score_of_class_zero(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="^predictions: got score_0 and no score_1, expected score for class 1, or both"):
        examine({"y_true": TWO, "score_0": TWO * 0.8})


def test_another_backend_than_tensorflow_does_too(tmp_path: Path) -> None:
    """With JAX; batches of TensorFlow's data sets are handed to it as arrays."""
    pytest.importorskip("jax", reason="an extra of the benchmark")
    code = """
import keras, numpy as np, tensorflow as tf
from mirage.doctor import examine, export
x = np.random.default_rng(0).normal(size=(90, 4)).astype("float32")
y = (x[:, 0] > 0).astype(int)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
model.set_weights([np.float32([[9], [0], [0], [0]]), np.float32([0])])
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(90).batch(32)
for rows in ((x, y), dataset, [(x[:50], y[:50]), (x[50:], y[50:])]):
    assert examine(export.predictions(model, test=rows)).score.value == 1
print(keras.backend.backend())
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(
        words, capture_output=True, encoding="utf-8", cwd=tmp_path, env={**os.environ, "KERAS_BACKEND": "jax"}
    )
    assert done.stdout == "jax\n", done.stderr
