"""The ledger: what became of every claim, in one line each; made from results/tables, so no number is typed."""

import html
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from mirage.claims.claims import KINDS, TABLES, WORDS
from mirage.claims.stated import Moved, Stated
from mirage.figures.palette import VERDICT_SIGNS

NAMES = {"as_written": "listing", "controlled": "controlled", "real": "real data"}
ROWS = {"as_written": "the listings", "controlled": "controlled experiments", "real": "real data"}
OUTCOMES = {  # what becomes of a claim: the verdicts that count as such
    "holds": ("holds", "also"),
    "fails": ("fails_opposite", "fails_no_effect", "fails", "not"),
    "at the margin": ("at_margin",),
    "open or unclear": ("open", "undefined", "unclear"),
}
GENERATED = "*Made from `results/tables` by `make tables`; edit nothing here.*"
READ = """\
Each claim of the articles stands here once, in our words, with the article and the paragraph it comes from. *Listing*
is the example as printed, asked only where the claim is about one. *Controlled* is a fair experiment; its interval is
wide enough for all claims of this ledger at once. *Real data* are resamples of one data set: they show that something
happens there *also*, or does *not*. The number is the effect in the controlled experiment (else in the listing, else on
real data): the mean difference that the claim's test asks for, over seeds that nobody had looked at before. Tests with
their margins and reasons are in [conf/claims](../conf/claims), all numbers in [tables/claims.csv](tables/claims.csv);
[how verdicts are passed](../docs/statistics.md)."""
PLACES = {"notes": "note", "tested_elsewhere": "tested elsewhere"}
WAS = ("was", "lesson", "article", "example", "basis", "text", "place", "now")


def read_judged(tables: Path, role: str = "claim") -> pd.DataFrame:
    """The verdicts on claims, findings or checks, every cell as its text."""
    file = tables / TABLES[role]
    return pd.read_csv(file, keep_default_na=False, dtype=str, encoding="utf-8") if file.exists() else pd.DataFrame()


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def escaped(data: str) -> str:
    """Data as text in Markdown: nothing in them is markup; a table's cells see to what parts them."""
    return re.sub(r"([\\`*_\[\]$])", r"\\\1", html.escape(data, quote=False))


def mark(verdict: str) -> str:
    """A verdict with its sign."""
    return f"{VERDICT_SIGNS[verdict]} {WORDS[verdict]}"


def number(row: Mapping[str, str]) -> str:
    """An effect with its unit and interval, as one reads it."""
    if not row["ci_low"]:
        return row["reason"]
    effect, low, high = (short(row[name], row["margin"]) for name in ("effect", "ci_low", "ci_high"))
    within = "exact" if row["reason"].startswith("exact:") else f"{low} to {high}"
    return f"{effect} {row['unit']} ({within})"


def short(value: str, margin: str) -> str:
    """A number as one reads it, with a true minus; what is rounding beside the margin is nought."""
    number = float(value)
    return "0" if abs(number) < 1e-9 * float(margin or 1) else f"{number:.3g}".replace("-", "−")


def counts(judged: pd.DataFrame) -> str:
    """How many claims there are, and what became of those that each kind of scenario tests."""
    shares = []
    for kind in [kind for kind in KINDS if kind in set(judged["kind"])]:
        verdicts = judged.loc[judged["kind"] == kind, "verdict"]
        of_kind = [str(int(verdicts.isin(words).sum())) for words in OUTCOMES.values()]
        shares.append([f"{len(verdicts)} asked of {ROWS[kind]}", *of_kind])
    return markdown([f"{judged['claim'].nunique()} claims of the articles", *OUTCOMES], shares)


def line(rows: pd.DataFrame) -> list[str]:
    """One claim's line: text, marks by kind, number."""
    by_kind = {row["kind"]: row for row in rows.to_dict("records")}
    shown = next(by_kind[kind] for kind in ("controlled", "as_written", "real") if kind in by_kind)
    text = escaped(shown["text"]) + (f" *{escaped(shown['yardstick'])}*" if shown["yardstick"] else "")
    marks = [mark(by_kind[kind]["verdict"]) if kind in by_kind else "" for kind in KINDS]
    return [text, *marks, number(_texts(shown))]


def _texts(row: Mapping[Hashable, object]) -> dict[str, str]:
    return {str(name): str(cell) for name, cell in row.items()}


def answering(claims: pd.DataFrame, answers: Sequence[str]) -> pd.DataFrame:
    """Of a lesson's verdicts those on the first of these claims that is there, or else on the lesson's first."""
    there = list(claims["claim"])
    first = next((name for name in answers if name in there), there[0])
    return claims[claims["claim"] == first]


def of_lesson(judged: pd.DataFrame, lesson: str) -> str:
    """The claims of one lesson, as its page shows them: text, marks by kind of scenario, number.

    `judged` has a column `role`; see `mirage.report.numbers.Numbers.judged`.
    """
    own = judged[(judged["lesson"] == lesson) & (judged["role"] == "claim")]
    there = [kind for kind in KINDS if kind in set(own["kind"])]
    places = [0, *(1 + KINDS.index(kind) for kind in there), 1 + len(KINDS)]
    lines = [line(one) for _, one in own.groupby("claim", sort=False)]
    header = ["the articles claim", *NAMES.values(), "effect"]
    return markdown([header[at] for at in places], [[cells[at] for at in places] for cells in lines])


def ours(judged: pd.DataFrame, lesson: str) -> str:
    """What we found ourselves in one lesson, and its checks, a line a kind of scenario; empty if there are none."""
    own = judged[(judged["lesson"] == lesson) & (judged["role"] != "claim")]
    rows = [
        [escaped(row["text"]), row["role"], NAMES[row["kind"]], mark(row["verdict"]), number(row)]
        for row in map(_texts, own.to_dict("records"))
    ]
    return markdown(["what", "kind", "in", "verdict", "effect"], rows) if rows else ""


def ledger(tables: Path, lessons: Sequence[Stated], headlines: Sequence[str], symptoms: str = "") -> str:
    """results/README.md: headlines, the lesson for each symptom, what became of every claim, and what waits."""
    judged, found, checks = (read_judged(tables, role) for role in TABLES)
    parts = ["# What came out", GENERATED]
    if headlines:
        parts += ["## Headlines", "\n".join(f"{place}. {text}" for place, text in enumerate(headlines, 1))]
    if symptoms:
        parts += ["## From symptom to lesson", symptoms]
    parts += ["## What the articles claim", READ, counts(judged)]
    for lesson, claims in judged.groupby("lesson", sort=False):
        parts += [f"### [{lesson}](lessons/{lesson}.md)", _claims(claims)]
    if len(found):
        parts += ["## What we found ourselves", markdown(["finding", "lesson", "", "number"], _ours(found))]
    if len(checks):
        passed = int(checks["verdict"].isin(OUTCOMES["holds"]).sum())
        parts += [
            "## Checks of the experiments",
            f"{passed} of {len(checks)} hold. A check that fails is explained in its lesson.",
            markdown(["check", "lesson", "", "number"], _ours(checks)),
        ]
    parts += _moved(lessons)
    return "\n\n".join(parts) + "\n"


def _claims(claims: pd.DataFrame) -> str:
    rows = []
    for _, one in claims.groupby("claim", sort=False):
        text, *rest = line(one)
        first = one.iloc[0]
        place = f"{first['article']}, ¶ {first['paragraph']}" + (
            f", ex. {first['example']}" if first["example"] else ""
        )
        rows.append([text, place, *rest])
    return markdown(["claim", "article", *NAMES.values(), "number"], rows)


def _ours(judged: pd.DataFrame) -> list[list[str]]:
    rows = []
    for row in judged.to_dict("records"):
        shown = _texts(row)
        rows.append([escaped(shown["text"]), shown["lesson"], mark(shown["verdict"]), number(shown)])
    return rows


def _moved(lessons: Sequence[Stated]) -> list[str]:
    notes = [one for stated in lessons for one in stated.moved if one.place == "notes"]
    parts = []
    if notes:
        parts += ["## Not tested, and why", "\n".join(f"- {n.text} ({_place(n)})" for n in notes)]
    return [*parts, "[tables/places.csv](tables/places.csv) says where every claim of the first ledger went."]


def _place(one: Moved) -> str:
    return f"article {one.article}, ¶ {one.paragraph}"


def places(earlier: pd.DataFrame, lessons: Iterable[Stated]) -> pd.DataFrame:
    """Where every claim of the first ledger went: columns `WAS`.

    `earlier` are these claims (claim, lesson, article, example, basis, text). Raises ValueError if one is in no claims
    file, or in two, or if a file names one that there never was.
    """
    now: dict[str, tuple[str, str]] = {}
    for stated in lessons:
        named = [(name, one.role, one.id) for one in stated.claims for name in one.was]
        named += [(name, PLACES[one.place], one.now) for one in stated.moved for name in one.was]
        for name, place, where in named:
            if name in now:
                raise ValueError(
                    f"claims of {stated.lesson}: was: got {name!r} again, expected each once in all lessons"
                )
            now[name] = (place, where)
    known = list(earlier["claim"])
    if set(known) != set(now):
        lost, new = sorted(set(known) - set(now)), sorted(set(now) - set(known))
        raise ValueError(
            f"claims: was: got no place for {', '.join(lost) or 'none'}, and unknown {', '.join(new) or 'none'}"
        )
    table = earlier.rename(columns={"claim": "was"})
    return table.assign(place=[now[name][0] for name in known], now=[now[name][1] for name in known])[list(WAS)]
