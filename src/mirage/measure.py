"""Predictions to rows: every number of a replicate, from what its record holds."""

from collections.abc import Mapping, Sequence

import numpy as np

from mirage import config, decisions, metrics, references
from mirage.data import LOOKED_AT, Array, Split

Row = tuple[str, str, str, float]  # arm, split, metric, value


def measure(plan: config.Plan, arm: str, predictions: Mapping[str, Array], model: Mapping[str, float]) -> list[Row]:
    """All rows of a replicate: the arm's own, those of no split (`model`), and its references' on the same data.

    Parameters
    ----------
    predictions
        ``<split>_x`` [row, feature], ``<split>_y`` [row] and ``<split>_predicted`` [row], each with a first axis for
        the members where a replicate has several; metrics are then averaged over members.
    model
        The recorded numbers without a split (`epochs_run`, `diverged`, ...); those that follow from predictions are
        added here.

    Returns
    -------
    list
        Rows; references appear as arms named ``<arm>:<reference>``. All of a diverged replicate but `diverged` is NaN.
    """
    settings = plan.arms[arm]
    gone = bool(model["diverged"])
    names = [key.removesuffix("_predicted") for key in predictions if key.endswith("_predicted")]
    scored = [name for name in names if name not in LOOKED_AT]
    if settings.decision.ensembles_of > 1:
        scored.remove("train")  # every member has training rows of its own
    rows: list[Row] = []
    for split in scored:
        scores = _scores(settings, predictions, split)
        y = _by_member(predictions[f"{split}_y"])[: len(scores)]  # one test set, repeated for every member
        if gone:
            scores = np.full(scores.shape, np.nan)
        each = [_measure(plan, settings, t, s) for t, s in zip(y, scores, strict=True)]
        rows += [(arm, split, name, float(np.mean([one[name] for one in each]))) for name in plan.metrics]
    with np.errstate(all="ignore"):  # what a diverged replicate predicts may be infinite
        numbers = dict(model) | _from_predictions(settings, predictions)
    rows += [(arm, "model", k, np.nan if gone and k != "diverged" else v) for k, v in numbers.items()]
    if plan.references:
        rows += _references(plan, arm, predictions, scored)
    return rows


def _by_member(values: Array) -> Array:
    return values if values.ndim == 2 else values[None]


def _scores(settings: config.Arm, predictions: Mapping[str, Array], split: str) -> Array:
    """What decisions are made from [ensemble, row]: recorded predictions, averaged and corrected as settings say."""
    decision = settings.decision
    scores = decisions.ensembles(_by_member(predictions[f"{split}_predicted"]), decision.ensembles_of)
    if decision.corrected_to is None:
        return scores
    return decisions.corrected(scores, float(predictions["train_y"].mean()), decision.corrected_to)


def _measure(plan: config.Plan, settings: config.Arm, y: Array, scores: Array) -> dict[str, float]:
    decided = decisions.decide(settings.model.kind, settings.decision, np.nan_to_num(scores))
    return metrics.measure(plan.metrics, y, scores, decided, settings.decision.miss_cost)


def _from_predictions(settings: config.Arm, predictions: Mapping[str, Array]) -> dict[str, float]:
    """Numbers without a split that follow from predictions.

    `probe_step` and `probe_flips`: how far the probability rises from the lower probe to the upper, and whether the
    decisions differ; `within_step` the same distance for two inputs of one class. `n_majority`, `n_minority`,
    `minority_share`: rows after resampling, by class. `prediction_spread`, `score_spread`, `target_spread` for a
    replicate of several models: sd over models (or ensembles of them) of the prediction, mean over test rows,
    and of the test error; sd of the test targets.
    """
    numbers: dict[str, float] = {}
    if "probe_predicted" in predictions:
        low, high = predictions["probe_predicted"]
        decided = decisions.decide(settings.model.kind, settings.decision, np.array([low, high]))
        numbers |= {"probe_step": float(high - low), "probe_flips": float(decided[0] != decided[1])}
    if "within_predicted" in predictions:
        low, high = predictions["within_predicted"]
        numbers["within_step"] = abs(float(high - low))
    if settings.data.resample is not None:
        held_out = settings.data.held_out_as if settings.data.resample_before_split else "none"
        pool = [predictions[f"{split}_y"] for split in ("train", held_out) if split != "none"]
        counts = sorted(np.bincount(np.concatenate(pool).astype(int), minlength=2))
        numbers |= {"n_majority": float(counts[1]), "n_minority": float(counts[0])}
        numbers["minority_share"] = float(counts[0] / sum(counts))
    if predictions["train_predicted"].ndim == 2:
        predicted = _scores(settings, predictions, "test")
        y = predictions["test_y"][: len(predicted)]
        numbers["prediction_spread"] = float(np.mean(_sd(predicted)))
        numbers["score_spread"] = float(_sd(((predicted - y) ** 2).mean(axis=1)))
        numbers["target_spread"] = float(_sd(y[0]))
    return numbers


def _sd(values: Array) -> Array:
    """Sample standard deviation along the first axis; NaN where there is one value only."""
    return np.asarray(values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan))


def _references(plan: config.Plan, arm: str, predictions: Mapping[str, Array], scored: Sequence[str]) -> list[Row]:
    settings = plan.arms[arm]

    def rows_of(split: str) -> Split:
        x, y = predictions[f"{split}_x"], predictions[f"{split}_y"]
        return Split(x, y) if y.ndim == 1 else Split(x[0], y[0])  # of several members the first one's

    splits = {name: rows_of(name) for name in dict.fromkeys(["train", *scored])}
    rows: list[Row] = []
    for reference in plan.references:
        ideal = references.REFERENCES[reference](settings.data, splits)
        for split in scored:
            y, scores = splits[split].y, ideal[split]
            decided = decisions.above(scores, settings.decision.threshold)
            values = metrics.measure(plan.metrics, y, scores, decided, settings.decision.miss_cost)
            rows += [(f"{arm}:{reference}", split, name, value) for name, value in values.items()]
    return rows
