"""References: what an ideal or a trivial predictor says on the same data."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LinearRegression

from mirage import config
from mirage.data import Array, Split, centre


def least_squares(settings: config.Data, splits: dict[str, Split]) -> dict[str, Array]:
    """Predictions of the straight line fitted to the training rows."""
    line = LinearRegression().fit(*splits["train"])
    return {name: line.predict(split.x) for name, split in splits.items()}


def true_line(settings: config.Data, splits: dict[str, Split]) -> dict[str, Array]:
    """The line that the rows were drawn around: no predictor does better on new rows."""
    return {name: settings.slope * split.x[:, 0] for name, split in splits.items()}


def bayes(settings: config.Data, splits: dict[str, Split]) -> dict[str, Array]:
    """The true probability of class 1 in law `normals`, given the features and the share a split was drawn with.

    No classifier ranks, decides or predicts probabilities better on new rows of that share.
    """
    away, flipped = centre(settings), settings.flipped
    probabilities = {}
    for name, (x, _) in splits.items():
        share = settings.shifted_share if name == "test_shifted" else settings.minority_share
        drawn = expit(np.log(share / (1 - share)) + x @ away - away @ away / 2)
        probabilities[name] = flipped + (1 - 2 * flipped) * drawn
    return probabilities


def majority_class(settings: config.Data, splits: dict[str, Split]) -> dict[str, Array]:
    """The share of class 1 among the training rows, whatever the features: as a decision, always the larger class."""
    share = float(np.mean(splits["train"].y))
    return {name: np.full(len(split.y), share) for name, split in splits.items()}


REFERENCES: dict[str, Callable[[config.Data, dict[str, Split]], dict[str, Array]]] = {
    "least_squares": least_squares,
    "true_line": true_line,
    "mean_target": majority_class,  # the same number: the mean of what was trained on
    "majority_class": majority_class,
    "bayes": bayes,
}
