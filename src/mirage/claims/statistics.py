"""Means and intervals from differences over seeds: pure NumPy and SciPy.

The margin of a claim, the smallest effect that matters, cuts the line of effects into three regions: below -margin,
inside, above +margin. A verdict says in which of them an interval of the mean effect lies; so the interval that is
shown is the one that decides.

**Simultaneous.** Each interval has the level 1 - 0.05 / 100: that any interval of a hundred claims of a kind misses its
true effect has a chance of at most 5 % (Bonferroni), however the claims depend on each other. The hundred is fixed,
with room for lessons to come, so that no verdict moves when one is added.

**Long tails.** Student's interval misses too often if the differences have a long tail on one side, as a sample that
lacks the tail looks both far from the truth and sure of itself. So the interval also holds what Hall's
skewness-corrected t does not exclude. (Wilcoxon and sign tests don't help here: they ask about the median.)

**Yes-or-no numbers** have exact intervals: Clopper and Pearson's of a share; for a difference of two shares of the same
seeds those of the two discordant counts, each at half the level.

**All seeds equal, by chance.** Then a share u of further seeds may differ without being seen, u being Clopper and
Pearson's bound for 0 in n. A number between known ends, such as a recall, may so have a mean that lies u of the way to
either end.

**Resamples of one data set** share rows, so the variance of their mean does not shrink to nothing: Nadeau and Bengio
add the ratio of test to training rows to 1/n.

Sources: Hall, J. R. Stat. Soc. B 54 (1992) 221; Clopper and Pearson, Biometrika 26 (1934) 404; Nadeau and Bengio, Mach.
Learn. 52 (2003) 239. Skewness from few seeds comes out too small; the factor 1 + 8.5/n against that is Hazen's, see
Bobée and Robitaille, Water Resour. Res. 11 (1975) 851.

scipy.special, with Student's t and the beta law, is imported by the functions that need it: a run of one seed, which
judges nothing, does without. (scipy.stats takes longer to import.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

FAMILY = 100  # claims of a kind that intervals are simultaneous for, those of lessons to come included
LEVEL = 0.05  # the chance that any of their intervals misses its effect
SINGLE = LEVEL / FAMILY  # the chance that one does
ROUNDING = 1e-9  # a spread this small, relative to effect or margin, is rounding


def mean_and_sd(values: npt.ArrayLike) -> tuple[float, float]:
    """Mean and sample standard deviation of values [seed]; NaN where there are too few.

    Equal values have exactly their own value as mean and no spread: rounding must not make them look random.
    """
    v = np.asarray(values, float)
    if len(v) and np.ptp(v) == 0:
        return float(v[0]), 0.0 if len(v) > 1 else math.nan
    return (float(v.mean()), float(v.std(ddof=1))) if len(v) else (math.nan, math.nan)


def interval(values: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Student's t interval of the mean of values [seed]: low and high; NaN for fewer than two."""
    v = np.asarray(values, float)
    if len(v) < 2:
        return math.nan, math.nan
    from scipy.special import stdtrit

    mean, sd = mean_and_sd(v)
    half = sd / math.sqrt(len(v)) * float(stdtrit(len(v) - 1, (1 + level) / 2))
    return mean - half, mean + half


def defined(values: npt.ArrayLike) -> Floats:
    """The values that are finite numbers."""
    v: Floats = np.asarray(values, np.float64)
    return v[np.isfinite(v)]


def guarded_interval(values: npt.ArrayLike, miss: float = SINGLE) -> Interval:
    """The means of values [seed] that neither Student's t nor Hall's excludes with a chance `miss` of being wrong.

    At least as wide as Student's interval, and wider on the side of a long tail. Needs two values or more.
    """
    v = np.asarray(values, float)
    n, (mean, sd) = len(v), mean_and_sd(v)
    if sd <= ROUNDING * abs(mean) or sd == 0:
        return mean, mean
    critical = float(_critical(miss, n))
    skew = float(skewness((v - mean) / sd)) * (1 + 8.5 / n)
    # Hall's t is ((1 + bend)^3 - 1) sqrt(n) / skew + skew / (6 sqrt(n)) with bend = skew t / (3 sqrt(n)): solved for t.
    reach = [critical, critical]
    if abs(skew) > ROUNDING:
        for side, sign in enumerate((1, -1)):
            bend = float(np.cbrt(1 + skew * (sign * critical - skew / (6 * math.sqrt(n))) / math.sqrt(n))) - 1
            reach[side] = max(critical, sign * 3 * math.sqrt(n) / skew * bend)
    return mean - reach[0] * sd / math.sqrt(n), mean + reach[1] * sd / math.sqrt(n)


def resampled_interval(values: npt.ArrayLike, ratio: float, level: float = 0.95) -> Interval:
    """The interval of the mean of values [seed] from resamples of one set, `ratio` being test to training rows."""
    v = np.asarray(values, float)
    mean, sd = mean_and_sd(v)
    half = float(_critical(1 - level, len(v))) * sd * math.sqrt(1 / len(v) + ratio)
    return mean - half, mean + half


def one_more(interval: Interval, n: int, miss: float = SINGLE, level: float = 0.95) -> float:
    """How far from the mean of n normal values a further one lies, at most, in `level` of all cases.

    `interval` is that of the mean, which misses with a chance `miss`. With the sd s it reaches t s / sqrt(n) to either
    side, and that of one more value t s sqrt(1 + 1/n), with its own t.
    """
    narrower = float(_critical(1 - level, n) / _critical(miss, n))
    return (interval[1] - interval[0]) / 2 * narrower * math.sqrt(n + 1)


def share_interval(yes: int, n: int, miss: float = SINGLE) -> Interval:
    """Clopper and Pearson's interval of a share of which `yes` of n were seen."""
    from scipy.special import betaincinv

    low = float(betaincinv(yes, n - yes + 1, miss / 2)) if yes else 0.0
    high = float(betaincinv(yes + 1, n - yes, 1 - miss / 2)) if yes < n else 1.0
    return low, high


def discordant_interval(left: npt.ArrayLike, right: npt.ArrayLike, miss: float = SINGLE) -> Interval:
    """The interval of the difference of two shares, from yes-or-no numbers [seed] of the same seeds.

    Only seeds that answer differently tell the shares apart; either kind of them is a share of all seeds, with an
    interval at half the level.
    """
    one, other = np.asarray(left, float), np.asarray(right, float)
    up, down = (share_interval(int(k), len(one), miss / 2) for k in ((one > other).sum(), (one < other).sum()))
    return up[0] - down[1], up[1] - down[0]


def unseen(n: int, miss: float = SINGLE) -> float:
    """The largest share of seeds that may differ though none of n did."""
    return share_interval(0, n, miss)[1]


def equal(values: Floats, margin: float) -> bool:
    """Whether values [seed] are all the same, up to rounding beside the largest of them and the margin."""
    return bool(np.ptp(values) <= ROUNDING * max(np.abs(values).max(), margin))


def skewness(values: Floats) -> Floats:
    """Skewness along the last axis, corrected for its bias in small samples (Fisher and Pearson's G1)."""
    n = values.shape[-1]
    centred = values - values.mean(axis=-1, keepdims=True)
    second = (centred**2).mean(axis=-1)
    biased = (centred**2 * centred).mean(axis=-1) / second**1.5
    return np.asarray(biased * (math.sqrt(n * (n - 1)) / (n - 2) if n > 2 else 1))


def _critical(level: float, n: Any) -> Any:
    """What Student's t of n values exceeds, to either side, with a chance of `level`."""
    from scipy.special import stdtrit

    return -stdtrit(n - 1, level / 2)
