"""The site's ledger: each claim, finding and check in each kind of scenario, its effect drawn to one scale."""

from collections.abc import Callable, Mapping
from pathlib import Path

from markupsafe import Markup

from mirage.claims.claims import TABLES, Test
from mirage.report.ledger import NAMES, mark, number, read_judged

MOST = 5.0  # margins: the scale ends here, on either side
WIDTH, HEIGHT, EDGE = 240.0, 32.0, 10.0  # of a drawing; arrows lie in the edges
ROLES = {"claim": "article", "finding": "us", "check": "our check"}


def rows(tables: Path, test_of: Callable[[str, str, str], Test | None]) -> list[dict[str, object]]:
    """What the page shows of each claim, finding and check, in the order of the tables.

    Parameters
    ----------
    tables
        The folder of the tables of verdicts.
    test_of
        The test of a claim by lesson, claim and kind of scenario, if it is known: it says which effects were claimed.

    Returns
    -------
    list of dict
        id, text, place, lesson, role, kind, verdict, number: plain text. order: the effect in margins, for sorting.
        drawing: the effect with its interval, as SVG.
    """
    made = []
    for role in TABLES:
        for found in read_judged(tables, role).to_dict("records"):
            row = {str(key): str(value) for key, value in found.items()}
            test = test_of(row["lesson"], row["claim"], row["kind"])
            made.append(_row(role, row, test.relation if test else None))
    return made


def _row(role: str, row: Mapping[str, str], relation: str | None) -> dict[str, object]:
    place = f"article {row['article']}, ¶ {row['paragraph']}" if row["article"] else ""
    return {
        "id": f"{row['claim']}-{row['kind']}",
        "text": row["text"] + (f" {row['yardstick']}" if row["yardstick"] else ""),
        "place": place + (f", example {row['example']}" if place and row["example"] else ""),
        "lesson": row["lesson"],
        "role": ROLES[role],
        "kind": NAMES[row["kind"]],
        "verdict": mark(row["verdict"]),
        "number": number(row),
        "order": f"{in_margins(row)[0]:.6g}" if row["ci_low"] else "",
        "drawing": drawn(in_margins(row), relation, f"{number(row)}: {mark(row['verdict'])}") if row["ci_low"] else "",
    }


def in_margins(row: Mapping[str, str]) -> tuple[float, float, float]:
    """Effect, lower and upper end of its interval in units of the claim's margin; as they are without a margin."""
    unit = float(row["margin"] or 0) or 1.0
    effect, low, high = (float(row[name]) / unit for name in ("effect", "ci_low", "ci_high"))
    return effect, low, high


def drawn(numbers: tuple[float, float, float], relation: str | None, label: str) -> Markup:
    """An effect with its interval, in margins, as SVG on the scale that all rows share.

    Parameters
    ----------
    numbers
        Effect, lower and upper end. What lies beyond `MOST` margins is cut off there, with an arrow.
    relation
        less, greater or same: the part of the scale that was claimed is shaded. None shades nothing.
    label
        What the drawing says, for who cannot see it.
    """
    effect, low, high = numbers
    claimed = {"less": (-MOST, -1.0), "greater": (1.0, MOST), "same": (-1.0, 1.0)}.get(relation or "")
    middle = HEIGHT / 2
    parts = []
    if claimed:
        left, right = map(_x, claimed)
        parts.append(f'<rect class="claimed" x="{left:g}" y="0" width="{right - left:g}" height="{HEIGHT:g}"/>')
    for name, at in (("margin", -1.0), ("nought", 0.0), ("margin", 1.0)):
        parts.append(f'<line class="{name}" x1="{_x(at):g}" x2="{_x(at):g}" y1="0" y2="{HEIGHT:g}"/>')
    parts.append(f'<line class="range" x1="{_x(low):.1f}" x2="{_x(high):.1f}" y1="{middle:g}" y2="{middle:g}"/>')
    if abs(effect) <= MOST:
        parts.append(f'<circle class="mean" cx="{_x(effect):.1f}" cy="{middle:g}" r="4"/>')
    for beyond, tip, way in ((low < -MOST, 0.0, 1), (high > MOST, WIDTH, -1)):
        if beyond:
            back = tip + way * EDGE
            corners = f"{tip:g},{middle:g} {back:g},{middle - 6:g} {back:g},{middle + 6:g}"
            parts.append(f'<polygon class="beyond" points="{corners}"/>')
    opening = Markup('<svg class="interval" role="img" aria-label="{}" viewBox="0 0 {:g} {:g}">').format(
        " ".join(label.split()), WIDTH, HEIGHT
    )
    return opening + Markup("".join(parts)) + Markup("</svg>")


def _x(margins: float) -> float:
    """Where a number of margins lies in a drawing."""
    kept = max(-MOST, min(MOST, margins))
    return EDGE + (kept + MOST) / (2 * MOST) * (WIDTH - 2 * EDGE)
