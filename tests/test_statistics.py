"""Intervals, p values, Holm: by hand, against SciPy, and rates of false verdicts by simulation."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mirage.claims import statistics
from mirage.claims.statistics import interval, mean_and_sd

numbers = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))
several = arrays(float, st.integers(2, 40), elements=numbers)
eighths = st.integers(-400, 400).map(lambda i: i / 8)  # exact, so that what holds does so to the last bit


def test_the_slow_part_of_scipy_is_not_imported():
    script = "import sys, mirage.claims.claims, mirage.claims.statistics; print('scipy.stats' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


# -- means and intervals -------------------------------------------------------------------------------------


@given(values=several, level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_is_scipys_t_interval(values, level):
    low, high = interval(values, level)
    if np.ptp(values) == 0:
        assert low == high == values[0]
        return
    expected = stats.t.interval(level, len(values) - 1, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose((low, high), expected, rtol=1e-9, atol=1e-9 * np.ptp(values))


def test_too_few_values_have_no_spread():
    assert np.isnan(interval([])).all() and np.isnan(interval([2.0])).all()
    assert np.isnan(mean_and_sd([])).all() and mean_and_sd([2.0])[0] == 2 and math.isnan(mean_and_sd([2.0])[1])


@given(value=st.floats(-1e300, 1e300), n=st.integers(2, 60))
def test_equal_values_have_exactly_their_own_mean_and_no_spread(value, n):
    assert mean_and_sd(np.full(n, value)) == (value, 0) and interval(np.full(n, value)) == (value, value)


@given(values=several)
def test_mean_and_sd_are_numpys_and_the_mean_lies_within_its_interval(values):
    mean, sd = mean_and_sd(values)
    np.testing.assert_allclose((mean, sd), (np.mean(values), np.std(values, ddof=1)), rtol=1e-9, atol=1e-9)
    assert interval(values)[0] <= mean <= interval(values)[1]


@given(values=several, power=st.integers(-20, 20))
def test_another_unit_scales_everything_exactly_and_the_other_sign_swaps_the_ends(values, power):
    before, scale = (*mean_and_sd(values), *interval(values)), 2.0**power  # powers of two: no rounding
    assert (*mean_and_sd(values * scale), *interval(values * scale)) == tuple(v * scale for v in before)
    assert interval(-values) == tuple(-v for v in reversed(interval(values)))


@given(values=several.filter(lambda v: np.ptp(v) > 1e-3))
def test_skewness_is_scipys_corrected_for_bias(values):
    standard = (values - values.mean()) / values.std(ddof=1)
    np.testing.assert_allclose(statistics.skewness(standard), stats.skew(standard, bias=False), rtol=1e-9, atol=1e-9)


# -- tests ---------------------------------------------------------------------------------------------------


def test_holm_adjusts_in_steps():
    np.testing.assert_allclose(statistics.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([]).shape == (0,)


def test_p_value_is_twice_the_larger_one_sided_t_test():
    sample = np.array([1.0, 2, 3, 4, 5, 6, 7])  # no skewness: Hall's t is t
    for mean, sides in ((6.0, "gg"), (-6.0, "ll"), (0.5, "gl")):
        d = sample - sample.mean() + mean
        names = {"g": "greater", "l": "less"}
        ones = [stats.ttest_1samp(d, b, alternative=names[s]).pvalue for b, s in zip((-3, 3), sides, strict=True)]
        assert statistics.p_value(d, 3) == pytest.approx(2 * max(ones))


def test_p_value_is_never_below_the_t_test_and_corrects_the_thin_side():
    tail = np.array([0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.4, 3.1])
    for shift, factor in ((-1.6, 2.0), (0.2, 1.0)):  # bound far above: on the side of the tail; bound below: not
        d = tail + shift
        plain = stats.ttest_1samp(d, 0).pvalue
        assert statistics.p_value(d, 0) >= factor * plain * (1 - 1e-12)


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


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_numbers_too_large_to_square_decide_nothing():
    assert statistics.p_value([1e200, -1e200, 3e200], 1) == 1


def test_one_more_seed_is_added_to_equal_yes_or_no_numbers_only_and_toward_a_bound():
    sample = statistics.sample
    assert sample([0.0, math.nan, 0.0], 0.1).tolist() == [0, 0]
    assert sample([0.0, 1.0], 0.1, step=1).tolist() == [0, 1]
    assert sample([0.0, 0.0], 0.1, step=1).tolist() == [0, 0, 1]  # inside: outward
    assert sample([-1.0, -1.0], 0.1, step=1).tolist() == [-1, -1, 0]  # beyond: inward
    assert sample([1.0, 1.0], 0.1, step=2).tolist() == [1, 1, -1]


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
    false = [np.mean(statistics.p_value(d + bound, margin) <= 0.05) for bound in (-margin, margin)]
    assert max(false) <= 0.05 + SLACK


@pytest.mark.parametrize("n", [10, 30])
def test_false_verdicts_on_binary_differences(n):
    """Exact: all outcomes of n yes-or-no seeds, weighed by their chance; the bound lies at the true share of yes."""
    ones = np.arange(n + 1)
    for share in np.arange(1, 20) / 20:
        draws = [np.repeat([1.0, 0.0], [k, n - k]) - (share - 5) for k in ones]
        chance = stats.binom.pmf(ones, n, share)
        decided = {
            step: np.array([statistics.p_value(statistics.sample(d, 5, step), 5) <= 0.05 for d in draws])
            for step in (0, 1)
        }
        assert chance @ decided[1] <= 0.05
        assert chance[1:-1] @ decided[0][1:-1] <= 0.05  # what remains is chance equality, decided exactly by design


def test_any_false_verdict_in_a_lesson_is_rare():
    rng = np.random.default_rng(2)
    draws = rng.standard_normal((RUNS // 4, 20, 1)) * 0.7 + rng.standard_normal((RUNS // 4, 20, 5)) * 0.7
    offsets = np.array([2, 2, 2, -2, 9])  # four on a bound, the fifth beyond it and soon decided
    p = np.stack([statistics.p_value(draws[:, :, i] + offset, 2) for i, offset in enumerate(offsets)], axis=1)
    decided = np.array([statistics.holm(row) <= 0.05 for row in p])
    assert decided[:, 4].mean() > 0.99
    assert decided[:, :4].any(axis=1).mean() <= 0.05 + 2 * SLACK
