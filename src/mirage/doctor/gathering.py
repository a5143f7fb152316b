"""What a user hands over, read and brought together as one bundle."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mirage.doctor import formulas
from mirage.doctor.evidence import BadInput, Bundle, Predictions
from mirage.doctor.reading import tables
from mirage.doctor.reading.features import aligned
from mirage.doctor.reading.features import features as read_features
from mirage.doctor.reading.histories import history as read_history
from mirage.doctor.reading.models import model as read_model
from mirage.doctor.reading.predictions import counting
from mirage.doctor.reading.predictions import predictions as read_predictions

EXAMINED = ("test", "validation")  # splits, of which the first that is there is examined
BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")


def gathered(
    predictions: Any,
    *,
    history: Any,
    model: Any,
    positive: str | None,
    separator: str,
    encoding: str,
    reported: Mapping[str, float | str],
    batch_size: int | None,
    features: Mapping[str, Any],
    runs: Sequence[Any],
    rescored: Any,
    class_weight: Mapping[Any, float | str],
    keras: str | None,
    backend: str | None,
) -> Bundle:
    """All that was handed over, as `mirage.doctor.examine` takes it. Raises BadInput with one line."""
    given = {where: source for where, source in features.items() if source is not None}
    if predictions is None and history is None and model is None and not given:
        raise BadInput("examine: got nothing, expected predictions, a history, a model or features")
    if batch_size is not None and batch_size < 1:
        raise BadInput(f"batch_size: got {batch_size}, expected 1 or more")
    if keras is not None and not re.fullmatch(r"\d+(\.\d+)*\w*", keras):
        raise BadInput(f"keras: got {keras}, expected a version such as 3.8.0")
    if backend is not None and backend not in BACKENDS:
        raise BadInput(f"backend: got {backend}, expected one of {', '.join(BACKENDS)}")

    def read(source: Any, where: str) -> tables.Columns:
        return tables.read(source, where, separator, encoding)

    rows = aligned({where: read_features(read(source, where), where) for where, source in given.items()})
    configured = None if model is None else read_model(model)
    course, notes = ({}, ()) if history is None else read_history(history, separator, encoding)
    bundle = Bundle(
        reported=dict(_reported(name, value) for name, value in reported.items()),
        batch_size=batch_size,
        history=course,
        notes=notes,
        model=configured,
        version=keras or (configured.version if configured else None),
        backend=backend or (configured.backend if configured else None),
        class_weight={str(name): _weight(str(name), weight) for name, weight in class_weight.items()},
        train=rows.get("train"),
        test=rows.get("test"),
        use=rows.get("use"),
    )
    if predictions is None:
        if runs or rescored is not None:
            raise BadInput(
                f"{'run' if runs else 'rescore'}: got no predictions beside it, expected those to compare with"
            )
        return bundle
    bundle = _with_predictions(bundle, read(predictions, "predictions"), positive)
    if bundle.predictions is None:
        return bundle
    again = [_again(bundle.predictions, read(run, f"run {n}"), f"run {n}", positive) for n, run in enumerate(runs, 1)]
    second = None if rescored is None else _again(bundle.predictions, read(rescored, "rescore"), "rescore", positive)
    return replace(bundle, runs=tuple(again), rescored=second)


def _with_predictions(bundle: Bundle, columns: tables.Columns, positive: str | None) -> Bundle:
    """With the predictions of the split that is examined, and those of the others."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        return replace(bundle, lengths=lengths)
    every = read_predictions(columns, "predictions", positive)
    chosen, parts = _examined(every, "predictions")
    others = {name: part for name, part in parts.items() if part is not chosen}
    return replace(bundle, predictions=chosen, others=others)


def _examined(every: Predictions, where: str) -> tuple[Predictions, dict[str, Predictions]]:
    """The rows of the split that is examined, and those of each split."""
    if "split" not in every.about:
        return every, {}
    parts = {str(name): every.of(every.about["split"] == name) for name in dict.fromkeys(every.about["split"])}
    chosen = next((name for name in EXAMINED if name in parts), None)
    if chosen is None:
        raise BadInput(f"{where}: split: got {', '.join(parts)}, expected test or validation among them")
    if "weight" in every.about:
        counting(parts[chosen].about["weight"], f"{where}: weight: split {chosen}")
    return parts[chosen], parts


def _again(first: Predictions, columns: tables.Columns, where: str, positive: str | None) -> Predictions:
    """Other predictions of the same rows, in the same order: by id where both have it, else as they stand."""
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise BadInput(f"{where}: got columns of {', '.join(map(str, sorted(lengths)))} rows, expected equal lengths")
    found, _ = _examined(read_predictions(columns, where, positive), where)
    if len(found) != len(first):
        raise BadInput(f"{where}: got {len(found):,} rows, expected the {len(first):,} of predictions")
    if found.classes != first.classes:
        got, expected = (", ".join(one.classes) or "numbers" for one in (found, first))
        raise BadInput(f"{where}: got the classes {got}, expected those of predictions, {expected}")
    if "id" in first.about and "id" in found.about:
        same = found.by_ids(first.about["id"])
        if same is None:
            raise BadInput(f"{where}: got other ids, expected those of predictions")
        found = same
    if (found.truth != first.truth).any():
        place = int(np.flatnonzero(found.truth != first.truth)[0])
        raise BadInput(f"{where}: row {place + 2}: got another y_true, expected the rows of predictions in their order")
    return found


def _weight(name: str, weight: float | str) -> float:
    try:
        number = float(weight)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise BadInput(f"class_weight: {name}: got {weight!r}, expected a number of 0 or more")
    return number


def _reported(name: str, value: float | str) -> tuple[str, tuple[float, float]]:
    """A metric's name, the reported number, and the unit of its last place."""
    metric = formulas.SYNONYMS.get(name, name)
    if metric not in formulas.HONEST:
        raise BadInput(f"reported: got {name}, expected one of {', '.join(formulas.HONEST)}")
    text = str(value).strip()
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?%?|[+-]?\.\d+%?", text):
        raise BadInput(f"reported: {name}: got {text!r}, expected a number such as 0.98 or 98%")
    if not text.endswith("%") and abs(float(text)) > 1:
        raise BadInput(f"reported: {name}: got {text}, expected a share such as 0.98, or 98%")
    share = 0.01 if text.endswith("%") else 1.0
    places = len(text.rstrip("%").partition(".")[2])
    return metric, (float(text.rstrip("%")) * share, share * 10.0**-places)
