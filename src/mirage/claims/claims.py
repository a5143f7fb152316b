"""What is claimed and how it is tested: claims, their tests, and the sides that a test compares.

A claim compares two numbers of the same seed, or two differences of such. `mirage.claims.stated` reads the files they
stand in, `mirage.claims.verdicts` says what became of them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Triple = tuple[str, str, str]  # arm, split, metric

KINDS = ("as_written", "controlled", "real")  # of scenarios, in the order in which they are shown
TABLES = {  # by role (what articles say; what we found; what must hold of our own experiment): where verdicts stand
    "claim": "claims.csv",
    "finding": "findings.csv",
    "check": "checks.csv",
}
OURS = "ours"  # the basis of findings and checks
BASES = ("stated", "implied")  # of claims
RELATIONS = ("less", "greater", "same")
HOLDS, OPPOSITE, NO_EFFECT, FAILS = "holds", "fails_opposite", "fails_no_effect", "fails"
AT_MARGIN, UNDEFINED, OPEN = "at_margin", "undefined", "open"
ALSO, NOT, UNCLEAR = "also", "not", "unclear"  # on real data
WORDS = {  # every verdict, as it is shown
    HOLDS: "holds",
    OPPOSITE: "fails: the opposite",
    NO_EFFECT: "fails: no effect that matters",
    FAILS: "fails",
    AT_MARGIN: "at the margin",
    UNDEFINED: "undefined",
    OPEN: "open",
    ALSO: "also",
    NOT: "not",
    UNCLEAR: "unclear",
}
SIDE = "expected arm.split.metric, a difference of two (A - B or |A - B|), or a number"


@dataclass(frozen=True)
class Test:
    """Compares two sides, each ``arm.split.metric``, a difference of two of these, or a number.

    An arm may have a ``*`` in its name; then the number is the mean over all arms that match, seed by seed.
    A difference is written ``arm.split.metric - arm.split.metric``, between bars where only its size counts:
    ``|A - B|``. `margin` is in the effect's unit. `exact` says that all seeds are equal by construction.
    """

    left: str | float
    relation: str
    right: str | float
    margin: float
    reason: str
    exact: bool = False

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
class Claim:
    """One checkable statement, by its role: an article's claim, a finding of ours, or a check of our experiment.

    Article, paragraph and example are None, and the basis is ``ours``, where no article makes it; the example is None
    for prose. `unit` is that of the effect, to be read after a number.
    """

    id: str
    lesson: str
    role: str
    text: str
    unit: str
    tests: Mapping[str, Test]
    """How it is tested, by kind of scenario; not every lesson's scenario can test each."""
    article: int | None = None
    paragraph: int | None = None
    example: int | None = None
    basis: str = OURS
    yardstick: str = ""
    """What differs between its tests in the kinds of scenario, where that changes what is asked."""
    was: tuple[str, ...] = ()
    """The claims of the first ledger that this one stands for."""


def is_size(side: str) -> bool:
    """Whether only the size of a side's difference counts: ``|A - B|``."""
    return side.startswith("|") and side.endswith("|") and " - " in side


def terms_of(side: str) -> list[Triple]:
    """A side's (arm, split, metric), and that of what is taken from it if it is a difference."""
    bare = side[1:-1] if is_size(side) else side
    # From the right: an arm may be called alpha_0.1.
    return [tuple(term.rsplit(".", 2)) for term in bare.split(" - ")]  # type: ignore[misc]


def matching(arm: str, known: Iterable[str]) -> list[str]:
    """Those of the known arms that a name in a test stands for: itself, or with a ``*`` in it all that match.

    A star stands for no colon, so that ``task_*`` are arms and ``task_*:bayes`` references. A test reads their mean.
    """
    if "*" not in arm:
        return [name for name in known if name == arm]
    pattern = re.compile(re.escape(arm).replace(r"\*", "[^:]*"))
    return [name for name in known if pattern.fullmatch(name)]


def is_side(side: Any) -> bool:
    """Whether this is a side that names numbers."""
    terms = terms_of(side) if isinstance(side, str) else []
    whole = all(len(term) == 3 and all(term) and "|" not in "".join(term) for term in terms)
    return 1 <= len(terms) <= 2 and whole


def is_number(value: Any) -> bool:
    """Whether this is a finite number, and no yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def sides(test: Test) -> list[Triple]:
    """(arm, split, metric) of all that a test reads."""
    return [term for side in (test.left, test.right) if isinstance(side, str) for term in terms_of(side)]


def arms_read(test: Test, arms: Iterable[str]) -> list[str]:
    """Those of a plan's arms that a test reads, be it through their references."""
    named = [arm.partition(":")[0] for arm, _, _ in sides(test)]
    return [arm for arm in arms if any(matching(name, [arm]) for name in named)]


def tests_of(claims: Iterable[Claim], kind: str) -> dict[str, Test]:
    """How each claim is tested in this kind of scenario, by the claim's id; those that are not tested are left out."""
    return {claim.id: claim.tests[kind] for claim in claims if kind in claim.tests}


def check(claim: Claim, kind: str, known: Iterable[Triple]) -> None:
    """Raises ValueError if a side's arm, split or metric isn't among `known`: one line that lists what there is."""
    known = set(known)
    arms = sorted({arm for arm, _, _ in known})
    for side in sides(claim.tests[kind]) if kind in claim.tests else ():
        where = f"claims of {claim.lesson}, {claim.id}: {kind}: {'.'.join(side)}"
        named = matching(side[0], arms)
        if not named:
            raise ValueError(f"{where}: got unknown arm {one_of(side[0], arms or ['none'])}")
        for arm in named:
            found = {triple for triple in known if triple[0] == arm}
            for place, word in ((1, "split"), (2, "metric")):
                names = sorted({triple[place] for triple in found})
                if side[place] not in names:
                    raise ValueError(f"{where}: got unknown {word} {one_of(side[place], names)}")
                found = {triple for triple in found if triple[place] == side[place]}


def one_of(name: object, known: Iterable[str]) -> str:
    """The end of an error's line: what was got, what it may have meant, and what there is."""
    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    return f"{name!r}{f' (did you mean {close[0]!r}?)' if close else ''}, expected one of {', '.join(names)}"
