import copy
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mirage import claims

TESTED = {"left": "a.test.mse", "relation": "less", "right": "b.test.mse", "margin": 1, "reason": "one unit matters"}
ENTRY = {
    "id": "a-beats-b",
    "article": 1,
    "example": 2,
    "basis": "stated",
    "text": "A errs less than B.",
    "as_written": TESTED,
    "controlled": {"untestable": "no controlled scenario yet", "design": "fresh data per seed"},
}
UNTESTABLE = {"untestable": "no data"}
DOCUMENT = {"lesson": "duel", "claims": [ENTRY]}


def claim(name="a-beats-b", **test):
    """A claim on a.test.mse against b.test.mse, margin 1, changed as given."""
    return claims.parse({"lesson": "duel", "claims": [ENTRY | {"id": name, "as_written": TESTED | test}]})[0]


def tidy(scenario="duel", **arms):
    """Rows of test mse: arms to lists of values, seeds counted from 0."""
    return pd.DataFrame(
        [
            (scenario, arm, seed, "test", "mse", value)
            for arm, values in arms.items()
            for seed, value in enumerate(values)
        ],
        columns=["scenario", "arm", "seed", "split", "metric", "value"],
    )


def verdict(left, right, **test):
    return claims.judge([claim(**test)], "as_written", tidy(a=left, b=right)).iloc[0]


# Reading


def test_parse_gives_typed_claims():
    got = claims.parse(copy.deepcopy(DOCUMENT))[0]
    assert got.id == "a-beats-b" and got.lesson == "duel" and (got.article, got.example) == (1, 2)
    assert got.as_written == claims.Test("a.test.mse", "less", "b.test.mse", 1.0, "one unit matters")
    assert got.test("controlled") == claims.Untestable("no controlled scenario yet", "fresh data per seed")
    assert claims.parse({"lesson": "duel", "claims": [ENTRY | {"example": None}]})[0].example is None


BAD = {
    "unknown key": (
        {"bassis": "ours"},
        "number 1: got unknown key 'bassis' (did you mean 'basis'?), expected one of id,",
    ),
    "missing key": ({"text": ...}, "number 1: got no 'text', expected the keys id, article"),
    "no id": ({"id": " "}, "number 1: id: got ' ', expected a text"),
    "article": ({"article": "one"}, "a-beats-b: article: got 'one', expected a whole number from 1"),
    "no article": ({"article": None}, "a-beats-b: article: got None, expected a whole number from 1"),
    "example": ({"example": True}, "a-beats-b: example: got True, expected a whole number from 1"),
    "basis": (
        {"basis": "implyed"},
        "a-beats-b: basis: got 'implyed' (did you mean 'implied'?), expected one of stated,",
    ),
    "text": ({"text": 3}, "a-beats-b: text: got 3, expected a text"),
    "no test": ({"as_written": None}, "a-beats-b: as_written: got None, expected the keys left, relation, right"),
    "design alone": ({"controlled": {"design": "x"}}, "a-beats-b: controlled: got unknown key 'design'"),
    "why untestable": ({"controlled": {"untestable": ""}}, "a-beats-b: controlled.untestable: got '', expected a text"),
    "untestable, typo": (
        {"controlled": {"untestable": "x", "desing": "y"}},
        "a-beats-b: controlled: got unknown key 'desing' (did you mean 'design'?), expected one of untestable, design",
    ),
}
SIDE = "expected arm.split.metric, a difference of two (A - B or |A - B|), or a number"
BAD_TESTS = {
    "unknown key": (
        {"marign": 1},
        ": got unknown key 'marign' (did you mean 'margin'?), expected one of left,",
    ),
    "missing key": ({"margin": ...}, ": got no 'margin', expected the keys left, relation"),
    "relation": (
        {"relation": "lesser"},
        ".relation: got 'lesser' (did you mean 'less'?), expected one of less,",
    ),
    "relation, list": ({"relation": ["less"]}, ".relation: got ['less']"),
    "short side": ({"left": "a.mse"}, f".left: got 'a.mse', {SIDE}"),
    "empty part": ({"right": "a..mse"}, f".right: got 'a..mse', {SIDE}"),
    "side, nan": ({"right": math.nan}, f".right: got nan, {SIDE}"),
    "difference of three": ({"left": "a.b.c - a.b.c - a.b.c"}, f".left: got 'a.b.c - a.b.c - a.b.c', {SIDE}"),
    "difference with a number": ({"left": "a.test.mse - 1"}, f".left: got 'a.test.mse - 1', {SIDE}"),
    "one bar": ({"left": "|a.test.mse - b.test.mse"}, f".left: got '|a.test.mse - b.test.mse', {SIDE}"),
    "bars within bars": ({"left": "||a.t.m - b.t.m||"}, f".left: got '||a.t.m - b.t.m||', {SIDE}"),
    "two sizes": ({"left": "|a.t.m| - |b.t.m|"}, f".left: got '|a.t.m| - |b.t.m|', {SIDE}"),
    "nothing to take away": ({"left": "a.test.mse - "}, f".left: got 'a.test.mse - ', {SIDE}"),
    "same sides": (
        {"right": "a.test.mse"},
        ": left and right: got 'a.test.mse' and 'a.test.mse', expected two sides that",
    ),
    "two constants": ({"left": 1, "right": 2}, ": left and right: got 1 and 2, expected two sides that can differ"),
    "negative margin": ({"margin": -1}, ".margin: got -1, expected a number of 0 or more"),
    "margin, text": ({"margin": "1"}, ".margin: got '1', expected a number of 0 or more"),
    "same, no margin": (
        {"relation": "same", "margin": 0},
        ".margin: got 0, expected a number of 0 or more (above 0 for",
    ),
    "reason": ({"reason": None}, ".reason: got None, expected a text"),
}


def changed(entry, change):
    return {key: value for key, value in (entry | change).items() if value is not ...}


BAD_ENTRIES = {name: (changed(ENTRY, change), line) for name, (change, line) in BAD.items()} | {
    f"test, {name}": (ENTRY | {"as_written": changed(TESTED, change)}, f"a-beats-b: as_written{line}")
    for name, (change, line) in BAD_TESTS.items()
}


@pytest.mark.parametrize("entry, line", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_bad_claim_is_one_clear_line(entry, line):
    with pytest.raises(ValueError) as error:
        claims.parse({"lesson": "duel", "claims": [entry]})
    message = str(error.value)
    assert message.startswith("claims of duel, ") and line in message and "\n" not in message


@pytest.mark.parametrize(
    "document, line",
    [
        (None, "claims file: got None, expected the keys lesson, claims"),
        ({"lesson": "duel"}, "claims file: got no 'claims', expected the keys lesson, claims"),
        ({"lesson": "duel", "claims": {}}, "claims of duel: claims: got {}, expected a list"),
        (
            {"lesson": "duel", "claims": ["x"]},
            "claims of duel, number 1: got 'x', expected the keys id, article, example",
        ),
        (
            {"lesson": "duel", "claims": [ENTRY, ENTRY]},
            "claims of duel: id: got 'a-beats-b' 2 times, expected each once",
        ),
    ],
)
def test_bad_file_is_one_clear_line(document, line):
    with pytest.raises(ValueError) as error:
        claims.parse(document)
    assert str(error.value).startswith(line)


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
def test_unknown_arm_split_or_metric_is_one_line_with_what_there_is(left, line):
    known = {(arm, "test", "mse") for arm in ("a", "b", "a:line")} | {("a", "model", "epochs_run")}
    with pytest.raises(ValueError) as error:
        claims.check(claim(left=left), "as_written", known)
    assert str(error.value) == f"claims of duel, a-beats-b: as_written: {line}"
    claims.check(claim(left="a:line.test.mse"), "as_written", known)
    claims.check(claim(left="a:line.test.mse - a.test.mse"), "as_written", known)
    claims.check(claim(left=left), "controlled", known)  # untestable: names nothing


def test_judge_refuses_unknown_sides_mixed_lessons_and_other_kinds():
    with pytest.raises(ValueError, match="unknown arm 'b', expected one of a$"):
        claims.judge([claim()], "as_written", tidy(a=[1, 2]))
    with pytest.raises(ValueError, match="unknown arm 'a', expected one of none$"):
        claims.judge([claim()], "as_written", tidy("another", a=[1, 2], b=[1, 2]))
    other = claims.parse(DOCUMENT | {"lesson": "other"})
    with pytest.raises(ValueError, match="claims of duel, other, expected one lesson"):
        claims.judge([claim(), *other], "as_written", tidy(a=[1, 2], b=[1, 2]))
    with pytest.raises(ValueError, match=r"'as_writen' \(did you mean 'as_written'\?\)"):
        claims.judge([claim()], "as_writen", tidy(a=[1, 2], b=[1, 2]))


# Differences


def test_sides_leave_constants_out_and_split_from_the_right():
    test = claim(left="alpha_0.1.test.mse", right=0.5).as_written
    assert claims.sides(test) == [("alpha_0.1", "test", "mse")]


def test_sides_of_differences_are_all_that_is_read():
    test = claim(left="a.test.mse - b:line.train.mse", right="c.model.epochs - d.test.mse").as_written
    read = [("a", "test", "mse"), ("b:line", "train", "mse"), ("c", "model", "epochs"), ("d", "test", "mse")]
    assert claims.sides(test) == read


def test_a_side_may_be_a_difference_of_two_numbers_of_one_seed():
    rows = tidy(a=[1, 2, math.nan, 4, 5], b=[0, 0.5, 1, math.nan, 1], c=[7, 8, 9, 9])
    test = claim(left="a.test.mse - b.test.mse", right="c.test.mse").as_written
    got = claims.differences(test, rows.sample(frac=1, random_state=0))
    assert got.index.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(got, [-6, -6.5, math.nan, math.nan, math.nan])
    turned = claim(left="c.test.mse", right="a.test.mse - b.test.mse").as_written
    np.testing.assert_array_equal(claims.differences(turned, rows), -got)
    constant = claim(left="a.test.mse - b.test.mse", right=0.5).as_written
    np.testing.assert_array_equal(claims.differences(constant, rows), [0.5, 1, math.nan, math.nan, 3.5])


def test_differences_are_paired_by_seed_and_undefined_where_either_side_is():
    rows = tidy(a=[1, 2, math.nan, 4, math.inf, 6], b=[0, 0.5, 1, math.nan, 1])
    got = claims.differences(claim().as_written, rows.sample(frac=1, random_state=0))
    assert got.index.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(got, [1, 1.5, math.nan, math.nan, math.nan, math.nan])
    np.testing.assert_array_equal(claims.differences(claim(left=1).as_written, rows), [1, 0.5, 0, math.nan, 0])
    with pytest.raises(ValueError, match=r"a.test.mse: got seed \[0\] twice, expected each once"):
        claims.differences(claim().as_written, pd.concat([rows, rows.head(1)]))


# Verdicts

GOLDEN_ROWS = tidy(
    a=[10, 12, 11, 13, 9, 11, 12, 10, 11, 12],
    b=[13, 16, 14, 17, 12, 14, 16, 13, 15, 16],
    b2=[13, 12, 15, 11, 13, 12, 16, 10, 12, 11],
    a2=[10.2, 11.9, 11, 13.1, 8.8, 11.1, 12, 9.9, 11.1, 12.1],
    gap=[math.nan, math.nan, *range(8)],
    twenty=[20] * 10,
)
GOLDEN_CLAIMS = [
    claim("less"),
    claim("greater", relation="greater"),
    claim("same", relation="same"),
    claim("twins", right="a2.test.mse"),
    claim("twins-same", right="a2.test.mse", relation="same"),
    claim("close", right="b2.test.mse"),
    claim("gap", left="gap.test.mse"),
    claim("constant", left="twenty.test.mse", relation="greater", right=18.5),
    claim("exactly-the-margin", left="twenty.test.mse", relation="greater", right=19),
    claims.parse(
        {
            "lesson": "duel",
            "claims": [ENTRY | {"id": "prose", "example": None, "as_written": {"untestable": "no data"}}],
        }
    )[0],
]
GOLDEN = """
claim,article,example,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason
less,1,2,-3.5000,-3.8770,-3.1230,1.0000,10,1.0000,data sets,supported,p = 7.9e-07 after Holm over 9 claims
greater,1,2,-3.5000,-3.8770,-3.1230,1.0000,10,0.0000,data sets,contradicted,p = 7.9e-07 after Holm over 9 claims
same,1,2,-3.5000,-3.8770,-3.1230,1.0000,10,0.0000,data sets,contradicted,p = 7.9e-07 after Holm over 9 claims
twins,1,2,-0.0200,-0.1079,0.0679,1.0000,10,0.5000,data sets,negligible,p = 1.2e-06 after Holm over 9 claims
twins-same,1,2,-0.0200,-0.1079,0.0679,1.0000,10,1.0000,data sets,supported,p = 1.2e-06 after Holm over 9 claims
close,1,2,-1.4000,-2.9889,0.1889,1.0000,10,0.6000,data sets,inconclusive,about 409 seeds would settle it; p = 1 after \
Holm over 9 claims
gap,1,2,-11.1250,-13.4227,-8.8273,1.0000,8,1.0000,data sets,inconclusive,"2 of 10 pairs undefined, more than a tenth"
constant,1,2,1.5000,1.5000,1.5000,1.0000,10,1.0000,data sets,supported,"deterministic: the same in all 10 seeds \
(if others differ, then fewer than 26%)"
exactly-the-margin,1,2,1.0000,1.0000,1.0000,1.0000,10,1.0000,data sets,negligible,"deterministic: \
the same in all 10 seeds (if others differ, then fewer than 26%)"
prose,1,,,,,,,,,untestable,no data
"""


def test_golden_verdicts():
    got = claims.judge(GOLDEN_CLAIMS, "as_written", GOLDEN_ROWS, scope="data sets")
    assert got.columns.tolist() == [*claims.COLUMNS, *claims.DECIDING]
    got = got[claims.COLUMNS]
    assert got.to_csv(index=False).splitlines()[0] == (
        "claim,lesson,scenario,kind,article,example,basis,text,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason"
    )
    assert set(got["lesson"]) == set(got["scenario"]) == {"duel"} and set(got["kind"]) == {"as_written"}
    shown = got.drop(columns=["lesson", "scenario", "kind", "basis", "text"])
    assert shown.to_csv(index=False, float_format="%.4f", lineterminator="\n") == GOLDEN.lstrip()


def test_untestable_names_the_design_and_needs_no_rows():
    got = claims.judge([claim()], "controlled", tidy(a=[1], b=[2]), scope="data sets").iloc[0]
    assert (got["verdict"], got["reason"]) == ("untestable", "no controlled scenario yet; design: fresh data per seed")
    assert got["scenario"] == "duel_controlled" and got["scope"] == "" and pd.isna(got["n"]) and pd.isna(got["effect"])
    assert claims.judge([], "as_written", tidy(a=[1])).columns.tolist() == [*claims.COLUMNS, *claims.DECIDING]


def test_p_value_is_twice_the_larger_one_sided_t_test():
    sample = np.array([1.0, 2, 3, 4, 5, 6, 7])  # no skewness: Hall's t is t
    for mean, sides in ((6.0, "gg"), (-6.0, "ll"), (0.5, "gl")):
        d = sample - sample.mean() + mean
        names = {"g": "greater", "l": "less"}
        ones = [stats.ttest_1samp(d, b, alternative=names[s]).pvalue for b, s in zip((-3, 3), sides, strict=True)]
        assert claims.p_value(d, 3) == pytest.approx(2 * max(ones))


def test_p_value_is_never_below_the_t_test_and_corrects_the_thin_side():
    tail = np.array([0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.4, 3.1])
    for shift, factor in ((-1.6, 2.0), (0.2, 1.0)):  # bound far above: on the side of the tail; bound below: not
        d = tail + shift
        plain = stats.ttest_1samp(d, 0).pvalue
        assert claims.p_value(d, 0) >= factor * plain * (1 - 1e-12)


def test_interval_is_the_t_interval_of_defined_pairs():
    d = [1.0, 2.5, math.nan, 4.0]
    expected = stats.ttest_1samp([1.0, 2.5, 4.0], 0).confidence_interval(0.9)
    assert claims.effect_interval(d, 0.9) == pytest.approx((2.5, expected.low, expected.high))
    np.testing.assert_array_equal(claims.effect_interval([2.0, math.nan]), (2.0, math.nan, math.nan))
    np.testing.assert_array_equal(claims.effect_interval([]), [math.nan] * 3)


def test_holm_adjusts_in_steps():
    np.testing.assert_allclose(claims.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert claims.holm([]).shape == (0,)


def test_more_claims_need_stronger_evidence_but_exact_ones_cost_nothing():
    weak = [-1.2, -1.6, -1.4, -1.0, -1.8, -0.8, -2.0, -1.2, -1.6, -1.4]
    rows = tidy(a=weak, b=[0] * 10, c=[-1, 1] * 5, gap=[math.nan] * 5 + [0] * 5)
    verdicts = {
        name: claims.judge([claim(), *others], "as_written", rows)["verdict"][0]
        for name, others in {
            "alone": [],
            "undecided": [claim(str(i), left="c.test.mse") for i in range(9)],
            "undefined": [claim(str(i), left="gap.test.mse") for i in range(9)],
            "exact": [claim(str(i), left="b.test.mse", right=9) for i in range(9)],
        }.items()
    }
    assert verdicts == {
        "alone": "supported",
        "undecided": "inconclusive",
        "undefined": "inconclusive",
        "exact": "supported",
    }


def test_a_tenth_may_be_undefined_more_may_not():
    left = [0.0, 0.1] * 10
    assert verdict([math.nan] * 2 + left[2:], [5] * 20)["verdict"] == "supported"
    got = verdict([math.nan] * 3 + left[3:], [5] * 20)
    assert (got["verdict"], got["n"]) == ("inconclusive", 17)
    assert got["reason"] == "3 of 20 pairs undefined, more than a tenth"
    assert verdict(left, [5] * 15)["reason"] == "5 of 20 pairs undefined, more than a tenth"  # seeds without a partner
    assert verdict([1], [5])["reason"] == "one seed says nothing about the spread over seeds"


def test_no_variance_is_decided_exactly_and_rounding_is_no_variance():
    assert verdict([1] * 5, [1] * 5, margin=0)["verdict"] == "negligible"
    assert verdict([1] * 5, [2] * 5, margin=0)["verdict"] == "supported"
    left = np.array([0.1, 0.2, 0.3, 0.4, 0.7])
    got = verdict(left + 0.1, left, margin=0.1, relation="greater")  # 0.1 up to rounding: on the bound, not beyond
    assert got["verdict"] == "negligible" and got["reason"].startswith("deterministic")
    assert verdict(left, left + 0.1, relation="same", margin=0.1)["agree"] == 1


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_numbers_too_large_to_square_decide_nothing():
    assert verdict([1e200, -1e200, 3e200], [0, 0, 0])["verdict"] == "inconclusive"


def test_yes_or_no_metrics_need_more_than_equal_draws():
    rows = tidy(a=[0] * 10, b=[0] * 10)
    test = {"right": 0.3, "margin": 0.1}
    assert claims.judge([claim(**test)], "as_written", rows)["verdict"][0] == "supported"
    got = claims.judge([claim(**test)], "as_written", rows, yes_no=["mse"]).iloc[0]
    assert got["verdict"] == "inconclusive" and "deterministic" not in got["reason"] and got["n"] == 10
    assert claims.judge([claim(**test)], "as_written", tidy(a=[0] * 40), yes_no=["mse"])["verdict"][0] == "supported"


@pytest.mark.parametrize("margin, effect", [(1.0, 1.3), (1.0, 0.6), (0.0, -0.4)])
def test_seeds_to_settle_decide_four_times_in_five(margin, effect):
    rng = np.random.default_rng(0)
    pilot = stats.zscore(rng.standard_normal(12), ddof=1)
    pilot = np.concatenate([pilot, -pilot])
    seeds = claims.seeds_to_settle(pilot / pilot.std(ddof=1) + effect, margin)
    again = rng.standard_normal((1000, seeds)) + effect
    assert 0.75 < np.mean(claims.p_value(again, margin) <= 0.05) < 0.85
    assert claims.seeds_to_settle(pilot + 1.0001, 1) is None
    assert "over 10000 seeds" in verdict(pilot + 1.0001, 0 * pilot, relation="greater")["reason"]


# Properties. Numbers are eighths and scales powers of two, so that they hold to the last bit.

eighths = st.integers(-400, 400).map(lambda i: i / 8)
sides = st.lists(st.tuples(eighths, eighths), min_size=2, max_size=12)
margins = st.integers(1, 100).map(lambda i: i / 8)
relations = st.sampled_from(["less", "greater", "same"])
TURNED = {"less": "greater", "greater": "less", "same": "same"}
MIRROR = {"supported": "contradicted", "contradicted": "supported"}
fast = settings(max_examples=40, deadline=None)


@fast
@given(sides, margins, relations)
def test_swapping_the_arms_mirrors_the_verdict(pairs, margin, relation):
    left, right = zip(*pairs, strict=True)
    got = verdict(left, right, relation=relation, margin=margin)
    swapped = verdict(right, left, relation=relation, margin=margin)
    turned = verdict(right, left, relation=TURNED[relation], margin=margin)
    assert swapped["verdict"] == (got["verdict"] if relation == "same" else MIRROR.get(got["verdict"], got["verdict"]))
    assert (turned["verdict"], turned["reason"], turned["agree"]) == (got["verdict"], got["reason"], got["agree"])
    assert swapped["effect"] == -got["effect"]
    assert (swapped["ci_low"], swapped["ci_high"]) == (-got["ci_high"], -got["ci_low"])


@fast
@given(sides, margins, relations, st.sampled_from([2.0**-20, 0.5, 4.0, 2.0**30]), eighths)
def test_units_and_a_common_shift_change_nothing(pairs, margin, relation, scale, shift):
    left, right = np.array(pairs).T
    got = verdict(left, right, relation=relation, margin=margin)
    scaled = verdict(left * scale, right * scale, relation=relation, margin=margin * scale)
    shifted = verdict(left + shift, right + shift, relation=relation, margin=margin)
    for other in (scaled, shifted):
        assert (other["verdict"], other["reason"], other["agree"]) == (got["verdict"], got["reason"], got["agree"])
    assert shifted["effect"] == got["effect"] and scaled["effect"] == got["effect"] * scale


fours = st.lists(st.tuples(*[eighths] * 4), min_size=2, max_size=12)


@settings(max_examples=25, deadline=None)
@given(fours, margins, relations, st.sampled_from([2.0**-20, 4.0]), eighths)
def test_a_difference_of_differences_is_judged_as_the_two_numbers_would_be(fours, margin, relation, scale, shift):
    a, b, c, d = np.array(fours).T
    given = {"relation": relation, "margin": margin}

    def judged(left, right, scale=1, **rows):
        stated = claim(left=left, right=right, **given | {"margin": margin * scale})
        return claims.judge([stated], "as_written", tidy(**rows)).iloc[0]

    plain = judged("a.test.mse", "b.test.mse", a=a - b, b=c - d)
    ab, cd = "a.test.mse - b.test.mse", "c.test.mse - d.test.mse"
    got = judged(ab, cd, a=a, b=b, c=c, d=d)
    assert got.equals(plain)
    # Swapped within both sides it is mirrored; a shift of both numbers of a side cancels; units do not matter.
    mirrored = judged("b.test.mse - a.test.mse", "d.test.mse - c.test.mse", a=a, b=b, c=c, d=d)
    assert mirrored["effect"] == -got["effect"]
    same = relation == "same"
    assert mirrored["verdict"] == (got["verdict"] if same else MIRROR.get(got["verdict"], got["verdict"]))
    assert judged(ab, cd, a=a + shift, b=b + shift, c=c - shift, d=d - shift).equals(got)
    scaled = judged(ab, cd, scale, a=a * scale, b=b * scale, c=c * scale, d=d * scale)
    assert (scaled["verdict"], scaled["reason"]) == (got["verdict"], got["reason"])


@fast
@given(fours, margins)
def test_between_bars_only_the_size_of_a_difference_counts(fours, margin):
    a, b, c, d = np.array(fours).T
    stated = claim(left="|a.test.mse - b.test.mse|", right="|c.test.mse - d.test.mse|", margin=margin)
    got = claims.judge([stated], "as_written", tidy(a=a, b=b, c=c, d=d)).iloc[0]
    assert got.equals(verdict(np.abs(a - b), np.abs(c - d), margin=margin))


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


@fast
@given(sides, margins, relations)
def test_a_verdict_never_disagrees_with_the_interval(pairs, margin, relation):
    left, right = zip(*pairs, strict=True)
    got = verdict(left, right, relation=relation, margin=margin)
    low, high = got["ci_low"], got["ci_high"]
    where = "above" if low > margin else "below" if high < -margin else "inside"
    if where == "inside" and not (-margin <= low and high <= margin):
        assert got["verdict"] == "inconclusive"
    elif got["verdict"] != "inconclusive":
        claimed = claims.CLAIMED[relation] == where
        assert got["verdict"] == ("supported" if claimed else "negligible" if where == "inside" else "contradicted")


@fast
@given(st.lists(sides.filter(lambda pairs: len(pairs) > 3), min_size=1, max_size=4), margins, relations)
def test_a_verdict_is_where_its_deciding_interval_lies(family, margin, relation):
    """Among several claims, decided together by Holm: an interval that touches a bound is inconclusive, no other is."""
    n = min(map(len, family))
    arms = {
        f"{side}{i}": [pair[k] for pair in pairs[:n]] for i, pairs in enumerate(family) for k, side in enumerate("ab")
    }
    stated = [
        claim(f"c{i}", left=f"a{i}.test.mse", right=f"b{i}.test.mse", relation=relation, margin=margin)
        for i in range(len(family))
    ]
    for row in claims.judge(stated, "as_written", tidy(**arms)).to_dict("records"):
        low, high = row["deciding_low"], row["deciding_high"]
        assert low <= row["ci_low"] <= row["ci_high"] <= high or np.isclose([low, high], row["effect"]).all()
        within = [low > margin, high < -margin, -margin < low and high < margin]
        if low != high and not np.isclose([abs(low), abs(high)], margin, rtol=1e-6).any():
            assert (row["verdict"] != "inconclusive") == any(within)


@fast
@given(st.lists(eighths, min_size=3, max_size=12).filter(lambda d: len(set(d)) > 1), st.integers(60, 1000))
def test_a_larger_effect_is_never_weaker_evidence(d, distance):
    d = np.array(d) - min(d) + 1
    p = [float(claims.p_value(d + further, 0.5)) for further in (0, distance / 8, distance)]
    assert p == sorted(p, reverse=True)


# Rates of false verdicts where the true effect lies exactly on a bound, so that any verdict is false

DRAWS = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "exponential": lambda rng, size: rng.exponential(size=size) - 1,
    "lognormal": lambda rng, size: rng.lognormal(0, 0.5, size) - np.exp(0.125),
    "tied": lambda rng, size: np.round(rng.standard_normal(size)),
    "tied and skewed": lambda rng, size: rng.poisson(1, size) - 1.0,
}
RUNS = 6000
SLACK = 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("n", [10, 30])
@pytest.mark.parametrize("margin", [0, 30])
@pytest.mark.parametrize("law", DRAWS)
def test_false_verdicts_stay_under_five_percent(law, margin, n):
    d = DRAWS[law](np.random.default_rng(1), (RUNS, n))
    false = [np.mean(claims.p_value(d + bound, margin) <= 0.05) for bound in (-margin, margin)]
    assert max(false) <= 0.05 + SLACK


@pytest.mark.parametrize("n", [10, 30])
def test_false_verdicts_on_binary_differences(n):
    """Exact: all outcomes of n yes-or-no seeds, weighed by their chance; the bound lies at the true share of yes."""
    ones = np.arange(n + 1)
    for share in np.arange(1, 20) / 20:
        test = claim(relation="greater", right=share - 5, margin=5).as_written
        draws = [pd.Series(np.repeat([1.0, 0.0], [k, n - k])) - (share - 5) for k in ones]
        chance = stats.binom.pmf(ones, n, share)
        decided = {
            yes_no: np.array([claims.p_value(claims._sample(test, d, yes_no), 5) <= 0.05 for d in draws])
            for yes_no in ((), ("mse",))
        }
        assert chance @ decided["mse",] <= 0.05
        assert chance[1:-1] @ decided[()][1:-1] <= 0.05  # what remains is chance equality, decided exactly by design


def test_any_false_verdict_in_a_lesson_is_rare():
    rng = np.random.default_rng(2)
    draws = rng.standard_normal((RUNS // 4, 20, 1)) * 0.7 + rng.standard_normal((RUNS // 4, 20, 5)) * 0.7
    offsets = np.array([2, 2, 2, -2, 9])  # four on a bound, the fifth beyond it and soon decided
    p = np.stack([claims.p_value(draws[:, :, i] + offset, 2) for i, offset in enumerate(offsets)], axis=1)
    decided = np.array([claims.holm(row) <= 0.05 for row in p])
    assert decided[:, 4].mean() > 0.99
    assert decided[:, :4].any(axis=1).mean() <= 0.05 + 2 * SLACK


@pytest.mark.parametrize("n", [10, 30])
def test_normal_intervals_cover_within_a_point(n):
    d = np.random.default_rng(3).standard_normal((RUNS, n))
    bounds = np.array([claims.effect_interval(row) for row in d])
    assert np.mean((bounds[:, 1] <= 0) & (bounds[:, 2] >= 0)) == pytest.approx(0.95, abs=0.01)
