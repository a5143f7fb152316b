"""Summary: means, spreads and intervals over seeds, checked by hand and against SciPy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mirage.summary import interval, mean_and_sd, summarise

COLUMNS = ["arm", "split", "metric", "mean", "sd", "ci_low", "ci_high", "n", "n_undefined", "n_diverged"]
NAN = np.nan

numbers = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))
several = arrays(float, st.integers(2, 40), elements=numbers)


def rows_of(*arms: tuple[str, str, str, list[float]]) -> pd.DataFrame:
    """Tidy rows from (arm, split, metric, values by seed)."""
    rows = [("dropout", a, seed, s, m, v) for a, s, m, values in arms for seed, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["scenario", "arm", "seed", "split", "metric", "value"])


def summary_of(values: np.ndarray) -> dict[str, float]:
    return summarise(rows_of(("network", "test", "mse", list(values)))).iloc[0].to_dict()


# -- by hand -------------------------------------------------------------------------------------------------


def test_the_summary_of_these_rows_is_this_table() -> None:
    rows = rows_of(
        ("network", "train", "mse", [1, 2, 3, 4]),  # mean 5/2, variance 5/3
        ("network", "test", "mse", [7, 7, 7, 7]),
        ("network", "model", "diverged", [0, 0, 0, 0]),
        ("wild", "train", "mse", [2, NAN, 6, NAN]),  # seed 1 undefined, seed 3 diverged; of 2 and 6: mean 4, variance 8
        ("wild", "test", "mse", [NAN, NAN, 6, NAN]),
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
            ("network", "train", "mse", 2.5, np.sqrt(5 / 3), 2.5 - half, 2.5 + half, 4, 0, 0),
            ("network", "test", "mse", 7, 0, 7, 7, 4, 0, 0),
            ("network", "model", "diverged", 0, 0, 0, 0, 4, 0, 0),
            ("wild", "train", "mse", 4, np.sqrt(8), 4 - wild, 4 + wild, 2, 1, 1),
            ("wild", "test", "mse", 6, NAN, NAN, NAN, 1, 2, 1),
            ("wild", "model", "diverged", 0.25, 0.5, 0.25 - d3, 0.25 + d3, 4, 0, 0),
            ("wild:true_line", "test", "mse", 0, 0, 0, 0, 4, 0, 0),
        ],
        columns=COLUMNS,
    )
    pd.testing.assert_frame_equal(summarise(rows), expected, check_dtype=False, rtol=1e-12, atol=0)


def test_groups_come_in_order_of_first_appearance_and_one_seed_has_no_spread() -> None:
    rows = rows_of(("z", "train", "mse", [1]), ("a", "test", "mse", [2]), ("a", "model", "epochs_run", [5]))
    table = summarise(rows)
    assert list(table.columns) == COLUMNS
    assert table[["arm", "split", "metric"]].to_numpy().tolist() == [
        ["z", "train", "mse"],
        ["a", "test", "mse"],
        ["a", "model", "epochs_run"],
    ]
    assert table["mean"].tolist() == [1, 2, 5] and table["n"].tolist() == [1, 1, 1]
    assert table[["sd", "ci_low", "ci_high"]].isna().all(axis=None)


def test_nothing_but_undefined_values_has_no_mean() -> None:
    row = summary_of(np.array([NAN, NAN, np.inf]))
    assert np.isnan([row[c] for c in ("mean", "sd", "ci_low", "ci_high")]).all()
    assert (row["n"], row["n_undefined"], row["n_diverged"]) == (0, 3, 0)


def test_a_diverged_replicate_is_never_averaged_in_even_where_it_has_numbers() -> None:
    rows = rows_of(("a", "test", "mse", [1, 3, 1e30]), ("a", "model", "diverged", [0, 0, 1]))
    row = summarise(rows).iloc[0]
    assert (row["mean"], row["n"], row["n_undefined"], row["n_diverged"]) == (2, 2, 0, 1)


def test_a_diverged_replicate_of_one_arm_says_nothing_about_another() -> None:
    rows = rows_of(
        ("a", "test", "mse", [1, 3]),
        ("b", "test", "mse", [5, 9]),
        ("a", "model", "diverged", [1, 0]),
        ("b", "model", "diverged", [0, 0]),
    )
    assert summarise(rows)["n"].tolist() == [1, 2, 2, 2]


def test_no_rows_make_an_empty_table() -> None:
    assert list(summarise(rows_of()).columns) == COLUMNS and len(summarise(rows_of())) == 0


# -- against SciPy, and properties ---------------------------------------------------------------------------


@given(values=several, level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_is_scipys_t_interval(values: np.ndarray, level: float) -> None:
    low, high = interval(values, level)
    if np.ptp(values) == 0:
        assert low == high == values[0]
        return
    expected = stats.t.interval(level, len(values) - 1, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose((low, high), expected, rtol=1e-9, atol=1e-9 * np.ptp(values))


@given(value=st.floats(-1e300, 1e300), n=st.integers(2, 60))
def test_equal_values_have_exactly_their_own_mean_and_no_spread(value: float, n: int) -> None:
    row = summary_of(np.full(n, value))
    assert row["mean"] == row["ci_low"] == row["ci_high"] == value
    assert row["sd"] == 0


@given(values=several)
def test_mean_and_sd_are_numpys(values: np.ndarray) -> None:
    mean, sd = mean_and_sd(values)
    np.testing.assert_allclose(mean, np.mean(values), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(sd, np.std(values, ddof=1), rtol=1e-9, atol=1e-9)


@given(values=several)
def test_the_mean_lies_within_its_interval_and_among_the_values(values: np.ndarray) -> None:
    row = summary_of(values)
    assert row["ci_low"] <= row["mean"] <= row["ci_high"]
    slack = 1e-9 * (1 + np.abs(values).max())
    assert values.min() - slack <= row["mean"] <= values.max() + slack


@given(values=several, shift=numbers)
def test_shifting_all_values_shifts_mean_and_interval_and_leaves_the_spread(values: np.ndarray, shift: float) -> None:
    before, after = summary_of(values), summary_of(values + shift)
    slack = 1e-9 * (1 + np.abs(values).max() + abs(shift))
    for column in ("mean", "ci_low", "ci_high"):
        assert after[column] == pytest.approx(before[column] + shift, rel=0, abs=slack)
    assert after["sd"] == pytest.approx(before["sd"], rel=0, abs=slack)


@given(values=several, power=st.integers(-20, 20))
def test_another_unit_scales_everything_exactly(values: np.ndarray, power: int) -> None:
    before, after = summary_of(values), summary_of(values * 2.0**power)  # powers of two: no rounding
    for column in ("mean", "sd", "ci_low", "ci_high"):
        assert after[column] == before[column] * 2.0**power


@given(values=several)
def test_the_other_sign_swaps_the_ends_of_the_interval(values: np.ndarray) -> None:
    before, after = summary_of(values), summary_of(-values)
    assert (after["mean"], after["sd"]) == (-before["mean"], before["sd"])
    assert (after["ci_low"], after["ci_high"]) == (-before["ci_high"], -before["ci_low"])


@given(values=several, random=st.randoms(use_true_random=False))
def test_the_order_of_seeds_does_not_matter(values: np.ndarray, random: np.random.Generator) -> None:
    shuffled = values.tolist()
    random.shuffle(shuffled)
    before, after = summary_of(values), summary_of(np.array(shuffled))
    slack = 1e-9 * (1 + np.abs(values).max())
    for column in ("mean", "sd", "ci_low", "ci_high"):
        assert after[column] == pytest.approx(before[column], rel=0, abs=slack)


@given(values=several, undefined=st.integers(0, 5), diverged=st.integers(0, 5))
def test_values_without_a_number_are_counted_and_otherwise_as_if_not_there(
    values: np.ndarray, undefined: int, diverged: int
) -> None:
    everything = [*values, *[NAN] * (undefined + diverged)]
    flags = [0] * (len(values) + undefined) + [1] * diverged
    rows = rows_of(("network", "test", "mse", everything), ("network", "model", "diverged", flags))
    row, alone = summarise(rows).iloc[0].to_dict(), summary_of(values)
    assert (row.pop("n_undefined"), row.pop("n_diverged")) == (undefined, diverged)
    del alone["n_undefined"], alone["n_diverged"]
    assert row == alone
