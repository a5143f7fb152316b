"""The strip of claims under a lesson's figure: what is claimed, the effect in margins, and the verdict, by kind."""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mirage.claims.claims import WORDS
from mirage.figures.palette import CLAIMED, NEGLIGIBLE, REFERENCE, VERDICT_COLOURS, VERDICT_SIGNS

HEADINGS = {"as_written": "as written", "controlled": "controlled", "real": "on real data"}
KEY = """\
grey: too small to matter   green: no difference is the claim
bar: interval, wide enough for all claims of the ledger at once"""
CLAIM_WIDTH = 60  # characters
TEST_WIDTH = 80
VERDICT_WIDTH = 17
TEXT_LINE = 0.24  # inches
TICKS = (1, 3, 10, 30, 100, 300, 1000)  # margins

Row = dict[str, Any]  # of verdicts, with its test


class Mark(NamedTuple):
    """How the effects of one kind of scenario are marked: a sign in texts, and a marker, hollow or filled."""

    sign: str
    marker: str
    hollow: bool


MARKS = {"as_written": Mark("◇", "D", True), "controlled": Mark("◆", "D", False), "real": Mark("●", "o", False)}
ALONE = Mark("◆", "D", False)  # of one kind only


def claims(
    axes: Sequence[Axes],
    texts: Sequence[str],
    columns: Sequence[tuple[str, Sequence[Row | None]]],
    height: float = 1.0,
) -> None:
    """Claims, one a line: the text and how it is tested, effects and intervals in margins, and verdicts.

    Effects are turned so that what speaks against a claim lies on the left. The stripe is what lies inside the margin:
    grey as too small to matter, green where sameness is claimed. The bar is the interval that decides. The axis bends
    so that large effects fit.

    Parameters
    ----------
    axes
        Side by side: for the text, for the effects, for the verdicts.
    texts
        The claims, each short enough for two or three lines.
    columns
        (kind of scenario, rows): for every claim a row with effect, ci_low, ci_high, margin, test and verdict, or None
        where this kind does not test it.
    height
        Inches of a claim.
    """
    wording, effects, verdicts = axes
    for beside in (wording, verdicts):
        beside.set(xlim=(0, 1), ylim=(len(texts) - 0.5, -0.5))
        beside.set_axis_off()
        beside.hlines(np.arange(len(texts) - 1) + 0.5, 0, 1, color=NEGLIGIBLE, linewidth=1)
    marks = [MARKS[kind] if len(columns) > 1 else ALONE for kind, _ in columns]
    for line, text in enumerate(texts):
        _words(
            wording,
            line,
            text,
            [(mark.sign, rows[line]) for mark, (_, rows) in zip(marks, columns, strict=True)],
            height,
        )
    effects.axvline(0, color=REFERENCE, linewidth=1)
    reach = 2.0
    for column, ((kind, rows), mark) in enumerate(zip(columns, marks, strict=True)):
        at = column / max(2, len(columns))
        verdicts.text(at, -0.56, f"{mark.sign} {HEADINGS[kind]}", va="bottom", weight="bold")
        share = 1 / len(columns)
        for line, row in enumerate(rows):
            top = line - 0.5 + share * column
            # The stripe follows the claim's own test, else that beside it.
            tests = [one["test"] for one in (row, *(others[line] for _, others in columns)) if one and one["test"]]
            stripe = CLAIMED if tests and tests[0].relation == "same" else NEGLIGIBLE
            effects.add_patch(Rectangle((-1, top), 2, share, color=stripe, linewidth=0, zorder=0))
            if row is not None:
                _verdict(verdicts, at, line, row["verdict"])
                reach = max(reach, _effect(effects, top + share / 2, row, mark))
    _scale(effects, reach * 1.08, len(texts))


def _words(ax: Axes, line: int, text: str, tested: Sequence[tuple[str, Row | None]], height: float) -> None:
    """A claim's text and, beneath it, its tests."""
    claim = textwrap.fill(text, CLAIM_WIDTH)
    ax.text(0, line - 0.42, claim, va="top")
    formulas = [
        textwrap.fill(f"{sign} {row['test']}", TEST_WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        for sign, row in tested
        if row and row["test"]
    ]
    below = line - 0.4 + TEXT_LINE / height * (claim.count("\n") + 1)
    ax.text(0, below, "\n".join(formulas), va="top", fontsize=12, color=REFERENCE)


def _verdict(ax: Axes, x: float, line: int, verdict: str) -> None:
    words = textwrap.fill(f"{VERDICT_SIGNS[verdict]} {WORDS[verdict]}", VERDICT_WIDTH)
    ax.text(x, line, words, color=VERDICT_COLOURS[verdict], va="center", weight="bold")


def _effect(ax: Axes, at: float, row: Row, mark: Mark) -> float:
    """Draw an effect with its interval, where it has one; how far from zero that reaches."""
    if not np.isfinite(row["ci_low"]):
        return 0.0
    color = VERDICT_COLOURS[row["verdict"]]
    effect, *ends = (_bent(row[name], row) for name in ("effect", "ci_low", "ci_high"))
    low, high = sorted(ends)
    ax.plot([low, high], [at, at], "-", color=color, linewidth=5, solid_capstyle="butt", label="_interval")
    face = "white" if mark.hollow else color
    ax.plot(
        effect, at, mark.marker, color=color, markersize=8, markerfacecolor=face, markeredgewidth=2, label="_effect"
    )
    return max(abs(end) for end in (low, high) if np.isfinite(end))


def _scale(ax: Axes, reach: float, lines: int) -> None:
    ax.set(xlim=(-reach, reach), ylim=(lines - 0.5, -0.5), yticks=[])
    ax.hlines(np.arange(lines - 1) + 0.5, -reach, reach, color=NEGLIGIBLE, linewidth=1)
    ticks = [t for t in TICKS if np.log2(1 + t) < reach]
    both = (*(-t for t in reversed(ticks)), 0, *ticks)
    ax.set_xticks([float(np.sign(t) * np.log2(1 + abs(t))) for t in both], [f"{t:g}" for t in both])
    ax.set_xlabel("← against the claim      effect in margins      as claimed →")
    ax.set_title(KEY, fontsize=12, color=REFERENCE, loc="center")
    ax.spines["left"].set_visible(False)


def _bent(value: float, row: Row) -> float:
    """Where a claim's effect, or an end of an interval, is drawn: what speaks against a claim, on the left."""
    relation = row["test"].relation
    against = relation == "less" or (relation == "same" and row["effect"] > 0)
    units = value / row["margin"] if row["margin"] else np.sign(value) * 9
    return float((-1 if against else 1) * np.sign(units) * np.log2(1 + abs(units)))
