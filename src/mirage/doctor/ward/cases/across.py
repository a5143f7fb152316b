"""Rows that stand on both sides of the split, are made from rows of the other side, or know the answer."""

import numpy as np

from mirage.doctor.evidence import Array
from mirage.doctor.ward.case import ONCE, case
from mirage.doctor.ward.project import KNOWN, Handed, Project

TRUE_OF_FEW = ("small-set", "majority-answered")
HELD_WHOLE = ("ordered-validation",)  # a class may be missing where few persons or stretches are held out
MOVED = ("prior-shift", "miscalibrated")  # true of training rows whose classes have other shares


def _pool(own: Project) -> tuple[Array, Array]:
    """All rows that the owner had before they were split: x [row, column], y [row]."""
    known = own.rows(*KNOWN)
    return own.x[known], own.y[known]


def _shuffled(own: Project, n: int, random: np.random.Generator) -> Array:
    """Splits of n rows [row], drawn at random, in the shares of the project."""
    sizes = np.array([len(own.rows(name)) for name in KNOWN])
    ends = np.round(np.cumsum(sizes) / sizes.sum() * n).astype(int)
    return random.permutation(np.repeat(KNOWN, np.diff([0, *ends])))


def _handed(
    own: Project, x: Array, y: Array, split: Array, about: dict[str, Array] | None = None, again: bool = False
) -> Handed:
    """What the owner of other rows hands over; `again` trains the model on those of split train.

    Else the scores are those of the project's model, which knows hardly any row by heart, so that training it on other
    rows of the same kind would change little. `about` has what is known of each row; else ids are in the order of the
    splits, as in a healthy project.
    """
    order = np.argsort([KNOWN.index(name) for name in split], kind="stable")
    x, y, split = x[order], y[order], split[order]
    place = np.arange(len(y))
    known = {"id": place, "time": place} if about is None else {name: of[order] for name, of in about.items()}
    parts = {name: split == name for name in KNOWN}
    held = x[parts["validation"]], y[parts["validation"]]
    model = own.train_again(x[parts["train"]], y[parts["train"]], held) if again else own.model
    scores, names = model.predict(x), np.array(own.names)
    tables = {
        name: {f"x{column}": values for column, values in enumerate(x[rows].T)}
        | {"y_true": names[y[rows]]}
        | {key: of[rows] for key, of in known.items()}
        for name, rows in parts.items()
    }
    test = parts["test"]
    right = float((scores[test].argmax(axis=1) == y[test]).mean())
    return own.handed() | {
        "predictions": {"y_true": names[y]} | own.columns(scores) | {"split": split} | known,
        "history": model.history, "reported": {"accuracy": f"{right:.4f}"}, "train": tables["train"],
        "test": tables["test"], "use": None, **ONCE,
    }  # fmt: skip


def _repeated(own: Project, share: float, random: np.random.Generator) -> Handed:
    x, y = _pool(own)
    again = random.integers(0, len(y), max(3, round(share * len(y))))
    x, y = np.vstack([x, x[again]]), np.append(y, y[again])
    return _handed(own, x, y, _shuffled(own, len(y), random))


def hardly_repeated(own: Project, random: np.random.Generator) -> Handed:
    """One row in a thousand stands twice, as in many tables."""
    return _repeated(own, 0.001, random)


@case("exact-duplicates", twin="one row in a thousand twice", healthy=hardly_repeated, besides=TRUE_OF_FEW)
def repeated(own: Project, random: np.random.Generator) -> Handed:
    """A log that repeats rows, a third to all of them, before the split."""
    return _repeated(own, float(random.uniform(0.3, 1.0)), random)


def _with_noise(x: Array, random: np.random.Generator) -> Array:
    """Copies with a little noise: one to three hundredths of each column's spread."""
    return np.asarray(x + random.normal(size=x.shape) * x.std(axis=0) * random.uniform(0.01, 0.03))


def augmented_in_training(own: Project, random: np.random.Generator) -> Handed:
    """The same copies, made of training rows after the split."""
    (x, y), split = _pool(own), own.split[own.rows(*KNOWN)]
    train = split == "train"
    x, y = np.vstack([x, _with_noise(x[train], random)]), np.append(y, y[train])
    return _handed(own, x, y, np.append(split, split[train]))


@case("near-duplicates", twin="copies of training rows only", healthy=augmented_in_training, besides=TRUE_OF_FEW)
def augmented(own: Project, random: np.random.Generator) -> Handed:
    """Copies with a little noise, made before the split."""
    x, y = _pool(own)
    return _handed(own, np.vstack([x, _with_noise(x, random)]), np.append(y, y), _shuffled(own, 2 * len(y), random))


def _persons(own: Project, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Ten rows or so of each of some persons, near the person's own row and with its label; and whose they are."""
    x, y = _pool(own)
    base = random.permutation(len(y))[: int(random.integers(60, 150))]
    group = np.repeat(base, random.integers(8, 13, len(base)))
    return x[group] + random.normal(size=(len(group), x.shape[1])) * x.std(axis=0) * 0.3, y[group], group


def persons_held_out(own: Project, random: np.random.Generator) -> Handed:
    """The same persons, whole ones held out."""
    x, y, group = _persons(own, random)
    names = np.unique(group)
    of = dict(zip(names, _shuffled(own, len(names), random), strict=True))
    return _handed(own, x, y, np.array([of[name] for name in group]), {"group": group, "id": np.arange(len(y))})


@case(
    "group-overlap",
    twin="whole persons held out",
    healthy=persons_held_out,
    besides=(*TRUE_OF_FEW, *MOVED, *HELD_WHOLE),
)
def persons(own: Project, random: np.random.Generator) -> Handed:
    """Rows of one person on both sides."""
    x, y, group = _persons(own, random)
    return _handed(own, x, y, _shuffled(own, len(y), random), {"group": group, "id": np.arange(len(y))})


def _series(own: Project, random: np.random.Generator) -> tuple[Array, Array]:
    """The rows in an order in which a label stays the same for 20 rows or so."""
    x, y = _pool(own)
    stretches = [
        part for code in np.unique(y)
        for part in np.array_split(random.permutation(np.flatnonzero(y == code)), max(1, (y == code).sum() // 20))
    ]  # fmt: skip
    order = np.concatenate([stretches[place] for place in random.permutation(len(stretches))])
    return x[order], y[order]


def chronological(own: Project, random: np.random.Generator) -> Handed:
    """The same series, its end held out."""
    x, y = _series(own, random)
    split = own.split[own.rows(*KNOWN)]
    return _handed(own, x, y, split, {"time": np.arange(len(y)), "id": np.arange(len(y))})


@case("time-overlap", twin="the end held out", healthy=chronological, besides=(*TRUE_OF_FEW, *MOVED, *HELD_WHOLE))
def shuffled_series(own: Project, random: np.random.Generator) -> Handed:
    """A series that was shuffled before the split."""
    x, y = _series(own, random)
    return _handed(own, x, y, _shuffled(own, len(y), random), {"time": np.arange(len(y)), "id": np.arange(len(y))})


def shuffled_once(own: Project, random: np.random.Generator) -> Handed:
    """`reshuffle_each_iteration=False`: rows are shuffled once and then split."""
    x, y = _pool(own)
    return _handed(own, x, y, _shuffled(own, len(y), random), {"id": np.arange(len(y))})


@case("reshuffled-sets", twin="rows that are shuffled once", healthy=shuffled_once, besides=TRUE_OF_FEW)
def reshuffled(own: Project, random: np.random.Generator) -> Handed:
    """`shuffle().take()` and `.skip()`: each of two sets is written in a pass of its own, with rows dealt anew."""
    x, y = _pool(own)
    n = len(y) - len(own.rows("test"))
    places = np.concatenate([random.permutation(len(y))[:n], random.permutation(len(y))[n:]])
    split = np.where(np.arange(len(y)) < n, "train", "test")
    return _handed(own, x[places], y[places], split, {"id": places})


@case(
    "reshuffled-sets", twin="rows that are shuffled once", healthy=shuffled_once, besides=TRUE_OF_FEW,
    name="reshuffled-without-ids",
)  # fmt: skip
def reshuffled_without_ids(own: Project, random: np.random.Generator) -> Handed:
    """The same without ids."""
    handed = reshuffled(own, random)
    return handed | {
        name: {key: of for key, of in handed[name].items() if key != "id"} for name in ("predictions", "train", "test")
    }


def _resampled(x: Array, y: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """As many rows of each class, by repetition or by SMOTE."""
    from imblearn.over_sampling import SMOTE, RandomOverSampler

    how = (SMOTE, RandomOverSampler)[int(random.integers(2))](random_state=int(random.integers(2**31)))
    x, y = how.fit_resample(x, y)
    return np.asarray(x), np.asarray(y)


def _unbalanced(own: Project, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """All rows of one class, and of the rarer one a third as many at most, with their splits."""
    (x, y), split = _pool(own), own.split[own.rows(*KNOWN)]
    rarer = int(y.mean() < 0.5)
    most = max(60, int((y != rarer).sum() / 3))
    dropped = random.permutation(np.flatnonzero(y == rarer))[most:]
    kept = np.setdiff1d(np.arange(len(y)), dropped)
    return x[kept], y[kept], split[kept]


def resampled_in_training(own: Project, random: np.random.Generator) -> Handed:
    """The training rows alone are resampled."""
    x, y, split = _unbalanced(own, random)
    more, of = _resampled(x[split == "train"], y[split == "train"], random)
    rest = split != "train"
    x, y = np.vstack([more, x[rest]]), np.append(of, y[rest])
    return _handed(own, x, y, np.append(np.repeat("train", len(of)), split[rest]), again=True)


@case(
    "resampled-before-split", twin="training rows resampled", healthy=resampled_in_training, two=True,
    besides=(*TRUE_OF_FEW, *MOVED),
)  # fmt: skip
def resampled(own: Project, random: np.random.Generator) -> Handed:
    """All rows are resampled, and then split."""
    x, y = _resampled(*_unbalanced(own, random)[:2], random)
    return _handed(own, x, y, _shuffled(own, len(y), random), again=True)


def _with_column(own: Project, column: Array) -> Handed:
    """The project with one more column [row of all splits], its first known."""
    known = own.rows(*KNOWN)
    x = np.column_stack([own.x, column])
    handed = _handed(own, x[known], own.y[known], own.split[known], again=True)
    return handed | {"use": own.features(own.rows("use"), x[own.rows("use")])}


def strong(own: Project, random: np.random.Generator) -> Handed:
    """A strong column that is there in use as well."""
    return _with_column(own, own.y + random.normal(0, 0.35, len(own.y)))


@case(
    "leaked-feature", twin="a strong column that is there in use", healthy=strong, besides=(*TRUE_OF_FEW, "input-shift")
)
def leaked(own: Project, random: np.random.Generator) -> Handed:
    """A column that is filled in after the answer: in use it says what it says of anybody."""
    column, use = own.y + random.normal(0, 0.1, len(own.y)), own.rows("use")
    column[use] = random.permutation(column[use])
    return _with_column(own, column)
