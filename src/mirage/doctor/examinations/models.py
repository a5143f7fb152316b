"""Do last layer, loss and metric of the model fit each other, and the labels?

What a misfit does depends on the backend of Keras and on its version; each statement about Keras here was run.
"""

from collections.abc import Iterator

import numpy as np

from mirage.doctor.courses import FEWEST
from mirage.doctor.evidence import CUT, Bundle
from mirage.doctor.finding import SURE, Answer, CannotTell, Found, Item, Sure, examination, item
from mirage.doctor.reading.models import Model

SPARSE = "sparse_categorical_crossentropy"
OF_CLASSES = ("categorical_crossentropy", SPARSE)
OF_PROBABILITIES = (*OF_CLASSES, "binary_crossentropy")
OTHERS = (  # losses that fit any output, or that say themselves what they take
    "mse", "mean_squared_error", "mae", "mean_absolute_error", "mape", "mean_absolute_percentage_error", "msle",
    "mean_squared_logarithmic_error", "huber", "log_cosh", "logcosh", "hinge", "squared_hinge", "categorical_hinge",
    "poisson", "kl_divergence", "kld", "cosine_similarity", "binary_focal_crossentropy",
    "categorical_focal_crossentropy", "dice", "tversky",
)  # fmt: skip
HEALED = ("Dense", "Activation", "Softmax", "Sigmoid")  # last layers whose logit Keras finds again on TensorFlow
SECOND = {"softmax": OF_CLASSES, "sigmoid": ("binary_crossentropy",)}  # what a loss of logits would apply once more
UNBOUNDED = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "softplus", "tanh")
FLOOR = float(np.log1p(1 / np.e))  # no loss lies below it if an activation is applied twice, however many classes

NEEDS_MODEL = "--model, the saved model (its configuration is read, nothing is run)"

Problem = tuple[Sure, str]


@examination(
    "output-loss-mismatch",
    needs=(),
    tell_apart="double-softmax: layer and loss fit, and an activation is applied once more elsewhere.",
    advice=(
        "Two classes: one unit, sigmoid, binary_crossentropy. Several: one unit each, softmax, "
        "(sparse_)categorical_crossentropy. Without an activation: the same loss with from_logits=True, and a metric "
        "with threshold=0."
    ),
    pairs=False,
)
def output_loss_mismatch(bundle: Bundle) -> Answer:
    """An output that its loss cannot train, or that loss or metric take for something else; or a history of such."""
    one = bundle.model
    if one is None and not bundle.history:
        return CannotTell(NEEDS_MODEL)
    course = of_course(bundle) if "loss" in bundle.history else None
    if one is None or one.units is None:
        needs = NEEDS_MODEL if one is None else "a model whose last layer has units: it is unknown here"
        return course or CannotTell(needs)
    problems = [*of_output(one, backend(bundle)), *of_labels(one, bundle), *of_metrics(one, bundle)]
    if one.from_logits and one.loss in SECOND.get(one.activation or "", ()):
        problems += twice(one, bundle)
    if not problems:
        if course is None and one.loss is None:
            return CannotTell("a model that was saved after `compile`: this file names no loss")
        if course is None and one.loss not in (*OF_PROBABILITIES, *OTHERS):
            return CannotTell("a loss of Keras: what one of your own expects of the output is not in the file")
        return course
    about = [
        item("units", one.units, f"The output has {{}} unit{'s' * (one.units > 1)}"),
        item("activation", one.activation or "linear", "with activation {},"),
        item("loss", one.loss or "not compiled", f"and the loss is {{}}{' of logits' * one.from_logits}."),
        *(item("why", None, said) for _, said in problems),
    ]
    return Found(min((sure for sure, _ in problems), key=SURE.index), (*about, *(course.evidence if course else ())))


def backend(bundle: Bundle) -> str | None:
    """The backend of Keras: as it was given, or TensorFlow, which Keras 2 always has; None where neither says."""
    old = bundle.version is not None and bundle.version.split(".")[0] in ("1", "2")
    return bundle.backend or ("tensorflow" if old else None)


def of_output(one: Model, backend: str | None) -> Iterator[Problem]:
    """What does not fit between the last layer and the loss."""
    logit = {  # where a loss is taken from the logit behind the score
        "tensorflow": "TensorFlow computes it from the logit behind the score, so that it may fall all the same.",
        "jax": "JAX computes it from the scores themselves.",
    }.get(backend or "", "TensorFlow computes it from the logit behind the score, JAX from the scores themselves.")
    single = one.units == 1
    if single and one.activation == "softmax":
        yield "certain", "A softmax over one unit gives 1 for every row, whatever the weights are."
        if one.loss == "binary_crossentropy":
            yield "certain", f"The loss does not show it: {logit}"
    if single and one.loss == "categorical_crossentropy":
        yield "certain", "With one column this loss is exactly 0 for every row, from the first epoch on."
    if single and one.loss == SPARSE:
        yield "certain", "With one unit this loss has one class only, the first."
    if not single and one.activation == "softmax" and one.loss == "binary_crossentropy":
        yield "likely", f"This loss takes each class for a separate yes or no, but these scores sum to 1. {logit}"
    if not single and one.activation == "sigmoid" and one.loss in OF_CLASSES:
        yield "likely", f"This loss expects one class among several, but these scores need not sum to 1. {logit}"
    if one.loss in OF_PROBABILITIES and not one.from_logits:
        if one.activation in (None, "linear"):
            yield "certain", "Without an activation scores are logits, which this loss takes for probabilities."
        elif one.activation in UNBOUNDED:
            yield "likely", "This activation does not give probabilities, which this loss expects."


def twice(one: Model, bundle: Bundle) -> Iterator[Problem]:
    """A loss of logits after a softmax or sigmoid: whether it is applied twice depends on the backend."""
    said = "The loss applies the activation a second time"
    if one.last not in (*HEALED, None):
        yield "certain", f"{said}: a {one.last} layer stands in between, so that no backend of Keras undoes it."
        return
    losses = np.concatenate([bundle.history.get(name, np.empty(0)) for name in ("loss", "val_loss")])
    undone = bool(len(losses) and not one.smoothing and np.nanmin(losses) < FLOOR * 0.98)
    if backend(bundle) == "jax" and not undone:
        yield "certain", f"{said}; Keras does not undo it with JAX, and the loss cannot fall below {FLOOR:.4f}."
    elif backend(bundle) not in ("tensorflow", "jax") and not undone:
        yield "possible", f"{said} with JAX; with TensorFlow, Keras undoes it (--backend tells the two apart)."


def of_labels(one: Model, bundle: Bundle) -> Iterator[Problem]:
    """Units that are too few for the classes of the labels, or that cannot reach targets that are numbers."""
    found = bundle.predictions
    if found is None or one.units is None or one.loss in (None, *OTHERS):
        return
    if found.regression:
        outside = float(((found.truth < 0) | (found.truth > 1)).mean())
        if one.activation in ("sigmoid", "softmax") and outside > 0:
            yield "likely", f"Targets are numbers, a share of {outside:.3g} of them outside the 0 to 1 of this output."
        return
    classes = len(np.unique(found.truth))
    if classes > max(one.units, 2):
        yield "likely", f"Labels are of {classes} classes, more than this output has room for."


def of_metrics(one: Model, bundle: Bundle) -> Iterator[Problem]:
    """A metric that counts something else than rows that are right."""
    kinds = {metric.kind: metric for metric in one.metrics}
    assert one.units is not None
    found = bundle.predictions
    exclusive = one.loss in OF_CLASSES or (found is not None and len(found.classes) > 2)
    if "categorical_accuracy" in kinds and one.loss == SPARSE and one.units > 1:
        old, new = "the share of rows called the first class", "a number near chance that depends on the batch size"
        first = bundle.version is not None and backend(bundle) and bundle.version.startswith("2.")
        which = old if first else f"{old} (labels in a column, or Keras 2) or {new} (1-D labels, Keras 3)"
        yield "certain", f"Labels of this loss are integers, for which categorical_accuracy gives {which}."
    if one.units > 1 and "binary_accuracy" in kinds and exclusive:
        yield "certain", "binary_accuracy counts the entries of one-hot labels that agree, not rows."
    if one.units == 1 and one.loss == "binary_crossentropy" and one.activation in (None, "linear") and one.from_logits:
        cut = [metric for name in ("accuracy", "acc", "binary_accuracy") if (metric := kinds.get(name))]
        if any(metric.threshold in (None, CUT) for metric in cut):
            yield "certain", f"{cut[0].kind} cuts these logits at 0.5, a probability of 0.62, not at 0."


def of_course(bundle: Bundle) -> Found | None:
    """A loss of exactly 0 from the first epoch beside wrong rows; or an accuracy that never moves below one half."""
    losses = bundle.history["loss"]
    own = bundle.history.get("accuracy")
    if len(losses) < 2 or own is None or not np.isfinite(own).all() or not np.isfinite(losses).all():
        return None
    right = item("training accuracy", float(own[-1]), "although training accuracy is {}:")
    if not losses.any() and own.max() < 1:
        why = "a categorical loss of one column is 0 for every row, right or wrong."
        zero = item("training loss", 0.0, f"The loss is exactly {{}} in each of {len(losses)} epochs,")
        return Found("certain", (zero, right, item("why", None, why)))
    if len(own) >= FEWEST and len(np.unique(own)) == 1 and 0 < own[0] < CUT:
        return Found("possible", _still(bundle, float(own[0]), len(own)))
    return None


def _still(bundle: Bundle, own: float, epochs: int) -> tuple[Item, ...]:
    losses = bundle.history["loss"]
    said = "as with a softmax over one unit: it gives 1 for every row"
    how = "although the loss moves" if np.ptp(losses) > 0 else "and the loss does not move either"
    return (
        item("training accuracy", own, f"Training accuracy is {{}} to the last digit in each of {epochs} epochs"),
        item("training loss", float(losses[-1]), f"{how} (at the end {{}}),"),
        item("why", None, f"{said}, and accuracy is the share of class 1."),
    )
