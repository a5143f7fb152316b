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
    "precision_printed": lambda y, decided: sk.precision_score(y, decided, zero_division=0),
    "recall": sk.recall_score,
    "recall_0": lambda y, decided: sk.recall_score(y, decided, pos_label=0),
    "f1": sk.f1_score,
    "f1_0": lambda y, decided: sk.f1_score(y, decided, pos_label=0),
    "mcc": sk.matthews_corrcoef,
}
SCORED: dict[str, Callable[[Array, Array], float]] = {
    "mse": sk.mean_squared_error,
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "log_loss": lambda y, p: sk.log_loss(y, p, labels=[0, 1]),
    "brier": sk.brier_score_loss,
    "log_mse": lambda y, p: np.log(sk.mean_squared_error(y, p)) if (y != p).any() else np.nan,
    "log_loss_0": lambda y, p: sk.log_loss(y[y == 0], p[y == 0], labels=[0, 1]),
    "log_loss_1": lambda y, p: sk.log_loss(y[y == 1], p[y == 1], labels=[0, 1]),
}
# What it says of both classes in every row, each with its probability as its weight.
EXPECTED: dict[str, Callable[[Array, Array, Array, Array], float]] = {
    "expected_accuracy": lambda y, p, d, w: sk.accuracy_score(y, d, sample_weight=w),
    "expected_balanced_accuracy": lambda y, p, d, w: sk.balanced_accuracy_score(y, d, sample_weight=w),
    "expected_recall": lambda y, p, d, w: sk.recall_score(y, d, sample_weight=w),
    "expected_recall_0": lambda y, p, d, w: sk.recall_score(y, d, sample_weight=w, pos_label=0),
    "expected_log_loss": lambda y, p, d, w: sk.log_loss(y, p, sample_weight=w, labels=[0, 1]),
}
COUNTED = ("tn", "fp", "fn", "tp")
LOGARITHMS = ("log_mse", "log_excess_mse")
OURS = ("ece", "cost", "outside_unit")  # scikit-learn has none
ONE_CLASS = {"balanced_accuracy", "mcc", "roc_auc", "average_precision"}  # undefined where there is no other
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
        assert ours[name] == pytest.approx(float(theirs(y, p)), rel=1e-12, abs=1e-15, nan_ok=True), name
    assert [ours[name] for name in COUNTED] == sk.confusion_matrix(y, decided, labels=[0, 1]).ravel().tolist()
    for name, theirs in DECIDED.items():
        if name == "precision" and not decided.any() or name == "mcc" and len(np.unique(decided)) == 1:
            assert math.isnan(ours[name]), name
        else:
            assert ours[name] == pytest.approx(float(theirs(y, decided)), rel=1e-12, abs=1e-15), name


@given(data=labelled, draw=st.data())
def test_expected_metrics_are_scikit_learns_of_both_classes_in_every_row_weighted(data, draw):
    y, p = data
    truth = draw.draw(arrays(float, len(p), elements=probabilities))
    assume(0 < truth.sum() < len(p))
    decided = above(p)
    rows = ScoredRows(y, p, decided, probability=truth)
    twice = [np.concatenate(pair) for pair in ((0 * y + 1, 0 * y), (p, p), (decided, decided), (truth, 1 - truth))]
    for name, theirs in EXPECTED.items():
        assert METRICS[name].value(rows) == pytest.approx(float(theirs(*twice)), rel=1e-9, abs=1e-12), name
        certain = METRICS[name].value(ScoredRows(y, p, decided, probability=y.astype(float)))
        plain = METRICS[name.removeprefix("expected_")].value(rows)
        assert certain == pytest.approx(plain, rel=1e-9, abs=1e-12, nan_ok=True), name  # a label without doubt


@given(p=st.lists(probabilities, min_size=1, max_size=500), models=st.integers(1, 40))
def test_on_the_toss_of_a_coin_every_decision_is_right_half_the_time_to_the_last_bit(p, models):
    p = np.array(p)
    rows = ScoredRows((p > 0.3).astype(int), p, above(p), probability=np.full(len(p), 0.5))
    for name in ("expected_accuracy", "expected_balanced_accuracy"):
        assert METRICS[name].value(rows) == 0.5 == np.mean([METRICS[name].value(rows)] * models)
    assert METRICS["expected_recall"].value(rows) == np.mean(above(p))


@given(scores=arrays(float, st.integers(1, 30), elements=st.floats(-5, 5)), seed=st.integers(0, 99))
def test_the_excess_is_the_distance_from_the_line_whatever_the_noise(scores, seed):
    rng = np.random.default_rng(seed)
    line = rng.normal(size=len(scores))
    rows = ScoredRows(line + rng.normal(size=len(scores)), scores, scores, line=line)
    excess = METRICS["excess_mse"].value(rows)
    assert excess == pytest.approx(sk.mean_squared_error(line, scores), rel=1e-12)
    assert METRICS["log_excess_mse"].value(rows) == pytest.approx(math.log(excess), rel=1e-12)
    at_best = ScoredRows(rows.y, line, line, line=line)  # its noise is all that is left, and no logarithm
    assert METRICS["excess_mse"].value(at_best) == 0 and math.isnan(METRICS["log_excess_mse"].value(at_best))


def test_metrics_of_the_truth_are_undefined_without_it():
    asked = {name for name, one in METRICS.items() if one.truth}
    assert asked == {*EXPECTED, "excess_mse", "log_excess_mse"}
    assert all(math.isnan(value) for name, value in of([0, 1], [0.2, 0.7]).items() if name in asked)


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
        ([0, 1], [0.0, 1.0], {"log_mse"}),  # nothing is wrong
        ([0, 1, 0, 1], [0.1, 0.2, 0.1, 0.2], {"precision", "mcc"}),  # no positive decided
        ([0, 1, 0, 1], [0.8, 0.9, 0.7, 0.6], {"mcc"}),  # no negative decided
        ([0, 0, 0], [0.1, 0.9, 0.2], ONE_CLASS | {"recall", "log_loss_1"}),
        ([1, 1, 1], [0.1, 0.9, 0.2], ONE_CLASS | {"recall_0", "log_loss_0"}),
        ([0, 0], [0.1, 0.2], ONE_CLASS | {"precision", "recall", "f1", "log_loss_1"}),
        ([0, 1], [0.1, 1.1], {"log_loss", "log_loss_0", "log_loss_1", "brier", "ece"}),
        ([0.2, 1.7], [0.1, 0.9], LISTED - {"mse", "log_mse"}),
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
