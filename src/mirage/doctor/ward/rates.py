"""How often the doctor was right: outcomes of single bundles, and shares of them with their intervals."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from mirage.doctor import statistics
from mirage.doctor.examine import examine
from mirage.doctor.report import Report
from mirage.doctor.ward.case import CASES, Case, Where, kit_of
from mirage.doctor.ward.settings import ward

AMONG = 3


@dataclass(frozen=True)
class Outcome:
    """What the doctor said of one bundle with one set of inputs.

    Attributes
    ----------
    sick
        Whether the fault is planted; else it is the healthy twin.
    place
        Place of the cause among the findings, from 1; 0 where it is not among them.
    abstained
        Whether the doctor said that it cannot tell, and what it needs.
    first
        What it named first; empty where it found nothing.
    others
        Findings that are true neither of the fault nor of the twin; `wrong_first` if the first is one of them.
    """

    case: str
    where: Where
    inputs: str
    suffices: bool
    seed: int
    sick: bool
    place: int
    abstained: bool
    first: str
    others: tuple[str, ...]
    wrong_first: bool


def outcomes(names: Iterable[str], seed: int, where: Where = "seen") -> list[Outcome]:
    """What the doctor says of these cases of a seed, and of their twins, with every set of inputs."""
    return [
        outcome(CASES[name], where, label, kit, seed, sick, examine(**kit_of(handed, kit)))
        for name in names
        for sick, handed in CASES[name].bundles(seed, where).items()
        for label, kit in CASES[name].kits().items()
        if kit is None or set(kit) <= set(handed)
    ]


def outcome(
    case: Case, where: Where, label: str, kit: tuple[str, ...] | None, seed: int, sick: bool, report: Report
) -> Outcome:
    """One report, held against what is true of the bundle."""
    named = [one.cause for one in report.findings]
    place = named.index(case.cause) + 1 if case.cause in named else 0
    true = {*case.besides, case.cause} if sick else {*case.besides}
    others = tuple(cause for cause in named if cause not in true)
    return Outcome(
        case.name, where, label, case.suffices(kit), seed, sick, place, case.cause in report.cannot_tell,
        named[0] if named else "", others, bool(others) and named[0] in others,
    )  # fmt: skip


def table(found: Sequence[Outcome]) -> pd.DataFrame:
    """A line for each case and set of inputs: shares of bundles.

    Where the inputs suffice, `first` is the share that is named first, `among_three` as one of the first three,
    `missed` not at all; `wrong` is the share in which something untrue is named first. Where they do not,
    `names_missing` is the share in which the doctor says what to bring, or finds the cause all the same.
    `seeds` are the first and the last, `n` how many bundles have the fault: in some projects it comes to nothing.
    `twin_silent` is the share of twins of which the cause is not named, `twin_quiet` of which nothing untrue is.
    """
    frame = pd.DataFrame([asdict(one) for one in found])
    lines = []
    for (where, case, inputs), part in frame.groupby(["where", "case", "inputs"], sort=False):
        sick, twin = part[part.sick], part[~part.sick]
        enough = bool(part.suffices.iloc[0])
        shares = {
            "first": (sick.place == 1).mean(),
            "among_three": sick.place.between(1, AMONG).mean(),
            "missed": (sick.place == 0).mean(),
            "wrong": sick.wrong_first.mean(),
        }
        told = (sick.abstained | (sick.place > 0)).mean()
        lines.append(
            {"where": where, "case": case, "cause": CASES[str(case)].cause, "inputs": inputs, "suffice": enough}
            | {"fault": CASES[str(case)].fault, "twin": CASES[str(case)].twin}
            | {"seeds": f"{part.seed.min()}-{part.seed.max()}", "n": len(sick)}
            | {name: value if enough else None for name, value in shares.items()}
            | {"names_missing": None if enough else told}
            | {"twin_silent": (twin.place == 0).mean(), "twin_quiet": (twin.others.map(len) == 0).mean()}
        )
    return pd.DataFrame(lines)


def summary(found: Sequence[Outcome]) -> pd.DataFrame:
    """Rates over all cases with Wilson's intervals: of what was seen, of held-out laws and data, of held-out cases.

    `first`: right cause first where the inputs suffice. `missing`: the missing input is named where they do not.
    `silent`: the twin's cause is not named. `healthy`: false findings a healthy twin with all inputs.
    """
    targets, held = ward().targets, ward().held_out.cases
    lines = []
    for label, part in {
        "seen": [one for one in found if one.where == "seen" and one.case not in held],
        "held-out law and data": [one for one in found if one.where == "held out" and one.case not in held],
        "held-out cases": [one for one in found if one.where == "seen" and one.case in held],
    }.items():
        enough = [one.place == 1 for one in part if one.sick and one.suffices]
        little = [one.abstained or one.place > 0 for one in part if one.sick and not one.suffices]
        silent = [one.place == 0 for one in part if not one.sick]
        false = [bool(one.others) for one in part if not one.sick and one.inputs == "all"]
        for name, hits, target in (
            ("first", enough, targets.first), ("missing", little, None), ("silent", silent, targets.silent),
            ("healthy", false, targets.healthy),
        ):  # fmt: skip
            if hits:
                lines.append({"bundles": label, "rate": name, **share(sum(hits), len(hits)), "target": target})
    return pd.DataFrame(lines)


def share(hits: int, n: int) -> dict[str, float | int]:
    """A share with Wilson's interval of 95 %."""
    low, high = statistics.wilson(hits, n)
    return {"value": hits / n, "ci_low": low, "ci_high": high, "n": n}
