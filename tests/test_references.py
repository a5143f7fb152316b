"""Metrics against scikit-learn and their formulas; references against the closed form."""

import numpy as np
import pytest
import sklearn.metrics
from hydra import compose, initialize_config_dir
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import run
from mirage import config, data, metrics, references
from mirage.data import Split
from mirage.streams import Streams

config.register()

numbers = st.floats(-1e6, 1e6)
pairs = st.integers(1, 30).flatmap(lambda n: arrays(float, (2, n), elements=numbers)).map(tuple)
SETTINGS = config.Data("noisy_line", 20, 100, low=0, high=10, slope=3, noise=5, legacy_seed=42, skip=0)
ORACLES = {"mse": sklearn.metrics.mean_squared_error}


# -- metrics -------------------------------------------------------------------------------------------------


def test_every_name_a_scenario_may_give_is_in_the_table_and_the_other_way_round() -> None:
    assert set(metrics.METRICS) == set(config.METRICS) == set(ORACLES)
    assert set(references.REFERENCES) == set(config.REFERENCES)


@pytest.mark.parametrize("name", ORACLES)
@settings(deadline=None)
@given(pair=pairs)
def test_metrics_are_scikit_learns(name: str, pair: tuple[np.ndarray, np.ndarray]) -> None:
    y, predicted = pair
    assert metrics.measure([name], y, predicted) == {name: float(ORACLES[name](y, predicted))}


@settings(deadline=None)
@given(pair=pairs)
def test_mse_is_the_mean_of_squared_differences(pair: tuple[np.ndarray, np.ndarray]) -> None:
    y, predicted = pair
    assert metrics.measure(["mse"], y, predicted)["mse"] == pytest.approx(np.mean((y - predicted) ** 2), rel=1e-12)
    assert metrics.measure(["mse"], y, y)["mse"] == 0


def test_mse_by_hand() -> None:
    assert metrics.measure(["mse"], np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 1.0])) == {"mse": 10 / 3}


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@settings(deadline=None)
@given(pair=pairs, where=st.integers(0, 29))
def test_one_prediction_that_is_not_finite_leaves_all_undefined(
    name: str, bad: float, pair: tuple[np.ndarray, np.ndarray], where: int
) -> None:
    y, predicted = pair
    predicted = predicted.copy()
    predicted[where % len(predicted)] = bad
    assert np.isnan(metrics.measure([name], y, predicted)[name])


def test_a_metric_is_a_plain_number_and_only_what_was_asked_for_is_given() -> None:
    y = np.zeros(2)
    assert metrics.measure([], y, y) == {}
    assert type(metrics.measure(["mse"], y, y.astype(np.float32))["mse"]) is float


# -- references ----------------------------------------------------------------------------------------------


def splits_of(x: np.ndarray, y: np.ndarray) -> dict[str, Split]:
    grid = np.linspace(-1, 11, 7)
    return {"train": Split(x[:, None], y), "test": Split(grid[:, None], np.zeros(7))}


@settings(deadline=None)
@given(
    x=arrays(float, st.integers(2, 30), elements=st.integers(-50, 50).map(float)),
    noise=st.integers(0, 2**32 - 1).map(np.random.default_rng),
)
def test_least_squares_is_the_closed_form_and_polyfit(x: np.ndarray, noise: np.random.Generator) -> None:
    assume(np.ptp(x) > 0)
    y = noise.normal(size=len(x)) * 5 + 3 * x
    splits = splits_of(x, y)
    predicted = references.least_squares(SETTINGS, splits)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    fitted = np.polyfit(x, y, 1)
    assert list(predicted) == list(splits)
    for split, (at, _) in splits.items():
        np.testing.assert_allclose(predicted[split], y.mean() + slope * (at[:, 0] - x.mean()), rtol=1e-9, atol=1e-8)
        np.testing.assert_allclose(predicted[split], np.polyval(fitted, at[:, 0]), rtol=1e-9, atol=1e-8)


def test_least_squares_looks_at_training_rows_only() -> None:
    train = Split(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]))
    test = Split(np.array([[5.0]]), np.array([-100.0]))
    predicted = references.least_squares(SETTINGS, {"train": train, "test": test})
    np.testing.assert_allclose(predicted["test"], [11.0], rtol=1e-12)


@settings(deadline=None)
@given(slope=st.floats(-100, 100), seed=st.integers(0, 1000))
def test_the_true_line_misses_no_test_point_by_anything(slope: float, seed: int) -> None:
    settings = config.Data("noisy_line", 20, 100, 0, 10, slope, 5, legacy_seed=seed, skip=0)
    splits = data.draw(settings, Streams(0, ()))
    predicted = references.true_line(settings, splits)
    assert metrics.measure(["mse"], splits["test"].y, predicted["test"]) == {"mse": 0.0}


def test_the_true_lines_error_on_training_rows_is_the_noise_that_was_drawn() -> None:
    splits = data.draw(SETTINGS, Streams(0, ()))
    predicted = references.true_line(SETTINGS, splits)
    noise = np.random.RandomState(42).randn(20) * 5
    assert metrics.measure(["mse"], splits["train"].y, predicted["train"])["mse"] == pytest.approx(np.mean(noise**2))


@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_least_squares_fits_the_training_rows_of_a_scenario_no_worse_than_the_true_line(scenario: str) -> None:
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        plan = run.plan_of(compose("config", [f"scenario={scenario}"]), scenario, [])
    if set(plan.references) < {"least_squares", "true_line"}:
        pytest.skip("no line to compare with")
    for arm in plan.arms.values():
        splits = data.draw(arm.data, Streams(0, plan.vary))
        train = splits["train"].y
        fitted, truth = (
            metrics.measure(["mse"], train, references.REFERENCES[name](arm.data, splits)["train"])["mse"]
            for name in ("least_squares", "true_line")
        )
        assert fitted < truth
