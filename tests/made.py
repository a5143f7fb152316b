"""Results of outcomes drawn around the truth instead of trained, with records on disk, for tests of what reads them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mirage import api
from mirage.claims.results import Results, results
from mirage.config.plan import Arm, Plan
from mirage.metrics.rows import measure
from mirage.models.kind import KERAS
from mirage.records.store import Place
from mirage.training.replicate import Outcome, drawn

Broken = Callable[[str, int], bool]


def none(arm: str, seed: int) -> bool:
    return False


def outcome(arm: Arm, vary: Sequence[str], seed: int, gone: bool = False, off: float = 1.0) -> Outcome:
    """Scores around the truth: the truth of a regression, of a class a probability."""
    noise = np.random.default_rng([seed, len(arm.model.name)])
    rows = drawn(arm, vary, seed)
    labels, scores = {}, {}
    for name in rows[0]:
        y = np.stack([splits[name].y for splits in rows])
        wrong = y + noise.normal(size=y.shape) * off
        wrong = 1 / (1 + np.exp(1 - 2 * wrong)) if arm.data.classes and not arm.model.regresses else wrong
        guessed = (np.full(y.shape, np.nan) if gone else wrong).astype(np.float32)
        labels[name], scores[name] = (y, guessed) if len(rows) > 1 else (y[0], guessed[0])
    numbers, history = {"epochs_run": 9.0, "penalty": 0.01}, {"loss": np.linspace(1, 0.5, 9), "val_loss": np.ones(9)}
    if arm.training is not None and arm.training.stopping is not None:
        numbers |= {"best_epoch": 9.0, "best_monitored": 0.7}
    if arm.model.trained_by != KERAS:
        numbers, history = dict.fromkeys(("nonzero_weights", "weight_norm"), 3.0), {}
        if arm.data.informative():
            numbers |= {"nonzero_informative": 2.0, "nonzero_noise": 1.0}
    lost = {name: np.where(gone, np.nan, values).astype(np.float32) for name, values in history.items()}
    return Outcome(labels, scores, lost, numbers | {"diverged": float(gone)})


def made(folder: Path, plan: Plan, diverged: Broken = none, off: float = 1.0) -> Results:
    """Records of all replicates of a plan below a results folder, then its results."""
    for place, arm in zip(places(folder, plan).values(), plan.arms, strict=True):
        for seed in plan.seeds:
            place.write(seed, outcome(plan.arms[arm], plan.about.vary, seed, diverged(arm, seed), off))
    return load(folder, plan)


def places(folder: Path, plan: Plan) -> dict[str, Place]:
    return {arm: Place(folder / "runs", settings, plan.about.vary) for arm, settings in plan.arms.items()}


def load(folder: Path, plan: Plan) -> Results:
    """The results of a plan from the records that `made` left."""
    about, where = plan.about, places(folder, plan)
    measured = {
        arm: {
            seed: measure(
                settings,
                about.metrics,
                about.references,
                drawn(settings, about.vary, seed)[0],
                where[arm].read(seed),
            )
            for seed in plan.seeds
        }
        for arm, settings in plan.arms.items()
    }
    yes_no = {name for settings in plan.arms.values() for name in settings.data.yes_no}
    return results(plan, where, measured, api.claims_of(about.lesson), yes_no)
