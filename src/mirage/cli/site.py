"""Builds the site of all lessons: `make site`, `python -m mirage.cli.site [seeds=FIRST-LAST] [results_dir=DIR]`.

Charts show the records of the canonical seeds, or those of other seeds, in results/ or another folder, which then gets
the site. Texts and ledger show the committed tables in any case.
"""

import functools
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mirage.cli import terminal
from mirage.cli.main import Lines, guarded
from mirage.config import project
from mirage.settings import ConfigError

NEEDED = ("sphinx", "myst_parser", "pydata_sphinx_theme", "sphinx_copybutton", "altair")
EXPECTED = "expected seeds=FIRST-LAST or results_dir=DIR"


def main(words: Sequence[str] | None = None) -> None:
    """Build it and say where; exit status 1 where records are missing, 2 for bad input or missing packages."""
    terminal.print_any_sign()
    lines = guarded(lambda: command(sys.argv[1:] if words is None else words))
    for line, _ in lines:
        print(line, file=sys.stderr)
    if lines:
        sys.exit(max(status for _, status in lines))


def command(words: Sequence[str]) -> Lines:
    """Build the site that these words ask for."""
    typed = dict(_typed(word) for word in words)
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise ConfigError(
            f"site: got no package {', '.join(missing)}, expected those of the extra `site`: type `make .venv/site`"
        )
    from mirage.site import build, drawing

    folder = typed.get("results_dir")
    seeds = _seeds(typed["seeds"]) if "seeds" in typed else None
    over = "" if seeds is None else f"The charts show seeds {seeds[0]} to {seeds[-1]} only; texts and ledger show all."
    recorded = functools.partial(drawing.recorded, seeds=seeds, results_dir=folder)
    page = build.build(Path(folder).absolute() if folder else project.RESULTS, recorded, over)
    print(f"site        {page}")
    return []


def _typed(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    if key not in ("seeds", "results_dir") or not value:
        raise ConfigError(f"site: got {word}, {EXPECTED}")
    return key, value


def _seeds(value: str) -> range:
    found = re.fullmatch(r"(\d+)-(\d+)", value)
    if not found or int(found[1]) > int(found[2]):
        raise ConfigError(f"seeds: got {value}, expected the first and the last one, such as 0-2")
    return range(int(found[1]), int(found[2]) + 1)


if __name__ == "__main__":
    main()
