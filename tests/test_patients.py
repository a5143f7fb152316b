"""The page of patients: every block of code runs, in order, and prints what the page shows."""

import contextlib
import io
import re

import pytest
from helpers import ROOT

PAGE = ROOT / "docs" / "patients.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"(?<![\w-])\d[\d,]*(?:\.\d+)?")


def printed(code: str, names: dict[str, object]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, names)
    return out.getvalue()


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def test_each_patient_gets_the_answers_that_the_page_shows() -> None:
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    shown = 0
    for code, expected in blocks:
        given = printed(code, names)
        if not expected:
            assert given == ""
            continue
        shown += 1
        assert NUMBER.sub("N", given) == NUMBER.sub("N", expected)
        assert numbers(given) == pytest.approx(numbers(expected), rel=0.05)  # other machines round otherwise
    assert shown == 8
