"""Files of others: what they may look like, what is refused in one line, and what is never run."""

import io
import json
import pickle
import re
import shlex
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from examined import saved
from helpers import ROOT
from sklearn.linear_model import LogisticRegression

from mirage.doctor import BadInput, examine
from mirage.doctor.command import main
from mirage.doctor.reading import models, tables

GOOD = "y_true,score\n" + "1,0.9\n0,0.2\n1,0.8\n0,0.1\n" * 10


def file(folder: Path, text: str | bytes, name: str = "p.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def packed(arrays: dict[str, Any]) -> bytes:
    held = io.BytesIO()
    np.savez(held, **arrays)
    return held.getvalue()


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (GOOD, {}),
        ("\ufeff" + GOOD, {}),
        (GOOD.replace("\n", "\r\n"), {}),
        (GOOD.replace(",", ";"), {"separator": ";"}),
        (GOOD.replace("\n1,", "\n1.0,").replace("\n0,", "\n0.0,"), {}),
        (GOOD.replace("y_true,score", " y_true , score "), {}),
        (GOOD.replace("\n1,", "\nYes,").replace("\n0,", "\nno,"), {}),
        (GOOD.replace("\n1,", "\nété,").replace("\n0,", "\nhiver,").encode("latin-1"),
         {"encoding": "latin-1", "positive": "été"}),
    ],
)  # fmt: skip
def test_a_csv_may_be_written_in_many_ways(tmp_path: Path, text: str | bytes, more: dict[str, str]) -> None:
    report = examine(file(tmp_path, text), **more)
    assert report.score and (report.score.value, report.score.n) == (1.0, 40) and report.findings == ()


def test_arrays_frames_and_npz_files_say_the_same(tmp_path: Path) -> None:
    import pandas as pd

    y, p = np.tile([1, 0], 20), np.tile([0.9, 0.2], 20)
    handed = {"y_true": y, "score": p}
    every = [handed, pd.DataFrame(handed), file(tmp_path, packed(handed), "p.npz"), handed | {"score": p[:, None]}]
    assert len({examine(one).to_json() for one in every}) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "predictions: got no table (No columns to parse from file), expected a CSV with a line of names"),
        ("a,b\n1,2\n", "predictions: got the columns a, b, expected y_true and score, score_CLASS"),
        ("y_true,score\n1,0.9\n0,abc\n", "predictions: score: row 3: got 'abc', expected a number"),
        (
            "y_true,score,score_a\n1,1,1\n",
            "predictions: got score, score_a, expected score or one score_CLASS for each",
        ),
        ("y_true;score\n1;0.9\n", "predictions: got one column named 'y_true;score', expected several, or another"),
        ("y_true,score,score\n1,1,1\n", "expected each once"),
        ("y_true,score\ncat,0.9\ndog,0.1\n", "predictions: got score for the classes cat, dog, expected --positive"),
        ("y_true,score\n1,0.9\nx,0.1\n", "predictions: got score for the classes 1, x, expected --positive"),
        (
            "y_true,score\n0,0.9\n1,0.1\n2,0.1\n",
            "predictions: got one score for 3 classes, expected score_CLASS for each",
        ),
        ("y_true,score\n,0.9\n1,\n", "predictions: got no row with a label and a prediction, expected one at least"),
        ("y_true,score,split\n1,0.9,train\n", "predictions: split: got train, expected test or validation among them"),
        (b"y_true,score\n1,\xff\n", "predictions: got bytes that are no utf-8"),
        ("y_true,score,weight\n1,0.9,0\n", "predictions: weight: got 0 at most, expected some rows that count"),
        (
            "y_true,score,split,weight\n1,0.9,test,0\n1,0.9,train,1\n",
            "predictions: weight: split test: got 0 at most, expected some rows that count",
        ),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, text: str | bytes, line: str) -> None:
    with pytest.raises(BadInput) as error:
        examine(file(tmp_path, text))
    assert line in str(error.value) and "\n" not in str(error.value)


def test_what_would_not_fit_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = file(tmp_path, b"", "p.npz")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("y_true.npy", bytes(10_000_000))
    monkeypatch.setattr(tables, "MOST_BYTES", 5_000_000)
    with pytest.raises(BadInput, match="got 10,000,000 bytes unpacked, expected at most 5,000,000"):
        examine(bomb)
    monkeypatch.setattr(tables, "MOST_ROWS", 20)
    with pytest.raises(BadInput, match="got more than 20 rows, expected at most so many"):
        examine(file(tmp_path, GOOD))


WRITTEN = Path(tempfile.gettempdir()) / "written_by_a_pickle"


def test_too_many_columns_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    wide = ",".join(f"x{n}" for n in range(100_001))
    with pytest.raises(BadInput, match="^train: got more than 100,000 columns, expected at most so many"):
        examine(train=file(tmp_path, f"{wide}\n{wide}\n", "wide.csv"))


def test_rows_that_are_longer_or_shorter_than_the_line_of_names_are_one_line(tmp_path: Path) -> None:
    for text, got in (("y_true,score\n1,0.9,3\n", 3), ("y_true,score,id\n1,0.9\n", 2)):
        with pytest.raises(BadInput, match=f"^predictions: got {got} cells in the first row, expected"):
            examine(file(tmp_path, text))


def test_columns_of_scores_name_classes_as_labels_do() -> None:
    y = np.tile([0.0, 1.0, 2.0], 20)
    named = {f" score_{name} ": (y == name) * 0.9 + 0.03 for name in (0.0, 1.0, 2.0)}
    report = examine({"y_true": y, **named})
    assert report.score is not None and report.score.value == 1 and report.findings == ()
    with pytest.raises(BadInput, match="got score_1, score_1.0, score_0, expected one column for each class"):
        examine({"y_true": y, "score_1": y, "score_1.0": y, "score_0": y})


def test_what_a_terminal_would_obey_is_written_out(tmp_path: Path, capsys: Any) -> None:
    evil = file(tmp_path, "y_true,y_pred\n" + "a\x1b[2J,b\x1b[2J\nc,d\n" * 30, "e.csv")
    assert main([str(evil)]) == 0
    shown = capsys.readouterr().out
    assert "label-types" in shown and "\\x1b[2J" in shown and "\x1b" not in shown
    assert main([str(evil), "--positive", "\x1b\n"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


class Bomb:
    def __reduce__(self) -> Any:
        return (open, (str(WRITTEN), "w"))


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected an npz file without objects"):
        examine(file(tmp_path, packed({"y_true": np.array([Bomb()]), "score": np.array([1.0])}), "p.npz"))
    with pytest.raises(BadInput, match="history: got"):
        examine(history=file(tmp_path, pickle.dumps({"loss": [1]}), "h.json"))
    assert not WRITTEN.exists()


# -- models and histories -----------------------------------------------------------------------------------------


DENSE, SOFTMAX = keras.layers.Dense, keras.layers.Softmax
CATEGORICAL = "categorical_crossentropy"
FROM_LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
@pytest.mark.parametrize(
    ("layers", "loss", "known", "sure"),
    [
        ([DENSE(1, "softmax")], "binary_crossentropy", (1, "softmax", "binary_crossentropy", False), "certain"),
        ([DENSE(3), SOFTMAX()], CATEGORICAL, (3, "softmax", CATEGORICAL, False), None),
        ([DENSE(3, "softmax"), keras.layers.Dropout(0.1)], "mse", (3, "softmax", None, False), None),
        ([DENSE(1)], FROM_LOGITS, (1, "linear", "binary_crossentropy", True), "certain"),  # for accuracy cuts at 0.5
        ([DENSE(1)], "binary_crossentropy", (1, "linear", "binary_crossentropy", False), "certain"),
        ([DENSE(3, "sigmoid")], CATEGORICAL, (3, "sigmoid", CATEGORICAL, False), "likely"),
        ([DENSE(2, "softmax")], None, (2, "softmax", None, False), None),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_a_saved_model_says_what_its_last_layer_and_loss_are(
    tmp_path: Path, layers: Any, loss: Any, known: Any, sure: str | None, name: str
) -> None:
    path = saved(tmp_path, *layers, loss=loss, metrics=["accuracy"], name=name)
    found = models.model(path)
    assert (found.units, found.activation, found.loss, found.from_logits)[: 2 if loss == "mse" else 4] == known[
        : 2 if loss == "mse" else 4
    ]
    assert [one.found.sure for one in examine(model=path).findings] == ([sure] if sure else [])


def test_models_within_models_and_several_outputs_are_followed_by_name(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), DENSE(5, "relu"), DENSE(3, "softmax")])
    inputs = keras.Input((4,))
    out = inner(inputs)
    DENSE(9)(inputs)  # not part of the model
    keras.Model(inputs, out).save(tmp_path / "m.keras")
    found = models.model(tmp_path / "m.keras")
    assert (found.units, found.activation, len(found.of_kind("Dense"))) == (3, "softmax", 2)


def test_a_lambda_layer_is_a_name_and_is_not_run(tmp_path: Path) -> None:
    wrote = tmp_path / "written"
    name = str(wrote)
    layer = keras.layers.Lambda(lambda x: [x, Path(name).touch()][0], output_shape=(1,))
    path = saved(tmp_path, DENSE(1), layer)
    wrote.unlink(missing_ok=True)
    assert [one.kind for one in models.model(path).layers] == ["InputLayer", "Dense", "Lambda"] and not wrote.exists()


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"[]",
        b"{}",
        b'{"config": 3}',
        b'{"config": {"layers": [1]}}',
        b"[" * 100_000,
        b'{"config": {"layers": {}}}',
    ],
)
def test_a_model_of_another_shape_is_one_line_or_says_nothing(tmp_path: Path, config: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as into:
        into.writestr("config.json", config)
        into.writestr("metadata.json", "{}")
    try:
        assert models.model(tmp_path / "m.keras").units is None
    except BadInput as error:
        assert str(error).startswith("model: got") and "\n" not in str(error)
    for text in (b"no zip", b"\x89HDF\r\n\x1a\nbroken", b"PK\x03\x04broken"):
        with pytest.raises(BadInput, match="^model: got .*, expected"):
            models.model(file(tmp_path, text, "n.keras"))


def course(**numbers: Any) -> dict[str, list[float]]:
    return {name: [float(value) for value in values] for name, values in numbers.items()}


RISING = np.linspace(0.5, 1, 20)
COURSES = {
    "ordered-validation": course(accuracy=RISING, val_accuracy=np.zeros(20)),
    "too-short": course(loss=np.linspace(0.7, 0.3, 20), val_loss=np.linspace(0.7, 0.35, 20)),
    "memorising": course(
        loss=np.geomspace(0.7, 0.01, 20), val_loss=[*np.linspace(0.7, 0.4, 6), *np.linspace(0.4, 0.9, 14)]
    ),
}
HEALTHY = course(
    loss=0.3 + 0.4 * np.exp(-np.arange(30) / 4), val_loss=0.32 + 0.4 * np.exp(-np.arange(30) / 4),
    accuracy=0.9 - 0.3 * np.exp(-np.arange(30) / 4), val_accuracy=0.89 - 0.3 * np.exp(-np.arange(30) / 4),
)  # fmt: skip


@pytest.mark.parametrize("cause", COURSES)
def test_a_course_betrays_its_cause_and_a_healthy_one_nothing(tmp_path: Path, cause: str) -> None:
    assert [one.cause for one in examine(history=COURSES[cause]).findings] == [cause]
    assert examine(history=HEALTHY).findings == ()


def test_a_running_mean_that_has_not_arrived_is_told_from_memorising_by_layer_and_steps(tmp_path: Path) -> None:
    path = saved(tmp_path, keras.layers.BatchNormalization(), DENSE(1, "sigmoid"), loss="binary_crossentropy")
    y, split = np.tile([0, 1], 40), np.repeat(["train", "validation"], [64, 16])
    handed = {"y_true": y, "score": 0.6 + 0.01 * (np.arange(80) // 2 % 7), "split": split}
    numbers = {"accuracy": np.linspace(0.6, 1, 5), "val_accuracy": np.full(5, 0.5), "loss": np.linspace(0.7, 0.1, 5)}
    known = {"history": course(**numbers), "model": path}
    found = examine(handed, batch_size=8, **known).findings[0]
    left = {one.name: one.value for one in found.found.evidence}
    assert (found.cause, left["steps"], left["left"]) == ("batchnorm-not-arrived", 40, pytest.approx(0.669, abs=1e-3))
    assert "--batch-size" in examine(handed, **known).cannot_tell["batchnorm-not-arrived"]
    many = known | {"history": course(**{name: np.repeat(values, 20) for name, values in numbers.items()})}
    assert "batchnorm-not-arrived" in examine(handed, batch_size=8, **many).not_found


def test_a_history_is_read_from_the_logger_from_json_and_from_the_object(tmp_path: Path) -> None:
    logged = ["epoch,acc,loss,val_acc,val_loss,learning_rate"]
    logged += [f"{i},{a},NA,{0.0},NA,0.001" for i, a in enumerate(RISING)]
    text = json.dumps(COURSES["ordered-validation"])
    every = [file(tmp_path, "\n".join(logged), "h.csv"), file(tmp_path, text, "h.json")]
    for one in [*every, type("History", (), {"history": COURSES["ordered-validation"]})()]:
        assert [found.cause for found in examine(history=one).findings] == ["ordered-validation"]


LABELS = np.random.default_rng(0).integers(0, 2, 80)
REVERSED = "\n".join(["y_true,score", *(f"{y},{0.9 - 0.8 * y:.1f}" for y in LABELS), ""])


# -- the command --------------------------------------------------------------------------------------------------


def test_the_command_prints_a_report_writes_a_page_and_imports_no_tensorflow(tmp_path: Path) -> None:
    words = [str(file(tmp_path, REVERSED)), "--html", str(tmp_path / "r.html"), "--fail-on", "certain"]
    spy = "import sys\nfrom mirage.doctor.command import main\nstatus = main(sys.argv[1:])\n"
    spy += "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules\nsys.exit(status)"
    done = subprocess.run([sys.executable, "-c", spy, *words], capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (1, "")
    assert "reversed-classes  (certain)" in done.stdout and "accuracy 0 (0 to 0.0458) on 80 rows" in done.stdout
    assert "reversed-classes" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_the_page_on_the_doctor_shows_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Its command, and its code from top to bottom: Python's, after a model, rows and their labels are there."""
    page = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    model = keras.Sequential([keras.Input((4,)), DENSE(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[keras.callbacks.CSVLogger(tmp_path / "history.csv")])
    model.save(tmp_path / "model.keras")
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(64).batch(16)
    right = float(((model.predict(x, verbose=0)[:, 0] > 0.5) == y).mean())
    classifier = LogisticRegression().fit(x, y)
    right_too = classifier.score(x, y)
    scope = {"x": x, "y": y, "model": model, "history": history, "dataset": dataset, "classifier": classifier}
    monkeypatch.chdir(tmp_path)
    shown = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    first, exported, called_back, by_hand, of_sklearn = shown
    exec(first.replace("report.findings[0].cause, report.findings[0].sure", "report.findings"), dict(scope))

    def written() -> float:
        score = examine("predictions.csv").score
        assert score is not None and score.n == 64
        return float(score.value or 0)

    exec(exported, scope)
    assert written() == pytest.approx(right)
    exec(by_hand, dict(scope))
    assert written() == pytest.approx(right)
    exec(by_hand, dict(scope) | {"dataset": list(dataset)})  # by place, as a PyDataset is read
    assert written() == pytest.approx(right)
    exec("import pandas as pd\n" + of_sklearn, dict(scope))
    assert written() == pytest.approx(right_too)
    exec(called_back, scope)
    assert examine("predictions.csv", history="history.json").score is not None
    (tmp_path / "predictions.csv").unlink()
    score = model.predict(x, verbose=0)[:, 0]
    columns = ["y_true,score", *(f"{a:.0f},{b}" for a, b in zip(y, score, strict=True))]
    file(tmp_path, "\n".join(columns), "predictions.csv")
    [line] = re.findall(r"^\.venv/bin/mirage-doctor (.*)$", page, re.MULTILINE)
    assert main(shlex.split(line)) == 0 and "rows; a constant answer scores" in capsys.readouterr().out


def test_what_is_accepted_stays_so_and_bad_words_are_one_line(tmp_path: Path, capsys: Any) -> None:
    path = str(file(tmp_path, REVERSED))
    answered = str(file(tmp_path, "# known\nreversed-classes=the score is of the other class\n", "known.txt"))
    assert main([path, "--fail-on", "possible", "--accept-from", answered]) == 0
    assert "Accepted: reversed-classes (the score is of the other class)" in capsys.readouterr().out
    for words, line in (
        (["--accept", "reversed-clases=x"], "accept: got reversed-clases, expected one of unequal-rows"),
        (["--reported", "accuracy=high"], "reported: accuracy: got 'high', expected a number such as 0.98 or 98%"),
        (["--reported", "accuracy=98"], "reported: accuracy: got 98, expected a share such as 0.98, or 98%"),
        (["--history", path.replace(".csv", ".keras")], "expected the .csv file of CSVLogger, or .json of"),
        (["--reported", "loss=1"], "reported: got loss, expected one of accuracy, precision, recall, auc"),
        (["--html", str(tmp_path / "none" / "r.html")], "expected a file to write"),
        (["--history", str(tmp_path / "none.csv")], "history: got "),
    ):
        assert main([path, *words]) == 2
        said = capsys.readouterr()
        assert line in said.err and said.err.count("\n") == 1 and said.out == ""
    assert main([]) == 2
