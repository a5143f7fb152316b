"""Data: every law draws the rows its listing does; rows are held out and resampled as the listings do it."""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

import run
from mirage import config, data
from mirage.data import CannotDraw, Split
from mirage.streams import Streams

config.register()


@functools.cache
def settings(scenario: str, arm: str) -> config.Data:
    """The data settings of a scenario file's arm."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}"]), scenario, []).arms[arm].data


def law(name: str, **read: object) -> config.Data:
    """Settings of a law; what it does not read is None."""
    return config.Data(**(dict.fromkeys(f.name for f in dataclasses.fields(config.Data)) | {"law": name} | read))


def line(n_train: int = 20, skip: int = 0, noise: float = 5.0, seed: int = 42, n_test: int = 100) -> config.Data:
    """A noisy line through the origin, by default that of the listings."""
    return law(
        "noisy_line", n_train=n_train, n_test=n_test, low=0, high=10, slope=3, noise=noise, legacy_seed=seed, skip=skip
    )


def as_listed(*sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The training sets a listing draws one after another, right after seeding with 42."""
    legacy = np.random.RandomState(42)  # what np.random.seed(42) makes of the global generator
    sets = []
    for n in sizes:
        x = np.linspace(0, 10, n)
        sets.append((x, 3 * x + legacy.randn(n) * 5))
    return sets


# -- article one: a noisy line -----------------------------------------------------------------------------


STREAMS = Streams(0, ())
ROWS = {
    ("overfitting", "network"): as_listed(20)[0],
    ("dropout", "baseline"): as_listed(20)[0],
    ("dropout", "dropout"): as_listed(20)[0],
    ("data_size", "small"): as_listed(20, 200)[0],
    ("data_size", "large"): as_listed(20, 200)[1],
}


@pytest.mark.parametrize(("scenario", "arm"), ROWS)
def test_training_rows_are_bit_for_bit_those_of_the_listing(scenario: str, arm: str) -> None:
    x, y = ROWS[scenario, arm]
    train = data.draw(settings(scenario, arm), STREAMS)["train"]
    np.testing.assert_array_equal(train.x, x[:, None])
    np.testing.assert_array_equal(train.y, y)


@pytest.mark.parametrize(
    ("scenario", "arm", "first", "last"),
    [
        ("overfitting", "network", [2.4835707650561636, 0.8876258625651294, 6.396337427345568], 22.938481493323543),
        ("data_size", "small", [2.4835707650561636, 0.8876258625651294, 6.396337427345568], 22.938481493323543),
        ("data_size", "large", [7.32824384460777, -0.9781277335884573, 0.6391485611280614], 30.409370696931614),
    ],
)
def test_training_rows_are_these_numbers(scenario: str, arm: str, first: list[float], last: float) -> None:
    y = data.draw(settings(scenario, arm), STREAMS)["train"].y
    np.testing.assert_allclose([*y[:3], y[-1]], [*first, last], rtol=1e-15)


@pytest.mark.parametrize(("scenario", "arm"), ROWS)
def test_the_test_grid_has_100_points_without_noise(scenario: str, arm: str) -> None:
    grid = np.linspace(0, 10, 100)
    test = data.draw(settings(scenario, arm), STREAMS)["test"]
    np.testing.assert_array_equal(test.x, grid[:, None])
    np.testing.assert_array_equal(test.y, 3 * grid)


@pytest.mark.parametrize(("scenario", "arm"), ROWS)
def test_no_stream_touches_rows_that_the_article_fixes(scenario: str, arm: str) -> None:
    one, other = (data.draw(settings(scenario, arm), Streams(seed, config.STREAMS)) for seed in (0, 1))
    for split in one:
        np.testing.assert_array_equal(one[split].x, other[split].x)
        np.testing.assert_array_equal(one[split].y, other[split].y)


@given(n_train=st.integers(1, 50), n_test=st.integers(1, 50), skip=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
def test_splits_have_the_rows_asked_for(n_train: int, n_test: int, skip: int, seed: int) -> None:
    drawn = data.draw(line(n_train, skip, seed=seed, n_test=n_test), STREAMS)
    assert list(drawn) == ["train", "test"]
    assert [(s.x.shape, s.y.shape) for s in drawn.values()] == [((n_train, 1), (n_train,)), ((n_test, 1), (n_test,))]


@given(n_train=st.integers(1, 50), skip=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
def test_skipping_passes_over_numbers_of_the_same_sequence(n_train: int, skip: int, seed: int) -> None:
    def noise(n: int, skip: int) -> np.ndarray:
        x, y = data.draw(line(n, skip, noise=1.0, seed=seed), STREAMS)["train"]
        return y - 3 * x[:, 0]

    np.testing.assert_allclose(noise(n_train, skip), noise(n_train + skip, 0)[skip:], rtol=0, atol=1e-13)


@given(n_train=st.integers(1, 50), seed=st.integers(0, 2**32 - 1))
def test_without_noise_training_rows_lie_on_the_line(n_train: int, seed: int) -> None:
    x, y = data.draw(line(n_train, noise=0, seed=seed), STREAMS)["train"]
    np.testing.assert_array_equal(y, 3 * x[:, 0])


def test_numpys_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    data.draw(line(), STREAMS)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


# -- the scenarios' rows -------------------------------------------------------------------------------------


class Rows(NamedTuple):
    """How many rows of a split the listing makes; `counts` of class 0 and 1 where it fixes them."""

    rows: int
    features: int
    counts: tuple[int, int] | None = None


SIZES = {
    ("prior_shift", "network"): {
        "train": Rows(80, 10),
        "validation": Rows(20, 10),
        "test_balanced": Rows(100, 10),
    },
    ("l2", "none"): {"train": Rows(800, 10), "validation": Rows(200, 10), "test": Rows(200, 10)},
    ("l2", "l2_dropout"): {"train": Rows(800, 10), "validation": Rows(200, 10), "test": Rows(200, 10)},
    ("early_stopping", "early_stopping"): {
        "train": Rows(800, 10),
        "validation": Rows(200, 10),
        "test": Rows(200, 10),
    },
    ("imbalance", "logistic"): {"train": Rows(800, 2), "test": Rows(200, 2)},
    ("input_sensitivity", "network"): {"train": Rows(1000, 3), "probe": Rows(2, 3, (1, 1))},
    ("multi_seed", "network"): {"train": Rows(100, 10), "test": Rows(10, 10)},
    ("ridge_lasso", "lasso"): {"train": Rows(80, 10), "test": Rows(20, 10)},
    ("early_stopping_on_test", "early_stopping"): {"train": Rows(80, 10), "test": Rows(20, 10)},
    ("smote_balance", "original"): {"train": Rows(80, 10), "test": Rows(20, 10)},
    ("smote_balance", "smote"): {"train": Rows(80, 10), "original": Rows(100, 10, (50, 50)), "test": Rows(20, 10)},
    ("accuracy_paradox", "network"): {"train": Rows(110, 10, (100, 10))},
    ("accuracy_paradox", "balanced"): {"train": Rows(200, 10, (100, 100))},
    ("metric_choice", "network"): {"train": Rows(200, 10)},
    ("smote", "none"): {"train": Rows(110, 10, (100, 10)), "original": Rows(110, 10, (100, 10))},
    ("smote", "smote"): {"train": Rows(200, 10, (100, 100)), "original": Rows(110, 10, (100, 10))},
}


@pytest.mark.parametrize(("scenario", "arm"), SIZES)
def test_splits_are_as_large_as_the_listings(scenario: str, arm: str) -> None:
    expected = SIZES[scenario, arm]
    for seed in (0, 1):
        drawn = data.draw(settings(scenario, arm), Streams(seed, ("data",)))
        assert set(drawn) == set(expected) and next(iter(drawn)) == "train"
        for name, (rows, features, counts) in expected.items():
            assert drawn[name].x.shape == (rows, features) and drawn[name].y.shape == (rows,)
            if counts is not None:
                assert np.bincount(drawn[name].y.astype(int)).tolist() == list(counts)


@pytest.mark.parametrize(("scenario", "arm"), SIZES)
def test_rows_follow_the_stream_data_unless_the_listing_fixes_them(scenario: str, arm: str) -> None:
    used = settings(scenario, arm)
    one, again, other = (data.draw(used, Streams(seed, ("data",)))["train"].x for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert np.array_equal(one, other) == (used.law == "clusters")
    fixed = [data.draw(used, Streams(seed, ("init", "shuffle", "dropout")))["train"].x for seed in (3, 4)]
    np.testing.assert_array_equal(*fixed)


def same(one: dict[str, Split], other: dict[str, Split]) -> bool:
    return list(one) == list(other) and all(
        np.array_equal(a, b) for name in one for a, b in zip(one[name], other[name], strict=True)
    )


@pytest.mark.parametrize(
    ("scenario", "arms"),
    [
        ("l2", ["none", "l2_dropout"]),
        ("early_stopping", ["no_stopping", "early_stopping"]),
        ("early_stopping_on_test", ["no_stopping", "early_stopping"]),
        ("ridge_lasso", ["none", "ridge", "ridge_strong", "lasso_weak", "lasso"]),
    ],
)
def test_arms_that_differ_in_the_model_only_learn_from_the_same_rows(scenario: str, arms: list[str]) -> None:
    drawn = [data.draw(settings(scenario, arm), Streams(5, ("data",))) for arm in arms]
    assert all(same(drawn[0], other) for other in drawn[1:])


def test_examples_one_and_three_of_article_five_share_their_rows() -> None:
    paradox, none, smote = (
        data.draw(settings(*arm), Streams(5, ("data",)))
        for arm in (("accuracy_paradox", "network"), ("smote", "none"), ("smote", "smote"))
    )
    for split in (none["train"], none["original"], smote["original"]):
        assert same({"": split}, {"": paradox["train"]})


# -- laws ----------------------------------------------------------------------------------------------------


LABELS = {"held_out_as": "none", "held_out": 0.0, "split_seed": 42, "stratify": False}


def blocks(majority: int = 30, minority: int = 7, shift: float = 2.0, balanced: int = 0, **more: object) -> config.Data:
    read = LABELS | {"n_majority": majority, "n_minority": minority, "n_features": 3, "shift": shift}
    return law("blocks", **(read | {"n_test_balanced": balanced} | more))


def of(used: config.Data, seed: int = 0) -> dict[str, Split]:
    return data.draw(used, Streams(seed, ("data",)))


@given(majority=st.integers(1, 40), minority=st.integers(1, 40), seed=st.integers(0, 1000))
def test_blocks_are_one_class_after_the_other_the_second_moved_up(majority: int, minority: int, seed: int) -> None:
    moved, unmoved = (of(blocks(majority, minority, shift), seed)["train"] for shift in (2.0, 0.0))
    assert moved.y.tolist() == unmoved.y.tolist() == [0] * majority + [1] * minority
    assert unmoved.x.min() >= 0 and unmoved.x.max() < 1
    np.testing.assert_array_equal(moved.x, unmoved.x + 2 * moved.y[:, None])


def test_a_larger_second_class_leaves_the_first_as_it_is() -> None:
    few, many = (of(blocks(30, n))["train"].x for n in (7, 30))
    np.testing.assert_array_equal(few[:30], many[:30])


def test_the_balanced_test_set_is_unmoved_and_leaves_the_training_rows_alone() -> None:
    without, drawn = of(blocks()), of(blocks(balanced=400))
    assert list(without) == ["train"] and list(drawn) == ["train", "test_balanced"]
    assert same({"": without["train"]}, {"": drawn["train"]})
    x, y = drawn["test_balanced"]
    assert x.shape == (400, 3) and x.min() >= 0 and x.max() < 1
    assert abs(y.sum() - 200) < 50  # five standard deviations of 400 tosses


def test_a_coins_labels_have_nothing_to_do_with_its_features() -> None:
    drawn = of(law("coin", n_rows=2000, n_features=4, n_test=500, **LABELS))
    assert {name: s.x.shape for name, s in drawn.items()} == {"train": (2000, 4), "test": (500, 4)}
    x, y = drawn["train"]
    assert x.min() >= 0 and x.max() < 1 and set(y) == {0, 1} and abs(y.mean() - 0.5) < 0.06
    assert all(abs(np.corrcoef(column, y)[0, 1]) < 0.12 for column in x.T)
    assert list(of(law("coin", n_rows=20, n_features=4, n_test=0, **LABELS))) == ["train"]


@pytest.mark.parametrize("boundary", [0.5, 0.3])
def test_a_steps_label_is_whether_the_first_feature_is_above_it(boundary: float) -> None:
    read = {"n_rows": 300, "n_features": 3, "boundary": boundary, "probe_low": 0.29, "probe_high": 0.51}
    drawn = of(law("step", **LABELS, **read))
    x, y = drawn["train"]
    assert y.tolist() == [int(row[0] > boundary) for row in x] and set(y) == {0, 1}
    assert drawn["probe"].x.tolist() == [[0.29, 0.5, 0.5], [0.51, 0.5, 0.5]]
    assert drawn["probe"].y.tolist() == [0, 1]


@pytest.mark.parametrize("seed", [42, 7])
def test_clusters_are_scikit_learns(seed: int) -> None:
    used = law("clusters", **LABELS, n_rows=100, n_features=10, legacy_seed=seed)
    x, y = make_classification(n_samples=100, n_features=10, random_state=seed)
    for replicate in (0, 1):
        assert same(of(used, replicate), {"train": Split(x, y)})


def test_uniform_targets_have_nothing_to_do_with_the_features() -> None:
    drawn = of(law("uniform_target", n_rows=2000, n_features=3, n_test=10))
    assert {name: s.x.shape for name, s in drawn.items()} == {"train": (2000, 3), "test": (10, 3)}
    for x, y in drawn.values():
        assert all(v.min() >= 0 and v.max() < 1 for v in (x, y))
    x, y = drawn["train"]
    assert all(abs(np.corrcoef(column, y)[0, 1]) < 0.12 for column in x.T) and len(set(y)) == 2000


def test_every_law_a_scenario_may_name_is_here() -> None:
    assert set(data.LAWS) == set(config.LAWS)


def test_members_draw_rows_of_their_own() -> None:
    used = settings("multi_seed", "network")
    first, second = (data.draw(used, Streams(0, ("data",), member, ("data",)))["train"].x for member in (0, 1))
    assert not np.array_equal(first, second)


# -- holding out and resampling ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["validation", "test"])
@given(share=st.sampled_from([0.1, 0.2, 0.25, 0.5]), split_seed=st.sampled_from([0, 42]), seed=st.integers(0, 30))
def test_held_out_rows_are_those_of_train_test_split(name: str, share: float, split_seed: int, seed: int) -> None:
    whole = of(blocks(40, 40, balanced=9), seed)
    drawn = of(blocks(40, 40, balanced=9, held_out_as=name, held_out=share, split_seed=split_seed), seed)
    x, held_x, y, held_y = train_test_split(*whole["train"], test_size=share, random_state=split_seed)
    expected = {"train": Split(x, y), name: Split(held_x, held_y), "test_balanced": whole["test_balanced"]}
    assert same(drawn, expected)


def test_the_scenarios_hold_out_what_the_listings_do() -> None:
    for scenario, arm, name in (
        ("prior_shift", "network", "validation"),
        ("l2", "none", "validation"),
        ("early_stopping", "early_stopping", "validation"),
        ("imbalance", "logistic", "test"),
        ("ridge_lasso", "ridge", "test"),
        ("early_stopping_on_test", "early_stopping", "test"),
    ):
        used = settings(scenario, arm)
        assert used.held_out_as == name
        drawn, whole = of(used), of(dataclasses.replace(used, held_out_as="none"))
        x, held_x, y, held_y = train_test_split(*whole["train"], test_size=0.2, random_state=42)
        assert same({k: drawn[k] for k in ("train", name)}, {"train": Split(x, y), name: Split(held_x, held_y)})


SMOTED = {"resample": "smote", "resample_seed": 42, "resample_before_split": True, "neighbours": 5}


@pytest.mark.parametrize(("minority", "neighbours", "seed"), [(7, 5, 42), (6, 5, 0), (12, 3, 42), (30, 5, 42)])
def test_resampled_rows_are_imblearns(minority: int, neighbours: int, seed: int) -> None:
    whole = of(blocks(30, minority))["train"]
    drawn = of(blocks(30, minority, **SMOTED | {"resample_seed": seed, "neighbours": neighbours}))
    expected = SMOTE(random_state=seed, k_neighbors=neighbours).fit_resample(*whole)
    assert same(drawn, {"train": Split(*expected), "original": whole})
    np.testing.assert_array_equal(drawn["train"].x[: len(whole.y)], whole.x)  # the original rows come first
    assert np.bincount(drawn["train"].y).tolist() == [30, 30]


def test_rows_are_resampled_before_they_are_held_out() -> None:
    held = {"held_out_as": "test", "held_out": 0.25}
    whole = of(blocks())["train"]
    x, y = SMOTE(random_state=42, k_neighbors=5).fit_resample(*whole)
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.25, random_state=42)
    drawn = of(blocks(**SMOTED, **held))
    assert same(drawn, {"train": Split(train_x, train_y), "test": Split(test_x, test_y), "original": whole})


def test_where_nothing_is_resampled_the_original_rows_are_the_training_rows() -> None:
    whole = of(blocks())["train"]
    none = SMOTED | {"resample": "none"}
    assert same(of(blocks(**none)), {"train": whole, "original": whole})
    assert list(of(blocks(**none, held_out_as="test", held_out=0.5))) == ["train", "test"]


def test_smote_of_the_ready_made_clusters_adds_nothing() -> None:
    drawn = of(settings("smote_balance", "smote"))
    both = np.concatenate([drawn["train"].x, drawn["test"].x])
    assert sorted(map(tuple, both)) == sorted(map(tuple, drawn["original"].x))


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (blocks(30, 5, **SMOTED), "data.neighbours: got 5, SMOTE takes fewer than the 5 minority rows"),
        (blocks(3, 30, **SMOTED), "data.neighbours: got 5, SMOTE takes fewer than the 3 minority rows"),
        (blocks(5, 5, held_out_as="test", held_out=0.0), "data.held_out: got 0.0 of 10 rows"),
        (blocks(1, 1, held_out_as="test", held_out=0.9), "data.held_out: got 0.9 of 2 rows"),
        (blocks(30, 1, held_out_as="test", held_out=0.2), "data.held_out: got 0.2, which leaves a class out of"),
        (blocks(1, 30, held_out_as="validation", held_out=0.2), "data.held_out: got 0.2, which leaves a class out of"),
    ],
)
def test_data_that_cannot_be_drawn_are_refused_in_one_line(used: config.Data, said: str) -> None:
    with pytest.raises(CannotDraw) as refusal:
        of(used)
    assert str(refusal.value).startswith(said) and "\n" not in str(refusal.value)


def test_just_enough_rows_are_enough() -> None:
    assert np.bincount(of(blocks(30, 6, **SMOTED))["train"].y).tolist() == [30, 30]
