"""Kind `search`: logistic regressions of many settings, tried one after the other."""

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from mirage.data.split import Array
from mirage.models.kind import Estimator
from mirage.settings import number, setting, whole


class Search(Estimator):
    """A random search: logistic regressions with an L2 penalty, on features and at strengths drawn at random.

    The first setting tried is the model's own strength on all features, and the model's scores are those of this one.
    Every other one takes any number of features, each as likely, and a strength that is log-uniform between two bounds;
    the settings are the same for all replicates. How right each of them is on sets of validation rows is recorded
    (`watched_sets`), so that a set can choose among them afterwards: see `mirage.metrics.choosing`.
    """

    name: Literal["search"]
    inverse_penalty: float = number("scikit-learn's C of the setting that is tried first, on all features", gt=0)
    tried: int = whole("settings that are tried", 1, 10_000)
    between: list[float] = setting(
        "the bounds of scikit-learn's C in all other settings", "a list of two numbers above 0, the lower one first"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.between) != 2 or not 0 < self.between[0] < self.between[1]:
            self.refuse("between", "a list of two numbers above 0, the lower one first")
        if self.alternatives:
            self.refuse("alternatives", "[], as the settings are drawn")
        return self

    def settings(self, features: int) -> list[tuple[float, Array]]:
        """The strength and the ascending features of each setting, out of so many features."""
        random = np.random.default_rng(0)
        found: list[tuple[float, Array]] = [(self.inverse_penalty, np.arange(features))]
        while len(found) < self.tried:
            strength = float(np.exp(random.uniform(*np.log(self.between))))
            taken = random.permutation(features)[: random.integers(1, features + 1)]
            found.append((strength, np.sort(taken)))
        return found

    def estimator(self) -> "Tried":
        """All of them, to be fitted to the same rows."""
        return Tried(self)


class Tried:
    """Fitted logistic regressions of all settings; as an estimator it is the first of them."""

    def __init__(self, search: Search) -> None:
        self.search = search

    def fit(self, x: Array, y: Array) -> Self:
        """Fit every setting to rows x [row, feature] of classes y [row]."""
        from sklearn.linear_model import LogisticRegression

        settings = self.search.settings(x.shape[1])
        self.weights = np.zeros((x.shape[1], len(settings)))  # [feature, setting]; 0 for features that are not taken
        self.intercepts = np.zeros(len(settings))
        for one, (strength, taken) in enumerate(settings):
            # Newton's method: the same minimum as the default solver's, in a few steps of few features each.
            model = LogisticRegression(C=strength, solver="newton-cholesky").fit(x[:, taken], y)
            self.weights[taken, one], self.intercepts[one] = model.coef_[0], model.intercept_[0]
        return self

    def each(self, x: Array) -> Array:
        """Probabilities of class 1 [setting, row]."""
        from scipy.special import expit

        return np.asarray(expit((x @ self.weights + self.intercepts).T))

    def predict_proba(self, x: Array) -> Array:
        """Probabilities of both classes [row, class], by the first setting."""
        from scipy.special import expit

        of_one = expit(x @ self.weights[:, 0] + self.intercepts[0])
        return np.column_stack([1 - of_one, of_one])
