"""What a run says in the terminal: progress while it trains, then its table."""

import codecs
import multiprocessing
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from mirage.claims.claims import WORDS

if TYPE_CHECKING:
    import pandas as pd

# Wide enough for every number: in a narrower terminal, and in a file, lines are rather long than cut.
NARROWEST = 110
SECONDS_BETWEEN_LINES = 60

# What stands for a sign that a terminal's encoding lacks.
SIGNS = {
    "✓": "+",
    "✗": "x",
    "≈": "~",
    "–": "-",
    "−": "-",
    "±": "+-",
    "→": "->",
    "←": "<-",
    "×": "x",
    "─": "-",
    "…": "...",
}


def _another_sign(error: UnicodeError) -> tuple[str, int]:
    """A sign that can be printed, for one that cannot: a question mark where nothing comes near it."""
    assert isinstance(error, UnicodeEncodeError)
    signs = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign, "?") for sign in signs), error.end


def print_any_sign() -> None:
    """Let standard output and error print another sign for one that their encoding lacks, instead of failing."""
    codecs.register_error("mirage-another-sign", _another_sign)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="mirage-another-sign")


def console(stderr: bool = False) -> Console:
    """Where text is printed as it is: names, settings and data are never markup."""
    width = None if stderr else max(NARROWEST, get_terminal_size((NARROWEST, 24)).columns)
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)


@contextmanager
def progress(totals: Mapping[str, int]) -> Iterator[Callable[[str, int], None]]:
    """How far training is, and the time left; yields advance(arm, epochs). On standard error.

    In a terminal a bar for every arm, counting epochs times stacks. Elsewhere, as in a cluster's log or in a worker
    that has others beside it, a line every minute.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} epochs", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    err = console(stderr=True)
    bare = not err.is_terminal or multiprocessing.parent_process() is not None
    with Progress(*columns, console=err, transient=True, disable=bare) as bars:
        rows = {arm: bars.add_task(f"training {arm}", total=total) for arm, total in totals.items()}
        lines = _lines(sum(totals.values()), err)

        def advance(arm: str, epochs: int) -> None:
            bars.advance(rows[arm], epochs)
            if bare:
                lines(epochs)

        yield advance


@contextmanager
def overall(total: float) -> Iterator[tuple[Console, Callable[[float], None]]]:
    """How far many jobs are together, and the time left: one bar, or a line every minute. On standard error.

    Yields the console to print on meanwhile, and advance(seconds): `total` is the seconds of a core they should take.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%"))
    err = console(stderr=True)
    bare = not err.is_terminal
    with Progress(
        *columns,
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=bare,
    ) as bars:
        row, lines = bars.add_task("everything", total=total), _lines(total, err, "so far")

        def advance(seconds: float) -> None:
            bars.advance(row, seconds)
            if bare:
                lines(seconds)

        yield err, advance


def _lines(total: float, err: Console, name: str = "training") -> Callable[[float], None]:
    """A function that counts what is done and says so once a minute."""
    began = said = time.monotonic()
    done, lock = 0.0, threading.Lock()

    def count(more: float) -> None:
        nonlocal done, said
        with lock:
            done = min(total, done + more)  # a stack that is tried again seed by seed would count twice
            now = time.monotonic()
            if done and now - said >= SECONDS_BETWEEN_LINES:
                said = now
                err.print(f"{name:<11} {done / total:.0%} done, {time_left((now - began) / done * (total - done))}")

    return count


def paragraph(label: str, text: str) -> str:
    """A text beside its label, wrapped to the terminal."""
    width = min(NARROWEST, get_terminal_size((NARROWEST, 24)).columns)
    indent = " " * 12
    return textwrap.fill(
        text, max(width, 40), initial_indent=f"{label:<12}", subsequent_indent=indent, break_long_words=False
    )


def time_left(seconds: float) -> str:
    """A time that is left, in words: seconds up to a hundred, then minutes."""
    return f"about {seconds:.0f} s left" if seconds < 100 else f"about {seconds / 60:.0f} min left"


def _shown(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.4g}"


def _alike(summary: "pd.DataFrame", arms: Sequence[str]) -> "pd.DataFrame":
    """Name a reference once where it scores the same beside every arm (they share their data)."""
    import pandas as pd

    numbers = [c for c in summary.columns if c != "arm"]
    by_reference: dict[str, list[pd.DataFrame]] = {}
    for arm, group in summary.groupby("arm", sort=False):
        if ":" in str(arm):
            by_reference.setdefault(str(arm).split(":")[1], []).append(group)
    parts = [summary[summary["arm"].isin(arms)]]
    for reference, groups in by_reference.items():
        same = all(groups[0][numbers].reset_index(drop=True).equals(g[numbers].reset_index(drop=True)) for g in groups)
        parts += [groups[0].assign(arm=reference)] if same else groups
    return pd.concat(parts)


def table(title: str, summary: "pd.DataFrame", arms: Sequence[str], show: Sequence[str], seeds: Sequence[int]) -> Table:
    """A summary as a table: one value a line for a single seed, else mean, sd and interval.

    Of the metrics of a split only those in `show` are listed, of a reference only the first of them.
    """
    many = len(seeds) > 1
    over = f"seeds {seeds[0]} to {seeds[-1]}" if many else f"seed {seeds[0]}"
    shown = Table(
        title=f"{title} ({over})", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name in ("arm", "split", "metric"):
        shown.add_column(name, no_wrap=True)
    for name in ("mean", "sd", "95 % interval") if many else ("value",):
        shown.add_column(name, justify="right", no_wrap=True)
    if summary["n_diverged"].any() or summary["n_undefined"].any():
        shown.add_column("note")
    of_arms = summary["arm"].isin(arms)
    listed = (summary["split"] == "model") | summary["metric"].isin(show)
    first = summary["metric"].isin(show[:1])
    summary = summary[(summary["metric"] != "diverged") & np.where(of_arms, listed, first)]
    for row in _alike(summary, arms).to_dict("records"):
        notes = []
        if row["n_diverged"]:
            notes.append(f"{row['n_diverged']} of {len(seeds)} diverged" if many else "diverged")
        if row["n_undefined"]:
            notes.append(f"{row['n_undefined']} undefined" if many else "undefined")
        cells = [str(row[name]) for name in ("arm", "split", "metric")]
        cells.append("-" if not row["n"] and row["n_diverged"] else _shown(row["mean"]))
        if many:
            both = f"{_shown(row['ci_low'])} to {_shown(row['ci_high'])}" if row["n"] > 1 and row["sd"] else "-"
            cells += [_shown(row["sd"]) if row["n"] > 1 else "-", both]
        shown.add_row(*cells, *([", ".join(notes)] if len(shown.columns) > len(cells) else []))
    return shown


def sweep(title: str, file: Path, arms: Sequence[str], show: Sequence[str]) -> Table:
    """The table of a sweep in short: a line for each value, arm and split, with the means of the metrics in `show`."""
    import pandas as pd

    rows = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    keys = list(rows.columns[: rows.columns.get_loc("arm")])
    rows = rows[rows["arm"].isin(arms) & rows["metric"].isin(show)]
    shown = Table(
        title=f"{title}: means", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name in (*keys, "arm", "split"):
        shown.add_column(name, overflow="fold")
    for name in show:
        shown.add_column(name, justify="right", no_wrap=True)
    for place, part in rows.groupby([*keys, "arm", "split"], sort=False):
        means = dict(zip(part["metric"], part["mean"], strict=True))
        shown.add_row(*map(str, place), *(_shown(float(means[name])) if means.get(name) else "-" for name in show))
    return shown


def verdicts(judged: "pd.DataFrame") -> Table:
    """The verdicts on a lesson's claims that this scenario tests."""
    shown = Table(title="Claims", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name, justify in (("claim", "left"), ("effect", "right"), ("interval", "right"), ("verdict", "left")):
        shown.add_column(name, justify=justify, no_wrap=name != "claim")  # type: ignore[arg-type]
    for row in judged.to_dict("records"):
        both = f"{_shown(row['ci_low'])} to {_shown(row['ci_high'])}"
        shown.add_row(str(row["text"]), _shown(row["effect"]), both, WORDS[row["verdict"]])
    return shown


def difference(rows: Sequence[tuple[str, str, str]], one: str, other: str) -> Table:
    """What two scenarios differ in: setting, one, other."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("setting", one, other):
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown
