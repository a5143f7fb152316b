"""Notebooks: the same bytes for the same text, cells that run from top to bottom, three seeds, the canonical figure."""

import ast
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT

from mirage.config import project
from mirage.report.numbers import Numbers

pytestmark = pytest.mark.slow

LESSONS = project.lessons()
NUMBERS = Numbers(project.RESULTS / "tables")
FEW = 5  # notebooks that are run each time; which ones, the commit decides
PACKAGES = ("jupytext", "nbformat", "nbclient", "ipykernel")


@pytest.fixture(autouse=True)
def installed() -> None:
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        assert "CI_NEEDS_NOTEBOOKS" not in os.environ, f"{', '.join(missing)} are not installed"
        pytest.skip(f"{', '.join(missing)} are not installed: type make .venv/notebooks")


def chosen() -> set[str]:
    """Some lessons, others with each commit."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, encoding="utf-8")
    return set(sorted(LESSONS, key=lambda name: hashlib.sha256(f"{asked.stdout}{name}".encode()).hexdigest())[:FEW])


def cells(text: str, kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_notebook_is_valid_and_the_same_each_time(lesson: str) -> None:
    import nbformat

    from mirage.report.notebooks import notebook

    text = notebook(lesson, NUMBERS)
    assert text == notebook(lesson, NUMBERS)
    nbformat.validate(nbformat.reads(text, as_version=4))
    code = cells(text, "code")
    for cell in code:
        ast.parse("\n".join(line for line in cell.splitlines() if not line.startswith("%matplotlib")))
    assert "import mirage" in code[0] and code[-1] == "Image(lesson.picture)" and code[-2] == "results.figure()"
    assert any("def example(" in cell for cell in code)
    prose = "\n".join(cells(text, "markdown"))
    assert prose.count("$ python -m run ") == 3 and prose.count("<details>") == prose.count("</details>")
    for cell in cells(text, "markdown"):
        assert cell.count("<details>") == cell.count("</details>")


@pytest.mark.parametrize(
    "lesson", [name if name in chosen() else pytest.param(name, marks=pytest.mark.rest) for name in LESSONS]
)
def test_a_notebook_runs_from_top_to_bottom(lesson: str, tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    from mirage.report.notebooks import notebook

    book = nbformat.reads(notebook(lesson, NUMBERS, [f"results_dir={tmp_path}"]), as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [cell for cell in book.cells if cell.cell_type == "code" and shows(cell, "image/png")]
    assert len(pictures) >= 4  # the finding, the lesson's figure, the reader's own, the lesson's figure again
    assert list(tmp_path.rglob("seed-2.npz"))


def shows(cell: Any, what: str) -> bool:
    return any(what in output.get("data", {}) for output in cell.outputs)


def test_without_the_package_a_notebook_says_how_to_get_it(tmp_path: Path) -> None:
    from mirage.report.notebooks import notebook

    first = cells(notebook(LESSONS[0], NUMBERS), "code")[0].replace("%matplotlib inline", "")
    (tmp_path / "cell.py").write_text(first, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-S", "-E", "cell.py"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert ran.returncode == 1 and ran.stderr.startswith("mirage is not installed here. Clone the project")
    assert "Traceback" not in ran.stderr
