"""Decisions: what Keras's accuracy and scikit-learn's classifiers decide, rounding, correction and averaging."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from mirage import config
from mirage.decisions import above, corrected, decide, ensembles, rounded

shares = st.integers(1, 99).map(lambda percent: percent / 100)
probabilities = arrays(float, st.integers(1, 20), elements=st.floats(0, 1))


def settings(**changed: float) -> config.Decision:
    return config.Decision(**({"threshold": 0.5, "corrected_to": None, "miss_cost": 1, "ensembles_of": 1} | changed))


# -- thresholds and rounding ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", config.MODELS)
def test_regressions_are_rounded_and_all_other_models_decide_by_a_threshold(kind: str) -> None:
    scores = np.array([-0.7, 0.2, 0.4, 0.6, 1.6])
    assert decide(kind, settings(), scores).tolist() == (
        [-1, 0, 0, 1, 2] if kind in ("ridge", "lasso") else [0, 0, 0, 1, 1]
    )
    if kind not in config.ROUNDED:
        assert decide(kind, settings(threshold=0.3), scores).tolist() == [0, 0, 1, 1, 1]


def test_exactly_the_threshold_is_class_0() -> None:
    for threshold in (0.1, 0.5):
        beyond = np.nextafter(threshold, 1)
        assert above(np.array([0.0, threshold, beyond, 1.0]), threshold).tolist() == [0, 0, 1, 1]


def test_above_is_what_kerass_accuracy_decides() -> None:
    import keras

    scores = np.concatenate([np.random.default_rng(1).random(200), [0.5, 0.0, 1.0]]).astype(np.float32)
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state(above(scores)[:, None].astype(np.float32), scores[:, None])
    assert float(metric.result()) == 1


def test_above_is_what_scikit_learns_classifiers_decide() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((300, 2)), rng.integers(0, 2, 300)
    model = LogisticRegression().fit(x, y)
    assert above(model.predict_proba(x)[:, 1]).tolist() == model.predict(x).tolist()


@pytest.mark.parametrize(
    ("score", "decision"), [(0.49, 0), (0.51, 1), (0.5, 0), (1.5, 2), (2.4, 2), (-0.4, 0), (-0.6, -1)]
)
def test_rounding_goes_to_the_nearest_whole_number_and_from_halves_to_the_even_one(score: float, decision: int) -> None:
    assert rounded(np.array([score])).tolist() == [decision]


@given(scores=arrays(float, st.integers(0, 20), elements=st.floats(-1e6, 1e6)))
def test_decisions_are_whole_numbers_one_a_row(scores: np.ndarray) -> None:
    for decided in (above(scores), rounded(scores)):
        assert decided.shape == scores.shape and decided.dtype.kind == "i"
    assert np.array_equal(rounded(scores), np.rint(scores)) and set(above(scores)) <= {0, 1}


@given(p=probabilities, miss_cost=st.integers(1, 20))
def test_where_the_costs_break_even_no_other_decision_costs_less(p: np.ndarray, miss_cost: int) -> None:
    """What a decision is expected to cost if the probabilities are true: a false alarm 1, a miss `miss_cost`."""
    chosen = above(p, 1 / (1 + miss_cost))
    expected = np.where(chosen == 1, 1 - p, miss_cost * p)
    np.testing.assert_allclose(expected, np.minimum(1 - p, miss_cost * p), atol=1e-12)


# -- correction to another share of the classes --------------------------------------------------------------


@given(percents=st.tuples(*[st.integers(1, 99)] * 3))
def test_a_corrected_probability_is_what_counting_rows_gives(percents: tuple[int, int, int]) -> None:
    """Of rows that look alike p are of class 1; each class is then thinned or repeated to its new share."""
    p, trained, share = (Fraction(n, 100) for n in percents)
    ones, zeros = p * share / trained, (1 - p) * (1 - share) / (1 - trained)
    got = corrected(np.array([float(p)]), float(trained), float(share))
    assert got == pytest.approx([float(ones / (ones + zeros))], rel=1e-12)


@given(p=arrays(float, 5, elements=st.floats(0.001, 0.999)), trained=shares, share=shares)
def test_log_odds_move_by_those_of_the_shares(p: np.ndarray, trained: float, share: float) -> None:
    moved = logit(p) + logit(share) - logit(trained)
    np.testing.assert_allclose(logit(corrected(p, trained, share)), moved, atol=1e-9)


@given(p=probabilities, trained=shares, share=shares)
def test_correcting_to_and_fro_changes_nothing(p: np.ndarray, trained: float, share: float) -> None:
    np.testing.assert_allclose(corrected(corrected(p, trained, share), share, trained), p, atol=1e-9)


@given(p=probabilities, one=shares, two=shares, three=shares)
def test_two_corrections_in_a_row_are_one(p: np.ndarray, one: float, two: float, three: float) -> None:
    np.testing.assert_allclose(corrected(corrected(p, one, two), two, three), corrected(p, one, three), atol=1e-9)


@given(p=probabilities, share=shares)
def test_correcting_to_the_share_of_the_training_rows_changes_nothing(p: np.ndarray, share: float) -> None:
    np.testing.assert_allclose(corrected(p, share, share), p, atol=1e-15)


@given(trained=shares, share=shares, percents=st.lists(st.integers(0, 100), unique=True, min_size=1))
def test_ranks_stay_as_they_are_and_certainty_stays_certain(trained: float, share: float, percents: list[int]) -> None:
    p = np.array(percents) / 100
    got = corrected(p, trained, share)
    assert np.argsort(got).tolist() == np.argsort(p).tolist() and got.min() >= 0 and got.max() <= 1
    assert corrected(np.array([0.0, 1.0]), trained, share).tolist() == [0, 1]


def test_at_the_share_of_the_training_rows_stands_the_new_share() -> None:
    assert corrected(np.array([0.1]), 0.1, 0.5) == pytest.approx([0.5])
    assert corrected(np.array([0.1, 0.5]), 0.1, 0.02) == pytest.approx([0.02, 1 / (1 + 49 / 9)])


# -- ensembles -----------------------------------------------------------------------------------------------


@given(scores=arrays(float, array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e3, 1e3)), data=st.data())
def test_neighbours_are_averaged_row_by_row(scores: np.ndarray, data: st.DataObject) -> None:
    members = len(scores)
    size = data.draw(st.sampled_from([n for n in range(1, members + 1) if members % n == 0]))
    got = ensembles(scores, size)
    assert got.shape == (members // size, scores.shape[1])
    for i, averaged in enumerate(got):
        np.testing.assert_allclose(averaged, sum(scores[i * size : (i + 1) * size]) / size, atol=1e-9)


def test_an_ensemble_of_one_is_the_member_itself() -> None:
    scores = np.random.default_rng(0).random((8, 3)).astype(np.float32)
    assert ensembles(scores, 1).tobytes() == scores.tobytes()
