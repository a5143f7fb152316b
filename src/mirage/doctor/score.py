"""The honest score: recomputed from the rows, with its interval, beside what a constant answer scores."""

from dataclasses import dataclass

import numpy as np

from mirage.doctor import statistics
from mirage.doctor.evidence import Predictions


@dataclass(frozen=True)
class Score:
    """A metric of the examined rows: its value, the ends of its 95 % interval, rows, and a constant answer's value."""

    metric: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    constant: float | None


def score(found: Predictions) -> Score | None:
    """Accuracy of decisions, or of a regression R2; None where there is nothing to score.

    The interval is Wilson's; where groups are given, that of whole groups if it is wider. A constant answer is the
    largest class, or the mean target. Where weights are given, rows count by them, and as many rows as an unweighted
    mean that is as uncertain would need (Kish's effective size).
    """
    weights = np.asarray(found.about["weight"] if "weight" in found.about else np.ones(len(found)), dtype=float)
    if found.regression:
        given = found.single if found.single is not None else found.decided
        if given is None:
            return None
        mean = np.average(found.truth, weights=weights)
        spread = float((weights * (found.truth - mean) ** 2).sum())
        left = float((weights * (found.truth - given) ** 2).sum()) / max(spread, 1e-300)
        value = float(1 - left) if np.isfinite(left) else None  # targets so large that their squares are not
        return Score("r2", value, None, None, len(found), 0.0)
    if found.decisions is None:
        return None
    right = (found.decisions == found.truth).astype(float)
    effective = weights.sum() ** 2 / (weights**2).sum()
    low, high = statistics.wilson(float(right @ weights / weights.sum() * effective), float(effective))
    if "group" in found.about:  # where all rows are right, groups do not differ, and say nothing of how far they may
        of_groups = statistics.clustered(right, found.about["group"], weights)
        low, high = (min(low, of_groups[0]), max(high, of_groups[1])) if len(found) > 1 else of_groups
    largest = float(np.bincount(found.truth, weights=weights).max() / weights.sum())
    ends = [None if np.isnan(end) else float(end) for end in (low, high)]
    return Score("accuracy", float(right @ weights / weights.sum()), ends[0], ends[1], len(found), largest)
