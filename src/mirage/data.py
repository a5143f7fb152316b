"""Data laws: settings and streams to the rows of every split; holding rows out and resampling, as the settings say."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mirage import config
from mirage.streams import Streams

Array = np.ndarray[Any, np.dtype[Any]]


class CannotDraw(ValueError):
    """Settings that give no usable data. The text is one line with the numbers."""


class Split(NamedTuple):
    """Rows of one split: x [row, feature], y [row]."""

    x: Array
    y: Array


def noisy_line(settings: config.Data, draw: np.random.Generator) -> dict[str, Split]:
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


def blocks(settings: config.Data, draw: np.random.Generator) -> dict[str, Split]:
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


def coin(settings: config.Data, draw: np.random.Generator) -> dict[str, Split]:
    """Uniform features and labels by the toss of a coin: nothing to learn.

    Article two, examples 2 and 3; four, examples 1 and 2; five, example 2.
    """
    s = settings
    splits = {"train": _coin_flips(draw, s.n_rows, s.n_features)}
    if s.n_test:
        splits["test"] = _coin_flips(draw, s.n_test, s.n_features)
    return splits


def step(settings: config.Data, draw: np.random.Generator) -> dict[str, Split]:
    """Uniform features; the label is whether the first one lies above `boundary`. Two probes stand on either side.

    Article three, example 2. In the split `probe` all features but the first are in the middle.
    """
    s = settings
    x = draw.random((s.n_rows, s.n_features))
    probe = np.full((2, s.n_features), 0.5)
    probe[:, 0] = s.probe_low, s.probe_high
    return {name: Split(rows, (rows[:, 0] > s.boundary).astype(int)) for name, rows in (("train", x), ("probe", probe))}


def clusters(settings: config.Data, draw: np.random.Generator) -> dict[str, Split]:
    """scikit-learn's ``make_classification`` with its defaults and a fixed seed. Article four, example 3."""
    from sklearn.datasets import make_classification

    s = settings
    try:
        x, y = make_classification(n_samples=s.n_rows, n_features=s.n_features, random_state=s.legacy_seed)
    except ValueError as error:
        raise CannotDraw(f"data.n_features: got {s.n_features}, {' '.join(str(error).split())}") from None
    return {"train": Split(x, y)}


def uniform_target(settings: config.Data, draw: np.random.Generator) -> dict[str, Split]:
    """Uniform features and a uniform target that has nothing to do with them. Article three, example 3."""
    s = settings
    return {
        name: Split(draw.random((n, s.n_features)), draw.random(n))
        for name, n in (("train", s.n_rows), ("test", s.n_test))
    }


LAWS: dict[str, Callable[[config.Data, np.random.Generator], dict[str, Split]]] = {
    "noisy_line": noisy_line,
    "blocks": blocks,
    "coin": coin,
    "step": step,
    "clusters": clusters,
    "uniform_target": uniform_target,
}


def draw(settings: config.Data, streams: Streams) -> dict[str, Split]:
    """Draw the rows of every split; split `train` comes first.

    Where the settings name a resampling (`none` included), the rows before it are kept as the split `original`. It
    takes place before rows are held out: no listing does it in the other order.

    Raises
    ------
    CannotDraw
        If a split would lack a class, or SMOTE has fewer minority rows than neighbours + 1.
    """
    splits = LAWS[settings.law](settings, streams.generator("data"))
    if settings.resample is not None and settings.resample != "none":
        original = splits["train"]
        splits = {"train": _resampled(original, settings), "original": original} | {
            name: split for name, split in splits.items() if name != "train"
        }
    elif settings.resample is not None and settings.held_out_as == "none":
        splits["original"] = splits["train"]
    if settings.held_out_as not in (None, "none"):
        splits = _hold_out(splits, settings)
    if settings.held_out_as is not None:  # a law with classes
        for name, (_, y) in splits.items():
            if name != "probe" and len(np.unique(y)) < 2:
                raise CannotDraw(
                    f"data: got {len(y)} rows of one class only in {name} (seed {streams.seed}), takes both"
                )
    return splits


def _resampled(split: Split, settings: config.Data) -> Split:
    from imblearn.over_sampling import SMOTE

    fewest = int(np.bincount(split.y, minlength=2).min())
    if fewest <= settings.neighbours:
        raise CannotDraw(
            f"data.neighbours: got {settings.neighbours}, SMOTE takes fewer than the {fewest} minority rows"
        )
    smote = SMOTE(random_state=settings.resample_seed, k_neighbors=settings.neighbours)
    return Split(*smote.fit_resample(*split))


def _hold_out(splits: dict[str, Split], settings: config.Data) -> dict[str, Split]:
    """Split the training rows by chance, not by class, as every listing does (``train_test_split`` with a seed)."""
    from sklearn.model_selection import train_test_split

    x, y = splits["train"]
    held = int(np.ceil(settings.held_out * len(y)))
    if not 1 <= held < len(y):
        raise CannotDraw(
            f"data.held_out: got {settings.held_out} of {len(y)} rows, takes at least one row on each side"
        )
    x_train, x_held, y_train, y_held = train_test_split(
        x, y, test_size=settings.held_out, random_state=settings.split_seed
    )
    for name, part in (("train", y_train), (settings.held_out_as, y_held)):
        if len(np.unique(part)) < len(np.unique(y)):
            counts = ", ".join(map(str, np.bincount(part, minlength=2)))
            raise CannotDraw(
                f"data.held_out: got {settings.held_out}, which leaves a class out of {name} ({counts} rows)"
            )
    held_out = {"train": Split(x_train, y_train), settings.held_out_as: Split(x_held, y_held)}
    return held_out | {name: split for name, split in splits.items() if name != "train"}
