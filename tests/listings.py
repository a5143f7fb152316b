"""The facts of the fifteen listings, once: what an arm of a scenario as written must be.

Articles are numbered in the order of the files in ``seeds/``; a line is the one of the article where its code begins.
Arms that no listing has are ours, the least that lets its claim be tested, and are marked so.
"""

from typing import Any, NamedTuple

import keras

__all__ = ["ARMS", "AS_WRITTEN", "FIXED", "HELD_OUT", "Listing", "Net", "layers_of"]


class Net(NamedTuple):
    """A listing's network and how it is trained: relu layers, Adam, batches of 32."""

    hidden: list[int]
    epochs: int
    output: str = "sigmoid"
    loss: str = "binary_crossentropy"
    l2: float = 0
    dropout: float = 0
    validated_on: str = "none"
    stops: bool = False  # EarlyStopping(monitor='val_loss', patience=10, restore_best_weights=True)
    members: int = 1  # networks that are trained one after another and compared

    @property
    def layers(self) -> list[tuple[object, ...]]:
        """Every layer: a dense one's units, activation and L2 penalty, or the rate of dropout."""
        between: list[tuple[object, ...]] = [("dropout", self.dropout)] if self.dropout else []
        hidden = [layer for units in self.hidden for layer in (("dense", units, "relu", self.l2), *between)]
        return [*hidden, ("dense", 1, self.output, 0)]

    @property
    def watched(self) -> list[str]:
        """What ``compile`` is given as metrics."""
        return [] if self.output == "linear" else ["accuracy"]


class Listing(NamedTuple):
    """One arm: rows by split, features, rows by class and split where these are no chance, and what is fitted."""

    example: tuple[int, int]  # article, number of the example
    line: int
    rows: dict[str, int]
    features: int
    classes: dict[str, list[int]]
    fitted: Net | tuple[str, dict[str, float]]  # a network; or a scikit-learn class and its arguments

    @property
    def labels(self) -> bool:
        """Whether targets are classes."""
        return self.example[0] > 1 and self.example != (3, 3)


LINE = Net([128, 64], 2000, "linear", "mean_squared_error")
POINTS = {"train": 20, "test": 100}
THOUSAND = {"train": 800, "validation": 200, "test": 200}
HUNDRED = {"train": 80, "test": 20}
BLOCKS = [100, 10]
SHORT = Net([64], 10)
PATIENT = Net([64], 100, validated_on="validation", stops=True)
PEEKING = Net([128, 64], 100, validated_on="test", stops=True)
PENALISED = Net([128], 100, validated_on="validation")

AS_WRITTEN: dict[str, dict[str, Listing]] = {
    "overfitting": {"network": Listing((1, 1), 19, POINTS, 1, {}, LINE)},
    "dropout": {
        "baseline": Listing((1, 2), 67, POINTS, 1, {}, LINE),  # of example 1
        "dropout": Listing((1, 2), 67, POINTS, 1, {}, LINE._replace(dropout=0.2)),
    },
    "data_size": {
        "small": Listing((1, 3), 118, POINTS, 1, {}, LINE),
        "large": Listing((1, 3), 118, {"train": 200, "test": 100}, 1, {}, LINE),
    },
    "prior_shift": {
        "network": Listing(
            (2, 1),
            25,
            {"train": 80, "validation": 20, "test_balanced": 100},
            10,
            {"train": [71, 9], "validation": [19, 1]},  # of 90 and 10, as split by random_state=42
            Net([64], 100, validated_on="validation"),
        )
    },
    "l2": {
        "none": Listing((2, 2), 61, THOUSAND, 10, {}, PENALISED),
        "l2_dropout": Listing((2, 2), 61, THOUSAND, 10, {}, PENALISED._replace(l2=0.01, dropout=0.5)),
    },
    "early_stopping": {
        "no_stopping": Listing((2, 3), 110, THOUSAND, 10, {}, PATIENT._replace(stops=False)),  # ours
        "early_stopping": Listing((2, 3), 110, THOUSAND, 10, {}, PATIENT),
    },
    "imbalance": {
        "logistic": Listing(
            (3, 1),
            30,
            {"train": 800, "test": 200},
            2,
            {"train": [721, 79], "test": [179, 21]},  # of 900 and 100, as split by random_state=42
            ("LogisticRegression", {"C": 1.0}),
        )
    },
    "input_sensitivity": {
        "network": Listing((3, 2), 60, {"train": 1000, "probe": 2}, 3, {"probe": [1, 1]}, Net([10], 10)),
    },
    "multi_seed": {
        "network": Listing(
            (3, 3),
            88,
            {"train": 100, "test": 10},  # the targets of test are ours: the listing has none
            10,
            {},
            Net([10], 10, "linear", "mean_squared_error", members=5),
        )
    },
    "ridge_lasso": {
        "none": Listing((4, 1), 20, HUNDRED, 10, {}, ("Ridge", {"alpha": 0.0})),  # ours
        "ridge": Listing((4, 1), 20, HUNDRED, 10, {}, ("Ridge", {"alpha": 1.0})),
        "ridge_strong": Listing((4, 1), 20, HUNDRED, 10, {}, ("Ridge", {"alpha": 10.0})),  # ours
        "lasso_weak": Listing((4, 1), 20, HUNDRED, 10, {}, ("Lasso", {"alpha": 0.01})),  # ours
        "lasso": Listing((4, 1), 20, HUNDRED, 10, {}, ("Lasso", {"alpha": 1.0})),
    },
    "early_stopping_on_test": {  # on the rows of example 1
        "no_stopping": Listing((4, 2), 56, HUNDRED, 10, {}, PEEKING._replace(stops=False)),  # ours
        "early_stopping": Listing((4, 2), 56, HUNDRED, 10, {}, PEEKING),
    },
    "smote_balance": {  # the listing fits nothing: example 2's network, a fifth of its rows held out
        "original": Listing((4, 3), 89, HUNDRED, 10, {}, Net([128, 64], 100)),  # ours
        "smote": Listing((4, 3), 89, HUNDRED | {"original": 100}, 10, {"original": [50, 50]}, Net([128, 64], 100)),
    },
    "accuracy_paradox": {
        "balanced": Listing((5, 1), 26, {"train": 110}, 10, {"train": [55, 55]}, SHORT),  # ours
        "network": Listing((5, 1), 26, {"train": 110}, 10, {"train": BLOCKS}, SHORT),
    },
    "metric_choice": {"network": Listing((5, 2), 53, {"train": 200}, 10, {}, SHORT)},
    "smote": {
        "none": Listing((5, 3), 79, {"train": 110, "original": 110}, 10, {"train": BLOCKS, "original": BLOCKS}, SHORT),
        "smote": Listing(
            (5, 3), 79, {"train": 200, "original": 110}, 10, {"train": [100, 100], "original": BLOCKS}, SHORT
        ),
    },
}

ARMS = [(scenario, arm) for scenario, listings in AS_WRITTEN.items() for arm in listings]

# Scenarios whose rows the listing fixes by a seed.
FIXED = ("overfitting", "dropout", "data_size", "smote_balance")

# The split that train_test_split(X, y, test_size=0.2, random_state=42) makes of rows that stand in a listing.
HELD_OUT = {
    "prior_shift": "validation",
    "l2": "validation",
    "early_stopping": "validation",
    "imbalance": "test",
    "ridge_lasso": "test",
    "early_stopping_on_test": "test",
}


def layers_of(model: keras.Model) -> list[tuple[Any, ...]]:
    """Each layer in short: units, activation and penalty of a dense one, the rate of a dropout that drops something."""
    return [
        ("dropout", layer.rate) if isinstance(layer, keras.layers.Dropout) else dense(layer)
        for layer in model.layers
        if getattr(layer, "rate", None) != 0
    ]


def dense(layer: keras.layers.Dense) -> tuple[Any, ...]:
    assert isinstance(layer, keras.layers.Dense) and layer.use_bias
    assert layer.bias_regularizer is None and layer.activity_regularizer is None
    penalty = layer.kernel_regularizer
    return "dense", layer.units, layer.activation.__name__, round(float(penalty.l2), 9) if penalty else 0
