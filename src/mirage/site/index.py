"""What the index shows: symptoms, headlines, how many claims hold, lessons in teaching order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mirage.report import headlines
from mirage.report.ledger import OUTCOMES, read_judged
from mirage.report.lessons import Page

FIRST = ("controlled", "as_written", "real")  # the kind of scenario by which a claim counts


def index(pages: Sequence[Page], tables: Path) -> dict[str, Any]:
    """What the template of the index is filled with; `pages` are the lessons in teaching order."""
    return {
        "symptoms": symptoms(pages),
        "headlines": headlines.read(tables),
        "outcomes": outcomes(tables),
        "lessons": pages,
    }


def symptoms(pages: Sequence[Page]) -> list[tuple[str, str, Page]]:
    """Every symptom, the text by whose words it is found (its own, and what else its lesson lists), and its lesson."""
    return [
        (symptom, ". ".join([symptom, *page.source.also]), page) for page in pages for symptom in page.source.symptoms
    ]


def outcomes(tables: Path) -> dict[str, int]:
    """How many claims of the articles there are and what became of them, each counted once, by the first of `FIRST`."""
    judged = read_judged(tables)
    kinds = judged["kind"].map(FIRST.index)
    once = judged.assign(place=kinds).sort_values("place", kind="stable").drop_duplicates("claim")
    counted = {outcome: int(once["verdict"].isin(words).sum()) for outcome, words in OUTCOMES.items()}
    return {"claims of the articles": len(once)} | counted
