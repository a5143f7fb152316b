"""Data: article one's rows are the very numbers its listings draw; a test grid carries no noise."""

import functools

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given, settings
from hypothesis import strategies as st

import run
from mirage import config, data
from mirage.streams import Streams

config.register()


@functools.cache
def data_of(scenario: str, arm: str) -> config.Data:
    """The data settings of a scenario file's arm."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}"]), scenario, []).arms[arm].data


def line(n_train: int = 20, skip: int = 0, noise: float = 5.0, seed: int = 42, n_test: int = 100) -> config.Data:
    """A noisy line through the origin, by default that of the listings."""
    return config.Data("noisy_line", n_train, n_test, low=0, high=10, slope=3, noise=noise, legacy_seed=seed, skip=skip)


def as_listed(*sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The training sets a listing draws one after another, right after seeding with 42."""
    legacy = np.random.RandomState(42)  # what np.random.seed(42) makes of the global generator
    sets = []
    for n in sizes:
        x = np.linspace(0, 10, n)
        sets.append((x, 3 * x + legacy.randn(n) * 5))
    return sets


STREAMS = Streams(0, ())
ROWS = {
    ("overfitting", "network"): as_listed(20)[0],
    ("dropout", "baseline"): as_listed(20)[0],
    ("dropout", "dropout"): as_listed(20)[0],
    ("data_size", "small"): as_listed(20, 200)[0],
    ("data_size", "large"): as_listed(20, 200)[1],
}


@pytest.mark.parametrize(("scenario", "arm"), ROWS)
def test_training_rows_are_bit_for_bit_those_of_the_listing(scenario: str, arm: str) -> None:
    x, y = ROWS[scenario, arm]
    train = data.draw(data_of(scenario, arm), STREAMS)["train"]
    np.testing.assert_array_equal(train.x, x[:, None])
    np.testing.assert_array_equal(train.y, y)


@pytest.mark.parametrize(
    ("scenario", "arm", "first", "last"),
    [
        ("overfitting", "network", [2.4835707650561636, 0.8876258625651294, 6.396337427345568], 22.938481493323543),
        ("data_size", "small", [2.4835707650561636, 0.8876258625651294, 6.396337427345568], 22.938481493323543),
        ("data_size", "large", [7.32824384460777, -0.9781277335884573, 0.6391485611280614], 30.409370696931614),
    ],
)
def test_training_rows_are_these_numbers(scenario: str, arm: str, first: list[float], last: float) -> None:
    y = data.draw(data_of(scenario, arm), STREAMS)["train"].y
    np.testing.assert_allclose([*y[:3], y[-1]], [*first, last], rtol=1e-15)


@pytest.mark.parametrize(("scenario", "arm"), ROWS)
def test_the_test_grid_has_100_points_without_noise(scenario: str, arm: str) -> None:
    grid = np.linspace(0, 10, 100)
    test = data.draw(data_of(scenario, arm), STREAMS)["test"]
    np.testing.assert_array_equal(test.x, grid[:, None])
    np.testing.assert_array_equal(test.y, 3 * grid)


@pytest.mark.parametrize(("scenario", "arm"), ROWS)
def test_no_stream_touches_rows_that_the_article_fixes(scenario: str, arm: str) -> None:
    one, other = (data.draw(data_of(scenario, arm), Streams(seed, config.STREAMS)) for seed in (0, 1))
    for split in one:
        np.testing.assert_array_equal(one[split].x, other[split].x)
        np.testing.assert_array_equal(one[split].y, other[split].y)


@settings(deadline=None)
@given(n_train=st.integers(1, 50), n_test=st.integers(1, 50), skip=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
def test_splits_have_the_rows_asked_for(n_train: int, n_test: int, skip: int, seed: int) -> None:
    drawn = data.draw(line(n_train, skip, seed=seed, n_test=n_test), STREAMS)
    assert list(drawn) == ["train", "test"]
    assert [(s.x.shape, s.y.shape) for s in drawn.values()] == [((n_train, 1), (n_train,)), ((n_test, 1), (n_test,))]


@settings(deadline=None)
@given(n_train=st.integers(1, 50), skip=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
def test_skipping_passes_over_numbers_of_the_same_sequence(n_train: int, skip: int, seed: int) -> None:
    def noise(n: int, skip: int) -> np.ndarray:
        x, y = data.draw(line(n, skip, noise=1.0, seed=seed), STREAMS)["train"]
        return y - 3 * x[:, 0]

    np.testing.assert_allclose(noise(n_train, skip), noise(n_train + skip, 0)[skip:], rtol=0, atol=1e-13)


@settings(deadline=None)
@given(n_train=st.integers(1, 50), seed=st.integers(0, 2**32 - 1))
def test_without_noise_training_rows_lie_on_the_line(n_train: int, seed: int) -> None:
    x, y = data.draw(line(n_train, noise=0, seed=seed), STREAMS)["train"]
    np.testing.assert_array_equal(y, 3 * x[:, 0])


def test_numpys_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    data.draw(line(), STREAMS)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
