"""Rows of use that are not what the model was trained on, and rows that are scored once more."""

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import as_they_are, case
from mirage.doctor.ward.project import KNOWN, Handed, Project

TABLES = ("train", "test", "use")


def _use(own: Project, x: Array, rows: Array | None = None) -> Handed:
    """All that is handed over, with other values of the rows of use."""
    return own.handed() | {"use": own.features(own.rows("use") if rows is None else rows, x)}


def _used(own: Project) -> Array:
    return own.x[own.rows("use")].copy()


def _sd(own: Project) -> Array:
    """Standard deviations of the training rows [column]."""
    return np.asarray(own.x[own.rows("train")].std(axis=0))


def _spread_out(own: Project) -> Array:
    """Columns of more than a few values: of a flag, or of a constant, no unit can be told."""
    values = own.x[own.rows("train")]
    return np.flatnonzero([len(np.unique(column)) > 5 for column in values.T])


def scaled_alike(own: Project, random: np.random.Generator) -> Handed:
    """All rows scaled with the numbers of the training rows."""
    return own.handed() | {name: own.features(own.rows(name), _standard(own, own.rows(name))) for name in TABLES}


def _standard(own: Project, rows: Array, by: Array | None = None) -> Array:
    """Rows by mean and standard deviation of others; of training where none are named. A constant column is 0."""
    other = own.x[own.rows("train") if by is None else by]
    return np.asarray((own.x[rows] - other.mean(axis=0)) / np.where(other.std(axis=0) > 0, other.std(axis=0), 1))


@case("scaled-column", twin="all rows scaled with the numbers of training", healthy=scaled_alike)
def scaled(own: Project, random: np.random.Generator) -> Handed:
    """One column, or all, in another unit in use."""
    x, factor = _used(own), float(random.choice([255, 1 / 255, 1000, 1 / 1000, 100, 12]))
    columns = _spread_out(own)
    if random.random() < 0.5:
        columns = random.choice(columns, 1)
    x[:, columns] *= factor
    return _use(own, x)


@case("scaled-column", name="scaler-not-applied", twin="all rows scaled with the numbers of training",
      healthy=scaled_alike)  # fmt: skip
def unscaled(own: Project, random: np.random.Generator) -> Handed:
    """Training and test rows went through a scaler, rows of use did not."""
    return scaled_alike(own, random) | {"use": own.features(own.rows("use"))}


def moved_a_little(own: Project, random: np.random.Generator) -> Handed:
    """One value of seven higher or lower by a standard deviation: in a season, or at one of several places."""
    x = _used(own)
    return _use(own, x + (random.random(x.shape) < 1 / 7) * _sd(own) * random.choice([-1, 1], x.shape[1]))


@case("shifted-column", twin="one value of seven moved", healthy=moved_a_little)
def shifted(own: Project, random: np.random.Generator) -> Handed:
    """A constant added to one column, or to several."""
    x, columns = _used(own), _spread_out(own)
    columns = random.choice(columns, int(random.integers(1, min(3, len(columns)) + 1)), replace=False)
    x[:, columns] += random.choice([-1, 1]) * random.uniform(3, 30) * _sd(own)[columns]
    return _use(own, x)


def in_another_order(own: Project, random: np.random.Generator) -> Handed:
    """Columns of use in another order in the file, each under its own name."""
    handed = own.handed()
    names = list(handed["use"])
    return handed | {"use": {names[place]: handed["use"][names[place]] for place in random.permutation(len(names))}}


@case("exchanged-columns", twin="columns in another order, each under its own name", healthy=in_another_order)
def exchanged(own: Project, random: np.random.Generator) -> Handed:
    """Two columns that stand in each other's place, with different ranges of values."""
    x, train = _used(own), own.x[own.rows("train")]
    middle, sd = np.median(train, axis=0), np.maximum(_sd(own), 1e-9)
    columns = _spread_out(own)
    gaps = {(i, j): abs(middle[i] - middle[j]) / max(sd[i], sd[j]) for i in columns for j in columns if i < j}
    apart = [pair for pair, gap in gaps.items() if gap > 1] or [max(gaps, key=lambda pair: gaps[pair])]
    i, j = apart[int(random.integers(len(apart)))]
    x[:, [i, j]] = x[:, [j, i]]
    return _use(own, x)


@case("input-shift", twin="one value of seven moved", healthy=moved_a_little)
def another_population(own: Project, random: np.random.Generator) -> Handed:
    """Rows half of which are of another population, that lies elsewhere in half of the columns or more."""
    x, columns = _used(own), _spread_out(own)
    columns = random.choice(columns, -(-len(columns) // 2), replace=False)
    others = random.random(len(x)) < random.uniform(0.4, 0.6)
    moved = random.uniform(2, 4, len(columns)) * random.choice([-1, 1], len(columns)) * _sd(own)[columns]
    x[np.ix_(others, columns)] += moved
    return _use(own, x)


def _other_shares(own: Project, random: np.random.Generator) -> Array:
    """Rows of use of which one class is dropped but for a tenth, the largest, so that the others' odds rise."""
    rows = own.rows("use")
    largest = np.bincount(own.y[own.rows("train")]).argmax()
    return np.asarray(rows[(own.y[rows] != largest) | (random.random(len(rows)) < 0.1)])


@case("prior-shift", twin="rows of use as they come", healthy=as_they_are)
def other_shares(own: Project, random: np.random.Generator) -> Handed:
    """Rows of use with other shares of the classes."""
    rows = _other_shares(own, random)
    return _use(own, own.x[rows], rows)


def refitted(own: Project, random: np.random.Generator) -> Handed:
    """A scaler fitted again on rows of use that follow the law of training."""
    use = own.rows("use")
    return scaled_alike(own, random) | {"use": own.features(use, _standard(own, use, use))}


@case("prior-shift", name="refitted-scaler", twin="a scaler fitted again on rows of the same law", healthy=refitted,
      besides=("input-shift",))  # fmt: skip
def refitted_on_other_shares(own: Project, random: np.random.Generator) -> Handed:
    """A scaler fitted again on rows of use whose classes have other shares, so that rows of a class move."""
    rows = _other_shares(own, random)
    return scaled_alike(own, random) | {"use": own.features(rows, _standard(own, rows, rows))}


def _rescored(own: Project, scores: Array) -> Handed:
    """All that is handed over, with these scores [row of the known splits, class] from a second process."""
    return own.handed() | {"rescored": own.predictions(own.rows(*KNOWN), scores)}


def in_half_precision(own: Project, random: np.random.Generator) -> Handed:
    """Scored again in half precision."""
    return _rescored(own, own.scores[own.rows(*KNOWN)].astype(np.float16).astype(float))


@case("rebuilt-encoder", twin="scored again in half precision", healthy=in_half_precision)
def rebuilt(own: Project, random: np.random.Generator) -> Handed:
    """Names of the classes, or places of the inputs, in another order in the second process."""
    known = own.rows(*KNOWN)
    if random.random() < 0.5:
        return _rescored(own, own.scores[known][:, np.roll(random.permutation(len(own.names)), 1)] if not own.two
                         else own.scores[known][:, ::-1])  # fmt: skip
    places = np.arange(own.x.shape[1])
    orders = [random.permutation(places) for _ in range(5)]
    scores = [own.model.predict(own.x[known][:, order]) for order in orders]
    right = [float((one.argmax(axis=1) == own.y[known]).mean()) for one in scores]
    return _rescored(own, scores[int(np.argmin(right))])  # not an order that makes no difference


@case("random-prediction", twin="scored again in half precision", healthy=in_half_precision)
def augmented(own: Project, random: np.random.Generator) -> Handed:
    """Rows that are varied at random before they are scored, as in training."""
    known = own.rows(*KNOWN)
    noise = 0.25 * _sd(own) * random.normal(size=(len(known), own.x.shape[1]))
    return _rescored(own, own.model.predict(own.x[known] + noise))
