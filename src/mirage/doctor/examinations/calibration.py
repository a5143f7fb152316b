"""What are scores worth as probabilities: class weights that arrived or not, a mean far off?"""

from typing import NamedTuple

import numpy as np

from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.finding import Answer, CannotTell, Found, Item, examination, item, of
from mirage.doctor.probabilities import probabilities

STANDARD_ERRORS = 3.3  # one in a thousand by chance
APART = 1.5  # how many times the smallest weight the largest has to be, for scores to show whether they arrived
SMALLEST = 1e-7  # of a probability, as Keras clips it


@examination(
    "class-weights-not-arriving",
    needs=("class_weight", "scores", "classes"),
    tell_apart="weights that arrived: the mean scores fit the shares only after the odds are divided by the weights.",
    advice=(
        "Write the keys of `class_weight` as integers (0 and 1, not '0' and '1'): where data are arrays, Keras 3 "
        "gives every row the weight 1 if keys are strings, without a warning; Keras 2 raises an error."
    ),
)
def class_weights_not_arriving(bundle: Bundle) -> Answer:
    """Scores that fit the shares of the classes as they stand, although weights should have moved them."""
    weighed = weights_arrived(bundle)
    if isinstance(weighed, CannotTell):
        return weighed
    if weighed.z > -STANDARD_ERRORS:
        return None
    name = of(bundle).classes[weighed.code]
    evidence = (
        item("mean score", weighed.mean, f"The mean score of class {name} is {{}},"),
        item("share", weighed.share, "and {} of the rows are of this class, as expected without weights;"),
        item(
            "mean score without weights",
            weighed.without,
            "with the odds divided by the weights, the mean score would be {}.",
        ),
        item("standard errors", -weighed.z, "The scores fit the labels better as they stand, by {} standard errors."),
    )
    return Found("likely", evidence)


class Weighed(NamedTuple):
    """What class weights would have made of the scores.

    Attributes
    ----------
    z
        The mean gain of the logarithm of the score of the true class if weights are taken out of the odds, in standard
        errors: above 0 where weights arrived.
    code
        Of the class whose mean score they move most; its mean score, the same without the weights, and its share.
    """

    z: float
    code: int
    mean: float
    without: float
    share: float


def weights_arrived(bundle: Bundle) -> Weighed | CannotTell:
    """Whether scores fit the labels better with weights taken out of their odds."""
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
    return Weighed(z, code, float(means[code]), float(without[code]), float((found.truth == code).mean()))


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
    return (
        f"The class weights reached training: the mean score of class {of(bundle).classes[weighed.code]} is "
        f"{weighed.mean:.3g} where {weighed.share:.3g} of the rows are of it, and {weighed.without:.3g} once the odds "
        "are divided by the weights.",
    )


def arrived(bundle: Bundle) -> bool:
    """Whether there are class weights, and scores that fit the labels better once they are taken out."""
    there = bundle.predictions
    if not bundle.class_weight or there is None or len(there) < 2 or there.scores is None:
        return False
    weighed = weights_arrived(bundle)
    return not isinstance(weighed, CannotTell) and weighed.z > 0


@examination(
    "miscalibrated",
    needs=("scores", "classes"),
    tell_apart="other class shares in training: all odds are off by one factor, and dividing by it corrects them.",
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
    said = f"The mean score of class {found.classes[code]} is {{}}, but {of.mean():.3g} of the rows are of this class."
    return item(f"mean score of {found.classes[code]}", float(score.mean()), said)
