"""Do groups, a stretch of time or rows themselves stand on both sides of the split?"""

import numpy as np
import pandas as pd

from mirage.doctor import neighbours, statistics
from mirage.doctor.evidence import Array, Bundle, Features, Predictions
from mirage.doctor.finding import Answer, Found, Item, Sure, examination, item
from mirage.doctor.neighbours import SURE, matters

PERSONS = 10  # groups; fewer are parts of a population (sex, site), which belong on both sides
RESEMBLES = 0.05  # of the held-out rows: how many more a neighbour's label has to get right than the largest class
LOOKED_AT = 500  # held-out rows whose nearest training row is looked up
COLUMNS = 2  # continuous columns, below which nearness says little
RESHUFFLED = 20  # held-out rows, below which shares cannot be told apart
LATE = 0.02  # of the pairs of a training and a held-out row: more than a few stray dates put in the wrong order


@examination(
    "group-overlap",
    needs=("group-across",),
    tell_apart="near-duplicates: rows are alike without a common group, or another column names the groups.",
    advice="Hold out whole groups (`GroupShuffleSplit`, `GroupKFold`), unless rows in use come from these same groups.",
    lesson="leakage",
    pairs=False,
)
def group_overlap(bundle: Bundle) -> Answer:
    """Held-out rows of groups that training has rows of, where groups are many, as persons are."""
    train, held = _sides(bundle, "group")
    mine, theirs = train.about["group"], held.about["group"]
    named = (mine != "") & (mine != "nan")
    seen = pd.Series(theirs).isin(mine[named]).to_numpy()
    if len(set(mine[named]) | set(theirs)) < PERSONS or not matters(seen):
        return None
    both = len(set(theirs[seen]))
    evidence = [
        item("groups on both sides", both, f"{{}} of the {len(set(theirs)):,} held-out groups have rows in training;"),
        item("share of held-out rows", float(seen.mean()), "a share of {} of the held-out rows is of them."),
        *neighbours.scores(bundle, held, seen, "are of groups seen in training"),
    ]
    alike = _of_the_same_group(train, held) or _labels_alike(train, held, *_by_group(train, held), "group")
    sure: Sure = "likely" if alike else "possible"
    return Found(sure, (*evidence, *alike))


def _by_group(train: Features | Predictions, held: Features | Predictions) -> tuple[Array, Array]:
    """The most frequent label of its group in training, for the held-out rows whose group is there; and which are."""
    if train.truth is None or held.truth is None:
        return np.empty(0), np.zeros(len(held), bool)
    counts = pd.DataFrame({"group": train.about["group"], "label": train.truth}).value_counts(sort=True)
    labels = counts.reset_index().drop_duplicates("group").set_index("group")["label"]
    seen = pd.Series(held.about["group"]).isin(labels.index).to_numpy()
    return labels.loc[held.about["group"][seen]].to_numpy(), seen


def _labels_alike(
    train: Features | Predictions, held: Features | Predictions, said: Array, of: Array, what: str
) -> tuple[Item, ...]:
    """Evidence that the label of a neighbour in training says more of a label than the largest class does."""
    from scipy.stats import binomtest

    if train.truth is None or held.truth is None or not of.any():
        return ()
    values, counts = np.unique(train.truth, return_counts=True)
    truth, largest = held.truth[of], values[counts.argmax()]
    wins, losses = int(((said == truth) & (largest != truth)).sum()), int(((said != truth) & (largest == truth)).sum())
    if (wins - losses) / len(truth) < RESEMBLES:
        return ()
    if binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue > 1 - SURE:
        return ()
    constant = float((truth == largest).mean())
    text = f"The label of its {what} in training is right for {{}} of them, the largest class for {constant:.3g}."
    return (item(f"label of the {what}", float((said == truth).mean()), text),)


def _of_the_same_group(train: Features | Predictions, held: Features | Predictions) -> tuple[Item, ...]:
    """Evidence that the nearest training row is of the same group far more often than chance has it."""
    if not isinstance(train, Features) or not isinstance(held, Features):
        return ()
    mine, theirs = neighbours.places(train, held)
    if mine.shape[1] < COLUMNS:
        return ()
    some, _, found = neighbours.nearest(mine, theirs, 1, LOOKED_AT)
    same = train.about["group"][found[:, 0]] == held.about["group"][some]
    shares = pd.Series(train.about["group"]).value_counts(normalize=True)
    chance = float(shares.reindex(held.about["group"][some]).fillna(0).mean())
    low = statistics.wilson(int(same.sum()), len(same), SURE)[0]
    if low < max(2 * chance, chance + RESEMBLES):
        return ()
    text = f"The nearest training row is of the same group for {{}} of them, by chance for {chance:.3g}."
    return (item("nearest row of the same group", float(same.mean()), text),)


@examination(
    "time-overlap",
    needs=("time-across",),
    tell_apart="group-overlap: rows of one group are alike, however far apart in time.",
    advice="Train on the earlier rows and hold out the later ones, with a gap as long as labels look ahead.",
    lesson="leakage",
    pairs=False,
)
def time_overlap(bundle: Bundle) -> Answer:
    """Held-out rows from before the end of training."""
    train, held = _sides(bundle, "time")
    mine, theirs = np.sort(train.about["time"]), held.about["time"]
    later = 1 - np.searchsorted(mine, theirs, side="right") / len(mine)  # share of the training rows after each
    before = theirs < mine[-1]
    if later.mean() < LATE or not matters(before):
        return None
    evidence = [
        item("before the end of training", float(before.mean()), "A share of {} of the held-out rows is from before "
             "the last training row;"),
        item("pairs in the wrong order", float(later.mean()), "in {} of all pairs the training row is the later one."),
    ]  # fmt: skip
    order = np.argsort(train.about["time"], kind="stable")
    after = np.clip(np.searchsorted(mine, theirs), 1, len(mine) - 1) if len(mine) > 1 else np.zeros(len(held), int)
    at = after - (theirs - mine[after - 1] < mine[after] - theirs) if len(mine) > 1 else after
    alike: tuple[Item, ...] = ()
    if train.truth is not None:
        alike = _labels_alike(train, held, train.truth[order[at]], np.ones(len(held), bool), "nearest row in time")
    return Found("likely" if alike else "possible", (*evidence, *alike))


@examination(
    "reshuffled-sets",
    needs=("rows-across",),
    tell_apart="exact-duplicates: rows are repeated within training, too, or another share of rows is on both sides.",
    advice=(
        "`shuffle().take()` and `.skip()` divide the rows anew at every pass: shuffle with "
        "`reshuffle_each_iteration=False`, or split before the data set is made (`keras.utils.split_dataset`)."
    ),
    lesson="leakage",
    pairs=False,
)
def reshuffled_sets(bundle: Bundle) -> Answer:
    """Rows that stand once in each set, and in both as often as if held-out rows had been dealt from all of them."""
    from scipy.stats import hypergeom

    known = standing_in_both(bundle)
    if known is None:
        return None
    seen, once, n = known
    m, both = len(seen), int(seen.sum())
    if m < RESHUFFLED or not once or not matters(seen) or both == m:
        return None
    between = bundle.others.get("validation", ())
    totals = {n + m, n + m + len(between)}  # rows that there are, if validation rows come from the same data or not
    for total in sorted(totals):
        dealt = hypergeom(total, n, m)  # all rows, those that training was dealt, those held out at another pass
        chance = 2 * min(dealt.cdf(both), dealt.sf(both - 1))
        if chance > 1 - SURE and dealt.sf(m - 1) < 1 - SURE:
            break
    else:
        return None
    evidence = (
        item("held-out rows in training", both / m, "A share of {} of the held-out rows stands in training, too;"),
        item("expected of a reshuffle", n / total, "if it had been drawn anew from all rows, {} would."),
        item("repeated within a set", 0, "Within each set every row stands once."),
    )
    return Found("likely", evidence)


def standing_in_both(bundle: Bundle) -> tuple[Array, bool, int] | None:
    """Which held-out rows are training rows [row], whether rows stand once within each set, and how many train.

    By id where equal ids mean equal rows (a counter of each file does not), else by features; None where neither says
    so, since copies can have ids of their own.
    """
    known = bundle.across("id")
    if known is not None:
        train, held = known
        mine, theirs = train.about["id"], held.about["id"]
        seen = pd.Series(theirs).isin(mine[mine != ""]).to_numpy()
        if seen.any() and _same_rows(train, held, seen):
            return seen, len(set(mine)) == len(mine) and len(set(theirs)) == len(theirs), len(mine)
    if bundle.train is None or bundle.test is None:
        return None
    seen = neighbours.copied(bundle.train, bundle.test)
    tables = (bundle.train, bundle.test) if seen.any() else ()
    once = all(len(np.unique(neighbours.keys(one))) >= 0.99 * len(one) for one in tables)
    return seen, once, len(bundle.train)


def _same_rows(train: Features | Predictions, held: Features | Predictions, seen: Array) -> bool:
    """Whether rows of the same id have the same features, or labels and scores, in nearly all cases."""
    order = np.argsort(train.about["id"].astype(str), kind="stable")
    ids = train.about["id"].astype(str)[order]
    source = order[np.searchsorted(ids, held.about["id"].astype(str)[seen])]
    if isinstance(train, Features) and isinstance(held, Features):
        return float((neighbours.keys(train)[source] == neighbours.keys(held)[seen]).mean()) > 0.9
    assert train.truth is not None and held.truth is not None
    shares = pd.Series(train.truth).value_counts(normalize=True)
    agree = (train.truth[source] == held.truth[seen]).mean()
    chance = float(shares.reindex(held.truth[seen]).fillna(0).mean())
    return bool(agree > 0.99 and chance ** int(seen.sum()) < 1 - SURE)


def _sides(bundle: Bundle, name: str) -> tuple[Features | Predictions, Features | Predictions]:
    known = bundle.across(name)
    assert known is not None
    return known
