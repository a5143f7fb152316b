"""Results, tables and sweeps: what is read, where it goes, what is in it; the same records give the same bytes."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import contents, over_canonical_seeds, plan
from made import made

from mirage import api
from mirage.claims import claims
from mirage.claims.results import COLUMNS
from mirage.claims.summary import summarise
from mirage.config import project
from mirage.report import sweeps, tables

SCENARIOS, LESSONS = project.scenarios(), project.lessons()


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    """Three seeds of dropout, one of which diverged in one arm."""
    folder = tmp_path_factory.mktemp("some")
    return made(folder, plan("dropout", "replicates=3"), diverged=lambda arm, seed: (arm, seed) == ("dropout", 1))


def test_rows_come_in_the_order_of_arms_and_seeds_references_as_arms_of_their_own(some):
    assert list(some.rows.columns) == COLUMNS
    places = some.rows["arm"].str.partition(":")[0].map({"baseline": 0, "dropout": 1}) * 10 + some.rows["seed"]
    assert places.is_monotonic_increasing and set(some.rows["scenario"]) == {"dropout"}
    assert {"baseline", "baseline:true_line", "dropout", "dropout:least_squares"} <= set(some.rows["arm"])


def test_predictions_are_drawn_again_and_leave_out_diverged_replicates(some):
    x, y, predicted = some.predictions("dropout", "test")
    assert (x.shape, y.shape, predicted.shape) == ((2, 100, 1), (2, 100), (2, 100))
    for row, seed in enumerate((0, 2)):
        np.testing.assert_array_equal(predicted[row], some.outcome("dropout", seed).scores["test"])
        np.testing.assert_array_equal(x[row], some.splits("dropout", seed)[0]["test"].x)
    assert [len(part) for part in some.predictions("baseline", "validation")] == [0, 0, 0]  # no such split
    assert [len(curve) for curve in some.histories("baseline", "loss")] == [9] * 3


def test_claims_about_what_a_changed_run_left_out_are_left_out_an_unchanged_one_must_have_all(some, tmp_path):
    kept = made(tmp_path, plan("dropout", "replicates=3", "arms.baseline=null")).judged["claim"]
    for claim in api.stated("dropout").claims:
        reads = claims.sides(claim.tests["as_written"]) if "as_written" in claim.tests else [("baseline", "", "")]
        assert (claim.id in set(kept)) != any(arm.startswith("baseline") for arm, _, _ in reads)
    with pytest.raises(ValueError, match="unknown arm 'baseline'"):
        made(tmp_path, dataclasses.replace(some.plan, arms={"dropout": some.plan.arms["dropout"]}))


def test_a_scenario_without_a_lesson_has_results_without_claims(tmp_path):
    loaded = made(tmp_path, plan("breast_cancer", "replicates=2"))
    assert len(loaded.table()) and not len(loaded.claims())
    with pytest.raises(ValueError, match="figure: got results without panels"):
        loaded.figure()


def places(*plans):
    return [tables.stem(Path("results"), p, kind) for p in plans for kind in ("tables", "figures")]


def test_a_canonical_plan_has_its_table_and_its_lessons_figure_in_the_open():
    for how in ("force=true", "steps=[tables]", "results_dir=elsewhere"):  # no other plan
        found = places(plan("dropout_controlled", *over_canonical_seeds("dropout"), how))
        assert found == [Path("results/tables/dropout_controlled"), Path("results/figures/dropout")]


def test_other_seeds_and_thresholds_are_custom_and_told_apart():
    one, other = (places(plan("imbalance", "replicates=30", f"decision.threshold={t}")) for t in (0.3, 0.4))
    assert one != other and one[0].parent == Path("results/custom")
    for overrides, name in ((["seed=3"], "seed-3"), (["seed=1", "replicates=30"], "seeds-1-30")):
        assert places(plan("dropout", *overrides)) == [Path("results/custom/dropout-" + name)] * 2


@pytest.mark.parametrize("override", ["model.dropout=0.5", "arms.baseline=null", "vary=[init]", "metrics=[mse,ece]"])
def test_changed_settings_are_custom_and_told_apart_by_a_hash(override):
    changed, other = (plan("dropout", "replicates=30", change) for change in (override, "model.dropout=0.4"))
    table, figure = places(changed)
    assert table == figure and table.parent == Path("results/custom") and table not in places(other)
    assert table.name.startswith("dropout-seeds-0-29-") and len(table.name) == len("dropout-seeds-0-29-") + 8


CANONICAL = over_canonical_seeds("dropout")
GONE = plan("overfitting").canonical_seeds[4]  # this one diverged


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Canonical results of two scenarios; one seed of overfitting diverged."""
    folder = tmp_path_factory.mktemp("canonical")
    return {
        "dropout": made(folder, plan("dropout", *CANONICAL)),
        "overfitting": made(folder, plan("overfitting", *CANONICAL), diverged=lambda arm, seed: seed == GONE),
    }


def test_a_canonical_table_has_the_columns_of_the_contract_a_custom_one_ends_with_fingerprints(loaded, some, tmp_path):
    canonical = tables.write_tables(tmp_path, loaded["dropout"], SCENARIOS)
    assert canonical == tmp_path / "tables/dropout.csv"
    columns = ["arm", "split", "metric", "mean", "sd", "ci_low", "ci_high", "n", "n_undefined", "n_diverged"]
    table = pd.read_csv(canonical)
    assert list(table.columns) == columns and not table.duplicated(columns[:3]).any()
    pd.testing.assert_frame_equal(table, summarise(loaded["dropout"].rows), rtol=1e-8, check_dtype=False)
    before = contents(tmp_path)
    custom = tables.write_tables(tmp_path, some, SCENARIOS)
    assert contents(tmp_path) == before | {"custom/dropout-seeds-0-2.csv": custom.read_bytes()}
    table, marks = pd.read_csv(custom), {arm: mark for _, arm, mark in tables.fingerprints(some.plan)}
    assert list(table.columns) == [*columns, "fingerprint"]
    assert table["fingerprint"].tolist() == [marks[arm.partition(":")[0]] for arm in table["arm"]]


def test_metrics_csv_holds_every_number_whichever_scenario_came_first_and_however_often(loaded, tmp_path):
    contents = set()
    every = tmp_path / "tables/metrics.csv"
    for order in (["dropout", "overfitting"], ["overfitting", "dropout"], ["dropout", "overfitting", "dropout"]):
        every.unlink(missing_ok=True)
        for name in order:
            tables.write_tables(tmp_path, loaded[name], SCENARIOS)
        contents.add(every.read_bytes())
    assert len(contents) == 1
    expected = pd.concat([loaded["dropout"].rows, loaded["overfitting"].rows], ignore_index=True)
    pd.testing.assert_frame_equal(pd.read_csv(every), expected, rtol=1e-8)
    text = every.read_text(encoding="utf-8")  # undefined values are empty fields
    assert f"overfitting,network,{GONE},test,mse,\n" in text and "nan" not in text.lower()
    marks = pd.read_csv(tmp_path / "tables/fingerprints.csv")
    assert list(marks.columns) == ["scenario", "arm", "fingerprint"] and len(marks) == 3
    every.unlink()
    for stale in ("", "scenario,arm,seed,split,metric,value\ngone,a,0,test,mse,1\n", "another,layout\n1,2\n"):
        every.write_text(stale, encoding="utf-8")
        tables.write_tables(tmp_path, loaded["overfitting"], SCENARIOS)
        pd.testing.assert_frame_equal(pd.read_csv(every), loaded["overfitting"].rows, rtol=1e-8)


@pytest.fixture(scope="module")
def judged(some, tmp_path_factory):
    """Results of two lessons, their claims judged over three seeds."""
    folder = tmp_path_factory.mktemp("judged")
    return {name: made(folder, plan(name, "replicates=3")) for name in ("dropout", "imbalance")}


@pytest.mark.filterwarnings("error")
def test_claims_csv_has_a_line_a_claim_the_latest_of_each_lesson_and_kind_in_one_order(judged, tmp_path):
    older = judged["dropout"].judged
    controlled = older.assign(kind="controlled", scenario="dropout_controlled")
    changed = (older.assign(lesson="gone"), controlled, older.assign(claim="old"))
    for i, order in enumerate((["dropout", "imbalance"], ["imbalance", "dropout"])):
        for table in changed:
            loaded = dataclasses.replace(judged["dropout"], judged=table)
            tables.write_claims(tmp_path / str(i), loaded, [*LESSONS, "gone"])
        for name in order:
            place = tables.write_claims(tmp_path / str(i), judged[name], LESSONS)
    assert place.read_bytes() == (tmp_path / "0/tables/claims.csv").read_bytes()
    assert place.read_text(encoding="utf-8").splitlines()[0] == (
        "claim,lesson,scenario,kind,article,paragraph,example,basis,text,effect,ci_low,ci_high,margin,unit,n,agree,"
        "seeds,scope,yardstick,verdict,reason"
    )
    table = pd.read_csv(place, keep_default_na=False)
    found = dict(list(table.groupby(["lesson", "kind"], sort=False)))
    assert list(found) == [("dropout", "as_written"), ("dropout", "controlled"), ("imbalance", "as_written")]
    for (lesson, _), rows in found.items():
        of_articles = [claim for claim in api.stated(lesson).claims if claim.role == "claim"]
        assert rows["claim"].tolist() == [claim.id for claim in of_articles if "as_written" in claim.tests]


KEY, job = "data.n_test", functools.partial(plan, "overfitting")


def rows(of, value, without=None):
    """Rows of every seed, or all but one, whose only number is this value plus the seed."""
    seeds = [seed for seed in of.seeds if seed != without]
    places = [("overfitting", "network", seed, split, "mse") for seed in seeds for split in ("train", "test")]
    return pd.DataFrame([(*place, value + place[2]) for place in places], columns=COLUMNS)


def test_swept_are_the_keys_whose_values_differ():
    one, two = job(f"{KEY}=10", "training.epochs=5", "seed=1"), job(f"{KEY}=20", "training.epochs=5", "seed=2")
    assert sweeps.swept([one, two]) == [KEY]
    assert sweeps.swept([one]) == [] == sweeps.swept([one, job(f"{KEY}=10", "training.epochs=5", "replicates=3")])
    assert sweeps.swept([one, job("training.epochs=5")]) == [KEY]  # typed or not


def test_the_table_sums_up_every_value_over_the_seeds_that_have_records_of_all_its_jobs():
    plans = [job(f"{KEY}={n}", f"seed={seed}", "replicates=2") for n in (20, 10) for seed in (0, 2)]
    tidy = sweeps.tidy(plans, [rows(made, made.arms["network"].data.n_test, without=3) for made in plans])
    assert list(tidy.columns) == [KEY, *COLUMNS, "fingerprint"]
    table = sweeps.table(tidy, [KEY])
    found = table[table["split"] == "test"].set_index(KEY)
    assert list(found.index) == [20, 10] and found["n"].tolist() == [3, 3]
    assert found["mean"].tolist() == [21, 11]


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        ([[f"{KEY}=10"], [f"{KEY}=20"]], [10, 20]),
        ([["model.activation=relu"], ["model.activation=tanh"]], ["relu", "tanh"]),
        ([["model.hidden=[4]"], ["model.hidden=[4,4]"]], ["[4]", "[4,4]"]),
        ([[f"{KEY}={n}", f"data.noise={noise}"] for n in (10, 20) for noise in (1, 2)], [10, 20]),  # a grid
    ],
)
@pytest.mark.filterwarnings("error")
def test_numbers_words_lists_and_two_settings_can_be_swept_and_drawn(settings, values, tmp_path):
    plans = [job(*setting, "replicates=2") for setting in settings]
    own = [rows(made, np.nan if i == 1 else i) for i, made in enumerate(plans)]  # one is undefined everywhere
    written = sweeps.write(tmp_path, plans, own)
    assert [place.suffix for place in written] == [".csv", ".png", ".svg"]
    before = [place.read_bytes() for place in written]
    assert [place.read_bytes() for place in sweeps.write(tmp_path, plans, own)] == before
    table = pd.read_csv(written[0])
    assert list(dict.fromkeys(table.iloc[:, 0])) == values and len(table) == 2 * len(plans)
    assert list(dict.fromkeys(table["fingerprint"])) == [tables.fingerprints(made)[0][2] for made in plans]


def test_a_ready_sweep_has_a_table_of_its_own_name_without_fingerprints(tmp_path):
    plans = [job(f"{KEY}={n}", "replicates=2", "steps=[tables]") for n in (10, 20)]
    [written] = sweeps.write(tmp_path, plans, [rows(made, 1) for made in plans], name="test_rows")
    assert written == tmp_path / "tables/sweep_test_rows.csv"
    assert written.read_text(encoding="utf-8").splitlines()[0] == (
        f"{KEY},arm,split,metric,mean,sd,ci_low,ci_high,n,n_undefined,n_diverged"
    )


def test_only_splits_whose_rows_are_scored_as_rows_of_the_law_are_drawn():
    assert sweeps.scored(plan("l2_controlled")) == ["train", "test", "validation"]  # not the flipped ones
    assert sweeps.scored(plan("input_sensitivity_controlled")) == ["train", "test", "test_broken"]
