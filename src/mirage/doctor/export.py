"""Write what the doctor reads, from a model and rows: predictions, with labels of the same batches, and the history.

Three lines::

    from mirage.doctor import export
    export.predictions(model, "predictions.csv", validation=(x_val, y_val), test=dataset)
    export.history(history, "history.json")

Rows are a tuple of arrays ``(x, y)`` or ``(x, y, weight)``, or batches of these: a ``tf.data.Dataset``, a
``keras.utils.PyDataset``, a list. Each batch is predicted when it comes, beside its own labels, so that a data set that
shuffles at every pass does no harm. Models are those of Keras and of scikit-learn.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirage.doctor.evidence import Array, BadInput
from mirage.doctor.reading.predictions import texts
from mirage.doctor.reading.tables import MOST_ROWS, TEXT, guarded
from mirage.records import files

Batch = tuple[Any, Array, Array | None]  # inputs, labels and weights of some rows
Names = tuple[list[str] | None, list[str] | None]  # of classes in the order of scores, and in labels where they differ


def predictions(
    model: Any,
    file: str | Path = "predictions.csv",
    *,
    train: Any = None,
    validation: Any = None,
    test: Any = None,
    classes: Sequence[Any] | None = None,
    ids: Mapping[str, Sequence[Any]] | None = None,
) -> Path:
    """Predict rows and write ``predictions.csv``, whole or not at all; returns its path.

    Parameters
    ----------
    model
        A Keras model of one output, [row] or [row, class]; or a fitted classifier, regressor or pipeline of
        scikit-learn. Of a classifier its own decisions are written, too, as ``y_pred``.
    train, validation, test
        Rows of each split, ``(x, y)``, ``(x, y, weight)`` or batches of these; one at least. Labels are classes as
        whole numbers or one-hot, names (scikit-learn), or the targets of a regression.
    classes
        Names in the order of the columns of scores; of a single score the second is the one it is for. Without it
        classes are 0, 1, 2, ..., of scikit-learn ``classes_``.
    ids
        By split, what names each row. Only for arrays: batches may come in another order.

    Raises
    ------
    BadInput
        One line: what was handed over, what it got, what was expected.
    OSError
        If the file cannot be written; an older one is then as it was.
    """
    splits = {"train": train, "validation": validation, "test": test}
    given = {name: rows for name, rows in splits.items() if rows is not None}
    if not given:
        raise BadInput("export: got no rows, expected train, validation or test")
    for name in ids or {}:
        if name not in given or not isinstance(given[name], tuple):
            raise BadInput(f"ids: got those of {name}, expected those of a split that is handed over as arrays")
    named = _named(model, classes)
    tables = []
    for name, rows in given.items():
        columns = _columns(model, rows, named, name)
        if ids and name in ids:
            if len(ids[name]) != len(columns["y_true"]):
                got, expected = len(ids[name]), len(columns["y_true"])
                raise BadInput(f"ids: {name}: got {got:,}, expected one for each of {expected:,} rows")
            columns = {"id": np.asarray(ids[name], dtype=object)} | columns
        tables.append(pd.DataFrame({"split": name} | columns))
    if len({tuple(column for column in table.columns if column.startswith("score")) for table in tables}) > 1:
        raise BadInput("model: got scores of another width in each split, expected one")
    table = pd.concat(tables, ignore_index=True)
    if "weight" in table:
        table["weight"] = table["weight"].fillna(1)  # of a split that came without weights
    for column in set(TEXT) & set(table.columns):
        table[column] = guarded(table[column].to_numpy(object))
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)  # a text may hold any sign
    files.write_text(Path(file), text.getvalue())
    return Path(file)


def history(history: Any, file: str | Path = "history.json") -> Path:
    """Write what ``fit`` returned, or its ``history``, as JSON, whole or not at all; returns the path."""
    numbers = getattr(history, "history", history)
    if not isinstance(numbers, Mapping) or not numbers:
        raise BadInput(f"history: got {type(history).__name__}, expected what fit returned: numbers by name and epoch")
    plain = {str(name): np.asarray(values).tolist() for name, values in numbers.items()}
    files.write_text(Path(file), json.dumps(plain, indent=1) + "\n")
    return Path(file)


def callback(folder: str | Path = ".", **about: Any) -> Any:
    """A Keras callback that writes ``predictions.csv`` and ``history.json`` into a folder when ``fit`` ends.

    It takes what `predictions` takes. Put it last, after those that put the weights of another epoch back.
    """
    import keras

    class Export(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            self.numbers: dict[str, list[Any]] = {}

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            for name, value in (logs or {}).items():
                self.numbers.setdefault(name, []).append(value)

        def on_train_end(self, logs: Any = None) -> None:
            predictions(self.model, Path(folder) / "predictions.csv", **about)
            if self.numbers:
                history(self.numbers, Path(folder) / "history.json")

    return Export()


def _named(model: Any, classes: Sequence[Any] | None) -> Names:
    """Names of classes, and how labels call them; None for 0, 1, 2, ..."""
    own = list(texts(np.asarray(model.classes_, dtype=object))) if hasattr(model, "classes_") else None
    if classes is None:
        return own, own
    names = [str(name) for name in texts(np.array([*map(str, classes)], dtype=object))]
    if len(set(names)) < len(names) or "" in names:
        raise BadInput(f"classes: got {', '.join(map(str, classes))}, expected different names, none of them empty")
    if own is not None and len(names) != len(own):
        raise BadInput(f"classes: got {len(names)} names, expected {len(own)} as the model has classes")
    if names == ["1", "0"]:
        raise BadInput("classes: got 1, 0, expected 0, 1: a single score is for the second")
    return names, own


def _columns(model: Any, rows: Any, named: Names, where: str) -> dict[str, Array]:
    """The columns of one split: labels, scores, decisions and weights."""
    parts: dict[str, list[Array]] = {}
    n = 0
    for x, y, weight in _batches(rows, where):
        own = _predicted(model, x, whole=isinstance(rows, tuple)) | {"y": y}
        own |= {} if weight is None else {"weight": weight}
        lengths = {name: len(values) for name, values in own.items()}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{length:,} of {name}" for name, length in lengths.items())
            raise BadInput(f"{where}: got {said}, expected as many rows of each")
        n += len(y)
        if n > MOST_ROWS:
            raise BadInput(f"{where}: got more than {MOST_ROWS:,} rows, expected batches that end")
        for name, values in own.items():
            parts.setdefault(name, []).append(values)
    if not n:
        raise BadInput(f"{where}: got no rows, expected one at least")
    if len({len(values) for values in parts.values()}) > 1:
        raise BadInput(f"{where}: got batches with weights and without, expected one of both")
    found = {name: np.concatenate(values) for name, values in parts.items()}
    scores = found.get("score")
    scored = {} if scores is None else _scores(scores, named[0])
    columns = {"y_true": _labels(found["y"], scores, named, where)} | scored
    if "decided" in found:
        columns["y_pred"] = _labels(found["decided"], scores, named, where)
    return columns | ({"weight": found["weight"]} if "weight" in found else {})


def _batches(rows: Any, where: str) -> Iterator[Batch]:
    """Inputs, labels and weights, batch by batch; arrays are one batch."""
    expected = "expected (x, y), (x, y, weight), or batches of these that end"
    if isinstance(rows, tuple):
        every: Any = [rows]
    elif hasattr(rows, "__getitem__") and hasattr(rows, "__len__"):  # a PyDataset, whose iteration need not end
        every = (rows[place] for place in range(len(rows)))
    elif hasattr(rows, "__iter__"):
        every = rows
    else:
        raise BadInput(f"{where}: got {type(rows).__name__}, {expected}")
    for batch in every:
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            raise BadInput(f"{where}: got {type(batch).__name__} without labels, {expected}")
        x, y, weight = (*batch, None)[:3]
        if isinstance(y, Mapping | list | tuple) and len(y) == 1:
            y = next(iter(y.values() if isinstance(y, Mapping) else y))
        if isinstance(y, Mapping):
            raise BadInput(f"{where}: got labels of {len(y)} outputs, expected those of one")
        yield x, _array(y), None if weight is None else _array(weight).ravel()


def _array(values: Any) -> Array:
    """As NumPy's, from any backend."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def _predicted(model: Any, x: Any, whole: bool) -> dict[str, Array]:
    """Scores [row, column] of some rows, and decisions [row], as far as a model gives them."""
    if hasattr(model, "predict_on_batch"):  # Keras
        return {"score": _shaped(model.predict(x, verbose=0) if whole else model.predict_on_batch(_fed(x)))}
    if not hasattr(model, "predict"):
        raise BadInput(f"model: got {type(model).__name__}, expected one of Keras or scikit-learn")
    decided = _array(model.predict(x))
    if decided.ndim > 1 and decided.shape[1:] != (1,):
        raise BadInput(f"model: got predictions of shape {decided.shape}, expected one output")
    decided = decided.reshape(len(decided))
    if not hasattr(model, "classes_"):
        return {"score": decided[:, None]}  # a regressor
    score = next(
        (getattr(model, name) for name in ("predict_proba", "decision_function") if hasattr(model, name)), None
    )
    if score is None:
        return {"decided": decided}
    scores = _shaped(score(x))
    classes = len(model.classes_)
    if scores.shape[1] == 2 and classes == 2:
        scores = scores[:, 1:]
    if scores.shape[1] != (1 if classes == 2 else classes):  # one for each pair of classes
        return {"decided": decided}
    return {"score": scores, "decided": decided}


def _fed(x: Any) -> Any:
    """A batch as the backend takes it: tensors of TensorFlow are its own, and nobody else's."""
    import keras

    if keras.backend.backend() == "tensorflow":
        return x
    return keras.tree.map_structure(_array, x)


def _shaped(scores: Any) -> Array:
    """Scores [row, column] of one output."""
    if isinstance(scores, list | tuple | Mapping):
        raise BadInput(f"model: got {len(scores)} outputs, expected one: export a model that ends in one of them")
    found = _array(scores)
    if found.ndim not in (1, 2) or found.shape[1:] == (0,):
        raise BadInput(f"model: got predictions of shape {found.shape}, expected [row] or [row, class]")
    return found.reshape(len(found), -1)


def _labels(y: Array, scores: Array | None, named: Names, where: str) -> Array:
    """Labels [row] by name where classes have names; one-hot labels by the place of the one; others as they are."""
    width = 1 if scores is None else scores.shape[1]
    names, own = named
    if y.ndim == 2 and y.shape[1] > 1:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
            raise BadInput(f"{where}: got labels [row, class] that are not one-hot, expected one class for each row")
        if y.shape[1] != max(width, 2):
            raise BadInput(f"{where}: got labels of {y.shape[1]} classes, expected {max(width, 2)} as scores are")
        y, own = y.argmax(axis=1), None
    if y.ndim > 2:
        raise BadInput(f"{where}: got labels of shape {y.shape}, expected [row] or [row, class]")
    flat = y.reshape(len(y))
    whole = flat.dtype.kind in "biu" or (flat.dtype.kind == "f" and bool((flat == np.round(flat)).all()))
    if names is None and width == 1:
        return flat.astype(np.int64) if whole else flat
    if own is None and whole:  # places
        known: Sequence[Any] = range(len(names) if names else width)
        places = pd.Index(known).get_indexer(flat.astype(np.int64))
    else:
        known = own or names or range(width)
        places = pd.Index([*map(str, known)]).get_indexer(pd.Index(texts(flat)))
    if (places < 0).any():
        expected = ", ".join(map(str, known[:10])) + (", ..." if len(known) > 10 else "")
        raise BadInput(f"{where}: got the label {flat[places < 0][0]!s}, expected one of {expected}")
    return np.asarray(np.array(names, dtype=object)[places] if names else places)


def _scores(scores: Array, names: list[str] | None) -> dict[str, Array]:
    """Columns of scores by name: of two classes that of the second."""
    width = scores.shape[1]
    if names is not None and len(names) != max(width, 2):
        raise BadInput(f"classes: got {len(names)} names, expected {max(width, 2)} as there are scores")
    if width == 1:
        return {"score" if names is None or names == ["0", "1"] else f"score_{names[1]}": scores[:, 0]}
    return {f"score_{name}": column for name, column in zip(names or range(width), scores.T, strict=True)}
