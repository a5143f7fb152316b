"""Chart `curves`: numbers over the epochs of training, seed by seed.

Options: `arms` (labels to arms), `of` (names in the history, such as loss and val_loss), `y` (title of the axis),
`log` (whether that axis is logarithmic; false).
"""

from typing import Any

import altair as alt
import numpy as np

from mirage.claims.results import Results
from mirage.data.split import Array
from mirage.site.charts import look
from mirage.site.charts.look import Arrays, Drawing
from mirage.site.charts.options import Options

HEIGHT = 360
NAMES = {
    "loss": "training loss",
    "val_loss": "validation loss",
    "accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
}


def drawing(results: Results, options: Options) -> Drawing:
    """The drawing of a chart of this kind."""
    arms, names, log = options.arms(results), options.texts("of"), options.yes("log")
    if max(len(arms), len(names)) > look.MOST:
        raise options.wrong("arms and of", f"{len(arms)} and {len(names)}", f"at most {look.MOST} of either")
    arrays = Arrays()
    runs = [
        {"a": a, "arm": label, "of": NAMES.get(name, name), "i": i, "seed": seed, **_run(arrays, *curve, log)}
        for a, (label, arm) in enumerate(arms.items())
        for i, seed in enumerate(results.kept(arm))
        for name, curve in _curves(results, options, arm, names, seed).items()
    ]
    every, thin = look.behind(len(results.plan.seeds), len(arms) * len(names))
    gone = sum(len(results.plan.seeds) - len(results.kept(arm)) for arm in arms.values())
    notes = [
        f"Thick lines are one run, chosen by the slider; thin ones {thin}.",
        look.THINNED,
        *look.said(gone, len(arms) * len(results.plan.seeds), "Replicates that diverged are left out"),
    ]
    shown = [NAMES.get(name, name) for name in names]
    chart = _chart(results, list(arms), shown, runs, arrays, options.text("y"), log, every)
    return Drawing(chart, {"runs": runs}, notes, arrays.values())


def _curves(
    results: Results, options: Options, arm: str, names: list[str], seed: int
) -> dict[str, tuple[Array, Array]]:
    """Epochs and values of each of these numbers in one run."""
    history = results.outcome(arm, seed).history
    known = [name for name, values in history.items() if values.ndim == 1 and name != "val_epochs"]
    found = {}
    for name in names:
        if name not in known:
            raise options.unlike(f"of, history of arm {arm}", name, known)
        every = np.arange(1, len(history[name]) + 1)
        found[name] = (history.get("val_epochs", every) if name.startswith("val_") else every, history[name])
    return found


def _run(arrays: Arrays, epochs: Array, values: Array, log: bool) -> dict[str, Any]:
    """A thinned curve; a logarithmic axis has no place for zero."""
    kept = look.thinned(len(values))
    shown = np.where(values > 0, values, np.nan) if log else values
    return {"at": arrays.number(look.numbers(epochs[kept], 6)), "y": look.numbers(shown[kept], 3)}


def _chart(
    results: Results,
    labels: list[str],
    names: list[str],
    runs: list[dict[str, Any]],
    arrays: Arrays,
    title: str,
    log: bool,
    every: int,
) -> Any:
    epochs, values = arrays.values(), [v for run in runs for v in run["y"] if v is not None]
    x = alt.X(
        "x:Q", scale=look.fixed([e for one in epochs for e in one if e is not None], room=0), axis=look.across("epoch")
    )
    y = alt.Y("y:Q", scale=look.fixed(values or [1], log), axis=look.along(title, values or [1], log))
    colour = look.colour(labels, legend=look.MARKS_SHOWN)
    dash = look.dash(names, field="of")

    # Seeds first: what is left out here need not be unfolded at a step of the slider.
    one, others = (
        alt.Chart(alt.NamedData("runs"))
        .transform_filter(chosen)
        .transform_filter(look.is_shown(labels))
        .transform_calculate(x="arrays[datum.at]")
        .transform_flatten(["x", "y"])
        for chosen in ("datum.seed == seed", f"all_seeds && datum.i % {every} == 0")
    )
    faint = others.mark_line(strokeWidth=0.7, opacity=0.2, clip=True, aria=False).encode(
        x=x, y=y, color=colour, detail=["seed:Q", "of:N"]
    )
    line = one.mark_line(strokeWidth=2.5, clip=True, aria=False).encode(x=x, y=y, color=colour, strokeDash=dash)
    tips = [
        alt.Tooltip("arm:N"),
        alt.Tooltip("of:N", title="curve"),
        alt.Tooltip("x:Q", title="epoch"),
        alt.Tooltip("y:Q", format=".4~g", title=title),
    ]
    marked = (
        one.transform_window(row="row_number()", groupby=["a", "of"])
        .transform_filter(look.HOVERED_ROWS)
        .mark_point(size=34, filled=True, opacity=1, clip=True, aria=False)
        .encode(x=x, y=y, color=colour, shape=look.shape(labels), tooltip=tips)
    )
    controls = [*look.seed_among_all(results.plan.seeds), *look.checkboxes(labels)]
    return look.controlled([faint, line, marked], controls, HEIGHT, "'One run: seed ' + seed")
