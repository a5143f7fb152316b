"""Data laws: settings and streams to the rows of every split; holding rows out and resampling, as the settings say."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mirage import config
from mirage.streams import Streams

Array = np.ndarray[Any, np.dtype[Any]]

LOOKED_AT = ("probe", "within", "along")  # splits of inputs to look at, not rows to score
ALONG = 101  # inputs in the split `along`, a picture's worth


class CannotDraw(ValueError):
    """Settings that give no usable data. The text is one line with the numbers."""


class Split(NamedTuple):
    """Rows of one split: x [row, feature], y [row]."""

    x: Array
    y: Array


def noisy_line(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """A straight line: y = slope * x plus normal noise on an even grid; the test grid carries no noise.

    Article one, all three examples. They draw the noise from NumPy's legacy generator with a fixed seed; `skip` is how
    many numbers a listing draws from it before these rows (its third example draws the small set first).
    """
    s = settings
    legacy = np.random.RandomState(s.legacy_seed)
    noise = legacy.randn(s.skip + s.n_train)[s.skip :]
    train, test = (np.linspace(s.low, s.high, n) for n in (s.n_train, s.n_test))
    return {
        "train": Split(train[:, None], s.slope * train + noise * s.noise),
        "test": Split(test[:, None], s.slope * test),
    }


def blocks(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """Uniform features; class 0 first, then class 1, whose features are moved up by `shift`.

    Article two, example 1 (no shift; a test set of coin-flip labels), three, example 1 (no shift), five, examples 1
    and 3 (a shift that separates the classes).
    """
    s = settings
    majority, minority = (draw.random((n, s.n_features)) for n in (s.n_majority, s.n_minority))
    labels = np.repeat([0, 1], [s.n_majority, s.n_minority])
    splits = {"train": Split(np.concatenate([majority, minority + s.shift]), labels)}
    if s.n_test_balanced:
        splits["test_balanced"] = _coin_flips(draw, s.n_test_balanced, s.n_features)
    return splits


def _coin_flips(draw: np.random.Generator, rows: int, features: int) -> Split:
    return Split(draw.random((rows, features)), draw.integers(0, 2, rows))


def coin(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """Uniform features and labels by the toss of a coin: nothing to learn.

    Article two, examples 2 and 3; four, examples 1 and 2; five, example 2.
    """
    s = settings
    splits = {"train": _coin_flips(draw, s.n_rows, s.n_features)}
    if s.n_test:
        splits["test"] = _coin_flips(draw, s.n_test, s.n_features)
    return splits


def step(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """Uniform features; the label is whether the first one lies above `boundary`. Two probes stand on either side.

    Article three, example 2. In the split `probe` all features but the first are in the middle.
    """
    s = settings
    x = draw.random((s.n_rows, s.n_features))
    probe = np.full((2, s.n_features), 0.5)
    probe[:, 0] = s.probe_low, s.probe_high
    return {name: Split(rows, (rows[:, 0] > s.boundary).astype(int)) for name, rows in (("train", x), ("probe", probe))}


def clusters(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """scikit-learn's ``make_classification`` with its defaults and a fixed seed. Article four, example 3."""
    from sklearn.datasets import make_classification

    s = settings
    try:
        x, y = make_classification(n_samples=s.n_rows, n_features=s.n_features, random_state=s.legacy_seed)
    except ValueError as error:
        raise CannotDraw(f"data.n_features: got {s.n_features}, {' '.join(str(error).split())}") from None
    return {"train": Split(x, y)}


def uniform_target(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """Uniform features and a uniform target that has nothing to do with them. Article three, example 3."""
    s = settings
    return {
        name: Split(draw.random((n, s.n_features)), draw.random(n))
        for name, n in (("train", s.n_rows), ("test", s.n_test))
    }


def fresh_line(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """A straight line in the first of several uniform features: y = slope * x plus normal noise, new for every seed.

    Articles one and three made fair: the test rows have the law of the training rows, noise included. The further
    features say nothing, so that whoever fits them fits noise. Of `n_pool` rows, where there is a pool, `n_train` are
    picked by the stream `split`.
    """
    s = settings

    def rows(n: int) -> Split:
        x = draw.uniform(s.low, s.high, (n, s.n_features))
        return Split(x, s.slope * x[:, 0] + s.noise * draw.standard_normal(n))

    test, pool = rows(s.n_test), rows(s.n_pool or s.n_train)
    kept = np.sort(pick.choice(s.n_pool, s.n_train, replace=False)) if s.n_pool else slice(None)
    return {"train": Split(pool.x[kept], pool.y[kept]), "test": test}


def centre(settings: config.Data) -> Array:
    """Where class 1 of law `normals` lies, seen from class 0 [feature]: `separation` away, in the informative ones."""
    away = np.zeros(settings.n_features)
    away[: settings.n_informative] = settings.separation / np.sqrt(settings.n_informative)
    return away


def normals(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """Two normal classes of unit variance, `separation` apart in the informative features.

    Articles two to five made fair: the classes overlap, there is a best possible rule (`references.bayes`), and every
    split is drawn anew from one law. Each holds exactly its share of class 1, `minority_share` or, in `test_shifted`,
    `shifted_share`; then a share `flipped` of either class gets the other label. The split `flipped` holds the training
    rows this befell, so that accuracy there is the share of wrong labels learned by heart.
    """
    s = settings
    away = centre(s)

    def rows(name: str, n: int, share: float) -> tuple[Split, Array]:
        ones = round(n * share)
        if not 1 <= ones < n:
            raise CannotDraw(f"data: got {ones} of {n} rows of class 1 in {name} (a share of {share:g}), takes both")
        y = np.repeat([0, 1], [n - ones, ones])
        x = draw.standard_normal((n, s.n_features)) + away * y[:, None]
        changed = np.concatenate(
            [draw.permutation(np.flatnonzero(y == c))[: round(s.flipped * np.sum(y == c))] for c in (0, 1)]
        )
        y[changed] = 1 - y[changed]
        return Split(x, y), np.sort(changed)

    # Validation last: arms that differ in its size are tested on the same rows.
    sizes = {"test": s.n_test, "test_shifted": s.n_test_shifted, "validation": s.n_validation}
    train, changed = rows("train", s.n_train, s.minority_share)
    splits = {"train": train} | {
        name: rows(name, n, s.shifted_share if name == "test_shifted" else s.minority_share)[0]
        for name, n in sizes.items()
        if n
    }
    return splits | ({"flipped": Split(train.x[changed], train.y[changed])} if len(changed) else {})


def rule(settings: config.Data, draw: np.random.Generator, pick: np.random.Generator) -> dict[str, Split]:
    """Uniform features; the label is whether the first lies above `boundary`, flipped for a share of the rows.

    Article three, example 2, made fair. The second feature may be `spurious`: in that share of the rows it lies in the
    half that the label names, a half meaning that it says nothing. In the split `test_broken` it always says nothing.
    Two inputs stand on either side of the boundary (`probe`), two as far apart around `within` in one class, and a row
    of inputs along the first feature (`along`); their other features are in the middle.
    """
    s = settings

    def rows(n: int, spurious: float) -> Split:
        x = draw.random((n, s.n_features))
        y = (x[:, 0] > s.boundary).astype(int)
        changed = draw.permutation(n)[: round(s.flipped * n)]
        y[changed] = 1 - y[changed]
        says = np.where(draw.random(n) < spurious, y, 1 - y)
        x[:, 1] = (x[:, 1] + says) / 2
        return Split(x, y)

    def inputs(first: Array) -> Split:
        x = np.full((len(first), s.n_features), 0.5)
        x[:, 0] = first
        return Split(x, (first > s.boundary).astype(int))

    half = (s.probe_high - s.probe_low) / 2
    return {
        "train": rows(s.n_train, s.spurious),
        "test": rows(s.n_test, s.spurious),
        "test_broken": rows(s.n_test, 0.5),
        "probe": inputs(np.array([s.probe_low, s.probe_high])),
        "within": inputs(np.array([s.within - half, s.within + half])),
        "along": inputs(np.linspace(0, 1, ALONG)),
    }


Law = Callable[[config.Data, np.random.Generator, np.random.Generator], dict[str, Split]]
# Each gets the streams `data` and `split`.
LAWS: dict[str, Law] = {
    "noisy_line": noisy_line,
    "blocks": blocks,
    "coin": coin,
    "step": step,
    "clusters": clusters,
    "uniform_target": uniform_target,
    "fresh_line": fresh_line,
    "normals": normals,
    "rule": rule,
}


def draw(settings: config.Data, streams: Streams) -> dict[str, Split]:
    """Draw the rows of every split; split `train` comes first.

    Where the settings name a resampling (`none` included), the rows before it are kept as the split `original`. It
    takes place before rows are held out, as in the listings, or inside the training split only.

    Raises
    ------
    CannotDraw
        If a split would lack a class, or SMOTE has fewer minority rows than neighbours + 1.
    """
    splits = LAWS[settings.law](settings, streams.generator("data"), streams.generator("split"))
    holds_out = settings.held_out_as not in (None, "none")
    if holds_out and not (settings.resample is not None and settings.resample_before_split):
        splits = _hold_out(splits, settings, streams)
    if settings.resample is not None:
        original = splits["train"]
        splits["train"] = _resampled(original, settings, streams)
        # Where nothing was resampled and rows are held out of it, `original` would only repeat them.
        if settings.resample != "none" or not holds_out or not settings.resample_before_split:
            splits = {"train": splits["train"], "original": original} | splits
    if holds_out and settings.resample is not None and settings.resample_before_split:
        splits = _hold_out(splits, settings, streams)
    if settings.held_out_as is not None:  # a law with classes
        for name, (_, y) in splits.items():
            if name not in (*LOOKED_AT, "flipped") and len(np.unique(y)) < 2:
                raise CannotDraw(
                    f"data: got {len(y)} rows of one class only in {name} (seed {streams.seed}), takes both"
                )
    return splits


def _resampled(split: Split, settings: config.Data, streams: Streams) -> Split:
    from imblearn.over_sampling import SMOTE, RandomOverSampler
    from imblearn.under_sampling import RandomUnderSampler

    seed = streams.integers("resample", 1)[0] if settings.resample_seed is None else settings.resample_seed
    if settings.resample == "none":
        return split
    if settings.resample == "random_over":
        return Split(*RandomOverSampler(random_state=seed).fit_resample(*split))
    if settings.resample == "random_under":
        return Split(*RandomUnderSampler(random_state=seed).fit_resample(*split))
    fewest = int(np.bincount(split.y, minlength=2).min())
    if fewest <= settings.neighbours:
        raise CannotDraw(
            f"data.neighbours: got {settings.neighbours}, SMOTE takes fewer than the {fewest} minority rows"
        )
    return Split(*SMOTE(random_state=seed, k_neighbors=settings.neighbours).fit_resample(*split))


def _hold_out(splits: dict[str, Split], settings: config.Data, streams: Streams) -> dict[str, Split]:
    """Split the training rows with ``train_test_split``: as every listing does by chance, or class by class."""
    from sklearn.model_selection import train_test_split

    x, y = splits["train"]
    held = int(np.ceil(settings.held_out * len(y)))
    if not 1 <= held < len(y):
        raise CannotDraw(
            f"data.held_out: got {settings.held_out} of {len(y)} rows, takes at least one row on each side"
        )
    seed = streams.integers("split", 1)[0] if settings.split_seed is None else settings.split_seed
    try:
        x_train, x_held, y_train, y_held = train_test_split(
            x, y, test_size=settings.held_out, random_state=seed, stratify=y if settings.stratify else None
        )
    except ValueError:
        counts = ", ".join(map(str, np.bincount(y, minlength=2)))
        raise CannotDraw(
            f"data.stratify: got {counts} rows of the classes, too few to hold out {settings.held_out} of each"
        ) from None
    for name, part in (("train", y_train), (settings.held_out_as, y_held)):
        if len(np.unique(part)) < len(np.unique(y)):
            counts = ", ".join(map(str, np.bincount(part, minlength=2)))
            raise CannotDraw(
                f"data.held_out: got {settings.held_out}, which leaves a class out of {name} ({counts} rows)"
            )
    held_out = {"train": Split(x_train, y_train), settings.held_out_as: Split(x_held, y_held)}
    return held_out | {name: split for name, split in splits.items() if name != "train"}
