"""References: against the closed form, and against scikit-learn's dummy."""

import dataclasses

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, logit
from scipy.stats import multivariate_normal, norm
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import run
from mirage import config, data, references
from mirage.data import Split
from mirage.decisions import above, corrected
from mirage.metrics import expected_calibration_error
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


def test_the_mean_target_is_the_mean_of_the_training_targets_everywhere() -> None:
    train = Split(np.zeros((4, 1)), np.array([0.5, 1.5, 2.5, -1.0]))
    predicted = references.REFERENCES["mean_target"](
        SETTINGS, {"train": train, "test": Split(np.ones((2, 1)), np.array([9.0, 9.0]))}
    )
    assert {name: p.tolist() for name, p in predicted.items()} == {"train": [0.875] * 4, "test": [0.875] * 2}


# -- the best rule of two normal classes ---------------------------------------------------------------------


def normals(**changed: object) -> config.Data:
    read = {"n_train": 400, "n_validation": 0, "n_test": 100, "n_test_shifted": 0, "n_features": 3, "n_informative": 2}
    law = {"separation": 2.0, "minority_share": 0.2, "shifted_share": 0.5, "flipped": 0.0}
    labelled = {"held_out_as": "none", "held_out": 0.0, "split_seed": 42, "stratify": False}
    return config.Data(**(UNSET | {"law": "normals"} | read | law | labelled | changed))


def true_probabilities(settings: config.Data, seed: int = 0) -> tuple[dict[str, Split], dict[str, np.ndarray]]:
    splits = data.draw(settings, Streams(seed, ("data",)))
    return splits, references.bayes(settings, splits)


def log_loss(y: np.ndarray, p: np.ndarray) -> float:
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)))


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
    for name, (x, _) in splits.items():
        prior = shifted if name == "test_shifted" else share
        one = prior * multivariate_normal(at_1).pdf(x)
        zero = (1 - prior) * multivariate_normal([0, 0, 0]).pdf(x)
        drawn = one / (one + zero)
        np.testing.assert_allclose(predicted[name], (1 - flipped) * drawn + flipped * (1 - drawn), rtol=1e-9)


def test_the_true_probability_is_what_logistic_regression_finds_on_very_many_rows() -> None:
    splits, predicted = true_probabilities(normals(n_train=300_000, n_test=500))
    fitted = LogisticRegression(C=np.inf).fit(*splits["train"])
    np.testing.assert_allclose(fitted.coef_[0], data.centre(normals()), atol=0.03)
    np.testing.assert_allclose(fitted.predict_proba(splits["test"].x)[:, 1], predicted["test"], atol=0.01)


@pytest.mark.parametrize("flipped", [0.0, 0.2])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_true_probability_is_the_share_of_class_1_among_rows_of_that_probability(
    share: float, flipped: float
) -> None:
    splits, predicted = true_probabilities(normals(n_train=300_000, minority_share=share, flipped=flipped))
    assert expected_calibration_error(splits["train"].y, predicted["train"]) < 0.004


@pytest.mark.parametrize("separation", [0.5, 2.0, 8.0])
def test_at_equal_shares_the_best_rule_is_right_as_often_as_the_integral_says(separation: float) -> None:
    splits, predicted = true_probabilities(normals(n_train=200_000, minority_share=0.5, separation=separation))
    right = float(np.mean(above(predicted["train"]) == splits["train"].y))
    # Along the line between the centres: what the better class covers of either density.
    grid = np.linspace(-10, separation + 10, 200_001)
    covered = np.trapezoid(np.maximum(norm.pdf(grid), norm.pdf(grid, separation)) / 2, grid)
    assert covered == pytest.approx(norm.cdf(separation / 2), abs=1e-9)
    assert right == pytest.approx(covered, abs=0.005)


@pytest.mark.parametrize("flipped", [0.0, 0.2])
def test_no_other_probability_has_a_lower_log_loss_on_new_rows(flipped: float) -> None:
    splits, predicted = true_probabilities(normals(n_test=100_000, flipped=flipped))
    y, best = splits["test"].y, predicted["test"]
    least = log_loss(y, best)
    odds = logit(best)
    rivals = {f"odds times {k}, plus {b}": expit(k * odds + b) for k in (0.7, 1, 1.4) for b in (-0.3, 0, 0.3)}
    del rivals["odds times 1, plus 0"]
    for features in (1, 2, 3):
        fitted = LogisticRegression(C=np.inf).fit(splits["train"].x[:, :features], splits["train"].y)
        rivals[f"fitted to {features}"] = fitted.predict_proba(splits["test"].x[:, :features])[:, 1]
    trees = RandomForestClassifier(50, min_samples_leaf=10, random_state=0).fit(*splits["train"])
    rivals["trees"] = np.clip(trees.predict_proba(splits["test"].x)[:, 1], 1e-3, 1 - 1e-3)
    for name, rival in rivals.items():
        assert log_loss(y, rival) > least, name
    # On average over the labels, given the features, it is so for every single row: Gibbs' inequality.
    for rival in rivals.values():
        expected = -(best * np.log(rival) + (1 - best) * np.log1p(-rival))
        assert (expected >= -(best * np.log(best) + (1 - best) * np.log1p(-best)) - 1e-12).all()


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_at_other_shares_the_true_probability_is_the_corrected_one(share: float) -> None:
    settings = normals(n_test_shifted=300, minority_share=share)
    splits, predicted = true_probabilities(settings)
    at_training_shares = references.bayes(settings, {"test": splits["test_shifted"]})["test"]
    np.testing.assert_allclose(corrected(at_training_shares, share, 0.5), predicted["test_shifted"], rtol=1e-9)


def test_what_ranks_well_ranks_as_well_at_every_share() -> None:
    areas = []
    for share in (0.02, 0.1, 0.5):
        splits, predicted = true_probabilities(normals(n_train=200_000, minority_share=share))
        areas.append(roc_auc_score(splits["train"].y, predicted["train"]))
    np.testing.assert_allclose(areas, norm.cdf(2 / np.sqrt(2)), atol=0.01)  # closed form: of any two rows, one a class
