"""The lesson coverage: law bent, stage move, and arms that differ in what they are to differ in."""

import numpy as np
import pytest
from helpers import plan, rows
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from test_data import counted, law, of, same
from test_stages import through

from mirage.data.laws import Law
from mirage.data.split import SCORED, CannotDraw
from mirage.metrics.references import least_squares
from mirage.settings import ConfigError


def bent(**changed: object) -> Law:
    sizes = {"n_train": 60, "n_test": 50}
    return law("bent", **(sizes | {"bend": 1, "noise": 0, "reach": 1, "inside": 1, "wide": 2, "moved": 0.25} | changed))


@given(bend=st.sampled_from([0, 0.5, 1]), wandering=st.sampled_from([0, 0.5]), seed=st.integers(0, 50))
def test_without_noise_targets_are_what_the_law_says_wherever_the_camera_stands(bend, wandering, seed):
    drawn = of(bent(bend=bend, wandering=wandering, n_validation=5), seed)
    assert list(drawn) == ["train", "test", "test_wide", "test_moved", "validation"]
    for x, y, role, _ in drawn.values():
        position = x[:, 0] - x[:, 2]
        expected = bend * np.sin(np.pi * position) + (1 - bend) * position + x[:, 1] / 2
        np.testing.assert_allclose(y, expected, atol=1e-12)
        assert role == SCORED
    camera = {name: np.abs(split.x[:, 2]).max() for name, split in drawn.items()}
    assert camera["test"] == camera["test_wide"] == 0 and camera["test_moved"] == 0.25
    assert camera["train"] <= wandering and (camera["train"] > 0) == (wandering > 0)


def test_positions_reach_as_far_as_they_are_to_and_arms_are_paired():
    narrow, wide = of(bent(n_train=2000, n_test=2000)), of(bent(n_train=2000, n_test=2000, reach=2))
    for name, reach in {"train": 1, "test": 1, "test_wide": 2}.items():
        position = narrow[name].x[:, 0]
        assert 0.99 * reach < np.abs(position).max() <= reach and abs(position.mean()) < 0.05 * reach
    assert all(same(narrow[name], wide[name]) for name in narrow if name != "train")
    np.testing.assert_array_equal(wide["train"].x[:, 0], 2 * narrow["train"].x[:, 0])


def test_moved_rows_are_the_test_rows_read_from_either_side_by_turns():
    drawn = of(bent(noise=0.3))
    test, moved = drawn["test"], drawn["test_moved"]
    np.testing.assert_array_equal(moved.y, test.y)
    np.testing.assert_allclose(moved.x - test.x, np.resize([[0.25, 0, 0.25], [-0.25, 0, -0.25]], (50, 3)), atol=1e-12)


def test_validation_rows_leave_all_others_as_they_are():
    with_them, without = of(bent(n_validation=7)), of(bent())
    assert all(same(with_them[name], without[name]) for name in without) and len(with_them["validation"].y) == 7
    apart = [split for name, split in with_them.items() if name != "test_moved"]
    assert max(counted(*apart).values()) == 1


def test_who_ignores_the_mark_pays_for_a_move_what_the_sine_says():
    """Over a whole wave the mean of (sin(a + b) - sin(a))^2 is 1 - cos(b)."""
    drawn, used = of(bent(n_test=200_000)), bent()
    unaware = drawn["test_moved"].x * np.array([1, 1, 0])
    paid = np.mean((used.line(unaware) - drawn["test_moved"].y) ** 2)
    assert paid == pytest.approx(1 - np.cos(np.pi / 4), abs=0.005)


@pytest.mark.parametrize(("bend", "rise"), [(0, (-0.02, 0.02)), (1, (1, 4))])
def test_a_fitted_line_fails_outside_its_range_only_where_the_truth_bends(bend, rise):
    """The negative control in small, by least squares alone."""
    used = bent(bend=bend, noise=0.3, n_train=500, n_test=5000)
    drawn = of(used)
    said = least_squares.predictions(used, drawn)
    error = {name: np.mean((said[name] - drawn[name].y) ** 2) for name in ("test", "test_wide")}
    assert rise[0] < error["test_wide"] - error["test"] < rise[1]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("data.reach=0", "data.reach: got 0, expected a number above 0"), ("data.bend=2", "data.bend: got 2, expected")],
)
def test_a_law_that_cannot_be_is_one_line(setting, expected):
    with pytest.raises(ConfigError) as refusal:
        plan("coverage", setting)
    assert expected in str(refusal.value) and "\n" not in str(refusal.value)


@given(right=st.integers(-3, 3), down=st.integers(-3, 3), seed=st.integers(0, 20))
def test_moved_images_are_scipys(right, down, seed):
    images = law("coin", n_rows=20, n_features=16)
    held = ("hold_out", {"into": "test", "share": 0.5, "seed": None})
    before = through(images, held, seed=seed)
    after = through(images, held, ("move", {"right": right, "down": down}), seed=seed)
    assert list(after) == [*before, "test_moved"] and all(same(after[name], before[name]) for name in before)
    expected = [
        ndimage.shift(x.reshape(4, 4), (down, right), order=0, prefilter=False).ravel() for x in before["test"].x
    ]
    np.testing.assert_array_equal(after["test_moved"].x, expected)
    np.testing.assert_array_equal(after["test_moved"].y, before["test"].y)


@pytest.mark.parametrize(
    ("features", "settings", "expected"),
    [
        (3, {"right": 1, "down": 0}, "stages.move: got 3 features, expected square images"),
        (16, {"right": 0, "down": -4}, "stages.move.down: got -4, expected fewer than the 4 of an image"),
    ],
)
def test_what_cannot_be_moved_is_refused_in_one_line(features, settings, expected):
    held = ("hold_out", {"into": "test", "share": 0.5, "seed": None})
    with pytest.raises(CannotDraw) as refusal:
        through(law("coin", n_rows=20, n_features=features), held, ("move", settings))
    assert str(refusal.value) == expected


def test_a_stage_that_moves_test_images_comes_after_the_one_that_holds_them_out():
    with pytest.raises(CannotDraw, match="^stages.move: got no split test before it in stages.order, expected one$"):
        through(law("coin", n_rows=20, n_features=16), ("move", {"right": 1, "down": 0}))


def test_arms_differ_in_their_rows_or_their_length_alone():
    arms = plan("coverage").arms
    narrow = arms["narrow"]
    for name, changed in {"wide": {"reach": 2}, "wandering": {"wandering": 0.5}, "straight": {"bend": 0}}.items():
        assert arms[name] == narrow.model_copy(update={"data": narrow.data.model_copy(update=changed)})
    assert arms["long"].data == narrow.data and arms["long"].training.epochs == 8 * narrow.training.epochs
    images = plan("coverage_real").arms
    assert images["long"].training.epochs == 8 * images["plain"].training.epochs
    assert images["copies"].stages.augment.pixels == images["copies"].stages.move.right
    moved = {name: rows("coverage_real", name)["test_moved"].x.tobytes() for name in ("plain", "copies")}
    assert len(set(moved.values())) == 1
