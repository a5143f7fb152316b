"""The charts of a site: drawn from records of any seeds, and kept until what they follow from changes."""

import dataclasses
import functools
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mirage import api, making
from mirage.claims.results import Results
from mirage.config.plan import Plan
from mirage.records.files import write_text
from mirage.report import stamps
from mirage.report.lessons import Chart
from mirage.settings import ConfigError

CODE = (*stamps.MEASURING, "figures/palette.py", "site/charts")  # what a chart follows from, given records


def recorded(plan: Plan, seeds: Sequence[int] | None = None, results_dir: str | None = None) -> Plan:
    """The plan of a scenario's file over its canonical seeds, or over these, with the records in a results folder.

    Nothing is trained for it.
    """
    chosen = plan.canonical_seeds if seeds is None else seeds
    asked = {"steps": ["tables"], "results_dir": results_dir, "seed": chosen[0], "replicates": len(chosen)}
    return dataclasses.replace(plan, seeds=chosen, request=plan.request.model_copy(update=asked))


def drawer(plan_of: Callable[[str], Plan], kept: Path, used: set[Path]) -> Chart:
    """What draws a chart as one HTML figure, or gives the one that is kept.

    Parameters
    ----------
    plan_of
        The plan of a scenario.
    kept
        The folder of charts drawn before.
    used
        Gets the file of every chart that was asked for.

    The function that is returned raises CannotRun where records are missing, and ConfigError, one line, for a chart
    that cannot be drawn.
    """
    plans = functools.cache(plan_of)

    @functools.cache
    def results(scenario: str) -> Results:
        return api.perform(plans(scenario)).results

    def chart(kind: str, scenario: str, options: Mapping[str, Any]) -> str:
        plan = plans(scenario)
        asked = f"{kind} {dict(options)!r} altair {importlib.metadata.version('altair')}".encode()
        name = stamps.followed(stamps.code(*CODE), [(plan, making.places(plan))], [asked])
        file = kept / f"{name}.html"
        used.add(file)
        if not file.exists():
            from mirage.site import charts

            try:
                write_text(file, charts.draw(kind, results(scenario), options))
            except ValueError as error:
                raise ConfigError(str(error)) from None
        return file.read_text(encoding="utf-8")

    return chart
