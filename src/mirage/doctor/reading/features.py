"""Rows as a model is given them: columns of numbers or text, with what is known of each row."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mirage.doctor.evidence import Array, BadInput, Features
from mirage.doctor.reading.predictions import texts, times
from mirage.doctor.reading.tables import NONE, Columns

TRUTH, TIME = "y_true", "time"
ABOUT = ("group", TIME, "id")


def features(columns: Columns, where: str) -> Features:
    """Features of the columns of a table: all but ``y_true``, ``group``, ``time`` and ``id``.

    A column is of numbers if every cell is one or says that there is none, else of text. Raises BadInput.
    """
    lengths = {len(values) for values in columns.values()}
    named = [name for name in columns if name not in (TRUTH, *ABOUT)]
    if not named or lengths == {0}:
        got = ", ".join(columns) or "none"
        raise BadInput(
            f"{where}: got the columns {got}, expected rows of features beside {TRUTH} and {', '.join(ABOUT)}"
        )
    if len(lengths) > 1:
        raise BadInput(f"{where}: got columns of {', '.join(map(str, sorted(lengths)))} rows, expected equal lengths")
    about = {name: texts(columns[name]) for name in ABOUT if name in columns}
    if TIME in about:
        about[TIME] = times(about[TIME], where)
    truth = texts(columns[TRUTH]) if TRUTH in columns else None
    return Features({name: _column(columns[name]) for name in named}, truth, about)


def aligned(tables: Mapping[str, Features]) -> dict[str, Features]:
    """Tables with the columns of the first, in its order.

    Raises BadInput if one lacks a column of it or has another, or has text where the first has numbers.
    """
    found: dict[str, Features] = {}
    for where, table in tables.items():
        first, model = next(iter(found.items()), (where, table))
        if set(table.columns) != set(model.columns):
            odd = sorted(set(table.columns) ^ set(model.columns))[0]
            has = where if odd in table.columns else first
            raise BadInput(f"{where}: got the column {odd} in {has} only, expected the columns of {first}")
        columns = {name: table.columns[name] for name in model.columns}
        for name, values in columns.items():
            if values.dtype.kind != model.columns[name].dtype.kind:
                raise BadInput(
                    f"{where}: {name}: got text in one of {first} and {where}, expected numbers in both or text"
                )
        found[where] = Features(columns, table.truth, table.about)
    return found


def _column(values: Array) -> Array:
    """Numbers, or text where one cell is none."""
    if values.dtype.kind in "iufb":
        return np.where(np.isfinite(values), values, np.nan) if values.dtype.kind == "f" else values.astype(float)
    text = pd.Series([str(value).strip() for value in values.tolist()], dtype=object)
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(float)
    if (np.isfinite(numbers) | text.isin(NONE).to_numpy()).all() and np.isfinite(numbers).any():
        return np.where(np.isfinite(numbers), numbers, np.nan)
    return texts(values)
