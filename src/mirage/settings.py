"""Settings: strict, typed values with their range and meaning, and blocks that are looked up by name.

A block (a data law, model kind, resampling, optimizer) is a class of settings with the functions that use them. Its
file is the one place that describes it: `table_of` finds the blocks of a folder, `pick` makes a field that takes any of
them. Nothing here computes a number of an experiment.
"""

import importlib
import math
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

NEUTRAL: tuple[Any, ...] = (None, False, 0, [], "none")  # the only defaults a setting may have: they mean "off"
Compiled = Literal["value", "on", "never"]
MOST = 1_000_000  # a whole number that no experiment of this size needs, but a slip of the hand exceeds


class ConfigError(Exception):
    """A configuration that cannot be run. Its text is one line: the key, what it got, what was expected."""


class Settings(BaseModel):
    """Strict settings: no unknown key, no other type, no value out of range, nothing changed afterwards.

    A setting with a default is off by default: the default is None, False, 0, [] or "none". So settings that are off
    can be left out of what identifies a record, and a new setting changes no record. Every other value is in ``conf/``.
    """

    # A class's checks are built when it is first used: a run uses few of all blocks.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a default that does not mean "off" when the class is made."""
        for name, field in cls.model_fields.items():
            if not field.is_required() and not is_neutral(field.default):
                raise TypeError(f"{cls.__name__}.{name}: got default {field.default!r}, expected one that means off")

    @classmethod
    def chosen(cls, raw: object) -> type["Settings"]:
        """The class that raw settings are of: for plain settings always this one."""
        return cls

    def refuse(self, key: str, expected: str) -> None:
        """Raise the error of one setting, for validators that look at several: dotted key, what was expected."""
        value: Any = self
        for part in key.split("."):
            value = getattr(value, part)
        refuse(tuple(key.split(".")), value, expected)


class Block(Settings):
    """Settings of one of several kinds, told apart by `name`; the class of a family has the `table` of its blocks."""

    table: ClassVar[dict[str, type["Block"]]]
    name: str

    @classmethod
    def chosen(cls, raw: object) -> type[Settings]:
        """The class that raw settings name; the family's own where they name none that exists."""
        name = raw.get("name") if isinstance(raw, Mapping) else None
        return cls.table.get(name, cls) if "table" in vars(cls) and isinstance(name, str) else cls

    @classmethod
    def read(cls, raw: object) -> Self:
        """The block that raw settings name, checked; a block as it is."""
        if isinstance(raw, cls):
            return raw
        if isinstance(raw, str):
            raw = {"name": raw}
        if not isinstance(raw, Mapping):
            refuse((), raw, "settings with a name, one of " + ", ".join(cls.table))
        assert isinstance(raw, Mapping)
        kind = cls.chosen(raw)
        if kind is cls:
            refuse(("name",), raw.get("name"), "one of " + ", ".join(cls.table))
        checked = kind.model_validate(raw)
        assert isinstance(checked, cls)
        return checked


def is_neutral(value: object) -> bool:
    """Whether a value means "off"."""
    if isinstance(value, Settings):  # settings of which none is on
        return not isinstance(value, Block) and all(
            is_neutral(getattr(value, name)) for name in type(value).model_fields
        )
    return any(value is off or (type(value) in (int, float, list, str) and value == off) for off in NEUTRAL)


def refuse(location: tuple[str | int, ...], got: object, expected: str) -> None:
    """Raise pydantic's error for one key, in our words."""
    error = InitErrorDetails(
        type=PydanticCustomError("expected", "{expected}", {"expected": expected}), loc=location, input=got
    )
    raise ValidationError.from_exception_data("settings", [error])


def pick(family: type[Block]) -> Any:
    """A field's type for any block of a family."""
    return Annotated[SerializeAsAny[family], BeforeValidator(family.read)]  # type: ignore[valid-type,misc]


def table_of(package: ModuleType, family: type[Block]) -> dict[str, type[Any]]:
    """The blocks that a folder's modules define, by the name that each takes, in the order of the modules' names."""
    found: dict[str, type[Any]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, family) and value.__module__ == module.__name__:
                names = get_args(value.model_fields["name"].annotation)
                found |= dict.fromkeys(names, value)
    return found


# -- what a setting takes ------------------------------------------------------------------------------------


def setting(meaning: str, expected: str, compiled: Compiled = "value", **more: Any) -> Any:
    """A setting: what it means, and in words what it takes.

    `compiled` says what of it a program of a network is compiled for: its value; whether it is ``on``, as its value is
    an input; or nothing of it (``never``).
    """
    return Field(description=meaning, json_schema_extra={"expected": expected, "compiled": compiled}, **more)


def compiled_for(settings: Settings) -> dict[str, Any]:
    """What of these settings a network's program is compiled for, as plain values."""
    found: dict[str, Any] = {}
    for name, field in type(settings).model_fields.items():
        value, extra = getattr(settings, name), field.json_schema_extra
        how = extra.get("compiled", "value") if isinstance(extra, Mapping) else "value"
        if how != "never":
            whole = compiled_for(value) if isinstance(value, Settings) else value
            found[name] = whole if how == "value" else value != field.get_default(call_default_factory=True)
    return found


def whole(meaning: str, least: int = 0, most: int = MOST, **more: Any) -> Any:
    """A whole number of a range."""
    return setting(meaning, f"a whole number from {least} to {most}", ge=least, le=most, **more)


def number(meaning: str, **more: Any) -> Any:
    """A number; bounds as in pydantic: ge, gt, le, lt."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    bounds = " and ".join(f"{word} {more[bound]:g}" for bound, word in words.items() if bound in more)
    of = " of " if bounds.startswith("at") else " "
    none = " or null" if more.get("default", 0) is None else ""
    return setting(meaning, f"a number{of}{bounds}{none}".strip(), **more)


def share(meaning: str, **more: Any) -> Any:
    """A number above 0 and below 1."""
    return number(meaning, gt=0, lt=1, **more)


def seed_of(stream: str) -> Any:
    """A fixed seed for a library, or null: it follows the named stream."""
    expected = f"a whole number from 0 to {2**32 - 1}, or null: the stream {stream}"
    return setting(f"a fixed seed; null: the stream {stream}", expected, ge=0, le=2**32 - 1, default=None)


def inner(annotation: Any) -> Any:
    """An annotation without Annotated and without None."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        [annotation] = [part for part in get_args(annotation) if part is not type(None)] or [annotation]
        return inner(annotation)
    return annotation


def settings_under(field: FieldInfo) -> type[Settings] | None:
    """The class of the settings under a field, None for a plain value."""
    found = inner(field.annotation)
    return found if isinstance(found, type) and issubclass(found, Settings) else None


def expected(field: FieldInfo) -> str:
    """In words, what a setting takes."""
    extra = field.json_schema_extra
    if isinstance(extra, Mapping) and "expected" in extra:
        return str(extra["expected"])
    kind = inner(field.annotation)
    none = " or null" if type(None) in get_args(field.annotation) else ""
    if isinstance(kind, type) and issubclass(kind, Block):
        return "one of " + ", ".join(kind.table) + none
    if isinstance(kind, type) and issubclass(kind, Settings):
        return "the keys " + ", ".join(kind.model_fields) + none
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind))) + none
    if get_origin(kind) is list:
        [element] = get_args(kind)
        if get_origin(element) is Literal:
            return "a list of any of " + ", ".join(map(str, get_args(element)))
        return "a list"
    return {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}.get(kind, "a value") + none


def leaves(node: object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of all leaves of nested mappings; an empty mapping is a leaf of its own."""
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            yield from leaves(value, f"{prefix}.{key}" if prefix else str(key))
    elif prefix:
        yield prefix, node


def shown(value: object) -> str:
    """A value in an error, cut to a readable length and kept on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and _reads_otherwise(value):
        return f"'{value}'"
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(value)
    try:
        text = " ".join(str(value).split())
    except ValueError:  # a whole number of thousands of digits has no text
        text = "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."


def _reads_otherwise(text: str) -> bool:
    """Whether a text, shown without quotes, would read as nothing or as another type's value."""
    try:
        float(text)
    except ValueError:
        return not text.strip() or text.lower() in ("null", "true", "false")
    return True
