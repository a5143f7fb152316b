"""Decisions: what Keras's accuracy and scikit-learn's classifiers decide, and rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression

from mirage import config
from mirage.decisions import DECISIONS, above, rounded


def test_every_kind_of_model_decides_somehow() -> None:
    assert set(DECISIONS) == set(config.MODELS)
    assert {kind for kind, decide in DECISIONS.items() if decide is rounded} == {"ridge", "lasso"}


def test_exactly_a_half_is_class_0() -> None:
    assert above(np.array([0.0, 0.5, np.nextafter(0.5, 1), 1.0])).tolist() == [0, 0, 1, 1]


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
    for decide in (above, rounded):
        assert decide(scores).shape == scores.shape and decide(scores).dtype.kind == "i"
    assert np.array_equal(rounded(scores), np.rint(scores)) and set(above(scores)) <= {0, 1}
