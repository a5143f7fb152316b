"""Results and tables: what is read, where it goes, what is in it, and that the same records give the same bytes."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import plan
from made import made

from mirage import api
from mirage.claims import claims, verdicts
from mirage.claims.results import COLUMNS, Results
from mirage.claims.summary import summarise
from mirage.config import project
from mirage.config.plan import Plan
from mirage.report import pages, tables

SCENARIOS, LESSONS = project.scenarios(), project.lessons()


def canonical(scenario: str) -> Plan:
    return plan(scenario, "replicates=30")


def bytes_of(*files: Path) -> list[bytes]:
    return [file.read_bytes() for file in files]


# -- results -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Three seeds of dropout, one of which diverged in one arm."""
    return made(
        tmp_path_factory.mktemp("some"),
        plan("dropout", "replicates=3"),
        diverged=lambda arm, seed: (arm, seed) == ("dropout", 1),
    )


def test_rows_come_in_the_order_of_arms_and_seeds_references_as_arms_of_their_own(some: Results) -> None:
    assert list(some.rows.columns) == COLUMNS
    places = some.rows["arm"].str.partition(":")[0].map({"baseline": 0, "dropout": 1}) * 10 + some.rows["seed"]
    assert places.is_monotonic_increasing and set(some.rows["scenario"]) == {"dropout"}
    assert {"baseline", "baseline:true_line", "dropout", "dropout:least_squares"} <= set(some.rows["arm"])


def test_values_are_one_number_a_seed(some: Results) -> None:
    values = some.values("dropout", "test", "mse")
    assert values.shape == (3,) and np.isnan(values).tolist() == [False, True, False]
    assert some.values("dropout:true_line", "test", "mse").tolist() == [0] * 3
    assert some.values("gone", "test", "mse").size == 0


def test_a_side_is_one_number_a_seed_or_a_difference_of_two(some: Results) -> None:
    left, right = (some.values(arm, "test", "mse") for arm in ("dropout", "baseline:least_squares"))
    np.testing.assert_array_equal(some.side("dropout.test.mse"), left)
    np.testing.assert_array_equal(some.side("dropout.test.mse - baseline:least_squares.test.mse"), left - right)
    assert some.side("gone.test.mse").size == some.side("dropout.test.mse - gone.test.mse").size == 0


def test_predictions_are_drawn_again_and_leave_out_diverged_replicates(some: Results) -> None:
    x, y, predicted = some.predictions("dropout", "test")
    assert (x.shape, y.shape, predicted.shape) == ((2, 100, 1), (2, 100), (2, 100))
    for row, seed in enumerate((0, 2)):
        np.testing.assert_array_equal(predicted[row], some.outcome("dropout", seed).scores["test"])
        np.testing.assert_array_equal(x[row], some.splits("dropout", seed)[0]["test"].x)
    assert some.predictions("baseline", "test")[2].shape == (3, 100)
    assert [len(part) for part in some.predictions("baseline", "validation")] == [0, 0, 0]  # no such split
    assert [len(curve) for curve in some.histories("baseline", "loss")] == [9] * 3
    assert some.histories("baseline", "accuracy") == []


def test_several_models_have_inputs_of_their_own_and_one_test_set(tmp_path: Path) -> None:
    loaded = made(tmp_path, plan("multi_seed", "replicates=2"))
    x, y, predicted = loaded.predictions("network", "train")
    assert x.shape[:2] == y.shape[:2] == predicted.shape[:2] == (2, 5)
    assert not (x[0][0] == x[0][1]).any()
    tested, _, _ = loaded.predictions("network", "test")
    assert (tested == tested[:, :1]).all()


def test_claims_about_what_a_changed_run_left_out_are_left_out(tmp_path: Path) -> None:
    loaded = made(tmp_path, plan("dropout", "replicates=3", "arms.baseline=null"))
    kept, every = set(loaded.judged["claim"]), api.stated("dropout").claims
    for claim in every:
        test = claim.test("as_written")
        needs = {arm.partition(":")[0] for arm, _, _ in claims.sides(test)} if isinstance(test, claims.Test) else set()
        assert (claim.id in kept) == ("baseline" not in needs)


def test_an_unchanged_run_must_have_what_its_claims_name(some: Results, tmp_path: Path) -> None:
    fewer = dataclasses.replace(some.plan, arms={"dropout": some.plan.arms["dropout"]})
    with pytest.raises(ValueError, match="unknown arm 'baseline'"):
        made(tmp_path, fewer)


def test_a_scenario_without_a_lesson_has_results_without_claims(tmp_path: Path) -> None:
    loaded = made(tmp_path, plan("breast_cancer", "replicates=2"))
    assert len(loaded.table()) and not len(loaded.claims())
    with pytest.raises(ValueError, match="figure: got results without panels"):
        loaded.figure()


# -- where things go -----------------------------------------------------------------------------------------


def places(*plans: Plan) -> list[Path]:
    return [tables.stem(Path("results"), p, kind) for p in plans for kind in ("tables", "figures")]


def test_a_canonical_plan_has_its_table_and_its_lessons_figure_in_the_open() -> None:
    p = canonical("dropout_controlled")
    assert places(p) == [Path("results/tables/dropout_controlled"), Path("results/figures/dropout")]
    for how in ("force=true", "steps=[tables]", "results_dir=elsewhere"):  # no other plan
        assert places(plan("dropout_controlled", "replicates=30", how)) == places(p)
    assert [f.name for f in pages.figure_files(Path("results"), p)] == ["dropout.png", "dropout.svg"]


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (["seed=3"], "dropout-seed-3"),
        (["replicates=5"], "dropout-seeds-0-4"),
        (["seed=1", "replicates=30"], "dropout-seeds-1-30"),
        (["replicates=31"], "dropout-seeds-0-30"),
    ],
)
def test_other_seeds_are_custom_and_told_apart_by_them(overrides: list[str], name: str) -> None:
    assert places(plan("dropout", *overrides)) == [Path("results/custom") / name] * 2


@pytest.mark.parametrize(
    "override",
    ["model.dropout=0.5", "arms.baseline=null", "arms.baseline.training.epochs=7", "vary=[init]", "metrics=[mse,ece]"],
)
def test_changed_settings_are_custom_and_told_apart_by_a_hash(override: str) -> None:
    changed, other = plan("dropout", "replicates=30", override), plan("dropout", "replicates=30", "model.dropout=0.4")
    table, figure = places(changed)
    assert table == figure and table.parent == Path("results/custom")
    assert table.name.startswith("dropout-seeds-0-29-") and len(table.name) == len("dropout-seeds-0-29-") + 8
    assert table not in places(other) and table not in places(canonical("dropout"))


def test_another_threshold_is_another_table_of_the_same_records() -> None:
    one, other = (plan("imbalance", "replicates=30", f"decision.threshold={t}") for t in (0.3, 0.4))
    assert tables.fingerprints(one) == tables.fingerprints(other) and places(one) != places(other)


# -- tables --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """Canonical results of two scenarios; one seed of overfitting diverged."""
    folder = tmp_path_factory.mktemp("canonical")
    return {
        "dropout": made(folder, canonical("dropout")),
        "overfitting": made(folder, canonical("overfitting"), diverged=lambda arm, seed: seed == 4),
    }


def test_a_canonical_table_has_the_columns_and_rows_of_the_contract(loaded: dict[str, Results], tmp_path: Path) -> None:
    place = tables.write_tables(tmp_path, loaded["dropout"], SCENARIOS)
    assert place == tmp_path / "tables/dropout.csv"
    lines = place.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "arm,split,metric,mean,sd,ci_low,ci_high,n,n_undefined,n_diverged"
    named = [tuple(line.split(",")[:3]) for line in lines[1:]]
    for arm in ("baseline", "dropout"):
        for who in (arm, f"{arm}:least_squares", f"{arm}:true_line"):
            assert {(who, "train", "mse"), (who, "test", "mse")} <= set(named)
        assert {(arm, "model", "epochs_run"), (arm, "model", "diverged")} <= set(named)
    assert len(named) == len(set(named))
    table = pd.read_csv(place)
    pd.testing.assert_frame_equal(table, summarise(loaded["dropout"].rows), rtol=1e-8, check_dtype=False)


def test_a_custom_table_ends_with_its_fingerprints_and_leaves_canonical_ones_alone(
    loaded: dict[str, Results], some: Results, tmp_path: Path
) -> None:
    tables.write_tables(tmp_path, loaded["dropout"], SCENARIOS)
    files = sorted((tmp_path / "tables").glob("*.csv"))
    before = bytes_of(*files)
    place = tables.write_tables(tmp_path, some, SCENARIOS)
    assert place == tmp_path / "custom/dropout-seeds-0-2.csv"
    assert sorted((tmp_path / "tables").glob("*.csv")) == files and bytes_of(*files) == before
    table, marks = pd.read_csv(place), {arm: mark for _, arm, mark in tables.fingerprints(some.plan)}
    assert table.columns[-1] == "fingerprint"
    assert table["fingerprint"].tolist() == [marks[arm.partition(":")[0]] for arm in table["arm"]]


def test_metrics_csv_holds_every_number_whichever_scenario_came_first_and_however_often(
    loaded: dict[str, Results], tmp_path: Path
) -> None:
    written = set()
    every = tmp_path / "tables/metrics.csv"
    for order in (["dropout", "overfitting"], ["overfitting", "dropout"], ["dropout", "overfitting", "dropout"]):
        every.unlink(missing_ok=True)
        for name in order:
            tables.write_tables(tmp_path, loaded[name], SCENARIOS)
        written.add(every.read_bytes())
    assert len(written) == 1
    expected = pd.concat([loaded["dropout"].rows, loaded["overfitting"].rows], ignore_index=True)
    pd.testing.assert_frame_equal(pd.read_csv(every), expected, rtol=1e-8)
    text = every.read_text(encoding="utf-8")  # undefined values are empty fields
    assert "overfitting,network,4,test,mse,\n" in text and "nan" not in text.lower()
    marks = (tmp_path / "tables/fingerprints.csv").read_text(encoding="utf-8").splitlines()
    assert marks[0] == "scenario,arm,fingerprint" and len(marks) == 4


def test_metrics_csv_drops_rows_of_removed_scenarios(loaded: dict[str, Results], tmp_path: Path) -> None:
    tables.write_tables(tmp_path, loaded["overfitting"], SCENARIOS)
    every = tmp_path / "tables/metrics.csv"
    before = every.read_text(encoding="utf-8")
    for stale in (before + "gone,a,0,test,mse,1\n", before.replace("value", "number", 1) + "dropout,a,0,test,mse,1\n"):
        every.write_text(stale, encoding="utf-8")
        tables.write_tables(tmp_path, loaded["overfitting"], SCENARIOS)
        assert every.read_text(encoding="utf-8") == before


# -- claims --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(some: Results, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """Results of two lessons, their claims judged over three seeds."""
    folder = tmp_path_factory.mktemp("judged")
    return {name: made(folder, plan(name, "replicates=3")) for name in ("dropout", "imbalance")}


def written(place: Path) -> pd.DataFrame:
    return pd.read_csv(place, keep_default_na=False)


def test_claims_csv_has_the_columns_of_the_contract_and_a_line_a_claim(
    judged: dict[str, Results], tmp_path: Path
) -> None:
    place = tables.write_claims(tmp_path, judged["dropout"], LESSONS)
    assert place == tmp_path / "tables/claims.csv"
    assert place.read_text(encoding="utf-8").splitlines()[0] == (
        "claim,lesson,scenario,kind,article,example,basis,text,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason"
    )
    table, stated = written(place), api.stated("dropout").claims
    assert table["claim"].tolist() == [claim.id for claim in stated]
    assert set(table["lesson"]) == set(table["scenario"]) == {"dropout"} and set(table["kind"]) == {"as_written"}
    for claim, row in zip(stated, table.to_dict("records"), strict=True):
        assert (row["verdict"] == "untestable") == isinstance(claim.test("as_written"), claims.Untestable)
        numbers = [row[name] for name in (*verdicts.NUMBERS, "scope")]
        assert ("" in numbers) == (row["verdict"] == "untestable")
        assert row["text"] == claim.text and row["reason"]


@pytest.mark.filterwarnings("error")
def test_claims_csv_is_the_same_whichever_lesson_came_first_and_however_often(
    judged: dict[str, Results], tmp_path: Path
) -> None:
    orders = (["dropout", "imbalance"], ["imbalance", "dropout"], ["dropout", "imbalance", "dropout"])
    for i, order in enumerate(orders):
        for name in order:
            place = tables.write_claims(tmp_path / str(i), judged[name], LESSONS)
    assert len({(tmp_path / str(i) / "tables/claims.csv").read_bytes() for i in range(len(orders))}) == 1
    assert list(dict.fromkeys(written(place)["lesson"])) == ["dropout", "imbalance"]


def test_rows_of_other_lessons_and_kinds_are_kept_older_ones_replaced_and_those_of_removed_lessons_dropped(
    judged: dict[str, Results], tmp_path: Path
) -> None:
    loaded = judged["dropout"]
    changed = (
        loaded.judged.assign(lesson="gone"),
        loaded.judged.assign(kind="controlled", scenario="dropout_controlled"),
        loaded.judged.assign(claim="old"),
    )
    for table in changed:
        tables.write_claims(tmp_path, dataclasses.replace(loaded, judged=table), [*LESSONS, "gone"])
    tables.write_claims(tmp_path, judged["imbalance"], [*LESSONS, "gone"])
    table = written(tables.write_claims(tmp_path, loaded, LESSONS))
    found = {tuple(row) for row in table[["lesson", "kind"]].to_numpy()}
    assert found == {("dropout", "as_written"), ("dropout", "controlled"), ("imbalance", "as_written")}
    assert "old" not in set(table["claim"])
    assert len(table) == 2 * len(loaded.judged) + len(judged["imbalance"].judged)
