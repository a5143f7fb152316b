"""Intervals and verdicts: by hand, against SciPy, as properties, by simulation; the summary over seeds."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made import DOCUMENT, ENTRY, TESTED, claim, judge, tidy, verdict
from scipy import stats

from mirage.claims import statistics, verdicts
from mirage.claims.stated import parse
from mirage.claims.statistics import guarded_interval, interval, mean_and_sd
from mirage.claims.summary import COLUMNS, summarise

numbers = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))
several = arrays(float, st.integers(2, 40), elements=numbers)
eighths = st.integers(-400, 400).map(lambda i: i / 8)  # exact, so that what holds does so to the last bit
MISS = statistics.SINGLE


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


@given(values=several)
def test_without_skewness_the_interval_is_students_and_with_it_never_narrower(values):
    low, high = guarded_interval(values)
    least, most = interval(values, 1 - MISS)
    slack = 1e-9 * max(1, np.abs(values).max())
    assert low <= least + slack and high >= most - slack
    mirrored = np.concatenate([values, 2 * values.mean() - values])
    np.testing.assert_allclose(guarded_interval(mirrored), interval(mirrored, 1 - MISS), rtol=1e-6, atol=1e-6)


@given(values=several.filter(lambda v: np.ptp(v) > 1e-3), shift=eighths, scale=st.sampled_from([0.5, 4.0]))
def test_the_interval_moves_and_stretches_with_its_values_and_mirrors(values, shift, scale):
    low, high = guarded_interval(values)
    slack = 1e-6 * (1 + np.abs(values).max())
    np.testing.assert_allclose(
        guarded_interval(values * scale + shift), (low * scale + shift, high * scale + shift), atol=slack
    )
    np.testing.assert_allclose(guarded_interval(-values), (-high, -low), atol=slack)


def test_a_long_tail_widens_the_interval_on_its_side():
    values = np.array([0.0, 0.1, 0.2, 0.1, 0.0, 0.3, 0.1, 0.2, 0.1, 4.0])
    low, high = guarded_interval(values, 0.05)
    least, most = interval(values)
    assert low == pytest.approx(least) and high > most + 0.5


@pytest.mark.parametrize("miss", [0.05, MISS])
@pytest.mark.parametrize("yes, n", [(0, 10), (3, 10), (10, 10), (0, 100), (57, 100)])
def test_intervals_of_shares_are_clopper_and_pearsons(yes, n, miss):
    expected = stats.binomtest(yes, n).proportion_ci(1 - miss, "exact")
    np.testing.assert_allclose(statistics.share_interval(yes, n, miss), (expected.low, expected.high), atol=1e-12)
    assert statistics.unseen(n, miss) == pytest.approx(1 - (miss / 2) ** (1 / n))


@pytest.mark.parametrize("both", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("up, down", [(0.0, 0.0), (0.05, 0.0), (0.05, 0.05)])
def test_the_interval_of_a_difference_of_shares_misses_no_more_often_than_it_says(both, up, down):
    """Exact, over all counts of discordant seeds; seeds that agree, whichever answer they give, play no part."""
    n, miss, missed = 30, 0.05, 0.0
    for k in range(n + 1):
        for j in range(n + 1 - k):
            chance = stats.multinomial.pmf([k, j, n - k - j], n, [up, down, 1 - up - down])
            left, right = (
                np.repeat([1.0, 0.0, both > 0.5], [k, j, n - k - j]),
                np.repeat([0.0, 1.0, both > 0.5], [k, j, n - k - j]),
            )
            low, high = statistics.discordant_interval(left, right, miss)
            missed += chance * (not low - 1e-12 <= up - down <= high + 1e-12)
    assert missed <= miss


def test_resamples_of_one_set_get_no_more_certain_than_their_test_rows_allow():
    values = np.random.default_rng(0).standard_normal(50)
    low, high = statistics.resampled_interval(values, 0.25)
    assert (high - low) / np.subtract(*interval(values)[::-1]) == pytest.approx(
        math.sqrt(1 / 50 + 0.25) * math.sqrt(50)
    )
    np.testing.assert_allclose(statistics.resampled_interval(values, 0), interval(values))


def test_one_more_value_lies_as_near_as_the_prediction_interval_says():
    values = np.random.default_rng(0).standard_normal(40)
    expected = stats.t.ppf(0.975, 39) * values.std(ddof=1) * math.sqrt(1 + 1 / 40)
    assert statistics.one_more(interval(values, 1 - MISS), 40) == pytest.approx(expected)


# How often an interval misses its true effect: no more than it says, whatever the law.

DRAWS = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "exponential": lambda rng, size: rng.exponential(size=size) - 1,
    "lognormal": lambda rng, size: rng.lognormal(0, 0.5, size) - np.exp(0.125),
    "tied and skewed": lambda rng, size: rng.poisson(1, size) - 1.0,
}
RUNS = 4000
SLACK = 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("n", [30, 100])
@pytest.mark.parametrize("law", DRAWS)
def test_intervals_miss_no_more_often_than_they_say(law, n):
    found = [guarded_interval(d, 0.05) for d in DRAWS[law](np.random.default_rng(1), (RUNS, n))]
    assert np.mean([not low <= 0 <= high for low, high in found]) <= 0.05 + SLACK


# -- words -----------------------------------------------------------------------------------------------------

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
