"""Laws: every law draws the rows its listing does, or what it says of itself; splits say what they are for."""

import hashlib
from collections import Counter
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits, make_classification

from mirage.data.laws import Law
from mirage.data.rows import draw
from mirage.data.split import LOOKED_AT, PART_OF_TRAIN, SCORED, CannotDraw, Split, Splits
from mirage.data.streams import Streams
from mirage.metrics.table import REFERENCES


def law(name: str, **settings: object) -> Law:
    return Law.read({"name": name} | settings)


def of(used: Law, seed: int = 0, vary: tuple[str, ...] = ("data",)) -> Splits:
    """The rows of a law without any stage."""
    return draw(used, [], Streams(seed, vary))


def same(one: Split, other: Split) -> bool:
    return np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y)


def points(split: Split) -> set[tuple[float, ...]]:
    return set(map(tuple, split.x))


# -- article one: a noisy line -----------------------------------------------------------------------------


def line(n_train: int = 20, skip: int = 0, noise: float = 5.0, seed: int = 42, n_test: int = 100) -> Law:
    """A noisy line through the origin, by default that of the listings."""
    sizes = {"n_train": n_train, "n_test": n_test, "legacy_seed": seed, "skip": skip}
    return law("noisy_line", low=0, high=10, slope=3, noise=noise, **sizes)


def test_training_rows_are_bit_for_bit_those_of_the_listings() -> None:
    legacy = np.random.RandomState(42)  # what np.random.seed(42) makes of the global generator
    for n, used in ((20, line()), (200, line(200, skip=20))):  # example 3 draws the small set first
        x = np.linspace(0, 10, n)
        drawn = of(used)
        np.testing.assert_array_equal(drawn["train"].x, x[:, None])
        np.testing.assert_array_equal(drawn["train"].y, 3 * x + legacy.randn(n) * 5)
        np.testing.assert_array_equal(drawn["test"].x[:, 0], np.linspace(0, 10, 100))
        np.testing.assert_array_equal(drawn["test"].y, 3 * np.linspace(0, 10, 100))  # no noise


@given(n_train=st.integers(1, 50), n_test=st.integers(1, 50), skip=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
def test_a_noisy_line_has_the_rows_asked_for_and_skips_numbers_of_one_sequence(
    n_train: int, n_test: int, skip: int, seed: int
) -> None:
    drawn, whole = of(line(n_train, skip, 1.0, seed, n_test)), of(line(n_train + skip, 0, 1.0, seed, n_test))
    assert {name: (s.x.shape, s.y.shape) for name, s in drawn.items()} == {
        "train": ((n_train, 1), (n_train,)),
        "test": ((n_test, 1), (n_test,)),
    }
    noise, of_whole = (s["train"].y - 3 * s["train"].x[:, 0] for s in (drawn, whole))
    np.testing.assert_allclose(noise, of_whole[skip:], rtol=0, atol=1e-13)


# -- the other listings' laws --------------------------------------------------------------------------------


def blocks(majority: int = 30, minority: int = 7, shift: float = 2.0, balanced: int = 0) -> Law:
    sizes = {"n_majority": majority, "n_minority": minority, "n_features": 3, "n_test_balanced": balanced}
    return law("blocks", shift=shift, **sizes)


@given(majority=st.integers(1, 40), minority=st.integers(1, 40), seed=st.integers(0, 1000))
def test_blocks_are_one_class_after_the_other_the_second_moved_up(majority: int, minority: int, seed: int) -> None:
    moved, unmoved = (of(blocks(majority, minority, shift), seed)["train"] for shift in (2.0, 0.0))
    assert moved.y.tolist() == unmoved.y.tolist() == [0] * majority + [1] * minority
    assert unmoved.x.min() >= 0 and unmoved.x.max() < 1
    np.testing.assert_array_equal(moved.x, unmoved.x + 2 * moved.y[:, None])
    more = of(blocks(majority, minority + 9), seed)["train"]
    np.testing.assert_array_equal(more.x[:majority], moved.x[:majority])  # whatever follows them


def test_the_balanced_test_set_is_unmoved_and_leaves_the_training_rows_alone() -> None:
    without, drawn = of(blocks()), of(blocks(balanced=400))
    assert list(without) == ["train"] and list(drawn) == ["train", "test_balanced"]
    assert same(without["train"], drawn["train"])
    x, y, *_ = drawn["test_balanced"]
    assert x.shape == (400, 3) and x.min() >= 0 and x.max() < 1
    assert abs(y.sum() - 200) < 50  # five standard deviations of 400 tosses


@pytest.mark.parametrize("name", ["coin", "uniform_target"])
def test_targets_of_a_coin_and_uniform_targets_have_nothing_to_do_with_the_features(name: str) -> None:
    drawn = of(law(name, n_rows=2000, n_features=4, n_test=500))
    assert {name: s.x.shape for name, s in drawn.items()} == {"train": (2000, 4), "test": (500, 4)}
    x, y, *_ = drawn["train"]
    assert x.min() >= 0 and x.max() < 1 and y.min() >= 0 and y.max() <= 1
    assert abs(y.mean() - 0.5) < 0.06 and all(abs(np.corrcoef(column, y)[0, 1]) < 0.12 for column in x.T)
    assert set(y) == {0, 1} if name == "coin" else len(set(y)) == 2000


@pytest.mark.parametrize("boundary", [0.5, 0.3])
def test_a_steps_label_is_whether_the_first_feature_is_above_it(boundary: float) -> None:
    drawn = of(law("step", n_rows=300, n_features=3, boundary=boundary, probe_low=0.29, probe_high=0.51))
    x, y, *_ = drawn["train"]
    assert y.tolist() == [int(row[0] > boundary) for row in x] and set(y) == {0, 1}
    assert drawn["probe"].x.tolist() == [[0.29, 0.5, 0.5], [0.51, 0.5, 0.5]]
    assert drawn["probe"].y.tolist() == [0, 1]


@pytest.mark.parametrize("seed", [42, 7])
def test_clusters_are_scikit_learns(seed: int) -> None:
    x, y = make_classification(n_samples=100, n_features=10, random_state=seed)
    for replicate in (0, 1):
        assert same(of(law("clusters", n_rows=100, n_features=10, legacy_seed=seed), replicate)["train"], Split(x, y))


# -- two normal classes --------------------------------------------------------------------------------------

SIZES_OF = {"train": "n_train", "validation": "n_validation", "test": "n_test", "test_shifted": "n_test_shifted"}


def normals(**changed: object) -> Law:
    sizes = {"n_train": 200, "n_validation": 50, "n_test": 300, "n_test_shifted": 80, "n_features": 4}
    law_of = {"n_informative": 2, "separation": 2.0, "minority_share": 0.1, "shifted_share": 0.5, "flipped": 0.0}
    return law("normals", **(sizes | law_of | changed))


@given(
    n=st.integers(20, 400), share=st.sampled_from([0.05, 0.1, 0.5, 0.9]), flipped=st.sampled_from([0, 0.05, 0.2, 0.4])
)
def test_every_split_of_normals_has_exactly_its_shares(n: int, share: float, flipped: float) -> None:
    drawn = of(normals(**dict.fromkeys(SIZES_OF.values(), n), minority_share=share, shifted_share=0.3, flipped=flipped))
    ones = round(n * share)
    anything = round(flipped * ones) + round(flipped * (n - ones)) > 0
    assert set(drawn) == {*SIZES_OF, *(["flipped"] if anything else [])} and next(iter(drawn)) == "train"
    for name in SIZES_OF:
        ones = round(n * drawn[name].share)
        changed_ones, changed_zeros = round(flipped * ones), round(flipped * (n - ones))
        assert np.sum(drawn[name].y) == ones - changed_ones + changed_zeros and drawn[name].x.shape == (n, 4)


@given(seed=st.integers(0, 100), flipped=st.sampled_from([0.1, 0.2, 0.45]))
def test_flipped_rows_are_the_training_rows_whose_label_is_wrong(seed: int, flipped: float) -> None:
    clean, noisy = of(normals(), seed), of(normals(flipped=flipped), seed)
    assert "flipped" not in clean
    for name in SIZES_OF:
        np.testing.assert_array_equal(clean[name].x, noisy[name].x)  # labels change, nothing else does
    x, y, *_ = noisy["train"]
    wrong = y != clean["train"].y
    assert wrong.sum() == round(flipped * 180) + round(flipped * 20)
    assert same(noisy["flipped"], Split(x[wrong], y[wrong]))


def test_splits_that_are_asked_for_besides_leave_training_and_test_rows_alone() -> None:
    one, other = of(normals()), of(normals(n_validation=0, n_test_shifted=0))
    assert list(other) == ["train", "test"]
    assert all(same(one[name], other[name]) for name in other)


@given(separation=st.floats(0, 10), informative=st.integers(1, 4))
def test_class_1_of_normals_is_class_0_moved_by_the_separation(separation: float, informative: int) -> None:
    used = normals(separation=separation, n_informative=informative)
    away = used.centre()
    assert np.linalg.norm(away) == pytest.approx(separation)
    assert np.ptp(away[:informative]) == 0 and not away[informative:].any()
    apart, together = of(used)["train"], of(normals(separation=0.0))["train"]
    np.testing.assert_array_equal(apart.y, together.y)  # arms of another separation have the same noise
    np.testing.assert_allclose(apart.x, together.x + away * apart.y[:, None], atol=1e-12)


def test_normal_classes_have_unit_variance_and_independent_features() -> None:
    x, y, *_ = of(normals(n_train=40_000, minority_share=0.5))["train"]
    for c in (0, 1):
        np.testing.assert_allclose(x[y == c].mean(axis=0), c * normals().centre(), atol=0.035)
        np.testing.assert_allclose(np.cov(x[y == c].T), np.eye(4), atol=0.05)


# -- a line with fresh rows ----------------------------------------------------------------------------------


def fresh_line(**changed: object) -> Law:
    sizes = {"n_train": 40, "n_pool": 100, "n_test": 30, "n_features": 3}
    return law("fresh_line", **(sizes | {"low": -1, "high": 3, "slope": 2, "noise": 0.5} | changed))


def test_where_only_the_split_varies_other_rows_are_picked_from_the_same_pool() -> None:
    pool = of(fresh_line(n_train=100), vary=())["train"]
    picks = [of(fresh_line(), seed, ("split",)) for seed in range(4)]
    of_pool = {(*x, y) for x, y in zip(pool.x, pool.y, strict=True)}
    for drawn in picks:
        assert same(drawn["test"], picks[0]["test"]) and len(points(drawn["train"])) == 40
        assert {(*x, y) for x, y in zip(drawn["train"].x, drawn["train"].y, strict=True)} <= of_pool
    assert len({drawn["train"].x.tobytes() for drawn in picks}) == 4
    share = len(points(picks[0]["train"]) & points(picks[1]["train"])) / 40
    assert 0.1 < share < 0.8  # two picks of 40 of 100 share sixteen on average


def test_fresh_rows_lie_on_the_line_but_for_the_noise_and_only_the_first_feature_says_anything() -> None:
    for x, y, *_ in of(fresh_line(n_train=20_000, n_pool=0, n_test=20_000)).values():
        assert x.min() >= -1 and x.max() < 3 and abs(x.mean() - 1) < 0.03
        noise = y - 2 * x[:, 0]
        assert abs(noise.mean()) < 0.02 and abs(noise.std() - 0.5) < 0.02
        assert all(abs(np.corrcoef(column, noise)[0, 1]) < 0.04 for column in x.T)
    for x, y, *_ in of(fresh_line(noise=0)).values():
        np.testing.assert_array_equal(y, 2 * x[:, 0])


# -- a rule, and a feature that breaks -----------------------------------------------------------------------


def rule(**changed: object) -> Law:
    sizes = {"n_train": 400, "n_test": 300, "n_features": 3, "boundary": 0.3, "flipped": 0.0, "spurious": 0.5}
    return law("rule", **(sizes | {"probe_low": 0.29, "probe_high": 0.31, "within": 0.7} | changed))


def agreement(split: Split) -> float:
    """The share of rows whose second feature lies in the half that the label names."""
    return float(np.mean((split.x[:, 1] >= 0.5) == split.y))


ROWS_OF_RULE = ("train", "test", "test_broken")


@given(seed=st.integers(0, 100), flipped=st.sampled_from([0.0, 0.1, 0.3]))
def test_exactly_the_share_of_rows_that_is_flipped_breaks_the_rule(seed: int, flipped: float) -> None:
    drawn = of(rule(flipped=flipped), seed)
    for name in ROWS_OF_RULE:
        x, y, *_ = drawn[name]
        assert np.sum(y != (x[:, 0] > 0.3)) == round(flipped * len(y))
        assert x.min() >= 0 and x.max() < 1


@pytest.mark.parametrize("spurious", [0.0, 0.5, 0.8, 1.0])
def test_the_second_feature_follows_the_label_in_that_share_of_the_rows_until_it_breaks(spurious: float) -> None:
    drawn = of(rule(n_train=10_000, n_test=10_000, flipped=0.1, spurious=spurious))
    for name in ("train", "test"):
        assert agreement(drawn[name]) == pytest.approx(spurious, abs=5 * np.sqrt(spurious * (1 - spurious) / 10_000))
    assert agreement(drawn["test_broken"]) == pytest.approx(0.5, abs=0.025)
    for name in ROWS_OF_RULE:
        x, y, *_ = drawn[name]
        rest = np.where(x[:, 1] >= 0.5, 2 * x[:, 1] - 1, 2 * x[:, 1])  # where in its half: uniform, says nothing
        assert abs(rest.mean() - 0.5) < 0.02 and abs(np.corrcoef(rest, y)[0, 1]) < 0.05
        assert abs(np.corrcoef(x[:, 2], y)[0, 1]) < 0.05


def test_inputs_to_look_at_move_along_the_first_feature_alone() -> None:
    drawn = of(rule())
    for name, first in {"probe": [0.29, 0.31], "within": [0.69, 0.71], "along": np.linspace(0, 1, 101)}.items():
        x, y, *_ = drawn[name]
        np.testing.assert_allclose(x[:, 0], first, atol=1e-15)
        assert (x[:, 1:] == 0.5).all() and y.tolist() == (x[:, 0] > 0.3).astype(int).tolist()
    assert drawn["probe"].y.tolist() == [0, 1] and drawn["within"].y.tolist() == [1, 1]


# -- real data -----------------------------------------------------------------------------------------------


def whole_set(name: str) -> tuple[Law, Split]:
    """A law of real data, and all its rows."""
    if name == "breast_cancer":
        x, benign = load_breast_cancer(return_X_y=True)
        return law(name, n_train=400, n_test=169), Split(x, 1 - benign)
    x, digit = load_digits(return_X_y=True)
    return law(name, n_train=300, n_test=1000, positive=[5, 6, 7, 8, 9]), Split(x / 16, (digit > 4).astype(int))


def counted(*splits: Split) -> Counter[bytes]:
    """How often each row occurs."""
    return Counter(row.tobytes() for split in splits for row in np.column_stack([split.x, split.y]))


@pytest.mark.parametrize("seed", [0, 29])
@pytest.mark.parametrize("name", ["breast_cancer", "digits"])
def test_real_rows_are_the_sets_none_of_them_twice_and_others_for_every_seed(name: str, seed: int) -> None:
    used, whole = whole_set(name)
    drawn, other = of(used, seed), of(used, seed + 1)
    assert {split: len(s.y) for split, s in drawn.items()} == {"train": used.n_train, "test": used.n_test}
    assert counted(*drawn.values()) <= counted(whole)
    assert not np.array_equal(drawn["train"].x, other["train"].x)


def test_class_1_is_malignant_and_the_digits_named() -> None:
    cancer = of(law("breast_cancer", n_train=500, n_test=69))
    ones = sum(split.y.sum() for split in cancer.values())
    assert ones == 212 and cancer["train"].x.shape == (500, 30)  # of 569: Wolberg, Street and Mangasarian
    bright = of(law("digits", n_train=1000, n_test=797, positive=[0]))
    assert sum(split.y.sum() for split in bright.values()) == 178
    assert bright["train"].x.min() == 0 and bright["train"].x.max() == 1


@pytest.mark.parametrize(("name", "file"), [("breast_cancer", "breast_cancer.csv"), ("digits", "digits.csv.gz")])
def test_a_law_of_real_data_knows_the_content_of_its_file_and_a_drawn_one_has_none(name: str, file: str) -> None:
    content = (resources.files("sklearn.datasets.data") / file).read_bytes()
    assert whole_set(name)[0].content() == hashlib.sha256(content).hexdigest()
    assert normals().content() == ""


# -- what splits are for -------------------------------------------------------------------------------------


def test_splits_carry_role_and_share() -> None:
    def told(drawn: Splits) -> dict[str, tuple[str, float | None]]:
        return {name: (split.role, split.share) for name, split in drawn.items()}

    assert told(of(normals(flipped=0.2))) == {
        "train": (SCORED, 0.1),
        "test": (SCORED, 0.1),
        "test_shifted": (SCORED, 0.5),
        "validation": (SCORED, 0.1),
        "flipped": (PART_OF_TRAIN, 0.1),
    }
    scored = dict.fromkeys(ROWS_OF_RULE, (SCORED, None))
    assert told(of(rule())) == scored | dict.fromkeys(("probe", "within", "along"), (LOOKED_AT, None))
    assert told(of(blocks(balanced=9))) == {"train": (SCORED, None), "test_balanced": (SCORED, None)}


class Renamed(Law):
    """A law of another's rows under other names."""

    name: str = "none"
    inner: Law
    names: dict[str, str]

    classes = True

    def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
        drawn = self.inner.draw(data, split)
        return {self.names.get(name, name): rows for name, rows in drawn.items()}

    def probability(self, x: np.ndarray, share: float | None) -> np.ndarray:
        return self.inner.probability(x, share)


def test_nothing_is_recognised_by_a_splits_name() -> None:
    names = {"test_shifted": "elsewhere", "flipped": "test_shifted", "test": "probe"}
    used = Renamed(inner=normals(flipped=0.2), names=names)
    plain, renamed = of(used.inner), of(used)
    bayes = REFERENCES["bayes"]
    of_plain, of_renamed = bayes.predictions(used.inner, plain), bayes.predictions(used, renamed)
    for name in plain:
        np.testing.assert_array_equal(of_plain[name], of_renamed[names.get(name, name)])
    at_training_share = bayes.predictions(used.inner, {"": plain["test_shifted"]._replace(share=0.1)})[""]
    assert (of_plain["test_shifted"] > at_training_share).all()


@pytest.mark.parametrize("role", [SCORED, LOOKED_AT, PART_OF_TRAIN])
def test_only_a_scored_split_must_hold_both_classes(role: str) -> None:
    class Lonely(Law):
        name: str = "none"
        classes = True

        def draw(self, data: np.random.Generator, split: np.random.Generator) -> Splits:
            both = Split(np.zeros((4, 1)), np.array([0, 1, 0, 1]))
            return {"train": both, "lonely": Split(np.zeros((3, 1)), np.ones(3, int), role)}

    if role == SCORED:
        with pytest.raises(CannotDraw, match="got 3 rows of one class only in lonely"):
            of(Lonely())
    else:
        assert list(of(Lonely())) == ["train", "lonely"]


# -- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (normals(n_train=30, minority_share=0.01), "data: got 0 of 30 rows of class 1 in train (a share of 0.01), "),
        (normals(n_train=30, minority_share=0.99), "data: got 30 of 30 rows of class 1 in train (a share of 0.99), "),
        (law("breast_cancer", n_train=400, n_test=170), "data.n_train: got 400 beside 170 test rows, expected at most"),
        (law("clusters", n_rows=100, n_features=3, legacy_seed=42), "data.n_features: got 3, "),
    ],
)
def test_a_law_that_gives_no_usable_rows_says_so_in_one_line(used: Law, expected: str) -> None:
    with pytest.raises(CannotDraw) as refusal:
        of(used)
    assert str(refusal.value).startswith(expected) and "\n" not in str(refusal.value)
