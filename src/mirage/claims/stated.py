"""The claims files, read and checked: what articles say, what we found, what must hold, and where the rest went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mirage.claims.claims import BASES, KINDS, OURS, RELATIONS, SIDE, Claim, Test, is_number, is_side, one_of, tests_of

SECTIONS = {"claims": "claim", "findings": "finding", "checks": "check"}
OWN = ("id", "was", "text", "unit")
OF_ARTICLES = ("article", "paragraph", "example", "basis")
MOVED = {  # what became of a claim of the first ledger that is no entry here: the keys that say so
    "notes": ("was", "article", "paragraph", "text"),
    "tested_elsewhere": ("was", "now"),
}


@dataclass(frozen=True)
class Moved:
    """What became of claims of the first ledger that are no longer tested here.

    `place` is ``notes`` (advice, or a matter of words: the text says why it is not tested) or ``tested_elsewhere`` (in
    the claim, or the file of tests, that `now` names); those have neither article, paragraph nor text.
    """

    place: str
    was: tuple[str, ...]
    now: str
    article: int | None = None
    paragraph: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Stated:
    """A claims file: the scenarios of a lesson, by kind in the order of `KINDS`, its claims, and what moved.

    `claims` are those of the articles, then our findings, then our checks.
    """

    lesson: str
    scenarios: Mapping[str, str]
    claims: tuple[Claim, ...]
    answers: Mapping[str, str]
    """The claim that answers the lesson's question, by kind; a kind of scenario that answers nothing is left out."""
    moved: tuple[Moved, ...] = ()

    def answer(self, kind: str) -> Claim | None:
        """The claim that answers the lesson's question in a kind of scenario, if one does."""
        return next((claim for claim in self.claims if claim.id == self.answers.get(kind)), None)


def parse(document: Mapping[str, Any]) -> Stated:
    """The claims of one lesson, from a claims file already loaded into plain Python.

    Raises ValueError, one line: lesson, claim, key, what it got, what it expected.
    """
    _keys("claims file", document, ("lesson", "scenarios", "claims"), ("answer", "findings", "checks", *MOVED))
    lesson = _text("claims file: lesson", document["lesson"])
    where = f"claims of {lesson}"
    scenarios = _scenarios(f"{where}: scenarios", document["scenarios"])
    claims = [
        _claim(f"{where}, {role} {number}", entry, lesson, role, scenarios)
        for section, role in SECTIONS.items()
        for number, entry in enumerate(_list(f"{where}: {section}", document.get(section, [])), 1)
    ]
    moved = [
        _moved(f"{where}: {place}, number {number}", place, entry)
        for place in MOVED
        for number, entry in enumerate(_list(f"{where}: {place}", document.get(place, [])), 1)
    ]
    _once(f"{where}: id", [claim.id for claim in claims])
    _once(f"{where}: was", [name for was in (*(c.was for c in claims), *(m.was for m in moved)) for name in was])
    answers = _answers(f"{where}: answer", document.get("answer"), scenarios, claims)
    return Stated(lesson, scenarios, tuple(claims), answers, tuple(moved))


def _scenarios(where: str, entry: Any) -> dict[str, str]:
    several = isinstance(entry, Mapping) and len(entry) > 0
    _expect(several, where, f"{entry!r}, expected one to three of {', '.join(KINDS)}, each with a scenario's name")
    for kind in entry:
        _expect(kind in KINDS, where, f"unknown kind {one_of(kind, KINDS)}")
    return {kind: _text(f"{where}.{kind}", entry[kind]) for kind in KINDS if kind in entry}


def _answers(where: str, entry: Any, kinds: Collection[str], claims: Collection[Claim]) -> dict[str, str]:
    """The answering claim by kind, where it is tested; one name stands for all kinds that test it, null for none."""
    if isinstance(entry, str):
        tested = [kind for kind in kinds if entry in tests_of(claims, kind)]
        _expect(bool(tested), where, one_of(entry, [claim.id for claim in claims]))
        return dict.fromkeys(tested, entry)
    named = entry if isinstance(entry, Mapping) else dict.fromkeys(kinds, entry)
    for kind, name in named.items():
        _expect(kind in kinds, where, f"unknown kind {one_of(kind, kinds)}")
        known = [*tests_of(claims, kind), None]
        _expect(name in known, f"{where}.{kind}", one_of(name, ["null" if one is None else one for one in known]))
    return {kind: name for kind, name in named.items() if name is not None}


def _claim(where: str, entry: Any, lesson: str, role: str, kinds: Iterable[str]) -> Claim:
    of_article = role == "claim"
    required = (*OWN, *OF_ARTICLES) if of_article else OWN
    _keys(where, entry, required, (*kinds, *(("yardstick",) if of_article else ())))
    where = f"claims of {lesson}, {_text(f'{where}: id', entry['id'])}"
    tests = {kind: _test(f"{where}: {kind}", entry[kind]) for kind in kinds if kind in entry}
    _expect(bool(tests), where, f"no test, expected one or more of {', '.join(kinds)}")
    about: dict[str, Any] = {"basis": OURS}
    if of_article:
        about = {key: _whole(f"{where}: {key}", entry[key]) for key in ("article", "paragraph")}
        about["example"] = None if entry["example"] is None else _whole(f"{where}: example", entry["example"])
        _expect(entry["basis"] in BASES, f"{where}: basis", one_of(entry["basis"], BASES))
        about["basis"] = entry["basis"]
        # An article's prose never spoke about its listing; what it says of its listing can be asked of it.
        if "as_written" in kinds:
            listed, tested = about["example"] is not None, "as_written" in tests
            got = "no test, expected one, as it is about an example" if listed else "a test, expected none for prose"
            _expect(listed == tested, f"{where}: as_written", got)
        if "yardstick" in entry:
            about["yardstick"] = _text(f"{where}: yardstick", entry["yardstick"])
    text, unit = (_text(f"{where}: {key}", entry[key]) for key in ("text", "unit"))
    return Claim(entry["id"], lesson, role, text, unit, tests, was=_was(where, entry), **about)


def _moved(where: str, place: str, entry: Any) -> Moved:
    _keys(where, entry, MOVED[place])
    about: dict[str, Any] = {}
    if "text" in MOVED[place]:
        about = {key: _whole(f"{where}: {key}", entry[key]) for key in ("article", "paragraph")}
        about["text"] = _text(f"{where}: text", entry["text"])
    now = "" if place == "notes" else _text(where, entry["now"])
    return Moved(place, _was(where, entry), now, **about)


def _test(where: str, entry: Any) -> Test:
    _keys(where, entry, ("left", "relation", "right", "margin", "reason"), ("exact",))
    left, relation, right, margin, reason = (entry[key] for key in ("left", "relation", "right", "margin", "reason"))
    _expect(relation in RELATIONS, f"{where}.relation", one_of(relation, RELATIONS))
    for key, side in (("left", left), ("right", right)):
        _expect(is_side(side) or is_number(side), f"{where}.{key}", f"{side!r}, {SIDE}")
    differ = left != right and (isinstance(left, str) or isinstance(right, str))
    _expect(differ, f"{where}: left and right", f"{left!r} and {right!r}, expected two sides that can differ")
    # Inside a margin of 0 there is nothing that *same* could be shown to be.
    enough = is_number(margin) and (margin > 0 or (margin == 0 and relation != "same"))
    _expect(enough, f"{where}.margin", f"{margin!r}, expected a number of 0 or more (above 0 for same)")
    exact = entry.get("exact", False)
    _expect(isinstance(exact, bool), f"{where}.exact", f"{exact!r}, expected true or false")
    return Test(left, relation, right, float(margin), _text(f"{where}.reason", reason), exact)


def _expect(ok: bool, where: str, got: str) -> None:
    if not ok:
        raise ValueError(f"{where}: got {got}")


def _keys(where: str, entry: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    known = required + optional
    _expect(isinstance(entry, Mapping), where, f"{entry!r}, expected the keys {', '.join(known)}")
    for key in entry:
        _expect(key in known, where, f"unknown key {one_of(key, known)}")
    for key in required:
        _expect(key in entry, where, f"no {key!r}, expected the keys {', '.join(known)}")


def _list(where: str, value: Any) -> list[Any]:
    _expect(isinstance(value, list), where, f"{value!r}, expected a list")
    return list(value)


def _text(where: str, value: Any) -> str:
    _expect(isinstance(value, str) and bool(value.strip()), where, f"{value!r}, expected a text")
    return str(value)


def _whole(where: str, value: Any) -> int:
    _expect(type(value) is int and value >= 1, where, f"{value!r}, expected a whole number from 1")
    return int(value)


def _was(where: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_text(f"{where}: was", name) for name in _list(f"{where}: was", entry["was"]))


def _once(where: str, names: list[str]) -> None:
    for name in names:
        _expect(names.count(name) == 1, where, f"{name!r} {names.count(name)} times, expected each once")
