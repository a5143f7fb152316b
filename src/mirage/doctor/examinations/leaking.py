"""Does one column know the answer?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mirage.doctor.evidence import Array, Bundle, Features
from mirage.doctor.finding import Answer, CannotTell, Found, examination, item

# Skill is balanced accuracy, rescaled so that 0 is guessing and 1 is never wrong.
DECIDES = 0.97  # skill of a column that decides the label alone
WITHOUT = 0.7  # skill of all other columns together, above which the column is not needed to explain the score
STRONG = 0.8  # skill of a column whose loss in use is looked at
LOST = 0.5  # skill that is left of it there, at most
ALL_LOST = 0.2  # the same, where all other columns together say as much, so that a little less may have other reasons
FALLEN = 0.4  # by how much it must be less there
SOME = 0.3  # skill of another column, from which on its loss in use is looked at, too
GAINED = 0.3  # what another column has to gain in use to have taken its place, and how near to its skill it comes
ROWS = 20  # rows of the rarest class, below which skill says little
MOST_CLASSES = 20
MOST_ROWS = 5000  # that trees see of each table
MOST_COLUMNS = 100  # that are tried; of more, those whose means or codes differ most between classes


@examination(
    "leaked-feature",
    needs=("train", "test", "labels-across"),
    tell_apart="a strong honest feature: its value is known before the answer, and it keeps its skill in use.",
    advice=(
        "Find out when the column is filled in. If its value is known only after the answer, or derived from it, drop "
        "the column. Labelled rows of use (`--use` with y_true) would settle it."
    ),
    lesson="leakage",
    pairs=False,
    unless=("exact-duplicates", "reshuffled-sets"),
)
def leaked_feature(bundle: Bundle) -> Answer:
    """One column that decides the label alone, which all others together do not; or one that loses its skill in use."""
    assert bundle.train is not None and bundle.test is not None
    train, test, use = bundle.train, bundle.test, bundle.use
    assert train.truth is not None and test.truth is not None
    classes, counts = np.unique(train.truth, return_counts=True)
    if not 2 <= len(classes) <= MOST_CLASSES:
        return CannotTell("labels of two classes or more in --train and --test, not numbers")
    rarest = min(int((test.truth == name).sum()) for name in classes)
    if rarest < ROWS or counts.min() < ROWS:
        return None
    known = [one.truth for one in (train, test, use) if one is not None and one.truth is not None]
    numbers = pd.factorize(np.concatenate(known), sort=True)[0]
    labels = np.split(numbers, np.cumsum([len(one) for one in known])[:-1])
    codes = _codes({"train": train, "test": test} | ({} if use is None else {"use": use}))
    tried = _promising(codes["train"], labels[0])
    alone = {place: _skill(codes["train"][:, [place]], labels[0], codes["test"][:, [place]], labels[1])
             for place in tried}  # fmt: skip
    best = max(alone, key=lambda place: alone[place])
    if alone[best] < STRONG:
        return None
    name = list(train.columns)[best]
    others = [place for place in tried if place != best]
    rest = _skill(codes["train"][:, others], labels[0], codes["test"][:, others], labels[1]) if others else 0.0
    evidence = [
        item("skill of the column", alone[best], f"The column {name} alone has a skill of {{}} on held-out rows (0 is "
             "guessing, 1 is never wrong),"),
        item("skill of the others", rest, "all other columns together {}."),
    ]  # fmt: skip
    if use is not None and use.truth is not None:
        left = _within(codes["use"], labels[2], [best])
        most = LOST if rest < alone[best] else ALL_LOST
        if left is None or left >= most or alone[best] - left < FALLEN:
            return None
        still = _within(codes["use"], labels[2], others) if others else None
        if still is not None and rest - still > FALLEN:
            return None  # all columns are worth less in use: the inputs have moved
        fallen = [alone[place] - (_within(codes["use"], labels[2], [place]) or 0.0) for place in others
                  if alone[place] > SOME]  # fmt: skip
        if fallen and np.mean(fallen) > (alone[best] - left) / 2:
            return None  # columns that say something by themselves all say less: values have become noisier
        for place in others:
            gain = _within(codes["use"], labels[2], [place])
            if gain is not None and gain - alone[place] > GAINED and alone[best] - gain < GAINED:
                return None  # another column has taken its place there
        told = "In use the column has a skill of {}, even with a rule learned there."
        return Found("likely", (*evidence, item("skill in use", left, told)))
    if alone[best] < DECIDES or rest > WITHOUT:
        return None
    if use is not None and len(np.unique(codes["use"][:, best])) < 2:
        told = f"In use {name} has one value in all rows: {{}} of them."
        return Found("likely", (*evidence, item("rows of use", len(use), told)))
    return Found("possible", tuple(evidence))


def _codes(tables: Mapping[str, Features]) -> dict[str, Array]:
    """Columns as numbers [row, column], by table: texts as codes in the order of the alphabet, nothing as -1e9."""
    columns = []
    for name in next(iter(tables.values())).columns:
        values = np.concatenate([table.columns[name] for table in tables.values()])
        if values.dtype.kind != "f":
            values = pd.factorize(values, sort=True)[0].astype(float)
        columns.append(np.where(np.isfinite(values), np.clip(values, -1e30, 1e30), -1e9))
    ends = np.cumsum([len(table) for table in tables.values()])[:-1]
    return dict(zip(tables, np.split(np.column_stack(columns), ends), strict=True))


def _promising(columns: Array, truth: Array) -> list[int]:
    """Places of the columns to try: all, or those that the classes differ most in."""
    from sklearn.feature_selection import f_classif

    varies = np.flatnonzero(np.ptp(columns, axis=0) > 0)
    if len(varies) <= MOST_COLUMNS:
        return [int(place) for place in varies] or [0]
    some = _some(len(columns), 0)
    with np.errstate(all="ignore"):
        apart = np.nan_to_num(f_classif(columns[some][:, varies], truth[some])[0], posinf=np.inf)
    return [int(place) for place in varies[np.argsort(-apart, kind="stable")[:MOST_COLUMNS]]]


def _skill(columns: Array, truth: Array, held: Array, of: Array) -> float:
    """Rescaled balanced accuracy on held-out rows of a tree of one column, or a forest of several."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.tree import DecisionTreeClassifier

    classes = np.unique(of)
    some, others = _some(len(columns), 1), _some(len(held), 2)
    if columns.shape[1] == 1:
        model = DecisionTreeClassifier(
            max_leaf_nodes=4 * len(classes), min_samples_leaf=3, class_weight="balanced", random_state=0
        )
    else:
        model = RandomForestClassifier(50, min_samples_leaf=3, class_weight="balanced", random_state=0)
    said = model.fit(columns[some].astype(np.float64), truth[some]).predict(held[others])
    there, found = np.bincount(of[others]), np.bincount(of[others], weights=said == of[others])
    recall = float((found[there > 0] / there[there > 0]).sum()) / len(classes)
    chance = 1 / len(classes)
    return (recall - chance) / (1 - chance)


def _within(columns: Array, truth: Array, places: list[int]) -> float | None:
    """The skill of columns learned on one half of a table and tried on the other; None where there are few rows."""
    classes, counts = np.unique(truth, return_counts=True)
    if len(classes) < 2 or counts.min() < 2 * ROWS:
        return None
    order = np.random.default_rng(0).permutation(len(truth))
    one, other = order[::2], order[1::2]
    return _skill(columns[one][:, places], truth[one], columns[other][:, places], truth[other])


def _some(rows: int, seed: int) -> Array:
    """Places of rows that trees see."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
