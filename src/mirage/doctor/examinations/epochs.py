"""Which epoch do the numbers belong to: what the history says, against what the rows say after training?"""

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.courses import FEWEST, epoch_of, evaluated, lasting, paired, rise, validated
from mirage.doctor.evidence import Bundle
from mirage.doctor.finding import Answer, CannotTell, Found, Item, examination, item

NEARLY_EVERY = 0.9  # share of the epochs
MATTERS = 0.02  # a difference between two accuracies that is worth a word
UNKNOWN_ROWS = 0.05  # the same where nothing says how many rows validation has
SURE_Z = 3.3  # standard errors: one in a thousand by chance


@examination(
    "running-mean",
    needs=("history", "accuracies"),
    tell_apart="a leak: training rows, evaluated again without dropout, still score below the held-out rows.",
    advice=(
        "No fault by itself: the history averages over an epoch, before each update and with dropout on. Evaluate the "
        "training rows after training and compare that."
    ),
    lesson="dropout",
    pairs=False,
    unless=("diverged",),
)
def running_mean(bundle: Bundle) -> Answer:
    """Validation above training in nearly every epoch, by more than luck in which rows were held out explains."""
    own, held = paired(bundle, "accuracy")
    again = evaluated(bundle.others.get("train"))
    n = len(own) if again is None else max(len(own) // 2, FEWEST)  # what is predicted again tells of the end only
    own, held = own[-n:], held[-n:]
    if len(own) < FEWEST or (held <= own).sum() > max(1, (1 - NEARLY_EVERY) * len(own)):
        return None
    dropout, gap = bundle.has_layer("Dropout"), float((held - own).mean())
    of = f"of {len(own)}" if again is None else f"of the last {len(own)}"
    evidence = [
        item("epochs", f"{int((held > own).sum())} {of}", "Validation is above training in {} epochs,"),
        item("gap", gap, "by {} on average."),
    ]
    if dropout:
        evidence.append(item("dropout", "Dropout", "The model has {} layers, which are active in training only."))
    if again is not None:
        error = _error(again, len(bundle.others["train"])) + _error(float(held[-1]), _validated(bundle) or 1)
        explained = max(MATTERS, (held[-1] - own[-1]) / 2)
        if gap < MATTERS or held[-1] <= own[-1] or again - own[-1] < explained or again < held[-1] - SURE_Z * error:
            return None  # the history says what the rows say, or the rows say that validation is easier
        evidence.append(item("evaluated again", again, "Predicted after training, {} of the training rows are right;"))
        evidence.append(item("training accuracy", float(own[-1]), "the last epoch of the history says {}."))
        return Found("likely", tuple(evidence))
    rows = _validated(bundle)
    luck = UNKNOWN_ROWS if rows is None else max(MATTERS, SURE_Z * _error(float(held[-1]), rows))
    if gap < luck or (bundle.model is not None and not dropout):
        return None
    if not dropout:
        return CannotTell(
            "--model, whether it has dropout; or predictions of split train, whether validation is easier"
        )
    return Found("likely", tuple(evidence))


def _error(share: float, rows: int) -> float:
    return float(np.sqrt(max(share * (1 - share), 0) / rows))


def _validated(bundle: Bundle) -> int | None:
    found = validated(bundle)
    return None if found is None else len(found)


@examination(
    "best-epoch-not-kept",
    needs=("history", "losses"),
    tell_apart="memorising: the same course, but the weights of the best epoch were kept.",
    advice=(
        "`EarlyStopping(restore_best_weights=True)`, or `ModelCheckpoint(save_best_only=True)` and load its file. The "
        "default of the first is False; up to Keras 2.15 it restores only if it stopped training."
    ),
    lesson="early_stopping",
    pairs=False,
    unless=("diverged", "ordered-validation", "batchnorm-not-arrived"),
)
def best_epoch_not_kept(bundle: Bundle) -> Answer:
    """Predictions of the validation rows that are those of the last epoch, after the validation loss has risen.

    The last epoch is recognised by its accuracy, or else by its loss. Other rows can only make it possible.
    """
    held = bundle.history["val_loss"]
    if len(held) < FEWEST:
        return CannotTell(f"a history of {FEWEST} epochs or more")
    best, risen = int(held.argmin()), rise(held)
    if not risen or not lasting(held):
        return None
    course = (
        item("best epoch", best + 1, f"The validation loss is lowest in epoch {{}} of {len(held)}"),
        item("rise", risen, "and by the end higher by a share of {} of that."),
    )
    rows = validated(bundle)
    if rows is None:
        return _of_other_rows(bundle, best, course)
    if (which := epoch_of(rows, bundle, best)) is None:
        return CannotTell("predictions of the rows that `fit` validated on: these fit neither epoch")
    name, (value, at_best, at_last), last = which
    if not last:
        return None
    own = item(name, value, f"The {name} of the validation rows is {{}}: that of the last epoch ({at_last:.4g}),")
    return Found("certain", (*course, own, item("at best", at_best, "not that of the best ({}).")))


def _of_other_rows(bundle: Bundle, best: int, course: tuple[Item, ...]) -> Answer:
    """From a reported accuracy, or from test rows: only if it fits the last epoch's, and not the best one's."""
    needs = "predictions of the rows of split validation"
    if "val_accuracy" not in bundle.history or len(bundle.history["val_accuracy"]) <= best:
        return CannotTell(needs)
    ends = [float(bundle.history["val_accuracy"][epoch]) for epoch in (best, -1)]
    rows = evaluated(bundle.predictions)
    if rows is None or ends[0] - ends[1] < MATTERS:
        return CannotTell(needs)
    assert bundle.predictions is not None
    n = len(bundle.predictions)
    low, high = statistics.wilson(round(rows * n), n, 0.999)
    if not low <= ends[1] <= high < ends[0]:
        return CannotTell(needs)
    said = (
        f"These rows score {{}}, as validation did in the last epoch ({ends[1]:.4g}), not in the best ({ends[0]:.4g})."
    )
    return Found("possible", (*course, item("accuracy", rows, said)))
