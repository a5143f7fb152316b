"""Means and intervals: by hand, against SciPy, as properties, by simulation; the summary over seeds."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mirage.claims import statistics
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
