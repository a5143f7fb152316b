"""Lesson augmentation: made-up rows are what they are said to be; a nearest neighbour shows in small what they do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import plan
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

import mirage
from mirage.config.plan import Arm, Plan
from mirage.data.laws.vee import Vee
from mirage.data.split import Array, CannotDraw, Split, Splits
from mirage.data.stages import Stages
from mirage.data.stages.mirror_image import MirrorImage
from mirage.data.stages.mixup import Mixup
from mirage.data.streams import Streams
from mirage.training.replicate import drawn

FEW = Vee(name="vee", n_train=40, n_test=10, n_features=3)


@pytest.fixture(scope="module")
def lesson() -> Plan:
    """The plan of the controlled scenario."""
    return plan("augmentation")


def rows_of(arm: Arm, seed: int = 0) -> Splits:
    """The rows of an arm and seed by split."""
    return drawn(arm, ["data", "augment"], seed)[0]


def grown(seed: int = 0, **augment: object) -> tuple[Split, Split]:
    """The training rows of a small V, and those with copies."""
    splits = FEW.draw(*(np.random.default_rng(1) for _ in range(2)))
    stage = Stages.model_validate({"order": ["augment"], "augment": augment}).augment
    after = stage.apply(splits, Streams(seed, stage.streams()))
    assert after["test"] is splits["test"]
    train, more = splits["train"], after["train"]
    n = len(train.y)
    np.testing.assert_array_equal(more.x[:n], train.x)
    np.testing.assert_array_equal(more.y[:n], train.y)
    assert len(more.y) == len(more.x) == n * (1 + stage.copies)
    return train, Split(more.x[n:], more.y[n:])


def test_the_v_is_the_same_from_left_to_right_and_another_one_upside_down() -> None:
    law = Vee(name="vee", n_train=20_000, n_test=1, n_features=2, flipped=0.1)
    x, y, *_ = law.draw(*(np.random.default_rng(0) for _ in range(2)))["train"]
    of_one = law.probability(x, None)
    np.testing.assert_array_equal(law.probability(x * [-1, 1], None), of_one)
    assert np.mean(law.probability(x * [1, -1], None) == of_one) == pytest.approx(0.5, abs=0.02)
    assert y.mean() == pytest.approx(0.5, abs=0.02) and np.mean((of_one > 0.5) == y) == 0.9
    corners = np.array([[0, 0.99], [0.9, 0.99], [0, -0.9], [0.9, 0], [-0.9, 0]])
    np.testing.assert_array_equal(law.probability(corners, None) > 0.5, [True, True, True, False, False])


def test_a_mirror_changes_one_sign_and_draws_nothing(lesson: Plan) -> None:
    train, copies = grown(name="mirror", feature=2, copies=1)
    np.testing.assert_array_equal(copies.x, train.x * [1, -1, 1])
    np.testing.assert_array_equal(copies.y, train.y)
    assert lesson.arms["right"].stages.augment.streams() == set()


def test_a_mirror_image_exchanges_left_and_right() -> None:
    image = np.arange(18.0).reshape(2, 9)
    mirrored = MirrorImage(name="mirror_image", copies=1).changed(image, np.random.default_rng(0))
    np.testing.assert_array_equal(mirrored.reshape(2, 3, 3), np.flip(image.reshape(2, 3, 3), 2))


def test_bootstrap_copies_are_rows_with_their_labels_some_of_them_twice() -> None:
    train, copies = grown(name="bootstrap", copies=2)
    known = {(*row, label) for row, label in zip(train.x.tolist(), train.y.tolist(), strict=True)}
    again = [(*row, label) for row, label in zip(copies.x.tolist(), copies.y.tolist(), strict=True)]
    assert set(again) <= known and len(set(again[:40])) < 40


def test_rows_between_lie_on_the_way_to_a_near_neighbour_of_their_class() -> None:
    train, copies = grown(name="between", neighbours=3, copies=2)
    np.testing.assert_array_equal(copies.y, np.tile(train.y, 2))
    for label in (0, 1):
        own = train.x[train.y == label]
        _, near = NearestNeighbors(n_neighbors=4).fit(own).kneighbors(own)  # the first is the row itself
        for i, made in enumerate(copies.x[copies.y == label]):
            row, ways = own[i % len(own)], own[near[i % len(own), 1:]] - own[i % len(own)]
            share = (ways @ (made - row)) / np.sum(ways**2, axis=1)
            assert np.min(np.abs(row + share[:, None] * ways - made).max(axis=1)) < 1e-12
            assert 0 <= np.linalg.norm(made - row) <= np.linalg.norm(ways, axis=1).max()


def test_mixed_rows_have_the_label_of_either_as_often_as_their_share_says() -> None:
    n = 20_000
    x = np.repeat([0.0, 1.0], n // 2)[:, None]  # so that a mixed row is the share of class 1 in it
    mixed, label = Mixup(name="mixup", alpha=1, copies=1).copy_of(x, x[:, 0].astype(int), np.random.default_rng(0))
    assert label.dtype == int
    for low in (0.01, 0.25, 0.5, 0.75):
        inside = (mixed[:, 0] > low) & (mixed[:, 0] < low + 0.24)
        assert label[inside].mean() == pytest.approx(mixed[inside].mean(), abs=0.04)
    np.testing.assert_array_equal(label[mixed[:, 0] == 1], 1)


@pytest.mark.parametrize(
    "kind", [{"name": "bootstrap"}, {"name": "between", "neighbours": 3}, {"name": "mixup", "alpha": 1}]
)
def test_another_seed_makes_other_rows_and_the_same_one_the_same(kind: dict[str, object]) -> None:
    one, again, other = (grown(seed, copies=1, **kind)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.x, again.x)
    assert not np.array_equal(one.x, other.x)


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("arms.right.stages.augment.feature=6", "stages.augment.feature: got 6, expected one of the 5 features"),
        ("arms.between.stages.augment.neighbours=60", "stages.augment.neighbours: got 60, expected fewer than the"),
        ("arms.right.stages.augment=mirror_image", "got mirror_image of 5 features, expected square images"),
    ],
)
def test_settings_that_do_not_fit_the_rows_are_one_line(setting: str, line: str) -> None:
    arm = setting.split(".")[1]
    changed = mirage.plan("augmentation", f"only=[{arm}]", setting, "arms.right.stages.augment.copies=1")
    with pytest.raises(CannotDraw, match=line) as error:
        drawn(changed.arms[arm], changed.about.vary, 0)
    assert "\n" not in str(error.value)


def accuracy(arms: list[Arm], fitted: Callable[[Array, Array], Any], seeds: int = 10) -> list[float]:
    """The mean accuracy of a model on fresh rows, trained on those of each arm."""
    splits = [[rows_of(arm, seed) for seed in range(seeds)] for arm in arms]
    return [float(np.mean([fitted(*one["train"][:2]).score(*one["test"][:2]) for one in of_arm])) for of_arm in splits]


def nearest(x: Array, y: Array) -> Any:
    """A nearest neighbour."""
    return KNeighborsClassifier(1).fit(x, y)


def test_the_right_mirror_helps_a_nearest_neighbour_and_the_wrong_one_harms_it(lesson: Plan) -> None:
    none, right, wrong = accuracy([lesson.arms[name] for name in ("none", "right", "wrong")], nearest)
    assert right > none + 0.02 and wrong < none - 0.1


def test_copies_drawn_again_leave_a_model_as_good_as_it_was(lesson: Plan) -> None:
    arms = [lesson.arms[name] for name in ("clouds", "clouds_bootstrap")]
    one, other = accuracy(arms, lambda x, y: LogisticRegression().fit(x, y))
    assert other == pytest.approx(one, abs=0.02)
    one, other = accuracy(arms, nearest, seeds=2)
    assert one == other  # exactly: to a nearest neighbour a row is a row


def test_the_penalty_of_the_straight_line_is_the_one_that_noise_amounts_to(lesson: Plan) -> None:
    line, noisy, penalty = (lesson.arms[name] for name in ("line", "line_noise", "line_penalty"))
    noise = noisy.stages.augment
    assert penalty.model.alpha == pytest.approx(line.data.n_train * noise.sd**2 * noise.copies / (1 + noise.copies))
    (x, y, *_), (many, labels, *_) = (rows_of(arm)["train"] for arm in (line, noisy))
    ridge, copied, plain = (
        model.fit(*seen).coef_
        for model, seen in (
            (Ridge(penalty.model.alpha), (x, y)),
            (LinearRegression(), (many, labels)),
            (LinearRegression(), (x, y)),
        )
    )
    assert np.linalg.norm(copied - ridge) < 0.2 * np.linalg.norm(plain - ridge)
