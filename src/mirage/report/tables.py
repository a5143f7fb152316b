"""Results to CSV files: a scenario's summary, every number of all canonical scenarios, fingerprints and verdicts."""

import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mirage.claims.claims import TABLES
from mirage.claims.results import Results
from mirage.config import project
from mirage.records.files import locked, write_text
from mirage.records.identity import fingerprint
from mirage.report import stamps

if TYPE_CHECKING:
    import pandas as pd

    from mirage.config.plan import Plan

WRITING = (*stamps.MEASURING, "report/tables.py")  # the code that a table follows from, given records
JUDGED = tuple(TABLES.values())  # verdicts: rows of lessons, by kind
COMMON = ("metrics.csv", "fingerprints.csv", *JUDGED)  # tables of all canonical scenarios
QUOTED_ROW = re.compile(r'(?:[^"\n]|"[^"]*")*\n')
Key = tuple[str, ...]  # what rows of a common table belong to: a scenario; in those of verdicts a lesson and a kind


def stem(results: Path, plan: "Plan", kind: str) -> Path:
    """Where a plan's table or figure goes, without its ending.

    `kind` is tables or figures. Canonical ones lie under that name; all others under custom, told apart by their seeds
    and, where settings were changed, a hash of what decides the numbers.
    """
    if plan.canonical:
        return results / kind / ((kind == "figures" and plan.about.lesson) or plan.scenario)
    first, last = plan.seeds[0], plan.seeds[-1]
    name = f"{plan.scenario}-seed-{first}" if first == last else f"{plan.scenario}-seeds-{first}-{last}"
    if plan.changes:
        decided = [f"{arm}:{mark}:{plan.arms[arm].decision!r}" for _, arm, mark in fingerprints(plan)]
        measured = [repr((list(plan.about.metrics), list(plan.about.references)))]
        name += "-" + hashlib.sha256(",".join(decided + measured).encode()).hexdigest()[:8]
    return results / "custom" / name


def fingerprints(plan: "Plan") -> list[tuple[str, str, str]]:
    """Scenario, arm and fingerprint of the records that a plan's tables and figures are made from."""
    vary, device = plan.about.vary, plan.request.device
    return [(plan.scenario, arm, fingerprint(settings, vary, device)) for arm, settings in plan.arms.items()]


def as_csv(table: "pd.DataFrame") -> str:
    """A table as text: nine significant digits, the same bytes for the same numbers."""
    return table.to_csv(index=False, float_format="%.9g", lineterminator="\n")


def texts(loaded: Results) -> dict[str, str]:
    """A canonical plan's tables as text, by the name of their file: its own, and its rows of the common ones."""
    from mirage.claims.summary import summarise

    plan = loaded.plan
    made = {
        f"{plan.scenario}.csv": as_csv(summarise(loaded.rows)),
        "metrics.csv": as_csv(loaded.rows),
        "fingerprints.csv": as_csv(_marks(plan)),
    }
    return made | (_judged(loaded) if plan.about.lesson else {})


def _judged(loaded: Results) -> dict[str, str]:
    """A plan's verdicts as text, by the name of their file; nothing where it has none of that role."""
    from mirage.claims.verdicts import COLUMNS

    of_role = {role: part[COLUMNS] for role, part in loaded.judged.groupby("role")}
    return {name: as_csv(of_role[role]) if role in of_role else "" for role, name in TABLES.items()}


def followed(placed: stamps.Placed) -> str:
    """A hash of all that a canonical plan's tables follow from: records, plan, claims, and the code that writes."""
    lesson = placed[0].about.lesson
    claims = [project.claims_file(lesson).read_bytes()] if lesson else []
    return stamps.followed(stamps.code(*WRITING), [placed], claims)


def there(results: Path) -> dict[str, dict[Key, str]]:
    """The common tables of a results folder, cut into the rows of each scenario: text by file name and key."""
    return {name: _parts(name, _text(results / "tables" / name)) for name in COMMON}


def of_plan(results: Path, plan: "Plan", common: Mapping[str, Mapping[Key, str]]) -> dict[str, str]:
    """What stands of a canonical plan in its own and the common tables (`there`); nothing where it is not there."""
    own = f"{plan.scenario}.csv"
    keys: dict[str, Key] = {"metrics.csv": (plan.scenario,), "fingerprints.csv": (plan.scenario,)}
    if plan.about.lesson:
        keys |= dict.fromkeys(JUDGED, (plan.about.lesson, plan.about.kind))
    parts = {name: common[name].get(key, "") for name, key in keys.items()}
    return {own: _text(results / "tables" / own)} | parts


def write_own(results: Path, plan: "Plan", made: Mapping[str, str]) -> Path:
    """Write a canonical plan's own table of these (`texts`)."""
    file = results / "tables" / f"{plan.scenario}.csv"
    write_text(file, made[file.name])
    return file


def write_tables(results: Path, loaded: Results, scenarios: Iterable[str]) -> Path:
    """Write a plan's summary; a canonical one's rows also go into metrics.csv, beside those of the other scenarios.

    So do the fingerprints of its records, into fingerprints.csv; in another plan's table they are its last column.
    `scenarios` are those that there are: rows of any other are dropped.
    """
    from mirage.claims.summary import summarise

    plan = loaded.plan
    without = stem(results, plan, "tables")
    place = without.with_name(f"{without.name}.csv")
    if plan.canonical:
        made = texts(loaded)
        put(results, [made], {"metrics.csv": scenarios, "fingerprints.csv": scenarios})
        return write_own(results, plan, made)
    summary = summarise(loaded.rows)
    arms = summary["arm"].str.partition(":")[0]  # a reference goes by the records of its arm
    summary["fingerprint"] = arms.map(_marks(plan).set_index("arm")["fingerprint"])
    write_text(place, as_csv(summary))
    return place


def write_claims(results: Path, loaded: Results, lessons: Iterable[str]) -> Path:
    """Put a canonical run's verdicts into their tables, beside those of the other lessons that still exist."""
    put(results, [_judged(loaded)], dict.fromkeys(JUDGED, lessons))
    return results / "tables" / JUDGED[0]


def put(results: Path, made: Sequence[Mapping[str, str]], known: Mapping[str, Iterable[str]]) -> None:
    """Put the rows of scenarios into the common tables, sorted by name, in place of those they have there.

    `made` are texts as `texts` gives them; `known` names the common tables to write and, of each, the scenarios or
    lessons that there are: rows of any other are dropped. Each table is written once.
    """
    # As text: reading and writing all numbers again would take longer than making them.
    with locked(results / "tables"):
        for name, names in known.items():
            file, new, kept = results / "tables" / name, [one[name] for one in made if name in one], set(names)
            there = _text(file)
            header = next(filter(None, [*new, there]), "").partition("\n")[0]
            gone = {key for one in made for key in _keys(name, one)}
            before = {key: text for key, text in _parts(name, there).items() if key[0] in kept and key not in gone}
            parts = {key: text for key, text in before.items() if text.startswith(f"{header}\n")}
            for text in new:
                parts |= _parts(name, text)
            rows = (text.partition("\n")[2] for _, text in sorted(parts.items()))
            if header:
                write_text(file, "".join([f"{header}\n", *rows]))


def _keys(name: str, made: Mapping[str, str]) -> set[Key]:
    """What a plan's texts are about in a common table, also where they have no rows in it."""
    return {key for other in (JUDGED if name in JUDGED else (name,)) for key in _parts(other, made.get(other, ""))}


def _marks(plan: "Plan") -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(fingerprints(plan), columns=["scenario", "arm", "fingerprint"])


def _text(file: Path) -> str:
    """What stands in a table, line ends as they are; nothing where there is none."""
    return file.read_bytes().decode("utf-8", errors="replace") if file.is_file() else ""


def _parts(name: str, text: str) -> dict[Key, str]:
    """A common table cut by scenario, or by lesson and kind: each part with the header."""
    header, _, body = text.partition("\n")
    lines: dict[Key, list[str]] = {}
    # A cell in quotes may have line ends; metrics.csv has no quotes, and is large.
    rows = body.split("\n") if name not in JUDGED else [row[:-1] for row in QUOTED_ROW.findall(body)]
    for key, group in itertools.groupby(rows, lambda line: _key(name, line)):
        lines.setdefault(key, []).extend(line for line in group if line)
    return {key: "\n".join([header, *own, ""]) for key, own in lines.items() if own}


def _key(name: str, line: str) -> Key:
    """What a row of a common table belongs to: names have no commas."""
    if name not in JUDGED:
        return (line.partition(",")[0],)
    _, lesson, _, kind, *_ = [*line.split(",", 4), "", "", ""]
    return lesson, kind
