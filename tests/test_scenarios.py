"""Scenarios: as written means the numbers of the listings, and the same seed means the same bytes in any company."""

import functools
from typing import Any

import keras
import numpy as np
import pytest
from helpers import plan, rows
from listings import ARMS, AS_WRITTEN, FIXED, HELD_OUT, Net, layers_of
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

from mirage.config import project
from mirage.config.plan import Arm
from mirage.data.split import LOOKED_AT
from mirage.metrics.rows import measure
from mirage.models.kind import KERAS
from mirage.training import schedule
from mirage.training.replicate import Outcome

SCENARIOS = project.scenarios()


def test_every_listing_has_its_scenario_with_these_arms() -> None:
    assert set(AS_WRITTEN) <= set(SCENARIOS)
    assert {name: list(plan(name).arms) for name in AS_WRITTEN} == {name: [*arms] for name, arms in AS_WRITTEN.items()}


@pytest.mark.parametrize(("scenario", "arm"), ARMS)
class TestAsWritten:
    def test_rows_features_and_classes_of_which_example(self, scenario: str, arm: str) -> None:
        listing, about = AS_WRITTEN[scenario][arm], plan(scenario).about
        assert ((about.article, about.example), about.kind) == (listing.example, "as_written")
        shapes = {name: (n, listing.features) for name, n in listing.rows.items()}
        for seed in (0, 29):
            splits = rows(scenario, arm, seed=seed)
            assert {name: split.x.shape for name, split in splits.items()} == shapes
            for split, counts in listing.classes.items():
                assert np.bincount(splits[split].y.astype(int)).tolist() == counts
            assert not listing.labels or all(set(split.y) == {0, 1} for split in splits.values())

    def test_what_is_fitted(self, scenario: str, arm: str) -> None:
        listing, model = AS_WRITTEN[scenario][arm], plan(scenario).arms[arm].model
        if isinstance(listing.fitted, Net):
            assert layers_of(model.build((listing.features,))) == listing.fitted.layers
            assert model.members == listing.fitted.members
        else:
            name, given = listing.fitted
            estimator = model.estimator()
            assert type(estimator).__name__ == name
            assert estimator.get_params() == type(estimator)(**given).get_params()  # all else is the library's default

    def test_how_it_is_trained(self, scenario: str, arm: str) -> None:
        net, training = AS_WRITTEN[scenario][arm].fitted, plan(scenario).arms[arm].training
        if not isinstance(net, Net):
            assert training is None
            return
        assert (training.epochs, training.batch_size, training.loss) == (net.epochs, 32, net.loss)
        assert (training.watch, training.validate_on) == (net.watched, net.validated_on)
        defaults = keras.optimizers.Adam().get_config()
        assert training.optimizer.optimizer().get_config() | {"name": ""} == defaults | {"name": ""}
        rule = {"monitor": "val_loss", "patience": 10, "restore_best_weights": True}
        assert (training.stopping and training.stopping.model_dump()) == (rule if net.stops else None)


def test_the_lines_are_drawn_from_the_legacy_generator_in_the_listings_order() -> None:
    noise = np.random.RandomState(42)
    few = [("overfitting", "network"), ("dropout", "dropout"), ("data_size", "small")]
    for n, arms in ((20, few), (200, [("data_size", "large")])):
        x = np.linspace(0, 10, n)
        y = 3 * x + noise.randn(n) * 5
        for scenario, arm in arms:
            splits = rows(scenario, arm, seed=7)
            np.testing.assert_array_equal(splits["train"].x[:, 0], x)
            np.testing.assert_array_equal(splits["train"].y, y)
            np.testing.assert_array_equal(splits["test"].x[:, 0], np.linspace(0, 10, 100))
            np.testing.assert_array_equal(splits["test"].y, 3 * np.linspace(0, 10, 100))


def test_the_ready_made_clusters_are_split_as_scikit_learn_does() -> None:
    x, y = make_classification(n_samples=100, n_features=10, random_state=42)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=42)
    splits = rows("smote_balance", "original", seed=7)
    for split, part in {"train": (x_train, y_train), "test": (x_test, y_test)}.items():
        np.testing.assert_array_equal(splits[split].x, part[0])
        np.testing.assert_array_equal(splits[split].y, part[1])


@pytest.mark.parametrize(("scenario", "split"), HELD_OUT.items())
def test_rows_are_held_out_by_chance_with_the_listings_seed(scenario: str, split: str) -> None:
    for arm in plan(scenario).arms.values():
        assert arm.stages.names() == ["hold_out"]
        assert arm.stages.hold_out.model_dump() == {"into": split, "share": 0.2, "seed": 42, "stratify": False}


def test_the_shifted_classes_do_not_overlap_and_smote_keeps_the_rows_it_starts_from() -> None:
    splits = rows("smote", "smote")
    x, y = splits["original"].x, splits["original"].y
    assert x[y == 0].min() >= 0 and x[y == 0].max() < 1 and x[y == 1].min() >= 2 and x[y == 1].max() < 3
    np.testing.assert_array_equal(splits["train"].x[:110], x)
    np.testing.assert_array_equal(splits["train"].y, [*y, *[1] * 90])
    for split in rows("smote", "none").values():
        np.testing.assert_array_equal(split.x, x)
    np.testing.assert_array_equal(rows("accuracy_paradox", "network")["train"].x, x)


def test_the_decisive_feature_is_probed_on_either_side_of_the_rule() -> None:
    splits = rows("input_sensitivity", "network")
    np.testing.assert_array_equal(splits["probe"].x, [[0.49, 0.5, 0.5], [0.51, 0.5, 0.5]])
    np.testing.assert_array_equal(splits["train"].y, splits["train"].x[:, 0] > 0.5)


@pytest.mark.parametrize("scenario", AS_WRITTEN)
def test_seeds_vary_the_data_where_the_listing_does_not_fix_them(scenario: str) -> None:
    for arm in AS_WRITTEN[scenario]:
        one, other = (rows(scenario, arm, seed=seed)["train"] for seed in (0, 1))
        assert np.array_equal(one.x, other.x) == (scenario in FIXED)


EPOCHS = 3
SEEDS = (4, 0, 29)  # one stack, with padding; of five models each, three stacks
MOST = {"n_train": 200, "n_validation": 20, "n_test": 100, "n_test_shifted": 100}  # rows, where no listing fixes them
# One scenario for each kind of thing; the others are slow. Plain, dropout, stopping on held-out rows, several models a
# replicate, resampling; batch normalisation beside scikit-learn.
KINDS_OF_THING = ("overfitting", "dropout", "early_stopping", "multi_seed", "smote", "breast_cancer")
EVERY = [s if s in KINDS_OF_THING else pytest.param(s, marks=pytest.mark.slow) for s in SCENARIOS]

Made = dict[tuple[str, int], Outcome]


@functools.cache
def reduced(scenario: str) -> dict[str, Arm]:
    """A scenario's arms at reduced epochs, on which early stopping, if it stops at all, still stops; and few rows."""

    def but(settings: Any, **changes: Any) -> Any:
        return settings.model_copy(update=changes)

    def of(arm: Arm) -> Arm:
        # what divides the rows there are
        watched = getattr(arm.training, "watched_sets", 0) or getattr(arm.model, "watched_sets", 0)
        if plan(scenario).about.kind != "as_written" and not watched and not arm.decision.set_sizes:
            fewer = {name: min(getattr(arm.data, name, 0), most) for name, most in MOST.items()}
            arm = but(arm, data=but(arm.data, **{name: n for name, n in fewer.items() if n}))
            if arm.stages.replace is not None:
                replace = but(arm.stages.replace, rows=min(arm.stages.replace.rows, min(MOST.values())))
                arm = but(arm, stages=but(arm.stages, replace=replace))
        if arm.training is None:
            return arm
        stopping = arm.training.stopping and but(arm.training.stopping, patience=1)
        return but(arm, training=but(arm.training, epochs=EPOCHS, stopping=stopping))

    return {name: of(arm) for name, arm in plan(scenario).arms.items()}


def make(scenario: str, *seeds: int) -> Made:
    """The replicates of these seeds."""
    made: Made = {}

    def keep(stack: schedule.Made) -> None:
        keys = [(stack.task.arm, seed) for seed in stack.task.seeds]
        assert not made.keys() & set(keys)
        made.update(zip(keys, stack.outcomes, strict=True))

    arms = reduced(scenario)
    failed = schedule.run(arms, plan(scenario).about.vary, {arm: list(seeds) for arm in arms}, keep)
    assert not failed
    return made


@functools.cache
def company(scenario: str) -> Made:
    """All arms and seeds together."""
    return make(scenario, *SEEDS)


def content(outcome: Outcome) -> list[Any]:
    """All of a replicate, as bytes."""
    arrays = [
        (part, name, values.dtype.str, values.shape, values.tobytes())
        for part in ("labels", "scores", "history")
        for name, values in getattr(outcome, part).items()
    ]
    return [*arrays, {name: np.float64(value).tobytes() for name, value in outcome.numbers.items()}]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs for each test alone: none is kept."""
    monkeypatch.setattr(schedule, "lanes", lambda: 1)
    monkeypatch.setattr(schedule, "_PROGRAMS", schedule.Programs())


@pytest.mark.parametrize("scenario", EVERY)
def test_the_same_seed_is_the_same_bytes_alone_and_in_company_and_another_seed_another_replicate(scenario: str) -> None:
    together, alone = company(scenario), make(scenario, SEEDS[-1])
    assert set(together) == {(arm, seed) for arm in reduced(scenario) for seed in SEEDS}
    assert set(alone) == {(arm, SEEDS[-1]) for arm in reduced(scenario)}
    for key, outcome in alone.items():
        assert content(outcome) == content(together[key])
    for arm in reduced(scenario):
        made = [together[arm, seed] for seed in SEEDS]
        if any(outcome.numbers.get("nonzero_weights") != 0 for outcome in made):
            # else a penalty leaves an intercept only, as the listed lasso's
            assert len({outcome.scores["train"].tobytes() for outcome in made}) == len(SEEDS)


@pytest.mark.parametrize("scenario", EVERY)
def test_a_replicate_has_every_metric_of_every_split_and_history_of_every_epoch(scenario: str) -> None:
    about = plan(scenario).about
    for (arm, seed), outcome in company(scenario).items():
        own = reduced(scenario)[arm]
        drawn = schedule.replicate.drawn(own, about.vary, seed)[0]
        asked = [name for name in about.references if own.asks(name)]
        values = dict(zip(*measure(own, about.metrics, asked, drawn, outcome), strict=True))
        alike = own.decision.ensembles_of == 1  # else members have training rows of their own
        splits = [name for name, rows in drawn.items() if rows.role != LOOKED_AT and (alike or name != "train")]
        for reference in ("", *asked):
            found = {(split, metric) for of, split, metric in values if of == reference and split != "model"}
            assert found == {(split, metric) for split in splits for metric in about.metrics}
        settings = own.model.tried if getattr(own.model, "watched_sets", 0) else 0
        assert outcome.numbers.get("diverged", 0) == 0
        assert bool(outcome.history) == (own.model.trained_by == KERAS or settings > 0)
        run = int(outcome.numbers.get("epochs_run", 0))
        validated = [epoch for epoch in (own.training and own.training.validation_freq) or () if epoch <= run]
        for name, losses in outcome.history.items():
            expected = len(validated) if validated and name.startswith("val_") else settings or run
            assert len(losses) == expected and np.isfinite(losses).all()


@pytest.mark.slow
def test_members_share_all_but_the_streams_that_their_arm_names() -> None:
    """A replicate of several networks: what they learn from, what they are tested on, and whether they agree."""
    together, arms = company("multi_seed_controlled"), reduced("multi_seed_controlled")
    for (arm, _), outcome in together.items():
        model = arms[arm].model
        assert all(len(values) == model.members for values in (*outcome.labels.values(), *outcome.scores.values()))
        different = len({scores.tobytes() for scores in outcome.scores["test"]})
        assert different == (model.members if model.members_vary else 1), arm
    for seed in SEEDS:  # the first member is the same network whatever the others vary
        assert len({together[arm, seed].scores["test"][0].tobytes() for arm in arms if arm != "masks"}) == 1
        single, averaged = (together[arm, seed].scores["test"] for arm in ("single", "ensemble"))
        np.testing.assert_array_equal(single, averaged)  # averaged when measured, not when trained
