"""What was typed, parsed once: keys, values, and the jobs that a sweep makes of them."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, RangeSweep, Transformer
from hydra.errors import HydraException

from mirage.settings import ConfigError, shown

FOLDER = "results_dir="


@dataclass(frozen=True)
class Typed:
    """One typed setting: dotted key, value, the words it was typed as, and whether it adds or deletes a key."""

    key: str
    value: Any
    text: str
    adds: bool = False
    deletes: bool = False
    of_hydra: bool = False
    swept: bool = False
    """Whether `value` is a list of values, one a job."""


def parse(words: Sequence[str], globbed: dict[str, Sequence[str]] | None = None) -> list[Typed]:
    """What was typed, in Hydra's grammar.

    Parameters
    ----------
    globbed
        The names that ``KEY=glob(...)`` chooses from, by key.

    Raises
    ------
    ConfigError
        If something cannot be read as KEY=VALUE, or holds an interpolation, which could name code to run.
    """
    return [_parsed(word, globbed or {}) for word in words]


def _parsed(word: str, globbed: dict[str, Sequence[str]]) -> Typed:
    folder = word.removeprefix(FOLDER)
    if word.startswith(FOLDER) and folder not in ("", "null") and folder[0] not in "'\"":
        return assigned("results_dir", folder)  # as it is: a folder may be called anything
    try:
        [override] = OverridesParser.create().parse_overrides([word])
    except (HydraException, RecursionError, ValueError) as error:
        reason = " ".join(str(error).partition("See https://")[0].split())
        raise ConfigError(f"{shown(word)}: got words that cannot be read, expected KEY=VALUE: {reason}") from None
    return _typed(override, globbed)


def _typed(override: Override, globbed: dict[str, Sequence[str]]) -> Typed:
    key, text = override.key_or_group, override.input_line or ""
    of_hydra = key == "hydra" or key.startswith(("hydra.", "hydra/"))
    if "${" in text:
        raise ConfigError(f"{key}: got {shown(text.partition('=')[2])}, expected a value without ${{...}}")
    if override.package is not None:
        raise ConfigError(f"{shown(text)}: got a package, expected KEY=VALUE")
    if override.is_delete() and override.is_sweep_override():
        raise ConfigError(f"~{key}: got several values, expected no value: a key is deleted whatever it is")
    made = Typed(key, None, text, override.is_add() or override.is_force_add(), override.is_delete(), of_hydra)
    if not override.is_sweep_override():
        return replace(made, value=override.value())
    value = override._value  # noqa: SLF001
    if isinstance(value, Glob):
        names = value.filter(list(globbed.get(key, ())))
        if key not in globbed:
            raise ConfigError(
                f"{key}: got glob(...), expected a value; names are chosen from in a sweep: python -m run -m"
            )
        if not names:
            pattern = f"glob({','.join(value.include)})"
            raise ConfigError(
                f"{key}: got {pattern}, expected a pattern of {', '.join(globbed.get(key, ())) or 'nothing'}"
            )
        return replace(made, value=names, swept=True)
    if isinstance(value, ChoiceSweep | RangeSweep):
        values = [Override._convert_value(one) for one in override.sweep_iterator(Transformer.identity)]  # noqa: SLF001
        return replace(made, value=values, swept=True)
    raise ConfigError(f"{key}: got {shown(text.partition('=')[2])}, expected values that can be listed")


def written(value: Any) -> str:
    """A value in Hydra's grammar: what `parse` reads back."""
    return Override._get_value_element_as_str(_quoted(value))  # noqa: SLF001


def _quoted(value: Any) -> Any:
    from hydra.core.override_parser.types import Quote, QuotedString

    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_./-]*", value)
        another = value.lower() in ("null", "true", "false", "nan", "inf")  # words that stand for other values
        return value if plain and not another else QuotedString(value, Quote.single)
    if isinstance(value, dict):
        return {key: _quoted(one) for key, one in value.items()}
    return [_quoted(one) for one in value] if isinstance(value, list | tuple) else value


def assigned(key: str, value: Any, adds: bool = False) -> Typed:
    """A setting that was not typed, as if it had been."""
    return Typed(key, value, f"{'+' if adds else ''}{key}={written(value)}", adds)


def jobs(typed: Sequence[Typed]) -> list[list[Typed]]:
    """Every combination of the values of what is swept, the last key moving fastest.

    Jobs that differ in nothing but consecutive seeds are one with that many replicates: these are the same, and
    planning a job takes longer than making many a replicate.
    """
    last = {one.key: one for one in typed}  # typed twice: the last one counts, as in Hydra
    choices = [
        [replace(assigned(one.key, value, one.adds), swept=False) for value in one.value] if one.swept else [one]
        for one in last.values()
    ]
    every = [list(job) for job in itertools.product(*choices)]
    return every if "replicates" in last else _joined(every)


def _joined(every: Sequence[list[Typed]]) -> list[list[Typed]]:
    joined: list[list[Typed]] = []
    ends: dict[tuple[str, ...], tuple[int, int, int]] = {}  # other settings: first seed, last seed, place
    for job in every:
        others = [one for one in job if one.key != "seed"]
        seeds = [one.value for one in job if one.key == "seed"]
        known = tuple(one.text for one in others)
        if not seeds or type(seeds[0]) is not int:
            joined.append(job)
            continue
        if known in ends and ends[known][1] + 1 == seeds[0]:
            first, end, place = ends[known]
            joined[place] = [*others, assigned("seed", first), assigned("replicates", end + 2 - first)]
            ends[known] = first, end + 1, place
        else:
            ends[known] = seeds[0], seeds[0], len(joined)
            joined.append(job)
    return joined
