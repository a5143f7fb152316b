"""The freeze: a hash of what verdicts follow from, which stands beside the seeds they are passed on.

Tests, margins and designs may change while they are tried on the pilot's seeds. Then a lesson is frozen: its line in
``conf/claims/frozen.csv`` holds this hash and the seeds of its verdicts, which nobody has looked at before.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mirage.claims.claims import Claim, arms_read
from mirage.claims.stated import Stated
from mirage.records.identity import described, stated

if TYPE_CHECKING:
    from mirage.config.plan import Arm, Plan

VERDICT_SEEDS = range(200, 300)
COLUMNS = ("name", "hash", "seeds")


def mark(lesson: Stated | None, plans: Iterable["Plan"]) -> str:
    """12 hex digits over what is claimed and tested, and the settings of all arms that tests read.

    Of a scenario without a lesson, which has no claims, over all its arms. Reasons of tests are no part of it, nor are
    arms and metrics that no test reads, so that a text or a figure may still be improved.
    """
    claims = lesson.claims if lesson is not None else ()
    decisive = {"claims": [_claim(one) for one in claims], "plans": [_plan(plan, claims) for plan in plans]}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def _claim(claim: Claim) -> dict[str, Any]:
    tests = {
        kind: [test.left, test.relation, test.right, test.margin, test.exact] for kind, test in claim.tests.items()
    }
    return {"id": claim.id, "role": claim.role, "text": claim.text, "unit": claim.unit, "tests": tests}


def _plan(plan: "Plan", claims: Iterable[Claim]) -> dict[str, Any]:
    kind = plan.about.kind
    read = {arm for one in claims if kind in one.tests for arm in arms_read(one.tests[kind], plan.arms)}
    return {
        "scenario": plan.scenario,
        "vary": sorted(plan.about.vary),
        "arms": {name: _arm(arm) for name, arm in plan.arms.items() if name in read or plan.about.lesson is None},
    }


def _arm(arm: "Arm") -> dict[str, Any]:
    return {"stages": []} | described(arm) | {"decision": stated(arm.decision)}


def as_csv(frozen: Mapping[str, tuple[str, range]]) -> str:
    """The lines of ``conf/claims/frozen.csv``, by name."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows((name, found, f"{seeds[0]}-{seeds[-1]}") for name, (found, seeds) in sorted(frozen.items()))
    return text.getvalue()


def next_block(seeds: range) -> range:
    """The seeds after these, as many."""
    return range(seeds.stop, seeds.stop + len(seeds))
