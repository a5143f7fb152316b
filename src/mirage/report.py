"""Records to tables and figures. Nothing is trained here."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirage import config, records
from mirage.records import Array
from mirage.summary import summarise

FIGURE_ENDINGS = ("png", "svg")
DRAWING_CODE = ("plots.py", "figures.py", "report.py", "references.py", "mirage.mplstyle")
COLUMNS = ["scenario", "arm", "seed", "split", "metric", "value"]


@dataclasses.dataclass(frozen=True)
class Results:
    """Everything that a lesson draws from: the plan, its seeds, the tidy rows, and the records behind them."""

    plan: config.Plan
    runs: Path
    rows: pd.DataFrame

    def values(self, arm: str, split: str, metric: str) -> Array:
        """One number per seed, in the order of seeds; NaN where undefined."""
        chosen = (self.rows["arm"] == arm) & (self.rows["split"] == split) & (self.rows["metric"] == metric)
        return self.rows.loc[chosen, "value"].to_numpy()

    def predictions(self, arm: str, split: str) -> tuple[Array, Array, Array]:
        """Inputs [seed, row, feature], truth and predictions [seed, row] of a split, without diverged replicates."""
        kept = [s for s, gone in zip(self.plan.seeds, self.values(arm, "model", "diverged"), strict=True) if not gone]
        arrays = [records.read_predictions(self.runs, self.plan, arm, seed) for seed in kept]
        x, y, predicted = (np.array([a[f"{split}_{part}"] for a in arrays]) for part in ("x", "y", "predicted"))
        return x, y, predicted


def load(runs: Path, plan: config.Plan) -> Results:
    """Read the records of all arms and seeds of a plan."""
    rows = [row for arm in plan.arms for seed in plan.seeds for row in records.read_rows(runs, plan, arm, seed)]
    return Results(plan, runs, pd.DataFrame(rows, columns=COLUMNS))


def stem(results: Path, plan: config.Plan, kind: str) -> Path:
    """Where a plan's table or figure goes, without its ending.

    `kind` is tables or figures. Canonical ones lie under that name; all others under custom, told apart by their seeds
    and, where settings were changed, a hash of what decides the numbers.
    """
    if plan.canonical:
        return results / kind / (plan.scenario if kind == "tables" else plan.lesson)
    first, last = plan.seeds[0], plan.seeds[-1]
    name = f"{plan.scenario}-seed-{first}" if first == last else f"{plan.scenario}-seeds-{first}-{last}"
    if plan.changes:
        decisive = ",".join(f"{arm}:{records.fingerprint(plan, arm)}" for arm in plan.arms)
        name += "-" + hashlib.sha256(decisive.encode()).hexdigest()[:8]
    return results / "custom" / name


def write_tables(results: Path, loaded: Results, scenarios: Iterable[str]) -> Path:
    """Write a plan's summary; a canonical one's rows also go into metrics.csv, beside those of the other scenarios."""
    place = stem(results, loaded.plan, "tables").with_suffix(".csv")
    place.parent.mkdir(parents=True, exist_ok=True)
    records.write_text(place, _csv(summarise(loaded.rows)))
    if loaded.plan.canonical:
        every = results / "tables" / "metrics.csv"
        known = pd.read_csv(every) if every.exists() else pd.DataFrame(columns=COLUMNS)
        parts = {name: known[known["scenario"] == name] for name in scenarios} | {loaded.plan.scenario: loaded.rows}
        records.write_text(every, _csv(pd.concat([p for _, p in sorted(parts.items()) if len(p)])))
    return place


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, float_format="%.9g", lineterminator="\n")


def figure_files(results: Path, plan: config.Plan) -> list[Path]:
    """The files of a plan's figure."""
    place = stem(results, plan, "figures")
    return [place.with_name(f"{place.name}.{ending}") for ending in FIGURE_ENDINGS]


def up_to_date(drawn: Iterable[Path], loaded: Results, lesson: Path) -> bool:
    """Whether a figure's files are newer than the records it shows and all the code that draws it."""
    code = [lesson, *(Path(__file__).with_name(name) for name in DRAWING_CODE)]
    shown = [records.path(loaded.runs, loaded.plan, arm, s) for arm in loaded.plan.arms for s in loaded.plan.seeds]
    newest = max(file.stat().st_mtime_ns for file in (*code, *shown))
    return all(file.exists() and file.stat().st_mtime_ns > newest for file in drawn)


def write_figure(results: Path, loaded: Results, draw: Callable[[Results], Any]) -> None:
    """Draw a lesson's figure from its records and write it as PNG and SVG."""
    from mirage import plots  # Matplotlib, which a run whose figure is up to date does not need

    figure = draw(loaded)
    for place in figure_files(results, loaded.plan):
        plots.save(figure, place)
