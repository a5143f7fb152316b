"""References: what an ideal or a trivial predictor says on the same data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mirage.data.law import Law
from mirage.data.split import Array, Splits


@dataclass(frozen=True)
class Reference:
    """A predictor to compare with: its name and meaning, its function from law and rows to predictions by split.

    `needs` is the method of a law that it asks (``line``, ``probability``), nothing where the rows are enough.
    """

    name: str
    meaning: str
    predictions: Callable[[Law, Splits], dict[str, Array]]
    needs: str = ""

    def possible(self, law: Law) -> bool:
        """Whether the law knows what this asks."""
        return not self.needs or hasattr(law, self.needs)


def reference(needs: str = "") -> Callable[[Callable[[Law, Splits], dict[str, Array]]], Reference]:
    """Make a function a reference: its name is the function's, its meaning the docstring's first line."""

    def make(predictions: Callable[[Law, Splits], dict[str, Array]]) -> Reference:
        return Reference(predictions.__name__, (predictions.__doc__ or "").partition("\n")[0], predictions, needs)

    return make


@reference()
def least_squares(law: Law, splits: Splits) -> dict[str, Array]:
    """Predictions of the straight line fitted to the training rows."""
    # As scikit-learn's LinearRegression computes it, which would take a second to import.
    x, y = splits["train"].x, splits["train"].y
    x_mean, y_mean = np.average(x, axis=0), np.average(y)
    slopes = np.linalg.lstsq(x - x_mean, y - y_mean, rcond=None)[0]
    return {name: split.x @ slopes + (y_mean - x_mean @ slopes) for name, split in splits.items()}


@reference(needs="line")
def true_line(law: Law, splits: Splits) -> dict[str, Array]:
    """The line that the rows were drawn around: no predictor does better on new rows."""
    return {name: law.line(split.x) for name, split in splits.items()}  # type: ignore[attr-defined]


@reference(needs="probability")
def bayes(law: Law, splits: Splits) -> dict[str, Array]:
    """The true probability of class 1, given the features and the share that a split was drawn with.

    No classifier ranks, decides or predicts probabilities better on new rows of that share.
    """
    return {
        name: law.probability(split.x, split.share)  # type: ignore[attr-defined]
        for name, split in splits.items()
    }


@reference()
def majority_class(law: Law, splits: Splits) -> dict[str, Array]:
    """The share of class 1 among the training rows, whatever the features: as a decision, always the larger class."""
    share = float(np.mean(splits["train"].y))
    return {name: np.full(len(split.y), share) for name, split in splits.items()}


@reference()
def mean_target(law: Law, splits: Splits) -> dict[str, Array]:
    """The mean of the training targets, whatever the features."""
    return majority_class.predictions(law, splits)
