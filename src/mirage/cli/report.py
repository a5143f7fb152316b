"""What is written from the tables: the ledger, the generated parts of README, docs and lessons. `make report`."""

import sys
from pathlib import Path

from mirage import api
from mirage.claims.claims import TABLES
from mirage.claims.stated import Stated
from mirage.config import project
from mirage.report import stamps
from mirage.settings import ConfigError

CODE = ("claims", "figures/palette.py", "report", "cli/report.py")  # what writes them
DOCUMENTS = ("results/README.md", "README.md", "docs/performance.md", "docs/statistics.md")
TABLES_MADE = ("headlines.csv", "places.csv")
READ = (*TABLES.values(), "fingerprints.csv", "benchmark.csv")


def texts() -> dict[Path, str]:
    """Every document that is written from the tables, and what it should say."""
    import pandas as pd

    from mirage.report import documents, ledger, lessons

    found = [api.stated(name) for name in project.lessons()]
    made = documents.documents(project.ROOT, found)
    judged = pd.concat([ledger.read_judged(project.RESULTS / "tables", role) for role in TABLES])
    for stated in found:
        file = project.lesson_file(stated.lesson)

        def outcome(stated: Stated = stated) -> str:
            return lessons.outcome(stated, api.lesson_module(stated.lesson).CLAIMS, judged)

        made[file] = lessons.filled(file.read_text(encoding="utf-8"), outcome)
    return made


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


def write() -> list[Path]:
    """Write all of it again; returns what changed."""
    from mirage.report import documents

    follows = _followed()
    changed = headlines()
    changed += documents.write(texts())
    stamps.put(_stamp(), follows, _contents())
    return changed


def _stamp() -> Path:
    return stamps.place(project.RESULTS, "documents")


def _followed() -> str:
    tables = [project.RESULTS / "tables" / name for name in READ]
    conf = [project.conf() / "headlines.yaml", project.conf() / "claims" / "earlier.csv"]
    read = [*tables, *conf, *map(project.claims_file, project.lessons())]
    return stamps.followed(stamps.code(*CODE), (), [file.read_bytes() if file.is_file() else b"" for file in read])


def _contents() -> dict[str, bytes]:
    tables = [project.RESULTS / "tables" / name for name in TABLES_MADE]
    files = [*(project.ROOT / name for name in DOCUMENTS), *tables, *map(project.lesson_file, project.lessons())]
    return {str(file.relative_to(project.ROOT)): file.read_bytes() if file.is_file() else b"" for file in files}


def main() -> int:
    """Write all of it again; say what changed; 2 for what cannot be written."""
    try:
        changed = write()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    for file in changed:
        print(f"written     {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
