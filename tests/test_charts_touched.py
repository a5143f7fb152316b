"""Charts in a real browser, from `file://` and under the policy of the site.

Sliders and checkboxes change what is shown, by mouse and by keyboard, to what the records say.
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsing
import numpy as np
import pytest

pytest.importorskip("altair", reason="the packages of the site are not installed: make .venv/site")
pytest.importorskip("playwright", reason="Playwright is not installed: make .venv/dev")

from helpers import ROOT
from made import made

import mirage
from mirage.claims.results import Results
from mirage.metrics import decisions
from mirage.metrics.metric import ScoredRows
from mirage.metrics.table import METRICS
from mirage.site import charts
from mirage.site.policy import with_policy

pytestmark = pytest.mark.site
SITE = ROOT / "docs" / "site"
SCRIPTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js")
SEEDS = range(7, 11)
ONE_OR_ALL = ("threshold", "confusion", "reliability")  # kinds that show all seeds together or one of them
EVIL = "</script><img src=x onerror=alert(1)> SMOTE"
ARMS = {"untreated": "none", EVIL: "smote"}
OPTIONS: dict[str, dict[str, Any]] = {
    "seeds": {
        "columns": {"untreated": "none.test.cost", EVIL: "smote.test.cost"},
        "y": "cost per row",
        "reference": {"best possible rule": "none:bayes.test.cost"},
    },
    "curves": {"arms": ARMS, "of": ["loss", "val_loss"], "y": "loss"},
    "threshold": {"arms": ARMS},
    "confusion": {"arms": ARMS},
    "reliability": {"arms": ARMS},
    "fit": {"arms": {"20 rows": "listing_20", "200 rows": "listing_200"}},
}


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Seed 7 untreated is right in every row, so that means over seeds are far from numbers of pooled rows."""
    results = made(tmp_path_factory.mktemp("rare"), mirage.plan("smote_controlled", seeds=SEEDS))
    place = results.records["none"]
    outcome = place.read(7)
    right = {split: (0.1 + 0.8 * y).astype(np.float32) for split, y in outcome.labels.items()}
    place.write(7, dataclasses.replace(outcome, scores=right))
    return results


@pytest.fixture(scope="module")
def pages(rare: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page for each kind of chart, with the policy and the script of the site."""
    folder = tmp_path_factory.mktemp("pages")
    for script in (
        SITE / "_static" / "mirage.css",
        *(SITE / "vendor" / name for name in SCRIPTS),
        SITE / "_static" / "mirage.js",
    ):
        (folder / script.name).write_bytes(script.read_bytes())
    lines = made(folder / "lines", mirage.plan("data_size_controlled", seeds=SEEDS))
    loaded = "".join(f'<script src="{name}"></script>' for name in (*SCRIPTS, "mirage.js"))
    for kind, options in OPTIONS.items():
        drawn = charts.draw(kind, lines if kind == "fit" else rare, {"finding": "What it shows."} | options)
        page = (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Chart</title>'
            '<link rel="stylesheet" href="mirage.css"></head>'
            f"<body><main><h1>Chart</h1>{drawn}</main>{loaded}</body></html>"
        )
        (folder / f"{kind}.html").write_text(with_policy(page), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing.chromium() as found:
        yield found


def texts(page: Any) -> list[str]:
    """What is written in a chart."""
    found: list[str] = page.locator(".vega svg text").all_text_contents()
    return found


def settled(page: Any) -> None:
    page.evaluate(
        "Promise.all([...document.querySelectorAll('.vega')].map(place => place.view.runAsync())).then(() => null)"
    )


def control(page: Any, name: str) -> Any:
    """The slider, checkbox or list whose label begins so."""
    return page.locator(".vega-bind").filter(has_text=re.compile(rf"^\s*{re.escape(name)}")).locator("input, select")


def press(page: Any, name: str, *keys: str) -> None:
    """Keys on a control, without a mouse."""
    control(page, name).focus()
    for key in keys:
        page.keyboard.press(key)
    settled(page)


def click(page: Any, name: str) -> None:
    control(page, name).click()
    settled(page)


def drag_to_the_end(page: Any, name: str) -> None:
    control(page, name).scroll_into_view_if_needed()
    box = control(page, name).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, middle, steps=4)
    page.mouse.up()
    settled(page)


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_chart_is_drawn_without_an_error_and_has_no_serious_issue(pages, browser, kind):
    for width, dark in ((360, True), (1280, False)):
        with browsing.page(browser, pages / f"{kind}.html", width, dark) as page:
            assert page.locator(".vega svg").count() == 1
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.locator("img").count() == 0
            assert not browsing.serious(page)


@pytest.mark.parametrize("kind", OPTIONS)
def test_every_control_is_reached_by_tab_and_says_what_it_does(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        controls = page.locator(".vega-bind input, .vega-bind select")
        reached = set()
        for _ in range(controls.count() + 2):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.closest('label')?.textContent")
            if name:
                reached.add(name.strip())
        assert len(reached) == controls.count() > 0


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_seed_slider_goes_through_the_seeds_by_keyboard_and_by_mouse(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        name = "one seed" if kind in ONE_OR_ALL else "seed"
        control(page, name).focus()
        for seed in (8, 9):
            press(page, name, "ArrowRight")
            assert f"seed {seed}" in heading(page)
        drag_to_the_end(page, name)
        assert f"seed {SEEDS[-1]}" in heading(page)


@pytest.mark.parametrize("kind", ONE_OR_ALL)
def test_moving_the_slider_shows_that_seed_and_the_list_leads_back_to_all(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        together = heading(page)
        press(page, "one seed", "ArrowRight")
        assert "seed 8" in heading(page)
        assert control(page, "show").evaluate("list => list.selectedOptions[0].text") == "one seed"
        press(page, "show", "ArrowUp")
        assert heading(page) == together


def heading(page: Any) -> str:
    return next(text.lower() for text in texts(page) if "seed" in text.lower())


@pytest.mark.parametrize("kind", ["seeds", "curves", "fit", "reliability"])
def test_where_nothing_is_chosen_the_chart_says_so(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        labels = OPTIONS[kind].get("columns") or OPTIONS[kind]["arms"]
        for label in labels:
            click(page, label)
        assert "Choose at least one" in texts(page)
        click(page, next(iter(labels)))
        assert "Choose at least one" not in texts(page)


@pytest.mark.parametrize("kind", OPTIONS)
def test_controls_stand_above_the_chart(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        controls, chart = (page.locator(name).bounding_box() for name in (".vega-bindings", ".vega svg"))
        assert controls["y"] + controls["height"] <= chart["y"]


def test_threshold_with_its_controls_fits_a_laptops_screen(pages, browser):
    with browsing.page(browser, pages / "threshold.html", 900) as page:
        assert page.locator(".vega").bounding_box()["height"] <= 635


def test_a_dear_miss_leaves_the_shares_where_they_are(pages, browser):
    with browsing.page(browser, pages / "threshold.html") as page:
        before = lines_of(page)
        press(page, "cost of a missed row", *["ArrowRight"] * 5)
        same = [one == other for one, other in zip(before, lines_of(page), strict=True)]
        assert same.count(True) == 3  # F1, recall, false-alarm share: only the cost moves


def lines_of(page: Any) -> list[str]:
    """The ways of all lines of a chart."""
    found: list[str] = page.locator(".vega svg .mark-line path").evaluate_all(
        "all => all.map(p => p.getAttribute('d'))"
    )
    return found


@pytest.mark.parametrize("kind", ["seeds", "curves", "fit", "reliability"])
def test_what_a_checkbox_stands_for_goes_and_comes_by_mouse_and_keyboard(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        label = next(iter(OPTIONS[kind].get("columns") or OPTIONS[kind]["arms"]))
        before = drawn(page)
        click(page, label)
        assert drawn(page) < before
        press(page, label, "Space")
        assert drawn(page) == before


@pytest.mark.parametrize("kind", ["seeds", "curves", "fit"])
def test_one_seed_is_shown_alone_or_before_all_others(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        before = drawn(page)
        press(page, "all seeds", "Space")
        assert 0 < drawn(page) < before


def drawn(page: Any) -> int:
    """How many marks there are in a chart."""
    return int(page.locator(".vega svg g.role-mark path").count())


@pytest.mark.parametrize("kind", [kind for kind in OPTIONS if kind != "confusion"])
def test_a_point_says_its_numbers_to_the_mouse(pages, browser, kind):
    with browsing.page(browser, pages / f"{kind}.html") as page:
        points = page.locator(".vega svg .mark-symbol.role-mark path")
        points.last.scroll_into_view_if_needed()
        box = points.last.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
        said = page.locator("#vg-tooltip-element.visible")
        said.wait_for()
        assert re.search(r"\d", said.inner_text())


def test_seeds_shows_the_numbers_of_the_chosen_run(pages, browser, rare):
    with browsing.page(browser, pages / "seeds.html") as page:
        press(page, "seed", "ArrowRight")
        of_run = [rare.values(arm, "test", "cost")[1] for arm in ("none", "smote")]
        of_all = [rare.values(arm, "test", "cost").mean() for arm in ("none", "smote")]
        assert {f"{value:.3f}" for value in (*of_run, *of_all)} <= set(texts(page))


class TestThreshold:
    def test_matrix_and_metrics_are_means_over_seeds_of_each_seeds_own(self, pages, browser, rare):
        with browsing.page(browser, pages / "threshold.html") as page:
            shown_are(page, rare, "none", 0.5, SEEDS)
            press(page, "threshold", *["ArrowLeft"] * 3)
            shown_are(page, rare, "none", 0.47, SEEDS)

    def test_one_seed_and_another_model(self, pages, browser, rare):
        with browsing.page(browser, pages / "threshold.html") as page:
            press(page, "model", "ArrowDown")
            shown_are(page, rare, "smote", 0.5, SEEDS)
            press(page, "one seed", "ArrowRight")
            shown_are(page, rare, "smote", 0.5, [8])

    def test_what_a_missed_row_costs_moves_the_cost_only(self, pages, browser, rare):
        with browsing.page(browser, pages / "threshold.html") as page:
            press(page, "cost of a missed row", "ArrowRight")
            shown_are(page, rare, "none", 0.5, SEEDS, miss_cost=10)

    def test_where_nothing_is_called_1_precision_is_undefined(self, pages, browser):
        with browsing.page(browser, pages / "threshold.html") as page:
            drag_to_the_end(page, "threshold")
            assert "undefined" in texts(page)


def shown_are(page: Any, results: Results, arm: str, threshold: float, seeds: Any, miss_cost: float = 9) -> None:
    """Whether the counts and metrics that can be read are those that the library computes."""
    y, scores = results.labels_and_scores(arm, "test")
    places = [SEEDS.index(seed) for seed in seeds]
    rows = [ScoredRows(y[i], scores[i], decisions.above(scores[i], threshold), miss_cost) for i in places]
    counts = [np.mean([getattr(one, cell) for one in rows]) for cell in ("tn", "fp", "fn", "tp")]
    names = ("accuracy", "recall", "precision", "f1", "cost")
    metrics = [np.mean([METRICS[name].value(one) for one in rows]) for name in names]
    metrics.append(np.mean([one.fp / (one.fp + one.tn) for one in rows]))
    found = [float(text.replace(",", "")) for text in texts(page) if re.fullmatch(r"[\d,]+(\.\d+)?", text)]
    for value, rounding in (*((count, 0.0501) for count in counts), *((metric, 0.000501) for metric in metrics)):
        assert min(abs(number - value) for number in found) <= rounding, (value, found)
