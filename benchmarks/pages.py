"""The site in a browser: how long it takes to build, to load, and to answer; and a picture of it for the README.

`python benchmarks/pages.py` takes the picture of results/site.
"""

import contextlib
import io
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from processes import Note, command

from mirage.config import project
from mirage.records.files import write_bytes

LESSONS = ("smote_balance", "smote", "l2")  # with a threshold to move; with many curves
LOADS, STEPS = 5, 40
PICTURED = "smote"
WIDTH, HEIGHT, GAP = 720, 960, 6  # of one page in the picture, and between the two
COLOURS = 128
NO_BROWSER = "site: got no Chromium, expected one on the PATH: on Debian and Ubuntu `apt-get install chromium`"

# Moves a slider by one step at a time, there and back; milliseconds from each step until its frame is due.
STEP = """async ([number, of]) => {
  const slider = document.querySelectorAll(".vega input[type=range]")[number];
  const view = slider.closest(".vega").view, spent = [];
  for (let step = 1; step <= of; step++) {
    const began = performance.now();
    step % 20 < 10 ? slider.stepUp() : slider.stepDown();
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    await view.runAsync();
    await new Promise(requestAnimationFrame);
    spent.push(performance.now() - began);
  }
  return spent;
}"""
DRAWN = "[...document.querySelectorAll('.vega')].every(place => place.view)"


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window; ends with one line where there is none."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def site(note: Note, scratch: str) -> None:
    """How long the site of the canonical records takes to build, its lessons to load, and their sliders to answer."""
    (Path(scratch) / "runs").symlink_to(project.RESULTS / "runs")
    build = ("-m", "mirage.cli.site", f"results_dir={scratch}")
    note("the site of all lessons, from records", command(*build)[0], "s", "at most 60")
    note("the site again, no chart changed", command(*build)[0], "s", "at most 10")
    with chromium() as browser:
        for lesson in LESSONS:
            _page(note, browser, Path(scratch) / "site" / "lessons" / f"{lesson}.html")


def _page(note: Note, browser: Any, file: Path) -> None:
    name = f"page {file.stem}"
    note(f"{name}: size", file.stat().st_size / 1e3, "kB", "at most 1500")
    spent, slow = [], []
    for _ in range(LOADS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})  # with a cache of its own
        shown = context.new_page()
        shown.goto(file.as_uri())
        _wait(shown)
        spent.append(shown.evaluate("Math.max(...performance.getEntriesByName('drawn').map(one => one.startTime))"))
        sliders = shown.locator(".vega input[type=range]").count()
        slow += [took for number in range(sliders) for took in shown.evaluate(STEP, [number, STEPS])]
        context.close()
    note(
        f"{name}: opened for the first time until its charts are drawn",
        statistics.median(spent) / 1e3,
        "s",
        "at most 1",
    )
    if slow:
        note(f"{name}: a step of a slider until the next frame", statistics.median(slow), "ms", "at most 50")
        note(f"{name}: the slowest of {len(slow)} steps", max(slow), "ms")


def _wait(shown: Any) -> None:
    """Until all charts are drawn. Playwright's own way evaluates text, which the pages forbid."""
    while not shown.evaluate(DRAWN):
        shown.wait_for_timeout(20)


def picture(site: Path, file: Path) -> None:
    """The index and a lesson of a site side by side, as a PNG of few colours."""
    whole = Image.new("RGB", (2 * WIDTH + GAP, HEIGHT), "#999999")
    with chromium() as browser:
        for place, (page, seen) in enumerate((("index", "h1"), (f"lessons/{PICTURED}", "figure.chart"))):
            shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            shown.goto((site / f"{page}.html").as_uri())
            _wait(shown)
            shown.locator(seen).first.evaluate("place => scrollTo(0, place.getBoundingClientRect().top - 160)")
            shown.wait_for_timeout(500)
            whole.paste(Image.open(io.BytesIO(shown.screenshot())), (place * (WIDTH + GAP), 0))
    content = io.BytesIO()
    whole.quantize(COLOURS).save(content, "png", optimize=True)
    write_bytes(file, content.getvalue())


def main() -> None:
    """Take the picture of the site that stands in results/site."""
    site, file = project.RESULTS / "site", project.RESULTS / "figures" / "site.png"
    if not (site / "index.html").exists():
        sys.exit(f"site: got no {site / 'index.html'}, expected a built site: make site")
    picture(site, file)
    print(f"figure      {file}")


if __name__ == "__main__":
    main()
