"""A scenario file and what was typed to a checked plan: the one place that knows how Hydra composes."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mirage.config import project
from mirage.config.merge import at, merged, nested, patched, without
from mirage.config.plan import Arm, Change, Plan, Request, Scenario
from mirage.config.typed import Typed, assigned, parse
from mirage.config.words import checked, closest, unknown
from mirage.settings import ConfigError, expected, leaves, shown

LARGEST = 2**63 - 1  # seed
REQUEST = tuple(Request.model_fields)
KEYS = (*Arm.model_fields, *Scenario.model_fields, *REQUEST, "arms", "only", "scenario", "sweep", "metric_sets")
GROUPS = ("data", "model", "training")


def load(scenario: str) -> dict[str, Any]:
    """The plain nested settings of a scenario file on top of ``conf/config.yaml`` and of the blocks it picks.

    Hydra composes them without its global state, so that it works beside another package's Hydra.
    """
    from hydra._internal.config_loader_impl import ConfigLoaderImpl
    from hydra._internal.utils import create_config_search_path
    from hydra.errors import HydraException
    from hydra.types import RunMode
    from omegaconf import OmegaConf, open_dict
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    loader = ConfigLoaderImpl(create_config_search_path(str(project.conf())))
    try:
        composed = loader.load_configuration("config", [f"scenario={scenario}"], RunMode.RUN, from_shell=False)
        with open_dict(composed):
            composed.pop("hydra")
        tree = OmegaConf.to_container(composed, resolve=True)
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        reason = project.in_a_line(error.__cause__ if isinstance(error.__cause__, Exception) else error)
        raise ConfigError(
            f"{project.scenario_file(scenario)}: got a file that cannot be composed, expected a scenario: {reason}"
        ) from None
    assert isinstance(tree, dict)
    return {str(key): value for key, value in tree.items()}


def plan(scenario: str | None, *words: str, seeds: Iterable[int] | None = None) -> Plan:
    """The checked plan of a scenario with these settings changed (``model.dropout=0.5``).

    Parameters
    ----------
    scenario
        The name of a scenario file; None: among `words`.
    seeds
        The seeds to make, instead of ``seed=`` and ``replicates=``.

    Raises
    ------
    ConfigError
        One line: what is wrong, what was expected.
    """
    for word in words:
        if not isinstance(word, str):
            raise ConfigError(f"settings: got {shown(word)}, expected texts such as 'model.dropout=0.5'")
    typed = parse(words)
    for one in typed:
        if one.key == "sweep":
            raise ConfigError(f"sweep: got {shown(one.value)}, expected a single plan; a sweep is run with -m")
        if one.key == "scenario" and scenario is not None:
            raise ConfigError(f"scenario: got {shown(one.value)} beside {scenario}, expected one scenario")
    if scenario is not None:
        typed = [assigned("scenario", scenario), *typed]
    return plan_of(typed, seeds)


def plan_of(
    typed: Sequence[Typed], seeds: Iterable[int] | None = None, load: Callable[[str], dict[str, Any]] = load
) -> Plan:
    """The checked plan of what was typed; see `plan`. `load` may remember scenario files for a sweep's many plans."""
    for one in typed:
        if one.swept:
            raise ConfigError(f"{one.key}: got several values, expected one, or a sweep: python -m run -m ...")
    scenario = scenario_of(typed)
    return _build(scenario, load(scenario), typed, _whole_seeds(seeds))


def scenario_of(typed: Sequence[Typed]) -> str:
    """The scenario that was typed, or the one of the ready sweep."""
    named = [one.value for one in typed if one.key == "scenario" and not one.deletes]
    known = project.scenarios()
    if not named:
        raise ConfigError(
            f"scenario: not set, expected one of {', '.join(known)}; for example: python -m run scenario={known[0]}"
        )
    name = named[-1]
    if not isinstance(name, str) or name not in known:
        raise unknown("scenario", name, known)
    return name


def _whole_seeds(seeds: Iterable[int] | None) -> list[int] | None:
    if seeds is None:
        return None
    try:
        whole = [operator.index(seed) for seed in seeds]
    except TypeError:
        raise ConfigError(f"seeds: got {shown(seeds)}, expected whole numbers") from None
    if not whole or min(whole) < 0 or max(whole) > LARGEST or len(set(whole)) < len(whole):
        raise ConfigError(
            f"seeds: got {shown(whole)}, expected one or more different whole numbers from 0 to {LARGEST}"
        )
    return whole


def _build(scenario: str, tree: dict[str, Any], typed: Sequence[Typed], seeds: list[int] | None) -> Plan:
    if not isinstance(tree.get("arms"), Mapping):
        raise ConfigError(
            f"conf/scenario/{scenario}.yaml: got no arms, expected arms by name and `# @package _global_`"
        )
    declared = set(tree["arms"])
    sweep = next((one.value for one in typed if one.key == "sweep"), None)
    if sweep is not None and sweep not in project.sweeps():
        raise unknown("sweep", sweep, project.sweeps())
    about_arms = [one for one in typed if one.key not in ("scenario", "sweep")]
    # Blocks first, so that `data.n_train=3 data=normals` keeps the 3.
    about_arms.sort(key=lambda one: not _picks_block(one.key))
    for one in about_arms:
        tree = _laid_over(tree, one, declared)
        _refuse_no_mapping(tree)  # at once: what is laid over it next would hide it
    if not isinstance(tree.get("arms"), Mapping):
        raise ConfigError(f"arms: got {shown(tree.get('arms'))}, expected settings by arm")
    for key in tree:
        if key not in KEYS:
            raise ConfigError(f"{key}: unknown setting{closest(key, KEYS)}, expected one of {', '.join(KEYS)}")
    request = checked(Request, {key: tree[key] for key in REQUEST if key in tree})
    about = checked(Scenario, _about(tree))
    _check_lesson(about)
    patches = _arms(tree)
    base = {part: tree[part] for part in Arm.model_fields if part in tree}
    changes = tuple(Change(one.key, one.value, one.text) for one in about_arms if _changes(one))
    _refuse_hidden(about_arms, base, patches)
    arms = _checked_arms(base, patches)
    if any(not any(arm.asks(name) for arm in arms.values()) for name in about.references):
        _check_references(about, _checked_arms(base, _arms({**tree, "only": None})))  # those left out may have a use
    made = seeds if seeds is not None else range(request.seed, request.seed + request.replicates)
    if made[-1] > LARGEST:
        raise ConfigError(f"replicates: got {request.replicates}, expected no seed above {LARGEST}")
    return Plan(scenario, about, arms, made, request, changes, sweep)


def _refuse_no_mapping(tree: Mapping[str, Any]) -> None:
    """Refuse a part of the settings of an arm that is no settings."""
    for part, field in Arm.model_fields.items():
        if part in tree and not isinstance(tree[part], Mapping) and (part != "training" or tree[part] is not None):
            raise ConfigError(f"{part}: got {shown(tree[part])}, expected {expected(field)}")


def _picks_block(key: str) -> bool:
    """Whether a key is that of a block, or of its name, of the scenario or of an arm."""
    return re.sub(r"^arms\.\w+\.|\.name$", "", key) in GROUPS


def _changes(one: Typed) -> bool:
    """Whether a typed setting makes another experiment. On a GPU digits differ, so that `device=gpu` does."""
    return one.key not in REQUEST or (one.key == "device" and one.value != "cpu")


def _laid_over(tree: dict[str, Any], one: Typed, declared: set[str]) -> dict[str, Any]:
    """The settings with one typed setting laid over."""
    first, *rest = one.key.split(".")
    if not all([first, *rest]) or "/" in one.key:
        raise ConfigError(f"{one.key or one.text}: unknown setting, expected one of {', '.join(KEYS)}")
    if one.deletes:
        try:
            return without(tree, one.key)
        except KeyError:
            raise ConfigError(f"~{one.key}: got a key that is not set, expected one that is") from None
    if first == "arms":
        if rest and rest[0] not in declared and not one.adds:
            names = ", ".join(sorted(declared))
            hint = closest(rest[0], declared)
            raise ConfigError(f"arms.{rest[0]}: unknown arm{hint}, expected one of {names}; +arms.{rest[0]} adds one")
        if not rest and isinstance(one.value, Mapping):
            for name in one.value:
                if name not in declared and not one.adds:
                    raise unknown("arms", str(name), sorted(declared))
        own = nested(".".join(rest), one.value) if rest else one.value
        arms = tree.get("arms")
        if not isinstance(own, Mapping):
            return {**tree, "arms": own}
        arms = arms if isinstance(arms, Mapping) else {}
        return {
            **tree,
            "arms": {**arms, **{name: patched(Arm, arms.get(name), patch, tree) for name, patch in own.items()}},
        }
    patch = nested(one.key, one.value)
    if first in Arm.model_fields:
        return {**tree, **_over_arm({first: tree.get(first)}, patch)}
    return {**tree, **merged(None, {first: tree.get(first)}, patch)}


def _over_arm(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    found = merged(Arm, base, patch)
    assert isinstance(found, dict)
    return found


def _about(tree: Mapping[str, Any]) -> dict[str, Any]:
    about = {key: tree[key] for key in Scenario.model_fields if key in tree}
    sets = tree.get("metric_sets") or {}
    if not isinstance(sets, Mapping):
        raise ConfigError(f"metric_sets: got {shown(sets)}, expected lists of metrics by name")
    for key in ("metrics", "show"):
        if isinstance(about.get(key), list):
            about[key] = _expanded(about[key], sets)
    return about


def _expanded(names: Sequence[Any], sets: Mapping[str, Any], within: tuple[str, ...] = ()) -> list[Any]:
    """Names of metrics with those of sets in place of a set's name."""
    found: list[Any] = []
    for name in names:
        if isinstance(name, str) and name in sets:
            inner = sets[name]
            if name in within or not isinstance(inner, list):
                raise ConfigError(f"metric_sets.{name}: got {shown(inner)}, expected a list of metrics, not of itself")
            found += _expanded(inner, sets, (*within, name))
        else:
            found.append(name)
    return found


def _check_lesson(about: Scenario) -> None:
    if about.lesson is not None and about.lesson not in project.lessons():
        raise unknown("lesson", about.lesson, [*project.lessons(), "null"])


def _arms(tree: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The arms that are run, each with its own settings."""
    patches = {str(name): patch for name, patch in tree["arms"].items() if patch is not None}
    only = tree.get("only")
    if only is not None:
        if not isinstance(only, list) or not only:
            raise ConfigError(f"only: got {shown(only)}, expected a list of one or more of {', '.join(patches)}")
        for name in only:
            if not isinstance(name, str) or name not in patches:
                raise unknown("only", name, patches)
        patches = {name: patch for name, patch in patches.items() if name in only}
    if not patches:
        raise ConfigError("arms: got none, expected at least one that is not null")
    for name, patch in patches.items():
        if not re.fullmatch(r"\w+", name):  # it becomes a cell of a table
            raise ConfigError(f"arms: got {shown(name)}, expected names made of letters, digits and _")
        if not isinstance(patch, Mapping):
            raise ConfigError(
                f"arms.{name}: got {shown(patch)}, expected settings such as {{model: {{dropout: 0}}}}, or null"
            )
        for part in patch:
            if part not in Arm.model_fields:
                known = list(Arm.model_fields)
                raise ConfigError(
                    f"arms.{name}.{part}: unknown setting{closest(str(part), known)}, "
                    f"expected one of {', '.join(known)}"
                )
    return patches


def _refuse_hidden(typed: Sequence[Typed], base: Mapping[str, Any], patches: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a typed setting of the base that no arm would ever see."""
    mark = object()
    for one in typed:
        if one.deletes or one.key.split(".")[0] not in Arm.model_fields:
            continue
        for key, _ in leaves(nested(one.key, one.value)):
            seen = [merged(Arm, _over_arm(base, nested(key, mark)), patch) for patch in patches.values()]
            named = key in ("data", "model") or key.endswith(".name")
            if not named and not any(at(arm, key) is mark for arm in seen):
                instead = " or ".join(f"arms.{name}.{key}" for name in patches)
                raise ConfigError(f"{key}: got a value that no arm would use, as each has its own, expected {instead}")


def _checked_arms(base: Mapping[str, Any], patches: Mapping[str, Mapping[str, Any]]) -> dict[str, Arm]:
    return {name: checked(Arm, merged(Arm, base, patch), f"arms.{name}.", patch) for name, patch in patches.items()}


def _check_references(about: Scenario, arms: Mapping[str, Arm]) -> None:
    from mirage.metrics.table import REFERENCES

    for name in about.references:
        if any(arm.asks(name) for arm in arms.values()):
            continue  # the other arms go without it
        for arm in arms.values():
            changed = [key for key, stage in zip(arm.stages.names(), arm.stages.listed(), strict=True) if stage.moves]
            if REFERENCES[name].needs and changed:
                raise ConfigError(
                    f"references: got {name}, which asks the law about its own features, expected it without "
                    f"stages.{changed[0]}, which changes them"
                )
            if not REFERENCES[name].possible(arm.data):
                possible = [r.name for r in REFERENCES.values() if r.possible(arm.data)]
                raise ConfigError(
                    f"references: got {name}, which law {arm.data.name} cannot answer, "
                    f"expected any of {', '.join(possible)}"
                )
