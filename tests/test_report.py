"""Report: where tables and figures go, what is in them, and that the same records give the same bytes."""

import ast
import dataclasses
import functools
import importlib.util
import inspect
import io
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from omegaconf import OmegaConf
from rich.console import Console

import run
from mirage import claims, config, data, figures, plots, records, references, report, summary, terminal
from mirage.measure import measure
from mirage.records import Record
from mirage.report import Results
from mirage.streams import Streams

config.register()

LESSONS = sorted(file.stem for file in (run.ROOT / "experiments").glob("*.py"))


@functools.cache
def plan(scenario: str, *overrides: str) -> config.Plan:
    """A scenario with these settings changed."""
    with initialize_config_dir(str(run.ROOT / "conf"), version_base="1.3"):
        return run.plan_of(compose("config", [f"scenario={scenario}", *overrides]), scenario, list(overrides))


def canonical(scenario: str) -> config.Plan:
    return plan(scenario, "replicates=30")


def some(scenario: str, *overrides: str, seeds: int = 3) -> config.Plan:
    return plan(scenario, f"replicates={seeds}", *overrides)


Broken = Callable[[str, int], bool]


def none(arm: str, seed: int) -> bool:
    return False


def predictions_of(plan: config.Plan, arm: str, seed: int, gone: bool, off: float) -> dict[str, np.ndarray]:
    """Predictions around the truth: the truth of a regression, of a class a probability."""
    settings = plan.arms[arm]
    noise = np.random.default_rng([seed, len(arm)])
    several, varied = settings.model.members or 1, settings.model.members_vary or ()
    drawn = [data.draw(settings.data, Streams(seed, plan.vary, member, varied)) for member in range(several)]
    predictions = {}
    for name in drawn[0]:
        x, y = (np.stack([getattr(splits[name], part) for splits in drawn]) for part in ("x", "y"))
        wrong = y + noise.normal(size=y.shape) * off
        if settings.model.output == "sigmoid" or settings.model.kind == "logistic":
            wrong = 1 / (1 + np.exp(1 - 2 * wrong))
        scores = (np.full(y.shape, np.nan) if gone else wrong).astype(np.float32)
        parts = {"x": x, "y": y, "predicted": scores}
        predictions |= {f"{name}_{part}": v if several > 1 else v[0] for part, v in parts.items()}
    return predictions


def made(results: Path, plan: config.Plan, diverged: Broken = none, off: float = 1.0) -> Results:
    """Records of all replicates of a plan, predictions drawn around the truth instead of trained; then loaded."""
    for arm, settings in plan.arms.items():
        numbers = {"epochs_run": 9.0} | ({"penalty": 0.01} if settings.model.l2 else {})
        history = {"loss": np.linspace(1, 0.5, 9), "val_loss": np.linspace(1, 0.7, 9)}
        if settings.training.stopping is not None and settings.training.stopping.monitor != "none":
            numbers |= {"best_epoch": 9.0, "best_monitored": 0.7}
        if settings.model.kind not in config.TRAINED_BY_KERAS:
            numbers, history = dict.fromkeys(("nonzero_weights", "weight_norm"), 3.0), {}
            if settings.data.n_informative:
                numbers |= {"nonzero_informative": 2.0, "nonzero_noise": 1.0}
        for seed in plan.seeds:
            gone = diverged(arm, seed)
            predictions = predictions_of(plan, arm, seed, gone, off)
            rows = measure(plan, arm, predictions, numbers | {"diverged": float(gone)})
            lost = {name: np.where(gone, np.nan, values) for name, values in history.items()}
            records.write(results / "runs", plan, arm, seed, Record(rows, lost, predictions), 1.0)
    return load(results, plan)


def load(results: Path, plan: config.Plan) -> Results:
    return report.load(results / "runs", plan, run.claims_of(plan.lesson))


def bytes_of(*files: Path) -> list[bytes]:
    return [file.read_bytes() for file in files]


# -- loading -------------------------------------------------------------------------------------------------


def test_rows_are_those_of_all_records_in_order_of_arms_and_seeds(tmp_path: Path) -> None:
    loaded = made(tmp_path, some("dropout"))
    assert list(loaded.rows.columns) == ["scenario", "arm", "seed", "split", "metric", "value"]
    expected = [row for arm in ("baseline", "dropout") for s in range(3) for row in of_record(loaded, arm, s)]
    assert [tuple(row) for row in loaded.rows.itertuples(index=False)] == expected


def of_record(loaded: Results, arm: str, seed: int) -> list[tuple[object, ...]]:
    return list(records.read_rows(loaded.runs, loaded.plan, arm, seed))


def test_values_are_one_number_a_seed(tmp_path: Path) -> None:
    loaded = made(tmp_path, some("dropout", seeds=12), diverged=lambda arm, seed: (arm, seed) == ("dropout", 11))
    values = loaded.values("dropout", "test", "mse")
    assert values.shape == (12,) and np.isnan(values[11]) and np.isfinite(values[:11]).all()
    of_seed_2 = {row[1:5]: row[5] for row in of_record(loaded, "dropout", 2)}
    assert values[2] == of_seed_2["dropout", 2, "test", "mse"]
    assert loaded.values("dropout:true_line", "test", "mse").tolist() == [0] * 12


def test_predictions_leave_out_diverged_replicates(tmp_path: Path) -> None:
    loaded = made(tmp_path, some("dropout"), diverged=lambda arm, seed: (arm, seed) == ("dropout", 1))
    x, y, predicted = loaded.predictions("dropout", "test")
    assert (x.shape, y.shape, predicted.shape) == ((2, 100, 1), (2, 100), (2, 100))
    for row, seed in enumerate((0, 2)):
        arrays = records.read_predictions(loaded.runs, loaded.plan, "dropout", seed)
        np.testing.assert_array_equal(predicted[row], arrays["test_predicted"])
    assert loaded.predictions("baseline", "test")[2].shape == (3, 100)


# -- where things go -----------------------------------------------------------------------------------------


def places(*plans: config.Plan) -> list[Path]:
    return [report.stem(Path("results"), p, kind) for p in plans for kind in ("tables", "figures")]


@pytest.mark.parametrize("scenario", run.SCENARIOS)
def test_a_canonical_plan_has_its_table_and_its_lessons_figure_in_the_open(scenario: str) -> None:
    p = canonical(scenario)
    assert places(p) == [Path(f"results/tables/{scenario}"), Path(f"results/figures/{p.lesson}")]


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
    "override", ["model.dropout=0.5", "arms.baseline=null", "arms.baseline.training.epochs=7", "vary=[init]"]
)
def test_changed_settings_are_custom_and_told_apart_by_a_hash(override: str) -> None:
    changed, other = plan("dropout", "replicates=30", override), plan("dropout", "replicates=30", "model.dropout=0.4")
    table, figure = places(changed)
    assert table == figure and table.parent == Path("results/custom")
    assert table.name.startswith("dropout-seeds-0-29-") and len(table.name) == len("dropout-seeds-0-29-") + 8
    assert table not in places(other) and table not in places(canonical("dropout"))


@pytest.mark.parametrize("overrides", [["force=true"], ["steps=[tables]"], ["results_dir=elsewhere"]])
def test_how_a_plan_is_carried_out_makes_it_no_other_plan(overrides: list[str]) -> None:
    assert places(plan("dropout", "replicates=30", *overrides)) == places(canonical("dropout"))


def test_a_figure_has_two_files() -> None:
    assert report.figure_files(Path("results"), canonical("dropout")) == [
        Path("results/figures/dropout.png"),
        Path("results/figures/dropout.svg"),
    ]


# -- tables --------------------------------------------------------------------------------------------------


def test_a_canonical_table_has_the_columns_and_rows_of_the_contract(tmp_path: Path) -> None:
    place = report.write_tables(tmp_path, made(tmp_path, canonical("dropout")), ["dropout"])
    assert place == tmp_path / "tables/dropout.csv"
    lines = place.read_text().splitlines()
    assert lines[0] == "arm,split,metric,mean,sd,ci_low,ci_high,n,n_undefined,n_diverged"
    named = [tuple(line.split(",")[:3]) for line in lines[1:]]
    for arm in ("baseline", "dropout"):
        for who in (arm, f"{arm}:least_squares", f"{arm}:true_line"):
            assert {(who, "train", "mse"), (who, "test", "mse")} <= set(named)
        assert {(arm, "model", "epochs_run"), (arm, "model", "diverged")} <= set(named)
    assert len(named) == len(set(named)) == 16


def test_a_table_holds_the_summary_of_its_records(tmp_path: Path) -> None:
    loaded = made(tmp_path, some("dropout"), diverged=lambda arm, seed: (arm, seed) == ("dropout", 1))
    table = pd.read_csv(report.write_tables(tmp_path, loaded, ["dropout"]))
    assert table.columns[-1] == "fingerprint"  # not a canonical one's: see fingerprints.csv
    marks = {arm: mark for _, arm, mark in report.fingerprints(loaded.plan)}
    assert table["fingerprint"].tolist() == [marks[arm.partition(":")[0]] for arm in table["arm"]]
    rest = table.drop(columns="fingerprint")
    pd.testing.assert_frame_equal(rest, summary.summarise(loaded.rows), rtol=1e-8, check_dtype=False)


def test_metrics_csv_holds_every_number_of_every_canonical_replicate(tmp_path: Path) -> None:
    loaded = {name: made(tmp_path, canonical(name)) for name in ("dropout", "overfitting")}
    for name in ("overfitting", "dropout"):
        report.write_tables(tmp_path, loaded[name], run.SCENARIOS)
    every = tmp_path / "tables/metrics.csv"
    assert every.read_text().splitlines()[0] == "scenario,arm,seed,split,metric,value"
    expected = pd.concat([loaded["dropout"].rows, loaded["overfitting"].rows], ignore_index=True)
    pd.testing.assert_frame_equal(pd.read_csv(every), expected, rtol=1e-8)


def test_of_metrics_csv_what_is_no_scenarios_any_more_is_dropped(tmp_path: Path) -> None:
    loaded = made(tmp_path, canonical("overfitting"))
    report.write_tables(tmp_path, loaded, run.SCENARIOS)
    every = tmp_path / "tables/metrics.csv"
    before = every.read_text()
    for stale in (before + "gone,a,0,test,mse,1\n", before.replace("value", "number", 1) + "dropout,a,0,test,mse,1\n"):
        every.write_text(stale)
        report.write_tables(tmp_path, loaded, run.SCENARIOS)
        assert every.read_text() == before


def test_metrics_csv_is_the_same_whichever_scenario_came_first_and_however_often(tmp_path: Path) -> None:
    loaded = [made(tmp_path, canonical(name)) for name in ("dropout", "overfitting")]
    written = set()
    for order in ([0, 1], [1, 0], [0, 1, 0]):
        (tmp_path / "tables/metrics.csv").unlink(missing_ok=True)
        for i in order:
            report.write_tables(tmp_path, loaded[i], run.SCENARIOS)
        written.add((tmp_path / "tables/metrics.csv").read_bytes())
    assert len(written) == 1


def test_metrics_csv_drops_scenarios_that_are_no_more_and_rows_that_are_renewed(tmp_path: Path) -> None:
    old = made(tmp_path / "old", canonical("overfitting"), off=3.0)
    plan_of_gone = dataclasses.replace(old.plan, scenario="gone")
    gone = dataclasses.replace(old, plan=plan_of_gone, rows=old.rows.assign(scenario="gone"))
    for loaded in (gone, old):
        report.write_tables(tmp_path, loaded, [loaded.plan.scenario, "overfitting", "gone"])
    assert set(pd.read_csv(tmp_path / "tables/metrics.csv")["scenario"]) == {"gone", "overfitting"}
    new = made(tmp_path / "new", canonical("overfitting"))
    report.write_tables(tmp_path, new, run.SCENARIOS)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "tables/metrics.csv"), new.rows, rtol=1e-8)


def test_undefined_values_are_empty_fields_and_stay_so(tmp_path: Path) -> None:
    wild = made(tmp_path, canonical("overfitting"), diverged=lambda arm, seed: seed == 4)
    for loaded in (wild, made(tmp_path, canonical("dropout"))):
        report.write_tables(tmp_path, loaded, run.SCENARIOS)
    text = (tmp_path / "tables/metrics.csv").read_text()
    assert "overfitting,network,4,test,mse,\n" in text and "nan" not in text.lower()


def test_custom_plans_leave_metrics_csv_and_canonical_tables_alone(tmp_path: Path) -> None:
    report.write_tables(tmp_path, made(tmp_path, canonical("overfitting")), run.SCENARIOS)
    files = sorted((tmp_path / "tables").iterdir())
    before = bytes_of(*files)
    for custom in (some("overfitting"), plan("overfitting", "replicates=30", "model.hidden=[2]")):
        place = report.write_tables(tmp_path, made(tmp_path, custom), run.SCENARIOS)
        assert place.parent == tmp_path / "custom"
    assert sorted((tmp_path / "tables").iterdir()) == files and bytes_of(*files) == before


# -- claims --------------------------------------------------------------------------------------------------


CLAIM_COLUMNS = (
    "claim,lesson,scenario,kind,article,example,basis,text,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason"
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """Results of two lessons, their claims judged over three seeds."""
    return {name: made(tmp_path_factory.mktemp(name), some(name)) for name in ("dropout", "imbalance")}


def written(place: Path) -> pd.DataFrame:
    return pd.read_csv(place, keep_default_na=False)


def test_claims_csv_has_the_columns_of_the_contract_and_a_line_a_claim(
    judged: dict[str, Results], tmp_path: Path
) -> None:
    place = report.write_claims(tmp_path, judged["dropout"], run.LESSONS)
    assert place == tmp_path / "tables/claims.csv"
    assert place.read_text().splitlines()[0] == CLAIM_COLUMNS
    table = written(place)
    stated = run.claims_of("dropout")
    assert table["claim"].tolist() == [claim.id for claim in stated]
    assert table["text"].tolist() == [claim.text for claim in stated]
    assert set(table["lesson"]) == set(table["scenario"]) == {"dropout"} and set(table["kind"]) == {"as_written"}
    for claim, row in zip(stated, table.to_dict("records"), strict=True):
        assert (row["verdict"] == "untestable") == isinstance(claim.as_written, claims.Untestable)
        numbers = [row[name] for name in ("effect", "ci_low", "ci_high", "margin", "n", "agree", "scope")]
        assert ("" in numbers) == (row["verdict"] == "untestable")
        assert row["reason"]
    assert "nan" not in place.read_text().lower().split(",")


def test_a_claims_effect_is_the_mean_difference_over_seeds(judged: dict[str, Results]) -> None:
    loaded = judged["dropout"]
    of = {claim.id: claim.as_written for claim in run.claims_of("dropout")}
    compared = 0
    for row in loaded.judged[loaded.judged["verdict"] != "untestable"].to_dict("records"):
        sides = [of[row["claim"]].left, of[row["claim"]].right]
        left, right = (loaded.values(*s.rsplit(".", 2)) if isinstance(s, str) else s for s in sides)
        assert row["effect"] == pytest.approx(np.mean(left - right)) and row["n"] == 3
        compared += 1
    assert compared


@pytest.mark.filterwarnings("error")
def test_claims_csv_is_the_same_whichever_lesson_came_first_and_however_often(
    judged: dict[str, Results], tmp_path: Path
) -> None:
    bytes_written = set()
    for i, order in enumerate(
        (["dropout", "imbalance"], ["imbalance", "dropout"], ["dropout", "imbalance", "dropout"])
    ):
        for name in order:
            place = report.write_claims(tmp_path / str(i), judged[name], run.LESSONS)
        bytes_written.add(place.read_bytes())
    assert len(bytes_written) == 1
    assert list(dict.fromkeys(written(place)["lesson"])) == ["dropout", "imbalance"]


def test_rows_of_other_lessons_and_kinds_are_kept_and_those_of_lessons_that_are_no_more_dropped(
    judged: dict[str, Results], tmp_path: Path
) -> None:
    def lines_of(word: str) -> list[str]:
        return [line for line in place.read_text().splitlines() if word in line.split(",")]

    loaded = judged["dropout"]
    changed = {
        "gone": loaded.judged.assign(lesson="gone"),
        "controlled": loaded.judged.assign(kind="controlled", scenario="dropout_controlled"),
    }
    for table in changed.values():
        place = report.write_claims(tmp_path, dataclasses.replace(loaded, judged=table), [*run.LESSONS, "gone"])
    report.write_claims(tmp_path, judged["imbalance"], [*run.LESSONS, "gone"])
    kept = {word: lines_of(word) for word in ("gone", "controlled", "imbalance")}
    assert all(kept.values())
    report.write_claims(tmp_path, loaded, run.LESSONS)
    assert lines_of("gone") == []
    assert lines_of("controlled") == kept["controlled"] and lines_of("imbalance") == kept["imbalance"]
    assert len(lines_of("as_written")) == len(loaded.judged) + len(judged["imbalance"].judged)


def test_a_lessons_older_verdicts_are_replaced(judged: dict[str, Results], tmp_path: Path) -> None:
    loaded = judged["dropout"]
    report.write_claims(tmp_path, dataclasses.replace(loaded, judged=loaded.judged.assign(claim="old")), run.LESSONS)
    place = report.write_claims(tmp_path, loaded, run.LESSONS)
    assert written(place)["claim"].tolist() == loaded.judged["claim"].tolist()


def test_claims_about_what_a_changed_run_left_out_are_left_out(tmp_path: Path) -> None:
    loaded = made(tmp_path, some("dropout", "arms.baseline=null"))
    kept, every = set(loaded.judged["claim"]), {claim.id: claim.as_written for claim in run.claims_of("dropout")}
    for name, test in every.items():
        needs = {arm.partition(":")[0] for arm, _, _ in claims.sides(test)} if isinstance(test, claims.Test) else set()
        assert (name in kept) == ("baseline" not in needs)


def test_an_unchanged_run_must_have_what_its_claims_name(judged: dict[str, Results]) -> None:
    loaded = judged["dropout"]
    fewer = dataclasses.replace(loaded.plan, arms={"dropout": loaded.plan.arms["dropout"]})
    with pytest.raises(ValueError, match="unknown arm 'baseline'"):
        report.load(loaded.runs, fewer, run.claims_of("dropout"))


# -- figures -------------------------------------------------------------------------------------------------


def draw(results: Path, *halves: Results) -> None:
    """Draw and write the lesson's figure."""
    report.write_figure(results, halves, run.lesson_file(halves[0].plan.lesson), lambda h: figure_of(*h))


def figure_of(*halves: Results) -> Figure:
    return figures.compose(run.lesson(halves[0].plan.lesson), halves)


def texts(figure: Figure) -> list[str]:
    """All texts of a figure's axes, line breaks taken out."""
    return [" ".join(text.get_text().split()) for ax in figure.axes for text in ax.texts]


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    p = canonical("data_size")
    one, other = tmp_path / "one", tmp_path / "other"
    for results in (one, other):
        loaded = made(results, p)
        draw(results, loaded)
        report.write_tables(results, loaded, run.SCENARIOS)
    files = sorted(f.relative_to(one) for part in ("tables", "figures") for f in (one / part).glob("[!.]*"))
    assert [str(f) for f in files] == [
        "figures/data_size.png",
        "figures/data_size.svg",
        "tables/data_size.csv",
        "tables/fingerprints.csv",
        "tables/metrics.csv",
    ]
    assert bytes_of(*(one / f for f in files)) == bytes_of(*(other / f for f in files))


def test_another_process_with_another_hash_seed_draws_the_same_bytes(tmp_path: Path) -> None:
    p = some("overfitting")
    draw(tmp_path, made(tmp_path, p))
    files = report.figure_files(tmp_path, p)
    before = bytes_of(*files)
    for file in files:
        file.unlink()
    script = f"""
        import sys
        from pathlib import Path
        sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(run.ROOT / "src")!r}]
        import test_report as t
        p, results = t.some("overfitting"), Path({str(tmp_path)!r})
        t.draw(results, t.load(results, p))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "5"}, cwd=tmp_path, timeout=60)
    assert bytes_of(*files) == before


def test_positions_of_a_saved_figure_are_rounded(tmp_path: Path) -> None:
    """Their last digits differ between processes: the layout's solver sums in the order of memory addresses."""
    figure = figures.compose(run.lesson("overfitting"), [made(tmp_path, some("overfitting"))])
    plots.save(figure, tmp_path / "a.png")
    blocks = figure.subfigs[0].subfigs
    positions = [ax.get_position().bounds for block in blocks for ax in block.axes]
    positions += [part.bbox_relative.bounds for part in (*figure.subfigs, *blocks)]
    positions += [(*text.get_position(), 0, 0) for part in (figure, *blocks) for text in part.texts]
    assert len(positions) > 6 and np.abs(np.round(positions, plots.PLACES) - positions).max() < 1e-12
    plots.save(figure, tmp_path / "b.png")
    assert bytes_of(tmp_path / "a.png") == bytes_of(tmp_path / "b.png")


def test_a_legend_shows_in_no_arms_colour_what_is_the_same_for_all() -> None:
    figure = plots.new_figure(4, 3)
    plots.scores(figure.subplots(), [("group", np.arange(5.0), plots.TREATED)], [{}], 0)
    plots.legend_below(figure, 2)
    drawn = dict(
        zip([t.get_text() for t in figure.legends[0].get_texts()], figure.legends[0].legend_handles, strict=True)
    )
    assert drawn[plots.MEAN].get_color() == plots.INK


def test_a_readers_own_matplotlibrc_changes_nothing(tmp_path: Path) -> None:
    p = some("overfitting")
    loaded = made(tmp_path, p)
    files = report.figure_files(tmp_path, p)
    draw(tmp_path, loaded)
    before = bytes_of(*files)
    with matplotlib.rc_context({"axes.grid": True, "xtick.labelsize": 20}):
        draw(tmp_path, loaded)
    assert bytes_of(*files) == before


def drawn_quickly(figure: Figure) -> None:
    """Lay out and draw a figure, text and all, without making an image of it."""
    figure.draw_without_rendering()


CASES: dict[str, tuple[int, Broken]] = {
    "one seed": (1, none),
    "several": (2, none),
    "the first seed diverged": (3, lambda arm, seed: seed == 0),
    "all diverged": (2, lambda arm, seed: True),
}


def of_both(lesson: str, seeds: int) -> list[config.Plan]:
    """A lesson's two scenarios over a few seeds."""
    return [dataclasses.replace(plan(name), seeds=range(seeds)) for name in (lesson, f"{lesson}_controlled")]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lessons_figure_can_be_drawn(lesson: str, case: str, tmp_path: Path) -> None:
    seeds, diverged = CASES[case]
    drawn_quickly(figure_of(*(made(tmp_path, p, diverged) for p in of_both(lesson, seeds))))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scenario", [name for name in run.SCENARIOS if len(plan(name).arms) > 1])
def test_every_scenarios_half_can_be_drawn_without_an_arm(scenario: str, tmp_path: Path) -> None:
    whole = dataclasses.replace(plan(scenario), seeds=range(2))
    made(tmp_path, whole)
    for arm in (list(whole.arms)[0], list(whole.arms)[-1]):
        others = {name: settings for name, settings in whole.arms.items() if name != arm}
        p = dataclasses.replace(whole, arms=others, changes=(f"arms.{arm}=null",))
        drawn_quickly(figure_of(load(tmp_path, p)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scenario", ["dropout", "l2", "imbalance", "dropout_controlled", "smote_controlled"])
def test_figures_can_be_drawn_with_an_arm_more_and_without_references(scenario: str, tmp_path: Path) -> None:
    whole = dataclasses.replace(plan(scenario), seeds=range(2), references=(), changes=("references=[]",))
    p = dataclasses.replace(whole, arms=whole.arms | {"more": next(iter(whole.arms.values()))})
    drawn_quickly(figure_of(made(tmp_path, p)))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[Results]:
    """A lesson's two scenarios over three seeds."""
    return [made(tmp_path_factory.mktemp("both"), p) for p in of_both("dropout", 3)]


def test_a_figure_opens_with_the_question_and_names_both_halves(both: list[Results]) -> None:
    figure = figure_of(*both)
    assert figure.get_suptitle() == run.lesson("dropout").__doc__.splitlines()[0]
    headings = [block.get_suptitle().replace("$", "").replace("\\", "") for block in figure.subfigs[0].subfigs]
    assert headings == [
        f"bf{{As written}} (article 1, example 2)\n{both[0].plan.title}",
        f"bf{{Controlled}}\n{both[1].plan.title}",
    ]
    drawn_quickly(figure)


def test_a_figure_of_one_scenario_has_its_half_only_over_the_full_width(both: list[Results]) -> None:
    whole = figure_of(*both)
    for half in both:
        figure = figure_of(half)
        assert len(figure.subfigs[0].subfigs) == 1 and len(figure.axes) < len(whole.axes)
        assert figure.get_figwidth() >= figures.NARROWEST
        assert sum(name in texts(figure) for name in ("◆ as written", "◆ controlled")) == 1


def test_a_lesson_has_at_most_three_panels_a_half(both: list[Results]) -> None:
    for lesson in LESSONS:
        module = run.lesson(lesson)
        for scenario, panels in ((lesson, module.as_written), (f"{lesson}_controlled", module.controlled)):
            assert 1 <= len(panels(dataclasses.replace(both[0], plan=canonical(scenario)))) <= 3


def test_a_figure_of_several_seeds_states_the_verdicts_of_its_lessons_claims(both: list[Results]) -> None:
    shown = texts(figure_of(*both))
    assert {"◇ as written", "◆ controlled"} <= set(shown)
    expected = []
    for half in both:
        of_claim = half.judged.set_index("claim")
        for claim in run.lesson("dropout").CLAIMS:
            ours = " (ours)" if of_claim.loc[claim, "basis"] == "ours" else ""
            assert of_claim.loc[claim, "text"] + ours in shown
            expected.append(of_claim.loc[claim, "verdict"])
    words = [text.partition(" ")[2] for text in shown if text[0] in plots.VERDICT_SIGNS.values()]
    assert sorted(words) == sorted(expected)


def test_a_figure_of_one_seed_has_no_verdicts(both: list[Results], tmp_path: Path) -> None:
    one = made(tmp_path, dataclasses.replace(both[0].plan, seeds=range(1)))
    assert not [text for text in texts(figure_of(one)) if text[0] in plots.VERDICT_SIGNS.values()]


def test_a_claim_that_no_half_can_test_is_left_out(both: list[Results]) -> None:
    claim = run.lesson("dropout").CLAIMS[0]
    untested = [
        dataclasses.replace(half, judged=half.judged.assign(verdict="untestable", effect=np.nan)) for half in both
    ]
    assert both[0].judged.set_index("claim").loc[claim, "text"] in texts(figure_of(*both))
    assert both[0].judged.set_index("claim").loc[claim, "text"] not in texts(figure_of(*untested))


def test_the_claims_of_a_figure_are_those_of_its_lesson_and_tested() -> None:
    for lesson in LESSONS:
        stated = {claim.id: claim for claim in run.claims_of(lesson)}
        shown = run.lesson(lesson).CLAIMS
        assert len(set(shown)) == len(shown) <= 6 and set(shown) <= set(stated)
        tests = [stated[name].test(kind) for name in shown for kind in config.KINDS]
        assert any(isinstance(test, claims.Test) for test in tests)


def test_a_plan_without_metrics_is_refused_or_drawn(tmp_path: Path) -> None:
    try:
        p = some("overfitting", "metrics=[]")
    except config.ConfigError:
        return
    figure_of(made(tmp_path, p))


# -- panels --------------------------------------------------------------------------------------------------


def panel(draw: figures.Panel, results: Results) -> Axes:
    """A panel drawn on axes of its own."""
    ax = plots.new_figure(5, 4).subplots()
    draw(ax, results)
    return ax


def lines_of(ax: Axes) -> dict[str, np.ndarray]:
    """The y values of every labelled line."""
    return {str(line.get_label()): np.asarray(line.get_ydata()) for line in ax.get_lines()}


def test_precision_is_that_of_all_rows_up_to_the_threshold_at_which_the_recall_is_reached() -> None:
    rng = np.random.default_rng(3)
    y = (rng.random((2, 60)) < 0.3).astype(int)
    scores = np.round(rng.random((2, 60)), 1)  # many ties
    curves = plots.precision_recall(y, scores)
    for truth, score, curve in zip(y, scores, curves, strict=True):
        for recall, precision in zip(plots.RECALLS, curve, strict=True):
            reached = [t for t in np.unique(score) if truth[score >= t].sum() / truth.sum() >= recall - 1e-9]
            assert precision == pytest.approx(truth[score >= max(reached)].mean())


def test_a_perfect_ranking_has_precision_one_and_a_constant_score_the_share_of_the_class() -> None:
    y = np.array([[0, 1, 0, 1, 0]])
    assert plots.precision_recall(y, y.astype(float)).tolist() == [[1.0] * len(plots.RECALLS)]
    np.testing.assert_allclose(plots.precision_recall(y, np.full((1, 5), 0.2)), 0.4)


def test_precision_recall_shows_curve_decision_best_rule_and_share(tmp_path: Path) -> None:
    loaded = made(tmp_path, dataclasses.replace(plan("smote_controlled"), seeds=range(3)))
    arms = {"none": ("none", "test", "C0"), "gone": ("gone", "test", "C1"), "SMOTE": ("smote", "test", "C2")}
    ax = panel(figures.precision_recall(arms, "title"), loaded)
    lines = lines_of(ax)
    x, y, predicted = loaded.predictions("none", "test")
    np.testing.assert_array_equal(lines["none"], np.median(plots.precision_recall(y, predicted), axis=0))
    assert "SMOTE" in lines and "gone" not in lines
    assert lines["always the larger class"][0] == pytest.approx(y.mean())
    ideal = np.array([
        references.bayes(loaded.plan.arms["none"].data, {"test": data.Split(*one)})["test"]
        for one in zip(x, y, strict=True)
    ])  # fmt: skip
    np.testing.assert_array_equal(lines["best possible rule"], np.median(plots.precision_recall(y, ideal), axis=0))
    dots = {(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.get_lines() if line.get_markersize() == 13}
    decided = (np.nanmean(loaded.values("none", "test", name)) for name in ("recall", "precision"))
    assert tuple(decided) in dots and len(dots) == 2


def test_paired_differences_show_every_seeds_own_and_the_margin_of_the_claim(both: list[Results]) -> None:
    words = "dropout.train.mse - baseline.train.mse"
    groups = {
        "with": (words, "C0", "dropout-raises-training-error"),
        "without": (words, "C1", None),
        "gone": ("dropout.train.mse - gone.train.mse", "C2", None),
    }
    ax = panel(figures.paired_differences(groups, "difference", "title"), both[0])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["with", "without"]
    expected = both[0].values("dropout", "train", "mse") - both[0].values("baseline", "train", "mse")
    dots = [line.get_ydata() for line in ax.get_lines() if len(line.get_ydata()) == 3]
    assert len(dots) == 2 and all(np.array_equal(d, expected) for d in dots)
    stripes = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    margin = both[0].margin("dropout-raises-training-error")
    assert margin and [(s.get_y(), s.get_height()) for s in stripes] == [(-margin, 2 * margin)]


def test_a_sweep_shows_means_against_what_was_varied_and_references_in_grey(both: list[Results]) -> None:
    rates = {"high": 0.5, "baseline": 0.0, "gone": 0.9, "dropout": 0.2}
    lines = {
        "test": figures.Line(rates, "test", "mse", "C0"),
        "line": figures.Line(figures.of_reference(rates, "true_line"), "test", "mse"),
    }
    ax = panel(figures.sweep(lines, "rate", "error", "title", log=""), both[1])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.2", "0.5"]
    drawn = lines_of(ax)
    for label, arms in (("test", ("baseline", "dropout", "high")), ("true line", ("baseline:true_line",) * 3)):
        expected = [both[1].values(arm, "test", "mse").mean() for arm in arms]
        np.testing.assert_allclose(drawn[label], expected)
    [grey] = [line for line in ax.get_lines() if line.get_label() == "true line"]
    assert grey.get_color() == plots.REFERENCE


def test_along_the_decisive_feature_the_median_and_the_rule_are_drawn(tmp_path: Path) -> None:
    loaded = made(tmp_path, dataclasses.replace(plan("input_sensitivity_controlled"), seeds=range(3)))
    ax = panel(figures.along({"a": ("network", "C0"), "gone": ("gone", "C1")}, "title"), loaded)
    drawn = lines_of(ax)
    x, y, predicted = loaded.predictions("network", "along")
    np.testing.assert_array_equal(drawn["a"], np.median(predicted, axis=0))
    np.testing.assert_array_equal(drawn["the rule"], y[0])
    assert "gone" not in drawn


def row_of(relation: str, effect: float, verdict: str) -> dict[str, object]:
    return {
        "effect": effect, "ci_low": effect - 0.1, "ci_high": effect + 0.1, "margin": 1.0, "verdict": verdict,
        "deciding_low": effect - 0.3, "deciding_high": effect + 0.2,
        "test": claims.Test("a.test.mse", relation, "b.test.mse", 1.0, "one unit matters"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("relation", "effect", "side"),
    [("less", -3, 1), ("less", 3, -1), ("greater", 3, 1), ("greater", -3, -1), ("same", 3, -1), ("same", -3, -1)],
)
def test_what_speaks_against_a_claim_is_drawn_on_the_left(relation: str, effect: float, side: int) -> None:
    axes = plots.new_figure(9, 3).subplots(1, 3)
    plots.claims(axes, ["a claim"], [("controlled", [row_of(relation, effect, "supported")])])
    [mark] = [line for line in axes[1].get_lines() if line.get_marker() == "D"]
    assert mark.get_xdata()[0] == pytest.approx(side * 2)  # four times twice: log2(1 + 3)
    [stripe] = axes[1].patches
    assert stripe.get_facecolor() == to_rgba(plots.CLAIMED if relation == "same" else plots.NEGLIGIBLE)
    assert "◆ test.mse: a " in [text.get_text() for text in axes[0].texts][1]


def test_the_line_that_decides_is_drawn_beyond_the_bar() -> None:
    axes = plots.new_figure(9, 3).subplots(1, 3)
    plots.claims(axes, ["a claim"], [("controlled", [row_of("greater", 3, "supported")])])
    [bar] = [line for line in axes[1].get_lines() if line.get_linewidth() == 5]
    [decides] = [line for line in axes[1].get_lines() if line.get_marker() == "|"]
    np.testing.assert_allclose(bar.get_xdata(), np.log2([3.9, 4.1]))
    np.testing.assert_allclose(decides.get_xdata(), np.log2([3.7, 4.2]))


def test_marks_as_written_are_hollow_and_controlled_ones_filled() -> None:
    axes = plots.new_figure(9, 3).subplots(1, 3)
    row = row_of("less", -3, "contradicted")
    numbers = ("effect", "ci_low", "ci_high", "deciding_low", "deciding_high", "margin")
    untestable = row | {"verdict": "untestable", "test": None} | dict.fromkeys(numbers, np.nan)
    plots.claims(axes, ["a", "b"], [("as written", [row, untestable]), ("controlled", [row, None])])
    marks = [line for line in axes[1].get_lines() if line.get_marker() == "D"]
    color = plots.VERDICT_COLOURS["contradicted"]
    assert [mark.get_markerfacecolor() for mark in marks] == ["white", color]
    assert [text.get_text() for text in axes[2].texts] == [
        "◇ as written", "✗ contradicted", "– untestable", "◆ controlled", "✗ contradicted",
    ]  # fmt: skip


def test_a_side_is_one_number_a_seed_or_a_difference_of_two(both: list[Results]) -> None:
    left, right = (both[0].values(arm, "test", "mse") for arm in ("dropout", "baseline:least_squares"))
    np.testing.assert_array_equal(both[0].side("dropout.test.mse"), left)
    np.testing.assert_array_equal(both[0].side("dropout.test.mse - baseline:least_squares.test.mse"), left - right)
    assert both[0].side("gone.test.mse").size == both[0].side("dropout.test.mse - gone.test.mse").size == 0


def test_scores_that_are_all_equal_can_be_drawn() -> None:
    # As with vary=[]: every seed gives the same number.
    for n in (2, 3, 30):
        for value in (0.1, 0.7, 1 / 3):
            plots.scores(plots.new_figure(4, 3).subplots(), [("group", np.full(n, value), plots.TREATED)], [{}], 0)


def test_the_star_marks_the_score_of_the_first_seed_only(tmp_path: Path) -> None:
    ax = plots.new_figure(4, 3).subplots()
    plots.scores(ax, [("a", np.array([2.0, 5.0]), "C0"), ("b", np.array([np.nan, 7.0]), "C1")], [{}, {}], first_seed=8)
    stars = [line for line in ax.get_lines() if line.get_marker() == "*"]
    assert [(s.get_xdata().tolist(), s.get_ydata().tolist(), s.get_label()) for s in stars] == [
        ([0], [2.0], "seed 8 (one run)")
    ]


def test_no_other_curve_goes_by_the_name_of_the_first_seed(tmp_path: Path) -> None:
    p = some("overfitting")
    figure = figure_of(made(tmp_path, p, diverged=lambda arm, seed: seed == 0))
    assert [line.get_label() for line in figure.axes[0].get_lines() if "seed 0" in line.get_label()] == []


def test_the_curve_of_the_first_seed_is_its_own(tmp_path: Path) -> None:
    p = plan("overfitting", "seed=4", "replicates=3")
    loaded = made(tmp_path, p)
    curves = [line for line in figure_of(loaded).axes[0].get_lines() if line.get_label() == "seed 4 (one run)"]
    arrays = records.read_predictions(loaded.runs, p, "network", 4)
    np.testing.assert_array_equal(curves[0].get_ydata(), arrays["test_predicted"])
    assert len(curves) == 1


def test_a_figure_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure, place = plots.new_figure(2, 2), tmp_path / "figures/a.png"
    plots.save(figure, place)
    before = place.read_bytes()

    def half(file: Path, **settings: object) -> None:
        Path(file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure, "savefig", half)
    with pytest.raises(OSError, match="No space left"):
        plots.save(figure, place)
    assert list(place.parent.iterdir()) == [place] and place.read_bytes() == before


# -- when a figure is drawn again ----------------------------------------------------------------------------


Drawn = tuple[Path, list[Results], Path]


def blank(halves: Sequence[Results]) -> Figure:
    return plots.new_figure(2, 2)


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """A figure just drawn, by code that a test may change: the results folder, what it shows, and its lesson."""
    halves = [made(tmp_path, some(name)) for name in ("overfitting", "overfitting_controlled")]
    lesson = tmp_path / "lesson.py"
    monkeypatch.setattr(report, "__file__", str(tmp_path / "report.py"))
    for file in (lesson, *(tmp_path / name for name in report.DRAWING_CODE)):
        file.write_text("before")
    report.write_figure(tmp_path, halves, lesson, blank)
    return tmp_path, halves, lesson


def test_a_figure_just_drawn_is_up_to_date_and_times_do_not_matter(drawn: Drawn) -> None:
    assert report.up_to_date(*drawn)
    for file in (drawn[2], *report.figure_files(drawn[0], drawn[1][0].plan)):
        os.utime(file, ns=(1000, 1000))
    results, halves, lesson = drawn
    assert report.up_to_date(results, [load(results, half.plan) for half in halves], lesson)


def test_a_figure_never_drawn_is_not(drawn: Drawn) -> None:
    results, halves, lesson = drawn
    fewer = dataclasses.replace(halves[0].plan, seeds=range(2))
    assert not report.up_to_date(results, [load(results, fewer), halves[1]], lesson)
    assert not report.up_to_date(results / "elsewhere", halves, lesson)


def test_a_figure_that_has_gained_or_lost_a_half_is_not(drawn: Drawn) -> None:
    results, halves, lesson = drawn
    assert not report.up_to_date(results, halves[:1], lesson)
    report.write_figure(results, halves[:1], lesson, blank)
    assert report.up_to_date(results, halves[:1], lesson) and not report.up_to_date(results, halves, lesson)


@pytest.mark.parametrize("i", [0, 1])
def test_a_figure_that_lacks_a_file_or_has_another_one_is_not(drawn: Drawn, i: int) -> None:
    file = report.figure_files(drawn[0], drawn[1][0].plan)[i]
    file.write_bytes(file.read_bytes() + b" ")
    assert not report.up_to_date(*drawn)
    file.unlink()
    assert not report.up_to_date(*drawn)


def test_a_figure_whose_lesson_changed_is_not(drawn: Drawn) -> None:
    drawn[2].write_text("after")
    assert not report.up_to_date(*drawn)


@pytest.mark.parametrize("name", report.DRAWING_CODE)
def test_a_figure_whose_code_changed_is_not(drawn: Drawn, name: str) -> None:
    Path(report.__file__).with_name(name).write_text("after")
    assert not report.up_to_date(*drawn)


def test_of_a_lessons_text_only_the_question_is_drawn(drawn: Drawn) -> None:
    results, halves, lesson = drawn
    lesson.write_text('"""Why?\n\nBecause of 3.\n"""\n\nx = 1\n')
    report.write_figure(results, halves, lesson, blank)
    lesson.write_text('"""Why?\n\nBecause of 4, and a comment.\n"""\n\nx = 1  # one\n')
    assert report.up_to_date(*drawn)
    lesson.write_text('"""How?\n\nBecause of 3.\n"""\n\nx = 1\n')
    assert not report.up_to_date(*drawn)


@pytest.mark.parametrize("half", range(2))
@pytest.mark.parametrize("seed", range(3))
def test_a_figure_of_records_measured_otherwise_is_not(drawn: Drawn, half: int, seed: int) -> None:
    results, halves, lesson = drawn
    loaded = halves[half]
    rows = [(arm, part, name, v + 1) for _, arm, _, part, name, v in of_record(loaded, "network", seed)]
    records.remeasure(loaded.runs, loaded.plan, "network", seed, rows)
    assert not report.up_to_date(results, [load(results, one.plan) for one in halves], lesson)


@pytest.mark.parametrize("half", range(2))
def test_a_figure_with_other_claims_is_not(drawn: Drawn, half: int) -> None:
    results, halves, lesson = drawn
    halves = list(halves)
    halves[half] = dataclasses.replace(halves[half], judged=halves[half].judged.assign(text="another"))
    assert not report.up_to_date(results, halves, lesson)


def test_the_code_that_draws_exists() -> None:
    assert all((Path(report.__file__).parent / name).is_file() for name in report.DRAWING_CODE)


def test_code_that_draws_includes_what_plots_computes_with() -> None:
    tree = ast.parse(Path(plots.__file__).read_text())
    imported = [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules = {name.partition(".")[2] for name in imported if name.startswith("mirage.")}
    assert modules and {f"{module}.py" for module in modules} <= set(report.DRAWING_CODE)


def test_a_figure_of_settings_that_were_taken_back_is_not_up_to_date(tmp_path: Path) -> None:
    before = canonical("overfitting")
    arm = before.arms["network"]
    edited = dataclasses.replace(arm, training=dataclasses.replace(arm.training, epochs=7))
    after = dataclasses.replace(before, arms={"network": edited})  # the scenario file changed, hence canonical too
    loaded = made(tmp_path, before)
    for shown in (made(tmp_path, after, off=9.0), loaded):
        if shown is not loaded:
            report.write_figure(tmp_path, [shown], run.lesson_file("overfitting"), blank)
    assert report.figure_files(tmp_path, after) == report.figure_files(tmp_path, before)
    assert not report.up_to_date(tmp_path, [loaded], run.lesson_file("overfitting"))


# -- canonical runs: both halves, drawn once -----------------------------------------------------------------


@pytest.fixture
def canonical_records(tmp_path: Path) -> list[config.Plan]:
    """Plans of both scenarios of a lesson, whose canonical records exist below a results folder."""
    plans = [
        plan(name, "replicates=30", f"results_dir={tmp_path}") for name in ("overfitting", "overfitting_controlled")
    ]
    for p in plans:
        made(tmp_path, p)
    return plans


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The scenarios of every figure drawn."""
    found: list[list[str]] = []

    def note(lesson: object, halves: Sequence[Results]) -> Figure:
        found.append([half.plan.scenario for half in halves])
        return plots.new_figure(2, 2)

    monkeypatch.setattr(figures, "compose", note)
    monkeypatch.setattr(run, "due", {})
    return found


BOTH = ["overfitting", "overfitting_controlled"]


def test_in_one_process_a_lessons_figure_is_drawn_once_after_the_last_job(
    canonical_records: list[config.Plan], drawings: list[list[str]], tmp_path: Path
) -> None:
    for p in canonical_records:
        run.perform(p)
    assert drawings == []
    run.draw_due()
    assert drawings == [BOTH]
    assert [f.name for f in sorted((tmp_path / "figures").iterdir())] == ["overfitting.png", "overfitting.svg"]
    run.draw_due()
    assert drawings == [BOTH]


@pytest.mark.parametrize("which", range(2))
def test_one_scenarios_run_draws_both_halves_from_the_others_records(
    canonical_records: list[config.Plan], drawings: list[list[str]], which: int
) -> None:
    run.perform(canonical_records[which])
    run.draw_due()
    run.perform(canonical_records[1 - which])
    run.draw_due()
    assert drawings == [BOTH]  # the second time it was up to date
    run.perform(dataclasses.replace(canonical_records[which], steps=("figures",)))
    run.draw_due()
    assert drawings == [BOTH, BOTH]  # make figures draws in any case


@pytest.mark.parametrize("which", range(2))
def test_without_all_of_the_others_records_it_draws_its_own_half(
    canonical_records: list[config.Plan], drawings: list[list[str]], which: int, tmp_path: Path
) -> None:
    p, other = canonical_records[which], canonical_records[1 - which]
    shutil.rmtree(records.path(tmp_path / "runs", other, "network", 29))
    run.perform(p)
    run.draw_due()
    assert drawings == [[p.scenario]]


def test_a_custom_run_draws_its_own_half_at_once(
    canonical_records: list[config.Plan], drawings: list[list[str]], tmp_path: Path
) -> None:
    run.perform(dataclasses.replace(canonical_records[1], seeds=range(3)))
    assert drawings == [["overfitting_controlled"]] and run.due == {}
    assert {f.parent.name for f in tmp_path.rglob("*.png")} == {"custom"}


# -- lessons -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_opens_with_its_question_says_how_to_read_the_figure_and_draws_it(name: str) -> None:
    tree = ast.parse(run.lesson_file(name).read_text())
    text = ast.get_docstring(tree)
    assert text is not None
    question, blank, *reading = text.splitlines()
    assert question.endswith("?") and blank == "" and any(line.strip() for line in reading)
    for kind in config.KINDS:
        assert list(inspect.signature(getattr(run.lesson(name), kind)).parameters) == ["results"]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_trains_nothing(name: str) -> None:
    for node in ast.walk(ast.parse(run.lesson_file(name).read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            names.append(str(node.module))
        for forbidden in ("keras", "tensorflow", "experiment", "models", "stacked"):
            assert not any(forbidden in part.split(".") for part in names)


def test_every_lesson_has_its_scenario_and_its_claims_and_every_scenario_its_lesson() -> None:
    scenarios = {name: OmegaConf.load(run.ROOT / f"conf/scenario/{name}.yaml").get("lesson") for name in run.SCENARIOS}
    assert set(LESSONS) <= set(run.SCENARIOS)
    assert all(plan(name).lesson in LESSONS for name in scenarios)
    for lesson in LESSONS:
        assert plan(lesson).lesson == lesson
        assert OmegaConf.load(run.ROOT / f"conf/claims/{lesson}.yaml").lesson == lesson


def test_a_lesson_is_loaded_under_its_name() -> None:
    assert all(run.lesson(name).__name__ == name for name in LESSONS)
    assert all(importlib.util.find_spec(f"mirage.{name}") is None for name in LESSONS)


# -- the table in the terminal -------------------------------------------------------------------------------


def shown(loaded: Results) -> list[list[str]]:
    """The title, then the cells of every line."""
    p = loaded.plan
    table = terminal.table(p.title, summary.summarise(loaded.rows), list(p.arms), p.show, p.seeds)
    out = Console(file=io.StringIO(), width=200)
    out.print(table)
    cells = zip(*(column.cells for column in table.columns), strict=True)
    text = out.file.getvalue()
    assert all(str(cell) in text for column in table.columns for cell in column.cells)
    return [[str(table.title)], [str(c.header) for c in table.columns], *(list(map(str, line)) for line in cells)]


def test_one_seed_shows_its_values(tmp_path: Path) -> None:
    title, header, *lines = shown(made(tmp_path, plan("overfitting", "seed=3")))
    assert title == ["A network of thousands of weights fitted to 20 noisy points on a line (seed 3)"]
    assert header == ["arm", "split", "metric", "value"]
    assert [line[:3] for line in lines] == [
        ["network", "train", "mse"],
        ["network", "test", "mse"],
        ["network", "model", "epochs_run"],
        ["least_squares", "train", "mse"],
        ["least_squares", "test", "mse"],
        ["true_line", "train", "mse"],
        ["true_line", "test", "mse"],
    ]
    assert lines[2][3] == "9" and lines[6][3] == "0"


def test_several_seeds_show_mean_sd_and_interval(tmp_path: Path) -> None:
    loaded = made(tmp_path, some("overfitting"))
    title, header, *lines = shown(loaded)
    assert title[0].endswith("(seeds 0 to 2)")
    assert header == ["arm", "split", "metric", "mean", "sd", "95 % interval"]
    row = summary.summarise(loaded.rows).iloc[0]
    assert lines[0] == [
        "network", "train", "mse", f"{row['mean']:.4g}", f"{row['sd']:.4g}",
        f"{row['ci_low']:.4g} to {row['ci_high']:.4g}",
    ]  # fmt: skip


def arms_shown(loaded: Results) -> list[str]:
    return list(dict.fromkeys(line[0] for line in shown(loaded)[2:]))


def test_references_that_score_the_same_beside_every_arm_are_shown_once(tmp_path: Path) -> None:
    assert arms_shown(made(tmp_path, some("dropout"))) == ["baseline", "dropout", "least_squares", "true_line"]


def test_references_that_differ_are_shown_beside_each_arm(tmp_path: Path) -> None:
    assert arms_shown(made(tmp_path, some("data_size"))) == [
        "small", "large", "small:least_squares", "large:least_squares", "small:true_line", "large:true_line",
    ]  # fmt: skip


def test_diverged_replicates_are_told_and_never_a_nan(tmp_path: Path) -> None:
    some_gone = shown(made(tmp_path / "some", some("dropout"), lambda arm, seed: arm == "dropout" and seed == 1))
    assert some_gone[1][-1] == "note"
    notes = {(line[0], line[1]): line[-1] for line in some_gone[2:]}
    assert notes["dropout", "test"] == "1 of 3 diverged" and notes["baseline", "test"] == ""
    for loaded in (
        made(tmp_path / "all", some("dropout"), lambda arm, seed: arm == "dropout"),
        made(tmp_path / "one", some("dropout", seeds=1), lambda arm, seed: arm == "dropout"),
    ):
        lines = shown(loaded)
        mse = [line for line in lines[2:] if line[:3] == ["dropout", "test", "mse"]]
        assert mse[0][3] == "-" and mse[0][-1].endswith("diverged")
        assert not any("nan" in cell.lower() for line in lines[1:] for cell in line)


def test_progress_is_silent_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with terminal.progress({"dropout": 10}) as advance:
        advance("dropout", 4)
        advance("dropout", 6)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_of_a_split_only_what_is_to_be_shown_is_listed_and_of_a_reference_the_first(tmp_path: Path) -> None:
    p = some("imbalance")
    _, _, *lines = shown(made(tmp_path, p))
    of_arm = [line[2] for line in lines if line[:2] == ["logistic", "test"]]
    assert set(of_arm) == set(p.show) and {line[2] for line in lines if line[0] == "majority_class"} == {p.show[0]}


def test_undefined_values_are_told(tmp_path: Path) -> None:
    p = some("imbalance")
    loaded = made(tmp_path, p)
    recall = (loaded.rows["metric"] == "recall") & (loaded.rows["seed"] == 1)
    gaps = dataclasses.replace(loaded, rows=loaded.rows.assign(value=loaded.rows["value"].mask(recall)))
    notes = {tuple(line[:3]): line[-1] for line in shown(gaps)[2:]}
    assert notes["logistic", "test", "recall"] == "1 undefined" and notes["logistic", "test", "accuracy"] == ""


def test_verdicts_list_the_tested_claims_and_count_the_others(judged: dict[str, Results]) -> None:
    table = judged["dropout"].judged
    listed = terminal.verdicts(table)
    tested = table[table["verdict"] != "untestable"]
    assert [str(column.header) for column in listed.columns] == ["claim", "effect", "95 % interval", "verdict"]
    assert list(listed.columns[0].cells) == tested["text"].tolist()
    assert list(listed.columns[3].cells) == tested["verdict"].tolist()
    left = len(table) - len(tested)
    assert left and str(listed.caption).startswith(f"{left} more cannot be tested")
    assert terminal.verdicts(tested).caption is None


def test_figures_and_tables_tell_which_records_they_are_made_from(tmp_path: Path) -> None:
    from matplotlib.figure import Figure
    from PIL import Image

    drawn = Figure()
    source = "Drawn from the records dropout, baseline: 0123456789ab"
    for ending in ("png", "svg"):
        plots.save(drawn, tmp_path / f"one.{ending}", source)
    assert Image.open(tmp_path / "one.png").info["Description"] == source
    assert source in (tmp_path / "one.svg").read_text()
