"""Lessons read top to bottom, and what they offer to try can be tried."""

import ast
import re
import shlex
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

import run
from mirage import config

config.register()
SECTIONS = (
    "What the article says",
    "What its code shows, and why",
    "What the controlled scenario changes, and why that is fair",
    "What came out",
    "How to read the figure",
    "Three things to try",
)


FEW = 8


def text_of(lesson: str) -> str:
    text = ast.get_docstring(ast.parse(run.lesson_file(lesson).read_text()))
    assert text is not None
    return text


def to_try(lesson: str) -> list[str]:
    return re.findall(r"^ *(python -m run .*)$", text_of(lesson), re.M)


TRIES = [(lesson, command) for lesson in run.LESSONS for command in to_try(lesson)]


@pytest.mark.parametrize("lesson", run.LESSONS)
def test_a_lesson_asks_a_question_and_has_all_its_sections_in_order(lesson: str) -> None:
    text = text_of(lesson)
    assert text.splitlines()[0].endswith("?")
    found = re.findall(r"^(\S.*)\n-{5,}$", text, re.M)
    assert tuple(found) == SECTIONS
    assert len(to_try(lesson)) == 3


@pytest.mark.parametrize("lesson", run.LESSONS)
def test_what_came_out_is_generated(lesson: str) -> None:
    part = text_of(lesson).partition("What came out\n")[2].partition("How to read the figure")[0]
    assert ".. generated: outcome" in part and ".. end" in part


def reduced(overrides: list[str]) -> list[str]:
    """What makes a command small: one seed, and one epoch for every arm that is trained by epochs.

    Few networks are trained by `model.fit`, which needs no compilation; of many a stack is quicker.
    """
    words = [word for word in overrides if word != "-m"]
    single = [re.sub(r"=(\d[^,\[]*),.*", r"=\1", word) for word in words]  # of a sweep the first value
    scenario = next(word for word in single if word.startswith("scenario=")).removeprefix("scenario=").split(",")[0]
    single = [f"scenario={scenario}" if word.startswith("scenario=") else word for word in single]

    def plan(*more: str) -> config.Plan:
        with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
            return run.plan_of(compose("config", [*single, *more]), scenario, [*single, *more])

    if all(arm.training.epochs is None for arm in plan().arms.values()):
        return ["replicates=1"]
    networks = sum(arm.model.members or 1 for arm in plan().arms.values())
    less = ["training.epochs=1", f"training.engine={'fit' if networks <= FEW else 'stacked'}"]
    swept = any(word.startswith("training.epochs=") and "," in word for word in words)
    own = [name for name, arm in plan(less[0]).arms.items() if arm.training.epochs not in (None, 1)]
    return ["replicates=1", *([] if swept else less[:1]), less[1], *(f"arms.{name}.training.epochs=1" for name in own)]


@pytest.mark.parametrize(("lesson", "command"), TRIES, ids=[f"{lesson}-{n % 3}" for n, (lesson, _) in enumerate(TRIES)])
def test_what_a_lesson_offers_to_try_works(
    lesson: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = shlex.split(command)[3:]
    keys = {"replicates", "training.epochs", "training.engine"}
    kept = [word for word in overrides if word.partition("=")[0] not in keys or "," in word]
    monkeypatch.setattr(run, "failures", [])
    small = [*kept, *reduced(overrides), f"results_dir={tmp_path}", "steps=[train,tables]"]
    monkeypatch.setattr(sys, "argv", ["run", *small])
    run.main()
    assert run.failures == [] and any(tmp_path.glob("custom/*.csv")), capsys.readouterr().out
