"""Models: the listings' networks, and initial variables that depend on nothing but streams."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
from hydra import compose, initialize_config_dir

import run
from mirage import config, layers, models
from mirage.stacked import Variables
from mirage.streams import Streams

config.register()

BASE = config.Model(
    *("mlp", [6, 4], "relu"),
    dropout=0.3,
    l2=0,
    output="linear",
    members=1,
    members_vary=[],
    alpha=None,
    penalty=None,
    inverse_penalty=None,
)
VARY = ("init", "dropout")
TRAINING = config.Training(
    "stacked",
    "mean_squared_error",
    config.Optimizer("adam", 0.001),
    epochs=1,
    batch_size=1,
    class_weight="none",
    watch=[],
    validate_on="none",
    stopping=config.Stopping("none", 0, False),
)


def trained(**settings: object) -> config.Training:
    """Training by these settings."""
    return dataclasses.replace(TRAINING, **settings)


@functools.cache
def arm(scenario: str, name: str) -> config.Arm:
    """The settings of a scenario file's arm."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}"]), scenario, []).arms[name]


def built_afresh(settings: config.Model, features: int, seed: int) -> keras.Model:
    """The network written out in plain Keras, each layer given its seed as a user would."""
    streams = Streams(seed, VARY)
    init = iter(streams.integers("init", len(settings.hidden) + 1))
    dropout = iter(streams.integers("dropout", len(settings.hidden)))
    blocks = [keras.Input((features,))]
    for units in settings.hidden:
        glorot = keras.initializers.GlorotUniform(next(init))
        blocks.append(keras.layers.Dense(units, activation=settings.activation, kernel_initializer=glorot))
        if settings.dropout:
            blocks.append(keras.layers.Dropout(settings.dropout, seed=next(dropout)))
    glorot = keras.initializers.GlorotUniform(next(init))
    return keras.Sequential([*blocks, keras.layers.Dense(1, kernel_initializer=glorot)])


def start(settings: config.Model, seed: int = 3, features: int = 2, vary: tuple[str, ...] = VARY) -> Variables:
    return models.initial(models.build(settings, features), Streams(seed, vary))


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    """Whether two lists of arrays are the same bytes, types and shapes included."""
    described = [[(v.shape, v.dtype.str, v.tobytes()) for v in values] for values in (a, b)]
    return described[0] == described[1]


# -- initial variables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(("hidden", "features"), [([6, 4], 2), ([5], 1), ([4, 3, 4], 3)])
def test_a_replicate_starts_from_what_keras_builds_with_its_seeds(
    hidden: list[int], features: int, dropout: float
) -> None:
    settings = dataclasses.replace(BASE, hidden=hidden, dropout=dropout)
    fresh = built_afresh(settings, features, seed=3)
    started = start(settings, 3, features)
    assert same(started.trainable, [v.numpy() for v in fresh.trainable_variables])
    state = [v.numpy() for v in fresh.non_trainable_variables]
    assert len(state) == (len(hidden) if dropout else 0)
    for ours, keras_own in zip(started.state, state, strict=True):
        np.testing.assert_array_equal(ours, keras_own)


def test_the_start_fits_into_the_model() -> None:
    model = models.build(BASE, 2)
    started = models.initial(model, Streams(3, VARY))
    started.assign_to(model)
    assert same(Variables.of(model).trainable, started.trainable) and same(Variables.of(model).state, started.state)


def test_the_start_is_the_same_from_any_model_of_the_architecture_used_or_not() -> None:
    used = models.build(BASE, 2)
    first = models.initial(used, Streams(3, VARY))
    models.initial(used, Streams(4, VARY)).assign_to(used)
    used(np.ones((5, 2), np.float32), training=True)  # moves the state of Dropout
    again = models.initial(used, Streams(3, VARY))
    other = start(BASE)
    for variables in (again, other):
        assert same(first.trainable, variables.trainable) and same(first.state, variables.state)


def test_arms_with_and_without_dropout_start_from_the_same_weights() -> None:
    with_dropout, without = start(BASE), start(dataclasses.replace(BASE, dropout=0.0))
    assert same(with_dropout.trainable, without.trainable)
    assert with_dropout.state and not without.state


def test_seeds_differ_in_every_weight_matrix_and_dropout_state() -> None:
    one, other = start(BASE, 3), start(BASE, 4)
    kernels = [(a, b) for a, b in zip(one.trainable, other.trainable, strict=True) if a.ndim == 2]
    assert len(kernels) == 3
    for a, b in [*kernels, *zip(one.state, other.state, strict=True)]:
        assert not np.array_equal(a, b)


def test_biases_start_at_zero() -> None:
    assert all(not b.any() for b in start(BASE).trainable if b.ndim == 1)


def test_two_layers_of_one_shape_start_apart() -> None:
    started = start(dataclasses.replace(BASE, hidden=[4, 4, 4]), features=4)
    kernels = [k for k in started.trainable if k.shape == (4, 4)]
    assert len({k.tobytes() for k in kernels}) == 3
    assert len({s.tobytes() for s in started.state}) == 3


@pytest.mark.parametrize(
    ("vary", "weights_follow", "masks_follow"),
    [((), False, False), (("init",), True, False), (("dropout",), False, True), (("init", "dropout"), True, True)],
)
def test_weights_follow_the_stream_init_and_masks_the_stream_dropout(
    vary: tuple[str, ...], weights_follow: bool, masks_follow: bool
) -> None:
    one, other = (start(BASE, seed, vary=vary) for seed in (3, 4))
    assert same(one.trainable, other.trainable) != weights_follow
    assert same(one.state, other.state) != masks_follow


# -- the scenarios' networks and training --------------------------------------------------------------------


def penalty(layer: keras.layers.Dense) -> float:
    """The L2 penalty of a layer's kernel; Keras keeps it in single precision."""
    return round(float(getattr(layer.kernel_regularizer, "l2", 0)), 6)


def described(model: keras.Model) -> list[tuple[object, ...]]:
    """Every layer: its kind with units, activation and penalty, or with its rate."""
    return [
        ("dense", layer.units, layer.activation.__name__, penalty(layer))
        if isinstance(layer, keras.layers.Dense)
        else ("dropout", layer.rate)
        for layer in model.layers
    ]


def settings_of(optimizer: keras.Optimizer) -> dict[str, object]:
    """All settings of an optimizer but its name, which Keras numbers."""
    return {key: value for key, value in optimizer.get_config().items() if key != "name"}


def network(*hidden: int, output: str = "sigmoid", l2: float = 0, dropout: float = 0) -> list[tuple[object, ...]]:
    """What `described` says of a network with relu layers."""
    between: list[tuple[object, ...]] = [("dropout", dropout)] if dropout else []
    layers = [layer for units in hidden for layer in (("dense", units, "relu", l2), *between)]
    return [*layers, ("dense", 1, output, 0)]


LINE = {"optimizer": "adam", "loss": "mean_squared_error"}
CLASSES = {"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"]}
NO_STOP, STOP = None, (10, "val_loss", True)


# Of every network in the listings (and of the arms of ours): features, layers, compilation, epochs, the split it is
# validated on, early stopping (patience, what it watches, whether the best weights come back).
ARMS: dict[tuple[str, str], tuple[int, list[tuple[object, ...]], dict[str, object], int, str, object]] = {
    ("overfitting", "network"): (1, network(128, 64, output="linear"), LINE, 2000, "none", NO_STOP),
    ("dropout", "baseline"): (1, network(128, 64, output="linear"), LINE, 2000, "none", NO_STOP),
    ("dropout", "dropout"): (1, network(128, 64, output="linear", dropout=0.2), LINE, 2000, "none", NO_STOP),
    ("data_size", "small"): (1, network(128, 64, output="linear"), LINE, 2000, "none", NO_STOP),
    ("data_size", "large"): (1, network(128, 64, output="linear"), LINE, 2000, "none", NO_STOP),
    ("prior_shift", "network"): (10, network(64), CLASSES, 100, "validation", NO_STOP),
    ("l2", "none"): (10, network(128), CLASSES, 100, "validation", NO_STOP),
    ("l2", "l2_dropout"): (10, network(128, l2=0.01, dropout=0.5), CLASSES, 100, "validation", NO_STOP),
    ("early_stopping", "no_stopping"): (10, network(64), CLASSES, 100, "validation", NO_STOP),
    ("early_stopping", "early_stopping"): (10, network(64), CLASSES, 100, "validation", STOP),
    ("input_sensitivity", "network"): (3, network(10), CLASSES, 10, "none", NO_STOP),
    ("multi_seed", "network"): (10, network(10, output="linear"), LINE, 10, "none", NO_STOP),
    ("early_stopping_on_test", "no_stopping"): (10, network(128, 64), CLASSES, 100, "test", NO_STOP),
    ("early_stopping_on_test", "early_stopping"): (10, network(128, 64), CLASSES, 100, "test", STOP),
    ("smote_balance", "original"): (10, network(128, 64), CLASSES, 100, "none", NO_STOP),
    ("smote_balance", "smote"): (10, network(128, 64), CLASSES, 100, "none", NO_STOP),
    ("accuracy_paradox", "network"): (10, network(64), CLASSES, 10, "none", NO_STOP),
    ("accuracy_paradox", "balanced"): (10, network(64), CLASSES, 10, "none", NO_STOP),
    ("metric_choice", "network"): (10, network(64), CLASSES, 10, "none", NO_STOP),
    ("smote", "none"): (10, network(64), CLASSES, 10, "none", NO_STOP),
    ("smote", "smote"): (10, network(64), CLASSES, 10, "none", NO_STOP),
}


def test_every_arm_as_written_that_keras_trains_is_listed_here() -> None:
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        plans = [run.plan_of(compose("config", [f"scenario={name}"]), name, []) for name in run.SCENARIOS]
    plans = [p for p in plans if p.kind == "as_written"]
    names = {(p.scenario, name) for p in plans for name, a in p.arms.items() if a.model.kind in config.TRAINED_BY_KERAS}
    assert names == set(ARMS)


@pytest.mark.parametrize(("scenario", "name"), ARMS)
def test_networks_are_those_of_the_listings(scenario: str, name: str) -> None:
    features, expected, *_ = ARMS[scenario, name]
    model = models.build(arm(scenario, name).model, features)
    assert described(model) == expected
    assert all(layer.use_bias for layer in model.layers if isinstance(layer, keras.layers.Dense))
    assert model.input_shape == (None, features) and model.output_shape == (None, 1)


def test_article_ones_network_has_8577_weights_and_biases() -> None:
    model = models.build(arm("overfitting", "network").model, 1)
    assert model.count_params() == (1 + 1) * 128 + (128 + 1) * 64 + (64 + 1) == 8577


@pytest.mark.parametrize(("scenario", "name"), ARMS)
def test_training_is_what_the_listings_compile_and_fit_with(scenario: str, name: str) -> None:
    _, _, compilation, epochs, validated, stop = ARMS[scenario, name]
    training = arm(scenario, name).training
    compiled = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    compiled.compile(optimizer="adam")
    assert type(models.optimizer(training)) is type(compiled.optimizer)
    assert settings_of(models.optimizer(training)) == settings_of(compiled.optimizer)
    assert models.loss(training).name == compilation["loss"]
    assert training.watch == compilation.get("metrics", [])
    assert (training.epochs, training.batch_size, training.engine) == (epochs, 32, "stacked")
    assert training.validate_on == validated
    rule = models.stopping(training)
    assert (rule and (rule.patience, rule.monitor, rule.restore_best_weights)) == stop


def test_dropout_is_a_keras_layer_of_that_rate_after_every_hidden_layer() -> None:
    dropped = [layer for layer in models.build(BASE, 2).layers if isinstance(layer, keras.layers.Dropout)]
    assert [type(layer) for layer in dropped] == [layers.Dropout] * 2
    assert [layer.rate for layer in dropped] == [0.3, 0.3]


def test_every_name_a_scenario_may_give_is_in_the_table_and_the_other_way_round() -> None:
    assert set(models.OPTIMIZERS) == set(config.OPTIMIZERS)
    assert set(models.LOSSES) == set(config.LOSSES)
    assert set(models.WATCHED) == set(config.WATCHED)


@pytest.mark.parametrize("name", config.OPTIMIZERS)
def test_what_an_optimizer_is_not_told_is_kerass_default(name: str) -> None:
    training = trained(optimizer=config.Optimizer(name, 0.25))
    default = settings_of(keras.optimizers.get(name))
    assert settings_of(models.optimizer(training)) == default | {"learning_rate": 0.25}


@pytest.mark.parametrize("name", config.LOSSES)
def test_losses_are_kerass_of_that_name(name: str) -> None:
    y, predicted = np.array([[0.0], [1.0]], np.float32), np.array([[0.4], [0.7]], np.float32)
    ours, kerass = models.loss(trained(loss=name))(y, predicted), keras.losses.get(name)(y, predicted)
    assert float(ours) == pytest.approx(float(np.mean(kerass)), rel=1e-6)


@pytest.mark.parametrize("name", config.ACTIVATIONS)
def test_every_activation_builds(name: str) -> None:
    model = models.build(dataclasses.replace(BASE, activation=name, dropout=0.0), 2)
    assert [layer.activation.__name__ for layer in model.layers] == [name, name, "linear"]


@pytest.mark.parametrize("output", config.OUTPUTS)
def test_the_output_has_its_own_activation_and_no_penalty(output: str) -> None:
    model = models.build(dataclasses.replace(BASE, output=output, l2=0.5, dropout=0.0), 2)
    assert described(model) == [("dense", 6, "relu", 0.5), ("dense", 4, "relu", 0.5), ("dense", 1, output, 0)]


def test_the_penalty_is_the_sum_of_squared_kernel_weights() -> None:
    model = models.build(dataclasses.replace(BASE, l2=0.25), 2)
    kernels = [v.numpy() for v in model.trainable_variables if v.path.endswith("kernel")][:-1]
    assert float(sum(model.losses)) == pytest.approx(0.25 * sum((k**2).sum() for k in kernels), rel=1e-5)


def test_the_penalty_of_trained_weights_is_what_keras_adds_to_its_loss() -> None:
    settings = dataclasses.replace(BASE, hidden=[5, 4], l2=0.01)
    model, variables = models.build(settings, 2), start(settings)
    variables.assign_to(model)
    assert models.penalty(model, variables) == pytest.approx(float(sum(model.losses)), rel=1e-6)
    assert models.penalty(models.build(BASE, 2), start(BASE)) == 0


def test_a_penalty_changes_no_start() -> None:
    plain, penalised = start(BASE), start(dataclasses.replace(BASE, l2=0.25))
    assert same(plain.trainable, penalised.trainable) and same(plain.state, penalised.state)


def test_members_start_apart_and_the_first_as_a_replicate_of_one() -> None:
    model = models.build(BASE, 2)
    first, second = (models.initial(model, Streams(3, VARY, member, VARY)) for member in (0, 1))
    assert same(first.trainable, start(BASE).trainable)
    assert not same(first.trainable, second.trainable) and not same(first.state, second.state)


def test_what_is_watched_is_what_keras_makes_of_the_name() -> None:
    (metric,) = models.watched(trained(watch=["accuracy"]))
    assert metric.name == "accuracy" and models.watched(trained()) == []
    metric.update_state(np.array([[0.0], [1.0], [1.0]]), np.array([[0.2], [0.5], [0.51]]))
    assert float(metric.result()) == pytest.approx(2 / 3)


def test_no_stopping_is_no_rule() -> None:
    assert models.stopping(trained()) is None
    rule = models.stopping(trained(stopping=config.Stopping("loss", 3, True)))
    assert rule is not None and (rule.monitor, rule.patience, rule.restore_best_weights) == ("loss", 3, True)
