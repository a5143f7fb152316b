"""Claims to verdicts: one word a claim, from a scenario's tidy rows.

The effect of a claim is the mean over seeds of its left side minus its right. ``less`` claims the region below the
margin, ``greater`` the one above, ``same`` the inside. `mirage.claims.statistics` says how surely the effect lies where
its mean does, and explains the tests.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mirage.claims import statistics
from mirage.claims.claims import CLAIMED, Claim, Test, Triple, Untestable, check, is_size, sides, terms_of, tests_of
from mirage.claims.statistics import LEVEL, MAX_SEEDS, ROUNDING, Floats

MAX_UNDEFINED = 0.1  # share of pairs that may lack a number

ABOUT = ["claim", "lesson", "scenario", "kind", "article", "example", "basis", "text"]
NUMBERS = ["effect", "ci_low", "ci_high", "margin", "n", "agree"]
COLUMNS = [*ABOUT, *NUMBERS, "scope", "verdict", "reason"]
DECIDING = ["deciding_low", "deciding_high"]  # the interval that a verdict follows from, for figures


def terms_in(rows: pd.DataFrame) -> set[Triple]:
    """Every (arm, split, metric) of tidy rows."""
    return set(rows[["arm", "split", "metric"]].drop_duplicates().itertuples(index=False, name=None))


def pairs(test: Test, rows: pd.DataFrame) -> pd.DataFrame:
    """The two sides of a test, `left` and `right`, one pair per seed.

    `rows` are one scenario's tidy rows (arm, seed, split, metric, value). The result is indexed by seed, ascending,
    with every seed that either side has; NaN where a number is missing or not finite.
    """
    both = pd.DataFrame({"left": _values(test.left, rows), "right": _values(test.right, rows)})
    return both.where(np.isfinite(both.to_numpy(float))).sort_index()


def differences(test: Test, rows: pd.DataFrame) -> pd.Series[float]:
    """Left minus right, one number per seed, of the `pairs` of a test; NaN where one of the two is."""
    both = pairs(test, rows)
    return both["left"] - both["right"]


def _values(side: str | float, rows: pd.DataFrame) -> pd.Series[float] | float:
    if not isinstance(side, str):
        return side
    first, *rest = (_series(term, rows) for term in terms_of(side))
    difference = first - rest[0] if rest else first
    return difference.abs() if is_size(side) else difference


def _series(term: Triple, rows: pd.DataFrame) -> pd.Series[float]:
    arm, split, metric = term
    chosen = rows[(rows["arm"] == arm) & (rows["split"] == split) & (rows["metric"] == metric)]
    twice = chosen["seed"][chosen["seed"].duplicated()].tolist()
    if twice:
        raise ValueError(f"{'.'.join(term)}: got seed {twice[:1]} twice, expected each once")
    return chosen.set_index("seed")["value"].astype(float)


def judge(
    claims: Sequence[Claim],
    kind: str,
    scenario: str,
    rows: pd.DataFrame,
    scope: str = "",
    yes_no: Collection[str] = (),
) -> pd.DataFrame:
    """Verdicts on the claims of one lesson, one row per claim, columns `COLUMNS` and `DECIDING`.

    Effect and interval are left minus right, in the metric's unit; the interval is the plain 95 % t interval, not
    widened for the number of claims. That is what the deciding one is for.

    Parameters
    ----------
    claims : claims of one lesson.
    kind : of the scenario: as_written, controlled or real.
    scenario : the name of the scenario that `rows` are of.
    rows : its tidy rows (arm, seed, split, metric, value).
    scope : what the seeds varied, in words.
    yes_no : metrics that are 0 or 1 in every replicate.

    Raises
    ------
    ValueError : claims of several lessons; an arm, split or metric that `rows` don't have; a seed that occurs twice.
    """
    lessons = sorted({claim.lesson for claim in claims})
    if len(lessons) > 1:
        raise ValueError(f"judge: got claims of {', '.join(lessons)}, expected one lesson")
    known = terms_in(rows)
    for claim in claims:
        check(claim, kind, known)
    tests = tests_of(claims, kind)
    tested = rows[rows["metric"].isin([metric for test in tests.values() for _, _, metric in sides(test)])]  # of many
    effects = {name: differences(test, tested) for name, test in tests.items()}
    samples = {name: _sample(test, effects[name], yes_no) for name, test in tests.items()}
    raw = {
        name: 1.0 if _undecidable(effects[name]) else float(statistics.p_value(samples[name], test.margin))
        for name, test in tests.items()
    }
    adjusted = dict(zip(tests, statistics.holm(list(raw.values())), strict=True))
    table = []
    for claim in claims:
        row: dict[str, Any] = vars(claim) | {"claim": claim.id, "scenario": scenario, "kind": kind}
        test = claim.test(kind)
        if isinstance(test, Untestable):
            reason = test.untestable + (f"; design: {test.design}" if test.design else "")
            row |= {"scope": "", "verdict": "untestable", "reason": reason}
        else:
            d = effects[claim.id]
            row |= zip(NUMBERS, (*_effect(d), test.margin, d.count(), _agree(test, d)), strict=True)
            verdict, reason = _verdict(test, d, samples[claim.id], adjusted[claim.id], len(tests))
            row |= {"scope": scope, "verdict": verdict, "reason": reason}
            if not _undecidable(d):
                share = raw[claim.id] / adjusted[claim.id] if adjusted[claim.id] else 1 / len(tests)
                row |= zip(DECIDING, statistics.deciding_interval(samples[claim.id], LEVEL * share), strict=True)
        table.append(row)
    types = dict.fromkeys([*NUMBERS, *DECIDING], "float64") | dict.fromkeys(("article", "example", "n"), "Int64")
    return pd.DataFrame(table, columns=[*COLUMNS, *DECIDING]).astype(types)


def _effect(d: pd.Series[float]) -> tuple[float, float, float]:
    """The mean of the defined differences and its plain 95 % interval."""
    defined = statistics.defined(d)
    return statistics.mean_and_sd(defined)[0], *statistics.interval(defined)


def _undecidable(d: pd.Series[float]) -> str:
    """Why a claim can't be decided whatever its numbers say; empty if it can."""
    if d.isna().mean() > MAX_UNDEFINED:
        return f"{d.isna().sum()} of {len(d)} pairs undefined, more than a tenth"
    return "one seed says nothing about the spread over seeds" if d.count() < 2 else ""


def _sample(test: Test, d: pd.Series[float], yes_no: Collection[str]) -> Floats:
    """The differences as they are tested; of yes-or-no metrics one more seed could change each term by one."""
    return statistics.sample(d, test.margin, step=sum(metric in yes_no for _, _, metric in sides(test)))


def _agree(test: Test, d: pd.Series[float]) -> float:
    """Share of single seeds on the claimed side of zero (for *same*: inside the margin)."""
    same = d.abs() <= test.margin * (1 + ROUNDING)
    return float({"less": d < 0, "greater": d > 0, "same": same}[test.relation][d.notna()].mean())


def _verdict(test: Test, d: pd.Series[float], sample: Floats, p: float, family: int) -> tuple[str, str]:
    if reason := _undecidable(d):
        return "inconclusive", reason
    tested = f"p = {p:.2g} after Holm over {family} claim{'s' * (family > 1)}"
    if p > LEVEL:
        # The strictest level that Holm can ask for.
        seeds = statistics.seeds_to_settle(sample, test.margin, LEVEL / family)
        return "inconclusive", f"{f'about {seeds}' if seeds else f'over {MAX_SEEDS}'} seeds would settle it; {tested}"
    if statistics.equal(sample, test.margin):
        unseen = 1 - LEVEL ** (1 / len(sample))  # seeds that common would all be missed one time in twenty
        tested = f"deterministic: the same in all {len(sample)} seeds (if others differ, then fewer than {unseen:.0%})"
    where = str(statistics.region(sample.mean(), test.margin))
    verdict = "supported" if where == CLAIMED[test.relation] else "negligible" if where == "inside" else "contradicted"
    return verdict, tested
