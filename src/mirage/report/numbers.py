"""Numbers for prose: what committed tables and scenario files say, by name; and how a number reads."""

import functools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mirage.claims.claims import TABLES, matching
from mirage.config import compose
from mirage.config.typed import assigned
from mirage.report.ledger import read_judged
from mirage.settings import ConfigError, leaves


class Numbers:
    """What stands in the tables of a folder, and in the scenarios of this checkout."""

    def __init__(self, tables: Path, load: Callable[[str], dict[str, Any]] = compose.load) -> None:
        self.tables = tables
        self.plan = functools.cache(lambda scenario: compose.plan_of([assigned("scenario", scenario)], load=load))
        self._means = functools.cache(self._read_means)
        self._sweep = functools.cache(self._read_sweep)

    @functools.cached_property
    def judged(self) -> pd.DataFrame:
        """The verdicts on all claims, findings and checks, every cell as its text, with a column `role`."""
        return pd.concat([read_judged(self.tables, role).assign(role=role) for role in TABLES], ignore_index=True)

    def value(self, scenario: str, side: str) -> float:
        """The mean over seeds of ``arm.split.metric``, or of ``arm.split.metric - arm.split.metric``.

        A reference is the arm ``ARM:REFERENCE``. Raises ConfigError if a table has no such number.
        """
        return _side(self._means(scenario), side, f"results/tables/{scenario}.csv")

    def swept(self, sweep: str, at: object, side: str) -> float:
        """The mean over seeds of such a number in a ready sweep, where the swept setting has the value `at`.

        Where several settings are swept, `at` lists their values as the table does: ``"[10], 250"``.
        """
        by_value = self._sweep(sweep)
        if str(at) not in by_value:
            file = f"results/tables/sweep_{sweep}.csv"
            raise ConfigError(f"swept: got {at}, expected a value of {file}: {'; '.join(by_value)}")
        return _side(by_value[str(at)], side, f"results/tables/sweep_{sweep}.csv")

    def setting(self, scenario: str, key: str) -> Any:
        """A setting of a scenario's arms, such as ``data.n_train``; of one arm, ``arms.smote.training.epochs``.

        Raises ConfigError if there is none, or the arms differ in it.
        """
        arms = self.plan(scenario).arms
        word, _, rest = key.partition(".")
        if word == "arms":
            arm, _, key = rest.partition(".")
            arms = {arm: arms[arm]} if arm in arms else {}
        found = [dict(leaves(one.model_dump())).get(key) for one in arms.values()]
        if not found or found[0] is None or any(one != found[0] for one in found):
            raise ConfigError(f"setting: got {scenario} {key}, expected a setting that its arms have alike")
        return found[0]

    def of_claim(self, claim: str, kind: str) -> dict[str, str]:
        """What the tables of verdicts say of a claim, finding or check in one kind of scenario."""
        if (claim, kind) not in self._claims:
            raise ConfigError(f"claim: got {claim} {kind}, expected a claim, finding or check that is tested there")
        return dict(self._claims[claim, kind])

    @functools.cached_property
    def _claims(self) -> dict[tuple[str, str], dict[str, str]]:
        rows = [{str(name): str(cell) for name, cell in row.items()} for row in self.judged.to_dict("records")]
        return {(row["claim"], row["kind"]): row for row in reversed(rows)}  # the first of equal ones counts

    def _read_means(self, scenario: str) -> Mapping[str, float]:
        return _means(_table(self.tables / f"{scenario}.csv"))

    def _read_sweep(self, sweep: str) -> Mapping[str, Mapping[str, float]]:
        table = _table(self.tables / f"sweep_{sweep}.csv")
        swept = list(table.columns[: table.columns.get_loc("arm")])
        return {", ".join(map(str, keys)): _means(part) for keys, part in table.groupby(swept, sort=False)}


def short(number: float, digits: int = 3) -> str:
    """A number as one reads it: three significant digits, thousands apart, a true minus."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return str(number)
    whole = isinstance(number, int) or abs(number) >= 10 ** (digits - 1)
    text = f"{number:,.0f}" if whole else f"{number:.{digits}g}"
    return text.replace("-", "−")


def percent(share: float, digits: int = 0) -> str:
    """A share as a percentage."""
    return f"{100 * share:.{digits}f}%".replace("-", "−")


def _table(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise ConfigError(f"{file.name}: not there, expected a table in {file.parent}: `make all` writes it")
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")


def _means(table: pd.DataFrame) -> dict[str, float]:
    names = table["arm"] + "." + table["split"] + "." + table["metric"]
    return dict(zip(names, (float(mean or "nan") for mean in table["mean"]), strict=True))


def _side(means: Mapping[str, float], side: str, where: str) -> float:
    first, *taken = (_mean(means, term, where) for term in side.split(" - "))
    return first - sum(taken)


def _mean(means: Mapping[str, float], term: str, where: str) -> float:
    """One number of a table; with a ``*`` in the arm's name, the mean over all arms that match."""
    arm, split, metric = term.rsplit(".", 2) if term.count(".") > 1 else (term, "", "")
    of_arms = {name.rsplit(".", 2)[0]: mean for name, mean in means.items() if name.endswith(f".{split}.{metric}")}
    found = [of_arms[name] for name in matching(arm, of_arms)]
    if not found or any(map(math.isnan, found)):
        raise ConfigError(f"value: got {term}, expected arm.split.metric of a number in {where}")
    return sum(found) / len(found)
