"""Arms that scikit-learn fits."""

from collections.abc import Sequence

from mirage.config.plan import Arm
from mirage.data.split import Splits
from mirage.training.choosing import best
from mirage.training.replicate import Trained
from mirage.training.tried import by_sets


def train(arm: Arm, rows: Sequence[Splits]) -> list[Trained]:
    """Fit an estimator to each split `train`; scores are probabilities of class 1, or what a regression predicts."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # the last digits must not depend on the number of threads
        return [_fit(arm, splits) for splits in rows]


def _fit(arm: Arm, splits: Splits) -> Trained:
    if arm.model.alternatives:
        return best(arm, splits, _fit)
    estimator = arm.model.estimator().fit(splits["train"].x, splits["train"].y)
    classifies = hasattr(estimator, "predict_proba")
    scores = {
        name: estimator.predict_proba(split.x)[:, 1] if classifies else estimator.predict(split.x)
        for name, split in splits.items()
    }
    if arm.model.watched_sets:
        history = by_sets(estimator, splits["validation"], arm.model.watched_sets)
        return Trained(scores, arm.model.numbers(estimator, arm.data) | {"diverged": 0.0}, history)
    return Trained(scores, arm.model.numbers(estimator, arm.data) | {"diverged": 0.0}, {})
