"""What came of a lesson's claims, in sentences: the generated part of its docstring, made from claims.csv."""

import re
import textwrap
from collections.abc import Callable, Sequence

import pandas as pd

from mirage.claims.stated import Stated

WHERE = {"as_written": "As written", "controlled": "In the controlled experiment", "real": "On real data"}
WIDTH = 100  # characters to a line of a lesson's text
PART = re.compile(r"^\.\. generated: outcome\n.*?^\.\. end$", re.MULTILINE | re.DOTALL)


def sentence(row: dict[str, str], test: str) -> str:
    """What came of a claim in one scenario: one plain sentence that follows from a row of claims.csv and the test."""
    where, verdict = WHERE[row["kind"]], row["verdict"]
    if verdict == "untestable":
        return f"{where} it cannot be tested: {row['reason'].partition('; design: ')[0].rstrip('.')}."
    if not row["ci_low"] or "pairs undefined" in row["reason"]:
        return f"{where} it stays open ({test}): {row['reason']}."
    effect, low, high, margin = (_short(row[name], row["margin"]) for name in ("effect", "ci_low", "ci_high", "margin"))
    equal = row["ci_low"] == row["ci_high"]
    number = f"{effect} in each of {row['n']} seeds" if equal else f"{effect} ({low} to {high}, {row['n']} seeds)"
    beside = "within" if abs(float(row["effect"])) <= float(row["margin"]) * (1 + 1e-9) else "more than"
    said = {
        "supported": f"holds ({test}): the difference is {number}, {beside} the margin of {margin}",
        "contradicted": f"fails ({test}): the difference is {number}, against it by more than the margin of {margin}",
        "negligible": f"fails ({test}): the difference is {number}, too small to matter beside the margin of {margin}",
        "inconclusive": f"stays open ({test}): the difference is {number}, too uncertain for a margin of {margin}",
    }
    return f"{where} it {said[verdict]}."


def _short(number: str, margin: str) -> str:
    """A number as one reads it; what is rounding beside the margin is nought."""
    value = float(number)
    return "0" if abs(value) < 1e-9 * float(margin) else f"{value:.3g}"


def outcome(stated: Stated, shown: Sequence[str], judged: pd.DataFrame) -> str:
    """What came of all claims of a lesson that were tested: those of its figure first, our own checks last.

    Parameters
    ----------
    stated
        The lesson's claims file.
    shown
        The claims of its figure.
    judged
        claims.csv, as `mirage.report.ledger.read_judged` gives it.
    """
    judged = judged[judged["lesson"] == stated.lesson]
    tested = judged[judged["verdict"] != "untestable"]
    tests = {(claim.id, kind): str(test) for claim in stated.claims for kind, test in claim.tests.items()}
    first = [claim for claim in shown if claim in set(tested["claim"])]
    ours = [claim for claim in tested.loc[tested["basis"] == "ours", "claim"].unique() if claim not in first]
    others = [claim for claim in tested["claim"].unique() if claim not in (*first, *ours)]
    parts = [_wrapped(_opening(stated.lesson, judged["claim"].nunique() - tested["claim"].nunique()))]
    for heading, listed in (("", [*first, *others]), ("Checks of ours:", ours)):
        if heading and listed:
            parts.append(heading)
        items = []
        for claim in listed:
            records = judged[judged["claim"] == claim].to_dict("records")
            rows = [{str(key): str(value) for key, value in row.items()} for row in records]
            words = [rows[0]["text"], *(sentence(row, tests.get((claim, row["kind"]), "")) for row in rows)]
            items.append(_wrapped(" ".join(words), indent="- "))
        if items:
            parts.append("\n".join(items))
    return "\n\n".join(parts)


def _opening(lesson: str, untested: int) -> str:
    """How to read the list, and how many claims it leaves out."""
    left = f" {untested} further claim{'s' * (untested > 1)} cannot be tested; the claims file says why."
    return (
        "Brackets show each claim's test; the difference is its left side minus its right side, before the margin: "
        f"the mean over seeds with its 95 % interval. The tests are those of conf/claims/{lesson}.yaml."
        f"{left if untested else ''}"
    )


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
