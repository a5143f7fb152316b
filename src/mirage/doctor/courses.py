"""A history beside the rows: numbers of the same epochs, and what the rows score after training."""

import numpy as np

from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.probabilities import cross_entropy

WAITED = 10  # epochs: the patience that early stopping is commonly given
RISEN = 0.2  # of its best value: how far a validation loss rises before it is more than noise, or than waiting a
# few epochs for it to fall again, as early stopping does
FEWEST = 5  # epochs below which a course says nothing


def paired(bundle: Bundle, name: str) -> tuple[Array, Array]:
    """Numbers of training and of validation for the epochs that have both [epoch]."""
    own, held = bundle.history[name], bundle.history[f"val_{name}"]
    if len(own) > len(held) and len(own) // len(held) > 1:  # validated in every k-th epoch only
        every = len(own) // len(held)
        own = own[every - 1 :: every]
    n = min(len(own), len(held))
    kept = np.isfinite(own[:n]) & np.isfinite(held[:n])
    return own[:n][kept], held[:n][kept]


def rise(held: Array) -> float:
    """By what share of its lowest value a loss is higher at the end (mean of three epochs); 0 where that is noise."""
    risen = float(held[-3:].mean() / held.min() - 1) if held.min() > 0 else 0.0
    return risen if risen > RISEN else 0.0


def lasting(held: Array) -> bool:
    """Whether the lowest value is long ago: a fifth of the epochs, and more than early stopping waits for."""
    return bool(held.argmin() <= min(0.8 * len(held), len(held) - 1 - WAITED))


def evaluated(found: Predictions | None) -> float | None:
    """The accuracy of rows as they are predicted after training; None where there are none."""
    if found is None or found.decisions is None or found.regression or not len(found):
        return None
    return float((found.decisions == found.truth).mean())


def validated(bundle: Bundle) -> Predictions | None:
    """Predictions of the rows of split validation; None where there are none."""
    found = bundle.predictions
    is_it = found is not None and "split" in found.about and (found.about["split"] == "validation").all()
    return found if is_it else bundle.others.get("validation")


def kept_best(bundle: Bundle) -> bool:
    """Whether predictions of the validation rows are those of the epoch of the lowest validation loss."""
    rows = validated(bundle)
    which = None if rows is None else epoch_of(rows, bundle, int(bundle.history["val_loss"].argmin()))
    return which is not None and not which[2]


def epoch_of(rows: Predictions, bundle: Bundle, best: int) -> tuple[str, tuple[float, float, float], bool] | None:
    """What shows the epoch of predictions: its name, its value, that of the best and of the last; if it is the last."""
    right, entropy = evaluated(rows), cross_entropy(rows)
    for name, value, near in (("accuracy", right, 0.5 / len(rows)), ("loss", entropy, 1e-3 * (entropy or 0) + 1e-6)):
        course = bundle.history.get(f"val_{name}")
        if value is None or course is None or best >= len(course):
            continue
        ends = float(course[best]), float(course[-1])
        fits = [abs(value - end) <= near for end in ends]
        if sum(fits) == 1:
            return name, (value, *ends), fits[1]
    return None
