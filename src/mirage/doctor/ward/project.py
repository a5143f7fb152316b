"""A healthy project of one seed: rows, a trained model, its history and file, and all that its owner could hand over.

A case takes it and plants its fault; the healthy twin takes the same project and shares the symptom only.
"""

import functools
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward import laws
from mirage.doctor.ward.learned import Learned, learned
from mirage.doctor.ward.settings import Ranges, between, ward, whole

SPLITS = ("train", "validation", "test", "use")
KNOWN = SPLITS[:-1]  # what its owner has predictions of
Handed = dict[str, Any]  # keyword arguments of `mirage.doctor.examine`


@dataclass(frozen=True)
class Wanted:
    """What a project is drawn from: two classes or several, ranges, laws, data sets. The same is drawn once a seed."""

    two: bool
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()
    cut: tuple[tuple[str, float], ...] = ()
    laws: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    real: float = 0.0


@dataclass(frozen=True, eq=False)  # one is itself only, so that what is made of it can be kept
class Project:
    """Rows of all splits, and the model trained on those of split `train`.

    Attributes
    ----------
    x, y
        [row, column] in the units of their owner, codes [row]; `split` names the split of each row, in this order.
    names
        Of the classes.
    model
        Trained on split `train`, stopped on `validation`; `again` are the same program with other initial weights.
    draw
        More rows of the same law; None of a real data set.
    file
        Its ``.keras`` file.
    """

    x: Array
    y: Array
    split: Array
    names: tuple[str, ...]
    model: Learned
    again: tuple[Learned, ...]
    draw: laws.Draw | None
    file: Path
    units: int
    seed: int
    scores: Array = field(repr=False)

    @property
    def two(self) -> bool:
        """Whether there are two classes."""
        return len(self.names) == 2

    def rows(self, *splits: str) -> Array:
        """Places of the rows of these splits."""
        return np.flatnonzero(np.isin(self.split, splits))

    def train_again(self, x: Array, y: Array, held: tuple[Array, Array]) -> Learned:
        """The same program on other rows."""
        return learned(x, y, held, self.units, self.seed, ward().training)

    def labels(self, rows: Array) -> Array:
        """Names of the classes of these rows."""
        return np.array(self.names)[self.y[rows]]

    def columns(self, scores: Array) -> dict[str, Array]:
        """Scores [row, class] as the columns of a file of predictions."""
        if self.two:
            return {"score": scores[:, 1]}
        return {f"score_{name}": scores[:, place] for place, name in enumerate(self.names)}

    def predictions(self, rows: Array, scores: Array | None = None) -> dict[str, Array]:
        """Labels and scores of these rows, with split, id, group and time."""
        found = self.scores[rows] if scores is None else scores
        return {"y_true": self.labels(rows)} | self.columns(found) | {"split": self.split[rows]} | self.about(rows)

    def about(self, rows: Array) -> dict[str, Array]:
        """Ids; groups of five rows or so that stay within a split; times in the order of splits."""
        return {"id": rows, "group": rows // 5 + 10_000 * _place(self.split[rows]), "time": rows}

    def features(self, rows: Array, x: Array | None = None) -> dict[str, Array]:
        """Columns, labels and what is known of these rows."""
        values = self.x[rows] if x is None else x
        named = {f"x{place}": values[:, place] for place in range(values.shape[1])}
        return named | {"y_true": self.labels(rows)} | self.about(rows)

    def handed(self) -> Handed:
        """All that the owner of a healthy project can hand over."""
        known, test = self.rows(*KNOWN), self.rows("test")
        right = float((self.scores[test].argmax(axis=1) == self.y[test]).mean())
        return {
            "predictions": self.predictions(known),
            "history": self.model.history,
            "model": self.file,
            "reported": {"accuracy": f"{right:.4f}"},
            "batch_size": ward().training.batch,
            **{name: self.features(self.rows(name)) for name in ("train", "test", "use")},
            "runs": [self.predictions(known, one.predict(self.x[known])) for one in self.again],
            "rescored": self.predictions(known, self.scores[known].astype(np.float32).astype(float)),
            "class_weight": dict.fromkeys(self.names, 1.0),
            "positive": self.names[1] if self.two else None,
        }


@functools.lru_cache(maxsize=16)
def project(wanted: Wanted, seed: int) -> Project:
    """The project of a seed; the same for all cases that want the same."""
    random = np.random.default_rng([seed, 15])
    settings = ward()
    ranges = Ranges.model_validate(settings.ranges.model_dump() | dict(wanted.ranges))
    real = bool(wanted.data) and (random.random() < wanted.real or not wanted.laws)
    if real:
        x, y, split = _real(random, str(random.choice(wanted.data)), wanted.two, dict(settings.cut) | dict(wanted.cut))
        draw = None
    else:
        x, y, split, draw = _drawn(random, str(random.choice(wanted.laws)), wanted.two, ranges)
    classes = int(y.max()) + 1
    units = int(random.choice(settings.training.units))
    parts = {name: split == name for name in SPLITS}
    held = x[parts["validation"]], y[parts["validation"]]
    models = [
        learned(x[parts["train"]], y[parts["train"]], held, units, 1000 * seed + run, settings.training)
        for run in range(1 + settings.runs)
    ]
    names = ("0", "1") if classes == 2 else tuple(f"class{code}" for code in range(classes))
    return Project(
        x, y, split, names, models[0], tuple(models[1:]), draw, keras_file(x.shape[1], units, classes), units, seed,
        models[0].predict(x),
    )  # fmt: skip


def _drawn(
    random: np.random.Generator, law: str, two: bool, ranges: Ranges
) -> tuple[Array, Array, Array, Callable[[np.random.Generator, int], tuple[Array, Array]]]:
    """Rows of a law in all splits, in units of their owner; and more of them."""
    classes = 2 if two else whole(random, ranges.classes)
    share = between(random, ranges.share)
    shares = np.array([1 - share, share])
    if not two:
        even = between(random, ranges.evenness)
        shares = random.dirichlet(np.full(classes, even)) * 0.7 + 0.3 / classes
    inner = laws.LAWS[law](random, ranges, classes, shares)
    scale, offset = 10 ** random.uniform(-2, 3, inner.columns), random.normal(0, 3, inner.columns)
    if law == "counts":
        scale, offset = np.ones(inner.columns), np.zeros(inner.columns)

    def draw(rows: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, y = inner.draw(rows, n)
        return (x + offset) * scale, y

    sizes = {name: whole(random, getattr(ranges, name)) for name in SPLITS}
    x, y = draw(random, sum(sizes.values()))
    split = np.repeat(list(sizes), list(sizes.values()))
    return x, y, split, draw


def _real(random: np.random.Generator, name: str, two: bool, cut: Mapping[str, float]) -> tuple[Array, Array, Array]:
    """Rows of a data set in random order, cut into splits with equal shares of classes."""
    x, y = laws.packaged(name, two)
    order = random.permutation(len(y))
    x, y = x[order], y[order]
    split = np.empty(len(y), dtype=object)
    for code in np.unique(y):
        places = np.flatnonzero(y == code)
        ends = np.round(np.cumsum([cut[name] for name in SPLITS]) / sum(cut.values()) * len(places)).astype(int)
        split[places] = np.repeat(SPLITS, np.diff([0, *ends]))
    together = np.lexsort((random.permutation(len(y)), _place(split)))
    return x[together], y[together], split[together].astype(str)


def _place(split: Array) -> Array:
    """Places of splits in their order [row]."""
    return np.array([SPLITS.index(name) for name in split])


@functools.lru_cache(maxsize=64)
def keras_file(columns: int, units: int, classes: int) -> Path:
    """The file of the network of these sizes that fits its labels."""
    import keras

    two = classes == 2
    last = keras.layers.Dense(1, "sigmoid") if two else keras.layers.Dense(classes, "softmax")
    model = keras.Sequential([keras.Input((columns,)), keras.layers.Dense(units, "relu"), last])
    model.compile("adam", "binary_crossentropy" if two else "sparse_categorical_crossentropy", metrics=["accuracy"])
    file = folder() / f"{columns}_{units}_{classes}.keras"
    model.save(file)
    return file


@functools.cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="mirage-ward-")


def folder() -> Path:
    """Where files of models stand while this process lives."""
    return Path(_temporary().name)
