"""Which cause makes a model worse in use than it promised: two lists of questions, and the numbers that they ask.

Both lists see the same few numbers of a project (`Seen`), all of which a practitioner can print.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mirage.data.split import Array, Splits
from mirage.metrics import apart
from mirage.metrics.decisions import CAUSES, Diagnosis

CHANCE = 0.5  # the area under the ROC curve where nothing tells rows apart


class Seen(NamedTuple):
    """What is known of a project. The first five are shares of rows that are decided rightly, in the order of a path.

    Attributes
    ----------
    line
        By a straight line, on the training rows.
    train, held_out
        By the model, on the rows it was trained on, and on rows of the same source that were set aside.
    reweighted
        On these again, each class weighted as its share in use.
    in_use
        On the rows in use.
    shares_moved
        By how much the share of class 1 in use differs from that of the training rows.
    apart
        How well a straight line tells rows in use from known ones: area under the ROC curve.
    carried
        What a straight line loses on the held-out rows without its strongest feature.
    recall_lost
        By how much the recall of a class falls from the training rows to those in use; the larger of the two.
    """

    line: float
    train: float
    held_out: float
    reweighted: float
    in_use: float
    shares_moved: float
    apart: float
    carried: float
    recall_lost: float


def three_checks(seen: Seen, enough: float) -> str:
    """Article five's list, in its words: the data, leakage, other metrics. What none of them shows has no cause here.

    Recall that is lost is called what the other articles call it: the model has memorised.
    """
    if seen.shares_moved > enough:
        return "shares"
    if seen.apart > CHANCE + enough:
        return "inputs"
    if seen.carried > enough:
        return "leak"
    return "memorising" if seen.recall_lost > enough else "none"


def follow_the_score(seen: Seen, enough: float) -> str:
    """Our list: the largest fall on the way from the straight line to the rows in use names the cause."""
    falls = {
        "short": seen.line - seen.train,
        "memorising": seen.train - seen.held_out,
        "shares": seen.held_out - seen.reweighted,
        "leak": seen.reweighted - seen.in_use,  # the same shares, and yet each class is recognised less
    }
    largest = max(falls, key=lambda cause: falls[cause])
    if falls[largest] <= enough:
        return "none"
    if largest == "leak" and seen.apart > CHANCE + enough:
        return "inputs"
    return largest


LISTS: dict[str, Callable[[Seen, float], str]] = {"checks": three_checks, "path": follow_the_score}
ZERO_OR_ONE = (
    "gap", "gap_memorised", "gap_other", "held_out_gap_memorised", "held_out_gap_other",
    *(f"{name}_{what}" for name in LISTS for what in ("right", "alarm", *(f"say_{cause}" for cause in CAUSES))),
)  # fmt: skip
"""Those of `numbers` that are 0 or 1 in every replicate."""


def seen(splits: Splits, decided: Mapping[str, Array]) -> Seen:
    """What is known of a project, from its rows and the decisions [row] on splits train, validation and test."""
    train, held_out, in_use = (splits[name] for name in ("train", "validation", "test"))
    right = {name: decided[name] == splits[name].y for name in ("train", "validation", "test")}
    recalls = {name: [right[name][splits[name].y == c].mean() for c in (0, 1)] for name in right}
    share, fitted = float(np.mean(in_use.y)), apart.line(train, held_out)
    return Seen(
        line=fitted.train,
        train=float(right["train"].mean()),
        held_out=float(right["validation"].mean()),
        reweighted=float((1 - share) * recalls["validation"][0] + share * recalls["validation"][1]),
        in_use=float(right["test"].mean()),
        shares_moved=abs(share - float(np.mean(train.y))),
        apart=apart.auc(np.concatenate([train.x, held_out.x]), in_use.x),
        carried=fitted.carried,
        recall_lost=float(max(before - after for before, after in zip(recalls["train"], recalls["test"], strict=True))),
    )


def numbers(asked: Diagnosis, splits: Splits, decided: Mapping[str, Array]) -> dict[str, float]:
    """What is seen, what each list says of it, and whether that is what was planted.

    ``LIST_say_CAUSE`` and ``LIST_right`` are 0 or 1, as is ``LIST_alarm``: whether any cause is named. `gap` is whether
    training rows score by more than enough better than rows in use, ``gap_memorised`` and ``gap_other`` whether they do
    and the model was made to memorise, or has another cause; ``held_out_gap_...`` are the same of the held-out rows.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # several are slower for rows so few, and change last digits
        one = seen(splits, decided)
    found: dict[str, float] = dict(one._asdict())
    memorised, other = asked.planted == "memorising", asked.planted not in ("memorising", "none")
    gap, held_out = one.train - one.in_use > asked.enough, one.train - one.held_out > asked.enough
    found |= {
        "gap": gap,
        "gap_memorised": gap and memorised,
        "gap_other": gap and other,
        "held_out_gap_memorised": held_out and memorised,
        "held_out_gap_other": held_out and other,
    }
    for name, says in LISTS.items():
        cause = says(one, asked.enough)
        found |= {f"{name}_right": cause == asked.planted, f"{name}_alarm": cause != "none"}
        found |= {f"{name}_say_{other}": cause == other for other in CAUSES}
    return {name: float(value) for name, value in found.items()}
