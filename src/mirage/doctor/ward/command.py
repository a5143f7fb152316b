"""Examine all cases of the ward over their seeds, and write or print how often the doctor was right.

Without options: odd seeds, the laws and data that were seen and those that were held out, into ``results/tables``.
With ``--try N``: the first N even seeds of what was seen, printed and written nowhere; thresholds are made on these.
"""

import argparse
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mirage.config import project
from mirage.doctor.evidence import BadInput
from mirage.doctor.ward import cases
from mirage.doctor.ward.case import CASES, Where
from mirage.doctor.ward.rates import Outcome, summary, table
from mirage.doctor.ward.settings import ward
from mirage.records.files import write_text
from mirage.settings import ConfigError

assert cases  # importing them fills the table
TABLE, SUMMARY = "doctor.csv", "doctor_summary.csv"


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(words)
    try:
        names = _names(options.cases)
        began = time.monotonic()
        if options.trying:
            tried = [name for name in names if name not in ward().held_out.cases]
            found = _all(tried, range(0, 2 * options.trying, 2), "seen")
            _show(found)
        else:
            found = _all(names, _odd(options.published), "seen")
            found += _all(names, _odd(min(options.published, ward().seeds.held_out)), "held out")
            folder = Path(options.into)
            write_text(folder / TABLE, table(found).to_csv(index=False, float_format="%.6g", lineterminator="\n"))
            write_text(folder / SUMMARY, summary(found).to_csv(index=False, float_format="%.6g", lineterminator="\n"))
            print(summary(found).to_string(index=False))
        print(f"{len(found):,} reports in {time.monotonic() - began:.0f} s", file=sys.stderr)
    except (BadInput, ConfigError) as error:
        print(f"ward: {error}", file=sys.stderr)
        return 2
    return 0


def examined(names: Sequence[str], seed: int, where: Where) -> list[Outcome]:
    """What the doctor says of all cases of a seed; run in a process of its own."""
    import tensorflow as tf
    from threadpoolctl import threadpool_limits

    tf.get_logger().setLevel("ERROR")  # small networks, made one after the other, retrace functions
    warnings.filterwarnings("ignore", "You are using a softmax over axis")  # which is a fault that is planted
    if not tf.config.threading.get_intra_op_parallelism_threads():  # a process a core: one thread each
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    from mirage.doctor.ward.rates import outcomes

    with threadpool_limits(1):
        return outcomes(names, seed, where)


def _odd(n: int) -> range:
    """So many seeds that are published."""
    return range(ward().seeds.first, ward().seeds.first + 2 * n, 2)


def _all(names: Sequence[str], seeds: range, where: Where) -> list[Outcome]:
    """All seeds, a process a core."""
    from joblib import Parallel, delayed

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # of the processes that are started
    jobs = Parallel(n_jobs=os.cpu_count(), return_as="generator")(delayed(examined)(names, s, where) for s in seeds)
    found: list[Outcome] = []
    for done, of_seed in enumerate(jobs, 1):
        found += of_seed
        print(f"\r{done} of {len(seeds)} seeds", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def _show(found: Sequence[Outcome]) -> None:
    """The table on a terminal, and what was wrong."""
    print(table(found).drop(columns=["where", "cause", "fault", "twin"]).round(2).to_string(index=False))
    twins: dict[tuple[str, str], list[int]] = {}
    for one in found:
        for cause in set(one.others) if not one.sick else ():
            twins.setdefault((one.case, cause), []).append(one.seed)
    print(
        "Said of twins:", *(f"  {case}: {cause} (seeds {_seeds(of)})" for (case, cause), of in twins.items()), sep="\n"
    )
    first = Counter(
        (one.case, one.inputs, one.first or "nothing", one.seed)
        for one in found
        if one.sick and one.suffices and one.place != 1
    )
    print("Said first of faults:", *(f"  {case}, {kit}: {cause} (seed {s})" for case, kit, cause, s in first), sep="\n")


def _seeds(some: Sequence[int]) -> str:
    return ", ".join(map(str, sorted(set(some))))


def _names(words: str) -> list[str]:
    """The names of the cases that were asked for: all, but where some are named."""
    unknown = [name for name in filter(None, words.split(",")) if name not in CASES]
    if unknown:
        raise ConfigError(f"--cases: got {unknown[0]}, expected some of {', '.join(CASES)}")
    stated = set(ward().cases)
    if stated != set(CASES):
        odd = sorted(stated ^ set(CASES))[0]
        raise ConfigError(f"conf/ward.yaml: cases: got {', '.join(stated)}, expected those in code, too: {odd}")
    return [name for name in CASES if not words or name in words.split(",")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mirage.doctor.ward", description=__doc__, allow_abbrev=False)
    parser.add_argument("--cases", default="", metavar="CASE,...", help="some of the cases only")
    parser.add_argument("--try", dest="trying", type=int, default=0, metavar="N", help="the first N even seeds; prints")
    parser.add_argument("--published", type=int, default=ward().seeds.published, metavar="N", help="so many odd seeds")
    parser.add_argument(
        "--into", default=str(project.RESULTS / "tables"), metavar="DIR", help="where tables are written"
    )
    return parser
