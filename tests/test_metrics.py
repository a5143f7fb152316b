"""Metrics, decisions and curves: against scikit-learn and Keras, by hand, and where they are undefined."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mirage.metrics.curves import RECALLS, precision_recall, reliability
from mirage.metrics.decisions import Decision, above, corrected, decide, ensembles, rounded
from mirage.metrics.metric import CORRELATION, COUNT, SHARE, ScoredRows, compute
from mirage.metrics.table import METRICS

Array = np.ndarray
probabilities = st.integers(0, 100).map(lambda v: v / 100)
labelled = st.integers(1, 40).flatmap(
    lambda n: st.tuples(arrays(int, n, elements=st.integers(0, 1)), arrays(float, n, elements=probabilities))
)

# What scikit-learn says of y, probabilities and decisions where it says anything.
DECIDED: dict[str, Callable[[Array, Array], float]] = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "mcc": sk.matthews_corrcoef,
}
SCORED: dict[str, Callable[[Array, Array], float]] = {
    "mse": sk.mean_squared_error,
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "log_loss": lambda y, p: sk.log_loss(y, p, labels=[0, 1]),
    "brier": sk.brier_score_loss,
}
COUNTED = ("tn", "fp", "fn", "tp")
LOGARITHMS = ("log_mse", "log_excess_mse")
OURS = ("ece", "cost", "outside_unit")  # scikit-learn has none
LISTED = {*SCORED, *COUNTED, *DECIDED, *OURS}  # a metric that is none of these has a test of its own


def measure(names: Any, y: Array, scores: Array, decided: Array, miss_cost: float = 1.0) -> dict[str, float]:
    """Metrics by name."""
    return compute([METRICS[name] for name in names], ScoredRows(y, scores, decided, miss_cost))


def of(y: list[float], scores: list[float], decide: Callable[[Array], Array] = above) -> dict[str, float]:
    """Every metric of these scores."""
    return measure(METRICS, np.array(y), np.array(scores), decide(np.array(scores)))


@given(data=labelled)
def test_metrics_of_classifiers_are_scikit_learns(data):
    y, p = data
    assume(0 < y.sum() < len(y))
    decided = above(p)
    ours = measure(METRICS, y, p, decided)
    for name, theirs in SCORED.items():
        assert ours[name] == pytest.approx(float(theirs(y, p)), rel=1e-12, abs=1e-15), name
    assert [ours[name] for name in COUNTED] == sk.confusion_matrix(y, decided, labels=[0, 1]).ravel().tolist()
    for name, theirs in DECIDED.items():
        if name == "precision" and not decided.any() or name == "mcc" and len(np.unique(decided)) == 1:
            assert math.isnan(ours[name]), name
        else:
            assert ours[name] == pytest.approx(float(theirs(y, decided)), rel=1e-12, abs=1e-15), name


# Ties, both zeros, neighbours that differ in the last bit, and the largest and smallest numbers there are.
HARD = [0.0, -0.0, 0.5, np.nextafter(0.5, 1), 5e-324, -5e-324, 1.7e308, -1.7e308, 1e-45]
ranked = st.sampled_from([np.float32, np.float64]).flatmap(
    lambda kind: st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(HARD) | st.floats(-3, 3)), min_size=1, max_size=40
    ).map(lambda rows: (np.array([y for y, _ in rows]), np.clip([s for _, s in rows], -3e38, 3e38).astype(kind)))
)


@given(data=ranked)
def test_ranking_metrics_are_scikit_learns_for_any_scores_to_the_last_bit(data):
    y, scores = data
    ours = measure(["roc_auc", "average_precision"], y, scores, rounded(np.clip(scores, -3, 3)))
    if len(np.unique(y)) == 1:
        assert all(map(math.isnan, ours.values()))
        return
    assert ours["roc_auc"] == sk.roc_auc_score(y, scores)
    assert ours["average_precision"] == sk.average_precision_score(y, scores)


def test_calibration_error_by_hand():
    # Bin 0.2 to 0.3: mean 0.25, no positive, 2 rows. Bin 0.7 to 0.8: mean 0.75, 2 of 4 positive. 0.9 and 1: one bin.
    p = [0.21, 0.29, 0.72, 0.74, 0.76, 0.78, 0.92, 1.0]
    y = [0, 0, 1, 0, 1, 0, 1, 1]
    assert of(y, p)["ece"] == pytest.approx((2 * 0.25 + 4 * 0.25 + 2 * 0.04) / 8, rel=1e-12)
    assert of([0, 1], [0.5, 0.5])["ece"] == pytest.approx(0, abs=1e-15)  # too much and too little cancel in a bin


@given(data=labelled, threshold=probabilities, miss_cost=st.floats(0.1, 100))
def test_cost_is_what_every_row_costs_added_up(data, threshold, miss_cost):
    y, p = data
    decided = above(p, threshold)
    costs = {(1, 0): miss_cost, (0, 1): 1}
    total = sum(costs.get(row, 0) for row in zip(y.tolist(), decided.tolist(), strict=True))
    assert measure(["cost"], y, p, decided, miss_cost)["cost"] == pytest.approx(total / len(y), rel=1e-9)


@pytest.mark.parametrize(
    ("scores", "share"),
    [([0.0, 1.0, 0.5], 0), ([-0.0, 1.0], 0), ([np.nextafter(1, 2), 0.5], 1 / 2), ([-1e-9, 0.2, 2.0, 1.0], 1 / 2)],
)
def test_outside_the_unit_is_what_can_be_no_probability(scores, share):
    got = of([0] * len(scores), scores, rounded)
    assert got["outside_unit"] == share and math.isnan(got["log_loss"]) == (share > 0)


def test_a_rounded_regression_outside_the_classes_misses_its_row():
    y, scores = [0, 0, 1, 1, 1], [-1.2, 0.2, 2.3, 0.9, 0.1]
    got = of(y, scores, rounded)  # decides -1 0 2 1 0
    assert [got[name] for name in COUNTED] == [1, 1, 2, 1]
    assert got["accuracy"] == 2 / 5 == sk.accuracy_score(y, [-1, 0, 2, 1, 0])
    assert got["recall"] == 1 / 3 and got["precision"] == 1 / 2 and got["roc_auc"] == sk.roc_auc_score(y, scores)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("y", "scores", "expected"),
    [
        ([0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8], set()),
        ([0, 1, 0, 1], [0.1, 0.2, 0.1, 0.2], {"precision", "mcc"}),  # no positive decided
        ([0, 1, 0, 1], [0.8, 0.9, 0.7, 0.6], {"mcc"}),  # no negative decided
        ([0, 0, 0], [0.1, 0.9, 0.2], {"balanced_accuracy", "recall", "mcc", "roc_auc", "average_precision"}),
        ([1, 1, 1], [0.1, 0.9, 0.2], {"balanced_accuracy", "mcc", "roc_auc", "average_precision"}),
        ([0, 0], [0.1, 0.2], {"balanced_accuracy", "precision", "recall", "f1", "mcc", "roc_auc", "average_precision"}),
        ([0, 1], [0.1, 1.1], {"log_loss", "brier", "ece"}),
        ([0.2, 1.7], [0.1, 0.9], LISTED - {"mse"}),
    ],
)
def test_what_has_no_value_is_not_a_number(y, scores, expected):
    assert {name for name, value in of(y, scores).items() if math.isnan(value)} & LISTED == expected


@given(data=labelled, where=st.integers(0, 39), bad=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_one_score_that_is_not_finite_leaves_all_undefined(data, where, bad):
    y, p = data
    p = p.copy()
    p[where % len(p)] = bad
    got = measure(METRICS, y, p, above(p))
    assert list(got) == list(METRICS) and all(math.isnan(v) for v in got.values())


@given(data=labelled)
def test_a_metric_is_a_plain_number_on_its_scale_and_only_what_was_asked_for_is_given(data):
    y, p = data
    for name in METRICS:
        got = measure([name], y, p, above(p))
        any_number = (-math.inf if name in LOGARITHMS else 0, math.inf)
        low, high = {SHARE: (0, 1), COUNT: (0, len(y)), CORRELATION: (-1, 1)}.get(METRICS[name].scale, any_number)
        assert list(got) == [name] and type(got[name]) is float
        assert math.isnan(got[name]) or low - 1e-12 <= got[name] <= high + 1e-12


def test_regressions_are_rounded_and_all_other_models_decide_by_a_threshold_that_is_itself_class_0():
    scores = np.array([-0.7, 0.2, 0.4, np.nextafter(0.4, 1), 0.5, 1.6])
    half, low = (Decision(threshold=share, miss_cost=1, ensembles_of=1) for share in (0.5, 0.4))
    assert decide(True, half, scores).tolist() == [-1, 0, 0, 0, 0, 2]
    assert decide(False, half, scores).tolist() == [0, 0, 0, 0, 0, 1]
    assert decide(False, low, scores).tolist() == [0, 0, 0, 1, 1, 1]


def test_above_is_what_kerass_accuracy_decides():
    import keras

    scores = np.concatenate([np.random.default_rng(1).random(200), [0.5, 0.0, 1.0]]).astype(np.float32)
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state(above(scores)[:, None].astype(np.float32), scores[:, None])
    assert float(metric.result()) == 1


@given(p=st.integers(0, 100), shares=st.tuples(*[st.integers(1, 99)] * 2))
def test_a_corrected_probability_is_what_counting_rows_gives(p, shares):
    """Of rows that look alike p are of class 1; each class is then thinned or repeated to its new share."""
    of_class_1, trained, share = (Fraction(n, 100) for n in (p, *shares))
    ones, zeros = of_class_1 * share / trained, (1 - of_class_1) * (1 - share) / (1 - trained)
    got = corrected(np.array([p / 100]), float(trained), float(share))
    assert got == pytest.approx([float(ones / (ones + zeros))], rel=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_neighbours_are_averaged_row_by_row(size):
    scores = np.random.default_rng(0).normal(size=(6, 4))
    expected = [scores[i : i + size].mean(axis=0) for i in range(0, 6, size)]
    np.testing.assert_allclose(ensembles(scores, size), expected, atol=1e-9)


@given(data=labelled)
def test_precision_at_a_recall_is_scikit_learns_at_the_highest_threshold_that_reaches_it(data):
    y, p = data
    assume(y.any())
    precision, recall, _ = sk.precision_recall_curve(y, p)  # recall falls from 1
    [ours] = precision_recall(y[None], p[None])
    expected = [precision[np.flatnonzero(recall >= at - 1e-12)[-1]] for at in RECALLS]
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


@given(data=labelled)
def test_reliability_holds_every_row_once_and_its_gaps_are_the_calibration_error(data):
    y, p = data
    mean, share, rows = reliability(y, p)
    assert rows.sum() == len(y) and (rows > 0).all()
    assert np.sum(share * rows) == pytest.approx(y.sum()) and np.sum(mean * rows) == pytest.approx(p.sum())
    assert of(y, p)["ece"] == pytest.approx(np.sum(np.abs(mean - share) * rows) / len(y), abs=1e-12)
