"""Was an activation applied twice, to the scores or in the loss?"""

from collections.abc import Iterator

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.courses import kept_best, validated
from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.finding import Answer, CannotTell, Found, Sure, examination, item, of
from mirage.doctor.probabilities import cross_entropy, probabilities

E = float(np.e)
NEARLY_ALL = 0.95  # training accuracy with which no loss is so high, and scores' mean certainty if their own is not
ALL = 0.99  # the same where the number of classes is unknown
NEAR = 0.02  # of the floor: how close to it a loss has to stand
PLAUSIBLE = range(2, 11)  # numbers of classes whose floors lie far enough apart to be told from other losses
APART_FROM_OWN = 0.1  # of a loss: how far it has to lie from that of the scores themselves
LEAST = 1e-3  # a probability, below which a gain is not taken: rows that are surely wrong would decide
GAIN = 0.02  # of the loss of a row, that taking one activation back has to bring
SURE_ERRORS = 5.0  # standard errors of that gain
PRINTED = 1e-4  # an accuracy is printed with four places
NEARLY = 1e-4  # beyond 0 and 1: scores are written with a few places


@examination(
    "double-softmax",
    needs=(),
    tell_apart="miscalibrated: scores that shrink towards equal shares without a common bound.",
    advice=(
        "An activation was applied twice: remove it from the last layer, or `from_logits=True` from the loss, or the "
        "second softmax or sigmoid from the code that uses the scores."
    ),
    pairs=False,
)
def double_softmax(bundle: Bundle) -> Answer:
    """Scores within the narrow bounds that a second softmax or sigmoid leaves, or a loss that stands at its floor."""
    there = bundle.predictions
    if there is not None and there.regression:
        return None
    scored = there is not None and there.scores is not None
    if scored and (bound := narrow(of(bundle))) is not None:
        return bound
    if (within := in_loss(bundle)) is not None:
        return within
    course = {"loss", "accuracy"} <= set(bundle.history)
    if course and (floor := at_floor(bundle)) is not None:
        return floor
    if not scored:
        return CannotTell("a column score, or score_CLASS for each class: a history rarely shows it")
    if course and bundle.history["loss"].min() < (1 - NEAR) * min(_floors(bundle).values()):
        return None
    if not course:
        return CannotTell(
            "a history with loss and accuracy: these scores show no second activation, a loss may have one"
        )
    if not any(_of_losses(bundle)):
        return CannotTell("rows of split train or validation among the predictions, whose loss the history has")
    return None


def narrow(found: Predictions) -> Found | None:
    """Scores within the bounds that a second activation leaves, and far better ones with one activation taken back."""
    scores, inner = probabilities(found), _before(found)
    if scores is None or inner is None:
        return None
    places = np.arange(len(found)), found.truth
    gain = np.log(np.maximum(inner[places], LEAST)) - np.log(scores[places])
    if gain.mean() < GAIN or gain.mean() < SURE_ERRORS * gain.std() / np.sqrt(len(gain)):
        return None
    said = "All scores lie within the narrow range that a second activation leaves; the largest is {}."
    more = "With one activation undone, the mean loss of these rows falls by {}."
    return Found("likely", (item("largest score", float(scores.max()), said), item("gain", float(gain.mean()), more)))


def _before(found: Predictions) -> Array | None:
    """The probabilities of which these scores would be the softmax or sigmoid; None where they cannot be that."""
    scores = probabilities(found)
    if scores is None or scores.min() <= 0:
        return None
    if found.single is not None:
        one = np.log(scores[:, 1] / scores[:, 0])
        inner = np.column_stack([1 - one, one])
    else:
        raised = np.log(scores)
        inner = raised + (1 - raised.sum(axis=1, keepdims=True)) / scores.shape[1]
    return None if inner.min() < -NEARLY or inner.max() > 1 + NEARLY else inner


def _of_losses(bundle: Bundle) -> Iterator[tuple[str, float, Predictions, Array]]:
    """Losses of the history: name, last value, the rows that they are of, and the probabilities of these."""
    rows = {"val_loss": validated(bundle), "loss": bundle.others.get("train")}
    for name, found in rows.items():
        scores, course = None if found is None else probabilities(found), bundle.history.get(name)
        if found is not None and scores is not None and course is not None and np.isfinite(course[-1]):
            yield name, float(course[-1]), found, scores


def in_loss(bundle: Bundle) -> Found | None:
    """A loss in the history that is not that of the scores of these rows, and is that of a softmax of them."""
    for name, last, found, scores in _of_losses(bundle):
        own, places = cross_entropy(found), (np.arange(len(found)), found.truth)
        single = found.single is not None
        raised = 1 / (1 + np.exp(-scores[:, 1])) if single else statistics.softmax(scores)
        again = np.column_stack([1 - raised, raised]) if single else raised
        twice = float(-np.log(again[places]).mean())
        if name == "val_loss" and _of_other_rows(bundle, found, scores):
            continue
        if own is None or abs(last / twice - 1) > NEAR or abs(last - own) < APART_FROM_OWN * last:
            continue
        if "val_loss" in bundle.history and kept_best(bundle):
            continue  # the scores are those of the best epoch, and the last epoch's loss is not theirs
        return Found("likely", (
            item(name, last, f"The history ends with a {name} of {{}},"),
            item("with a second activation", twice, "which is the loss of these scores with a second activation ({}),"),
            item("cross-entropy", own, "not that of the scores themselves ({})."),
        ))  # fmt: skip
    return None


def _of_other_rows(bundle: Bundle, found: Predictions, scores: Array) -> bool:
    """Whether the history's last accuracy is that of other rows, or of another epoch.

    A second softmax changes no decision; a second sigmoid lies above one half for every row.
    """
    printed = bundle.history.get("val_accuracy")
    if printed is None:
        return False
    own = [float((scores.argmax(axis=1) == found.truth).mean())]
    own += [float((found.truth == 1).mean())] if found.single is not None else []
    return all(abs(printed[-1] - right) > max(1 / len(found), PRINTED) for right in own)


def at_floor(bundle: Bundle) -> Found | None:
    """A training loss that stands at the floor of a second softmax while hardly a training row is wrong.

    With K classes the floor is ln(1 + (K - 1)/e); with one sigmoid it is ln(1 + 1/e) for rows of class 1 and ln 2 for
    the others; a row that is surely wrong adds 1. What else adds to a loss, a penalty or smoothed labels, is another
    explanation.
    """
    losses, own = bundle.history["loss"], bundle.history["accuracy"]
    if len(losses) < 2 or not np.isfinite(losses).all() or not np.isfinite(own[-1]):
        return None
    if bundle.model is not None and bundle.model.smoothing:
        return None
    floors = _floors(bundle)
    if not own[-1] > (NEARLY_ALL if len(floors) == 1 else ALL):
        return None
    wrong, lowest = 1 - float(own[-1]), float(losses.min())
    name, floor = min(floors.items(), key=lambda one: abs(losses[-1] - one[1] - wrong))
    if abs(losses[-1] / (floor + wrong) - 1) > NEAR or lowest < floor * (1 - NEAR):
        return None
    evidence = [
        item("training accuracy", float(own[-1]), "Training accuracy is {},"),
        item("training loss", float(losses[-1]), "and yet the training loss stands at {}:"),
        item("floor", floor, f"{{}} is the lowest that it can reach if the activation is applied twice ({name})."),
    ]
    trained = bundle.others.get("train", bundle.predictions)
    given = probabilities(trained) if trained is not None else None
    decisive = given is not None and bool(given.max(axis=1).mean() > NEARLY_ALL)
    if given is not None:
        if "train" in bundle.others and not decisive:
            return None  # the loss is that of the scores themselves
        certainty = float(given.max(axis=1).mean())
        evidence.append(item("certainty", certainty, "The largest score of a row is {} on average."))
    sure: Sure = "likely" if decisive or len(floors) == 1 else "possible"
    return Found(sure, tuple(evidence))


def _floors(bundle: Bundle) -> dict[str, float]:
    """By what it is of: the floor of a loss; one where the classes are known, else those of a few."""
    found, units = bundle.predictions, bundle.model.units if bundle.model is not None else None
    if found is not None and len(found.classes) == 2 and (units == 1 or (units is None and found.single is not None)):
        ones = float((found.truth == 1).mean())
        return {"sigmoid": ones * float(np.log(1 + 1 / E)) + (1 - ones) * float(np.log(2))}
    known = units if units is not None and units > 1 else len(found.classes) if found is not None else 0
    classes = [known] if known > 1 else PLAUSIBLE
    return {f"{k} classes": float(np.log(1 + (k - 1) / E)) for k in classes}
