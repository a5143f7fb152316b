"""The picture of all examples: what the article says, what its code shows, what a fair experiment shows, a row each."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.claims.claims import WORDS
from mirage.figures import strip, style
from mirage.figures.palette import INK, NEGLIGIBLE, REFERENCE, VERDICT_COLOURS, VERDICT_SIGNS
from mirage.figures.strip import MARKS

SIZE, SMALL = 14.0, 13.0  # points
LINE, BETWEEN, HEADING = 0.235, 0.16, 0.4  # inches of a line, around a row, of an article's heading
ABOVE, BELOW = 1.15, 1.4  # inches of title and column headings, of axis and key
EDGE = 0.12
NEAREST = 1.7  # how far the bent axis goes at least, to either side
WIDTHS = (4.9, 2.25, 2.6, 2.0)  # inches of the columns: texts, listing, fair experiment, effects
HEADS = {"as_written": "what its code\nshows", "controlled": "what a fair\nexperiment shows"}
KEY = """\
On the right: the effect in margins, compressed; the bar is the interval that decides. Right of the stripe as claimed,
on grey too small to matter, left against the claim; on green no difference is the claim.
✓ holds   ✗ fails   ≈ the effect is there, but about as large as its margin   ? open"""


class Shown(NamedTuple):
    """What one kind of scenario shows of a claim: its verdict, the effect in words, and the row of numbers."""

    verdict: str
    effect: str
    within: str
    """The interval that decides, in words; nothing where it is not to be shown."""
    row: strip.Row
    """As `mirage.figures.strip.effect` takes it."""


class Example(NamedTuple):
    """A row: where the claim stands, what it says, and what was found by kind of scenario."""

    article: str
    example: str
    lesson: str
    text: str
    yardstick: str
    """What is measured differently in the kinds of scenario, if anything."""
    shown: Mapping[str, Shown]

    def holds(self, kind: str) -> bool:
        """Whether the claim holds in a kind of scenario."""
        return kind in self.shown and self.shown[kind].verdict == "holds"


def compose(examples: Sequence[Example]) -> Figure:
    """The picture, a row an example, in the order of articles and their examples; laid out for good."""
    ordered = sorted(examples, key=lambda one: (one.article, one.example, one.lesson))
    with style.look():
        tops, headings, bottom = _places(ordered)
        height = ABOVE + bottom + BELOW
        figure = style.new_figure(sum(WIDTHS) + 2 * EDGE, height)
        figure.set_layout_engine("none")
        axes = _columns(figure, bottom)
        _head(axes, ordered)
        for article, top in headings:
            axes[0].text(0, top + HEADING / 2, f"Article {article}", weight="bold", va="center", fontsize=SIZE + 2)
            for ax in axes[:3]:
                ax.axhline(top + HEADING, color=INK, linewidth=1)
        reached = [end for one, top in zip(ordered, tops, strict=True) for end in _row(axes, one, top)]
        left, right = min([-NEAREST, *reached]), max([NEAREST, *reached])
        strip.scale(axes[3], max(-left, right), [0, bottom], (1, 3, 10))
        axes[3].set_xticklabels([label.get_text().replace("-", "−") for label in axes[3].get_xticklabels()])
        axes[3].set_xlim(1.08 * left, 1.08 * right)
        axes[3].vlines(0, 0, bottom, color=REFERENCE, linewidth=1)
        axes[3].tick_params(labelsize=SMALL)
        axes[3].set_xlabel("← against      as claimed →", fontsize=SMALL)
        figure.text(EDGE / figure.get_figwidth(), 0.08 / height, KEY, va="bottom", fontsize=SMALL, color=INK)
    return figure


def _places(ordered: Sequence[Example]) -> tuple[list[float], list[tuple[str, float]], float]:
    """The tops of rows and of the articles' headings, inches from the first, and where the last row ends."""
    tops: list[float] = []
    headings: list[tuple[str, float]] = []
    at = 0.0
    for article, of_article in groupby(ordered, key=lambda one: one.article):
        headings.append((article, at))
        *own, at = accumulate((_height(one) for one in of_article), initial=at + HEADING)
        tops += own
    return tops, headings, at


def _texts(one: Example) -> tuple[list[str], list[str]]:
    """A claim in lines, and in smaller letters where it stands and by what it is measured."""
    room = WIDTHS[0] - 0.25
    place = f"{one.lesson}, example {one.example}. {one.yardstick}"
    return style.wrapped(one.text, SIZE, room), style.wrapped(place, SMALL, room)


def _found(shown: Shown, width: float) -> tuple[list[str], list[str]]:
    """A verdict with its sign in lines, and the effect in smaller letters."""
    sign = f"{VERDICT_SIGNS[shown.verdict]} {WORDS[shown.verdict]}"
    effect = style.wrapped(shown.effect, SMALL, width - 0.2)
    return style.wrapped(sign, 1.12 * SIZE, width - 0.2), [*effect, *filter(None, [shown.within])]


def _height(one: Example) -> float:
    blocks = [
        _texts(one),
        *(_found(one.shown[k], w) for k, w in zip(HEADS, WIDTHS[1:3], strict=True) if k in one.shown),
    ]
    return LINE * max(len(large) + len(small) for large, small in blocks) + BETWEEN


def _columns(figure: Figure, bottom: float) -> list[Axes]:
    """Four axes side by side, with inches from the top of the rows as their vertical axis."""
    width, height = figure.get_size_inches()
    axes, left = [], EDGE
    for of_column in WIDTHS:
        inside = 0.1 * (of_column is WIDTHS[-1])
        ax = figure.add_axes(
            ((left + inside) / width, BELOW / height, (of_column - inside) / width, bottom / height), facecolor="none"
        )
        ax.set(xlim=(0, of_column), ylim=(bottom, 0))
        if of_column is not WIDTHS[-1]:
            ax.set_axis_off()
        axes.append(ax)
        left += of_column
    return axes


def _head(axes: Sequence[Axes], ordered: Sequence[Example]) -> None:
    """The title, which counts what holds, and what stands in the columns."""
    listed, fair = (sum(one.holds(kind) for one in ordered) for kind in HEADS)
    many = f"{len(ordered)} example{'s' * (len(ordered) != 1)}"
    title = f"{many}: the claim holds in {listed} of the listings, in {fair} of the fair experiments"
    axes[0].text(0, -ABOVE + 0.15, title, fontsize=18, weight="bold", va="top")
    signs = [f"{MARKS[kind].sign} {name}" for kind, name in HEADS.items()]
    for ax, name in zip(axes, ["what the article says", *signs, "effect\nin margins"], strict=True):
        ax.text(0, -0.1, name, fontsize=SIZE, weight="bold", va="bottom", transform=ax.get_yaxis_transform())


def _row(axes: Sequence[Axes], one: Example, top: float) -> list[float]:
    """Write and draw a row; where its effects end on the bent axis."""
    _write(axes[0], *_texts(one), top, INK)
    for ax, kind, width in zip(axes[1:], HEADS, WIDTHS[1:3], strict=False):
        if kind in one.shown:
            _write(ax, *_found(one.shown[kind], width), top, VERDICT_COLOURS[one.shown[kind].verdict])
    height = _height(one)
    for ax in axes[:3]:
        ax.axhline(top + height, color=NEGLIGIBLE, linewidth=1)
    there = [kind for kind in HEADS if kind in one.shown]
    share = (height - 0.06) / max(1, len(there))
    ends: list[float] = []
    for i, kind in enumerate(there):
        ends += strip.effect(axes[3], top + 0.03 + share * i, share, one.shown[kind].row, MARKS[kind])
    return ends


def _write(ax: Axes, large: Sequence[str], small: Sequence[str], top: float, color: str) -> None:
    """Lines in large letters, the verdict's in bold and its colour, and beneath them lines in smaller ones."""
    for i, line in enumerate([*large, *small]):
        first = i < len(large)
        ax.text(
            0, top + BETWEEN / 2 + LINE * (i + 0.5), line, va="center", fontsize=SIZE if first else SMALL,
            color=color if first else REFERENCE, weight="bold" if first and color != INK else "normal",
        )  # fmt: skip
