"""What the doctor's reports look like from outside: pages, notebooks, streams, exit statuses, accepted findings."""

import html.parser
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import ROOT

from mirage.doctor import examine
from mirage.doctor.command import main

EVIL = ["<script>alert(1)</script>", "b&amp;\"'", "{{ 7 * 7 }}", "\x1b[2J", "\u202egnp", "\ud800", "猫"]
LABELS = np.random.default_rng(0).integers(0, 2, 80)
REVERSED = "y_true,score\n" + "".join(f"{y},{0.9 - 0.8 * y:.1f}\n" for y in LABELS)  # certain
SCORE = np.where(LABELS, np.linspace(0.6, 1, 80), np.linspace(0, 0.4, 80))
MISPLACED = {"y_true": LABELS, "score": SCORE, "y_pred": (SCORE > 0.95).astype(int)}  # likely


def evil() -> Any:
    """A report in which names of others stand wherever they can."""
    y = np.repeat(EVIL, 12)
    handed = {"y_true": y, "y_pred": np.roll(y, 7), "id": [EVIL[0]] * len(y)}
    return examine(handed, accepted={"shifted-rows": EVIL[0]})


class Tags(html.parser.HTMLParser):
    """The tags of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_nothing_of_a_name_becomes_part_of_a_page() -> None:
    report = evil()
    plain = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "div", "p", "strong", "em", "ul", "li"}
    for text in (report.to_html(), report._repr_html_()):
        found = Tags(text)
        assert found.tags <= plain
        assert found.attributes <= {"lang", "charset", "name", "content", "http-equiv", "class"}
        assert "&lt;script&gt;" in text and "49" not in text and text.encode("utf-8")
        assert not any(sign in text for sign in "\x1b\u202e\ud800")


def test_a_page_needs_nothing_else_and_a_notebooks_part_is_no_page() -> None:
    page, part = evil().to_html(), evil()._repr_html_()
    assert "default-src 'none'" in page and "@media print" in page and "http://" not in page and "src=" not in page
    assert "<html" not in part and "<style" not in part and part.startswith("<div")


def test_what_would_tell_several_causes_is_said_once() -> None:
    report = examine({"y_true": LABELS, "y_pred": LABELS})
    for needs in report.needed:
        assert report.to_html().count(needs.split(",")[0]) >= 1
    listed = sorted(cause for causes in report.needed.values() for cause in causes)
    assert listed == sorted(report.cannot_tell) and len(report.needed) < len(listed)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("how", [[], ["--json"]])
def test_names_that_a_terminal_cannot_show_do_no_harm(tmp_path: Path, encoding: str, how: list[str]) -> None:
    file = tmp_path / "p.csv"
    file.write_text("y_true,y_pred\n" + "猫,ねこ\n犬,いぬ\n" * 30, encoding="utf-8")
    words = [sys.executable, "-m", "mirage.doctor", str(file), *how]
    done = subprocess.run(words, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, b"")
    if how:
        assert "猫" in json.loads(done.stdout)["findings"][0]["evidence"][0]["text"]


def files(folder: Path) -> dict[str, str]:
    import pandas as pd

    (folder / "certain.csv").write_text(REVERSED)
    pd.DataFrame(MISPLACED).to_csv(folder / "likely.csv", index=False)
    (folder / "none.csv").write_text("y_true,score\n" + "".join(f"{y},{0.1 + 0.8 * y:.1f}\n" for y in LABELS))
    return {file.stem: str(file) for file in folder.glob("*.csv")}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("certain", [0, 1, 1, 1]), ("likely", [0, 0, 1, 1]), ("none", [0, 0, 0, 0])],
)
def test_the_status_is_0_unless_something_so_sure_was_to_fail(tmp_path: Path, name: str, expected: list[int]) -> None:
    file = files(tmp_path)[name]
    asked = [[], ["--fail-on", "certain"], ["--fail-on", "likely"], ["--fail-on", "possible"]]
    assert [main([file, *words]) for words in asked] == expected


def test_bad_words_are_one_line_and_status_2(tmp_path: Path, capsys: Any) -> None:
    file = files(tmp_path)["certain"]
    for words in (["--fail-on", "sure\n"], ["--batch-size", "ten"], ["--nonsense"], ["--html"]):
        with pytest.raises(SystemExit) as stopped:
            main([file, *words])
        assert stopped.value.code == 2 and capsys.readouterr().err.count("\n") == 1
    assert main([str(tmp_path / "missing.csv"), "--fail-on", "possible"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_finding_is_answered_by_a_file_or_a_word_which_counts_more(tmp_path: Path, capsys: Any) -> None:
    file, answers = files(tmp_path)["certain"], tmp_path / "known.txt"
    answers.write_text("\ufeff# what we know\n\nreversed-classes = the score is of class 0 = no\nshifted-rows=never\n")
    assert main([file, "--fail-on", "possible", "--accept-from", str(answers), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accepted"] == ["reversed-classes"] and found["findings"] == []
    assert main([file, "--accept-from", str(answers), "--accept", "reversed-classes=asked again"]) == 0
    assert "Accepted: reversed-classes (asked again)" in capsys.readouterr().out
    for text in ("reversed-classes\n", "no-such-cause=x\n"):
        answers.write_text(text)
        assert main([file, "--accept-from", str(answers)]) == 2
    answers.write_bytes(b"\xff\n")
    assert main([file, "--accept-from", str(answers)]) == 2
    assert capsys.readouterr().err.count("\n") == 3
