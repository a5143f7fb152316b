"""From what a user has to a report: every cause found, not found, or not to be told."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mirage.doctor import examinations, formulas
from mirage.doctor.evidence import BadInput, Bundle, Predictions
from mirage.doctor.finding import SURE, TABLE, Answer, CannotTell, Found
from mirage.doctor.reading import tables
from mirage.doctor.reading.histories import history as read_history
from mirage.doctor.reading.models import model as read_model
from mirage.doctor.reading.predictions import predictions as read_predictions
from mirage.doctor.report import Finding, Report
from mirage.doctor.score import score

assert examinations  # importing them fills the table
EXAMINED = ("test", "validation")  # splits, of which the first that is there is examined
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
    if predictions is None and history is None and model is None:
        raise BadInput("examine: got nothing, expected predictions, a history or a model")
    bundle = Bundle(
        reported=dict(_reported(name, value) for name, value in (reported or {}).items()),
        batch_size=batch_size,
        history={} if history is None else read_history(history, separator, encoding),
        model=None if model is None else read_model(model),
    )
    if predictions is not None:
        bundle = _with_predictions(bundle, tables.read(predictions, "predictions", separator, encoding), positive)
    return report(bundle, known)


def report(bundle: Bundle, accepted: Mapping[str, str]) -> Report:
    """Ask all questions of a bundle, in their order."""
    answers: dict[str, Answer] = {}
    for cause, one in TABLE.items():
        spoiled = [name for name in OUT_OF_STEP if _is_found(answers.get(name)) and name != cause]
        if spoiled and one.pairs:
            answers[cause] = CannotTell(f"labels and predictions in step: mend {spoiled[0]} first")
        elif any(isinstance(answers.get(name), Found) for name in one.unless):
            answers[cause] = None
        else:
            answers[cause] = one.ask(bundle)
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
        notes=there.notes if there is not None else (),
    )


def _is_found(answer: Answer) -> bool:
    return isinstance(answer, Found) and answer.sure != "possible"


def _with_predictions(bundle: Bundle, columns: tables.Columns, positive: str | None) -> Bundle:
    """With the predictions of the split that is examined, and those of the others."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        return replace(bundle, lengths=lengths)
    every = read_predictions(columns, "predictions", positive)
    if "split" not in every.about:
        return replace(bundle, predictions=every)
    parts = {str(name): every.of(every.about["split"] == name) for name in dict.fromkeys(every.about["split"])}
    chosen = next((name for name in EXAMINED if name in parts), None)
    if chosen is None:
        raise BadInput(f"predictions: split: got {', '.join(parts)}, expected test or validation among them")
    others = {name: part for name, part in parts.items() if name != chosen}
    return replace(bundle, predictions=parts[chosen], others=others)


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


def parsed(words: Iterable[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` words by name. Raises BadInput."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or not value:
            raise BadInput(f"{option}: got {word!r}, expected NAME=VALUE")
        found[name] = value
    return found


__all__ = ["BadInput", "Predictions", "Report", "examine", "parsed", "report"]
