"""The README: its numbers are those of the tables, and its commands work."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import readme

BLOCKS = re.findall(r"```bash\n(.*?)```", readme.README.read_text(), re.DOTALL)
COMMANDS = [line.partition("  #")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
RUNS = [command for command in COMMANDS if command.startswith("python -m run")]
MAKES = [command for command in COMMANDS if command.startswith("make ")]


def test_its_numbers_are_those_of_the_committed_tables() -> None:
    text = readme.README.read_text()
    assert readme.filled(text, readme.TABLES) == text, "type: make tables"


def test_every_command_is_of_a_kind_that_is_tried_here() -> None:
    assert set(COMMANDS) == {"source .venv/bin/activate", *RUNS, *MAKES}
    assert len(RUNS) >= 5


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.mark.parametrize("command", RUNS)
def test_a_run_of_the_readme_works(command: str, elsewhere: Path) -> None:
    """As written but for fewer epochs, so that it takes seconds, and a results folder of its own."""
    shorter = re.sub(r" training.epochs=\d+", "", command)
    words = [sys.executable, *shlex.split(shorter)[1:], "training.epochs=2", f"results_dir={elsewhere / 'results'}"]
    ran = subprocess.run(words, cwd=elsewhere, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "figure " in ran.stdout and Path(re.findall(r"figure +(\S+png)", ran.stdout)[0]).is_file()
    assert {p.name for p in elsewhere.iterdir()} == {"results"}, "something was left where the command was typed"


@pytest.mark.parametrize("command", MAKES)
def test_a_target_of_the_readme_exists(command: str) -> None:
    listed = subprocess.run(["make"], cwd=readme.run.ROOT, capture_output=True, text=True, check=True).stdout
    assert f"{command} " in listed


def test_its_pictures_and_links_exist() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", readme.README.read_text()):
        assert (readme.run.ROOT / target).exists(), target
