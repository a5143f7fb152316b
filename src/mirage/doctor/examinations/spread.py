"""How much of a score is chance: too few rows, another seed, or one group of rows that is hidden in the mean?"""

from dataclasses import replace

import numpy as np

from mirage.doctor.evidence import Array, Bundle, Predictions
from mirage.doctor.finding import Answer, Found, Item, examination, item, of, of_predictions
from mirage.doctor.score import score

WIDE = 0.16  # of a 95 % interval: 20 of 20 rows, or 70 of 100; a few hundred rows are below it at any score
WIDE_BESIDE = 0.1  # the same, where it holds the constant answer's score as well
FEW = 5  # rows of a class, below which its recall is not known within a third either way
LEVEL = 1e-3  # of a difference by chance, over all that is looked at
WIDER = 1.4  # times: how much wider an interval of groups has to be than chance makes it
RUNS_APART = 0.08  # of accuracy: what matters between runs; healthy small networks differ by up to 0.05
BELOW = 0.1  # of accuracy: how far a group must lie below the rest
ROWS = 30  # of a group, fewer of which say nothing of it
SKEWED = 10  # times: how much heavier the lower tail of groups may be than that of the t law
MANY = 10  # groups, from which they say themselves how far groups differ


@of_predictions(
    "small-set",
    needs=("decisions", "classes"),
    tell_apart="seed-spread: the score moves with the seed of training on the very same rows.",
    advice="Report the interval with the score; cross-validate, or label more rows, before you choose between models.",
    lesson="validation_luck",
)
def small_set(found: Predictions) -> Answer:
    """An interval so wide that the score says little, or hardly a row of some class."""
    groups = len(np.unique(found.about["group"].astype(str))) if "group" in found.about else 0
    value, low, high, constant = _score(
        replace(found, about={name: kept for name, kept in found.about.items() if name != "group"})
    )
    if groups >= MANY:  # an interval of fewer groups is wide whatever they are
        _, own_low, own_high, _ = _score(found)
        if own_high - own_low > WIDER * (high - low):
            low, high = own_low, own_high
        else:
            groups = 0
    counts = np.bincount(found.truth, minlength=len(found.classes))
    present = np.flatnonzero(counts)
    rarest = int(present[counts[present].argmin()])
    # One rare class of several hardly moves the score; one of two is what the model is there for.
    rare = counts[rarest] if len(present) == 2 else np.median(counts[present])
    evidence: list[Item] = []
    beside = low <= constant < value
    if high - low >= WIDE or (high - low >= WIDE_BESIDE and beside):
        rows = f"{len(found):,} rows" + (f" in {groups:,} groups" if groups >= MANY else "")
        evidence.append(item("accuracy", value, f"An accuracy of {{}} on {rows}"))
        evidence.append(item("lower end", low, "is compatible with {}"))
        evidence.append(item("upper end", high, "to {} on further rows (95 %)."))
        if beside:
            evidence.append(item("constant answer", constant, "A constant answer's {} lies within that."))
    if len(present) > 1 and rare < FEW:
        said = f"Only {{}} of the rows are of class {found.classes[rarest]}."
        evidence.append(item("rows of the rarest class", int(counts[rarest]), said))
    if not evidence:
        return None
    return Found("likely" if high - low >= WIDE else "possible", tuple(evidence))


def _score(found: Predictions) -> tuple[float, float, float, float]:
    """The score, the ends of its interval, and a constant answer's; NaN where there is none."""
    own = score(found)
    assert own is not None
    value, low, high, constant = (
        np.nan if end is None else end for end in (own.value, own.ci_low, own.ci_high, own.constant)
    )
    return value, low, high, constant


@examination(
    "seed-spread",
    needs=("decisions", "classes", "runs"),
    tell_apart="small-set: runs agree on the same rows, and the score moves with the rows.",
    advice="Report mean and spread over several seeds; never the best run. Compare programs on the same seeds.",
    lesson="multi_seed",
)
def seed_spread(bundle: Bundle) -> Answer:
    """Runs of one program whose accuracy on the same rows differs beyond chance (Cochran's Q), by enough to matter."""
    from scipy.stats import chi2

    every = [of(bundle), *bundle.runs]
    right = np.array([one.decisions == one.truth for one in every if one.decisions is not None], dtype=float)
    k, accuracies = len(right), right.mean(axis=1)
    if k < 2 or np.ptp(accuracies) < RUNS_APART:
        return None
    runs, rows = right.sum(axis=1), right.sum(axis=0)
    left = float((rows * (k - rows)).sum())
    q = k * (k - 1) * float(((runs - runs.mean()) ** 2).sum()) / left if left else 0.0
    if chi2.sf(q, k - 1) >= LEVEL:
        return None
    evidence = (
        item("runs", k, "Of {} runs on the same rows"),
        item("lowest accuracy", float(accuracies.min()), "one is right on {}"),
        item("highest accuracy", float(accuracies.max()), "and one on {};"),
        item("standard deviation", float(accuracies.std(ddof=1)), "the standard deviation between runs is {}."),
        item("Cochran's Q", q, f"Cochran's Q is {{}}; chance in the rows would give about {k - 1}."),
    )
    return Found("likely", evidence)


@of_predictions(
    "subgroup",
    needs=("decisions", "classes", "group"),
    tell_apart="small-set: a group of few rows lies low by chance; on new rows another group would.",
    advice="Report the score of each group; look for rows of it in training, and at how their labels were made.",
    lesson="imbalance",
)
def subgroup(found: Predictions) -> Answer:
    """A group in which far fewer rows are right than in the rest, beyond chance over all groups."""
    names, of_row = np.unique(found.about["group"].astype(str), return_inverse=True)
    right = np.asarray(found.decisions == found.truth, dtype=float)
    n, good = np.bincount(of_row), np.bincount(of_row, weights=right)
    if len(n) < 2:
        return None
    rest = (good.sum() - good) / (n.sum() - n)
    chance = _by_chance(n, good, rest)
    low = np.flatnonzero((n >= ROWS) & (n.sum() - n >= ROWS) & (chance * len(n) < LEVEL) & (rest - good / n >= BELOW))
    if not len(low):
        return None
    low = low[np.argsort((good / n - rest)[low])]
    evidence = [
        item(names[g], float(good[g] / n[g]), f"In group {names[g]}, {{}} of {n[g]:,} rows are right, "
             f"and {rest[g]:.3g} of all others.")
        for g in low[:5]
    ]  # fmt: skip
    return Found(
        "likely", (*evidence, item("groups", len(names), f"{len(low)} of {{}} groups lie that far below the rest."))
    )


def _by_chance(n: Array, good: Array, rest: Array) -> Array:
    """How likely a group is right so rarely, or more rarely [group].

    By drawing the group's rows from all (Fisher's exact test); of many groups, whose rows resemble each other, by how
    far the other groups differ, too.
    """
    from scipy.stats import hypergeom, t

    single = hypergeom.cdf(good, n.sum(), good.sum(), n)
    if len(n) < MANY:
        return np.asarray(single)
    z = (good / n - rest) / np.sqrt(np.maximum(rest * (1 - rest), 0.25 / n.sum()) / n)
    others = (float((z**2).sum()) - z**2) / (len(n) - 2)  # 1 if rows of a group resemble each other no more than others
    wider = np.maximum(1, others)
    tail = t.cdf(z / np.sqrt(wider), len(n) - 2)
    return np.asarray(np.maximum(single, SKEWED * tail))
