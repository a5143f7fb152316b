"""A report on a terminal."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from mirage.doctor.evidence import printable

if TYPE_CHECKING:
    from mirage.doctor.report import Report
    from mirage.doctor.score import Score

STYLES = {"certain": "bold red", "likely": "bold yellow", "possible": "bold"}


def show(report: "Report", console: Console) -> None:
    """Print the score, findings with their evidence, what was not found, and what cannot be told."""
    if report.score is not None:
        console.print(Text(_score(report.score), style="bold"))
    for note in report.notes:
        console.print(Text(printable(note)))
    console.print()
    if not report.findings:
        console.print(Text("Nothing found."))
    for one in report.findings:
        console.print(Text.assemble((f"{one.cause}", STYLES[one.found.sure]), f"  ({one.found.sure})"))
        console.print(Text("  " + printable(" ".join(piece.text for piece in one.found.evidence))))
        console.print(Text(f"  What else it could be: {one.examination.tell_apart}", style="dim"))
        console.print(Text(f"  What to do: {one.examination.advice}"))
        where = f"lesson {one.examination.lesson}, " if one.examination.lesson else ""
        console.print(Text(f"  Read on: {where}{one.page}"))
        console.print()
    for cause, reason in report.accepted.items():
        console.print(Text(f"Accepted: {cause} ({printable(reason)})"))
    console.print(Text(f"Examined and not found: {', '.join(report.not_found) or 'nothing'}."))
    if report.needed:
        console.print(Text("Cannot be told:"))
    for needs, causes in report.needed.items():
        console.print(Text(f"  {', '.join(causes)}: bring {needs}"))


def _score(score: "Score") -> str:
    value = "undefined" if score.value is None else f"{score.value:.4g}"
    within = "" if score.ci_low is None else f" ({score.ci_low:.3g} to {score.ci_high:.3g})"
    return f"{score.metric} {value}{within} on {score.n:,} rows; a constant answer scores {score.constant:.4g}"
