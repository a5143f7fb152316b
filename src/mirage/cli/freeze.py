"""Freezes lessons, and scenarios that belong to none: ``make freeze``, or ``make freeze NAMES="dropout"`` for these.

What is not frozen yet gets the verdict seeds. What changed since it was frozen is refused, unless it is named: then its
verdicts move on to the next block of seeds, since those of the last one have been looked at.
"""

import sys
from collections.abc import Iterable, Sequence

from mirage import api
from mirage.claims import frozen
from mirage.config import compose, project
from mirage.config.words import unknown
from mirage.records.files import write_text
from mirage.settings import ConfigError


def marks() -> dict[str, str]:
    """The present hash of every lesson and of every scenario without one."""
    plans = {name: compose.plan(name) for name in project.scenarios()}
    found = {}
    for lesson in project.lessons():
        stated = api.stated(lesson)
        found[lesson] = frozen.mark(stated, [plans[name] for name in stated.scenarios.values()])
    return found | {name: frozen.mark(None, [plan]) for name, plan in plans.items() if plan.about.lesson is None}


def changed(marks: dict[str, str]) -> list[str]:
    """What is frozen and is not as it was, or is no more."""
    return [name for name, (mark, _) in project.frozen().items() if marks.get(name) != mark]


def freeze(names: Iterable[str]) -> list[str]:
    """Freeze what is not frozen, and these again for the next seeds; returns a line for each.

    Raises ConfigError for an unknown name, and for what changed and is not named.
    """
    present, known = marks(), project.frozen()
    again = list(names)
    for name in again:
        if name not in present:
            raise unknown("freeze", name, list(present))
    if lost := [name for name in changed(present) if name not in again]:
        raise ConfigError(
            f"conf/claims/frozen.csv: got a changed {', '.join(lost)}, expected what was frozen; "
            f'make freeze NAMES="{" ".join(lost)}" passes new verdicts on the next seeds'
        )
    moved = [name for name in again if name in known and known[name][0] != present[name]]
    new = {name: (mark, frozen.VERDICT_SEEDS) for name, mark in present.items() if name not in known}
    new |= {name: (present[name], frozen.next_block(known[name][1])) for name in moved}
    write_text(project.conf() / "claims" / "frozen.csv", frozen.as_csv(known | new))
    return [f"frozen      {name} for seeds {seeds[0]} to {seeds[-1]}" for name, (_, seeds) in new.items()]


def main(words: Sequence[str]) -> int:
    """Freeze and say so; 2 for what cannot be frozen."""
    try:
        lines = freeze(words)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines) or "nothing to freeze")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
