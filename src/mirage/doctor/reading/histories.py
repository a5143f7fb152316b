"""A training's history: Keras's `CSVLogger` file, JSON of `History.history`, or the object itself."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirage.doctor.evidence import Array, BadInput
from mirage.doctor.reading import tables

MOST_EPOCHS = 1_000_000
MOST_BYTES = 100 * 10**6
UNVALIDATED = "The history's columns of validation are empty: nothing was validated in training."
RATES = ("lr", "learning_rate", "val_learning_rate")  # Keras 2 and 3; none of them measures anything
ACCURACY = re.compile(r"(?:weighted_)?(?:(?:binary|(?:sparse_)?(?:top_k_)?categorical)_)?acc(?:uracy)?(?:_\d+)?")


NONE = ("", "NA", "None", "null")  # there is no number; "nan" is one that went wrong


def history(source: Any, separator: str = ",", encoding: str = "utf-8") -> tuple[dict[str, Array], tuple[str, ...]]:
    """Numbers by name, and what was assumed in reading them, a sentence each.

    Of training there is a number for each epoch, NaN where the file has none; of validation one for each epoch that has
    one. The accuracy is called ``accuracy`` whatever Keras called it. Raises BadInput.
    """
    named = getattr(source, "history", source)
    if isinstance(named, pd.DataFrame):
        found = {str(name): column.tolist() for name, column in named.items()}
    elif isinstance(named, Mapping):
        found = {str(name): list(np.atleast_1d(np.asarray(values, dtype=object))) for name, values in named.items()}
    else:
        file = tables.path(source, "history", "a file, what fit returned, or its history")
        if file.suffix not in (".json", ".csv", ".log", ".txt"):
            raise BadInput(f"history: got {file}, expected the .csv file of CSVLogger, or .json of History.history")
        found = _json(file) if file.suffix == ".json" else _csv(file, separator, encoding)
    numbers = {name: _numbers(values, name) for name, values in found.items() if name not in (*RATES, "epoch", "")}
    lost = "loss" in found and not all(map(_absent, found["loss"]))
    kept = {name: values for name, values in numbers.items() if np.isfinite(values).any() or (name == "loss" and lost)}
    kept = {name: values[np.isfinite(values)] if name.startswith("val_") else values for name, values in kept.items()}
    kept = {name: values for name, values in kept.items() if len(values)}
    if not kept:
        raise BadInput("history: got no numbers, expected loss, accuracy, val_loss, ... by epoch")
    if max(map(len, kept.values())) > MOST_EPOCHS:
        raise BadInput(f"history: got more than {MOST_EPOCHS:,} epochs, expected at most so many")
    held = {name for name in numbers if name.startswith("val_")}
    none = bool(held) and not held & set(kept) and any(np.isfinite(values).any() for values in kept.values())
    return _plain(kept), (UNVALIDATED,) if none else ()


def _csv(file: Path, separator: str, encoding: str) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in tables.read(file, "history", separator, encoding).items()}


def _json(file: Path) -> dict[str, list[Any]]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BadInput(f"history: got {file.stat().st_size:,} bytes, expected at most {MOST_BYTES:,}")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise BadInput(f"history: got {file} ({reason}), expected JSON of History.history") from None
    if not isinstance(found, dict) or not all(isinstance(values, list) for values in found.values()):
        raise BadInput("history: got JSON of another shape, expected lists of numbers by name")
    return found


def _absent(value: Any) -> bool:
    """Whether a cell says that there is no number."""
    return value is None or (isinstance(value, str) and value.strip() in NONE) or value is pd.NA


def _numbers(values: list[Any], name: str) -> Array:
    """The numbers of one column [epoch], NaN for those that are not finite or not there."""
    numbers = []
    for place, value in enumerate(values):
        try:
            number = math.nan if _absent(value) else float(value)
        except (TypeError, ValueError, OverflowError):
            if isinstance(value, list) or (isinstance(value, str) and value.lstrip().startswith("[")):
                return np.array([])  # a metric that is an array, such as F1Score's
            raise BadInput(f"history: epoch {place}, {name}: got {value!r}, expected a number") from None
        numbers.append(number if math.isfinite(number) else math.nan)
    return np.array(numbers)


def _plain(numbers: Mapping[str, Array]) -> dict[str, Array]:
    """Every accuracy under its plain name, the first where there are several."""
    found: dict[str, Array] = {}
    for name, values in numbers.items():
        bare = name.removeprefix("val_")
        plain = name.removesuffix(bare) + "accuracy" if ACCURACY.fullmatch(bare) else name
        found.setdefault(plain, values)
    return found
