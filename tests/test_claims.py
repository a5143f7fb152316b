"""Claims files: what they take, what they refuse in one line, and a test as a formula."""

import math

import pytest
from made import DOCUMENT, ENTRY, TESTED, claim

from mirage.claims import claims


def test_a_claims_file_gives_typed_claims():
    stated = claims.parse(DOCUMENT | {"claims": [ENTRY, ENTRY | {"id": "ours", "article": None, "example": None}]})
    assert stated.lesson == "duel" and stated.scenarios == DOCUMENT["scenarios"]
    got, ours = stated.claims
    assert got.id == "a-beats-b" and got.lesson == "duel" and (got.article, got.example) == (1, 2)
    assert ours.article is None and ours.example is None
    assert got.test("as_written") == claims.Test("a.test.mse", "less", "b.test.mse", 1.0, "one unit matters")
    assert got.test("controlled") == claims.Untestable("no controlled scenario yet", "fresh data per seed")
    assert claims.tests_of([got], "as_written") == {"a-beats-b": got.test("as_written")}
    assert claims.tests_of([got], "controlled") == {}


def test_one_claim_answers_the_question_in_each_kind_where_one_is_named():
    controlled = ENTRY | {"controlled": TESTED}
    for named, kinds in (
        (None, {}),
        ("a-beats-b", {"as_written": "a-beats-b", "controlled": "a-beats-b"}),
        ({"as_written": "a-beats-b", "controlled": None}, {"as_written": "a-beats-b"}),
        ({"controlled": "a-beats-b"}, {"controlled": "a-beats-b"}),
    ):
        stated = claims.parse(DOCUMENT | {"answer": named, "claims": [controlled]})
        assert stated.answers == kinds and claims.parse(DOCUMENT).answers == {}
        for kind in claims.KINDS:
            assert stated.answer(kind) == (stated.claims[0] if kind in kinds else None)


@pytest.mark.parametrize("kinds", [["real"], ["controlled", "real"], ["real", "controlled", "as_written"]])
def test_a_lesson_has_one_to_three_kinds_and_a_test_for_each(kinds):
    entry = {key: value for key, value in ENTRY.items() if key not in claims.KINDS} | dict.fromkeys(kinds, TESTED)
    stated = claims.parse(DOCUMENT | {"scenarios": dict.fromkeys(kinds, "duel"), "claims": [entry]})
    assert list(stated.scenarios) == sorted(kinds, key=claims.KINDS.index) and set(stated.claims[0].tests) == set(kinds)
    with pytest.raises(ValueError, match="kind of test: got 'wrong'"):
        stated.claims[0].test("wrong")


SIDE = claims.SIDE
BAD_SIDES = ["a.mse", "a..mse", math.nan, "a.b.c - a.b.c - a.b.c", "a.test.mse - 1", "a.test.mse - "]
BAD_SIDES += ["|a.test.mse - b.test.mse", "|a.t.m| - |b.t.m|"]
BAD_TESTS = [
    ({"marign": 1}, ": got unknown key 'marign' (did you mean 'margin'?), expected one of left,"),
    ({"margin": ...}, ": got no 'margin', expected the keys left, relation"),
    ({"relation": "lesser"}, ".relation: got 'lesser' (did you mean 'less'?), expected one of less,"),
    ({"relation": ["less"]}, ".relation: got ['less']"),
    ({"right": "a.test.mse"}, ": left and right: got 'a.test.mse' and 'a.test.mse', expected two sides that"),
    ({"left": 1, "right": 2}, ": left and right: got 1 and 2, expected two sides that can differ"),
    ({"margin": -1}, ".margin: got -1, expected a number of 0 or more"),
    ({"margin": "1"}, ".margin: got '1', expected a number of 0 or more"),
    ({"relation": "same", "margin": 0}, ".margin: got 0, expected a number of 0 or more (above 0"),
    ({"reason": None}, ".reason: got None, expected a text"),
    *[({"left": side}, f".left: got {side!r}, {SIDE}") for side in BAD_SIDES],
]
BAD = [
    ({"bassis": "ours"}, "number 1: got unknown key 'bassis' (did you mean 'basis'?), expected one of id,"),
    ({"text": ...}, "number 1: got no 'text', expected the keys id, article"),
    ({"id": " "}, "number 1: id: got ' ', expected a text"),
    ({"article": "one"}, "a-beats-b: article: got 'one', expected a whole number from 1, or null"),
    ({"example": True}, "a-beats-b: example: got True, expected a whole number from 1, or null"),
    ({"basis": "implyed"}, "a-beats-b: basis: got 'implyed' (did you mean 'implied'?), expected one of stated,"),
    ({"as_written": None}, "a-beats-b: as_written: got None, expected the keys left, relation, right"),
    ({"real": TESTED}, "number 1: got unknown key 'real', expected one of id,"),  # of a kind that has no scenario
    ({"controlled": {"design": "x"}}, "a-beats-b: controlled: got unknown key 'design'"),
    ({"controlled": {"untestable": ""}}, "a-beats-b: controlled.untestable: got '', expected a text"),
    ({"controlled": {"untestable": "x", "desing": "y"}}, "got unknown key 'desing' (did you mean 'design'?)"),
    *[({"as_written": TESTED | change}, f"a-beats-b: as_written{line}") for change, line in BAD_TESTS],
]


def without_gaps(entry):
    part = {key: value for key, value in entry.items() if value is not ...}
    return {key: without_gaps(value) if isinstance(value, dict) else value for key, value in part.items()}


@pytest.mark.parametrize("change, line", BAD, ids=lambda part: part if isinstance(part, str) else "")
def test_a_bad_claim_is_one_clear_line(change, line):
    with pytest.raises(ValueError) as error:
        claims.parse(DOCUMENT | {"claims": [without_gaps(ENTRY | change)]})
    message = str(error.value)
    assert message.startswith("claims of duel, ") and line in message and "\n" not in message


@pytest.mark.parametrize(
    "document, line",
    [
        (None, "claims file: got None, expected the keys lesson, scenarios, claims"),
        ({"lesson": "duel", "scenarios": {"real": "x"}}, "claims file: got no 'claims', expected the keys lesson,"),
        (DOCUMENT | {"claims": {}}, "claims of duel: claims: got {}, expected a list"),
        (DOCUMENT | {"claims": ["x"]}, "claims of duel, number 1: got 'x', expected the keys id, article, example"),
        (DOCUMENT | {"claims": [ENTRY, ENTRY]}, "claims of duel: id: got 'a-beats-b' 2 times, expected each once"),
        (DOCUMENT | {"scenarios": {}}, "claims of duel: scenarios: got {}, expected one to three of as_written,"),
        (
            DOCUMENT | {"answer": "a-beats-b"},
            "claims of duel: answer.controlled: got 'a-beats-b', expected one of null",
        ),
        (
            DOCUMENT | {"answer": {"as_written": "a-beats-c"}},
            "claims of duel: answer.as_written: got 'a-beats-c' (did you mean 'a-beats-b'?), expected one of a",
        ),
        (
            DOCUMENT | {"answer": {"real": None}},
            "claims of duel: answer: got unknown kind 'real', expected one of as_w",
        ),
        (
            DOCUMENT | {"answer": ["a-beats-b"]},
            "claims of duel: answer.as_written: got ['a-beats-b'] (did you mean",
        ),
        (
            DOCUMENT | {"scenarios": {"as_writen": "duel"}},
            "claims of duel: scenarios: got unknown kind 'as_writen' (did",
        ),
    ],
)
def test_a_bad_file_is_one_clear_line(document, line):
    with pytest.raises(ValueError) as error:
        claims.parse(document)
    assert str(error.value).startswith(line) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "left, line",
    [
        ("aa.test.mse", "aa.test.mse: got unknown arm 'aa' (did you mean 'a'?), expected one of a, a:line, b"),
        ("a.tets.mse", "a.tets.mse: got unknown split 'tets' (did you mean 'test'?), expected one of model, test"),
        ("a.model.mse", "a.model.mse: got unknown metric 'mse', expected one of epochs_run"),
        ("b.test.mse - a.test.mae", "a.test.mae: got unknown metric 'mae' (did you mean 'mse'?), expected one of mse"),
        # A minus without its spaces is part of a name.
        ("b.test.f1-a.test.f1", "b.test.f1-a.test.f1: got unknown arm 'b.test.f1-a', expected one of a, a:line, b"),
    ],
)
def test_an_unknown_arm_split_or_metric_is_one_line_with_what_there_is(left, line):
    known = {(arm, "test", "mse") for arm in ("a", "b", "a:line")} | {("a", "model", "epochs_run")}
    with pytest.raises(ValueError) as error:
        claims.check(claim(left=left), "as_written", known)
    assert str(error.value) == f"claims of duel, a-beats-b: as_written: {line}"
    claims.check(claim(left="a:line.test.mse - a.test.mse"), "as_written", known)
    claims.check(claim(left=left), "controlled", known)  # untestable: names nothing


@pytest.mark.parametrize(
    ("left", "relation", "right", "said"),
    [
        ("a.test.mse", "less", "b.test.mse", "test.mse: a < b − 1"),
        ("a.test.mse", "greater", "a.train.mse", "a.mse: test > train + 1"),
        ("a.test.mse", "same", 2, "a.test.mse = 2 ± 1"),
        ("a.test.f1 - a.train.f1", "less", "b.test.f1 - b.train.f1", "f1: a.test − a.train < b.test − b.train − 1"),
        ("|a.test.mse - a.test.f1|", "greater", 0, "a.test: |mse − f1| > 1"),
        ("a.test.mse - b.test.mse", "less", 0, "test.mse: a − b < −1"),
        ("a.test.mse", "less", "a:bayes.train.f1", "a.test.mse < a:bayes.train.f1 − 1"),
    ],
)
def test_a_test_as_a_formula_names_once_what_all_terms_share(left, relation, right, said):
    assert str(claims.Test(left, relation, right, 1.0, "so")) == said
