"""The options of a chart, checked: whatever is wrong is one line with the option, what it got, what was expected."""

from collections.abc import Iterable, Mapping
from typing import Any

from mirage.claims.results import Results
from mirage.config.words import closest
from mirage.settings import shown


def unknown(what: str, got: object, known: Iterable[str]) -> ValueError:
    """The error of a name that is none of the known ones."""
    names = list(known)
    return ValueError(
        f"{what}: got {shown(got)}{closest(str(got), names)}, expected one of {', '.join(names) or 'none'}"
    )


class Options:
    """What was given for one chart; it remembers what was asked for, so that all else can be refused at the end."""

    def __init__(self, kind: str, given: dict[str, Any]) -> None:
        self._kind, self._given, self._asked = kind, given, list[str]()

    def _get(self, name: str) -> Any:
        self._asked.append(name)
        return self._given.get(name)

    def wrong(self, name: str, got: object, expected: str) -> ValueError:
        """The error of an option's value."""
        return ValueError(f"chart {self._kind}, {name}: got {shown(got)}, expected {expected}")

    def refuse_others(self) -> None:
        """Refuse options that this kind of chart does not have."""
        for name in self._given:
            if name not in self._asked:
                raise unknown(f"chart {self._kind}, option", name, self._asked)

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty."""
        got = self._get(name)
        if got is None and default is not None:
            return default
        if not isinstance(got, str) or not got.strip():
            raise self.wrong(name, got, "a text")
        return got

    def yes(self, name: str) -> bool:
        """True or false; false where it isn't given."""
        got = self._get(name)
        if got is not None and not isinstance(got, bool):
            raise self.wrong(name, got, "true or false")
        return bool(got)

    def positive(self, name: str, default: float) -> float:
        """A number above zero."""
        got = self._get(name)
        if got is None:
            return default
        if isinstance(got, bool) or not isinstance(got, (int, float)) or not 0 < got < float("inf"):
            raise self.wrong(name, got, "a number above 0")
        return float(got)

    def texts(self, name: str) -> list[str]:
        """One or more different texts."""
        got = self._get(name)
        if not isinstance(got, (list, tuple)) or not got or not all(isinstance(one, str) and one for one in got):
            raise self.wrong(name, got, "a list of one or more names")
        if len(set(got)) < len(got):
            raise self.wrong(name, got, "each name once")
        return list(got)

    def labelled(self, name: str, needed: bool = True) -> dict[str, str]:
        """Labels to what they stand for; nothing where it isn't given and isn't needed."""
        got = self._get(name)
        if got is None and not needed:
            return {}
        if not isinstance(got, Mapping) or not got or not all(isinstance(o, str) and o for p in got.items() for o in p):
            raise self.wrong(name, got, "labels, each with a name")
        return dict(got)

    def arms(self, results: Results, most: int | None = None) -> dict[str, str]:
        """Labels to arms of the scenario; at most so many, where they are told apart by colours."""
        arms = self.labelled("arms")
        if most is not None and len(arms) > most:
            raise self.wrong("arms", f"{len(arms)} arms", f"at most {most}, or they cannot be told apart")
        for arm in arms.values():
            if arm not in results.plan.arms:
                raise unknown(f"chart {self._kind}, arms", arm, results.plan.arms)
            if not results.kept(arm):
                raise self.wrong("arms", arm, "an arm of which at least one replicate did not diverge")
        return arms

    def split(self, results: Results, arms: Iterable[str]) -> str:
        """A split that all these arms have; `test` where it isn't given."""
        split = self.text("split", "test")
        for arm in arms:
            known = results.outcome(arm, results.kept(arm)[0]).scores
            if split not in known:
                raise unknown(f"chart {self._kind}, split of arm {arm}", split, known)
        return split

    def unlike(self, name: str, got: object, known: Iterable[str]) -> ValueError:
        """The error of an option's value that is none of the known ones."""
        return unknown(f"chart {self._kind}, {name}", got, known)
