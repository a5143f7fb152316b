"""Chart `threshold`: what decisions come to as the threshold moves: confusion matrix, metrics, and their curves.

Options: `arms` (labels to arms with classes), `split` (test), `miss_cost` (what a missed row costs at first, in units
of a false alarm; the first arm's).

Everything is computed for each seed and then averaged, as in the tables. The mean curves are computed here: of
thousands of counts in the browser they would make sliders slow.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from mirage.claims.results import Results
from mirage.data.split import Array
from mirage.site.charts import look
from mirage.site.charts.look import Drawing
from mirage.site.charts.options import Options
from mirage.site.charts.scored import Scored, scored

STEPS = np.arange(101) / 100  # the thresholds of the slider
HEIGHT, CELL = 410, 46  # a cell of the matrix; with the controls all of it fits a laptop's screen
MATRIX = 70  # where its cells begin, from the left
ALARMS, COST = "false-alarm share", "cost per row"
METRICS = ("accuracy", "recall", "precision", "F1", ALARMS, COST)
SHARES = ("F1", "recall", ALARMS)  # the curves that share an axis; the cost has its own
CELLS = {"tn": "rightly 0", "fp": "false alarms", "fn": "missed", "tp": "found"}
AT = "round(threshold * 100)"  # the slider's place in arrays by threshold

# On a wide page the metrics stand beside the matrix, on a narrow one below it.
WIDE = "width > 520"
CELL_WIDTH = f"(({WIDE} ? width * 0.56 : width) - {MATRIX}) / 2"
LIST_LEFT, LIST_TOP, LINE = f"({WIDE} ? width * 0.62 : 0)", f"({WIDE} ? 0 : 124)", f"({WIDE} ? 25 : 19)"
CURVE_TOP = f"{WIDE} ? 164 : 250"


def drawing(results: Results, options: Options) -> Drawing:
    """The drawing of a chart of this kind."""
    arms = options.arms(results)
    split = options.split(results, arms.values())
    first = results.plan.arms[next(iter(arms.values()))].decision
    miss_cost = options.positive("miss_cost", first.miss_cost)
    runs: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    for a, arm in enumerate(arms.values()):
        settings = results.plan.arms[arm]
        if settings.model.regresses and not settings.decision.cut:
            raise options.wrong("arms", arm, "an arm that holds scores against a threshold")
        counted = [_counted(one) for one in scored(results, options, arm, split)]
        runs += [{"a": a, **one} for one in counted]
        means.append({"a": a, **_means(counted)})
    notes = [
        f"{look.rows_of(split)}. Each number is computed for each seed and then averaged over seeds. The "
        "false-alarm share is that of class 0 that is called 1. Costs: a false alarm 1, a missed row what the slider "
        "says; the cost has the axis on the right.",
        "A metric is undefined in seeds where it would divide by zero; then the seeds that are left are counted.",
    ]
    controls = _controls(results, list(arms), round(first.threshold, 2), miss_cost)
    shares = [one["ones"] / (one["ones"] + one["zeros"]) for one in runs]
    shown, costs = _curves(1 - min(shares), max(shares))
    layers = [alt.layer(*_matrix(), *_metrics(), *shown), alt.layer(*costs)]
    heading = (
        "'Threshold ' + format(threshold, '.2f') + "
        f"(all_seeds ? ': mean of {len(results.plan.seeds)} seeds' : ': one run, seed ' + seed)"
    )
    chart = look.controlled(layers, controls, HEIGHT, heading).properties(view=alt.ViewBackground(stroke=None))
    chart = chart.resolve_scale(y="independent")
    data = {"runs": runs, "means": means, "corners": [{"is": i, "decided": d} for i in (0, 1) for d in (0, 1)]}
    return Drawing(chart, data, notes)


def _counted(one: Scored) -> dict[str, Any]:
    """Rows of either class, and of those how many are decided to be of class 1 at each threshold."""
    # A threshold is compared in the precision of the scores, as `mirage.metrics.decisions.above` compares it.
    passed = np.searchsorted(STEPS.astype(one.scores.dtype), one.scores, side="left")  # how many thresholds lie below

    def above(rows: Array) -> list[int]:
        by_step = np.bincount(passed[rows], minlength=len(STEPS) + 1)
        reached: list[int] = (len(passed[rows]) - np.cumsum(by_step)[:-1]).tolist()
        return reached

    positive = one.y == 1
    ones = int(positive.sum())
    return {
        "seed": one.seed,
        "zeros": len(one.y) - ones,
        "ones": ones,
        "fp_at": above(~positive),
        "tp_at": above(positive),
    }


def _means(counted: list[dict[str, Any]]) -> dict[str, Any]:
    """Means at each threshold: shares over the seeds where they are defined, missed rows and false alarms per row."""
    fp, tp = (np.array([one[name] for one in counted], float) for name in ("fp_at", "tp_at"))
    zeros, ones = (np.array([[one[name]] for one in counted], float) for name in ("zeros", "ones"))
    with np.errstate(invalid="ignore"):
        shares = {"f1": 2 * tp / (tp + fp + ones), "recall": tp / ones, "alarm_share": fp / zeros}
    rows = zeros + ones
    costs = {"alarms": fp / rows, "misses": (ones - tp) / rows}
    return {name: look.numbers(_mean(values), 5) for name, values in (shares | costs).items()}


def _mean(values: Array) -> Array:
    """The mean over seeds of what is defined; NaN where nothing is."""
    defined = np.isfinite(values).sum(axis=0)
    return np.where(defined > 0, np.nansum(values, axis=0) / np.maximum(defined, 1), np.nan)


# -- layers --------------------------------------------------------------------------------------------------------


def _controls(results: Results, labels: list[str], threshold: float, miss_cost: float) -> list[alt.Parameter]:
    step = 1 if float(miss_cost).is_integer() else 0.1
    costs = alt.binding_range(min=step, max=max(20, 2 * round(miss_cost)), step=step, name="cost of a missed row ")
    names = alt.binding_select(options=list(range(len(labels))), labels=labels, name="model ")
    at = alt.binding_range(min=0, max=1, step=0.01, name="threshold ")
    return [
        alt.param(name="threshold", value=threshold, bind=at),
        alt.param(name="miss_cost", value=miss_cost, bind=costs),
        alt.param(name="arm", value=0, bind=names) if len(labels) > 1 else alt.param(name="arm", value=0),
        *look.mean_or_seed(results.plan.seeds),
    ]


def _pixels(expression: str) -> Any:
    """A place in the view that follows its width."""
    return alt.value(alt.ExprRef(expression))


def _decided() -> alt.Chart:
    """Means over seeds, or the numbers of one, at the threshold: one row."""
    per_seed = {
        "tp": f"datum.tp_at[{AT}]",
        "fp": f"datum.fp_at[{AT}]",
        "fn": "datum.ones - datum.tp",
        "tn": "datum.zeros - datum.fp",
        "rows": "datum.zeros + datum.ones",
        "accuracy": "(datum.tp + datum.tn) / datum.rows",
        "recall": "datum.tp / datum.ones",
        "precision": "datum.tp / (datum.tp + datum.fp)",
        "F1": "2 * datum.tp / (2 * datum.tp + datum.fp + datum.fn)",
        ALARMS: "datum.fp / datum.zeros",
        COST: "(datum.fp + miss_cost * datum.fn) / datum.rows",
    }
    chart = alt.Chart(alt.NamedData("runs")).transform_filter("datum.a == arm && (all_seeds || datum.seed == seed)")
    for name, expression in per_seed.items():
        chart = chart.transform_calculate(**{name: expression})
    kept = [alt.AggregatedFieldDef(op="mean", field=name, **{"as": name}) for name in (*CELLS, *METRICS)]
    defined = [alt.AggregatedFieldDef(op="valid", field=name, **{"as": f"defined {name}"}) for name in METRICS]
    seeds = alt.AggregatedFieldDef(op="count", **{"as": "seeds"})
    return chart.transform_aggregate([*kept, *defined, seeds])


def _matrix() -> list[alt.Chart]:
    """The confusion matrix: a row for each class, a column for each decision."""
    cells = _decided().transform_fold(list(CELLS), as_=["cell", "count"])
    cells = cells.transform_calculate(
        i="datum.cell == 'fn' || datum.cell == 'tp' ? 1 : 0",
        d="datum.cell == 'fp' || datum.cell == 'tp' ? 1 : 0",
        name=f"{CELLS}[datum.cell]",
    )
    left, top = f"{MATRIX} + datum.d * {CELL_WIDTH}", f"20 + datum.i * {CELL}"
    box = cells.mark_rect(fillOpacity=0.22, stroke=look.INK, strokeOpacity=0.4, aria=False).encode(
        x=_pixels(left),
        x2=_pixels(f"{left} + {CELL_WIDTH}"),
        y=_pixels(top),
        y2=_pixels(f"{top} + {CELL}"),
        fill=alt.condition("datum.i == datum.d", alt.value(look.COLOURS[1]), alt.value(look.COLOURS[0])),
    )
    middle = {"x": _pixels(f"{left} + {CELL_WIDTH} / 2")}
    count = cells.mark_text(fontSize=16, fontWeight="bold").encode(
        **middle, y=_pixels(f"{top} + 17"), text=alt.Text("count:Q", format=",.1~f")
    )
    name = cells.mark_text(fontSize=12, aria=False).encode(**middle, y=_pixels(f"{top} + 35"), text="name:N")
    corners = alt.Chart(alt.NamedData("corners"))
    columns = corners.transform_filter("datum.is == 0").mark_text(fontSize=12, aria=False)
    rows = corners.transform_filter("datum.decided == 0").mark_text(fontSize=12, align="left", aria=False)
    return [
        box,
        count,
        name,
        columns.transform_calculate(label="'decided ' + datum.decided").encode(
            x=_pixels(f"{MATRIX} + (datum.decided + 0.5) * {CELL_WIDTH}"), y=alt.value(10), text="label:N"
        ),
        rows.transform_calculate(label="'class ' + datum.is").encode(
            x=alt.value(2), y=_pixels(f"20 + (datum.is + 0.5) * {CELL}"), text="label:N"
        ),
    ]


def _metrics() -> list[alt.Chart]:
    """A list of metrics with their values, and a bar for those that are shares."""
    found = _decided()
    for name in METRICS:
        found = found.transform_calculate(**{name: f"isValid(datum['{name}']) ? datum['{name}'] : null"})
    lines = found.transform_fold(list(METRICS), as_=["metric", "value"]).transform_calculate(
        place=f"indexof({list(METRICS)}, datum.metric)",
        defined="datum['defined ' + datum.metric]",
        written="(isValid(datum.value) ? format(datum.value, '.3f') : 'undefined')"
        " + (datum.defined > 0 && datum.defined < datum.seeds ? ' (' + datum.defined + ' seeds)' : '')",
    )
    top = f"{LIST_TOP} + datum.place * {LINE}"
    label = lines.mark_text(align="left", fontSize=13, aria=False).encode(
        x=_pixels(LIST_LEFT), y=_pixels(f"{top} + 7"), text="metric:N"
    )
    value = lines.mark_text(align="right", fontSize=13, fontWeight="bold").encode(
        x=_pixels("width"), y=_pixels(f"{top} + 7"), text="written:N"
    )
    bar = lines.transform_filter(f"isValid(datum.value) && datum.metric != '{COST}'").mark_rect(
        fill=look.COLOURS[1], aria=False
    )
    bar = bar.encode(
        x=_pixels(LIST_LEFT),
        x2=_pixels(f"{LIST_LEFT} + (width - {LIST_LEFT}) * datum.value"),
        y=_pixels(f"{top} + 15"),
        y2=_pixels(f"{top} + 18"),
    )
    return [label, value, bar]


def _curves(zeros: float, ones: float) -> tuple[list[alt.Chart], list[alt.Chart]]:
    """Shares over the threshold, and the cost on an axis of its own: means, and one run where one is chosen.

    All are marked at the slider's threshold. `zeros` and `ones` are the largest shares of either class: they set how
    high the cost can rise.
    """
    x = alt.X("at:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=look.across("threshold", grid=False))
    reach = [HEIGHT, alt.ExprRef(CURVE_TOP)]
    names = [*SHARES, COST]
    legend = alt.Legend(**look.LINES_SHOWN.to_dict(), columns=alt.ExprRef("width < 480 ? 1 : 4"))
    colours = [look.COLOURS[1], look.COLOURS[2], look.COLOURS[3], look.COLOURS[0]]
    colour = alt.Color("curve:N", scale=alt.Scale(domain=names, range=colours), sort=None, legend=legend)
    dashes = alt.Scale(domain=names, range=list(look.DASHES[: len(names)]))
    dash = alt.StrokeDash("curve:N", scale=dashes, sort=None, legend=legend)
    left = alt.Axis(title="share", orient="left", tickCount=5)
    share = alt.Y("value:Q", scale=alt.Scale(domain=[0, 1], range=reach, nice=False), axis=left)
    top = alt.ExprRef(f"max({zeros}, miss_cost * {ones})")
    cost = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[0, top], range=reach, nice=False),
        axis=alt.Axis(title=COST, orient="right", tickCount=5, grid=False),
    )

    mean = alt.Chart(alt.NamedData("means")).transform_filter("datum.a == arm")
    mean = mean.transform_flatten(["f1", "recall", "alarm_share", "alarms", "misses"])
    mean = mean.transform_calculate(
        **{"F1": "datum.f1", ALARMS: "datum.alarm_share", COST: "datum.alarms + miss_cost * datum.misses"}
    )
    one = alt.Chart(alt.NamedData("runs")).transform_filter("!all_seeds && datum.a == arm && datum.seed == seed")
    one = one.transform_flatten(["fp_at", "tp_at"], as_=["fp", "tp"])
    one = one.transform_calculate(
        **{
            "F1": "2 * datum.tp / (datum.tp + datum.fp + datum.ones)",
            "recall": "datum.tp / datum.ones",
            ALARMS: "datum.fp / datum.zeros",
            COST: "(datum.fp + miss_cost * (datum.ones - datum.tp)) / (datum.zeros + datum.ones)",
        }
    )
    mean, one = (
        part.transform_window(step="row_number()").transform_calculate(at="(datum.step - 1) / 100")
        for part in (mean, one)
    )
    at = alt.Tooltip("at:Q", title="threshold", format=".2f")
    tips = [alt.Tooltip("curve:N"), at, alt.Tooltip("value:Q", format=".3f")]

    def drawn(of: Sequence[str], y: alt.Y) -> list[alt.Chart]:
        means, run = (
            part.transform_fold([*of], as_=["curve", "value"]).transform_filter("isValid(datum.value)")
            for part in (mean, one)
        )
        channels = {"x": x, "y": y, "color": colour}
        marked = [
            part.transform_filter(f"{when} && datum.step - 1 == {AT}")
            .mark_point(filled=True, size=120, opacity=1, stroke=look.INK, aria=False)
            .encode(**channels, tooltip=tips)
            for part, when in ((means, "all_seeds"), (run, "true"))
        ]
        return [
            means.mark_line(strokeWidth=2.5, aria=False).encode(
                **channels, strokeDash=dash, opacity=alt.value(alt.ExprRef("all_seeds ? 1 : 0.35"))
            ),
            run.mark_line(strokeWidth=2.5, aria=False).encode(**channels, strokeDash=dash),
            means.transform_filter("datum.step % 4 == 1")
            .mark_point(filled=True, size=160, opacity=0, aria=False)
            .encode(x=x, y=y, tooltip=tips),
            *marked,
        ]

    here = (
        alt.Chart(alt.NamedData("corners"))
        .transform_filter("datum.is + datum.decided == 0")
        .transform_calculate(at="threshold")
        .mark_rule(color=look.INK, strokeDash=[3, 3], aria=False)
        .encode(x=x, y=_pixels(CURVE_TOP), y2=alt.value(HEIGHT))
    )
    return [here, *drawn(SHARES, share)], drawn([COST], cost)
