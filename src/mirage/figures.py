"""Whole figures that several lessons share, drawn from a lesson's results."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from mirage import plots, references
from mirage.data import Split
from mirage.report import Results


def curves_and_scores(results: Results, arms: Mapping[str, tuple[str, str]]) -> Figure:
    """For regression on one input: a panel of fitted curves for every arm, and the errors of every seed.

    Parameters
    ----------
    arms
        Title and colour of every arm, in order; arms that the run dropped are left out.
    """
    plan = results.plan
    shown = {arm: arms.get(arm, (arm, plots.TREATED)) for arm in [*arms, *plan.arms] if arm in plan.arms}
    fig = plots.new_figure(4.4 * len(shown) + 5, 5.6)
    widths = [1.0] * len(shown) + [1.25 if len(shown) > 1 else 1.0]
    axes = fig.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    for ax, (arm, (title, color)) in zip(axes, shown.items(), strict=False):
        x, y, predicted = results.predictions(arm, "test")
        train_x, train_y, _ = results.predictions(arm, "train")
        if len(predicted):
            train, test = Split(train_x[0], train_y[0]), Split(x[0], y[0])
            line = references.least_squares(plan.arms[arm].data, {"train": train, "test": test})["test"]
            rows, grid = ((split.x[:, 0], split.y) for split in (train, test))
            plots.curve_fit(ax, rows, grid, predicted, line, color, plan.seeds[0])
        diverged = len(plan.seeds) - len(predicted)
        ax.set_title(title + (f" ({diverged} of {len(plan.seeds)} diverged)" if diverged else ""))
    for ax in axes[1:-1]:
        ax.sharey(axes[0])
    groups, beside = [], []
    for arm, (title, color) in shown.items():
        for split in ("train", "test"):
            label = f"{title}\n{split}" if len(shown) > 1 else split
            groups.append((label, results.values(arm, split, "mse"), color))
            beside.append({r: results.values(f"{arm}:{r}", split, "mse")[0] for r in plan.references})
    plots.scores(axes[-1], groups, beside, plan.seeds[0])
    axes[-1].set_ylabel("mean squared error (square of y's unit)")
    axes[-1].set_title("Error of every seed")
    plots.legend_below(fig)
    return fig
