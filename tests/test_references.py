"""References: what ideal and trivial predictors say, those that ask a law for the truth included."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import multivariate_normal
from sklearn.dummy import DummyClassifier
from test_data import law, line, normals, of

from mirage.data.laws import Law
from mirage.data.split import Split, Splits
from mirage.metrics.decisions import above
from mirage.metrics.table import REFERENCES


def predictions(name: str, used: Law, splits: Splits) -> dict[str, np.ndarray]:
    return REFERENCES[name].predictions(used, splits)


@given(
    x=arrays(float, st.integers(2, 30), elements=st.integers(-50, 50).map(float)),
    noise=st.integers(0, 2**32 - 1).map(np.random.default_rng),
)
def test_least_squares_is_polyfit(x, noise):
    assume(np.ptp(x) > 0)
    y = noise.normal(size=len(x)) * 5 + 3 * x
    splits = {"train": Split(x[:, None], y), "test": Split(np.linspace(-1, 11, 7)[:, None], np.zeros(7))}
    predicted = predictions("least_squares", line(), splits)
    fitted = np.polyfit(x, y, 1)
    assert list(predicted) == list(splits)
    for split, (at, *_) in splits.items():
        np.testing.assert_allclose(predicted[split], np.polyval(fitted, at[:, 0]), rtol=1e-9, atol=1e-8)


@given(seed=st.integers(0, 1000))
def test_the_true_line_misses_no_test_point_by_anything_and_training_rows_by_the_noise(seed):
    splits = of(line(seed=seed))
    predicted = predictions("true_line", line(seed=seed), splits)
    np.testing.assert_array_equal(splits["test"].y, predicted["test"])
    np.testing.assert_allclose(splits["train"].y - predicted["train"], np.random.RandomState(seed).randn(20) * 5)


@given(y=arrays(int, st.integers(1, 30), elements=st.integers(0, 1)))
def test_the_mean_target_is_a_constant_and_the_majority_class_scikit_learns_dummy(y):
    splits = {"train": Split(np.zeros((len(y), 2)), y), "test": Split(np.ones((3, 2)), np.array([0, 1, 1]))}
    assume(2 * y.sum() != len(y))
    dummy = DummyClassifier(strategy="most_frequent").fit(*splits["train"][:2])
    for name in ("majority_class", "mean_target"):
        predicted = predictions(name, line(), splits)
        assert list(predicted) == ["train", "test"]
        for split, (x, *_) in splits.items():
            np.testing.assert_array_equal(above(predicted[split]), dummy.predict(x))
            np.testing.assert_array_equal(predicted[split], np.full(len(x), y.mean()))


SHARES = st.sampled_from([0.05, 0.2, 0.5, 0.8])


def test_the_true_probability_of_a_coin_is_one_half_to_the_last_bit():
    used = law("coin", n_rows=50, n_features=2, n_test=9)
    assert {name: set(p) for name, p in predictions("bayes", used, of(used)).items()} == {"train": {0.5}, "test": {0.5}}


@given(share=SHARES, shifted=SHARES, separation=st.floats(0, 4), flipped=st.sampled_from([0.0, 0.1, 0.4]))
def test_the_true_probability_is_bayes_rule_on_scipys_densities(share, shifted, separation, flipped):
    settings = {"minority_share": share, "shifted_share": shifted, "separation": separation, "flipped": flipped}
    splits = of(normals(**settings))
    at_1 = [separation / np.sqrt(2)] * 2 + [0, 0]
    for name, (x, *_) in splits.items():
        prior = shifted if name == "test_shifted" else share
        one = prior * multivariate_normal(at_1).pdf(x)
        zero = (1 - prior) * multivariate_normal([0] * 4).pdf(x)
        drawn = one / (one + zero)
        [predicted] = predictions("bayes", normals(**settings), {"": splits[name]}).values()  # whatever its name
        np.testing.assert_allclose(predicted, (1 - flipped) * drawn + flipped * (1 - drawn), rtol=1e-9)
