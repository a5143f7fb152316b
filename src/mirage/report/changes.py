"""What a fair experiment changes: two plans held against each other, setting by setting, with the reason for each."""

from collections.abc import Mapping
from typing import NamedTuple

from mirage.config.diff import NOT_THERE, diff, of_arms
from mirage.config.plan import Plan
from mirage.settings import ConfigError

PLAIN = (
    "kind",
    "scope",
    "metrics",
    "metric_sets",
    "show",
    "seeds",
)  # what a scenario says of itself and changes no number
ABSENT = "–"
OFF = ("none", "0.0", "0", "false", "-", "[]")


class Changed(NamedTuple):
    """A setting, its value in either plan, and why it changes; settings with one reason follow each other."""

    setting: str
    one: str
    other: str
    why: str


def changes(one: Plan, other: Plan, reasons: Mapping[str, str]) -> list[Changed]:
    """What the second plan changes of the first, with the reasons given, in their order.

    A reason's key names settings by their beginnings, separated by commas: ``data`` are all settings of the data,
    ``arms`` all arms. A setting goes to the longest beginning that fits.

    Raises ConfigError if a setting has no reason, or a reason no setting.
    """
    found: dict[str, list[tuple[str, str, str]]] = {key: [] for key in reasons}
    beginnings = {begin.strip(): key for key in reasons for begin in key.split(",")}
    rows = [row for row in diff(one, other) if row[0] not in PLAIN]
    own = [of_arms(plan) for plan in (one, other)]
    for row in rows:
        fitting = [begin for begin in beginnings if row[0] == begin or row[0].startswith(f"{begin}.")]
        if not fitting:
            raise ConfigError(
                f"changes: got no reason why {other.scenario} changes {row[0]} ({row[1]} to {row[2]}), expected one"
            )
        found[beginnings[max(fitting, key=len)]].append(row)
    for key, of_reason in found.items():
        if not of_reason:
            raise ConfigError(f"changes: got a reason for {key}, expected settings that {other.scenario} changes")

    def brief(key: str, value: str, side: int) -> str:
        if value == NOT_THERE:
            return "by arm" if any(key in settings for settings in own[side].values()) else ABSENT
        return _brief(own[side][key.removeprefix("arms.")]) if key.startswith("arms.") else value

    return [
        Changed(key, brief(key, before, 0), brief(key, after, 1), reasons[reason])
        for reason, of_reason in found.items()
        for key, before, after in of_reason
    ]


def _brief(own: Mapping[str, str]) -> str:
    """What an arm has of its own as it reads in a narrow column, the last word of each key.

    What an arm leaves out is not listed, as what the others have shows it; unless there is nothing else.
    """
    on = {key: text for key, text in own.items() if text not in OFF}
    return ", ".join(f"{_last(key)} {text}" for key, text in (on or own).items()) or "nothing of its own"


def _last(key: str) -> str:
    """The last word of a dotted key; of ``resample.name`` the one before."""
    *path, last = key.split(".")
    return path[-1] if last == "name" and path else last
