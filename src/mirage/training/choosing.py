"""The strength of a penalty, chosen on validation rows."""

from collections.abc import Callable

import numpy as np

from mirage.config.plan import Arm
from mirage.data.split import Array, Splits
from mirage.models.strengths import STRENGTHS
from mirage.training.replicate import Trained


def best(arm: Arm, splits: Splits, fit: Callable[[Arm, Splits], Trained]) -> Trained:
    """What `fit` gives with the strength that has the lowest loss on split `validation`; the first of equal ones.

    The model's own strength comes first, then its alternatives. Each is fitted to the training rows alone. The chosen
    one is among the numbers, by the setting's name.
    """
    strength = next(name for name in STRENGTHS if hasattr(arm.model, name))
    found: list[tuple[float, float, Trained]] = []
    for value in (getattr(arm.model, strength), *arm.model.alternatives):
        model = arm.model.model_copy(update={strength: value, "alternatives": []})
        trained = fit(arm.model_copy(update={"model": model}), splits)
        loss = _loss(splits["validation"].y, trained.scores["validation"], arm.model.regresses)
        found.append((loss, value, trained))
    _, value, trained = min(found, key=lambda one: one[0])
    return Trained(trained.scores, trained.numbers | {strength: float(value)}, trained.history)


def _loss(y: Array, scores: Array, regresses: bool) -> float:
    """Mean squared error of a regression, log loss in nats of probabilities [row]."""
    if regresses:
        return float(np.mean((scores - y) ** 2))
    eps = np.finfo(float).eps
    p = np.clip(np.where(y == 1, scores, 1 - scores), eps, 1)
    return float(-np.mean(np.log(p)))
