"""A headless Chromium for tests: Debian's, through Playwright; and what a page says while it is used."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "Chromium is not installed: on Debian and Ubuntu `apt-get install chromium`, elsewhere put it on the PATH"


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser; without one the test is skipped, or fails where CI_NEEDS_CHROMIUM is set."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        (pytest.fail if os.environ.get("CI_NEEDS_CHROMIUM") else pytest.skip)(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextlib.contextmanager
def page(browser: Any, file: Path, width: int = 1280, dark: bool = False) -> Iterator[Any]:
    """A file in a window of its own, its charts drawn.

    Fails at the end if the page logged an error or a warning, or asked for anything that is not a file.
    """
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    said: list[str] = []
    shown = context.new_page()
    shown.on("console", lambda message: message.type in ("error", "warning") and said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or said.append(request.url))
    try:
        shown.goto(file.as_uri())
        until(shown, "[...document.querySelectorAll('.vega')].every(place => place.view)")
        yield shown
    finally:
        context.close()
    assert not said, said


def until(shown: Any, expression: str, seconds: float = 20) -> None:
    """Wait until an expression is true in a page. Playwright's own way evaluates text, which the pages forbid."""
    ends = time.monotonic() + seconds
    while not shown.evaluate(expression):
        assert time.monotonic() < ends, f"never true: {expression}"
        shown.wait_for_timeout(20)


def serious(shown: Any) -> list[str]:
    """What axe-core finds serious or critical in a page, a line each: rule, element."""
    axe = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
    shown.evaluate(axe)
    shown.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    found = shown.evaluate("axe.run(document, {preload: false})")["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
