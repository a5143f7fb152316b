"""What an examination is, and what it may answer: found, not found, or cannot tell."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from mirage.doctor.evidence import Bundle, Predictions

Sure = Literal["certain", "likely", "possible"]
SURE: tuple[Sure, ...] = ("certain", "likely", "possible")  # most first


@dataclass(frozen=True)
class Item:
    """One piece of evidence: its name, a number or word (None where undefined), and a sentence with it."""

    name: str
    value: float | int | str | None
    text: str


@dataclass(frozen=True)
class Found:
    """A cause that was found: how sure that is, and why."""

    sure: Sure
    evidence: tuple[Item, ...]


@dataclass(frozen=True)
class CannotTell:
    """Nothing can be said of a cause; `needs` is what would tell it: a file, a column, or what must be mended first."""

    needs: str


Answer = Found | CannotTell | None  # None: examined and not found


@dataclass(frozen=True)
class Examination:
    """One question about a bundle.

    Attributes
    ----------
    cause
        Its name; a contract, see ``docs/doctor.md``.
    needs
        What is missing if it cannot be asked, by what is there; see `lacks`.
    tell_apart
        What would tell the cause from the next one.
    advice
        What to do about it.
    lesson
        The lesson that measures it over seeds; None where a paragraph of the page of causes has to do.
    pairs
        Whether it holds each label against the prediction beside it, which says nothing while rows are out of step.
    unless
        Causes that explain what it would find: where one of them is found, it is not.
    """

    cause: str
    needs: tuple[str, ...]
    tell_apart: str
    advice: str
    lesson: str | None
    pairs: bool
    unless: tuple[str, ...]
    ask: Callable[[Bundle], Answer]


TABLE: dict[str, Examination] = {}  # by cause, in the order of questions; filled as the modules are imported


def examination(
    cause: str,
    *,
    needs: tuple[str, ...],
    tell_apart: str,
    advice: str,
    lesson: str | None = None,
    pairs: bool = True,
    unless: tuple[str, ...] = (),
) -> Callable[[Callable[[Any], Answer]], Callable[[Any], Answer]]:
    """Enter a function from what it needs to an answer as the examination of a cause.

    `needs` are keys of `lacks`; `pairs` says whether it holds each label against the prediction beside it.
    """

    def entered(function: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
        def ask(bundle: Bundle) -> Answer:
            for need in needs:
                if lacking := lacks(need, bundle):
                    return CannotTell(lacking)
            return function(bundle)

        TABLE[cause] = Examination(cause, needs, tell_apart, advice, lesson, pairs, unless, ask)
        return function

    return entered


def of_predictions(cause: str, **about: Any) -> Callable[[Callable[[Predictions], Answer]], Callable[..., Answer]]:
    """The same for a function that looks at the examined predictions only; `about` as for `examination`."""

    def entered(function: Callable[[Predictions], Answer]) -> Callable[..., Answer]:
        examination(cause, **about)(lambda bundle: function(of(bundle)))
        return function

    return entered


def lacks(need: str, bundle: Bundle) -> str:
    """What a bundle would have to have, in words; nothing where it has it."""
    there = bundle.predictions
    have = {
        "predictions": there is not None,
        "scores": there is not None and there.scores is not None,
        "score": there is not None and there.single is not None,
        "decisions": there is not None and there.decisions is not None,
        "decided": there is not None and there.decided is not None and not there.regression,
        "classes": there is not None and len(there.classes) > 1,
        "reported": bool(bundle.reported),
        "id": there is not None and "id" in there.about,
        "history": bool(bundle.history),
        "accuracies": {"accuracy", "val_accuracy"} <= set(bundle.history),
        "losses": {"loss", "val_loss"} <= set(bundle.history),
        "model": bundle.model is not None,
        "train": bundle.train is not None,
        "test": bundle.test is not None,
        "use": bundle.use is not None,
        "known": bundle.known is not None,
        "labels of both": bundle.trained_on is not None and bundle.met is not None,
        "rescored or use": bundle.rescored is not None or (bundle.use is not None and bundle.known is not None),
        "runs": bool(bundle.runs),
        "rescored": bundle.rescored is not None,
        "class_weight": bool(bundle.class_weight),
        "group": there is not None and "group" in there.about,
        "group-across": bundle.across("group") is not None,
        "time-across": bundle.across("time") is not None,
        "rows-across": bundle.across("id") is not None or (bundle.train is not None and bundle.test is not None),
        "labels-across": all(one is not None and one.truth is not None for one in (bundle.train, bundle.test)),
    }
    words = {
        "predictions": "predictions: y_true with score, score_CLASS or y_pred",
        "scores": "a column score, or score_CLASS for each class",
        "score": "a column score, of the positive class",
        "decisions": "a column score, score_CLASS for each class, or y_pred",
        "decided": "a column y_pred, as your program decides, of classes",
        "classes": "labels of two classes or more",
        "reported": "--reported METRIC=VALUE, the number that you were shown",
        "id": "a column id",
        "history": "--history, what training printed for each epoch",
        "accuracies": "a history with accuracy and val_accuracy",
        "losses": "a history with loss and val_loss",
        "model": "--model, the saved model (its configuration is read, nothing is run)",
        "train": "--train, the features of the rows that the model was trained on",
        "test": "--test, the features of the rows that it was tested on",
        "use": "--use, the features of rows that it meets in use",
        "known": "--train, the features of the rows that the model was trained on, or --test",
        "labels of both": "labels of training and of use: y_true in --train and --use (or --test), or a column split",
        "rescored or use": "--rescore, the same rows by the same model in another process; or --use beside --train",
        "runs": "--run, the same rows predicted by your program run again with another seed",
        "rescored": "--rescore, the same rows predicted by the same model in another process",
        "class_weight": "--class-weight CLASS=WEIGHT,..., the class_weight given to fit",
        "group": "a column group",
        "group-across": "a column group in --train and --test, or in predictions with the rows of split train",
        "time-across": "a column time in --train and --test, or in predictions with the rows of split train",
        "rows-across": "--train and --test, or a column id in predictions with the rows of split train",
        "labels-across": "a column y_true in --train and --test",
    }
    return "" if have[need] else words[need]


def of(bundle: Bundle) -> Predictions:
    """The examined predictions of a bundle that has them."""
    assert bundle.predictions is not None
    return bundle.predictions


def item(name: str, value: float | int | str | None, text: str) -> Item:
    """A piece of evidence; a number that is undefined is None. ``{}`` in the text stands for the number."""
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    shown = "undefined" if value is None else value if isinstance(value, str) else f"{value:,.4g}"
    return Item(name, value, text.replace("{}", str(shown)))
