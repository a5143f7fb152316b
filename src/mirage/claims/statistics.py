"""Means, intervals, tests and what Holm adjusts: pure NumPy and SciPy, from differences over seeds to numbers.

The margin of a claim, the smallest effect that matters, cuts the line of effects into three regions: below -margin,
inside, above +margin. A verdict says in which region the true effect lies.

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

scipy.special, with Student's t and the normal law, is imported by the functions that need it: a run of one seed, which
tests nothing, does without. (scipy.stats takes longer to import.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL = 0.05  # chance of any false verdict in a lesson
POWER = 0.8  # chance of a verdict with the number of seeds "that would settle it"
MAX_SEEDS = 10_000  # more than that is no practical answer
ROUNDING = 1e-9  # a spread this small, relative to effect or margin, is rounding


def mean_and_sd(values: npt.ArrayLike) -> tuple[float, float]:
    """Mean and sample standard deviation of values [seed]; NaN where there are too few.

    Equal values have exactly their own value as mean and no spread: rounding must not make them look random.
    """
    v = np.asarray(values, float)
    if len(v) and np.ptp(v) == 0:
        return float(v[0]), 0.0 if len(v) > 1 else math.nan
    return (float(v.mean()), float(v.std(ddof=1))) if len(v) else (math.nan, math.nan)


def interval(values: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Student's t interval of the mean of values [seed]: low and high; NaN for fewer than two."""
    v = np.asarray(values, float)
    n = len(v)
    if n < 2:
        return math.nan, math.nan
    from scipy.special import stdtrit

    mean, sd = mean_and_sd(v)
    half = sd / math.sqrt(n) * float(stdtrit(n - 1, (1 + level) / 2))
    return mean - half, mean + half


def defined(values: npt.ArrayLike) -> Floats:
    """The values that are finite numbers."""
    v: Floats = np.asarray(values, np.float64)
    return v[np.isfinite(v)]


def region(mean: npt.ArrayLike, margin: float) -> npt.NDArray[np.str_]:
    """Where effects lie: "below", "inside" (bounds included, up to rounding) or "above"; shape of `mean`."""
    beyond = np.abs(mean) > margin * (1 + ROUNDING)
    return np.where(beyond, np.where(np.asarray(mean) > 0, "above", "below"), "inside")


def p_value(differences: npt.ArrayLike, margin: float) -> Floats:
    """How surely the effect lies in the region where its mean lies: twice the larger one-sided p of the two bounds.

    `differences` has shape (..., n) with n of at least 2, all defined; the result (...), 0 where all n are equal.
    """
    from scipy.special import stdtr

    d = np.asarray(differences, float)
    n, same = d.shape[-1], equal(d, margin)
    varied = np.where(same[..., None], np.arange(n), d)  # any numbers that vary do, for p is 0 there
    p = 2 * stdtr(n - 1, -clearance(varied, margin, n))
    return np.asarray(np.where(same, 0, np.where(p <= 1, p, 1)))  # 1 also for numbers too large to square


def equal(d: Floats, margin: float) -> npt.NDArray[np.bool_]:
    """Whether differences (..., n) are all the same, up to rounding beside the largest of them and the margin."""
    return np.asarray(np.ptp(d, axis=-1) <= ROUNDING * np.maximum(np.abs(d).max(axis=-1), margin))


def sample(differences: npt.ArrayLike, margin: float, step: float = 0) -> Floats:
    """The defined ones of differences [seed], as they are tested.

    For numbers that are 0 or 1 in every replicate, `step` says by how much one more seed could change the difference.
    If all seeds are equal, one hypothetical seed that differs, toward the nearest bound, is added.
    """
    values = defined(differences)
    if step and len(values) and equal(values, margin):
        outward = 1 if values[0] >= 0 else -1
        return np.append(values, values[0] + step * (-outward if abs(values[0]) > margin else outward))
    return values


def skewness(values: Floats) -> Floats:
    """Skewness along the last axis, corrected for its bias in small samples (Fisher and Pearson's G1)."""
    n = values.shape[-1]
    centred = values - values.mean(axis=-1, keepdims=True)
    second = (centred**2).mean(axis=-1)
    biased = (centred**2 * centred).mean(axis=-1) / second**1.5
    return np.asarray(biased * (math.sqrt(n * (n - 1)) / (n - 2) if n > 2 else 1))


def clearance(d: Floats, margin: float, n: Any) -> Floats:
    """How clear, in standard errors, means of n such differences are of the nearest bound: the smaller of t, Hall's t.

    `d` has shape (..., m) and varies along m; the result has that of (...) and `n` together.
    """
    mean, sd = d.mean(axis=-1), d.std(axis=-1, ddof=1)
    standard = (d - mean[..., None]) / sd[..., None]
    skew = skewness(standard) * (1 + 8.5 / d.shape[-1])
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
    claim this is the interval that decides it: at least as wide as the plain one of `interval`.
    """
    d = np.asarray(differences, float)
    n, mean, sd = len(d), float(d.mean()), float(d.std(ddof=1))
    if sd <= ROUNDING * abs(mean) or sd == 0:
        return mean, mean
    critical = _critical(level, n)
    skew = float(skewness((d - mean) / sd)) * (1 + 8.5 / n)
    # Hall's t is ((1 + bend)^3 - 1) sqrt(n) / skew + skew / (6 sqrt(n)) with bend = skew t / (3 sqrt(n)): solved for t.
    reach = [critical, critical]
    if abs(skew) > ROUNDING:
        for side, sign in enumerate((1, -1)):
            bend = float(np.cbrt(1 + skew * (sign * critical - skew / (6 * math.sqrt(n))) / math.sqrt(n))) - 1
            reach[side] = max(critical, sign * 3 * math.sqrt(n) / skew * bend)
    return mean - reach[0] * sd / math.sqrt(n), mean + reach[1] * sd / math.sqrt(n)


def _critical(level: float, n: Any) -> Any:
    """What Student's t of n values exceeds with a chance of half the level."""
    from scipy.special import stdtrit

    return -stdtrit(n - 1, level / 2)


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
    from scipy.special import ndtri

    d = np.asarray(differences, float)
    n = np.arange(len(d) + 1, MAX_SEEDS + 1)
    enough = clearance(d, margin, n) >= _critical(level, n) + ndtri(POWER)
    return int(n[enough.argmax()]) if enough.any() else None
