"""Headlines: what we found and would tell first, each a sentence whose numbers are computed from canonical results."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mirage.claims.claims import Claim, Test
from mirage.claims.results import judged as judged_of
from mirage.claims.statistics import mean_and_sd
from mirage.claims.verdicts import pairs
from mirage.metrics.table import ENDS
from mirage.report.ledger import short
from mirage.report.tables import as_csv
from mirage.settings import ConfigError

if TYPE_CHECKING:
    from mirage.config.plan import Plan

COLUMNS = ("headline", "lesson", "scenario", "text", "effect", "ci_low", "ci_high", "unit", "n", "seeds")
KEYS = ("id", "lesson", "scenario", "text", "numbers", "left", "right", "unit")
NUMBER = re.compile(r"\{(\w+)(?::([^}]*))?\}")


def read(tables: Path) -> list[dict[str, str]]:
    """The committed headlines: text, lesson, n, and as `number` the effect with its interval; none without a table."""
    file = tables / "headlines.csv"
    if not file.exists():
        return []
    rows = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8").to_dict("records")
    return [
        {name: row[name] for name in ("text", "lesson", "n")}
        | {
            "number": f"{short(row['effect'], '')} {row['unit']}, {short(row['ci_low'], '')} to "
            f"{short(row['ci_high'], '')}"
        }
        for row in rows
    ]


def sentences(tables: Path) -> list[str]:
    """The committed headlines as sentences, each with its effect, interval and lesson."""
    return [f"{one['text']} *({one['number']}; {one['lesson']})*" for one in read(tables)]


def table(stated: Sequence[Mapping[str, Any]], found: Mapping[str, tuple["Plan", pd.DataFrame]]) -> str:
    """headlines.csv as text.

    Parameters
    ----------
    stated
        The headlines of ``conf/headlines.yaml``: id, lesson, scenario, text with numbers in braces, what these
        `numbers` are (arm.split.metric, or a difference of two), and the two sides of the effect with its unit.
    found
        Canonical plans and their tidy rows, by scenario.

    Raises
    ------
    ConfigError
        For a headline whose keys, scenario or numbers are not there.
    """
    made = [_row(one, found) for one in stated]
    return as_csv(pd.DataFrame(made, columns=list(COLUMNS)))


def _row(stated: Mapping[str, Any], found: Mapping[str, tuple["Plan", pd.DataFrame]]) -> list[Any]:
    where = f"conf/headlines.yaml, {stated.get('id')}"
    if set(stated) != set(KEYS):
        raise ConfigError(f"{where}: got {', '.join(map(str, stated))}, expected {', '.join(KEYS)}")
    if stated["scenario"] not in found:
        raise ConfigError(f"{where}: scenario: got {stated['scenario']!r}, expected one of {', '.join(found)}")
    plan, rows = found[stated["scenario"]]
    known = {name: _mean(side, rows, where) for name, side in stated["numbers"].items()}
    asked = {number[1] for number in NUMBER.finditer(stated["text"])}
    if asked != set(known):
        raise ConfigError(f"{where}: text: got numbers {', '.join(sorted(asked))}, expected {', '.join(sorted(known))}")
    text = " ".join(str(stated["text"]).format(**known).split())
    test = Test(stated["left"], "same", stated["right"], 1.0, "")
    effect = Claim(stated["id"], stated["lesson"], "finding", text, stated["unit"], {plan.about.kind: test})
    judged = judged_of(plan, rows, [effect], ENDS).iloc[0]
    numbers = [judged[name] for name in ("effect", "ci_low", "ci_high", "unit", "n", "seeds")]
    return [stated["id"], stated["lesson"], stated["scenario"], text, *numbers]


def _mean(side: str, rows: pd.DataFrame, where: str) -> float:
    values = pairs(Test(side, "same", 0.0, 1.0, ""), rows)["left"]
    if not len(values) or values.isna().any():
        raise ConfigError(f"{where}: numbers: got {side!r}, expected a number that every seed has")
    return mean_and_sd(values.to_numpy(float))[0]
