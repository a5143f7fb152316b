"""Makes everything again in a scratch folder and compares it with the committed tables: `make check`.

`python -m mirage.cli.check [quick] [exact]`. Exact: any byte that differs, in any table but fingerprints and the
benchmark, is a problem, and is named with file, row, column and both values. With the word `fingerprints` nothing is
trained: the arms are named whose records the present code would make anew.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mirage.cli import report
from mirage.cli.job import BAD_INPUT, FAILED
from mirage.config import project
from mirage.report import check
from mirage.settings import ConfigError

# Trained in seconds: by scikit-learn, and one network of every kind of article.
QUICK = ("imbalance", "ridge_lasso", "ridge_lasso_controlled", "metric_choice")
WORDS = ("quick", "exact", "fingerprints")


def remake(scenarios: Sequence[str], sweeps: Sequence[str], results: Path) -> int:
    """Train these scenarios and ready sweeps into an empty folder and write their tables; the exit status."""
    named = [f"scenario={','.join(scenarios)}", *([f"sweep={','.join(sweeps)}"] if sweeps else [])]
    words = [sys.executable, "-m", "mirage.cli.everything", *named, "steps=[train,tables]", f"results_dir={results}"]
    return subprocess.run(words, stdout=subprocess.DEVNULL, cwd=project.ROOT).returncode


def problems(words: Sequence[str]) -> list[str]:
    """What is not as committed; says on standard output what was compared."""
    if "fingerprints" in words:
        differ = check.new_records()
        print(f"fingerprints that differ from the committed ones  {len(differ)}")
        return differ
    every = project.scenarios()
    scenarios, sweeps = (QUICK, ()) if "quick" in words else (every, project.sweeps())
    with tempfile.TemporaryDirectory(prefix="mirage-check-") as scratch:
        print(f"making {len(scenarios)} of {len(every)} scenarios and {len(sweeps)} sweeps again", flush=True)
        if status := remake(scenarios, sweeps, Path(scratch)):
            return [f"making them again ended with status {status}: see above"]
        again = Path(scratch) / "tables"
        found = check.compare(project.RESULTS / "tables", again, exact="exact" in words)
        if "quick" not in words:
            found.problems.extend(report.contradicted(again))
    print(f"numbers compared     {found.numbers}")
    print(f"equal to the byte    {found.equal}")
    print(f"largest difference   {found.largest:.2g} relative{f' ({found.where})' if found.where else ''}")
    print(f"problems             {len(found.problems)}")
    return found.problems


def main() -> None:
    """Check all scenarios, or with the word `quick` a few; exit status 1 if anything is not as committed."""
    words, status = sys.argv[1:], FAILED
    try:
        lines = problems(words) if set(words) <= set(WORDS) else None
    except ConfigError as error:
        lines, status = [str(error)], BAD_INPUT
    if lines is None:
        lines, status = [f"check: got {' '.join(words)}, expected any of {', '.join(WORDS)}"], BAD_INPUT
    for line in lines:
        print(line, file=sys.stderr)
    if lines:
        sys.exit(status)


if __name__ == "__main__":
    main()
