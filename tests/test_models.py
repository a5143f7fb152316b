"""Models: initial variables that depend on nothing but streams, the networks' layers, and scikit-learn's estimators."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import arm
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from mirage.data.split import Split, Splits
from mirage.data.streams import Streams
from mirage.models import layers
from mirage.models.fitting import LOSSES, Optimizer, Training
from mirage.models.kind import Kind
from mirage.models.kinds.mlp import Mlp
from mirage.models.variables import CannotStackError, Variables, initial
from mirage.training import classical
from mirage.training.replicate import Trained

BASE = Mlp(name="mlp", hidden=[6, 4], activation="relu", dropout=0.3, output="linear", members=1)
VARY = ("init", "dropout")


def mlp(**changed: Any) -> Mlp:
    return Mlp.model_validate(BASE.model_dump() | changed)


def written_out(settings: Mlp, features: int, streams: Streams) -> keras.Model:
    """The network written out in plain Keras, each layer given its seed as a user would."""
    init = iter(streams.integers("init", len(settings.hidden) + 1))
    dropout = iter(streams.integers("dropout", len(settings.hidden)))
    glorot, parts = keras.initializers.GlorotUniform, [keras.Input((features,))]
    for units in settings.hidden:
        l2 = keras.regularizers.L2(settings.l2) if settings.l2 else None
        parts.append(keras.layers.Dense(units, settings.activation, True, glorot(next(init)), kernel_regularizer=l2))
        if settings.batch_norm:
            parts.append(keras.layers.BatchNormalization())
        if settings.dropout:
            parts.append(keras.layers.Dropout(settings.dropout, seed=next(dropout)))
    return keras.Sequential([*parts, keras.layers.Dense(1, settings.output, kernel_initializer=glorot(next(init)))])


def described(model: keras.Model) -> list[tuple[str, dict[str, object]]]:
    """Every layer and its settings, but for names, what its first values are drawn with, and the penalty's variable."""
    drawn = ("name", "seed", "kernel_initializer", "build_config", "kernel_regularizer")
    return [
        (type(layer).__name__, {key: value for key, value in layer.get_config().items() if key not in drawn})
        for layer in model.layers
    ]


def start(settings: Mlp) -> Variables:
    return initial(settings.build((2,)), Streams(3, VARY))


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    """Whether two lists of arrays are the same bytes, types and shapes included."""
    described = [[(v.shape, v.dtype.str, v.tobytes()) for v in values] for values in (a, b)]
    return described[0] == described[1]


@pytest.mark.parametrize("streams", [Streams(3, VARY), Streams(4, ("init",), 2, ("dropout",))], ids=["", "member"])
@pytest.mark.parametrize(
    ("settings", "features"),
    [
        (mlp(dropout=None), 2),
        (mlp(hidden=[5], l2=0.25), 1),
        (mlp(hidden=[4, 3, 4], dropout=None, batch_norm=True, activation="tanh", output="sigmoid"), 3),
        (mlp(batch_norm=True, l2=0.5), 3),
    ],
)
def test_a_network_and_its_start_are_what_keras_makes_of_the_settings_and_the_seeds_of_the_streams(
    settings, features, streams
):
    theirs, ours = written_out(settings, features, streams), settings.build((features,))
    assert described(ours) == described(theirs)
    drops = [layer for layer in ours.layers if isinstance(layer, keras.layers.Dropout)]
    assert all(type(layer) is layers.Dropout for layer in drops)
    started = initial(ours, streams)
    assert same(started.trainable, [v.numpy() for v in theirs.trainable_variables])
    state = [v.numpy() for v in theirs.non_trainable_variables]
    rate = settings.dropout or 0
    rates = {"scale": np.float32(1) / np.float32(1 - rate), "dropped": round(rate * 2**32), "l2": settings.l2}
    own = [(v.name, value) for v, value in zip(ours.non_trainable_variables, started.state, strict=True)]
    assert all(value == np.array(rates[name], value.dtype) for name, value in own if name in rates)
    assert not rate or {name for name, _ in own} >= {"scale", "dropped"}
    assert len(state) == len(settings.hidden) * (bool(settings.dropout) + 2 * settings.batch_norm)
    of_keras = [value for name, value in own if name not in rates]
    for variable, keras_own in zip(of_keras, state, strict=True):
        np.testing.assert_array_equal(variable, keras_own)
    started.assign_to(ours)
    np.testing.assert_allclose(sum(ours.losses), sum(theirs.losses), rtol=1e-6)


def test_the_start_is_the_same_from_any_model_of_the_architecture_used_or_not():
    settings = mlp(batch_norm=True)
    used = settings.build((2,))
    initial(used, Streams(3, VARY)).assign_to(used)
    first = Variables.of(used)
    for variable in used.variables:  # as training would
        variable.assign(variable + 7)
    for variables in (initial(used, Streams(3, VARY)), start(settings)):
        assert same(first.trainable, variables.trainable) and same(first.state, variables.state)


CONVOLUTION = (keras.Input((8, 2)), keras.layers.Conv1D(3, 2))
WORDS = (keras.Input((4,)), keras.layers.Embedding(7, 3))


@pytest.mark.parametrize("first", [CONVOLUTION, WORDS], ids=["convolution", "words"])
def test_whatever_the_layer_its_weights_are_drawn_from_the_stream_init(first):
    model = keras.Sequential([*first, keras.layers.Flatten(), keras.layers.Dense(1)])
    one, again, other = (initial(model, Streams(seed, VARY)) for seed in (3, 3, 4))
    assert same(one.trainable, again.trainable)
    for a, b in zip(one.trainable, other.trainable, strict=True):
        assert np.array_equal(a, b) == (a.ndim == 1)  # biases start at zero


class Unseeded(keras.layers.Layer):
    """A layer that draws its weights in a way that no stream can follow."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.scale = self.add_weight(name="scale", shape=shape[1:], initializer="glorot_uniform")

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale


LSTM = keras.layers.LSTM(3, return_sequences=True)  # its variables belong to a cell of its own
NESTED = keras.Sequential([keras.layers.Dense(3)])


@pytest.mark.parametrize("layer", [Unseeded(), LSTM, NESTED], ids=["own", "recurrent", "nested"])
def test_a_layer_whose_variables_no_stream_draws_is_refused(layer):
    model = keras.Sequential([keras.Input((8, 2)), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(CannotStackError, match="got an initial value that no stream decides") as refusal:
        initial(model, Streams(3, VARY))
    assert "\n" not in str(refusal.value)


def training(**changed: Any) -> Training:
    plain = {"engine": "stacked", "loss": "mean_squared_error", "epochs": 1, "batch_size": 1}
    return Training.model_validate(plain | {"optimizer": {"name": "adam", "learning_rate": 0.001}} | changed)


@pytest.mark.parametrize("name", Optimizer.table)
def test_what_an_optimizer_is_not_told_is_kerass_default(name):
    ours = training(optimizer={"name": name, "learning_rate": 0.25}).optimizer.optimizer()
    kerass = keras.optimizers.get(name)
    told = {"learning_rate": 0.25, "name": ours.name}
    assert type(ours) is type(kerass) and ours.get_config() == kerass.get_config() | told


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_kerass_of_that_name(name):
    y, predicted = np.array([[0.0], [1.0]], np.float32), np.array([[0.4], [0.7]], np.float32)
    ours, kerass = training(loss=name).keras_loss()(y, predicted), keras.losses.get(name)(y, predicted)
    assert float(ours) == pytest.approx(float(np.mean(kerass)), rel=1e-6)


def test_the_penalty_of_trained_weights_is_what_keras_adds_to_its_loss():
    settings = mlp(hidden=[5, 4], l2=0.01)
    model, variables = settings.build((2,)), start(settings)
    variables.assign_to(model)
    expected = pytest.approx(float(sum(model.losses)), rel=1e-5)
    assert settings.numbers(model, variables) == {"penalty": expected}
    assert BASE.numbers(BASE.build((2,)), start(BASE)) == {}


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # the known answers that come with Random123 (threefry2x32, 20 rounds)
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_bits(counter, key, expected):
    def words(pair):
        return tuple(tf.constant([word], tf.uint32) for word in pair)

    assert tuple(int(word.numpy()[0]) for word in layers.threefry(words(key), words(counter))) == expected


def test_the_share_dropped_is_the_rate_the_mean_stays_and_predicting_drops_nothing():
    rate, ones = 0.3, np.ones((3, 1001, 7), np.float32)
    out = np.asarray(layers.Dropout(rate, seed=1)(ones, training=True))
    kept = out != 0
    np.testing.assert_allclose(out[kept], 1 / (1 - rate), rtol=1e-6)
    assert abs(kept.mean() - (1 - rate)) < 4 * np.sqrt(rate * (1 - rate) / out.size)
    np.testing.assert_array_equal(np.asarray(layers.Dropout(rate, seed=1)(ones, training=False)), ones)


def test_every_call_draws_a_new_mask_and_the_seed_fixes_them_all():
    ones = np.ones((6, 9), np.float32)
    first, second = layers.Dropout(0.5, seed=7), layers.Dropout(0.5, seed=7)
    masks = [np.asarray(first(ones, training=True)) for _ in range(3)]
    assert not np.array_equal(masks[0], masks[1])
    for mask in masks:
        np.testing.assert_array_equal(mask, np.asarray(second(ones, training=True)))


def splits(rows: int = 80, features: int = 4, seed: int = 0) -> Splits:
    """Labels that follow the first feature, with noise."""
    rng = np.random.default_rng(seed)
    x = rng.random((rows + 30, features))
    y = (x[:, 0] + 0.3 * rng.normal(size=rows + 30) > 0.5).astype(int)
    return {"train": Split(x[:rows], y[:rows]), "test": Split(x[rows:], y[rows:])}


def fit(kind: dict[str, Any] | str, rows: Splits) -> Trained:
    """What training a kind on these rows gives."""
    [trained] = classical.train(arm("ridge_lasso", "ridge").model_copy(update={"model": Kind.read(kind)}), [rows])
    return trained


C = 0.7
LOGISTIC = {"name": "logistic", "inverse_penalty": C}
L1 = {"l1_ratio": 1, "solver": "saga", "tol": 1e-5, "max_iter": 10_000, "random_state": 0}
BOOSTING = {"name": "boosting", "learning_rate": 0.1, "iterations": 12, "leaves": 5, "l2": 0.3}
TREES = {"max_iter": 12, "max_leaf_nodes": 5, "l2_regularization": 0.3, "early_stopping": False, "random_state": 0}
PERCEPTRON = {"name": "perceptron", "hidden": [5, 3], "l2": 0.1, "iterations": 2000}
LBFGS = {"hidden_layer_sizes": (5, 3), "solver": "lbfgs", "alpha": 0.1, "max_iter": 2000, "random_state": 0}
DIRECT: dict[str, tuple[dict[str, Any], Any]] = {
    "logistic": (LOGISTIC | {"penalty": "l2"}, LogisticRegression(C=C)),
    "logistic, none": (LOGISTIC | {"penalty": "none"}, LogisticRegression(C=np.inf, max_iter=10_000)),
    "logistic, l1": (LOGISTIC | {"penalty": "l1"}, LogisticRegression(C=C, **L1)),
    "ridge": ({"name": "ridge", "alpha": 10.0}, Ridge(alpha=10.0)),
    "lasso": ({"name": "lasso", "alpha": 0.01}, Lasso(alpha=0.01)),
    "boosting": (BOOSTING, HistGradientBoostingClassifier(**TREES)),
    "perceptron": (PERCEPTRON, MLPRegressor(**LBFGS)),
    "tree": ({"name": "regression_tree"}, DecisionTreeRegressor(random_state=0)),
    "tree, 2": ({"name": "regression_tree", "depth": 2}, DecisionTreeRegressor(max_depth=2, random_state=0)),
}


def numbers_of(estimator: Any) -> dict[str, Any]:
    """What a kind reads off its fitted estimator."""
    if hasattr(estimator, "coef_"):
        norm = pytest.approx(np.sqrt((estimator.coef_**2).sum()), rel=1e-12)
        return {"nonzero_weights": np.sum(estimator.coef_ != 0), "weight_norm": norm}
    if isinstance(estimator, HistGradientBoostingClassifier):
        return {"trees": estimator.n_iter_}
    if isinstance(estimator, DecisionTreeRegressor):
        return {"leaves": estimator.get_n_leaves()}
    return {"iterations": estimator.n_iter_}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", DIRECT)
def test_scores_and_numbers_are_those_of_scikit_learn_called_directly(case):
    settings, estimator = DIRECT[case]
    rows = splits()
    trained = fit(settings, rows)
    with threadpool_limits(1):
        estimator.fit(rows["train"].x, rows["train"].y)
        classifies = hasattr(estimator, "predict_proba")
        for name, split in rows.items():
            expected = estimator.predict_proba(split.x)[:, 1] if classifies else estimator.predict(split.x)
            np.testing.assert_array_equal(trained.scores[name], expected)
    assert trained.numbers == numbers_of(estimator) | {"diverged": 0}
    assert all(type(value) is float for value in trained.numbers.values()) and trained.history == {}
    assert Kind.read(settings).regresses == (not classifies)


CHOICES: list[tuple[dict[str, Any], str]] = [
    (LOGISTIC | {"penalty": "l2"}, "inverse_penalty"),
    (LOGISTIC | {"penalty": "l1"}, "inverse_penalty"),
    ({"name": "ridge", "alpha": 0.7}, "alpha"),
]


@pytest.mark.parametrize(("settings", "strength"), CHOICES)
def test_the_strength_taken_is_that_with_the_lowest_loss_on_validation_rows_and_all_else_is_its_own_fit(
    settings, strength
):
    rows, values = splits() | {"validation": splits(seed=1)["test"]}, (0.7, 1e-3, 50.0)
    own = {value: fit(settings | {strength: value}, rows) for value in values}

    def loss(scores: np.ndarray) -> float:
        y = rows["validation"].y
        return mean_squared_error(y, scores) if strength == "alpha" else log_loss(y, scores)

    best = min(values, key=lambda value: loss(own[value].scores["validation"]))
    trained = fit(settings | {"alternatives": list(values[1:])}, rows)
    assert trained.numbers == own[best].numbers | {strength: best} and type(trained.numbers[strength]) is float
    for name in rows:
        np.testing.assert_array_equal(trained.scores[name], own[best].scores[name])


def test_of_equal_strengths_the_models_own_is_taken():
    """So strong a penalty leaves no weight, whichever it is."""
    rows = splits() | {"validation": splits(seed=1)["test"]}
    trained = fit({"name": "lasso", "alpha": 50.0, "alternatives": [40.0, 60.0]}, rows)
    assert trained.numbers["alpha"] == 50 and trained.numbers["nonzero_weights"] == 0


@pytest.mark.parametrize("kind", [{"name": "perceptron", "hidden": [100], "iterations": 2000}, "regression_tree"])
def test_what_no_penalty_or_depth_holds_back_learns_its_rows_by_heart(kind):
    law = arm("overfitting_controlled", "network").data
    rows = law.draw(np.random.default_rng(0), np.random.default_rng(0))
    trained = fit(kind, rows)
    error = {name: np.mean((trained.scores[name] - split.y) ** 2) for name, split in rows.items()}
    assert error["train"] < 1e-6 * law.noise**2 and error["test"] > law.noise**2


@pytest.mark.parametrize("informative", [1, 3, 8])
def test_weights_of_informative_features_and_of_noise_are_counted_apart(informative):
    settings, rows = DIRECT["logistic, l1"][0], splits(features=8)
    used = arm("ridge_lasso_controlled", "l1")
    law = used.data.model_copy(update={"n_features": 8, "n_informative": informative})
    [trained] = classical.train(used.model_copy(update={"model": Kind.read(settings), "data": law}), [rows])
    weights = Kind.read(settings).estimator().fit(rows["train"].x, rows["train"].y).coef_[0]
    assert trained.numbers["nonzero_informative"] == np.count_nonzero(weights[:informative])
    assert trained.numbers["nonzero_noise"] == np.count_nonzero(weights[informative:])
    assert 0 < trained.numbers["nonzero_weights"] < 8


@pytest.mark.parametrize("case", ["logistic", "ridge"])
def test_the_number_of_threads_changes_no_byte(case):
    rows = splits(rows=20_000, features=200)  # enough that it would, were it not held at one
    made = set()
    for threads in (1, 4):
        with threadpool_limits(threads):
            trained = fit(DIRECT[case][0], rows)
        made.add(trained.scores["test"].tobytes() + repr(trained.numbers).encode())
    assert len(made) == 1
