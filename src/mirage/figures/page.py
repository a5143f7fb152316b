"""A lesson's page: its panels for each kind of scenario side by side, and what became of its claims beneath.

A lesson names its panels by functions called ``as_written``, ``controlled`` and ``real``; `compose` draws those of the
kinds that it is given results of, one to three.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure, SubFigure

from mirage.claims.results import Results
from mirage.figures import marks, strip, style
from mirage.figures.palette import BACKGROUNDS
from mirage.figures.panels import Panels

NARROWEST = 17.0  # inches: the claims and their verdicts need that much
TALL = 6.0  # inches of the panels with title and legend
AROUND = 1.7  # inches above and below the claims: headings, axis, key
HEADINGS = {"as_written": "As written", "controlled": "Controlled", "real": "On real data"}


def compose(lesson: Any, question: str, halves: Sequence[Results]) -> Figure:
    """The figure of a lesson's scenarios, one to three, in the order as written, controlled, on real data.

    It is laid out for good: shown or saved, it looks the same.

    Parameters
    ----------
    lesson
        Has `CLAIMS` (ids), and for each kind of scenario a function of that name from results to panels.
    question
        What the lesson asks: the title.
    halves
        The results of the scenarios. With several seeds their verdicts on `CLAIMS` are drawn, too.
    """
    with style.look():
        figure = _compose(lesson, question, halves)
        style.settle(figure)
    return figure


def _compose(lesson: Any, question: str, halves: Sequence[Results]) -> Figure:
    panels: list[Panels] = [getattr(lesson, half.plan.about.kind)(half) for half in halves]
    widths = [sum(width for width, _ in of_half) for of_half in panels]
    kinds = len(halves)
    wider = max(1.0, (NARROWEST + 3 * (kinds > 2)) / sum(widths))
    judged = _judged(lesson.CLAIMS, [half for half in halves if len(half.plan.seeds) > 1])
    texts = [text for text, _ in judged]
    columns = [(kind, [rows.get(kind) for _, rows in judged]) for kind in (h.plan.about.kind for h in halves)]
    needed = sum(strip.heights(texts, columns))
    heights = [TALL, needed + AROUND] if judged else [TALL]
    figure = style.new_figure(wider * sum(widths), sum(heights) + 0.6)
    figure.suptitle(question, fontsize=21, weight="bold", x=0.008, ha="left")
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    blocks = parts[0].subfigures(1, kinds, width_ratios=widths, wspace=0.01, squeeze=False)[0]
    for block, half, of_half, width in zip(blocks, halves, panels, widths, strict=True):
        _draw(block, half, of_half, wider * width)
    if judged:
        axes = parts[1].subplots(1, 3, width_ratios=(6, 6, 2.1 * max(2, kinds)))
        strip.claims(axes, texts, columns)
        seeds = " and ".join(dict.fromkeys(str(len(half.plan.seeds)) for half in halves))
        every = len({claim for half in halves for claim in half.judged["claim"]})
        some = f"{len(judged)} of {every} claims and checks" if len(judged) < every else "Claims"
        axes[0].set_title(f"{some}, measured over {seeds} seeds", weight="bold", x=0)
    return figure


def heading(half: Results) -> str:
    """What stands above the panels of a kind of scenario, the kind in bold: see `style.bold`."""
    about = half.plan.about
    where = [f"{word} {number}" for word, number in (("article", about.article), ("example", about.example)) if number]
    listed = f" ({', '.join(where)})" if where and about.kind == "as_written" else ""
    return style.bold(HEADINGS[about.kind]) + listed


def _draw(block: SubFigure, half: Results, panels: Panels, width: float) -> None:
    """One half of a figure: its heading, its panels and one legend."""
    about = half.plan.about
    title = style.plain(textwrap.fill(about.title, int(8.3 * width)))
    style.as_math(block.suptitle(f"{heading(half)}\n{title}", fontsize=16, x=0.012, ha="left"))
    block.set_facecolor(BACKGROUNDS[about.kind])
    row = block.subplots(1, len(panels), squeeze=False, width_ratios=[width for width, _ in panels])[0]
    for ax, (_, draw) in zip(row, panels, strict=True):
        ax.set_facecolor("none")
        draw(ax, half)
    marks.legend_below(block, max(1, int(width / 3.1)))


def _judged(claims: Sequence[str], halves: Sequence[Results]) -> list[tuple[str, dict[str, dict[str, Any]]]]:
    """Of every claim that one of the halves tests: its text, and by kind of scenario what came of it."""
    found = []
    for claim in claims:
        rows: dict[str, dict[str, Any]] = {}
        for half in halves:
            for row in half.judged[half.judged["claim"] == claim].to_dict("records"):
                rows[half.plan.about.kind] = {str(k): v for k, v in row.items()} | {"test": half.tests.get(claim)}
        if rows:
            first = next(iter(rows.values()))
            found.append((str(first["text"]) + ("" if first["role"] == "claim" else f" (our {first['role']})"), rows))
    return found
