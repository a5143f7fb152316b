"""How much do networks trained alike differ on the same input?

What the article says
---------------------
Article three, third example: train one design several times, and the models predict differently although they
score about the same and do well on average. Initial weights, mini-batches and dropout masks are named as
sources. Averaging an ensemble is the remedy.

What its code shows, and why
----------------------------
Five networks with one hidden layer of ten units are asked about the same ten inputs. The listing hands each of
them a seed and never uses it. Each also gets 100 rows of noise of its own to learn from: uniform features, and
uniform targets that have nothing to do with them. So data, initial weights and order of rows all differ at
once. One replicate here is the five of them. The targets of the test inputs are ours: the listing has none to
score against.

Nothing can be learned from such targets, and ten epochs are forty optimizer steps. After these the networks
have not even found the mean of the targets. They differ because they stand near where they started, not because
training led them to different solutions.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- There is something to learn: the target follows the first of ten features, with noise.
- Eight networks that differ in one source at a time: initial weights, order of rows, dropout masks, the
  split, or the data. Arm all varies everything but dropout masks, as the network has no dropout there.
- Arm nothing, the negative control, shares everything: its networks must agree to the last digit.
- 250 epochs of four batches, a thousand steps instead of forty; 500 test rows, the same for all eight.
- A spread measured on two networks comes out smaller than on eight. So two averages of four are compared with
  two single networks.

100 training rows and ten units are the listing's. 250 epochs make a round thousand steps; the listing's forty
leave the line half learned. The references are the true line and always answering the mean. There are as many
seeds as in every lesson. Spreads are read as shares of the targets' own standard deviation; a tenth of that is
the least that would be noticed. How far scores lie apart is read as a share of the mean squared error; of the
root of that error each share would be half as large.

On real data the question is whether a handwritten digit is above 4. Rows, units and steps are those of the
controlled scenario. The models of one replicate share their rows: others would be among the test rows.

Limits. The networks of arm split pick 100 rows of a pool of 200, so that any two share about half of their
rows: its spread is less than that of wholly new rows; so that nobody ranks it against arm data, it is in the
tables only. Arm masks has another network than the others, one with dropout, so that its spread is not strictly
comparable either. Spreads add in squares only if sources act independently. At 250 epochs the training loss is
still falling slowly: some of the spread is unfinished training. Two averages of four share no member, but they
share their data.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/multi_seed.yaml says.

- Training again, at equal settings, gives other predictions for the same inputs. As written it
  holds (network.model.relative_spread > 0.1): the difference is 1.15 of the targets' sd (1.02 to
  1.29, 100 seeds). In the controlled experiment it holds (single.model.relative_spread > 0.1): the
  difference is 0.209 of the targets' sd (0.197 to 0.223, 100 seeds). On real data it stays unclear
  (single.model.relative_spread > 0.1): the difference is 0.113 of the targets' sd (0.0846 to 0.142,
  100 seeds). In the listing every model also has rows of its own.
- Models of different runs differ only slightly. As written it fails, and the opposite holds
  (network.model.relative_spread < 0.55 − 0.05): the difference is 0.601 of the targets' sd (0.467
  to 0.744, 100 seeds). In the controlled experiment it holds (single.model.relative_spread < 0.55 −
  0.05): the difference is −0.341 of the targets' sd (−0.353 to −0.327, 100 seeds). On real data it
  holds, too (single.model.relative_spread < 0.55 − 0.05): the difference is −0.437 of the targets'
  sd (−0.465 to −0.408, 100 seeds). In the listing every model also has rows of its own.
- The score hardly changes from run to run. In the controlled experiment the effect is there, but of
  about the size of the margin (single.model.relative_score_spread = 0 ± 0.1): the difference is
  0.112 of the mean error (0.0789 to 0.177, 100 seeds). On real data it stays unclear
  (single.model.relative_score_spread = 0 ± 0.1): the difference is 0.159 of the mean error (0.0884
  to 0.229, 100 seeds).
- Random initial weights contribute to the differences between runs. In the controlled experiment it
  holds (init.model.relative_spread > 0.025): the difference is 0.206 of the targets' sd (0.193 to
  0.221, 100 seeds). On real data it holds, too (init.model.relative_spread > 0.025): the difference
  is 0.109 of the targets' sd (0.0813 to 0.138, 100 seeds).
- Random mini-batches contribute to the differences between runs. In the controlled experiment it
  holds (order.model.relative_spread > 0.025): the difference is 0.0503 of the targets' sd (0.0454
  to 0.0563, 100 seeds). On real data it holds, too (order.model.relative_spread > 0.025): the
  difference is 0.0376 of the targets' sd (0.0278 to 0.0475, 100 seeds).
- Averaging an ensemble reduces the differences between runs. In the controlled experiment it holds
  (model.relative_spread: ensemble < pair − 0.025): the difference is −0.0817 of the targets' sd
  (−0.109 to −0.0648, 100 seeds). On real data it stays unclear (model.relative_spread: ensemble <
  pair − 0.025): the difference is −0.0359 of the targets' sd (−0.0607 to −0.011, 100 seeds).
- The random masks of dropout contribute to the differences between runs. In the controlled
  experiment it holds (masks.model.relative_spread > 0.025): the difference is 0.0354 of the
  targets' sd (0.0306 to 0.0415, 100 seeds). On real data it stays unclear
  (masks.model.relative_spread > 0.025): the difference is 0.027 of the targets' sd (0.0175 to
  0.0365, 100 seeds).

What we found ourselves:

- Training again on the same rows spreads predictions about as much as new rows do. In the
  controlled experiment it holds (model.relative_spread: data = single ± 0.05): the difference is
  0.0124 of the targets' sd (−0.00451 to 0.0269, 100 seeds).
- Averaging four models takes away a good part of the avoidable error. In the controlled experiment
  it holds (test.log_excess_mse: ensemble < single − 0.223): the difference is −0.483 log ratio
  (−0.537 to −0.433, 100 seeds).

Checks of the experiment:

- The models have learned something, so that their differences are those of models that work. In the
  controlled experiment it holds (test.mse: single < single:mean_target − 0.04): the difference is
  −0.0736 squared units (−0.0762 to −0.071, 100 seeds).
- Models that share their data and all sources of randomness predict the same. In the controlled
  experiment it holds (nothing.model.relative_spread = 0 ± 0.0025): the difference is 0 of the
  targets' sd in each seed. On real data it holds, too (nothing.model.relative_spread = 0 ± 0.0025):
  the difference is 0 of the targets' sd in each seed.

.. end

How far scores stay the same depends on the network. After as many epochs as here, networks that differ in
their initial weights alone agree better in their scores with a hundred hidden units than with ten. Longer
training by itself does not make scores agree: after four times the epochs those of ten units lie as far apart
as before. By then the networks have begun to fit noise, for their training error has fallen and their test
error has not (sweep `hidden_units`).

Data matter about as much as training here: at ten units the two spreads are of much the same size. With a
hundred units the spread from training alone shrinks, the spread from data grows, and the two come apart. With
four times the epochs both spreads grow, at either size, and that from data is the larger one (sweep
`hidden_units`). So the ranking belongs to this small network at this length of training, and is no law.

How to read the figure
----------------------
As written (left): the five answers to each input in one replicate, as far apart as random targets are; then
their spread over all replicates, as a share of the targets' standard deviation. Controlled (middle): the same,
by what differs between eight networks. Lines mark the least that would be noticed, half of the targets' spread,
from which on differences are not slight (where the axis reaches so far), and the least that counts of a single
source. The two columns at the right end, of two single networks and of two averages of four, belong together.
Then how far apart the test errors of one replicate's networks lie, as a share of their mean; then the test
error of single networks and of averages, a dot a replicate, between the noise's variance, which is what the
true line costs, and always answering the mean. On real data (right): spreads of answers and of scores again.
The strip beneath has the effects in margins.

Three things to try
-------------------
Train the listing for 200 epochs. The answers draw together: have the networks learned something, or only left
their starting weights behind?

python -m run scenario=multi_seed replicates=10 training.epochs=200

A hundred units instead of ten: compare the spread of scores, and the spreads of arms init and data:

python -m run scenario=multi_seed_controlled replicates=3 'model.hidden=[100]'

Four times the epochs. Do the networks agree better once they have finished learning?

python -m run scenario=multi_seed_controlled replicates=3 training.epochs=1000
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import palette, panels
from mirage.figures.panels import Panel, Panels

CLAIMS = (
    "seeds-alone-change-predictions",
    "runs-differ-slightly",
    "score-stays-the-same",
    "initial-weights-matter",
    "batch-order-matters",
    "ensemble-reduces-spread",
)
SOURCES = {
    "initial\nweights": "init",
    "order": "order",
    "drop-\nout\nmasks": "masks",
    "data": "data",
    "all but\nmasks": "all",
    "weights\nand\norder": "single",
    "two\nsingle": "pair",
    "two\naver-\nages": "ensemble",
}
SINGLY = {"init": "initial-weights-matter", "order": "batch-order-matters", "masks": "dropout-masks-matter"}
SHARE = "spread / sd of the targets"


def as_written(results: Results) -> Panels:
    """The five answers to each input, and how far they spread over all replicates."""
    network = {"five\nnetworks": ("network", palette.UNTREATED)}
    return [(4.4, _answers), (2.6, _spreads(network, "Spread"))]


def controlled(results: Results) -> Panels:
    """How far answers spread, by what differs between networks, how far scores do, and what averaging does to them."""
    errors = {
        "single": ("single", "test", "mse", palette.UNTREATED),
        "average\nof four": ("ensemble", "test", "mse", palette.TREATED),
    }
    drawn = panels.scores(errors, "mean squared error", "Error, over draws")

    def error(ax: Axes, results: Results) -> None:
        drawn(ax, results)
        for line in ax.get_lines():
            if line.get_label() == "true line":
                line.set_label("true line (noise only)")

    return [(7.8, _spreads(_colored(results))), (2.4, _scores), (3.0, error)]


def real(results: Results) -> Panels:
    """How far answers spread, by what differs between networks, and how far scores do."""
    return [(6.0, _spreads(_colored(results))), (2.4, _scores)]


def _colored(results: Results) -> dict[str, tuple[str, str]]:
    """The arms that `SOURCES` names, as far as there are such: label to (arm, colour)."""
    return {
        label: (arm, palette.TREATED if arm == "ensemble" else palette.UNTREATED)
        for label, arm in SOURCES.items()
        if arm in results.plan.arms
    }


def _spreads(arms: Mapping[str, tuple[str, str]], title: str = "Spread of answers, by what differs") -> Panel:
    """Relative spreads, and what claims ask of them: lines at what would be noticed and at the limit of slight."""
    columns = {label: (arm, "model", "relative_spread", color) for label, (arm, color) in arms.items()}

    def draw(ax: Axes, results: Results) -> None:
        panels.scores(columns, SHARE, title)(ax, results)
        ax.set_ylim(bottom=0)
        for x, (arm, _) in enumerate(arms.values()):
            if arm in SINGLY:
                _line(ax, (x - 0.4, x + 0.45), results.margin(SINGLY[arm]), "margin of one source", "-")
        _line(ax, None, results.margin("seeds-alone-change-predictions"), "margin of other predictions", ":")
        slight = results.tests.get("runs-differ-slightly")
        if slight and isinstance(slight.right, (int, float)):
            _line(ax, None, slight.right - slight.margin, "limit of slight", "--")

    return draw


def _scores(ax: Axes, results: Results) -> None:
    """How far apart the test errors of one replicate's networks lie, and up to where that is hardly."""
    shown = {"weights\nand\norder": ("single", "model", "relative_score_spread", palette.UNTREATED)}
    panels.scores(shown, "spread / mean error", "Scores, by run")(ax, results)
    ax.set_ylim(bottom=0)
    _line(ax, None, results.margin("score-stays-the-same"), "limit of hardly", "-.")


def _line(ax: Axes, across: tuple[float, float] | None, height: float | None, label: str, style: str) -> None:
    """A grey line at a height that a claim names, over some columns or the panel; nothing if it lies above it."""
    if height is not None and height < ax.get_ylim()[1]:
        first = label not in ax.get_legend_handles_labels()[1]
        x = across or ax.get_xlim()
        ax.plot(x, (height, height), style, color=palette.REFERENCE, label=label if first else "_again", zorder=1)


def _answers(ax: Axes, results: Results) -> None:
    ax.set(xlabel="test input", ylabel="prediction")
    ax.set_title(f"Five answers each, seed {results.plan.seeds[0]}")
    if results.values("network", "model", "diverged")[0]:
        return
    _, y, predicted = results.predictions("network", "test")
    inputs = range(1, y.shape[-1] + 1)
    for member in np.atleast_2d(predicted[0]):
        ax.plot(inputs, member, "o", color=palette.UNTREATED, alpha=0.7)
    ax.plot([], [], "o", color=palette.UNTREATED, label="one of five networks")
    ax.plot(
        inputs,
        np.atleast_2d(y[0])[0],
        "_",
        color=palette.REFERENCE,
        markersize=16,
        markeredgewidth=2,
        label="target (random)",
    )
    ax.set_xticks(inputs)
