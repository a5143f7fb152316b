"""The site in a real browser, from `file://`: what a reader sees, touches, filters, copies and prints."""

import csv
import dataclasses
import html
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsing
import pytest
from helpers import ROOT

from mirage.config import project
from mirage.config.plan import Plan
from mirage.report import course

pytestmark = [pytest.mark.site, pytest.mark.filterwarnings("ignore:.*MystReferenceResolver")]  # theirs to mend
TABLES = ROOT / "results" / "tables"
ROLES = ("claims.csv", "findings.csv", "checks.csv")
LESSONS = [f"lessons/{name}" for name in project.lessons()]
PAGES = ["index", "ledger", "course", "search", "patients", "doctor", "causes", "ward", *LESSONS]
TOUCHED = "lessons/smote"  # the lesson that is used as a reader would


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of all lessons, its charts of seeds 0 to 2: from MIRAGE_SITE_RECORDS, or trained as far as needed."""
    build = pytest.importorskip("mirage.site.build", reason="the site's packages are not installed: make .venv/site")
    pytest.importorskip("sphinx", reason="the site's packages are not installed: make .venv/site")
    records = os.environ.get("MIRAGE_SITE_RECORDS") or tmp_path_factory.mktemp("records")

    def recorded(plan: Plan) -> Plan:
        request = plan.request.model_copy(update={"results_dir": str(records), "seed": 0, "replicates": 3})
        return dataclasses.replace(plan, seeds=range(3), request=request)

    return build.build(tmp_path_factory.mktemp("results"), recorded, "Charts of three seeds.").parent


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with browsing.chromium() as found:
        yield found


def rows(table: str) -> list[dict[str, str]]:
    with (TABLES / table).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


# -- every page --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_from_disk_without_an_error_a_request_or_a_serious_issue_and_never_scrolls_sideways(
    site: Path, browser: Any, name: str
) -> None:
    for width, first, other in ((1920, "light", "dark"), (360, "dark", "light")):
        with browsing.page(browser, site / f"{name}.html", width, dark=first == "dark") as shown:
            assert shown.locator(".vega").count() == shown.locator(".vega svg.marks").count()
            if name == "ledger":  # axe looks at each cell: a few rows will do
                shown.get_by_label("Search the ledger").fill("probabilities")
            if first == "light" or name not in LESSONS[1:]:  # lessons have their colours in common
                assert browsing.serious(shown) == []
            for scheme in (first, other):
                shown.emulate_media(color_scheme=scheme)
                browsing.until(shown, f"document.documentElement.dataset.theme === '{scheme}'")
                assert shown.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_charts_and_downloads_and_no_markdown_is_left_in_it(site: Path, name: str) -> None:
    file = site / f"{name}.html"
    assert file.stat().st_size <= 1.5e6
    article = re.search(r"<article.*?</article>", file.read_text(encoding="utf-8"), re.DOTALL)[0]  # type: ignore[index]
    assert 'class="vega"' in article
    endings = {Path(link).suffix for link in re.findall(r'<a class="[^"]*download[^"]*"[^>]* href="([^"]*)"', article)}
    assert endings == {".png", ".csv", ".ipynb"}
    bare = re.sub(r"<(script|pre)\b.*?</\1>|<[^>]*>", "", article, flags=re.DOTALL)
    assert not re.search(r"```|^#+ |\*\*|\{\{|\{%|<details|<br", html.unescape(bare), re.MULTILINE)


def test_every_link_leads_somewhere(site: Path) -> None:
    pages = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}
    lost = set()
    for name, text in pages.items():
        for link in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', text):
            file, _, place = html.unescape(link).partition("#")
            target = (site / f"{name}.html").parent / file if file else site / f"{name}.html"
            if re.match(r"\w+:", link):
                continue
            if not target.is_file() or (place and f'id="{place}"' not in target.read_text(encoding="utf-8")):
                lost.add(f"{name}: {link}")
    assert not lost


# -- the policy --------------------------------------------------------------------------------------------------

ATTACKS = {
    "evaluates": "new Function('return 1')()",
    "evaluates a text": "eval('1')",
    "runs a script that it put in": "(() => { const s = document.createElement('script'); s.textContent = 'seen = 1'; "
    "document.head.append(s); if (!window.seen) throw 0; })()",
}


def test_the_policy_forbids_evaluation_scripts_in_the_page_and_requests(site: Path, browser: Any) -> None:
    tried = ";\n".join(f"try {{ {code}; tried.push({name!r}) }} catch {{}}" for name, code in ATTACKS.items())
    script = (
        f"window.tried = [];\n{tried};\nfetch('search.html').then(() => tried.push('fetches')).catch(() => {{}});\n"
    )
    (site / "_static" / "attack.js").write_text(script, encoding="utf-8")
    page = (site / "index.html").read_text(encoding="utf-8")
    image = "<img id='foreign' src='https://example.org/x.png' alt=''><script>seen = 2</script>"
    (site / "attacked.html").write_text(
        page.replace("</body>", f'<script src="_static/attack.js"></script>{image}</body>'), encoding="utf-8"
    )
    context = browser.new_context()
    shown = context.new_page()
    asked: list[str] = []
    shown.on("requestfinished", lambda request: asked.append(request.url))
    shown.goto((site / "attacked.html").as_uri())
    shown.wait_for_timeout(300)
    assert shown.evaluate("[tried, window.seen]") == [[], None]
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    context.close()
    (site / "attacked.html").unlink()


# -- the index ---------------------------------------------------------------------------------------------------


def test_a_symptom_that_is_typed_leads_to_its_lesson_in_one_click(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / "index.html") as shown:
        every = shown.locator("table.symptoms tbody tr")
        first = every.first.locator("td").first.inner_text()
        before = every.count()
        shown.get_by_label("Find your symptom").fill(first)
        assert every.count() < before
        every.first.get_by_role("link").click()
        shown.wait_for_url("**/lessons/*")
        assert shown.locator("h1").count() == 1


def test_words_are_found_in_any_order_and_enter_follows_the_only_row(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / "index.html") as shown:
        every = shown.locator("table.symptoms tbody tr")
        words = every.first.locator("td").first.inner_text().split()
        shown.get_by_label("Find your symptom").fill(" ".join(reversed(words)).upper())
        assert every.count() == 1
        shown.keyboard.press("Enter")
        shown.wait_for_url("**/lessons/*")


def test_where_no_symptom_has_all_words_the_page_says_so_and_shows_all_the_likely_ones_first(
    site: Path, browser: Any
) -> None:
    with browsing.page(browser, site / "index.html") as shown:
        every = shown.locator("table.symptoms tbody tr")
        before, last = every.count(), every.last.locator("td").first.inner_text()
        box = shown.get_by_label("Find your symptom")
        box.fill(f"{last} xylophone")
        assert every.count() == before + 1
        assert every.first.inner_text().startswith(
            "Nothing found. Try fewer words, or look through all symptoms below."
        )
        assert every.nth(1).locator("td").first.inner_text() == last
        box.fill("")
        assert every.count() == before


def test_the_box_for_symptoms_comes_first_after_the_skip_link(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / "index.html") as shown:
        focused = "document.activeElement.closest('label, .dt-search')?.textContent ?? ''"
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")  # the skip link
        shown.keyboard.press("Tab")
        assert "Find your symptom" in shown.evaluate(focused)


def test_the_index_counts_each_claim_once_as_the_table_has_it(site: Path, browser: Any) -> None:
    by_claim: dict[str, dict[str, str]] = {}
    for row in rows("claims.csv"):
        by_claim.setdefault(row["claim"], {})[row["kind"]] = row["verdict"]
    once = [next(of[k] for k in ("controlled", "as_written", "real") if k in of) for of in by_claim.values()]
    with browsing.page(browser, site / "index.html") as shown:
        said = shown.locator(".numbers li").all_inner_texts()
    found = {" ".join(line.split()[1:]): int(line.split()[0]) for line in said}
    assert found["claims of the articles"] == len(once)
    assert found["holds"] == sum(verdict in ("holds", "also") for verdict in once)
    assert found["fails"] == sum(verdict.startswith("fails") or verdict == "not" for verdict in once)
    assert sum(found.values()) == 2 * len(once)


def test_the_index_shows_the_headlines_of_the_table(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / "index.html") as shown:
        said = shown.locator(".headlines li").all_inner_texts()
    assert len(said) == len(rows("headlines.csv"))
    for line, row in zip(said, rows("headlines.csv"), strict=True):
        assert line.startswith(row["text"])
        assert f"{row['n']} seeds" in line


# -- the ledger --------------------------------------------------------------------------------------------------


def test_the_ledger_has_a_row_for_each_verdict_with_the_effect_of_the_tables(site: Path, browser: Any) -> None:
    expected = [row for table in ROLES for row in rows(table)]
    with browsing.page(browser, site / "ledger.html") as shown:
        found = shown.locator("table.ledger tbody tr").evaluate_all(
            "rows => rows.map(row => [row.id, row.cells[2].dataset.order, row.cells[0].innerText])"
        )
    assert len(found) == len(expected)
    for (name, order, text), row in zip(found, expected, strict=True):
        assert name == f"{row['claim']}-{row['kind']}"
        assert text.startswith(row["text"])
        if row["ci_low"]:
            assert float(order) == pytest.approx(float(row["effect"]) / (float(row["margin"]) or 1), rel=1e-5)


def test_the_ledger_is_filtered_and_sorted_by_mouse(site: Path, browser: Any) -> None:
    opposite = [row for table in ROLES for row in rows(table) if row["verdict"] == "fails_opposite"]
    with browsing.page(browser, site / "ledger.html") as shown:
        header(shown, "verdict").locator("button").nth(1).click()
        shown.locator(".dtcc-list button", has_text="the opposite").click()
        count_of(shown, len(opposite))
        shown.keyboard.press("Escape")
        header(shown, "effect").locator("button").first.click()
        sorted_by_effect(shown)


def test_the_ledger_is_filtered_sorted_and_searched_by_keyboard(site: Path, browser: Any) -> None:
    of_ridge = [row for table in ROLES for row in rows(table) if row["lesson"] == "ridge_lasso"]
    with browsing.page(browser, site / "ledger.html") as shown:
        header(shown, "effect").locator("button").first.focus()
        shown.keyboard.press("Enter")
        sorted_by_effect(shown)
        header(shown, "lesson").locator("button").nth(1).focus()
        shown.keyboard.press("Enter")
        shown.locator(".dtcc-list button", has_text="ridge_lasso").focus()
        shown.keyboard.press("Enter")
        count_of(shown, len(of_ridge))
        shown.keyboard.press("Escape")
        shown.get_by_label("Search the ledger").focus()
        shown.keyboard.type("no row says this")
        count_of(shown, 1)  # the line that says that there is none


def header(shown: Any, name: str) -> Any:
    """The head of a column of the ledger."""
    return shown.locator("table.ledger thead th", has_text=name).first


def count_of(shown: Any, number: int) -> None:
    """Waits until the ledger shows so many rows."""
    browsing.until(shown, f"document.querySelectorAll('table.ledger tbody tr').length === {number}")


def sorted_by_effect(shown: Any) -> None:
    """Waits until the ledger's rows are sorted."""
    effects = "[...document.querySelectorAll('table.ledger tbody tr')].map(row => row.cells[2].dataset.order)"
    numbers = f"{effects}.filter(Boolean).map(Number)"
    browsing.until(shown, f"(n => n.every((one, at) => !at || n[at - 1] <= one))({numbers})")


# -- a lesson ----------------------------------------------------------------------------------------------------


def test_folds_open_by_keyboard_and_by_mouse(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / f"{TOUCHED}.html") as shown:
        first, second = (shown.locator("details").nth(place) for place in range(2))
        assert first.get_attribute("open") is None
        first.locator("summary").focus()
        shown.keyboard.press("Enter")
        assert first.get_attribute("open") is not None
        second.locator("summary").click()
        assert second.get_attribute("open") is not None


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_a_command_is_copied_without_its_prompt(site: Path, browser: Any, by: str) -> None:
    with browsing.page(browser, site / f"{TOUCHED}.html") as shown:
        block = shown.locator("div.highlight-console").first
        button = block.locator("button.copybtn")
        if by == "mouse":
            block.hover()
            button.click()
        else:
            button.focus()
            shown.keyboard.press("Enter")
        shown.wait_for_timeout(100)
        copied = shown.evaluate("navigator.clipboard.readText()")
    shown_lines = [line for line in copied.splitlines() if line]
    assert shown_lines and not any(line.startswith("$") for line in shown_lines)
    assert shown_lines[0].startswith(("python -m run", "make"))


def test_pictures_lead_to_their_full_size_and_are_white_and_undimmed_in_the_dark(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / f"{TOUCHED}.html", dark=True) as shown:
        pictures = shown.locator("article img")
        assert pictures.count() == 2
        for picture in pictures.all():
            target = picture.evaluate("image => [image.closest('a').href, image.src]")
            assert target[0] == target[1]
            style = picture.evaluate(
                "image => [getComputedStyle(image).filter, getComputedStyle(image).backgroundColor]"
            )
            assert style == ["none", "rgb(255, 255, 255)"]


def test_on_a_phone_each_cell_of_a_table_is_in_reach_with_the_name_of_its_column(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / f"{TOUCHED}.html", width=360) as shown:
        effects = shown.locator("article td[data-head=effect]:visible")
        assert effects.count() > 0
        for effect in effects.all():
            box = effect.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 360
        assert "effect" in effects.first.evaluate("cell => cell.dataset.head")


def test_a_projected_page_has_larger_text_and_charts(site: Path, browser: Any) -> None:
    sizes = []
    for width in (1280, 1920):
        with browsing.page(browser, site / f"{TOUCHED}.html", width) as shown:
            text = shown.locator("article p").first.evaluate("p => parseFloat(getComputedStyle(p).fontSize)")
            label = shown.locator(".vega svg text").first.bounding_box()["height"]
            sizes.append((text, label))
    assert sizes[1][0] >= 20
    assert sizes[1][1] >= 1.15 * sizes[0][1]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_says_once_how_to_get_ready_for_its_exercises_and_leads_to_its_files(site: Path, name: str) -> None:
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    assert text.count("In a clone of the project, once:") == 1
    assert '<a class="reference internal" href="#downloads">' in text


def test_previous_and_next_follow_the_course(site: Path) -> None:
    order = course.read().order
    for before, name in zip(order, order[1:], strict=False):
        left, right = (
            re.findall(
                r'class="(?:left-prev|right-next)"\s+href="([^"]*)"', (site / "lessons" / f"{one}.html").read_text()
            )
            for one in (before, name)
        )
        assert (left[-1], right[0]) == (f"{name}.html", f"{before}.html")


@pytest.mark.parametrize("dark", [False, True])
def test_a_lesson_prints_in_black_on_white_with_its_folds_open(site: Path, browser: Any, dark: bool) -> None:
    with browsing.page(browser, site / f"{TOUCHED}.html", dark=dark) as shown:
        shown.emulate_media(media="print")
        for fold in shown.locator("details").all():
            last = fold.locator("> *").last
            assert last.bounding_box() is not None and last.bounding_box()["height"] > 0
        for hidden in (".bd-header", ".bd-sidebar-primary", ".prev-next-area", "button.copybtn", ".vega-bindings"):
            assert shown.locator(hidden).first.is_hidden()
        assert shown.evaluate("getComputedStyle(document.querySelector('article p')).color") == "rgb(0, 0, 0)"
        behind = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        assert behind in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        assert shown.pdf().startswith(b"%PDF")


CUT = """element => {
    const {overflowX, overflowY} = getComputedStyle(element), {clientWidth: wide, clientHeight: high} = element;
    const inside = element.scrollWidth <= wide && element.scrollHeight <= high;
    return high && !inside && !element.closest("svg") && (overflowX !== "visible" || overflowY !== "visible");
}"""


@pytest.mark.parametrize("name", [TOUCHED, "ledger", "course"])
def test_a_page_prints_whole(site: Path, browser: Any, name: str) -> None:
    with browsing.page(browser, site / f"{name}.html", width=680) as shown:  # as wide as a sheet between its margins
        shown.emulate_media(media="print")
        cut = shown.evaluate(
            f"[...document.querySelectorAll('.bd-main, .bd-main *')].filter({CUT}).map(e => e.outerHTML)"
        )
        assert cut == []
        last = shown.locator(".bd-article h2, .bd-article tbody tr").last
        assert last.is_visible()
        ends = last.evaluate("end => end.getBoundingClientRect().bottom")
        pages = len(re.findall(rb"/Type /Page\b", shown.pdf(format="A4", prefer_css_page_size=True)))
        assert pages >= ends / (
            1300 if name == "ledger" else 1050
        )  # as high as a sheet; the ledger's lie on their side


def test_the_ledger_prints_with_all_of_its_columns(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / "ledger.html", width=1040) as shown:  # a sheet on its side
        shown.emulate_media(media="print")
        ends = (
            shown.locator("table.ledger tr")
            .first.locator("th")
            .evaluate_all("heads => heads.map(head => head.getBoundingClientRect().right)")
        )
        assert len(ends) == 6 and max(ends) <= 1040


def test_search_finds_a_lesson(site: Path, browser: Any) -> None:
    with browsing.page(browser, site / "index.html") as shown:
        shown.locator(".bd-header input[type=search]").first.fill("smote")
        shown.keyboard.press("Enter")
        shown.wait_for_selector("#search-results a")
        links = shown.locator("#search-results a").evaluate_all("links => links.map(link => link.href)")
        assert any("lessons/smote" in link for link in links)
