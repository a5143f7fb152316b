"""From what a user has to a report: every cause found, not found, or not to be told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mirage.doctor import examinations
from mirage.doctor.evidence import BadInput, Bundle
from mirage.doctor.examinations.calibration import explained
from mirage.doctor.finding import SURE, TABLE, Answer, CannotTell, Found
from mirage.doctor.gathering import gathered
from mirage.doctor.report import Finding, Report
from mirage.doctor.score import score

assert examinations  # importing them fills the table
OUT_OF_STEP = ("unequal-rows", "label-types", "shifted-rows", "reversed-rows", "sorted-rows", "permuted-rows")


def examine(
    predictions: Any = None,
    *,
    history: Any = None,
    model: Any = None,
    positive: str | None = None,
    separator: str = ",",
    encoding: str = "utf-8",
    reported: Mapping[str, float | str] | None = None,
    batch_size: int | None = None,
    train: Any = None,
    test: Any = None,
    use: Any = None,
    runs: Sequence[Any] = (),
    rescored: Any = None,
    class_weight: Mapping[Any, float | str] | None = None,
    keras: str | None = None,
    backend: str | None = None,
    accepted: Mapping[str, str] | None = None,
) -> Report:
    """Examine predictions for what makes a high accuracy misleading.

    Parameters
    ----------
    predictions
        A CSV or npz file, a DataFrame, or arrays by name: ``y_true`` with ``score`` (a probability or logit of the
        positive class; or [row, class]), ``score_CLASS`` columns or ``y_pred``, and maybe ``split``, ``id``, ``group``.
    history
        What training printed for each epoch: CSVLogger's file, JSON of ``History.history``, or either object.
    model
        A ``.keras`` or ``.h5`` file. Its configuration is read, nothing of it is run or loaded.
    positive
        The class that a single score is for, where that is not plain.
    reported
        By metric (accuracy, precision, recall, auc): a number that you were shown. As text, it is held to the places
        that are written.
    batch_size
        The size of batches when that number was made.
    train, test, use
        Features, as predictions are given, of the rows that the model was trained on, was tested on, and meets in use;
        all columns but ``y_true``, ``group``, ``time`` and ``id``. They must have the same columns.
    runs
        Predictions of the same rows by the same program run again with another seed.
    rescored
        Predictions of the same rows by the same model, loaded in another process.
    class_weight
        By class: what training was told that a row of it weighs.
    keras, backend
        The version of Keras and its backend, such as ``3.8.0`` and ``jax``, where the model's file does not say.
    accepted
        By cause: why it is no fault here. It is listed apart.

    Returns
    -------
    Report
        What `mirage-doctor` prints; ``to_json()`` is a contract, in a notebook it shows itself.

    Raises
    ------
    BadInput
        One line: the input, what it got, what was expected.
    """
    known = {**(accepted or {})}
    for cause in known:
        if cause not in TABLE:
            raise BadInput(f"accept: got {cause}, expected one of {', '.join(TABLE)}")
    bundle = gathered(
        predictions, history=history, model=model, positive=positive, separator=separator, encoding=encoding,
        reported=reported or {}, batch_size=batch_size, features={"train": train, "test": test, "use": use}, runs=runs,
        rescored=rescored, class_weight=class_weight or {}, keras=keras, backend=backend,
    )  # fmt: skip
    with np.errstate(all="ignore"):  # numbers of others may be as large as they like; what is undefined is None
        return report(bundle, known)


def report(bundle: Bundle, accepted: Mapping[str, str]) -> Report:
    """Ask all questions of a bundle, in their order."""
    answers: dict[str, Answer] = {}
    for cause, one in TABLE.items():
        spoiled = [name for name in OUT_OF_STEP if _is_found(answers.get(name)) and name != cause]
        if spoiled and one.pairs:
            answers[cause] = CannotTell(f"labels and predictions in step: mend {spoiled[0]} first")
        else:
            answers[cause] = one.ask(bundle)
    named = {cause for cause, answer in answers.items() if isinstance(answer, Found)}
    for cause in named:
        if named & set(TABLE[cause].unless):
            answers[cause] = None
    found = [
        Finding(TABLE[cause], answer)
        for sure in SURE
        for cause, answer in answers.items()
        if isinstance(answer, Found) and answer.sure == sure and cause not in accepted
    ]
    there = bundle.predictions
    return Report(
        score=score(there) if there is not None and not isinstance(answers["label-types"], Found) else None,
        findings=tuple(found),
        not_found=tuple(cause for cause, answer in answers.items() if answer is None),
        cannot_tell={cause: one.needs for cause, one in answers.items() if isinstance(one, CannotTell)},
        accepted={
            cause: accepted[cause] for cause, one in answers.items() if isinstance(one, Found) and cause in accepted
        },
        notes=(*bundle.notes, *(there.notes if there is not None else ()), *explained(bundle)),
    )


def _is_found(answer: Answer) -> bool:
    return isinstance(answer, Found) and answer.sure != "possible"


def parsed(words: Iterable[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` words by name. Raises BadInput."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = (part.strip() for part in word.partition("="))
        if not equals or not name or not value:
            raise BadInput(f"{option}: got {word!r}, expected NAME=VALUE")
        found[name] = value
    return found


__all__ = ["BadInput", "Report", "examine", "parsed", "report"]
