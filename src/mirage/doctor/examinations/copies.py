"""Are held-out rows made from rows of training: by resampling, by copying, or by a copy with a little noise?"""

import numpy as np
import pandas as pd

from mirage.doctor import neighbours, statistics
from mirage.doctor.evidence import Array, Bundle, Features
from mirage.doctor.examinations.across import standing_in_both
from mirage.doctor.finding import Answer, CannotTell, Found, Item, examination, item
from mirage.doctor.neighbours import SURE, matters

MADE = 0.1  # of a class's held-out rows: lower end of the share that is made from training rows
SPARED = 0.2  # of that share: what the class that was not resampled may have at most
ROWS = 20  # held-out rows of a class, below which its share says little
MOST_CLASSES = 50  # more labels are numbers
COLUMNS = 3  # continuous columns, in which a row does not lie between two others by chance
SIBLINGS = 150  # training rows around a held-out row; many, as SMOTE may have measured distances in other units
ON_LINE = 1e-4  # angle between the ways to two rows, up to which they lie on one line; rounded decimals are off
CLASS_ROWS = 60  # held-out rows of a class that are looked at
NEAREST, LATER, LAST = 1, 10, 30  # places among the nearest training rows that are compared
FEWEST = 300  # training rows: among fewer, the later neighbours may be of another cluster
CLOSE = 0.25  # of the distance to a later neighbour
RARE = 0.01  # chance that the nearest row is so close, by the dimension that later neighbours show
NEAR = 0.04  # lower end of the share of held-out rows that are so close; `RARE` of them would be by chance
LOOKED_AT = 2000  # held-out rows whose nearest training rows are looked up


@examination(
    "resampled-before-split",
    needs=("train", "test", "labels-across"),
    tell_apart="exact-duplicates: rows of every class have copies, not only those of the rarer classes.",
    advice=(
        "Split first, then resample the training rows only (a pipeline of imbalanced-learn does so); held-out rows "
        "keep the class shares that the model will meet in use."
    ),
    lesson="smote_balance",
    pairs=False,
)
def resampled_before_split(bundle: Bundle) -> Answer:
    """Held-out rows of some classes, but not of others, that are training rows or lie between two of them."""
    train, held = _features(bundle)
    assert train.truth is not None and held.truth is not None
    classes = [name for name in np.unique(held.truth) if (held.truth == name).sum() >= ROWS]
    if not 2 <= len(classes) <= MOST_CLASSES:
        return None
    exact = neighbours.copied(train, held)
    copied = {name: exact[held.truth == name] for name in classes}
    if evidence := _in_some_classes(copied, "are copies of training rows"):
        return Found("likely", (*evidence, *neighbours.scores(bundle, held, exact, "are copies")))
    mine, theirs = _columns(train, held)
    if mine.shape[1] < COLUMNS:
        return None
    between = {name: _between(mine[train.truth == name], theirs[(held.truth == name) & ~exact]) for name in classes}
    said = "lie on a line between two training rows of their class"
    return Found("likely", evidence) if (evidence := _in_some_classes(between, said)) else None


def _in_some_classes(made: dict[str, Array], what: str) -> tuple[Item, ...]:
    """Evidence that rows of one class are made from others, and rows of another are not; nothing without it."""
    made = {name: rows for name, rows in made.items() if len(rows) >= ROWS}
    if len(made) < 2:
        return ()
    ends = {name: statistics.wilson(int(rows.sum()), len(rows), SURE) for name, rows in made.items()}
    most = max(made, key=lambda name: ends[name][0])
    least = min(made, key=lambda name: float(made[name].mean()))
    share, other = float(made[most].mean()), float(made[least].mean())
    if ends[most][0] < MADE or other > SPARED * share or ends[least][1] > ends[most][0]:
        return ()
    return (
        item(f"made rows of {most}", share, f"Of the held-out rows of class {most}, {{}} {what};"),
        item(f"made rows of {least}", other, f"of those of class {least} {{}}."),
    )


def _columns(train: Features, held: Features) -> tuple[Array, Array]:
    """The continuous columns of both [row, column] without NaN, in units of their spread."""
    both = neighbours.continuous(train, held)
    both = both[:, np.isfinite(both).all(axis=0)]
    both = both / np.abs(both).max(axis=0, initial=1e-300)  # so that squares of huge numbers are finite
    both = (both - both.mean(axis=0)) / both.std(axis=0)
    return both[: len(train)], both[len(train) :]


def _between(mine: Array, theirs: Array) -> Array:
    """For some of the held-out rows of a class: whether two training rows of it lie on one line with the row."""
    mine = mine[~pd.DataFrame(mine).duplicated().to_numpy()]
    if len(mine) < 3 or not len(theirs):
        return np.zeros(0, bool)
    some, _, found = neighbours.nearest(mine, theirs, min(SIBLINGS, len(mine)), CLASS_ROWS)
    on = []
    for row, near in zip(theirs[some], mine[found], strict=True):
        ways = near - row
        ways = ways[(ways != 0).all(axis=1)]  # rows that share values, such as 0, lie on common lines anyway
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        cosines = np.abs(ways @ ways.T)
        np.fill_diagonal(cosines, 0)
        on.append(bool((cosines > 1 - ON_LINE**2 / 2).any()))
    return np.array(on)


@examination(
    "exact-duplicates",
    needs=("rows-across",),
    tell_apart="near-duplicates: rows are alike but for a little noise.",
    advice="Drop repeated rows before you split, or hold out all copies of a row together; then score again.",
    lesson="leakage",
    pairs=False,
    unless=("reshuffled-sets", "resampled-before-split"),
)
def exact_duplicates(bundle: Bundle) -> Answer:
    """Held-out rows that are training rows."""
    known = standing_in_both(bundle)
    if known is None:
        return CannotTell("--train and --test: no id stands on both sides, and copies can have ids of their own")
    seen, _, _ = known
    if not matters(seen):
        return None
    low, high = statistics.wilson(int(seen.sum()), len(seen))
    across = bundle.across("id")
    held = bundle.test if bundle.test is not None and len(bundle.test) == len(seen) else across[1] if across else None
    evidence = (
        item(
            "held-out rows in training", int(seen.sum()), f"{{}} of the {len(seen):,} held-out rows are training rows,"
        ),
        item("share", float(seen.mean()), f"a share of {{}} (95 % interval {low:.3g} to {high:.3g})."),
        *(neighbours.scores(bundle, held, seen, "are training rows") if held is not None else ()),
    )
    return Found("certain", evidence)


@examination(
    "near-duplicates",
    needs=("train", "test"),
    tell_apart="group-overlap: name the person, place or recording of each row in a column group, and examine again.",
    advice=(
        "Split before you augment or cut windows, and hold out all rows that come from one source together "
        "(`GroupShuffleSplit`)."
    ),
    lesson="leakage",
    pairs=False,
    unless=("reshuffled-sets", "resampled-before-split", "group-overlap", "time-overlap"),
)
def near_duplicates(bundle: Bundle) -> Answer:
    """Held-out rows whose nearest training row is far closer than the later ones let expect."""
    train, held = _features(bundle)
    exact = pd.Series(neighbours.keys(held)).isin(neighbours.keys(train)).to_numpy()
    mine, theirs = neighbours.places(train, held)
    mine = mine[~pd.Series(neighbours.keys(train)).duplicated().to_numpy()]
    if mine.shape[1] < COLUMNS or (~exact).sum() < ROWS:
        return None
    if len(mine) < FEWEST:
        return CannotTell(f"{FEWEST} or more different rows in --train")
    some, distances, _ = neighbours.nearest(mine, theirs[~exact], LAST, LOOKED_AT)
    first, later, last = (distances[:, place - 1] for place in (NEAREST, LATER, LAST))
    usual = last > 0
    # Levina and Bickel's estimate of the dimension, from neighbours that a few copies of a row are not among
    logs = np.log(last[usual, None] / np.maximum(distances[usual, LATER - 1 : -1], 1e-300))
    expected = np.mean([(1 / np.arange(place, LAST)).sum() for place in range(LATER, LAST)])  # in one dimension
    dimension = float(expected / max(logs.mean(), 1e-300)) if usual.any() else 1.0
    ratio = np.where(later > 0, first / np.maximum(later, 1e-300), 1.0)
    chance = 1 - (1 - np.minimum(ratio, 1) ** dimension) ** (LATER - 1)
    close = (ratio < CLOSE) & (chance < RARE)
    if statistics.wilson(int(close.sum()), len(close), SURE)[0] < NEAR:
        return None
    seen = np.zeros(len(held), bool)
    seen[np.flatnonzero(~exact)[some[close]]] = True
    evidence = (
        item("near rows", float(close.mean()), f"Of {len(close):,} held-out rows, {{}} have a training row"),
        item("distance", float(np.median(ratio[close])), f"at only {{}} times (median) the distance of the "
             f"{LATER}th nearest;"),
        item("by chance", RARE, f"by chance, in about {dimension:.2g} dimensions, fewer than {{}} would."),
        *(neighbours.scores(bundle, held, seen, "are near a training row") if len(some) == (~exact).sum() else ()),
    )  # fmt: skip
    return Found("likely", evidence)


def _features(bundle: Bundle) -> tuple[Features, Features]:
    assert bundle.train is not None and bundle.test is not None
    return bundle.train, bundle.test
