"""What does the course of training betray?"""

import numpy as np

from mirage.doctor.evidence import Array, Bundle
from mirage.doctor.finding import Answer, CannotTell, Found, examination, item

FEWEST = 5  # epochs below which a course says nothing


def _course(bundle: Bundle, name: str) -> Array | None:
    return bundle.history.get(name)


@examination(
    "ordered-validation",
    needs=("history", "accuracies"),
    tell_apart="batchnorm-not-arrived: the training rows score as badly if they are evaluated again.",
    advice=(
        "`validation_split` takes the last rows as they stand, whatever `shuffle` says: shuffle before `fit`, or hold "
        "out rows class by class."
    ),
    pairs=False,
)
def ordered_validation(bundle: Bundle) -> Answer:
    """Validation accuracy of exactly 0, or the same to the last digit in every epoch, while training accuracy rises."""
    own, held = bundle.history["accuracy"], bundle.history["val_accuracy"]
    if len(held) < FEWEST or own.max() < 0.9 or own.max() - own[0] < 0.01:
        return None
    if len(np.unique(held)) > 1 or held[0] == 1 or (held[0] > 0 and bundle.has_layer("BatchNormalization")):
        return None
    evidence = (
        item("validation accuracy", float(held[0]), "Validation accuracy is {} to the last digit in every epoch"),
        item("training accuracy", float(own.max()), "while training accuracy reaches {}."),
    )
    return Found("certain" if held[0] == 0 else "likely", evidence)


@examination(
    "batchnorm-not-arrived",
    needs=("history", "accuracies", "model"),
    tell_apart="memorising: the training rows score well if they are evaluated again.",
    advice=(
        "The layer's running mean has not reached the mean of the batches: train for more steps, lower its momentum or "
        "bring inputs to mean 0 beforehand."
    ),
    pairs=False,
)
def batchnorm_not_arrived(bundle: Bundle) -> Answer:
    """A BatchNormalization layer, few steps, and a validation accuracy that stands still while training rises."""
    assert bundle.model is not None
    layers = bundle.model.of_kind("BatchNormalization")
    if not layers:
        return None
    if bundle.steps is None:
        return CannotTell("the number of steps: predictions with the rows of split train, and --batch-size")
    momentum = max(float(layer.config.get("momentum", 0.99)) for layer in layers)
    left = momentum**bundle.steps
    own, held = bundle.history["accuracy"], bundle.history["val_accuracy"]
    if left < 0.05 or own[-1] - held[-1] < 0.2 or np.ptp(held) > 0.1:
        return None
    evidence = (
        item("steps", bundle.steps, "After {} steps"),
        item("left", left, f"a share of {{}} of the initial mean is left (momentum {momentum:g});"),
        item("validation accuracy", float(held[-1]), "validation accuracy stands at {}"),
        item("training accuracy", float(own[-1]), "and training accuracy at {}."),
    )
    return Found("likely", evidence)


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
)
def running_mean(bundle: Bundle) -> Answer:
    """Validation above training in nearly every epoch."""
    own, held = bundle.history["accuracy"], bundle.history["val_accuracy"]
    n = min(len(own), len(held))
    if n < FEWEST or (held[:n] > own[:n]).mean() < 0.9:
        return None
    dropout = bundle.has_layer("Dropout")
    if bundle.model is not None and not dropout:
        return None
    above = f"{int((held[:n] > own[:n]).sum())} of {n}"
    evidence = [item("epochs", above, "Validation is above training in {} epochs.")]
    if dropout:
        evidence.append(item("dropout", "Dropout", "The model has {} layers, which work in training only."))
    return Found("likely" if dropout else "possible", tuple(evidence))
