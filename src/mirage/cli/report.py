"""What is written from the tables: the ledger, the generated parts of README, docs and lessons. `make report`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mirage import api
from mirage.config import project
from mirage.report import stamps
from mirage.report.sources import Source
from mirage.settings import ConfigError

if TYPE_CHECKING:
    from mirage.report.lessons import Page

CODE = ("claims", "config", "figures", "report", "cli/report.py")  # what writes them
DOCUMENTS = (
    "results/README.md",
    "README.md",
    "docs/performance.md",
    "docs/statistics.md",
    "docs/doctor.md",
    "docs/ward.md",
)
TABLES_MADE = ("headlines.csv", "places.csv")
PICTURES = ("overview.png", "overview.svg")
UNREAD = ("metrics.csv", *TABLES_MADE)  # by what follows from tables: large, or written with it


def texts() -> tuple[dict[Path, str], list[str]]:
    """Every document that is written from the tables with what it should say; and where a lesson says something else.

    The second is a line for each verdict or number that the text of a lesson was not written for.
    """
    from mirage.report import course, documents

    sources = [Source.read(lesson) for lesson in course.read().order]
    made = documents.documents(project.ROOT, [api.stated(name) for name in project.lessons()], sources)
    pages = rendered(project.RESULTS / "tables")
    made |= {_place(page.source.lesson): _whole(page) for page in pages}
    return made, _notices(pages)


def contradicted(tables: Path) -> list[str]:
    """What the text of a lesson says and the tables of this folder do not, a line each."""
    return _notices(rendered(tables))


def _notices(pages: "Iterable[Page]") -> list[str]:
    return [f"lesson {page.source.lesson}: {notice}" for page in pages for notice in page.notices]


def rendered(tables: Path) -> "list[Page]":
    """Every lesson as it reads on GitHub, from the tables of a folder."""
    from mirage.report import lessons
    from mirage.report.numbers import Numbers

    numbers = Numbers(tables)
    return [lessons.render(name, "github", numbers) for name in project.lessons()]


def _place(lesson: str) -> Path:
    return project.RESULTS / "lessons" / f"{lesson}.md"


def _whole(page: "Page") -> str:
    made = f"<!-- Made from experiments/{page.source.lesson}.md by `make lessons`; edit nothing here. -->"
    return f"{made}\n\n{page.text}"


def headlines() -> list[Path]:
    """Make headlines.csv again where the numbers of all its scenarios are at hand; returns it if it changed."""
    import pandas as pd

    from mirage.report import documents
    from mirage.report.headlines import table

    file, numbers = project.conf() / "headlines.yaml", project.RESULTS / "tables" / "metrics.csv"
    if not file.exists() or not numbers.exists():
        return []
    stated = project.read(file)["headlines"]
    rows = pd.read_csv(numbers, encoding="utf-8")
    known = project.scenarios()
    there = {str(name): part for name, part in rows.groupby("scenario") if name in known}
    if any(one["scenario"] in known and one["scenario"] not in there for one in stated):
        return []
    found = {name: (api.canonical(name), part) for name, part in there.items()}
    return documents.write({project.RESULTS / "tables" / "headlines.csv": table(stated, found)})


def up_to_date() -> bool:
    """Whether all of it was written from the tables and claims that there are now, and nothing was changed since."""
    return stamps.fitting(_stamp(), _followed(), _contents()) is not None


def write() -> tuple[list[Path], list[str]]:
    """Write all of it again; returns what changed, and what a lesson says that the tables do not."""
    from mirage.report import documents, overview

    follows = _followed()
    changed = headlines()
    made, notices = texts()
    changed += documents.write(made)
    changed += overview.write(project.RESULTS / "tables", _pictures(), list(map(api.stated, project.lessons())))
    stamps.put(_stamp(), follows, _contents(), notices)
    return changed, notices


def _stamp() -> Path:
    return stamps.place(project.RESULTS, "documents")


def _followed() -> str:
    tables = [file for file in (project.RESULTS / "tables").glob("*.csv") if file.name not in UNREAD]
    written = [*project.EXPERIMENTS.glob("*.md"), project.EXPERIMENTS / "course.yaml"]
    read = sorted([*tables, *written, *(file for file in project.conf().rglob("*") if file.is_file())])
    return stamps.followed(stamps.code(*CODE), (), [file.read_bytes() if file.is_file() else b"" for file in read])


def _pictures() -> list[Path]:
    return [project.RESULTS / "figures" / name for name in PICTURES]


def _contents() -> dict[str, bytes]:
    tables = [project.RESULTS / "tables" / name for name in TABLES_MADE]
    texts = [project.ROOT / name for name in DOCUMENTS]
    files = [*texts, *tables, *_pictures(), *map(_place, project.lessons())]
    return {str(file.relative_to(project.ROOT)): file.read_bytes() if file.is_file() else b"" for file in files}


def main() -> int:
    """Write all of it again; say what changed; 2 for what cannot be written."""
    try:
        changed, notices = write()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    for line in [*(f"written     {file}" for file in changed), *notices]:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
