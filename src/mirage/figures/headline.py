"""A lesson's headline picture, for projecting: the finding as a sentence, and the one panel or pair that shows it.

A lesson's function ``headline`` chooses the panels; `compose` sets them under the sentence.
"""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from mirage.claims.results import Results
from mirage.figures import style
from mirage.figures.panels import Panel
from mirage.settings import ConfigError

Shown = list[tuple[Results, Panel]]  # one panel or two, side by side, each with what it shows

WIDTH, HEIGHT = 12.8, 7.2  # inches: the shape of a slide
EDGE = 0.18  # inches left free on either side
ROOM = WIDTH - 2 * EDGE
SIZES = (28, 26, 24, 22, 20)  # points of the sentence: the largest that fits
LINES = 3
FOOTER = 14.5  # points
KEY = "dots: seeds; each mean with its 95 % interval"


def compose(lesson: Any, sentence: str, results: Mapping[str, Results]) -> Figure:
    """The headline picture of a lesson, laid out for good.

    Parameters
    ----------
    lesson
        Has a function `headline` from results to `Shown`.
    sentence
        The finding with its number, as plain text.
    results
        Those of the lesson's scenarios, by kind.

    Raises
    ------
    ConfigError
        For a sentence that does not fit into three lines that can be read from the last row, or a lesson without the
        function.
    """
    if not hasattr(lesson, "headline"):
        raise ConfigError(f"{lesson.__name__}: got no function headline, expected one from results to its main panel")
    with style.look(style.LARGE):
        shown = lesson.headline(results)
        figure = style.new_figure(WIDTH, HEIGHT)
        figure.set_layout_engine("constrained", w_pad=EDGE, h_pad=0.8 * EDGE)
        text, size = _title(sentence)
        figure.suptitle(text, fontsize=size, x=EDGE / WIDTH, ha="left", linespacing=1.15)
        footer = "\n".join(style.wrapped(_footer(shown), FOOTER, ROOM))
        figure.supxlabel(footer, fontsize=FOOTER, x=EDGE / WIDTH, ha="left", linespacing=1.2)
        for ax, (half, draw) in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
            draw(ax, half)
        style.settle(figure)
    return figure


def _title(sentence: str) -> tuple[str, int]:
    """The sentence in lines, and the largest size at which it has at most three."""
    for size in SIZES:
        lines = style.wrapped(sentence, size, ROOM)
        if len(lines) <= LINES:
            return "\n".join(lines), size
    raise ConfigError(
        f"headline: got a sentence of {len(sentence)} letters, expected one of {LINES} lines of {SIZES[-1]} points, "
        f"about 200 letters: {sentence}"
    )


def _footer(shown: Shown) -> str:
    """How many seeds, of which scenarios, on which articles."""
    plans = [half.plan for half, _ in shown]
    seeds = " and ".join(dict.fromkeys(str(len(plan.seeds)) for plan in plans))
    scenarios = ", ".join(dict.fromkeys(plan.scenario for plan in plans))
    articles = ", ".join(dict.fromkeys(str(plan.about.article) for plan in plans if plan.about.article))
    said = f"{seeds} seed{'s' * (seeds != '1')}; scenario {scenarios}" + (f"; article {articles}" * bool(articles))
    return f"{said}; {KEY}"
