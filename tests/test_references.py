"""References: against the closed form, and against scikit-learn's dummy."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import multivariate_normal
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from mirage.data.laws import Law
from mirage.data.rows import draw
from mirage.data.split import Split, Splits
from mirage.data.streams import Streams
from mirage.metrics.curves import reliability
from mirage.metrics.decisions import above, corrected
from mirage.metrics.table import REFERENCES

Array = np.ndarray
LINE = {"n_train": 20, "n_test": 100, "low": 0, "high": 10, "slope": 3, "noise": 5, "legacy_seed": 42, "skip": 0}


def line(**changed: object) -> Law:
    return Law.read({"name": "noisy_line"} | LINE | changed)


def predictions(name: str, law: Law, splits: Splits) -> dict[str, Array]:
    return REFERENCES[name].predictions(law, splits)


def error(y: Array, predicted: Array) -> float:
    return float(np.mean((y - predicted) ** 2))


def splits_of(x: Array, y: Array) -> dict[str, Split]:
    grid = np.linspace(-1, 11, 7)
    return {"train": Split(x[:, None], y), "test": Split(grid[:, None], np.zeros(7))}


@given(
    x=arrays(float, st.integers(2, 30), elements=st.integers(-50, 50).map(float)),
    noise=st.integers(0, 2**32 - 1).map(np.random.default_rng),
)
def test_least_squares_is_the_closed_form_and_polyfit(x: Array, noise: np.random.Generator) -> None:
    assume(np.ptp(x) > 0)
    y = noise.normal(size=len(x)) * 5 + 3 * x
    splits = splits_of(x, y)
    predicted = predictions("least_squares", line(), splits)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    fitted = np.polyfit(x, y, 1)
    assert list(predicted) == list(splits)
    for split, (at, *_) in splits.items():
        np.testing.assert_allclose(predicted[split], y.mean() + slope * (at[:, 0] - x.mean()), rtol=1e-9, atol=1e-8)
        np.testing.assert_allclose(predicted[split], np.polyval(fitted, at[:, 0]), rtol=1e-9, atol=1e-8)


@given(slope=st.floats(-100, 100), seed=st.integers(0, 1000))
def test_the_true_line_misses_no_test_point_by_anything_and_training_rows_by_the_noise(slope: float, seed: int) -> None:
    law = line(slope=slope, legacy_seed=seed)
    splits = draw(law, [], Streams(0, ()))
    predicted = predictions("true_line", law, splits)
    assert error(splits["test"].y, predicted["test"]) == 0
    noise = np.random.RandomState(seed).randn(20) * 5
    assert error(splits["train"].y, predicted["train"]) == pytest.approx(np.mean(noise**2))


@given(y=arrays(int, st.integers(1, 30), elements=st.integers(0, 1)))
def test_the_majority_class_is_scikit_learns_dummy(y: Array) -> None:
    splits = {"train": Split(np.zeros((len(y), 2)), y), "test": Split(np.ones((3, 2)), np.array([0, 1, 1]))}
    predicted = predictions("majority_class", line(), splits)
    assume(2 * y.sum() != len(y))
    dummy = DummyClassifier(strategy="most_frequent").fit(splits["train"].x, splits["train"].y)
    assert list(predicted) == ["train", "test"]
    for name, (x, *_) in splits.items():
        np.testing.assert_array_equal(above(predicted[name]), dummy.predict(x))
        np.testing.assert_array_equal(predicted[name], np.full(len(x), y.mean()))


def test_the_mean_target_is_the_mean_of_the_training_targets_everywhere() -> None:
    train = Split(np.zeros((4, 1)), np.array([0.5, 1.5, 2.5, -1.0]))
    test = Split(np.ones((2, 1)), np.array([9.0, 9.0]))
    predicted = predictions("mean_target", line(), {"train": train, "test": test})
    assert {name: p.tolist() for name, p in predicted.items()} == {"train": [0.875] * 4, "test": [0.875] * 2}


# -- the best rule of two normal classes ---------------------------------------------------------------------


def normals(**changed: object) -> Law:
    sizes = {"n_train": 400, "n_test": 100, "n_features": 3, "n_informative": 2}
    law = {"separation": 2.0, "minority_share": 0.2, "shifted_share": 0.5}
    return Law.read({"name": "normals"} | sizes | law | changed)


def true_probabilities(law: Law, seed: int = 0) -> tuple[Splits, dict[str, Array]]:
    splits = draw(law, [], Streams(seed, ("data",)))
    return splits, predictions("bayes", law, splits)


SHARES = st.sampled_from([0.05, 0.2, 0.5, 0.8])


@given(share=SHARES, shifted=SHARES, separation=st.floats(0, 4), flipped=st.sampled_from([0.0, 0.1, 0.4]))
def test_the_true_probability_is_bayes_rule_on_scipys_densities(
    share: float, shifted: float, separation: float, flipped: float
) -> None:
    settings = normals(
        minority_share=share, shifted_share=shifted, separation=separation, flipped=flipped, n_test_shifted=40
    )
    splits, predicted = true_probabilities(settings)
    at_1 = [separation / np.sqrt(2)] * 2 + [0]
    for name, (x, *_) in splits.items():
        prior = shifted if name == "test_shifted" else share
        one = prior * multivariate_normal(at_1).pdf(x)
        zero = (1 - prior) * multivariate_normal([0, 0, 0]).pdf(x)
        drawn = one / (one + zero)
        np.testing.assert_allclose(predicted[name], (1 - flipped) * drawn + flipped * (1 - drawn), rtol=1e-9)


def test_the_true_probability_is_what_logistic_regression_finds_on_very_many_rows() -> None:
    splits, predicted = true_probabilities(normals(n_train=300_000, n_test=500))
    fitted = LogisticRegression(C=np.inf).fit(splits["train"].x, splits["train"].y)
    np.testing.assert_allclose(fitted.coef_[0], normals().centre(), atol=0.03)
    np.testing.assert_allclose(fitted.predict_proba(splits["test"].x)[:, 1], predicted["test"], atol=0.01)


@pytest.mark.parametrize("flipped", [0.0, 0.2])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_true_probability_is_the_share_of_class_1_among_rows_of_that_probability(
    share: float, flipped: float
) -> None:
    splits, predicted = true_probabilities(normals(n_train=300_000, minority_share=share, flipped=flipped))
    mean, found, rows = reliability(splits["train"].y, predicted["train"])
    assert np.average(np.abs(mean - found), weights=rows) < 0.004


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_at_other_shares_the_true_probability_is_the_corrected_one(share: float) -> None:
    settings = normals(n_test_shifted=300, minority_share=share)
    splits, predicted = true_probabilities(settings)
    unshifted = splits["test_shifted"]._replace(share=share)
    at_training_shares = predictions("bayes", settings, {"test": unshifted})["test"]
    np.testing.assert_allclose(corrected(at_training_shares, share, 0.5), predicted["test_shifted"], rtol=1e-9)
