"""Settings: strict types and ranges, defaults that mean off, and errors of one line in the key that was typed."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from helpers import arm
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mirage.config.plan import Arm
from mirage.data.law import Law
from mirage.metrics.decisions import Decision
from mirage.models.kind import Kind
from mirage.settings import MOST, Settings

RIDGE = {"name": "ridge", "alpha": 1.0}
COIN = {"name": "coin", "n_rows": 10, "n_features": 3}
RESAMPLE = {"name": "none"}


def refused(read: Callable[[Any], Settings], raw: object) -> list[str]:
    """The dotted keys that are refused, nothing if the settings are taken."""
    try:
        read(raw)
    except ValidationError as error:
        return [".".join(map(str, one["loc"])) for one in error.errors()]
    return []


wrong = st.one_of(
    st.booleans(),
    st.text(max_size=5),
    st.sampled_from(["5", "1.0", "null", math.nan, math.inf, -math.inf, 10**400, -(10**400), [], [5], {}, {"a": 5}]),
)


@given(value=st.one_of(wrong, st.none()))
def test_a_number_is_no_truth_value_text_or_list_and_is_finite(value):
    assert refused(Law.read, COIN | {"n_rows": value}) == ["n_rows"]
    assert refused(Kind.read, RIDGE | {"alpha": value}) == ["alpha"]


@given(value=st.one_of(st.integers(0, 10**15), st.floats(0, 1e300)))
def test_a_number_may_be_a_whole_one_but_a_whole_number_is_no_float(value):
    assert Kind.read(RIDGE | {"alpha": value}).alpha == value
    assert isinstance(value, int) or refused(Law.read, COIN | {"n_rows": value}) == ["n_rows"]


@given(value=st.integers())
def test_whole_numbers_are_taken_in_their_range_only(value):
    assert refused(Law.read, COIN | {"n_rows": value}) == ([] if 1 <= value <= MOST else ["n_rows"])
    assert refused(Law.read, COIN | {"n_rows": 5, "n_test": value}) == ([] if 0 <= value <= MOST else ["n_test"])


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_shares_lie_between_their_bounds(value):
    decided = {"threshold": 0.5, "miss_cost": 1, "ensembles_of": 1}
    for key, taken in (("threshold", 0 <= value <= 1), ("corrected_to", 0 < value < 1), ("miss_cost", value > 0)):
        assert refused(Decision.model_validate, decided | {key: value}) == ([] if taken else [key])


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"hidden": []}, "hidden"),
        ({"hidden": [0]}, "hidden"),
        ({"hidden": [5, 2.0]}, "hidden.1"),
        ({"activation": "Relu"}, "activation"),
        ({"members_vary": ["init", "init"]}, "members_vary"),
        ({"members_vary": ["luck"]}, "members_vary.0"),
        ({"depth": 3}, "depth"),
        ({"name": "perceptrons"}, "name"),
        ({"name": None}, "name"),
    ],
)
def test_a_wrong_list_choice_or_key_is_refused_by_its_key(changed, key):
    assert refused(Kind.read, arm("l2", "none").model.model_dump() | changed) == [key]


@given(raw=st.recursive(st.one_of(st.none(), wrong), lambda inner: st.dictionaries(st.text(max_size=8), inner)))
def test_nothing_else_than_settings_is_ever_taken_for_a_block(raw):
    assert refused(Law.read, raw) or raw in Law.table


@pytest.mark.parametrize("default", [1, 0.5, True, "adam", [1], {"a": 1}, -1, "", (), math.nan])
def test_a_default_that_does_not_mean_off_is_refused_when_the_class_is_made(default):
    with pytest.raises(TypeError, match="Loud.volume: got default .*, expected one that means off"):

        class Loud(Settings):
            volume: Any = default


@pytest.mark.parametrize(
    ("scenario", "name", "changed", "key"),
    [
        ("l2", "none", {"training": None}, "training"),
        ("imbalance", "logistic", {"training": arm("l2", "none").training.model_dump()}, "training"),
        ("overfitting", "network", {"stages": {"order": ["resample"], "resample": RESAMPLE}}, "stages.resample"),
        ("overfitting", "network", {"decision": {"threshold": 0.4}}, "decision.threshold"),
        ("ridge_lasso", "ridge", {"decision": {"corrected_to": 0.4}}, "decision.corrected_to"),
        ("multi_seed", "network", {"decision": {"ensembles_of": 2}}, "decision.ensembles_of"),
        ("l2", "none", {"model": {"members": 2}}, "model.members"),
        ("l2", "none", {"stages": {"hold_out": {"into": "test"}}}, "stages.hold_out.into"),
        ("l2", "none", {"training": {"validate_on": "test_shifted"}}, "training.validate_on"),
        ("metric_choice", "network", {"training": {"validate_on": "test"}}, "training.validate_on"),
        ("dropout", "dropout", {"data": {"high": 0}}, "data.high"),
        ("l2", "none", {"training": {"validation_freq": [3, 2]}}, "training.validation_freq"),
        ("l2", "none", {"training": {"validation_freq": [0]}}, "training.validation_freq"),
        ("early_stopping", "early_stopping", {"training": {"validation_freq": [9]}}, "training.validation_freq"),
        ("l2_controlled", "none", {"data": {"n_informative": 99}}, "data.n_informative"),
        ("overfitting", "network", {"training": {"watched_sets": 2}}, "training.watched_sets"),
        ("early_stopping", "early_stopping", {"training": {"watched_sets": 2}}, "training.watched_sets"),
        ("l2", "none", {"decision": {"stopped": {"monitor": "val_loss", "patience": 1}}}, "decision.stopped"),
        (
            "early_stopping_on_test_controlled",
            "stopped_200",
            {"decision": {"stopped": {"joined": 26}}},
            "decision.stopped.joined",
        ),
        ("multi_seed_controlled", "single", {"data": {"n_pool": 3}}, "data.n_pool"),
        ("ridge_lasso", "ridge", {"model": {"alternatives": [2.0]}}, "model.alternatives"),  # no validation rows
        ("ridge_lasso_controlled", "l1_chosen", {"data": {"n_validation": 0}}, "model.alternatives"),
        ("ridge_lasso_controlled", "l1_chosen", {"model": {"alternatives": [1.0]}}, "model.alternatives"),  # its own
        ("ridge_lasso_controlled", "l1_chosen", {"model": {"alternatives": [2.0, 2.0]}}, "model.alternatives"),
        ("ridge_lasso_controlled", "l1_chosen", {"model": {"alternatives": [0.0]}}, "model.alternatives"),
        ("breast_cancer", "boosting", {"model": {"alternatives": [0.1]}}, "model.alternatives"),  # no penalty to set
        ("ridge_lasso_controlled", "l1", {"decision": {"cut": True}}, "decision.cut"),  # gives probabilities
        ("overfitting", "network", {"decision": {"cut": True}}, "decision.cut"),  # no classes
        ("input_sensitivity_controlled", "network", {"data": {"jump": 0.0}}, "data.jump"),
        ("input_sensitivity_controlled", "network", {"data": {"n_stepped": 0}}, "data.jump"),
        ("multi_seed_real", "single", {"model": {"members_vary": ["init", "data"]}}, "model.members_vary"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_by_the_key_to_change(scenario, name, changed, key):
    def put(old: Any, new: Any) -> Any:
        return old | {k: put(old.get(k), v) for k, v in new.items()} if isinstance(old and new, dict) else new

    raw = arm(scenario, name).model_dump()
    assert refused(Arm.model_validate, raw) == []
    assert refused(Arm.model_validate, put(raw, changed)) == [key]
