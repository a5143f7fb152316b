"""Random and mutated inputs: a report in which each cause stands once, or one line; never another exception."""

import functools
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from mirage.doctor import BadInput, examine
from mirage.doctor.command import main
from mirage.doctor.finding import TABLE
from mirage.doctor.report.screen import show


def tried(strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Run a check on a hundred drawn inputs, with `make fuzz` on thousands."""
    settings(database=None, suppress_health_check=list(HealthCheck))(given(strategy)(check))()


def answered(*handed: Any, **more: Any) -> None:
    """Either all ways to show a report work and each cause stands in one list, or there is one line."""
    try:
        report = examine(*handed, **more)
    except BadInput as error:
        assert str(error) and len(str(error).splitlines()) == 1
        return
    found = json.loads(report.to_json(), parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    placed = [one["cause"] for one in [*found["findings"], *found["cannot_tell"]]]
    assert sorted([*placed, *found["not_found"], *found["accepted"]]) == sorted(TABLE)
    assert report.to_html() and report._repr_html_()
    show(report, Console(file=io.StringIO(), width=100))


# -- what is drawn ------------------------------------------------------------------------------------------------

ODD = [
    "",
    " ",
    "NA",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1",
    "0",
    "1",
    "2",
    "0.5",
    "1.0",
    "1e-320",
    "9" * 400,
    "cat",
    "été",
]
ODD += [
    "True",
    "=1+1",
    "'=1",
    '"',
    "\x00",
    "\ufeff",
    "\u2028",
    "a\nb",
    "a,b",
    "2020-01-01",
    "24:00",
    "007",
    "1_000",
    "٣",
]
CELLS = st.sampled_from(ODD) | st.floats(width=32).map(str) | st.integers(-2, 3).map(str) | st.text(max_size=3)
NAMES = [
    "y_true",
    "score",
    "y_pred",
    "split",
    "id",
    "group",
    "time",
    "weight",
    "score_0",
    "score_1",
    "score_2",
    "x",
    "",
    "é",
]
SPLITS = st.sampled_from(["train", "test", "validation", ""])


@st.composite
def tables(draw: Any, first: tuple[str, ...] = ("y_true",)) -> str:
    """A CSV of odd cells: each column either of one kind or of all."""
    names = [*first, *draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))]
    rows = draw(st.integers(0, 30))
    kinds = {"split": SPLITS, **{name: draw(st.sampled_from(KINDS)) for name in names if name != "split"}}
    columns = [draw(st.lists(kinds[name], min_size=rows, max_size=rows)) for name in dict.fromkeys(names)]
    quoted = draw(st.booleans())
    table = pd.DataFrame(dict(zip(dict.fromkeys(names), columns, strict=True)))
    return str(table.to_csv(index=False, quoting=1 if quoted else 0, lineterminator="\n"))


KINDS = [
    CELLS,
    st.sampled_from("01"),
    st.sampled_from(["0", "1", "2"]),
    st.sampled_from(["cat", "dog", "horse"]),
    st.floats(0, 1).map(str),
    st.floats(-9, 9).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
    st.just("1"),
    st.just(""),
]


@st.composite
def mutated(draw: Any, whole: bytes) -> bytes:
    """These bytes with a few of them changed, taken out, put in, or all cut off at some place."""
    found = bytearray(whole)
    for _ in range(draw(st.integers(1, 8))):
        if not found:
            break
        place = draw(st.integers(0, len(found) - 1))
        how = draw(st.sampled_from(["change", "take out", "put in", "cut off", "double"]))
        if how == "change":
            found[place] = draw(st.integers(0, 255))
        elif how == "take out":
            del found[place : place + draw(st.integers(1, 20))]
        elif how == "put in":
            found[place:place] = draw(st.binary(min_size=1, max_size=5) | st.sampled_from([b"\n", b",", b'"', b"\xff"]))
        elif how == "double":
            found[place:place] = found[place : place + 40]
        elif draw(st.integers(0, 3)) == 0:
            del found[place:]
    return bytes(found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["softmax", "NA"]),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=6), inside, max_size=4),
    max_leaves=8,
)


@st.composite
def grafted(draw: Any, whole: Any) -> Any:
    """This JSON with another value in a few places."""
    found = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(1, 3))):
        inside, steps = found, draw(st.integers(0, 8))
        for _ in range(steps):
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            nested = [key for key in keys if isinstance(inside[key], dict | list) and inside[key]]
            if not nested:
                break
            inside = inside[draw(st.sampled_from(nested))]
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if keys:
            key = draw(st.sampled_from(keys))
            if isinstance(inside, dict) and draw(st.booleans()):
                del inside[key]
            else:
                inside[key] = draw(JSON)
    return found


@functools.cache
def good() -> dict[str, Any]:
    """Files as they should be: predictions, features, a history and a model's configuration."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 60)
    table = pd.DataFrame({"y_true": y, "score": (y + random.random(60)) / 2, "id": range(60), "split": ["test"] * 60})
    rows = pd.DataFrame(
        {"y_true": y, "a": random.normal(size=60), "b": random.normal(size=60), "group": y, "time": range(60)}
    )
    course = {name: list(random.random(6)) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    dense = {
        "class_name": "Dense",
        "config": {"name": "d", "units": 3, "activation": "softmax"},
        "registered_name": None,
    }
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": "i"}},
        {"class_name": "BatchNormalization", "config": {"momentum": 0.99, "name": "b"}},
        {"class_name": "Sequential", "config": {"name": "s", "layers": [dense, dense]}},
        {"class_name": "Dropout", "config": {"rate": 0.5, "name": "o"}},
    ]
    compiled = {
        "loss": {"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}},
        "metrics": ["accuracy", {"class_name": "AUC", "config": {"name": "auc"}}],
    }
    config = {
        "class_name": "Functional",
        "config": {"layers": layers, "output_layers": [["s", 0, 0]]},
        "compile_config": compiled,
    }
    return {
        "p": table.to_csv(index=False).encode(), "x": rows.to_csv(index=False).encode(), "course": course,
        "h": pd.DataFrame(course).to_csv(index_label="epoch").encode(), "config": config,
    }  # fmt: skip


def zipped(config: Any, about: Any = None, method: int = zipfile.ZIP_STORED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as into:
        into.writestr("config.json", json.dumps(config))
        into.writestr("metadata.json", json.dumps({"keras_version": "3.8.0"} if about is None else about))
        into.writestr("model.weights.h5", h5(config))
    return held.getvalue()


def h5(config: Any) -> bytes:
    held = io.BytesIO()
    with h5py.File(held, "w") as into:
        into.attrs["model_config"] = json.dumps(config)
        into.attrs["training_config"] = json.dumps(config.get("compile_config") if isinstance(config, dict) else config)
        into.attrs["keras_version"] = "3.8.0"
        into["optimizer/vars/0"] = 40
    return held.getvalue()


def npz(**arrays: Any) -> bytes:
    held = io.BytesIO()
    np.savez(held, **arrays)
    return held.getvalue()


def put(folder: Path, content: str | bytes, name: str) -> Path:
    file = folder / name
    file.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return file


# -- files --------------------------------------------------------------------------------------------------------


def test_predictions_of_odd_cells(tmp_path: Path) -> None:
    tried(tables(), lambda text: answered(put(tmp_path, text, "p.csv")))


def test_features_of_odd_cells(tmp_path: Path) -> None:
    def check(drawn: Any) -> None:
        one, other, same = drawn
        files = [put(tmp_path, text, f"{n}.csv") for n, text in enumerate([one, one if same else other])]
        answered(train=files[0], test=files[1], use=files[0])

    tried(st.tuples(tables(("x", "a")), tables(("x", "a")), st.booleans()), check)


@pytest.mark.parametrize("part", ["predictions", "train", "history", "run", "npz", "json"])
def test_mutated_files(part: str, tmp_path: Path) -> None:
    first = put(tmp_path, good()["p"], "good.csv")
    rows = put(tmp_path, good()["x"], "rows.csv")
    whole, name, handed = {
        "predictions": (good()["p"], "p.csv", lambda file: {"predictions": file}),
        "train": (good()["x"], "x.csv", lambda file: {"predictions": first, "train": file, "test": rows}),
        "history": (good()["h"], "h.csv", lambda file: {"history": file}),
        "run": (good()["p"], "r.csv", lambda file: {"predictions": first, "runs": [file], "rescored": file}),
        "npz": (npz(y_true=[0, 1] * 9, score=np.ones((18, 2))), "p.npz", lambda file: {"predictions": file}),
        "json": (json.dumps(good()["course"]).encode(), "h.json", lambda file: {"history": file}),
    }[part]
    tried(mutated(whole), lambda content: answered(**handed(put(tmp_path, content, name))))


@pytest.mark.parametrize("kind", ["keras", "packed", "h5"])
def test_mutated_models(kind: str, tmp_path: Path) -> None:
    made = {"keras": zipped, "packed": lambda c: zipped(c, method=zipfile.ZIP_DEFLATED), "h5": h5}[kind]
    y = [0, 1, 2] * 9
    handed = {"predictions": {"y_true": y, "score": np.eye(3)[y]}, "history": good()["course"], "batch_size": 8}
    contents = mutated(made(good()["config"])) | grafted(good()["config"]).map(made) | JSON.map(made)
    tried(contents, lambda content: answered(**handed, model=put(tmp_path, content, "m.keras")))


def test_a_history_of_any_json(tmp_path: Path) -> None:
    courses = JSON | grafted(good()["course"]) | st.dictionaries(
        st.sampled_from(["loss", "val_loss", "accuracy", "val_accuracy", "acc", "auc", "é"]),
        st.lists(st.floats() | st.sampled_from([0, 1, None, "NA", 10**400]), max_size=9),
    )  # fmt: skip

    def check(drawn: Any) -> None:
        answered(history=put(tmp_path, json.dumps(drawn), "h.json"))
        if isinstance(drawn, dict):
            answered(history=drawn)

    tried(courses, check)


# -- objects and options ------------------------------------------------------------------------------------------

OBJECTS = [
    np.array(5), np.zeros((2, 3, 4)), np.zeros((5, 0)), np.array([]), np.array([1 + 2j] * 4), np.array(["a", "b"] * 4),
    np.array([b"a", b"b"]), np.array([None, 1]), np.array([True, False] * 8), np.array(["2020-01-01"] * 4, "M8[D]"),
    np.zeros(4, dtype=[("a", float)]), [[1], [2, 3]], "text", 3, None, {}, np.full(16, np.nan),
    np.float16([0.1, 0.9] * 8),
    pd.Series(["a", None] * 8, dtype="category"), pd.array([1, None] * 8, dtype="Int64"), pd.Series([pd.NaT] * 16),
    np.ma.masked_array([0, 1] * 8, [True, False] * 8), [object()] * 16, [0, 1] * 8, np.eye(16), np.uint64([2**63] * 16),
    pd.Series(pd.to_timedelta([1] * 16)), [10**400] * 16, ["\ud800"] * 16, [(1, 2)] * 16, [float("inf"), 1.0] * 8,
]  # fmt: skip


def test_objects_of_any_type() -> None:
    values = st.sampled_from(range(len(OBJECTS))).map(OBJECTS.__getitem__)
    several = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)

    def check(drawn: tuple[dict[str, Any], Any, dict[str, Any]]) -> None:
        named, alone, rows = drawn
        answered(named)
        answered({"y_true": [0, 1] * 8, **named}, train=rows, test=rows)
        answered(alone)
        answered(history=alone)
        answered(model=alone)
        answered({"y_true": [0, 1] * 8, "score": [0.1, 0.9] * 8}, runs=[named], rescored=named)
        answered({"y_true": [0, 1] * 8, "score": alone})
        try:
            frame = pd.DataFrame(named)
        except (ValueError, TypeError):
            return
        answered(frame, train=frame, use=frame)

    tried(st.tuples(several, values, several), check)


def test_options_of_any_text(tmp_path: Path) -> None:
    file = put(tmp_path, good()["p"], "p.csv")
    words = st.text(max_size=6) | st.sampled_from(
        ["0", "1", "0.98", "98%", "utf-8", "idna", "hex", ";", "3.8.0", "jax", "\t"]
    )
    numbers = st.sampled_from(["accuracy", "recall", "auc", "acc", "precision"])
    options = st.fixed_dictionaries(
        {},
        optional={
            "positive": words, "separator": words, "encoding": words, "keras": words, "backend": words,
            "batch_size": st.integers(-3, 10**30), "reported": st.dictionaries(words | numbers, words | st.floats()),
            "class_weight": st.dictionaries(words, words | st.floats()),
            "accepted": st.dictionaries(st.sampled_from(list(TABLE)) | words, words),
        },
    )  # fmt: skip
    tried(options, lambda drawn: answered(file, **drawn))


def test_words_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The status is 0, or 2 with a line on standard error."""
    file = str(put(tmp_path, good()["p"], "p.csv"))
    known = [
        "--positive",
        "--reported",
        "--keras",
        "--class-weight",
        "--batch-size",
        "--separator",
        "--encoding",
        "--accept",
    ]
    known += ["--json", "--accept-from", "--fail-on", "--history", "--model", "--train", "--run", "--rescore"]
    values = st.sampled_from([file, "accuracy=0.9", "1", "0=1", "", "likely", str(tmp_path)]) | st.text(max_size=4)
    several = st.lists(st.tuples(st.sampled_from(known), values), max_size=3)

    def check(drawn: list[tuple[str, str]]) -> None:
        words = [word for name, value in drawn for word in ([name] if name == "--json" else [f"{name}={value}"])]
        try:
            status = main([file, *words])
        except SystemExit as stopped:  # argparse
            status = int(str(stopped.code))
        said = capsys.readouterr()
        assert status in (0, 1, 2) and (status < 2 or said.err)

    tried(several, check)
