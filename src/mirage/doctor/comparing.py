"""Columns of two tables held against each other: which moved, and does a factor, a constant or an exchange undo it?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.evidence import Array, Features

FEWEST = 20  # rows of either table below which nothing is said of a column: a drift test on 8 rows finds what it likes
MOST_CELLS = 2_000_000  # of a table that are compared: its rows are sampled, which bounds time and memory
ROWS = (1000, 20_000)  # of a sample, at least and at most
LEVEL = 1e-3  # of a difference by chance, over all columns together
SEEN = 0.1  # between distributions: a column that is twice as wide around the same middle moves so far
SLACK = 0.15  # standard deviations that values may move: a scaler fitted on a few hundred other rows moves them so far
MATTERS = 0.25  # the same, where nothing simple explains the move: a normal column that moved by 0.64 of its sd
FACTOR = 2.0  # between units, scalers and none; populations rarely differ so much without changing shape
CONSTANT = 1.5  # standard deviations, the same for a constant
MILD_FACTOR, MILD_CONSTANT = 5.0, 4.0  # the same, below which a move beside others that nothing undoes is one of them
MOST_COLUMNS = 1000  # that moved, for which a factor, a constant or an exchange is looked for
MOST_VALUES = 50  # distinct ones, up to which a column or labels are of categories
CODES = 4  # distinct ones, from which a permutation of their shares is no coincidence
QUANTILES = np.linspace(0.05, 0.95, 19)
DIGITS = 6  # to which two values are the same number, as a share of the column's largest: a float32 keeps seven

Kind = Literal["exchanged", "scaled", "shifted", "scaler", "recoded", "other"]


@dataclass(frozen=True)
class Move:
    """A column that differs between two tables.

    Attributes
    ----------
    before, after
        The largest difference between the two distribution functions (of categories: half the sum of the differences
        of shares), as they stand, and with the move undone; equal where nothing undoes it.
    factor, constant
        Of a value: the second table's is ``factor * value + constant``.
    source
        The column of the first table whose values the second table's column holds.
    """

    column: str
    kind: Kind
    before: float
    after: float
    factor: float = 1.0
    constant: float = 0.0
    source: str = ""


def few(known: Features, use: Features) -> bool:
    """Whether one of the tables has too few rows to compare anything."""
    return min(len(known), len(use)) < FEWEST


@np.errstate(all="ignore")  # of a column as large as numbers get, nothing fits
def moves(known: Features, use: Features) -> list[Move]:
    """Columns that differ between two tables with the same columns, by more than chance and by enough to matter.

    Where both have labels, rows of the first are drawn so that classes have the shares of the second: what classes'
    shares move is no move of a column. In what chance may do, rows of
    a group count as far as they say the same.
    """
    if few(known, use):
        return []
    random = np.random.default_rng(0)
    first = _sampled(known, _in_shares(known, use, random), random)
    second = _sampled(use, np.arange(len(use)), random)
    groups = [_groups(known, first), _groups(use, second)]
    numeric = {name: (known.columns[name][first], use.columns[name][second]) for name in known.numeric}
    pairs = {name: _rounded(*pair) for name, pair in numeric.items()}
    far = {name: distance(*pair, SLACK * _deviation(pair[0])) for name, pair in pairs.items()}
    sizes = {name: _size(*map(_alone, pairs[name], groups)) for name, gap in far.items() if gap >= SEEN}
    looks = len(known.columns)
    seen = {name: far[name] for name, size in sizes.items() if _chance(far[name], size) * looks < LEVEL}
    seen = dict(list(seen.items())[:MOST_COLUMNS])
    found = {name: one for name, gap in seen.items() if (one := _recoded(name, *pairs[name], sizes[name]))}
    found |= {one.column: one for one in _exchanged({n: g for n, g in seen.items() if n not in found}, numeric, sizes)}
    for name, gap in seen.items():
        if name not in found:
            found[name] = _undone(name, *numeric[name], gap, sizes[name]) or Move(name, "other", gap, gap)
    for name in known.columns:
        if name not in far:
            n = [
                m if of is None else int(of.max()) + 1 for m, of in zip((len(first), len(second)), groups, strict=True)
            ]
            gap = _of_shares(known.columns[name][first], use.columns[name][second], n, looks)
            found[name] = Move(name, "other", gap, gap)
    every = [one for one in found.values() if one.kind != "other" or one.before >= MATTERS]
    if any(one.kind == "other" for one in every):  # a population that moved: in some columns it looks like a factor
        return [replace(one, kind="other") if _mild(one, numeric) else one for one in every]
    return every


def distance(one: Array, other: Array, slack: float = 0.0) -> float:
    """The largest difference between two distribution functions (Kolmogorov and Smirnov's); NaN lies below all values.

    With slack, that which is left where every value may move by so much.
    """
    one, other = (np.sort(np.nan_to_num(values, nan=-np.inf, posinf=np.inf, neginf=-np.inf)) for values in (one, other))

    def above(low: Array, high: Array) -> float:
        own = np.searchsorted(low, low, side="right") / len(low)
        return float((own - np.searchsorted(high, low + slack, side="right") / len(high)).max())

    return max(0.0, above(one, other), above(other, one))


def unit(values: Array) -> bool:
    """Whether a scaler made this column: mean 0 and standard deviation 1, or a range of exactly 0 to 1.

    Mean and deviation may be off as far as some other rows of the same law would be.
    """
    there = values[np.isfinite(values)]
    if len(there) < FEWEST:
        return False
    slack = 4 / np.sqrt(len(there))
    standard = abs(there.mean()) < slack and abs(there.std() - 1) < slack
    return bool(standard or (abs(there.min()) < 1e-3 and abs(there.max() - 1) < 1e-3 and len(np.unique(there)) > 2))


def _chance(gap: float, size: float) -> float:
    from scipy.stats import kstwobign

    return float(kstwobign.sf(gap * np.sqrt(size)))


def _mild(move: Move, numeric: Mapping[str, tuple[Array, Array]]) -> bool:
    """Whether a factor or constant is of a size that populations differ by."""
    if move.kind not in ("scaled", "shifted"):
        return False
    spread = _spread(numeric[move.column][0])
    return 1 / MILD_FACTOR < move.factor < MILD_FACTOR and abs(move.constant) < MILD_CONSTANT * spread


def _explains(before: float, after: float, size: float) -> bool:
    """Whether what is left of a difference is what chance leaves, and far less than there was."""
    return _chance(max(after - 0.02, 0), size) > 0.01 and before >= 2.5 * after


def _in_shares(known: Features, use: Features, random: np.random.Generator) -> Array:
    """Rows of the first table in which classes have the shares of the second; all, where that cannot be."""
    every = np.arange(len(known))
    if known.truth is None or use.truth is None:
        return every
    names, counts = np.unique(use.truth.astype(str), return_counts=True)
    own = known.truth.astype(str)
    if len(names) > MOST_VALUES or len(np.unique(own)) > MOST_VALUES:
        return every
    places = [np.flatnonzero(own == name) for name in names]
    total = min(len(rows) / count for rows, count in zip(places, counts, strict=True))
    drawn = [random.choice(rows, int(total * count), False) for rows, count in zip(places, counts, strict=True)]
    rows = np.sort(np.concatenate(drawn))
    return rows if len(rows) >= FEWEST else every


def _sampled(table: Features, rows: Array, random: np.random.Generator) -> Array:
    most = int(np.clip(MOST_CELLS // len(table.columns), *ROWS))
    return rows if len(rows) <= most else np.sort(random.choice(rows, most, replace=False))


def _alone(values: Array, groups: Array | None) -> float:
    """How many independent rows say as much of a column, by the ranks of its values within groups and between them."""
    from scipy.stats import rankdata

    if groups is None:
        return len(values)
    return len(values) / statistics.design_effect(rankdata(np.nan_to_num(values, nan=-np.inf)), groups)


def _size(one: float, other: float) -> float:
    return one * other / (one + other)


def _groups(table: Features, rows: Array) -> Array | None:
    """Codes of the groups of these rows."""
    return np.unique(table.about["group"][rows].astype(str), return_inverse=True)[1] if "group" in table.about else None


def _rounded(one: Array, other: Array) -> tuple[Array, Array]:
    """Two columns to the digits that a float32 keeps, so that what is one number in both is one."""
    both = np.concatenate([one, other])
    largest = np.abs(both[np.isfinite(both)]).max(initial=0)
    scale = 10.0 ** np.floor(np.log10(largest)) if largest > 1e-12 else 1.0
    return np.round(one / scale, DIGITS) * scale, np.round(other / scale, DIGITS) * scale


def _spread(values: Array) -> float:
    """A standard deviation that outliers do not move; the usual one where most values are the same."""
    there = values[np.isfinite(values)]
    low, high = np.quantile(there, [0.25, 0.75]) if len(there) else (0.0, 0.0)
    return float((high - low) / 1.349) or float(there.std() if len(there) else 0.0)


def _deviation(values: Array) -> float:
    """The standard deviation without the outermost hundredth on either side, in which a heavy tail would decide it.

    Where half of the values or more are the same, those that are not are what there is of it, and count.
    """
    there = values[np.isfinite(values)]
    if not len(there):
        return 0.0
    first, low, high, last = np.quantile(there, [0.01, 0.25, 0.75, 0.99])
    return float((there if low == high else there.clip(first, last)).std())


def _recoded(name: str, one: Array, other: Array, size: float) -> Move | None:
    """A column of a few whole numbers, the same in both, whose shares are those of other numbers."""
    codes = np.unique(one[np.isfinite(one)])
    if not CODES <= len(codes) <= MOST_VALUES or (codes != np.round(codes)).any():
        return None
    if not np.array_equal(codes, np.unique(other[np.isfinite(other)])):
        return None
    shares = [np.array([(values == code).mean() for code in codes]) for values in (one, other)]
    before = float(np.abs(shares[0] - shares[1]).sum() / 2)
    after = float(np.abs(np.sort(shares[0]) - np.sort(shares[1])).sum() / 2)
    # A count moves one way and keeps a single peak; codes in another order do not.
    moved = codes[np.argsort(-shares[1])] - codes[np.argsort(-shares[0])]
    one_way = len(np.unique(moved)) == 1 or np.array_equal(np.argsort(-shares[0]), np.argsort(shares[1])[::-1])
    if one_way or before < MATTERS or before < 4 * after or after > np.sqrt(len(codes) / size) / 2:
        return None
    return Move(name, "recoded", before, after)


def _exchanged(
    seen: dict[str, float], pairs: dict[str, tuple[Array, Array]], sizes: dict[str, float]
) -> Iterator[Move]:
    """Columns that fit another of those that moved, in cycles: by matching the profiles of their quantiles."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    names = [name for name in seen if all(np.isfinite(part).sum() >= FEWEST for part in pairs[name])]
    if len(names) < 2:
        return
    profiles, spreads = [], []
    for side in (0, 1):
        values = [pairs[name][side][np.isfinite(pairs[name][side])] for name in names]
        profiles.append(np.array([[*np.quantile(column, QUANTILES), column.mean()] for column in values]))
        spreads.append(np.array([_spread(column) for column in values]))
    cost = cdist(profiles[1], profiles[0], "cityblock") / np.maximum(np.add.outer(spreads[1], spreads[0]), 1e-12)
    source = linear_sum_assignment(np.minimum(cost, 1e6))[1]
    after = [distance(*_rounded(pairs[names[source[i]]][0], pairs[name][1])) for i, name in enumerate(names)]
    fits = {i for i, name in enumerate(names) if source[i] != i and _explains(seen[name], after[i], sizes[name])}
    while broken := {i for i in fits if source[i] not in fits}:  # what is left comes in whole cycles
        fits -= broken
    for i in sorted(fits):
        yield Move(names[i], "exchanged", seen[names[i]], after[i], source=names[source[i]])


def _undone(name: str, one: Array, other: Array, before: float, size: float) -> Move | None:
    """The factor, the constant, or the two of a scaler, that take the difference away best."""
    from scipy.stats import theilslopes

    here, there = (values[np.isfinite(values)] for values in (one, other))
    if min(len(here), len(there)) < FEWEST:
        return None
    own, new = (np.quantile(values, QUANTILES) for values in (here, there))
    tried: list[tuple[Kind, float, float]] = [("shifted", 1.0, float(np.median(new - own)))]
    some = (own * new) > 0
    if some.any():
        ratios, weights = new[some] / own[some], np.abs(own[some])
        order = np.argsort(ratios)
        middle = np.searchsorted(weights[order].cumsum(), weights.sum() / 2)
        tried.append(("scaled", float(ratios[order][middle]), 0.0))
    if (unit(here) or unit(there)) and np.ptp(own) > 0:
        slope, constant = theilslopes(new, own)[:2]
        tried.append(("scaler", float(slope), float(constant)))
    spread = _spread(here)
    found = []
    for kind, factor, constant in tried:
        gross = not 1 / FACTOR < factor < FACTOR or abs(constant) > CONSTANT * spread
        slack = SLACK * factor * _deviation(one) if kind == "scaler" else 0.0
        after = distance(*_rounded(one * factor + constant, other), slack)
        if factor > 0 and gross and _explains(before, after, size):
            found.append(Move(name, kind, before, after, factor, constant))
    simple = [move for move in found if move.kind != "scaler"]
    return min(simple or found, key=lambda move: move.after, default=None)


def _of_shares(one: Array, other: Array, n: list[int], looks: int) -> float:
    """How far the shares of categories moved, beyond what chance does; 0 where chance may have done it all."""
    from scipy.stats import chi2_contingency

    names, codes = np.unique(np.concatenate([one, other]).astype(str), return_inverse=True)
    if not 1 < len(names) <= MOST_VALUES:
        return 0.0
    parts = codes[: len(one)], codes[len(one) :]
    shares = np.array([np.bincount(part, minlength=len(names)) / len(part) for part in parts])
    counts = shares * np.array(n)[:, None]
    rare = counts.sum(axis=0) < 10  # counted together: the chi-squared test needs some of each
    counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2 or chi2_contingency(counts).pvalue * looks >= LEVEL:
        return 0.0
    mean = shares.mean(axis=0)
    by_chance = np.sqrt(mean * (1 - mean) * (1 / n[0] + 1 / n[1]) / (2 * np.pi)).sum()
    return float(np.abs(shares[0] - shares[1]).sum() / 2 - by_chance)
