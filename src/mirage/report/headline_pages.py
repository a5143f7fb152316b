"""A lesson's headline picture on disk: whether it is up to date, and writing it under the sentence of its text."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mirage.claims.results import Results
from mirage.config import project
from mirage.report import pages, stamps

DRAWING = (*pages.DRAWING, "report/headline_pages.py")


def sentence(lesson: str) -> str:
    """The finding of a lesson as one sentence of plain text, from committed tables."""
    from mirage.report import lessons
    from mirage.report.numbers import Numbers

    return lessons.headline(lesson, Numbers(project.RESULTS / "tables"))


def file_of(results: Path, lesson: str) -> Path:
    """The picture of a lesson; there is no other than the canonical one."""
    return results / "figures" / f"{lesson}_headline.png"


def write(
    results: Path,
    name: str,
    lesson: Callable[[], Any],
    file: Path,
    halves: Sequence[Results],
    said: str,
    again: bool = False,
) -> Path:
    """Draw a lesson's headline picture, unless it is up to date; returns its file.

    Parameters
    ----------
    results
        The results folder.
    name, lesson, file
        The lesson's name, what loads its module, called only to draw; and where the module is.
    halves
        Canonical results of all of the lesson's scenarios, in the order of kinds.
    said
        The sentence.
    again
        Whether to draw in any case.

    Raises
    ------
    ConfigError
        For a sentence that is too long to be read from the last row.
    """
    placed = [(half.plan, half.records) for half in halves]
    place = file_of(results, name)
    if again or not up_to_date(results, name, placed, file, said):
        from mirage.figures import headline, style  # Matplotlib, which a run whose picture is up to date does not need

        follows = followed(placed, file)
        style.save(headline.compose(lesson(), said, by_kind(halves)), place)
        stamps.put(_stamp(results, name), follows, _made(results, name, said))
    return place


def by_kind(halves: Sequence[Results]) -> Mapping[str, Results]:
    """The results of a lesson's scenarios by their kind."""
    return {half.plan.about.kind: half for half in halves}


def up_to_date(results: Path, name: str, placed: Sequence[stamps.Placed], file: Path, said: str | None = None) -> bool:
    """Whether the picture is there as it was drawn, from the present records, by the present code, under this sentence.

    `placed` are the plans of the lesson, with the places of their records, in the order of kinds. Where the tables and
    texts are as they were, the sentence need not be made to know that it is the same.
    """
    there = _made(results, name, said)
    return stamps.fitting(_stamp(results, name), followed(placed, file), there) is not None


def followed(placed: Sequence[stamps.Placed], file: Path) -> str:
    """A hash of all that the picture follows from but the sentence: what the lesson's figure does, and its own code."""
    return stamps.followed(stamps.code(*DRAWING), more=[pages.followed(placed, file).encode()])


def _made(results: Path, name: str, said: str | None) -> dict[str, bytes]:
    """What the stamp vouches for: the picture and, where it is known, the sentence."""
    return stamps.contents([file_of(results, name)]) | ({} if said is None else {"sentence": said.encode()})


def _stamp(results: Path, name: str) -> Path:
    return stamps.place(results, f"headline-{name}")
