"""A lesson's page on disk: whether its figure is up to date, and writing it, whole."""

import ast
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirage.claims.claims import KINDS
from mirage.claims.results import Results
from mirage.config import project
from mirage.report import stamps
from mirage.report.sources import Source
from mirage.report.tables import stem

if TYPE_CHECKING:
    from mirage.config.plan import Plan

DRAWING = (*stamps.MEASURING, "figures", "report/pages.py")  # the code that a figure follows from, given records
ENDINGS = ("png", "svg")


class IncompletePage(Exception):
    """A committed figure that would lose a part. Its text is one line: the lesson, what has no records."""


def figure_files(results: Path, plan: "Plan") -> list[Path]:
    """The files of a plan's figure."""
    place = stem(results, plan, "figures")
    return [place.with_name(f"{place.name}.{ending}") for ending in ENDINGS]


def missing(scenarios: Mapping[str, str], plans: Sequence["Plan"]) -> list[str]:
    """The scenarios of a lesson, by kind, that a figure of these plans would not show.

    Nothing is missing from the figure of a changed run, which is its own.
    """
    if not all(plan.canonical for plan in plans):
        return []
    shown = {plan.scenario for plan in plans}
    return [scenario for scenario in scenarios.values() if scenario not in shown]


def check_whole(scenarios: Mapping[str, str], plans: Sequence["Plan"]) -> None:
    """Raise IncompletePage if a figure of these plans would be a part of a committed one."""
    if absent := missing(scenarios, plans):
        name = plans[0].about.lesson
        raise IncompletePage(
            f"{name}: figure not drawn: got no records of {', '.join(absent)}, expected all of the lesson's scenarios"
        )


def write_page(
    results: Path,
    lesson: Callable[[], Any],
    file: Path,
    halves: Sequence[Results],
    scenarios: Mapping[str, str],
    again: bool = False,
) -> list[Path]:
    """Draw a lesson's figure as PNG and SVG, unless it is up to date; returns its files.

    Parameters
    ----------
    results
        The results folder.
    lesson, file
        What loads the lesson's module, called only to draw; and where the module is.
    halves
        Canonical results of all of the lesson's scenarios; or those of one changed run.
    scenarios
        All of the lesson's scenarios, by kind.
    again
        Whether to draw in any case.

    Raises
    ------
    IncompletePage
        If the halves are canonical and not all: a committed figure is never overwritten with a part of it.
    """
    check_whole(scenarios, [half.plan for half in halves])
    halves = sorted(halves, key=lambda half: KINDS.index(half.plan.about.kind))
    placed = [(half.plan, half.records) for half in halves]
    files = figure_files(results, halves[0].plan)
    if again or not up_to_date(results, placed, file):
        from mirage.figures import page, style  # Matplotlib, which a run whose figure is up to date does not need

        follows = followed(placed, file)
        figure = page.compose(lesson(), Source.read(halves[0].plan.about.lesson or "").question, halves)
        for place in files:
            style.save(figure, place)
        stamps.put(_stamp(results, halves[0].plan), follows, stamps.contents(files))
    return files


def up_to_date(results: Path, placed: Sequence[stamps.Placed], file: Path) -> bool:
    """Whether a lesson's figure is there as it was drawn, from the present records by the present code.

    `placed` are the plans that it shows, with the places of their records, in the order of kinds; `file` is the
    lesson's.
    """
    plan = placed[0][0]
    there = stamps.contents(figure_files(results, plan))
    return stamps.fitting(_stamp(results, plan), followed(placed, file), there) is not None


def followed(placed: Sequence[stamps.Placed], file: Path) -> str:
    """A hash of all that a figure follows from: records, plans, claims, the lesson, and the code that draws."""
    shown = [lesson for lesson in dict.fromkeys(plan.about.lesson for plan, _ in placed) if lesson]
    asked = [Source.read(lesson).question.encode() for lesson in shown]
    claims = [project.claims_file(lesson).read_bytes() for lesson in shown]
    return stamps.followed(stamps.code(*DRAWING), placed, [_code(file), *asked, *claims])


def _stamp(results: Path, plan: "Plan") -> Path:
    place = stem(results, plan, "figures")
    return stamps.place(results, f"{place.parent.name}-{place.name}")


def _code(file: Path) -> bytes:
    """What a lesson's panels are drawn by: its code, without comments and what the module says of itself."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = ast.get_docstring(tree) is not None
    return "\n".join(map(ast.unparse, tree.body[said:])).encode()
