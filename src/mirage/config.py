"""The typed shape of conf/, what values it allows, and one clear line for everything it does not.

A scenario file gives the settings of the arm under study; `arms` gives, for every other arm, only what differs.
`resolve` turns the composed configuration into a `Plan`: plain objects, checked whole.
"""

import dataclasses
import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from omegaconf import MISSING, DictConfig, ListConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException, ValidationError

STREAMS = ("data", "split", "resample", "init", "shuffle", "dropout")
ENGINES = ("stacked", "fit")
ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "gelu", "selu", "silu", "softplus", "linear")
OUTPUTS = ("linear", "sigmoid")
LOSSES = ("mean_squared_error", "mean_absolute_error", "binary_crossentropy")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
WATCHED = ("accuracy",)
MONITORS = ("none", "loss", "val_loss")
VALIDATED_ON = ("none", "validation", "test")
HELD_OUT_AS = ("none", "validation", "test")
RESAMPLING = ("none", "smote", "random_over", "random_under")
CLASS_WEIGHTS = ("none", "balanced")
PENALTIES = ("none", "l1", "l2")
CONFUSION = ("tn", "fp", "fn", "tp")
DECISION_METRICS = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc", "cost", *CONFUSION)
SCORE_METRICS = ("roc_auc", "average_precision", "log_loss", "brier", "ece", "outside_unit")
METRICS = ("mse", *DECISION_METRICS, *SCORE_METRICS)
REFERENCES = ("least_squares", "true_line", "mean_target", "majority_class", "bayes")
STEPS = ("train", "tables", "figures")
KINDS = ("as_written", "controlled")

# Which settings under `data` each law reads, and under `model` each kind. What a scenario inherits and does not read is
# dropped; what an arm or an override sets must be read, so that none is silently ignored.
_LABELLED = ("held_out_as", "held_out", "split_seed", "stratify")
RESAMPLED = ("resample", "resample_seed", "resample_before_split", "neighbours")  # these laws' where `resample` is set
LAWS = {
    "noisy_line": ("n_train", "n_test", "low", "high", "slope", "noise", "legacy_seed", "skip"),
    "blocks": ("n_majority", "n_minority", "n_features", "shift", "n_test_balanced", *_LABELLED),
    "coin": ("n_rows", "n_features", "n_test", *_LABELLED),
    "step": ("n_rows", "n_features", "boundary", "probe_low", "probe_high", *_LABELLED),
    "clusters": ("n_rows", "n_features", "legacy_seed", *_LABELLED),
    "uniform_target": ("n_rows", "n_features", "n_test"),
    "fresh_line": ("n_train", "n_pool", "n_test", "n_features", "low", "high", "slope", "noise"),
    "normals": (
        *("n_train", "n_validation", "n_test", "n_test_shifted", "n_features", "n_informative", "separation"),
        *("minority_share", "shifted_share", "flipped", *_LABELLED),
    ),
    "rule": (
        *("n_train", "n_test", "n_features", "boundary", "flipped", "spurious"),
        *("probe_low", "probe_high", "within", *_LABELLED),
    ),
}
# The laws that a reference knows the truth of; one that is not listed needs the rows only.
TRUTH_OF = {"true_line": ("noisy_line", "fresh_line"), "bayes": ("normals",)}
MEMBERS_OF = ("uniform_target", "fresh_line")  # the laws of which one replicate may be several models
MODELS = {
    "mlp": ("hidden", "activation", "dropout", "l2", "output", "members", "members_vary"),
    "logistic": ("penalty", "inverse_penalty"),
    "ridge": ("alpha",),
    "lasso": ("alpha",),
}
TRAINED_BY_KERAS = ("mlp",)
ROUNDED = ("ridge", "lasso")  # regressions, whose output is rounded to a class

CANONICAL_SEEDS = range(30)
# Keys that say which replicates to make and where to put them; everything else is part of the experiment.
ABOUT_THE_RUN = ("scenario", "seed", "replicates", "force", "steps", "results_dir")


class ConfigError(Exception):
    """A configuration that cannot be run. Its text is one line: the key, what it got, what it takes."""


# -- what a setting takes ------------------------------------------------------------------------------------


def _setting(takes: str, good: Callable[[Any], bool]) -> Any:
    return field(default=MISSING, metadata={"takes": takes, "good": good})


def _whole(least: int, most: int = 1_000_000) -> Any:
    """A whole number up to one that no experiment of this size needs, but a slip of the hand exceeds."""
    return _setting(f"a whole number from {least} to {most}", lambda v: least <= v <= most)


def _number(takes: str, good: Callable[[float], bool]) -> Any:
    return _setting(takes, lambda v: math.isfinite(v) and good(v))


def _seed(stream: str) -> Any:
    takes = f"a whole number from 0 to 4294967295, or null: the stream {stream}"
    return _setting(takes, lambda v: v is None or 0 <= v < 2**32)


def _one_of(names: Iterable[str]) -> Any:
    names = tuple(names)
    return _setting("one of " + ", ".join(names), lambda v: v in names)


def _some_of(names: Iterable[str], least: int = 0) -> Any:
    names = tuple(names)
    takes = "a list of " + ("one or more of " if least else "any of ") + ", ".join(names)
    return _setting(takes, lambda v: least <= len(v) == len(set(v)) and set(v) <= set(names))


@dataclass
class Data:
    """Where rows come from. Which settings a law reads: `LAWS`; in a `Plan` the others are None."""

    law: str = _one_of(LAWS)
    n_train: int = _whole(1)
    n_pool: int = _whole(0)
    n_validation: int = _whole(0)
    n_test: int = _whole(0)
    n_test_shifted: int = _whole(0)
    n_rows: int = _whole(1)
    n_majority: int = _whole(1)
    n_minority: int = _whole(1)
    n_features: int = _whole(1)
    n_informative: int = _whole(1)
    n_test_balanced: int = _whole(0)
    separation: float = _number("a number of at least 0", lambda v: v >= 0)
    minority_share: float = _number("a share above 0 and below 1", lambda v: 0 < v < 1)
    shifted_share: float = _number("a share above 0 and below 1", lambda v: 0 < v < 1)
    flipped: float = _number("a share from 0 to below a half", lambda v: 0 <= v < 0.5)
    spurious: float = _number("a share from 0 to 1", lambda v: 0 <= v <= 1)
    low: float = _number("a number", lambda v: True)
    high: float = _number("a number", lambda v: True)
    slope: float = _number("a number", lambda v: True)
    noise: float = _number("a number of at least 0", lambda v: v >= 0)
    shift: float = _number("a number", lambda v: True)
    boundary: float = _number("a number from 0 to 1", lambda v: 0 <= v <= 1)
    probe_low: float = _number("a number", lambda v: True)
    probe_high: float = _number("a number", lambda v: True)
    within: float = _number("a number", lambda v: True)
    legacy_seed: int = _whole(0, 2**32 - 1)
    skip: int = _whole(0)
    held_out_as: str = _one_of(HELD_OUT_AS)
    held_out: float = _number("a share from 0 to below 1", lambda v: 0 <= v < 1)
    split_seed: int | None = _seed("split")
    stratify: bool = _setting("true or false", lambda v: True)
    resample: str = _one_of(RESAMPLING)
    resample_seed: int | None = _seed("resample")
    resample_before_split: bool = _setting("true or false", lambda v: True)
    neighbours: int = _whole(1)


@dataclass
class Model:
    """A network (dense hidden layers, each followed by dropout if there is any, and one output) or a linear model.

    Which settings a kind reads: `MODELS`; in a `Plan` the others are None. `members` is how many models of one kind,
    each with its own turn of the streams in `members_vary`, make one replicate.
    """

    kind: str = _one_of(MODELS)
    hidden: list[int] = _setting(
        "a list of one or more whole numbers of at least 1", lambda v: len(v) > 0 and min(v) > 0
    )
    activation: str = _one_of(ACTIVATIONS)
    dropout: float = _number("a number from 0 to below 1", lambda v: 0 <= v < 1)
    l2: float = _number("a number of at least 0", lambda v: v >= 0)
    output: str = _one_of(OUTPUTS)
    members: int = _whole(1, 8)
    members_vary: list[str] = _some_of(STREAMS)
    alpha: float = _number("a number of at least 0", lambda v: v >= 0)
    penalty: str = _one_of(PENALTIES)
    inverse_penalty: float = _number("a number above 0", lambda v: v > 0)


@dataclass
class Stopping:
    """Early stopping; monitor none: train to the last epoch."""

    monitor: str = _one_of(MONITORS)
    patience: int = _whole(0)
    restore_best_weights: bool = _setting("true or false", lambda v: True)


@dataclass
class Optimizer:
    """A Keras optimizer by name; what is not set here is Keras's default."""

    name: str = _one_of(OPTIMIZERS)
    learning_rate: float = _number("a number above 0", lambda v: v > 0)


@dataclass
class Training:
    """How the network is fitted; the words mean what they mean in ``model.fit``."""

    engine: str = _one_of(ENGINES)
    loss: str = _one_of(LOSSES)
    optimizer: Optimizer = field(default_factory=Optimizer)
    epochs: int = _whole(1)
    batch_size: int = _whole(1)
    class_weight: str = _one_of(CLASS_WEIGHTS)
    watch: list[str] = _some_of(WATCHED)
    validate_on: str = _one_of(VALIDATED_ON)
    stopping: Stopping = field(default_factory=Stopping)


@dataclass
class Decision:
    """From scores to decisions, after training.

    `corrected_to` is the share of class 1 that probabilities are corrected to (null: left alone), `miss_cost` what
    missing a row of class 1 costs in units of a false alarm, `ensembles_of` how many members are averaged into one.
    """

    threshold: float = _number("a number from 0 to 1", lambda v: 0 <= v <= 1)
    corrected_to: float | None = _setting(
        "a share above 0 and below 1, or null", lambda v: v is None or (math.isfinite(v) and 0 < v < 1)
    )
    miss_cost: float = _number("a number above 0", lambda v: v > 0)
    ensembles_of: int = _whole(1)


@dataclass
class Arm:
    """All settings that decide the numbers of one arm."""

    data: Data = field(default_factory=Data)
    model: Model = field(default_factory=Model)
    training: Training = field(default_factory=Training)
    decision: Decision = field(default_factory=Decision)


@dataclass
class Config(Arm):
    """The whole configuration: the arm under study, the other arms, and what to do with them."""

    title: str = _setting("a line of text", lambda v: bool(v.strip()) and "\n" not in v)
    lesson: str = _setting("the name of a file in experiments/, without its ending", str.isidentifier)
    kind: str = _one_of(KINDS)
    article: int = _whole(1)
    example: int = _whole(1)
    scope: str = _setting("a line of text: what the seeds vary", lambda v: bool(v.strip()) and "\n" not in v)
    vary: list[str] = _some_of(STREAMS)
    metrics: list[str] = _some_of(METRICS, least=1)
    references: list[str] = _some_of(REFERENCES)
    show: list[str] = _some_of(METRICS, least=1)
    arms: dict[str, Any] = field(default_factory=dict)
    seed: int = _setting("a whole number of at least 0", lambda v: v >= 0)
    replicates: int = _whole(1)
    force: bool = False
    steps: list[str] = _some_of(STEPS, least=1)
    results_dir: str | None = field(
        default=None, metadata={"takes": "a folder", "good": lambda v: v is None or bool(v.strip())}
    )


@dataclass(frozen=True)
class Plan:
    """A checked configuration: which replicates to make, and how each arm's come about."""

    scenario: str
    title: str
    lesson: str
    kind: str
    article: int
    example: int
    scope: str
    vary: tuple[str, ...]
    metrics: tuple[str, ...]
    references: tuple[str, ...]
    show: tuple[str, ...]
    """The metrics shown in the terminal; tables hold all of them."""
    arms: dict[str, Arm]
    seeds: Sequence[int]
    force: bool
    steps: tuple[str, ...]
    results_dir: str | None
    changes: tuple[str, ...]
    """The overrides that make this another experiment than the scenario file's."""

    @property
    def canonical(self) -> bool:
        """Whether this is a scenario file unmodified, over the canonical seeds."""
        return not self.changes and self.seeds == CANONICAL_SEEDS


def register() -> None:
    """Make the typed shape known to Hydra, as the schema that conf/config.yaml starts from."""
    shape = OmegaConf.structured(Config)
    OmegaConf.set_struct(shape.arms, False)  # an arm may set any key; `resolve` checks it against the typed base
    ConfigStore.instance().store(name="shape", node=shape)


# -- from the composed configuration to a plan ---------------------------------------------------------------


def resolve(composed: DictConfig, scenario: str, overrides: Sequence[str], declared_arms: Iterable[str]) -> Plan:
    """Check a composed configuration and turn it into a plan.

    Parameters
    ----------
    composed
        What Hydra composed, of type `Config`.
    scenario
        The name of the scenario file.
    overrides
        The command line's overrides (``model.dropout=0.5``).
    declared_arms
        The arms that the scenario file has; another one must be added with a plus (``+arms.more.model.dropout=0.1``).

    Raises
    ------
    ConfigError
        If a value is out of range or of the wrong type, a key or an arm is unknown, a setting is missing or not
        read, no arm is left, or an override is hidden by what every arm sets for itself.
    """
    known = [f.name for f in dataclasses.fields(Config)]
    for key in known:
        if key not in composed:
            raise ConfigError(f"{key}: not set, takes {takes(key)}")
    _refuse_unknown_keys(composed, "", known)
    if not isinstance(composed.arms, DictConfig):
        raise ConfigError(f"arms: got {composed.arms}, takes {takes('arms')}")
    others = {str(name): patch for name, patch in composed.arms.items() if patch is not None}
    if not others:
        raise ConfigError("arms: got none, takes at least one that is not null")
    for name, patch in others.items():
        if not re.fullmatch(r"\w+", name):  # it becomes the name of a folder and a cell of a table
            raise ConfigError(f"arms: got {name}, takes names made of letters, digits and _")
        if not isinstance(patch, DictConfig):
            raise ConfigError(f"arms.{name}: got {patch!r}, takes {takes(f'arms.{name}')}")
    changes = [o for o in OverridesParser.create().parse_overrides(list(overrides)) if _changes_the_experiment(o)]
    _refuse_unknown_arms(changes, set(declared_arms))
    _refuse_hidden(changes, {name: set(_leaves(patch)) for name, patch in others.items()})

    try:
        given = {spec.name: composed[spec.name] for spec in dataclasses.fields(Arm)}
        base: Any = OmegaConf.merge(OmegaConf.structured(Arm), given)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from None
    _check(base, "", list(base))
    arms, unread = {}, []
    for name, patch in others.items():
        arms[name], dropped = _arm(base, name, patch)
        unread.append(dropped)
    for override in changes:
        for key in [] if override.is_delete() else _leaves(override.value(), override.key_or_group):
            if all(key in dropped for dropped in unread):
                raise ConfigError(unread[0][key])
    _check(composed, "", [f.name for f in dataclasses.fields(Config) if f.name not in base])
    for reference, laws in TRUTH_OF.items():
        for name, arm in arms.items():
            if reference in composed.references and arm.data.law not in laws:
                but = f"{reference} is known of law {' or '.join(laws)}, not of {arm.data.law} (arm {name})"
                raise ConfigError(f"references: got {_shown(composed.references)}, but {but}")
    seeds = range(composed.seed, composed.seed + composed.replicates)
    plain: dict[str, Any] = {f.name: composed[f.name] for f in dataclasses.fields(Plan) if f.name in composed}
    plain |= {name: tuple(value) for name, value in plain.items() if isinstance(value, ListConfig)}
    plain |= {"scenario": scenario, "arms": arms, "seeds": seeds}
    return Plan(**plain, changes=tuple(o.input_line or "" for o in changes))


def _refuse_unknown_keys(node: DictConfig, prefix: str, known: Sequence[str]) -> None:
    """Refuse keys outside the typed shape, which Hydra lets a plus add."""
    for key in map(str, node):
        if key not in known:
            where = prefix.rstrip(".") or "a run"
            raise ConfigError(f"{prefix}{key}: unknown key{closest(key, known)}; {where} takes {', '.join(known)}")


def _changes_the_experiment(override: Override) -> bool:
    key = override.key_or_group
    return key.split(".")[0] not in (*ABOUT_THE_RUN, "hydra") and not key.startswith("hydra/")


def _leaves(node: Any, prefix: str = "") -> list[str]:
    """Dotted keys of all leaves of a nested mapping."""
    if not isinstance(node, dict | DictConfig):
        return [prefix]
    return [leaf for key, value in node.items() for leaf in _leaves(value, ".".join([prefix, str(key)]).lstrip("."))]


def _refuse_unknown_arms(changes: Iterable[Override], declared: set[str]) -> None:
    """Refuse settings for an arm that the scenario does not have: most likely a misspelt one."""
    for override in changes:
        top, _, rest = override.key_or_group.partition(".")
        arm = rest.partition(".")[0]
        if top == "arms" and arm and arm not in declared and not override.is_add():
            names = ", ".join(sorted(declared))
            raise ConfigError(f"arms.{arm}: unknown arm{closest(arm, declared)}, takes {names}; +arms.{arm} adds one")


def _refuse_hidden(changes: Iterable[Override], set_by: dict[str, set[str]]) -> None:
    """Refuse an override of the base that no arm would ever see."""
    for override in changes:
        value = override.value() if not override.is_sweep_override() else None
        for key in _leaves(value, override.key_or_group):
            if not key.startswith("arms.") and all(key in keys for keys in set_by.values()):
                instead = " or ".join(f"arms.{name}.{key}" for name in set_by)
                raise ConfigError(f"{key}: every arm sets this for itself, so it would change nothing; use {instead}")


def _arm(base: DictConfig, name: str, patch: DictConfig) -> tuple[Arm, dict[str, str]]:
    """An arm, and what it inherits and does not read: by key, what to say of that."""
    _refuse_values_for_groups(patch, Arm, f"arms.{name}.")
    try:
        merged: Any = OmegaConf.merge(base, patch)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error, f"arms.{name}.")) from None
    _check(merged, f"arms.{name}.", list(base))
    dropped = _check_read(merged, name, patch)
    return Arm(*(_plain(merged[f.name]) for f in dataclasses.fields(Arm))), dropped


def _refuse_values_for_groups(patch: DictConfig, shape: Any, prefix: str) -> None:
    """Refuse a plain value where the typed shape has settings under it."""
    for spec in dataclasses.fields(shape):
        if spec.name in patch and dataclasses.is_dataclass(spec.type):
            key, value = prefix + spec.name, patch[spec.name]
            if not isinstance(value, DictConfig):
                raise ConfigError(f"{key}: got {_shown(value)}, takes {takes(key)}")
            _refuse_values_for_groups(value, spec.type, key + ".")


def _plain(node: DictConfig) -> Any:
    """A typed node as its dataclass, with None for what is not set."""
    kind = OmegaConf.get_type(node)
    assert kind is not None
    values: dict[str, Any] = {}
    for key in map(str, node):
        value = None if OmegaConf.is_missing(node, key) else node[key]
        values[key] = _plain(value) if isinstance(value, DictConfig) else value
        if isinstance(value, ListConfig):
            values[key] = list(value)
    return kind(**values)


def _check(node: Any, prefix: str, keys: Iterable[str]) -> None:
    """Check the values under these keys of a typed node against what their fields take."""
    kind = OmegaConf.get_type(node)
    assert kind is not None and dataclasses.is_dataclass(kind)
    _refuse_unknown_keys(node, prefix, [f.name for f in dataclasses.fields(kind)])
    for spec in dataclasses.fields(kind):
        if spec.name not in keys:
            continue
        key = prefix + spec.name
        if spec.name not in list(node):  # `in` overlooks what is merely not set
            raise ConfigError(f"{key}: not set, takes {takes(key)}")
        if OmegaConf.is_missing(node, spec.name):
            if kind is Config:
                raise ConfigError(f"{key}: not set, takes {spec.metadata['takes']}")
            continue
        value = node[spec.name]
        if isinstance(value, DictConfig) and dataclasses.is_dataclass(OmegaConf.get_type(value)):
            _check(value, key + ".", list(value))
        elif "good" in spec.metadata:
            plain = OmegaConf.to_object(value) if OmegaConf.is_config(value) else value
            try:
                good = spec.metadata["good"](plain)
            except (TypeError, AttributeError):  # an interpolation, or a key removed and added, escapes its type
                good = False
            if not good:
                raise ConfigError(f"{key}: got {_shown(plain)}, takes {spec.metadata['takes']}")


def _check_read(arm: Any, name: str, patch: DictConfig) -> dict[str, str]:
    """Check that all is set that the arm's law, model and training read; drop what they inherit and do not read.

    Returns what was dropped: by key, what to say of it to someone who has just set it.

    Raises
    ------
    ConfigError
        If a setting is missing, or the arm's own entry has one that is not read.
    """
    dropped: dict[str, str] = {}

    def check(part: str, reader: str, read: Collection[str], node: DictConfig) -> None:
        kind: Any = OmegaConf.get_type(node)
        for spec in dataclasses.fields(kind):
            key, missing = f"{part}.{spec.name}", OmegaConf.is_missing(node, spec.name)
            if OmegaConf.select(patch, key) is not None:
                key = f"arms.{name}.{key}"
            if dataclasses.is_dataclass(spec.type):
                nested: Any = spec.type
                inner = [f.name for f in dataclasses.fields(nested)] if spec.name in read else []
                check(f"{part}.{spec.name}", reader, inner, node[spec.name])
            elif spec.name in read and missing:
                raise ConfigError(f"{key}: not set, {reader} takes {spec.metadata['takes']}")
            elif spec.name not in read and not missing:
                unread = f"{key}: got {_shown(node[spec.name])}, but {reader} does not read it"
                if key.startswith("arms."):
                    raise ConfigError(unread)
                dropped[key] = unread
                node[spec.name] = MISSING

    for part, key in (("data", "law"), ("model", "kind")):
        if OmegaConf.is_missing(arm[part], key):
            raise ConfigError(f"{part}.{key}: not set, takes {takes(f'{part}.{key}')}")
    data, model = arm.data, arm.model
    resampled = set(_LABELLED) <= set(LAWS[data.law]) and not OmegaConf.is_missing(data, "resample")
    check("data", f"law {data.law}", ("law", *LAWS[data.law], *(RESAMPLED if resampled else ())), data)
    check("model", f"a {model.kind} model", ("kind", *MODELS[model.kind]), model)
    trained = [f.name for f in dataclasses.fields(Training)] if model.kind in TRAINED_BY_KERAS else []
    check("training", f"a {model.kind} model", trained, arm.training)
    check("decision", f"a {model.kind} model", [f.name for f in dataclasses.fields(Decision)], arm.decision)

    _check_data(data, f"arms.{name}." if "data" in patch else "")
    if model.kind in TRAINED_BY_KERAS:
        _check_training(arm, name)
    _check_decision(arm, f"arms.{name}." if "decision" in patch else "")
    return dropped


def _check_data(data: Any, prefix: str) -> None:
    """Check what the settings of some data laws ask of each other."""

    def need(good: bool, key: str, takes: str) -> None:
        if not good:
            raise ConfigError(f"{prefix}data.{key}: got {data[key]}, {takes}")

    read = LAWS[data.law]
    if "high" in read:
        need(data.low < data.high, "high", f"takes a number above data.low, which is {data.low}")
    if data.law in ("noisy_line", "uniform_target", "fresh_line", "normals", "rule"):
        need(data.n_test > 0, "n_test", f"law {data.law} takes a whole number of at least 1")
    if "n_pool" in read:
        takes = f"takes 0 (no pool) or at least data.n_train, which is {data.n_train}"
        need(data.n_pool == 0 or data.n_pool >= data.n_train, "n_pool", takes)
    if "n_informative" in read:
        takes = f"takes at most data.n_features, which is {data.n_features}"
        need(data.n_informative <= data.n_features, "n_informative", takes)
    if "spurious" in read:
        need(data.n_features > 1, "n_features", f"law {data.law} takes at least 2: the second may be spurious")
    if "held_out_as" in read and data.held_out_as != "none":
        size = f"n_{data.held_out_as}"
        drawn = data[size] if size in read else 0
        takes = f"takes another name than that of the {drawn} rows that data.{size} asks for"
        need(drawn == 0, "held_out_as", takes)


def _check_decision(arm: Any, prefix: str) -> None:
    """Check that decisions fit the scores they are made from."""
    decision = arm.decision
    classifies = "held_out_as" in LAWS[arm.data.law] and arm.model.kind not in ROUNDED
    if not classifies:
        for key, untouched in (("threshold", 0.5), ("corrected_to", None)):
            if decision[key] != untouched:
                what = f"a {arm.model.kind} model of law {arm.data.law} gives no probabilities to apply it to"
                raise ConfigError(f"{prefix}decision.{key}: got {decision[key]}, but {what}")
    members = arm.model.members if arm.model.kind in TRAINED_BY_KERAS else 1
    if members % decision.ensembles_of:
        takes = f"takes a divisor of model.members, which is {members}"
        raise ConfigError(f"{prefix}decision.ensembles_of: got {decision.ensembles_of}, {takes}")


def _check_training(arm: Any, name: str) -> None:
    """Check that a network's training agrees with its data."""
    data, training = arm.data, arm.training
    of_arm = f"arms.{name}"
    if arm.model.members > 1 and data.law not in MEMBERS_OF:
        raise ConfigError(f"model.members: got {arm.model.members}, with law {data.law} {of_arm} takes 1")
    there = {"none"} | ({data.held_out_as} if not OmegaConf.is_missing(data, "held_out_as") else set())
    sizes = {split: f"n_{split}" for split in ("validation", "test")}
    there |= {split for split, size in sizes.items() if not OmegaConf.is_missing(data, size) and data[size] > 0}
    if training.validate_on not in there:
        listed = ", ".join(sorted(there))
        raise ConfigError(f"training.validate_on: got {training.validate_on}, with its data {of_arm} takes {listed}")
    if training.stopping.monitor == "val_loss" and training.validate_on == "none":
        raise ConfigError(
            f"training.stopping.monitor: got val_loss, which {of_arm} lacks: training.validate_on is none"
        )


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


# -- one line for every error --------------------------------------------------------------------------------


def closest(name: str, known: Iterable[str]) -> str:
    """' (did you mean X?)' for the known name most like `name`, or nothing."""
    found = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {found[0]}?)" if found else ""


def takes(key: str) -> str | None:
    """What the setting with this dotted key takes, None for an unknown key."""
    parts = [p for p in key.split(".") if p]
    if parts[:1] == ["arms"] and len(parts) > 1:
        parts = parts[2:]
        if not parts:
            return "settings such as {model: {dropout: 0}}, or null"
    kind: Any = Config
    for i, part in enumerate(parts):
        spec = {f.name: f for f in dataclasses.fields(kind)}.get(part.split("[")[0])
        if spec is None:
            return None
        if dataclasses.is_dataclass(spec.type) and i < len(parts) - 1:
            kind = spec.type
        elif dataclasses.is_dataclass(spec.type):
            return "the keys " + ", ".join(f.name for f in dataclasses.fields(spec.type))
        elif "takes" in spec.metadata:
            return str(spec.metadata["takes"])
        else:
            return {"arms": "settings by arm", "force": "true or false"}[spec.name]
    return None


def explain(error: Exception, prefix: str = "") -> str:
    """One line for an error of Hydra or OmegaConf: the key, what it got, what it takes."""
    if isinstance(error, OverrideParseException):
        reason = " ".join(str(error).partition("See https://")[0].split())
        return f"{error.override}: cannot be read as KEY=VALUE: {reason}"
    merging = re.match(r"Error merging override (.*)", str(error))
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OmegaConfBaseException):
        cause = cause.__cause__
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        key = prefix + str(cause.full_key)
        if isinstance(cause, ValidationError):
            got = "null" if cause.value is None else _shown(cause.value)
            return f"{key}: got {got}, takes {takes(key) or 'something else'}"
        if isinstance(cause, ConfigKeyError | ConfigAttributeError):
            kind = cause.object_type if dataclasses.is_dataclass(cause.object_type) else None
            known = [f.name for f in dataclasses.fields(kind)] if kind else []
            where = key.rpartition(".")[0] or "a run"
            listed = f"; {where} takes {', '.join(known)}" if known else ""
            return f"{key}: unknown key{closest(key.rpartition('.')[2], known)}{listed}"
        if merging and merging[1].startswith(f"{key}="):  # Hydra's error knows the value, OmegaConf's does not
            return f"{merging[1].replace('=', ': got ', 1)}, takes {takes(key) or 'something else'}"
        return f"{key}: {str(cause).splitlines()[0]}; takes {takes(key) or 'something else'}"
    if merging:
        key = re.split(r"[=+~]+", merging[1].lstrip("+~"))[0]
        reason = str(error.__cause__ or "").partition("\n")[0]
        return f"{merging[1]}: {reason or 'refused'}; {key} takes {takes(key) or 'something else'}"
    text = str(error) if isinstance(error, HydraException | OmegaConfBaseException | ValueError) else repr(error)
    for rest in ("See https://", "Config search path:"):  # of Hydra's many lines the first ones say enough
        text = text.partition(rest)[0]
    return " ".join(text.split())
