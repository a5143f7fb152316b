"""Tidy rows to means, spreads and intervals over seeds."""

from typing import Any

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
    gone: dict[Any, Any] = dict(iter(diverged.groupby("arm")["seed"]))
    summary = []
    for keys, group in rows.groupby(KEYS, sort=False)[["seed", "value"]]:
        arm, _, metric = keys
        seeds, values = group["seed"].to_numpy(), group["value"].to_numpy()
        out = np.isin(seeds, gone[arm]) if metric != "diverged" and arm in gone else np.zeros(len(seeds), bool)
        kept = values[~out & np.isfinite(values)]
        undefined = int((~out & ~np.isfinite(values)).sum())
        summary.append((*keys, *mean_and_sd(kept), *interval(kept), len(kept), undefined, int(out.sum())))
    return pd.DataFrame(summary, columns=COLUMNS)
