"""The README: its numbers are those of the tables, and its commands work."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_launchers import LAUNCHERS

import readme
import run

BLOCKS = re.findall(r"```bash\n(.*?)```", readme.README.read_text(), re.DOTALL)
COMMANDS = [line.partition("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
LAUNCHED = [command for command in COMMANDS if "hydra/launcher=" in command]  # tried in test_launchers.py
RUNS = [command for command in COMMANDS if command.startswith("python -m run") and command not in LAUNCHED]
MAKES = [command for command in COMMANDS if command.startswith("make ")]


def test_its_numbers_are_those_of_the_committed_tables() -> None:
    text = readme.README.read_text()
    assert readme.filled(text, readme.TABLES) == text, "type: make tables"


@pytest.mark.parametrize("lesson", run.LESSONS)
def test_the_numbers_of_a_lesson_are_those_of_the_committed_tables(lesson: str) -> None:
    source = run.lesson_file(lesson).read_text()
    assert readme.lesson_filled(source, lambda: readme.outcome(lesson, readme.TABLES)) == source, "type: make tables"


ROW = {
    "claim": "dropout-lowers-test-error", "lesson": "dropout", "scenario": "dropout", "kind": "as_written",
    "article": "1", "example": "2", "basis": "stated", "text": "Dropout lowers a|b.", "effect": "-0.25",
    "ci_low": "-0.3", "ci_high": "-0.2", "margin": "0.1", "n": "30", "agree": "1", "scope": "data",
    "verdict": "supported", "reason": "p = 0.01",
}  # fmt: skip
NUMBER = "-0.25 (-0.3 to -0.2, 30 seeds)"
UNTESTED = ROW | dict.fromkeys(("effect", "ci_low", "ci_high", "margin", "n", "agree"), "")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ROW, f"As written it holds (FORMULA): the difference is {NUMBER}, more than the margin of 0.1."),
        (
            ROW | dict.fromkeys(("effect", "ci_low", "ci_high"), "0.05") | {"kind": "controlled"},
            "In the controlled experiment it holds (FORMULA): the difference is 0.05 in each of 30 seeds, "
            "within the margin of 0.1.",
        ),
        (
            ROW | {"verdict": "contradicted"},
            f"As written it fails (FORMULA): the difference is {NUMBER}, against it by more than the margin of 0.1.",
        ),
        (
            ROW | {"verdict": "negligible", "effect": "-0.250049"},
            f"As written it fails (FORMULA): the difference is {NUMBER}, too small to matter beside the margin of 0.1.",
        ),
        (
            ROW | {"verdict": "inconclusive"},
            f"As written it stays open (FORMULA): the difference is {NUMBER}, too uncertain for a margin of 0.1.",
        ),
        (
            ROW | {"verdict": "inconclusive", "reason": "5 of 30 pairs undefined, more than a tenth"},
            "As written it stays open (FORMULA): 5 of 30 pairs undefined, more than a tenth.",
        ),
        (
            UNTESTED | {"verdict": "untestable", "reason": "It has no such arm.; design: Add one."},
            "As written it cannot be tested: It has no such arm.",
        ),
    ],
)
def test_a_sentence_follows_the_verdict(row: dict[str, str], expected: str) -> None:
    assert readme.sentence(row, "FORMULA") == expected


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A ledger of three claims on one lesson: tested both ways, as written only (and in no figure), and ours."""
    controlled = {"kind": "controlled", "scenario": "dropout_controlled"}
    once = {"claim": "in-no-figure", "text": "Tested once."}
    ours = {"claim": "our-check", "text": "A check.", "basis": "ours"}
    rows = [
        ROW,
        ROW | once,
        UNTESTED | ours | {"verdict": "untestable", "reason": "Not there."},
        ROW | controlled | {"verdict": "negligible"},
        UNTESTED | once | controlled | {"verdict": "untestable", "reason": "Not there."},
        ROW | ours | controlled | {"verdict": "inconclusive"},
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "claims.csv", index=False)
    return tmp_path


def test_the_ledger_counts_what_became_of_the_articles_claims_and_lists_all(tables: Path) -> None:
    lines = readme.ledger(tables).splitlines()
    assert lines[0] == "The articles make 2 claims that can be told apart; 1 more are ours, to check the experiments."
    assert "| as written | 2 (100%) | 0 (0%) | 0 (0%) | 0 (0%) |" in lines
    assert "| controlled | 0 (0%) | 1 (50%) | 0 (0%) | 1 (50%) |" in lines
    [row] = [line for line in lines if line.startswith("| [dropout]")]
    assert row == (
        "| [dropout](experiments/dropout.py) | 1, 2 | Dropout lowers a\\|b. | ✓ supported | ≈ negligible "
        "| 2 / 0 | 0 / 1 | 0 / 1 | 1 / 1 |"
    )
    assert "| A check. *(ours)* | – untestable | ? inconclusive |" in lines
    assert [line for line in lines if "summary" in line] == ["<details><summary>dropout: all 3 claims</summary>"]


def test_a_lessons_outcome_has_all_claims_that_were_tested_those_of_its_figure_first_and_ours_last(
    tables: Path,
) -> None:
    text = readme.outcome("dropout", tables)
    assert max(map(len, text.splitlines())) <= 100
    articles, _, ours = text.partition("\n\nChecks of ours:\n")
    items = [" ".join(item.split()) for item in (articles + ours).split("\n- ")[1:]]
    assert [item.partition(".")[0] for item in items] == ["Dropout lowers a|b", "Tested once", "A check"]
    assert "A check" in ours
    [claim] = [claim for claim in run.claims_of("dropout") if claim.id == ROW["claim"]]
    for row in (ROW, ROW | {"kind": "controlled", "verdict": "negligible"}):
        assert readme.sentence(row, str(claim.test(row["kind"]))) in items[0]


def test_a_generated_part_is_made_anew_and_the_rest_left_alone() -> None:
    before, after = 'r"""Why?\n\nSo.\n\n', '\n\nMore.\n"""\n\nx = 1\n'
    source = f"{before}.. generated: outcome\nold\n.. end{after}"
    once = readme.lesson_filled(source, lambda: "new")
    assert once == f"{before}.. generated: outcome\n\nnew\n\n.. end{after}"
    assert readme.lesson_filled(once, lambda: "new") == once


def test_a_lesson_without_a_generated_part_is_left_alone() -> None:
    assert readme.lesson_filled('"""Why?"""\n', lambda: "new") == '"""Why?"""\n'


@pytest.mark.parametrize("raw", ["", "r"])
def test_backslashes_and_quotes_do_not_break_a_docstring(raw: str) -> None:
    source = f'{raw}"""Why?\n\n.. generated: outcome\n.. end\n"""\n'
    text = ast.get_docstring(ast.parse(readme.lesson_filled(source, lambda: 'a \\d "b" and """c"""')))
    assert text is not None and "a \\d \"b\" and '''c'''" in text


def test_every_command_is_of_a_kind_that_is_tried_here() -> None:
    assert set(COMMANDS) == {"source .venv/bin/activate", *RUNS, *MAKES, *LAUNCHED}
    assert len(RUNS) >= 5
    for command, name in zip(LAUNCHED, LAUNCHERS, strict=True):
        environment, chosen = LAUNCHERS[name]
        python = f"{environment}/bin/python" if environment else "python"
        # A SLURM cluster is more than a test can have: its launcher is tried with processes of this machine.
        assert command.startswith(f"{python} -m run -m {chosen[0].removesuffix('_here')} ")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.mark.parametrize("command", RUNS)
def test_a_run_of_the_readme_works(command: str, elsewhere: Path) -> None:
    """As written but for fewer epochs, so that it takes seconds, and a results folder of its own."""
    shorter = re.sub(r" training.epochs=\d+", "", command)
    less = ["training.epochs=2", *(["replicates=3"] if "+sweep=" in command else [])]
    words = [sys.executable, *shlex.split(shorter)[1:], *less, f"results_dir={elsewhere / 'results'}"]
    ran = subprocess.run(words, cwd=elsewhere, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "figure " in ran.stdout and Path(re.findall(r"figure +(\S+png)", ran.stdout)[0]).is_file()
    assert {p.name for p in elsewhere.iterdir()} == {"results"}, "something was left where the command was typed"


@pytest.mark.parametrize("command", MAKES)
def test_a_target_of_the_readme_exists(command: str) -> None:
    listed = subprocess.run(["make"], cwd=readme.run.ROOT, capture_output=True, text=True, check=True).stdout
    assert f"{' '.join(command.split()[:2])} " in listed


def test_its_pictures_and_links_exist() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", readme.README.read_text()):
        assert (readme.run.ROOT / target).exists(), target
