"""What one scenario changes of another: setting, one, other."""

from collections.abc import Mapping
from typing import Any

from mirage.config.plan import Plan
from mirage.settings import is_neutral, leaves

Row = tuple[str, str, str]
NOT_THERE = "-"


def diff(one: Plan, other: Plan) -> list[Row]:
    """The settings in which two plans differ: dotted key, the one's value, the other's; "-" where there is none.

    First what the scenarios say of themselves and what all arms of a scenario share, then their arms: an arm's line has
    what sets it apart from its scenario's other arms.
    """
    rows = _rows(_about(one), _about(other))
    shared_one, shared_other = _shared(one), _shared(other)
    rows += _rows(shared_one, shared_other)
    arms_one, arms_other = ({f"arms.{arm}": _line(own) for arm, own in of_arms(plan).items()} for plan in (one, other))
    return rows + _rows(arms_one, arms_other)


def of_arms(plan: Plan) -> dict[str, dict[str, str]]:
    """What each arm has beyond what all arms of its plan share: its settings as text, by dotted key."""
    shared = _shared(plan)
    every = {name: _flat(arm.model_dump()) for name, arm in plan.arms.items()}
    return {name: {key: _text(value) for key, value in own.items() if key not in shared} for name, own in every.items()}


def _about(plan: Plan) -> dict[str, Any]:
    about = plan.about.model_dump(exclude={"title", "lesson"})
    return about | {"seeds": len(plan.seeds)}


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by dotted key, without those that are null."""
    return {key: value for key, value in leaves(settings) if value not in (None, {})}


def _shared(plan: Plan) -> dict[str, Any]:
    """The settings that all arms have alike."""
    first, *others = [_flat(arm.model_dump()) for arm in plan.arms.values()]
    return {key: value for key, value in first.items() if all(key in arm and arm[key] == value for arm in others)}


def _line(own: Mapping[str, str]) -> str:
    """What an arm has of its own, in a line."""
    return ", ".join(f"{key}={text}" for key, text in own.items()) or "(as above)"


def _rows(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Row]:
    keys = dict.fromkeys([*one, *other])
    rows = [(key, one.get(key), other.get(key)) for key in keys]
    return [(k, _text(a), _text(b)) for k, a, b in rows if a != b and not (is_neutral(a) and is_neutral(b))]


def _text(value: Any) -> str:
    if value is None:
        return NOT_THERE
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
