"""Tidy rows to means, spreads and intervals over seeds."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit  # Student's quantile; scipy.stats takes far longer to import

Array = np.ndarray[Any, np.dtype[Any]]

KEYS = ["arm", "split", "metric"]


def mean_and_sd(values: Array) -> tuple[float, float]:
    """Mean and sample standard deviation of values [seed]; NaN where there are too few.

    Equal values have exactly their own value as mean and no spread: rounding must not make them look random.
    """
    if len(values) and np.ptp(values) == 0:
        return float(values[0]), 0.0 if len(values) > 1 else np.nan
    return (float(values.mean()), float(values.std(ddof=1))) if len(values) else (np.nan, np.nan)


def interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Student's t interval of the mean of values [seed]; NaN for fewer than two."""
    n = len(values)
    if n < 2:
        return np.nan, np.nan
    mean, sd = mean_and_sd(values)
    half = sd / np.sqrt(n) * float(stdtrit(n - 1, (1 + level) / 2))
    return mean - half, mean + half


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean, sd and 95 % interval over seeds of every (arm, split, metric), in order of first appearance.

    Parameters
    ----------
    rows
        Tidy rows of one scenario, as in `COLUMNS`.

    Returns
    -------
    DataFrame
        arm, split, metric, mean, sd, ci_low, ci_high, n, n_undefined, n_diverged. `n` counts the values that are
        averaged; `n_diverged` the arm's diverged replicates, whose values are left out; `n_undefined` the other
        values without a number. The sd is the sample's (n - 1), the interval Student's t; both need two values.
    """
    diverged = rows[(rows["metric"] == "diverged") & (rows["value"] == 1)]
    gone = {(arm, seed) for arm, seed in zip(diverged["arm"], diverged["seed"], strict=True)}
    summary = []
    for keys, group in rows.groupby(KEYS, sort=False):
        arm, _, metric = keys
        out = np.array([metric != "diverged" and (arm, seed) in gone for seed in group["seed"]], bool)
        values = group["value"].to_numpy()
        kept = values[~out & np.isfinite(values)]
        low, high = interval(kept)
        summary.append(
            (
                *keys,
                *mean_and_sd(kept),
                low,
                high,
                len(kept),
                int((~out & ~np.isfinite(values)).sum()),
                int(out.sum()),
            )
        )
    return pd.DataFrame(summary, columns=[*KEYS, "mean", "sd", "ci_low", "ci_high", "n", "n_undefined", "n_diverged"])
