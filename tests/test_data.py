"""Data: every law draws the rows its listing does; rows are held out and resampled as the listings do it."""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
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


# -- rows held out class by class, and resampling inside the training rows -----------------------------------

HELD = {"held_out_as": "test", "held_out": 0.25}
INSIDE = SMOTED | HELD | {"resample_before_split": False}


@given(minority=st.integers(8, 40), share=st.sampled_from([0.1, 0.2, 0.5]), seed=st.integers(0, 30))
def test_stratified_rows_are_those_of_train_test_split_and_keep_the_shares(
    minority: int, share: float, seed: int
) -> None:
    whole = of(blocks(40, minority), seed)["train"]
    drawn = of(blocks(40, minority, held_out_as="validation", held_out=share, stratify=True), seed)
    x, held_x, y, held_y = train_test_split(*whole, test_size=share, random_state=42, stratify=whole.y)
    assert same(drawn, {"train": Split(x, y), "validation": Split(held_x, held_y)})
    held = len(drawn["validation"].y)
    for c, count in enumerate((40, minority)):
        assert abs(np.sum(drawn["validation"].y == c) - held * count / (40 + minority)) < 1


def test_too_few_rows_to_hold_out_of_each_class_get_one_line() -> None:
    with pytest.raises(CannotDraw) as refusal:
        of(blocks(30, 1, held_out_as="test", held_out=0.2, stratify=True))
    assert str(refusal.value) == "data.stratify: got 30, 1 rows of the classes, too few to hold out 0.2 of each"


def rows(split: Split) -> set[tuple[float, ...]]:
    return set(map(tuple, split.x))


@given(seed=st.integers(0, 50), kind=st.sampled_from(["smote", "random_over", "random_under"]))
def test_inside_the_split_held_out_rows_are_as_if_nothing_was_resampled(seed: int, kind: str) -> None:
    plain, drawn = of(blocks(60, 20, **HELD), seed), of(blocks(60, 20, **INSIDE | {"resample": kind}), seed)
    assert list(drawn) == ["train", "original", "test"]
    assert same({"": drawn["original"]}, {"": plain["train"]}) and same({"": drawn["test"]}, {"": plain["test"]})
    counts = np.bincount(drawn["original"].y)
    assert set(np.bincount(drawn["train"].y)) == {counts.min() if kind == "random_under" else counts.max()}
    if kind == "smote":
        np.testing.assert_array_equal(drawn["train"].x[: counts.sum()], drawn["original"].x)
    else:
        assert rows(drawn["train"]) <= rows(drawn["original"])
    made = rows(drawn["train"]) - rows(drawn["original"])
    assert (len(made) > 0) == (kind == "smote")
    assert not rows(drawn["test"]) & rows(drawn["train"])


def test_before_the_split_synthetic_rows_reach_the_rows_that_are_held_out() -> None:
    """Why it matters: this is the leak that the controlled lesson is about."""
    drawn = of(blocks(60, 10, **INSIDE | {"resample_before_split": True}))
    assert rows(drawn["test"]) - rows(drawn["original"])


@pytest.mark.parametrize("arm", ["original", "before", "inside"])
def test_fresh_rows_of_a_scenario_are_never_resampled(arm: str) -> None:
    used = settings("smote_balance_controlled", arm)
    drawn = data.draw(used, Streams(3, config.STREAMS))
    plain = data.LAWS[used.law](used, *(Streams(3, config.STREAMS).generator(s) for s in ("data", "split")))
    assert same({"": drawn["test"]}, {"": plain["test"]})
    assert rows(drawn["validation"]) <= rows(plain["train"]) or arm == "before"


@pytest.mark.parametrize(
    ("kind", "sampler"), [("random_over", RandomOverSampler), ("random_under", RandomUnderSampler)]
)
@pytest.mark.parametrize(("majority", "minority"), [(30, 7), (7, 30), (12, 1)])
def test_random_resampling_is_imblearns(kind: str, sampler: type, majority: int, minority: int) -> None:
    whole = of(blocks(majority, minority))["train"]
    drawn = of(blocks(majority, minority, **SMOTED | {"resample": kind}))
    assert same(drawn, {"train": Split(*sampler(random_state=42).fit_resample(*whole)), "original": whole})


@pytest.mark.parametrize(
    ("stream", "used"),
    [
        ("split", blocks(40, 20, **HELD | {"split_seed": None})),
        ("resample", blocks(40, 20, **SMOTED | {"resample_seed": None})),
        ("resample", blocks(40, 20, **SMOTED | {"resample_seed": None, "resample": "random_under"})),
    ],
)
def test_a_seed_of_null_follows_its_stream_and_no_other(stream: str, used: config.Data) -> None:
    def train(seed: int, *vary: str) -> dict[str, Split]:
        return {"train": data.draw(used, Streams(seed, vary))["train"]}

    others = [name for name in config.STREAMS if name not in (stream, "data")]
    assert same(train(0, *others), train(1, *others))
    assert not same(train(0, stream), train(1, stream))
    given = {f"{stream}_seed": Streams(1, (stream,)).integers(stream, 1)[0]}
    assert same(train(1, stream), {"train": data.draw(dataclasses.replace(used, **given), Streams(1, ()))["train"]})


# -- two normal classes --------------------------------------------------------------------------------------

SIZES_OF = {"train": "n_train", "validation": "n_validation", "test": "n_test", "test_shifted": "n_test_shifted"}


def normals(**changed: object) -> config.Data:
    read = {"n_train": 200, "n_validation": 50, "n_test": 300, "n_test_shifted": 80, "n_features": 4}
    law_of = {"n_informative": 2, "separation": 2.0, "minority_share": 0.1, "shifted_share": 0.5, "flipped": 0.0}
    return law("normals", **(LABELS | read | law_of | changed))


@given(
    n=st.integers(20, 400), share=st.sampled_from([0.05, 0.1, 0.5, 0.9]), flipped=st.sampled_from([0, 0.05, 0.2, 0.4])
)
def test_every_split_of_normals_has_exactly_its_shares(n: int, share: float, flipped: float) -> None:
    sizes = dict.fromkeys(SIZES_OF.values(), n)
    drawn = of(normals(**sizes, minority_share=share, shifted_share=0.3, flipped=flipped))
    ones = round(n * share)
    anything = round(flipped * ones) + round(flipped * (n - ones)) > 0
    assert set(drawn) == {*SIZES_OF, *(["flipped"] if anything else [])} and next(iter(drawn)) == "train"
    for name in SIZES_OF:
        ones = round(n * (0.3 if name == "test_shifted" else share))
        changed_ones, changed_zeros = round(flipped * ones), round(flipped * (n - ones))
        assert np.sum(drawn[name].y) == ones - changed_ones + changed_zeros and drawn[name].x.shape == (n, 4)


@given(seed=st.integers(0, 100), flipped=st.sampled_from([0.1, 0.2, 0.45]))
def test_flipped_rows_are_the_training_rows_whose_label_is_wrong(seed: int, flipped: float) -> None:
    clean, noisy = of(normals(), seed), of(normals(flipped=flipped), seed)
    assert "flipped" not in clean
    for name in SIZES_OF:
        np.testing.assert_array_equal(clean[name].x, noisy[name].x)  # labels change, nothing else does
    x, y = noisy["train"]
    wrong = y != clean["train"].y
    assert wrong.sum() == round(flipped * 180) + round(flipped * 20)
    assert same({"": noisy["flipped"]}, {"": Split(x[wrong], y[wrong])})


def test_splits_that_are_asked_for_besides_leave_the_training_rows_alone() -> None:
    one, other = of(normals()), of(normals(n_validation=0, n_test=10, n_test_shifted=0))
    assert list(other) == ["train", "test"] and same({"": one["train"]}, {"": other["train"]})


@given(separation=st.floats(0, 10), informative=st.integers(1, 4))
def test_class_1_of_normals_is_class_0_moved_by_the_separation(separation: float, informative: int) -> None:
    used = normals(separation=separation, n_informative=informative)
    away = data.centre(used)
    assert np.linalg.norm(away) == pytest.approx(separation)
    assert np.ptp(away[:informative]) == 0 and not away[informative:].any()
    apart, together = of(used)["train"], of(normals(separation=0.0))["train"]
    np.testing.assert_array_equal(apart.y, together.y)  # arms of another separation have the same noise
    np.testing.assert_allclose(apart.x, together.x + away * apart.y[:, None], atol=1e-12)


def test_normal_classes_have_unit_variance_and_independent_features() -> None:
    x, y = of(normals(n_train=40_000, minority_share=0.5))["train"]
    for c in (0, 1):
        np.testing.assert_allclose(x[y == c].mean(axis=0), c * data.centre(normals()), atol=0.035)
        np.testing.assert_allclose(np.cov(x[y == c].T), np.eye(4), atol=0.05)


def test_a_share_that_leaves_a_class_out_gets_one_line() -> None:
    for share, ones in ((0.01, 0), (0.99, 30)):
        with pytest.raises(CannotDraw) as refusal:
            of(normals(n_train=30, minority_share=share))
        said = f"data: got {ones} of 30 rows of class 1 in train (a share of {share}), takes both"
        assert str(refusal.value) == said


# -- a line with fresh rows ----------------------------------------------------------------------------------


def fresh_line(**changed: object) -> config.Data:
    read = {"n_train": 40, "n_pool": 100, "n_test": 30, "n_features": 3}
    return law("fresh_line", **(read | {"low": -1, "high": 3, "slope": 2, "noise": 0.5} | changed))


def test_where_only_the_split_varies_other_rows_are_picked_from_the_same_pool() -> None:
    used = fresh_line()
    pool = data.draw(fresh_line(n_train=100), Streams(0, ()))["train"]
    picks = [data.draw(used, Streams(seed, ("split",))) for seed in range(4)]
    for drawn in picks:
        assert same({"": drawn["test"]}, {"": picks[0]["test"]})
        assert len(rows(drawn["train"])) == 40 and rows(drawn["train"]) <= rows(pool)
        for x, y in zip(*drawn["train"], strict=True):
            assert y == pool.y[np.flatnonzero((pool.x == x).all(axis=1))[0]]
    assert len({drawn["train"].x.tobytes() for drawn in picks}) == 4
    share = len(rows(picks[0]["train"]) & rows(picks[1]["train"])) / 40
    assert 0.1 < share < 0.8  # two picks of 40 of 100 share sixteen on average


def test_without_a_pool_the_stream_split_plays_no_part() -> None:
    used = fresh_line(n_pool=0)
    assert same(*(data.draw(used, Streams(seed, ("split",))) for seed in (0, 1)))
    assert same(of(used), of(fresh_line(n_pool=40)))  # of a pool of their own number all rows are picked


def test_fresh_rows_lie_on_the_line_but_for_the_noise_and_only_the_first_feature_says_anything() -> None:
    drawn = of(fresh_line(n_train=20_000, n_pool=0, n_test=20_000))
    for x, y in drawn.values():
        assert x.min() >= -1 and x.max() < 3 and abs(x.mean() - 1) < 0.03
        noise = y - 2 * x[:, 0]
        assert abs(noise.mean()) < 0.02 and abs(noise.std() - 0.5) < 0.02
        assert all(abs(np.corrcoef(column, noise)[0, 1]) < 0.04 for column in x.T)
    for x, y in of(fresh_line(noise=0)).values():
        np.testing.assert_array_equal(y, 2 * x[:, 0])


# -- a rule, and a feature that breaks -----------------------------------------------------------------------


def rule(**changed: object) -> config.Data:
    read = {"n_train": 400, "n_test": 300, "n_features": 3, "boundary": 0.3, "flipped": 0.0, "spurious": 0.5}
    return law("rule", **(LABELS | read | {"probe_low": 0.29, "probe_high": 0.31, "within": 0.7} | changed))


def agreement(split: Split) -> float:
    """The share of rows whose second feature lies in the half that the label names."""
    return float(np.mean((split.x[:, 1] >= 0.5) == split.y))


ROWS_OF_RULE = ("train", "test", "test_broken")


@given(seed=st.integers(0, 100), flipped=st.sampled_from([0.0, 0.1, 0.3]))
def test_exactly_the_share_of_rows_that_is_flipped_breaks_the_rule(seed: int, flipped: float) -> None:
    drawn = of(rule(flipped=flipped), seed)
    for name in ROWS_OF_RULE:
        x, y = drawn[name]
        assert np.sum(y != (x[:, 0] > 0.3)) == round(flipped * len(y))
        assert x.min() >= 0 and x.max() < 1


@pytest.mark.parametrize("spurious", [0.0, 0.5, 0.8, 1.0])
def test_the_second_feature_follows_the_label_in_that_share_of_the_rows_until_it_breaks(spurious: float) -> None:
    drawn = of(rule(n_train=10_000, n_test=10_000, flipped=0.1, spurious=spurious))
    for name in ("train", "test"):
        assert agreement(drawn[name]) == pytest.approx(spurious, abs=5 * np.sqrt(spurious * (1 - spurious) / 10_000))
    assert agreement(drawn["test_broken"]) == pytest.approx(0.5, abs=0.025)
    for name in ROWS_OF_RULE:
        x, y = drawn[name]
        rest = np.where(x[:, 1] >= 0.5, 2 * x[:, 1] - 1, 2 * x[:, 1])  # where in its half: uniform, says nothing
        assert abs(rest.mean() - 0.5) < 0.02 and abs(np.corrcoef(rest, y)[0, 1]) < 0.05
        assert abs(np.corrcoef(x[:, 2], y)[0, 1]) < 0.05


def test_what_is_spurious_changes_neither_labels_nor_any_other_feature() -> None:
    none, all_of_it = (of(rule(flipped=0.1, spurious=share)) for share in (0.5, 1.0))
    for name in ROWS_OF_RULE:
        np.testing.assert_array_equal(none[name].y, all_of_it[name].y)
        np.testing.assert_array_equal(none[name].x[:, [0, 2]], all_of_it[name].x[:, [0, 2]])
    assert same({"": none["test_broken"]}, {"": all_of_it["test_broken"]})


def test_inputs_to_look_at_move_along_the_first_feature_alone() -> None:
    drawn = of(rule())
    for name, first in {"probe": [0.29, 0.31], "within": [0.69, 0.71], "along": np.linspace(0, 1, 101)}.items():
        x, y = drawn[name]
        np.testing.assert_allclose(x[:, 0], first, atol=1e-15)
        assert (x[:, 1:] == 0.5).all() and y.tolist() == (x[:, 0] > 0.3).astype(int).tolist()
    assert drawn["probe"].y.tolist() == [0, 1] and drawn["within"].y.tolist() == [1, 1]
    assert {"probe", "within", "along"} == set(data.LOOKED_AT)
