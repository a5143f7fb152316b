"""What the doctor says: first the honest score, then what was found, what was not, and what cannot be told."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mirage.doctor.finding import Examination, Found
from mirage.doctor.score import Score

PAGE = "docs/causes.md"


@dataclass(frozen=True)
class Finding:
    """A cause that was found, with its evidence."""

    examination: Examination
    found: Found

    @property
    def cause(self) -> str:
        """The name of the cause."""
        return self.examination.cause

    @property
    def sure(self) -> str:
        """How sure it is: ``certain``, ``likely`` or ``possible``."""
        return self.found.sure

    @property
    def page(self) -> str:
        """Where a paragraph says more of the cause."""
        return f"{PAGE}#{self.cause}"


@dataclass(frozen=True)
class Report:
    """All answers of the doctor; each cause stands in exactly one place."""

    score: Score | None
    findings: tuple[Finding, ...]
    not_found: tuple[str, ...]
    cannot_tell: Mapping[str, str]
    accepted: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def needed(self) -> dict[str, list[str]]:
        """Causes that cannot be told, by what would tell them."""
        found: dict[str, list[str]] = {}
        for cause, needs in self.cannot_tell.items():
            found.setdefault(needs, []).append(cause)
        return found

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values; a contract: see ``docs/doctor.md``."""
        return {
            "score": None if self.score is None else asdict(self.score),
            "findings": [
                {
                    "cause": one.cause,
                    "sure": one.found.sure,
                    "evidence": [asdict(piece) for piece in one.found.evidence],
                    "tell_apart": one.examination.tell_apart,
                    "advice": one.examination.advice,
                    "lesson": one.examination.lesson,
                    "page": one.page,
                }
                for one in self.findings
            ],
            "not_found": list(self.not_found),
            "cannot_tell": [{"cause": cause, "needs": needs} for cause, needs in self.cannot_tell.items()],
            "accepted": list(self.accepted),
        }

    def to_json(self) -> str:
        """The same as JSON, in ASCII whatever the names are; what is undefined is null."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)

    def to_html(self) -> str:
        """The same as a page that needs nothing else."""
        from mirage.doctor.report.html import page

        return page(self)

    def _repr_html_(self) -> str:
        from mirage.doctor.report.html import part

        return part(self)
