"""Configuration: every file is whole, what is typed reaches what it names, and all else is one clear line."""

import functools
import re
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import ROOT, over_canonical_seeds, plan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from pydantic import ValidationError

import mirage
from mirage.api import stated
from mirage.config import compose, project, sweeping
from mirage.config.diff import diff
from mirage.config.plan import Arm, Change, Plan
from mirage.config.typed import assigned, jobs, parse, written
from mirage.data.law import Law
from mirage.data.stages.resample import Resample
from mirage.models.fitting import Training
from mirage.models.kind import Kind
from mirage.settings import Block, leaves

SCENARIOS, SWEEPS = project.scenarios(), project.sweeps()
BLOCKS = [("data", law) for law in Law.table] + [("model", kind) for kind in Kind.table]


def of(command: str) -> Plan:
    """The plan of a scenario and settings as typed into a shell."""
    return plan(*shlex.split(command))


def refusal(command: str, make: Callable[..., Plan] = mirage.plan) -> str:
    """The one line that a refused command gets."""
    with pytest.raises(mirage.ConfigError) as refused:
        make(*shlex.split(command))
    line = str(refused.value)
    assert "\n" not in line
    return line


def settings_of(made: Plan) -> dict[str, Any]:
    """Every setting of every arm: {'dropout.model.dropout': 0.2, ...}."""
    return dict(leaves({name: arm.model_dump() for name, arm in made.arms.items()}))


remembered = functools.cache(compose.load)


def quickly(scenario: str, *words: str) -> Plan:
    """As `mirage.plan`, but every scenario file is composed once only."""
    return compose.plan_of([assigned("scenario", scenario), *parse(words)], load=remembered)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_file_is_a_canonical_plan_with_a_title_of_its_own_listed_by_its_lesson(scenario: str) -> None:
    made = plan(scenario, *over_canonical_seeds(scenario))
    assert made.canonical and not plan(scenario).canonical and made == plan(scenario).over_canonical_seeds()
    assert made.arms and made.about.vary
    about, titles = made.about, [plan(name).about.title for name in SCENARIOS]
    assert 10 <= len(about.title) <= 90 and titles.count(about.title) == 1
    if about.lesson is not None:
        assert stated(about.lesson).scenarios[about.kind] == scenario and project.lesson_file(about.lesson).is_file()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_file_is_read_whole_and_inherits_from_block_files_only(scenario: str) -> None:
    file = OmegaConf.load(project.scenario_file(scenario))
    picked = [next(iter(entry.items())) for entry in file.defaults if entry != "_self_"]
    assert all(f"{group.removeprefix('/')}/{name}" in FILES for group, name in picked)
    assert [group for group, _ in picked] == list(dict.fromkeys(group for group, _ in picked))


FILES = {f"{group}/{file.stem}" for group in compose.GROUPS for file in (ROOT / "conf" / group).glob("*.yaml")}


def test_every_block_has_a_file_and_every_file_a_block() -> None:
    assert {f"{group}/{name}" for group, name in BLOCKS} == FILES - {"training/keras"}


@pytest.mark.parametrize(("group", "name"), [*BLOCKS, ("training", "keras")])
def test_a_block_file_gives_its_name_and_settings_of_the_block_that_are_in_range(group: str, name: str) -> None:
    values = OmegaConf.to_container(OmegaConf.load(ROOT / f"conf/{group}/{name}.yaml"))
    family = {"data": Law, "model": Kind, "training": Training}[group]
    assert isinstance(values, dict) and values.get("name", "keras") == name
    try:
        family.chosen(values).model_validate(values)
    except ValidationError as error:  # what belongs to one experiment is left to its scenario
        assert {one["type"] for one in error.errors()} == {"missing"}


# -- what is typed reaches what it names, and nothing else -------------------------------------------------------


SGD = {"dropout.training.optimizer.name": "sgd", "dropout.training.optimizer.learning_rate": 0.1}
CHANGES: dict[str, dict[str, Any]] = {
    "dropout model.dropout=0.5": {"dropout.model.dropout": 0.5},
    "dropout arms.baseline.model.dropout=0.5": {"baseline.model.dropout": 0.5},
    "dropout arms.dropout.training.optimizer=sgd arms.dropout.training.optimizer.learning_rate=0.1": SGD,
    "dropout arms.dropout.training.optimizer.learning_rate=0.1 arms.dropout.training.optimizer=sgd": SGD,
    "dropout data.n_train=40": {"baseline.data.n_train": 40, "dropout.data.n_train": 40},
    "data_size data.n_train=40": {"large.data.n_train": 40},  # arm small has its own
    "dropout model.l2=9 arms.baseline.model.l2=3": {"dropout.model.l2": 9, "baseline.model.l2": 3},
    "overfitting data={n_train:7,noise:2}": {"network.data.n_train": 7, "network.data.noise": 2.0},
    # absent from the file, and typed without a plus
    "overfitting 'model.hidden=[32]' model.l2=0.1": {"network.model.hidden": [32], "network.model.l2": 0.1},
    "overfitting model.batch_norm=true ++data.skip=2": {"network.model.batch_norm": True, "network.data.skip": 2},
    # another optimizer or resampling, which have no file, keeps what both take
    "overfitting training.optimizer=sgd": {"network.training.optimizer.name": "sgd"},
    "smote only=[smote] stages.resample.name=random_over": {"smote.stages.resample.name": "random_over"},
}


@pytest.mark.parametrize(("command", "changed"), CHANGES.items(), ids=CHANGES)
def test_a_setting_changes_exactly_what_it_names(command: str, changed: dict[str, Any]) -> None:
    before, after = settings_of(plan(command.split()[0])), settings_of(of(command))
    assert {key: value for key, value in after.items() if before.get(key) != value} == changed


@pytest.mark.parametrize("choice", ["data=fresh_line", "data.name=fresh_line", "data={name:fresh_line}"])
@pytest.mark.parametrize("command", ["{} {}", "{1} {0}"])
def test_another_block_starts_from_its_file_whatever_the_order_of_words(choice: str, command: str) -> None:
    """The noise of the scenario file goes, what was typed stays."""
    more = "data.n_train=3 data.n_test=4 data.noise=1"
    law = of("overfitting " + command.format(choice, more)).arms["network"].data
    file = OmegaConf.to_container(OmegaConf.load(ROOT / "conf/data/fresh_line.yaml"))
    assert law.model_dump() == {**file, "n_train": 3, "n_test": 4, "n_pool": 0, "n_validation": 0, "noise": 1}


def test_an_arm_may_name_another_block_too_in_its_file_or_typed() -> None:
    arms = plan("breast_cancer").arms
    logistic = {"name": "logistic", "penalty": "l2", "inverse_penalty": 1, "alternatives": [], "watched_sets": 0}
    assert arms["logistic"].model.model_dump() == logistic
    for words in ("model.alpha=3 {0}model=ridge", "model=ridge {0}model.alpha=3", "model={{name:ridge,alpha:3}}"):
        typed = "arms.baseline." + words.format("arms.baseline.")  # the arm's own dropout goes with its network
        arm = of(f"dropout {typed} arms.baseline.training=null").arms["baseline"]
        ridge = {"name": "ridge", "alpha": 3, "alternatives": [], "watched_sets": 0}
        assert arm.model.model_dump() == ridge and arm.training is None
    data = of("data_size arms.small.data=coin arms.small.data.n_rows=9 references=[]").arms["small"].data
    assert data.model_dump(exclude_defaults=True) == {"name": "coin", "n_features": 10, "n_rows": 9}, "nor its own rows"


def test_arms_can_be_chosen_dropped_and_added() -> None:
    arms = plan("dropout").arms
    for command in ("only=[dropout]", "arms.baseline=null", "~arms.baseline"):
        assert of(f"dropout {command}").arms == {"dropout": arms["dropout"]}
    assert list(of("dropout only=[dropout,baseline]").arms) == list(arms), "in the file's order"
    added = of("dropout +arms.heavy.model.dropout=0.9 training.epochs=5").arms
    assert list(added) == ["baseline", "dropout", "heavy"] and added["heavy"].training == added["dropout"].training


def test_stages_come_in_the_order_stated_and_one_that_is_null_is_left_out() -> None:
    arms = plan("smote_balance_controlled").arms
    assert arms["before"].stages.names() == ["resample", "hold_out"]
    assert arms["inside"].stages.names() == ["hold_out", "resample"]
    assert of("smote_balance stages.resample=null only=[smote]").arms["smote"].stages.names() == ["hold_out"]
    prepared = of("overfitting stages.order=[prepare] stages.prepare=standardise references=[]").arms["network"]
    assert prepared.stages.names() == ["prepare"]


def test_sets_of_metrics_stand_for_their_metrics_and_may_hold_other_sets() -> None:
    assert len(set(plan("imbalance").about.metrics)) == len(plan("imbalance").about.metrics) > 10
    made = of("imbalance metric_sets.mine=[counts,mse] metrics=[mine,cost] show=[counts]").about
    assert made.metrics == ["tn", "fp", "fn", "tp", "mse", "cost"] and made.show == ["tn", "fp", "fn", "tp"]


def test_seeds_follow_one_another_or_are_given_as_any_whole_numbers() -> None:
    assert list(plan("dropout").seeds) == [0] and list(of("dropout seed=3 replicates=4").seeds) == [3, 4, 5, 6]
    given_seeds = mirage.plan("dropout", seeds=np.arange(1, 4)).seeds
    assert list(given_seeds) == [1, 2, 3] and {type(seed) for seed in given_seeds} == {int}
    for wrong in ([], [1, 1], [-1], [0.5], ["1"], 5):
        with pytest.raises(mirage.ConfigError, match=r"^seeds: got .*, expected .*whole numbers"):
            mirage.plan("dropout", seeds=wrong)  # type: ignore[arg-type]


def test_what_was_typed_is_kept_as_key_value_and_text_but_for_what_is_no_part_of_the_experiment() -> None:
    made = of("dropout +arms.heavy.model.hidden=[3,4] seed=2 results_dir=x data.noise=1e1 steps=[train] force=true")
    heavy = Change("arms.heavy.model.hidden", [3, 4], "+arms.heavy.model.hidden=[3,4]")
    assert made.changes == (heavy, Change("data.noise", 10.0, "data.noise=1e1"))
    assert [change.key for change in of("dropout device=gpu").changes] == ["device"], "digits differ there"


CUSTOM = ["replicates=31", "seed=1", "data.noise=5", "only=[dropout]", "~arms.baseline"]


@pytest.mark.parametrize("more", ["", "force=true steps=[tables] results_dir=/elsewhere device=cpu", *CUSTOM])
def test_canonical_is_an_unmodified_scenario_over_the_canonical_seeds(more: str) -> None:
    seeds = " ".join(over_canonical_seeds("dropout"))
    assert of(f"dropout {seeds} {more}").canonical is (more not in CUSTOM) and not plan("dropout").canonical


# -- what is refused, in which words -----------------------------------------------------------------------------

# Command -> how its line goes on after the key that was typed last, or after "=" the whole line; "..." is any text.
TABLE = """
# out of range
dropout training.epochs=0 -> got 0, expected MANY
dropout arms.baseline.model.dropout=1.0 -> got 1.0, expected SHARE
# another type
dropout training.epochs=true -> got true, expected MANY
dropout 'training.epochs="5"' -> got '5', expected MANY
dropout model.dropout=nan -> got nan, expected SHARE
# a whole block, part or arm
dropout model=3 -> got 3, expected KINDS
dropout arms=[1] -> got [1], expected settings by arm
# names that do not exist
dropout model.activation=rleu -> got rleu (did you mean relu?), expected one of relu, tanh,
dropout model.name=ridg -> got ridg (did you mean ridge?), expected KINDS
dropout metrics=[mce] -> got ['mce'] (did you mean mse?), expected a list of one or more of
dropout references=[bays] -> got ['bays'] (did you mean bayes?), expected a list of any of
dropout sed=3 -> unknown setting (did you mean seed?), expected one of data, stages,
dropout arms.baseline.model.droput=1 -> unknown setting (did you mean dropout?), expected one of name, hidden,
dropout arms.baselin.model.dropout=1 -> =arms.baselin: unknown arm (did you mean baseline?), ...; +arms.baselin adds one
dropout only=[droput] -> got droput (did you mean dropout?), expected one of baseline, dropout
dropout arms.baseline=null arms.dropout=null -> =arms: got none, expected at least one that is not null
dropout arms={../../up:{}} -> got ../../up, expected one of baseline, dropout
dropout ~nothing -> =~nothing: got a key that is not set, expected one that is
drpout -> =scenario: got drpout (did you mean dropout?), expected one of
# a setting of another block: which ones have it
dropout model.alpha=1 -> unknown setting, expected one of name, hidden,...; ALPHA
imbalance model.hidden=[3] -> unknown setting, expected one of name, alternatives, watched_sets,...; HIDDEN
smote arms.none.stages.resample.neighbours=3 -> unknown setting, expected one of name; NEIGHBOURS
imbalance training.epochs=5 -> =training: got {'epochs': 5}, expected null, as model logistic is fitted by scikit-learn
overfitting model=ridge -> =training: got {'engine': ..., expected null, as model ridge is fitted by scikit-learn
# what another block's file leaves to the scenario
imbalance model=mlp -> =model.hidden: not set, expected a list of ... for model mlp
dropout arms.baseline.data=normals -> =arms.baseline.data.n_train: not set, expected MANY for data normals
dropout ~training.epochs -> =training.epochs: not set, expected MANY
# settings that contradict one another
dropout arms.baseline.data.high=-1 -> got -1, expected a number above data.low, which is 0
dropout model.members=2 -> got 2, expected 1, as law noisy_line is for one model a replicate
overfitting decision.threshold=0.2 -> got 0.2, expected 0.5, as model mlp of law noisy_line gives no probabilities
dropout training.validate_on=validation -> got validation, expected one of none, test
l2 stages.hold_out=null -> =training.validate_on: got validation, expected one of none, test
dropout training.stopping={monitor:val_loss,patience:1} -> =training.stopping.monitor: got val_loss, expected loss, as
overfitting references=[bayes] -> got bayes, which law noisy_line cannot answer, expected any of
dropout stages.order=[prepare] stages.prepare=standardise -> =references: got true_line, which asks the law about its
dropout stages.prepare=standardise -> got {'name': 'standardise'}, expected null, as stages.order does not list prepare
multi_seed stages.order=[resample] stages.resample=none -> got {'name': 'none'}, expected null, as law uniform_target
l2_controlled stages={order:[hold_out],hold_out:{into:validation,share:0.2}} -> =stages.hold_out.into: got validation
dropout metrics=[a] metric_sets.b=[a] metric_sets.a=[b] -> got ['b'], expected a list of metrics, not of itself
dropout only=[[a]] -> got ['a'], expected one of
imbalance seed=9223372036854775807 replicates=2 -> got 2, expected no seed above
imbalance metrics=[classifier,accuracy] -> got ['accuracy', ..., expected each name once
# a setting of the scenario that every arm has for itself
data_size arms.large.data.n_train=9 data.n_train=50 -> got a value..., expected arms.small.data.n_train or arms.large.
# no words, several values, what could name code
dropout sweep=dropout_rate -> got dropout_rate, expected a single plan; a sweep is run with -m
dropout scenario=l2 -> got l2 beside dropout, expected one scenario
dropout 'title=${oc.env:HOME}' -> got ${oc.env:HOME}, expected a value without ${...}
dropout hydra.run.dir=x -> =hydra: unknown setting, expected one of
"""


def have(family: type[Block], setting: str) -> str:
    """Which blocks of a family have a setting, as a line says it."""
    names = sorted(name for name, block in family.table.items() if setting in block.model_fields)
    return f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} it"


WORDS_FOR = {"MANY": "a whole number from 1 to 1000000", "SHARE": "a number of at least 0 and below 1"}
WORDS_FOR |= {"KINDS": f"one of {', '.join(sorted(Kind.table))}", "NEIGHBOURS": have(Resample, "neighbours")}
WORDS_FOR |= {"ALPHA": have(Kind, "alpha"), "HIDDEN": have(Kind, "hidden")}
REFUSED = dict(line.split(" -> ") for line in TABLE.splitlines() if " -> " in line)
REFUSED["dropout data.slope=1" + "0" * 5000] = "=data.slope=1000..."


def pattern(command: str, line: str) -> str:
    """A regular expression of a row of the table."""
    key = shlex.split(command)[-1].lstrip("+").partition("=")[0]
    text = line[1:] if line.startswith("=") else f"{key}: {line}"
    for short, words in WORDS_FOR.items():
        text = text.replace(short, words)
    return "^" + re.escape(text.replace("{...}", "{DOTS}")).replace(r"\.\.\.", ".*").replace("DOTS", r"\.\.\.")


@pytest.mark.parametrize("command", REFUSED, ids=[name[:60] for name in REFUSED])
def test_refused(command: str) -> None:
    assert re.search(pattern(command, REFUSED[command]), refusal(command)), refusal(command)


KEYS = """
    data data.n_train data.n_test data.noise data.name data.low data.minority_share stages.order stages.hold_out
    stages.hold_out.share stages.resample stages.resample.name stages.prepare model model.name model.hidden
    model.dropout model.members model.alpha model.activation training training.epochs training.batch_size
    training.optimizer.name training.validate_on training.stopping training.loss decision.threshold
    decision.ensembles_of only arms arms.network arms.dropout.model arms.dropout.model.dropout arms.dropout.training
    metric_sets seed replicates steps metrics references lesson kind vary title results_dir nonsense
"""
VALUES = """
    0 5 -1 1.5 1e400 nan 1e12 1_000 0x10 null true [] [1] [[1]] [ {} {a:1} {name:ridge} '' abc ??? é \\\\ ${seed}
    ${oc.env:HOME} range(0,2) relu mlp ridge normals smote standardise test [mse] [dropout] [resample] [train,train]
"""
MARKS, VALUES_TYPED = ["", "", "", "+", "++", "~"], [*VALUES.split(), "{a: 1}", "9" * 5000]
WORD = st.builds("{}{}={}".format, *map(st.sampled_from, (MARKS, KEYS.split(), VALUES_TYPED)))
WORDS = st.lists(WORD, min_size=1, max_size=4)
ANY = st.sampled_from(SCENARIOS)


@pytest.mark.parametrize("examples", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_whatever_is_typed_is_a_plan_or_one_clear_line(examples: int) -> None:
    @settings(max_examples=examples, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(ANY, WORDS)
    def holds(scenario: str, words: list[str]) -> None:
        try:
            made = quickly(scenario, *words)
            assert made.arms and made.seeds and all(isinstance(arm, Arm) for arm in made.arms.values())
        except mirage.ConfigError as error:
            line = str(error)
            assert line.strip() and "\n" not in line and "Error(" not in line and len(line) < 1500

    holds()


def texts(*words: str) -> list[str]:
    return [" ".join(one.text for one in job) for job in jobs(parse(words, {"scenario": SCENARIOS}))]


def test_a_sweep_makes_every_combination_and_the_last_key_moves_fastest() -> None:
    assert texts("a=1,2", "b=[x],[y]", "c=0") == ["a=1 b=[x] c=0", "a=1 b=[y] c=0", "a=2 b=[x] c=0", "a=2 b=[y] c=0"]
    assert texts("a=1,2", "a=3") == ["a=3"], "typed twice: the last one counts"
    matching = [f"scenario={name}" for name in SCENARIOS if name.startswith("dropout")]
    assert texts("scenario=glob(dropout*)") == matching != []


@given(st.lists(st.integers(0, 30), min_size=1, unique=True).map(sorted), st.booleans())
def test_consecutive_seeds_are_one_job_and_no_seed_is_lost(seeds: list[int], swept: bool) -> None:
    more = ["a=1,2"] if swept else []
    runs = len([seed for seed in seeds if seed - 1 not in seeds])
    made = [{one.key: one.value for one in job} for job in jobs(parse([*more, f"seed={','.join(map(str, seeds))}"]))]
    assert len(made) == runs * (1 + swept)
    found = [(job.get("a"), job["seed"] + i) for job in made for i in range(job.get("replicates", 1))]
    assert found == [(a, seed) for a in ((1, 2) if swept else (None,)) for seed in seeds]
    assert len(texts("seed=0,1", "replicates=2")) == 2, "unless how many was typed"


@pytest.mark.parametrize("name", SWEEPS)
def test_a_ready_sweep_gives_plans_that_differ_and_what_is_typed_counts_instead(name: str) -> None:
    file = OmegaConf.load(project.sweep_file(name))
    arms, replicates = file.get("only", list(plan(file.scenario).arms)), file.get("replicates", 1)
    for words, of_name, seeds in (["steps=[train]"], name, replicates), (["replicates=2"], None, 2):
        plans = [compose.plan_of(job, load=remembered) for job in sweeping.sweep_jobs(parse([*words, f"sweep={name}"]))]
        assert len({repr(made.arms) for made in plans}) == len(plans) > 1
        for made in plans:  # one that was changed is another sweep, without a name
            assert (made.sweep, len(made.seeds), list(made.arms)) == (of_name, seeds, list(arms))
            assert made.changes and not made.canonical


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
VALUE = st.recursive(PLAIN, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.just("a"), one), max_leaves=4)


@given(VALUE.filter(lambda value: "${" not in str(value)))
def test_a_value_that_is_handed_to_a_worker_is_read_back_as_it_is(value: Any) -> None:
    [back] = parse([assigned("key", value).text])
    assert (back.key, back.value) == ("key", value) and type(back.value) is type(value) and written(value)


def test_the_difference_of_two_plans_is_what_changed_for_all_arms_and_what_for_one() -> None:
    assert diff(plan("dropout"), of("dropout data.n_train=30 model.dropout=0.5 replicates=3")) == [
        ("seeds", "1", "3"),
        ("data.n_train", "20", "30"),
        ("arms.dropout", "model.dropout=0.2", "model.dropout=0.5"),
    ]
    for scenario in SCENARIOS:
        table = diff(plan("dropout"), plan(scenario))
        assert all(one != other for _, one, other in table) and bool(table) == (scenario != "dropout")
