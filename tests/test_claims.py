"""Claims files: what they take, what they refuse in one line, and a test as a formula."""

import copy
import math

import pytest
from duel import DOCUMENT, ENTRY, TESTED, claim

from mirage.claims import claims


def test_parse_gives_typed_claims():
    stated = claims.parse(copy.deepcopy(DOCUMENT))
    assert stated.lesson == "duel" and stated.scenarios == DOCUMENT["scenarios"]
    [got] = stated.claims
    assert got.id == "a-beats-b" and got.lesson == "duel" and (got.article, got.example) == (1, 2)
    assert got.test("as_written") == claims.Test("a.test.mse", "less", "b.test.mse", 1.0, "one unit matters")
    assert got.test("controlled") == claims.Untestable("no controlled scenario yet", "fresh data per seed")
    assert claims.tests_of(stated.claims, "as_written") == {"a-beats-b": got.test("as_written")}
    assert claims.tests_of(stated.claims, "controlled") == {}


def test_a_claim_may_belong_to_no_example_and_to_no_article():
    [got] = claims.parse(DOCUMENT | {"claims": [ENTRY | {"article": None, "example": None}]}).claims
    assert got.article is None and got.example is None


@pytest.mark.parametrize(
    "kinds", [["as_written"], ["real"], ["controlled", "real"], ["real", "controlled", "as_written"]]
)
def test_a_lesson_has_one_to_three_kinds_and_a_test_for_each(kinds):
    about = {key: value for key, value in ENTRY.items() if key not in claims.KINDS}
    document = {
        "lesson": "duel",
        "scenarios": {kind: f"duel_{kind}" for kind in kinds},
        "claims": [about | dict.fromkeys(kinds, TESTED)],
    }
    stated = claims.parse(document)
    assert list(stated.scenarios) == [kind for kind in claims.KINDS if kind in kinds]
    assert set(stated.claims[0].tests) == set(kinds)
    other = next(kind for kind in claims.KINDS if kind not in kinds) if len(kinds) < 3 else "wrong"
    with pytest.raises(ValueError, match=f"kind of test: got '{other}'"):
        stated.claims[0].test(other)


BAD = {
    "unknown key": (
        {"bassis": "ours"},
        "number 1: got unknown key 'bassis' (did you mean 'basis'?), expected one of id,",
    ),
    "missing key": ({"text": ...}, "number 1: got no 'text', expected the keys id, article"),
    "no id": ({"id": " "}, "number 1: id: got ' ', expected a text"),
    "article": ({"article": "one"}, "a-beats-b: article: got 'one', expected a whole number from 1, or null"),
    "example": ({"example": True}, "a-beats-b: example: got True, expected a whole number from 1, or null"),
    "basis": (
        {"basis": "implyed"},
        "a-beats-b: basis: got 'implyed' (did you mean 'implied'?), expected one of stated,",
    ),
    "text": ({"text": 3}, "a-beats-b: text: got 3, expected a text"),
    "no test": ({"as_written": None}, "a-beats-b: as_written: got None, expected the keys left, relation, right"),
    "a kind too many": ({"real": TESTED}, "number 1: got unknown key 'real', expected one of id,"),
    "a kind too few": ({"controlled": ...}, "number 1: got no 'controlled', expected the keys id, article"),
    "design alone": ({"controlled": {"design": "x"}}, "a-beats-b: controlled: got unknown key 'design'"),
    "why untestable": ({"controlled": {"untestable": ""}}, "a-beats-b: controlled.untestable: got '', expected a text"),
    "untestable, typo": (
        {"controlled": {"untestable": "x", "desing": "y"}},
        "a-beats-b: controlled: got unknown key 'desing' (did you mean 'design'?), expected one of untestable, design",
    ),
}
SIDE = claims.SIDE
BAD_TESTS = {
    "unknown key": ({"marign": 1}, ": got unknown key 'marign' (did you mean 'margin'?), expected one of left,"),
    "missing key": ({"margin": ...}, ": got no 'margin', expected the keys left, relation"),
    "relation": ({"relation": "lesser"}, ".relation: got 'lesser' (did you mean 'less'?), expected one of less,"),
    "relation, list": ({"relation": ["less"]}, ".relation: got ['less']"),
    "short side": ({"left": "a.mse"}, f".left: got 'a.mse', {SIDE}"),
    "empty part": ({"right": "a..mse"}, f".right: got 'a..mse', {SIDE}"),
    "side, nan": ({"right": math.nan}, f".right: got nan, {SIDE}"),
    "difference of three": ({"left": "a.b.c - a.b.c - a.b.c"}, f".left: got 'a.b.c - a.b.c - a.b.c', {SIDE}"),
    "difference with a number": ({"left": "a.test.mse - 1"}, f".left: got 'a.test.mse - 1', {SIDE}"),
    "one bar": ({"left": "|a.test.mse - b.test.mse"}, f".left: got '|a.test.mse - b.test.mse', {SIDE}"),
    "two sizes": ({"left": "|a.t.m| - |b.t.m|"}, f".left: got '|a.t.m| - |b.t.m|', {SIDE}"),
    "nothing to take away": ({"left": "a.test.mse - "}, f".left: got 'a.test.mse - ', {SIDE}"),
    "same sides": (
        {"right": "a.test.mse"},
        ": left and right: got 'a.test.mse' and 'a.test.mse', expected two sides that",
    ),
    "two constants": ({"left": 1, "right": 2}, ": left and right: got 1 and 2, expected two sides that can differ"),
    "negative margin": ({"margin": -1}, ".margin: got -1, expected a number of 0 or more"),
    "margin, text": ({"margin": "1"}, ".margin: got '1', expected a number of 0 or more"),
    "same, no margin": ({"relation": "same", "margin": 0}, ".margin: got 0, expected a number of 0 or more (above 0"),
    "reason": ({"reason": None}, ".reason: got None, expected a text"),
}


def changed(entry, change):
    return {key: value for key, value in (entry | change).items() if value is not ...}


BAD_ENTRIES = {name: (changed(ENTRY, change), line) for name, (change, line) in BAD.items()} | {
    f"test, {name}": (ENTRY | {"as_written": changed(TESTED, change)}, f"a-beats-b: as_written{line}")
    for name, (change, line) in BAD_TESTS.items()
}


@pytest.mark.parametrize("entry, line", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_bad_claim_is_one_clear_line(entry, line):
    with pytest.raises(ValueError) as error:
        claims.parse(DOCUMENT | {"claims": [entry]})
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
            DOCUMENT | {"scenarios": {"as_writen": "duel"}},
            "claims of duel: scenarios: got unknown kind 'as_writen' (did you mean 'as_written'?), expected one of",
        ),
        (DOCUMENT | {"scenarios": {"real": 3}}, "claims of duel: scenarios.real: got 3, expected a text"),
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
        ("a.test.mae", "a.test.mae: got unknown metric 'mae' (did you mean 'mse'?), expected one of mse"),
        ("a.model.mse", "a.model.mse: got unknown metric 'mse', expected one of epochs_run"),
        ("a.test.mse - c.test.mse", "c.test.mse: got unknown arm 'c', expected one of a, a:line, b"),
        ("b.test.mse - a.test.mae", "a.test.mae: got unknown metric 'mae' (did you mean 'mse'?), expected one of mse"),
        (
            "b.test.mse-a.test.mse",  # a minus without its spaces is part of a name
            "b.test.mse-a.test.mse: got unknown arm 'b.test.mse-a', expected one of a, a:line, b",
        ),
    ],
)
def test_an_unknown_arm_split_or_metric_is_one_line_with_what_there_is(left, line):
    known = {(arm, "test", "mse") for arm in ("a", "b", "a:line")} | {("a", "model", "epochs_run")}
    with pytest.raises(ValueError) as error:
        claims.check(claim(left=left), "as_written", known)
    assert str(error.value) == f"claims of duel, a-beats-b: as_written: {line}"
    claims.check(claim(left="a:line.test.mse - a.test.mse"), "as_written", known)
    claims.check(claim(left=left), "controlled", known)  # untestable: names nothing


def test_sides_are_all_that_is_read_without_constants_and_split_from_the_right():
    def sides(**test):
        return claims.sides(claim(**test).test("as_written"))

    assert sides(left="alpha_0.1.test.mse", right=0.5) == [("alpha_0.1", "test", "mse")]
    assert sides(left="a.test.mse - b:line.train.mse", right="|c.model.epochs - d.test.mse|") == [
        ("a", "test", "mse"),
        ("b:line", "train", "mse"),
        ("c", "model", "epochs"),
        ("d", "test", "mse"),
    ]


@pytest.mark.parametrize(
    ("left", "relation", "right", "said"),
    [
        ("a.test.mse", "less", "b.test.mse", "test.mse: a < b − 1"),
        ("a.test.mse", "greater", "a.train.mse", "a.mse: test > train + 1"),
        ("a.test.mse", "same", 2, "a.test.mse = 2 ± 1"),
        ("a.test.mse", "greater", 0.5, "a.test.mse > 0.5 + 1"),
        (
            "a.test.mse - a.train.mse",
            "less",
            "b.test.mse - b.train.mse",
            "mse: a.test − a.train < b.test − b.train − 1",
        ),
        ("|a.test.mse - a.test.f1|", "greater", 0, "a.test: |mse − f1| > 1"),
        ("a.test.mse - b.test.mse", "less", 0, "test.mse: a − b < −1"),
        ("a.test.mse", "less", "a:bayes.train.f1", "a.test.mse < a:bayes.train.f1 − 1"),
    ],
)
def test_a_test_as_a_formula_names_once_what_all_terms_share(left, relation, right, said):
    assert str(claims.Test(left, relation, right, 1.0, "so")) == said
