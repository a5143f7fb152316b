"""Intervals, p values, verdicts: by hand, against SciPy, as properties, by simulation; the summary over seeds."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made import DOCUMENT, ENTRY, claim, judge, tidy, verdict
from scipy import stats

from mirage.claims import claims, statistics, verdicts
from mirage.claims.statistics import interval, mean_and_sd
from mirage.claims.summary import COLUMNS, summarise

numbers = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))
several = arrays(float, st.integers(2, 40), elements=numbers)
eighths = st.integers(-400, 400).map(lambda i: i / 8)  # exact, so that what holds does so to the last bit


@given(values=several, level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_mean_sd_interval_and_skewness_are_numpys_and_scipys(values, level):
    mean, sd = mean_and_sd(values)
    np.testing.assert_allclose((mean, sd), (np.mean(values), np.std(values, ddof=1)), rtol=1e-9, atol=1e-9)
    low, high = interval(values, level)
    assert low <= mean <= high
    if (width := np.ptp(values)) > 0:
        expected = stats.t.interval(level, len(values) - 1, loc=values.mean(), scale=stats.sem(values))
        np.testing.assert_allclose((low, high), expected, rtol=1e-9, atol=1e-9 * width)
    if width > 1e-3:
        standard = (values - mean) / sd
        skewed = stats.skew(standard, bias=False)
        np.testing.assert_allclose(statistics.skewness(standard), skewed, rtol=1e-9, atol=1e-9)


@given(value=st.floats(-1e300, 1e300), n=st.integers(2, 60))
def test_equal_values_have_exactly_their_own_mean_and_no_spread(value, n):
    assert mean_and_sd(np.full(n, value)) == (value, 0) and interval(np.full(n, value)) == (value, value)
    assert mean_and_sd([value])[0] == value and np.isnan([mean_and_sd([value])[1], *interval([value])]).all()


@pytest.mark.parametrize(
    "mean, below, above", [(6, "greater", "greater"), (-6, "less", "less"), (1, "greater", "less")]
)
def test_p_value_is_twice_the_larger_one_sided_t_test(mean, below, above):
    d = np.arange(-3.0, 4) + mean  # no skewness: Hall's t is t
    ones = [stats.ttest_1samp(d, b, alternative=side).pvalue for b, side in ((-3, below), (3, above))]
    assert statistics.p_value(d, 3) == pytest.approx(2 * max(ones))


@given(st.lists(eighths, min_size=3, max_size=12).filter(lambda d: len(set(d)) > 1), st.integers(60, 1000))
def test_a_larger_effect_is_never_weaker_evidence(d, distance):
    d = np.array(d) - min(d) + 1
    p = [float(statistics.p_value(d + further, 0.5)) for further in (0, distance / 8, distance)]
    assert p == sorted(p, reverse=True)


@pytest.mark.parametrize("margin, effect", [(1.0, 1.3), (1.0, 0.6), (0.0, -0.4)])
def test_the_seeds_that_would_settle_it_decide_four_times_in_five(margin, effect):
    rng = np.random.default_rng(0)
    pilot = stats.zscore(rng.standard_normal(12), ddof=1)
    pilot = np.concatenate([pilot, -pilot])
    seeds = statistics.seeds_to_settle(pilot / pilot.std(ddof=1) + effect, margin)
    again = rng.standard_normal((1000, seeds)) + effect
    assert 0.75 < np.mean(statistics.p_value(again, margin) <= 0.05) < 0.85
    assert statistics.seeds_to_settle(pilot + 1.0001, 1) is None


# Rates of false verdicts where the true effect lies exactly on a bound, so that any verdict is false.

DRAWS = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "exponential": lambda rng, size: rng.exponential(size=size) - 1,
    "lognormal": lambda rng, size: rng.lognormal(0, 0.5, size) - np.exp(0.125),
    "tied and skewed": lambda rng, size: rng.poisson(1, size) - 1.0,
}
RUNS = 6000
SLACK = 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("n", [10, 30])
@pytest.mark.parametrize("margin", [0, 30])
@pytest.mark.parametrize("law", DRAWS)
def test_false_verdicts_stay_under_five_percent(law, margin, n):
    d = DRAWS[law](np.random.default_rng(1), (RUNS, n))
    false = [np.mean(statistics.p_value(d + bound, margin) <= 0.05) for bound in (-margin, margin)]
    assert max(false) <= 0.05 + SLACK


@pytest.mark.parametrize("n", [10, 30])
def test_false_verdicts_on_binary_differences(n):
    """Exact: all outcomes of n yes-or-no seeds, weighed by their chance; the bound lies at the true share of yes."""
    ones = np.arange(n + 1)
    for share in np.arange(1, 20) / 20:
        draws = [np.repeat([1.0, 0.0], [k, n - k]) - (share - 5) for k in ones]
        chance = stats.binom.pmf(ones, n, share)
        without, added = (
            np.array([statistics.p_value(statistics.sample(d, 5, step), 5) <= 0.05 for d in draws]) for step in (0, 1)
        )
        assert chance @ added <= 0.05
        assert chance[1:-1] @ without[1:-1] <= 0.05  # what remains is chance equality, decided exactly by design


def test_any_false_verdict_in_a_lesson_is_rare():
    rng = np.random.default_rng(2)
    draws = rng.standard_normal((RUNS // 4, 20, 1)) * 0.7 + rng.standard_normal((RUNS // 4, 20, 5)) * 0.7
    offsets = np.array([2, 2, 2, -2, 9])  # four on a bound, the fifth beyond it and soon decided
    p = np.stack([statistics.p_value(draws[:, :, i] + offset, 2) for i, offset in enumerate(offsets)], axis=1)
    decided = np.array([statistics.holm(row) <= 0.05 for row in p])
    assert decided[:, 4].mean() > 0.99
    assert decided[:, :4].any(axis=1).mean() <= 0.05 + 2 * SLACK


def test_judge_refuses_unknown_sides_and_mixed_lessons():
    with pytest.raises(ValueError, match="unknown arm 'b', expected one of a$"):
        judge([claim()], tidy(a=[1, 2]))
    other = claims.parse(DOCUMENT | {"lesson": "other"}).claims
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
    test = claim(left=left, right=right).test("as_written")
    got = verdicts.differences(test, rows.sample(frac=1, random_state=0))
    assert got.index.tolist() == list(range(len(expected)))
    np.testing.assert_array_equal(got, expected)
    with pytest.raises(ValueError, match=r"test.mse: got seed \[0\] twice, expected each once"):
        verdicts.differences(test, pd.concat([rows, rows[rows["seed"] == 0]]))


GOLDEN_ROWS = tidy(
    a=[10, 12, 11, 13, 9, 11, 12, 10, 11, 12],
    b=[13, 16, 14, 17, 12, 14, 16, 13, 15, 16],
    b2=[13, 12, 15, 11, 13, 12, 16, 10, 12, 11],
    a2=[10.2, 11.9, 11, 13.1, 8.8, 11.1, 12, 9.9, 11.1, 12.1],
    gap=[math.nan, math.nan, *range(8)],
    twenty=[20] * 10,
)
PROSE = ENTRY | {"id": "prose", "example": None, "as_written": {"untestable": "no data", "design": "more data"}}
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
    *claims.parse(DOCUMENT | {"claims": [PROSE]}).claims,
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
prose,1,,,,,,,,,untestable,no data; design: more data
"""


def test_golden_verdicts():
    got = judge(GOLDEN_CLAIMS, GOLDEN_ROWS, scope="data sets")
    assert got.columns.tolist() == [*verdicts.COLUMNS, *verdicts.DECIDING]
    assert set(got["lesson"]) == set(got["scenario"]) == {"duel"} and set(got["kind"]) == {"as_written"}
    shown = got[GOLDEN.lstrip().splitlines()[0].split(",")]
    assert shown.to_csv(index=False, float_format="%.4f", lineterminator="\n") == GOLDEN.lstrip()
    needs_no_rows = judge(GOLDEN_CLAIMS[-1:], tidy()).iloc[0]
    assert needs_no_rows["verdict"] == "untestable" and pd.isna(needs_no_rows["effect"])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"left": "c.test.mse"}, "inconclusive"),
        ({"left": "gap.test.mse"}, "inconclusive"),  # too often undefined
        ({"left": "b.test.mse", "right": 9}, "supported"),  # exact
    ],
)
def test_more_claims_need_stronger_evidence_but_exact_ones_cost_nothing(other, expected):
    weak = [-1.2, -1.6, -1.4, -1.0, -1.8, -0.8, -2.0, -1.2, -1.6, -1.4]
    rows = tidy(a=weak, b=[0] * 10, c=[-1, 1] * 5, gap=[math.nan] * 5 + [0] * 5)
    assert judge([claim()], rows)["verdict"][0] == "supported"
    assert judge([claim(), *[claim(str(i), **other) for i in range(9)]], rows)["verdict"][0] == expected


def test_a_tenth_may_be_undefined_more_may_not():
    left = [0.0, 0.1] * 10
    assert verdict([math.nan] * 2 + left[2:], [5] * 20)["verdict"] == "supported"
    for got in (verdict([math.nan] * 3 + left[3:], [5] * 20), verdict(left, [5] * 17)):  # seeds without a partner
        assert got["verdict"] == "inconclusive" and got["reason"] == "3 of 20 pairs undefined, more than a tenth"
    assert verdict([1], [5])["reason"] == "one seed says nothing about the spread over seeds"


def test_rounding_is_no_variance_and_yes_or_no_metrics_need_more_than_equal_draws():
    left = np.array([0.1, 0.2, 0.3, 0.4, 0.7])
    got = verdict(left + 0.1, left, margin=0.1, relation="greater")  # 0.1 up to rounding: on the bound, not beyond
    assert got["verdict"] == "negligible" and got["reason"].startswith("deterministic")
    assert verdict(left, left + 0.1, relation="same", margin=0.1)["agree"] == 1
    rows = tidy(a=[0] * 10, b=[0] * 10)
    test = {"right": 0.3, "margin": 0.1}
    assert judge([claim(**test)], rows)["verdict"][0] == "supported"
    got = judge([claim(**test)], rows, yes_no=["mse"]).iloc[0]
    assert got["verdict"] == "inconclusive" and "deterministic" not in got["reason"] and got["n"] == 10
    assert judge([claim(**test)], tidy(a=[0] * 40), yes_no=["mse"])["verdict"][0] == "supported"


sides = st.lists(st.tuples(eighths, eighths), min_size=2, max_size=12)
margins = st.integers(1, 100).map(lambda i: i / 8)
relations = st.sampled_from(["less", "greater", "same"])
TURNED = {"less": "greater", "greater": "less", "same": "same"}
MIRROR = {"supported": "contradicted", "contradicted": "supported"}
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
    assert swapped["verdict"] == (got["verdict"] if relation == "same" else MIRROR.get(got["verdict"], got["verdict"]))
    numbers = ["effect", "ci_low", "ci_high"]
    assert [-swapped[name] for name in ("effect", "ci_high", "ci_low")] == got[numbers].tolist()
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


@fast
@given(st.lists(sides.filter(lambda pairs: len(pairs) > 3), min_size=1, max_size=4), margins, relations)
def test_a_verdict_is_where_its_deciding_interval_lies(family, margin, relation):
    """Among several claims, decided together by Holm: an interval that touches a bound is inconclusive, no other is."""
    n = min(map(len, family))
    arms = {f"{side}{i}": np.array(pairs[:n])[:, k] for i, pairs in enumerate(family) for k, side in enumerate("ab")}
    test = {"relation": relation, "margin": margin}
    stated = [claim(f"c{i}", left=f"a{i}.test.mse", right=f"b{i}.test.mse", **test) for i in range(len(family))]
    for row in judge(stated, tidy(**arms)).to_dict("records"):
        low, high = row["deciding_low"], row["deciding_high"]
        assert low <= row["ci_low"] <= row["ci_high"] <= high or np.isclose([low, high], row["effect"]).all()
        within = [low > margin, high < -margin, -margin < low and high < margin]
        if low != high and not np.isclose([abs(low), abs(high)], margin, rtol=1e-6).any():
            assert (row["verdict"] != "inconclusive") == any(within)


def test_the_summary_of_these_rows_is_this_table_in_their_order():
    nan = math.nan
    arms = [
        ("zeta", "train", "mse", [1, 2, 3, 4]),  # mean 5/2, variance 5/3
        ("zeta", "test", "mse", [7, 7, 7, 7]),
        ("wild", "train", "mse", [2, nan, 6, 1e30]),  # seed 3 diverged; of 2 and 6: mean 4, variance 8
        ("wild", "test", "mse", [nan, math.inf, 6, nan]),
        ("wild", "model", "diverged", [0, 0, 0, 1]),
        ("wild:true_line", "test", "mse", [0, 0, 0, 0]),  # the data of seed 3 are there, though its network is not
    ]
    tidied = [("duel", a, seed, s, m, v) for a, s, m, values in arms for seed, v in enumerate(values)]
    rows = pd.DataFrame(tidied, columns=["scenario", "arm", "seed", "split", "metric", "value"])
    t3 = 3.182446305284263 / 2  # the 97.5 % point of Student's t with three degrees of freedom, over the root of four
    t1 = np.tan(0.475 * np.pi)  # with one, which is Cauchy's law
    half, wild, d3 = t3 * np.sqrt(5 / 3), t1 * 2, t3 / 2  # 0, 0, 0, 1: mean 1/4, variance 1/4
    expected = pd.DataFrame(
        [
            ("zeta", "train", "mse", 2.5, np.sqrt(5 / 3), 2.5 - half, 2.5 + half, 4, 0, 0),
            ("zeta", "test", "mse", 7, 0, 7, 7, 4, 0, 0),
            ("wild", "train", "mse", 4, np.sqrt(8), 4 - wild, 4 + wild, 2, 1, 1),
            ("wild", "test", "mse", 6, nan, nan, nan, 1, 2, 1),
            ("wild", "model", "diverged", 0.25, 0.5, 0.25 - d3, 0.25 + d3, 4, 0, 0),
            ("wild:true_line", "test", "mse", 0, 0, 0, 0, 4, 0, 0),
        ],
        columns=COLUMNS,
    )
    pd.testing.assert_frame_equal(summarise(rows), expected, check_dtype=False, rtol=1e-12, atol=0)
