"""References: against the closed form, and against scikit-learn's dummy."""

import dataclasses

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.dummy import DummyClassifier

import run
from mirage import config, data, references
from mirage.data import Split
from mirage.decisions import above
from mirage.streams import Streams

config.register()

UNSET = dict.fromkeys(f.name for f in dataclasses.fields(config.Data))
LINE = {"n_train": 20, "n_test": 100, "low": 0, "high": 10, "slope": 3, "noise": 5, "legacy_seed": 42, "skip": 0}
SETTINGS = config.Data(**(UNSET | {"law": "noisy_line"} | LINE))


def error(y: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.mean((y - predicted) ** 2))


def test_every_name_a_scenario_may_give_is_in_the_table_and_the_other_way_round() -> None:
    assert set(references.REFERENCES) == set(config.REFERENCES)


def splits_of(x: np.ndarray, y: np.ndarray) -> dict[str, Split]:
    grid = np.linspace(-1, 11, 7)
    return {"train": Split(x[:, None], y), "test": Split(grid[:, None], np.zeros(7))}


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


@given(slope=st.floats(-100, 100), seed=st.integers(0, 1000))
def test_the_true_line_misses_no_test_point_by_anything(slope: float, seed: int) -> None:
    settings = dataclasses.replace(SETTINGS, slope=slope, legacy_seed=seed)
    splits = data.draw(settings, Streams(0, ()))
    predicted = references.true_line(settings, splits)
    assert error(splits["test"].y, predicted["test"]) == 0


def test_the_true_lines_error_on_training_rows_is_the_noise_that_was_drawn() -> None:
    splits = data.draw(SETTINGS, Streams(0, ()))
    predicted = references.true_line(SETTINGS, splits)
    noise = np.random.RandomState(42).randn(20) * 5
    assert error(splits["train"].y, predicted["train"]) == pytest.approx(np.mean(noise**2))


@pytest.mark.parametrize("scenario", ["overfitting", "dropout", "data_size"])
def test_least_squares_fits_the_training_rows_of_a_scenario_no_worse_than_the_true_line(scenario: str) -> None:
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        plan = run.plan_of(compose("config", [f"scenario={scenario}"]), scenario, [])
    assert plan.references == ("least_squares", "true_line")
    for arm in plan.arms.values():
        splits = data.draw(arm.data, Streams(0, plan.vary))
        train = splits["train"].y
        fitted, truth = (
            error(train, references.REFERENCES[name](arm.data, splits)["train"])
            for name in ("least_squares", "true_line")
        )
        assert fitted < truth


@given(y=arrays(int, st.integers(1, 30), elements=st.integers(0, 1)))
def test_the_majority_class_is_scikit_learns_dummy(y: np.ndarray) -> None:
    splits = {"train": Split(np.zeros((len(y), 2)), y), "test": Split(np.ones((3, 2)), np.array([0, 1, 1]))}
    predicted = references.majority_class(SETTINGS, splits)
    assume(2 * y.sum() != len(y))
    dummy = DummyClassifier(strategy="most_frequent").fit(*splits["train"])
    assert list(predicted) == ["train", "test"]
    for name, (x, _) in splits.items():
        np.testing.assert_array_equal(above(predicted[name]), dummy.predict(x))
        np.testing.assert_array_equal(predicted[name], np.full(len(x), y.mean()))


def test_the_majority_class_never_looks_at_other_rows_and_a_draw_is_class_0() -> None:
    train = Split(np.zeros((4, 1)), np.array([0, 1, 0, 1]))
    predicted = references.majority_class(SETTINGS, {"train": train, "test": Split(np.zeros((3, 1)), np.ones(3, int))})
    assert predicted["test"].tolist() == [0.5] * 3 and above(predicted["test"]).tolist() == [0] * 3
