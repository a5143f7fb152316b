"""Panels of numbers over epochs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import marks
from mirage.figures.palette import TREATED, UNTREATED
from mirage.figures.panels import NOWHERE, Panel, mean_of


def histories(
    shown: Mapping[str, tuple[str, str, str, str]],
    ylabel: str,
    title: str,
    levels: Sequence[tuple[str, str, str]] = (),
    log: str = "",
    lowest: float | None = None,
) -> Panel:
    """Numbers over epochs.

    Parameters
    ----------
    shown
        Maps a label to (arm, name in the history, colour, line style).
    levels
        (arm:reference, split, metric): what an ideal or trivial predictor scores, as grey lines.
    log
        The axes that are logarithmic: "", "x", "y" or "xy".
    lowest
        Where the axis of numbers begins: below lies what is as good as zero.
    """

    def draw(ax: Axes, results: Results) -> None:
        followed = False
        for label, (arm, name, color, linestyle) in shown.items():
            if arm in results.plan.arms:
                numbers = results.histories(arm, name)
                if not numbers:
                    continue
                marks.history(ax, max(results.epochs(arm, name), key=len), numbers, color, label, linestyle)
                followed |= any(np.isfinite(of_seed).any() for of_seed in numbers)
        for arm, split, metric in levels:
            values = results.values(arm, split, metric)
            if np.isfinite(values).any():
                marks.level(ax, NOWHERE, np.array([mean_of(values)]), arm.partition(":")[2])
        if followed:
            for axis in log:
                ax.set(**{f"{axis}scale": "log"})
            ax.set_ylim(bottom=lowest)
        ax.set_ylabel(ylabel)
        ax.set_title(title)

    return draw


def losses(untreated: tuple[str, str], treated: tuple[str, str], held: str) -> Panel:
    """Losses over the epochs of two networks, each (arm, label); `held` is what Keras's ``val_loss`` is taken from."""
    both = ((*untreated, UNTREATED), (*treated, TREATED))
    shown = {
        f"{label}, {rows} loss": (arm, name, color, linestyle)
        for arm, label, color in both
        for rows, name, linestyle in (("training", "loss", ":"), (held, "val_loss", "-"))
    }
    return histories(shown, "loss (nats)", "Over the epochs")


def kept(full: str, stopped: str, held: str) -> Panel:
    """Losses of the full run over the epochs, and for every seed where the weights come from that stopping kept.

    `full` and `stopped` are arms; `held` is what the rows are called that Keras's ``val_loss`` is taken from.
    """
    shown = {
        "full run, training loss": (full, "loss", UNTREATED, ":"),
        f"full run, {held} loss": (full, "val_loss", UNTREATED, "-"),
    }
    over_epochs = histories(shown, "loss (nats)", "Over the epochs", log="x")

    def draw(ax: Axes, results: Results) -> None:
        over_epochs(ax, results)
        curves = results.histories(stopped, "val_loss") if stopped in results.plan.arms else []
        if curves:
            followed = zip(results.epochs(stopped, "val_loss"), curves, strict=True)
            best = [(int(at[np.argmin(curve)]), float(np.min(curve))) for at, curve in followed]
            epochs, lowest = zip(*best, strict=True)
            label = f"kept ({held} loss)"
            ax.plot(epochs, lowest, "o", color=TREATED, alpha=0.7, markersize=8, markeredgewidth=0, label=label)
        ticks = [x for x in (1, 3, 10, 30, 100, 300, 1000) if x <= ax.get_xlim()[1]]
        ax.set_xticks(ticks, [str(x) for x in ticks])

    return draw
