"""The blocks of the lesson leakage, against closed forms and scikit-learn; and its control in small."""

import numpy as np
import pytest
from helpers import plan, rows
from scipy.stats import multivariate_normal
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from test_data import counted, law, normals, of, same
from test_stages import through

import mirage
from mirage.data.laws import Law
from mirage.data.split import CannotDraw
from mirage.settings import ConfigError

HELD = {"into": "validation", "share": 0.25, "seed": None, "stratify": True}
REPEAT = {"name": "repeat", "share": 0.5, "copies": 2}


def groups(**changed: object) -> Law:
    """Persons whose rows are almost the same."""
    sizes = {"n_persons": 40, "n_test_persons": 10, "rows_each": 4, "n_features": 3, "validation_share": 0.25}
    return law("groups", **(sizes | {"separation": 2.0, "between": 1.5, "within": 1e-6} | changed))


def walk(**changed: object) -> Law:
    sizes = {"n_train": 400, "n_test": 100, "n_features": 4, "validation_share": 0.25}
    return law("walk", **(sizes | {"memory": 0.9, "explained": 0.75} | changed))


def persons(x: np.ndarray) -> set[bytes]:
    """Whose rows these are: rows of one person are equal but for the seventh digit."""
    return {row.round(3).tobytes() for row in x}


# -- law groups ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mixed", [False, True])
def test_a_person_is_on_one_side_unless_rows_are_held_out_by_chance(mixed: bool) -> None:
    used = groups(mixed=mixed)
    splits = of(used, 3)
    who = {name: persons(split.x) for name, split in splits.items()}
    assert {name: len(split.y) for name, split in splits.items()} == {"train": 120, "validation": 40, "test": 40}
    assert used.held_out() == {"test": 40, "validation": 40}
    assert bool(who["train"] & who["validation"]) == mixed and not who["test"] & (who["train"] | who["validation"])
    assert all(split.y.mean() == 0.5 for name, split in splits.items() if name == "test" or not mixed)
    assert len(who["train"] | who["validation"]) == 40
    assert same(of(groups(mixed=not mixed), 3)["test"], splits["test"])  # both ways are judged on the same rows


def test_a_new_persons_probability_is_bayes_rule_of_two_normal_classes() -> None:
    used = groups(within=0.5)
    x = of(used)["test"].x
    sd = np.hypot(1.5, 0.5)
    centre = np.full(3, sd / np.sqrt(3))  # half of two standard deviations from the middle
    one, zero = (multivariate_normal(c, sd**2 * np.eye(3)).pdf(x) for c in (centre, -centre))
    np.testing.assert_allclose(used.probability(x, None), one / (one + zero))


# -- law walk --------------------------------------------------------------------------------------------------------


def test_rows_are_held_out_from_the_end_of_time_or_from_among_the_others() -> None:
    last, mixed = of(walk(), 1), of(walk(shuffled=True), 1)
    assert same(last["test"], mixed["test"]) and len(last["validation"].y) == len(mixed["validation"].y) == 100
    assert counted(last["train"], last["validation"]) == counted(mixed["train"], mixed["validation"])
    whole = of(walk(n_train=300, n_test=200), 1)  # the same walk, cut elsewhere
    before = np.concatenate([whole[name].x for name in ("train", "validation")])
    np.testing.assert_array_equal(last["train"].x, before)
    np.testing.assert_array_equal(last["validation"].x, whole["test"].x[:100])
    place = {row.tobytes(): i for i, row in enumerate(np.concatenate([before, whole["test"].x]))}
    for name in ("train", "validation"):
        order = [place[row.tobytes()] for row in mixed[name].x]
        assert order == sorted(order) and max(order) < 400
    assert min(order) < 300


def test_features_move_as_slowly_as_is_said_and_the_best_rule_is_right_as_often_as_two_normals_agree() -> None:
    used = walk(n_train=40_000)
    train = of(used)["train"]
    np.testing.assert_allclose(train.x.var(axis=0), 1, atol=0.12)
    np.testing.assert_allclose(np.mean(train.x[1:] * train.x[:-1], axis=0), 0.9, atol=0.12)
    probability = used.probability(train.x, None)
    right = np.mean((probability > 0.5) == train.y)
    assert right == pytest.approx(1 - np.arccos(np.sqrt(0.75)) / np.pi, abs=0.02)
    assert np.mean(np.abs(probability - 0.5) + 0.5) == pytest.approx(right, abs=0.02)


# -- stages answer, choose, and kind repeat --------------------------------------------------------------------------


def test_the_answer_is_on_record_in_its_share_of_class_1_and_nowhere_in_fresh_rows() -> None:
    used = normals(n_train=2000, minority_share=0.5)
    plain, told = of(used), through(used, ("answer", {"recorded": 0.8}))
    assert list(plain) == list(told)
    for name, split in told.items():
        np.testing.assert_array_equal(split.x[:, :-1], plain[name].x)
        assert not split.x[split.y == 0, -1].any()
        if name.startswith("test"):
            assert not split.x[:, -1].any()
    train = told["train"]
    assert train.x[train.y == 1, -1].mean() == pytest.approx(0.8, abs=0.05) and set(train.x[:, -1]) == {0, 1}


def test_features_are_chosen_as_scikit_learns_f_test_ranks_them_by_the_training_rows() -> None:
    used = normals(n_train=100, n_features=30, n_informative=3, minority_share=0.5)
    plain, chosen = of(used), through(used, ("choose", {"features": 5}))
    best = np.sort(np.argsort(-f_classif(*plain["train"][:2])[0])[:5])
    for name, split in chosen.items():
        np.testing.assert_array_equal(split.x, plain[name].x[:, best])
    whole = through(used, ("choose", {"features": 30}))
    assert all(same(whole[name], plain[name]) for name in plain)


@pytest.mark.parametrize("sd", [0, 0.1])
def test_rows_that_occur_again_are_the_rows_or_near_them(sd: float) -> None:
    used = normals()
    plain = of(used)["train"]
    train = through(used, ("augment", REPEAT | {"sd": sd}))["train"]
    assert len(train.y) == 200 + 2 * 100
    np.testing.assert_array_equal(train.x[:200], plain.x)
    again = train.x[200:].reshape(2, 100, -1)
    if sd:
        assert (again[0] - again[1]).std() == pytest.approx(np.sqrt(2) * sd, rel=0.2)
    else:
        assert sorted(counted(train).values()) == [1] * 100 + [3] * 100


def test_what_cannot_be_drawn_is_one_line() -> None:
    with pytest.raises(CannotDraw, match=r"^stages.choose.features: got 5, expected at most 4$"):
        through(normals(), ("choose", {"features": 5}))
    with pytest.raises(CannotDraw, match=r"^stages.augment.share: got 0.001 of 200 rows, expected at least one row$"):
        through(normals(), ("augment", REPEAT | {"share": 0.001}))
    with pytest.raises(CannotDraw, match=r"^data.validation_share: got 0.01 of 40 persons, expected at least one of "):
        of(groups(validation_share=0.01))
    with pytest.raises(CannotDraw, match=r"^data.validation_share: got 0.001 of 400 rows, expected at least one row "):
        of(walk(validation_share=0.001))
    with pytest.raises(ConfigError, match=r"^arms.answer_with.stages.answer.recorded: got 2"):
        mirage.plan("leakage", "arms.answer_with.stages.answer.recorded=2")


# -- the experiment --------------------------------------------------------------------------------------------------


def flattery(arm: str) -> float:
    """By how much a logistic regression is better on held-out rows than on fresh ones; mean of three seeds."""
    found = []
    for seed in range(3):
        splits = rows("leakage", arm, seed=seed)
        model = LogisticRegression().fit(*splits["train"][:2])
        found.append(model.score(*splits["validation"][:2]) - model.score(*splits["test"][:2]))
    return float(np.mean(found))


def test_a_choice_before_the_split_leaks_and_scaling_does_not() -> None:
    assert flattery("chosen_wrong") > 0.3
    assert abs(flattery("scaled_before") - flattery("scaled_after")) < 0.01


def test_both_ways_have_the_same_fresh_rows_and_networks_train_on_as_many() -> None:
    arms = plan("leakage").arms
    for wrong, right in ((name, name.replace("wrong", "right")) for name in arms if name.endswith("_wrong")):
        assert arms[wrong].model == arms[right].model and arms[wrong].training == arms[right].training
        one, other = rows("leakage", wrong), rows("leakage", right)
        assert one["test"].x.shape[0] == other["test"].x.shape[0] and len(one["train"].y) == len(other["train"].y)
        if not any(stage.moves for stage in arms[wrong].stages.listed()):
            assert same(one["test"], other["test"])
        assert arms[wrong].training is None or len(one["train"].y) == 720


def test_a_reference_is_asked_where_it_can_be_and_refused_where_no_arm_can() -> None:
    arms = plan("leakage").arms
    asked = {name for name, arm in arms.items() if arm.asks("bayes")}
    assert asked == {name for name in arms if name.partition("_")[0] not in ("chosen", "scaled")} - {"answer_with"}
    assert all(arm.asks("majority_class") for arm in arms.values())
    assert set(plan("leakage", "only=[scaled_before]").arms) == {"scaled_before"}  # the scenario has a use for it
    with pytest.raises(ConfigError, match="^references: got true_line, which asks the law "):
        plan("leakage", "references=[true_line]")
