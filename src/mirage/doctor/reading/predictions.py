"""Predictions of others: labels with scores or decisions, to codes and numbers.

A CSV says little about what its columns mean. What can mean two things is refused with a line that says how to tell;
what is assumed is said in a note.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mirage.doctor.evidence import UNKNOWN, Array, BadInput, Predictions
from mirage.doctor.reading.tables import NONE, Columns

TRUTH, SCORE, DECIDED = "y_true", "score", "y_pred"
ABOUT = ("split", "id", "group", "time", "weight")
NO = ("0", "false", "no", "negative", "-1")
YES = ("1", "true", "yes", "positive")  # which of two labels a single score is for, where one of them says so
MOST_WEIGHT = 1e12  # beyond it, sums of squares lose what the others count
FEW = 20  # distinct numbers, up to which numbers with fractions are labels all the same, unless hardly two are equal
WHOLE = re.compile(r"[+-]?(0|[1-9]\d*)(\.0*)?", re.ASCII)
LAST_ROW = 2  # a CSV's first row of values is line 2


def predictions(columns: Columns, where: str, positive: str | None = None) -> Predictions:
    """Labels and predictions from the columns of a table.

    Parameters
    ----------
    columns
        By name, of equal length: ``y_true``, and ``score``, ``score_CLASS`` or ``y_pred``; maybe ``split``, ``id``,
        ``group``, ``time``, ``weight``. Others are not read.
    where
        What the table is called in errors.
    positive
        The class that a single score is for.

    Raises
    ------
    BadInput
        One line: the table, row and column, what it got, what was expected.
    """
    scored = [name for name in columns if name == SCORE or name.startswith(f"{SCORE}_")]
    if TRUTH not in columns or not (scored or DECIDED in columns):
        raise BadInput(
            f"{where}: got the columns {', '.join(columns) or 'none'}, expected {TRUTH} and {SCORE}, {SCORE}_CLASS "
            f"(one for each class) or {DECIDED}"
        )
    if SCORE in scored and len(scored) > 1:
        raise BadInput(f"{where}: got {', '.join(scored)}, expected {SCORE} or one {SCORE}_CLASS for each class")
    positive = None if positive is None else _word(positive)
    called = [_word(name.removeprefix(f"{SCORE}_")) for name in scored]  # as labels are: 1.0 is 1
    if len(set(called)) < len(called):
        raise BadInput(f"{where}: got {', '.join(scored)}, expected one column for each class")
    lone = called[0] if len(scored) == 1 and SCORE not in scored else None
    if lone is not None:  # one column, of the positive class
        if positive not in (None, lone):
            raise BadInput(f"positive: got {positive}, expected {lone} as the only column of scores is {scored[0]}")
        columns = {SCORE if name in scored else name: values for name, values in columns.items()}
        scored, positive = [SCORE], lone
    notes: list[str] = []
    numbers = {name: _numbers(columns[name], f"{where}: {name}") for name in scored}
    words = {name: texts(columns[name]) for name in (TRUTH, DECIDED) if name in columns}
    if DECIDED in words and not scored and _fractions(words[DECIDED]) and not _fractions(words[TRUTH]):
        notes.append(f"{DECIDED} holds numbers between 0 and 1, so it was read as {SCORE}.")
        numbers = {SCORE: _numbers(words.pop(DECIDED), f"{where}: {DECIDED}")}
    lacking = {name: values == "" for name, values in words.items()}
    lacking |= {name: ~np.isfinite(values) for name, values in numbers.items()}
    kept = ~np.any(list(lacking.values()), axis=0)
    words = {name: values[kept] for name, values in words.items()}
    scores = np.column_stack([values[kept] for values in numbers.values()]) if numbers else None
    missing = {name: int(lost.sum()) for name, lost in lacking.items() if lost.any()}
    about = {name: texts(columns[name]) for name in ABOUT if name in columns}
    if "time" in about:
        about["time"] = times(about["time"], where)
    about = {name: values[kept] for name, values in about.items()}
    if "weight" in about:
        about["weight"] = _weights(about["weight"], f"{where}: weight")
        notes.append("The score counts rows by the column weight; findings count each row once.")
    if not kept.any():
        raise BadInput(f"{where}: got no row with a label and a prediction, expected one at least")
    if _targets(words[TRUTH]):
        decided = None if DECIDED not in words else _numbers(words[DECIDED], f"{where}: {DECIDED}")
        return Predictions(words[TRUTH].astype(float), (), scores, decided, about, missing, (), tuple(notes))
    named = called if scores is not None and SCORE not in numbers else []
    known = set(words[TRUTH])
    if lone == "0" and known <= {"0", "1"}:  # a column by its number, or the score of class 0?
        raise BadInput(f"{where}: got {SCORE}_0 and no {SCORE}_1, expected {SCORE} for class 1, or both")
    classes = _classes(words[TRUTH], named if lone is None else [lone], SCORE in numbers, positive, where)
    predicted = named or sorted(set(words[DECIDED])) if (named or DECIDED in words) else []
    strange = tuple(name for name in predicted if name not in known)
    if named and not set(named) & known:
        scores = None  # which column is for which label cannot be said: see cause label-types
        classes = tuple(_in_order(known))
    truth = _codes(words[TRUTH], classes)
    if (truth == UNKNOWN).any():
        lost = next(name for name, code in zip(words[TRUTH], truth, strict=True) if code == UNKNOWN)
        raise BadInput(f"{where}: {TRUTH}: got {lost!r}, expected one of {', '.join(classes)}")
    decided = _codes(words[DECIDED], classes) if DECIDED in words else None
    return Predictions(truth, classes, scores, decided, about, missing, strange, tuple(notes))


def texts(values: Array) -> Array:
    """Values as text [row]: 1.0 and +1 are 1, and 007 is 007; nothing where there is none."""
    codes, found = pd.factorize(values, use_na_sentinel=False)
    return np.array([_word(value) for value in found.tolist()], dtype=object)[codes]


def _word(value: Any) -> str:
    word = "" if value is None else str(value).strip()
    if word.isdigit() and word.isascii() and (word[0] != "0" or word == "0"):
        return word
    if len(word) < 16 and WHOLE.fullmatch(word):
        return str(int(float(word)))
    if not word.isascii():  # half a surrogate pair is no text that anything could be done with
        word = word.encode("utf-8", "backslashreplace").decode("utf-8")
    return "" if word in NONE else word


def times(text: Array, where: str) -> Array:
    """Numbers in the order of time: as they stand, or seconds of dates. Raises BadInput."""
    numbers = pd.to_numeric(pd.Series(text), errors="coerce").to_numpy(float)
    if not np.isfinite(numbers).all():
        dates = pd.to_datetime(pd.Series(text), errors="coerce", format="ISO8601", utc=True)
        wrong = dates.isna().to_numpy()
        if wrong.any():  # named is what is neither; in a mixture of numbers and dates, the first number
            place = int(np.argmax(wrong & ~np.isfinite(numbers) if (wrong & ~np.isfinite(numbers)).any() else wrong))
            raise BadInput(
                f"{where}: time: row {place + LAST_ROW}: got {text[place]!r}, expected a number or a date (ISO 8601)"
            )
        numbers = dates.to_numpy("datetime64[ns]").astype(np.int64) / 1e9
    return numbers


def _numbers(values: Array, where: str) -> Array:
    """Values as numbers [row], NaN where there is none. Raises BadInput with the first that is no number."""
    if values.dtype.kind in "iufb":
        return values.astype(float)
    text = pd.Series([str(value).strip() for value in values.tolist()], dtype=object)
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(float)
    empty = text.isin(NONE).to_numpy()
    wrong = np.flatnonzero(np.isnan(numbers) & ~empty)
    if len(wrong):
        raise BadInput(f"{where}: row {wrong[0] + LAST_ROW}: got {text[wrong[0]]!r}, expected a number")
    return numbers


def _weights(text: Array, where: str) -> Array:
    """What each row counts [row]. Raises BadInput where one is missing or negative, or none counts."""
    found = _numbers(text, where)
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0) & (found < MOST_WEIGHT)))
    if len(wrong):
        got = text[wrong[0]] or "nothing"
        raise BadInput(f"{where}: got {got!r} in a row, expected a number from 0 to {MOST_WEIGHT:g}")
    counting(found, where)
    return found


def counting(weights: Array, where: str) -> None:
    """Raises BadInput where none of these rows [row] counts."""
    if len(weights) and not weights.max() > 1 / MOST_WEIGHT:
        raise BadInput(f"{where}: got {weights.max():g} at most, expected some rows that count")


def _fractions(text: Array) -> bool:
    """Whether these are numbers from 0 to 1, some of them in between."""
    numbers = pd.to_numeric(pd.Series(text[text != ""]), errors="coerce").to_numpy(float)
    inside = np.isfinite(numbers) & (numbers >= 0) & (numbers <= 1)
    return bool(len(numbers) and inside.all() and ((numbers > 0) & (numbers < 1)).any())


def _targets(text: Array) -> bool:
    """Whether labels are the targets of a regression: numbers, some with fractions.

    Hardly two of them are equal, or there are more than a few values.
    """
    numbers = pd.to_numeric(pd.Series(pd.unique(text)), errors="coerce").to_numpy(float)
    different = len(np.unique(numbers))
    return bool(
        np.isfinite(numbers).all() and (numbers != np.round(numbers)).any() and different > min(FEW, len(text) / 2)
    )


def _in_order(names: "set[str]") -> list[str]:
    """Names in order: as numbers where all are numbers."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def _classes(truth: Array, named: Sequence[str], single: bool, positive: str | None, where: str) -> tuple[str, ...]:
    """All classes, in the order of the columns of scores; where there is one column, its class is the second."""
    found = _in_order(set(truth))
    if positive is not None and positive not in (*found, *named):
        raise BadInput(f"positive: got {positive}, expected one of {', '.join(named or found)}")
    if not single:
        return tuple(named) if named else tuple(found)
    if len(found) > 2:
        raise BadInput(f"{where}: got one {SCORE} for {len(found)} classes, expected {SCORE}_CLASS for each class")
    if positive is not None:
        other = [name for name in found if name != positive]
        return (other[0] if other else f"not {positive}", positive)
    if found in (["0"], ["1"]):
        return ("0", "1")
    yes = [name for name in found if name.lower() in YES]
    if len(found) == 2 and len(yes) == 1 and any(name.lower() in NO for name in found):
        return (next(name for name in found if name != yes[0]), yes[0])
    raise BadInput(f"{where}: got {SCORE} for the classes {', '.join(found)}, expected --positive with one of them")


def _codes(text: Array, classes: Sequence[str]) -> Array:
    """Places among the classes [row]; `UNKNOWN` for others."""
    place = {name: code for code, name in enumerate(classes)}
    return pd.Series(text).map(place).fillna(UNKNOWN).to_numpy(int)
