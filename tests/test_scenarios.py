"""Scenarios: as written means the numbers of the listings, and the same seed means the same bytes in any company."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

import run
from mirage import claims, classical, config, data, experiment, models, stacked
from mirage.data import LOOKED_AT
from mirage.experiment import Replicate
from mirage.streams import Streams

config.register()


@functools.cache
def plan(scenario: str, *overrides: str) -> config.Plan:
    """A scenario with these settings changed."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}", *overrides]), scenario, list(overrides))


# -- what the listings say -----------------------------------------------------------------------------------


class Net(NamedTuple):
    """A listing's network and how it is trained."""

    hidden: list[int]
    epochs: int
    output: str = "sigmoid"
    loss: str = "binary_crossentropy"
    l2: float = 0
    dropout: float = 0
    validated_on: str = "none"
    stops: bool = False  # EarlyStopping(monitor='val_loss', patience=10, restore_best_weights=True)


class Listing(NamedTuple):
    """One arm: rows by split, features, rows by class and split where these are no chance, and what is fitted."""

    example: tuple[int, int]
    rows: dict[str, int]
    features: int
    classes: dict[str, list[int]]
    fitted: Net | tuple[str, dict[str, float]]


LINE = Net([128, 64], 2000, "linear", "mean_squared_error")
POINTS = {"train": 20, "test": 100}
HELD_OUT = {"train": 800, "validation": 200, "test": 200}
HUNDRED = {"train": 80, "test": 20}
BLOCKS = [100, 10]
SHORT = Net([64], 10)
PATIENT = Net([64], 100, validated_on="validation", stops=True)
PEEKING = Net([128, 64], 100, validated_on="test", stops=True)
AS_WRITTEN = {
    "overfitting": {"network": Listing((1, 1), POINTS, 1, {}, LINE)},
    "dropout": {
        "baseline": Listing((1, 2), POINTS, 1, {}, LINE),
        "dropout": Listing((1, 2), POINTS, 1, {}, LINE._replace(dropout=0.2)),
    },
    "data_size": {
        "small": Listing((1, 3), POINTS, 1, {}, LINE),
        "large": Listing((1, 3), {"train": 200, "test": 100}, 1, {}, LINE),
    },
    "prior_shift": {
        "network": Listing(
            (2, 1),
            {"train": 80, "validation": 20, "test_balanced": 100},
            10,
            {"train": [71, 9], "validation": [19, 1]},
            Net([64], 100, validated_on="validation"),
        )
    },
    "l2": {
        "none": Listing((2, 2), HELD_OUT, 10, {}, Net([128], 100, validated_on="validation")),
        "l2_dropout": Listing(
            (2, 2), HELD_OUT, 10, {}, Net([128], 100, l2=0.01, dropout=0.5, validated_on="validation")
        ),
    },
    "early_stopping": {
        "no_stopping": Listing((2, 3), HELD_OUT, 10, {}, PATIENT._replace(stops=False)),
        "early_stopping": Listing((2, 3), HELD_OUT, 10, {}, PATIENT),
    },
    "imbalance": {
        "logistic": Listing(
            (3, 1),
            {"train": 800, "test": 200},
            2,
            {"train": [721, 79], "test": [179, 21]},
            ("LogisticRegression", {"C": 1.0}),
        )
    },
    "input_sensitivity": {"network": Listing((3, 2), {"train": 1000, "probe": 2}, 3, {"probe": [1, 1]}, Net([10], 10))},
    "multi_seed": {
        "network": Listing((3, 3), {"train": 100, "test": 10}, 10, {}, Net([10], 10, "linear", "mean_squared_error"))
    },
    "ridge_lasso": {
        "none": Listing((4, 1), HUNDRED, 10, {}, ("Ridge", {"alpha": 0.0})),
        "ridge": Listing((4, 1), HUNDRED, 10, {}, ("Ridge", {"alpha": 1.0})),
        "ridge_strong": Listing((4, 1), HUNDRED, 10, {}, ("Ridge", {"alpha": 10.0})),
        "lasso_weak": Listing((4, 1), HUNDRED, 10, {}, ("Lasso", {"alpha": 0.01})),
        "lasso": Listing((4, 1), HUNDRED, 10, {}, ("Lasso", {"alpha": 1.0})),
    },
    "early_stopping_on_test": {
        "no_stopping": Listing((4, 2), HUNDRED, 10, {}, PEEKING._replace(stops=False)),
        "early_stopping": Listing((4, 2), HUNDRED, 10, {}, PEEKING),
    },
    "smote_balance": {
        "original": Listing((4, 3), HUNDRED, 10, {}, Net([128, 64], 100)),
        "smote": Listing((4, 3), HUNDRED | {"original": 100}, 10, {"original": [50, 50]}, Net([128, 64], 100)),
    },
    "accuracy_paradox": {
        "balanced": Listing((5, 1), {"train": 200}, 10, {"train": [100, 100]}, SHORT),
        "network": Listing((5, 1), {"train": 110}, 10, {"train": BLOCKS}, SHORT),
    },
    "metric_choice": {"network": Listing((5, 2), {"train": 200}, 10, {}, SHORT)},
    "smote": {
        "none": Listing((5, 3), {"train": 110, "original": 110}, 10, {"train": BLOCKS, "original": BLOCKS}, SHORT),
        "smote": Listing((5, 3), {"train": 200, "original": 110}, 10, {"train": [100, 100], "original": BLOCKS}, SHORT),
    },
}
ARMS = [(scenario, arm) for scenario, listings in AS_WRITTEN.items() for arm in listings]


def drawn(scenario: str, arm: str, seed: int = 0) -> dict[str, data.Split]:
    made = plan(scenario)
    return data.draw(made.arms[arm].data, Streams(seed, made.vary))


def test_these_are_all_scenarios_as_written_and_all_their_arms() -> None:
    as_written = [scenario for scenario in run.SCENARIOS if plan(scenario).kind == "as_written"]
    assert sorted(AS_WRITTEN) == as_written
    assert {scenario: list(plan(scenario).arms) for scenario in as_written} == {
        scenario: list(AS_WRITTEN[scenario]) for scenario in as_written
    }


@pytest.mark.parametrize(("scenario", "arm"), ARMS)
class TestAsWritten:
    def test_article_and_example(self, scenario: str, arm: str) -> None:
        made = plan(scenario)
        assert (made.article, made.example) == AS_WRITTEN[scenario][arm].example

    def test_rows_features_and_classes(self, scenario: str, arm: str) -> None:
        listing = AS_WRITTEN[scenario][arm]
        for seed in (0, 29):
            splits = drawn(scenario, arm, seed)
            assert {name: len(y) for name, (_, y) in splits.items()} == listing.rows
            assert {x.shape for x, _ in splits.values()} == {(n, listing.features) for n in listing.rows.values()}
            for split, counts in listing.classes.items():
                assert np.bincount(splits[split].y.astype(int)).tolist() == counts
            two = listing.example[0] > 1 and scenario != "multi_seed"
            assert not two or all(set(y) == {0, 1} for _, y in splits.values())

    def test_what_is_fitted(self, scenario: str, arm: str) -> None:
        listing, settings = AS_WRITTEN[scenario][arm], plan(scenario).arms[arm]
        if isinstance(listing.fitted, Net):
            assert layers_of(models.build(settings.model, listing.features)) == layers_in(listing.fitted)
            assert settings.model.members == (5 if scenario == "multi_seed" else 1)
        else:
            name, given = listing.fitted
            estimator = classical.ESTIMATORS[settings.model.kind](settings.model)
            assert type(estimator).__name__ == name
            assert estimator.get_params() == type(estimator)(**given).get_params()  # all else is the library's default

    def test_how_it_is_trained(self, scenario: str, arm: str) -> None:
        net, training = AS_WRITTEN[scenario][arm].fitted, plan(scenario).arms[arm].training
        if not isinstance(net, Net):
            return
        assert (training.epochs, training.batch_size, training.loss) == (net.epochs, 32, net.loss)
        assert training.watch == ([] if net.output == "linear" else ["accuracy"])
        assert training.validate_on == net.validated_on
        defaults = keras.optimizers.Adam().get_config()
        assert models.optimizer(training).get_config() | {"name": ""} == defaults | {"name": ""}
        rule = stacked.Stopping(10, "val_loss", restore_best_weights=True)
        assert models.stopping(training) == (rule if net.stops else None)


def layers_of(model: keras.Model) -> list[Any]:
    """Each layer in short: units, activation and penalty of a dense one, the rate of a dropout."""
    shorts: list[Any] = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            penalty = layer.kernel_regularizer
            shorts.append((layer.units, layer.activation.__name__, float(penalty.l2) if penalty else 0))
            assert layer.use_bias and layer.bias_regularizer is None and layer.activity_regularizer is None
        else:
            assert isinstance(layer, keras.layers.Dropout)
            shorts.append(layer.rate)
    return shorts


def layers_in(net: Net) -> list[Any]:
    hidden = [[(units, "relu", pytest.approx(net.l2)), *([net.dropout] if net.dropout else [])] for units in net.hidden]
    return [*sum(hidden, []), (1, net.output, 0)]


# -- rows that the listings fix ------------------------------------------------------------------------------


def test_the_lines_are_drawn_from_the_legacy_generator_in_the_listings_order() -> None:
    noise = np.random.RandomState(42)
    for n, arms in (
        (20, (("overfitting", "network"), ("dropout", "dropout"), ("data_size", "small"))),
        (200, (("data_size", "large"),)),
    ):
        x = np.linspace(0, 10, n)
        y = 3 * x + noise.randn(n) * 5
        for scenario, arm in arms:
            splits = drawn(scenario, arm, seed=7)
            np.testing.assert_array_equal(splits["train"].x[:, 0], x)
            np.testing.assert_array_equal(splits["train"].y, y)
            np.testing.assert_array_equal(splits["test"].x[:, 0], np.linspace(0, 10, 100))
            np.testing.assert_array_equal(splits["test"].y, 3 * np.linspace(0, 10, 100))


def test_the_ready_made_clusters_are_split_as_scikit_learn_does() -> None:
    x, y = make_classification(n_samples=100, n_features=10, random_state=42)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=42)
    splits = drawn("smote_balance", "original", seed=7)
    for split, part in {"train": (x_train, y_train), "test": (x_test, y_test)}.items():
        np.testing.assert_array_equal(splits[split].x, part[0])
        np.testing.assert_array_equal(splits[split].y, part[1])


def test_the_shifted_classes_do_not_overlap_and_smote_keeps_the_rows_it_starts_from() -> None:
    splits = drawn("smote", "smote")
    x, y = splits["original"]
    assert x[y == 0].min() >= 0 and x[y == 0].max() < 1 and x[y == 1].min() >= 2 and x[y == 1].max() < 3
    np.testing.assert_array_equal(splits["train"].x[:110], x)
    np.testing.assert_array_equal(splits["train"].y, [*y, *[1] * 90])
    for split in drawn("smote", "none").values():
        np.testing.assert_array_equal(split.x, x)
    np.testing.assert_array_equal(drawn("accuracy_paradox", "network")["train"].x, x)


def test_the_decisive_feature_is_probed_on_either_side_of_the_rule() -> None:
    splits = drawn("input_sensitivity", "network")
    np.testing.assert_array_equal(splits["probe"].x, [[0.49, 0.5, 0.5], [0.51, 0.5, 0.5]])
    np.testing.assert_array_equal(splits["train"].y, splits["train"].x[:, 0] > 0.5)


@pytest.mark.parametrize("scenario", AS_WRITTEN)
def test_seeds_vary_the_data_where_the_listing_does_not_fix_them(scenario: str) -> None:
    fixed = scenario in ("overfitting", "dropout", "data_size", "smote_balance")
    for arm in AS_WRITTEN[scenario]:
        one, other = drawn(scenario, arm, 0)["train"], drawn(scenario, arm, 1)["train"]
        assert np.array_equal(one.x, other.x) == fixed


# -- same seed, same bytes -----------------------------------------------------------------------------------

EPOCHS = 3
SEEDS = (4, 0, 29)  # one stack, with padding; of five models each, three stacks

Made = dict[tuple[str, int], Replicate]


MOST = {"n_train": 200, "n_validation": 20, "n_test": 100, "n_test_shifted": 100}  # rows of a controlled scenario


def reduced(scenario: str) -> config.Plan:
    """A scenario at reduced epochs, on which early stopping, if it stops at all, still stops; and of few rows."""

    def of(arm: config.Arm) -> config.Arm:
        rows = {name: min(getattr(arm.data, name) or 0, most) or getattr(arm.data, name) for name, most in MOST.items()}
        if plan(scenario).kind == "controlled":
            arm = dataclasses.replace(arm, data=dataclasses.replace(arm.data, **rows))
        if arm.model.kind not in config.TRAINED_BY_KERAS:
            return arm
        stopping = dataclasses.replace(arm.training.stopping, patience=1)
        return dataclasses.replace(arm, training=dataclasses.replace(arm.training, epochs=EPOCHS, stopping=stopping))

    return dataclasses.replace(plan(scenario), arms={name: of(arm) for name, arm in plan(scenario).arms.items()})


def make(scenario: str, *seeds: int, steps_per_chunk: int) -> tuple[Made, list[int]]:
    """The replicates of these seeds, and the epochs after which progress was told."""
    made: Made = {}
    told: list[int] = []

    def keep(replicate: Replicate) -> None:
        assert (replicate.arm, replicate.seed) not in made
        made[replicate.arm, replicate.seed] = replicate

    progress: Callable[[experiment.Task, int], None] = lambda task, done: told.append(done)  # noqa: E731
    settings = reduced(scenario)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(stacked.Stack.fit.__kwdefaults__, "steps_per_chunk", steps_per_chunk)
        experiment.run(settings, {arm: list(seeds) for arm in settings.arms}, keep, progress)
    return made, told


@functools.cache
def company(scenario: str) -> tuple[Made, list[int]]:
    """All arms and seeds, an epoch a chunk."""
    return make(scenario, *SEEDS, steps_per_chunk=1)


def content(replicate: Replicate) -> list[Any]:
    """All of a replicate that may not vary, as bytes."""
    arrays = [
        (part, name, a.dtype.str, a.shape, a.tobytes())
        for part, values in (("history", replicate.history), ("predictions", replicate.predictions))
        for name, a in values.items()
    ]
    numbers = [(*row[:3], np.float64(row[3]).tobytes()) for row in replicate.rows]
    return [replicate.arm, replicate.seed, numbers, arrays]


@pytest.fixture(scope="module", autouse=True)
def own_lanes() -> Any:
    """One lane of this module's own: nothing was compiled before, and nothing is compiled twice."""
    lane = experiment.Lane()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "lanes", lambda: [lane])
        yield
    company.cache_clear()


@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_the_same_seed_is_the_same_bytes_alone_and_in_company(scenario: str) -> None:
    together, told = company(scenario)
    settings = reduced(scenario)
    assert set(together) == {(arm, seed) for arm in settings.arms for seed in SEEDS}
    if experiment.needs_tensorflow(settings, settings.arms):
        assert set(told) >= {1, 2}, "one chunk only"
    for steps_per_chunk in (1, 1000) if scenario == "metric_choice" else (1,):  # an epoch a chunk, and all in one
        alone, _ = make(scenario, SEEDS[-1], steps_per_chunk=steps_per_chunk)
        assert set(alone) == {(arm, SEEDS[-1]) for arm in settings.arms}
        for key, replicate in alone.items():
            assert content(replicate) == content(together[key])


@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_another_seed_is_another_replicate(scenario: str) -> None:
    together, _ = company(scenario)
    for arm in reduced(scenario).arms:
        made = [together[arm, seed] for seed in SEEDS]
        if all((arm, "model", "nonzero_weights", 0.0) in replicate.rows for replicate in made):
            continue  # a penalty that leaves an intercept only, as the listed lasso's
        assert len({replicate.predictions["train_predicted"].tobytes() for replicate in made}) == len(SEEDS)


@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_a_replicate_has_every_metric_of_every_split_and_history_of_every_epoch(scenario: str) -> None:
    settings, (together, _) = reduced(scenario), company(scenario)
    for (arm, _), replicate in together.items():
        values = {row[:3]: row[3] for row in replicate.rows}
        splits = [k.removesuffix("_predicted") for k in replicate.predictions if k.endswith("_predicted")]
        alike = settings.arms[arm].decision.ensembles_of == 1  # else members have training rows of their own
        scored = {(s, m) for s in splits if s not in LOOKED_AT and (alike or s != "train") for m in settings.metrics}
        for name in (arm, *(f"{arm}:{reference}" for reference in settings.references)):
            assert {(s, m) for a, s, m in values if a == name and s != "model"} == scored
        assert values[arm, "model", "diverged"] == 0
        for losses in replicate.history.values():
            assert len(losses) == values[arm, "model", "epochs_run"] and np.isfinite(losses).all()


@pytest.mark.parametrize("scenario", ["multi_seed_controlled"])
def test_members_share_all_but_the_streams_that_their_arm_names(scenario: str) -> None:
    """A replicate of several networks: what they learn from, what they are tested on, and whether they agree."""
    settings, (together, _) = reduced(scenario), company(scenario)
    for (arm, _), replicate in together.items():
        model, found = settings.arms[arm].model, replicate.predictions
        assert all(len(values) == model.members for values in found.values())
        own_rows = bool({"data", "split"} & set(model.members_vary))
        assert len({x.tobytes() for x in found["train_x"]}) == (model.members if own_rows else 1)
        assert len({x.tobytes() for x in found["test_x"]}) == len({y.tobytes() for y in found["test_y"]}) == 1
        different = len({predicted.tobytes() for predicted in found["test_predicted"]})
        assert different == (model.members if model.members_vary else 1), arm
    for seed in SEEDS:  # the first member is the same network whatever the others vary
        first = {
            together[arm, seed].predictions["test_predicted"][0].tobytes() for arm in settings.arms if arm != "masks"
        }
        assert len(first) == 1
        single, averaged = (together[arm, seed].predictions["test_predicted"] for arm in ("single", "ensemble"))
        np.testing.assert_array_equal(single, averaged)  # averaged when measured, not when trained


@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_every_claim_names_an_arm_a_split_and_a_metric_that_exist(scenario: str) -> None:
    settings, (together, _) = reduced(scenario), company(scenario)
    known = {row[:3] for replicate in together.values() for row in replicate.rows}
    stated = run.claims_of(settings.lesson)
    assert stated
    for claim in stated:
        claims.check(claim, settings.kind, known)


@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_claims_are_checked_before_training_and_pass(scenario: str) -> None:
    run.check_claims(plan(scenario))


@pytest.mark.parametrize(
    ("wrong", "word"),
    [("nobody.test.accuracy", "arm"), ("logistic.tests.accuracy", "split"), ("logistic.test.acuracy", "metric")],
)
def test_a_claim_that_names_what_is_not_there_is_one_line(
    wrong: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = run.claims_of("imbalance")
    test = claims.Test(wrong, "greater", 0.5, 0.1, "why")
    monkeypatch.setattr(run, "claims_of", lambda lesson: [dataclasses.replace(stated[0], as_written=test)])
    with pytest.raises(config.ConfigError) as refused:
        run.check_claims(plan("imbalance"))
    assert f"unknown {word}" in str(refused.value) and "\n" not in str(refused.value)
