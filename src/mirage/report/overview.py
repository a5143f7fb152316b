"""The picture of all examples on disk, made from the table of claims and the claims files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mirage.claims.claims import Test
from mirage.claims.stated import Stated
from mirage.report import ledger

if TYPE_CHECKING:
    from mirage.figures.overview import Example, Shown

NUMBERS = ("effect", "ci_low", "ci_high", "margin")


def examples(judged: pd.DataFrame, lessons: Sequence[Stated]) -> "list[Example]":
    """A row for each lesson on an example that has verdicts: the claim that answers its question, what was found of it.

    `judged` are the verdicts on the articles' claims, every cell as its text.
    """
    from mirage.figures.overview import Example

    found = []
    for stated in lessons:
        claims = judged[judged["lesson"] == stated.lesson]
        if not len(claims) or "as_written" not in stated.scenarios:
            continue
        rows = ledger.answering(claims, list(dict.fromkeys(stated.answers.values())))
        tests = next(claim.tests for claim in stated.claims if claim.id == rows["claim"].iloc[0])
        records = [{str(key): str(value) for key, value in row.items()} for row in rows.to_dict("records")]
        shown = {row["kind"]: _shown(row, tests[row["kind"]]) for row in records}
        first = rows.iloc[0]
        where = {name: str(first[name]) for name in ("article", "example", "lesson", "text", "yardstick")}
        found.append(Example(**where, shown=shown))
    return found


def _shown(row: Mapping[str, str], test: Test) -> "Shown":
    """What one kind of scenario shows; of a listing without the interval, which the strip has."""
    from mirage.figures.overview import Shown

    numbers: dict[str, Any] = {name: float(row[name] or "nan") for name in NUMBERS}
    numbers |= {"verdict": row["verdict"], "test": test}
    if not row["ci_low"]:
        return Shown(row["verdict"], row["reason"], "", numbers)
    effect, low, high = (ledger.short(row[name], row["margin"]) for name in NUMBERS[:3])
    within = f"({low} to {high})" if row["kind"] != "as_written" else ""
    return Shown(row["verdict"], f"{effect} {row['unit']}", within, numbers)


def write(tables: Path, files: Sequence[Path], lessons: Sequence[Stated]) -> list[Path]:
    """Draw the picture into these files, in the formats of their endings; returns those that changed.

    Nothing is drawn where the tables hold no verdicts yet.
    """
    from mirage.figures import overview, style

    judged = ledger.read_judged(tables)
    rows = examples(judged, lessons) if len(judged) else []
    if not rows:
        return []
    figure = overview.compose(rows)
    return [file for file in files if style.save(figure, file)]
