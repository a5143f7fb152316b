"""Measuring: every number of a replicate follows from what its record holds and the rows it was made from."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from helpers import arm, plan
from hypothesis import given
from hypothesis import strategies as st

from mirage.config.plan import Arm
from mirage.data.split import LOOKED_AT, PART_OF_TRAIN, SCORED, Split
from mirage.metrics.decisions import above, corrected, rounded
from mirage.metrics.metric import ScoredRows, compute
from mirage.metrics.rows import measure
from mirage.metrics.table import METRICS
from mirage.training.replicate import Outcome

FINE = {"epochs_run": 10.0, "diverged": 0.0}
Parts = dict[str, tuple[Any, Any]]  # by split: true values and scores
COIN: Parts = {"train": ([0, 1, 1, 0, 1], [0.2, 0.7, 0.4, 0.6, 0.9])}
Values = dict[tuple[str, str, str], float]  # by reference ("": the arm itself), split and metric


def measured(
    scenario: str,
    name: str,
    parts: Parts,
    numbers: Mapping[str, float] = FINE,
    metrics: list[str] | None = None,
    references: list[str] | None = None,
    roles: Mapping[str, str] | None = None,
    **decision: object,
) -> Values:
    """All numbers of a replicate of an arm, each there once and a plain number."""
    used, about = arm(scenario, name), plan(scenario).about
    used = Arm.model_validate(used.model_dump() | {"decision": used.decision.model_dump() | decision})
    roles = roles or {"probe": LOOKED_AT, "within": LOOKED_AT, "along": LOOKED_AT}
    labels = {split: np.asarray(y) for split, (y, _) in parts.items()}
    scores = {split: np.asarray(s, np.float32) for split, (_, s) in parts.items()}
    first = {split: y[0] if y.ndim == 2 else y for split, y in labels.items()}
    splits = {
        split: Split(np.arange(len(y) * 10.0).reshape(-1, 10), y, roles.get(split, SCORED))
        for split, y in first.items()
    }
    rows = measure(
        used,
        about.metrics if metrics is None else metrics,
        about.references if references is None else references,
        splits,
        Outcome(labels, scores, {}, numbers),
    )
    found = {row[:3]: row[3] for row in rows}
    assert len(found) == len(rows) and all(isinstance(value, float) for value in found.values())
    return found


def model_numbers(found: Values) -> dict[str, float]:
    return {metric: value for (_, split, metric), value in found.items() if split == "model"}


def direct(metrics: list[str], y: Any, scores: Any) -> dict[str, float]:
    """Metrics of probabilities, decided at a half."""
    y, scores = np.asarray(y), np.asarray(scores, np.float32)
    return compute([METRICS[name] for name in metrics], ScoredRows(y, scores, above(scores)))


# -- rows ----------------------------------------------------------------------------------------------------


def test_an_arm_has_every_metric_of_every_split_and_so_have_its_references_in_this_order() -> None:
    parts = COIN | {"validation": ([0, 1], [0.3, 0.4]), "test": ([1, 1, 0], [0.3, 0.6, 0.1])}
    found, metrics = measured("l2", "none", parts), plan("l2").about.metrics
    scored = [(split, metric) for split in parts for metric in metrics]
    own = [("", *row) for row in scored] + [("", "model", "epochs_run"), ("", "model", "diverged")]
    assert list(found) == own + [("majority_class", *row) for row in scored]
    for name, value in direct(metrics, *parts["test"]).items():
        assert found["", "test", name] == pytest.approx(value, nan_ok=True)
    assert found["majority_class", "test", "accuracy"] == 2 / 3  # 3 of 5 training rows are of class 1


def test_only_the_metrics_and_references_asked_for_are_measured() -> None:
    found = measured("metric_choice", "network", COIN, metrics=["f1"], references=[])
    assert set(found) == {("", "train", "f1"), ("", "model", "epochs_run"), ("", "model", "diverged")}


def test_a_regressions_output_is_rounded_and_its_reference_decides_by_a_half() -> None:
    y, scores = [0, 1, 1], [0.4, 1.6, 0.7]
    found = measured("ridge_lasso", "ridge", {"train": (y, scores), "test": (y, scores)}, {"diverged": 0.0})
    assert rounded(np.array(scores)).tolist() == [0, 2, 1]
    assert found["", "test", "accuracy"] == pytest.approx(2 / 3)
    assert found["majority_class", "test", "recall"] == 1
    assert math.isnan(found["", "test", "log_loss"])


def test_splits_are_scored_by_their_role_whatever_their_name() -> None:
    parts = COIN | {"test": ([0, 1], [0.3, 0.4]), "probe": ([1, 0], [0.3, 0.6]), "again": ([1, 0], [0.3, 0.6])}
    roles = {"test": LOOKED_AT, "again": PART_OF_TRAIN}
    found = measured("l2", "none", parts, roles=roles)
    assert {split for _, split, _ in found} == {"train", "probe", "again", "model"}


# -- numbers that follow from scores -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "step", "flips"),
    [(0.25, 0.75, 0.5, 1), (0.75, 0.25, -0.5, 1), (0.5, 0.5625, 0.0625, 1), (0.25, 0.5, 0.25, 0), (0.75, 1, 0.25, 0)],
)
def test_a_probes_step_is_the_rise_of_the_probability_and_flips_if_the_decisions_differ(
    low: float, high: float, step: float, flips: float
) -> None:
    found = measured("input_sensitivity", "network", COIN | {"probe": ([0, 1], [low, high])})
    assert model_numbers(found) == FINE | {"probe_step": step, "probe_flips": flips}
    assert {split for _, split, _ in found} == {"train", "model"}  # a probe is not scored, not even for references


def test_inputs_that_are_looked_at_are_not_scored_and_a_step_within_a_class_has_no_sign() -> None:
    parts = COIN | {"test": ([0, 1], [0.2, 0.9]), "along": ([0, 1], [0.1, 0.9])}
    parts |= {"probe": ([0, 1], [0.25, 0.75]), "within": ([0, 0], [0.5, 0.25])}
    found = measured("input_sensitivity_controlled", "network", parts)
    assert {split for _, split, _ in found} == {"train", "test", "model"}
    assert model_numbers(found) == FINE | {"probe_step": 0.5, "probe_flips": 1, "within_step": 0.25}


def labelled(*labels: int) -> tuple[list[int], Any]:
    """Rows of these classes and no score worth a name."""
    return list(labels), np.full(len(labels), 0.5)


@given(ones=st.integers(0, 20), zeros=st.integers(0, 20), held=st.integers(1, 5))
def test_classes_are_counted_after_resampling_with_the_rows_that_are_held_out_later(
    ones: int, zeros: int, held: int
) -> None:
    parts = {"train": labelled(*[1] * (ones + 1), *[0] * zeros), "test": labelled(*[0] * held)}
    numbers = model_numbers(measured("smote_balance", "smote", parts | {"original": labelled(0, 1)}))
    small, large = sorted((ones + 1, zeros + held))  # the smaller class is the minority, whichever it is
    assert (numbers["n_minority"], numbers["n_majority"]) == (small, large)
    assert numbers["minority_share"] == pytest.approx(small / (small + large))


def test_rows_held_out_before_resampling_do_not_count() -> None:
    parts = {"train": labelled(*[0] * 6, *[1] * 6), "original": labelled(0, 1)}
    parts |= {"validation": labelled(*[0] * 5, 1), "test": labelled(0, 1)}
    for name, expected in (("inside", (6, 6)), ("before", (11, 7))):
        numbers = model_numbers(measured("smote_balance_controlled", name, parts, references=[]))
        assert (numbers["n_majority"], numbers["n_minority"]) == expected
    assert set(model_numbers(measured("metric_choice", "network", COIN))) == set(FINE)  # nothing is resampled


# -- several models ------------------------------------------------------------------------------------------


def models(members: int, rows: int) -> tuple[Parts, np.ndarray, np.ndarray]:
    """A replicate of several models: their own training rows, one test set; its targets and the predictions."""
    rng = np.random.default_rng(3)
    y, predicted = rng.random(rows), rng.random((members, rows)).astype(np.float32)
    own = (rng.random((members, 7)), rng.random((members, 7)))
    return {"train": own, "test": (np.tile(y, (members, 1)), predicted)}, y, predicted


def test_scores_of_several_models_are_averaged_and_their_spreads_measured() -> None:
    parts, y, predicted = models(5, 4)
    found = measured("multi_seed", "network", parts)
    errors = [float(np.mean((p - y) ** 2)) for p in predicted]
    assert found["", "test", "mse"] == pytest.approx(np.mean(errors), rel=1e-6)
    assert found["", "train", "mse"] == pytest.approx(np.mean((parts["train"][0] - parts["train"][1]) ** 2), rel=1e-6)
    of_an_input = np.sqrt(((predicted - sum(predicted) / 5) ** 2).sum(axis=0) / 4)
    assert found["", "model", "prediction_spread"] == pytest.approx(of_an_input.mean(), rel=1e-5)
    assert found["", "model", "score_spread"] == pytest.approx(np.sqrt(np.var(errors) * 5 / 4), rel=1e-5)
    assert found["", "model", "target_spread"] == pytest.approx(np.sqrt(np.var(y) * 4 / 3), rel=1e-6)


@pytest.mark.filterwarnings("error")
def test_models_that_agree_have_no_spread_and_one_model_or_one_row_has_none_to_speak_of() -> None:
    parts, _, predicted = models(5, 4)
    alike = parts | {"test": (parts["test"][0], np.tile(predicted[:1], (5, 1)))}
    numbers = model_numbers(measured("multi_seed", "network", alike))
    assert numbers["prediction_spread"] == numbers["score_spread"] == 0 < numbers["target_spread"]
    numbers = model_numbers(measured("multi_seed", "network", parts, ensembles_of=5))
    assert math.isnan(numbers["prediction_spread"]) and math.isnan(numbers["score_spread"])
    parts, _, predicted = models(5, 1)
    numbers = model_numbers(measured("multi_seed", "network", parts))
    assert math.isnan(numbers["target_spread"])
    assert numbers["prediction_spread"] == pytest.approx(predicted[:, 0].std(ddof=1), rel=1e-5)


def test_an_ensembles_score_is_that_of_the_averaged_predictions() -> None:
    parts, y, predicted = models(8, 6)
    averaged = [predicted[:4].mean(axis=0), predicted[4:].mean(axis=0)]
    errors = [np.mean((a - y) ** 2) for a in averaged]
    found = measured("multi_seed_controlled", "single", parts, references=[], ensembles_of=4)
    assert found["", "test", "mse"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert found["", "model", "score_spread"] == pytest.approx(np.std(errors, ddof=1), rel=1e-4)
    assert found["", "model", "prediction_spread"] == pytest.approx(np.std(averaged, axis=0, ddof=1).mean(), rel=1e-4)
    # Members have training rows of their own, on which an average means nothing.
    assert {split for _, split, _ in found} == {"test", "model"}
    single = measured("multi_seed_controlled", "single", parts, references=[], ensembles_of=1)
    assert found["", "test", "mse"] < single["", "test", "mse"]  # the square is convex


# -- decisions -----------------------------------------------------------------------------------------------


def test_a_threshold_moves_decisions_and_no_score() -> None:
    parts = COIN | {"test": ([0, 1, 1], [0.3, 0.4, 0.9])}
    half, low = (measured("l2", "none", parts, threshold=threshold) for threshold in (0.5, 0.35))
    assert (half["", "test", "recall"], low["", "test", "recall"]) == (0.5, 1)
    of_scores = [metric for metric in plan("l2").about.metrics if METRICS[metric].needs != "decisions"]
    assert len(of_scores) == 5
    for metric in of_scores:
        assert half["", "test", metric] == low["", "test", metric]


def test_the_cost_of_a_miss_reaches_the_metric_and_the_references() -> None:
    parts = {"train": ([0, 0, 0, 1], [0.1, 0.6, 0.2, 0.3]), "test": ([0, 1, 1], [0.7, 0.2, 0.9])}
    parts |= {"original": ([0, 1], [0.1, 0.9])}
    found = measured("smote_controlled", "none", parts, references=["majority_class"], miss_cost=9)
    assert found["", "test", "cost"] == pytest.approx((1 + 9) / 3)
    assert found["majority_class", "test", "cost"] == pytest.approx(18 / 3)  # never decides for class 1


@given(share=st.sampled_from([0.2, 0.5, 0.7]), scores=st.lists(st.integers(1, 99), min_size=4, max_size=9, unique=True))
def test_corrected_scores_are_those_of_the_training_shares_moved(share: float, scores: list[int]) -> None:
    y, given_scores = [i % 2 for i in range(len(scores))], np.array(scores) / 100
    parts = {"train": ([1, 0, 0, 0, 0], [0.5] * 5), "test": (y, given_scores)}  # one training row in five is of class 1
    found = measured("prior_shift_controlled", "network", parts, references=[], corrected_to=share)
    moved = corrected(given_scores, 0.2, share)
    for name, value in direct(plan("prior_shift_controlled").about.metrics, y, moved).items():
        if name != "ece":  # its bins have edges, and scores are kept in single precision
            assert found["", "test", name] == pytest.approx(value, rel=1e-4, abs=1e-5, nan_ok=True)


# -- diverged ------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.5])
@pytest.mark.parametrize(
    ("scenario", "name", "wild"),
    [
        ("prior_shift", "network", ("train", "validation", "test_balanced")),
        ("input_sensitivity", "network", ("train",)),
        ("smote", "smote", ("train", "original")),
        ("multi_seed", "network", ("train", "test")),
        ("overfitting", "network", ("train", "test")),
    ],
)
def test_all_numbers_of_a_diverged_replicate_are_undefined_but_those_of_its_references(
    scenario: str, name: str, wild: tuple[str, ...], bad: float
) -> None:
    parts: Parts = {split: (np.array([0, 1, 0, 1]), np.full(4, bad)) for split in wild}
    if scenario == "multi_seed":
        parts = {split: (np.stack([y] * 5), np.stack([s] * 5)) for split, (y, s) in parts.items()}
    if scenario == "input_sensitivity":
        parts["probe"] = ([0, 1], [bad, bad])
    before = {split: np.array(s) for split, (_, s) in parts.items()}
    found = measured(scenario, name, parts, {"epochs_run": 7.0, "diverged": 1.0})
    assert found.pop(("", "model", "diverged")) == 1
    own = {key for key in found if not key[0]}
    assert all(math.isnan(found[key]) for key in own) and {split for _, split, _ in own} == {*wild, "model"}
    for (reference, _, metric), value in found.items():
        if reference and metric in ("accuracy", "mse", "brier"):
            assert math.isfinite(value)
    for split, scores in before.items():
        np.testing.assert_array_equal(parts[split][1], scores)  # measuring changes no score
