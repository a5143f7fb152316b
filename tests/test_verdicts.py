"""Verdicts: where an interval lies, from tidy rows; golden, as properties, and for numbers of every kind."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import DOCUMENT, ENTRY, TESTED, claim, judge, tidy, verdict

from mirage.claims import statistics, verdicts
from mirage.claims.stated import parse

eighths = st.integers(-400, 400).map(lambda i: i / 8)  # exact, so that what holds does so to the last bit


WORDS = [
    ("greater", (1.1, 3), "holds"),
    ("greater", (-3, -1.1), "fails_opposite"),
    ("greater", (-0.9, 0.9), "fails_no_effect"),
    ("greater", (-1, 1), "fails_no_effect"),  # a bound itself is inside
    ("greater", (-2, 0.5), "fails"),
    ("greater", (0.1, 2), "at_margin"),
    ("greater", (-0.1, 2), "open"),
    ("greater", (-2, 2), "open"),
    ("same", (-0.9, 0.9), "holds"),
    ("same", (1.1, 3), "fails_opposite"),
    ("same", (-3, -1.1), "fails_opposite"),
    ("same", (0.5, 2), "at_margin"),
    ("same", (-2, -0.5), "at_margin"),
    ("same", (-0.5, 2), "at_margin"),
    ("same", (-2, 2), "open"),
]
REAL = {"holds": "also", "fails_opposite": "not", "fails_no_effect": "not", "fails": "not"}


@pytest.mark.parametrize("relation, found, word", WORDS)
def test_the_verdict_says_where_the_interval_lies(relation, found, word):
    assert verdicts.verdict(relation, 1.0, found) == word
    assert verdicts.on_real_data(relation, 1.0, found) == REAL.get(word, "unclear")
    turned = (-found[1], -found[0])
    assert verdicts.verdict({"greater": "less", "same": "same"}[relation], 1.0, turned) == word


@pytest.mark.parametrize("value, word", [(0.5, "holds"), (0, "fails_no_effect"), (-0.5, "fails_opposite")])
def test_without_a_margin_only_the_sign_counts(value, word):
    assert verdicts.verdict("greater", 0.0, (value, value)) == word
    assert (
        verdicts.verdict("greater", 0.0, (-0.5, 0.0)) == "fails" and verdicts.verdict("greater", 0, (-1, 1)) == "open"
    )


def test_a_star_stands_for_the_mean_over_all_arms_that_match_but_not_over_references():
    rows = tidy(task_1=[1, 2, math.nan], task_2=[3, 6, 5], other=[0, 0, 0], **{"task_1:bayes": [9, 9, 9]})
    test = claim(left="task_*.test.mse", right="task_*:bayes.test.mse - other.test.mse").tests["as_written"]
    got = verdicts.pairs(test, rows)
    np.testing.assert_array_equal(got, [[2, 9], [4, 9], [math.nan, 9]])
    for star, line in (("tusk_*", "unknown arm 'tusk_\\*'"), ("task_*", "unknown metric 'mae'")):
        with pytest.raises(ValueError, match=line):
            judge([claim(left=f"{star}.test.{'mae' if star == 'task_*' else 'mse'}", right="other.test.mse")], rows)


def test_judge_refuses_unknown_sides_and_mixed_lessons():
    with pytest.raises(ValueError, match="unknown arm 'b', expected one of a$"):
        judge([claim()], tidy(a=[1, 2]))
    other = parse(DOCUMENT | {"lesson": "other"}).claims
    with pytest.raises(ValueError, match="claims of duel, other, expected one lesson"):
        judge([claim(), *other], tidy(a=[1, 2], b=[1, 2]))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a.test.mse", "b.test.mse", [1, 1.5, math.nan, math.nan, math.nan, math.nan]),
        (1, "b.test.mse", [1, 0.5, 0, math.nan, 0]),
        ("a.test.mse - b.test.mse", "c.test.mse", [-6, -6.5, math.nan, math.nan, math.nan, math.nan]),
        ("|b.test.mse - a.test.mse|", 0.5, [0.5, 1, math.nan, math.nan, math.nan, math.nan]),
    ],
)
def test_sides_are_paired_by_seed_and_undefined_where_any_number_is(left, right, expected):
    rows = tidy(a=[1, 2, math.nan, 4, math.inf, 6], b=[0, 0.5, 1, math.nan, 1], c=[7, 8, 9, 9])
    test = claim(left=left, right=right).tests["as_written"]
    got = verdicts.pairs(test, rows.sample(frac=1, random_state=0))
    assert got.index.tolist() == list(range(len(expected)))
    np.testing.assert_array_equal(got["left"] - got["right"], expected)
    with pytest.raises(ValueError, match=r"test.mse: got seed \[0\] twice, expected each once"):
        verdicts.pairs(test, pd.concat([rows, rows[rows["seed"] == 0]]))


GOLDEN_ROWS = tidy(
    a=[10, 12, 11, 13, 9, 11, 12, 10, 11, 12],
    b=[13, 16, 14, 17, 12, 14, 16, 13, 15, 16],
    b2=[13, 12, 15, 11, 13, 12, 16, 10, 12, 11],
    a2=[10.2, 11.9, 11, 13.1, 8.8, 11.1, 12, 9.9, 11.1, 12.1],
    a3=[10.9, 12.7, 12.1, 13.9, 9.9, 12.1, 12.7, 11.1, 11.9, 12.7],
    gap=[math.nan, math.nan, *range(8)],
    twenty=[20] * 10,
)
GOLDEN_CLAIMS = [
    claim("less"),
    claim("greater", relation="greater"),
    claim("same", relation="same"),
    claim("twins", right="a2.test.mse"),
    claim("twins-same", right="a2.test.mse", relation="same"),
    claim("near", right="a3.test.mse"),
    claim("close", right="b2.test.mse"),
    claim("gap", left="gap.test.mse"),
    claim("constant", left="twenty.test.mse", relation="greater", right=18.5),
    claim("exactly-the-margin", left="twenty.test.mse", relation="greater", right=19, exact=True),
]
GOLDEN = """
claim,article,example,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason
less,1,2,-3.5000,-4.3818,-2.6182,1.0000,10,1.0000,data sets,holds,
greater,1,2,-3.5000,-4.3818,-2.6182,1.0000,10,0.0000,data sets,fails_opposite,
same,1,2,-3.5000,-4.3818,-2.6182,1.0000,10,0.0000,data sets,fails_opposite,
twins,1,2,-0.0200,-0.2257,0.7362,1.0000,10,0.5000,data sets,fails_no_effect,
twins-same,1,2,-0.0200,-0.2257,0.7362,1.0000,10,1.0000,data sets,holds,
near,1,2,-0.9000,-1.1732,-0.6268,1.0000,10,1.0000,data sets,at_margin,"\
as claimed in direction, 0.9 of its margin in size"
close,1,2,-1.4000,-5.1160,2.4152,1.0000,10,0.6000,data sets,open,
gap,1,2,-11.1250,,,1.0000,8,1.0000,data sets,undefined,2 of 10 pairs are undefined
constant,1,2,1.5000,1.5000,1.5000,1.0000,10,1.0000,data sets,holds,\
the same in all 10 seeds; further ones that differ are rarer than 56%
exactly-the-margin,1,2,1.0000,1.0000,1.0000,1.0000,10,1.0000,data sets,fails_no_effect,exact: equal by construction
"""


def test_golden_verdicts():
    got = judge(GOLDEN_CLAIMS, GOLDEN_ROWS, scope="data sets")
    assert got.columns.tolist() == [*verdicts.COLUMNS, "role"]
    assert set(got["lesson"]) == set(got["scenario"]) == {"duel"} and set(got["kind"]) == {"as_written"}
    assert set(got["seeds"]) == {"0-9"} and set(got["unit"]) == {"squared units"} and set(got["paragraph"]) == {3}
    shown = got[GOLDEN.lstrip().splitlines()[0].split(",")]
    assert shown.to_csv(index=False, float_format="%.4f", lineterminator="\n") == GOLDEN.lstrip()


def test_a_scenario_is_asked_only_what_it_tests():
    prose = {key: value for key, value in ENTRY.items() if key != "as_written"} | {
        "example": None,
        "controlled": TESTED,
    }
    stated = parse(DOCUMENT | {"claims": [ENTRY, prose | {"id": "prose", "was": []}]}).claims
    rows = tidy(a=[1, 2], b=[1, 2])
    assert judge(stated, rows)["claim"].tolist() == ["a-beats-b"]
    assert verdicts.judge(stated, "controlled", "duel_controlled", rows)["claim"].tolist() == ["prose"]


def test_a_missing_number_leaves_a_claim_without_a_verdict():
    left = [0.0, 0.1] * 10
    for got in (verdict([math.nan] + left[1:], [5] * 20), verdict(left, [5] * 19)):  # a seed without a partner
        assert got["verdict"] == "undefined" and got["reason"] == "1 of 20 pairs are undefined" and got["n"] == 19
    assert verdict([1], [5])["verdict"] == "open"
    assert verdict([1], [5])["reason"] == "one seed says nothing about the spread over seeds"


def test_rounding_is_no_variance():
    left = np.array([0.1, 0.2, 0.3, 0.4, 0.7])
    got = verdict(left + 0.1, left, margin=0.1, relation="greater")  # 0.1 up to rounding: on the bound, not beyond
    assert got["verdict"] == "fails_no_effect" and got["reason"].startswith("the same in all 5 seeds")
    assert verdict(left, left + 0.1, relation="same", margin=0.1)["agree"] == 1


def test_equal_by_chance_is_not_equal_by_construction():
    rows, test = tidy(a=[0] * 100, b=[0] * 100), {"right": 0.3, "margin": 0.1}
    rare = statistics.unseen(100)
    got = judge([claim(**test)], rows, ends={"mse": (0, 1)}).iloc[0]
    assert (got["ci_low"], got["ci_high"]) == pytest.approx((-0.3, rare - 0.3)) and got["verdict"] == "holds"
    got = judge([claim(**test)], rows, ends={"mse": (-1, 1)}).iloc[0]  # all equal, between known ends
    assert (got["ci_low"], got["ci_high"]) == pytest.approx((-0.3 - rare, rare - 0.3))
    got = judge([claim(**test)], rows).iloc[0]  # no end is known
    assert got["ci_low"] == got["ci_high"] == -0.3 and "rarer than 8%" in got["reason"]
    got = judge([claim(exact=True, **test)], rows, ends={"mse": (0, 1)}).iloc[0]
    assert got["ci_low"] == got["ci_high"] == -0.3 and got["reason"] == "exact: equal by construction"
    got, plain = (judge([claim(exact=exact)], GOLDEN_ROWS).iloc[0] for exact in (True, False))
    assert got["reason"].startswith("not equal") and (got["ci_low"], got["verdict"]) == (
        plain["ci_low"],
        plain["verdict"],
    )


def test_yes_or_no_numbers_have_exact_intervals():
    yes, no = [1] * 97 + [0] * 3, [0] * 100
    ends = {"mse": (0, 1)}
    got = judge([claim(relation="greater", right=0.5, margin=0.1)], tidy(a=yes, b=no), ends=ends).iloc[0]
    low, high = statistics.share_interval(97, 100)
    assert (got["ci_low"], got["ci_high"]) == (low - 0.5, high - 0.5) and got["verdict"] == "holds"
    got = judge([claim(relation="greater", margin=0.1)], tidy(a=yes, b=no), ends=ends).iloc[0]
    assert (got["ci_low"], got["ci_high"]) == statistics.discordant_interval(yes, no) and got["verdict"] == "holds"


def test_on_real_data_the_words_are_others_and_the_interval_knows_of_shared_rows():
    entry = {key: value for key, value in ENTRY.items() if key != "as_written"} | {"example": None, "real": TESTED}
    stated = parse({"lesson": "duel", "scenarios": {"real": "duel_real"}, "claims": [entry]}).claims
    rows = GOLDEN_ROWS
    words = []
    for ratio in (0.25, 25):
        got = verdicts.judge(stated, "real", "duel_real", rows, ratios={"a": ratio, "b": 0.1}).iloc[0]
        d = rows[rows["arm"] == "a"]["value"].to_numpy() - rows[rows["arm"] == "b"]["value"].to_numpy()
        assert (got["ci_low"], got["ci_high"]) == statistics.resampled_interval(d, ratio)
        words.append(got["verdict"])
    assert words == ["also", "unclear"]


sides = st.lists(st.tuples(eighths, eighths), min_size=2, max_size=12)
margins = st.integers(1, 100).map(lambda i: i / 8)
relations = st.sampled_from(["less", "greater", "same"])
TURNED = {"less": "greater", "greater": "less", "same": "same"}
fast = settings(max_examples=30)


@fast
@given(sides, margins, relations, st.sampled_from([2.0**-20, 0.5, 4.0, 2.0**30]), eighths)
def test_swapped_arms_mirror_the_verdict_units_and_a_common_shift_change_nothing(pairs, margin, relation, scale, shift):
    left, right = np.array(pairs).T
    test = {"relation": relation, "margin": margin}
    got, swapped = verdict(left, right, **test), verdict(right, left, **test)
    turned = verdict(right, left, relation=TURNED[relation], margin=margin)
    scaled = verdict(left * scale, right * scale, relation=relation, margin=margin * scale)
    shifted = verdict(left + shift, right + shift, **test)
    for other in (turned, scaled, shifted):
        assert (other["verdict"], other["reason"], other["agree"]) == (got["verdict"], got["reason"], got["agree"])
    numbers = ["effect", "ci_low", "ci_high"]
    assert [-swapped[name] for name in ("effect", "ci_high", "ci_low")] == pytest.approx(got[numbers].tolist())
    assert (scaled[numbers] / scale).tolist() == got[numbers].tolist() and shifted["effect"] == got["effect"]


@fast
@given(st.lists(st.tuples(*[eighths] * 4), min_size=2, max_size=12), margins, relations)
def test_a_difference_of_differences_and_its_size_between_bars_are_judged_as_two_numbers_would_be(
    fours, margin, relation
):
    a, b, c, d = np.array(fours).T
    for sign, left, right in (("", a - b, c - d), ("|", np.abs(a - b), np.abs(c - d))):
        sides = {"left": f"{sign}a.test.mse - b.test.mse{sign}", "right": f"{sign}c.test.mse - d.test.mse{sign}"}
        got = judge([claim(**sides, relation=relation, margin=margin)], tidy(a=a, b=b, c=c, d=d)).iloc[0]
        assert got.equals(verdict(left, right, relation=relation, margin=margin))
