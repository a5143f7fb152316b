"""The doctor's pages on the site: those of ``docs``, with links that lead to pages of the site."""

import re
import shutil
from pathlib import Path

from mirage.config import project

PAGES = ("patients", "doctor", "causes", "ward")
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
TABLE = re.compile(r"\.\./results/tables/([\w.]+)")


def pages(folder: Path) -> dict[str, str]:
    """The text of each page by name; tables that they link are copied into a folder of sources."""
    found = {}
    for name in PAGES:
        text = (project.ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        for table in TABLE.findall(text):
            shutil.copyfile(project.RESULTS / "tables" / table, folder / "tables" / table)
        found[name] = LINK.sub(_on_site, text)
    return found


def _on_site(link: re.Match[str]) -> str:
    """A link as it leads on the site; its words alone where the site has no such page."""
    words, target = link.groups()
    target = target.removeprefix("../results/")
    page = target.partition("#")[0]
    there = page.startswith(("lessons/", "tables/", "https:")) or page.removesuffix(".md") in ("", *PAGES)
    return f"[{words}]({target})" if there else words
