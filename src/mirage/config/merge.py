"""Laying settings over settings: an arm over its scenario, what was typed over either."""

from collections.abc import Mapping
from typing import Any

from mirage.config import project
from mirage.data.law import Law
from mirage.models.fitting import Training
from mirage.models.kind import Kind
from mirage.settings import Block, Settings, settings_under

FOLDERS: dict[type[Settings], str] = {Law: "data", Kind: "model", Training: "training"}  # with a file for each block


def block_file(family: type[Settings] | None, name: object) -> dict[str, Any]:
    """The settings that a block's file starts from; nothing where the family or the block has no file."""
    if family not in FOLDERS or not isinstance(name, str):
        return {}
    file = project.conf() / FOLDERS[family] / f"{name}.yaml"
    if not name.isidentifier() or not file.is_file():
        return {}
    return project.read(file)


def merged(family: type[Settings] | None, base: Any, patch: Any) -> Any:
    """`patch` laid over `base`, both plain nested values of settings of this family (None: any mapping).

    Mappings are merged key by key, all else is replaced. A patch that names another data law or model kind starts from
    that block's file; one that names another optimizer or resampling, which have no files, keeps what both take. A text
    for a block is its name.
    """
    if family is not None and isinstance(patch, str):
        if issubclass(family, Block):
            patch = {"name": patch}
        elif family in FOLDERS:
            return block_file(family, patch) or patch
    if not isinstance(patch, Mapping):
        return patch
    if not isinstance(base, Mapping):
        base = block_file(family, patch.get("name"))
    kind = family
    if family is not None and issubclass(family, Block):
        before, kind = family.chosen(base), family.chosen({**base, **patch})
        if kind is not family and (kind is not before or base.get("name") != patch.get("name", base.get("name"))):
            assert issubclass(kind, Block)
            name = {**base, **patch}["name"]
            base = block_file(family, name) or {k: v for k, v in base.items() if k in kind.model_fields}
    fields = kind.model_fields if kind is not None else {}

    def under(key: str) -> type[Settings] | None:
        return settings_under(fields[key]) if key in fields else None

    return {**base, **{key: merged(under(key), base.get(key), value) for key, value in patch.items()}}


def patched(family: type[Settings] | None, before: Any, patch: Any, base: Any) -> Any:
    """An arm's own settings with typed ones laid over; `base` is what the arm itself is laid over.

    Where the patch names another block than the arm has had, its own settings of that block go, unless the blocks have
    no files: then those stay that both take.
    """
    if family is not None and isinstance(patch, str):
        patch = {"name": patch} if issubclass(family, Block) else block_file(family, patch) or patch
    if not isinstance(patch, Mapping):
        return patch
    before, base = (given if isinstance(given, Mapping) else {} for given in (before, base))
    kind = family
    if family is not None and issubclass(family, Block):
        was = before.get("name", base.get("name"))
        kind = family.chosen({"name": patch.get("name", was)})
        if patch.get("name", was) != was:
            kept = {} if family in FOLDERS else before
            before = {key: value for key, value in kept.items() if key in kind.model_fields}
    fields = kind.model_fields if kind is not None else {}
    under = {key: settings_under(fields[key]) if key in fields else None for key in patch}
    return {**before, **{key: patched(under[key], before.get(key), patch[key], base.get(key)) for key in patch}}


def nested(key: str, value: Any) -> dict[str, Any]:
    """A dotted key and its value as nested mappings."""
    for part in reversed(key.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def without(tree: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A copy of nested mappings without a dotted key. Raises KeyError if it is not there."""
    first, _, rest = key.partition(".")
    inner = tree[first]
    if not rest:
        return {k: v for k, v in tree.items() if k != first}
    if not isinstance(inner, Mapping):
        raise KeyError(key)
    return {**tree, first: without(inner, rest)}


def at(tree: Any, key: str) -> Any:
    """What stands at a dotted key of nested mappings; None where there is nothing."""
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree
