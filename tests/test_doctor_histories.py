"""The doctor on a history: what training betrays, each with its twin."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from examined import causes, course, saved, two

from mirage.doctor import BadInput, examine
from mirage.doctor.reading import histories

Array = np.ndarray
SEEDS = range(0, 40, 2)
DENSE = keras.layers.Dense
SPARSE = "sparse_categorical_crossentropy"


def test_a_loss_that_is_no_number_is_named_alone_whatever_else_the_history_shows(tmp_path: Path) -> None:
    for seed in SEEDS:
        numbers = course(seed)
        first = int(np.random.default_rng(seed).integers(0, 20))
        numbers["loss"][first:] = numbers["val_loss"][first:] = np.nan
        for handed in (numbers, _written(tmp_path, numbers)):
            [found] = examine(history=handed).findings
            assert (found.cause, found.sure, found.found.evidence[0].value) == ("diverged", "certain", first + 1)


def _written(folder: Path, numbers: dict[str, Array]) -> Path:
    (folder / "h.json").write_text(json.dumps({name: values.tolist() for name, values in numbers.items()}))
    return folder / "h.json"


def test_a_loss_that_explodes_is_likely_to_have_diverged_and_a_spike_is_not() -> None:
    numbers = course(0)
    spike = numbers["loss"].copy()
    spike[10] = 50
    assert "diverged" in causes(examine(history=numbers | {"loss": numbers["loss"] * np.geomspace(1, 1e4, 30)}))
    assert causes(examine(history=numbers | {"loss": spike})) == []


def test_a_history_without_validation_is_said_to_have_none(tmp_path: Path) -> None:
    lines = ["epoch,accuracy,loss,val_accuracy,val_loss", *(f"{i},0.8,{0.5 - i / 100},NA,NA" for i in range(9))]
    (tmp_path / "h.csv").write_text("\n".join(lines))
    report = examine(history=tmp_path / "h.csv")
    assert report.notes == (histories.UNVALIDATED,) and "running-mean" in report.cannot_tell
    assert examine(history=course(0)).notes == ()


@pytest.mark.parametrize("every", [2, 5])
def test_validation_in_some_epochs_only_is_compared_with_the_training_of_these(every: int) -> None:
    numbers = {name: values.copy() for name, values in course(2).items()}
    numbers["accuracy"][:] = np.linspace(0.5, 0.9, 30)
    held = {f"val_{name}": numbers[name][every - 1 :: every] - 0.01 for name in ("accuracy", "loss")}
    assert "running-mean" in examine(history=numbers | held).not_found


def test_a_healthy_history_is_left_alone() -> None:
    for seed in SEEDS:
        assert causes(examine(history=course(seed))) == [], seed


def test_validation_that_stands_at_zero_is_ordered_and_classes_on_one_side_prove_it() -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        numbers = course(seed) | {"val_accuracy": np.zeros(30), "accuracy": np.linspace(0.4, 1, 30)}
        assert causes(examine(history=numbers))[0] == "ordered-validation"
        y = np.repeat(np.arange(5), 60)
        said = np.where(y == 4, random.integers(0, 4, 300), y)
        handed = {"y_true": y, "y_pred": said, "split": np.repeat(["train", "validation"], [240, 60])}
        [first, *_] = examine(handed, history=numbers).findings
        assert (first.cause, first.sure) == ("ordered-validation", "certain")
        mixed = {"y_true": y, "y_pred": said, "split": random.permutation(handed["split"])}
        assert "ordered-validation" in examine(mixed, history=numbers).not_found


def test_rows_sorted_after_the_split_and_a_rare_class_that_chance_left_out_are_no_ordered_validation() -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        y = np.sort(random.choice(4, 400, p=[0.5, 0.3, 0.19, 0.01]))
        split = random.permutation(np.repeat(["train", "validation"], [320, 80]))
        report = examine({"y_true": y, "y_pred": np.where(random.random(400) < 0.9, y, 0), "split": split})
        assert "ordered-validation" in report.not_found, seed


def test_labels_of_features_show_ordered_validation_too() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(300, 3)), np.repeat(["a", "b", "c"], 100)
    parted = [{"x": x[part], "y_true": y[part]} for part in (slice(200), slice(200, 300))]
    mixed = [{"x": x[part], "y_true": y[part]} for part in np.split(random.permutation(300), [200])]
    assert "ordered-validation" in causes(examine(train=parted[0], test=parted[1]))
    assert "ordered-validation" not in causes(examine(train=mixed[0], test=mixed[1]))


def splits(seed: int, right: tuple[float, float], n: tuple[int, int] = (400, 300)) -> dict[str, Array]:
    """Rows of training and validation that are decided rightly with these shares."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, sum(n))
    split = np.repeat(["train", "validation"], n)
    hit = random.random(sum(n)) < np.where(split == "train", *right)
    return {"y_true": y, "y_pred": np.where(hit, y, 1 - y), "split": split}


def test_a_running_mean_is_told_from_luck_and_from_easier_validation_by_the_training_rows() -> None:
    for seed in SEEDS:
        numbers = course(seed)
        above = numbers | {"val_accuracy": numbers["accuracy"] + 0.08}
        assert "running-mean" in causes(examine(splits(seed, (0.98, 0.98)), history=above)), seed
        assert "split train" in examine(history=above).cannot_tell["running-mean"]
        leaked = examine(splits(seed, (0.90, 0.98)), history=above)  # the rows say what the history says
        assert "running-mean" not in causes(leaked), seed
        lucky = numbers | {"val_accuracy": numbers["accuracy"] + 0.02}
        assert causes(examine(history=lucky)) == [], seed


def test_where_training_rows_are_predicted_again_only_the_last_epochs_have_to_be_explained() -> None:
    for seed in SEEDS:
        numbers = course(seed)
        late = numbers["accuracy"] + np.where(np.arange(30) < 12, -0.05, 0.08)  # dropout, on a model that begins slowly
        assert "running-mean" in causes(examine(splits(seed, (0.98, 0.98)), history=numbers | {"val_accuracy": late}))
        assert causes(examine(history=numbers | {"val_accuracy": late})) == [], seed
        near = numbers["accuracy"] + 0.01
        nothing = examine(splits(seed, (0.98, 0.92)), history=numbers | {"val_accuracy": near})
        assert "running-mean" not in causes(nothing), seed


def with_best(seed: int, at: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """Predictions of 400 validation rows at the best or the last epoch of a history that gets worse."""
    random = np.random.default_rng(seed)
    numbers = course(seed, memorised=1.0)
    best = int(numbers["val_loss"].argmin())
    y = random.integers(0, 2, 400)
    wrong = {"best": 40, "last": 72}
    numbers["val_accuracy"] = np.linspace(0.85, 0.88, 30).round(2)
    numbers["val_accuracy"][[best, -1]] = 1 - wrong["best"] / 400, 1 - wrong["last"] / 400
    said = np.where(np.arange(400) < wrong[at], 1 - y, y)
    return {"y_true": y, "y_pred": said, "split": np.full(400, "validation")}, numbers


def test_predictions_of_the_last_epoch_are_recognised_and_those_of_the_best_are_left_alone() -> None:
    for seed in SEEDS:
        rows, numbers = with_best(seed, "last")
        [first, *_] = examine(rows, history=numbers).findings
        assert (first.cause, first.sure) == ("best-epoch-not-kept", "certain"), seed
        assert "2.15" in first.examination.advice
        rows, numbers = with_best(seed, "best")
        assert "best-epoch-not-kept" in examine(rows, history=numbers).not_found, seed
        assert "split validation" in examine(history=numbers).cannot_tell["best-epoch-not-kept"]
        assert "best-epoch-not-kept" in examine(history=course(seed)).not_found, seed


def test_test_rows_that_score_as_the_last_epoch_make_it_possible_only() -> None:
    rows, numbers = with_best(0, "last")
    numbers["val_accuracy"][numbers["val_loss"].argmin()] = 0.95
    found = {one.cause: one.sure for one in examine(rows | {"split": np.full(400, "test")}, history=numbers).findings}
    assert found["best-epoch-not-kept"] == "possible"


def test_a_loss_that_still_falls_is_too_short_and_one_that_has_levelled_off_is_not() -> None:
    for seed in SEEDS:
        random, fall = np.random.default_rng(seed), np.linspace(1, 0.4, 12)
        falling = {"loss": fall * random.normal(1, 0.005, 12), "val_loss": 1.02 * fall * random.normal(1, 0.02, 12)}
        assert causes(examine(history=falling)) == ["too-short"], seed
        slows = 0.6 + 0.9 ** np.arange(
            12
        )  # a stretch of four falls by a third less: two thirds of what is left would go
        assert causes(examine(history={"loss": slows, "val_loss": slows + 0.05})) == ["too-short"], seed
        settles = 0.6 + 0.5 ** np.arange(12)
        assert causes(examine(history={"loss": settles, "val_loss": settles + 0.05})) == [], seed
        learned = 0.7 * np.exp(-np.arange(40) / 4) + 1e-4  # separable rows: it falls on for ever
        assert causes(examine(history={"loss": learned, "val_loss": learned * 1.1})) == [], seed


def test_memorising_shows_in_a_history_and_without_one_in_scores_that_promise_more_than_they_keep() -> None:
    for seed in SEEDS:
        assert causes(examine(history=course(seed, memorised=1.0)))[0] == "memorising", seed
        y, p = two(seed, 900)
        random, split = np.random.default_rng(seed + 1000), np.repeat(["train", "test"], [600, 300])
        sure = np.where(random.random(900) < np.where(split == "train", 0.99, 0.72), y, 1 - y)
        by_heart = {"y_true": y, "score": np.where(sure == 1, 0.97, 0.03) + random.normal(0, 0.005, 900)}
        assert causes(examine(by_heart | {"split": split})) == ["memorising"], seed
        forest = np.where(split == "train", np.where(y == 1, 0.95, 0.05), p)  # honest on rows it has not seen
        assert "memorising" in examine({"y_true": y, "score": forest, "split": split}).not_found, seed


@pytest.mark.parametrize(
    "rows",
    [
        {"y_true": [1], "score": [0.5]},
        {"y_true": [1, 1, 1], "score": [0.5, 0.5, 0.5]},
        {"y_true": [0, 1], "score": [0.0, 1.0], "split": ["train", "validation"]},
        {"y_true": [0.5 + i for i in range(30)], "score": list(range(30)), "split": ["train", "test"] * 15},
    ],
)
def test_hardly_any_rows_and_strange_histories_are_answered_all_the_same(rows: dict[str, Any], tmp_path: Path) -> None:
    path = saved(tmp_path, keras.layers.BatchNormalization(), DENSE(1, "sigmoid"), loss="binary_crossentropy")
    for numbers in (
        {"loss": [0.1]},
        {"loss": [np.nan], "val_loss": [np.nan]},
        {"loss": [0, 0, 0, 0, 0, 0], "val_loss": [0, 0, 0, 0, 0, 0], "accuracy": [0] * 6, "val_accuracy": [1] * 6},
        {"loss": [-1.0] * 9, "val_loss": [-2.0] * 9, "accuracy": [1.0] * 9, "val_accuracy": [0.1, 0.2]},
        {"accuracy": [1.0] * 3, "val_accuracy": [0.1] * 30, "val_loss": [1.0], "loss": [None] * 3},
    ):
        try:
            report = examine(rows, history=numbers, model=path, batch_size=4, class_weight={0: 1, 1: 5})
        except BadInput as error:
            assert "\n" not in str(error)
            continue
        json.loads(report.to_json())
