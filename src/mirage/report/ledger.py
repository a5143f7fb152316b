"""The ledger of claims, and the generated parts of README and docs: made from results/tables, so no number is typed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mirage.claims.claims import KINDS
from mirage.figures.palette import VERDICT_SIGNS
from mirage.records.files import write_text

NAMES = {"as_written": "as written", "controlled": "controlled", "real": "on real data"}
OUTCOMES = {  # what becomes of a claim: the verdicts that count as such
    "hold": ("supported",),
    "fail": ("contradicted", "negligible"),
    "open": ("inconclusive",),
    "cannot be tested": ("untestable",),
}
WHOLE = "make all"
GENERATED = "*Made by `make tables` from `results/tables/claims.csv`; edit nothing here.*"
READ = """\
Every claim of the articles stands here once, with what became of it over all seeds: *supported*, *contradicted*,
*negligible* (too small to matter), *inconclusive*, or *untestable*. Effects, intervals, margins and reasons are in
[tables/claims.csv](tables/claims.csv), the tests and their reasons in [conf/claims](../conf/claims), the figures in
[figures](figures). Claims marked *(ours)* are checks of the experiments."""

Shown = Mapping[str, Sequence[str]]  # the claims of each lesson's figure, by lesson


def read_judged(tables: Path) -> pd.DataFrame:
    """claims.csv, every cell as its text."""
    return pd.read_csv(tables / "claims.csv", keep_default_na=False, dtype=str, encoding="utf-8")


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _kinds(judged: pd.DataFrame) -> list[str]:
    return [kind for kind in KINDS if kind in set(judged["kind"])]


def _count(judged: pd.DataFrame, kind: str, outcome: str) -> int:
    return int((judged["verdict"].isin(OUTCOMES[outcome]) & (judged["kind"] == kind)).sum())


def _verdict(judged: pd.DataFrame, claim: str, kind: str) -> str:
    found = judged.loc[(judged["claim"] == claim) & (judged["kind"] == kind), "verdict"]
    return f"{VERDICT_SIGNS[found.iloc[0]]} {found.iloc[0]}" if len(found) else ""


def _usual(values: "pd.Series[str]") -> str:
    """The value that most rows have, nothing where all are empty."""
    stated = values[values != ""]
    return str(stated.mode()[0]) if len(stated) else ""


def counts(judged: pd.DataFrame) -> str:
    """How many claims there are, and what became of those of the articles, by kind of scenario."""
    of_articles = judged[judged["basis"] != "ours"]
    made, ours = (frame["claim"].nunique() for frame in (of_articles, judged[judged["basis"] == "ours"]))
    shares = [
        [NAMES[kind], *(f"{(n := _count(of_articles, kind, outcome))} ({n / made:.0%})" for outcome in OUTCOMES)]
        for kind in _kinds(judged)
    ]
    return "\n\n".join(
        [
            f"The articles make {made} distinct claims; we added {ours} checks of the experiments.",
            markdown(["of the articles' claims", *OUTCOMES], shares),
        ]
    )


def by_lesson(judged: pd.DataFrame, shown: Shown, folder: str = "experiments") -> str:
    """One claim of each lesson with its verdicts, and the lesson's counts; each lesson is a link into `folder`."""
    kinds, rows = _kinds(judged), []
    for lesson, claims in judged.groupby("lesson", sort=False):
        stated = claims.drop_duplicates("claim").set_index("claim")
        first = next((claim for claim in shown.get(str(lesson), ()) if claim in stated.index), stated.index[0])
        where = [_usual(claims[name]) for name in ("article", "example")]
        rows.append(
            [
                f"[{lesson}]({folder}/{lesson}.py)",
                ", ".join(filter(None, where)),
                str(stated.loc[first, "text"]),
                *(_verdict(claims, str(first), kind) for kind in kinds),
                *(" / ".join(str(_count(claims, kind, outcome)) for kind in kinds) for outcome in OUTCOMES),
            ]
        )
    header = ["lesson", "article, example", "one of its claims", *(NAMES[kind] for kind in kinds), *OUTCOMES]
    words = f"Lesson by lesson (counts: {' / '.join(NAMES[kind] for kind in kinds)}, ours included):"
    return f"{words}\n\n{markdown(header, rows)}"


def findings(judged: pd.DataFrame, shown: Shown) -> str:
    """The part of README that says what was found."""
    return f"{counts(judged)}\n\n{by_lesson(judged, shown)}"


def ledger(judged: pd.DataFrame, shown: Shown) -> str:
    """results/README.md: what became of every claim."""
    parts = ["# The ledger of claims", GENERATED, READ, counts(judged), by_lesson(judged, shown, "../experiments")]
    kinds = _kinds(judged)
    for lesson, claims in judged.groupby("lesson", sort=False):
        stated = claims.drop_duplicates("claim").set_index("claim")
        listed = [
            [text + (" *(ours)*" if basis == "ours" else ""), *(_verdict(claims, str(claim), kind) for kind in kinds)]
            for claim, text, basis in zip(stated.index, stated["text"], stated["basis"], strict=True)
        ]
        parts += [f"## {lesson}", markdown(["claim", *(NAMES[kind] for kind in kinds)], listed)]
    return "\n\n".join(parts) + "\n"


def speed(tables: Path) -> str:
    """The ratios of the last `make bench`, with what they were to reach, and whether they do."""
    bench = _benchmark(tables)
    shown = bench[(bench["target"] != "") & (bench["part"] != "verdicts")]
    columns = ["what", "value", "unit", "target", "met"]
    return markdown(["measured", "value", "unit", "target", "met"], shown[columns].values.tolist())


def cost(tables: Path) -> str:
    """What `make all` took and left, by the last `make bench PARTS=all`, on the machine of that run."""
    bench = _benchmark(tables).set_index("what")["value"]
    seconds, files, size = (
        float(bench[f"{WHOLE}: {what}"]) for what in ("time", "files of records", "size of records")
    )
    return (
        f"On two cores `make all` takes about {seconds / 60:.0f} minutes from a fresh clone, after setting up, "
        f"and leaves {files:,.0f} files of records, {size:.0f} MB."
    )


def simulated(tables: Path) -> str:
    """How often intervals hold the true effect and verdicts are false, by simulation, of the last `make bench`."""
    bench = _benchmark(tables)
    return markdown(["measured", "share"], bench.loc[bench["part"] == "verdicts", ["what", "value"]].values.tolist())


def _benchmark(tables: Path) -> pd.DataFrame:
    return pd.read_csv(tables / "benchmark.csv", dtype=str, keep_default_na=False, encoding="utf-8")


def filled(text: str, parts: Mapping[str, str], name: str = "README.md") -> str:
    """A document with each of these generated parts made anew.

    A part stands between the comment lines ``<!-- generated: PART -->`` and ``<!-- end -->``. Raises ValueError if the
    document has no such part.
    """
    for part, content in parts.items():
        before, start, rest = text.partition(f"<!-- generated: {part} -->")
        _, end, after = rest.partition("<!-- end -->")
        if not (start and end):
            raise ValueError(f"{name}: got no part {part}, expected <!-- generated: {part} --> and <!-- end -->")
        text = f"{before}{start}\n\n{content}\n\n{end}{after}"
    return text


def documents(root: Path, shown: Shown) -> dict[Path, str]:
    """Every generated document of a checkout and its text, from its committed tables.

    Those are results/README.md, made whole, and the parts `findings` and `cost` of README.md, `speed` of
    docs/performance.md and `simulated` of docs/statistics.md, each where there is such a file.
    """
    tables = root / "results" / "tables"
    judged = read_judged(tables)
    parts = {"README.md": {"findings": findings(judged, shown)}}
    if (tables / "benchmark.csv").exists():
        parts["README.md"]["cost"] = cost(tables)
        parts |= {
            "docs/performance.md": {"speed": speed(tables)},
            "docs/statistics.md": {"simulated": simulated(tables)},
        }
    texts = {root / "results" / "README.md": ledger(judged, shown)}
    for name, own in parts.items():
        if (root / name).exists():
            texts[root / name] = filled((root / name).read_text(encoding="utf-8"), own, name)
    return texts


def write(texts: Mapping[Path, str]) -> list[Path]:
    """Write the documents that differ from what is there; returns these."""
    changed = [file for file, text in texts.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in changed:
        write_text(file, texts[file])
    return changed
