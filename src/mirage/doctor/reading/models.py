"""What a saved Keras model says of itself, read from its configuration alone: no code of it runs, nothing is loaded.

A ``.keras`` file is a zip with ``config.json``; an ``.h5`` file holds the same as an attribute. A Lambda layer is a
name here and nothing else.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirage.doctor.evidence import BadInput
from mirage.doctor.reading import counts, tables

MOST_BYTES = 50 * 10**6  # of a configuration
DEEPEST = 50  # models within models
MEASURED = ("metrics", "weighted_metrics")
NORMALISING = ("BatchNormalization", "LayerNormalization")  # the same, whatever activation comes before
ANOTHER = "with a configuration of another shape, expected one that Keras wrote"
H5 = ("model_config", "training_config", "keras_version", "backend")  # attributes of an .h5 file
PASSING = (
    "Dropout",
    "Flatten",
    "Reshape",
    "Rescaling",
    "ActivityRegularization",
    "Identity",
)  # layers that leave units as they are


@dataclass(frozen=True)
class Layer:
    """A layer's class, and what its configuration says."""

    kind: str
    config: dict[str, Any]


@dataclass(frozen=True)
class Metric:
    """What a metric computes, such as ``binary_accuracy``, and where it cuts scores, if the configuration says so."""

    kind: str
    threshold: float | None = None


@dataclass(frozen=True)
class Model:
    """What is known of a model without running it.

    Attributes
    ----------
    layers
        In the order of the configuration, those of models inside included.
    units, activation
        Of the output; None where the configuration does not say.
    last
        The class of the layer that gives the output; None where the configuration does not say.
    loss
        Its name, such as ``binary_crossentropy``; None where the model was not compiled.
    from_logits
        Whether the loss is told that scores are logits.
    smoothing
        Whether the loss smooths labels or a layer is penalised, so that a loss is not the scores' own.
    metrics
        What is measured beside the loss.
    version, backend
        Of Keras, where the file says so.
    steps
        Updates that the optimizer counted; None where the file does not say, or says 0.
    """

    layers: tuple[Layer, ...]
    units: int | None
    activation: str | None
    loss: str | None
    from_logits: bool
    metrics: tuple[Metric, ...]
    version: str | None = None
    backend: str | None = None
    steps: int | None = None
    last: str | None = None
    smoothing: bool = False

    def of_kind(self, kind: str) -> list[Layer]:
        """All layers of this class."""
        return [layer for layer in self.layers if layer.kind == kind]


def model(source: Any) -> Model:
    """The configuration of a ``.keras`` or ``.h5`` file. Raises BadInput."""
    file = tables.path(source, "model", "a .keras or .h5 file: save the model first")
    try:
        with file.open("rb") as opened:
            packed = opened.read(4) == b"PK\x03\x04"
        config, compiled, version, backend, steps = _zip(file) if packed else _h5(file)
    except OSError as error:
        reason = error.strerror or "no HDF5 file"
        raise BadInput(f"model: got {file} ({reason}), expected a .keras or .h5 file of Keras") from None
    try:
        layers = tuple(_layers(config, 0))
        units, activation = _output(config)
        named = (compiled or {}).get("loss")
        loss, from_logits = _loss(named)
        metrics = tuple(one for kind in MEASURED for one in _metrics((compiled or {}).get(kind)))
        last, smoothing = _last(config), _smooths(named) or any(map(_penalised, layers))
    except (AttributeError, KeyError, TypeError, IndexError, ValueError, RecursionError):
        raise BadInput(f"model: got {file} {ANOTHER}") from None
    return Model(layers, units, activation, loss, from_logits, metrics, version, backend, steps, last, smoothing)


def _zip(file: Path) -> tuple[Any, Any, str | None, None, int | None]:
    try:
        with zipfile.ZipFile(file) as packed:
            config, about = (_member(packed, name) for name in ("config.json", "metadata.json"))
            steps = counts.in_zip(packed)
    except (*tables.UNPACKING, KeyError, RuntimeError, ValueError, RecursionError):
        raise BadInput(f"model: got {file} without a readable config.json, expected a .keras file") from None
    if not isinstance(config, dict):
        raise BadInput(f"model: got {file} {ANOTHER}")
    version = about.get("keras_version") if isinstance(about, dict) else None
    return config, config.get("compile_config"), str(version) if version else None, None, steps


def _member(packed: zipfile.ZipFile, name: str) -> Any:
    if packed.getinfo(name).file_size > MOST_BYTES:
        raise ValueError("too large")
    with packed.open(name) as member:
        text = member.read(MOST_BYTES + 1)  # what a file says of its size need not be true
    if len(text) > MOST_BYTES:
        raise ValueError("too large")
    return json.loads(text)


def _h5(file: Path) -> tuple[Any, Any, str | None, str | None, int | None]:
    import h5py

    try:
        with h5py.File(file, "r") as opened:
            about = {name: opened.attrs.get(name) for name in H5}
            steps = counts.in_h5(opened)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:  # of a damaged file
        reason = " ".join(str(error).split())
        raise BadInput(f"model: got {file} ({reason}), expected a .keras or .h5 file of Keras") from None
    if about["model_config"] is None:
        raise BadInput(f"model: got {file} without a configuration, expected a whole model, not its weights")
    version, backend = about.pop("keras_version"), about.pop("backend")
    texts = {name: text for name, text in about.items() if text is not None}
    try:
        found = {name: json.loads(text) for name, text in texts.items()}
    except (ValueError, TypeError, RecursionError):
        raise BadInput(f"model: got {file} {ANOTHER}") from None
    return found["model_config"], found.get("training_config"), _text(version), _text(backend), steps


def _text(value: Any) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None if value is None else str(value)


def _layers(config: Any, depth: int) -> Iterator[Layer]:
    """All layers of a model's configuration, those of models inside in their place."""
    if depth > DEEPEST:
        raise ValueError("too deep")
    for one in config["config"].get("layers", ()) if isinstance(config.get("config"), dict) else ():
        inside = one.get("config")
        if isinstance(inside, dict) and "layers" in inside:
            yield from _layers(one, depth + 1)
        else:
            yield Layer(str(one["class_name"]), inside if isinstance(inside, dict) else {})


def _output(config: Any, depth: int = 0) -> tuple[int | None, str | None]:
    """Units and activation of what a model gives; None for what is not there."""
    if depth > DEEPEST:
        raise ValueError("too deep")
    own = config.get("config")
    layers = list(own.get("layers", ())) if isinstance(own, dict) else []
    if isinstance(own, dict) and own.get("output_layers"):
        last = _first_name(own["output_layers"])
        names = [one.get("config", {}).get("name", one.get("name")) for one in layers]
        layers = layers[: names.index(last) + 1] if last in names else layers
    activation: str | None = None
    for one in reversed(layers):
        kind, inside = str(one["class_name"]), one.get("config", {})
        if "layers" in inside:
            units, within = _output(one, depth + 1)
            return units, activation or within
        if kind in PASSING:
            continue
        if kind in NORMALISING:
            activation = activation or "linear"
            continue
        if kind in ("Activation", "Softmax", "ReLU", "LeakyReLU") and activation is None:
            activation = "softmax" if kind == "Softmax" else _name(inside.get("activation", kind.lower()))
            continue
        units = inside.get("units", inside.get("filters"))
        return (int(units) if isinstance(units, int) else None), activation or _name(inside.get("activation"))
    return None, activation


def _first_name(outputs: Any) -> Any:
    """The name in ``[name, 0, 0]``, ``[[name, 0, 0]]`` or a mapping of these."""
    while isinstance(outputs, list | dict):
        outputs = next(iter(outputs.values() if isinstance(outputs, dict) else outputs), None)
    return outputs


def _name(value: Any) -> str | None:
    """A name as a configuration holds it: a text, or an object with a class or function."""
    if isinstance(value, dict):
        config = value.get("config")
        value = config if isinstance(config, str) else value.get("class_name")
    return None if value is None else _snake(str(value))


def _snake(name: str) -> str:
    """``BinaryCrossentropy`` as ``binary_crossentropy``."""
    spaced = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.lstrip("_").removesuffix("_v2")


def _loss(value: Any) -> tuple[str | None, bool]:
    """The name of a loss, and whether it is told that scores are logits."""
    if isinstance(value, dict) and "class_name" not in value and len(value) == 1:  # by output
        value = next(iter(value.values()))
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        config = value.get("config")
        told = bool(config.get("from_logits")) if isinstance(config, dict) else False
        return _name(
            {"class_name": value.get("class_name"), "config": config if isinstance(config, str) else None}
        ), told
    return (_snake(value) if isinstance(value, str) else None), False


def _metrics(value: Any) -> Iterator[Metric]:
    """What metrics compute, however they are nested."""
    if isinstance(value, str):
        yield Metric(_snake(value))
    elif isinstance(value, dict) and "class_name" in value:
        config = value.get("config")
        if not isinstance(config, dict):  # a function
            yield Metric(_snake(str(config or value["class_name"])))
            return
        wraps, cut = config.get("fn"), config.get("threshold")
        kind = wraps if isinstance(wraps, str) else value["class_name"]
        yield Metric(_snake(str(kind)), float(cut) if isinstance(cut, int | float) else None)
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _metrics(one)


def _last(config: Any, depth: int = 0) -> str | None:
    """The class of the layer that gives the output, inside of models within models."""
    if depth > DEEPEST:
        raise ValueError("too deep")
    own = config.get("config")
    layers = list(own.get("layers", ())) if isinstance(own, dict) else []
    if not layers:
        return None
    if own.get("output_layers"):
        last = _first_name(own["output_layers"])
        layers = [one for one in layers if one.get("config", {}).get("name", one.get("name")) == last] or layers
    inside = layers[-1].get("config", {})
    if isinstance(inside, dict) and "layers" in inside:
        return _last(layers[-1], depth + 1)
    return str(layers[-1]["class_name"])


def _smooths(loss: Any) -> bool:
    config = loss.get("config") if isinstance(loss, dict) else None
    return isinstance(config, dict) and bool(config.get("label_smoothing"))


def _penalised(layer: Layer) -> bool:
    return any(name.endswith("regularizer") and value for name, value in layer.config.items())
