"""Holds tables that were made again against the committed ones, and fingerprints of the present code against theirs."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mirage.claims.claims import TABLES
from mirage.config import compose, project
from mirage.report.tables import fingerprints

TOLERATED = 0.1  # of a claim's margin: how far its effect may move
NOT_NUMBERS = ("fingerprints.csv", "benchmark.csv", "doctor_listings.csv")
LISTED = 20  # differing cells of a table that are named one by one
KEYS = ("claim", "kind", "scenario", "arm", "seed", "split", "metric")  # columns that name a row


@dataclass(frozen=True)
class Compared:
    """What comparing two sets of tables gave. `problems` are what makes the check fail."""

    numbers: int
    equal: int
    largest: float
    where: str
    problems: list[str]


def compare(committed: Path, again: Path, exact: bool = False) -> Compared:
    """Compare the tables of two folders, as far as the second has them.

    Numbers are compared as text (equal to the byte) and, where they differ, by how far apart they are relative to the
    larger. Problems are rows or tables that only one side has, verdicts that changed, and effects that moved by more
    than a tenth of their margin; with `exact` also every byte that differs.
    """
    numbers = equal = 0
    largest, where = 0.0, ""
    problems = []
    for name in _scenario_tables(again):
        if not (committed / f"{name}.csv").exists():
            problems.append(f"{name}: no committed table")
            continue
        key = ["arm", "split", "metric"]
        old, new = (_read(folder / f"{name}.csv").set_index(key) for folder in (committed, again))
        if list(old.columns) != list(new.columns):
            problems.append(f"{name}: got columns {', '.join(new.columns)}, expected {', '.join(old.columns)}")
            continue
        for only in sorted(set(old.index) ^ set(new.index)):
            problems.append(f"{name}: {', '.join(only)} is in one table only")
        both = old.index.intersection(new.index)
        before, after = old.loc[both], new.loc[both]
        same = (before == after).to_numpy()
        numbers, equal = numbers + same.size, equal + int(same.sum())
        for row, column in np.argwhere(~same):
            one, other = (float(side.iloc[row, column] or "nan") for side in (before, after))
            apart = abs(one - other) / (max(abs(one), abs(other)) or 1)
            if not apart <= largest:  # also where one of them is not there
                largest, where = apart, f"{name}: {', '.join(both[row])}, {before.columns[column]}: {one} and {other}"
    problems += _claims(committed, again)
    if exact:
        problems += _bytes(committed, again)
    return Compared(numbers, equal, largest, where, problems)


def _read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")


def _scenario_tables(folder: Path) -> list[str]:
    """The tables of single scenarios: those that have arms, splits and metrics, and no scenarios."""
    return [file.stem for file in sorted(folder.glob("*.csv")) if _header(file)[:3] == ["arm", "split", "metric"]]


def _header(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as text:
        return next(csv.reader(text), [])


def _claims(committed: Path, again: Path) -> list[str]:
    """Verdicts that changed, and effects that moved by more than a tenth of their margin."""
    old, new = (
        {
            (row["kind"], row["lesson"], row["claim"]): row
            for name in TABLES.values()
            if (folder / name).exists()
            for row in pd.read_csv(folder / name, encoding="utf-8").to_dict("records")
        }
        for folder in (committed, again)
    )
    problems = []
    for key, now in new.items():
        name, then = ", ".join(key), old.get(key)
        if then is None:
            problems.append(f"{name}: not among the committed claims")
        elif then["verdict"] != now["verdict"]:
            problems.append(f"{name}: the verdict was {then['verdict']}, is {now['verdict']}")
        else:
            before, after, margin = then["effect"], now["effect"], now["margin"]
            stays = np.isnan(before) and np.isnan(after)
            if not stays and not abs(after - before) <= TOLERATED * margin:
                problems.append(f"{name}: the effect was {before}, is {after}, with a margin of {margin}")
    return problems


def _bytes(committed: Path, again: Path) -> list[str]:
    """Every difference, cell by cell, of tables that both folders have; of tables of all scenarios the made-again ones.

    A table that only the second has is a problem, but for metrics.csv, which is too large to commit.
    """
    problems = []
    for file in sorted(again.glob("*.csv")):
        before = committed / file.name
        if file.name in NOT_NUMBERS or (file.name == "metrics.csv" and not before.exists()):
            continue
        if not before.exists():
            problems.append(f"{file.name}: got a new table, expected one that is committed")
        elif before.read_bytes() != file.read_bytes():
            found = list(_cells(before, file))
            problems += found[:LISTED]
            if len(found) > LISTED:
                problems.append(f"{file.name}: {len(found) - LISTED} more differences")
    return problems


def _cells(before: Path, after: Path) -> Iterator[str]:
    """What differs between two tables, a line for each cell: file, row, column, both values."""
    name = after.name
    (old_header, *old), (header, *new) = (_rows(file) for file in (before, after))
    if old_header != header:
        yield f"{name}: header: got {','.join(header)}, expected {','.join(old_header)}"
        return
    if "scenario" in header:
        place = header.index("scenario")
        made = {row[place] for row in new}
        old = [row for row in old if row[place] in made]
    if len(old) != len(new):
        yield f"{name}: got {len(new)} rows, expected {len(old)}"
    for one, other in zip(old, new, strict=False):
        words = ", ".join(other[header.index(key)] for key in KEYS if key in header)
        for column, was, now in zip(header, one, other, strict=False):
            if was != now:
                yield f"{name}: {words}: {column}: got {now or 'nothing'}, expected {was or 'nothing'}"
        if len(one) != len(other):
            yield f"{name}: {words}: got {len(other)} cells, expected {len(one)}"
    if old == new and len(_rows(before)) == len(_rows(after)):
        yield f"{name}: the same cells in other bytes (quotes or line ends)"


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text)) or [[]]


def new_records() -> list[str]:
    """The arms of unmodified scenarios whose records would be made anew by the present code, and why."""
    known = {(one, arm): mark for one, arm, mark in _rows(project.ROOT / "results/tables/fingerprints.csv")[1:]}
    plans = [compose.plan(scenario) for scenario in project.scenarios()]
    present = [(scenario, arm, mark) for plan in plans for scenario, arm, mark in fingerprints(plan)]
    return [
        f"{scenario}, arm {arm}: got {mark}, expected {known.get((scenario, arm)) or 'nothing: it is new'}"
        for scenario, arm, mark in present
        if known.get((scenario, arm)) != mark
    ]
