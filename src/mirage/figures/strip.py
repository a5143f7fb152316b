"""The strip of claims under a lesson's figure: what is claimed, the effect in margins, and the verdict, by kind."""

import textwrap
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mirage.claims.claims import WORDS
from mirage.figures.palette import CLAIMED, NEGLIGIBLE, REFERENCE, VERDICT_COLOURS, VERDICT_SIGNS

HEADINGS = {"as_written": "as written", "controlled": "controlled", "real": "on real data"}
KEY = """\
grey stripe: too small to matter   green: no difference is the claim, which holds inside and fails on either side
bar: interval that decides, wider than in the panels: for all claims at once"""
SCALE = "← against the claim      effect in margins, compressed      as claimed →"
CLAIM_WIDTH = 60  # characters
TEST_WIDTH = 80
VERDICT_WIDTH = 17
TEXT_LINE, TEST_LINE, VERDICT_LINE, BETWEEN = 0.27, 0.21, 0.3, 0.24  # inches of a line, and between claims
TICKS = (1, 3, 10, 30, 100, 300, 1000)  # margins

Row = dict[str, Any]  # of verdicts, with its test


class Mark(NamedTuple):
    """How the effects of one kind of scenario are marked: a sign in texts, and a marker, hollow or filled."""

    sign: str
    marker: str
    hollow: bool


MARKS = {"as_written": Mark("◇", "D", True), "controlled": Mark("◆", "D", False), "real": Mark("●", "o", False)}
ALONE = Mark("◆", "D", False)  # of one kind only
Columns = Sequence[tuple[str, Sequence[Row | None]]]  # kind of scenario, and a row for every claim, or None


def heights(texts: Sequence[str], columns: Columns) -> list[float]:
    """The inches that each claim needs for its text, its tests and its verdicts."""
    found = []
    for line, text in enumerate(texts):
        rows = [row for _, of_kind in columns if (row := of_kind[line])]
        wording = TEXT_LINE * (1 + _claim(text).count("\n")) + TEST_LINE * sum(
            1 + _formula("◆", row).count("\n") for row in rows
        )
        verdicts = VERDICT_LINE * max(1 + _verdict(row["verdict"]).count("\n") for row in rows)
        found.append(BETWEEN + max(wording, verdicts, VERDICT_LINE * len(rows)))
    return found


def claims(axes: Sequence[Axes], texts: Sequence[str], columns: Columns) -> None:
    """Claims, one a line: the text and how it is tested, effects and intervals in margins, and verdicts.

    Effects are turned so that what speaks against a claim lies on the left; where sameness is claimed, both sides speak
    against it, and they are not turned. The stripe is what lies inside the margin: grey as too small to matter, green
    where sameness is claimed. The bar is the interval that decides. The axis bends so that large effects fit.

    Parameters
    ----------
    axes
        Side by side: for the text, for the effects, for the verdicts; as high as `heights` together.
    texts
        The claims, each short enough for two or three lines.
    columns
        (kind of scenario, rows): for every claim a row with effect, ci_low, ci_high, margin, test and verdict, or None
        where this kind does not test it.
    """
    wording, effects, verdicts = axes
    needed = heights(texts, columns)
    tops = [0.0, *accumulate(needed)]
    for beside in (wording, verdicts):
        beside.set(xlim=(0, 1), ylim=(tops[-1], 0))
        beside.set_axis_off()
        beside.hlines(tops[1:-1], 0, 1, color=NEGLIGIBLE, linewidth=1)
    marks = [MARKS[kind] if len(columns) > 1 else ALONE for kind, _ in columns]
    for place, ((kind, _), mark) in enumerate(zip(columns, marks, strict=True)):
        heading = f"{mark.sign} {HEADINGS[kind]}"
        verdicts.text(place / max(2, len(columns)), -0.06, heading, va="bottom", weight="bold")
    effects.axvline(0, color=REFERENCE, linewidth=1)
    reach = 2.0
    for line, text in enumerate(texts):
        top, height = tops[line], needed[line]
        tested = [(mark, row) for mark, (_, rows) in zip(marks, columns, strict=True) if (row := rows[line])]
        _words(wording, top, text, [(mark.sign, row) for mark, row in tested])
        for place, (_, rows) in enumerate(columns):
            if row := rows[line]:
                _say(verdicts, place / max(2, len(columns)), top + height / 2, row["verdict"])
        share = height / len(tested)
        for place, (mark, row) in enumerate(tested):
            reach = max(reach, *map(abs, effect(effects, top + share * place, share, row, mark)))
    scale(effects, reach, tops)
    effects.set_xlabel(SCALE)
    effects.set_title(KEY, fontsize=12, color=REFERENCE, loc="center")


def _claim(text: str) -> str:
    return textwrap.fill(text, CLAIM_WIDTH)


def _formula(sign: str, row: Row) -> str:
    return textwrap.fill(f"{sign} {row['test']}", TEST_WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _verdict(word: str) -> str:
    return textwrap.fill(f"{VERDICT_SIGNS[word]} {WORDS[word]}", VERDICT_WIDTH)


def _words(ax: Axes, top: float, text: str, tested: Sequence[tuple[str, Row]]) -> None:
    """A claim's text and, beneath it, its tests."""
    claim, at = _claim(text), top + BETWEEN / 3
    ax.text(0, at, claim, va="top")
    below = at + TEXT_LINE * (claim.count("\n") + 1)
    formulas = "\n".join(_formula(sign, row) for sign, row in tested)
    ax.text(0, below, formulas, va="top", fontsize=12, color=REFERENCE)


def _say(ax: Axes, x: float, y: float, verdict: str) -> None:
    ax.text(x, y, _verdict(verdict), color=VERDICT_COLOURS[verdict], va="center", weight="bold")


def effect(ax: Axes, top: float, height: float, row: Row, mark: Mark) -> tuple[float, float]:
    """Draw the stripe of what is too small to matter, and on it an effect with its interval; the ends of all that.

    `row` has effect, ci_low, ci_high, margin, verdict and test; without an interval nothing but the stripe is drawn.
    """
    stripe = CLAIMED if row["test"].relation == "same" else NEGLIGIBLE
    ax.add_patch(Rectangle((-1, top), 2, height, color=stripe, linewidth=0, zorder=0))
    if not np.isfinite(row["ci_low"]):
        return -1.0, 1.0
    at, color = top + height / 2, VERDICT_COLOURS[row["verdict"]]
    effect, *ends = (_bent(row[name], row) for name in ("effect", "ci_low", "ci_high"))
    low, high = sorted(ends)
    ax.plot([low, high], [at, at], "-", color=color, linewidth=5, solid_capstyle="butt", label="_interval")
    face = "white" if mark.hollow else color
    ax.plot(
        effect, at, mark.marker, color=color, markersize=8, markerfacecolor=face, markeredgewidth=2, label="_effect"
    )
    finite = [end for end in (low, high) if np.isfinite(end)]
    return min(-1.0, *finite), max(1.0, *finite)


def scale(ax: Axes, reach: float, tops: Sequence[float], ticks: Sequence[int] = TICKS) -> None:
    """The bent axis of margins, as far as effects reach, and lines between claims.

    `tops` are the tops of claims and, last, where the last one ends.
    """
    reach *= 1.08
    ax.set(xlim=(-reach, reach), ylim=(tops[-1], 0), yticks=[])
    ax.hlines(tops[1:-1], -reach, reach, color=NEGLIGIBLE, linewidth=1)
    known = [t for t in ticks if np.log2(1 + t) < reach]
    both = (*(-t for t in reversed(known)), 0, *known)
    ax.set_xticks([float(np.sign(t) * np.log2(1 + abs(t))) for t in both], [f"{t:g}" for t in both])
    ax.spines["left"].set_visible(False)


def _bent(value: float, row: Row) -> float:
    """Where a claim's effect, or an end of an interval, is drawn: what speaks against less or greater, on the left."""
    against = row["test"].relation == "less"
    units = value / row["margin"] if row["margin"] else np.sign(value) * 9
    return float((-1 if against else 1) * np.sign(units) * np.log2(1 + abs(units)))
