"""A sweep as one experiment: which settings were swept, its table and its figure."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import plan

from mirage.claims.results import COLUMNS
from mirage.config.plan import Plan
from mirage.report import sweeps
from mirage.report.tables import fingerprints

KEY = "data.n_test"


def job(*settings: str) -> Plan:
    return plan("overfitting", *settings)


def rows(made: Plan, value: float, without: tuple[int, ...] = ()) -> pd.DataFrame:
    """Rows of every seed whose only number is this value plus the seed."""
    numbers = [("test", "mse", value), ("train", "mse", value), ("model", "diverged", 0.0)]
    return pd.DataFrame(
        [
            ("overfitting", "network", seed, split, metric, number + (seed if split != "model" else 0))
            for seed in made.seeds
            if seed not in without
            for split, metric, number in numbers
        ],
        columns=COLUMNS,
    )


def test_swept_are_the_keys_whose_values_differ() -> None:
    one, two = job(f"{KEY}=10", "training.epochs=5", "seed=1"), job(f"{KEY}=20", "training.epochs=5", "seed=2")
    assert sweeps.swept([one, two]) == [KEY]
    assert sweeps.swept([one]) == [] == sweeps.swept([one, job(f"{KEY}=10", "training.epochs=5", "replicates=3")])
    assert sweeps.swept([one, job("training.epochs=5")]) == [KEY]  # typed or not


def test_the_table_sums_up_every_value_over_the_seeds_of_all_its_jobs() -> None:
    plans = [job(f"{KEY}={n}", f"seed={seed}") for n in (20, 10) for seed in (0, 2)]
    tidy = sweeps.tidy(plans, [rows(made, made.arms["network"].data.n_test) for made in plans])
    assert list(tidy.columns) == [KEY, *COLUMNS, "fingerprint"]
    table = sweeps.table(tidy, [KEY])
    found = table[table["split"] == "test"].set_index(KEY)
    assert list(found.index) == [20, 10]
    assert found["mean"].to_dict() == {20: 21, 10: 11} and set(found["n"]) == {2}


def test_a_replicate_without_a_record_is_left_out() -> None:
    plans = [job(f"{KEY}={n}", "replicates=2") for n in (20, 10)]
    tidy = sweeps.tidy(plans, [rows(plans[0], 20), rows(plans[1], 10, without=(1,))])
    table = sweeps.table(tidy, [KEY])
    assert table[table["split"] == "test"]["n"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        ([f"{KEY}=10", f"{KEY}=20"], [10, 20]),
        (["data.noise=1", "data.noise=0.5"], [1.0, 0.5]),
        (["model.activation=relu", "model.activation=tanh"], ["relu", "tanh"]),
        (["model.hidden=[4]", "model.hidden=[4,4]"], ["[4]", "[4,4]"]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_numbers_words_and_lists_can_be_swept_and_drawn(
    settings: list[str], values: list[object], tmp_path: Path
) -> None:
    plans = [job(setting, "replicates=2") for setting in settings]
    own = [rows(made, value) for value, made in enumerate(plans)]
    written = sweeps.write(tmp_path, plans, own)
    assert [place.suffix for place in written] == [".csv", ".png", ".svg"]
    before = [place.read_bytes() for place in written]
    assert [place.read_bytes() for place in sweeps.write(tmp_path, plans, own)] == before
    table = pd.read_csv(written[0])
    assert list(dict.fromkeys(table.iloc[:, 0])) == values and len(table) == 6
    assert list(dict.fromkeys(table["fingerprint"])) == [fingerprints(made)[0][2] for made in plans]


@pytest.mark.filterwarnings("error")
def test_two_settings_make_a_grid(tmp_path: Path) -> None:
    plans = [job(f"{KEY}={n}", f"data.noise={noise}", "replicates=2") for n in (10, 20) for noise in (1, 2)]
    written = sweeps.write(tmp_path, plans, [rows(made, value) for value, made in enumerate(plans)])
    assert "by-data_n_test-data_noise" in written[0].name and all(place.exists() for place in written)
    undefined = [rows(made, np.nan) for made in plans]
    assert all(place.exists() for place in sweeps.write(tmp_path / "undefined", plans, undefined))


def test_a_ready_sweep_has_a_table_of_its_own_name_without_fingerprints(tmp_path: Path) -> None:
    plans = [job(f"{KEY}={n}", "replicates=2", "steps=[tables]") for n in (10, 20)]
    [written] = sweeps.write(tmp_path, plans, [rows(made, 1) for made in plans], name="test_rows")
    assert written == tmp_path / "tables/sweep_test_rows.csv"
    assert written.read_text(encoding="utf-8").splitlines()[0] == (
        f"{KEY},arm,split,metric,mean,sd,ci_low,ci_high,n,n_undefined,n_diverged"
    )


def test_only_splits_whose_rows_are_scored_as_rows_of_the_law_are_drawn() -> None:
    assert sweeps.scored(plan("l2_controlled")) == ["train", "test", "validation"]  # not the flipped ones
    assert sweeps.scored(plan("input_sensitivity_controlled")) == ["train", "test", "test_broken"]
