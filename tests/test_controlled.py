"""Controlled scenarios: fair before flattering. Signal, fresh data, equal steps, nothing chosen on the test rows."""

from collections import Counter

import numpy as np
import pytest
from helpers import plan, rows

from mirage.api import stated
from mirage.config import project
from mirage.config.diff import diff
from mirage.config.plan import Arm
from mirage.data.rows import draw
from mirage.data.split import LOOKED_AT, PART_OF_TRAIN, SCORED
from mirage.data.streams import Streams
from mirage.metrics.table import REFERENCES
from mirage.training.replicate import drawn

OF_KIND = {
    kind: [name for name in project.scenarios() if plan(name).about.kind == kind] for kind in ("controlled", "real")
}
CONTROLLED, FAIR = OF_KIND["controlled"], [*OF_KIND["controlled"], *OF_KIND["real"]]


def arms_of(scenario: str) -> dict[str, Arm]:
    return dict(plan(scenario).arms)


def changed(arm: Arm, part: str, **settings: object) -> Arm:
    return arm.model_copy(update={part: getattr(arm, part).model_copy(update=settings)})


def on_all_rows(arm: Arm) -> Arm:
    """The same arm, its validation rows among those that train."""
    held = getattr(arm.data, "n_validation", 0)
    return changed(arm, "data", n_train=arm.data.n_train + held, n_validation=0) if held else arm


def test_every_lesson_of_an_example_has_a_controlled_scenario() -> None:
    for lesson in project.lessons():
        scenarios = stated(lesson).scenarios
        assert "as_written" not in scenarios or scenarios["controlled"] in CONTROLLED


@pytest.mark.parametrize("scenario", FAIR)
class TestFair:
    """What holds for controlled scenarios and for those on real data."""

    def test_draws_fresh_data_for_every_seed(self, scenario: str) -> None:
        for arm in arms_of(scenario):
            one, other = (rows(scenario, arm, seed=seed) for seed in (0, 1))
            for name, split in one.items():
                assert split.role == LOOKED_AT or not np.array_equal(split.x, other[name].x), (arm, name)

    def test_varies_every_stream_that_it_uses_and_fixes_no_seed(self, scenario: str) -> None:
        vary = set(plan(scenario).about.vary)
        for name, arm in arms_of(scenario).items():
            assert {"data"} <= arm.streams() | set(arm.model.varied) <= vary, name
            assert all(getattr(stage, "seed", None) is None for stage in arm.stages.listed()), name
            assert getattr(arm.data, "legacy_seed", None) is None, name

    def test_scores_test_rows_that_are_no_training_rows_and_draws_those_again_only_where_it_says_so(
        self, scenario: str
    ) -> None:
        for arm in arms_of(scenario):
            splits = rows(scenario, arm)
            trained = set(map(tuple, splits["train"].x))
            assert splits["test"].role == SCORED
            for name, split in splits.items():
                own = set(map(tuple, split.x))
                assert not name.startswith("test") or not trained & own, (arm, name)
                assert split.role != PART_OF_TRAIN or own <= trained, (arm, name)

    def test_chooses_nothing_by_the_rows_it_is_scored_on(self, scenario: str) -> None:
        for arm in arms_of(scenario).values():
            assert arm.training is None or arm.training.validate_on != "test" or arm.training.stopping is None

    def test_arms_share_the_rows_of_a_seed_where_their_data_settings_agree(self, scenario: str) -> None:
        shared: dict[tuple[object, object], dict[str, tuple[bytes, bytes]]] = {}
        for name, arm in arms_of(scenario).items():
            own = {split: (x.tobytes(), y.tobytes()) for split, (x, y, *_) in rows(scenario, name, seed=3).items()}
            assert shared.setdefault((repr(arm.data), repr(arm.stages)), own) == own, name

    def test_compares_with_what_an_ideal_predictor_scores_where_the_law_knows_one(self, scenario: str) -> None:
        shown = [REFERENCES[name] for name in plan(scenario).about.references]
        for name, arm in arms_of(scenario).items():
            knows = [reference for reference in REFERENCES.values() if reference.needs and reference.possible(arm.data)]
            assert not knows or set(map(id, knows)) & set(map(id, shown)), name

    def test_every_arm_differs_from_every_other(self, scenario: str) -> None:
        assert len({repr(arm) for arm in arms_of(scenario).values()}) == len(arms_of(scenario))

    def test_all_arms_take_equally_many_optimizer_steps_unless_their_length_is_the_subject(self, scenario: str) -> None:
        """Counted to the last epoch on the rows they are trained on, which may vary by a fiftieth with the seed.

        An arm of another length differs from one of the others in its epochs alone, and maybe in what is decided; or
        it trains for as many epochs as another on all rows, those included that the other holds out.
        """
        decision = next(iter(arms_of(scenario).values())).decision  # it trains nothing
        all_arms = {name: arm.model_copy(update={"decision": decision}) for name, arm in arms_of(scenario).items()}
        arms = {name: arm for name, arm in all_arms.items() if arm.training is not None}
        epochs = {arm.training.epochs for arm in arms.values()}
        for seed in range(3):
            steps = {
                name: -(-len(rows(scenario, name, seed=seed)["train"].y) // arm.training.batch_size)
                * arm.training.epochs
                for name, arm in arms.items()
            }
            common = [Counter(steps.values()).most_common(1)[0][0]] if steps else []
            usual = [arm for name, arm in arms.items() if abs(steps[name] - common[0]) <= common[0] / 50]
            alike = [arm for arm in arms.values() if any(changed(arm, "training", epochs=n) in usual for n in epochs)]
            on_all = [(on_all_rows(arm).data, arm.training.epochs) for arm in alike]
            for name, arm in arms.items():
                assert arm in usual or arm in alike or (arm.data, arm.training.epochs) in on_all, (name, steps)


@pytest.mark.parametrize("scenario", CONTROLLED)
class TestControlled:
    """What holds beyond that where the law is ours."""

    def test_answers_the_example_of_its_lesson_if_there_is_one_with_other_data(self, scenario: str) -> None:
        about = plan(scenario).about
        listed = {} if about.lesson is None else stated(about.lesson).scenarios
        assert about.lesson is None or listed["controlled"] == scenario
        if "as_written" in listed:
            answered = plan(listed["as_written"])
            assert (about.article, about.example) == (answered.about.article, answered.about.example)
            assert "data.name" in {key for key, _, _ in diff(answered, plan(scenario))}

    def test_has_a_signal_to_find_in_all_arms_but_negative_controls(self, scenario: str) -> None:
        """The best predictor that the law knows beats the best constant by far on the test rows."""
        for name, arm in arms_of(scenario).items():
            law, test = arm.data, draw(arm.data, [], Streams(0, plan(scenario).about.vary))["test"]  # before any stage
            if hasattr(law, "line"):
                best = law.line(test.x)
            elif hasattr(law, "probability"):
                best = law.probability(test.x, test.share)
            elif hasattr(law, "boundary"):  # a rule, that labels follow but for the flipped ones
                best = (test.x[:, 0] > law.boundary).astype(float)
            else:
                continue  # a law that knows no truth
            nothing_to_find = 0 in (getattr(law, "separation", 1), getattr(law, "slope", 1))
            assert (np.mean((best - test.y) ** 2) < 0.9 * np.var(test.y)) != nothing_to_find, name


@pytest.mark.parametrize("scenario", ["smote_controlled", "smote_real"])
def test_the_threshold_arm_decides_where_the_costs_break_even(scenario: str) -> None:
    arms = arms_of(scenario)
    for arm in arms.values():
        assert arm.decision.miss_cost == 9
        assert arm.decision.threshold == pytest.approx(1 / (1 + 9) if arm is arms["threshold"] else 0.5)
    share = arms["threshold"].data.minority_share
    assert (1 - share) / share == pytest.approx(arms["threshold"].decision.miss_cost)  # the ratio of the classes


def test_the_paradoxs_threshold_is_where_a_miss_costs_what_the_large_class_outnumbers_it_by() -> None:
    arms = arms_of("accuracy_paradox_controlled")
    assert arms["overlap_threshold"].decision.threshold == arms["overlap_long"].data.minority_share
    assert changed(arms["overlap_threshold"], "decision", threshold=0.5) == arms["overlap_long"]


@pytest.mark.parametrize(("one", "other"), [("network", "equal"), ("overlap", "overlap_equal")])
def test_shares_and_length_of_training_are_crossed_two_by_two(one: str, other: str) -> None:
    arms = arms_of("accuracy_paradox_controlled")
    longer = {"network": "long"}.get(one, f"{one}_long")
    assert arms[longer] == changed(arms[one], "training", epochs=arms[longer].training.epochs)
    assert arms[f"{other}_long"] == changed(arms[other], "training", epochs=arms[longer].training.epochs)
    shares = {name: np.mean(rows("accuracy_paradox_controlled", name)["train"].y) for name in (one, other)}
    assert shares == {one: pytest.approx(1 / 11), other: 0.5} and arms[one].training == arms[other].training


def test_the_listings_rows_are_drawn_as_it_draws_them_and_tested_on_fresh_ones() -> None:
    listed, fair = plan("accuracy_paradox").arms["network"], arms_of("accuracy_paradox_controlled")["network"]
    assert changed(fair, "data", n_test=0) == listed


@pytest.mark.parametrize("lesson", ["smote", "smote_balance", "multi_seed"])
def test_a_remedy_on_real_data_is_the_controlled_one(lesson: str) -> None:
    """Of arms that both have: stages, decisions, and how the model's parts vary are the same."""
    fair, real = arms_of(f"{lesson}_controlled"), arms_of(f"{lesson}_real")
    assert set(real) <= set(fair)
    for name, arm in real.items():
        assert (arm.stages, arm.decision) == (fair[name].stages, fair[name].decision), name
        assert (arm.model.hidden, arm.model.varied) == (fair[name].model.hidden, fair[name].model.varied), name


def test_imbalance_is_all_that_tells_equal_from_rare_classes() -> None:
    arms = arms_of("smote_balance_controlled")
    assert changed(arms["rare"], "data", minority_share=0.5) == arms["equal"]
    assert changed(arms["rare"], "data", minority_share=0.1) == arms["original"]


def test_corrected_probabilities_are_those_of_the_share_that_is_tested() -> None:
    for scenario in ("prior_shift_controlled", "prior_shift_real"):
        arms = arms_of(scenario)
        assert arms["corrected"].decision.corrected_to == arms["corrected"].data.shifted_share
        assert arms["network"] == changed(arms["corrected"], "decision", corrected_to=None)


def test_the_shift_is_asked_of_real_images_with_the_controlled_network() -> None:
    controlled, real = (arms_of(f"prior_shift_{kind}")["network"] for kind in ("controlled", "real"))
    assert real.model == controlled.model
    assert real.training == changed(controlled, "training", validate_on="none").training  # no rows to watch
    assert real.data.n_train == controlled.data.n_train
    assert arms_of("metric_choice_real")["network"] == real  # one record serves both


def test_the_rule_between_two_thresholds_has_even_skill() -> None:
    arm = arms_of("metric_choice_controlled")["share_10_low"]
    assert arm.decision.threshold == pytest.approx(arm.data.minority_share)  # the share is undone
    low, high = (arms_of("metric_choice_controlled")[f"share_50_{name}"] for name in ("low", "high"))
    assert low.data == high.data and low.data.minority_share == 0.5
    assert low.decision.threshold == pytest.approx(1 - high.decision.threshold)  # mirror images


def test_as_many_rows_of_the_small_class_means_as_many() -> None:
    ones = {int(rows("imbalance_controlled", name)["train"].y.sum()) for name in ("logistic", "share_2_as_many")}
    assert len(ones) == 1


SEVERAL = pytest.mark.parametrize("scenario", ["multi_seed_controlled", "multi_seed_real"])


@SEVERAL
def test_one_source_of_randomness_at_a_time_is_one_stream_at_a_time(scenario: str) -> None:
    arms = arms_of(scenario)
    streams = {"init": "init", "order": "shuffle", "masks": "dropout", "split": "split", "data": "data"}
    named = {name: stream for name, stream in streams.items() if name in arms}
    assert {name: arms[name].model.members_vary for name in named} == {name: [s] for name, s in named.items()}
    assert "all" not in arms or set(arms["all"].model.members_vary) == {"data", "split", "init", "shuffle"}
    assert arms["nothing"].model.members_vary == []
    assert {name: bool(arm.model.dropout) for name, arm in arms.items()} == {name: name == "masks" for name in arms}


@SEVERAL
def test_models_of_one_replicate_share_their_test_rows_and_only_those_rows_vary_that_should(scenario: str) -> None:
    arms, vary = arms_of(scenario), plan(scenario).about.vary
    for name, arm in arms.items():
        models = drawn(arm, vary, 0)
        assert len({splits["test"].x.tobytes() for splits in models}) == 1
        own_rows = bool({"data", "split"} & set(arm.model.members_vary))
        assert len({splits["train"].x.tobytes() for splits in models}) == (len(models) if own_rows else 1), name


def test_the_linear_control_of_overfitting_differs_in_its_bends_alone() -> None:
    arms = arms_of("overfitting_controlled")
    assert arms["linear"] == changed(arms["network"], "model", activation="linear")


def test_networks_of_another_size_differ_in_their_hidden_layers_alone() -> None:
    sized = [arm.model for name, arm in arms_of("overfitting_controlled").items() if name.startswith("units_")]
    network = arms_of("overfitting_controlled")["network"].model
    assert [network.model_copy(update={"hidden": one.hidden}) for one in sized] == sized
    assert [len(one.hidden) for one in sized] == [1] * len(sized) and sized == sorted(sized, key=lambda one: one.hidden)


def test_a_rate_of_dropout_is_scored_at_the_end_and_at_its_best_epoch_and_nothing_else_differs() -> None:
    arms = arms_of("dropout_controlled")
    ends = [name for name in arms if not name.endswith("_best")]
    assert ends and set(arms) == {*ends, *(f"{name}_best" for name in ends)}
    for name in ends:
        kept = arms[f"{name}_best"]
        assert kept.training.stopping.restore_best_weights and kept.training.validate_on == "validation"
        assert changed(kept, "training", stopping=None, validate_on="none") == arms[name]


def test_sizes_are_compared_at_equal_steps_at_equal_passes_and_at_the_best_epoch_by_rows_beside() -> None:
    arms = arms_of("data_size_controlled")

    def budget(of: str) -> dict[str, Arm]:
        return {name: arm for name, arm in arms.items() if name.startswith(of)}

    passes = {arm.training.epochs for arm in (*budget("passes_").values(), arms["rows_256"])}
    assert len(passes) == 1
    steps = [-(-arm.data.n_train // 32) * arm.training.epochs for arm in budget("rows_").values()]
    assert max(steps) < 1.01 * min(steps)
    for name, arm in budget("stopped_").items():
        size = int(name.partition("_")[2])
        assert arm.data.n_train == size and arm.data.n_validation >= 100
        assert arm.training.stopping.patience >= arm.training.epochs  # to the end
    for arm in budget("listing_").values():  # of the listing's features and epochs, or of its small set's steps
        listed = plan("data_size").arms["large"]
        assert (arm.data.n_features, arm.model) == (1, listed.model)
        assert arm.training == listed.training or arm is arms["listing_200_steps"]


def test_the_spurious_feature_follows_the_labels_better_than_the_rule_does_until_it_is_tested() -> None:
    arms = arms_of("input_sensitivity_controlled")
    assert arms["spurious"].data.spurious > 1 - arms["spurious"].data.flipped
    assert changed(arms["spurious"], "data", spurious=0.5).data == arms["noisy"].data
    splits = rows("input_sensitivity_controlled", "spurious")
    agree = {name: np.mean((splits[name].x[:, 1] >= 0.5) == splits[name].y) for name in ("train", "test_broken")}
    assert agree["train"] > 0.9 and abs(agree["test_broken"] - 0.5) < 0.1


def test_the_jumping_networks_differ_in_size_and_penalty_alone() -> None:
    arms = arms_of("input_sensitivity_controlled")
    memorising = arms["memorising"]
    assert changed(memorising, "model", hidden=[10]) == arms["few_rows"]
    penalties = {name: arm.model.l2 for name, arm in arms.items() if arm.model.l2}
    assert 0 < penalties["memorising_l2_weak"] < penalties["memorising_l2"] and len(penalties) == 2
    assert all(changed(arms[name], "model", l2=None) == memorising for name in penalties)
    assert arms["many_features"] == changed(arms["network"], "data", n_features=30)


@pytest.mark.parametrize("scenario", ["ridge_lasso_controlled", "ridge_lasso_real"])
def test_a_strength_is_chosen_among_those_of_the_arms_on_rows_that_do_nothing_else(scenario: str) -> None:
    arms = arms_of(scenario)
    assert arms["l2_chosen"] == changed(arms["l2"], "model", alternatives=arms["l2_chosen"].model.alternatives)
    for name, arm in arms.items():
        assert bool(arm.model.alternatives) == name.endswith("_chosen")
        assert "validation" in rows(scenario, name)
    own = {arm.model.inverse_penalty for arm in arms.values() if getattr(arm.model, "penalty", None) == "l2"}
    tried = {1, *arms["l2_chosen"].model.alternatives}
    assert own <= tried and max(tried) == arms["weakest"].model.inverse_penalty
    assert arms["cut_chosen"].decision.cut and not arms["rounded"].decision.cut
