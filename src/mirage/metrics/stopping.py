"""What early stopping would have kept of one whole training, for every set that watched it.

The weights of an epoch do not depend on who watches, so the rule can be applied afterwards, to each set by itself. The
rows of the other sets are fresh ones for it: they had no part in its choice.
"""

from collections.abc import Mapping

import numpy as np

from mirage.data.split import Array
from mirage.metrics.decisions import Stopped


def kept(monitored: Array, patience: int) -> tuple[Array, Array]:
    """Where Keras's EarlyStopping stops, and which epoch's weights it restores, watching for less.

    Parameters
    ----------
    monitored
        The watched number of every set [epoch, set].
    patience
        Epochs without a better value that are waited for.

    Returns
    -------
    tuple of arrays
        Epochs run, and the 0-based epoch that is kept, both [set].
    """
    epochs = np.arange(len(monitored))[:, None]
    lowest = np.minimum.accumulate(monitored)
    better = np.vstack([np.full((1, monitored.shape[1]), True), monitored[1:] < lowest[:-1]])
    best = np.maximum.accumulate(np.where(better, epochs, 0))
    ends = ~better & (epochs - best >= patience)
    run = np.where(ends.any(axis=0), ends.argmax(axis=0), len(monitored) - 1)
    return run + 1, best[run, np.arange(monitored.shape[1])]


def numbers(rule: Stopped, history: Mapping[str, Array]) -> dict[str, float]:
    """What a rule gives on average over sets, from what each set scored after every epoch.

    `stopped_epochs` is how many epochs are run, `kept_epoch` the one whose weights are kept, counted from 1;
    ``watched_...`` is what the kept weights score on the set itself, ``fresh_...`` on the rows of all other sets.
    """
    loss, accuracy = (_joined(history[f"val_set_{name}"], max(rule.joined, 1)) for name in ("loss", "accuracy"))
    run, epoch = kept(loss if rule.monitor == "val_loss" else -accuracy, rule.patience)
    found = {"stopped_epochs": float(run.mean()), "kept_epoch": float(epoch.mean()) + 1}
    for name, scores in (("accuracy", accuracy), ("log_loss", loss)):
        sets = scores.shape[1]
        watched = scores[epoch, np.arange(sets)]
        others = (scores[epoch].sum(axis=1) - watched) / (sets - 1) if sets > 1 else np.full(1, np.nan)
        found |= {f"watched_{name}": float(watched.mean()), f"fresh_{name}": float(others.mean())}
    return found


def _joined(scores: Array, size: int) -> Array:
    """Scores [epoch, set] of sets that are as many neighbours joined; what does not fill a set is left out."""
    whole = scores.astype(float)[:, : scores.shape[1] // size * size]
    return np.asarray(whole.reshape(len(scores), -1, size).mean(axis=2))
