"""What came of a lesson's claims, in sentences: the generated part of its docstring, made from claims.csv."""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from mirage.claims.stated import Stated
from mirage.report.ledger import short

WHERE = {"as_written": "As written", "controlled": "In the controlled experiment", "real": "On real data"}
WIDTH = 100  # characters to a line of a lesson's text
OPENING = (
    "Brackets show each claim's test; the difference is its left side minus its right side, before the margin: the "
    "mean over seeds with the interval that decides. Why a test is as it is, conf/claims/{lesson}.yaml says."
)
PART = re.compile(r"^\.\. generated: outcome\n.*?^\.\. end$", re.MULTILINE | re.DOTALL)


SAID = {
    "holds": "it holds",
    "fails_opposite": "it fails, and the opposite holds",
    "fails_no_effect": "it fails, as there is no effect that matters",
    "fails": "it fails",
    "at_margin": "the effect is there, but of about the size of the margin",
    "open": "it stays open",
    "also": "it holds, too",
    "not": "it does not hold",
    "unclear": "it stays unclear",
}
HEADINGS = {"claim": "", "finding": "What we found ourselves:", "check": "Checks of the experiment:"}


def sentence(row: Mapping[str, str], test: str) -> str:
    """What came of a claim in one scenario: one plain sentence that follows from a row of claims.csv and the test."""
    where, verdict = WHERE[row["kind"]], row["verdict"]
    if not row["ci_low"]:
        return f"{where} it has no verdict ({test}): {row['reason']}."
    effect, low, high = (short(row[name], row["margin"]) for name in ("effect", "ci_low", "ci_high"))
    exact = " in each seed" if row["ci_low"] == row["ci_high"] else f" ({low} to {high}, {row['n']} seeds)"
    return f"{where} {SAID[verdict]} ({test}): the difference is {effect} {row['unit']}{exact}."


def outcome(stated: Stated, shown: Sequence[str], judged: pd.DataFrame) -> str:
    """What came of all claims of a lesson: those of its figure first, then the others, our findings, our checks, notes.

    Parameters
    ----------
    stated
        The lesson's claims file.
    shown
        The claims of its figure.
    judged
        The verdicts on claims, findings and checks, every cell as its text.
    """
    judged = judged[judged["lesson"] == stated.lesson]
    parts = [_wrapped(OPENING.format(lesson=stated.lesson))]
    for role, heading in HEADINGS.items():
        of_role = [claim for claim in stated.claims if claim.role == role]
        ordered = sorted(of_role, key=lambda claim: shown.index(claim.id) if claim.id in shown else len(shown))
        items = []
        for claim in ordered:
            records = judged[judged["claim"] == claim.id].to_dict("records")
            rows = [{str(key): str(value) for key, value in row.items()} for row in records]
            words = [claim.text, *(sentence(row, str(claim.tests[row["kind"]])) for row in rows), claim.yardstick]
            items.append(_wrapped(" ".join(filter(None, words)), indent="- "))
        if items:
            parts += [heading] if heading else []
            parts.append("\n".join(items))
    if notes := [_wrapped(one.text, indent="- ") for one in stated.moved if one.place == "notes"]:
        parts += ["The articles also say, which needs no measuring:", "\n".join(notes)]
    return "\n\n".join(parts)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )


def filled(source: str, make: Callable[[], str]) -> str:
    """A lesson's file with the generated part of its docstring, if it has one, made anew.

    It stands between a line ``.. generated: outcome`` and a line ``.. end``. Where the docstring is not raw,
    backslashes are doubled.
    """
    found = PART.search(source)
    if not found:
        return source
    text = make().replace('"""', "'''")
    text = text if source.startswith("r") else text.replace("\\", "\\\\")
    return f"{source[: found.start()]}.. generated: outcome\n\n{text}\n\n.. end{source[found.end() :]}"
