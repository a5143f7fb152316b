"""What articles claim, and how each claim is tested in each kind of scenario: the claims files, parsed and checked.

A claim compares two numbers of the same seed, or two differences of such. See `mirage.claims.verdicts` for the words
that say what became of it, and `mirage.claims.statistics` for the tests behind them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Triple = tuple[str, str, str]  # arm, split, metric

KINDS = ("as_written", "controlled", "real")  # of scenarios, in the order in which they are shown
BASES = ("stated", "implied", "ours")
CLAIMED = {"less": "below", "greater": "above", "same": "inside"}  # relation: region
SIDE = "expected arm.split.metric, a difference of two (A - B or |A - B|), or a number"


@dataclass(frozen=True)
class Test:
    """Compares two sides, each ``arm.split.metric``, a difference of two of these, or a number.

    A difference is written ``arm.split.metric - arm.split.metric``, between bars where only its size counts:
    ``|A - B|``. `margin` is in the metric's unit.
    """

    left: str | float
    relation: str
    right: str | float
    margin: float
    reason: str

    def __str__(self) -> str:
        """What is claimed as a formula; what all terms share is named once: ``test.recall: smote > none + 0.1``."""
        terms = sides(self)
        alike = [len(terms) > 1 and len({term[place] for term in terms}) == 1 for place in range(3)]
        shared = ".".join(part for part, same in zip(terms[0], alike, strict=True) if same)

        def shown(side: str | float) -> str:
            if not isinstance(side, str):
                return f"{side:g}"
            rest = (".".join(p for p, same in zip(term, alike, strict=True) if not same) for term in terms_of(side))
            return ("|{}|" if is_size(side) else "{}").format(" − ".join(rest))

        relation = {"less": "<", "greater": ">", "same": "="}[self.relation]
        sign = {"less": "−", "greater": "+", "same": "±"}[self.relation]
        margin = f"{sign} {self.margin:g}" if self.margin else ""
        right = f"{shown(self.right)} {margin}".rstrip()
        if self.right == 0 and self.relation != "same" and margin:
            right = margin.replace(" ", "").removeprefix("+")
        return f"{shared}: {shown(self.left)} {relation} {right}".removeprefix(": ")


@dataclass(frozen=True)
class Untestable:
    """Why a claim can't be tested, and the design that would test it, if there is one."""

    untestable: str
    design: str = ""


@dataclass(frozen=True)
class Claim:
    """One checkable statement. `article` is None where no article makes it, `example` for prose."""

    id: str
    lesson: str
    article: int | None
    example: int | None
    basis: str
    text: str
    tests: Mapping[str, Test | Untestable]
    """How the claim is tested, by kind of scenario."""

    def test(self, kind: str) -> Test | Untestable:
        """The test in a kind of scenario; ValueError for a kind that the claim's lesson has not."""
        _expect(kind in self.tests, "kind of test", _unknown(kind, self.tests))
        return self.tests[kind]


@dataclass(frozen=True)
class Stated:
    """A claims file: the scenarios of a lesson, by kind in the order of `KINDS`, and its claims."""

    lesson: str
    scenarios: Mapping[str, str]
    claims: tuple[Claim, ...]
    answers: Mapping[str, str]
    """The claim that answers the lesson's question, by kind; a kind of scenario that answers nothing is left out."""

    def answer(self, kind: str) -> Claim | None:
        """The claim that answers the lesson's question in a kind of scenario, if one does."""
        return next((claim for claim in self.claims if claim.id == self.answers.get(kind)), None)


def parse(document: Mapping[str, Any]) -> Stated:
    """The claims of one lesson, from a claims file already loaded into plain Python.

    Raises ValueError, one line: lesson, claim, key, what it got, what it expected.
    """
    _keys("claims file", document, ("lesson", "scenarios", "claims"), ("answer",))
    lesson = _text("claims file: lesson", document["lesson"])
    where = f"claims of {lesson}"
    scenarios = _scenarios(f"{where}: scenarios", document["scenarios"])
    _expect(isinstance(document["claims"], list), f"{where}: claims", f"{document['claims']!r}, expected a list")
    claims = [_claim(where, number, entry, lesson, scenarios) for number, entry in enumerate(document["claims"], 1)]
    ids = [claim.id for claim in claims]
    for name in ids:
        _expect(ids.count(name) == 1, f"{where}: id", f"{name!r} {ids.count(name)} times, expected each once")
    answers = _answers(f"{where}: answer", document.get("answer"), scenarios, claims)
    return Stated(lesson, scenarios, tuple(claims), answers)


def _scenarios(where: str, entry: Any) -> dict[str, str]:
    several = isinstance(entry, Mapping) and len(entry) > 0
    _expect(several, where, f"{entry!r}, expected one to three of {', '.join(KINDS)}, each with a scenario's name")
    for kind in entry:
        _expect(kind in KINDS, where, f"unknown kind {_unknown(kind, KINDS)}")
    return {kind: _text(f"{where}.{kind}", entry[kind]) for kind in KINDS if kind in entry}


def _answers(where: str, entry: Any, kinds: Collection[str], claims: Collection[Claim]) -> dict[str, str]:
    """The answering claim by kind, where it is tested; one name stands for all kinds, null for none."""
    named = entry if isinstance(entry, Mapping) else dict.fromkeys(kinds, entry)
    for kind, name in named.items():
        _expect(kind in kinds, where, f"unknown kind {_unknown(kind, kinds)}")
        known = [*tests_of(claims, kind), None]
        _expect(name in known, f"{where}.{kind}", _unknown(name, ["null" if one is None else one for one in known]))
    return {kind: name for kind, name in named.items() if name is not None}


def _claim(where: str, number: int, entry: Any, lesson: str, kinds: Iterable[str]) -> Claim:
    _keys(f"{where}, number {number}", entry, ("id", "article", "example", "basis", "text", *kinds))
    where = f"{where}, {_text(f'{where}, number {number}: id', entry['id'])}"
    for key in ("article", "example"):
        value = entry[key]
        whole = value is None or (type(value) is int and value >= 1)
        _expect(whole, f"{where}: {key}", f"{value!r}, expected a whole number from 1, or null")
    _expect(entry["basis"] in BASES, f"{where}: basis", _unknown(entry["basis"], BASES))
    _text(f"{where}: text", entry["text"])
    tests = {kind: _test(f"{where}: {kind}", entry[kind]) for kind in kinds}
    return Claim(**{key: value for key, value in entry.items() if key not in tests}, lesson=lesson, tests=tests)


def _test(where: str, entry: Any) -> Test | Untestable:
    if isinstance(entry, Mapping) and "untestable" in entry:
        _keys(where, entry, ("untestable",), ("design",))
        return Untestable(**{key: _text(f"{where}.{key}", value) for key, value in entry.items()})
    _keys(where, entry, ("left", "relation", "right", "margin", "reason"))
    left, relation, right, margin, reason = (entry[key] for key in ("left", "relation", "right", "margin", "reason"))
    _expect(relation in list(CLAIMED), f"{where}.relation", _unknown(relation, CLAIMED))
    for key, side in (("left", left), ("right", right)):
        _expect(_is_side(side) or _is_number(side), f"{where}.{key}", f"{side!r}, {SIDE}")
    differ = left != right and (isinstance(left, str) or isinstance(right, str))
    _expect(differ, f"{where}: left and right", f"{left!r} and {right!r}, expected two sides that can differ")
    # Inside a margin of 0 there is nothing that *same* could be shown to be.
    enough = _is_number(margin) and (margin > 0 or (margin == 0 and relation != "same"))
    _expect(enough, f"{where}.margin", f"{margin!r}, expected a number of 0 or more (above 0 for same)")
    return Test(left, relation, right, float(margin), _text(f"{where}.reason", reason))


def _expect(ok: bool, where: str, got: str) -> None:
    if not ok:
        raise ValueError(f"{where}: got {got}")


def _keys(where: str, entry: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    known = required + optional
    _expect(isinstance(entry, Mapping), where, f"{entry!r}, expected the keys {', '.join(known)}")
    for key in entry:
        _expect(key in known, where, f"unknown key {_unknown(key, known)}")
    for key in required:
        _expect(key in entry, where, f"no {key!r}, expected the keys {', '.join(known)}")


def _unknown(name: object, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    return f"{name!r}{f' (did you mean {close[0]!r}?)' if close else ''}, expected one of {', '.join(names)}"


def _text(where: str, value: Any) -> str:
    _expect(isinstance(value, str) and bool(value.strip()), where, f"{value!r}, expected a text")
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_side(side: Any) -> bool:
    terms = terms_of(side) if isinstance(side, str) else []
    whole = all(len(term) == 3 and all(term) and "|" not in "".join(term) for term in terms)
    return 1 <= len(terms) <= 2 and whole


def is_size(side: str) -> bool:
    """Whether only the size of a side's difference counts: ``|A - B|``."""
    return side.startswith("|") and side.endswith("|") and " - " in side


def terms_of(side: str) -> list[Triple]:
    """A side's (arm, split, metric), and that of what is taken from it if it is a difference."""
    bare = side[1:-1] if is_size(side) else side
    # From the right: an arm may be called alpha_0.1.
    return [tuple(term.rsplit(".", 2)) for term in bare.split(" - ")]  # type: ignore[misc]


def sides(test: Test) -> list[Triple]:
    """(arm, split, metric) of all that a test reads."""
    return [term for side in (test.left, test.right) if isinstance(side, str) for term in terms_of(side)]


def tests_of(claims: Iterable[Claim], kind: str) -> dict[str, Test]:
    """How each claim that can be tested in this kind of scenario is tested, by the claim's id."""
    return {claim.id: test for claim in claims if isinstance(test := claim.test(kind), Test)}


def check(claim: Claim, kind: str, known: Iterable[Triple]) -> None:
    """Raises ValueError if a side's arm, split or metric isn't among `known`: one line that lists what there is."""
    test, known = claim.test(kind), set(known)
    for side in sides(test) if isinstance(test, Test) else ():
        found = known
        for place, word in enumerate(("arm", "split", "metric")):
            names = sorted({triple[place] for triple in found})
            where = f"claims of {claim.lesson}, {claim.id}: {kind}: {'.'.join(side)}"
            _expect(side[place] in names, where, f"unknown {word} {_unknown(side[place], names or ['none'])}")
            found = {triple for triple in found if triple[place] == side[place]}
