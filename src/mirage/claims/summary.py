"""Tidy rows to means, spreads and intervals over seeds."""

import numpy as np
import pandas as pd

from mirage.claims.statistics import interval, mean_and_sd

KEYS = ["arm", "split", "metric"]
COLUMNS = [*KEYS, "mean", "sd", "ci_low", "ci_high", "n", "n_undefined", "n_diverged"]


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean, sd and 95 % interval over seeds of every (arm, split, metric), in order of first appearance.

    Parameters
    ----------
    rows
        Tidy rows of one scenario: arm, seed, split, metric, value.

    Returns
    -------
    DataFrame
        arm, split, metric, mean, sd, ci_low, ci_high, n, n_undefined, n_diverged. `n` counts the values that are
        averaged; `n_diverged` the arm's diverged replicates, whose values are left out; `n_undefined` the other
        values without a number. The sd is the sample's (n - 1), the interval Student's t; both need two values.
    """
    diverged = rows[(rows["metric"] == "diverged") & (rows["value"] == 1)]
    gone = set(zip(diverged["arm"], diverged["seed"], strict=True))
    summary = []
    for keys, group in rows.groupby(KEYS, sort=False):
        arm, _, metric = keys
        out = np.array([metric != "diverged" and (arm, seed) in gone for seed in group["seed"]], bool)
        values = group["value"].to_numpy()
        kept = values[~out & np.isfinite(values)]
        undefined = int((~out & ~np.isfinite(values)).sum())
        summary.append((*keys, *mean_and_sd(kept), *interval(kept), len(kept), undefined, int(out.sum())))
    return pd.DataFrame(summary, columns=COLUMNS)
