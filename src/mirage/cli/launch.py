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
from mirage.making import Made
from mirage.report import headline_pages, pages, sweeps

HYDRA_KEYS = ("hydra/launcher", "hydra.launcher.")


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


def recorded(plan: Plan) -> Made | None:
    """What there is of a plan: the seeds that have every arm's record, measured; None where no seed has."""
    places = making.places(plan).values()
    seeds = [seed for seed in plan.seeds if all(place.exists(seed) for place in places)]
    if not seeds:
        return None
    request = plan.request.model_copy(update={"steps": ["tables"], "force": False})
    return making.make(dataclasses.replace(plan, seeds=seeds, request=request))


def sum_up(plans: Sequence[Plan]) -> list[tuple[Plan, list[Path], str]]:
    """The table and the figure of every ready sweep, and of every scenario of which several settings were run.

    Returns of each its first plan and where they are, the table first, or why there are none.
    """
    summed = []
    for key in dict.fromkeys((plan.sweep, plan.scenario) for plan in plans):
        of_sweep = [plan for plan in plans if (plan.sweep, plan.scenario) == key]
        if sweeps.swept(of_sweep) and "tables" in of_sweep[0].request.steps:
            written, why = write_sweep(of_sweep, [recorded(plan) for plan in of_sweep])
            summed.append((of_sweep[0], written, why))
    return summed


def write_sweep(plans: Sequence[Plan], found: Sequence[Made | None]) -> tuple[list[Path], str]:
    """Write the table and the figure of a sweep over one scenario: its files, or why there are none.

    `found` is what there is of each plan. A ready sweep's table is written only if no job and no seed is missing: it
    is never overwritten with a part of it.
    """
    folder, name = making.results_folder(plans[0]), plans[0].sweep or ""
    there = [(plan, made.results.rows) for plan, made in zip(plans, found, strict=True) if made is not None]
    missing = sum(len(plan.seeds) for plan in plans) - sum(rows["seed"].nunique() for _, rows in there)
    if name and missing:
        return [], f"{name}: table not written: {missing} seeds of its jobs have no record"
    if not there:
        return [], ""
    return sweeps.write(folder, [plan for plan, _ in there], [rows for _, rows in there], name), ""


def draw(plans: Sequence[Plan]) -> list[tuple[list[Path], str]]:
    """The figures of the lessons of canonical plans, each with all of its scenarios: files, or why there is none."""
    wanted: dict[tuple[str, str], bool] = {}
    for plan in plans:
        if plan.canonical and plan.about.lesson and "figures" in plan.request.steps:
            key = str(making.results_folder(plan)), plan.about.lesson
            wanted[key] = wanted.get(key, False) or "train" not in plan.request.steps
    return [
        draw_lesson(lesson, [api.canonical(s, *reading(folder)) for s in api.stated(lesson).scenarios.values()], again)
        for (folder, lesson), again in wanted.items()
    ]


def reading(folder: str) -> tuple[str, str]:
    """What is typed to read from the records of a results folder alone."""
    return "steps=[tables]", f"results_dir={written(folder)}"


def draw_lesson(lesson: str, plans: Sequence[Plan], again: bool) -> tuple[list[Path], str]:
    """Draw one lesson's figure from the canonical records of all of its scenarios, unless it is up to date.

    `plans` are those of its scenarios, read from records, in the order of the kinds of scenario.
    """
    folder, file = making.results_folder(plans[0]), project.lesson_file(lesson)
    placed = [(plan, making.places(plan)) for plan in plans]
    there = [(plan, w) for plan, w in placed if all(place.exists(s) for place in w.values() for s in plan.seeds)]
    if not there:
        return [], f"{lesson}: figure not drawn: no records"
    scenarios = api.stated(lesson).scenarios
    try:
        pages.check_whole(scenarios, [plan for plan, _ in there])
        if not again and pages.up_to_date(folder, there, file):
            return pages.figure_files(folder, plans[0]), ""
        halves = [api.perform(plan).results for plan, _ in there]
        return pages.write_page(
            folder, functools.partial(api.lesson_module, lesson), file, halves, scenarios, again
        ), ""
    except pages.IncompletePage as incomplete:
        return [], str(incomplete)


def draw_headline(lesson: str, plans: Sequence[Plan], again: bool) -> tuple[list[Path], str]:
    """Draw one lesson's headline picture from the canonical records of its scenarios, unless it is up to date.

    `plans` are as for `draw_lesson`. The sentence comes from the committed tables.
    """
    folder, file = making.results_folder(plans[0]), project.lesson_file(lesson)
    placed = [(plan, making.places(plan)) for plan in plans]
    gone = [p.scenario for p, w in placed if not all(place.exists(s) for place in w.values() for s in p.seeds)]
    if gone:
        return [], f"{lesson}: headline picture not drawn: got no records of {', '.join(gone)}, expected all of them"
    said = headline_pages.sentence(lesson)
    if not again and headline_pages.up_to_date(folder, lesson, placed, file, said):
        return [headline_pages.file_of(folder, lesson)], ""
    halves = [api.perform(plan).results for plan in plans]
    module = functools.partial(api.lesson_module, lesson)
    return [headline_pages.write(folder, lesson, module, file, halves, said, again)], ""
