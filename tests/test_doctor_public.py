"""Numbers of public threads: the smallest predictions that have them, and what the doctor names first.

Only counts, shares and losses that a thread prints are used; what lies between them is the plainest that fits.
"""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers import ROOT

from mirage.doctor import examine

Array = np.ndarray


def sure(y: Array, said: Array, classes: int, top: float = 0.96) -> Array:
    """Scores [row, class] of a model that says these classes and is sure of it."""
    rest = (1 - top) / (classes - 1)
    return np.where(said[:, None] == np.arange(classes), top, rest)


def right_on(n: int, wrong: int, classes: int) -> tuple[Array, Array]:
    """Labels in turn, and predicted classes of which so many are the next one."""
    y = np.arange(n) % classes
    return y, np.where(np.arange(n) < n - wrong, y, (y + 1) % classes)


def one_column() -> dict[str, Any]:
    counts = {(0, 0.1): 108_579, (0, 0.9): 8_674, (1, 0.1): 1_205, (1, 0.9): 24_086}
    y, score = (np.repeat([pair[place] for pair in counts], list(counts.values())) for place in (0, 1))
    return {"predictions": {"y_true": y, "score": score, "y_pred": score[:, None].argmax(axis=1)}}


def elements(classes: int, wrong: int, n: int, reported: str) -> Callable[[], dict[str, Any]]:
    def made() -> dict[str, Any]:
        y, said = right_on(n, wrong, classes)
        return {"predictions": {"y_true": y, "score": sure(y, said, classes)}, "reported": {"accuracy": reported}}

    return made


def called_zero(said_zero: int, right: int, reported: str, n: int = 10_000) -> Callable[[], dict[str, Any]]:
    """So many rows of 10,000 right, and so many called 0, where a thousand are of it."""

    def made() -> dict[str, Any]:
        y = np.arange(n) % 10
        said = y.copy()
        zeros, others = np.flatnonzero(y == 0), np.flatnonzero(y > 0)
        lost = zeros[: len(zeros) - said_zero]
        said[lost] = 1
        wrong = others[: n - right - len(lost)]
        said[wrong] = y[wrong] % 9 + 1
        assert (said == 0).sum() == said_zero and (said == y).sum() == right
        return {"predictions": {"y_true": y, "score": sure(y, said, 10)}, "reported": {"accuracy": reported}}

    return made


def majority() -> dict[str, Any]:
    y = (np.arange(1000) < 116).astype(int)
    return {"predictions": {"y_true": y, "y_pred": 0 * y}, "reported": {"accuracy": "0.884"}}


def out_of_step(classes: int, agreeing: int, n: int = 400, **more: Any) -> Callable[[], dict[str, Any]]:
    """Predictions in another order than labels, so that so many agree."""

    def made() -> dict[str, Any]:
        random = np.random.default_rng(0)
        y = np.arange(n) % classes
        orders = (random.permutation(n) for _ in range(10_000))
        order = next(order for order in orders if (y[order] == y).sum() == agreeing)
        return {"predictions": {"y_true": y, "score": sure(y, y, classes)[order]}, **more}

    return made


def forty_steps(folder: Path) -> dict[str, Any]:
    """64 images in batches of 8, five epochs: 1.0 in fit, 0.5 in evaluate of the same rows."""
    layers = [{"class_name": "BatchNormalization", "config": {"momentum": 0.99}}]
    layers += [{"class_name": "Dense", "config": {"units": 1, "activation": "sigmoid"}}]
    config = {"config": {"layers": layers}, "compile_config": {"loss": "binary_crossentropy"}}
    with zipfile.ZipFile(folder / "m.keras", "w") as into:
        into.writestr("config.json", json.dumps(config))
        into.writestr("metadata.json", "{}")
    y, split = np.arange(128) % 2, np.repeat(["train", "validation"], 64)
    course = {"accuracy": [0.6, 0.8, 0.9, 0.98, 1.0], "val_accuracy": [0.5] * 5, "loss": [0.7, 0.5, 0.3, 0.1, 0.02]}
    said = {"y_true": y, "score": np.random.default_rng(0).uniform(0.7, 0.9, 128), "split": split}
    return {"predictions": said, "history": course, "batch_size": 8, "model": folder / "m.keras"}


class Case(NamedTuple):
    cause: str
    sure: str
    made: Callable[..., dict[str, Any]]


COURSE = {"loss": [0.5, 0.2, 0.0225], "accuracy": [0.8, 0.95, 0.98]}
ORDERED = {"accuracy": [0.5, 0.9, 0.97, 0.99, 1.0], "val_accuracy": [0.0] * 5}
CASES = {
    "tensorflow/tensorflow#42025": Case("argmax-one-column", "certain", one_column),
    "intellipaat.com/community/17161": Case("element-accuracy", "certain", elements(19, 323, 1900, "0.98")),
    "Stack Overflow 42081257": Case("element-accuracy", "certain", elements(10, 103, 10_000, "0.99794")),
    "ageron/handson-ml2#258": Case("share-of-class-zero", "certain", called_zero(977, 9_825, "0.0977")),
    "tensorflow/tensorflow#41958": Case("share-of-class-zero", "certain", called_zero(860, 8_630, "0.086")),
    "Data Science Stack Exchange 19283": Case("majority-answered", "likely", majority),
    "keras-team/keras#11227, four classes": Case("permuted-rows", "possible", out_of_step(4, 100)),
    "keras-team/keras#11227, two classes": Case("permuted-rows", "possible", out_of_step(2, 200)),
    "EfficientNetB0, shuffled generator": Case(
        "permuted-rows", "certain", out_of_step(2, 200, history=COURSE, reported={"accuracy": "0.98"})
    ),
    "keras-team/keras#6014": Case("batchnorm-not-arrived", "likely", forty_steps),
    "keras-team/keras#8346": Case("ordered-validation", "likely", lambda: {"history": ORDERED}),
    "keras-team/keras#13006": Case(
        "constant-scores", "certain", lambda: {"predictions": {"y_true": np.arange(100) % 2, "score": np.ones(100)}}
    ),
}


@pytest.mark.parametrize("thread", CASES)
def test_the_cause_that_settled_a_thread_is_named_first(thread: str, tmp_path: Path) -> None:
    cause, sure, made = CASES[thread]
    first = examine(**(made(tmp_path) if made is forty_steps else made())).findings[0]
    assert (first.cause, first.sure) == (cause, sure)


def test_the_numbers_of_the_threads_come_out() -> None:
    evidence = {one.name: one.value for one in examine(**one_column()).findings[0].found.evidence}
    assert evidence["decided as class 0"] == 142_544
    score = examine(**one_column()).score
    assert score is not None and round(score.value or 0, 4) == 0.8226 == round(117_253 / 142_544, 4)
    score = examine(**called_zero(977, 9_825, "0.0977")()).score
    assert score is not None and score.value == 0.9825


def test_forty_steps_leave_two_thirds_of_the_initial_mean(tmp_path: Path) -> None:
    evidence = {one.name: one.value for one in examine(**forty_steps(tmp_path)).findings[0].found.evidence}
    assert evidence["steps"] == 40 and evidence["left"] == pytest.approx(0.669, abs=5e-4)


def test_a_loss_below_the_floor_acquits_the_second_softmax() -> None:
    """ln(1 + 1/e) = 0.313 is the least that two classes leave after a second softmax; the thread prints 0.0225."""
    assert COURSE["loss"][-1] < np.log(1 + 1 / np.e)
    bundle = CASES["EfficientNetB0, shuffled generator"].made()
    assert "double-softmax" not in [one.cause for one in examine(**bundle).findings]


def test_the_page_on_the_doctor_lists_these_threads_and_their_causes() -> None:
    page = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    part = page.partition("## What it says of public threads")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!thread|---)([^|]+) \| [^|]+ \| ([a-z-]+) \((\w+)\) \|$", part, re.MULTILINE)
    assert [(thread, cause, sure) for thread, cause, sure in rows] == [
        (thread, case.cause, case.sure) for thread, case in CASES.items()
    ]
