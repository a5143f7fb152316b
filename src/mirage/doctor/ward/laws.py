"""Where the ward's rows come from: laws of its own with a few settings from the seed, and packaged data sets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.settings import Ranges, between, whole

Draw = Callable[[np.random.Generator, int], tuple[Array, Array]]  # x [row, column], y [row] codes


@dataclass(frozen=True)
class Law:
    """Rows of a law: any number of them, as often as one likes."""

    classes: int
    columns: int
    draw: Draw


def normals(random: np.random.Generator, ranges: Ranges, classes: int, shares: Array) -> Law:
    """Normal classes with one covariance, so that a straight line is the best rule."""
    columns = whole(random, ranges.columns)
    means = random.normal(size=(classes, columns))
    means *= between(random, ranges.separation) / _apart(means)
    mixed = np.eye(columns) + random.normal(0, 0.3, (columns, columns))

    def draw(rows: np.random.Generator, n: int) -> tuple[Array, Array]:
        y = rows.choice(classes, n, p=shares)
        return (means[y] + rows.normal(size=(n, columns))) @ mixed, y

    return Law(classes, columns, draw)


def shells(random: np.random.Generator, ranges: Ranges, classes: int, shares: Array) -> Law:
    """Classes one around the other: no column alone says anything on average, and no straight line does."""
    columns = min(whole(random, ranges.columns), 6)
    gap = between(random, ranges.separation)

    def draw(rows: np.random.Generator, n: int) -> tuple[Array, Array]:
        y = rows.choice(classes, n, p=shares)
        direction = rows.normal(size=(n, columns))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        return direction * (1 + gap * y + rows.normal(0, 0.5, n))[:, None], y

    return Law(classes, columns, draw)


def counts(random: np.random.Generator, ranges: Ranges, classes: int, shares: Array) -> Law:
    """Columns of whole numbers, some of yes and no, and one that is the same for all rows."""
    columns = max(whole(random, ranges.columns), 4)
    rates = np.exp(random.normal(1.0, 0.25 * between(random, ranges.separation), (classes, columns)))
    yes = columns // 3

    def draw(rows: np.random.Generator, n: int) -> tuple[Array, Array]:
        y = rows.choice(classes, n, p=shares)
        x = rows.poisson(rates[y]).astype(float)
        x[:, :yes] = x[:, :yes] > np.median(rates[:, :yes], axis=0)
        x[:, -1] = 1.0
        return x, y

    return Law(classes, columns, draw)


def skewed(random: np.random.Generator, ranges: Ranges, classes: int, shares: Array) -> Law:
    """Heavy tails: amounts and durations whose logarithm is normal, two columns of them in fixed proportion."""
    inner = normals(random, ranges, classes, shares)
    widths = random.uniform(0.3, 1.0, inner.columns)

    def draw(rows: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, y = inner.draw(rows, n)
        x = np.exp(np.clip(x, -6, 6) * widths)
        return np.column_stack([x, x[:, 0] * 0.1]), y

    return Law(classes, inner.columns + 1, draw)


LAWS: dict[str, Callable[[np.random.Generator, Ranges, int, Array], Law]] = {
    "normals": normals, "shells": shells, "counts": counts, "skewed": skewed,
}  # fmt: skip


def packaged(name: str, two: bool) -> tuple[Array, Array]:
    """All rows of a data set of scikit-learn: x [row, column], y [row] codes.

    Where two classes are wanted: of wine the first or another, of digits above four or not. The targets of diabetes
    are cut at their median, or into thirds.
    """
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    if name == "diabetes":
        y = np.digitize(y, np.quantile(y, [0.5] if two else [1 / 3, 2 / 3]))
    elif two:
        y = {"digits": y > 4, "wine": y == 0}.get(name, y)
    return np.asarray(x, dtype=float), np.asarray(y).astype(int)


def _apart(means: Array) -> float:
    """The smallest distance between two means."""
    gaps = np.linalg.norm(means[:, None] - means[None], axis=2)
    return float(gaps[~np.eye(len(means), dtype=bool)].min())
