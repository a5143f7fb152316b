"""Tables of others: CSV, npz, DataFrames and arrays, to columns of text or numbers.

Nothing in a file is run: no pickles, no formulas. A file that is too large is refused before it is unpacked.
"""

import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirage.doctor.evidence import Array, BadInput

MOST_ROWS = 5_000_000
MOST_BYTES = 2 * 10**9  # unpacked
MOST_COLUMNS = 100_000
BLOCK = 2**24  # bytes of a file that are looked at in one go

TEXT = ("y_true", "y_pred", "split", "id", "group", "time")  # 007 is not 7, and cat is not cat.0

NONE = ("", "nan", "NaN", "NA", "None", "null")  # cells that say that there is nothing

# A cell that a spreadsheet would run as a formula, whatever quotes stand before it; a plain number is none.
FORMULA = re.compile(r"(?!'*[+-]?\d*\.?\d+\Z)'*[=+\-@\uff1d\uff0b\uff0d\uff20]")
GUARDED = re.compile(f"(?='){FORMULA.pattern}")

UNPACKING = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)  # of a damaged zip

Columns = dict[str, Array]  # values [row], text or numbers


def read(source: Any, where: str, separator: str = ",", encoding: str = "utf-8") -> Columns:
    """The columns of a table by name: of a CSV or npz file, a DataFrame, or a mapping of arrays.

    Columns of a CSV are numbers where every cell is one, else text as it stands; what names a class, a row or a
    group (`TEXT`) is always text. Others keep their type. An array [row, column] under the name ``score``
    becomes ``score`` or ``score_0``, ``score_1``, ...

    Raises BadInput, one line: where, what it got, what was expected.
    """
    if isinstance(source, pd.DataFrame | Mapping):
        if isinstance(source, pd.DataFrame) and len(set(map(str, source.columns))) < len(source.columns):
            raise BadInput(
                f"{where}: got a column twice among {', '.join(map(str, source.columns))}, expected each once"
            )
        return _flat({str(name).strip(): _array(values, f"{where}: {name}") for name, values in source.items()}, where)
    file = path(source, where, "a file, a DataFrame or arrays by name")
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadInput(f"{where}: got {file.stat().st_size:,} bytes, expected at most {MOST_BYTES:,}")
        if file.suffix != ".npz":
            _bounded(file, where, separator)
        found = _flat(_npz(file, where), where) if file.suffix == ".npz" else _csv(file, where, separator, encoding)
    except OSError as error:
        raise BadInput(f"{where}: got {file}, expected a file to read ({error.strerror or error})") from None
    longest = max((len(values) for values in found.values()), default=0)
    if longest > MOST_ROWS:
        raise BadInput(f"{where}: got more than {MOST_ROWS:,} rows, expected at most so many")
    return found


def path(source: Any, where: str, expected: str) -> Path:
    """The path of a file that was named. Raises BadInput for what names none."""
    if not isinstance(source, str | PathLike):
        raise BadInput(f"{where}: got {type(source).__name__}, expected {expected}")
    if "\0" in str(source):
        raise BadInput(f"{where}: got {source}, expected the name of a file")
    return Path(source)


def _bounded(file: Path, where: str, separator: str) -> None:
    """Refuse a CSV of too many lines or columns, before anything of it is parsed. Raises BadInput."""
    with file.open("rb") as opened:
        if opened.readline(MOST_BYTES).count(separator.encode("utf-8", "replace")) >= MOST_COLUMNS:
            raise BadInput(f"{where}: got more than {MOST_COLUMNS:,} columns, expected at most so many")
        lines = sum(block.count(b"\n") for block in iter(lambda: opened.read(BLOCK), b""))
    if lines > MOST_ROWS:
        raise BadInput(f"{where}: got more than {MOST_ROWS:,} rows, expected at most so many")


def _csv(file: Path, where: str, separator: str, encoding: str) -> Columns:
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        options: dict[str, Any] = {"sep": separator, "encoding": codec, "na_filter": False}
        options |= {"index_col": False, "engine": "c", "skipinitialspace": True, "low_memory": False}
        head = pd.read_csv(file, header=None, nrows=1, dtype=str, **options).iloc[0]
        names = [str(name).strip() for name in head]
        texts = {place: str for place, name in enumerate(names) if name in TEXT}
        frame = pd.read_csv(file, header=None, skiprows=1, nrows=MOST_ROWS + 1, dtype=texts, **options)
    except UnicodeDecodeError as error:
        raise BadInput(f"{where}: got bytes that are no {encoding} (at {error.start}), expected --encoding") from None
    except LookupError:
        raise BadInput(f"encoding: got {encoding}, expected one that Python knows, such as utf-8") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise BadInput(f"{where}: got no table ({reason}), expected a CSV with a line of names") from None
    if len(frame.columns) == 1 and any(other in names[0] for other in ";\t,|" if other != separator):
        raise BadInput(f"{where}: got one column named {names[0]!r}, expected several, or another --separator")
    if len(frame.columns) != len(names):
        raise BadInput(
            f"{where}: got {len(frame.columns)} cells in the first row, expected {len(names)} as there are names"
        )
    if len(set(names)) < len(names):
        raise BadInput(f"{where}: got a column twice among {', '.join(names)}, expected each once")
    columns = {name: frame.iloc[:, place].to_numpy() for place, name in enumerate(names)}
    return {name: unguarded(values) if name in TEXT else values for name, values in columns.items()}


def guarded(values: Array) -> Array:
    """Texts [row] as a CSV may hold them: with a quote before what a spreadsheet would run. Numbers stay."""
    return _each(values, lambda text: f"'{text.strip()}" if FORMULA.match(text.strip()) else text)


def unguarded(values: Array) -> Array:
    """Texts [row] without the quote that `guarded` put before them."""
    if not any("'" in text for text in values if isinstance(text, str)):
        return values
    return _each(values, lambda text: text.strip()[1:] if GUARDED.match(text.strip()) else text)


def _each(values: Array, change: Callable[[str], str]) -> Array:
    """Every text changed, each different one once."""
    codes, found = pd.factorize(values, use_na_sentinel=False)
    changed = np.array([change(one) if isinstance(one, str) else one for one in found.tolist()], dtype=object)
    return np.asarray(changed[codes])


def _npz(file: Path, where: str) -> Columns:
    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(member.file_size for member in packed.infolist())
        if unpacked <= MOST_BYTES:
            with np.load(file, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
    except (*UNPACKING, ValueError, KeyError, SyntaxError, MemoryError) as error:  # a header may claim any shape
        reason = " ".join(str(error).split())
        raise BadInput(f"{where}: got no arrays ({reason}), expected an npz file without objects") from None
    raise BadInput(f"{where}: got {unpacked:,} bytes unpacked, expected at most {MOST_BYTES:,}")


def _array(values: Any, where: str) -> Array:
    """Values as an array; those of pandas that are missing become NaN."""
    try:
        found = np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadInput(f"{where}: got {type(values).__name__} ({error}), expected numbers or texts [row]") from None
    if found.dtype.kind == "O" and any(isinstance(one, list | tuple | dict | set | np.ndarray) for one in found.flat):
        raise BadInput(f"{where}: got several values in a row, expected numbers or texts [row]")
    return found


def _flat(arrays: Columns, where: str) -> Columns:
    """One column a name: `score` may have one for each class, and features may be a matrix `x`."""
    found: Columns = {}
    for name, values in arrays.items():
        if values.dtype.kind in "cV":
            raise BadInput(f"{where}: {name}: got values of type {values.dtype}, expected numbers or texts")
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim == 2:
            found |= {f"{name}_{place}": values[:, place] for place in range(values.shape[1])}
        elif values.ndim == 1:
            found[name] = values
        else:
            raise BadInput(f"{where}: got {name} of shape {values.shape}, expected one or two axes")
    if len(found) > MOST_COLUMNS:
        raise BadInput(f"{where}: got more than {MOST_COLUMNS:,} columns, expected at most so many")
    return found
