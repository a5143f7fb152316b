"""Data: laws draw the rows of their listings or what they say of themselves; real sets are cut as asked."""

import hashlib
from collections import Counter
from importlib import resources

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits, make_classification

from mirage.data.laws import Law
from mirage.data.rows import draw
from mirage.data.split import LOOKED_AT, PART_OF_TRAIN, SCORED, CannotDraw, Split, Splits
from mirage.data.streams import Streams


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
        (
            law("breast_cancer", n_train=400, n_test=170),
            "data.n_train: got 400 beside 170 rows held out, expected at most 569 together",
        ),
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
