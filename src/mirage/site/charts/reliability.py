"""Chart `reliability`: predicted probabilities against observed shares, in ten bins, of one seed or all together.

Options: `arms` (labels to arms that give probabilities), `split` (test).
"""

from typing import Any

import altair as alt
import numpy as np

from mirage.claims.results import Results
from mirage.metrics.scored import BINS
from mirage.site.charts import look
from mirage.site.charts.look import Drawing
from mirage.site.charts.options import Options
from mirage.site.charts.scored import Scored, probabilities

HEIGHT = 380
LEVEL = "as predicted"


def drawing(results: Results, options: Options) -> Drawing:
    """The drawing of a chart of this kind."""
    arms = options.arms(results, look.MOST)
    split = options.split(results, arms.values())
    bins = [
        {"a": a, "arm": label, "seed": one.seed, **_binned(one)}
        for a, (label, arm) in enumerate(arms.items())
        for one in probabilities(results, options, arm, split)
    ]
    level = [{"arm": LEVEL, "predicted": end, "observed": end} for end in (0, 1)]
    notes = [
        f"{look.rows_of(split)} in {BINS} bins by their predicted probability; larger points have more rows.",
        "The rows of all seeds are counted together. On the dotted line, as predicted, probabilities are right.",
    ]
    return Drawing(_chart(results, list(arms)), {"bins": bins, "level": level}, notes)


def _binned(one: Scored) -> dict[str, list[float | None]]:
    """Rows, sum of probabilities and rows of class 1 in every bin."""
    inside = np.minimum((one.scores * BINS).astype(int), BINS - 1)  # as `mirage.metrics.curves.reliability` does
    rows, sums, hits = (np.bincount(inside, weights, BINS) for weights in (None, one.scores, one.y))
    return {"rows": look.numbers(rows, 9), "sums": look.numbers(sums, 6), "hits": look.numbers(hits, 9)}


def _chart(results: Results, labels: list[str]) -> Any:
    share = alt.Scale(domain=[0, 1], nice=False)
    x = alt.X("predicted:Q", scale=share, axis=look.across("predicted probability"))
    y = alt.Y("observed:Q", scale=share, title="observed share of class 1")
    colour, dash = look.colour(labels, LEVEL), look.dash(labels, LEVEL)
    bins = (
        alt.Chart(alt.NamedData("bins"))
        .transform_filter(look.is_shown(labels))
        .transform_filter("all_seeds || datum.seed == seed")
        .transform_flatten(["rows", "sums", "hits"])
        .transform_window(place="row_number()", groupby=["a", "seed"])
        .transform_aggregate(rows="sum(rows)", sums="sum(sums)", hits="sum(hits)", groupby=["a", "arm", "place"])
        .transform_filter("datum.rows > 0")
        .transform_joinaggregate(of="sum(rows)", groupby=["a"])
        .transform_calculate(
            part="datum.rows / datum.of",
            predicted="datum.sums / datum.rows",
            observed="datum.hits / datum.rows",
            shape=f"{list(look.SHAPES)}[datum.a]",
        )
    )
    tips = [
        alt.Tooltip("arm:N"),
        alt.Tooltip("predicted:Q", format=".3f"),
        alt.Tooltip("observed:Q", format=".3f"),
        alt.Tooltip("rows:Q", format=","),
    ]
    line = bins.mark_line(strokeWidth=2.5, aria=False).encode(x=x, y=y, color=colour, strokeDash=dash)
    size = alt.Size("part:Q", scale=alt.Scale(type="sqrt", domain=[0, 1], range=[25, 260]), legend=None)
    points = bins.mark_point(filled=True, opacity=1).encode(
        x=x, y=y, color=colour, shape=look.SHAPE, size=size, tooltip=tips
    )
    level = alt.Chart(alt.NamedData("level")).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash)
    controls = [*look.mean_or_seed(results.plan.seeds, "all {} seeds together"), *look.checkboxes(labels)]
    heading = f"all_seeds ? 'All {len(results.plan.seeds)} seeds' : 'One run: seed ' + seed"
    return look.controlled([level, line, points], controls, HEIGHT, heading)
