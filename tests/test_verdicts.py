"""Verdicts: golden ones, what is undecidable, properties of judging; and the summary over seeds."""

import math

import numpy as np
import pandas as pd
import pytest
from duel import DOCUMENT, ENTRY, claim, judge, tidy, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from mirage.claims import claims, verdicts
from mirage.claims.summary import COLUMNS, summarise


def test_judge_refuses_unknown_sides_mixed_lessons_and_other_kinds():
    with pytest.raises(ValueError, match="unknown arm 'b', expected one of a$"):
        judge([claim()], tidy(a=[1, 2]))
    with pytest.raises(ValueError, match="unknown arm 'a', expected one of none$"):
        judge([claim()], tidy())
    other = claims.parse(DOCUMENT | {"lesson": "other"}).claims
    with pytest.raises(ValueError, match="claims of duel, other, expected one lesson"):
        judge([claim(), *other], tidy(a=[1, 2], b=[1, 2]))
    with pytest.raises(ValueError, match=r"'as_writen' \(did you mean 'as_written'\?\)"):
        verdicts.judge([claim()], "as_writen", "duel", tidy(a=[1, 2], b=[1, 2]))


# -- differences ---------------------------------------------------------------------------------------------


def test_a_side_may_be_a_difference_of_two_numbers_of_one_seed():
    rows = tidy(a=[1, 2, math.nan, 4, 5], b=[0, 0.5, 1, math.nan, 1], c=[7, 8, 9, 9])
    test = claim(left="a.test.mse - b.test.mse", right="c.test.mse").test("as_written")
    got = verdicts.differences(test, rows.sample(frac=1, random_state=0))
    assert got.index.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(got, [-6, -6.5, math.nan, math.nan, math.nan])
    turned = claim(left="c.test.mse", right="a.test.mse - b.test.mse").test("as_written")
    np.testing.assert_array_equal(verdicts.differences(turned, rows), -got)
    constant = claim(left="a.test.mse - b.test.mse", right=0.5).test("as_written")
    np.testing.assert_array_equal(verdicts.differences(constant, rows), [0.5, 1, math.nan, math.nan, 3.5])


def test_differences_are_paired_by_seed_and_undefined_where_either_side_is():
    rows = tidy(a=[1, 2, math.nan, 4, math.inf, 6], b=[0, 0.5, 1, math.nan, 1])
    got = verdicts.differences(claim().test("as_written"), rows.sample(frac=1, random_state=0))
    assert got.index.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(got, [1, 1.5, math.nan, math.nan, math.nan, math.nan])
    constant = claim(left=1).test("as_written")
    np.testing.assert_array_equal(verdicts.differences(constant, rows), [1, 0.5, 0, math.nan, 0])
    with pytest.raises(ValueError, match=r"a.test.mse: got seed \[0\] twice, expected each once"):
        verdicts.differences(claim().test("as_written"), pd.concat([rows, rows.head(1)]))


# -- verdicts ------------------------------------------------------------------------------------------------

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
        DOCUMENT | {"claims": [ENTRY | {"id": "prose", "example": None, "as_written": {"untestable": "no data"}}]}
    ).claims[0],
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
    got = judge(GOLDEN_CLAIMS, GOLDEN_ROWS, scope="data sets")
    assert got.columns.tolist() == [*verdicts.COLUMNS, *verdicts.DECIDING]
    got = got[verdicts.COLUMNS]
    assert got.to_csv(index=False).splitlines()[0] == (
        "claim,lesson,scenario,kind,article,example,basis,text,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason"
    )
    assert set(got["lesson"]) == set(got["scenario"]) == {"duel"} and set(got["kind"]) == {"as_written"}
    shown = got.drop(columns=["lesson", "scenario", "kind", "basis", "text"])
    assert shown.to_csv(index=False, float_format="%.4f", lineterminator="\n") == GOLDEN.lstrip()


def test_untestable_names_the_design_and_needs_no_rows():
    got = verdicts.judge([claim()], "controlled", "duel_controlled", tidy(), "data sets").iloc[0]
    assert (got["verdict"], got["reason"]) == ("untestable", "no controlled scenario yet; design: fresh data per seed")
    assert got["scenario"] == "duel_controlled" and got["scope"] == "" and pd.isna(got["n"]) and pd.isna(got["effect"])
    assert judge([], tidy(a=[1])).columns.tolist() == [*verdicts.COLUMNS, *verdicts.DECIDING]


def test_more_claims_need_stronger_evidence_but_exact_ones_cost_nothing():
    weak = [-1.2, -1.6, -1.4, -1.0, -1.8, -0.8, -2.0, -1.2, -1.6, -1.4]
    rows = tidy(a=weak, b=[0] * 10, c=[-1, 1] * 5, gap=[math.nan] * 5 + [0] * 5)
    verdicts = {
        name: judge([claim(), *others], rows)["verdict"][0]
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


def test_yes_or_no_metrics_need_more_than_equal_draws():
    rows = tidy(a=[0] * 10, b=[0] * 10)
    test = {"right": 0.3, "margin": 0.1}
    assert judge([claim(**test)], rows)["verdict"][0] == "supported"
    got = judge([claim(**test)], rows, yes_no=["mse"]).iloc[0]
    assert got["verdict"] == "inconclusive" and "deterministic" not in got["reason"] and got["n"] == 10
    assert judge([claim(**test)], tidy(a=[0] * 40), yes_no=["mse"])["verdict"][0] == "supported"


# Numbers are eighths and scales powers of two, so that they hold to the last bit.

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
@given(fours, margins, relations)
def test_a_difference_of_differences_is_judged_as_the_two_numbers_would_be(fours, margin, relation):
    a, b, c, d = np.array(fours).T
    sides = {"left": "a.test.mse - b.test.mse", "right": "c.test.mse - d.test.mse"}
    got = judge([claim(**sides, relation=relation, margin=margin)], tidy(a=a, b=b, c=c, d=d)).iloc[0]
    assert got.equals(verdict(a - b, c - d, relation=relation, margin=margin))


@fast
@given(fours, margins)
def test_between_bars_only_the_size_of_a_difference_counts(fours, margin):
    a, b, c, d = np.array(fours).T
    stated = claim(left="|a.test.mse - b.test.mse|", right="|c.test.mse - d.test.mse|", margin=margin)
    got = judge([stated], tidy(a=a, b=b, c=c, d=d)).iloc[0]
    assert got.equals(verdict(np.abs(a - b), np.abs(c - d), margin=margin))


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
    for row in judge(stated, tidy(**arms)).to_dict("records"):
        low, high = row["deciding_low"], row["deciding_high"]
        assert low <= row["ci_low"] <= row["ci_high"] <= high or np.isclose([low, high], row["effect"]).all()
        within = [low > margin, high < -margin, -margin < low and high < margin]
        if low != high and not np.isclose([abs(low), abs(high)], margin, rtol=1e-6).any():
            assert (row["verdict"] != "inconclusive") == any(within)


# -- the summary ---------------------------------------------------------------------------------------------


def rows_of(*arms):
    """Tidy rows from (arm, split, metric, values by seed)."""
    rows = [("dropout", a, seed, s, m, v) for a, s, m, values in arms for seed, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["scenario", "arm", "seed", "split", "metric", "value"])


def test_the_summary_of_these_rows_is_this_table_in_their_order():
    nan = math.nan
    rows = rows_of(
        ("zeta", "train", "mse", [1, 2, 3, 4]),  # mean 5/2, variance 5/3
        ("zeta", "test", "mse", [7, 7, 7, 7]),
        ("zeta", "model", "diverged", [0, 0, 0, 0]),
        ("wild", "train", "mse", [2, nan, 6, 1e30]),  # seed 3 diverged; of 2 and 6: mean 4, variance 8
        ("wild", "test", "mse", [nan, math.inf, 6, nan]),
        ("wild", "model", "diverged", [0, 0, 0, 1]),
        ("wild:true_line", "test", "mse", [0, 0, 0, 0]),  # the data of seed 3 are there, though its network is not
    )
    t3 = 3.182446305284263  # the 97.5 % point of Student's t with three degrees of freedom
    t1 = np.tan(0.475 * np.pi)  # with one, which is Cauchy's law
    half = t3 * np.sqrt(5 / 3) / 2
    wild = t1 * 2  # sd / sqrt(n) = sqrt(8) / sqrt(2)
    d3 = t3 * 0.25  # 0, 0, 0, 1: mean 1/4, variance 1/4, n 4
    expected = pd.DataFrame(
        [
            ("zeta", "train", "mse", 2.5, np.sqrt(5 / 3), 2.5 - half, 2.5 + half, 4, 0, 0),
            ("zeta", "test", "mse", 7, 0, 7, 7, 4, 0, 0),
            ("zeta", "model", "diverged", 0, 0, 0, 0, 4, 0, 0),
            ("wild", "train", "mse", 4, np.sqrt(8), 4 - wild, 4 + wild, 2, 1, 1),
            ("wild", "test", "mse", 6, nan, nan, nan, 1, 2, 1),
            ("wild", "model", "diverged", 0.25, 0.5, 0.25 - d3, 0.25 + d3, 4, 0, 0),
            ("wild:true_line", "test", "mse", 0, 0, 0, 0, 4, 0, 0),
        ],
        columns=COLUMNS,
    )
    pd.testing.assert_frame_equal(summarise(rows), expected, check_dtype=False, rtol=1e-12, atol=0)


@given(
    values=st.lists(st.integers(-400, 400).map(lambda i: i / 8), min_size=2, max_size=20),
    undefined=st.integers(0, 5),
    diverged=st.integers(0, 5),
)
def test_values_without_a_number_are_counted_and_otherwise_as_if_not_there(values, undefined, diverged):
    everything = [*values, *[math.nan] * (undefined + diverged)]
    flags = [0] * (len(values) + undefined) + [1] * diverged
    both = summarise(rows_of(("network", "test", "mse", everything), ("network", "model", "diverged", flags)))
    row = both.iloc[0].to_dict()
    alone = summarise(rows_of(("network", "test", "mse", values))).iloc[0].to_dict()
    assert (row.pop("n_undefined"), row.pop("n_diverged")) == (undefined, diverged)
    del alone["n_undefined"], alone["n_diverged"]
    assert row == alone
