"""A sweep as one experiment: what was swept, and every number against it, over seeds."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirage.claims.results import COLUMNS
from mirage.data.split import SCORED
from mirage.records.files import write_text
from mirage.report import stamps
from mirage.report.pages import ENDINGS
from mirage.report.tables import as_csv, fingerprints, stem

if TYPE_CHECKING:
    import pandas as pd

    from mirage.config.plan import Change, Plan

MAKING = (*stamps.MEASURING, "figures", "report/sweeps.py", "report/tables.py")  # the code that a sweep follows from


def swept(plans: Sequence["Plan"]) -> list[str]:
    """The keys whose values differ among plans of one scenario, in the order they were typed."""
    every = [_changes(plan) for plan in plans]
    keys = dict.fromkeys(key for changes in every for key in changes)
    return [key for key in keys if len({_text(changes.get(key)) for changes in every}) > 1]


def _changes(plan: "Plan") -> dict[str, "Change"]:
    return {change.key: change for change in plan.changes}


def _text(change: "Change | None") -> str:
    """A changed value as it was typed; nothing where it was not."""
    return "" if change is None else change.typed.partition("=")[2]


def tidy(plans: Sequence["Plan"], rows: Sequence["pd.DataFrame"]) -> "pd.DataFrame":
    """The tidy rows of all plans, after a column for each swept key (numbers where all its values are).

    `rows` are those of each plan, of the replicates that have records. The last column is the fingerprint of these.
    """
    import pandas as pd

    parts = [_with_values(plan, part, swept(plans)) for plan, part in zip(plans, rows, strict=True)]
    return pd.concat(parts, ignore_index=True).astype(_types(plans))


def _with_values(plan: "Plan", rows: "pd.DataFrame", keys: Sequence[str]) -> "pd.DataFrame":
    changes, marks = _changes(plan), {arm: mark for _, arm, mark in fingerprints(plan)}
    part = rows[COLUMNS].copy()
    part["fingerprint"] = part["arm"].str.partition(":")[0].map(marks)
    for place, key in enumerate(keys):
        value = changes[key].value if key in changes else None
        part.insert(place, key, [value if _is_number(value) else _text(changes.get(key))] * len(part))
    return part


def _types(plans: Sequence["Plan"]) -> dict[str, Any]:
    """The type of a swept key's column: numbers, or texts where any value is one."""
    types: dict[str, Any] = {}
    for key in swept(plans):
        values = [_changes(plan)[key].value if key in _changes(plan) else None for plan in plans]
        whole = all(isinstance(value, int) for value in values)
        types[key] = ("int64" if whole else "float64") if all(map(_is_number, values)) else "str"
    return types


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def table(rows: "pd.DataFrame", keys: Sequence[str]) -> "pd.DataFrame":
    """Every combination summed up over seeds: the swept keys, the columns of `summarise`, the records' fingerprint."""
    import pandas as pd

    from mirage.claims.summary import summarise

    parts = []
    for values, group in rows.groupby(list(keys), sort=False) if keys else [((), rows)]:
        part = summarise(group)
        part["fingerprint"] = part["arm"].map(group.drop_duplicates("arm").set_index("arm")["fingerprint"])
        for place, (key, value) in enumerate(zip(keys, values, strict=True)):
            part.insert(place, key, [value] * len(part))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def scored(plan: "Plan") -> list[str]:
    """The splits of a plan's first arm whose rows are scored as rows of the law: those that a figure shows."""
    from mirage.training.replicate import drawn

    [rows, *_] = drawn(next(iter(plan.arms.values())), plan.about.vary, plan.seeds[0])
    return [name for name, split in rows.items() if split.role == SCORED]


def place_of(results: Path, plans: Sequence["Plan"]) -> Path:
    """Where the table and the figure of a sweep go, without their ending; told apart by all that was run."""
    decisive = "\n".join(stem(results, plan, "tables").name for plan in plans)
    keys = (re.sub(r"[^\w-]+", "_", key) for key in swept(plans))
    digest = hashlib.sha256(decisive.encode()).hexdigest()[:8]
    return results / "custom" / f"{'-'.join([plans[0].scenario, 'by', *keys])}-{digest}"


def files_of(results: Path, name: str, figures: bool) -> list[Path]:
    """The files of a ready sweep: its table, and its figure if wanted."""
    drawn = [results / "custom" / f"sweep_{name}.{ending}" for ending in ENDINGS]
    return [results / "tables" / f"sweep_{name}.csv", *(drawn if figures else [])]


def followed(placed: Sequence[stamps.Placed]) -> str:
    """A hash of all that a ready sweep's table and figure follow from."""
    return stamps.followed(stamps.code(*MAKING), placed)


def write(results: Path, plans: Sequence["Plan"], rows: Sequence["pd.DataFrame"], name: str = "") -> list[Path]:
    """Write the table and the figure of a sweep over one scenario; returns where they are.

    Parameters
    ----------
    plans, rows
        The sweep's jobs, and the tidy rows of each.
    name
        Of a ready sweep that was run as it is: its table goes to ``tables/sweep_NAME.csv``, without fingerprints, as
        it is kept in git.
    """
    keys, every = swept(plans), tidy(plans, rows)
    figures = "figures" in plans[0].request.steps
    summed = table(every, keys)
    if name:
        written = files_of(results, name, figures)
        summed = summed.drop(columns="fingerprint")
    else:
        place = place_of(results, plans)
        written = [place.with_name(f"{place.name}.{ending}") for ending in ("csv", *(ENDINGS if figures else ()))]
    write_text(written[0], as_csv(summed))
    if figures:
        from mirage.figures import style, sweeps

        splits = [split for split in every["split"].unique() if split in scored(plans[0])]
        figure = sweeps.compose(every, keys, plans[0], splits)
        for file in written[1:]:
            style.save(figure, file)
    return written
