"""Errors as one line: the key that was typed, what it got, what was expected."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mirage.settings import Block, ConfigError, Settings, expected, settings_under, shown


def closest(name: str, known: Iterable[str]) -> str:
    """' (did you mean X?)' for the known name most like `name`, or nothing."""
    found = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {found[0]}?)" if found else ""


def unknown(key: str, got: object, known: Iterable[str]) -> ConfigError:
    """The error of a name that is none of the known ones."""
    known = list(known)
    return ConfigError(
        f"{key}: got {shown(got)}{closest(str(got), known)}, expected one of {', '.join(known) or 'none'}"
    )


def checked(kind: type[Settings], raw: object, prefix: str = "", patch: object = None) -> Any:
    """Raw settings as checked ones.

    Parameters
    ----------
    prefix, patch
        Where the settings under `patch` were given, as in ``arms.dropout.``: errors in them name that place.

    Raises
    ------
    ConfigError
        For the first setting that is wrong: names that are not known before what is missing, then values.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        first = min(error.errors(), key=_rank)
    raise ConfigError(_line(first, kind, raw, prefix, patch))


def _rank(error: ErrorDetails) -> int:
    return {"extra_forbidden": 0, "missing": 2}.get(error["type"], 1)


def _line(error: ErrorDetails, kind: type[Settings], raw: object, prefix: str, patch: object) -> str:
    path = [str(part) for part in error["loc"]]
    while path and path[-1].isdigit():  # an element of a list: the list is what was typed
        path.pop()
    key = ".".join(path)
    place = (prefix + key) if _given(patch, path) else key
    owner = _class_at(kind, raw, path[:-1])
    if error["type"] == "extra_forbidden":
        return _unknown_setting(place, path, owner)
    words = error["ctx"]["expected"] if error["type"] == "expected" else None
    if words is None and owner is not None and path and path[-1] in owner.model_fields:
        words = expected(owner.model_fields[path[-1]])
    if error["type"] == "missing":
        name = _name_at(raw, path[:-1])
        if _given(patch, [*path[:-1], "name"]):  # the arm's own block
            place = prefix + key
        return f"{place}: not set, expected {words or 'a value'}{f' for {name}' if name else ''}"
    got = _value_at(raw, path, error["input"])
    return f"{place}: got {shown(got)}{_meant(got, words or '')}, expected {words or error['msg'].lower()}"


def _meant(got: object, words: str) -> str:
    """The known name that an unknown one is most like, where `words` list the known ones."""
    known = words.rpartition(" of ")[2].split(", ") if " of " in words else []
    names = [name for name in (got if isinstance(got, list) else [got]) if isinstance(name, str) and name not in known]
    return closest(names[0], known) if names else ""


def _unknown_setting(place: str, path: list[str], owner: type[Settings] | None) -> str:
    """An unknown key: the closest known one, those there are, and the other blocks of the family that have it."""
    key = path[-1]
    known = list(owner.model_fields) if owner is not None else []
    others = ""
    if owner is not None and issubclass(owner, Block):
        table: dict[str, type[Block]] = next(vars(c)["table"] for c in owner.__mro__ if "table" in vars(c))
        having = [name for name, other in table.items() if key in other.model_fields]
        others = f"; {', '.join(having)} ha{'ve' if len(having) > 1 else 's'} it" if having else ""
    return f"{place}: unknown setting{closest(key, known)}, expected one of {', '.join(known)}{others}"


def _given(patch: object, path: list[str]) -> bool:
    """Whether a patch itself gives this key, or a whole part that it belongs to."""
    for part in path:
        if not isinstance(patch, Mapping) or part not in patch:
            return not isinstance(patch, Mapping) and patch is not None
        patch = patch[part]
    return True


def _class_at(kind: type[Settings], raw: object, path: list[str]) -> type[Settings] | None:
    found: type[Settings] | None = kind
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
        field = found.model_fields.get(part) if found is not None else None
        family = settings_under(field) if field is not None else None
        found = family.chosen(raw) if family is not None else None
    return found


def _name_at(raw: object, path: list[str]) -> str:
    """What settings at a place call themselves: ``data normals``."""
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    name = raw.get("name") if isinstance(raw, Mapping) else None
    return f"{path[-1]} {name}" if name and path else ""


def _value_at(raw: object, path: list[str], fallback: object) -> object:
    for part in path:
        if not isinstance(raw, Mapping) or part not in raw:
            return fallback
        raw = raw[part]
    return raw
