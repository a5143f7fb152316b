"""Claims to verdicts: one word a claim, from a scenario's tidy rows.

The effect of a claim is the mean over seeds of its left side minus its right. ``less`` claims the region below the
margin, ``greater`` the one above, ``same`` the inside. The verdict says where the interval of the effect lies;
`mirage.claims.statistics` makes the intervals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mirage.claims import statistics
from mirage.claims.claims import (
    ALSO,
    AT_MARGIN,
    FAILS,
    HOLDS,
    NO_EFFECT,
    NOT,
    OPEN,
    OPPOSITE,
    UNCLEAR,
    UNDEFINED,
    Claim,
    Test,
    Triple,
    arms_read,
    check,
    is_size,
    matching,
    sides,
    terms_of,
    tests_of,
)
from mirage.claims.statistics import ROUNDING, Interval

ABOUT = ["claim", "lesson", "scenario", "kind", "article", "paragraph", "example", "basis", "text"]
NUMBERS = ["effect", "ci_low", "ci_high", "margin"]
COLUMNS = [*ABOUT, *NUMBERS, "unit", "n", "agree", "seeds", "scope", "yardstick", "verdict", "reason"]
UNBOUNDED = (-math.inf, math.inf)


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


def _values(side: str | float, rows: pd.DataFrame) -> pd.Series[float] | float:
    if not isinstance(side, str):
        return side
    first, *rest = (_series(term, rows) for term in terms_of(side))
    difference = first - rest[0] if rest else first
    return difference.abs() if is_size(side) else difference


def _series(term: Triple, rows: pd.DataFrame) -> pd.Series[float]:
    arm, split, metric = term
    named = rows["arm"].isin(matching(arm, rows["arm"].unique()))
    chosen = rows[named & (rows["split"] == split) & (rows["metric"] == metric)]
    twice = chosen["seed"][chosen.duplicated(["arm", "seed"])].tolist()
    if twice:
        raise ValueError(f"{'.'.join(term)}: got seed {twice[:1]} twice, expected each once")
    by_arm = chosen.pivot(index="seed", columns="arm", values="value").astype(float)
    return by_arm.mean(axis=1, skipna=False)


def judge(
    claims: Sequence[Claim],
    kind: str,
    scenario: str,
    rows: pd.DataFrame,
    scope: str = "",
    ends: Mapping[str, Interval] | None = None,
    ratios: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Verdicts on those claims of one lesson that this kind of scenario tests, a row each: `COLUMNS` and `role`.

    Effect and interval are left minus right, in the metric's unit.

    Parameters
    ----------
    claims : claims of one lesson.
    kind : of the scenario: as_written, controlled or real.
    scenario : the name of the scenario that `rows` are of.
    rows : its tidy rows (arm, seed, split, metric, value).
    scope : what the seeds varied, in words.
    ends : the smallest and the largest value of metrics that have both; (0, 1) of whole numbers: yes or no.
    ratios : of a scenario on real data, test rows to training rows of each arm.

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
    table = []
    for claim in claims:
        if claim.id not in tests:
            continue
        test = tests[claim.id]
        compared = pairs(test, tested)
        ratio = max((ratios[arm] for arm in arms_read(test, ratios)), default=0) if ratios else None
        found = _found(test, compared, ends or {}, ratio)
        row = vars(claim) | {"claim": claim.id, "scenario": scenario, "kind": kind, "margin": test.margin}
        table.append(row | {"scope": scope, "seeds": block(compared.index.tolist())} | found)
    types = dict.fromkeys([*NUMBERS, "agree"], "float64") | dict.fromkeys(
        ("article", "paragraph", "example", "n"), "Int64"
    )
    return pd.DataFrame(table, columns=[*COLUMNS, "role"]).astype(types)


def _found(test: Test, compared: pd.DataFrame, ends: Mapping[str, Interval], ratio: float | None) -> dict[str, Any]:
    """What came of a test: effect, interval, number and share of agreeing seeds, verdict and reason."""
    real = ratio is not None
    d = (compared["left"] - compared["right"]).to_numpy(float)
    kept = statistics.defined(d)
    effect = statistics.mean_and_sd(kept)[0]
    found: dict[str, Any] = {"effect": effect, "n": len(kept), "agree": _agree(test, kept)}
    if len(kept) < len(d) or not len(d):
        reason = f"{len(d) - len(kept)} of {len(d)} pairs are undefined"
        return found | {"verdict": UNCLEAR if real else UNDEFINED, "reason": reason}
    if len(d) < 2:
        reason = "one seed says nothing about the spread over seeds"
        return found | {"verdict": UNCLEAR if real else OPEN, "reason": reason}
    (low, high), reason = _interval(test, compared, d, ends, ratio)
    word = (on_real_data if real else verdict)(test.relation, test.margin, (low, high))
    if word == AT_MARGIN:
        direction = "" if test.relation == "same" else "as claimed in direction, "
        size = f"{direction}{abs(effect) / test.margin:.2g} of its margin in size"
        reason = "; ".join(filter(None, (reason, size)))
    return found | {"ci_low": low, "ci_high": high, "verdict": word, "reason": reason}


def _interval(
    test: Test, compared: pd.DataFrame, d: statistics.Floats, ends: Mapping[str, Interval], ratio: float | None
) -> tuple[Interval, str]:
    """The interval that decides, and what is to be said of how it was made."""
    same, value = statistics.equal(d, test.margin), statistics.mean_and_sd(d)[0]
    if test.exact and same:
        return (value, value), "exact: equal by construction"
    odd = "not equal, as these settings are not those that would make it so" if test.exact else ""
    if ratio is not None:
        return statistics.resampled_interval(d, ratio), odd
    if _yes_or_no(test, compared, ends):
        return _of_shares(test, compared), odd or "exact interval of yes-or-no numbers"
    if same:
        rare = f"further ones that differ are rarer than {statistics.unseen(len(d)):.0%}"
        return _of_equals(value, len(d), _possible(test, ends)), f"the same in all {len(d)} seeds; {rare}"
    return statistics.guarded_interval(d), odd


def verdict(relation: str, margin: float, interval: Interval) -> str:
    """What became of a claim, by where the interval of its effect lies."""
    low, high = interval if relation != "less" else (-interval[1], -interval[0])  # as if greater were claimed
    bound = margin * (1 + ROUNDING)
    above, below, inside = low > bound, high < -bound, low >= -bound and high <= bound
    if relation == "same":
        if inside:
            return HOLDS
        return OPPOSITE if above or below else AT_MARGIN if low >= -bound or high <= bound else OPEN
    if above:
        return HOLDS
    if high <= bound:
        return OPPOSITE if below else NO_EFFECT if inside else FAILS
    return AT_MARGIN if low > 0 else OPEN


def on_real_data(relation: str, margin: float, interval: Interval) -> str:
    """What became of a claim on resamples of one set: *also* where it holds, *not* where it fails, else *unclear*."""
    word = verdict(relation, margin, interval)
    return ALSO if word == HOLDS else NOT if word in (OPPOSITE, NO_EFFECT, FAILS) else UNCLEAR


def block(seeds: Sequence[int]) -> str:
    """Seeds in words: ``200-299``, ``3``, or a list where some are missing."""
    if len(seeds) > 1 and list(seeds) == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]}-{seeds[-1]}"
    return " ".join(map(str, seeds))


def _yes_or_no(test: Test, compared: pd.DataFrame, ends: Mapping[str, Interval]) -> bool:
    """Whether each side that is no number is one yes-or-no number a seed."""
    terms = [terms_of(side) for side in (test.left, test.right) if isinstance(side, str)]
    single = all(len(of_side) == 1 and ends.get(of_side[0][2]) == (0, 1) for of_side in terms)
    named = [key for key, side in (("left", test.left), ("right", test.right)) if isinstance(side, str)]
    return single and bool(compared[named].isin([0, 1]).all(axis=None))


def _of_shares(test: Test, compared: pd.DataFrame) -> Interval:
    left, right = (compared[side].to_numpy(float) for side in ("left", "right"))
    if isinstance(test.left, str) and isinstance(test.right, str):
        return statistics.discordant_interval(left, right)
    if isinstance(test.left, str):
        low, high = statistics.share_interval(int(left.sum()), len(left))
        return low - float(test.right), high - float(test.right)
    low, high = statistics.share_interval(int(right.sum()), len(right))
    return float(test.left) - high, float(test.left) - low


def _of_equals(value: float, n: int, possible: Interval) -> Interval:
    """How far the mean may lie from what all n seeds gave, if so many others went to the end of what is possible.

    Where no end is known, what the seeds gave: that others may differ is then the reason's to say.
    """
    share = statistics.unseen(n)
    low, high = (value + share * (end - value) if math.isfinite(end) else value for end in possible)
    return low, high


def _possible(test: Test, ends: Mapping[str, Interval]) -> Interval:
    """The least and the greatest difference of the sides that their metrics allow."""
    left, right = (_possible_of(side, ends) for side in (test.left, test.right))
    return left[0] - right[1], left[1] - right[0]


def _possible_of(side: str | float, ends: Mapping[str, Interval]) -> Interval:
    if not isinstance(side, str):
        return float(side), float(side)
    first, *taken = (ends.get(metric, UNBOUNDED) for _, _, metric in terms_of(side))
    if not taken:
        return first
    low, high = first[0] - taken[0][1], first[1] - taken[0][0]
    return (0.0, max(-low, high)) if is_size(side) else (low, high)


def _agree(test: Test, d: statistics.Floats) -> float:
    """Share of single seeds on the claimed side of zero (for *same*: inside the margin)."""
    same = np.abs(d) <= test.margin * (1 + ROUNDING)
    agreeing = {"less": d < 0, "greater": d > 0, "same": same}[test.relation]
    return float(agreeing.mean()) if len(d) else math.nan
