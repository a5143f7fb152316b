"""What does the course of training betray?"""

import numpy as np

from mirage.doctor.courses import FEWEST, evaluated, paired, validated
from mirage.doctor.evidence import Array, Bundle
from mirage.doctor.finding import Answer, CannotTell, Found, Item, Sure, examination, item

EXPLODED = 10.0  # times its first value: a training loss that has risen so far will not come back
STILL_LEFT = 0.01  # of the first running mean: below that BatchNormalization has as good as arrived
AT_ZERO = 0.6  # training accuracy beside which a validation accuracy of exactly 0 in every epoch is no chance
BELOW = 0.2  # how far validation accuracy lies below training accuracy before it says something
STANDING = 0.5  # of the epochs: a validation accuracy has no more values if all rows are called by one name


@examination(
    "diverged",
    needs=("history",),
    tell_apart="constant-scores: the loss is finite, and every row still has the same score.",
    advice=(
        "Lower the learning rate, look for NaN and for huge values in inputs and labels, and clip gradients. Weights "
        "that have become NaN stay NaN: train again from the start."
    ),
    pairs=False,
)
def diverged(bundle: Bundle) -> Answer:
    """A training loss that is no number from some epoch on, or that has risen far above where it began."""
    losses, own = bundle.history.get("loss"), bundle.history.get("accuracy")
    if losses is None:
        return CannotTell("a history with loss")
    lost = np.flatnonzero(~np.isfinite(losses))
    if len(lost) and not np.isfinite(losses[lost[0] :]).any():
        evidence = [
            item(
                "first epoch",
                int(lost[0]) + 1,
                f"From epoch {{}} of {len(losses)} on, the loss is not a finite number.",
            )
        ]
        if own is not None and np.isfinite(own[-1]):
            said = "At the end accuracy is {}, the share of the first class: rows whose score is NaN count as that."
            evidence.append(item("training accuracy", float(own[-1]), said))
        return Found("certain", tuple(evidence))
    there = losses[np.isfinite(losses)]
    if len(there) < FEWEST or there[0] <= 0 or there[-1] < EXPLODED * there[0] or there[-1] < there.max() / 2:
        return None
    begun = item("first loss", float(there[0]), "The training loss begins at {}")
    return Found("likely", (begun, item("last loss", float(there[-1]), "and ends at {}.")))


@examination(
    "ordered-validation",
    needs=(),
    tell_apart="batchnorm-not-arrived: the training rows score as badly if they are evaluated again.",
    advice=(
        "`validation_split` takes the last rows as they stand, whatever `shuffle` says: shuffle before `fit`, or hold "
        "out rows class by class."
    ),
    pairs=False,
    unless=("diverged",),
)
def ordered_validation(bundle: Bundle) -> Answer:
    """Validation accuracy of 0, or the same in every epoch, while training rises; or classes on one side only."""
    sides = _sides(bundle)
    course = _stands(bundle) if {"accuracy", "val_accuracy"} <= set(bundle.history) else None
    parted = one_sided(*sides) if sides is not None else ()
    if parted:
        sure: Sure = "certain" if isinstance(course, Found) and bundle.history["val_accuracy"][0] == 0 else "likely"
        return Found(sure, (*parted, *(course.evidence if isinstance(course, Found) else ())))
    if course is not None and "train" in bundle.others and validated(bundle) is not None:
        return None  # the validation rows are there, and of all classes
    if course is None and sides is None and "val_accuracy" not in bundle.history:
        return CannotTell("a history with accuracy and val_accuracy, or predictions with splits train and validation")
    return course


def _stands(bundle: Bundle) -> Found | CannotTell | None:
    """A validation accuracy that never moves while training accuracy rises."""
    own, held = paired(bundle, "accuracy")
    zero = len(held) > 0 and held[0] == 0
    if len(held) < FEWEST or len(np.unique(held)) > 1 or own.max() < (AT_ZERO if zero else 0.9):
        return None
    if not zero and own.max() - own[0] < 0.01:
        return None
    if own.max() - held[0] < BELOW or (not zero and bundle.has_layer("BatchNormalization")):
        return None
    evidence = (
        item("validation accuracy", float(held[0]), "Validation accuracy is {} to the last digit in every epoch"),
        item("training accuracy", float(own.max()), "while training accuracy reaches {}."),
    )
    if not zero and bundle.model is None:
        return CannotTell("--model: a BatchNormalization layer would explain a validation accuracy that never moves")
    return Found("likely", evidence)


def _sides(bundle: Bundle) -> tuple[Array, Array] | None:
    """Labels, as text, of the rows that were trained on and of those held out; None where one of them is unknown."""
    train, held = bundle.others.get("train"), bundle.others.get("validation", bundle.predictions)
    if train is not None and held is not None and not train.regression:
        names = np.array(train.classes)
        return names[train.truth], names[held.truth]
    if bundle.train is None or bundle.test is None or bundle.train.truth is None or bundle.test.truth is None:
        return None
    one, other = bundle.train.truth, bundle.test.truth
    few = len(np.unique(np.concatenate([one, other]))) <= min(len(one), len(other)) / 5  # else targets are numbers
    return (one, other) if few else None


def one_sided(train: Array, held: Array) -> tuple[Item, ...]:
    """Classes with rows on one side only, that a split by chance would hardly have left there."""
    names, of = np.unique(np.concatenate([train, held]), return_inverse=True)
    counts = np.stack([np.bincount(part, minlength=len(names)) for part in (of[: len(train)], of[len(train) :])])
    shares = np.array([len(train), len(held)]) / len(of)
    evidence = []
    for here, there, said in ((1, 0, "validation and none in training"), (0, 1, "training and none in validation")):
        alone = (counts[there] == 0) & (counts[here] * np.log(shares[here]) < np.log(1e-3 / (2 * len(names))))
        evidence += [
            item(f"rows of {names[k]}", int(counts[here, k]), f"Class {names[k]} has {{}} rows in {said}.")
            for k in np.flatnonzero(alone)[:5]
        ]
    return tuple(evidence)


@examination(
    "batchnorm-not-arrived",
    needs=("history", "accuracies", "model"),
    tell_apart="memorising: the training rows score well if they are evaluated again.",
    advice=(
        "The layer's running mean has not reached the mean of the batches: train for more steps, lower its momentum or "
        "bring inputs to mean 0 beforehand."
    ),
    pairs=False,
    unless=("diverged",),
)
def batchnorm_not_arrived(bundle: Bundle) -> Answer:
    """A BatchNormalization layer, few steps, and a validation accuracy that stands still while training rises.

    The training rows, predicted after training, score as badly: that tells it from memorising.
    """
    assert bundle.model is not None
    layers = bundle.model.of_kind("BatchNormalization")
    if not layers:
        return None
    if bundle.steps is None:
        return CannotTell(
            "the number of steps: predictions with the rows of split train, and --batch-size, or a model that was "
            "saved with its optimizer"
        )
    momenta = [layer.config.get("momentum", 0.99) for layer in layers]
    momentum = max(
        [float(value) for value in momenta if isinstance(value, int | float) and 0 <= value <= 1], default=0.99
    )
    left = momentum**bundle.steps
    own, held = paired(bundle, "accuracy")
    if not len(held) or left < STILL_LEFT or own[-1] - held.max() < BELOW:
        return None
    again = evaluated(bundle.others.get("train"))
    if again is not None and again > (own[-1] + held[-1]) / 2:
        return None
    if again is None and _centred(bundle):
        return None
    evidence = [
        item("steps", bundle.steps, "After {} steps"),
        item("left", left, f"a share of {{}} of the initial running mean is left (momentum {momentum:g});"),
        item("validation accuracy", float(held[-1]), "validation accuracy stands at {}"),
        item("training accuracy", float(own[-1]), "and training accuracy at {}."),
    ]
    if again is not None:
        evidence.append(item("evaluated again", again, "Predicted after training, {} of the training rows are right."))
    stands = len(np.unique(held)) <= max(1, STANDING * len(held))
    return Found("likely" if again is not None or stands else "possible", tuple(evidence))


def _centred(bundle: Bundle) -> bool:
    """Whether all columns that the model was trained on have a mean within one standard deviation of 0."""
    if bundle.train is None or not bundle.train.numeric:
        return False
    numbers = bundle.train.numbers[:10_000]
    return bool((abs(np.nanmean(numbers, axis=0)) <= np.nanstd(numbers, axis=0) + 1e-12).all())
