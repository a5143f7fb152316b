"""How all charts look and are controlled: colours, dashes, shapes, sliders, checkboxes; how a chart is put together.

Colours carry three to one against the white and the dark page. No colour stands alone: a dash or a shape goes with it.
Texts and axes take the page's own colour (`currentColor`), so that light, dark and print need nothing but its styles.
"""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np

from mirage.data.split import Array
from mirage.figures import palette

INK = "currentColor"
GRID = "#88888855"
GREY = "#808080"
# The colours of the figures in their order, as far as they can be seen on a dark page, too; else chosen by hand.
COLOURS = (palette.UNTREATED, "#1F7FBF", palette.OTHER, "#C2608F", "#A87400", "#8C6BC8")
DASHES = ([1, 0], [8, 4], [10, 3, 2, 3], [4, 4], [14, 4], [3, 2])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DOTTED = [2, 3]
MOST = len(COLOURS)  # arms that can be told apart

POINTS = 100  # of a curve: what a screen can show
THINNED = f"Curves are thinned to at most {POINTS} points."
HOVERED = 25  # points of a curve that answer to the mouse: each costs time at every step of a slider
BACKGROUND = 60  # thin lines behind: the browser paints all of them again at every step of a slider
HOVERED_ROWS = f"datum.row % {POINTS // HOVERED} == 1"

CONFIG = {
    "background": None,
    "font": "system-ui, sans-serif",  # widths are measured by it: "inherit" would be measured as another one
    "view": {"stroke": GRID},
    "text": {"color": INK},
    "title": {"color": INK, "anchor": "start", "fontWeight": "bold", "fontSize": 14, "offset": 8},
    "style": {"guide-label": {"fill": INK, "fontSize": 12}, "guide-title": {"fill": INK, "fontSize": 12}},
    "axis": {"domainColor": INK, "tickColor": INK, "gridColor": GRID, "titleFontWeight": "normal"},
    "legend": {
        "orient": "bottom",
        "columns": {"expr": "width < 480 ? 1 : 3"},
        "symbolOpacity": 1,
        "labelLimit": 260,
        "title": None,
    },
    "range": {"category": list(COLOURS)},
}


# Where a list says whether all seeds or one is shown, moving the slider of seeds chooses one: what a control sets
# besides itself, for the script of the pages (docs/site/_static/mirage.js).
MOVED = {"seed": {"name": "all_seeds", "value": False}}


class Drawing(NamedTuple):
    """A chart without its data, and the data by name; what readers must know to read it, in sentences."""

    chart: Any  # an altair.LayerChart
    data: Mapping[str, Any]
    notes: Sequence[str]
    arrays: Sequence[Sequence[float | None]] = ()
    """What the data refer to by number: see `Arrays`."""


def assembled(drawing: Drawing, finding: str) -> dict[str, Any]:
    """The specification of a drawing: as wide as its place on the page, with its data."""
    chart = drawing.chart.properties(width="container", description=finding)
    spec: dict[str, Any] = chart.to_dict()
    # Data are put in afterwards: Altair would check every number against Vega-Lite's schema, which takes seconds.
    if drawing.arrays:
        spec["params"].append({"name": "arrays", "value": list(drawing.arrays)})
    if any(one["name"] == "all_seeds" and one["bind"]["input"] == "select" for one in spec["params"]):
        spec["usermeta"] = MOVED
    return spec | {"config": CONFIG, "datasets": dict(drawing.data)}


LINES_SHOWN = alt.Legend(symbolType="stroke", symbolStrokeWidth=3, symbolSize=700)
MARKS_SHOWN = alt.Legend(symbolSize=110)

# -- controls ------------------------------------------------------------------------------------------------------


def seed_slider(seeds: Sequence[int], name: str = "seed ") -> alt.Parameter:
    """The parameter `seed`: a slider with the seeds' own numbers; a list where they are not evenly spaced."""
    steps = {b - a for a, b in zip(seeds, seeds[1:], strict=False)} or {1}
    if len(steps) == 1:
        bind: Any = alt.binding_range(min=seeds[0], max=seeds[-1], step=steps.pop(), name=name)
    else:
        bind = alt.binding_select(options=list(seeds), name=name)
    return alt.param(name="seed", value=seeds[0], bind=bind)


def checkbox(name: str, label: str, on: bool = True) -> alt.Parameter:
    """A parameter that is true or false."""
    return alt.param(name=name, value=on, bind=alt.binding_checkbox(name=label + " "))


def checkboxes(labels: Sequence[str]) -> list[alt.Parameter]:
    """The parameters `show0`, `show1`, ...: whether something is shown, one for each of several labels."""
    return [checkbox(f"show{number}", label) for number, label in enumerate(labels) if len(labels) > 1]


def is_shown(labels: Sequence[str], field: str = "a") -> str:
    """The expression for whether a row belongs to something that is shown; `field` is its number among the labels."""
    names = [f"show{number}" for number in range(len(labels))]
    return f"[{', '.join(names)}][datum.{field}]" if len(names) > 1 else "true"


def mean_or_seed(seeds: Sequence[int], together: str = "mean of all {} seeds") -> list[alt.Parameter]:
    """The parameters `all_seeds` and `seed`, where a chart shows either: moving the slider chooses one seed."""
    labels = [together.format(len(seeds)), "one seed"]
    either = alt.binding_select(options=[True, False], labels=labels, name="show ")
    return [alt.param(name="all_seeds", value=True, bind=either), seed_slider(seeds, "one seed: ")]


def seed_among_all(seeds: Sequence[int]) -> list[alt.Parameter]:
    """The parameters `seed` and `all_seeds`, where one seed is shown before the others."""
    return [seed_slider(seeds), checkbox("all_seeds", "all seeds")]


def controlled(layers: Sequence[alt.Chart], controls: Sequence[alt.Parameter], height: int, heading: str) -> Any:
    """Layers in one view, with controls, and with a heading that follows them: an expression."""
    boxes = [one.name for one in controls if one.name.startswith("show")]
    if boxes:
        heading = f"{' || '.join(boxes)} ? {heading} : 'Choose at least one'"
    chart = alt.layer(*layers).add_params(*controls)
    return chart.properties(height=height, title=alt.Title(text=alt.ExprRef(heading)))


# -- scales --------------------------------------------------------------------------------------------------------


def colour(labels: Sequence[str], level: str | None = None, legend: Any = None) -> alt.Color:
    """A colour for each label, in the field `arm`; `level` is the label of what all are held against, in ink."""
    own, levels = list(COLOURS[: len(labels)]), [level] if level is not None else []
    scale = alt.Scale(domain=[*labels, *levels], range=own + [INK] * len(levels))
    return alt.Color("arm:N", scale=scale, sort=None, legend=legend or LINES_SHOWN)


def dash(labels: Sequence[str], level: str | None = None, field: str = "arm") -> alt.StrokeDash:
    """A dash for each label, in a field; `level` as in `colour`."""
    own, levels = list(DASHES[: len(labels)]), [level] if level is not None else []
    scale = alt.Scale(domain=[*labels, *levels], range=own + [DOTTED] * len(levels))
    return alt.StrokeDash(f"{field}:N", scale=scale, sort=None, legend=LINES_SHOWN)


def shape(labels: Sequence[str]) -> alt.Shape:
    """A shape for each label, in the field `arm`; its legend is that of the colours, `MARKS_SHOWN`."""
    scale = alt.Scale(domain=list(labels), range=list(SHAPES[: len(labels)]))
    return alt.Shape("arm:N", scale=scale, sort=None, legend=MARKS_SHOWN)


# Where dashes tell arms apart, shapes stand in the data: a scale of them would be drawn into the legend of lines.
SHAPE = alt.Shape("shape:N", scale=None, legend=None)


def across(title: str, grid: bool = True) -> alt.Axis:
    """A horizontal axis of numbers, with as many of them as there is room for."""
    return alt.Axis(title=title, tickCount=alt.ExprRef("ceil(width / 90)"), labelFlush=False, grid=grid)


def along(title: str, values: Iterable[float], log: bool) -> alt.Axis:
    """A vertical axis over these values; where powers of ten go far, all of them are written alike."""
    if not log or min(values := list(values)) >= 0.001 and max(values) < 1e5:
        return alt.Axis(title=title)
    return alt.Axis(title=title, labelExpr="replace(format(datum.value, '~e'), '+', '')")


def fixed(values: Iterable[float], log: bool = False, room: float = 0.04) -> alt.Scale:
    """A scale over all of these values with some room: it stays as it is whatever is shown."""
    low, high = float(min(values := list(values))), float(max(values))
    if log:
        return alt.Scale(type="log", domain=[_tidy(low / 1.1), _tidy(high * 1.1)], nice=False)
    space = (high - low or abs(high) or 1) * room
    return alt.Scale(domain=[_tidy(low - space), _tidy(high + space)], nice=False, zero=False)


# -- numbers and labels --------------------------------------------------------------------------------------------


def _tidy(value: float, digits: int = 5) -> float:
    return float(f"{value:.{digits}g}")


def number(value: float, digits: int = 6) -> float | None:
    """A number as it is written to a page, with this many significant digits; None where it is undefined."""
    if not math.isfinite(value):
        return None
    rounded = _tidy(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def numbers(values: Iterable[float], digits: int = 4) -> list[float | None]:
    """Numbers as they are written to a page."""
    return [number(float(value), digits) for value in values]


THREE_DIGITS = ",.3r"


def written(field: str) -> str:
    """The expression that writes a number with the digits that count, whether it is tiny or large."""
    value, size = f"datum.{field}", f"abs(datum.{field})"
    small = f"{size} < 0.001 ? format({value}, '.1e') : format({value}, {size} < 1000 ? '{THREE_DIGITS}' : ',.0f')"
    return f"{value} == 0 ? '0' : {small}"


def thinned(length: int, points: int = POINTS) -> Array:
    """Which of this many values are kept: evenly spaced ones, first and last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, points)).round().astype(int))


def behind(seeds: int, lines: int) -> tuple[int, str]:
    """Every how many-th seed is drawn as thin lines, of which a seed has this many; and the words that say so."""
    every = math.ceil(seeds * lines / BACKGROUND)
    return every, "all seeds" if every == 1 else f"{math.ceil(seeds / every)} of all {seeds} seeds"


class Arrays:
    """Arrays that many runs share, such as epochs and grids of inputs: each is written once, runs have its number.

    In a chart an array needs another name than its number has: Vega writes what is calculated into the data, and would
    look for the array of an array when a run is shown again.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[float | None, ...], int] = {}

    def number(self, values: Sequence[float | None]) -> int:
        """The number of an array."""
        return self._numbers.setdefault(tuple(values), len(self._numbers))

    def values(self) -> list[list[float | None]]:
        """All of them, by number: the parameter `arrays` of a chart."""
        return [list(values) for values in self._numbers]


NARROW = "width < 480"
LINES = "split(datum.label, '\\n')"  # a label's lines, for an axis


def broken(label: str, width: int = 12) -> str:
    """A label in lines of about this many characters."""
    return "\n".join(
        line for part in label.split("\n") for line in textwrap.wrap(part, width, break_long_words=False) or [""]
    )


def rows_of(split: str) -> str:
    """The rows of a split, in words that begin a sentence."""
    known = {"test": "Test rows", "test_shifted": "Test rows with other class shares"}
    return known.get(split, f"Rows of split {split}")


def said(count: int, total: int, what: str) -> list[str]:
    """The sentence that something was left out, if it was."""
    return [f"{what} ({count} of {total})."] if count else []
