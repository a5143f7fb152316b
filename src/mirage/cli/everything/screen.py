"""What `make all` says: what is to do, how long it may take, and at the end one screen."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from mirage.claims.claims import KINDS, WORDS
from mirage.cli.everything.planning import Todo
from mirage.figures.palette import VERDICT_SIGNS

LISTED = 3  # files that are named one by one


def to_do(work: Todo, documents: bool, cores: int) -> str:
    """What is to do, in a line."""
    replicates = sum(training.replicates for training in work.trainings)
    kinds = Counter(product.kind for product in work.products)
    parts = [f"{replicates} of {work.replicates} replicates to train"] if replicates else []
    parts += [f"{count} {kind}{'s' * (count > 1)}" for kind, count in kinds.items()]
    parts += ["the documents"] if documents else []
    if not parts:
        return f"up to date  {work.replicates} replicates, every checksum verified, and all that is made from them"
    return f"to do       {', '.join(parts)}, on {cores} core{'s' * (cores > 1)}"


def estimated(seconds: float, speed: float) -> str:
    """How long all may take, in a line."""
    took = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
    return (
        f"estimate    about {took} for all (its first stack took {speed:.2g} times what the benchmark's machine took)"
    )


def counts(claims: Path, scenarios: Iterable[str]) -> Table | None:
    """How many claims have which verdict, by kind of scenario; None where none is judged."""
    if not claims.is_file():
        return None
    with claims.open(encoding="utf-8", newline="") as text:
        chosen = set(scenarios)
        found = Counter((row["kind"], row["verdict"]) for row in csv.DictReader(text) if row["scenario"] in chosen)
    if not found:
        return None
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    words = [word for word in WORDS if any(found[kind, word] for kind in KINDS)]
    shown.add_column("verdicts   ")
    for word in words:
        shown.add_column(f"{VERDICT_SIGNS[word]} {WORDS[word]}", justify="right")
    for kind in KINDS:
        if any(found[kind, word] for word in words):
            shown.add_row(kind.replace("_", " "), *(str(found[kind, word] or "") for word in words))
    return shown


def written(files: Sequence[Path], notes: Sequence[str]) -> list[str]:
    """What was written, and why something was not, a line each."""
    kinds = Counter("tables" if file.suffix == ".csv" else "figures" if _drawn(file) else "documents" for file in files)
    lines = [f"written     {', '.join(f'{count} {kind}' for kind, count in kinds.items())}"] if files else []
    more = [f"not written {note}" for note in notes]
    return (
        lines + more[:LISTED] + ([f"            and {len(more) - LISTED} more, see the log"] if more[LISTED:] else [])
    )


def _drawn(file: Path) -> bool:
    return file.suffix in (".png", ".svg")


def time_by_phase(wall: float, spent: Mapping[str, float]) -> str:
    """Where the time went, in a line."""
    listed = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent.items() if seconds >= 0.05)
    return f"time        {wall:.1f} s; by phase, all cores added up: {listed}"
