"""What decides a replicate but its seed, as 12 hex digits: the fingerprint; and what decides its measured rows.

A fingerprint covers the settings that drawing, training or predicting reads, the code of the blocks in use and all of
ours that it calls, and the numerical libraries. Decisions, metrics and references are computed from predictions, so
they are no part of it.
"""

import functools
import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mirage.records import source
from mirage.settings import Settings

if TYPE_CHECKING:
    from mirage.config.plan import Arm

# Modules that decide no number. Settings and configuration only check values, and the values that pass are in the
# fingerprint; the clock only watches.
NEVER = ("mirage.settings", "mirage.config", "mirage.clock")

# The packages that an imported library's numbers come from: scikit-learn's solvers are SciPy's.
PACKAGES = {
    "imblearn": ("imbalanced-learn", "scikit-learn", "scipy"),
    "keras": ("keras", "tensorflow"),
    "sklearn": ("scikit-learn", "scipy"),
    "tensorflow": ("tensorflow",),
}
NOT_NUMERICAL = ("filelock", "pydantic", "pydantic_core", "threadpoolctl", "typing_extensions", source.PACKAGE)


def fingerprint(arm: "Arm", vary: Collection[str], device: str = "cpu") -> str:
    """12 hex digits over what decides an arm's replicates but their seed: see `settings_of`."""
    return _short(settings_of(arm, vary, device))


def measuring(arm: "Arm", metrics: Sequence[str], references: Sequence[str]) -> str:
    """12 hex digits over what decides an arm's measured rows, given its records: names, decision and code."""
    blocks = [arm.data, *arm.stages.listed()]
    entries = ("mirage.metrics.rows", *(type(block).__module__ for block in blocks))
    decided = {
        "metrics": list(metrics),
        "references": list(references),
        "decision": stated(arm.decision),
        **_code(tuple(dict.fromkeys(entries)), frozenset(_names([*_blocks(arm), arm.decision])), frozenset()),
    }
    return _short(decided)


def settings_of(arm: "Arm", vary: Collection[str], device: str = "cpu") -> dict[str, Any]:
    """All that decides an arm's replicates but their seed, as plain values for JSON.

    Settings at their default, which always means "off", are left out, so that a new setting changes no fingerprint.
    Of `vary` only the streams count that the arm draws from.
    """
    contents = [content() for b in _blocks(arm) if (content := getattr(b, "content", None)) is not None]
    decisive = {
        "settings": described(arm),
        "streams": sorted(set(vary) & arm.streams()),
        **_code(_entries(arm), frozenset(_names(_blocks(arm)))),
    }
    if any(contents):
        decisive["contents"] = [content for content in contents if content]
    return decisive if device == "cpu" else decisive | {"device": device}


def described(arm: "Arm") -> dict[str, Any]:
    """The settings of the blocks that draw, train and predict, as plain values, without those at their default."""
    blocks: dict[str, Any] = {"data": arm.data, "model": arm.model, "training": arm.training}
    settings = {part: stated(block) for part, block in blocks.items() if block is not None}
    stages = [{"stage": type(stage).__name__, **stated(stage)} for stage in arm.stages.listed()]
    return settings | ({"stages": stages} if stages else {})


def _short(decisive: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def _blocks(arm: "Arm") -> list[Settings]:
    """The blocks that compute an arm's replicates."""
    return [arm.data, *arm.stages.listed(), arm.model, *([] if arm.training is None else [arm.training])]


def _given(settings: Settings) -> Iterator[tuple[str, Any]]:
    """The settings that are not at their default.

    Another value that means "off" is not enough to leave one out: a seed of 0 is not a seed of null.
    """
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            yield name, value


def stated(settings: Settings) -> dict[str, Any]:
    """Settings as plain values, without those at their default."""
    return {name: _plain(value) for name, value in _given(settings)}


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return stated(value)
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _nested(blocks: Sequence[Settings]) -> Iterator[Settings]:
    """Blocks, and the settings inside them."""
    for block in blocks:
        yield block
        yield from _nested([value for _, value in _given(block) if isinstance(value, Settings)])


def _names(blocks: Sequence[Settings]) -> set[str]:
    """The names of settings that are not at their default in some block: branches on them count."""
    return {name for block in _nested(blocks) for name, _ in _given(block)}


def _entries(arm: "Arm") -> tuple[str, ...]:
    """The modules that compute an arm's replicates, by what they import all of the code."""
    entries = ["mirage.data.rows", *(type(block).__module__ for block in _nested(_blocks(arm)))]
    if arm.model.trained_by == "scikit-learn":
        entries.append("mirage.training.classical")
    else:
        entries.append("mirage.training.network")
        if hasattr(arm.model, "trainer"):
            entries.append(arm.model.trainer)
        if arm.training is not None and arm.training.engine == "fit":
            entries.append("mirage.training.fit")
    return tuple(dict.fromkeys(entries))


def _counts(module: str) -> bool:
    return not any(module == never or module.startswith(never + ".") for never in NEVER)


@functools.cache
def _declared(entries: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Classes of settings in these modules and all that they may import, and the fields that these may leave out."""
    reached: dict[str, source.Scan] = {}
    waiting = [*entries]
    while waiting:
        module = waiting.pop()
        if module not in reached and _counts(module):
            reached[module] = source.scan(module)
            waiting += filter(None, map(source.ours, reached[module].imports))
    classes = [found for scan in reached.values() for found in scan.classes.items()]
    kinds = set(source.SETTINGS)
    while more := {name for name, (bases, _) in classes if bases & kinds} - kinds:
        kinds |= more
    return frozenset(kinds), frozenset().union(*(fields for name, (_, fields) in classes if name in kinds))


@functools.cache
def _code(
    entries: tuple[str, ...], on: frozenset[str], unread: frozenset[str] = source.TRUTH
) -> dict[str, dict[str, str]]:
    """Hashes of these modules and of all of ours that they call where only the settings `on` are on; and libraries.

    Methods with a mark in `unread` do not count.
    """
    kinds, optional = _declared(entries)
    code: dict[str, str] = {}
    libraries = {"numpy"}
    waiting = [*entries]
    while waiting:
        module = waiting.pop()
        if module in code or not _counts(module):
            continue
        words = source.scan(module).words
        reduced = source.reduced(module, (optional - on) & words, kinds & words, unread)
        code[module] = reduced.digest[:16]
        waiting += filter(None, map(source.ours, reduced.imports))
        libraries |= {dotted.split(".")[0] for dotted in reduced.imports}
    libraries -= {*sys.stdlib_module_names, *NOT_NUMERICAL}
    packages = {package for library in libraries for package in PACKAGES.get(library, (library,))}
    return {
        "code": dict(sorted(code.items())),
        "libraries": {package: _version(package) for package in sorted(packages)},
    }


@functools.cache
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
