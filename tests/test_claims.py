"""Claims files: what they take, what they refuse in one line, and a test as a formula."""

import math

import pytest
from made import DOCUMENT, ENTRY, OWN, TESTED, claim

from mirage.claims import claims
from mirage.claims.stated import MOVED, parse

PROSE = {key: value for key, value in ENTRY.items() if key != "as_written"} | {"example": None, "controlled": TESTED}
OURS = OWN | {"id": "ours", "was": [], "controlled": TESTED}
NOTED = {"was": ["arithmetic"], "article": 1, "paragraph": 2, "text": "One half is a half."}


def test_a_claims_file_gives_typed_claims():
    stated = parse(DOCUMENT | {"claims": [ENTRY], "checks": [OURS | {"id": "holds"}], "findings": [OURS]})
    assert stated.lesson == "duel" and stated.scenarios == DOCUMENT["scenarios"]
    got, ours, check = stated.claims
    assert got.id == "a-beats-b" and got.lesson == "duel" and (got.article, got.paragraph, got.example) == (1, 3, 2)
    assert got.role == "claim" and got.basis == "stated" and got.unit == "squared units" and got.was == ("a-wins",)
    assert (ours.role, check.role) == ("finding", "check") and ours.basis == check.basis == "ours"
    assert ours.article is None and ours.paragraph is None and ours.example is None
    assert got.tests == {"as_written": claims.Test("a.test.mse", "less", "b.test.mse", 1.0, "one unit matters")}
    assert claims.tests_of([got, ours], "as_written") == {"a-beats-b": got.tests["as_written"]}
    assert claims.tests_of([got], "controlled") == {}


def test_what_is_no_longer_tested_here_says_where_it_went():
    elsewhere = {"was": ["b-wins", "c"], "now": "b-beats-c"}
    stated = parse(DOCUMENT | {"notes": [NOTED], "tested_elsewhere": [elsewhere]})
    note, tested = stated.moved
    assert [one.place for one in stated.moved] == list(MOVED)
    assert (note.was, note.now, note.article, note.paragraph, note.text) == (("arithmetic",), "", 1, 2, NOTED["text"])
    assert (tested.was, tested.now, tested.article) == (("b-wins", "c"), "b-beats-c", None)


def test_one_claim_answers_the_question_in_each_kind_where_one_is_named():
    both = ENTRY | {"controlled": TESTED}
    for named, kinds in (
        (None, {}),
        ("a-beats-b", {"as_written": "a-beats-b", "controlled": "a-beats-b"}),
        ("ours", {"controlled": "ours"}),  # in the kinds that test it
        ({"as_written": "a-beats-b", "controlled": None}, {"as_written": "a-beats-b"}),
        ({"as_written": "a-beats-b", "controlled": "ours"}, {"as_written": "a-beats-b", "controlled": "ours"}),
    ):
        stated = parse(DOCUMENT | {"answer": named, "claims": [both], "findings": [OURS]})
        assert stated.answers == kinds and parse(DOCUMENT).answers == {}
        for kind in claims.KINDS:
            answer = stated.answer(kind)
            assert (answer and answer.id) == kinds.get(kind)


@pytest.mark.parametrize("kinds", [["real"], ["controlled", "real"], ["real", "controlled"]])
def test_a_lesson_has_one_to_three_kinds(kinds):
    entry = {key: value for key, value in PROSE.items() if key not in claims.KINDS} | dict.fromkeys(kinds, TESTED)
    stated = parse(DOCUMENT | {"scenarios": dict.fromkeys(kinds, "duel"), "claims": [entry]})
    assert list(stated.scenarios) == sorted(kinds, key=claims.KINDS.index) and set(stated.claims[0].tests) == set(kinds)


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
    ({"exact": "yes"}, ".exact: got 'yes', expected true or false"),
    *[({"left": side}, f".left: got {side!r}, {SIDE}") for side in BAD_SIDES],
]
BAD = [
    ({"bassis": "ours"}, "claim 1: got unknown key 'bassis' (did you mean 'basis'?), expected one of id,"),
    ({"text": ...}, "claim 1: got no 'text', expected the keys id, was"),
    ({"id": " "}, "claim 1: id: got ' ', expected a text"),
    ({"was": "old"}, "a-beats-b: was: got 'old', expected a list"),
    ({"unit": ""}, "a-beats-b: unit: got '', expected a text"),
    ({"article": "one"}, "a-beats-b: article: got 'one', expected a whole number from 1"),
    ({"paragraph": None}, "a-beats-b: paragraph: got None, expected a whole number from 1"),
    ({"example": True}, "a-beats-b: example: got True, expected a whole number from 1"),
    ({"basis": "ours"}, "a-beats-b: basis: got 'ours', expected one of stated, implied"),
    ({"yardstick": 1}, "a-beats-b: yardstick: got 1, expected a text"),
    ({"as_written": None}, "a-beats-b: as_written: got None, expected the keys left, relation, right"),
    ({"as_written": ...}, "a-beats-b: got no test, expected one or more of as_written, controlled"),
    (
        {"as_written": ..., "controlled": TESTED},
        "a-beats-b: as_written: got no test, expected one, as it is about an example",
    ),
    ({"example": None}, "a-beats-b: as_written: got a test, expected none for prose"),
    ({"real": TESTED}, "claim 1: got unknown key 'real', expected one of id,"),  # of a kind that has no scenario
    *[({"as_written": TESTED | change}, f"a-beats-b: as_written{line}") for change, line in BAD_TESTS],
]


def without_gaps(entry):
    part = {key: value for key, value in entry.items() if value is not ...}
    return {key: without_gaps(value) if isinstance(value, dict) else value for key, value in part.items()}


@pytest.mark.parametrize("change, line", BAD, ids=lambda part: part if isinstance(part, str) else "")
def test_a_bad_claim_is_one_clear_line(change, line):
    with pytest.raises(ValueError) as error:
        parse(DOCUMENT | {"claims": [without_gaps(ENTRY | change)]})
    message = str(error.value)
    assert message.startswith("claims of duel, ") and line in message and "\n" not in message


@pytest.mark.parametrize(
    "document, line",
    [
        (None, "claims file: got None, expected the keys lesson, scenarios, claims"),
        ({"lesson": "duel", "scenarios": {"real": "x"}}, "claims file: got no 'claims', expected the keys lesson,"),
        (DOCUMENT | {"claims": {}}, "claims of duel: claims: got {}, expected a list"),
        (DOCUMENT | {"claims": ["x"]}, "claims of duel, claim 1: got 'x', expected the keys id, was, text"),
        (DOCUMENT | {"findings": [ENTRY]}, "claims of duel, finding 1: got unknown key 'article'"),
        (DOCUMENT | {"claims": [ENTRY, ENTRY]}, "claims of duel: id: got 'a-beats-b' 2 times, expected each once"),
        (
            DOCUMENT | {"checks": [OURS | {"was": ["a-wins"]}]},
            "claims of duel: was: got 'a-wins' 2 times, expected each once",
        ),
        (DOCUMENT | {"notes": [{"was": []}]}, "claims of duel: notes, number 1: got no 'article', expected"),
        (DOCUMENT | {"scenarios": {}}, "claims of duel: scenarios: got {}, expected one to three of as_written,"),
        (DOCUMENT | {"answer": "a-beats-c"}, "claims of duel: answer: got 'a-beats-c' (did you mean 'a-beats-b'?)"),
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
        parse(document)
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
    claims.check(claim(left=left), "controlled", known)  # not tested there: names nothing


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
