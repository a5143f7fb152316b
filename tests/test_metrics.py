"""Metrics against scikit-learn and against numbers worked out by hand; the undefined ones."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mirage import config, metrics
from mirage.decisions import above, rounded

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
OURS = ("cost", "outside_unit", "ece")  # what scikit-learn has no word for
COUNTED = ("tn", "fp", "fn", "tp")
CLASSIFIED = sorted(set(config.METRICS) - {"mse"})


def of(y: list[float], scores: list[float], decide: Callable[[Array], Array] = above) -> dict[str, float]:
    """Every metric of these scores."""
    return metrics.measure(config.METRICS, np.array(y), np.array(scores), decide(np.array(scores)))


def undefined(y: list[float], scores: list[float], decide: Callable[[Array], Array] = above) -> set[str]:
    return {name for name, value in of(y, scores, decide).items() if math.isnan(value)}


def test_every_name_a_scenario_may_give_is_compared_here() -> None:
    assert {*DECIDED, *SCORED, *COUNTED, *OURS} == set(config.METRICS)


# -- against scikit-learn ------------------------------------------------------------------------------------


@given(data=labelled)
def test_metrics_of_classifiers_are_scikit_learns(data: tuple[Array, Array]) -> None:
    y, p = data
    assume(0 < y.sum() < len(y))
    decided = above(p)
    ours = metrics.measure(config.METRICS, y, p, decided)
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
    ours = metrics.measure(["mse"], y, predicted, rounded(predicted))["mse"]
    assert ours == float(sk.mean_squared_error(y, predicted)) == pytest.approx(np.mean((y - predicted) ** 2), rel=1e-12)
    assert metrics.measure(["mse"], y, y, rounded(y))["mse"] == 0


@given(data=labelled)
def test_scores_of_single_precision_are_measured_as_they_are(data: tuple[Array, Array]) -> None:
    y, p = data
    single = p.astype(np.float32)
    ours, exact = (metrics.measure(["log_loss", "brier", "ece"], y, s, above(s)) for s in (single, p))
    for name, value in exact.items():
        if name != "ece" and not (name == "log_loss" and value > 10):  # bins have edges; 0 and 1 are clipped
            assert ours[name] == pytest.approx(value, rel=1e-4, abs=1e-6)


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


def test_within_a_bin_too_much_and_too_little_cancel() -> None:
    assert of([0, 1], [0.5, 0.5])["ece"] == pytest.approx(0, abs=1e-15)
    assert of([0, 1], [0.0, 1.0])["ece"] == 0
    assert of([0, 1], [0.45, 0.55])["ece"] == pytest.approx(0.45)


def test_mse_by_hand() -> None:
    assert of([1.0, 2.0, 4.0], [1.0, 3.0, 1.0])["mse"] == 10 / 3


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
    assert metrics.measure(["cost"], y, p, d, miss_cost)["cost"] == pytest.approx(total / len(y), rel=1e-9)


@given(data=labelled)
def test_where_a_miss_costs_as_much_as_a_false_alarm_cost_is_the_share_of_errors(data: tuple[Array, Array]) -> None:
    got = metrics.measure(["cost", "accuracy"], *data, above(data[1]))
    assert got["cost"] == pytest.approx(1 - got["accuracy"], abs=1e-12)


def test_cost_by_hand() -> None:
    y, decided = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 1, 0, 1])
    assert metrics.measure(["cost"], y, decided.astype(float), decided, 9.0) == {"cost": (2 * 1 + 9) / 5}


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


@given(
    data=st.integers(1, 30).flatmap(
        lambda n: st.tuples(arrays(int, n, elements=st.integers(0, 1)), arrays(int, n, elements=st.integers(-2, 3)))
    )
)
def test_counts_hold_every_row_once_and_agree_with_the_rates(data: tuple[Array, Array]) -> None:
    y, decided = data
    got = metrics.measure(config.METRICS, y, decided.astype(float), decided)
    tn, fp, fn, tp = (got[name] for name in COUNTED)
    assert tn + fp == (y == 0).sum() and fn + tp == (y == 1).sum()
    assert got["accuracy"] == pytest.approx((tn + tp) / len(y)) == pytest.approx(np.mean(y == decided))
    assert math.isnan(got["recall"]) if tp + fn == 0 else got["recall"] == pytest.approx(tp / (tp + fn))
    assert math.isnan(got["precision"]) if tp + fp == 0 else got["precision"] == pytest.approx(tp / (tp + fp))


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


@pytest.mark.filterwarnings("error")
@given(data=labelled)
def test_nothing_warns_and_every_value_is_finite_or_undefined(data: tuple[Array, Array]) -> None:
    y, p = data
    for value in metrics.measure(config.METRICS, y, p, above(p)).values():
        assert math.isnan(value) or math.isfinite(value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@given(data=labelled, where=st.integers(0, 39))
def test_one_score_that_is_not_finite_leaves_all_undefined(bad: float, data: tuple[Array, Array], where: int) -> None:
    y, p = data
    p = p.copy()
    p[where % len(p)] = bad
    got = metrics.measure(config.METRICS, y, p, above(p))
    assert list(got) == list(config.METRICS) and all(math.isnan(v) for v in got.values())


def test_a_metric_is_a_plain_number_and_only_what_was_asked_for_is_given() -> None:
    y, scores = np.array([0, 1, 1]), np.array([0.2, 0.6, 0.4], np.float32)
    assert metrics.measure([], y, scores, above(scores)) == {}
    for name in config.METRICS:
        got = metrics.measure([name], y, scores, above(scores))
        assert list(got) == [name] and type(got[name]) is float
