"""The sentence that a run ends with: what its seeds say on the question of its lesson, beside the canonical verdict."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mirage.claims import statistics
from mirage.claims.claims import HOLDS, TABLES, WORDS, Test, Triple, is_size, matching, sides, terms_of
from mirage.claims.results import Results
from mirage.claims.stated import Stated
from mirage.claims.verdicts import pairs, verdict

NOTHING = "This scenario settles nothing: no claim that can be tested with it answers the question."


def answer(stated: Stated, results: Results, judged: Mapping[str, Any] | None) -> str:
    """One sentence: whether the claim that answers the lesson's question holds in these seeds, by how much, and always.

    Parameters
    ----------
    stated
        The lesson's claims file.
    results
        Those of the run.
    judged
        The claim's row of claims.csv, as `canonical` gives it; None: the sentence ends with what these seeds say.
    """
    plan = results.plan
    claim = stated.answer(plan.about.kind)
    if claim is None:
        return NOTHING
    test = claim.tests[plan.about.kind]
    said = f'"{claim.text.rstrip(".")}" {_here(test, results)}'
    if judged is not None:
        whose = "with the scenario as it stands, without these changes, over" if plan.changes else "over"
        seeds = f"seeds {str(judged['seeds']).replace('-', ' to ')}"
        said += f"; {whose} {seeds} the verdict is {_verdict(judged, 'difference' if test.right else 'value')}"
    return f"{said}."


def canonical(stated: Stated, results: Results, folder: Path) -> Mapping[str, Any] | None:
    """The row of claims.csv, in a folder of tables, of the claim that answers the question; None if there is none.

    The verdicts of a canonical run are its own, whether or not it has written them.
    """
    claim, kind = stated.answer(results.plan.about.kind), results.plan.about.kind
    if claim is None:
        return None
    if results.plan.canonical:
        return dict(results.judged.set_index("claim").loc[claim.id])
    file = folder / TABLES[claim.role]
    if not file.exists():
        return None
    with file.open(encoding="utf-8", newline="") as rows:
        named = (row for row in csv.DictReader(rows) if (row.get("claim"), row.get("kind")) == (claim.id, kind))
        return next((row for row in named if row.get("verdict") in WORDS and row.get("seeds")), None)


# -- these seeds ---------------------------------------------------------------------------------------------


def _here(test: Test, results: Results) -> str:
    """Whether a claim holds in these seeds, by its own margin; both sides and their difference."""
    compared = pairs(test, results.rows)
    both = compared.dropna()
    if both.empty:
        return f"cannot be told here, as {_lacking(test, results.rows)}"
    left, right = both["left"].mean(), both["right"].mean()
    holds = verdict(test.relation, test.margin, (left - right, left - right)) == HOLDS
    if len(compared) == 1:
        over = "in this seed"
    elif len(both) == len(compared):
        over = f"on average over these {len(both)} seeds"
    else:
        over = f"on average over the {len(both)} of these {len(compared)} seeds that have both numbers"
    values = f"{_side(test.left)} is {_value(test.left, left, test, both, results)}"
    if isinstance(test.right, str):
        values += f" and {_side(test.right, test.left)} {_value(test.right, right, test, both, results)}"
    elif test.right:
        values += f" compared with {test.right:g}"
    if test.right != 0:
        values += f", a difference of {_short(left - right, test.margin)}"
    asked = {"less": f"less than {-test.margin + 0.0:g}", "greater": f"more than {test.margin:g}"}
    limit = asked.get(test.relation, f"at most {test.margin:g} either way")
    return f"{'holds' if holds else 'does not hold'} {over}: {values}, where the claim asks for {limit}"


def _lacking(test: Test, rows: pd.DataFrame) -> str:
    """Why no seed has both sides of a test: what is not there."""
    for arm, split, metric in sides(test):
        of_arm = rows[rows["arm"].isin(matching(arm, rows["arm"].unique()))]
        values = of_arm.loc[(of_arm["split"] == split) & (of_arm["metric"] == metric), "value"]
        if values.empty:
            return f"this run has no {_name((arm, split, metric))}"
        if not np.isfinite(values).any():
            diverged = of_arm.loc[of_arm["metric"] == "diverged", "value"].eq(1).any()
            return f"{arm} diverged" if diverged else f"{_name((arm, split, metric))} is undefined"
    return "no seed has both numbers"


def _side(side: str | float, beside: str | float = 0) -> str:
    """A side in words; of one number beside another like it, what differs."""
    assert isinstance(side, str)
    first, *taken = terms_of(side)
    if taken:
        both = _name(first), _name(taken[0], first)
        return "the gap between {} and {}".format(*both) if is_size(side) else "{} minus {}".format(*both)
    others = terms_of(beside) if isinstance(beside, str) else []
    return _name(first, others[0]) if len(others) == 1 else _name(first)


def _name(term: Triple, beside: Triple | None = None) -> str:
    """A number in words, such as ``mse of dropout on the test rows``; beside another like it, what differs."""
    arm, split, metric = term
    own, _, reference = arm.partition(":")
    own = f"the arms {own}" if "*" in own else own
    who = f"{own}'s reference {reference}" if reference else own
    same = [one == other for one, other in zip(term, beside or ("", "", ""), strict=True)]
    if same == [False, True, True]:
        return f"that of {who}"
    if same == [True, False, True] and split != "model":
        return f"that on the {split} rows"
    if same == [True, True, False]:
        return f"its {metric}"
    return f"{metric} of {who}" + ("" if split == "model" else f" on the {split} rows")


def _value(side: str | float, mean: float, test: Test, both: pd.DataFrame, results: Results) -> str:
    """The mean of a side over seeds; of what is yes or no, also which."""
    shown = _short(mean, test.margin)
    yes_no = {name for arm in results.plan.arms.values() for name in arm.data.yes_no}
    terms = terms_of(str(side))
    if len(terms) > 1 or terms[0][2] not in yes_no:
        return shown
    if len(both) == 1:
        return f"{shown} ({'yes' if mean else 'no'})"
    return f"{shown} (yes in {round(mean * len(both))} of {len(both)} seeds)"


# -- the canonical seeds -------------------------------------------------------------------------------------


def _verdict(row: Mapping[str, Any], effect_is: str) -> str:
    """The verdict over the canonical seeds, with effect and interval, and how far off a single seed may lie."""
    said = WORDS[str(row["verdict"])]
    effect, low, high, margin, n = (_number(row.get(key)) for key in ("effect", "ci_low", "ci_high", "margin", "n"))
    if not all(map(math.isfinite, (effect, low, high, n))):
        return f"{said}: {row['reason']}" if row.get("reason") else said
    mean, least, most = (_short(value, margin, 3) for value in (effect, low, high))
    if low == high:
        return f"{said}: the {effect_is} is {mean} in each of {n:.0f} seeds"
    said = f"{said}: the {effect_is} is {mean} on average ({least} to {most})"
    if row["kind"] == "real" or row.get("reason"):  # other intervals, from which none of a single seed follows
        return said
    off = _short(statistics.one_more((low, high), round(n)), margin, 2)
    return f"{said}, and a single seed may lie {off} off that (one in twenty lies further off)"


def _number(cell: Any) -> float:
    """A cell of claims.csv as a number; NaN where it holds none."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _short(value: float, margin: float, digits: int = 4) -> str:
    """A number as one reads it; what is rounding beside the margin is nought."""
    return "0" if abs(value) <= statistics.ROUNDING * margin else f"{value:.{digits}g}"
