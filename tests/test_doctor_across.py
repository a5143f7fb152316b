"""The doctor on rows across the split: planted leaks are named, healthy splits are left alone."""

from typing import Any

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn import datasets

from mirage.doctor import BadInput, Report, examine
from mirage.doctor.finding import TABLE

Array = np.ndarray
SEEDS = range(10)
ACROSS = (
    "group-overlap", "time-overlap", "reshuffled-sets", "resampled-before-split", "exact-duplicates",
    "near-duplicates", "leaked-feature",
)  # fmt: skip


def rows(seed: int, n: int = 600, share: float = 0.5, columns: int = 6) -> tuple[Array, Array, Any]:
    """Features [row, column] and labels of two overlapping classes, and a generator for what is done to them."""
    random = np.random.default_rng(seed)
    y = (random.random(n) < share).astype(int)
    return random.normal(0.6 * y[:, None], 1, (n, columns)), y, random


def table(x: Array, y: Array, **about: Array) -> dict[str, Array]:
    return {f"f{place}": values for place, values in enumerate(x.T)} | {"y_true": y} | about


def split(x: Array, y: Array, random: Any, **about: Array) -> dict[str, Any]:
    """Four fifths of the rows for training, drawn at random."""
    order = random.permutation(len(x))
    parts = {"train": order[: len(x) * 4 // 5], "test": order[len(x) * 4 // 5 :]}
    return {name: table(x[at], y[at], **{key: of[at] for key, of in about.items()}) for name, at in parts.items()}


def repeated(seed: int) -> dict[str, Any]:
    x, y, random = rows(seed)
    again = random.integers(0, len(x), 120)
    return split(np.vstack([x, x[again]]), np.append(y, y[again]), random)


def with_ids_of_their_own(seed: int) -> dict[str, Any]:
    parts = repeated(seed)
    n = len(parts["train"]["y_true"])
    return {name: one | {"id": np.arange(len(one["y_true"])) + n * (name == "test")} for name, one in parts.items()}


def with_noise(seed: int) -> dict[str, Any]:
    x, y, random = rows(seed)
    return split(np.vstack([x, x + random.normal(0, 0.02, x.shape)]), np.append(y, y), random)


def with_noise_and_repeated_in_training(seed: int) -> dict[str, Any]:
    handed = with_noise(seed)
    return handed | {"train": {name: np.tile(values, 12) for name, values in handed["train"].items()}}


def persons(seed: int, held_out: bool = False) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(20), 20)
    x = random.normal(0, 3, (20, 5))[group] + random.normal(size=(400, 5))
    y = random.integers(0, 2, 20)[group]
    if not held_out:
        return split(x, y, random, group=group)
    held = np.isin(group, random.permutation(20)[:5])
    return {name: table(x[at], y[at], group=group[at]) for name, at in (("train", ~held), ("test", held))}


def walk(seed: int, chronological: bool = False) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    price, now = np.cumsum(random.normal(size=1060)), np.arange(40, 1040)
    x = np.column_stack([[price[at] - price[at - k : at + 1].mean() for at in now] for k in (5, 10, 30)])
    y = (price[now + 20] > price[now]).astype(int)
    if not chronological:
        return split(x, y, random, time=now)
    return {name: table(x[at], y[at], time=now[at]) for name, at in (("train", np.s_[:800]), ("test", np.s_[820:]))}


def resampled(seed: int, how: Any, before: bool = True) -> dict[str, Any]:
    x, y, random = rows(seed, share=0.1)
    if before:
        return split(*how(random_state=seed).fit_resample(x, y), random)
    parts = split(x, y, random)
    train = np.column_stack([parts["train"][f"f{place}"] for place in range(6)])
    return parts | {"train": table(*how(random_state=seed).fit_resample(train, parts["train"]["y_true"]))}


def reshuffled(seed: int, ids: bool = False) -> dict[str, Any]:
    x, y, random = rows(seed, n=500)
    passes = {"train": random.permutation(500)[:400], "test": random.permutation(500)[400:]}
    return {name: table(x[at], y[at], **({"id": at} if ids else {})) for name, at in passes.items()}


def knows_the_answer(seed: int, in_use: bool = True, strong: bool = False) -> dict[str, Any]:
    x, y, random = rows(seed)
    use, of = rows(seed + 1000)[:2]
    use[:, 2] = random.normal(size=len(use))
    x[:, 2] = x[:, 2] + 2 * y if strong else y + random.normal(0, 0.1, len(y))
    if strong:
        use[:, 2] += 2.6 * of
    return split(x, y, random) | ({"use": table(use, of)} if in_use else {})


FAULTS = {
    "rows that stand twice": ("exact-duplicates", "certain", repeated),
    "rows that stand twice, with ids of their own": ("exact-duplicates", "certain", with_ids_of_their_own),
    "copies with noise": ("near-duplicates", "likely", with_noise),
    "copies with noise, of rows repeated in training": (
        "near-duplicates",
        "likely",
        with_noise_and_repeated_in_training,
    ),
    "persons on both sides": ("group-overlap", "likely", persons),
    "a shuffled series": ("time-overlap", "likely", walk),
    "oversampled, then split": ("resampled-before-split", "likely", lambda seed: resampled(seed, RandomOverSampler)),
    "SMOTE, then split": ("resampled-before-split", "likely", lambda seed: resampled(seed, SMOTE)),
    "shuffled at every pass": ("reshuffled-sets", "likely", reshuffled),
    "shuffled at every pass, with ids": ("reshuffled-sets", "likely", lambda seed: reshuffled(seed, ids=True)),
    "a column that is lost in use": ("leaked-feature", "likely", knows_the_answer),
    "a column that knows": ("leaked-feature", "possible", lambda seed: knows_the_answer(seed, in_use=False)),
}


def ten_in_ten_thousand(seed: int) -> dict[str, Any]:
    x, y, random = rows(seed, n=10_000, columns=4)
    return split(np.vstack([x, x[:10]]), np.append(y, y[:10]), random)


def counted(seed: int) -> dict[str, Any]:
    parts = split(*rows(seed))
    return {name: one | {"id": np.arange(len(one["y_true"]))} for name, one in parts.items()}


def sites(seed: int) -> dict[str, Any]:
    x, y, random = rows(seed)
    site = random.integers(0, 4, len(x))
    return split(x + site[:, None], y, random, group=site)


def shaped(seed: int, how: Any) -> dict[str, Any]:
    x, y, random = rows(seed)
    return split(np.asarray(how(x), float), y, random)


TWINS = {
    "whole persons held out": lambda seed: persons(seed, held_out=True),
    "the end of a series held out": lambda seed: walk(seed, chronological=True),
    "training rows oversampled": lambda seed: resampled(seed, RandomOverSampler, before=False),
    "training rows with SMOTE": lambda seed: resampled(seed, SMOTE, before=False),
    "a strong feature": lambda seed: knows_the_answer(seed, strong=True),
    "ten duplicates in ten thousand": ten_in_ten_thousand,
    "ids that count the rows of each file": counted,
    "four sites on both sides": sites,
    "whole numbers": lambda seed: shaped(seed, np.round),
    "yes and no": lambda seed: shaped(seed, lambda x: x > 0),
    "one decimal, three columns": lambda seed: shaped(seed, lambda x: np.round(x[:, :3], 1)),
    "dozens of counts, and yes and no": lambda seed: shaped(
        seed, lambda x: np.column_stack([np.clip(np.round(20 + 4 * x[:, :3]), 5, 35), x[:, 3:] > 1])
    ),
    "many zeros": lambda seed: shaped(seed, lambda x: np.maximum(x, 0)),
    "heavy tails": lambda seed: shaped(seed, lambda x: np.exp(2 * x)),
    "correlated columns": lambda seed: shaped(seed, lambda x: np.column_stack([x, x @ np.ones((6, 6)) + 0.01 * x])),
    "one column": lambda seed: shaped(seed, lambda x: x[:, :1]),
    "constants and gaps": lambda seed: shaped(seed, lambda x: np.where(x < -1, np.nan, x) * [1, 1, 1, 1, 1, 0]),
    "cancer": lambda seed: split(*datasets.load_breast_cancer(return_X_y=True), np.random.default_rng(seed)),
    "wine": lambda seed: split(*datasets.load_wine(return_X_y=True), np.random.default_rng(seed)),
    "iris": lambda seed: split(*datasets.load_iris(return_X_y=True), np.random.default_rng(seed)),
    "digits": lambda seed: split(*datasets.load_digits(return_X_y=True), np.random.default_rng(seed)),
}


def named(report: Report) -> list[tuple[str, str]]:
    return [(one.cause, one.sure) for one in report.findings if one.cause in ACROSS]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_leak_is_the_only_one_that_is_named(fault: str) -> None:
    cause, sure, made = FAULTS[fault]
    for seed in SEEDS:
        assert named(examine(**made(seed))) == [(cause, sure)], seed


@pytest.mark.parametrize("twin", TWINS)
def test_a_healthy_split_is_left_alone(twin: str) -> None:
    for seed in SEEDS:
        assert named(examine(**TWINS[twin](seed))) == [], seed


def evidence(report: Report, cause: str) -> dict[str, Any]:
    return {item.name: item.value for one in report.findings if one.cause == cause for item in one.found.evidence}


def in_one_file(parts: dict[str, Any], right: float = 0.7) -> dict[str, Array]:
    """The predictions that go with two tables, in one file with a column split, right on this share of test rows."""
    random = np.random.default_rng(0)
    y = np.concatenate([parts[name]["y_true"] for name in ("train", "test")])
    split = np.repeat(["train", "test"], [len(parts[name]["y_true"]) for name in ("train", "test")])
    about = {key: np.concatenate([parts[name][key] for name in ("train", "test")])
             for key in ("id", "group", "time") if key in parts["train"]}  # fmt: skip
    wrong = (random.random(len(y)) > right) & (split == "test")
    return {"y_true": y, "y_pred": np.where(wrong, 1 - y, y), "split": split} | about


@pytest.mark.parametrize(
    ("cause", "parts", "healthy"),
    [
        ("group-overlap", persons(0), persons(0, held_out=True)),
        ("time-overlap", walk(0), walk(0, chronological=True)),
        ("reshuffled-sets", reshuffled(0, ids=True), counted(0)),
    ],
)
def test_predictions_with_a_split_say_it_without_features(cause: str, parts: Any, healthy: Any) -> None:
    assert (cause, "likely") in named(examine(in_one_file(parts)))
    assert named(examine(in_one_file(healthy))) == []


def test_what_the_score_is_without_rows_of_training_is_said() -> None:
    parts = repeated(0)
    seen = np.isin(parts["test"]["f0"], parts["train"]["f0"])
    y = parts["test"]["y_true"]
    decided = np.where(seen | (np.arange(len(y)) % 4 > 0), y, 1 - y)
    found = evidence(examine({"y_true": y, "y_pred": decided}, **parts), "exact-duplicates")
    assert found["held-out rows in training"] == seen.sum()
    assert found["accuracy that are training rows"] == 1
    assert found["accuracy of the others"] == pytest.approx((decided == y)[~seen].mean())
    other = {"y_true": 1 - y, "y_pred": decided}  # not the rows of the test table
    assert "accuracy of the others" not in evidence(examine(other, **parts), "exact-duplicates")


def test_each_cause_says_what_would_tell_it() -> None:
    y = np.tile([0, 1], 20)
    lacking = examine({"y_true": y, "y_pred": y}).cannot_tell
    assert "column group in --train" in lacking["group-overlap"] and "column time" in lacking["time-overlap"]
    assert "--train and --test, or a column id" in lacking["exact-duplicates"]
    apart = examine(in_one_file(with_ids_of_their_own(0)))
    assert "reshuffled-sets" in apart.not_found and "ids of their own" in apart.cannot_tell["exact-duplicates"]
    unlabelled = {name: {"f0": one["f0"]} for name, one in repeated(0).items()}
    assert "y_true in --train and --test" in examine(**unlabelled).cannot_tell["leaked-feature"]


def test_times_that_are_none_are_one_line() -> None:
    handed = in_one_file(walk(0))
    handed["time"] = np.where(np.arange(len(handed["time"])) == 3, "soon", handed["time"].astype(str))
    with pytest.raises(BadInput, match="^predictions: time: row 5: got 'soon', expected a number or a date"):
        examine(handed)


ODD = {
    "one row": lambda x, y: (x[:1], y[:1]),
    "two rows": lambda x, y: (x[:2], y[:2]),
    "one class": lambda x, y: (x, y * 0),
    "constants": lambda x, y: (x * 0, y),
    "no numbers": lambda x, y: (x * np.nan, y),
    "huge numbers": lambda x, y: (x * 1e300, y),
    "texts": lambda x, y: (x.round(1).astype(str), y),
    "numbers to predict": lambda x, y: (x, x[:, 0] + 0.5),
    "a label for each row": lambda x, y: (x, np.arange(len(y)).astype(str)),
    "the same rows twice": lambda x, y: (np.tile(x[:1], (len(x), 1)), y),
    "many columns": lambda x, y: (np.tile(x[:50], (1, 500)), y[:50]),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.filterwarnings("error")
def test_odd_tables_give_a_report(odd: str) -> None:
    x, y, random = rows(0, n=200)
    x, y = ODD[odd](x, y)
    one = table(x, y, group=np.arange(len(y)) // 2, time=np.zeros(len(y)), id=np.arange(len(y)))
    other = table(x[: len(x) // 2 + 1], y[: len(x) // 2 + 1])
    for parts in ({"train": one, "test": one}, {"train": other, "test": other, "use": other}):
        report = examine(**parts)
        assert sorted([*report.not_found, *report.cannot_tell, *(f.cause for f in report.findings)]) == sorted(TABLE)
