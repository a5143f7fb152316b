"""A lesson's page on disk: whether its figure is up to date, and writing it, whole."""

import ast
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirage.claims.claims import KINDS
from mirage.claims.results import Results
from mirage.records.files import write_text
from mirage.report.tables import as_csv, stem

if TYPE_CHECKING:
    from mirage.config.plan import Plan

PACKAGE = Path(__file__).parents[1]
DRAWING = ("figures", "claims", "metrics", "data")  # the packages whose code a figure follows from, given records
ENDINGS = ("png", "svg")


class IncompletePage(Exception):
    """A committed figure that would lose a part. Its text is one line: the lesson, what has no records."""


def figure_files(results: Path, plan: "Plan") -> list[Path]:
    """The files of a plan's figure."""
    place = stem(results, plan, "figures")
    return [place.with_name(f"{place.name}.{ending}") for ending in ENDINGS]


def missing(scenarios: Mapping[str, str], halves: Sequence[Results]) -> list[str]:
    """The scenarios of a lesson, by kind, that a figure of these halves would not show.

    Nothing is missing from the figure of a changed run, which is its own.
    """
    if not all(half.plan.canonical for half in halves):
        return []
    shown = {half.plan.scenario for half in halves}
    return [scenario for scenario in scenarios.values() if scenario not in shown]


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
    if absent := missing(scenarios, halves):
        name = halves[0].plan.about.lesson
        raise IncompletePage(
            f"{name}: figure not drawn: got no records of {', '.join(absent)}, expected all of the lesson's scenarios"
        )
    halves = sorted(halves, key=lambda half: KINDS.index(half.plan.about.kind))
    files = figure_files(results, halves[0].plan)
    if again or not up_to_date(results, halves, file):
        from mirage.figures import page, style  # Matplotlib, which a run whose figure is up to date does not need

        figure = page.compose(lesson(), halves)
        for place in files:
            style.save(figure, place)
        write_text(*_stamp(results, halves, file, drawing_code()))
    return files


def up_to_date(results: Path, halves: Sequence[Results], file: Path, code: Collection[Path] | None = None) -> bool:
    """Whether a lesson's figure is there as it was drawn, from the present records by the present code.

    `code` are the files that draw; the library's own where it is None.
    """
    place, expected = _stamp(results, halves, file, drawing_code() if code is None else code)
    return place.exists() and place.read_text(encoding="utf-8") == expected


def drawing_code() -> list[Path]:
    """The library's files that a figure follows from, given records: what draws, judges, measures, redraws inputs."""
    return sorted(
        file for package in DRAWING for file in (PACKAGE / package).rglob("*") if file.suffix in (".py", ".mplstyle")
    )


def _stamp(results: Path, halves: Sequence[Results], file: Path, code: Collection[Path]) -> tuple[Path, str]:
    """The file that says what a figure was drawn from, and what it should say."""
    drawn = figure_files(results, halves[0].plan)
    contents = [hashlib.sha256(one.read_bytes()).hexdigest() if one.exists() else "" for one in drawn]
    place = results / "runs" / "drawn" / f"{stem(results, halves[0].plan, 'figures').name}.txt"
    return place, "\n".join([_decisive(halves, file, code), *contents]) + "\n"


def _decisive(halves: Sequence[Results], file: Path, code: Collection[Path]) -> str:
    """A hash of all that a figure follows from: records, rows, claims, plans, the lesson and the code that draws."""
    digest = hashlib.sha256()
    for part in code:
        digest.update(part.name.encode() + part.read_bytes())
    digest.update(_lesson_code(file).encode())
    for half in halves:
        for content in _followed(half):
            digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _followed(half: Results) -> Iterator[bytes]:
    plan = half.plan
    yield as_csv(half.rows).encode()
    yield as_csv(half.judged).encode()
    yield repr((plan.scenario, plan.about, dict(plan.arms), list(plan.seeds))).encode()
    yield repr(sorted((name, str(test)) for name, test in half.tests.items())).encode()
    # The records themselves, not the fingerprints: code that trains may change and give the same.
    for place in half.records.values():
        for seed in plan.seeds:
            yield place.file(seed).read_bytes() if place.exists(seed) else b""


def _lesson_code(file: Path) -> str:
    """What a lesson's file draws: its code and the question it opens with, not the rest of its text."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    text = ast.get_docstring(tree)
    return "\n".join([(text or "").partition("\n")[0], *map(ast.unparse, tree.body[text is not None :])])
