"""Fills the generated parts of README.md and of the lessons from results/tables, so that no number in them is typed.

`python -m readme`; `make all`, `make tables` and `make bench` end with it.
"""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import run
from mirage import records
from mirage.plots import VERDICT_SIGNS

TABLES = run.ROOT / "results/tables"
README = run.ROOT / "README.md"
KINDS = {"as_written": "as written", "controlled": "controlled"}
WHERE = {"as_written": "As written", "controlled": "In the controlled experiment"}
OUTCOMES = {  # what becomes of a claim: the verdicts that count as such
    "hold": ("supported",),
    "fail": ("contradicted", "negligible"),
    "open": ("inconclusive",),
    "cannot be tested": ("untestable",),
}
WIDTH = 100  # characters to a line of a lesson's text


def _judged(tables: Path) -> pd.DataFrame:
    return pd.read_csv(tables / "claims.csv", keep_default_na=False, dtype=str)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _count(judged: pd.DataFrame, kind: str, outcome: str) -> int:
    return int((judged["verdict"].isin(OUTCOMES[outcome]) & (judged["kind"] == kind)).sum())


def _verdict(judged: pd.DataFrame, claim: str, kind: str) -> str:
    found = judged.loc[(judged["claim"] == claim) & (judged["kind"] == kind), "verdict"]
    return f"{VERDICT_SIGNS[found.iloc[0]]} {found.iloc[0]}" if len(found) else ""


def ledger(tables: Path) -> str:
    """What became of the claims, counted; one claim of each lesson with its verdicts; and all of them, folded away."""
    judged = _judged(tables)
    kinds = [kind for kind in KINDS if kind in set(judged["kind"])]
    of_articles = judged[judged["basis"] != "ours"]
    made, ours = (frame["claim"].nunique() for frame in (of_articles, judged[judged["basis"] == "ours"]))
    shares = [
        [KINDS[kind], *(f"{(n := _count(of_articles, kind, outcome))} ({n / made:.0%})" for outcome in OUTCOMES)]
        for kind in kinds
    ]
    rows, folded = [], []
    for lesson, claims in judged.groupby("lesson", sort=False):
        of = str(lesson)
        stated = claims.drop_duplicates("claim").set_index("claim")
        shown = run.lesson(of).CLAIMS[0]
        headline = shown if shown in stated.index else stated.index[0]
        article, example = (claims.loc[claims[name] != "", name].mode()[0] for name in ("article", "example"))
        rows.append(
            [
                f"[{of}](experiments/{of}.py)",
                f"{article}, {example}",
                stated.loc[headline, "text"],
                *(_verdict(claims, headline, kind) for kind in kinds),
                *(" / ".join(str(_count(claims, kind, outcome)) for kind in kinds) for outcome in OUTCOMES),
            ]
        )
        listed = [
            [
                text + (" *(ours)*" if basis == "ours" else ""),
                *(_verdict(claims, str(claim), kind) for kind in kinds),
            ]
            for claim, text, basis in zip(stated.index, stated["text"], stated["basis"], strict=True)
        ]
        every = _table(["claim", *(KINDS[kind] for kind in kinds)], listed)
        folded.append(f"<details><summary>{of}: all {len(listed)} claims</summary>\n\n{every}\n\n</details>")
    both = " / ".join(KINDS[kind] for kind in kinds)
    header = ["lesson", "article, example", "one of its claims", *(KINDS[kind] for kind in kinds), *OUTCOMES]
    return "\n\n".join(
        [
            f"The articles make {made} claims that can be told apart; {ours} more are ours, to check the experiments.",
            _table(["of the articles' claims", *OUTCOMES], shares),
            f"Lesson by lesson (counts: {both}, ours included):",
            _table(header, rows),
            "\n".join(folded),
        ]
    )


def speed(tables: Path) -> str:
    """The ratios of the last `make bench`, with what they were to reach."""
    bench = pd.read_csv(tables / "benchmark.csv", dtype=str, keep_default_na=False)
    shown = bench[(bench["target"] != "") & (bench["part"] != "verdicts")]
    return _table(["measured", "value", "unit", "target"], shown[["what", "value", "unit", "target"]].values.tolist())


def simulated(tables: Path) -> str:
    """How often intervals hold the true effect and verdicts are false, by simulation, of the last `make bench`."""
    bench = pd.read_csv(tables / "benchmark.csv", dtype=str, keep_default_na=False)
    shown = bench[bench["part"] == "verdicts"]
    return _table(["measured", "share"], shown[["what", "value"]].values.tolist())


PARTS: dict[str, Callable[[Path], str]] = {"ledger": ledger, "speed": speed, "simulated": simulated}


def filled(text: str, tables: Path) -> str:
    """README text with every generated part made anew; a part stands between its two comment lines."""
    for name, make in PARTS.items():
        before, start, rest = text.partition(f"<!-- generated: {name} -->")
        _, end, after = rest.partition("<!-- end -->")
        assert start and end, f"README.md has no part {name}"
        text = f"{before}{start}\n\n{make(tables)}\n\n{end}{after}"
    return text


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


def outcome(lesson: str, tables: Path) -> str:
    """What came of all claims of a lesson that were tested: those of its figure first, our own checks last."""
    judged = _judged(tables)
    judged = judged[judged["lesson"] == lesson]
    tested = judged[judged["verdict"] != "untestable"]
    tests = {(claim.id, kind): str(claim.test(kind)) for claim in run.claims_of(lesson) for kind in KINDS}
    shown = [claim for claim in run.lesson(lesson).CLAIMS if claim in set(tested["claim"])]
    ours = [claim for claim in tested.loc[tested["basis"] == "ours", "claim"].unique() if claim not in shown]
    others = [claim for claim in tested["claim"].unique() if claim not in (*shown, *ours)]
    untested = judged["claim"].nunique() - tested["claim"].nunique()
    left = f" {untested} more cannot be tested in either; why is said there." if untested else ""
    parts = [
        _filled(
            "Each difference is what a claim's test, in brackets, puts left minus what it puts right, margin aside: "
            f"the mean over seeds with its 95 % interval. The tests are those of conf/claims/{lesson}.yaml.{left}"
        )
    ]
    for heading, listed in (("", [*shown, *others]), ("Checks of ours:", ours)):
        if heading and listed:
            parts.append(heading)
        items = []
        for claim in listed:
            rows = judged[judged["claim"] == claim].to_dict("records")
            said = [{str(key): str(value) for key, value in row.items()} for row in rows]
            words = [said[0]["text"], *(sentence(row, tests.get((claim, row["kind"]), "")) for row in said)]
            items.append(_filled(" ".join(words), indent="- "))
        if items:
            parts.append("\n".join(items))
    return "\n\n".join(parts)


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )


def lesson_filled(source: str, make: Callable[[], str]) -> str:
    """A lesson's file with the generated part of its docstring, if it has one, made anew.

    It stands between a line ``.. generated: outcome`` and a line ``.. end``. Where the docstring is not raw,
    backslashes are doubled.
    """
    found = re.search(r"^\.\. generated: outcome\n.*?^\.\. end$", source, re.MULTILINE | re.DOTALL)
    if not found:
        return source
    text = make().replace('"""', "'''")
    text = text if source.startswith("r") else text.replace("\\", "\\\\")
    return f"{source[: found.start()]}.. generated: outcome\n\n{text}\n\n.. end{source[found.end() :]}"


def main() -> None:
    """Rewrite README.md and the lessons in place."""
    records.write_text(README, filled(README.read_text(), TABLES))
    for name in run.LESSONS:
        file = run.lesson_file(name)
        source = file.read_text()
        written = lesson_filled(source, lambda name=name: outcome(name, TABLES))  # type: ignore[misc]
        if written != source:
            records.write_text(file, written)


if __name__ == "__main__":
    main()
