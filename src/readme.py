"""Fills the generated parts of README.md from results/tables, so that no number in it is typed: `python -m readme`."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from omegaconf import OmegaConf

import run
from mirage import records

TABLES = run.ROOT / "results/tables"
README = run.ROOT / "README.md"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _interval(row: pd.Series) -> str:
    if row["sd"] == 0:
        return f"{row['mean']:.2f}"
    return f"{row['mean']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})"


def findings(tables: Path) -> str:
    """Errors of every arm of every scenario, with the references on the same data."""
    rows = []
    for scenario in run.SCENARIOS:
        title = OmegaConf.load(run.ROOT / f"conf/scenario/{scenario}.yaml").title
        summary = pd.read_csv(tables / f"{scenario}.csv").set_index(["arm", "split"])
        arms = [arm for arm in summary.index.unique("arm") if ":" not in arm]
        for arm in arms:
            of = summary[summary["metric"] == "mse"]
            cells = [_interval(of.loc[[(arm, split)]].iloc[0]) for split in ("train", "test")]
            line = _interval(of.loc[[(f"{arm}:least_squares", "test")]].iloc[0])
            seeds = str(int(of.loc[(arm, "test"), "n"]))
            rows.append(
                [f"`{scenario}`: {title[0].lower()}{title[1:]}" if arm == arms[0] else "", arm, *cells, line, seeds]
            )
    header = ["scenario", "arm", "training error", "test error", "least-squares line, test error", "seeds"]
    return _table(header, rows)


def speed(tables: Path) -> str:
    """The ratios of the last `make bench`, with what they were to reach."""
    bench = pd.read_csv(tables / "benchmark.csv", dtype=str, keep_default_na=False)
    return _table(
        ["measured", "value", "target"], bench[["what", "value", "target"]][bench["target"] != ""].values.tolist()
    )


PARTS: dict[str, Callable[[Path], str]] = {"findings": findings, "speed": speed}


def filled(text: str, tables: Path) -> str:
    """README text with every generated part made anew; a part stands between its two comment lines."""
    for name, make in PARTS.items():
        before, start, rest = text.partition(f"<!-- generated: {name} -->")
        _, end, after = rest.partition("<!-- end -->")
        assert start and end, f"README.md has no part {name}"
        text = f"{before}{start}\n\n{make(tables)}\n\n{end}{after}"
    return text


def main() -> None:
    """Rewrite README.md in place."""
    records.write_text(README, filled(README.read_text(), TABLES))


if __name__ == "__main__":
    main()
