"""Draws the figure and the headline picture of one lesson from records: `python experiments/NAME.py`."""

import sys
from pathlib import Path

from mirage import api
from mirage.cli import launch
from mirage.cli.job import FAILED
from mirage.cli.main import Lines, guarded


def main(file: str) -> None:
    """Draw those of the lesson whose file this is; exit status 1 where records are missing, 2 for bad input."""
    lines = guarded(lambda: command(Path(file).stem))
    for line, _ in lines:
        print(line, file=sys.stderr)
    if lines:
        sys.exit(max(status for _, status in lines))


def command(lesson: str) -> Lines:
    """Draw them, say where they are, and give the lines on what could not be drawn."""
    plans = [api.canonical(scenario, "steps=[tables]") for scenario in api.stated(lesson).scenarios.values()]
    lines: Lines = []
    for draw in (launch.draw_lesson, launch.draw_headline):
        files, why = draw(lesson, plans, True)
        for place in files:
            print(f"figure      {place}")
        lines += [(why, FAILED)] if why else []
    return lines
