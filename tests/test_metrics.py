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
from hypothesis.extra.numpy import array_shapes, arrays

from mirage.metrics.curves import RECALLS, precision_recall, reliability
from mirage.metrics.decisions import Decision, above, corrected, decide, ensembles, rounded
from mirage.metrics.metric import CORRELATION, COUNT, SHARE, ScoredRows, compute
from mirage.metrics.table import METRICS

Array = np.ndarray
numbers = st.floats(-1e6, 1e6)
pairs = st.integers(1, 30).flatmap(lambda n: arrays(float, (2, n), elements=numbers)).map(tuple)
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
CLASSIFIED = sorted(set(METRICS) - {"mse"})


def measure(names: Any, y: Array, scores: Array, decided: Array, miss_cost: float = 1.0) -> dict[str, float]:
    """Metrics by name."""
    return compute([METRICS[name] for name in names], ScoredRows(y, scores, decided, miss_cost))


def of(y: list[float], scores: list[float], decide: Callable[[Array], Array] = above) -> dict[str, float]:
    """Every metric of these scores."""
    return measure(METRICS, np.array(y), np.array(scores), decide(np.array(scores)))


def undefined(y: list[float], scores: list[float], decide: Callable[[Array], Array] = above) -> set[str]:
    return {name for name, value in of(y, scores, decide).items() if math.isnan(value)}


# -- against scikit-learn ------------------------------------------------------------------------------------


@given(data=labelled)
def test_metrics_of_classifiers_are_scikit_learns(data: tuple[Array, Array]) -> None:
    y, p = data
    assume(0 < y.sum() < len(y))
    decided = above(p)
    ours = measure(METRICS, y, p, decided)
    for name, theirs in SCORED.items():
        assert ours[name] == pytest.approx(float(theirs(y, p)), rel=1e-12, abs=1e-15), name
    assert [ours[name] for name in COUNTED] == sk.confusion_matrix(y, decided, labels=[0, 1]).ravel().tolist()
    no_positive = not decided.any()
    for name, theirs in DECIDED.items():
        if name == "precision" and no_positive or name == "mcc" and len(np.unique(decided)) == 1:
            assert math.isnan(ours[name]), name
        else:
            assert ours[name] == pytest.approx(float(theirs(y, decided)), rel=1e-12, abs=1e-15), name


@given(pair=pairs)
def test_mse_is_scikit_learns_and_the_mean_of_squared_differences(pair: tuple[Array, Array]) -> None:
    y, predicted = pair
    ours = measure(["mse"], y, predicted, rounded(predicted))["mse"]
    assert ours == float(sk.mean_squared_error(y, predicted)) == pytest.approx(np.mean((y - predicted) ** 2), rel=1e-12)
    assert measure(["mse"], y, y, rounded(y))["mse"] == 0


# -- by hand -------------------------------------------------------------------------------------------------


def test_every_metric_by_hand() -> None:
    got = of([0, 0, 0, 1, 1], [0.1, 0.2, 0.8, 0.4, 0.9])
    assert [got[name] for name in COUNTED] == [2, 1, 1, 1]
    expected = {
        "accuracy": 3 / 5,
        "balanced_accuracy": (2 / 3 + 1 / 2) / 2,
        "precision": 1 / 2,
        "recall": 1 / 2,
        "f1": 1 / 2,
        "mcc": (1 * 2 - 1 * 1) / math.sqrt(2 * 2 * 3 * 3),
        "roc_auc": 5 / 6,  # of six pairs only 0.4 lies below 0.8
        "average_precision": (1 + 2 / 3) / 2,
        "log_loss": -(math.log(0.9) + math.log(0.8) + math.log(0.2) + math.log(0.4) + math.log(0.9)) / 5,
        "brier": (0.01 + 0.04 + 0.64 + 0.36 + 0.01) / 5,
        "mse": (0.01 + 0.04 + 0.64 + 0.36 + 0.01) / 5,
        "ece": (0.1 + 0.2 + 0.8 + 0.6 + 0.1) / 5,  # every row in a bin of its own, or alone beside none
    }
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-12), name


def test_calibration_error_by_hand() -> None:
    # Bin 0.2 to 0.3: mean 0.25, no positive, 2 rows. Bin 0.7 to 0.8: mean 0.75, 2 of 4 positive. 0.9 and 1: one bin.
    p = [0.21, 0.29, 0.72, 0.74, 0.76, 0.78, 0.92, 1.0]
    y = [0, 0, 1, 0, 1, 0, 1, 1]
    assert of(y, p)["ece"] == pytest.approx((2 * 0.25 + 4 * 0.25 + 2 * 0.04) / 8, rel=1e-12)
    assert of([0, 1], [0.5, 0.5])["ece"] == pytest.approx(0, abs=1e-15)  # too much and too little cancel in a bin


@given(data=labelled, decided=st.randoms(use_true_random=False), miss_cost=st.floats(0.1, 100))
def test_cost_is_what_every_row_costs_added_up(data: tuple[Array, Array], decided: Any, miss_cost: float) -> None:
    y, p = data
    d = np.array([decided.choice([0, 1]) for _ in y])
    total = 0.0
    for label, decision in zip(y, d, strict=True):
        if label == 1 and decision == 0:
            total += miss_cost
        elif label == 0 and decision == 1:
            total += 1
    assert measure(["cost"], y, p, d, miss_cost)["cost"] == pytest.approx(total / len(y), rel=1e-9)


@pytest.mark.parametrize(
    ("scores", "share"),
    [([0.0, 1.0, 0.5], 0), ([-0.0, 1.0], 0), ([np.nextafter(1, 2), 0.5], 1 / 2), ([-1e-9, 0.2, 2.0, 1.0], 1 / 2)],
)
def test_outside_the_unit_is_what_can_be_no_probability(scores: list[float], share: float) -> None:
    y = [i % 2 for i in range(len(scores))]
    got = of(y, scores, rounded)
    assert got["outside_unit"] == share == np.mean([not 0 <= s <= 1 for s in scores])
    assert math.isnan(got["log_loss"]) == (share > 0)


# -- decisions that are no class -----------------------------------------------------------------------------


def test_a_rounded_regression_outside_the_classes_misses_its_row() -> None:
    y, scores = [0, 0, 1, 1, 1], [-1.2, 0.2, 2.3, 0.9, 0.1]
    got = of(y, scores, rounded)  # decides -1 0 2 1 0
    assert [got[name] for name in COUNTED] == [1, 1, 2, 1]
    assert got["accuracy"] == 2 / 5 == sk.accuracy_score(y, [-1, 0, 2, 1, 0])
    assert got["recall"] == 1 / 3 and got["precision"] == 1 / 2
    assert got["roc_auc"] == sk.roc_auc_score(y, scores)
    assert all(math.isnan(got[name]) for name in ("log_loss", "brier", "ece"))


# -- undefined -----------------------------------------------------------------------------------------------


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
        ([0, 1], [-0.1, 0.9], {"log_loss", "brier", "ece"}),
        ([0.2, 1.7], [0.1, 0.9], set(CLASSIFIED)),
    ],
)
def test_what_has_no_value_is_not_a_number(y: list[float], scores: list[float], expected: set[str]) -> None:
    assert undefined(y, scores) == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@given(data=labelled, where=st.integers(0, 39))
def test_one_score_that_is_not_finite_leaves_all_undefined(bad: float, data: tuple[Array, Array], where: int) -> None:
    y, p = data
    p = p.copy()
    p[where % len(p)] = bad
    got = measure(METRICS, y, p, above(p))
    assert list(got) == list(METRICS) and all(math.isnan(v) for v in got.values())


def test_a_metric_is_a_plain_number_and_only_what_was_asked_for_is_given() -> None:
    y, scores = np.array([0, 1, 1]), np.array([0.2, 0.6, 0.4], np.float32)
    assert measure([], y, scores, above(scores)) == {}
    for name in METRICS:
        got = measure([name], y, scores, above(scores))
        assert list(got) == [name] and type(got[name]) is float


@given(data=labelled)
def test_a_metric_lies_on_its_scale(data: tuple[Array, Array]) -> None:
    for name, value in of(*data).items():
        low = {SHARE: 0, COUNT: 0, CORRELATION: -1}.get(METRICS[name].scale, 0)
        high = {SHARE: 1, COUNT: len(data[0]), CORRELATION: 1}.get(METRICS[name].scale, np.inf)
        assert math.isnan(value) or low - 1e-12 <= value <= high + 1e-12, name


# -- decisions: thresholds and rounding ----------------------------------------------------------------------

shares = st.integers(1, 99).map(lambda percent: percent / 100)
some = arrays(float, st.integers(1, 20), elements=st.floats(0, 1))


def decision(**changed: float) -> Decision:
    return Decision.model_validate({"threshold": 0.5, "miss_cost": 1, "ensembles_of": 1} | changed)


def test_regressions_are_rounded_and_all_other_models_decide_by_a_threshold() -> None:
    scores = np.array([-0.7, 0.2, 0.4, 0.6, 1.6])
    assert decide(True, decision(), scores).tolist() == [-1, 0, 0, 1, 2]
    assert decide(False, decision(), scores).tolist() == [0, 0, 0, 1, 1]
    assert decide(False, decision(threshold=0.3), scores).tolist() == [0, 0, 1, 1, 1]


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


@given(p=some, miss_cost=st.integers(1, 20))
def test_where_the_costs_break_even_no_other_decision_costs_less(p: Array, miss_cost: int) -> None:
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


@given(trained=shares, share=shares, percents=st.lists(st.integers(0, 100), unique=True, min_size=1))
def test_ranks_stay_as_they_are_and_certainty_stays_certain(trained: float, share: float, percents: list[int]) -> None:
    p = np.array(percents) / 100
    got = corrected(p, trained, share)
    assert np.argsort(got).tolist() == np.argsort(p).tolist() and got.min() >= 0 and got.max() <= 1
    assert corrected(np.array([0.0, 1.0]), trained, share).tolist() == [0, 1]


# -- ensembles -----------------------------------------------------------------------------------------------


@given(scores=arrays(float, array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e3, 1e3)), data=st.data())
def test_neighbours_are_averaged_row_by_row(scores: Array, data: st.DataObject) -> None:
    members = len(scores)
    size = data.draw(st.sampled_from([n for n in range(1, members + 1) if members % n == 0]))
    got = ensembles(scores, size)
    assert got.shape == (members // size, scores.shape[1])
    for i, averaged in enumerate(got):
        np.testing.assert_allclose(averaged, sum(scores[i * size : (i + 1) * size]) / size, atol=1e-9)


# -- curves --------------------------------------------------------------------------------------------------


@given(data=labelled)
def test_precision_at_a_recall_is_scikit_learns_at_the_highest_threshold_that_reaches_it(
    data: tuple[Array, Array],
) -> None:
    y, p = data
    assume(y.any())
    precision, recall, _ = sk.precision_recall_curve(y, p)  # recall falls from 1
    [ours] = precision_recall(y[None], p[None])
    expected = [precision[np.flatnonzero(recall >= at - 1e-12)[-1]] for at in RECALLS]
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


@given(data=labelled)
def test_reliability_holds_every_row_once_and_its_gaps_are_the_calibration_error(data: tuple[Array, Array]) -> None:
    y, p = data
    mean, share, rows = reliability(y, p)
    assert rows.sum() == len(y) and (rows > 0).all()
    assert np.sum(share * rows) == pytest.approx(y.sum()) and np.sum(mean * rows) == pytest.approx(p.sum())
    assert of(y, p)["ece"] == pytest.approx(np.sum(np.abs(mean - share) * rows) / len(y), abs=1e-12)
