"""Interactive charts of a lesson page: one figure in HTML for each, with its data, from records alone.

A chart is a Vega-Lite specification, one file a kind. All of its behaviour is in the specification: sliders and
checkboxes are Vega's own, so that pages need no script of ours for it.
"""

import hashlib
import html
import json
from collections.abc import Callable, Mapping
from typing import Any

from mirage.claims.results import Results
from mirage.site.charts import confusion, curves, fit, look, reliability, seeds, threshold
from mirage.site.charts.look import Drawing
from mirage.site.charts.options import Options, unknown

__all__ = ["draw", "spec"]

KINDS: dict[str, Callable[[Results, Options], Drawing]] = {
    "seeds": seeds.drawing,
    "curves": curves.drawing,
    "fit": fit.drawing,
    "threshold": threshold.drawing,
    "confusion": confusion.drawing,
    "reliability": reliability.drawing,
}


def draw(kind: str, results: Results, options: Mapping[str, Any]) -> str:
    """One HTML figure without a blank line: a place for the chart, its specification as JSON, and a caption.

    Parameters
    ----------
    kind
        A name in `KINDS`.
    results
        Those of one scenario, over any seeds.
    options
        What the chart is to show, as the kind's module says, and `finding`: a sentence that says what it shows.

    Raises
    ------
    ValueError
        One line: the kind and option, what it got, what was expected.
    """
    finding, drawing = _read(kind, results, options)
    text = _json(look.assembled(drawing, finding))
    place = "chart-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    said, notes = html.escape(finding), html.escape(" ".join(" ".join(drawing.notes).split()))
    lines = [
        f'<figure class="chart" role="group" aria-label="{said}">',
        f'<div class="vega" data-spec="{place}"></div>',
        f'<script type="application/json" id="{place}">{text}</script>',
        f'<figcaption>{said} <span class="chart-notes">{notes}</span></figcaption>',
        "</figure>",
    ]
    return "\n".join(lines)


def spec(kind: str, results: Results, options: Mapping[str, Any]) -> dict[str, Any]:
    """The Vega-Lite specification of a chart, with its data under `datasets`; see `draw`."""
    finding, drawing = _read(kind, results, options)
    return look.assembled(drawing, finding)


def _read(kind: str, results: Results, options: Mapping[str, Any]) -> tuple[str, Drawing]:
    """What the chart shows, in a sentence, and its drawing."""
    if kind not in KINDS:
        raise unknown("chart", kind, KINDS)
    given = Options(kind, dict(options))
    finding = " ".join(given.text("finding").split())
    drawing = KINDS[kind](results, given)
    given.refuse_others()
    return finding, drawing


def _json(spec: Mapping[str, Any]) -> str:
    """A specification on one line, in which nothing can end the script element that holds it."""
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
