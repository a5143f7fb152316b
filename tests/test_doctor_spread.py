"""The doctor on chance in a score: few rows, other seeds, groups; and what weights of rows do to it."""

from typing import Any

import numpy as np
import pytest
from examined import causes

from mirage.doctor import BadInput, Report, examine

Array = np.ndarray
SEEDS = range(20)


def decided(seed: int, n: int, right: float | Array, classes: int = 2, share: float = 0.5) -> dict[str, Any]:
    """Labels, and decisions that are right on this share of rows."""
    random = np.random.default_rng(seed)
    y = (random.random(n) < share).astype(int) if classes == 2 else random.integers(0, classes, n)
    y[:classes] = np.arange(classes)
    wrong = (y + random.integers(1, classes, n)) % classes
    return {"y_true": y, "y_pred": np.where(random.random(n) < right, y, wrong)}


def said(report: Report) -> str:
    return " ".join(one.text for finding in report.findings for one in finding.found.evidence)


# -- few rows ------------------------------------------------------------------------------------------------------


def test_all_of_twenty_rows_are_compatible_with_83_percent_and_that_is_said() -> None:
    y = np.arange(20) % 2
    report = examine({"y_true": y, "y_pred": y})
    assert [(one.cause, one.sure) for one in report.findings] == [("small-set", "likely")]
    assert "on 20 rows is compatible with 0.8389 to 1" in said(report)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_few_rows_are_a_small_set_and_a_few_hundred_are_not(classes: int) -> None:
    for seed in SEEDS:
        assert "small-set" in causes(examine(decided(seed, 20, 0.9, classes)))
        for right in (0.7, 0.9, 0.99):
            assert causes(examine(decided(seed, 400, right, classes))) == [], seed


def test_a_class_of_hardly_any_row_is_said_and_an_honest_95_percent_is_left_alone() -> None:
    y = (np.arange(400) < 3).astype(int)
    report = examine({"y_true": y, "y_pred": y})
    assert causes(report) == ["small-set"] and "Only 3 of the rows are of class 1" in said(report)
    for seed in SEEDS:
        assert "small-set" not in causes(examine(decided(seed, 400, 0.95, share=0.05)))


def test_rows_of_a_dozen_persons_are_a_small_set_however_many_they_are_and_two_sites_are_not() -> None:
    for seed in SEEDS:
        person = np.repeat(np.arange(12), 50)
        handed = decided(seed, 600, np.where(person % 3 == 0, 0.4, 0.97)) | {"group": person}
        assert "on 600 rows in 12 groups" in said(examine(handed))
        assert causes(examine(decided(seed, 600, 0.9) | {"group": person % 2})) == []


# -- other seeds ---------------------------------------------------------------------------------------------------


def run_again(first: dict[str, Any], seed: int, right: float) -> dict[str, Any]:
    """The same rows, decided by a run that is right on this share of them."""
    random = np.random.default_rng(seed)
    y = np.asarray(first["y_true"])
    return {"y_true": y, "y_pred": np.where(random.random(len(y)) < right, y, 1 - y)}


def test_runs_that_differ_beyond_chance_are_named_and_others_are_not() -> None:
    for seed in SEEDS:
        first = decided(seed, 1000, 0.9)
        for rights, expected in (
            ([0.7], ["seed-spread"]),
            ([0.9, 0.89, 0.75], ["seed-spread"]),
            ([0.9, 0.9, 0.9], []),
            ([0.91, 0.89, 0.9], []),
        ):
            runs = [run_again(first, 100 * seed + k, right) for k, right in enumerate(rights)]
            assert causes(examine(first, runs=runs)) == expected, (seed, rights)
        assert causes(examine(first, runs=[first, first])) == []


def test_runs_on_few_rows_differ_by_chance() -> None:
    named = 0
    for seed in range(200):
        first = decided(seed, 100, 0.85)
        runs = [run_again(first, 1000 * seed + k, 0.85) for k in range(4)]
        named += "seed-spread" in causes(examine(first, runs=runs))
    assert named <= 1


# -- groups --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [3, 30])
def test_a_group_far_below_the_rest_is_named(groups: int) -> None:
    for seed in SEEDS:
        of = np.repeat(np.arange(groups), 100)
        report = examine(decided(seed, len(of), np.where(of == 1, 0.6, 0.93)) | {"group": of})
        assert "subgroup" in causes(report), seed
        assert "In group 1," in said(report)


GROUPS = {  # name -> size of each group, and how often its rows are right
    "alike": lambda random: (np.full(8, 100), np.full(8, 0.9)),
    "many small ones": lambda random: (np.full(300, 4), np.full(300, 0.9)),
    "persons of ten rows that differ": lambda random: (np.full(60, 10), random.beta(3, 0.5, 60)),
    "persons of forty rows that differ": lambda random: (np.full(60, 40), random.beta(4, 1, 60)),
    "some persons whom it never knows": lambda random: (np.full(50, 40), np.where(random.random(50) < 0.2, 0.2, 0.97)),
    "of very different sizes": lambda random: (random.geometric(0.02, 40), np.full(40, 0.9)),
    "one for each row": lambda random: (np.ones(500, int), np.full(500, 0.9)),
    "one": lambda random: (np.array([500]), np.array([0.9])),
}


@pytest.mark.parametrize("kind", GROUPS)
def test_groups_that_differ_by_chance_or_as_persons_do_are_left_alone(kind: str) -> None:
    named = 0
    for seed in range(50):
        sizes, rights = GROUPS[kind](np.random.default_rng(seed + 1000))
        of = np.repeat(np.arange(len(sizes)), sizes)
        named += "subgroup" in causes(examine(decided(seed, len(of), np.repeat(rights, sizes)) | {"group": of}))
    assert named == 0


# -- weights -------------------------------------------------------------------------------------------------------


def test_rows_count_by_their_weight_and_a_row_of_weight_two_is_not_two_rows() -> None:
    y = np.arange(200) % 2
    right = np.arange(200) % 10 != 0
    handed = {"y_true": y, "y_pred": np.where(right, y, 1 - y)}
    plain = examine(handed).score
    alike = examine(handed | {"weight": np.full(200, 7.0)})
    assert alike.score == plain and "weight" in " ".join(alike.notes)
    score = examine(handed | {"weight": np.where(right, 1.0, 3.0)}).score
    assert score and plain and score.value == pytest.approx(180 / (180 + 60)) and score.n == 200
    assert score.ci_high - score.ci_low > plain.ci_high - plain.ci_low
    rare = examine(handed | {"weight": np.where(y == 1, 1.0, 4.0)}).score
    assert rare and rare.constant == pytest.approx(0.8)


def test_weights_count_in_groups_and_in_a_regression_too() -> None:
    handed = decided(0, 400, 0.9) | {"group": np.arange(400) // 20}
    assert examine(handed | {"weight": np.full(400, 2.0)}).score == examine(handed).score
    y = np.linspace(0.5, 9.9, 100)
    handed = {"y_true": y, "y_pred": np.where(y > 5, y + 3, y)}
    plain, light = examine(handed).score, examine(handed | {"weight": np.where(y > 5, 0.01, 1.0)}).score
    assert plain and light and light.value > plain.value


@pytest.mark.parametrize("weights", [["1", "-1"], ["1", ""], ["0", "0"], ["1", "inf"], ["1", "heavy"], ["1e300", "1"]])
def test_weights_that_cannot_be_are_one_line(weights: list[str]) -> None:
    with pytest.raises(BadInput, match=r"weight: .*got .*, expected") as caught:
        examine({"y_true": ["0", "1"], "y_pred": ["0", "1"], "weight": np.array(weights, dtype=object)})
    assert "\n" not in str(caught.value)
