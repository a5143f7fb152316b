"""Settings: strict types and ranges, defaults that mean off, and errors of one line in the key that was typed."""

import math
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
from mirage.settings import MOST, Block, Settings, expected, is_neutral

RIDGE = {"name": "ridge", "alpha": 1.0}
COIN = {"name": "coin", "n_rows": 10, "n_features": 3}


def refused(family: type[Block], raw: object) -> list[str]:
    """The dotted keys that are refused, nothing if the settings are taken."""
    try:
        family.read(raw)
    except ValidationError as error:
        return [".".join(map(str, one["loc"])) for one in error.errors()]
    return []


# -- strict types --------------------------------------------------------------------------------------------

wrong = st.one_of(
    st.booleans(),
    st.text(max_size=5),
    st.sampled_from(["5", "1.0", "null", math.nan, math.inf, -math.inf, 10**400, -(10**400), [], [5], {}, {"a": 5}]),
)


@given(value=st.one_of(wrong, st.floats(), st.none()))
def test_a_whole_number_is_no_truth_value_text_float_or_list(value: object) -> None:
    assert refused(Law, COIN | {"n_rows": value}) == ["n_rows"]


@given(value=st.one_of(wrong, st.none()))
def test_a_number_is_no_truth_value_or_text_and_is_finite(value: object) -> None:
    assert refused(Kind, RIDGE | {"alpha": value}) == ["alpha"]


@given(value=st.one_of(st.integers(0, 10**15), st.floats(0, 1e300)))
def test_a_number_may_be_a_whole_one_and_comes_back_as_it_was(value: float) -> None:
    assert Kind.read(RIDGE | {"alpha": value}).alpha == value


@given(value=st.integers())
def test_whole_numbers_are_taken_in_their_range_only(value: int) -> None:
    assert refused(Law, COIN | {"n_rows": value}) == ([] if 1 <= value <= MOST else ["n_rows"])
    assert refused(Law, COIN | {"n_rows": 5, "n_test": value}) == ([] if 0 <= value <= MOST else ["n_test"])


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_shares_lie_between_their_bounds(value: float) -> None:
    decided = {"threshold": 0.5, "miss_cost": 1, "ensembles_of": 1}
    for key, taken in (("threshold", 0 <= value <= 1), ("corrected_to", 0 < value < 1), ("miss_cost", value > 0)):
        try:
            Decision.model_validate(decided | {key: value})
        except ValidationError:
            assert not taken
        else:
            assert taken


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"hidden": []}, "hidden"),
        ({"hidden": [0]}, "hidden"),
        ({"hidden": [5, 2.0]}, "hidden.1"),
        ({"hidden": 5}, "hidden"),
        ({"activation": "Relu"}, "activation"),
        ({"members_vary": ["init", "init"]}, "members_vary"),
        ({"members_vary": ["luck"]}, "members_vary.0"),
        ({"depth": 3}, "depth"),
        ({"name": "perceptron"}, "name"),
        ({"name": None}, "name"),
    ],
)
def test_a_wrong_list_choice_or_key_is_refused_by_its_key(changed: dict[str, Any], key: str) -> None:
    assert refused(Kind, arm("l2", "none").model.model_dump() | changed) == [key]


@given(raw=st.recursive(st.one_of(st.none(), wrong), lambda inner: st.dictionaries(st.text(max_size=8), inner)))
def test_nothing_else_than_settings_is_ever_taken_for_a_block(raw: object) -> None:
    assert refused(Law, raw) or raw in Law.table


# -- defaults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("default", [1, 0.5, True, "adam", [1], {"a": 1}, -1, "", (), math.nan])
def test_a_default_that_does_not_mean_off_is_refused_when_the_class_is_made(default: object) -> None:
    with pytest.raises(TypeError, match="Loud.volume: got default .*, expected one that means off"):

        class Loud(Settings):
            volume: Any = default


def test_settings_are_off_where_each_of_them_is_and_a_block_that_is_chosen_never_is() -> None:
    class Quiet(Settings):
        volume: int = 0
        name_of: str | None = None

    class Holder(Settings):
        inner: Quiet = Quiet()

    class Bare(Block):
        name: str = "none"

    assert is_neutral(Quiet()) and is_neutral(Holder()) and is_neutral(0.0) and is_neutral([])
    assert not any(is_neutral(value) for value in (Quiet(volume=1), Holder(inner=Quiet(volume=1)), Bare(), 1, "", ()))


def test_every_setting_of_every_block_says_what_it_means_and_what_it_takes() -> None:
    fields = [(kind, name, field) for family in (Law, Kind) for kind in set(family.table.values()) for name, field in
              kind.model_fields.items()]  # fmt: skip
    assert len(fields) > 60
    for kind, name, field in fields:
        assert name in ("name", "activation", "output") or field.description, (kind, name)
        assert expected(field) not in ("", "a value"), (kind, name)


# -- settings that look at several others --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "name", "changed", "key"),
    [
        ("l2", "none", {"training": None}, "training"),
        ("imbalance", "logistic", {"training": arm("l2", "none").training.model_dump()}, "training"),
        (
            "overfitting",
            "network",
            {"stages": {"order": ["resample"], "resample": {"name": "none"}}},
            "stages.resample",
        ),
        ("overfitting", "network", {"decision": {"threshold": 0.4}}, "decision.threshold"),
        ("ridge_lasso", "ridge", {"decision": {"corrected_to": 0.4}}, "decision.corrected_to"),
        ("multi_seed", "network", {"decision": {"ensembles_of": 2}}, "decision.ensembles_of"),
        ("l2", "none", {"model": {"members": 2}}, "model.members"),
        ("l2", "none", {"stages": {"hold_out": {"into": "test"}}}, "stages.hold_out.into"),
        ("l2", "none", {"training": {"validate_on": "test_shifted"}}, "training.validate_on"),
        ("metric_choice", "network", {"training": {"validate_on": "test"}}, "training.validate_on"),
        ("dropout", "dropout", {"data": {"high": 0}}, "data.high"),
        ("l2_controlled", "none", {"data": {"n_informative": 99}}, "data.n_informative"),
        ("multi_seed_controlled", "single", {"data": {"n_pool": 3}}, "data.n_pool"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_by_the_key_to_change(
    scenario: str, name: str, changed: dict[str, Any], key: str
) -> None:
    def put(old: Any, new: Any) -> Any:
        both = isinstance(old, dict) and isinstance(new, dict)
        return old | {k: put(old.get(k), v) for k, v in new.items()} if both else new

    raw = arm(scenario, name).model_dump()
    Arm.model_validate(raw)
    with pytest.raises(ValidationError) as refusal:
        Arm.model_validate(put(raw, changed))
    [error] = refusal.value.errors()
    assert ".".join(map(str, error["loc"])) == key
    assert "\n" not in error["msg"]


# -- words ---------------------------------------------------------------------------------------------------
