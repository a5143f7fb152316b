"""Chart `fit`: the rows a network was trained on, what each arm made of them, and the true line, seed by seed.

Options: `arms` (labels to arms, each with one input), `split` (the rows at whose inputs a fit is drawn; test).
"""

from typing import Any

import altair as alt
import numpy as np

from mirage.claims.results import Results
from mirage.data.split import Array
from mirage.metrics.table import REFERENCES
from mirage.site.charts import look
from mirage.site.charts.look import Arrays, Drawing
from mirage.site.charts.options import Options

HEIGHT = 360
TRUE_LINE = "true line"


def drawing(results: Results, options: Options) -> Drawing:
    """The drawing of a chart of this kind."""
    arms = options.arms(results, look.MOST)
    split = options.split(results, arms.values())
    arrays = Arrays()
    trained: dict[tuple[int, int, int], list[int]] = {}  # arms by their training rows: seed, inputs, targets
    fits: list[dict[str, Any]] = []
    for a, (label, arm) in enumerate(arms.items()):
        if not _one_input(results, arm):
            raise options.wrong("arms", arm, "an arm with one model of one input, whose target is a number")
        for i, seed in enumerate(results.kept(arm)):
            splits = results.splits(arm, seed)[0]
            own, at = splits["train"], splits[split]
            x, y = (arrays.number(look.numbers(values.reshape(-1), 3)) for values in (own.x, own.y))
            trained.setdefault((seed, x, y), []).append(a)
            curve = _fit(arrays, at.x.reshape(-1), results.outcome(arm, seed).scores[split])
            fits.append({"a": a, "arm": label, "i": i, "seed": seed, **curve})
    labels = list(arms)
    rows = [
        {"arms": of, "arm": labels[of[0]], "shape": look.SHAPES[of[0]], "seed": seed, "inputs": x, "targets": y}
        for (seed, x, y), of in trained.items()
    ]
    every, thin = look.behind(len(results.plan.seeds), len(arms))
    truth = _truth(results, next(iter(arms.values())), split)
    gone = sum(len(results.plan.seeds) - len(results.kept(arm)) for arm in arms.values())
    notes = [
        "Points are the rows that the chosen seed was trained on; thick lines are its predictions, thin ones those of "
        f"{thin}.",
        look.THINNED,
        *_shapes(rows),
        *look.said(gone, len(arms) * len(results.plan.seeds), "Replicates that diverged are left out"),
    ]
    chart = _chart(results, labels, arrays, rows, fits, truth, every)
    return Drawing(chart, {"rows": rows, "fits": fits, "truth": truth}, notes, arrays.values())


def _one_input(results: Results, arm: str) -> bool:
    """Whether an arm is a regression on one input, by one model."""
    settings = results.plan.arms[arm]
    first = results.splits(arm, results.kept(arm)[0])
    return len(first) == 1 and not settings.data.classes and first[0]["train"].x[0].size == 1


def _fit(arrays: Arrays, x: Array, scores: Array) -> dict[str, Any]:
    """A fitted curve in the order of inputs, thinned."""
    kept = np.argsort(x, kind="stable")[look.thinned(len(x))]
    return {"at": arrays.number(look.numbers(x[kept], 3)), "y": look.numbers(scores[kept])}


def _shapes(rows: list[dict[str, Any]]) -> list[str]:
    """Which arm was trained on which points, where arms have rows of their own."""
    named = {row["arm"]: row["shape"].replace("-", " ") for row in rows}
    return [f"Points by shape: {', '.join(f'{s}: {arm}' for arm, s in named.items())}."] if len(named) > 1 else []


def _truth(results: Results, arm: str, split: str) -> list[dict[str, Any]]:
    """The line that the rows were drawn around, at the inputs of one seed; nothing where nobody knows it."""
    law, line = results.plan.arms[arm].data, REFERENCES["true_line"]
    if not line.possible(law):
        return []
    at = results.splits(arm, results.kept(arm)[0])[0][split]
    order = np.argsort(at.x.reshape(-1), kind="stable")[look.thinned(len(at.y))]
    values = line.predictions(law, {split: at})[split]
    x = at.x.reshape(-1)
    return [{"arm": TRUE_LINE, "x": look.number(x[i]), "y": look.number(values[i])} for i in order]


def _chart(
    results: Results,
    labels: list[str],
    arrays: Arrays,
    rows: list[dict[str, Any]],
    fits: list[dict[str, Any]],
    truth: list[dict[str, Any]],
    every: int,
) -> Any:
    everything = arrays.values()
    x_seen = [
        v
        for number in [*(row["inputs"] for row in rows), *(row["at"] for row in fits)]
        for v in everything[number]
        if v is not None
    ]
    y_seen = [v for row in rows for v in everything[row["targets"]] if v is not None]
    y_seen += [v for row in fits for v in row["y"] if v is not None] + [row["y"] for row in truth]
    x = alt.X("x:Q", scale=look.fixed(x_seen, room=0.02), axis=look.across("input"))
    y = alt.Y("y:Q", scale=look.fixed(y_seen), title="target, prediction")
    level = TRUE_LINE if truth else None
    shown, colour, dash = look.is_shown(labels), look.colour(labels, level), look.dash(labels, level)

    # Which seed and arm comes first: what is left out here need not be unfolded at a step of the slider.
    fit = alt.Chart(alt.NamedData("fits")).transform_filter(shown)
    one = fit.transform_filter("datum.seed == seed").transform_calculate(x="arrays[datum.at]")
    one = one.transform_flatten(["x", "y"])
    others = (
        fit.transform_filter(f"all_seeds && datum.i % {every} == 0")
        .transform_calculate(x="arrays[datum.at]")
        .transform_flatten(["x", "y"])
    )
    of = " || ".join(f"show{a} && indexof(datum.arms, {a}) >= 0" for a in range(len(labels)))
    trained = alt.Chart(alt.NamedData("rows")).transform_filter("datum.seed == seed")
    trained = trained.transform_filter(of if len(labels) > 1 else "true")
    trained = trained.transform_calculate(x="arrays[datum.inputs]", y="arrays[datum.targets]").transform_flatten(
        ["x", "y"]
    )

    faint = others.mark_line(strokeWidth=0.7, opacity=0.22, clip=True, aria=False).encode(
        x=x, y=y, color=colour, detail="seed:Q"
    )
    line = one.mark_line(strokeWidth=3, clip=True, aria=False).encode(x=x, y=y, color=colour, strokeDash=dash)
    tips = [
        alt.Tooltip("arm:N"),
        alt.Tooltip("x:Q", title="input", format=".2f"),
        alt.Tooltip("y:Q", title="prediction", format=look.THREE_DIGITS),
    ]
    hovered = (
        one.transform_window(row="row_number()", groupby=["a"])
        .transform_filter(look.HOVERED_ROWS)
        .mark_point(opacity=0, size=200, filled=True, aria=False)
        .encode(x=x, y=y, tooltip=tips)
    )
    own = len({row["arm"] for row in rows}) > 1
    dots = trained.mark_point(size=45, strokeWidth=1.8, opacity=0.9, color=look.INK, aria=False).encode(
        x=x, y=y, shape=look.SHAPE, **({"color": colour} if own else {})
    )
    straight = (
        alt.Chart(alt.NamedData("truth")).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash)
    )
    controls = [*look.seed_among_all(results.plan.seeds), *look.checkboxes(labels)]
    layers = [faint, *[straight] * bool(truth), dots, line, hovered]
    return look.controlled(layers, controls, HEIGHT, "'Seed ' + seed")
