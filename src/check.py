"""Makes everything again in a scratch folder and holds each number against the committed tables: `make check`."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import run
from mirage import terminal

# Trained in seconds: by scikit-learn, and one network of every kind of article.
QUICK = ("imbalance", "ridge_lasso", "ridge_lasso_controlled", "metric_choice")
WORKERS = ("hydra/launcher=joblib",)  # as make all
TOLERATED = 0.1  # of a claim's margin: how far its effect may move


@dataclass(frozen=True)
class Compared:
    """What comparing two sets of tables gave. `problems` are what makes the check fail."""

    numbers: int
    equal: int
    largest: float
    where: str
    problems: list[str]


def _scenario_tables(folder: Path) -> list[str]:
    return [name for name in run.SCENARIOS if (folder / f"{name}.csv").exists()]


def compare(committed: Path, again: Path) -> Compared:
    """Compare the tables of two folders, as far as the second has them.

    Numbers are compared as text (equal to the byte) and, where they differ, by how far apart they are relative to the
    larger. Problems are rows or tables that only one side has, verdicts that changed, and effects that moved by more
    than a tenth of their margin.
    """
    numbers = equal = 0
    largest, where = 0.0, ""
    problems = []
    for name in _scenario_tables(again):
        if not (committed / f"{name}.csv").exists():
            problems.append(f"{name}: no committed table")
            continue
        key = ["arm", "split", "metric"]
        old, new = (
            pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False).set_index(key)
            for folder in (committed, again)
        )
        for only in sorted(set(old.index) ^ set(new.index)):
            problems.append(f"{name}: {', '.join(only)} is in one table only")
        both = old.index.intersection(new.index)
        before, after = old.loc[both], new.loc[both]
        same = (before == after).to_numpy()
        numbers, equal = numbers + same.size, equal + int(same.sum())
        for row, column in np.argwhere(~same):
            one, other = (float(side.iloc[row, column] or "nan") for side in (before, after))
            apart = abs(one - other) / max(abs(one), abs(other))
            if not apart <= largest:  # also where one of them is not there
                largest, where = apart, f"{name}: {', '.join(both[row])}, {before.columns[column]}: {one} and {other}"
    return Compared(numbers, equal, largest, where, problems + _claims(committed, again))


def _claims(committed: Path, again: Path) -> list[str]:
    """Verdicts that changed, and effects that moved by more than a tenth of their margin."""
    old, new = (
        {
            (row["kind"], row["lesson"], row["claim"]): row
            for row in pd.read_csv(folder / "claims.csv").to_dict("records")
        }
        for folder in (committed, again)
    )
    problems = []
    for key, now in new.items():
        name, then = ", ".join(key), old.get(key)
        if then is None:
            problems.append(f"{name}: not among the committed claims")
        elif then["verdict"] != now["verdict"]:
            problems.append(f"{name}: the verdict was {then['verdict']}, is {now['verdict']}")
        elif now["verdict"] != "untestable":
            before, after, margin = then["effect"], now["effect"], now["margin"]
            stays = np.isnan(before) and np.isnan(after)
            if not stays and not abs(after - before) <= TOLERATED * margin:
                problems.append(f"{name}: the effect was {before}, is {after}, with a margin of {margin}")
    return problems


def remake(scenarios: Sequence[str], results: Path) -> None:
    """Train these scenarios over thirty seeds into an empty folder and write their tables."""
    chosen = [f"scenario={','.join(scenarios)}", "replicates=30", "steps=[train,tables]", f"results_dir={results}"]
    words = [sys.executable, "-m", "run", "-m", *WORKERS, *chosen]
    status = subprocess.run(words, stdout=subprocess.DEVNULL, cwd=run.ROOT).returncode
    if status:
        sys.exit(f"making them again ended with status {status}: see above")


def main() -> None:
    """Check all scenarios, or with the word `quick` a few; exit status 1 if anything is not as committed."""
    scenarios = QUICK if sys.argv[1:] == ["quick"] else run.SCENARIOS
    say = terminal.out.print
    with tempfile.TemporaryDirectory(prefix="mirage-check-") as scratch:
        say(f"making {len(scenarios)} of {len(run.SCENARIOS)} scenarios again")
        remake(scenarios, Path(scratch))
        found = compare(run.ROOT / "results/tables", Path(scratch) / "tables")
    say(f"numbers compared     {found.numbers}")
    say(f"equal to the byte    {found.equal}")
    say(f"largest difference   {found.largest:.2g} relative{f' ({found.where})' if found.where else ''}")
    say(f"problems             {len(found.problems)}")
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if found.problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
