"""What are scores worth as probabilities: softmax applied twice, class weights that arrived or not, a mean far off?"""

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.courses import validated
from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.finding import Answer, CannotTell, Found, Item, Sure, examination, item, of

E = float(np.e)
NEARLY_ALL = 0.95  # training accuracy with which no loss is so high, and scores' mean certainty if their own is not
ALL = 0.99  # the same where the number of classes is unknown
NEAR = 0.02  # of the floor: how close to it a loss has to stand
PLAUSIBLE = range(2, 11)  # numbers of classes whose floors lie far enough apart to be told from other losses
APART_FROM_OWN = 0.1  # of a loss: how far it has to lie from that of the scores themselves
STANDARD_ERRORS = 3.3  # one in a thousand by chance
APART = 1.5  # how many times the smallest weight the largest has to be, for scores to show whether they arrived
LEAST = 1e-3  # a probability, below which a gain is not taken: rows that are surely wrong would decide
GAIN = 0.02  # of the loss of a row, that taking one activation back has to bring
SURE_ERRORS = 5.0  # standard errors of that gain
NEARLY = 1e-4  # beyond 0 and 1: scores are written with a few places
SMALLEST = 1e-7  # of a probability, as Keras clips it


@examination(
    "double-softmax",
    needs=(),
    tell_apart="miscalibrated: scores that shrink towards equal shares without a common bound.",
    advice="An activation was applied twice: take it from the last layer, or from what is done with its output.",
    pairs=False,
)
def double_softmax(bundle: Bundle) -> Answer:
    """Scores within the narrow bounds that a second softmax or sigmoid leaves, or a loss that stands at its floor."""
    there = bundle.predictions
    scored = there is not None and there.scores is not None and not there.regression
    if scored and (bound := narrow(of(bundle))) is not None:
        return bound
    if (within := in_loss(bundle)) is not None:
        return within
    if {"loss", "accuracy"} <= set(bundle.history):
        return at_floor(bundle)
    if scored:
        return CannotTell(
            "a history with loss and accuracy: these scores show no second activation, a loss may have one"
        )
    return CannotTell("a column score, score_CLASS for each class, or a history with loss and accuracy")


def narrow(found: Predictions) -> Found | None:
    """Scores within the bounds that a second activation leaves, and far better ones with one activation taken back."""
    scores, inner = probabilities(found), _before(found)
    if scores is None or inner is None:
        return None
    places = np.arange(len(found)), found.truth
    gain = np.log(np.maximum(inner[places], LEAST)) - np.log(scores[places])
    if gain.mean() < GAIN or gain.mean() < SURE_ERRORS * gain.std() / np.sqrt(len(gain)):
        return None
    said = "All scores lie within the bounds that a second activation leaves; the largest is {}."
    more = "With one activation taken back, the loss of these rows falls by {}."
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


def in_loss(bundle: Bundle) -> Found | None:
    """A loss in the history that is not that of the scores of these rows, and is that of a softmax of them."""
    rows = {"val_loss": validated(bundle), "loss": bundle.others.get("train")}
    for name, found in rows.items():
        scores, course = None if found is None else probabilities(found), bundle.history.get(name)
        if found is None or scores is None or course is None or not np.isfinite(course[-1]):
            continue
        own, places = cross_entropy(found), (np.arange(len(found)), found.truth)
        single = found.single is not None
        raised = 1 / (1 + np.exp(-scores[:, 1])) if single else statistics.softmax(scores)
        again = np.column_stack([1 - raised, raised]) if single else raised
        twice, last = float(-np.log(again[places]).mean()), float(course[-1])
        if own is None or abs(last / twice - 1) > NEAR or abs(last - own) < APART_FROM_OWN * last:
            continue
        return Found("likely", (
            item(name, last, f"The history ends with a {name} of {{}},"),
            item("with a second activation", twice, "that of a second activation on these scores ({}),"),
            item("cross-entropy", own, "not the scores themselves ({})."),
        ))  # fmt: skip
    return None


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


def probabilities(found: Predictions) -> Array | None:
    """Scores as probabilities [row, class]; None where they are none."""
    if found.scores is None or found.regression or found.logits or len(found.classes) < 2:
        return None
    if found.single is not None:
        return np.column_stack([1 - found.single, found.single])
    sums = found.scores.sum(axis=1)
    return found.scores if np.allclose(sums, 1, atol=1e-3) else None


def cross_entropy(found: Predictions) -> float | None:
    """The mean cross-entropy of probabilities; None where scores are none."""
    given = probabilities(found)
    if given is None:
        return None
    return float(-np.log(np.clip(given[np.arange(len(found)), found.truth], SMALLEST, 1)).mean())


@examination(
    "class-weights-not-arriving",
    needs=("class_weight", "scores", "classes"),
    tell_apart="weights that arrived: the mean scores fit the shares only after the odds are divided by the weights.",
    advice=(
        "Write the keys of `class_weight` as whole numbers (0 and 1, not '0' and '1'): where data are arrays, Keras 3 "
        "gives every row the weight 1 if keys are texts, and says nothing; Keras 2 raises."
    ),
)
def class_weights_not_arriving(bundle: Bundle) -> Answer:
    """Scores that fit the shares of the classes as they stand, although weights should have moved them."""
    weighed = weights_arrived(bundle)
    if isinstance(weighed, CannotTell):
        return weighed
    z, code, plain, corrected = weighed
    if z > -STANDARD_ERRORS:
        return None
    found = of(bundle)
    share = float((found.truth == code).mean())
    evidence = (
        item("mean score", plain, f"The mean score of class {found.classes[code]} is {{}},"),
        item("share", share, "and {} of the rows are of it, as without weights;"),
        item("mean score without weights", corrected, "if the weights had arrived, it would be {} without them."),
        item("standard errors", -z, "The scores fit the labels better as they stand, by {} standard errors."),
    )
    return Found("likely", evidence)


def weights_arrived(bundle: Bundle) -> tuple[float, int, float, float] | CannotTell:
    """How much better scores fit the labels if weights are taken out of their odds, than as they stand.

    Returns
    -------
    tuple
        The mean gain of the logarithm of the score of the true class, in standard errors (above 0 where weights
        arrived); the class whose mean score it moves most; its mean score as it stands, and without the weights.
    """
    found = of(bundle)
    given, weights = probabilities(found), weights_of(found.classes, bundle)
    if given is None:
        return CannotTell("scores that are probabilities")
    if weights is None:
        return CannotTell(f"--class-weight with the names of the classes: {', '.join(found.classes[:5])}")
    if weights.min() <= 0 or weights.max() < APART * weights.min():
        return CannotTell("weights that differ: these change nothing that scores would show")
    corrected = unweighted(given, weights)
    rows = np.arange(len(found))
    gain = np.diff(np.log(np.clip([given[rows, found.truth], corrected[rows, found.truth]], SMALLEST, 1)), axis=0)[0]
    error = float(gain.std() / np.sqrt(len(found)))
    z = float(gain.mean()) / error if error > 0 else 0.0
    if abs(z) < STANDARD_ERRORS:
        return CannotTell("more rows, or more of the rarer class: the scores fit both with weights and without")
    means, without = given.mean(axis=0), corrected.mean(axis=0)
    code = int(np.abs(means - without).argmax())
    return z, code, float(means[code]), float(without[code])


def weights_of(classes: tuple[str, ...], bundle: Bundle) -> Array | None:
    """The weight of each class [class], 1 where there is none; None where no name of a weight is one of a class.

    Names of no class that are places from 0 stand for the classes in their order.
    """
    named = bundle.class_weight
    if not set(named) & set(classes):
        named = {classes[int(key)]: value for key, value in named.items() if key.isdigit() and int(key) < len(classes)}
    return np.array([named.get(name, 1.0) for name in classes]) if named else None


def unweighted(given: Array, weights: Array) -> Array:
    """Probabilities [row, class] with their odds divided by the weights of the classes [class]."""
    odds = given / weights
    return np.asarray(odds / np.maximum(odds.sum(axis=1, keepdims=True), 1e-300))


def explained(bundle: Bundle) -> tuple[str, ...]:
    """What weights that arrived make of the scores, in a sentence; nothing where they did not, or scores are fine."""
    if not arrived(bundle):
        return ()
    weighed = weights_arrived(bundle)
    assert not isinstance(weighed, CannotTell)
    _, code, plain, corrected = weighed
    name = of(bundle).classes[code]
    share = float((of(bundle).truth == code).mean())
    return (
        f"The class weights reached training: the mean score of class {name} is {plain:.3g} where {share:.3g} of the "
        f"rows are of it, and {corrected:.3g} once the odds are divided by the weights.",
    )


def arrived(bundle: Bundle) -> bool:
    """Whether there are class weights, and scores that fit the labels better once they are taken out."""
    there = bundle.predictions
    if not bundle.class_weight or there is None or len(there) < 2 or there.scores is None:
        return False
    weighed = weights_arrived(bundle)
    return not isinstance(weighed, CannotTell) and weighed[0] > 0


@examination(
    "miscalibrated",
    needs=("scores", "classes"),
    tell_apart="other class shares in training: all odds are off by one factor, and one line takes it back.",
    advice=(
        "Do not read these scores as probabilities: balanced or resampled training, class weights and long training "
        "all move them. Correct the odds for the shares, or calibrate on held-out rows."
    ),
    lesson="smote",
    unless=(
        "constant-scores",
        "integer-scores",
        "reversed-classes",
        "exchanged-classes",
        "double-softmax",
        "batchnorm-not-arrived",
        "too-short",
        "scaled-column",
        "shifted-column",
        "exchanged-columns",
        "input-shift",
        "prior-shift",
        "output-loss-mismatch",
        "ordered-validation",
    ),
)
def miscalibrated(bundle: Bundle) -> Answer:
    """A mean score far from the share of its class: by ten standard errors, and by a tenth or half of the share.

    Where class weights reached training, they are first taken out of the odds.
    """
    found = of(bundle)
    if found.regression or found.logits:
        return None
    assert found.scores is not None
    if arrived(bundle):
        given, weights = probabilities(found), weights_of(found.classes, bundle)
        assert given is not None and weights is not None
        columns = list(enumerate(unweighted(given, weights).T))
    else:
        columns = [(1, found.scores[:, 0])] if found.single is not None else list(enumerate(found.scores.T))
    evidence = [one for code, score in columns if (one := off(found, code, score)) is not None]
    return Found("likely", tuple(evidence)) if evidence else None


def off(found: Predictions, code: int, score: Array) -> Item | None:
    """A class whose mean score is far from its share."""
    of = (found.truth == code).astype(float)
    off, error = float(score.mean() - of.mean()), float((score - of).std() / np.sqrt(len(found)))
    if abs(off) < max(10 * error, 0.02) or abs(off) < min(0.1, of.mean() / 2):
        return None
    said = f"The mean score of class {found.classes[code]} is {{}}, and {of.mean():.3g} of the rows are of it."
    return item(f"mean score of {found.classes[code]}", float(score.mean()), said)
