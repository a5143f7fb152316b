"""Lesson diagnosis: what is planted is there, the numbers are exact, and either list says what it should."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.linear_model import LinearRegression

import mirage
from mirage.data.laws.task import Task
from mirage.data.split import CannotDraw, Split, Splits
from mirage.data.stages.plant import Harmless, Inputs, Leak, Shares
from mirage.data.streams import Streams
from mirage.metrics import apart, diagnosis
from mirage.metrics.decisions import CAUSES, Diagnosis
from mirage.metrics.diagnosis import Seen

LAW = {"name": "task", "n_train": 400, "n_validation": 200, "n_test": 300, "n_features": 6, "n_informative": 3}
SIZES = {"nearest": 1.5, "farthest": 2.5}
HEALTHY = Seen(
    line=0.8, train=0.85, held_out=0.8, reweighted=0.8, in_use=0.8, shares_moved=0, apart=0.5, carried=0, recall_lost=0
)


def task(seed: int = 0, **changed: float) -> Splits:
    streams = Streams(seed, ["data", "split"])
    return Task(**(LAW | SIZES | changed)).draw(streams.generator("data"), streams.generator("split"))


def planted(stage, splits: Splits, seed: int = 0) -> Splits:
    return stage.apply(splits, Streams(seed, ["data", "split"]))


def test_a_tasks_classes_are_equal_and_as_far_apart_as_it_says_in_its_informative_features() -> None:
    for seed in range(3):
        x, y, *_ = task(seed, n_train=40_000, nearest=2.0, farthest=2.0)["train"]
        away = x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)
        assert y.mean() == 0.5 and np.linalg.norm(away[:3]) == pytest.approx(2, abs=0.05)
        assert np.abs(away[3:]).max() < 0.05
    assert not np.array_equal(task(0)["train"].x, task(1)["train"].x)


def test_shares_changes_known_rows_only_and_to_the_share_drawn() -> None:
    splits = task()
    changed = planted(Shares(name="shares", least=0.1, most=0.1), splits)
    assert {name: (len(s.y), s.y.mean(), s.share) for name, s in changed.items()} == {
        "train": (200, 0.1, 0.1), "validation": (100, 0.1, 0.1), "test": (300, 0.5, 0.5),
    }  # fmt: skip
    assert set(map(tuple, changed["train"].x)) <= set(map(tuple, splits["train"].x))
    few = splits | {"train": Split(splits["train"].x[150:], splits["train"].y[150:])}  # 50 of class 0, 200 of class 1
    with pytest.raises(
        CannotDraw, match="stages.plant: got 50 rows of class 0 in train, expected the 113 that a share"
    ):
        planted(Shares(name="shares", least=0.1, most=0.1), few)
    one = planted(Shares(name="shares", least=0.001, most=0.001), splits)
    assert one["train"].y.sum() == 1  # never none of a class


def test_inputs_and_a_harmless_change_move_rows_in_use_by_their_size_and_nothing_else() -> None:
    splits = task()
    x, y, *_ = splits["train"]
    way = x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)
    for stage, moved in (
        (Inputs(name="inputs", least=0.5, most=0.5), 0.5 * way),
        (Harmless(name="harmless", least=2, most=2), np.array([0, 0, 0, 0, 0, 2])),
    ):
        changed = planted(stage, splits)
        np.testing.assert_allclose(changed["test"].x - splits["test"].x, np.tile(moved, (300, 1)), atol=1e-12)
        assert changed["train"] is splits["train"] and changed["validation"] is splits["validation"]


def test_a_leak_tells_known_labels_and_none_in_use_with_as_many_marks() -> None:
    changed = planted(Leak(name="leak", least=1, most=1, height=3), task())
    for name in ("train", "validation"):
        np.testing.assert_array_equal(changed[name].x[:, -1], 3 * changed[name].y)
    in_use = changed["test"]
    assert in_use.x[:, -1].sum() == 3 * in_use.y.sum()
    assert np.mean(in_use.x[:, -1] == 3 * in_use.y) == pytest.approx(0.5, abs=0.1)


def test_sizes_are_drawn_from_their_range_seed_by_seed() -> None:
    splits, stage = task(), Harmless(name="harmless", least=1, most=3)
    sizes = [(planted(stage, splits, seed)["test"].x - splits["test"].x)[0, -1] for seed in range(20)]
    assert 1 <= min(sizes) < 1.5 < 2.5 < max(sizes) <= 3


def test_the_line_is_scikit_learns_and_loses_its_strongest_feature() -> None:
    splits = task(n_informative=1)
    train, held_out = splits["train"], splits["validation"]
    fitted = LinearRegression().fit(train.x, train.y)
    found = apart.line(train, held_out)
    assert found.train == np.mean((fitted.predict(train.x) > 0.5) == train.y)
    assert found.held_out == np.mean((fitted.predict(held_out.x) > 0.5) == held_out.y)
    assert found.held_out - found.carried == pytest.approx(0.5, abs=0.12)  # without it nothing is left to know


def test_the_area_is_the_share_of_pairs_ranked_rightly_and_a_half_where_nothing_moved() -> None:
    random = np.random.default_rng(0)
    known, in_use = random.normal(size=(300, 3)), random.normal(size=(200, 3)) + [1, 0, 0]
    areas = []
    for one, other in ((0, 1), (1, 0)):
        x, y = np.concatenate([known[one::2], in_use[one::2]]), np.repeat([0, 1], [150, 100])
        line = LinearRegression().fit(x, y)
        pairs = mannwhitneyu(line.predict(in_use[other::2]), line.predict(known[other::2])).statistic
        areas.append(pairs / 150 / 100)
    assert apart.auc(known, in_use) == pytest.approx(np.mean(areas)) == pytest.approx(0.76, abs=0.06)
    assert apart.auc(known, random.normal(size=(200, 3))) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("cause", "changed"),
    [
        ("none", {}),
        ("none", {"apart": 0.9, "shares_moved": 0.4, "carried": 0.2}),  # nothing is lost: nothing to explain
        ("short", {"line": 0.99}),
        ("memorising", {"train": 1.0}),
        ("shares", {"reweighted": 0.6, "in_use": 0.6}),
        ("leak", {"in_use": 0.6}),
        ("inputs", {"in_use": 0.6, "apart": 0.7}),
        ("memorising", {"train": 1.0, "in_use": 0.65}),  # the largest fall
    ],
)
def test_following_the_score_names_the_cause_of_the_largest_fall(cause: str, changed: dict[str, float]) -> None:
    assert diagnosis.follow_the_score(HEALTHY._replace(**changed), 0.1) == cause


@pytest.mark.parametrize(
    ("cause", "changed"),
    [
        ("none", {"line": 0.99}),
        ("shares", {"shares_moved": 0.2, "apart": 0.7, "carried": 0.2, "recall_lost": 0.2}),
        ("inputs", {"apart": 0.7, "carried": 0.2, "recall_lost": 0.2}),
        ("leak", {"carried": 0.2, "recall_lost": 0.2}),
        ("memorising", {"recall_lost": 0.2}),
    ],
)
def test_the_three_checks_ask_one_after_the_other(cause: str, changed: dict[str, float]) -> None:
    assert diagnosis.three_checks(HEALTHY._replace(**changed), 0.1) == cause


def test_numbers_are_those_of_the_decisions_and_weights_classes_as_in_use() -> None:
    splits = task()
    held_out = splits["validation"]
    splits["test"] = Split(splits["test"].x[:200], splits["test"].y[:200])  # 150 of class 0, 50 of class 1
    decided = {name: np.zeros(len(split.y), int) for name, split in splits.items()}
    found = diagnosis.numbers(Diagnosis(planted="shares", enough=0.1), splits, decided)
    assert (found["train"], found["held_out"], found["in_use"]) == (0.5, held_out.y.mean(), 0.75)
    assert found["reweighted"] == 0.75 and found["shares_moved"] == 0.25 and found["recall_lost"] == 0
    assert found["checks_say_shares"] == found["checks_right"] == found["checks_alarm"] == 1
    for name in diagnosis.LISTS:
        assert sum(found[f"{name}_say_{cause}"] for cause in CAUSES) == 1
    assert {found[name] for name in diagnosis.ZERO_OR_ONE} <= {0.0, 1.0}
    decided["train"] = splits["train"].y
    gap = diagnosis.numbers(Diagnosis(planted="memorising", enough=0.1), splits, decided)
    assert (gap["gap"], gap["gap_memorised"], gap["gap_other"], gap["held_out_gap_memorised"]) == (1, 1, 0, 1)


def test_a_good_model_of_an_unchanged_task_raises_no_alarm() -> None:
    """The negative control in small: a straight line instead of a network, a change that does no harm beside."""
    for seed in range(5):
        for splits in (task(seed), planted(Harmless(name="harmless", least=1, most=1), task(seed))):
            line = LinearRegression().fit(splits["train"].x, splits["train"].y)
            decided = {name: (line.predict(split.x) > 0.5).astype(int) for name, split in splits.items()}
            assert diagnosis.numbers(Diagnosis(enough=0.1), splits, decided)["path_alarm"] == 0


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("data.n_informative=30", "data.n_informative: got 30, expected at most data.n_features, which is 20"),
        ("data.nearest=3", "data.nearest: got 3, expected at most data.farthest, which is 2.5"),
        ("arms.leak_1.stages.plant.least=2", "stages.plant.least: got 2, expected at most 1, the largest size"),
        ("decision.diagnosis.enough=0", "decision.diagnosis.enough: got 0, expected a number above 0 and below 1"),
        ("arms.leak_1.decision.diagnosis.planted=flu", "planted: got flu, expected one of none, memorising, short"),
    ],
)
def test_a_wrong_setting_is_one_line(typed: str, line: str) -> None:
    with pytest.raises(mirage.ConfigError) as error:
        mirage.plan("diagnosis", typed)
    assert line in str(error.value) and "\n" not in str(error.value)


def test_a_diagnosis_needs_rows_that_were_held_out() -> None:
    with pytest.raises(mirage.ConfigError, match="decision.diagnosis: .*needs classes, one model, and splits"):
        mirage.plan("imbalance", "+decision.diagnosis={enough: 0.1}")
