"""Controlled scenarios: fair before flattering. Signal, fresh data, equal steps, nothing chosen on the test rows."""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, ListConfig, OmegaConf

import run
from mirage import config, data, references
from mirage.streams import Streams

config.register()

SCENARIOS = [name for name in run.SCENARIOS if name.endswith("_controlled")]
GROUPS = [field.name for field in dataclasses.fields(config.Arm)]


@functools.cache
def plan(scenario: str) -> config.Plan:
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}"]), scenario, [])


def file_of(name: str, folder: Path = run.ROOT / "conf/scenario") -> DictConfig:
    """A file of conf/ by its name in a defaults list, which starts from its own group or from the root."""
    file = OmegaConf.load(run.ROOT / f"conf/{name}.yaml" if name.startswith("/") else folder / f"{name}.yaml")
    assert isinstance(file, DictConfig)
    return file


def inherited(name: str, folder: Path = run.ROOT / "conf/scenario") -> DictConfig:
    """What a file starts from: its defaults, and theirs, merged in their order."""
    files = []
    for parent in file_of(name, folder).defaults:
        if parent != "_self_":
            below = run.ROOT / "conf/base" if parent.startswith("/base") else folder
            own = file_of(parent, below)
            files += [inherited(parent, below)] if "defaults" in own else []
            files.append(own)
    merged = OmegaConf.merge(*files)
    assert isinstance(merged, DictConfig)
    return merged


def leaves(node: Any, *place: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting by its place."""
    if isinstance(node, DictConfig):
        for key, value in node.items():
            yield from leaves(value, *place, str(key))
    else:
        yield place, list(node) if isinstance(node, ListConfig) else node


def written(scenario: str) -> dict[tuple[str, ...], Any]:
    """The settings of the arm under study that a file itself gives."""
    file = file_of(scenario)
    return {place: value for group in GROUPS if group in file for place, value in leaves(file[group], group)}


def setting(node: Any, place: tuple[str, ...]) -> Any:
    return functools.reduce(getattr, place, node)


def drawn(scenario: str, arm: str, seed: int = 0) -> dict[str, data.Split]:
    made = plan(scenario)
    return data.draw(made.arms[arm].data, Streams(seed, made.vary))


def steps(scenario: str) -> dict[str, int]:
    """Optimizer steps of every arm that Keras trains to its last epoch, counted on the rows it is trained on."""
    of_arm = {}
    for name, arm in plan(scenario).arms.items():
        if arm.model.kind in config.TRAINED_BY_KERAS:
            batches = -(-len(drawn(scenario, name)["train"].y) // arm.training.batch_size)
            of_arm[name] = batches * arm.training.epochs
    return of_arm


def test_every_lesson_has_a_controlled_scenario() -> None:
    assert sorted(f"{lesson}_controlled" for lesson in run.LESSONS) == SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS)
class TestFair:
    def test_is_controlled_and_of_the_example_it_answers(self, scenario: str) -> None:
        made, as_written = plan(scenario), plan(scenario.removesuffix("_controlled"))
        assert made.kind == "controlled" and as_written.kind == "as_written"
        assert (made.lesson, made.article, made.example) == (as_written.lesson, as_written.article, as_written.example)

    def test_draws_fresh_data_for_every_seed(self, scenario: str) -> None:
        made = plan(scenario)
        assert "data" in made.vary
        for arm in made.arms:
            one, other = drawn(scenario, arm, 0), drawn(scenario, arm, 1)
            for name in set(one) - set(data.LOOKED_AT):
                assert not np.array_equal(one[name].x, other[name].x), (arm, name)

    def test_varies_every_stream_that_it_uses(self, scenario: str) -> None:
        made = plan(scenario)
        for arm in made.arms.values():
            used = {"data"} | (set(arm.model.members_vary) if arm.model.members_vary else set())
            if arm.model.kind in config.TRAINED_BY_KERAS:
                used |= {"init", "shuffle", *(["dropout"] if arm.model.dropout else [])}
            if arm.data.held_out_as not in (None, "none") and arm.data.split_seed is None:
                used.add("split")
            if arm.data.resample not in (None, "none") and arm.data.resample_seed is None:
                used.add("resample")
            assert used <= set(made.vary)

    def test_leaves_no_random_draw_to_a_fixed_seed(self, scenario: str) -> None:
        for arm in plan(scenario).arms.values():
            assert arm.data.held_out_as in (None, "none") or arm.data.split_seed is None
            assert arm.data.resample in (None, "none") or arm.data.resample_seed is None
            assert arm.data.legacy_seed is None

    def test_scores_test_rows_that_are_no_training_rows(self, scenario: str) -> None:
        for arm in plan(scenario).arms:
            splits = drawn(scenario, arm)
            trained = set(map(tuple, splits["train"].x))
            held_out = {name for name in splits if name.startswith(("test", "validation"))}
            assert "test" in held_out
            for name in held_out - {"validation"}:
                assert not trained & set(map(tuple, splits[name].x)), (arm, name)

    def test_chooses_nothing_by_the_rows_it_is_scored_on(self, scenario: str) -> None:
        for arm in plan(scenario).arms.values():
            assert arm.training.validate_on != "test" or arm.training.stopping.monitor == "none"

    def test_arms_share_the_rows_of_a_seed_where_their_data_settings_agree(self, scenario: str) -> None:
        made = plan(scenario)
        for one, other in zip(made.arms, list(made.arms)[1:], strict=False):
            if made.arms[one].data == made.arms[other].data:
                a, b = drawn(scenario, one, 3), drawn(scenario, other, 3)
                assert all(np.array_equal(a[name].x, b[name].x) and np.array_equal(a[name].y, b[name].y) for name in a)

    def test_shows_what_an_ideal_predictor_scores(self, scenario: str) -> None:
        made = plan(scenario)
        law = {arm.data.law for arm in made.arms.values()}
        if law == {"rule"}:  # its ideal is the rule itself: right on all rows but the flipped ones
            return
        ideal = {"normals": "bayes", "fresh_line": "true_line"}[law.pop()]
        assert ideal in made.references and ideal in references.REFERENCES

    def test_has_a_signal_to_find_in_the_arm_under_study(self, scenario: str) -> None:
        arms = OmegaConf.merge(inherited(scenario), file_of(scenario)).arms
        [studied] = [name for name, patch in arms.items() if patch == {}]
        settings = plan(scenario).arms[studied].data
        assert settings.separation or settings.slope or settings.boundary

    def test_every_setting_it_writes_is_read_by_an_arm_and_changes_what_it_inherits(self, scenario: str) -> None:
        made, before = plan(scenario), inherited(scenario)
        for place, value in written(scenario).items():
            given = [setting(arm, place) for arm in made.arms.values()]
            if value is not None:
                assert any(v is not None for v in given), f"{'.'.join(place)} is read by no arm"
            old = OmegaConf.select(before, ".".join(place))
            assert old != value, f"{'.'.join(place)} is {value} anyway"

    def test_every_arm_differs_from_every_other(self, scenario: str) -> None:
        made = plan(scenario)
        assert len({repr(arm) for arm in made.arms.values()}) == len(made.arms)


# -- equal steps ---------------------------------------------------------------------------------------------

# Arms whose very subject is the length of training.
OTHER_LENGTH = {
    ("overfitting_controlled", "short"): 400,
    ("data_size_controlled", "rows_20_short"): 256,
    ("early_stopping_controlled", "no_stopping_100"): 2500,
    ("smote_controlled", "smote_long"): 3600,
}

LONG = ("long", "equal_long", "overlap_long", "overlap_equal_long")
EQUAL = {
    "prior_shift_controlled": 300,  # as written
    "l2_controlled": 2500,
    "early_stopping_controlled": 7500,
    "input_sensitivity_controlled": 9600,
    "multi_seed_controlled": 1000,
    "data_size_controlled": 2048,
    "dropout_controlled": 4000,
    "overfitting_controlled": 4000,
    "early_stopping_on_test_controlled": 300,
    "metric_choice_controlled": 630,
    "smote_controlled": 360,
}


def test_every_scenario_with_networks_is_held_to_equal_steps() -> None:
    trained = {name for name in SCENARIOS if steps(name)}
    assert trained == {*EQUAL, "accuracy_paradox_controlled", "smote_balance_controlled"}


@pytest.mark.parametrize("scenario", EQUAL)
def test_all_arms_take_equally_many_optimizer_steps_unless_their_length_is_the_subject(scenario: str) -> None:
    expected = {name: OTHER_LENGTH.get((scenario, name), EQUAL[scenario]) for name in steps(scenario)}
    assert steps(scenario) == expected


def test_the_accuracy_paradox_trains_short_and_long_alike_whatever_the_shares() -> None:
    counted = steps("accuracy_paradox_controlled")
    assert {name for name in counted if name.endswith("long")} == set(LONG) and len(counted) == 8
    assert all(count == (1000 if name in LONG else 40) for name, count in counted.items())


def test_with_and_without_smote_training_is_within_a_fiftieth_as_long() -> None:
    for seed in range(5):
        made, counted = plan("smote_balance_controlled"), {}
        for name, arm in made.arms.items():
            rows = len(drawn("smote_balance_controlled", name, seed)["train"].y)
            counted[name] = -(-rows // arm.training.batch_size) * arm.training.epochs
        assert max(counted.values()) <= 1.02 * min(counted.values()), counted


# -- what single scenarios promise ---------------------------------------------------------------------------


def test_the_threshold_arm_decides_where_the_costs_break_even() -> None:
    arms = plan("smote_controlled").arms
    for arm in arms.values():
        assert arm.decision.miss_cost == 9
        assert arm.decision.threshold == pytest.approx(1 / (1 + 9) if arm is arms["threshold"] else 0.5)
    share = arms["threshold"].data.minority_share
    assert (1 - share) / share == pytest.approx(arms["threshold"].decision.miss_cost)  # the ratio of the classes


def test_corrected_probabilities_are_those_of_the_share_that_is_tested() -> None:
    arm = plan("prior_shift_controlled").arms["corrected"]
    assert arm.decision.corrected_to == arm.data.shifted_share != arm.data.minority_share


def test_as_many_rows_of_the_small_class_means_as_many() -> None:
    ones = {name: int(drawn("imbalance_controlled", name)["train"].y.sum()) for name in ("logistic", "share_2_as_many")}
    assert len(set(ones.values())) == 1


def test_one_source_of_randomness_at_a_time_is_one_stream_at_a_time() -> None:
    arms = plan("multi_seed_controlled").arms
    named = {"init": "init", "order": "shuffle", "masks": "dropout", "split": "split", "data": "data"}
    assert {name: arms[name].model.members_vary for name in named} == {name: [s] for name, s in named.items()}
    assert set(arms["all"].model.members_vary) == {"data", "split", "init", "shuffle"}
    assert arms["nothing"].model.members_vary == []
    assert {name: bool(arm.model.dropout) for name, arm in arms.items()} == {name: name == "masks" for name in arms}


def test_the_linear_control_of_overfitting_differs_in_its_bends_alone() -> None:
    arms = plan("overfitting_controlled").arms
    linear = dataclasses.replace(arms["network"].model, activation="linear")
    assert arms["linear"] == dataclasses.replace(arms["network"], model=linear)


def test_the_spurious_feature_follows_the_labels_better_than_the_rule_does_until_it_is_tested() -> None:
    arms = plan("input_sensitivity_controlled").arms
    assert arms["spurious"].data.spurious > 1 - arms["spurious"].data.flipped
    assert dataclasses.replace(arms["spurious"].data, spurious=0.5) == arms["noisy"].data
    splits = drawn("input_sensitivity_controlled", "spurious")
    agree = {name: np.mean((splits[name].x[:, 1] >= 0.5) == splits[name].y) for name in ("train", "test_broken")}
    assert agree["train"] > 0.9 and abs(agree["test_broken"] - 0.5) < 0.1
