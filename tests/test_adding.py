"""docs/adding.md: each recipe works as it stands, and adding its blocks leaves all records as they are."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import ROOT

import mirage
from mirage.records.identity import fingerprint

DOCUMENT = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|yaml|diff|text)\n# (\S+?)(, [^\n]+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCENARIOS = (
    "breast_cancer",
    "dropout_controlled",
    "smote_controlled",
)  # scikit-learn and Keras, with stages and without

# Which arms there were, and what identified their records.
UNCHANGED = """
import json, sys
import mirage
from mirage.records.identity import fingerprint

def test_the_fingerprints_of_existing_arms_are_as_before() -> None:
    assert "{root}" in mirage.__file__
    for scenario, before in json.loads('{before}').items():
        plan = mirage.plan(scenario)
        assert {{arm: fingerprint(plan.arms[arm], plan.about.vary) for arm in before}} == before
"""


FEW_EXAMPLES = """
import hypothesis

hypothesis.settings.register_profile("few", deadline=None, max_examples=5)
hypothesis.settings.load_profile("few")
"""


def fingerprints(scenario: str) -> dict[str, str]:
    plan = mirage.plan(scenario)
    return {name: fingerprint(arm, plan.about.vary) for name, arm in plan.arms.items()}


def hunks(diff: str) -> Iterator[tuple[str, str]]:
    """The text before and after each change of a diff; changes are set apart by empty lines."""
    for hunk in diff.strip("\n").split("\n\n"):
        lines = hunk.splitlines(keepends=True)
        lines[-1] = lines[-1].rstrip("\n") + "\n"
        yield ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")  # type: ignore[misc]


def write(root: Path, language: str, file: str, place: str, code: str) -> None:
    """Put a block of the document into its file below a folder."""
    there = root / file
    if language == "diff" or place:
        text = there.read_text(encoding="utf-8")
        if language == "diff":
            for before, after in hunks(code):
                assert text.count(before) == 1, f"{file}: expected once: {before}"
                text = text.replace(before, after)
        else:
            assert place == ", at the end"
            text = f"{text}\n\n{code}"
    else:
        assert not there.exists(), f"{file}: the recipe's name is taken"
        text = code
    there.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with everything that the document adds."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("src", "conf", "experiments"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "tests").mkdir()
    (root / "tests" / "conftest.py").write_text(FEW_EXAMPLES, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "test_metrics.py", root / "tests")
    for language, file, place, code in BLOCK.findall(DOCUMENT):
        write(root, language, file, place, code)
    return root


def test_each_recipe_has_code_and_a_test() -> None:
    files = [file for _, file, _, _ in BLOCK.findall(DOCUMENT)]
    for needed in ("data/laws/", "models/kinds/", "metrics/", "metrics/references", "data/stages/"):
        assert any(file.startswith(f"src/mirage/{needed}") for file in files), needed
    assert {"experiments/quadrants.md", "experiments/quadrants.py", "conf/claims/quadrants.yaml"} <= set(files)
    kinds = "data law|model kind|metric|reference|stage|lesson"
    parts = re.split(rf"^## (?=A (?:{kinds})$)", DOCUMENT, flags=re.MULTILINE)[1:]
    assert len(parts) == 6 and all("# tests/test_" in part for part in parts)


def test_recipes_work_and_change_no_existing_record(copy: Path) -> None:
    before = json.dumps({scenario: fingerprints(scenario) for scenario in SCENARIOS})
    unchanged = UNCHANGED.format(root=copy / "src", before=before)
    (copy / "tests" / "test_unchanged.py").write_text(unchanged, encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "tests"]
    env = os.environ | {"PYTHONPATH": str(copy / "src")}
    ran = subprocess.run(words, cwd=copy, env=env, capture_output=True, encoding="utf-8", timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("words", [["check"], ["format", "--check"]], ids=["check", "format"])
def test_the_code_has_the_style_of_the_house(copy: Path, words: list[str]) -> None:
    recipes = [file for language, file, _, _ in BLOCK.findall(DOCUMENT) if language == "python"]
    ruff = [sys.executable, "-m", "ruff", *words, "--no-cache", *recipes]
    ran = subprocess.run(ruff, cwd=copy, capture_output=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stdout
