"""A sweep as one experiment: which settings were swept, the table, the joined jobs."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

import run
from hydra_plugins.mirage_sweeper import CheckedSweeper, batched
from mirage import config, records, sweep

config.register()
KEY = "data.n_test"


def plan(*overrides: str) -> config.Plan:
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", ["scenario=overfitting", *overrides]), "overfitting", list(overrides))


def write(runs: Path, made: config.Plan, value: float) -> None:
    """A record of every seed whose only number is this value plus the seed."""
    for seed in made.seeds:
        rows = [("network", "test", "mse", value + seed), ("network", "model", "diverged", 0.0)]
        records.write(runs, made, "network", seed, records.Record(rows, {"loss": np.ones(1)}, {}), 1.0)


def test_swept_are_the_keys_whose_values_differ() -> None:
    one, two = plan(f"{KEY}=10", "training.epochs=5", "seed=1"), plan(f"{KEY}=20", "training.epochs=5", "seed=2")
    assert sweep.swept([one, two]) == [KEY]
    assert sweep.swept([one]) == [] == sweep.swept([one, dataclasses.replace(one, seeds=range(3))])


def test_the_table_sums_up_every_value_over_the_seeds_of_all_its_jobs(tmp_path: Path) -> None:
    plans = [plan(f"{KEY}={n}", f"seed={seed}") for n in (20, 10) for seed in (0, 2)]
    for made in plans:
        write(tmp_path, made, made.arms["network"].data.n_test or 0)
    tidy = sweep.rows(tmp_path, plans)
    table = sweep.table(tidy, [KEY])
    found = table[(table["split"] == "test")].set_index(KEY)
    assert list(found.index) == [20, 10]
    assert found["mean"].to_dict() == {20: 21, 10: 11} and set(found["n"]) == {2}


def test_a_replicate_without_a_record_is_left_out(tmp_path: Path) -> None:
    plans = [plan(f"{KEY}={n}", "replicates=2") for n in (20, 10)]
    write(tmp_path, plans[0], 20)
    write(tmp_path, dataclasses.replace(plans[1], seeds=range(1)), 10)
    table = sweep.table(sweep.rows(tmp_path, plans), [KEY])
    assert table[table["split"] == "test"]["n"].tolist() == [2, 1]


@pytest.mark.parametrize("overrides", [[f"{KEY}=10", f"{KEY}=20"], ["model.activation=relu", "model.activation=tanh"]])
def test_numbers_and_words_can_be_swept_and_drawn(tmp_path: Path, overrides: list[str]) -> None:
    plans = [plan(override, "replicates=2") for override in overrides]
    for value, made in enumerate(plans):
        write(tmp_path / "runs", made, value)
    written = sweep.write(tmp_path, plans)
    assert [place.suffix for place in written] == [".csv", ".png", ".svg"]
    before = [place.read_bytes() for place in written]
    assert [place.read_bytes() for place in sweep.write(tmp_path, plans)] == before
    table = pd.read_csv(written[0])
    assert len(table) == 4
    marks = [records.fingerprint(made, "network") for made in plans]
    assert list(dict.fromkeys(table["fingerprint"])) == marks
    assert all(mark.encode() in place.read_bytes() for place in written for mark in marks)


def test_two_settings_make_a_grid(tmp_path: Path) -> None:
    plans = [plan(f"{KEY}={n}", f"data.noise={noise}", "replicates=2") for n in (10, 20) for noise in (1, 2)]
    for value, made in enumerate(plans):
        write(tmp_path / "runs", made, value)
    written = sweep.write(tmp_path, plans)
    assert "by-data_n_test-data_noise" in written[0].name and all(place.exists() for place in written)


def test_the_ready_sweeps_compose_and_leave_the_arm_that_is_swept() -> None:
    for file in sorted((run.ROOT / "conf/sweep").glob("*.yaml")):
        with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
            composed = compose("config", [f"+sweep={file.stem}"], return_hydra_config=True)
        params = composed.hydra.sweeper.params
        assert 1 <= len(params) <= 2
        scenario = composed.hydra.runtime.choices["scenario"]
        first = [f"{key}={str(values).split(',')[0]}" for key, values in params.items()]
        with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
            made = run.plan_of(compose("config", [f"+sweep={file.stem}", *first]), scenario, first)
        assert len(made.arms) == 1 and len(made.seeds) == 30


# -- joined jobs -----------------------------------------------------------------------------------------------


def test_consecutive_seeds_are_one_job() -> None:
    jobs = [["scenario=dropout", f"seed={seed}"] for seed in range(100)]
    assert batched(jobs) == [["scenario=dropout", "seed=0", "replicates=100"]]


def test_seeds_of_other_settings_and_gaps_are_jobs_of_their_own() -> None:
    jobs = [[f"seed={seed}", f"a={a}"] for seed in (0, 1, 3) for a in "xy"]
    assert batched(jobs) == [
        ["a=x", "seed=0", "replicates=2"],
        ["a=y", "seed=0", "replicates=2"],
        ["seed=3", "a=x"],
        ["seed=3", "a=y"],
    ]


@pytest.mark.parametrize(("replicates", "jobs"), [(1, 1), (30, 3)])
def test_seeds_are_not_joined_where_a_ready_sweep_asks_for_several_replicates_of_each(
    replicates: int, jobs: int
) -> None:
    sweeper = CheckedSweeper(max_batch_size=None)
    sweeper.config = OmegaConf.create({"replicates": replicates})
    sweeper.overrides = [[[f"seed={seed}"] for seed in range(3)]]
    sweeper.batch_index = 0
    assert len(sweeper.get_job_batch()) == jobs


def test_a_job_that_says_how_many_replicates_it_wants_is_left_alone() -> None:
    jobs = [["seed=0", "replicates=5"], ["seed=1", "replicates=5"], ["a=1"], ["a=1"]]
    assert batched(jobs) == jobs


@given(
    jobs=st.lists(
        st.tuples(st.sampled_from("xy"), st.integers(0, 6)).map(lambda job: [f"a={job[0]}", f"seed={job[1]}"]),
        max_size=12,
        unique_by=tuple,
    )
)
def test_joining_neither_loses_nor_adds_a_replicate(jobs: list[list[str]]) -> None:
    def replicates(job: list[str]) -> list[tuple[str, int]]:
        settings = dict(word.split("=") for word in job)
        first = int(settings["seed"])
        return [(settings["a"], first + i) for i in range(int(settings.get("replicates", 1)))]

    assert sorted(r for job in batched(jobs) for r in replicates(job)) == sorted(
        r for job in jobs for r in replicates(job)
    )
