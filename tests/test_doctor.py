"""The doctor on predictions: planted faults are named, healthy twins are left alone, each cause stands once."""

import json
import re
from typing import Any

import numpy as np
import pytest
from examined import causes
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from mirage.doctor import BadInput, examine, statistics
from mirage.doctor.finding import SURE, TABLE

Array = np.ndarray
SEEDS = range(20)


def several(seed: int, n: int = 600, classes: int = 3, right: float = 0.95) -> tuple[Array, Array]:
    """Labels, and scores [row, class] of a predictor that is right on this share of rows and says so."""
    random = np.random.default_rng(seed)
    y = random.integers(0, classes, n)
    said = np.where(random.random(n) < right, y, (y + random.integers(1, classes, n)) % classes)
    logits = random.normal(0, 0.3, (n, classes))
    logits[np.arange(n), said] += np.log(right / (1 - right) * (classes - 1))
    return y, statistics.softmax(logits)


def two(seed: int, n: int = 2000, share: float = 0.18) -> tuple[Array, Array]:
    """Labels of two classes, and their probabilities by the law that drew them."""
    random = np.random.default_rng(seed)
    y = (random.random(n) < share).astype(int)
    logit = 4 * random.normal(y - 0.5, 0.5, n) + np.log(share / (1 - share))
    return y, 1 / (1 + np.exp(-logit))


def decided_by_argmax(y: Array, p: Array, random: Any) -> dict[str, Any]:
    return {"y_true": y, "score": p, "y_pred": p[:, None].argmax(axis=1)}


FAULTS = {  # cause -> whether of two classes, and what is handed over of labels and scores
    "shifted-rows": (False, lambda y, p, random: {"y_true": y, "score": np.roll(p, int(random.integers(1, 40)), 0)}),
    "reversed-rows": (False, lambda y, p, random: {"y_true": y, "score": p[::-1]}),
    "exchanged-classes": (False, lambda y, p, random: {"y_true": y, "score": p[:, [1, 0, 2]]}),
    "label-types": (False, lambda y, p, random: {"y_true": np.array(["a", "b", "c"])[y], "y_pred": p.argmax(1)}),
    "unequal-rows": (False, lambda y, p, random: {"y_true": y, "score": p[:-7]}),
    "sorted-rows": (True, lambda y, p, random: {"y_true": y, "score": np.sort(p)}),
    "reversed-classes": (True, lambda y, p, random: {"y_true": y, "score": 1 - p}),
    "argmax-one-column": (True, decided_by_argmax),
    "integer-scores": (True, lambda y, p, random: {"y_true": y, "score": p.astype(int)}),
    "constant-scores": (True, lambda y, p, random: {"y_true": y, "score": np.ones(len(y))}),
    "double-softmax": (True, lambda y, p, random: {"y_true": y, "score": 1 / (1 + np.exp(-p))}),
    "logits-as-probabilities": (True, lambda y, p, random: {"y_true": y, "score": np.log(p / (1 - p))}),
    "wrong-threshold": (True, lambda y, p, random: {"y_true": y, "score": p, "y_pred": (p > 0.95).astype(int)}),
    "missing-rows": (True, lambda y, p, random: {"y_true": y, "score": np.where(np.arange(len(y)) < 5, np.nan, p)}),
    "duplicate-ids": (True, lambda y, p, random: {"y_true": y, "score": p, "id": np.arange(len(y)) // 2}),
}
TWINS = {  # the same symptom without the fault
    "three classes": (False, lambda y, p, random: {"y_true": y, "score": p}),
    "rows sorted after the fact, whole": (True, lambda y, p, random: _sorted(y, p)),
    "labels in order, as in a folder": (False, lambda y, p, random: _by_label(y, p)),
    "rare": (True, lambda y, p, random: {"y_true": y, "score": p}),
    "decided at one half": (True, lambda y, p, random: {"y_true": y, "score": p, "y_pred": (p > 0.5).astype(int)}),
    "few rows": (False, lambda y, p, random: {"y_true": y[:80], "score": p[:80]}),
    "decisions alone": (False, lambda y, p, random: {"y_true": y, "y_pred": p.argmax(1)}),
    "words": (False, lambda y, p, random: _named(y, p)),
}


def _sorted(y: Array, p: Array) -> dict[str, Any]:
    return {"y_true": y[p.argsort()], "score": np.sort(p)}


def _by_label(y: Array, p: Array) -> dict[str, Any]:
    order = np.argsort(y, kind="stable")
    return {"y_true": y[order], "score": p[order]}


def _named(y: Array, p: Array) -> dict[str, Any]:
    names = np.array(["cat", "dog", "horse"])
    return {"y_true": names[y]} | {f"score_{name}": p[:, place] for place, name in enumerate(names)}


@pytest.mark.parametrize("cause", FAULTS)
def test_a_planted_fault_is_the_only_cause_that_is_named(cause: str) -> None:
    of_two, planted = FAULTS[cause]
    for seed in SEEDS:
        y, p = two(seed) if of_two else several(seed)
        assert causes(examine(planted(y, p, np.random.default_rng(seed)))) == [cause], seed


@pytest.mark.parametrize("twin", TWINS)
def test_a_healthy_twin_is_left_alone(twin: str) -> None:
    of_two, made = TWINS[twin]
    for seed in SEEDS:
        y, p = two(seed) if of_two else several(seed)
        report = examine(made(y, p, np.random.default_rng(seed)))
        assert causes(report) == [], seed
        assert report.score is not None and report.score.value > 0.8


def test_the_first_class_of_a_model_that_answers_it_always_is_told_from_a_wrong_rule() -> None:
    random = np.random.default_rng(0)
    y = (random.random(2000) < 0.05).astype(int)
    honest, low = 0.045 + 0.01 * random.random(2000), 0.001 + 0.002 * y
    for score, said in ((honest, "the scores are honest"), (low, "the threshold is at fault")):
        findings = examine({"y_true": y, "score": score}).findings
        found = next(one for one in findings if one.cause == "majority-answered")
        assert said in " ".join(one.text for one in found.found.evidence)


def test_permuted_rows_are_told_from_a_model_without_skill_by_what_was_promised() -> None:
    for seed in SEEDS:
        y, p = several(seed)
        handed = {"y_true": y, "score": p[np.random.default_rng(seed).permutation(len(y))]}
        assert [(one.cause, one.sure) for one in examine(handed).findings] == [("permuted-rows", "possible")]
        here = float((handed["score"].argmax(axis=1) == y).mean())
        course = {"accuracy": [0.5, 0.99], "val_accuracy": [0.4, 0.95]}
        for promise in ({"reported": {"accuracy": "0.95"}}, {"history": course}):
            found = examine(handed, **promise).findings
            assert [(one.cause, one.sure) for one in found if one.cause != "unexplained-score"] == [
                ("permuted-rows", "certain")
            ]
        for honest in ({"reported": {"accuracy": f"{here:.3f}"}}, {"history": course | {"val_accuracy": [0.3, here]}}):
            assert causes(examine(handed, **honest)) == []
    few = examine({"y_true": y[:20], "score": handed["score"][:20]})
    assert "permuted-rows" in few.cannot_tell


def test_a_reported_number_that_nothing_explains_is_named_unless_chance_explains_it() -> None:
    y, p = two(0, n=400)
    right = float(((p > 0.5) == y).mean())
    assert causes(examine({"y_true": y, "score": p}, reported={"accuracy": "0.60"})) == ["unexplained-score"]
    for near in (right, right - 0.01):
        assert causes(examine({"y_true": y, "score": p}, reported={"accuracy": f"{near:.3f}"})) == []


def test_scores_without_skill_on_few_rows_are_no_reversed_classes() -> None:
    named = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        y = (np.arange(40) < 8).astype(int)
        named += "reversed-classes" in causes(examine({"y_true": y, "score": random.random(40)}))
    assert named == 0


def test_a_mean_score_far_from_the_share_is_named_and_a_calibrated_one_is_not() -> None:
    y, p = two(0, n=5000, share=0.05)
    balanced = p * 19 / (p * 19 + 1 - p)  # what balanced class weights make of the odds
    assert causes(examine({"y_true": y, "score": balanced})) == ["miscalibrated"]
    assert causes(examine({"y_true": y, "score": p})) == []


# -- the report ------------------------------------------------------------------------------------------------


def test_each_cause_stands_in_exactly_one_list_and_the_keys_are_those_promised() -> None:
    y, p = two(1)
    for handed in ({"y_true": y, "score": 1 - p}, {"y_true": y, "y_pred": y}, {"y_true": y, "score": p[:-1]}):
        for accepted in ({}, {"reversed-classes": "on purpose", "unequal-rows": "cut"}):
            report = json.loads(examine(handed, accepted=accepted).to_json())
            assert list(report) == ["score", "findings", "not_found", "cannot_tell", "accepted"]
            listed = [one["cause"] for one in report["findings"] + report["cannot_tell"]]
            assert sorted(listed + report["not_found"] + report["accepted"]) == sorted(TABLE)
            for one in report["findings"]:
                assert list(one) == ["cause", "sure", "evidence", "tell_apart", "advice", "lesson", "page"]
                assert one["sure"] in SURE and one["evidence"] and (one["lesson"] or one["page"])
                assert all(list(piece) == ["name", "value", "text"] for piece in one["evidence"])
            assert all(one["needs"] for one in report["cannot_tell"])


def test_the_honest_score_stands_with_its_interval_beside_a_constant_answer() -> None:
    report = examine({"y_true": [1] * 20 + [0] * 5, "y_pred": [1] * 20 + [0] * 5})
    score = json.loads(report.to_json())["score"]
    assert score == {"metric": "accuracy", "value": 1.0, "ci_low": pytest.approx(0.8668, abs=1e-4), "ci_high": 1.0,
                     "n": 25, "constant": 0.8}  # fmt: skip


def test_rows_that_come_in_groups_say_less_than_so_many_rows() -> None:
    y, p = two(3, n=400)
    right, apart = (p > 0.5) == y, np.argsort(y == (p > 0.5), kind="stable")
    own = examine({"y_true": y[apart], "score": p[apart], "group": np.arange(400) // 20}).score
    every = examine({"y_true": y, "score": p}).score
    assert own and every and own.value == every.value == right.mean()
    assert own.ci_high - own.ci_low > 1.5 * (every.ci_high - every.ci_low)


def test_the_test_rows_are_examined_and_others_are_not() -> None:
    y, p = two(4, n=1000)
    split = np.repeat(["train", "test"], 500)
    report = examine({"y_true": y, "score": np.where(split == "train", 1 - p, p), "split": split})
    assert report.score and report.score.n == 500 and causes(report) == []


def test_what_labels_are_held_against_cannot_be_told_while_rows_are_out_of_step() -> None:
    y, p = several(5)
    report = examine({"y_true": y, "score": np.roll(p, 2, 0)})
    assert report.cannot_tell["miscalibrated"] == "labels and predictions in step: mend shifted-rows first"


def test_a_page_of_a_report_escapes_what_the_file_says_and_asks_nobody_for_anything() -> None:
    bad = "<script>alert(1)</script>"
    page = examine({"y_true": [bad, "b"] * 30, "y_pred": ["x", "y"] * 30}).to_html()
    assert "label-types" in page and bad not in page and "&lt;script&gt;" in page
    assert "default-src 'none'" in page and not re.search(r"https?://|src=", page)


def test_every_cause_has_a_paragraph_on_the_page_of_causes_and_its_lesson_is_there() -> None:
    page = (ROOT / "docs/causes.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(TABLE)
    for one in TABLE.values():
        assert one.lesson is None or (ROOT / f"experiments/{one.lesson}.md").is_file()
        assert set(one.unless) <= set(TABLE)


# -- whatever is handed over -------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.sampled_from(["0", "1", "2", "0.5", "cat", "", "nan", "inf", "-3", "1e9", "=1+1", "<b>", "été", "0.97"]),
    st.floats().map(str),
)
TABLES = st.dictionaries(
    st.sampled_from(["y_true", "score", "score_0", "score_1", "score_cat", "y_pred", "split", "id", "group", "weight"]),
    st.lists(CELLS, max_size=30),
    max_size=5,
)


@given(TABLES, st.dictionaries(st.sampled_from(["accuracy", "recall", "auc", "loss"]), CELLS, max_size=2))
@settings(max_examples=300, deadline=None)
def test_whatever_is_handed_over_gives_a_report_or_one_line(
    columns: dict[str, list[str]], said: dict[str, str]
) -> None:
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1 and min(lengths):
        columns = {name: values[: min(lengths)] for name, values in columns.items()}
    try:
        report = examine({name: np.array(values, dtype=object) for name, values in columns.items()}, reported=said)
    except BadInput as error:
        assert "\n" not in str(error) and "got" in str(error) and "expected" in str(error)
        return
    assert sorted([*causes(report), *report.not_found, *report.cannot_tell]) == sorted(TABLE)
    json.loads(report.to_json())
    report.to_html()
