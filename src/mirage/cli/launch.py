"""A sweep: every job is checked before the first one starts; Hydra's launchers run them; then it is summed up."""

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mirage import api, making
from mirage.cli import job
from mirage.cli.job import Report, Session
from mirage.config import compose, project, sweeping
from mirage.config.plan import Plan
from mirage.config.typed import Typed, parse, written

HYDRA_KEYS = ("hydra/launcher", "hydra.launcher.")
FEW = 3  # lessons: figures of more are drawn by several processes


def parsed(words: Sequence[str]) -> list[Typed]:
    """What was typed, ``scenario=glob(*)`` and the like included."""
    return parse(words, {"scenario": project.scenarios(), "sweep": project.sweeps()})


def sweep(typed: Sequence[Typed]) -> tuple[list[Plan], list[Report]]:
    """Run every job of a sweep; their plans and reports.

    Raises ConfigError for the first job that cannot be run: a sweep with one bad value does nothing at all.
    """
    jobs = sweeping.sweep_jobs([one for one in typed if not one.of_hydra])
    load = functools.cache(compose.load)
    plans = [compose.plan_of(of_job, load=load) for of_job in jobs]
    for plan in plans:
        making.results_folder(plan)
    words = [f"words={written([one.text for one in of_job])}" for of_job in jobs]
    return plans, _launched(words, [one.text for one in typed if one.of_hydra])


def _launched(jobs: Sequence[str], of_hydra: Sequence[str]) -> list[Report]:
    """Have Hydra launch jobs, in this process or where the launcher that was typed runs them."""
    from hydra._internal.hydra import Hydra
    from hydra._internal.utils import create_config_search_path
    from hydra.core.global_hydra import GlobalHydra

    hydra = Hydra.create_main_hydra2("mirage", create_config_search_path(str(project.conf())))
    try:
        returned = hydra.multirun("launch", functools.partial(task, Session(len(jobs))), [*of_hydra, *jobs])
    finally:
        GlobalHydra.instance().clear()
    return [one.return_value for batch in returned for one in batch]


def task(session: Session, composed: Any) -> Report:
    """What Hydra runs for a job, by name: workers import it."""
    from hydra.core.hydra_config import HydraConfig

    from mirage.cli.terminal import print_any_sign

    print_any_sign()
    number = HydraConfig.get().job.num
    return job.run(list(composed.words), session, (number if isinstance(number, int) else 0) + 1)


def rows_of(plan: Plan) -> Any:
    """The tidy rows of a plan's seeds that have every arm's record, or None where no seed has."""
    places = making.places(plan).values()
    seeds = [seed for seed in plan.seeds if all(place.exists(seed) for place in places)]
    if not seeds:
        return None
    request = plan.request.model_copy(update={"steps": ["tables"], "force": False})
    return making.make(dataclasses.replace(plan, seeds=seeds, request=request)).results.rows


def sum_up(plans: Sequence[Plan]) -> list[str]:
    """The table and the figure of every ready sweep, and of every scenario of which several settings were run.

    Returns where they are. A ready sweep's table is written only if no job and no seed is missing: it is never
    overwritten with a part of it.
    """
    from mirage.report import sweeps

    files: list[str] = []
    for key in dict.fromkeys((plan.sweep, plan.scenario) for plan in plans):
        of_sweep = [plan for plan in plans if (plan.sweep, plan.scenario) == key]
        if not sweeps.swept(of_sweep) or "tables" not in of_sweep[0].request.steps:
            continue
        found = [(plan, rows) for plan in of_sweep if (rows := rows_of(plan)) is not None]
        missing = sum(len(plan.seeds) for plan in of_sweep) - sum(rows["seed"].nunique() for _, rows in found)
        if of_sweep[0].sweep and missing:
            files.append(f"{of_sweep[0].sweep}: table not written: {missing} seeds of its jobs have no record")
        elif found:
            folder, name = making.results_folder(of_sweep[0]), of_sweep[0].sweep or ""
            files += map(str, sweeps.write(folder, [plan for plan, _ in found], [rows for _, rows in found], name))
    return files


def draw(plans: Sequence[Plan]) -> list[tuple[list[Path], str]]:
    """The figures of the lessons of canonical plans, each with all of its scenarios: files, or why there is none."""
    wanted: dict[tuple[str, str], bool] = {}
    for plan in plans:
        if plan.canonical and plan.about.lesson and "figures" in plan.request.steps:
            key = str(making.results_folder(plan)), plan.about.lesson
            wanted[key] = wanted.get(key, False) or "train" not in plan.request.steps
    if len(wanted) <= FEW:
        return [draw_lesson(folder, lesson, again) for (folder, lesson), again in wanted.items()]
    from joblib import Parallel, delayed

    return list(
        Parallel(n_jobs=-1)(delayed(draw_lesson)(folder, lesson, again) for (folder, lesson), again in wanted.items())
    )


def draw_lesson(folder: str, lesson: str, again: bool) -> tuple[list[Path], str]:
    """Draw one lesson's figure from the canonical records of all of its scenarios, unless it is up to date."""
    from mirage.report import pages

    scenarios = api.stated(lesson).scenarios
    halves = []
    for scenario in scenarios.values():
        plan = api.canonical(scenario, "steps=[tables]", f"results_dir={written(folder)}")
        if all(place.exists(seed) for place in making.places(plan).values() for seed in plan.seeds):
            halves.append(api.perform(plan).results)
    if not halves:
        return [], f"{lesson}: figure not drawn: no records"
    try:
        load, file = functools.partial(api.lesson_module, lesson), project.lesson_file(lesson)
        return pages.write_page(Path(folder), load, file, halves, scenarios, again), ""
    except pages.IncompletePage as incomplete:
        return [], str(incomplete)
