"""What the doctor is handed, in one shape; every part may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mirage.doctor.comparing import Move
    from mirage.doctor.reading.models import Model

Array = np.ndarray[Any, np.dtype[Any]]

CUT = 0.5  # of a probability; Keras's binary accuracy cuts there, whatever the scores are
LOGIT_CUT = 0.0
ROUNDING = 1e-6  # of a probability in single precision, beyond 0 and 1
UNKNOWN = -1  # the code of a predicted name that no label has


MOST_SIGNS = 1000  # of an error: names and cells of others may be long


def printable(text: str) -> str:
    """A text without signs that a terminal would obey or break a line at: they are written as Python writes them."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class BadInput(ValueError):
    """An input that cannot be read. The text is one line: where, what it got, what was expected."""

    def __init__(self, text: str) -> None:
        line = printable(text)
        super().__init__(line if len(line) <= MOST_SIGNS else f"{line[:MOST_SIGNS]} ...")


@dataclass(frozen=True)
class Predictions:
    """Labels and predictions of the same rows, without those that lack one of them.

    Attributes
    ----------
    truth
        Codes into `classes` [row]; numbers where `classes` is empty, which is a regression.
    scores
        [row, column]: one column for the second of two classes, or one for each class; None if there are none.
    decided
        Codes [row] of the predicted classes as they were given, `UNKNOWN` for a name that no label has; None if there
        are none. Numbers of a regression.
    about
        By name (`split`, `id`, `group`, `time`, `weight`): a value [row], of time and weight a number.
    missing
        By column: how many rows were left out since they lack a value there.
    strange
        Predicted names that no label has.
    notes
        What was assumed in reading, a sentence each.
    """

    truth: Array
    classes: tuple[str, ...]
    scores: Array | None = None
    decided: Array | None = None
    about: Mapping[str, Array] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    strange: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.truth)

    @property
    def regression(self) -> bool:
        """Whether targets are numbers."""
        return not self.classes

    @property
    def single(self) -> Array | None:
        """The score of the second of two classes [row]; None where there is no such column."""
        return self.scores[:, 0] if self.scores is not None and self.scores.shape[1] == 1 else None

    @property
    def logits(self) -> bool:
        """Whether scores lie outside 0 to 1, so that they cannot be probabilities."""
        return self.scores is not None and bool(((self.scores < -ROUNDING) | (self.scores > 1 + ROUNDING)).any())

    @cached_property
    def decisions(self) -> Array | None:
        """Codes [row]: as given, else what the scores say by the usual rule; None where nothing says so.

        A single score is cut at one half, a logit at zero; of several the largest counts.
        """
        if self.decided is not None or self.scores is None or self.regression:
            return self.decided
        if self.single is not None:
            return (self.single > (LOGIT_CUT if self.logits else CUT)).astype(int)
        return np.asarray(self.scores.argmax(axis=1))

    def by_ids(self, ids: Array) -> "Predictions | None":
        """The rows in the order of these ids; None where they have other ones."""
        mine, theirs = (np.argsort(one.astype(str), kind="stable") for one in (self.about["id"], ids))
        if len(mine) != len(theirs) or (self.about["id"][mine] != ids[theirs]).any():
            return None
        order = np.empty_like(mine)
        order[theirs] = mine
        return self.of(order)

    def of(self, rows: Array) -> "Predictions":
        """Some of the rows, by a mask or by their places."""
        chosen = {name: values[rows] for name, values in self.about.items()}
        scores, decided = (None if part is None else part[rows] for part in (self.scores, self.decided))
        return Predictions(
            self.truth[rows], self.classes, scores, decided, chosen, self.missing, self.strange, self.notes
        )


@dataclass(frozen=True)
class Features:
    """Rows as a model is given them, of training, of the test or of use.

    Attributes
    ----------
    columns
        By name, in their order: numbers [row], NaN where there is none, or texts [row].
    truth
        Labels as text [row]; None where there are none.
    about
        By name (`group`, `time`, `id`): a value [row] as text, of time a number.
    """

    columns: Mapping[str, Array]
    truth: Array | None = None
    about: Mapping[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values())))

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """Names of the columns of numbers."""
        return tuple(name for name, values in self.columns.items() if values.dtype.kind == "f")

    @cached_property
    def numbers(self) -> Array:
        """The columns of numbers [row, column]."""
        return np.column_stack([self.columns[name] for name in self.numeric] or [np.empty((len(self), 0))])


@dataclass(frozen=True)
class Bundle:
    """All that one examination may look at.

    Attributes
    ----------
    predictions
        Those of the rows that are examined: of split `test`, else `validation`, else all.
    others
        Those of the other splits, by their name.
    lengths
        By name, where arrays of unequal length were handed over: how long each is. Then there are no predictions.
    reported
        By metric: a number that was printed somewhere, and its unit in the last place.
    history
        By name (`loss`, `val_accuracy`, ...): a number for each epoch.
    model
        What the model's configuration says.
    version, backend
        Of Keras, such as ``3.8.0`` and ``tensorflow``; None where neither the user nor the model's file says.
    train, test, use
        Features of the rows that the model was trained on, was tested on, and meets in use, with the same columns.
    runs
        Predictions of the examined rows by the same program run again, with another seed.
    rescored
        Predictions of the examined rows by the same model in another process.
    class_weight
        By class: what its rows weigh in training.
    notes
        What was assumed in reading history and model, a sentence each.
    """

    predictions: Predictions | None = None
    others: Mapping[str, Predictions] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    reported: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    batch_size: int | None = None
    history: Mapping[str, Array] = field(default_factory=dict)
    model: "Model | None" = None
    version: str | None = None
    backend: str | None = None
    train: Features | None = None
    test: Features | None = None
    use: Features | None = None
    runs: tuple[Predictions, ...] = ()
    rescored: Predictions | None = None
    class_weight: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> int | None:
        """How many updates training made; None if unknown.

        Epochs of the history times batches of the training rows; else what the optimizer in the model's file counted,
        which is too few if the model was compiled again.
        """
        train = self.others.get("train")
        if train is None or self.batch_size is None or "loss" not in self.history:
            return self.model.steps if self.model is not None else None
        return len(self.history["loss"]) * -(-len(train) // self.batch_size)

    def across(self, name: str) -> "tuple[Features, Features] | tuple[Predictions, Predictions] | None":
        """The rows of training and those held out, where both say `name` (``group``, ...) of each row.

        Features come first; else predictions of split train and of the examined split; None where neither says it.
        """
        if self.train is not None and self.test is not None and {name} <= self.train.about.keys() & self.test.about:
            return self.train, self.test
        train, held = self.others.get("train"), self.predictions
        if train is not None and held is not None and {name} <= train.about.keys() & held.about:
            return train, held
        return None

    @property
    def known(self) -> Features | None:
        """Features of the rows whose law the model knows: of training, else of the test."""
        return self.train or self.test

    @cached_property
    def moves(self) -> "list[Move]":
        """Columns that differ between the known rows and those of use, see `mirage.doctor.comparing.moves`."""
        from mirage.doctor.comparing import moves  # which imports this module

        return [] if self.known is None or self.use is None else moves(self.known, self.use)

    @property
    def trained_on(self) -> "Features | Predictions | None":
        """Rows of training with labels of classes: of the features, else of predictions with split train."""
        if self.train is not None and self.train.truth is not None:
            return self.train
        there = self.others.get("train")
        return None if there is None or there.regression else there

    @property
    def met(self) -> "Features | Predictions | None":
        """Rows that were not trained on, with labels of classes: of use, else of the test, else those predicted."""
        for table in (self.use, self.test):
            if table is not None and table.truth is not None:
                return table
        there = self.predictions
        return None if there is None or there.regression else there

    def has_layer(self, kind: str) -> bool:
        """Whether the model is there and has a layer of this class."""
        return self.model is not None and bool(self.model.of_kind(kind))
