"""Chart `confusion`: confusion matrices of one seed or averaged over all; below each other, so that a phone holds them.

Options: `arms` (labels to arms with classes), `split` (test). Decisions are each arm's own.
"""

from typing import Any

import altair as alt

from mirage.claims.results import Results
from mirage.metrics.decisions import decide
from mirage.metrics.metric import ScoredRows
from mirage.site.charts import look
from mirage.site.charts.look import Drawing
from mirage.site.charts.options import Options
from mirage.site.charts.scored import scored

HEIGHT = 92  # of an arm


def drawing(results: Results, options: Options) -> Drawing:
    """The drawing of a chart of this kind."""
    arms = options.arms(results)
    split = options.split(results, arms.values())
    labels = [look.broken(label) for label in arms]
    runs = [
        {"arm": label, "seed": seed, "n": counts}
        for label, arm in zip(labels, arms.values(), strict=True)
        for seed, counts in _counts(results, options, arm, split)
    ]
    notes = [
        f"{look.rows_of(split)}. Counts and shares are means over seeds, or those of one run, chosen by the slider."
    ]
    return Drawing(_chart(results, labels), {"runs": runs}, notes)


def _counts(results: Results, options: Options, arm: str, split: str) -> list[tuple[int, list[int]]]:
    """Seeds, each with the counts of a confusion matrix: rightly 0, false alarms, missed, found."""
    settings, found = results.plan.arms[arm], []
    for seed, y, scores in scored(results, options, arm, split):
        rows = ScoredRows(y, scores, decide(settings.model.regresses, settings.decision, scores))
        found.append((seed, [rows.tn, rows.fp, rows.fn, rows.tp]))
    return found


def _chart(results: Results, labels: list[str]) -> Any:
    bare: dict[str, Any] = {"title": None, "ticks": False, "domain": False}
    top = alt.Axis(labelAngle=0, orient="top", **bare)
    left = alt.Axis(labelExpr=look.LINES, labelLimit=400, **bare)
    x = alt.X("decided:N", scale=alt.Scale(domain=["decided 0", "decided 1"], padding=0), sort=None, axis=top)
    y = alt.Y("arm:N", scale=alt.Scale(domain=labels, paddingInner=0.15, paddingOuter=0.05), sort=None, axis=left)
    within = alt.YOffset("is:N", scale=alt.Scale(domain=["class 0", "class 1"]), sort=None)
    means = (
        alt.Chart(alt.NamedData("runs"))
        .transform_filter("all_seeds || datum.seed == seed")
        .transform_calculate(of="[datum.n[0] + datum.n[1], datum.n[2] + datum.n[3]]")
        .transform_flatten(["n"])
        .transform_window(cell="row_number()", groupby=["arm", "seed"])
        .transform_calculate(
            share="datum.n / datum.of[datum.cell > 2 ? 1 : 0]",
            **{"is": "datum.cell > 2 ? 'class 1' : 'class 0'", "decided": "'decided ' + (datum.cell - 1) % 2"},
        )
        .transform_aggregate(n="mean(n)", share="mean(share)", groupby=["arm", "is", "decided"])
        .transform_calculate(
            right="slice(datum.is, -1) == slice(datum.decided, -1)",
            written="format(datum.n, ',.1~f')",
            percent="isValid(datum.share) ? format(datum.share, '.1%') + ' of ' + datum.is : datum.is",
        )
    )
    place = {"x": x, "y": y, "yOffset": within}
    tips = [alt.Tooltip(f"{name}:N") for name in ("arm", "is", "decided", "written", "percent")]
    box = means.mark_rect(stroke=look.INK, strokeOpacity=0.5).encode(
        **place,
        fill=alt.condition("datum.right", alt.value(look.COLOURS[1]), alt.value(look.COLOURS[0])),
        fillOpacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.06, 0.55]), legend=None),
        tooltip=tips,
    )
    count = means.mark_text(fontSize=14, fontWeight="bold", dy=-7).encode(**place, text="written:N")
    share = means.mark_text(fontSize=12, dy=9, aria=False).encode(**place, text="percent:N")
    heading = f"all_seeds ? 'Mean of {len(results.plan.seeds)} seeds' : 'One run: seed ' + seed"
    return look.controlled(
        [box, count, share], look.mean_or_seed(results.plan.seeds), HEIGHT * len(labels) + 20, heading
    )
