"""Measuring: every number of a replicate follows from what its record holds and the rows it was made from."""

import math
from typing import Any

import numpy as np
import pytest
from helpers import arm, plan, rows

from mirage.config.plan import Arm
from mirage.data.split import LOOKED_AT, PART_OF_TRAIN, SCORED, Split
from mirage.metrics.decisions import above, corrected
from mirage.metrics.metric import ScoredRows, compute
from mirage.metrics.rows import measure
from mirage.metrics.table import METRICS
from mirage.metrics.truth import truths
from mirage.training.replicate import Outcome

FINE = {"epochs_run": 10.0, "diverged": 0.0}
LOOKS = dict.fromkeys(("probe", "within", "along", "stepped_low", "stepped_high"), LOOKED_AT)
Parts = dict[str, tuple[Any, Any]]  # by split: true values and scores
COIN: Parts = {"train": ([0, 1, 1, 0, 1], [0.2, 0.7, 0.4, 0.6, 0.9])}
Values = dict[tuple[str, str, str], float]  # by reference ("": the arm itself), split and metric


def measured(
    scenario, name, parts, numbers=FINE, metrics=None, references=None, roles=LOOKS, history=None, **decision
) -> Values:
    """All numbers of a replicate of an arm, each there once and a plain number."""
    used, about = arm(scenario, name), plan(scenario).about
    used = Arm.model_validate(used.model_dump() | {"decision": used.decision.model_dump() | decision})
    labels = {split: np.asarray(y) for split, (y, _) in parts.items()}
    scores = {split: np.asarray(s, np.float32) for split, (_, s) in parts.items()}
    first = {split: y[0] if y.ndim == 2 else y for split, y in labels.items()}
    splits = {k: Split(np.arange(len(y) * 10.0).reshape(-1, 10), y, roles.get(k, SCORED)) for k, y in first.items()}
    metrics = about.metrics if metrics is None else metrics
    references = about.references if references is None else references
    names, values = measure(used, metrics, references, splits, Outcome(labels, scores, history or {}, numbers))
    assert len(set(names)) == len(names) and values.dtype == np.float64
    return dict(zip(names, values.tolist(), strict=True))


def model_numbers(found: Values) -> dict[str, float]:
    return {metric: value for (_, split, metric), value in found.items() if split == "model"}


def direct(metrics: list[str], y: Any, scores: Any) -> dict[str, float]:
    """Metrics of probabilities, decided at a half; every label is the toss of a coin."""
    y, scores = np.asarray(y), np.asarray(scores, np.float32)
    rows = ScoredRows(y, scores, above(scores), probability=np.full(len(y), 0.5))
    return compute([METRICS[name] for name in metrics], rows)


def test_an_arm_has_every_metric_of_every_split_and_so_have_its_references_in_this_order():
    parts = COIN | {"validation": ([0, 1], [0.3, 0.4]), "test": ([1, 1, 0], [0.3, 0.6, 0.1])}
    found, metrics = measured("l2", "none", parts), plan("l2").about.metrics
    scored = [(split, metric) for split in parts for metric in metrics]
    own = [("", *row) for row in scored] + [("", "model", "epochs_run"), ("", "model", "diverged")]
    assert list(found) == own + [("majority_class", *row) for row in scored]
    for name, value in direct(metrics, *parts["test"]).items():
        assert found["", "test", name] == pytest.approx(value, nan_ok=True)
    assert found["majority_class", "test", "accuracy"] == 2 / 3  # 3 of 5 training rows are of class 1


def test_a_regressions_output_is_rounded_and_its_reference_decides_by_a_half():
    y, scores = [0, 1, 1], [0.4, 1.6, 0.7]
    found = measured("ridge_lasso", "ridge", {"train": (y, scores), "test": (y, scores)}, {"diverged": 0.0})
    assert found["", "test", "accuracy"] == pytest.approx(2 / 3)
    assert found["majority_class", "test", "recall"] == 1
    assert math.isnan(found["", "test", "log_loss"])


def test_a_regressions_output_that_is_cut_at_the_threshold_loses_none_beyond_the_classes():
    y, scores = [0, 1, 1, 1], [-0.6, 1.6, 0.7, 0.45]  # rounded: to -1, 2, 1, 0
    parts, fine = {"train": (y, scores), "test": (y, scores)}, {"diverged": 0.0}
    assert measured("ridge_lasso", "ridge", parts, fine)["", "test", "accuracy"] == 1 / 4
    assert measured("ridge_lasso", "ridge", parts, fine, cut=True)["", "test", "accuracy"] == 3 / 4


def test_only_what_is_asked_for_is_measured_and_splits_are_scored_by_their_role_whatever_their_name():
    parts = COIN | {"test": ([0, 1], [0.3, 0.4]), "probe": ([1, 0], [0.3, 0.6]), "again": ([1, 0], [0.3, 0.6])}
    roles = {"test": LOOKED_AT, "again": PART_OF_TRAIN}
    found = measured("l2", "none", parts, metrics=["f1"], references=[], roles=roles)
    scored = {("", split, "f1") for split in ("train", "probe", "again")}
    assert set(found) == scored | {("", "model", name) for name in FINE}  # nothing is resampled: no counts


@pytest.mark.parametrize(
    ("low", "high", "step", "flips"),
    [(0.25, 0.75, 0.5, 1), (0.75, 0.25, -0.5, 1), (0.5, 0.5625, 0.0625, 1), (0.25, 0.5, 0.25, 0), (0.75, 1, 0.25, 0)],
)
def test_a_probes_step_is_a_rise_that_flips_if_decisions_differ_and_a_step_within_a_class_has_no_sign(
    low, high, step, flips
):
    parts = COIN | {"probe": ([0, 1], [low, high])}
    numbers = FINE | {"probe_step": step, "probe_flips": flips}
    assert model_numbers(measured("input_sensitivity", "network", parts)) == numbers
    parts |= {"along": ([0, 1], [0.1, 0.9]), "within": ([0, 0], [low, high])}
    parts |= {
        "stepped_low": ([0, 0, 1, 1], [0, 0.5, 0.5, 0.25]),
        "stepped_high": ([0, 0, 1, 1], [0.05, 0.5, 0.25, 0.5]),
    }
    found = measured("input_sensitivity_controlled", "network", parts)
    assert model_numbers(found) == numbers | {"within_step": abs(step), "jump_share": 0.5}  # of a tenth, either way
    assert {split for _, split, _ in found} == {"train", "model"}  # what is looked at is not scored


def labelled(zeros: int, ones: int) -> tuple[list[int], Any]:
    """Rows of these classes and no score worth a name."""
    return [0] * zeros + [1] * ones, np.full(zeros + ones, 0.5)


@pytest.mark.parametrize(("ones", "zeros", "held"), [(6, 1, 5), (2, 9, 1), (9, 2, 3), (1, 0, 1)])
def test_classes_are_counted_after_resampling_with_the_rows_that_are_held_out_later(ones, zeros, held):
    parts = {"train": labelled(zeros, ones), "test": labelled(held, 0), "original": labelled(1, 1)}
    numbers = model_numbers(measured("smote_balance", "smote", parts))
    small, large = sorted((ones, zeros + held))  # the smaller class is the minority, whichever it is
    assert (numbers["n_minority"], numbers["n_majority"]) == (small, large)
    assert numbers["minority_share"] == pytest.approx(small / (small + large))


@pytest.mark.parametrize(("name", "expected"), [("inside", (6, 6)), ("before", (11, 7))])
def test_rows_held_out_before_resampling_do_not_count(name, expected):
    parts = {"train": labelled(6, 6), "original": labelled(1, 1), "validation": labelled(5, 1), "test": labelled(1, 1)}
    numbers = model_numbers(measured("smote_balance_controlled", name, parts, references=[]))
    assert (numbers["n_majority"], numbers["n_minority"]) == expected


def models(members: int, rows: int) -> tuple[Parts, np.ndarray, np.ndarray]:
    """A replicate of several models: their own training rows, one test set; its targets and the predictions."""
    rng = np.random.default_rng(3)
    y, predicted = rng.random(rows), rng.random((members, rows)).astype(np.float32)
    own = (rng.random((members, 7)), rng.random((members, 7)))
    return {"train": own, "test": (np.tile(y, (members, 1)), predicted)}, y, predicted


@pytest.mark.parametrize("size", [1, 4])
def test_scores_of_several_models_or_ensembles_are_averaged_and_their_spreads_measured(size):
    parts, y, predicted = models(8, 6)
    averaged = predicted.reshape(-1, size, 6).mean(axis=1)
    errors = np.mean((averaged - y) ** 2, axis=1)
    found = measured("multi_seed_controlled", "single", parts, references=[], ensembles_of=size)
    assert found["", "test", "mse"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert found["", "model", "prediction_spread"] == pytest.approx(averaged.std(axis=0, ddof=1).mean(), rel=1e-4)
    assert found["", "model", "score_spread"] == pytest.approx(np.std(errors, ddof=1), rel=1e-4)
    assert found["", "model", "target_spread"] == pytest.approx(y.std(ddof=1), rel=1e-6)
    assert found["", "model", "relative_spread"] == pytest.approx(
        averaged.std(axis=0, ddof=1).mean() / y.std(ddof=1), rel=1e-4
    )
    share = errors.std(ddof=1) / errors.mean()
    assert found["", "model", "relative_score_spread"] == pytest.approx(share, rel=1e-4)
    # Members have training rows of their own, on which an average means nothing.
    own = np.mean((parts["train"][0] - parts["train"][1]) ** 2) if size == 1 else None
    assert found.get(("", "train", "mse")) == (own and pytest.approx(own, rel=1e-6))


@pytest.mark.filterwarnings("error")
def test_one_model_or_one_row_has_no_spread_to_speak_of():
    numbers = model_numbers(measured("multi_seed", "network", models(5, 4)[0], ensembles_of=5))
    assert {name for name, value in numbers.items() if math.isnan(value)} >= {
        "prediction_spread", "score_spread", "relative_spread", "relative_score_spread",
    }  # fmt: skip
    one_row = model_numbers(measured("multi_seed", "network", models(5, 1)[0]))
    assert math.isnan(one_row["target_spread"]) and math.isnan(one_row["relative_spread"])


def test_a_threshold_moves_decisions_and_no_score():
    parts = COIN | {"test": ([0, 1, 1], [0.3, 0.4, 0.9])}
    half, low = (measured("l2", "none", parts, threshold=threshold) for threshold in (0.5, 0.35))
    assert (half["", "test", "recall"], low["", "test", "recall"]) == (0.5, 1)
    for metric in plan("l2").about.metrics:
        if METRICS[metric].needs != "decisions":
            assert half["", "test", metric] == low["", "test", metric]


def test_the_cost_of_a_miss_reaches_the_metric_and_the_references():
    parts = {"train": ([0, 0, 0, 1], [0.1, 0.6, 0.2, 0.3]), "test": ([0, 1, 1], [0.7, 0.2, 0.9])}
    parts |= {"original": ([0, 1], [0.1, 0.9])}
    found = measured("smote_controlled", "none", parts, references=["majority_class"], miss_cost=9)
    assert found["", "test", "cost"] == pytest.approx((1 + 9) / 3)
    assert found["majority_class", "test", "cost"] == pytest.approx(18 / 3)  # never decides for class 1


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7])
def test_corrected_scores_are_those_of_the_training_shares_moved(share):
    y, given_scores = [0, 1, 0, 1, 0, 1], np.array([0.04, 0.93, 0.55, 0.31, 0.2, 0.66])
    parts = {"train": ([1, 0, 0, 0, 0], [0.5] * 5), "test": (y, given_scores)}  # one training row in five is of class 1
    found = measured("prior_shift_controlled", "network", parts, references=[], corrected_to=share)
    moved = corrected(given_scores, 0.2, share)
    from_labels = [name for name in plan("prior_shift_controlled").about.metrics if not METRICS[name].truth]
    for name, value in direct(from_labels, y, moved).items():
        assert found["", "test", name] == pytest.approx(value, rel=1e-4, abs=1e-5, nan_ok=True), name


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
def test_all_numbers_of_a_diverged_replicate_are_undefined_but_those_of_its_references(scenario, name, wild, bad):
    members = (5, 1) if scenario == "multi_seed" else 1
    parts: Parts = {split: (np.tile([0, 1, 0, 1], members), np.tile([bad] * 4, members)) for split in wild}
    if scenario == "input_sensitivity":
        parts["probe"] = ([0, 1], [bad, bad])
    found = measured(scenario, name, parts, {"epochs_run": 7.0, "diverged": 1.0})
    assert found.pop(("", "model", "diverged")) == 1
    own = {key for key in found if not key[0]}
    assert all(math.isnan(found[key]) for key in own) and {split for _, split, _ in own} == {*wild, "model"}
    of_references = [found[key] for key in found if key[0] and key[2] in ("accuracy", "mse", "brier")]
    assert all(map(math.isfinite, of_references))


def test_the_lowest_loss_is_that_of_the_best_epoch_and_of_a_network_only():
    parts = COIN | {"validation": ([0, 1], [0.3, 0.4]), "test": ([1, 1, 0], [0.3, 0.6, 0.1])}
    found = measured("l2", "none", parts, history={"loss": np.float32([0.7, 0.25, 0.5]), "val_loss": np.zeros(3)})
    assert found["", "model", "lowest_loss"] == 0.25
    assert ("", "model", "lowest_loss") not in measured("ridge_lasso", "ridge", COIN, {"diverged": 0.0})
    gone = measured("l2", "none", parts, {"diverged": 1.0}, history={"loss": np.float32([0.7, np.nan])})
    assert math.isnan(gone["", "model", "lowest_loss"])


def known(scenario: str, name: str, *settings: str) -> tuple[set[str], set[str]]:
    """Of which splits of an arm the true probability is known, and of which the line."""
    drawn = rows(scenario, name, *settings)
    scored = {split: one for split, one in drawn.items() if not one.looked_at}
    found = truths(arm(scenario, name, *settings), scored)
    assert set(found) == set(scored)
    return tuple({split for split, one in found.items() if one[i] is not None} for i in (0, 1))  # type: ignore[return-value]


COINS = ("data=coin", "data.n_rows=80", "data.n_features=4")
STAGES = {
    "hold_out": "{into: test, share: 0.5, seed: null}",
    "none": "{name: none}",
    "random_over": "{name: random_over, seed: null}",
    "standardise": "{name: standardise}",
}


def coins(*order: str) -> tuple[str, ...]:
    """Tossed labels through these stages, each named by its kind."""
    keys = {"none": "resample", "random_over": "resample", "standardise": "prepare"}
    given = {keys.get(kind, kind): STAGES[kind] for kind in order}
    settings = "".join(f", {key}: {value}" for key, value in given.items())
    return *COINS, f"stages={{order: [{', '.join(given)}]{settings}}}"


@pytest.mark.parametrize(
    ("scenario", "name", "settings", "expected"),
    [
        ("l2_controlled", "none", (), ({"validation", "test"}, set())),  # labels of train and flipped are given
        ("prior_shift_controlled", "network", (), ({"validation", "test", "test_shifted"}, set())),
        ("overfitting", "network", (), (set(), {"train", "test"})),  # no label is in a distance from the line
        ("imbalance", "logistic", coins("hold_out"), ({"test"}, set())),
        ("imbalance", "logistic", coins("hold_out", "random_over"), ({"test"}, set())),
        ("imbalance", "logistic", coins("none", "hold_out"), ({"test"}, set())),
        # Rows that are held out after others were made are no sample of the law.
        ("imbalance", "logistic", coins("random_over", "hold_out"), (set(), set())),
        # The law knows its own features, not scaled ones.
        ("imbalance", "logistic", coins("hold_out", "standardise"), (set(), set())),
        ("breast_cancer", "network", (), (set(), set())),
    ],
)
def test_the_truth_is_known_of_rows_that_the_law_drew_and_no_model_was_given(scenario, name, settings, expected):
    assert known(scenario, name, *settings) == expected


def test_arms_and_their_references_are_measured_against_the_truth_of_the_splits_own_share():
    used = plan("prior_shift_controlled", "metrics=[expected]", "show=[expected_accuracy]", "references=[bayes]")
    drawn = rows("prior_shift_controlled", "network")
    law, metrics = used.arms["network"].data, used.about.metrics
    labels = {split: one.y for split, one in drawn.items()}
    scores = {split: np.linspace(0, 1, len(one.y)) for split, one in drawn.items()}
    names, values = measure(used.arms["network"], metrics, ["bayes"], drawn, Outcome(labels, scores, {}, FINE))
    found = dict(zip(names, values.tolist(), strict=True))
    for split, share in (("test", law.minority_share), ("test_shifted", law.shifted_share)):
        p = law.probability(drawn[split].x, share)
        right = np.where(scores[split] > 0.5, p, 1 - p)
        assert found["", split, "expected_accuracy"] == pytest.approx(right.mean(), rel=1e-12)
        assert found["bayes", split, "expected_accuracy"] == pytest.approx(np.maximum(p, 1 - p).mean(), rel=1e-12)
        entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
        assert found["bayes", split, "expected_log_loss"] == pytest.approx(entropy.mean(), rel=1e-9)
    assert all(math.isnan(found[by, "train", name]) for by in ("", "bayes") for name in metrics)


def test_models_with_training_rows_of_their_own_have_an_excess_on_the_test_rows_alone():
    parts, *_ = models(8, 6)
    found = measured("multi_seed_controlled", "single", parts, metrics=["excess_mse"], references=[])
    assert math.isnan(found["", "train", "excess_mse"]) and found["", "test", "excess_mse"] > 0
