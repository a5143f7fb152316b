"""What stands in for training: outcomes around the truth, with records on disk; and a lesson of one claim."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirage import api
from mirage.claims import stated, verdicts
from mirage.claims.results import COLUMNS, Results, results
from mirage.config.plan import Arm, Plan
from mirage.metrics.rows import measure
from mirage.metrics.table import ENDS
from mirage.models.kind import KERAS
from mirage.records.store import Place
from mirage.training.replicate import Outcome, drawn


def outcome(arm: Arm, vary: Sequence[str], seed: int, gone: bool = False) -> Outcome:
    """Scores around the truth: the truth of a regression, of a class a probability."""
    noise = np.random.default_rng([seed, len(arm.model.name)])
    rows = drawn(arm, vary, seed)
    labels, scores = {}, {}
    for name in rows[0]:
        y = np.stack([splits[name].y for splits in rows])
        wrong = y + noise.normal(size=y.shape)
        wrong = 1 / (1 + np.exp(1 - 2 * wrong)) if arm.data.classes and not arm.model.regresses else wrong
        guessed = (np.full(y.shape, np.nan) if gone else wrong).astype(np.float32)
        labels[name], scores[name] = (y, guessed) if len(rows) > 1 else (y[0], guessed[0])
    numbers, history = {"epochs_run": 9.0, "penalty": 0.01}, {"loss": np.linspace(1, 0.5, 9), "val_loss": np.ones(9)}
    if arm.training is not None and arm.training.watched_sets:
        sets = dict.fromkeys(("val_set_loss", "val_set_accuracy"), np.full((9, arm.training.watched_sets), 0.5))
        history |= sets
    if arm.training is not None and arm.training.stopping is not None:
        numbers |= {"best_epoch": 9.0, "best_monitored": 0.7}
    if arm.model.name == "ablated":
        of_units = ("worst_unit", "mean_unit", "worst_unit_decisions", "mean_unit_decisions")
        numbers |= dict.fromkeys(of_units, float(noise.random()))
    if arm.model.trained_by != KERAS:
        numbers, history = dict.fromkeys(("nonzero_weights", "weight_norm"), 3.0), {}
        if arm.data.informative():
            numbers |= {"nonzero_informative": 2.0, "nonzero_noise": 1.0}
        if arm.model.watched_sets:
            history = {"tried_set_accuracy": np.full((arm.model.tried, arm.model.watched_sets), 0.5)}
    lost = {name: np.where(gone, np.nan, values).astype(np.float32) for name, values in history.items()}
    return Outcome(labels, scores, lost, numbers | {"diverged": float(gone)})


def made(folder: Path, plan: Plan, diverged: Callable[[str, int], bool] = lambda arm, seed: False) -> Results:
    """Records of all replicates of a plan below a results folder, then its results."""
    vary = plan.about.vary
    for name, arm in plan.arms.items():
        for seed in plan.seeds:
            Place(folder / "runs", arm, vary).write(seed, outcome(arm, vary, seed, diverged(name, seed)))
    return load(folder, plan)


def load(folder: Path, plan: Plan) -> Results:
    """The results of a plan from the records that `made` left."""
    about = plan.about
    where = {name: Place(folder / "runs", arm, about.vary) for name, arm in plan.arms.items()}

    def rows(arm: str, seed: int) -> Any:
        splits = drawn(plan.arms[arm], about.vary, seed)[0]
        return measure(plan.arms[arm], about.metrics, plan.asked(arm), splits, where[arm].read(seed))

    measured = {arm: {seed: rows(arm, seed) for seed in plan.seeds} for arm in plan.arms}
    yes_no = {name: (0.0, 1.0) for settings in plan.arms.values() for name in settings.data.yes_no}
    return results(plan, where, measured, api.claims_of(about.lesson), ENDS | yes_no)


# -- a lesson of one claim, A against B ----------------------------------------------------------------------

TESTED = {"left": "a.test.mse", "relation": "less", "right": "b.test.mse", "margin": 1, "reason": "one unit matters"}
OWN = {"id": "a-beats-b", "was": ["a-wins"], "text": "A errs less than B.", "unit": "squared units"}
ENTRY = OWN | {
    "article": 1,
    "paragraph": 3,
    "example": 2,
    "basis": "stated",
    "as_written": TESTED,
}
KINDS = {"as_written": "duel", "controlled": "duel_controlled"}
DOCUMENT = {"lesson": "duel", "scenarios": KINDS, "claims": [ENTRY]}


def claim(name="a-beats-b", **test):
    """A claim on a.test.mse against b.test.mse, margin 1, changed as given."""
    return stated.parse(DOCUMENT | {"claims": [ENTRY | {"id": name, "as_written": TESTED | test}]}).claims[0]


def tidy(**arms):
    """Rows of test mse: arms to lists of values, seeds counted from 0."""
    rows = [("duel", arm, seed, "test", "mse", v) for arm, values in arms.items() for seed, v in enumerate(values)]
    return pd.DataFrame(rows, columns=COLUMNS)


def judge(stated, rows, **more):
    return verdicts.judge(stated, "as_written", "duel", rows, **more)


def verdict(left, right, **test):
    return judge([claim(**test)], tidy(a=left, b=right)).iloc[0]
