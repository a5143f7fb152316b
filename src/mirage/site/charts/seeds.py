"""Chart `seeds`: a number of every seed in columns, its mean with interval, and what one run would have shown.

Options: `columns` (labels to ``arm.split.metric``, or to a difference of two of them), `y` (title of the axis),
`reference` (labels to ``arm:reference.split.metric``, drawn as lines across; may be left out).
"""

from typing import Any

import altair as alt
import numpy as np

from mirage.claims.results import Results
from mirage.claims.statistics import interval, mean_and_sd
from mirage.data.split import Array
from mirage.site.charts import look
from mirage.site.charts.look import Drawing
from mirage.site.charts.options import Options

HEIGHT, TOP = 360, 44  # the numbers of the run and of the mean stand above TOP
DOT, RUN = look.COLOURS[1], look.COLOURS[0]
GOLDEN = 0.618034  # its multiples, less the whole part, spread dots evenly over a column's width


def drawing(results: Results, options: Options) -> Drawing:
    """The drawing of a chart of this kind."""
    sides = options.labelled("columns")
    columns = {
        look.broken(label, max(6, 42 // len(sides))): _values(results, options, "columns", side)
        for label, side in sides.items()
    }
    if len(columns) < len(sides):
        raise options.wrong("columns", ", ".join(sides), "labels that differ in more than line ends")
    lines = options.labelled("reference", needed=False)
    references = {label: _values(results, options, "reference", side) for label, side in lines.items()}
    if len(references) > look.MOST - 2:
        raise options.wrong("reference", f"{len(references)} lines", f"at most {look.MOST - 2}")
    dots = [
        {"c": c, "column": label, "seed": seed, "i": i, "value": look.number(value)}
        for c, (label, values) in enumerate(columns.items())
        for i, (seed, value) in enumerate(zip(results.plan.seeds, values, strict=True))
        if np.isfinite(value)
    ]
    means = [{"c": c, "column": label, **_mean(values)} for c, (label, values) in enumerate(columns.items())]
    across = [{"line": label, "value": _mean(values)["mean"]} for label, values in references.items()]
    if all(" - " in side for side in sides.values()):
        across.append({"line": "no difference", "value": 0})
    chart = _chart(results, list(columns), dots, means, across, options.text("y"), list(sides))
    missing = sum(int((~np.isfinite(values)).sum()) for values in columns.values())
    notes = [
        f"A dot is one of {len(results.plan.seeds)} seeds; the bar is their mean with its 95 % interval.",
        "The diamonds are one run, chosen by the slider. Numbers on top: that run's, and below it the mean.",
        *look.said(missing, len(columns) * len(results.plan.seeds), "Diverged or undefined numbers are left out"),
    ]
    return Drawing(chart, {"dots": dots, "means": means, "across": across}, notes)


def _values(results: Results, options: Options, name: str, side: str) -> Array:
    """The numbers of one side, a number per seed; NaN where undefined or where training diverged."""
    values = np.full(len(results.plan.seeds), np.nan)
    terms = [term.rsplit(".", 2) for term in side.split(" - ")]
    if len(terms) > 2 or any(len(term) != 3 for term in terms):
        raise options.wrong(name, side, "arm.split.metric, or a difference of two")
    for arm, split, metric in terms:
        _check(results, options, name, arm, split, metric)
    found = results.side(side)
    kept = np.all([np.isin(results.plan.seeds, results.kept(arm.partition(":")[0])) for arm, _, _ in terms], axis=0)
    values[kept] = found[kept]
    if not np.isfinite(values).any():
        raise options.wrong(name, side, "a number that is defined in at least one seed")
    return values


def _check(results: Results, options: Options, name: str, *term: str) -> None:
    """Refuse a number that the results don't have, by the first of its parts that is unknown."""
    rows = results.rows
    for column, part in zip(("arm", "split", "metric"), term, strict=True):
        known = rows[column].unique()
        if part not in known:
            raise options.unlike(f"{name}, {column}", part, known)
        rows = rows[rows[column] == part]


def _mean(values: Array) -> dict[str, Any]:
    """Mean and interval as in the scenario's table."""
    kept = values[np.isfinite(values)]
    low, high = interval(kept)
    mean = look.number(mean_and_sd(kept)[0])
    return {"mean": mean, "low": look.number(low), "high": look.number(high), "n": len(kept)}


def _chart(
    results: Results,
    columns: list[str],
    dots: list[dict[str, Any]],
    means: list[dict[str, Any]],
    across: list[dict[str, Any]],
    title: str,
    labels: list[str],
) -> Any:
    levels = [row["value"] for row in [*dots, *across]]
    scale = look.fixed([*levels, *(row[end] for row in means for end in ("low", "high") if row[end] is not None)])
    scale.range = [HEIGHT, TOP]
    axis = alt.Axis(labelExpr=look.LINES, labelAngle=0, title=None, labelOverlap=False, labelLimit=400, grid=False)
    axis.labelFontSize = alt.ExprRef(f"{look.NARROW} ? 10 : 12")
    x = alt.X("column:N", scale=alt.Scale(domain=columns), sort=None, axis=axis)
    y = alt.Y("value:Q", scale=scale, title=title)
    shown = look.is_shown(labels, "c")

    every = alt.Chart(alt.NamedData("dots")).transform_filter(shown)
    tips = [alt.Tooltip("seed:Q"), alt.Tooltip("value:Q", format=look.THREE_DIGITS, title=title)]
    cloud = (
        every.transform_filter("all_seeds")
        .transform_calculate(aside=f"datum.i * {GOLDEN} % 1")
        .mark_circle(color=DOT, size=26, opacity=0.7, aria=False)
        .encode(x=x, y=y, xOffset=alt.XOffset("aside:Q", scale=alt.Scale(domain=[-0.5, 1.5])), tooltip=tips)
    )
    run = every.transform_filter("datum.seed == seed").transform_calculate(written=look.written("value"))
    joined = run.mark_line(color=RUN, strokeWidth=1.5, strokeDash=[4, 3], aria=False).encode(x=x, y=y)
    diamond = run.mark_point(shape="diamond", filled=True, color=RUN, size=150, opacity=1, stroke=look.INK).encode(
        x=x, y=y, tooltip=tips
    )
    number = run.mark_text(color=look.INK, fontWeight="bold", fontSize=12, aria=False).encode(
        x=x, y=alt.value(12), text="written:N"
    )

    mean = alt.Chart(alt.NamedData("means")).transform_filter(shown)
    mean = mean.transform_calculate(written=look.written("mean"))
    about = [
        alt.Tooltip("mean:Q", format=look.THREE_DIGITS, title="mean"),
        alt.Tooltip("low:Q", format=look.THREE_DIGITS, title="95 % from"),
        alt.Tooltip("high:Q", format=look.THREE_DIGITS, title="to"),
        alt.Tooltip("n:Q", title="seeds"),
    ]
    whole = alt.Y("mean:Q", scale=scale, title=title)
    level = mean.mark_point(shape="stroke", color=look.INK, size=800, strokeWidth=3, opacity=1).encode(
        x=x, y=whole, tooltip=about
    )
    spread = mean.mark_rule(color=look.INK, strokeWidth=2, aria=False).encode(
        x=x, y=alt.Y("low:Q", scale=scale, title=title), y2="high:Q"
    )
    mean_number = mean.mark_text(color=look.INK, fontSize=12, aria=False).encode(x=x, y=alt.value(29), text="written:N")
    names = [row["line"] for row in across]
    dash = alt.StrokeDash(
        "line:N", scale=alt.Scale(domain=names, range=list(look.DASHES[1:])), sort=None, legend=look.LINES_SHOWN
    )
    rules = (
        alt.Chart(alt.NamedData("across"))
        .mark_rule(color=look.GREY, strokeWidth=2)
        .encode(y=y, strokeDash=dash, tooltip=[alt.Tooltip("line:N"), alt.Tooltip("value:Q", format=look.THREE_DIGITS)])
    )
    layers = [rules] * bool(names) + [cloud, spread, level, joined, diamond, number, mean_number]
    controls = [*look.seed_among_all(results.plan.seeds), *look.checkboxes(labels)]
    return look.controlled(layers, controls, HEIGHT, "'One run: seed ' + seed")
