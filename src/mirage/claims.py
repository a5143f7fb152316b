"""Claims and verdicts: from paired differences over seeds to one word per claim.

A claim compares two numbers of the same seed, or two differences of such. Its effect is the mean over seeds of left
minus right. The margin, the smallest effect that matters, cuts the line into three regions: below -margin, inside,
above +margin. A verdict says in which region the true effect lies. ``less`` claims the region below, ``greater`` the
one above, ``same`` the inside.

**One p value per claim.** A one-sided t-test against each bound, on the side where the mean lies; p is twice the larger
of the two. Twice, because a verdict can err to either side: half of the 5 % goes to each. So a verdict never
disagrees with the 95 % interval: if there is one, the interval lies in that region and touches no bound.

**What Holm adjusts.** The family is the tested claims of one lesson and kind, one p value each. The three statements
about one claim (beyond, inside, beyond on the other side) need no further adjustment: they exclude each other, the
mean picks the only one in question, and if that one is false the interval has missed the true effect, which happens in
5 % of cases whatever the region. For true effects on a bound, where any verdict counts as false, Holm's proof holds
as it stands, however the claims depend on each other: the chance of any false verdict in the lesson is 5 %. Off the
bounds that isn't proven, but a false verdict is rarer there, and simulations of mixed, correlated claims show no
excess. Claims with too many undefined pairs stay in the family with p = 1: missing numbers never help the others.

**Long tails.** A plain t-test errs too often if the differences have a long tail on one side (ten exponential ones:
10 % instead of 5 %), as a sample that misses the tail looks both far from the truth and sure of itself. So a bound must
also be cleared by Hall's skewness-corrected t. It needs no resampling, and it rises with t, so that a larger effect
is never weaker evidence. That holds 5 %, log-normal differences included, and costs thirty normal seeds two or three
points of power. (Wilcoxon and sign tests don't help here: they ask about the median.)

**No variance at all** is decided exactly and called deterministic. Equal numbers can't prove that a further seed would
not differ; the reason says how common such seeds might be. For yes-or-no metrics equal draws by chance are likely
enough to matter: such claims are judged as if one further seed had come out differently.

Sources: Holm, Scand. J. Stat. 6 (1979) 65; Schuirmann, J. Pharmacokin. Biopharm. 15 (1987) 657 (two one-sided tests);
Hall, J. R. Stat. Soc. B 54 (1992) 221 (skewness). Skewness from few seeds comes out too small; the factor 1 + 8.5/n
against that is Hazen's, see Bobée and Robitaille, Water Resour. Res. 11 (1975) 851.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

Floats = npt.NDArray[np.float64]
Triple = tuple[str, str, str]  # arm, split, metric

LEVEL = 0.05  # chance of any false verdict in a lesson
MAX_UNDEFINED = 0.1  # share of pairs that may lack a number
POWER = 0.8  # chance of a verdict with the number of seeds "that would settle it"
MAX_SEEDS = 10_000  # more than that is no practical answer
ROUNDING = 1e-9  # a spread this small, relative to effect or margin, is rounding

KINDS = ("as_written", "controlled")
BASES = ("stated", "implied", "ours")
CLAIMED = {"less": "below", "greater": "above", "same": "inside"}  # relation: region
ABOUT = ["claim", "lesson", "scenario", "kind", "article", "example", "basis", "text"]
NUMBERS = ["effect", "ci_low", "ci_high", "margin", "n", "agree"]
COLUMNS = [*ABOUT, *NUMBERS, "scope", "verdict", "reason"]
DECIDING = ["deciding_low", "deciding_high"]  # the interval that a verdict follows from, for figures


@dataclass(frozen=True)
class Test:
    """Compares two sides, each ``arm.split.metric``, a difference of two of these, or a number.

    A difference is written ``arm.split.metric - arm.split.metric``, between bars where only its size counts:
    ``|A - B|``. `margin` is in the metric's unit.
    """

    left: str | float
    relation: str
    right: str | float
    margin: float
    reason: str

    def __str__(self) -> str:
        """What is claimed as a formula, what all terms share named once: ``test.recall: smote > none + 0.1``."""
        terms = sides(self)
        alike = [len(terms) > 1 and len({term[place] for term in terms}) == 1 for place in range(3)]
        shared = ".".join(part for part, same in zip(terms[0], alike, strict=True) if same)

        def shown(side: str | float) -> str:
            if not isinstance(side, str):
                return f"{side:g}"
            own = (".".join(p for p, same in zip(term, alike, strict=True) if not same) for term in _terms(side))
            return ("|{}|" if _is_size(side) else "{}").format(" − ".join(own))

        relation = {"less": "<", "greater": ">", "same": "="}[self.relation]
        sign = {"less": "−", "greater": "+", "same": "±"}[self.relation]
        margin = f"{sign} {self.margin:g}" if self.margin else ""
        right = f"{shown(self.right)} {margin}".rstrip()
        if self.right == 0 and self.relation != "same" and margin:
            right = margin.replace(" ", "").removeprefix("+")
        return f"{shared}: {shown(self.left)} {relation} {right}".removeprefix(": ")


@dataclass(frozen=True)
class Untestable:
    """Why a claim can't be tested, and the design that would test it, if there is one."""

    untestable: str
    design: str = ""


@dataclass(frozen=True)
class Claim:
    """One checkable statement; `example` is None for prose."""

    id: str
    lesson: str
    article: int
    example: int | None
    basis: str
    text: str
    as_written: Test | Untestable
    controlled: Test | Untestable

    def test(self, kind: str) -> Test | Untestable:
        """The test as written or controlled; ValueError for any other kind."""
        _expect(kind in KINDS, "kind of test", _unknown(kind, KINDS))
        return self.as_written if kind == "as_written" else self.controlled


def parse(document: Mapping[str, Any]) -> list[Claim]:
    """Claims of one lesson, from a claims file already loaded into plain Python.

    Raises ValueError, one line: lesson, claim, key, what it got, what it takes.
    """
    _keys("claims file", document, ("lesson", "claims"))
    where = f"claims of {_text('claims file: lesson', document['lesson'])}"
    _expect(isinstance(document["claims"], list), f"{where}: claims", f"{document['claims']!r}, expected a list")
    claims = [_claim(where, number, entry, document["lesson"]) for number, entry in enumerate(document["claims"], 1)]
    ids = [claim.id for claim in claims]
    for name in ids:
        _expect(ids.count(name) == 1, f"{where}: id", f"{name!r} {ids.count(name)} times, expected each once")
    return claims


def _claim(where: str, number: int, entry: Any, lesson: str) -> Claim:
    _keys(f"{where}, number {number}", entry, ("id", "article", "example", "basis", "text", *KINDS))
    where = f"{where}, {_text(f'{where}, number {number}: id', entry['id'])}"
    for key in ("article", "example"):
        whole = type(entry[key]) is int and entry[key] >= 1 or (key == "example" and entry[key] is None)
        _expect(whole, f"{where}: {key}", f"{entry[key]!r}, expected a whole number from 1")
    _expect(entry["basis"] in BASES, f"{where}: basis", _unknown(entry["basis"], BASES))
    _text(f"{where}: text", entry["text"])
    return Claim(**{**entry, "lesson": lesson} | {kind: _test(f"{where}: {kind}", entry[kind]) for kind in KINDS})


def _test(where: str, entry: Any) -> Test | Untestable:
    if isinstance(entry, Mapping) and "untestable" in entry:
        _keys(where, entry, ("untestable",), ("design",))
        return Untestable(**{key: _text(f"{where}.{key}", value) for key, value in entry.items()})
    _keys(where, entry, ("left", "relation", "right", "margin", "reason"))
    left, relation, right, margin, reason = (entry[key] for key in ("left", "relation", "right", "margin", "reason"))
    _expect(relation in list(CLAIMED), f"{where}.relation", _unknown(relation, CLAIMED))
    for key, side in (("left", left), ("right", right)):
        named = isinstance(side, str) and all(len(term) == 3 and all(term) for term in _terms(side))
        named = (
            named
            and len(_terms(str(side))) <= 2
            and not any("|" in name for term in _terms(str(side)) for name in term)
        )
        takes = "expected arm.split.metric, a difference of two (A - B or |A - B|), or a number"
        _expect(named or _is_number(side), f"{where}.{key}", f"{side!r}, {takes}")
    differ = left != right and (isinstance(left, str) or isinstance(right, str))
    _expect(differ, f"{where}: left and right", f"{left!r} and {right!r}, expected two sides that can differ")
    # Inside a margin of 0 there is nothing that *same* could be shown to be.
    enough = _is_number(margin) and (margin > 0 or (margin == 0 and relation != "same"))
    _expect(enough, f"{where}.margin", f"{margin!r}, expected a number of 0 or more (above 0 for same)")
    return Test(left, relation, right, float(margin), _text(f"{where}.reason", reason))


def _expect(ok: bool, where: str, got: str) -> None:
    if not ok:
        raise ValueError(f"{where}: got {got}")


def _keys(where: str, entry: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    known = required + optional
    _expect(isinstance(entry, Mapping), where, f"{entry!r}, expected the keys {', '.join(known)}")
    for key in entry:
        _expect(key in known, where, f"unknown key {_unknown(key, known)}")
    for key in required:
        _expect(key in entry, where, f"no {key!r}, expected the keys {', '.join(known)}")


def _unknown(name: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f"{name!r}{f' (did you mean {close[0]!r}?)' if close else ''}, expected one of {', '.join(known)}"


def _text(where: str, value: Any) -> str:
    _expect(isinstance(value, str) and bool(value.strip()), where, f"{value!r}, expected a text")
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_size(side: str) -> bool:
    """Whether only the size of a side's difference counts: ``|A - B|``."""
    return side.startswith("|") and side.endswith("|") and " - " in side


def _terms(side: str) -> list[Triple]:
    """A side's (arm, split, metric), and that of what is taken from it if it is a difference."""
    bare = side[1:-1] if _is_size(side) else side
    # From the right: an arm may be called alpha_0.1.
    return [tuple(term.rsplit(".", 2)) for term in bare.split(" - ")]  # type: ignore[misc]


def sides(test: Test) -> list[Triple]:
    """(arm, split, metric) of all that a test reads."""
    return [term for side in (test.left, test.right) if isinstance(side, str) for term in _terms(side)]


def check(claim: Claim, kind: str, known: Iterable[Triple]) -> None:
    """Raises ValueError if a side's arm, split or metric isn't among `known`: one line that lists what there is."""
    test = claim.test(kind)
    for side in sides(test) if isinstance(test, Test) else ():
        found = set(known)
        for place, word in enumerate(("arm", "split", "metric")):
            names = sorted({triple[place] for triple in found})
            where = f"claims of {claim.lesson}, {claim.id}: {kind}: {'.'.join(side)}"
            _expect(side[place] in names, where, f"unknown {word} {_unknown(side[place], names or ['none'])}")
            found = {triple for triple in found if triple[place] == side[place]}


def differences(test: Test, rows: pd.DataFrame) -> pd.Series[float]:
    """Left minus right, one number per seed.

    `rows` are one scenario's tidy rows (arm, seed, split, metric, value). The result is indexed by seed, ascending,
    with every seed that either side has; NaN where one of the two numbers is missing or not finite.
    """
    pairs = pd.DataFrame({"left": _values(test.left, rows), "right": _values(test.right, rows)})
    pairs = pairs.where(np.isfinite(pairs.to_numpy(float))).sort_index()
    return pairs["left"] - pairs["right"]


def _values(side: str | float, rows: pd.DataFrame) -> pd.Series[float] | float:
    if not isinstance(side, str):
        return side
    first, *rest = (_series(term, rows) for term in _terms(side))
    difference = first - rest[0] if rest else first
    return difference.abs() if _is_size(side) else difference


def _series(term: Triple, rows: pd.DataFrame) -> pd.Series[float]:
    arm, split, metric = term
    chosen = rows[(rows["arm"] == arm) & (rows["split"] == split) & (rows["metric"] == metric)]
    twice = chosen["seed"][chosen["seed"].duplicated()].tolist()
    _expect(not twice, ".".join(term), f"seed {twice[:1]} twice, expected each once")
    return chosen.set_index("seed")["value"].astype(float)


def effect_interval(differences: npt.ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Mean and its t interval (low, high), undefined pairs left out; NaN where there are too few."""
    d = np.asarray(differences, float)
    d = d[np.isfinite(d)]
    if len(d) < 2:
        return (float(d[0]) if len(d) else math.nan), math.nan, math.nan
    half = stats.t.isf((1 - level) / 2, len(d) - 1) * d.std(ddof=1) / math.sqrt(len(d))
    return float(d.mean()), float(d.mean() - half), float(d.mean() + half)


def region(mean: npt.ArrayLike, margin: float) -> npt.NDArray[np.str_]:
    """Where effects lie: "below", "inside" (bounds included, up to rounding) or "above"; shape of `mean`."""
    beyond = np.abs(mean) > margin * (1 + ROUNDING)
    return np.where(beyond, np.where(np.asarray(mean) > 0, "above", "below"), "inside")


def p_value(differences: npt.ArrayLike, margin: float) -> Floats:
    """How surely the effect lies in the region where its mean lies: twice the larger one-sided p of the two bounds.

    `differences` has shape (..., n) with n of at least 2, all defined; the result (...), 0 where all n are equal.
    """
    d = np.asarray(differences, float)
    n, equal = d.shape[-1], _equal(d, margin)
    varied = np.where(equal[..., None], np.arange(n), d)  # any numbers that vary do, for p is 0 there
    p = 2 * stats.t.sf(_clear(varied, margin, n), n - 1)
    return np.asarray(np.where(equal, 0, np.where(p <= 1, p, 1)))  # 1 also for numbers too large to square


def _equal(d: Floats, margin: float) -> npt.NDArray[np.bool_]:
    return np.asarray(np.ptp(d, axis=-1) <= ROUNDING * np.maximum(np.abs(d).max(axis=-1), margin))


def _clear(d: Floats, margin: float, n: Any) -> Floats:
    """How clear, in standard errors, means of n such differences are of the nearest bound: the smaller of t, Hall's t.

    `d` has shape (..., m) and varies along m; the result has that of (...) and `n` together.
    """
    mean, sd = d.mean(axis=-1), d.std(axis=-1, ddof=1)
    standard = (d - mean[..., None]) / sd[..., None]
    skew = stats.skew(standard, axis=-1, bias=False) * (1 + 8.5 / d.shape[-1])
    clear = np.inf
    for bound in (-margin, margin):
        t = (mean - bound) / sd * np.sqrt(n)
        bend = skew * t / (3 * np.sqrt(n))
        hall = t * (1 + bend + bend**2 / 3) + skew / (6 * np.sqrt(n))
        clear = np.minimum(clear, np.minimum(np.sign(t) * t, np.sign(t) * hall))
    return np.asarray(clear)


def deciding_interval(differences: npt.ArrayLike, level: float) -> tuple[float, float]:
    """The bounds that a mean is not clear of at `level`, by t or by Hall's t: low and high.

    `p_value` is below `level` exactly if the whole of this lies in one region, so at the level that Holm leaves to a
    claim this is the interval that decides it: at least as wide as the plain one of `effect_interval`.
    """
    d = np.asarray(differences, float)
    n, mean, sd = len(d), float(d.mean()), float(d.std(ddof=1))
    if sd <= ROUNDING * abs(mean) or sd == 0:
        return mean, mean
    critical = float(stats.t.isf(level / 2, n - 1))
    skew = float(stats.skew((d - mean) / sd, bias=False)) * (1 + 8.5 / n)
    # Hall's t is ((1 + bend)^3 - 1) sqrt(n) / skew + skew / (6 sqrt(n)) with bend = skew t / (3 sqrt(n)): solved for t.
    reach = [critical, critical]
    if abs(skew) > ROUNDING:
        for side, sign in enumerate((1, -1)):
            bend = float(np.cbrt(1 + skew * (sign * critical - skew / (6 * math.sqrt(n))) / math.sqrt(n))) - 1
            reach[side] = max(critical, sign * 3 * math.sqrt(n) / skew * bend)
    return mean - reach[0] * sd / math.sqrt(n), mean + reach[1] * sd / math.sqrt(n)


def holm(p: npt.ArrayLike) -> Floats:
    """Holm's adjusted p values, shape (k,): deciding those up to 0.05 keeps the chance of any false one at 5 %."""
    p = np.asarray(p, float)
    order, adjusted = np.argsort(p, kind="stable"), np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted


def seeds_to_settle(differences: npt.ArrayLike, margin: float, level: float = LEVEL) -> int | None:
    """Number of seeds that would decide a claim in four repeats of five, were mean, sd and skewness as observed.

    The first number above the present one at which the mean is clear of the nearest bound (in standard errors: the
    smaller of t and Hall's t) by the critical t of `level` plus the normal 80 % quantile. None if above `MAX_SEEDS`.
    """
    d = np.asarray(differences, float)
    n = np.arange(len(d) + 1, MAX_SEEDS + 1)
    enough = _clear(d, margin, n) >= stats.t.isf(level / 2, n - 1) + stats.norm.ppf(POWER)
    return int(n[enough.argmax()]) if enough.any() else None


def judge(
    claims: Sequence[Claim], kind: str, rows: pd.DataFrame, scope: str = "", yes_no: Collection[str] = ()
) -> pd.DataFrame:
    """Verdicts on the claims of one lesson, one row per claim, columns `COLUMNS` and `DECIDING`.

    Effect and interval are left minus right, in the metric's unit; the interval is the plain 95 % t interval, not
    widened for the number of claims. That is what the deciding one is for.

    Parameters
    ----------
    claims : claims of one lesson.
    kind : "as_written" (judged on scenario LESSON) or "controlled" (on LESSON_controlled).
    rows : tidy rows (scenario, arm, seed, split, metric, value); those of other scenarios are left out.
    scope : what the seeds varied, in words.
    yes_no : metrics that are 0 or 1 in every replicate.

    Raises
    ------
    ValueError : claims of several lessons; an arm, split or metric that `rows` don't have; a seed that occurs twice.
    """
    lessons = sorted({claim.lesson for claim in claims})
    _expect(len(lessons) < 2, "judge", f"claims of {', '.join(lessons)}, expected one lesson")
    scenario = "".join(lessons) + ("_controlled" if kind == "controlled" else "")
    rows = rows[rows["scenario"] == scenario]
    known = set(zip(rows["arm"], rows["split"], rows["metric"], strict=True))
    for claim in claims:
        check(claim, kind, known)
    tests = {claim.id: test for claim in claims if isinstance(test := claim.test(kind), Test)}
    pairs = {name: differences(test, rows) for name, test in tests.items()}
    samples = {name: _sample(test, pairs[name], yes_no) for name, test in tests.items()}
    raw = {
        name: 1.0 if _undecidable(pairs[name]) else float(p_value(samples[name], test.margin))
        for name, test in tests.items()
    }
    adjusted = dict(zip(tests, holm(list(raw.values())), strict=True))
    table = []
    for claim in claims:
        row = vars(claim) | {"claim": claim.id, "scenario": scenario, "kind": kind}
        test = claim.test(kind)
        if isinstance(test, Untestable):
            reason = test.untestable + (f"; design: {test.design}" if test.design else "")
            row |= {"scope": "", "verdict": "untestable", "reason": reason}
        else:
            d = pairs[claim.id]
            row |= zip(NUMBERS, (*effect_interval(d), test.margin, d.count(), _agree(test, d)), strict=True)
            verdict, reason = _verdict(test, d, samples[claim.id], adjusted[claim.id], len(tests))
            row |= {"scope": scope, "verdict": verdict, "reason": reason}
            if not _undecidable(d):
                share = raw[claim.id] / adjusted[claim.id] if adjusted[claim.id] else 1 / len(tests)
                row |= zip(DECIDING, deciding_interval(samples[claim.id], LEVEL * share), strict=True)
        table.append(row)
    types = dict.fromkeys([*NUMBERS, *DECIDING], "float64") | dict.fromkeys(("article", "example", "n"), "Int64")
    return pd.DataFrame(table, columns=[*COLUMNS, *DECIDING]).astype(types)


def _undecidable(d: pd.Series[float]) -> str:
    """Why a claim can't be decided whatever its numbers say; empty if it can."""
    if d.isna().mean() > MAX_UNDEFINED:
        return f"{d.isna().sum()} of {len(d)} pairs undefined, more than a tenth"
    return "one seed says nothing about the spread over seeds" if d.count() < 2 else ""


def _sample(test: Test, d: pd.Series[float], yes_no: Collection[str]) -> Floats:
    """The defined differences; if equal and of a yes-or-no metric, with one more that differs toward a bound."""
    values: Floats = np.asarray(d.dropna(), np.float64)
    step = sum(metric in yes_no for _, _, metric in sides(test))
    if step and len(values) and _equal(values, test.margin):
        outward = 1 if values[0] >= 0 else -1
        return np.append(values, values[0] + step * (-outward if abs(values[0]) > test.margin else outward))
    return values


def _agree(test: Test, d: pd.Series[float]) -> float:
    """Share of single seeds on the claimed side of zero (for *same*: inside the margin)."""
    same = d.abs() <= test.margin * (1 + ROUNDING)
    return float({"less": d < 0, "greater": d > 0, "same": same}[test.relation][d.notna()].mean())


def _verdict(test: Test, d: pd.Series[float], sample: Floats, p: float, family: int) -> tuple[str, str]:
    if reason := _undecidable(d):
        return "inconclusive", reason
    tested = f"p = {p:.2g} after Holm over {family} claim{'s' * (family > 1)}"
    if p > LEVEL:
        seeds = seeds_to_settle(sample, test.margin, LEVEL / family)  # the strictest level Holm can ask
        return "inconclusive", f"{f'about {seeds}' if seeds else f'over {MAX_SEEDS}'} seeds would settle it; {tested}"
    if _equal(sample, test.margin):
        unseen = 1 - LEVEL ** (1 / len(sample))  # seeds that common would all be missed one time in twenty
        tested = f"deterministic: the same in all {len(sample)} seeds (if others differ, then fewer than {unseen:.0%})"
    where = str(region(sample.mean(), test.margin))
    verdict = "supported" if where == CLAIMED[test.relation] else "negligible" if where == "inside" else "contradicted"
    return verdict, tested
