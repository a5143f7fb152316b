"""What is written from the tables: the ledger, the generated parts of README, docs and lessons. `make report`."""

from pathlib import Path

from mirage import api
from mirage.claims.claims import TABLES
from mirage.config import project
from mirage.report import stamps

CODE = ("claims", "figures/palette.py", "report/ledger.py", "report/lessons.py", "cli/report.py")  # what writes them
DOCUMENTS = ("results/README.md", "README.md", "docs/performance.md", "docs/statistics.md")


def texts() -> dict[Path, str]:
    """Every document that is written from the tables, and what it should say."""
    from mirage.report import ledger, lessons

    found = {name: api.lesson(name) for name in project.lessons()}
    shown = {name: lesson.module.CLAIMS for name, lesson in found.items()}
    judged = ledger.read_judged(project.RESULTS / "tables")
    documents = ledger.documents(project.ROOT, shown)
    for name in found:
        file = project.lesson_file(name)

        def outcome(name: str = name) -> str:
            return lessons.outcome(api.stated(name), shown[name], judged)

        documents[file] = lessons.filled(file.read_text(encoding="utf-8"), outcome)
    return documents


def up_to_date() -> bool:
    """Whether all of it was written from the tables and claims that there are now, and nothing was changed since."""
    return stamps.fitting(_stamp(), _followed(), _contents()) is not None


def write() -> list[Path]:
    """Write all of it again; returns what changed."""
    from mirage.report import ledger

    follows = _followed()
    changed = ledger.write(texts())
    stamps.put(_stamp(), follows, _contents())
    return changed


def _stamp() -> Path:
    return stamps.place(project.RESULTS, "documents")


def _followed() -> str:
    tables = [project.RESULTS / "tables" / name for name in (*TABLES.values(), "benchmark.csv")]
    read = [*tables, *map(project.claims_file, project.lessons())]
    return stamps.followed(stamps.code(*CODE), (), [file.read_bytes() if file.is_file() else b"" for file in read])


def _contents() -> dict[str, bytes]:
    files = [*(project.ROOT / name for name in DOCUMENTS), *map(project.lesson_file, project.lessons())]
    return {str(file.relative_to(project.ROOT)): file.read_bytes() if file.is_file() else b"" for file in files}


def main() -> None:
    """Write all of it again; say what changed."""
    for file in write():
        print(f"written     {file}")


if __name__ == "__main__":
    main()
