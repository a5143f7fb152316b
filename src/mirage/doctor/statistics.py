"""Intervals and agreement of the doctor: each as few lines of NumPy and SciPy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mirage.doctor.evidence import Array

LEVEL = 0.95


def wilson(right: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share, `right` of `n` rows; both may be fractions, as rows that are weighed count."""
    from scipy.stats import norm

    z2, share = float(norm.ppf((1 + level) / 2)) ** 2, right / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return max(0.0, round(float(middle - half), 12)), min(1.0, round(float(middle + half), 12))


def sure(chance: float) -> float:
    """How many standard deviations chance lies above its mean so seldom."""
    from scipy.stats import norm

    return float(norm.isf(chance))


def rarely(right: int, n: int, share: float, level: float = 1e-6) -> bool:
    """Whether so few of `n` rows are right hardly ever, if this share is on average."""
    from scipy.stats import binomtest

    return bool(binomtest(right, n, min(share, 1 - 1e-9), alternative="less").pvalue < level)


def clustered(values: Array, groups: Array, weights: Array, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a mean over rows that come in groups, by the spread of whole groups (the ratio estimator with t).

    Within 0 to 1; both ends are NaN where there is one group only.
    """
    from scipy.stats import t

    of, _ = pd.factorize(groups)
    sizes, sums = np.bincount(of, weights=weights), np.bincount(of, weights=weights * values)
    mean, m = sums.sum() / sizes.sum(), len(sizes)
    if m < 2:
        return float("nan"), float("nan")
    spread = np.sqrt(m / (m - 1) * ((sums - mean * sizes) ** 2).sum()) / sizes.sum()
    half = t.ppf((1 + level) / 2, m - 1) * spread
    return max(0.0, float(mean - half)), min(1.0, float(mean + half))


def design_effect(values: Array, groups: Array) -> float:
    """How many rows that come in groups say as much about a mean as one row alone would; 1 where groups say nothing.

    The variance of sums over groups against that of independent rows, two of its standard errors up; where there are
    fewer than ten groups, the rows of a group.
    """
    _, of = np.unique(groups, return_inverse=True)
    m, apart = int(of.max()) + 1, values - values.mean()
    if m < 10:
        return len(values) / m
    sums = np.bincount(of, weights=apart)
    return max(1.0, float((sums**2).sum() / max((apart**2).sum(), 1e-300) * (1 + 2 * np.sqrt(2 / m))))


def confusion(truth: Array, decided: Array, classes: int) -> Array:
    """How many rows of each class were given each [class, decision]; decisions of unknown classes are left out."""
    known = decided >= 0
    return np.bincount(truth[known] * classes + decided[known], minlength=classes**2).reshape(classes, classes)


def by_chance(counts: Array) -> float:
    """The accuracy that a permutation of the predictions would have, on average: the sum of the products of shares."""
    n = counts.sum()
    return float((counts.sum(axis=1) * counts.sum(axis=0)).sum() / n**2)


def depend(counts: Array, level: float = 1e-3) -> bool:
    """Whether predictions have anything to do with labels, by the chi-squared test of a table [class, decision].

    False where one of the two is constant.
    """
    from scipy.stats import chi2_contingency

    some = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    return min(some.shape) > 1 and bool(chi2_contingency(some).pvalue < level)


def auc(truth: Array, score: Array) -> float:
    """The share of pairs of a row of class 1 and one of class 0 that a score puts in order; ties count half."""
    from scipy.stats import rankdata

    ones = int((truth == 1).sum())
    zeros = len(truth) - ones
    if not ones or not zeros:
        return float("nan")
    ranks = rankdata(score)[truth == 1].sum()
    return float((ranks - ones * (ones + 1) / 2) / (ones * zeros))


def auc_interval(area: float, ones: int, zeros: int, level: float = LEVEL) -> tuple[float, float]:
    """Hanley and McNeil's interval of an area under the ROC curve."""
    from scipy.stats import norm

    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (ones - 1) * (q1 - area**2) + (zeros - 1) * (q2 - area**2)
    half = norm.ppf((1 + level) / 2) * np.sqrt(max(spread, 0) / (ones * zeros))
    return max(0.0, float(area - half)), min(1.0, float(area + half))


def ranks_below(truth: Array, score: Array) -> float:
    """How likely chance ranks rows of class 1 so low, or lower (Mann and Whitney's test, one-sided)."""
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(score[truth == 1], score[truth == 0], alternative="less").pvalue)


def at_every_lag(truth: Array, decided: Array, classes: int) -> Array:
    """How many rows agree if predictions are moved down by k rows, around the end [k], for every k.

    By the Fourier transform, class by class; rows of unknown classes agree with none.
    """
    total = np.zeros(len(truth))
    for code in range(classes):
        one, other = (np.fft.rfft((codes == code).astype(float)) for codes in (truth, decided))
        total += np.fft.irfft(one * np.conj(other), n=len(truth))
    return np.round(total)


def best_names(counts: Array) -> Array:
    """Which class each predicted name would have to stand for, for the most rows to agree [decision]."""
    from scipy.optimize import linear_sum_assignment

    decided, meant = linear_sum_assignment(-counts.T)
    return np.asarray(meant[np.argsort(decided)])


def cycles(permutation: Array) -> list[list[int]]:
    """The cycles of a permutation that move something: 0 to 2, 2 to 5, 5 to 0."""
    left, found = set(range(len(permutation))), []
    while left:
        cycle = [min(left)]
        while (code := int(permutation[cycle[-1]])) != cycle[0]:
            cycle.append(code)
        left -= set(cycle)
        found += [cycle] if len(cycle) > 1 else []
    return found


def softmax(logits: Array) -> Array:
    """Scores of a row that sum to one [row, class]."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def listed(names: Sequence[Any], most: int = 5) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(map(str, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
