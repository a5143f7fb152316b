"""Data: laws draw the rows of their listings or what they say of themselves; stages; references that ask laws."""

import hashlib
from collections import Counter
from importlib import resources
from typing import Any

import numpy as np
import pytest
from helpers import arm, rows
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from listings import AS_WRITTEN, HELD_OUT
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import ValidationError
from scipy.stats import multivariate_normal
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from mirage.data.laws import Law
from mirage.data.rows import draw
from mirage.data.split import LOOKED_AT, PART_OF_TRAIN, SCORED, CannotDraw, Split, Splits
from mirage.data.stages import Stages
from mirage.data.streams import STREAMS, Streams
from mirage.metrics.decisions import above
from mirage.metrics.table import REFERENCES


def law(name: str, **settings: object) -> Law:
    return Law.read({"name": name} | settings)


def of(used: Law, seed: int = 0, vary: tuple[str, ...] = ("data",)) -> Splits:
    """The rows of a law without any stage."""
    return draw(used, [], Streams(seed, vary))


def same(one: Split, other: Split) -> bool:
    return np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y)


def counted(*splits: Split) -> Counter[bytes]:
    """How often each row occurs."""
    return Counter(row.tobytes() for split in splits for row in np.column_stack([split.x, split.y]))


def line(n_train: int = 20, skip: int = 0, noise: float = 5.0, seed: int = 42, n_test: int = 100) -> Law:
    """A noisy line through the origin, by default that of the listings."""
    sizes = {"n_train": n_train, "n_test": n_test, "legacy_seed": seed, "skip": skip}
    return law("noisy_line", low=0, high=10, slope=3, noise=noise, **sizes)


@given(n=st.integers(1, 50), n_test=st.integers(1, 50), skip=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
@example(n=20, n_test=100, skip=0, seed=42)
@example(n=200, n_test=100, skip=20, seed=42)  # example 3 draws the small set first
def test_rows_of_a_noisy_line_are_bit_for_bit_those_of_the_listings(n, n_test, skip, seed):
    drawn, legacy = of(line(n, skip, 5.0, seed, n_test)), np.random.RandomState(seed)  # np.random.seed(seed)
    legacy.randn(skip)
    x, x_test = np.linspace(0, 10, n), np.linspace(0, 10, n_test)
    assert list(drawn) == ["train", "test"]
    assert same(drawn["train"], Split(x[:, None], 3 * x + legacy.randn(n) * 5))
    assert same(drawn["test"], Split(x_test[:, None], 3 * x_test))  # no noise


def blocks(majority: int = 30, minority: int = 7, shift: float = 2.0, balanced: int = 0, **more: float) -> Law:
    sizes = {"n_majority": majority, "n_minority": minority, "n_features": 3, "n_test_balanced": balanced}
    return law("blocks", shift=shift, **sizes, **more)


@given(majority=st.integers(1, 40), minority=st.integers(1, 40), seed=st.integers(0, 1000))
def test_blocks_are_one_class_after_the_other_the_second_moved_up(majority, minority, seed):
    moved, unmoved = (of(blocks(majority, minority, shift), seed)["train"] for shift in (2.0, 0.0))
    assert moved.y.tolist() == unmoved.y.tolist() == [0] * majority + [1] * minority
    assert unmoved.x.min() >= 0 and unmoved.x.max() < 1
    np.testing.assert_array_equal(moved.x, unmoved.x + 2 * moved.y[:, None])
    more = of(blocks(majority, minority + 9), seed)["train"]
    np.testing.assert_array_equal(more.x[:majority], moved.x[:majority])  # whatever follows them


def test_the_balanced_test_set_of_blocks_is_unmoved():
    x, y, *_ = of(blocks(balanced=400))["test_balanced"]
    assert x.shape == (400, 3) and x.min() >= 0 and x.max() < 1
    assert abs(y.sum() - 200) < 50  # five standard deviations of 400 tosses


@pytest.mark.parametrize("name", ["coin", "uniform_target"])
def test_targets_of_a_coin_and_uniform_targets_have_nothing_to_do_with_the_features(name):
    drawn = of(law(name, n_rows=2000, n_features=4, n_test=500))
    assert drawn["train"].x.shape == (2000, 4) and drawn["test"].x.shape == (500, 4)
    x, y, *_ = drawn["train"]
    assert x.min() >= 0 and x.max() < 1 and y.min() >= 0 and y.max() <= 1
    assert abs(y.mean() - 0.5) < 0.06 and all(abs(np.corrcoef(column, y)[0, 1]) < 0.12 for column in x.T)
    assert set(y) == {0, 1} if name == "coin" else len(set(y)) == 2000


@pytest.mark.parametrize("boundary", [0.5, 0.3])
def test_a_steps_label_is_whether_the_first_feature_is_above_it(boundary):
    drawn = of(law("step", n_rows=300, n_features=3, boundary=boundary, probe_low=0.29, probe_high=0.51))
    for x, y, *_ in drawn.values():
        assert y.tolist() == [int(row[0] > boundary) for row in x] and set(y) == {0, 1}
    assert drawn["probe"].x.tolist() == [[0.29, 0.5, 0.5], [0.51, 0.5, 0.5]]


@pytest.mark.parametrize("seed", [42, 7])
def test_clusters_are_scikit_learns(seed):
    expected = Split(*make_classification(n_samples=100, n_features=10, random_state=seed))
    used = law("clusters", n_rows=100, n_features=10, legacy_seed=seed)
    assert same(of(used, 0)["train"], expected) and same(of(used, 1)["train"], expected)


SIZES_OF = {"train": "n_train", "validation": "n_validation", "test": "n_test", "test_shifted": "n_test_shifted"}


def normals(**changed: object) -> Law:
    sizes = {"n_train": 200, "n_validation": 50, "n_test": 300, "n_test_shifted": 80, "n_features": 4}
    law_of = {"n_informative": 2, "separation": 2.0, "minority_share": 0.1, "shifted_share": 0.5, "flipped": 0.0}
    return law("normals", **(sizes | law_of | changed))


@given(n=st.integers(20, 400), share=st.sampled_from([0.05, 0.1, 0.5, 0.9]), flipped=st.sampled_from([0, 0.05, 0.4]))
def test_every_split_of_normals_has_exactly_its_shares(n, share, flipped):
    drawn = of(normals(**dict.fromkeys(SIZES_OF.values(), n), minority_share=share, shifted_share=0.3, flipped=flipped))
    assert set(drawn) >= set(SIZES_OF) and next(iter(drawn)) == "train"
    for name in SIZES_OF:
        ones = round(n * (0.3 if name == "test_shifted" else share))
        assert np.sum(drawn[name].y) == ones - round(flipped * ones) + round(flipped * (n - ones))
        assert drawn[name].x.shape == (n, 4)


@given(seed=st.integers(0, 100), flipped=st.sampled_from([0.1, 0.2, 0.45]))
def test_flipped_rows_are_the_training_rows_whose_label_is_wrong(seed, flipped):
    clean, noisy = of(normals(), seed), of(normals(flipped=flipped), seed)
    assert "flipped" not in clean
    for name in SIZES_OF:
        np.testing.assert_array_equal(clean[name].x, noisy[name].x)  # labels change, nothing else does
    x, y, *_ = noisy["train"]
    wrong = y != clean["train"].y
    assert wrong.sum() == round(flipped * 180) + round(flipped * 20)
    assert same(noisy["flipped"], Split(x[wrong], y[wrong]))


@pytest.mark.parametrize(
    ("more", "fewer"), [(blocks(balanced=9), blocks()), (normals(), normals(n_validation=0, n_test_shifted=0))]
)
def test_splits_that_are_asked_for_besides_leave_the_others_alone(more, fewer):
    drawn = of(fewer)
    assert set(drawn) < set(of(more)) and all(same(of(more)[name], split) for name, split in drawn.items())


@given(separation=st.floats(0, 10), informative=st.integers(1, 4))
def test_class_1_of_normals_is_class_0_moved_by_the_separation(separation, informative):
    used = normals(separation=separation, n_informative=informative)
    away = used.centre()
    assert np.linalg.norm(away) == pytest.approx(separation)
    assert np.ptp(away[:informative]) == 0 and not away[informative:].any()
    apart, together = of(used)["train"], of(normals(separation=0.0))["train"]
    np.testing.assert_array_equal(apart.y, together.y)  # arms of another separation have the same noise
    np.testing.assert_allclose(apart.x, together.x + away * apart.y[:, None], atol=1e-12)


def test_normal_classes_have_unit_variance_and_independent_features():
    x, y, *_ = of(normals(n_train=40_000, minority_share=0.5))["train"]
    for c in (0, 1):
        np.testing.assert_allclose(x[y == c].mean(axis=0), c * normals().centre(), atol=0.035)
        np.testing.assert_allclose(np.cov(x[y == c].T), np.eye(4), atol=0.05)


def test_fresh_test_rows_of_blocks_have_the_training_rows_shares_and_leave_those_alone():
    plain, fresh = of(blocks(90, 10, shift=2.0)), of(blocks(90, 10, shift=2.0, n_test=40))
    assert same(plain["train"], fresh["train"]) and set(fresh) == {"train", "test"}
    x, y, role, share = fresh["test"]
    assert (y.tolist(), role, share) == ([0] * 36 + [1] * 4, SCORED, 0.1)
    assert ((x - 2 * y[:, None] >= 0) & (x - 2 * y[:, None] < 1)).all()
    with pytest.raises(CannotDraw) as refusal:
        of(blocks(90, 10, n_test=4))
    assert str(refusal.value) == "data.n_test: got 4 rows, 0 of class 1, expected both classes"


def test_where_blocks_start_moves_all_rows_of_a_seed_alike():
    one, other = (of(blocks(30, 10, shift=2.0, n_test=20, balanced=5, start=start)) for start in (0.0, -1.5))
    for name, split in one.items():
        np.testing.assert_array_equal(split.x + -1.5, other[name].x)
        np.testing.assert_array_equal(split.y, other[name].y)


@given(shift=st.sampled_from([-2.0, 0.0, 0.25, 2.0]), start=st.sampled_from([0.0, -1.5]))
def test_the_truth_of_blocks_is_certain_where_one_class_only_can_lie(shift, start):
    used = blocks(3000, 1000, shift=shift, start=start, n_test=4000)
    x, y, _, share = of(used)["test"]
    truth = used.probability(x, share)
    assert set(truth) <= {0.0, 0.25, 1.0} and (y[truth == 0] == 0).all() and (y[truth == 1] == 1).all()
    assert abs(shift) >= 1 or abs(y[truth == 0.25].mean() - 0.25) < 0.06  # the features say nothing there
    assert (truth == 0.25).all() == (shift == 0) and (abs(shift) < 1 or not (truth == 0.25).any())
    assert set(used.probability(x, 0.5)) <= {0.0, 0.5, 1.0}


def subgroup(**changed: object) -> Law:
    sizes = {"n_train": 200, "n_test": 300, "n_test_subgroup": 100, "n_features": 3, "separation": 2.0}
    return law("subgroup", **(sizes | {"trained_share": 0.1, "tested_share": 0.2} | changed))


@given(trained=st.sampled_from([0.05, 0.1, 0.5]), reversed=st.booleans())
def test_every_split_of_subgroup_has_exactly_its_share_of_it_and_equal_classes_in_either_part(trained, reversed):
    drawn = of(subgroup(trained_share=trained, reversed=reversed))
    shares = {"train": trained, "test": 0.2, "test_subgroup": 1.0}
    assert list(drawn) == list(shares)
    for name, (x, y, *_) in drawn.items():
        inside = x[:, -1] == 1
        assert inside.mean() == shares[name] and set(x[:, -1]) <= {0.0, 1.0}
        for part in (inside, ~inside):
            assert not part.any() or y[part].mean() == 0.5


def test_the_classes_change_places_in_the_subgroup_and_nothing_else_differs():
    alike, turned = of(subgroup()), of(subgroup(reversed=True))
    for name, (x, y, *_) in turned.items():
        inside = x[:, -1:] == 1
        moved = np.where(inside, (1 - 2 * y)[:, None] * 2 / np.sqrt(3), 0.0)
        np.testing.assert_allclose(x[:, :-1], alike[name].x[:, :-1] + moved, atol=1e-12)
        np.testing.assert_array_equal(y, alike[name].y)


@pytest.mark.parametrize("reversed", [False, True])
def test_the_truth_of_subgroup_is_as_good_inside_as_outside(reversed):
    used = subgroup(reversed=reversed, n_test=40_000, n_test_subgroup=40_000)
    for name in ("test", "test_subgroup"):
        x, y, _, share = of(used)[name]
        truth = used.probability(x, share)
        assert np.mean((truth > 0.5) == y) == pytest.approx(0.8413, abs=0.008)  # Phi(separation / 2)
        for low in (0.1, 0.4, 0.7):  # calibrated
            near = (truth > low) & (truth < low + 0.1)
            assert y[near].mean() == pytest.approx(truth[near].mean(), abs=0.03)


def test_a_subgroup_without_rows_of_both_classes_is_refused_in_one_line():
    with pytest.raises(CannotDraw) as refusal:
        of(subgroup(trained_share=0.001))
    assert str(refusal.value).startswith(
        "data: got 0 of 200 rows of the subgroup in train (a share of 0.001), expected"
    )


def fresh_line(**changed: object) -> Law:
    sizes = {"n_train": 40, "n_pool": 100, "n_test": 30, "n_features": 3}
    return law("fresh_line", **(sizes | {"low": -1, "high": 3, "slope": 2, "noise": 0.5} | changed))


def test_where_only_the_split_varies_other_rows_are_picked_from_the_same_pool():
    pool = counted(of(fresh_line(n_train=100), vary=())["train"])
    picks = [of(fresh_line(), seed, ("split",)) for seed in range(4)]
    for drawn in picks:
        assert same(drawn["test"], picks[0]["test"]) and counted(drawn["train"]) <= pool
    assert len({drawn["train"].x.tobytes() for drawn in picks}) == 4


def test_fresh_rows_lie_on_the_line_but_for_the_noise_and_only_the_first_feature_says_anything():
    for x, y, *_ in of(fresh_line(n_train=20_000, n_pool=0, n_test=20_000)).values():
        assert x.min() >= -1 and x.max() < 3 and abs(x.mean() - 1) < 0.03
        noise = y - 2 * x[:, 0]
        assert abs(noise.mean()) < 0.02 and abs(noise.std() - 0.5) < 0.02
        assert all(abs(np.corrcoef(column, noise)[0, 1]) < 0.04 for column in x.T)


def test_validation_rows_of_a_line_are_drawn_last_and_are_none_of_the_others():
    with_them, without = of(fresh_line(n_validation=25)), of(fresh_line())
    assert list(with_them) == ["train", "test", "validation"] and list(without) == ["train", "test"]
    assert all(same(with_them[name], without[name]) for name in without)
    assert with_them["validation"].x.shape == (25, 3) and with_them["validation"].role == SCORED
    assert max(counted(*with_them.values()).values()) == 1


def rule(**changed: object) -> Law:
    sizes = {"n_train": 400, "n_test": 300, "n_features": 3, "boundary": 0.3, "flipped": 0.0, "spurious": 0.5}
    return law("rule", **(sizes | {"probe_low": 0.29, "probe_high": 0.31, "within": 0.7} | changed))


ROWS_OF_RULE = ("train", "test", "test_broken")


@pytest.mark.parametrize(("spurious", "flipped"), [(0.0, 0.1), (0.5, 0.0), (0.8, 0.3), (1.0, 0.1)])
def test_an_exact_share_of_rows_breaks_the_rule_and_the_second_feature_follows_the_label_until_it_breaks(
    spurious, flipped
):
    drawn = of(rule(n_train=10_000, n_test=10_000, flipped=flipped, spurious=spurious))
    for name in ROWS_OF_RULE:
        x, y, *_ = drawn[name]
        assert np.sum(y != (x[:, 0] > 0.3)) == 10_000 * flipped and x.min() >= 0 and x.max() < 1
        agrees = 0.5 if name == "test_broken" else spurious
        found = np.mean((x[:, 1] >= 0.5) == y)
        assert found == pytest.approx(agrees, abs=5 * np.sqrt(agrees * (1 - agrees) / 10_000))
        where = 2 * x[:, 1] % 1  # in its half: uniform, says nothing
        assert abs(where.mean() - 0.5) < 0.02 and abs(np.corrcoef(where, y)[0, 1]) < 0.05
        assert abs(np.corrcoef(x[:, 2], y)[0, 1]) < 0.05


def test_inputs_to_look_at_move_along_the_first_feature_alone():
    drawn = of(rule())
    for name, first in {"probe": [0.29, 0.31], "within": [0.69, 0.71], "along": np.linspace(0, 1, 101)}.items():
        x, y, *_ = drawn[name]
        np.testing.assert_allclose(x[:, 0], first, atol=1e-15)
        assert (x[:, 1:] == 0.5).all() and y.tolist() == (x[:, 0] > 0.3).astype(int).tolist()


STEPS = ("stepped_low", "stepped_high")


def test_steps_within_a_class_move_fresh_rows_along_the_first_feature_alone_and_leave_every_other_row_as_it_was():
    used = rule(n_train=20, n_test=20, n_stepped=20_000, jump=0.1)
    drawn, without = of(used), of(rule(n_train=20, n_test=20))
    assert set(drawn) == {*without, *STEPS} and all(same(drawn[name], split) for name, split in without.items())
    low, high = (drawn[name] for name in STEPS)
    np.testing.assert_allclose(high.x[:, 0] - low.x[:, 0], 0.02, atol=1e-12)
    np.testing.assert_array_equal(high.x[:, 1:], low.x[:, 1:])
    assert low.role == high.role == LOOKED_AT and low.y.tolist() == high.y.tolist()
    for end in (low, high):
        assert ((end.x[:, 0] > 0.3 - 1e-12) == end.y).all() and end.x.min() >= 0 and end.x.max() <= 1
    # Even over all places that a step fits into: 0.28 of the first class, 0.68 of the second.
    middle = (low.x[:, 0] + high.x[:, 0]) / 2
    assert abs(low.y.mean() - 0.68 / 0.96) < 0.02 and abs(middle[low.y == 1].mean() - 0.65) < 0.01
    assert all(abs(column.mean() - 0.5) < 0.01 for column in low.x[:, 1:].T)


@pytest.mark.parametrize(
    ("boundary", "low", "high", "ones"), [(0.01, 0.4, 0.6, 1), (0.99, 0.4, 0.6, 0), (0.5, 0.0, 0.5, None)]
)
def test_a_step_is_taken_where_it_fits_and_refused_where_it_fits_nowhere(boundary, low, high, ones):
    used = rule(boundary=boundary, probe_low=low, probe_high=high, n_stepped=50, jump=0.1)
    if ones is None:
        with pytest.raises(CannotDraw, match=r"^data.probe_high: got a step of 0.5 "):
            of(used)
    else:
        assert set(of(used)["stepped_low"].y) == {ones}


def whole_set(name: str, **changed: object) -> tuple[Law, Split]:
    """A law of real data, and all its rows."""
    if name == "breast_cancer":
        x, benign = load_breast_cancer(return_X_y=True)
        return law(name, **({"n_train": 400, "n_test": 169} | changed)), Split(x, 1 - benign)
    x, digit = load_digits(return_X_y=True)
    sizes = {"n_train": 300, "n_test": 1000, "positive": [5, 6, 7, 8, 9]}
    return law(name, **(sizes | changed)), Split(x / 16, (digit > 4).astype(int))


@pytest.mark.parametrize(
    ("name", "ones", "file"), [("breast_cancer", 212, "breast_cancer.csv"), ("digits", 896, "digits.csv.gz")]
)
def test_real_rows_are_the_sets_none_of_them_twice_and_others_for_every_seed(name, ones, file):
    used, whole = whole_set(name)
    draws = [of(used, seed) for seed in (0, 1, 29)]
    for drawn in draws:
        assert {split: len(s.y) for split, s in drawn.items()} == {"train": used.n_train, "test": used.n_test}
        assert counted(*drawn.values()) <= counted(whole)
    assert len({drawn["train"].x.tobytes() for drawn in draws}) == 3
    assert whole.y.sum() == ones  # malignant; five to nine
    content = (resources.files("sklearn.datasets.data") / file).read_bytes()
    assert used.content() == hashlib.sha256(content).hexdigest() and normals().content() == ""


REAL = pytest.mark.parametrize("name", ["breast_cancer", "digits"])
PARTS = {"n_train": 150, "n_validation": 40, "n_test": 100, "n_test_shifted": 60, "shifted_share": 0.5}


@REAL
@given(share=st.sampled_from([None, 0.05, 0.1, 0.4]), flipped=st.sampled_from([0.0, 0.2, 0.4]), seed=st.integers(0, 29))
def test_parts_of_a_real_set_have_exactly_their_shares_and_no_row_in_common(name, share, flipped, seed):
    used, whole = whole_set(name, **PARTS, minority_share=share, flipped=flipped)
    drawn = of(used, seed)
    assert list(drawn)[:4] == ["train", "test", "test_shifted", "validation"]
    assert {split: len(drawn[split].y) for split in SIZES_OF} == {k: PARTS[size] for k, size in SIZES_OF.items()}
    assert {split: s.share for split, s in drawn.items() if split != "test_shifted"} == dict.fromkeys(
        set(drawn) - {"test_shifted"}, share
    )
    assert drawn["test_shifted"].share == 0.5 and drawn["test_shifted"].y.sum() == 30
    clean = of(whole_set(name, **PARTS, minority_share=share)[0], seed)
    assert counted(*clean.values()) <= counted(whole)  # so no row is there twice, and no label changed
    for split in SIZES_OF:
        np.testing.assert_array_equal(drawn[split].x, clean[split].x)
        assert share is None or split == "test_shifted" or clean[split].y.sum() == round(share * len(clean[split].y))
        assert split in ("train", "validation") or same(drawn[split], clean[split])
    for split in ("train", "validation"):
        wrong, of_class = drawn[split].y != clean[split].y, [clean[split].y == c for c in (0, 1)]
        assert [wrong[of].sum() for of in of_class] == [round(flipped * np.sum(of)) for of in of_class]
    wrong = drawn["train"].y != clean["train"].y
    assert ("flipped" in drawn) == wrong.any()
    if wrong.any():
        assert same(drawn["flipped"], drawn["train"].with_rows(drawn["train"].x[wrong], drawn["train"].y[wrong]))
        assert drawn["flipped"].role == PART_OF_TRAIN


@REAL
@pytest.mark.parametrize("more", [{"n_validation": 40}, {"n_test_shifted": 60, "shifted_share": 0.5}, {"flipped": 0.2}])
def test_what_is_asked_for_of_a_real_set_besides_leaves_its_other_rows_alone(name, more):
    sizes = {"n_train": 150, "n_test": 100}
    plain, drawn = of(whole_set(name, **sizes)[0], 3), of(whole_set(name, **sizes, **more)[0], 3)
    assert same(drawn["test"], plain["test"])
    np.testing.assert_array_equal(drawn["train"].x, plain["train"].x)
    assert same(drawn["train"], plain["train"]) or "flipped" in more


def test_splits_carry_role_and_share():
    def told(drawn):
        return {name: (split.role, split.share) for name, split in drawn.items()}

    shares = {"train": (SCORED, 0.1), "test": (SCORED, 0.1), "test_shifted": (SCORED, 0.5), "validation": (SCORED, 0.1)}
    assert told(of(normals(flipped=0.2))) == shares | {"flipped": (PART_OF_TRAIN, 0.1)}
    scored = dict.fromkeys(ROWS_OF_RULE, (SCORED, None))
    assert told(of(rule())) == scored | dict.fromkeys(("probe", "within", "along"), (LOOKED_AT, None))
    assert told(of(blocks(balanced=9))) == {"train": (SCORED, None), "test_balanced": (SCORED, 0.5)}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (normals(n_train=30, minority_share=0.01), "data: got 0 of 30 rows of class 1 in train (a share of 0.01), "),
        (normals(n_train=30, minority_share=0.99), "data: got 30 of 30 rows of class 1 in train (a share of 0.99), "),
        (normals(n_test=30, minority_share=0.01), "data: got 0 of 30 rows of class 1 in test (a share of 0.01), "),
        (law("coin", n_rows=50, n_features=2, n_test=1), "data: got 1 rows of one class only in test"),
        (law("breast_cancer", n_train=400, n_test=170), "data.n_train: got 400 beside 170 test rows, expected at most"),
        (
            whole_set("breast_cancer", n_validation=1)[0],
            "data.n_train: got 400 beside 170 rows held out, expected at most 569 together",
        ),
        (
            whole_set("breast_cancer", n_train=300, minority_share=0.8)[0],
            "data: got 240 rows of class 1 in train (a share of 0.8 of class 1), expected at most the 212 that are",
        ),
        (
            whole_set("digits", minority_share=0.9, n_train=700)[0],
            "data: got 900 rows of class 1 in test (a share of 0.9 of class 1), expected at most the 266 that are left",
        ),
        (
            whole_set("digits", minority_share=0.001)[0],
            "data: got 0 of 300 rows of class 1 in train (a share of 0.001)",
        ),
        (whole_set("digits", n_test_shifted=9)[0], "data.shifted_share: got null beside 9 rows of test_shifted, "),
        (law("clusters", n_rows=100, n_features=3, legacy_seed=42), "data.n_features: got 3, "),
    ],
)
def test_a_law_that_gives_no_usable_rows_says_so_in_one_line(used, expected):
    with pytest.raises(CannotDraw) as refusal:
        of(used)
    assert str(refusal.value).startswith(expected) and "\n" not in str(refusal.value)


SMOTED = {"name": "smote", "seed": 42, "neighbours": 5}
HELD = {"into": "test", "share": 0.25, "seed": 42}


def through(used: Law, *stages: tuple[str, dict[str, Any]], seed: int = 0, vary: tuple[str, ...] = ("data",)) -> Splits:
    """The rows of a law taken through these stages, in this order."""
    settings = Stages.model_validate({"order": [name for name, _ in stages]} | dict(stages))
    return draw(used, settings.listed(), Streams(seed, vary))


def alike(one: Splits, other: Splits) -> bool:
    """The same splits, in the same order, of the same rows."""
    return list(one) == list(other) and all(same(one[name], other[name]) for name in one)


def divide(x: np.ndarray, y: np.ndarray, into: str, share: float, seed: int, **settings: Any) -> Splits:
    """What scikit-learn holds out."""
    x, held_x, y, held_y = train_test_split(x, y, test_size=share, random_state=seed, **settings)
    return {"train": Split(x, y), into: Split(held_x, held_y)}


@given(minority=st.integers(8, 40), share=st.sampled_from([0.1, 0.2, 0.5]), seed=st.integers(0, 30))
def test_rows_held_out_class_by_class_are_those_of_train_test_split(minority, share, seed):
    whole = through(blocks(40, minority), seed=seed)["train"]
    stated = {"into": "test", "share": share, "seed": seed}
    drawn = through(blocks(40, minority), ("hold_out", stated | {"stratify": True}), seed=seed)
    assert alike(drawn, divide(*whole[:2], **stated, stratify=whole.y))


@pytest.mark.parametrize("scenario", HELD_OUT)
def test_the_scenarios_hold_out_what_the_listings_do(scenario):
    name = next(iter(AS_WRITTEN[scenario]))
    used, drawn = arm(scenario, name), rows(scenario, name)
    whole = draw(used.data, [], Streams(0, ("data",)))["train"]
    expected = divide(*whole[:2], into=HELD_OUT[scenario], share=0.2, seed=42)
    assert alike({split: drawn[split] for split in expected}, expected)


@pytest.mark.parametrize("seed", [0, 42])
@pytest.mark.parametrize(
    ("majority", "minority", "settings", "sampler"),
    [
        (30, 6, {"name": "smote", "neighbours": 5}, SMOTE(k_neighbors=5)),
        (30, 30, {"name": "smote", "neighbours": 5}, SMOTE(k_neighbors=5)),
        (12, 30, {"name": "smote", "neighbours": 3}, SMOTE(k_neighbors=3)),
        (1, 12, {"name": "random_over"}, RandomOverSampler()),
        (12, 1, {"name": "random_under"}, RandomUnderSampler()),
    ],
)
def test_resampled_rows_are_imblearns(majority, minority, settings, sampler, seed):
    whole = through(blocks(majority, minority))["train"]
    drawn = through(blocks(majority, minority), ("resample", settings | {"seed": seed}))
    expected = sampler.set_params(random_state=seed).fit_resample(*whole[:2])
    assert alike(drawn, {"train": Split(*expected), "original": whole})


def test_where_nothing_is_resampled_the_original_rows_are_the_training_rows():
    whole = through(blocks())["train"]
    assert alike(through(blocks(), ("resample", {"name": "none"})), {"train": whole, "original": whole})
    for between in ((), (("prepare", {"name": "standardise"}),)):
        divided = through(blocks(), ("resample", {"name": "none"}), *between, ("hold_out", HELD))
        assert list(divided) == ["train", "test"]  # the rows before resampling are these two together


def test_rows_held_out_after_resampling_may_be_made_ones():
    whole = through(blocks(60, 10))["train"]
    drawn = through(blocks(60, 10), ("resample", SMOTED), ("hold_out", HELD))
    smoted = SMOTE(random_state=42, k_neighbors=5).fit_resample(*whole[:2])
    assert alike(drawn, divide(*smoted, **HELD) | {"original": whole})
    assert counted(drawn["test"]) - counted(drawn["original"])  # the leak that a controlled lesson is about


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_held_out_before_resampling_are_left_alone(seed):
    plain = through(blocks(60, 20), ("hold_out", HELD), seed=seed)
    drawn = through(blocks(60, 20), ("hold_out", HELD), ("resample", SMOTED), seed=seed)
    smoted = SMOTE(random_state=42, k_neighbors=5).fit_resample(*plain["train"][:2])
    assert alike(drawn, {"train": Split(*smoted), "original": plain["train"], "test": plain["test"]})


SCALED = ("prepare", {"name": "standardise"})


@pytest.mark.parametrize("stages", [(SCALED,), (("hold_out", HELD | {"into": "validation"}), SCALED)])
def test_features_are_scaled_by_what_the_training_rows_say(stages):
    raw = through(normals(separation=5.0, n_validation=0), *stages[:-1])
    drawn = through(normals(separation=5.0, n_validation=0), *stages)
    scaler = StandardScaler().fit(raw["train"].x)
    assert alike(drawn, {name: split.with_rows(scaler.transform(split.x), split.y) for name, split in raw.items()})
    assert [(s.role, s.share) for s in drawn.values()] == [(s.role, s.share) for s in raw.values()]
    assert {split.share for name, split in raw.items() if name != "test_shifted"} == {0.1}  # rows held out, too


def images(n_train: int = 40) -> Law:
    return law("digits", n_train=n_train, n_test=10, positive=[5, 6, 7, 8, 9])


NOISE = {"name": "noise", "copies": 3, "sd": 0.1}
SHIFT = {"name": "shift", "copies": 3, "pixels": 2}


@pytest.mark.parametrize("augment", [NOISE, SHIFT], ids=["noise", "shift"])
def test_every_training_row_comes_with_changed_copies_that_keep_its_label(augment):
    raw, drawn = through(images()), through(images(), ("augment", augment))
    assert list(drawn) == ["train", "test"] and same(drawn["test"], raw["test"])
    copies = drawn["train"].x.reshape(4, 40, 64)
    assert drawn["train"].y.tolist() == raw["train"].y.tolist() * 4
    np.testing.assert_array_equal(copies[0], raw["train"].x)  # the rows themselves come first
    assert len({copy.tobytes() for copy in copies}) == 4
    assert (drawn["train"].role, drawn["train"].share) == (raw["train"].role, raw["train"].share)


def test_noise_is_normal_with_its_standard_deviation_and_nothing_else():
    raw, drawn = through(images(300)), through(images(300), ("augment", NOISE))
    noise = (drawn["train"].x.reshape(4, 300, 64)[1:] - raw["train"].x) / 0.1
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.02
    assert np.mean(np.abs(noise) < 1.96) == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("pixels", [1, 2, 7])
def test_a_shifted_image_has_moved_by_at_most_the_pixels_and_zeros_come_in(pixels):
    raw = 1 + through(images())["train"].x  # no pixel of an image is zero: what is, came in
    settings = {"order": ["augment"], "augment": SHIFT | {"pixels": pixels, "copies": 25}}
    [stage] = Stages.model_validate(settings).listed()
    grown = stage.apply({"train": Split(raw, np.zeros(len(raw), int))}, Streams(0, ()))["train"].x.reshape(26, -1, 64)
    seen = set()
    for i, image in enumerate(raw.reshape(-1, 8, 8)):
        moved = sliding_window_view(np.pad(image, pixels), (8, 8)).reshape(-1, 64)  # in every way that is allowed
        found = (grown[1:, i, None] == moved).all(axis=2)
        assert (found.sum(axis=1) == 1).all()
        seen |= set(found.argmax(axis=1))
    assert len(seen) == (2 * pixels + 1) ** 2 or pixels == 7  # each direction and distance occurs


@pytest.mark.parametrize(
    ("stream", "used", "stage", "settings"),
    [
        ("split", blocks(40, 20), "hold_out", HELD),
        ("resample", blocks(40, 20), "resample", SMOTED),
        ("resample", blocks(40, 20), "resample", {"name": "random_under"}),
        ("augment", images(), "augment", NOISE),
        ("augment", images(), "augment", SHIFT),
    ],
)
def test_a_seed_of_null_follows_its_stream_and_no_other(stream, used, stage, settings):
    def train(seed: int, *vary: str, fixed: int | None = None) -> Split:
        return through(used, (stage, settings | {"seed": fixed}), seed=seed, vary=vary)["train"]

    others = [name for name in STREAMS if name not in (stream, "data")]
    assert same(train(0, *others), train(1, *others))
    assert not same(train(0, stream), train(1, stream))
    assert same(train(0, stream, fixed=7), train(1, stream, fixed=7))
    if stream != "augment":  # libraries that take a seed get the stream's first integer
        fixed = Streams(1, (stream,)).integers(stream, 1)[0]
        assert same(train(1, stream), train(1, fixed=fixed))


@pytest.mark.parametrize(
    ("used", "stage", "settings", "expected"),
    [
        (blocks(30, 5), "resample", SMOTED, "resample.neighbours: got 5, expected fewer than the 5 minority rows"),
        (blocks(3, 30), "resample", SMOTED, "resample.neighbours: got 5, expected fewer than the 3 minority rows"),
        (blocks(5, 5), "hold_out", HELD | {"share": 0.0}, "hold_out.share: got 0.0 of 10 rows"),
        (blocks(1, 1), "hold_out", HELD | {"share": 0.9}, "hold_out.share: got 0.9 of 2 rows"),
        (blocks(30, 1), "hold_out", HELD, "hold_out.share: got 0.25, which leaves a class out of"),
        (blocks(1, 30), "hold_out", HELD, "hold_out.share: got 0.25, which leaves a class out of"),
        (blocks(30, 1), "hold_out", HELD | {"stratify": True}, "hold_out.stratify: got 30, 1 rows of the classes,"),
        (blocks(), "augment", SHIFT, "augment.name: got shift of 3 features, expected square images"),
        (images(), "augment", SHIFT | {"pixels": 8}, "augment.pixels: got 8, expected fewer than the 8 of an image"),
    ],
)
def test_rows_that_do_not_allow_a_stage_are_refused_in_one_line(used, stage, settings, expected):
    with pytest.raises(CannotDraw) as refusal:
        through(used, (stage, settings))
    assert str(refusal.value).startswith(f"stages.{expected}") and "\n" not in str(refusal.value)


def test_each_stage_is_listed_once():
    with pytest.raises(ValidationError):
        Stages.model_validate({"order": ["prepare", "prepare"], "prepare": SCALED[1]})


def predictions(name: str, used: Law, splits: Splits) -> dict[str, np.ndarray]:
    return REFERENCES[name].predictions(used, splits)


@given(
    x=arrays(float, st.integers(2, 30), elements=st.integers(-50, 50).map(float)),
    noise=st.integers(0, 2**32 - 1).map(np.random.default_rng),
)
def test_least_squares_is_polyfit(x, noise):
    assume(np.ptp(x) > 0)
    y = noise.normal(size=len(x)) * 5 + 3 * x
    splits = {"train": Split(x[:, None], y), "test": Split(np.linspace(-1, 11, 7)[:, None], np.zeros(7))}
    predicted = predictions("least_squares", line(), splits)
    fitted = np.polyfit(x, y, 1)
    assert list(predicted) == list(splits)
    for split, (at, *_) in splits.items():
        np.testing.assert_allclose(predicted[split], np.polyval(fitted, at[:, 0]), rtol=1e-9, atol=1e-8)


@given(seed=st.integers(0, 1000))
def test_the_true_line_misses_no_test_point_by_anything_and_training_rows_by_the_noise(seed):
    splits = of(line(seed=seed))
    predicted = predictions("true_line", line(seed=seed), splits)
    np.testing.assert_array_equal(splits["test"].y, predicted["test"])
    np.testing.assert_allclose(splits["train"].y - predicted["train"], np.random.RandomState(seed).randn(20) * 5)


@given(y=arrays(int, st.integers(1, 30), elements=st.integers(0, 1)))
def test_the_mean_target_is_a_constant_and_the_majority_class_scikit_learns_dummy(y):
    splits = {"train": Split(np.zeros((len(y), 2)), y), "test": Split(np.ones((3, 2)), np.array([0, 1, 1]))}
    assume(2 * y.sum() != len(y))
    dummy = DummyClassifier(strategy="most_frequent").fit(*splits["train"][:2])
    for name in ("majority_class", "mean_target"):
        predicted = predictions(name, line(), splits)
        assert list(predicted) == ["train", "test"]
        for split, (x, *_) in splits.items():
            np.testing.assert_array_equal(above(predicted[split]), dummy.predict(x))
            np.testing.assert_array_equal(predicted[split], np.full(len(x), y.mean()))


SHARES = st.sampled_from([0.05, 0.2, 0.5, 0.8])


def test_the_true_probability_of_a_coin_is_one_half_to_the_last_bit():
    used = law("coin", n_rows=50, n_features=2, n_test=9)
    assert {name: set(p) for name, p in predictions("bayes", used, of(used)).items()} == {"train": {0.5}, "test": {0.5}}


@given(share=SHARES, shifted=SHARES, separation=st.floats(0, 4), flipped=st.sampled_from([0.0, 0.1, 0.4]))
def test_the_true_probability_is_bayes_rule_on_scipys_densities(share, shifted, separation, flipped):
    settings = {"minority_share": share, "shifted_share": shifted, "separation": separation, "flipped": flipped}
    splits = of(normals(**settings))
    at_1 = [separation / np.sqrt(2)] * 2 + [0, 0]
    for name, (x, *_) in splits.items():
        prior = shifted if name == "test_shifted" else share
        one = prior * multivariate_normal(at_1).pdf(x)
        zero = (1 - prior) * multivariate_normal([0] * 4).pdf(x)
        drawn = one / (one + zero)
        [predicted] = predictions("bayes", normals(**settings), {"": splits[name]}).values()  # whatever its name
        np.testing.assert_allclose(predicted, (1 - flipped) * drawn + flipped * (1 - drawn), rtol=1e-9)
