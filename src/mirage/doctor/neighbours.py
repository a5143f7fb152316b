"""Held-out rows beside the rows of training: which are equal, which are near, and what the score is of each kind."""

import numpy as np
import pandas as pd

from mirage.doctor import statistics
from mirage.doctor.evidence import Array, Bundle, Features, Predictions
from mirage.doctor.finding import Item, item

SURE = 0.999  # level of the intervals behind a finding: one chance in a thousand that a look misleads
MATTERS = 0.01  # lower end of the share of held-out rows from which on the score can have moved by a point
EXPECTED = 0.01  # training rows that have the values of a row, if columns were independent: above that it is no copy
HALVES = 9  # random halves of the columns; the median of an odd number is one of them
DECIDED_BY_HALF = 0.5  # copies agree in all columns or few; rows equal by chance agree in half of them far more often
DISTINCT = 0.2  # of the training rows: with fewer, rows are equal because there are few kinds of rows
SAME_LABEL = 0.9  # of the equal rows: copies have the label of what they copy
FEW = 20  # values, up to which a column counts as discrete
ONE_VALUE = 0.2  # of the rows: a column in which one value is more frequent is not continuous
MOST_COLUMNS = 50  # that are compared; of more a random part with a fixed seed
LEAST_COLUMNS = 5
MOST_CELLS = 10**7  # rows times columns that are compared: of a million rows ten columns, which tell copies well enough
MOST_ROWS = 20_000  # that say whether a column is continuous
MOST_PRODUCTS = 2 * 10**9  # held-out rows times training rows times columns: about two seconds


def keys(table: Features, columns: Array | None = None) -> Array:
    """A number [row] that is equal where rows are equal in these places of columns (default: all)."""
    factors = np.random.default_rng(0).integers(1, 2**63, len(table.columns), dtype=np.uint64) * np.uint64(2) + 1
    total = np.zeros(len(table), np.uint64)
    for place, values in enumerate(table.columns.values()):
        if columns is None or place in columns:
            numbers = values.dtype.kind == "f"
            hashed = pd.util.hash_array(np.where(np.isnan(values), np.nan, values + 0.0) if numbers else values)
            total += hashed * factors[place]
    return total


def copied(train: Features, held: Features) -> Array:
    """Which held-out rows equal a training row in every column [row], where chance does not make them equal.

    Chance does so where the values of a row are frequent ones. It does so to all rows where there are few kinds of
    rows, where equal rows have different labels, or where far more rows agree in half of the columns than in all: a
    copy agrees in half of them for no other reason than that it is one.
    """
    mine, theirs = keys(train), keys(held)
    equal = pd.Series(theirs).isin(mine).to_numpy(copy=True)
    equal[equal] = _rare(train, held, np.flatnonzero(equal))
    if not equal.any():
        return equal
    kinds, first = np.unique(mine, return_index=True)
    if len(kinds) < DISTINCT * len(mine):
        return np.zeros(len(held), bool)
    if train.truth is not None and held.truth is not None:
        source = first[np.searchsorted(kinds, theirs[equal])]
        if (train.truth[source] == held.truth[equal]).mean() < SAME_LABEL:
            return np.zeros(len(held), bool)
    random = np.random.default_rng(0)
    pairs, parts = _pairs(mine, theirs[equal]), []
    for _ in range(HALVES):
        half = random.permutation(len(train.columns))[: len(train.columns) // 2]
        parts.append(pairs / _pairs(keys(train, half), keys(held, half)[equal]))
    return equal if np.median(parts) >= DECIDED_BY_HALF else np.zeros(len(held), bool)


def _rare(train: Features, held: Features, rows: Array) -> Array:
    """For some held-out rows: whether a training row with these values is not to be expected, column by column."""
    if not len(rows):
        return np.zeros(0, bool)
    expected = np.full(len(rows), np.log(len(train)))
    for name, values in train.columns.items():
        kinds, counts = np.unique(pd.util.hash_array(values), return_counts=True)
        at = np.minimum(np.searchsorted(kinds, pd.util.hash_array(held.columns[name][rows])), len(kinds) - 1)
        expected += np.log(counts[at] / len(train))
    return np.asarray(expected < np.log(EXPECTED))


def _pairs(mine: Array, theirs: Array) -> int:
    """How many pairs of a row of each have equal keys."""
    kinds, counts = np.unique(mine, return_counts=True)
    at = np.minimum(np.searchsorted(kinds, theirs), len(kinds) - 1)
    return int(counts[at][kinds[at] == theirs].sum())


def matters(seen: Array) -> bool:
    """Whether so large a share of held-out rows [row] is concerned that it can move the score, beyond chance."""
    return len(seen) > 0 and statistics.wilson(int(seen.sum()), len(seen), SURE)[0] > MATTERS


def continuous(train: Features, held: Features) -> Array:
    """The continuous columns of both tables, one above the other [row, column].

    A column is continuous if it has more than `FEW` values, and none of them in many rows.
    """
    both, random = np.vstack([train.numbers, held.numbers]), np.random.default_rng(0)
    most = int(np.clip(MOST_CELLS // max(len(both), 1), LEAST_COLUMNS, MOST_COLUMNS))
    some = both[random.permutation(len(both))[:MOST_ROWS]]
    chosen: list[int] = []
    for place in random.permutation(both.shape[1]):
        values = some[np.isfinite(some[:, place]), place]
        _, counts = np.unique(values, return_counts=True)
        if len(values) > (1 - ONE_VALUE) * len(some) and len(counts) > FEW and counts.max() < ONE_VALUE * len(some):
            chosen.append(place)
        if len(chosen) == most:
            break
    return both[:, sorted(chosen)]


def places(train: Features, held: Features) -> tuple[Array, Array]:
    """The continuous columns of both [row, column] as ranks from 0 to 1, so that no scale and no tail counts.

    Equal values rank in random order: where a column has few values, such as counts, rows that agree in it are no
    nearer than rows that lie within one value. NaN ranks in the middle.
    """
    both, random = continuous(train, held), np.random.default_rng(0)
    for values in both.T:
        there = np.flatnonzero(np.isfinite(values))
        shuffled = random.permutation(there)
        values[shuffled[np.argsort(values[shuffled], kind="stable")]] = np.arange(1, len(there) + 1) / len(there)
        values[~np.isfinite(values)] = 0.5
    return both[: len(train)], both[len(train) :]


def nearest(train: Array, held: Array, k: int, most: int) -> tuple[Array, Array, Array]:
    """Some of the held-out rows (at most `most`), and distances and places [row, k] of their nearest training rows."""
    from sklearn.neighbors import NearestNeighbors

    most = max(20, min(most, MOST_PRODUCTS // max(train.size, 1)))
    some = np.sort(np.random.default_rng(0).permutation(len(held))[:most])
    brute = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(train)
    distances, found = brute.kneighbors(held[some])
    return some, distances, found


def right(bundle: Bundle, held: Features | Predictions) -> Array | None:
    """Whether the prediction of each held-out row is right [row]; None where predictions are not of these rows."""
    found = bundle.predictions
    if found is None or found.regression or found.decisions is None or len(found) != len(held):
        return None
    if isinstance(held, Features):
        if "id" in found.about and "id" in held.about:
            found = found.by_ids(held.about["id"])
            if found is None:
                return None
        if held.truth is not None and (np.array(found.classes, dtype=object)[found.truth] != held.truth).any():
            return None
    assert found.decisions is not None
    return np.asarray(found.decisions == found.truth)


def scores(bundle: Bundle, held: Features | Predictions, seen: Array, kind: str) -> tuple[Item, ...]:
    """The accuracy of held-out rows that are of a kind and of the others, with intervals, where predictions say so."""
    correct = right(bundle, held)
    if correct is None or seen.all():
        return ()
    parts = []
    for name, rows in ((f"that {kind}", seen), ("of the others", ~seen)):
        low, high = statistics.wilson(int(correct[rows].sum()), int(rows.sum()))
        said = f"Of the held-out rows {name}" if name.startswith("that") else "and of the others"
        end = "," if name.startswith("that") else f" (95 % interval {low:.3g} to {high:.3g})."
        parts.append(item(f"accuracy {name}", float(correct[rows].mean()), f"{said} {{}} are right{end}"))
    return tuple(parts)
