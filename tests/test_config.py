"""Configuration: every scenario is whole, an override reaches what it names, and all else is one clear line."""

import contextlib
import dataclasses
import functools
import io
import sys
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf, open_dict

import run
from mirage import config, data, metrics, references
from mirage.streams import Streams

config.register()


@functools.cache
def plan(scenario: str, *overrides: str) -> config.Plan:
    """The plan that these overrides make."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        composed = compose("config", [f"scenario={scenario}", *overrides], return_hydra_config=True)
    own = list(composed.hydra.overrides.task)
    with open_dict(composed):
        del composed["hydra"]
    return run.plan_of(composed, scenario, own)


def typed(*arguments: str) -> tuple[int, list[config.Plan], str]:
    """What `python -m run` would do: its exit status, the plans it would perform, and its standard error."""
    plans: list[config.Plan] = []
    run.failures.clear()
    with (
        mock.patch.object(run, "perform", plans.append),
        mock.patch.object(sys, "argv", ["run.py", *arguments]),
        contextlib.redirect_stderr(io.StringIO()) as said,
    ):
        try:
            run.main()
        except SystemExit as stop:
            return int(stop.code or 0), plans, said.getvalue()
    return 0, plans, said.getvalue()


def refusal(scenario: str, *overrides: str) -> str:
    """The one line that a refused command gets."""
    status, plans, said = typed(f"scenario={scenario}", *overrides)
    assert (status, plans, said.count("\n")) == (2, [], 1)
    return said.removesuffix("\n")


def flat(node: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted keys to values."""
    if not isinstance(node, dict):
        return {prefix: node}
    return {k: v for key, value in node.items() for k, v in flat(value, f"{prefix}.{key}".lstrip(".")).items()}


def settings_of(made: config.Plan) -> dict[str, Any]:
    """Every setting of every arm: {'dropout.model.dropout': 0.2, ...}."""
    return flat({name: dataclasses.asdict(arm) for name, arm in made.arms.items()})


GROUPS = tuple(field.name for field in dataclasses.fields(config.Arm))


def keys(kind: Any) -> str:
    return ", ".join(field.name for field in dataclasses.fields(kind))


def names(known: Any) -> str:
    return ", ".join(known)


# -- scenario files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", run.SCENARIOS)
class TestScenarioFile:
    def test_resolves_and_is_canonical_over_thirty_seeds(self, scenario: str) -> None:
        made = plan(scenario, "replicates=30")
        assert made.canonical and made.seeds == range(30) and made.arms

    def test_has_a_title_of_one_line(self, scenario: str) -> None:
        title = plan(scenario).title
        assert title == title.strip() and "\n" not in title and 10 <= len(title) <= 90

    def test_belongs_to_a_lesson_with_its_file_and_its_claims(self, scenario: str) -> None:
        lesson = plan(scenario).lesson
        assert run.lesson_file(lesson).is_file()
        assert OmegaConf.load(run.ROOT / f"conf/claims/{lesson}.yaml").lesson == lesson

    def test_is_named_after_its_lesson_and_kind(self, scenario: str) -> None:
        made = plan(scenario)
        assert scenario == made.lesson + {"as_written": "", "controlled": "_controlled"}[made.kind]

    def test_has_the_arm_under_study_as_its_base(self, scenario: str) -> None:
        config.register()
        with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
            composed = compose("config", [f"scenario={scenario}"])
        studied = [name for name, patch in composed.arms.items() if patch == {}]
        assert len(studied) == 1
        base = flat({part: OmegaConf.to_container(composed[part]) for part in GROUPS})
        arm = flat(dataclasses.asdict(plan(scenario).arms[studied[0]]))
        assert all(value == base[key] for key, value in arm.items() if value is not None)
        assert all(base[key] != "???" for key, value in arm.items() if value is not None)

    def test_says_what_its_seeds_vary(self, scenario: str) -> None:
        made = plan(scenario)
        assert made.scope.strip() and made.vary


def test_every_lesson_has_its_scenario_and_no_two_scenarios_one_title() -> None:
    made = [plan(scenario) for scenario in run.SCENARIOS]
    assert {file.stem for file in (run.ROOT / "experiments").glob("*.py")} == {p.lesson for p in made}
    assert len({p.title for p in made}) == len(made)


# -- an override reaches what it names, and nothing else -----------------------------------------------------


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        ("overfitting model.dropout=0.5", {"network.model.dropout": 0.5}),
        ("dropout model.dropout=0.5", {"dropout.model.dropout": 0.5}),
        ("dropout arms.dropout.model.dropout=0.5", {"dropout.model.dropout": 0.5}),
        ("dropout arms.baseline.model.dropout=0.5", {"baseline.model.dropout": 0.5}),
        (
            "dropout model.dropout=0.5 arms.baseline.model.dropout=0.1",
            {"dropout.model.dropout": 0.5, "baseline.model.dropout": 0.1},
        ),
        ("dropout data.n_train=40", {"baseline.data.n_train": 40, "dropout.data.n_train": 40}),
        ("data_size data.n_train=40", {"large.data.n_train": 40}),
        ("data_size arms.small.data.n_train=40", {"small.data.n_train": 40}),
        ("dropout training.epochs=500", {"baseline.training.epochs": 500, "dropout.training.epochs": 500}),
        ("overfitting training.epochs=500", {"network.training.epochs": 500}),
        ("overfitting training.batch_size=8", {"network.training.batch_size": 8}),
        ("overfitting training.optimizer.learning_rate=0.01", {"network.training.optimizer.learning_rate": 0.01}),
        ("overfitting training.optimizer.name=sgd", {"network.training.optimizer.name": "sgd"}),
        ("overfitting training.engine=fit", {"network.training.engine": "fit"}),
        ("overfitting model.hidden=[32,32]", {"network.model.hidden": [32, 32]}),
        ("overfitting model.activation=tanh", {"network.model.activation": "tanh"}),
        ("overfitting data={n_train:7,noise:2}", {"network.data.n_train": 7, "network.data.noise": 2.0}),
        (
            "dropout training.epochs=9 arms.baseline.training.epochs=3",
            {"dropout.training.epochs": 9, "baseline.training.epochs": 3},
        ),
    ],
)
def test_an_override_changes_exactly_what_it_names(command: str, changed: dict[str, Any]) -> None:
    scenario, *overrides = command.split()
    before, after = settings_of(plan(scenario)), settings_of(plan(scenario, *overrides))
    assert {key: value for key, value in after.items() if before[key] != value} == changed


def test_an_arm_set_to_null_is_dropped_and_the_others_stay() -> None:
    assert plan("data_size", "arms.large=null").arms == {"small": plan("data_size").arms["small"]}


def test_an_arm_added_with_a_plus_starts_from_the_base() -> None:
    made = plan("dropout", "+arms.heavy.model.dropout=0.9", "training.epochs=5")
    assert list(made.arms) == ["baseline", "dropout", "heavy"]
    studied = dataclasses.asdict(made.arms["dropout"])
    assert dataclasses.asdict(made.arms["heavy"]) == studied | {"model": studied["model"] | {"dropout": 0.9}}


def test_seeds_follow_one_another() -> None:
    assert plan("dropout").seeds == range(0, 1)
    assert plan("dropout", "seed=3", "replicates=4").seeds == range(3, 7)


def test_results_go_to_the_checkout_unless_told_otherwise(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.results_folder(plan("dropout")) == run.ROOT / "results"
    assert run.results_folder(plan("dropout", "results_dir=here")) == tmp_path / "here"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "canonical"),
    [
        ("dropout replicates=30", True),
        ("dropout replicates=30 force=true steps=[tables] results_dir=/elsewhere", True),
        ("dropout", False),
        ("dropout replicates=31", False),
        ("dropout seed=1 replicates=30", False),
        ("dropout replicates=30 training.epochs=500", False),
        ("dropout replicates=30 arms.baseline=null", False),
        ("dropout replicates=30 +arms.heavy.model.dropout=0.9", False),
        ("dropout replicates=30 references=[]", False),
    ],
)
def test_canonical_is_an_unmodified_scenario_over_seeds_0_to_29(command: str, canonical: bool) -> None:
    assert plan(*command.split()).canonical is canonical


# -- what is refused, in which words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "key", "instead"),
    [
        ("data_size data.n_train=50 arms.large=null", "data.n_train", "arms.small.data.n_train"),
        (
            "data_size data.n_train=50 arms.large.data.n_train=100",
            "data.n_train",
            "arms.small.data.n_train or arms.large.data.n_train",
        ),
        ("data_size data={n_train:50} arms.large=null", "data.n_train", "arms.small.data.n_train"),
        ("dropout model.dropout=0.5 arms.dropout=null", "model.dropout", "arms.baseline.model.dropout"),
    ],
)
def test_an_override_hidden_by_every_arm_names_the_key_to_use(command: str, key: str, instead: str) -> None:
    assert refusal(*command.split()) == (
        f"{key}: every arm sets this for itself, so it would change nothing; use {instead}"
    )


NOT_READ = {
    "overfitting data.n_features=3": "data.n_features: got 3, but law noisy_line does not read it",
    "overfitting data.held_out=0.2": "data.held_out: got 0.2, but law noisy_line does not read it",
    "overfitting data.resample=smote": "data.resample: got smote, but law noisy_line does not read it",
    "overfitting model.alpha=1": "model.alpha: got 1.0, but a mlp model does not read it",
    "multi_seed data.resample=none": "data.resample: got none, but law uniform_target does not read it",
    "smote data.n_rows=10": "data.n_rows: got 10, but law blocks does not read it",
    "smote arms.none.data.n_rows=10": "arms.none.data.n_rows: got 10, but law blocks does not read it",
    "imbalance data.neighbours=3": "data.neighbours: got 3, but law blocks does not read it",
    "imbalance model.hidden=[3]": "model.hidden: got [3], but a logistic model does not read it",
    "imbalance model.alpha=1": "model.alpha: got 1.0, but a logistic model does not read it",
    "imbalance training.epochs=5": "training.epochs: got 5, but a logistic model does not read it",
    "imbalance training.watch=[]": "training.watch: got [], but a logistic model does not read it",
    "imbalance training.optimizer.name=sgd": (
        "training.optimizer.name: got sgd, but a logistic model does not read it"
    ),
    "ridge_lasso model.inverse_penalty=2": "model.inverse_penalty: got 2.0, but a ridge model does not read it",
    "ridge_lasso arms.lasso.model.dropout=0": "arms.lasso.model.dropout: got 0.0, but a lasso model does not read it",
    "ridge_lasso arms.lasso.training.stopping.patience=3": (
        "arms.lasso.training.stopping.patience: got 3, but a lasso model does not read it"
    ),
    "prior_shift decision.threshhold=0.2": (
        "decision.threshhold: unknown key (did you mean threshold?); decision takes "
        "threshold, corrected_to, miss_cost, ensembles_of"
    ),
    # of several settings in one override every single one must be read
    "overfitting data={n_train:7,n_features:3}": "data.n_features: got 3, but law noisy_line does not read it",
    # what the other kind would read is missing; what this one inherits and does not read is no matter
    "overfitting model.kind=ridge": "model.alpha: not set, a ridge model takes a number of at least 0",
    "overfitting model.kind=ridge model.alpha=1 model.dropout=0.2": (
        "model.dropout: got 0.2, but a ridge model does not read it"
    ),
    "imbalance model.kind=mlp": (
        "model.hidden: not set, a mlp model takes a list of one or more whole numbers of at least 1"
    ),
    "imbalance data.law=coin": "data.n_test: not set, law coin takes a whole number from 0 to 1000000",
    "accuracy_paradox data.resample=smote": (
        "data.resample_seed: not set, law blocks takes "
        "a whole number from 0 to 4294967295, or null: the stream resample"
    ),
}


def test_what_is_inherited_and_not_read_is_dropped() -> None:
    """A fair experiment may start from a law or a kind of model that reads other settings."""
    before, after = plan("ridge_lasso"), plan("ridge_lasso_controlled")
    assert before.arms["lasso"].data.n_rows == 100 and before.arms["lasso"].model.alpha == 1
    l1 = after.arms["l1"]
    assert (l1.data.n_rows, l1.model.alpha, l1.model.penalty) == (None, None, "l1")
    assert after.arms["rounded"].model.inverse_penalty is None and after.arms["rounded"].training.epochs is None
    # One arm that reads it is enough to make an override good.
    assert plan("ridge_lasso", "model.alpha=3").arms["lasso"].model.alpha == 3
    changed = plan("ridge_lasso_controlled", "model.inverse_penalty=3").arms
    assert (changed["l1"].model.inverse_penalty, changed["rounded"].model.inverse_penalty) == (3, None)


@pytest.mark.parametrize(("command", "text"), NOT_READ.items(), ids=NOT_READ)
def test_a_setting_that_is_not_read_is_refused_and_one_that_is_read_must_be_set(command: str, text: str) -> None:
    assert refusal(*command.split()) == text


CANNOT_DRAW = {
    "smote data.n_minority=5": "data.neighbours: got 5, SMOTE takes fewer than the 5 minority rows",
    "smote data.neighbours=10": "data.neighbours: got 10, SMOTE takes fewer than the 10 minority rows",
    "smote_balance data.neighbours=60": "data.neighbours: got 60, SMOTE takes fewer than the 50 minority rows",
    "imbalance data.held_out=0": "data.held_out: got 0.0 of 1000 rows, takes at least one row on each side",
    "imbalance data.n_minority=1": "data.held_out: got 0.2, which leaves a class out of test (181, 0 rows)",
    "prior_shift data.n_majority=1 data.n_minority=1": (
        "data.held_out: got 0.2, which leaves a class out of train (1, 0 rows)"
    ),
    "early_stopping data.n_rows=1": "data.held_out: got 0.2 of 1 rows, takes at least one row on each side",
    "early_stopping data.n_rows=2": "data.held_out: got 0.2, which leaves a class out of train (",
    "ridge_lasso data.held_out=0.999": "data.held_out: got 0.999 of 100 rows, takes at least one row on each side",
}


@pytest.mark.parametrize(("command", "text"), CANNOT_DRAW.items(), ids=CANNOT_DRAW)
def test_settings_that_give_no_usable_rows_get_one_line_with_the_numbers(command: str, text: str) -> None:
    made = plan(*command.split())
    studied = list(made.arms.values())[-1]  # every scenario file has the arm under study last
    with pytest.raises(data.CannotDraw) as raised:
        for seed in range(5):  # labels by chance need not lack a class in the first
            data.draw(studied.data, Streams(seed, made.vary))
    assert str(raised.value).startswith(text) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "command",
    [
        "smote_balance data.n_features=3",  # make_classification needs four: its ValueError is shown as it is
        "multi_seed data.n_test=0",  # divided by later
        "early_stopping data.n_rows=3",  # seed 1 draws one class only, which a split then cannot leave out
        "metric_choice data.n_rows=1",
        "input_sensitivity data.boundary=1",
    ],
)
def test_settings_that_can_give_no_usable_rows_are_refused(command: str) -> None:
    try:
        made = plan(*command.split())
        for seed in range(10):
            splits = data.draw(list(made.arms.values())[-1].data, Streams(seed, made.vary))
            assert all(len(set(y)) > 1 for _, y in splits.values())
    except (config.ConfigError, data.CannotDraw):
        return
    pytest.fail("not refused")


@pytest.mark.parametrize(
    "command",
    [
        "dropout model.members=2",
        "metric_choice model.members=2",
        "l2 data.held_out_as=none",
        "l2 training.validate_on=test data.n_test=0",
        "metric_choice training.stopping.monitor=val_loss",
        "overfitting decision.threshold=0.2",  # a regression has no probabilities
        "overfitting decision.corrected_to=0.2",
        "ridge_lasso decision.threshold=0.2",  # its output is rounded
        "metric_choice decision.ensembles_of=2",
        "multi_seed decision.ensembles_of=3",
        "l2_controlled data.held_out_as=validation",  # there are validation rows already
        "l2_controlled data.n_informative=11",
        "overfitting_controlled data.n_pool=39",
        "input_sensitivity_controlled data.n_features=1",
        "data_size_controlled references=[bayes]",
        "l2 references=[true_line]",
    ],
)
def test_settings_that_contradict_one_another_are_refused(command: str) -> None:
    with pytest.raises(config.ConfigError):
        plan(*command.split())


@pytest.mark.parametrize("command", ["smote data.n_minority=6", "smote data.neighbours=9", "smote data.n_minority=200"])
def test_smote_takes_one_minority_row_more_than_neighbours(command: str) -> None:
    made = plan(*command.split())
    drawn = data.draw(made.arms["smote"].data, Streams(0, made.vary))
    counts = np.bincount(drawn["train"].y)
    assert counts[0] == counts[1]


RUN = keys(config.Config)
REFUSED = {
    # out of range
    "training.epochs=0": "training.epochs: got 0, takes a whole number from 1 to 1000000",
    "training.batch_size=0": "training.batch_size: got 0, takes a whole number from 1 to 1000000",
    "training.optimizer.learning_rate=0": "training.optimizer.learning_rate: got 0.0, takes a number above 0",
    "training.optimizer.learning_rate=nan": "training.optimizer.learning_rate: got nan, takes a number above 0",
    "training.optimizer.learning_rate=inf": "training.optimizer.learning_rate: got inf, takes a number above 0",
    "model.dropout=1.0": "model.dropout: got 1.0, takes a number from 0 to below 1",
    "model.dropout=-0.1": "model.dropout: got -0.1, takes a number from 0 to below 1",
    "model.dropout=nan": "model.dropout: got nan, takes a number from 0 to below 1",
    "model.hidden=[]": "model.hidden: got [], takes a list of one or more whole numbers of at least 1",
    "model.hidden=[0]": "model.hidden: got [0], takes a list of one or more whole numbers of at least 1",
    "model.hidden=[8,-1]": "model.hidden: got [8, -1], takes a list of one or more whole numbers of at least 1",
    "data.n_train=0": "data.n_train: got 0, takes a whole number from 1 to 1000000",
    "data.n_test=-5": "data.n_test: got -5, takes a whole number from 0 to 1000000",
    "data.n_test=0": "data.n_test: got 0, law noisy_line takes a whole number of at least 1",
    "model.l2=-0.1": "model.l2: got -0.1, takes a number of at least 0",
    "model.members=0": "model.members: got 0, takes a whole number from 1 to 8",
    "model.members=9": "model.members: got 9, takes a whole number from 1 to 8",
    "training.stopping.patience=-1": "training.stopping.patience: got -1, takes a whole number from 0 to 1000000",
    "data.noise=-1": "data.noise: got -1.0, takes a number of at least 0",
    "data.slope=inf": "data.slope: got inf, takes a number",
    "data.skip=-1": "data.skip: got -1, takes a whole number from 0 to 1000000",
    "data.low=10": "data.high: got 10.0, takes a number above data.low, which is 10.0",
    "data.legacy_seed=4294967296": "data.legacy_seed: got 4294967296, takes a whole number from 0 to 4294967295",
    "data.n_train=1000000000000": "data.n_train: got 1000000000000, takes a whole number from 1 to 1000000",
    "data.n_train=1e12": "data.n_train: got 1000000000000.0, takes a whole number from 1 to 1000000",
    "replicates=1000001": "replicates: got 1000001, takes a whole number from 1 to 1000000",
    "seed=-1": "seed: got -1, takes a whole number of at least 0",
    "replicates=0": "replicates: got 0, takes a whole number from 1 to 1000000",
    # unknown names
    "model.activation=rleu": f"model.activation: got rleu, takes one of {names(config.ACTIVATIONS)}",
    "model.kind=cnn": f"model.kind: got cnn, takes one of {names(config.MODELS)}",
    "data.law=parabola": f"data.law: got parabola, takes one of {names(config.LAWS)}",
    "training.engine=keras": f"training.engine: got keras, takes one of {names(config.ENGINES)}",
    "training.loss=mse": f"training.loss: got mse, takes one of {names(config.LOSSES)}",
    "training.optimizer.name=adm": f"training.optimizer.name: got adm, takes one of {names(config.OPTIMIZERS)}",
    "metrics=[rmse]": f"metrics: got ['rmse'], takes a list of one or more of {names(config.METRICS)}",
    "metrics=[mse,mse]": f"metrics: got ['mse', 'mse'], takes a list of one or more of {names(config.METRICS)}",
    "references=[oracle]": f"references: got ['oracle'], takes a list of any of {names(config.REFERENCES)}",
    "vary=[inits]": f"vary: got ['inits'], takes a list of any of {names(config.STREAMS)}",
    "steps=[figure]": f"steps: got ['figure'], takes a list of one or more of {names(config.STEPS)}",
    "metrics=[]": f"metrics: got [], takes a list of one or more of {names(config.METRICS)}",
    "show=[]": f"show: got [], takes a list of one or more of {names(config.METRICS)}",
    "steps=[]": f"steps: got [], takes a list of one or more of {names(config.STEPS)}",
    "training.watch=[loss]": f"training.watch: got ['loss'], takes a list of any of {names(config.WATCHED)}",
    "training.validate_on=train": f"training.validate_on: got train, takes one of {names(config.VALIDATED_ON)}",
    "training.stopping.monitor=accuracy": (
        f"training.stopping.monitor: got accuracy, takes one of {names(config.MONITORS)}"
    ),
    "model.output=softmax": f"model.output: got softmax, takes one of {names(config.OUTPUTS)}",
    "kind=fair": f"kind: got fair, takes one of {names(config.KINDS)}",
    # wrong types
    "training.epochs=1.5": "training.epochs: got 1.5, takes a whole number from 1 to 1000000",
    "training.epochs=many": "training.epochs: got many, takes a whole number from 1 to 1000000",
    "training.epochs=null": "training.epochs: got null, takes a whole number from 1 to 1000000",
    "training.epochs=": "training.epochs: got , takes a whole number from 1 to 1000000",
    "training.epochs=true": "training.epochs: got True, takes a whole number from 1 to 1000000",
    "training.epochs=[3]": "training.epochs: got [3], takes a whole number from 1 to 1000000",
    "training.epochs=???": "training.epochs: not set, a mlp model takes a whole number from 1 to 1000000",
    "data.n_train=???": "data.n_train: not set, law noisy_line takes a whole number from 1 to 1000000",
    "model.dropout=half": "model.dropout: got half, takes a number from 0 to below 1",
    "model.hidden=8": "model.hidden: got 8, takes a list of one or more whole numbers of at least 1",
    "model.hidden=[8.5]": "model.hidden[0]: got 8.5, takes a list of one or more whole numbers of at least 1",
    "model=3": f"model: got 3, takes the keys {keys(config.Model)}",
    "training.optimizer=adam": f"training.optimizer: got adam, takes the keys {keys(config.Optimizer)}",
    "steps=tables": f"steps: got tables, takes a list of one or more of {names(config.STEPS)}",
    "force=maybe": "force: got maybe, takes true or false",
    "seed=first": "seed: got first, takes a whole number of at least 0",
    "title=": "title: got , takes a line of text",
    "results_dir=[a]": "results_dir: got ['a'], takes a folder",
    # unknown keys
    "sed=3": f"sed: unknown key (did you mean seed?); a run takes {RUN}",
    "trainng.epochs=3": f"trainng: unknown key (did you mean training?); a run takes {RUN}",
    "training.epoch=3": f"training.epoch: unknown key (did you mean epochs?); training takes {keys(config.Training)}",
    "+model.width=3": f"model.width: unknown key; model takes {keys(config.Model)}",
    "+colour=red": f"colour: unknown key; a run takes {RUN}",
    # arms
    "arms.baseline.model.dropout=1.0": "arms.baseline.model.dropout: got 1.0, takes a number from 0 to below 1",
    "arms.baseline.model.dropout=nan": "arms.baseline.model.dropout: got nan, takes a number from 0 to below 1",
    "arms.baseline.model.dropout=half": "arms.baseline.model.dropout: got half, takes a number from 0 to below 1",
    "arms.baseline.model.dropout=null": "arms.baseline.model.dropout: got null, takes a number from 0 to below 1",
    "arms.baseline.training.epochs=0": "arms.baseline.training.epochs: got 0, takes a whole number from 1 to 1000000",
    "arms.baseline.data.n_train=0": "arms.baseline.data.n_train: got 0, takes a whole number from 1 to 1000000",
    "arms.baseline.data.high=-1": "arms.baseline.data.high: got -1.0, takes a number above data.low, which is 0.0",
    "arms.baseline.model.hidden=[]": (
        "arms.baseline.model.hidden: got [], takes a list of one or more whole numbers of at least 1"
    ),
    "arms.baseline.model.activation=rleu": (
        f"arms.baseline.model.activation: got rleu, takes one of {names(config.ACTIVATIONS)}"
    ),
    "arms.baseline.model=3": f"arms.baseline.model: got 3, takes the keys {keys(config.Model)}",
    "arms.baseline.model.droput=0.5": (
        "arms.baseline.model.droput: unknown key (did you mean dropout?); "
        f"arms.baseline.model takes {keys(config.Model)}"
    ),
    "arms.baseline.modle.dropout=0.5": (
        f"arms.baseline.modle: unknown key (did you mean model?); arms.baseline takes {keys(config.Arm)}"
    ),
    "arms.baseline.seed=3": f"arms.baseline.seed: unknown key; arms.baseline takes {keys(config.Arm)}",
    "arms.baseline=[1]": "arms.baseline: got [1], takes settings such as {model: {dropout: 0}}, or null",
    "arms=[1]": "arms: got [1], takes settings by arm",
    "arms.baseline=3": "arms.baseline: got 3, takes settings such as {model: {dropout: 0}}, or null",
    "arms.baselin.model.dropout=0.5": (
        "arms.baselin: unknown arm (did you mean baseline?), takes baseline, dropout, network; +arms.baselin adds one"
    ),
    "arms.baseline=null arms.dropout=null": "arms: got none, takes at least one that is not null",
    "+arms.heavy.model.dropout=1": "arms.heavy.model.dropout: got 1.0, takes a number from 0 to below 1",
}


@pytest.mark.parametrize(("overrides", "text"), REFUSED.items(), ids=REFUSED)
def test_refused(overrides: str, text: str) -> None:
    assert refusal("dropout", *overrides.split()) == text


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        ("training.epochs=[3", "training.epochs=[3: cannot be read"),
        pytest.param(
            "~training.epochs",
            "training.epochs: ",
        ),
        (
            "arms.baseline.training.optimizer=sgd",
            f"arms.baseline.training.optimizer: got sgd, takes the keys {keys(config.Optimizer)}",
        ),
        ("results_dir=", "results_dir: got , takes a folder"),
        ("lesson=nowhere", "lesson: got nowhere, takes one of "),
        pytest.param(
            "arms={../../up:{}}",
            "arms: got ../../up",
        ),
        pytest.param(
            r"arms={a\,b:{}}",
            "arms: got a,b",
        ),
    ],
)
def test_refused_with_a_text_that_begins(overrides: str, text: str) -> None:
    assert refusal("dropout", *overrides.split()).startswith(text)


@pytest.mark.parametrize(
    ("scenario", "text"),
    [
        ("drpout", f"scenario: got drpout (did you mean dropout?), takes one of {names(run.SCENARIOS)}"),
        ("zzz", f"scenario: got zzz, takes one of {names(run.SCENARIOS)}"),
        ("???", f"scenario: not given, takes one of {names(run.SCENARIOS)}; for example: python -m run scenario="),
    ],
)
def test_an_unknown_or_missing_scenario_gets_the_known_ones(scenario: str, text: str) -> None:
    assert refusal(scenario).startswith(text)


FINE = (
    "model.dropout=0.3",
    "training.epochs=7",
    "data.n_train=11",
    "seed=4",
    "replicates=2",
    "+arms.heavy.model.dropout=0.9",
    "arms.baseline.training.batch_size=3",
    "references=[]",
    "force=true",
)
TOKENS = st.sampled_from(
    ["0", "1", "-1", "1.0", "1e400", "nan", "inf", "null", "true", "???", "[]", "[1]", "[1,2]", "[null]", "{}", "{a:1}"]
    + ["x", "''", "'x y'", "${seed}", "${no.such}", "a,b", "range(0,2)", "glob(*)", "int(3)", "[", "]", "'", "\\", "é"]
    + ["9" * 20, ""]
)
NESTED = [
    f"{part}.{key}"
    for part, kind in (
        ("data", config.Data),
        ("model", config.Model),
        ("training", config.Training),
        ("decision", config.Decision),
    )
    for key in keys(kind).split(", ")
]
KEYS = st.sampled_from(
    [*keys(config.Config).split(", "), *NESTED, "arms.baseline", "arms.x", "model.x", "x", "training.optimizer.name"]
    + [f"arms.baseline.{key}" for key in NESTED]
)
OVERRIDE = st.builds("{}{}={}".format, st.sampled_from(["", "", "+", "++"]), KEYS, TOKENS)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(OVERRIDE | KEYS.map("~{}".format), min_size=1, max_size=4))
def test_any_overrides_give_a_plan_or_one_line(overrides: list[str]) -> None:
    status, plans, said = typed("scenario=dropout", *overrides)
    if status == 0:
        assert said == "" and len(plans) == 1 and plans[0].arms and plans[0].seeds
    else:
        assert (status, plans, said.count("\n")) == (2, [], 1)
        assert said.strip() and "Error(" not in said, "a Python exception shown as such"


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(REFUSED)), st.lists(st.sampled_from(FINE), unique=True), st.randoms())
def test_what_is_refused_alone_is_refused_in_company(bad: str, fine: list[str], random: Any) -> None:
    settled = {override.partition("=")[0] for override in bad.split()} | ({"arms"} if "arms" in bad else set())
    company = [o for o in fine if not any(key in o for key in settled)]
    overrides = [*bad.split(), *company]
    random.shuffle(overrides)
    assert refusal("dropout", *overrides) == REFUSED[bad]


# -- the names in the configuration are those of the functions ----------------------------------------------


def test_every_law_metric_and_reference_of_the_configuration_is_a_function() -> None:
    assert list(config.LAWS) == list(data.LAWS)
    assert set(config.DECISION_METRICS) == set(metrics._of_counts(1, 1, 1, 1, 1))
    assert set(config.SCORE_METRICS) == {*metrics.RANKED, *metrics.PROBABLE, "outside_unit"}
    assert list(config.REFERENCES) == list(references.REFERENCES)


def test_every_model_loss_optimizer_and_activation_is_known_to_keras() -> None:
    import keras

    from mirage import classical, models

    assert set(config.MODELS) == {*config.TRAINED_BY_KERAS, *classical.ESTIMATORS}
    assert list(config.WATCHED) == list(models.WATCHED)
    assert list(config.LOSSES) == list(models.LOSSES)
    assert list(config.OPTIMIZERS) == list(models.OPTIMIZERS)
    for name in config.ACTIVATIONS:
        assert callable(keras.activations.get(name))


class Spy:
    """Settings that remember which of them were read."""

    def __init__(self, of: Any) -> None:
        self.of, self.read = of, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self.of, name)


ARMS = [(scenario, name, arm) for scenario in run.SCENARIOS for name, arm in plan(scenario).arms.items()]


@pytest.mark.parametrize("law", config.LAWS)
def test_a_law_reads_exactly_the_settings_that_the_table_says(law: str) -> None:
    used = [arm.data for _, _, arm in ARMS if arm.data.law == law]
    assert used, "no scenario uses this law"
    read: set[str] = set()
    for one in used:  # the share of shifted rows, say, is read only where there are some
        spy = Spy(one)
        splits = data.LAWS[law](spy, np.random.default_rng(0), np.random.default_rng(1))
        read |= spy.read
        for x, y in splits.values():
            assert len(x) == len(y) and np.isfinite(x).all() and np.isfinite(y).all()
    assert read == set(config.LAWS[law]) - set(config._LABELLED)


@pytest.mark.parametrize(("scenario", "name", "arm"), ARMS, ids=[f"{s}-{n}" for s, n, _ in ARMS])
def test_an_arm_has_set_what_is_read_and_nothing_else(scenario: str, name: str, arm: config.Arm) -> None:
    def given(node: Any) -> set[str]:
        return {key for key, value in dataclasses.asdict(node).items() if value is not None}

    resampled = set(config.RESAMPLED) if arm.data.resample is not None else set()
    drawn = {"law", *config.LAWS[arm.data.law]} | resampled
    may_be_null = {"split_seed", "resample_seed"}  # then they follow their streams
    assert given(arm.data) - may_be_null == drawn - may_be_null and given(arm.data) <= drawn
    assert given(arm.model) == {"kind", *config.MODELS[arm.model.kind]}
    assert given(arm.decision) >= {"threshold", "miss_cost", "ensembles_of"}
    trained = flat(dataclasses.asdict(arm.training)).values()
    assert all((value is not None) == (arm.model.kind in config.TRAINED_BY_KERAS) for value in trained)


def test_every_setting_belongs_to_a_law_or_a_kind_of_model() -> None:
    read = set(config.RESAMPLED).union(*config.LAWS.values())
    assert read == set(keys(config.Data).split(", ")) - {"law"}
    assert set().union(*config.MODELS.values()) == set(keys(config.Model).split(", ")) - {"kind"}


def test_takes_knows_every_key_and_no_other() -> None:
    for key in [*keys(config.Config).split(", "), *NESTED, *(f"arms.any.{key}" for key in NESTED)]:
        assert config.takes(key), key
    assert config.takes("model.width") is None


def test_closest_offers_only_what_is_like_it() -> None:
    assert config.closest("drpout", ["dropout", "overfitting"]) == " (did you mean dropout?)"
    assert config.closest("zzz", ["dropout"]) == ""
