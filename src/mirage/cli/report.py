"""What is written from the tables: the ledger, the generated parts of README, docs and lessons. `make report`."""

from pathlib import Path

from mirage import api
from mirage.config import project
from mirage.report import ledger, lessons


def texts() -> dict[Path, str]:
    """Every document that is written from the tables, and what it should say."""
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


def main() -> None:
    """Write all of it again; say what changed."""
    for file in ledger.write(texts()):
        print(f"written     {file}")


if __name__ == "__main__":
    main()
