"""What do the penalties of ridge and lasso do to the weights, and to the accuracy?

What the article says
---------------------
Article four, first example: large weights let a model fit noise, and a penalty on them keeps it from doing
so. L1 (lasso) sets many weights to zero, L2 (ridge) makes them small but leaves them in. Alpha is the
strength and has to be found by trying. Rounding the output stands in for a model of classes, and the output
is called a probability.

What its code shows, and why
----------------------------
The listing draws 100 rows of ten uniform features with labels by the toss of a coin. Ridge and lasso
regression, both with alpha 1, are fitted to 80 of them; their output is rounded to a class and scored on the
other 20. The arms without a penalty and with other strengths are ours, to see what the penalty does.

On random labels no penalty can make a model predict better, and 20 test rows would not show it if it could.
Nor does the listing show what lasso does to weights that matter and to those that do not, for none matters.
And its alphas of 1 are not alike. In scikit-learn, lasso divides the squared error by twice the number of
rows, ridge does not. So ridge hardly feels its penalty, while lasso drops every feature whose covariance with
the label is below 1. Features and labels that both lie between 0 and 1 cannot have a covariance above a
quarter. Every weight is zero whatever the labels are: this lasso is a constant.

What the controlled scenario changes, and why that is fair
----------------------------------------------------------
- The classes are two normal clouds. They differ in three features of twenty, so the truth is sparse:
  seventeen weights should be zero, and it can be counted which ones are.
- Logistic regression, a model of classes, along strengths of L1 and of L2, and for each penalty the strength
  with the lowest log loss on 200 validation rows, which do nothing else. The claims are tested at these chosen
  strengths, or at scikit-learn's default, an inverse penalty of 1; not at the one that suits them.
- A hundredth of the default stands in for no penalty. Eighty rows with twenty features lie next to the point
  where a plane parts the classes without error, and where one does, weights without a penalty have no end.
- 80 training rows as written after its split; 2,000 test rows. Accuracies on them are the expected ones: each
  label counts by its true probability, so that no luck of the test labels is in them.
- The listing's own models stay as arms: rounded ridge and rounded lasso. Arm `cut_chosen` is ridge with a chosen
  strength whose output is cut at one half: logistic regression but for the sigmoid and its loss.
- The best possible rule is the reference. The seventeen features that say nothing are the negative control: a
  penalty has no reason to keep them.

Every seed draws the data anew. How many seeds there are is the same in all lessons, and was fixed with the tests
before any of them was run.

Limits. The validation rows are more than the training rows, and only the chosen arms use them: a search on fewer
would choose less well. A grid of powers of ten is coarse. Two normal clouds of equal shape are the home ground of
least squares, so a regression that is cut looks better here than it would elsewhere. L1 meets the sparse truth
it is made for. On the real rows nobody knows which features matter; their seeds share rows, so that intervals
speak of the choice of rows from one set.

What came out
-------------
.. generated: outcome

Brackets show each claim's test; the difference is its left side minus its right side, before the
margin: the mean over seeds with the interval that decides. Why a test is as it is,
conf/claims/ridge_lasso.yaml says.

- L1 sets many weights to zero, L2 makes them small and keeps them. As written it holds
  (model.nonzero_weights: lasso < ridge − 1): the difference is −10 weights in each seed. In the
  controlled experiment it holds (model.nonzero_weights: l1_chosen < l2_chosen − 2): the difference
  is −10.1 weights (−12.2 to −8.09, 100 seeds). On real data it holds, too (model.nonzero_weights:
  l1_strong < l2_chosen − 3): the difference is −23.9 weights (−25.1 to −22.7, 100 seeds). On real
  data at one strength of L1, else at the strength that validation rows choose.
- A penalty keeps a model from fitting noise. In the controlled experiment it holds
  (l2_chosen.train.accuracy − l2_chosen.test.expected_accuracy < weakest.train.accuracy −
  weakest.test.expected_accuracy − 0.025): the difference is −0.0826 of accuracy (−0.099 to −0.0661,
  100 seeds). On real data it stays unclear (accuracy: l2_chosen.train − l2_chosen.test <
  weakest.train − weakest.test − 0.025): the difference is −0.0221 of accuracy (−0.0422 to −0.00204,
  100 seeds).
- L2 makes a model more accurate on new rows. As written it fails, as there is no effect that
  matters (test.expected_accuracy: ridge > none + 0.05): the difference is 0 of accuracy in each
  seed. In the controlled experiment it holds (test.expected_accuracy: l2_chosen > weakest + 0.02):
  the difference is 0.041 of accuracy (0.033 to 0.0493, 100 seeds). On real data it stays unclear
  (test.accuracy: l2_chosen > weakest + 0.02): the difference is 0.0125 of accuracy (−0.00608 to
  0.0311, 100 seeds). As written on labels of a coin, which nothing can predict; the listing cannot
  show it.
- L1 makes a model more accurate on new rows. As written it fails, as there is no effect that
  matters (test.expected_accuracy: lasso > none + 0.05): the difference is 0 of accuracy in each
  seed. In the controlled experiment it holds (test.expected_accuracy: l1_chosen > weakest + 0.02):
  the difference is 0.0459 of accuracy (0.0376 to 0.0551, 100 seeds). On real data it stays unclear
  (test.accuracy: l1_strong > weakest + 0.02): the difference is −0.0033 of accuracy (−0.0271 to
  0.0205, 100 seeds). As written on labels of a coin, which nothing can predict; the listing cannot
  show it.
- The strength of a penalty has to be found by trying. In the controlled experiment it holds
  (test.expected_accuracy: l2_chosen > l2 + 0.01): the difference is 0.0169 of accuracy (0.0129 to
  0.021, 100 seeds). On real data it does not hold (test.accuracy: l2_chosen > l2 + 0.01): the
  difference is −0.0008 of accuracy (−0.00645 to 0.00485, 100 seeds).
- The outputs of the regression lie between 0 and 1, as probabilities must. As written it holds
  (ridge.test.outside_unit = 0 ± 0.05): the difference is 0.005 of the outputs (−0.00152 to 0.0284,
  100 seeds). In the controlled experiment it fails, and the opposite holds
  (rounded.test.outside_unit = 0 ± 0.05): the difference is 0.225 of the outputs (0.211 to 0.239,
  100 seeds). On real data it does not hold (rounded.test.outside_unit = 0 ± 0.05): the difference
  is 0.307 of the outputs (0.258 to 0.356, 100 seeds).
- An L2 penalty makes the weights smaller. As written it holds (model.weight_norm: ridge < none −
  0.05): the difference is −0.106 of the weights' length (−0.124 to −0.0926, 100 seeds). In the
  controlled experiment it holds (model.weight_norm: l2 < weakest − 0.2): the difference is −8.38 of
  the weights' length (−10.8 to −6.09, 100 seeds). On real data it holds, too (model.weight_norm: l2
  < weakest − 0.2): the difference is −17 of the weights' length (−20.5 to −13.4, 100 seeds).

What we found ourselves:

- A regression whose output is cut at a half decides as well as a model with a sigmoid. In the
  controlled experiment it holds (test.expected_accuracy: cut_chosen = l2_chosen ± 0.02): the
  difference is −0.000452 of accuracy (−0.00377 to 0.00254, 100 seeds). On real data it stays
  unclear (test.accuracy: cut_chosen = l2_chosen ± 0.02): the difference is −0.0172 of accuracy
  (−0.0361 to 0.00172, 100 seeds).
- The weights that a strong L1 sets to zero are those of the features that say nothing. In the
  controlled experiment it holds (l1_strong.model.nonzero_informative = 3 ± 0.5): the difference is
  −0.16 features that say something (−0.357 to −0.0274, 100 seeds).

Checks of the experiment:

- At the listing's alpha the L1 regression uses no feature, whether or not there is something to
  find. As written it holds (lasso.model.nonzero_weights = 0 ± 0.5): the difference is 0 weights in
  each seed. In the controlled experiment it holds (rounded_lasso.model.nonzero_weights = 0 ± 0.5):
  the difference is 0 weights in each seed.

The articles also say, which needs no measuring:

- L1 adds the absolute weights to the loss and L2 their squares: a definition, true up to factors,
  for lasso divides the squared error by twice the rows and ridge does not.

.. end

How many weights does L1 set to zero? That is a matter of its strength. L1 drops a feature if moving its weight
gains less than the penalty costs. Summed over 80 rows, chance alone makes a feature that says nothing seem to
gain several times the cost at strength 1. So most of such features stay in. At strength 10 the cost is above
what chance makes and below what the three features are worth: just those stay, in most seeds. At 100 nothing is
worth its cost. Of these, 10 is the most accurate on average. Validation rows choose by the log loss, which
often takes a weaker one; so the chosen models keep some features that say nothing. The listing's alpha lies at
the far end, so its "many" is all, and would be all with a signal too, as the arm `rounded_lasso` shows.

Why does ridge do nothing as written? Next to the sums of squares of 80 rows, an alpha of 1 is small: the
weights shrink a little, and a rounded answer hardly ever turns. In the controlled experiment twenty weights
meet 80 rows, and a penalty does help.

Where a regression that is cut at one half keeps up with logistic regression, it is because for two normal clouds
the plane that least squares finds is the right one. Rounding has a price that cutting has not: outputs above 1.5
or below minus a half round to neither class and always count as wrong. So a sigmoid is not needed to
decide. It is needed for probabilities: a good part of the outputs here lie outside 0 to 1. The listing hides
that. With random labels all outputs of ridge stay near one half, and hardly any leaves the range.

How to read the figure
----------------------
As written (left): how many of the ten weights are not zero; the accuracy on 20 test rows, where every arm
scatters around one half; the share of outputs that can't be probabilities. The number under an arm's name is its
alpha. Controlled (middle): from left to right the penalty grows; apart, on the right, stands the strength that
validation rows chose. The first panel counts the weights that L1 leaves among the features that are of use (full
marks) and those that are not (hollow), and all that L2 leaves. The second shows the accuracy on fresh rows beside
the best possible rule, and for L2 that on its training rows: how far it lies above is fitted noise. (The axis
does not begin at zero.) The third holds the outputs of the listing's two models against those of a model of
classes. On real data (right): what the accuracy on the same test rows gains over next to no penalty, at the chosen
strength of L2, at ten times the default of L1, and of a ridge regression of chosen strength whose output is cut
at one half; then outputs as before. Grey stripes are what is too small to matter; a pair that no claim in the
strip compares has none. The strip beneath holds the claims: right of the stripe as claimed, left of it against
the claim, on grey too small to matter. Where the stripe is green, it is what is claimed.

Three things to try
-------------------
A fiftieth of the listing's alpha for arm lasso: it keeps some features now. (The other arms keep their own.)

python -m run scenario=ridge_lasso replicates=30 model.alpha=0.02

Ten times the rows: the model with next to no penalty catches up, and at strength 10 L1 keeps features that
say nothing.

python -m run scenario=ridge_lasso_controlled replicates=10 data.n_train=800

All twenty features say a little: L1 loses what made it better than L2.

python -m run scenario=ridge_lasso_controlled replicates=10 data.n_informative=20
"""

from collections.abc import Mapping

from matplotlib.axes import Axes

from mirage.claims.results import Results
from mirage.figures import palette, panels
from mirage.figures.panels import Line, Panel, Panels, of_reference

CLAIMS = (
    "lasso-many-zero-weights",
    "penalty-fits-less-noise",
    "ridge-raises-test-accuracy",
    "lasso-raises-test-accuracy",
    "alpha-needs-search",
    "outputs-are-probabilities",
)
ARMS = {
    "none": ("none", palette.UNTREATED),
    "ridge": ("ridge\n1", palette.TREATED),
    "ridge_strong": ("ridge\n10", palette.TREATED),
    "lasso_weak": ("lasso\n0.01", palette.OTHER),
    "lasso": ("lasso\n1", palette.OTHER),
}
# Strengths: one over the inverse penalty.
WEAKEST = {"weakest": 0.01}
L1 = {"l1_weak": 0.1, "l1": 1, "l1_strong": 10, "l1_strongest": 100}
L2 = WEAKEST | {"l2_weak": 0.1, "l2": 1, "l2_strong": 10, "l2_strongest": 100}
CHOSEN = 2000  # where the chosen strength is drawn
BESIDE = 3000  # and that of another penalty, where the two would hide each other


def from_above(lowest: float, panel: Panel, whole: bool = False) -> Panel:
    """The panel with its axis of numbers begun at `lowest`; if it counts something, with ticks at `whole` numbers."""

    def draw(ax: Axes, results: Results) -> None:
        panel(ax, results)
        ax.set_ylim(bottom=lowest)
        if whole:
            ax.locator_params(axis="y", integer=True)

    return draw


def outside(arms: Mapping[str, tuple[str, str]]) -> Panel:
    """The share of outputs that cannot be probabilities, and the stripe of what is too small to matter."""
    claim = "outputs-are-probabilities"
    shown = {label: (f"{arm}.test.outside_unit", color, claim) for label, (arm, color) in arms.items()}
    return from_above(-0.02, panels.paired_differences(shown, "share of outputs", "Outside 0 to 1"))


def as_written(results: Results) -> Panels:
    """Weights that are not zero, the accuracy, and outputs that are no probabilities."""

    def over_arms(split: str, metric: str) -> dict[str, tuple[str, str, str, str]]:
        return {label: (arm, split, metric, color) for arm, (label, color) in ARMS.items()}

    weights = panels.scores(over_arms("model", "nonzero_weights"), "weights that are not zero", "Sparsity")
    return [
        (4.2, from_above(-0.5, weights)),
        (4.2, panels.scores(over_arms("test", "accuracy"), "accuracy", "Test rows")),
        (2.6, outside({"ridge\n1": ("ridge", palette.TREATED), "lasso\n1": ("lasso", palette.OTHER)})),
    ]


def sparsity(ax: Axes, results: Results) -> None:
    """Weights left along the penalty and at the chosen strength; hollow: those of features that say nothing."""
    l1, l2 = L1 | {"l1_chosen": CHOSEN}, L2 | {"l2_chosen": CHOSEN}
    useless = {"L1, useless features": (l1, "nonzero_noise", palette.OTHER, "o:")}
    _along(useless, "model", "", "")(ax, results)
    for line in ax.get_lines():
        line.set(markerfacecolor="white", markeredgecolor=palette.OTHER, markeredgewidth=1.5)
    lines = {
        "L1": (l1, "nonzero_informative", palette.OTHER, "o-"),
        "L2": (l2, "nonzero_weights", palette.TREATED, "s-"),
    }
    _along(lines, "model", "weights that are not zero", "Sparsity")(ax, results)


def accuracies(ax: Axes, results: Results) -> None:
    """The accuracy on fresh and on training rows along the penalty and at the chosen strength."""
    l1, l2 = L1 | {"l1_chosen": BESIDE}, L2 | {"l2_chosen": CHOSEN}
    metric = "expected_accuracy"
    fresh = {"L1": (l1, metric, palette.OTHER, "o-"), "L2": (l2, metric, palette.TREATED, "s-")}
    _along({"L2, its training rows": (l2, "accuracy", palette.FURTHER[2], "s:")}, "train", "", "")(ax, results)
    _along(fresh, "test", "accuracy", "Fresh and training rows", best=True)(ax, results)


def _along(
    lines: Mapping[str, tuple[dict[str, float], str, str, str]], split: str, ylabel: str, title: str, best: bool = False
) -> Panel:
    """Lines along the strengths, each (arms, metric, colour, style), cut off before the chosen strength."""
    shown = {}
    for label, (arms, *rest) in lines.items():
        shown[label] = Line({arm: x for arm, x in arms.items() if x < CHOSEN}, split, *rest)
        shown[f"_{label}"] = Line({arm: x for arm, x in arms.items() if x >= CHOSEN}, split, *rest)
    if best:
        shown["bayes"] = Line(of_reference(L2 | {"l2_chosen": CHOSEN}), split, "expected_accuracy")

    def named(x: float) -> str:
        return f"{x:g}" if x < CHOSEN else "chosen" if x == CHOSEN else ""

    return panels.sweep(shown, "strength of the penalty", ylabel, title, named)


def controlled(results: Results) -> Panels:
    """Which weights are left, the accuracy along the penalty, and outputs of a regression and of a model of classes."""
    shown = {
        "ridge\n1": ("rounded", palette.TREATED),
        "lasso\n1": ("rounded_lasso", palette.OTHER),
        "logis-\ntic, L2": ("l2_chosen", palette.FURTHER[0]),
    }
    return [(4.4, from_above(-1, sparsity, whole=True)), (4.6, from_above(0.4, accuracies)), (2.9, outside(shown))]


def real(results: Results) -> Panels:
    """What penalties and a regression that is cut gain on real rows, and outputs that are no probabilities."""
    arms = {
        "L2,\nchosen": ("l2_chosen", palette.TREATED, "ridge-raises-test-accuracy"),
        "L1,\nstrong": ("l1_strong", palette.OTHER, "lasso-raises-test-accuracy"),
        "ridge,\ncut": ("cut_chosen", palette.FURTHER[1], None),
    }
    gains = {
        label: (f"{arm}.test.accuracy - weakest.test.accuracy", color, claim)
        for label, (arm, color, claim) in arms.items()
    }
    gained = panels.paired_differences(gains, "test accuracy gained", "Over almost no penalty")
    shown = {"ridge\n1": ("rounded", palette.TREATED), "logis-\ntic, L2": ("l2_chosen", palette.FURTHER[0])}
    return [(4.0, gained), (2.6, outside(shown))]
