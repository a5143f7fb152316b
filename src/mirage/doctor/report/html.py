"""A report as a page that needs nothing else, and as a part of a notebook.

All text is escaped, and signs that nobody sees are written out.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from mirage.doctor.evidence import printable

if TYPE_CHECKING:
    from mirage.doctor.report import Report

FORMS = Path(__file__).parent


def part(report: "Report") -> str:
    """What stands between the body's tags."""
    return _environment().get_template("part.html.j2").render(report=report)


def page(report: "Report") -> str:
    """A whole page, with its style; it prints."""
    return _environment().get_template("page.html.j2").render(report=report)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FORMS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=lambda value: printable(value) if isinstance(value, str) else value,
    )  # fmt: skip
