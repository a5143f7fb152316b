"""Making and saving figures: one look whatever the reader's own settings are, and the same bytes each time."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.image
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import LogFormatter, LogLocator, NullFormatter

from mirage.records.files import write_bytes

STYLE, LARGE = (Path(__file__).with_name(f"{name}.mplstyle") for name in ("mirage", "large"))
FEW = 300  # highest by lowest number of a logarithmic axis that has few powers of ten
PLACES = 6  # decimals of positions, which are shares of a figure: far finer than a pixel, far coarser than rounding


@contextmanager
def look(*more: Path) -> Iterator[None]:
    """Within it, everything is drawn in the suite's style, whatever the reader's own matplotlibrc says.

    Figures are made and drawn on within it; afterwards the reader's settings are back. `more` are style files that
    change some of it, such as `LARGE`.
    """
    with matplotlib.style.context(["default", *map(str, (STYLE, *more))]):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches; no display needed."""
    return Figure(figsize=(width, height))


def bold(words: str) -> str:
    """Words in bold, as mathematical text, for the one line of a heading; see `as_math`."""
    spaced = words.replace(" ", r"\ ")
    return rf"$\bf{{{spaced}}}$"


def plain(data: str) -> str:
    """Data that stand in one text with our own mathematical text: no dollar sign in them is markup."""
    return data.replace("$", r"\$")


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Text in lines that are at most `width` inches wide in letters of so many points; a longer word has its own."""
    font = FontProperties(size=size)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_to_path.get_text_width_height_descent(longer, font, ismath=False)[0] > width * 72:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def as_math(text: Text) -> Text:
    """Let Matplotlib read mathematical text in one of our own texts; everywhere else the style forbids it."""
    text.set_parse_math(True)
    return text


def _ticks_as_math(ax: Axes) -> None:
    """Powers of ten on logarithmic axes are written as mathematical text by Matplotlib itself."""
    for axis in (ax.xaxis, ax.yaxis):
        for formatter, labels in (
            (axis.get_major_formatter(), axis.get_majorticklabels),
            (axis.get_minor_formatter(), axis.get_minorticklabels),
        ):
            if isinstance(formatter, LogFormatter):
                for label in labels():
                    as_math(label)


def logarithmic(ax: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers 1, 2, 5 where it has few powers of ten."""
    ax.set_yscale("log")
    low, high = ax.dataLim.intervaly
    if 0 < low <= high < FEW * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())


def settle(figure: Figure) -> None:
    """Lay a figure out for good, with positions rounded.

    The solver behind Matplotlib's layouts sums in an order that follows memory addresses, so that last digits, and
    with them the shade of a pixel here and there, would differ from one process to the next.
    """
    if not isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):  # laid out already
        return
    for ax in figure.axes:
        _ticks_as_math(ax)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ax in figure.axes:  # those of its parts, too
        ax.set_position(np.round(ax.get_position().bounds, PLACES).tolist())
    waiting: list[Figure | SubFigure] = [figure]
    while waiting:
        part = waiting.pop()
        waiting += part.subfigs
        for text in part.texts:
            text.set_position(np.round(text.get_position(), PLACES).tolist())
        for sub in part.subfigs:
            sub.bbox_relative.set_points(np.round(sub.bbox_relative.get_points(), PLACES))


def rendered(figure: Figure, ending: str) -> bytes:
    """A figure as the content of a file, png or svg: the same bytes for the same drawing."""
    nothing: dict[str, str | None] = dict.fromkeys(("Software",) if ending == "png" else ("Date", "Creator"))
    content = io.BytesIO()
    with look():
        settle(figure)
        figure.savefig(content, format=ending, metadata=nothing)
    return content.getvalue()


def save(figure: Figure, place: Path) -> bool:
    """Write a figure whole or not at all, in the format of the file's ending; returns whether it was written.

    A file that shows the same already, pixel for pixel, is left as it is.
    """
    content = rendered(figure, place.suffix[1:])
    if place.exists() and _shows(place, content):
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, content)
    return True


def _shows(place: Path, content: bytes) -> bool:
    """Whether a file shows what this content would: the same bytes or, of a PNG, the same pixels."""
    there = place.read_bytes()
    if there == content or place.suffix != ".png":
        return there == content
    try:
        before, after = (matplotlib.image.imread(io.BytesIO(image), format="png") for image in (there, content))
    except (OSError, SyntaxError, ValueError):  # damaged, or no PNG at all
        return False
    return bool(np.array_equal(before, after))
