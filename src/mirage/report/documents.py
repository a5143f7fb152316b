"""The documents that are generated, whole or in part, from committed tables."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from mirage.claims.stated import Stated
from mirage.records.files import write_text
from mirage.report import headlines, ledger
from mirage.report.sources import Source
from mirage.report.tables import as_csv

WHOLE = "make all"
RATES = {
    "first": "the right cause is named first, where the inputs suffice",
    "missing": "the missing input is named, where they do not",
    "silent": "the cause is not named of the healthy twin",
    "healthy": "something false is named of a healthy bundle with all inputs",
}


def speed(tables: Path) -> str:
    """The ratios of the last `make bench`, with what they were to reach, and whether they do."""
    bench = _benchmark(tables)
    shown = bench[(bench["target"] != "") & (bench["part"] != "verdicts")]
    columns = ["what", "value", "unit", "target", "met"]
    return ledger.markdown(["measured", "value", "unit", "target", "met"], shown[columns].values.tolist())


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
    rows = bench.loc[bench["part"] == "verdicts", ["what", "value"]].values.tolist()
    return ledger.markdown(["measured", "share"], rows)


def listings(tables: Path) -> str:
    """What the doctor says of the articles' listings, by arm: each cause, how sure, in which share of the seeds."""
    found = pd.read_csv(tables / "doctor_listings.csv", keep_default_na=False, encoding="utf-8")
    said = found["cause"] + [f" ({sure})" if sure else "" for sure in found["sure"]]
    said += [f" {share:.0%}" for share in found["share"]]
    rows = said.groupby([found["scenario"], found["arm"]], sort=False).agg(", ".join).reset_index()
    return ledger.markdown(["listing", "arm", "found, in this share of the seeds"], rows.values.tolist())


def ward_rates(tables: Path) -> str:
    """How often the doctor was right over all cases of the ward, with what it was to reach."""
    found = pd.read_csv(tables / "doctor_summary.csv", encoding="utf-8")
    rows = []
    for one in found.to_dict("records"):
        within = f"{one['value']:.1%} ({one['ci_low']:.1%} to {one['ci_high']:.1%})"
        target = "" if pd.isna(one["target"]) else f"{one['target']:.0%}"
        rows.append([str(one["bundles"]), RATES[str(one["rate"])], within, f"{one['n']:,}", target])
    return ledger.markdown(["bundles", "rate", "measured, 95 % interval", "reports", "target"], rows)


def ward_cases(tables: Path) -> str:
    """For each case of the ward: what is planted, its twin, and the shares of bundles."""
    found = pd.read_csv(tables / "doctor.csv", encoding="utf-8")
    rows = []
    for case, part in found[found["where"] == "seen"].groupby("case", sort=False):
        enough, little = part[part["suffice"]], part[~part["suffice"]]
        every, least = enough[enough["inputs"] == "all"], enough[enough["inputs"] != "all"]
        told = [
            f"{share:.0%}" for share in (every["first"].mean(), least["first"].min(), little["names_missing"].min())
        ]
        silent = f"{part['twin_silent'].min():.0%}"
        inputs = " or ".join(dict.fromkeys(least["inputs"]))
        names = (str(case), part["fault"].iloc[0], inputs, part["twin"].iloc[0])
        told = [word.replace("nan%", "") for word in told]
        rows.append([*(ledger.escaped(name) for name in names), str(every["n"].max()), *told, silent])
    return ledger.markdown(
        ["case", "fault", "inputs that suffice", "healthy twin", "bundles", "first, all inputs", "first, these inputs",
         "else names what is missing", "twin silent"],
        rows,
    )  # fmt: skip


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


def symptoms(sources: Iterable[Source], folder: str, most: int | None = None) -> str:
    """What somebody sees, and the lesson that answers it: a Markdown table, in the order of the sources.

    `most` is how many are listed of a lesson, without it all.
    """
    rows = [
        [ledger.escaped(seen), f"[{ledger.escaped(source.question)}]({folder}/{source.lesson}.md)"]
        for source in sources
        for seen in source.symptoms[:most]
    ]
    return ledger.markdown(["what you see", "lesson"], rows)


def documents(root: Path, lessons: Sequence[Stated], sources: Sequence[Source] = ()) -> dict[Path, str]:
    """Every generated document of a checkout and its text, from its committed tables, claims files and lessons.

    Those are results/README.md and results/tables/places.csv, made whole, and the parts `headlines`, `symptoms`,
    `findings` and `cost` of README.md, `speed` of docs/performance.md, `simulated` of docs/statistics.md, `listings` of
    docs/doctor.md, `rates` and `cases` of docs/ward.md, where there is such a file. `sources` are the lessons' own, in
    teaching order.
    """
    tables = root / "results" / "tables"
    sentences = headlines.sentences(tables)
    parts = {
        "README.md": {
            "headlines": "\n".join(f"- {text}" for text in sentences),
            "symptoms": symptoms(sources, "results/lessons", most=1),
            "findings": ledger.counts(ledger.read_judged(tables)),
        }
    }
    if (tables / "benchmark.csv").exists():
        parts["README.md"]["cost"] = cost(tables)
        parts |= {
            "docs/performance.md": {"speed": speed(tables)},
            "docs/statistics.md": {"simulated": simulated(tables)},
        }
    if (tables / "doctor_listings.csv").exists():
        parts["docs/doctor.md"] = {"listings": listings(tables)}
    if (tables / "doctor.csv").exists():
        parts["docs/ward.md"] = {"rates": ward_rates(tables), "cases": ward_cases(tables)}
    seen = symptoms(sources, "lessons")
    texts = {root / "results" / "README.md": ledger.ledger(tables, lessons, sentences, seen)}
    earlier = root / "conf" / "claims" / "earlier.csv"
    if earlier.exists():
        known = pd.read_csv(earlier, dtype=str, keep_default_na=False, encoding="utf-8")
        texts[tables / "places.csv"] = as_csv(ledger.places(known, lessons))
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
