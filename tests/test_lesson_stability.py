"""The lesson stability: what stage `replace` replaces, and how far models lie apart, against closed forms."""

import re
from typing import Any

import numpy as np
import pytest
from helpers import arm, plan, rows
from hypothesis import given
from hypothesis import strategies as st

from mirage.data.laws import Law
from mirage.data.rows import draw
from mirage.data.split import CannotDraw, Splits
from mirage.data.stages import Stages
from mirage.data.streams import Streams
from mirage.metrics.agreement import of_pairs
from mirage.metrics.rows import measure
from mirage.training.replicate import Outcome, Trained, drawn, outcome

VARY = ("data", "split", "resample")
SCENARIOS = pytest.mark.parametrize("scenario", ["stability", "stability_real"])


def law(**settings: Any) -> Law:
    used: Law = arm("stability", "row").data
    return used.model_copy(update={"n_train": 20, "n_validation": 30, "n_test": 6, **settings})


def through(k: int, member: int = 0, **settings: Any) -> Splits:
    """Rows of which `k` are replaced, as one of several models gets them."""
    stages = Stages.model_validate({"order": ["replace"], "replace": {"rows": k}})
    return draw(law(**settings), stages.listed(), Streams(3, VARY, member, ["resample"]))


def differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Which rows of two sets are not the same."""
    return np.flatnonzero((one != other).any(axis=1))


@given(k=st.integers(0, 20), member=st.integers(1, 7))
def test_models_differ_in_as_many_rows_as_are_replaced_all_in_the_same_places(k: int, member: int) -> None:
    whole = draw(law(), [], Streams(3, VARY))
    first, other = through(k), through(k, member)
    places = differ(whole["train"].x, first["train"].x)
    assert len(places) == k and np.array_equal(places, differ(whole["train"].x, other["train"].x))
    assert set(differ(first["train"].x, other["train"].x)) <= set(places)
    spare = {tuple(x): y for x, y in zip(*whole["validation"][:2], strict=True)}
    for splits in (first, other):
        new = [tuple(x) for x in splits["train"].x[places]]
        assert len(set(new)) == k and splits["train"].y[places].tolist() == [spare[row] for row in new]
        assert list(splits) == ["train", "test"]  # neither spare rows nor the wrong labels, which may be gone
        assert np.array_equal(splits["test"].x, whole["test"].x)


def test_the_first_places_are_replaced_whatever_their_number() -> None:
    whole = draw(law(), [], Streams(3, VARY))["train"].x
    few, more = (set(differ(whole, through(k)["train"].x)) for k in (3, 9))
    assert few < more


@pytest.mark.parametrize(
    ("k", "settings", "expected"),
    [
        (21, {}, "stages.replace.rows: got 21, expected at most 20: no more than there are training rows"),
        (9, {"n_validation": 8}, "stages.replace.rows: got 9, expected at most 8: no more"),
        (1, {"n_validation": 0}, "stages.replace.rows: got 1, expected at most 0: no more"),
    ],
)
def test_more_rows_than_there_are_is_refused_in_one_line(k: int, settings: dict[str, int], expected: str) -> None:
    with pytest.raises(CannotDraw, match=re.escape(expected)) as refusal:
        through(k, **settings)
    assert "\n" not in str(refusal.value)


def test_replacing_without_a_validation_split_is_refused() -> None:
    with pytest.raises(CannotDraw, match=r"stages.replace.rows: got 0, expected at most 0"):
        through(0, n_validation=0)


def fitted(splits: Splits, penalty: float) -> np.ndarray:
    """What ridge regression on the training rows says of the test rows."""
    x, y = splits["train"].x, splits["train"].y
    return np.asarray(splits["test"].x @ np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y))


@pytest.mark.parametrize("penalty", [0, 5])
def test_a_replaced_row_moves_a_ridge_regression_by_what_its_leverage_says(penalty: float) -> None:
    """One row out and another in, each by Sherman and Morrison's formula: no fit is made again."""
    first, other = through(1), through(1, member=1)
    [place] = differ(first["train"].x, other["train"].x)
    x, y = first["train"].x, first["train"].y
    inverse = np.linalg.inv(x.T @ x + penalty * np.eye(x.shape[1]))
    weights = inverse @ x.T @ y
    for row, label, sign in ((x[place], y[place], -1), (other["train"].x[place], other["train"].y[place], 1)):
        leverage, residual = row @ inverse @ row, label - row @ weights
        weights = weights + sign * inverse @ row * residual / (1 + sign * leverage)
        inverse = inverse - sign * np.outer(inverse @ row, row @ inverse) / (1 + sign * leverage)
    said = np.stack([fitted(splits, penalty) for splits in (first, other)])
    expected = np.abs(first["test"].x @ weights - said[0]).mean()
    assert of_pairs(said, said > 0.5)["moved"] == pytest.approx(expected, rel=1e-9)


def test_models_alike_do_not_move_and_opposite_ones_do_by_one() -> None:
    one = np.array([0.0, 1.0, 1.0])
    assert of_pairs(np.stack([one, one]), np.stack([one, one])) == {"moved": 0, "flips": 0}
    assert of_pairs(np.stack([one, 1 - one]), np.stack([one, 1 - one])) == {"moved": 1, "flips": 1}


@given(models=st.integers(2, 8), ones=st.integers(0, 8))
def test_of_models_that_say_one_or_zero_the_pairs_that_disagree_are_counted(models: int, ones: int) -> None:
    ones = min(ones, models)
    said = np.repeat([[1.0, 0.0]], models, axis=0)
    said[ones:, 0] = 0
    share = ones * (models - ones) / (models * (models - 1) / 2) / 2  # in one of two rows
    assert of_pairs(said, said) == {"moved": pytest.approx(share), "flips": pytest.approx(share)}


def test_one_model_agrees_with_none() -> None:
    assert all(np.isnan(value) for value in of_pairs(np.ones((1, 3)), np.ones((1, 3))).values())


def replicate(name: str, scores: Any) -> dict[str, float]:
    """The numbers without a split of a replicate whose models say this of their test rows."""
    used = arm("stability", name)
    models = drawn(used, plan("stability").about.vary, 0)
    each = [Trained({s: scores(splits[s].x) for s in splits}, {"diverged": 0.0}, {}) for splits in models]
    made: Outcome = outcome(models, each)
    found = measure(used, ["accuracy"], [], models[0], made)
    return {m: v for (_, split, m), v in zip(found.names, found.values, strict=True) if split == "model"}


def test_where_nothing_differs_the_models_of_a_replicate_have_the_same_rows_and_agree() -> None:
    models = drawn(arm("stability", "nothing"), plan("stability").about.vary, 0)
    assert all(np.array_equal(models[0][split].x, models[1][split].x) for split in models[0])
    numbers = replicate("nothing", lambda x: 1 / (1 + np.exp(-x.sum(axis=1))))
    assert numbers["moved"] == numbers["flips"] == 0


@SCENARIOS
def test_arms_vary_what_they_are_called_by(scenario: str) -> None:
    arms = plan(scenario).arms
    streams = {"row": "resample", "ten": "resample", "all": "resample", "right": "resample"}
    streams |= {"order": "shuffle", "init": "init"}
    for name, used in arms.items():
        stream = streams.get(name.split("_")[0])
        assert used.model.members_vary == ([] if stream is None else [stream]), name
        first, second = drawn(used, plan(scenario).about.vary, 0)[:2]
        replaced = len(differ(first["train"].x[:100], second["train"].x[:100]))
        assert replaced == 0 if stream != "resample" else replaced >= 0.6 * used.stages.replace.rows, name
        assert replaced <= used.stages.replace.rows and first["test"].x is second["test"].x, name


@SCENARIOS
def test_arms_of_one_row_differ_from_the_one_that_nothing_holds_back_in_one_thing(scenario: str) -> None:
    arms = plan(scenario).arms
    plain = arms["row"]
    assert arms["row_l2"].model == plain.model.model_copy(update={"l2": arms["row_l2"].model.l2})
    assert arms["row_short"].training == plain.training.model_copy(update={"epochs": arms["row_short"].training.epochs})
    assert arms["right_row"].data == plain.data.model_copy(update={"flipped": 0})
    noise = arms["row_noise"]
    assert (noise.data, noise.model, noise.stages.replace) == (plain.data, plain.model, plain.stages.replace)
    clean = rows(scenario, "row")["train"].x
    assert np.array_equal(rows(scenario, "row_noise")["train"].x[:100], clean)  # copies come after the rows
