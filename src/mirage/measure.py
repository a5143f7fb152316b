"""Predictions to rows: every number of a replicate, from what its record holds."""

from collections.abc import Mapping

import numpy as np

from mirage import config, metrics, references
from mirage.data import Array, Split
from mirage.decisions import DECISIONS

Row = tuple[str, str, str, float]  # arm, split, metric, value

PROBE = "probe"  # a split of inputs to look at, not rows to score


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
    decide = DECISIONS[settings.model.kind]
    gone = bool(model["diverged"])
    names = [key.removesuffix("_predicted") for key in predictions if key.endswith("_predicted")]
    rows: list[Row] = []
    for split in names:
        if split == PROBE:
            continue
        y, scores = (_by_member(predictions[f"{split}_{part}"]) for part in ("y", "predicted"))
        if gone:
            scores = np.full(scores.shape, np.nan)
        each = [metrics.measure(plan.metrics, t, s, decide(np.nan_to_num(s))) for t, s in zip(y, scores, strict=True)]
        rows += [(arm, split, name, float(np.mean([one[name] for one in each]))) for name in plan.metrics]
    with np.errstate(all="ignore"):  # what a diverged replicate predicts may be infinite
        numbers = dict(model) | _from_predictions(settings, predictions)
    rows += [(arm, "model", k, np.nan if gone and k != "diverged" else v) for k, v in numbers.items()]
    if plan.references:
        rows += _references(plan, arm, {name: predictions for name in names if name != PROBE})
    return rows


def _by_member(values: Array) -> Array:
    return values if values.ndim == 2 else values[None]


def _from_predictions(settings: config.Arm, predictions: Mapping[str, Array]) -> dict[str, float]:
    """Numbers without a split that follow from predictions.

    `probe_step` and `probe_flips`: the difference between the probabilities at the two probes, and whether the
    decisions differ. `n_majority`, `n_minority`, `minority_share`: all rows after resampling, by class.
    `prediction_spread`, `score_spread`, `target_spread` for a replicate of several models: sd over models of the
    prediction (mean over test rows) and of the test error, sd of the test targets.
    """
    numbers: dict[str, float] = {}
    if f"{PROBE}_predicted" in predictions:
        low, high = predictions[f"{PROBE}_predicted"]
        decide = DECISIONS[settings.model.kind]
        numbers |= {"probe_step": float(high - low), "probe_flips": float(decide(high) != decide(low))}
    if settings.data.resample is not None:
        pool = [predictions[f"{split}_y"] for split in ("train", settings.data.held_out_as) if split != "none"]
        counts = sorted(np.bincount(np.concatenate(pool).astype(int), minlength=2))
        numbers |= {"n_majority": float(counts[1]), "n_minority": float(counts[0])}
        numbers["minority_share"] = float(counts[0] / sum(counts))
    if predictions["train_predicted"].ndim == 2:
        y, predicted = predictions["test_y"], predictions["test_predicted"]
        numbers["prediction_spread"] = float(predicted.std(axis=0, ddof=1).mean())
        numbers["score_spread"] = float(((predicted - y) ** 2).mean(axis=1).std(ddof=1))
        numbers["target_spread"] = float(y[0].std(ddof=1))
    return numbers


def _references(plan: config.Plan, arm: str, of_split: Mapping[str, Mapping[str, Array]]) -> list[Row]:
    splits = {name: Split(values[f"{name}_x"], values[f"{name}_y"]) for name, values in of_split.items()}
    decide = DECISIONS["mlp"]
    rows: list[Row] = []
    for reference in plan.references:
        ideal = references.REFERENCES[reference](plan.arms[arm].data, splits)
        for split, (_, y) in splits.items():
            values = metrics.measure(plan.metrics, y, ideal[split], decide(ideal[split]))
            rows += [(f"{arm}:{reference}", split, name, value) for name, value in values.items()]
    return rows
