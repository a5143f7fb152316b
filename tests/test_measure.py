"""Measure: every number of a replicate follows from what its record holds."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given
from hypothesis import strategies as st

import run
from mirage import config, metrics
from mirage.decisions import above, corrected, rounded
from mirage.measure import Row, measure

config.register()

Arrays = dict[str, np.ndarray]


@functools.cache
def plan(scenario: str) -> config.Plan:
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}"]), scenario, [])


def split(name: str, y: object, predicted: object, x: object = None) -> Arrays:
    """What a record holds of a split; inputs where they matter."""
    y, predicted = np.asarray(y), np.asarray(predicted, np.float32)
    inputs = np.zeros((*y.shape, 1)) if x is None else np.asarray(x)
    return {f"{name}_x": inputs, f"{name}_y": y, f"{name}_predicted": predicted}


def values(rows: list[Row]) -> dict[tuple[str, str, str], float]:
    """Rows by arm, split and metric, each there once and a plain number."""
    found = {row[:3]: row[3] for row in rows}
    assert len(found) == len(rows) and all(isinstance(v, float) for v in found.values())
    return found


def model_numbers(rows: list[Row]) -> dict[str, float]:
    return {metric: value for (_, part, metric), value in values(rows).items() if part == "model"}


FINE = {"epochs_run": 10.0, "diverged": 0.0}
COIN = split("train", [0, 1, 1, 0, 1], [0.2, 0.7, 0.4, 0.6, 0.9])


# -- rows ----------------------------------------------------------------------------------------------------


def test_an_arm_has_every_metric_of_every_split_and_so_have_its_references() -> None:
    p = plan("l2")
    predictions = COIN | split("validation", [0, 1], [0.3, 0.4]) | split("test", [1, 1, 0], [0.3, 0.6, 0.1])
    found = values(measure(p, "none", predictions, FINE))
    parts = ("train", "validation", "test")
    scored = {(arm, s, m) for arm in ("none", "none:majority_class") for s in parts for m in p.metrics}
    assert set(found) == scored | {("none", "model", "epochs_run"), ("none", "model", "diverged")}
    y, s = predictions["test_y"], predictions["test_predicted"]
    for name, value in metrics.measure(p.metrics, y, s, above(s)).items():
        assert found["none", "test", name] == pytest.approx(value, nan_ok=True)
    assert found["none:majority_class", "test", "accuracy"] == 2 / 3  # 3 of 5 training rows are of class 1


def test_only_the_plans_metrics_and_references_are_measured() -> None:
    p = dataclasses.replace(plan("metric_choice"), metrics=("f1",), references=())
    assert set(values(measure(p, "network", COIN, FINE))) == {
        ("network", "train", "f1"),
        ("network", "model", "epochs_run"),
        ("network", "model", "diverged"),
    }


def test_a_regressions_output_is_rounded_and_its_reference_decides_by_a_half() -> None:
    y, s = [0, 1, 1], [0.4, 1.6, 0.7]
    found = values(measure(plan("ridge_lasso"), "ridge", split("train", y, s) | split("test", y, s), {"diverged": 0.0}))
    assert rounded(np.array(s)).tolist() == [0, 2, 1]
    assert (
        found["ridge", "test", "accuracy"]
        == pytest.approx(2 / 3)
        == found["ridge:majority_class", "test", "recall"] - 1 / 3
    )
    assert math.isnan(found["ridge", "test", "log_loss"])


def test_what_measured_before_is_overwritten_not_doubled() -> None:
    p = plan("smote_balance")
    predictions = COIN | split("test", [0, 1], [0.1, 0.9]) | split("original", [0, 1], [0.1, 0.9])
    once = measure(p, "smote", predictions, FINE)
    again = measure(p, "smote", predictions, model_numbers(once))
    assert values(once) == pytest.approx(values(again), nan_ok=True)


# -- numbers that follow from predictions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "step", "flips"),
    [(0.25, 0.75, 0.5, 1), (0.75, 0.25, -0.5, 1), (0.5, 0.5625, 0.0625, 1), (0.25, 0.5, 0.25, 0), (0.75, 1, 0.25, 0)],
)
def test_a_probes_step_is_the_rise_of_the_probability_and_flips_if_the_decisions_differ(
    low: float, high: float, step: float, flips: float
) -> None:
    rows = measure(plan("input_sensitivity"), "network", COIN | split("probe", [0, 1], [low, high]), FINE)
    assert model_numbers(rows) == {"epochs_run": 10, "diverged": 0, "probe_step": step, "probe_flips": flips}
    assert {part for _, part, _ in values(rows)} == {"train", "model"}  # a probe is not scored, not even for references


def test_classes_are_counted_after_resampling() -> None:
    smote = split("train", [0] * 6 + [1] * 6, np.full(12, 0.5)) | split("original", [0] * 6 + [1] * 2, np.full(8, 0.5))
    none = split("train", [0] * 6 + [1] * 2, np.full(8, 0.5)) | split("original", [0] * 6 + [1] * 2, np.full(8, 0.5))
    for arm, predictions, expected in (("smote", smote, (6, 6, 0.5)), ("none", none, (6, 2, 0.25))):
        numbers = model_numbers(measure(plan("smote"), arm, predictions, FINE))
        assert (numbers["n_majority"], numbers["n_minority"], numbers["minority_share"]) == expected


@given(ones=st.integers(0, 20), zeros=st.integers(0, 20), held=st.integers(1, 5))
def test_held_out_rows_count_and_the_smaller_class_is_the_minority_whichever_it_is(
    ones: int, zeros: int, held: int
) -> None:
    train = [1] * (ones + 1) + [0] * zeros
    predictions = split("train", train, np.full(len(train), 0.5)) | split("test", [0] * held, np.full(held, 0.5))
    predictions |= split("original", [0, 1], [0.5, 0.5])
    numbers = model_numbers(measure(plan("smote_balance"), "smote", predictions, FINE))
    small, large = sorted((ones + 1, zeros + held))
    assert (numbers["n_minority"], numbers["n_majority"]) == (small, large)
    assert numbers["minority_share"] == pytest.approx(small / (small + large))


def test_where_nothing_could_be_resampled_no_class_is_counted() -> None:
    assert set(model_numbers(measure(plan("metric_choice"), "network", COIN, FINE))) == set(FINE)


def five(rows: int = 4) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """A replicate of five models: their own training rows, one test set."""
    rng = np.random.default_rng(3)
    y, predicted = np.tile(rng.random(rows), (5, 1)), rng.random((5, rows)).astype(np.float32)
    own = split("train", rng.random((5, 7)), rng.random((5, 7)), rng.random((5, 7, 2)))
    return own | split("test", y, predicted, rng.random((5, rows, 2))), y, predicted


def test_scores_of_several_models_are_averaged() -> None:
    predictions, y, predicted = five()
    found = values(measure(plan("multi_seed"), "network", predictions, FINE))
    assert found["network", "test", "mse"] == pytest.approx(np.mean((y - predicted) ** 2), rel=1e-6)
    train = predictions["train_y"] - predictions["train_predicted"]
    assert found["network", "train", "mse"] == pytest.approx(np.mean(train**2), rel=1e-6)


def test_spreads_of_several_models() -> None:
    predictions, y, predicted = five()
    numbers = model_numbers(measure(plan("multi_seed"), "network", predictions, FINE))
    mean = sum(predicted) / 5
    of_an_input = np.sqrt(((predicted - mean) ** 2).sum(axis=0) / 4)
    errors = [float(np.mean((p - t) ** 2)) for p, t in zip(predicted, y, strict=True)]
    assert numbers["prediction_spread"] == pytest.approx(of_an_input.mean(), rel=1e-5)
    assert numbers["score_spread"] == pytest.approx(np.sqrt(np.var(errors) * 5 / 4), rel=1e-5)
    assert numbers["target_spread"] == pytest.approx(np.sqrt(np.var(y[0]) * 4 / 3), rel=1e-6)


def test_models_that_agree_have_no_spread() -> None:
    predictions, y, predicted = five()
    predictions["test_predicted"] = np.tile(predicted[:1], (5, 1))
    numbers = model_numbers(measure(plan("multi_seed"), "network", predictions, FINE))
    assert numbers["prediction_spread"] == numbers["score_spread"] == 0 < numbers["target_spread"]


@pytest.mark.filterwarnings("error")
def test_one_model_or_one_test_row_has_no_spread_to_speak_of() -> None:
    predictions, _, predicted = five(rows=1)
    numbers = model_numbers(measure(plan("multi_seed"), "network", predictions, FINE))
    assert math.isnan(numbers["target_spread"])
    assert numbers["prediction_spread"] == pytest.approx(predicted[:, 0].std(ddof=1), rel=1e-5)
    numbers = model_numbers(measure(ensembles_of(5), "network", five()[0], FINE))
    assert math.isnan(numbers["prediction_spread"]) and math.isnan(numbers["score_spread"])
    assert numbers["target_spread"] > 0


def ensembles_of(size: int) -> config.Plan:
    p = plan("multi_seed")
    decision = dataclasses.replace(p.arms["network"].decision, ensembles_of=size)
    return dataclasses.replace(p, arms={"network": dataclasses.replace(p.arms["network"], decision=decision)})


def eight(rows: int = 6) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """A replicate of eight models on one test set."""
    rng = np.random.default_rng(4)
    y, predicted = np.tile(rng.random(rows), (8, 1)), rng.random((8, rows)).astype(np.float32)
    own = split("train", rng.random((8, 7)), rng.random((8, 7)), rng.random((8, 7, 2)))
    return own | split("test", y, predicted, rng.random((8, rows, 2))), y[0], predicted


def test_an_ensembles_score_is_that_of_the_averaged_predictions() -> None:
    predictions, y, predicted = eight()
    averaged = [predicted[:4].mean(axis=0), predicted[4:].mean(axis=0)]
    rows = measure(ensembles_of(4), "network", predictions, FINE)
    found, numbers = values(rows), model_numbers(rows)
    errors = [np.mean((a - y) ** 2) for a in averaged]
    assert found["network", "test", "mse"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert numbers["score_spread"] == pytest.approx(np.std(errors, ddof=1), rel=1e-4)
    assert numbers["prediction_spread"] == pytest.approx(np.std(averaged, axis=0, ddof=1).mean(), rel=1e-4)
    # Members have training rows of their own, on which an average means nothing.
    assert {part for _, part, _ in found} == {"test", "model"}
    single = values(measure(ensembles_of(1), "network", predictions, FINE))
    assert found["network", "test", "mse"] < single["network", "test", "mse"]  # the square is convex


# -- decisions -----------------------------------------------------------------------------------------------


def decided(scenario: str, arm: str, **changed: object) -> config.Plan:
    """A scenario with another decision for one arm."""
    p = plan(scenario)
    decision = dataclasses.replace(p.arms[arm].decision, **changed)
    return dataclasses.replace(p, arms={arm: dataclasses.replace(p.arms[arm], decision=decision)})


def test_a_threshold_moves_decisions_and_no_score() -> None:
    predictions = COIN | split("test", [0, 1, 1], [0.3, 0.4, 0.9])
    half, low = (values(measure(decided("l2", "none", threshold=t), "none", predictions, FINE)) for t in (0.5, 0.35))
    assert (half["none", "test", "recall"], low["none", "test", "recall"]) == (0.5, 1)
    for metric in config.SCORE_METRICS:
        if ("none", "test", metric) in half:
            assert half["none", "test", metric] == low["none", "test", metric]


def test_the_cost_of_a_miss_reaches_the_metric_and_the_references() -> None:
    p = dataclasses.replace(decided("smote_controlled", "none", miss_cost=9), references=("majority_class",))
    predictions = split("train", [0, 0, 0, 1], [0.1, 0.6, 0.2, 0.3]) | split("test", [0, 1, 1], [0.7, 0.2, 0.9])
    found = values(measure(p, "none", predictions | split("original", [0, 1], [0.1, 0.9]), FINE))
    assert found["none", "test", "cost"] == pytest.approx((1 + 9) / 3)
    assert found["none:majority_class", "test", "cost"] == pytest.approx(18 / 3)  # never decides for class 1


@given(share=st.sampled_from([0.2, 0.5, 0.7]), scores=st.lists(st.integers(1, 99), min_size=4, max_size=9, unique=True))
def test_corrected_scores_are_those_of_the_training_shares_moved(share: float, scores: list[int]) -> None:
    p = dataclasses.replace(decided("prior_shift_controlled", "network", corrected_to=share), references=())
    y, s = [i % 2 for i in range(len(scores))], np.array(scores) / 100
    train = split("train", [1, 0, 0, 0, 0], [0.5] * 5)
    found = values(measure(p, "network", train | split("test", y, s), FINE))
    moved = corrected(s, 0.2, share)  # one training row in five is of class 1
    expected = metrics.measure(p.metrics, np.array(y), moved, above(moved))
    for name, value in expected.items():
        if name != "ece":  # its bins have edges, and predictions are kept in single precision
            assert found["network", "test", name] == pytest.approx(value, rel=1e-4, abs=1e-5, nan_ok=True)


def test_inputs_that_are_looked_at_are_not_scored_and_a_step_within_a_class_has_no_sign() -> None:
    predictions = COIN | split("test", [0, 1], [0.2, 0.9]) | split("along", [0, 1], [0.1, 0.9])
    predictions |= split("probe", [0, 1], [0.25, 0.75]) | split("within", [0, 0], [0.5, 0.25])
    rows = measure(plan("input_sensitivity_controlled"), "network", predictions, FINE)
    assert {part for _, part, _ in values(rows)} == {"train", "test", "model"}
    expected = {"probe_step": 0.5, "probe_flips": 1, "within_step": 0.25}
    assert model_numbers(rows) == FINE | expected


def test_inside_the_split_only_training_rows_count_as_resampled() -> None:
    predictions = split("train", [0] * 6 + [1] * 6, np.full(12, 0.5)) | split("original", [0, 1], [0.5, 0.5])
    predictions |= split("validation", [0] * 5 + [1], np.full(6, 0.5)) | split("test", [0, 1], [0.5, 0.5])
    for arm, expected in (("inside", (6, 6)), ("before", (11, 7))):
        p = dataclasses.replace(plan("smote_balance_controlled"), references=())
        numbers = model_numbers(measure(p, arm, predictions, FINE))
        assert (numbers["n_majority"], numbers["n_minority"]) == expected


# -- diverged ------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.5])
@pytest.mark.parametrize("scenario", ["prior_shift", "input_sensitivity", "smote", "multi_seed", "overfitting"])
def test_all_numbers_of_a_diverged_replicate_are_undefined_but_those_of_its_references(
    scenario: str, bad: float
) -> None:
    p = plan(scenario)
    arm = list(p.arms)[-1]
    y = np.array([0, 1, 0, 1])
    x = np.arange(4.0)[:, None]
    wild = {
        "prior_shift": ("train", "validation", "test_balanced"),
        "input_sensitivity": ("train",),
        "smote": ("train", "original"),
    }.get(scenario, ("train", "test"))
    predictions: Arrays = {}
    for name in wild:
        one = split(name, y, np.full(4, bad), x)
        predictions |= {k: np.stack([v] * 5) for k, v in one.items()} if scenario == "multi_seed" else one
    if scenario == "input_sensitivity":
        predictions |= split("probe", [0, 1], [bad, bad])
    found = values(measure(p, arm, predictions, {"epochs_run": 7.0, "diverged": 1.0}))
    assert found.pop((arm, "model", "diverged")) == 1
    own = {key for key in found if key[0] == arm}
    assert all(math.isnan(found[key]) for key in own) and {part for _, part, _ in own} == {*wild, "model"}
    for (who, _, metric), value in found.items():
        if who != arm and metric in ("accuracy", "mse", "brier"):
            assert math.isfinite(value)
