"""Every command that is shown, in README, docs, lessons and --help: bash and zsh take it alike, and it works."""

import functools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from helpers import ROOT, trained_and_read, typed

import mirage
from mirage.cli import launch
from mirage.cli.help import HELP
from mirage.config import compose, project, sweeping
from mirage.config.typed import Typed, parse

FILES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "results/README.md")
PAGES = [page for page in (*FILES, *sorted((ROOT / "docs").glob("*.md"))) if page.is_file()]
RUN = r"(?:(?:\.venv[\w-]*/bin/)?python -m run|mirage)"
PLACEHOLDERS = re.compile(r"\b(?:NAME|KEY|VALUE|DIR|SCENARIO|OTHER)\b")


def shown(text: str) -> list[str]:
    """The commands in a text, without comments: runs on a line of their own, lines of code, what is in backticks."""
    code = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) + re.findall(r"^ {4}(.*)$", text, re.MULTILINE)
    found = re.findall(rf"^ *(?:\$ )?({RUN} .*)$", text, re.MULTILINE)
    found += re.findall(r"^((?:make|source) .*)$", "\n".join(code), re.MULTILINE)
    found += re.findall(rf"`((?:{RUN}|make|source) [^`\n]+)`", text)
    return list(dict.fromkeys(re.split(r" {2,}", line.strip())[0] for line in found))


CELLS = re.compile(r"^```python\n.*?^```$", re.MULTILINE | re.DOTALL)
LESSONS = {name: CELLS.sub("", mirage.lesson(name).text) for name in project.lessons()}
SOURCES = {"help": HELP, **{str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}, **LESSONS}
COMMANDS = [(source, command) for source, text in SOURCES.items() for command in shown(text) if "..." not in command]


# Settings that are shown alone, to be typed after a command: of these only lists are anything to a shell.
ALONE = re.compile(r"(?<=[ `])'?[\w.+/]+=\[[^\]\n:]*\]'?(?=[ `\n])")
SETTINGS = [(source, f"python -m run {word}") for source, text in SOURCES.items() for word in ALONE.findall(text)]


# Those that can be run as they stand; those of docs/adding.md need what it adds: see test_adding.py.
RUNS = [
    (source, command)
    for source, command in COMMANDS
    if re.match(RUN, command) and not PLACEHOLDERS.search(command) and source != "docs/adding.md"
]


def test_there_are_commands_of_every_source() -> None:
    found = {source for source, _ in COMMANDS}
    assert {"help", "README.md", *LESSONS} <= found and len(RUNS) >= 3 * len(LESSONS) + 8


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_offers_three_things_to_try(lesson: str) -> None:
    assert len(shown(LESSONS[lesson])) == len([command for source, command in RUNS if source == lesson]) == 3


SPY = """
for program in python make mirage source; do
    eval "$program() { printf '%s\\\\n' $program \\"\\$@\\"; }"
done
"""


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_hands_over_the_words_as_they_are_shown(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        assert "CI_NEEDS_ZSH" not in os.environ, "zsh is not installed"
        pytest.skip(f"{shell} is not installed")
    for source, command in COMMANDS + SETTINGS:
        line = re.sub(r"^\.venv[\w-]*/bin/", "", command)
        words = [shell, *(["-f"] if shell == "zsh" else ["--norc"]), "-c", f"{SPY}\n{line}"]
        ran = subprocess.run(words, cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert (ran.returncode, ran.stderr) == (0, ""), f"{source}: {command}"
        assert ran.stdout.splitlines() == shlex.split(line), f"{source}: {command}"


def test_targets_of_make_exist() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    for source, command in COMMANDS:
        for target in re.findall(r"^make ([a-z][a-z-]*)", command):
            assert re.search(rf"^make {target} ", listed, re.MULTILINE), f"{source}: {command}"


FLAGS = {"-m", "--multirun"}
ASKING = ("--help", "--cfg", "--diff", "--hydra-help")
FEW = 8  # networks up to which `model.fit`, which compiles nothing, is quicker than a stack


def words_of(command: str) -> list[str]:
    """What stands after `python -m run` or `mirage`."""
    words = shlex.split(command)
    return words[1:] if words[0] == "mirage" else words[3:]


def jobs_of(words: Sequence[str]) -> list[list[Typed]]:
    """The jobs of a command, each as what would have been typed for it alone."""
    if not FLAGS & set(words):
        return [parse(words)]
    typed = launch.parsed([word for word in words if word not in FLAGS])
    return sweeping.sweep_jobs([one for one in typed if not one.of_hydra])


def asks(words: Sequence[str]) -> bool:
    return any(word in ASKING for word in words)


def test_every_run_is_a_plan() -> None:
    load = functools.cache(compose.load)
    for source, command in RUNS:
        words = words_of(command)
        if not asks(words):
            try:
                plans = [compose.plan_of(job, load=load) for job in jobs_of(words)[:40]]
            except mirage.ConfigError as error:
                raise AssertionError(f"{source}: {command}: {error}") from None
            assert all(plan.seeds and plan.arms for plan in plans)


def reduced(words: Sequence[str]) -> list[str]:
    """A command's first job with one seed, one epoch for every arm that is trained by epochs, and no figures."""
    others = ("replicates", "steps", "sweep", "device", "training.engine", "training.epochs")
    kept = [one for one in jobs_of(words)[0] if one.key not in others and not one.key.endswith(".training.epochs")]
    less = [one.text for one in kept] + ["replicates=1", "steps=[train,tables]"]

    arms = compose.plan_of(parse(less)).arms
    networks = [name for name, arm in arms.items() if arm.training is not None]
    less += [f"arms.{name}.training.epochs=1" for name in networks]
    few = sum(arm.model.models for arm in arms.values()) <= FEW
    return [*less, *([f"training.engine={'fit' if few else 'stacked'}"] if len(networks) == len(arms) else [])]


QUICK = [run for run in RUNS if run[0] in ("imbalance", "ridge_lasso")][1:5:2]  # models that train in no time
TRIED = [
    pytest.param(*run, marks=[] if run in QUICK else pytest.mark.slow, id=f"{run[0]}-{n}") for n, run in enumerate(RUNS)
]


@pytest.mark.parametrize(("source", "command"), TRIED)
def test_every_run_works_shortened(source: str, command: str, tmp_path: Path) -> None:
    words = words_of(command)
    if asks(words):
        status, out, err = typed(*words)
        assert (status, err) == (0, "") and out
        return
    short = [word for word in reduced(words) if "results_dir=" not in word]
    status, out, err = typed(*short, f"results_dir={tmp_path}")
    assert status == 0, f"{command}: {err}"
    assert sum(trained_and_read(out)) and list(tmp_path.glob("custom/*.csv"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pictures_and_links_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert re.match(r"https?:", target) or (page.parent / target).exists(), target
