"""The course: the order in which lessons are taught, and plans for a lecture. `experiments/course.yaml`."""

from dataclasses import dataclass

from mirage.config import project
from mirage.settings import ConfigError

EXPECTED = "order (lessons) and plans (minutes; about; steps with minutes, do, perhaps a lesson)"


@dataclass(frozen=True)
class Step:
    """A part of a lecture: its minutes, what is done, and the lesson that is shown, if one is."""

    minutes: int
    do: str
    lesson: str | None = None


@dataclass(frozen=True)
class Plan:
    """A lecture: its minutes, what it is about, and its steps."""

    minutes: int
    about: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Course:
    """All lessons in teaching order, and plans for lectures."""

    order: tuple[str, ...]
    plans: tuple[Plan, ...]


def read() -> Course:
    """The course of this checkout.

    Raises ConfigError, one line, if a lesson has no place or two, or the minutes of a plan do not add up.
    """
    file = project.EXPERIMENTS / "course.yaml"
    given = project.read(file)
    try:
        order = tuple(str(lesson) for lesson in given["order"])
        plans = tuple(
            Plan(plan["minutes"], plan["about"], tuple(Step(**step) for step in plan["steps"]))
            for plan in given["plans"]
        )
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{file}: got {error}, expected {EXPECTED}") from None
    if sorted(order) != project.lessons():
        raise ConfigError(
            f"{file}: order: got {', '.join(order)}, expected each of {', '.join(project.lessons())} once"
        )
    for plan in plans:
        where = f"{file}: plan of {plan.minutes} minutes"
        if (found := sum(step.minutes for step in plan.steps)) != plan.minutes:
            raise ConfigError(f"{where}: got steps of {found}, expected them to add up")
        if unknown := [step.lesson for step in plan.steps if step.lesson not in (None, *order)]:
            raise ConfigError(f"{where}: got lesson {unknown[0]}, expected one of the order")
    return Course(order, plans)
