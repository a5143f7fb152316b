"""Fills the generated parts of README.md from results/tables, so that no number in it is typed: `python -m readme`."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

import run
from mirage import records

VERDICTS = ("supported", "contradicted", "negligible", "inconclusive")
TABLES = run.ROOT / "results/tables"
README = run.ROOT / "README.md"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ledger(tables: Path) -> str:
    """The verdicts on every lesson's claims, counted, and one claim of each spelt out."""
    judged = pd.read_csv(tables / "claims.csv").fillna({"verdict": ""})
    tested = judged[judged["verdict"] != "untestable"]
    counts = tested["verdict"].value_counts()
    said = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    rows = []
    for lesson, claims in judged.groupby("lesson", sort=False):
        article, example = (int(claims[name].mode()[0]) for name in ("article", "example"))
        own = claims[claims["verdict"] != "untestable"]
        headline = own.iloc[0]
        rows.append(
            [
                f"[{lesson}](experiments/{lesson}.py)",
                f"{article}, {example}",
                f"{headline['text']} **{headline['verdict']}**",
                *(str(int((own["verdict"] == verdict).sum()) or "") for verdict in VERDICTS),
                str(len(claims) - len(own) or ""),
            ]
        )
    header = ["lesson", "article, example", "its first claim, and the verdict", *VERDICTS, "untestable"]
    summary = f"{len(judged)} claims; {len(tested)} can be tested with the examples as written: {said}."
    return f"{summary}\n\n{_table(header, rows)}"


def speed(tables: Path) -> str:
    """The ratios of the last `make bench`, with what they were to reach."""
    bench = pd.read_csv(tables / "benchmark.csv", dtype=str, keep_default_na=False)
    return _table(
        ["measured", "value", "target"], bench[["what", "value", "target"]][bench["target"] != ""].values.tolist()
    )


PARTS: dict[str, Callable[[Path], str]] = {"ledger": ledger, "speed": speed}


def filled(text: str, tables: Path) -> str:
    """README text with every generated part made anew; a part stands between its two comment lines."""
    for name, make in PARTS.items():
        before, start, rest = text.partition(f"<!-- generated: {name} -->")
        _, end, after = rest.partition("<!-- end -->")
        assert start and end, f"README.md has no part {name}"
        text = f"{before}{start}\n\n{make(tables)}\n\n{end}{after}"
    return text


def main() -> None:
    """Rewrite README.md in place."""
    records.write_text(README, filled(README.read_text(), TABLES))


if __name__ == "__main__":
    main()
