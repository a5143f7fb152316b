"""What a fair experiment changes: two plans held against each other, setting by setting, with the reason for each."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mirage.config.diff import NOT_THERE, diff
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
    by_arm = [" ".join(row[side] for row in rows if row[0].startswith("arms.")) for side in (1, 2)]
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
        return "by arm" if value == NOT_THERE and f"{key}=" in by_arm[side] else _brief(value)

    return [
        Changed(key, brief(key, before, 0), brief(key, after, 1), reasons[reason])
        for reason, of_reason in found.items()
        for key, before, after in of_reason
    ]


def _brief(value: str) -> str:
    """A value as it reads in a narrow column: of what sets an arm apart, the last word of each setting.

    What an arm leaves out is not listed, as what the others have shows it; unless there is nothing else.
    """
    if value == NOT_THERE:
        return ABSENT
    if "=" not in value:
        return value
    settings = [setting.partition("=") for setting in _split(value)]
    on = [(key, text) for key, _, text in settings if text not in OFF]
    return ", ".join(f"{_last(key)} {text}" for key, text in on or [(key, text) for key, _, text in settings])


def _last(key: str) -> str:
    """The last word of a dotted key; of ``resample.name`` the one before."""
    *path, last = key.split(".")
    return path[-1] if last == "name" and path else last


def _split(value: str) -> Sequence[str]:
    """The settings of an arm, where a value may hold commas itself."""
    parts: list[str] = []
    for part in value.split(", "):
        if "=" in part or not parts:
            parts.append(part)
        else:
            parts[-1] += f", {part}"
    return parts
