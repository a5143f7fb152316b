"""Models: initial variables that depend on nothing but streams, the networks' layers, and scikit-learn's estimators."""

from typing import Any

import keras
import numpy as np
import pytest
from helpers import arm
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
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


def built_afresh(settings: Mlp, features: int, seed: int) -> keras.Model:
    """The network written out in plain Keras, each layer given its seed as a user would."""
    streams = Streams(seed, VARY)
    init = iter(streams.integers("init", len(settings.hidden) + 1))
    dropout = iter(streams.integers("dropout", len(settings.hidden)))
    parts: list[Any] = [keras.Input((features,))]
    for units in settings.hidden:
        glorot = keras.initializers.GlorotUniform(next(init))
        parts.append(keras.layers.Dense(units, activation=settings.activation, kernel_initializer=glorot))
        if settings.batch_norm:
            parts.append(keras.layers.BatchNormalization())
        if settings.dropout:
            parts.append(keras.layers.Dropout(settings.dropout, seed=next(dropout)))
    glorot = keras.initializers.GlorotUniform(next(init))
    return keras.Sequential([*parts, keras.layers.Dense(1, kernel_initializer=glorot)])


def start(settings: Mlp, seed: int = 3, features: int = 2, vary: tuple[str, ...] = VARY) -> Variables:
    return initial(settings.build((features,)), Streams(seed, vary))


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    """Whether two lists of arrays are the same bytes, types and shapes included."""
    described = [[(v.shape, v.dtype.str, v.tobytes()) for v in values] for values in (a, b)]
    return described[0] == described[1]


# -- initial variables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(("hidden", "features"), [([6, 4], 2), ([5], 1), ([4, 3, 4], 3)])
def test_a_replicate_starts_from_what_keras_builds_with_its_seeds(
    hidden: list[int], features: int, dropout: float, batch_norm: bool
) -> None:
    settings = mlp(hidden=hidden, dropout=dropout, batch_norm=batch_norm)
    fresh, started = built_afresh(settings, features, seed=3), start(settings, 3, features)
    assert same(started.trainable, [v.numpy() for v in fresh.trainable_variables])
    state = [v.numpy() for v in fresh.non_trainable_variables]
    assert len(state) == len(hidden) * (bool(dropout) + 2 * batch_norm)
    for ours, keras_own in zip(started.state, state, strict=True):
        np.testing.assert_array_equal(ours, keras_own)


def test_the_start_is_the_same_from_any_model_of_the_architecture_used_or_not() -> None:
    settings = mlp(batch_norm=True)
    used = settings.build((2,))
    first = initial(used, Streams(3, VARY))
    for variable in used.variables:  # as training would
        variable.assign(variable + 7)
    for variables in (initial(used, Streams(3, VARY)), start(settings)):
        assert same(first.trainable, variables.trainable) and same(first.state, variables.state)
    first.assign_to(used)
    assert same(Variables.of(used).trainable, first.trainable) and same(Variables.of(used).state, first.state)


def test_arms_with_and_without_dropout_or_a_penalty_start_from_the_same_weights() -> None:
    with_dropout, without, penalised = start(BASE), start(mlp(dropout=0.0)), start(mlp(l2=0.25))
    assert same(with_dropout.trainable, without.trainable) and with_dropout.state and not without.state
    assert same(with_dropout.trainable, penalised.trainable) and same(with_dropout.state, penalised.state)


def test_every_kernel_and_mask_has_a_seed_of_its_own_and_biases_start_at_zero() -> None:
    one, other = (start(mlp(hidden=[4, 4, 4]), seed, features=4) for seed in (3, 4))
    kernels = [k for started in (one, other) for k in started.trainable if k.shape == (4, 4)]
    assert len({k.tobytes() for k in kernels}) == 6 and len({s.tobytes() for s in [*one.state, *other.state]}) == 6
    assert all(not b.any() for b in one.trainable if b.ndim == 1)


@pytest.mark.parametrize("varied", [(), ("init",), ("dropout",), ("init", "dropout")])
def test_weights_follow_the_stream_init_and_masks_the_stream_dropout(varied: tuple[str, ...]) -> None:
    one, other = (start(BASE, seed, vary=varied) for seed in (3, 4))
    assert same(one.trainable, other.trainable) == ("init" not in varied)
    assert same(one.state, other.state) == ("dropout" not in varied)


def test_members_start_apart_and_the_first_as_a_replicate_of_one() -> None:
    model = BASE.build((2,))
    first, second = (initial(model, Streams(3, VARY, member, VARY)) for member in (0, 1))
    assert same(first.trainable, start(BASE).trainable)
    assert not same(first.trainable, second.trainable) and not same(first.state, second.state)


# -- layers that no kind has yet -----------------------------------------------------------------------------


def convolutions() -> keras.Model:
    return keras.Sequential(
        [keras.Input((8, 2)), keras.layers.Conv1D(3, 2), keras.layers.Flatten(), keras.layers.Dense(1)]
    )


def words() -> keras.Model:
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Embedding(7, 3), keras.layers.Flatten(), keras.layers.Dense(1)]
    )


@pytest.mark.parametrize("build", [convolutions, words])
def test_whatever_the_layer_its_weights_are_drawn_from_the_stream_init(build: Any) -> None:
    one, again, other = (initial(build(), Streams(seed, VARY)) for seed in (3, 3, 4))
    assert same(one.trainable, again.trainable)
    for a, b in zip(one.trainable, other.trainable, strict=True):
        assert np.array_equal(a, b) == (a.ndim == 1)  # biases start at zero


class Unseeded(keras.layers.Layer):
    """A layer that draws its weights in a way that no stream can follow."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.scale = self.add_weight(name="scale", shape=shape[1:], initializer="glorot_uniform")

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale


@pytest.mark.parametrize(
    "layer",
    [
        Unseeded(),
        keras.layers.LSTM(3, return_sequences=True),  # its variables belong to a cell of its own
        keras.Sequential([keras.layers.Dense(3)]),
    ],
    ids=["own", "recurrent", "nested"],
)
def test_a_layer_whose_variables_no_stream_draws_is_refused(layer: keras.layers.Layer) -> None:
    model = keras.Sequential([keras.Input((8, 2)), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(CannotStackError, match="got an initial value that no stream decides") as refusal:
        initial(model, Streams(3, VARY))
    assert "\n" not in str(refusal.value)


# -- networks and how they are trained -----------------------------------------------------------------------


def penalty(layer: keras.layers.Dense) -> float:
    """The L2 penalty of a layer's kernel; Keras keeps it in single precision."""
    return round(float(getattr(layer.kernel_regularizer, "l2", 0)), 6)


def described(model: keras.Model) -> list[tuple[object, ...]]:
    """Every layer: its kind with units, activation and penalty, or with its rate."""
    return [
        ("dense", layer.units, layer.activation.__name__, penalty(layer))
        if isinstance(layer, keras.layers.Dense)
        else ("dropout", layer.rate)
        if isinstance(layer, keras.layers.Dropout)
        else (type(layer).__name__,)
        for layer in model.layers
    ]


def settings_of(optimizer: keras.Optimizer) -> dict[str, object]:
    """All settings of an optimizer but its name, which Keras numbers."""
    return {"": type(optimizer)} | {key: value for key, value in optimizer.get_config().items() if key != "name"}


def test_article_ones_network_has_8577_weights_and_biases() -> None:
    model = arm("overfitting", "network").model.build((1,))
    assert model.count_params() == (1 + 1) * 128 + (128 + 1) * 64 + (64 + 1) == 8577


def training(**changed: Any) -> Training:
    plain = {"engine": "stacked", "loss": "mean_squared_error", "epochs": 1, "batch_size": 1}
    return Training.model_validate(plain | {"optimizer": {"name": "adam", "learning_rate": 0.001}} | changed)


@pytest.mark.parametrize("name", Optimizer.table)
def test_what_an_optimizer_is_not_told_is_kerass_default(name: str) -> None:
    ours = training(optimizer={"name": name, "learning_rate": 0.25}).optimizer.optimizer()
    assert settings_of(ours) == settings_of(keras.optimizers.get(name)) | {"learning_rate": 0.25}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_kerass_of_that_name(name: str) -> None:
    y, predicted = np.array([[0.0], [1.0]], np.float32), np.array([[0.4], [0.7]], np.float32)
    ours, kerass = training(loss=name).keras_loss()(y, predicted), keras.losses.get(name)(y, predicted)
    assert float(ours) == pytest.approx(float(np.mean(kerass)), rel=1e-6)


def test_what_is_watched_is_what_keras_makes_of_the_name() -> None:
    (metric,) = training(watch=["accuracy"]).keras_metrics()
    assert metric.name == "accuracy" and training().keras_metrics() == []
    metric.update_state(np.array([[0.0], [1.0], [1.0]]), np.array([[0.2], [0.5], [0.51]]))
    assert float(metric.result()) == pytest.approx(2 / 3)


def test_batch_normalisation_and_then_dropout_follow_every_hidden_layer_and_the_output_is_bare() -> None:
    model = mlp(l2=0.5, batch_norm=True, output="sigmoid").build((2,))
    norm, drop = ("BatchNormalization",), ("dropout", 0.3)
    hidden = [[("dense", units, "relu", 0.5), norm, drop] for units in (6, 4)]
    assert described(model) == [*hidden[0], *hidden[1], ("dense", 1, "sigmoid", 0)]
    assert [type(layer) for layer in model.layers if described_as(layer) == "dropout"] == [layers.Dropout] * 2
    default = keras.layers.BatchNormalization().get_config()
    assert model.layers[1].get_config() | {"name": ""} == default | {"name": ""}


def described_as(layer: keras.layers.Layer) -> object:
    return "dropout" if isinstance(layer, keras.layers.Dropout) else type(layer)


def test_the_penalty_of_trained_weights_is_what_keras_adds_to_its_loss() -> None:
    settings = mlp(hidden=[5, 4], l2=0.01)
    model, variables = settings.build((2,)), start(settings)
    variables.assign_to(model)
    kernels = [v for v in variables.trainable if v.ndim == 2][:-1]
    expected = 0.01 * sum((k**2).sum() for k in kernels)
    assert settings.numbers(model, variables) == {"penalty": pytest.approx(expected, rel=1e-5)}
    assert expected == pytest.approx(float(sum(model.losses)), rel=1e-6)
    assert BASE.numbers(BASE.build((2,)), start(BASE)) == {}


# -- scikit-learn's estimators -------------------------------------------------------------------------------


def splits(rows: int = 80, features: int = 4, seed: int = 0) -> Splits:
    """Labels that follow the first feature, with noise."""
    rng = np.random.default_rng(seed)
    x = rng.random((rows + 30, features))
    y = (x[:, 0] + 0.3 * rng.normal(size=rows + 30) > 0.5).astype(int)
    return {"train": Split(x[:rows], y[:rows]), "test": Split(x[rows:], y[rows:])}


def fit(kind: dict[str, Any], rows: Splits) -> Trained:
    """What training a kind on these rows gives."""
    [trained] = classical.train(arm("ridge_lasso", "ridge").model_copy(update={"model": Kind.read(kind)}), [rows])
    return trained


C = 0.7
BOOSTING = {"name": "boosting", "learning_rate": 0.1, "iterations": 12, "leaves": 5}
DIRECT: dict[str, tuple[dict[str, Any], Any]] = {
    "logistic": ({"name": "logistic", "penalty": "l2", "inverse_penalty": C}, LogisticRegression(C=C)),
    "logistic, none": (
        {"name": "logistic", "penalty": "none", "inverse_penalty": C},
        LogisticRegression(C=np.inf, max_iter=10_000),
    ),
    "logistic, l1": (
        {"name": "logistic", "penalty": "l1", "inverse_penalty": C},
        LogisticRegression(C=C, l1_ratio=1, solver="saga", tol=1e-5, max_iter=10_000, random_state=0),
    ),
    "ridge": ({"name": "ridge", "alpha": 10.0}, Ridge(alpha=10.0)),
    "lasso": ({"name": "lasso", "alpha": 0.01}, Lasso(alpha=0.01)),
    "boosting": (
        BOOSTING | {"l2": 0.3},
        HistGradientBoostingClassifier(
            max_iter=12, max_leaf_nodes=5, l2_regularization=0.3, early_stopping=False, random_state=0
        ),
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", DIRECT)
def test_scores_and_numbers_are_those_of_scikit_learn_called_directly(case: str) -> None:
    settings, estimator = DIRECT[case]
    rows = splits()
    trained = fit(settings, rows)
    with threadpool_limits(1):
        estimator.fit(rows["train"].x, rows["train"].y)
        classifies = hasattr(estimator, "predict_proba")
        for name, split in rows.items():
            expected = estimator.predict_proba(split.x)[:, 1] if classifies else estimator.predict(split.x)
            np.testing.assert_array_equal(trained.scores[name], expected)
    weights = np.ravel(getattr(estimator, "coef_", ()))
    norm = pytest.approx(np.sqrt((weights**2).sum()), rel=1e-12)
    linear = {"nonzero_weights": np.sum(weights != 0), "weight_norm": norm}
    assert trained.numbers == ({"trees": 12} if case == "boosting" else linear) | {"diverged": 0}
    assert all(type(value) is float for value in trained.numbers.values()) and trained.history == {}
    assert Kind.read(settings).regresses == (not classifies)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("penalty", ["none", "l1", "l2"])
def test_the_weights_of_a_logistic_regression_are_where_its_objective_is_least(penalty: str) -> None:
    """Exact conditions of the minimum of C * log loss + penalty, the intercept free: no matter which solver."""
    x, y, *_ = splits()["train"]
    estimator = Kind.read({"name": "logistic", "penalty": penalty, "inverse_penalty": C}).estimator().fit(x, y)
    errors = estimator.predict_proba(x)[:, 1] - y
    slope, w = C * x.T @ errors, estimator.coef_[0]
    assert errors.sum() == pytest.approx(0, abs=2e-2)
    if penalty == "none":
        np.testing.assert_allclose(x.T @ errors, 0, atol=2e-2)
    elif penalty == "l2":
        np.testing.assert_allclose(slope, -w, atol=2e-2)
    else:
        np.testing.assert_allclose(slope[w != 0], -np.sign(w[w != 0]), atol=2e-2)
        assert (np.abs(slope[w == 0]) <= 1 + 2e-2).all() and (w == 0).any() and (w != 0).any()


@pytest.mark.parametrize("informative", [1, 3, 8])
def test_weights_of_informative_features_and_of_noise_are_counted_apart(informative: int) -> None:
    settings, rows = {"name": "logistic", "penalty": "l1", "inverse_penalty": C}, splits(features=8)
    used = arm("ridge_lasso_controlled", "l1")
    law = used.data.model_copy(update={"n_features": 8, "n_informative": informative})
    [trained] = classical.train(used.model_copy(update={"model": Kind.read(settings), "data": law}), [rows])
    weights = Kind.read(settings).estimator().fit(rows["train"].x, rows["train"].y).coef_[0]
    assert trained.numbers["nonzero_informative"] == np.count_nonzero(weights[:informative])
    assert trained.numbers["nonzero_noise"] == np.count_nonzero(weights[informative:])
    assert 0 < trained.numbers["nonzero_weights"] < 8


@pytest.mark.parametrize("case", DIRECT)
def test_only_the_training_rows_are_fitted(case: str) -> None:
    rows = splits()
    other = rows | {"test": rows["test"].with_rows(rows["test"].x, 1 - rows["test"].y)}
    one, same = (fit(DIRECT[case][0], these) for these in (rows, other))
    np.testing.assert_array_equal(one.scores["test"], same.scores["test"])
    assert one.numbers == same.numbers


@pytest.mark.parametrize("case", ["logistic", "ridge"])
def test_the_number_of_threads_changes_no_byte(case: str) -> None:
    rows = splits(rows=20_000, features=200)  # enough that it would, were it not held at one
    made = set()
    for threads in (1, 4):
        with threadpool_limits(threads):
            trained = fit(DIRECT[case][0], rows)
        made.add(trained.scores["test"].tobytes() + repr(trained.numbers).encode())
    assert len(made) == 1
