"""What notebooks, scripts, benchmarks and tests use: plans, results, lessons. Silent; raises, never exits."""

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from mirage import making
from mirage.claims.claims import Claim, check, matching, sides, tests_of
from mirage.claims.stated import Stated, parse
from mirage.config import compose, project
from mirage.config.plan import Plan
from mirage.config.words import unknown
from mirage.data.split import CannotDraw
from mirage.making import CannotRun, Made, Watch, make
from mirage.report.sources import Source
from mirage.settings import ConfigError
from mirage.training.schedule import Failure

__all__ = ["CannotDraw", "CannotRun", "ConfigError", "Lesson", "lesson", "load", "plan", "run"]

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mirage.claims.results import Results


def plan(scenario: str, *settings: str, seeds: Iterable[int] | None = None) -> Plan:
    """The checked plan of a scenario with these settings changed (``"model.dropout=0.5"``).

    Parameters
    ----------
    seeds
        The seeds to make, such as ``range(30)``; without it those of ``seed=`` and ``replicates=``, or seed 0.

    Raises
    ------
    ConfigError
        One line: the key, what it got, what was expected.
    """
    return compose.plan(scenario, *settings, seeds=seeds)


def run(plan: Plan) -> "Results":
    """The results of a plan; what has no record is trained first. One run at a time: runs share compiled programs.

    Raises
    ------
    CannotRun
        If a seed of any arm failed; the other seeds are recorded.
    """
    made = perform(plan)
    if made.failed:
        first = made.failed[0]
        seeds = ", ".join(map(str, sorted({failure.seed for failure in made.failed})))
        raise CannotRun(f"{plan.scenario}: seeds {seeds} failed: {type(first.reason).__name__}: {first.reason}")
    return made.results


def load(scenario: str) -> "Results":
    """The results of a scenario as it stands in its file, over the canonical seeds, from records alone.

    Raises
    ------
    CannotRun
        If there are records missing: ``make all`` trains them.
    """
    return perform(canonical(scenario, "steps=[tables]")).results


def canonical(scenario: str, *request: str) -> Plan:
    """The plan of a scenario as it stands in its file, over the canonical seeds."""
    return compose.plan(scenario, *request).over_canonical_seeds()


def train(plan: Plan, missing: Mapping[str, Sequence[int]], watch: Watch | None = None) -> list[Failure]:
    """Train these seeds of a plan's arms, and nothing else; the replicates that failed. See `mirage.making.train`.

    Claims are checked before, as `perform` does.
    """
    watch = watch or making.silent()
    if plan.canonical:
        with watch.clock.phase("check"):
            _check_claims(plan, claims_of(plan.about.lesson))
    return making.train(plan, missing, watch)


def perform(plan: Plan, watch: Watch | None = None, of_lesson: Stated | None = None) -> Made:
    """Make a plan with the claims of its lesson, read unless they are given; see `mirage.making.make`.

    Before a canonical plan is trained, a claim is refused that names an arm, split or metric the scenario won't have.
    """
    claims = of_lesson.claims if of_lesson is not None else claims_of(plan.about.lesson)
    if plan.canonical and "train" in plan.request.steps:
        _check_claims(plan, claims)
    return make(plan, claims, watch, _figure)


def stated(lesson: str) -> Stated:
    """What stands in a lesson's file of claims."""
    if lesson not in project.lessons():
        raise unknown("lesson", lesson, project.lessons())
    try:
        return parse(project.read(project.claims_file(lesson)))
    except ValueError as error:
        raise ConfigError(str(error)) from None


def claims_of(lesson: str | None) -> tuple[Claim, ...]:
    """The claims of a lesson; none where there is no lesson."""
    return stated(lesson).claims if lesson is not None else ()


def _check_claims(plan: Plan, claims: Iterable[Claim]) -> None:
    """Refuse, before anything is trained, a claim that names what the scenario won't have.

    Numbers of the split `model` are known only after training: their names are taken on trust until then.
    """
    from mirage.training.replicate import drawn

    kind = plan.about.kind
    tests = tests_of(claims, kind)
    if not tests:
        return
    known = {
        (arm, split, metric)
        for test in tests.values()
        for name, split, metric in sides(test)
        for arm in matching(name, plan.arms)
        if split == "model"
    }
    for arm, settings in plan.arms.items():
        splits = drawn(settings, plan.about.vary, plan.seeds[0])[0]
        for name in (arm, *(f"{arm}:{reference}" for reference in plan.asked(arm))):
            known |= {(name, split, metric) for split in splits for metric in plan.about.metrics}
    for claim in claims:
        try:
            check(claim, kind, known)
        except ValueError as error:
            raise ConfigError(str(error)) from None


def question(lesson: str) -> str:
    """The question of a lesson; its panels are not loaded."""
    return Source.read(lesson).question


# -- lessons -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lesson:
    """One question: its text and panels, its scenarios by kind, and its claims."""

    name: str
    module: ModuleType
    scenarios: Mapping[str, str]
    claims: tuple[Claim, ...]

    @property
    def question(self) -> str:
        """What the lesson asks."""
        return question(self.name)

    @property
    def text(self) -> str:
        """The lesson's text in Markdown, with the numbers of the committed tables."""
        from mirage.report import lessons
        from mirage.report.numbers import Numbers

        return lessons.render(self.name, "github", Numbers(project.RESULTS / "tables")).text

    @property
    def picture(self) -> Path:
        """The file of the committed figure."""
        return project.RESULTS / "figures" / f"{self.name}.png"

    @property
    def headline_picture(self) -> Path:
        """The file of the committed picture that shows the finding alone."""
        return project.RESULTS / "figures" / f"{self.name}_headline.png"

    def results(self) -> "list[Results]":
        """The canonical results of every kind of scenario, from records alone."""
        return [load(scenario) for scenario in self.scenarios.values()]

    def figure(self) -> "Figure":
        """The lesson's figure with every kind of scenario, from records alone."""
        from mirage.figures.page import compose as composed

        return composed(self.module, self.question, self.results())


def lesson(name: str) -> Lesson:
    """A lesson by its name.

    Raises
    ------
    ConfigError
        If there is no such lesson, or its claims cannot be read.
    """
    found = stated(name)
    return Lesson(name, lesson_module(name), found.scenarios, found.claims)


def lesson_module(name: str) -> ModuleType:
    """A lesson's file, loaded as a module."""
    file = project.lesson_file(name)
    spec = importlib.util.spec_from_file_location(f"lesson_{name}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _figure(results: "Results") -> "Figure":
    """The figure of one scenario: its own panels of its lesson's page."""
    from mirage.figures.page import compose as composed

    name = results.plan.about.lesson
    if name is None:
        raise ConfigError(f"lesson: got null, expected a scenario of a lesson; {results.plan.scenario} has no panels")
    return composed(lesson_module(name), question(name), [results])
