"""Charts of lesson pages: their numbers are those of the tables, data are never markup, and what is wrong is one line.

What a chart shows is in its specification: data, and expressions that say what a slider or a checkbox does with them.
"""

import dataclasses
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("altair", reason="the packages of the site are not installed: make .venv/site")

from made import made

import mirage
from mirage.claims.results import Results
from mirage.metrics import curves, decisions
from mirage.metrics.metric import ScoredRows
from mirage.metrics.table import METRICS
from mirage.site import charts
from mirage.site.charts import look

SEEDS = range(7, 11)
LARGEST_PAGE = 1.5e6  # bytes of a page with its data
RARE = {"untreated": "none", "SMOTE": "smote"}
CURVES = {"arms": {"network": "stopped_20"}, "of": ["loss", "val_loss"], "y": "loss"}
FITS = {"arms": {"20 rows": "listing_20", "200 rows": "listing_200"}}
COLUMNS = {"columns": {"untreated": "none.test.cost", "SMOTE": "smote.test.cost"}, "y": "cost per row"}
OF = {  # for each kind a scenario that it suits, and options
    "seeds": ("smote_controlled", COLUMNS),
    "curves": ("data_size_controlled", CURVES),
    "fit": ("data_size_controlled", FITS),
    "threshold": ("smote_controlled", {"arms": RARE}),
    "confusion": ("smote_controlled", {"arms": RARE}),
    "reliability": ("smote_controlled", {"arms": RARE}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def rare(folder: Path) -> Results:
    """A rare class, from records of a few seeds that do not start at 0."""
    return made(folder, mirage.plan("smote_controlled", seeds=SEEDS))


@pytest.fixture(scope="module")
def lines(folder: Path) -> Results:
    """Regressions on one input, on ten, with and without validation."""
    return made(folder, mirage.plan("data_size_controlled", seeds=SEEDS))


@pytest.fixture(scope="module")
def results(rare: Results, lines: Results) -> dict[str, Results]:
    return {"smote_controlled": rare, "data_size_controlled": lines}


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """One arm trained for 1,000 epochs."""
    results = made(tmp_path_factory.mktemp("long"), mirage.plan("overfitting", seeds=SEEDS))
    for seed in SEEDS:
        place = results.records["network"]
        history = {"loss": np.geomspace(100, 1e-3, 1000) * (1 + seed)}
        place.write(seed, dataclasses.replace(place.read(seed), history=history))
    return results


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Results:
    plan = mirage.plan("data_size_controlled", seeds=SEEDS)
    return made(tmp_path_factory.mktemp("gone"), plan, lambda arm, seed: arm in FITS["arms"].values() and seed == 8)


def spec(kind: str, results: Results, **options: Any) -> dict[str, Any]:
    return charts.spec(kind, results, {"finding": "What it shows."} | options)


def data(kind: str, results: Results, **options: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = spec(kind, results, **options)["datasets"]
    return found


def in_table(results: Results, arm: str, split: str, metric: str) -> Any:
    table = results.table()
    return table[(table["arm"] == arm) & (table["split"] == split) & (table["metric"] == metric)].iloc[0]


def of_arm(rows: list[dict[str, Any]], a: int) -> list[dict[str, Any]]:
    return [row for row in rows if row["a"] == a]


def parameter(spec: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in spec["params"] if one["name"] == name]
    return dict(found)


class TestSeeds:
    def test_dots_are_the_numbers_of_every_seed(self, rare):
        dots = data("seeds", rare, **COLUMNS)["dots"]
        for c, arm in enumerate(("none", "smote")):
            own = {row["seed"]: row["value"] for row in dots if row["c"] == c}
            assert list(own) == list(SEEDS)
            assert list(own.values()) == pytest.approx(rare.values(arm, "test", "cost"), rel=1e-5)

    def test_means_and_intervals_are_those_of_the_table(self, rare):
        for row, arm in zip(data("seeds", rare, **COLUMNS)["means"], ("none", "smote"), strict=True):
            cell = in_table(rare, arm, "test", "cost")
            assert (row["mean"], row["low"], row["high"]) == pytest.approx(
                (cell["mean"], cell["ci_low"], cell["ci_high"]), rel=1e-5
            )
            assert row["n"] == cell["n"]

    def test_a_difference_is_taken_seed_by_seed_and_shown_beside_none(self, rare):
        side = "smote.test.cost - none.test.cost"
        found = data("seeds", rare, columns={"SMOTE less untreated": side}, y="cost")
        assert [row["value"] for row in found["dots"]] == pytest.approx(rare.side(side), rel=1e-5)
        assert found["across"] == [{"line": "no difference", "value": 0}]

    def test_a_reference_is_a_line_at_its_mean(self, rare):
        found = data("seeds", rare, **COLUMNS, reference={"best possible rule": "none:bayes.test.cost"})
        mean = in_table(rare, "none:bayes", "test", "cost")["mean"]
        assert found["across"] == [{"line": "best possible rule", "value": pytest.approx(mean, rel=1e-5)}]


class TestCurves:
    def test_they_are_thinned_to_100_points_of_the_history_and_say_so(self, long):
        found = spec("curves", long, arms={"network": "network"}, of=["loss"], y="loss")
        arrays = parameter(found, "arrays")["value"]
        for run, history in zip(found["datasets"]["runs"], long.histories("network", "loss"), strict=True):
            epochs = arrays[run["at"]]
            assert len(epochs) == 100
            assert (epochs[0], epochs[-1]) == (1, 1000)
            assert run["y"] == pytest.approx(history[np.array(epochs) - 1], rel=1e-2)
        drawn = charts.draw(
            "curves", long, {"finding": "It falls.", "arms": {"network": "network"}, "of": ["loss"], "y": "loss"}
        )
        assert "thinned to at most 100 points" in drawn

    def test_a_logarithmic_axis_leaves_out_zero(self, long):
        place = long.records["network"]
        place.write(7, dataclasses.replace(place.read(7), history={"loss": np.array([1, 0.5, 0.0])}))
        run = data("curves", long, arms={"network": "network"}, of=["loss"], y="loss", log=True)["runs"][0]
        assert run["y"] == [1, 0.5, None]

    @pytest.mark.parametrize(("log", "scale"), [(True, "log"), (False, None)])
    def test_the_axis_is_logarithmic_only_where_asked(self, long, log, scale):
        found = spec("curves", long, arms={"network": "network"}, of=["loss"], y="loss", log=log)
        for layer in found["layer"]:
            assert layer["encoding"]["y"]["scale"].get("type") == scale

    def test_powers_of_ten_that_go_far_are_written_alike(self):
        written = [look.along("loss", values, True).to_dict().get("labelExpr") for values in ([1e-8, 1], [0.01, 1])]
        assert written == ["replace(format(datum.value, '~e'), '+', '')", None]


class TestFit:
    def test_curves_are_predictions_in_the_order_of_inputs(self, lines):
        found = spec("fit", lines, **FITS)
        arrays = parameter(found, "arrays")["value"]
        for a, arm in enumerate(FITS["arms"].values()):
            x, _, scores = lines.predictions(arm, "test")
            for seed, run in enumerate(of_arm(found["datasets"]["fits"], a)):
                kept = np.argsort(x[seed][:, 0])[look.thinned(len(scores[seed]))]
                assert arrays[run["at"]] == pytest.approx(x[seed][kept, 0], rel=1e-2)
                assert run["y"] == pytest.approx(scores[seed][kept], rel=1e-3)

    def test_points_are_the_rows_that_the_seed_was_trained_on(self, lines):
        found = spec("fit", lines, **FITS)
        arrays = parameter(found, "arrays")["value"]
        for row in found["datasets"]["rows"]:
            arm = list(FITS["arms"].values())[row["arms"][0]]
            train = lines.splits(arm, row["seed"])[0]["train"]
            assert arrays[row["inputs"]] == pytest.approx(train.x[:, 0], rel=1e-2)
            assert arrays[row["targets"]] == pytest.approx(train.y, rel=1e-2)

    def test_rows_that_arms_share_are_drawn_once(self, lines):
        arms = {"2,000 epochs": "listing_200", "as many steps": "listing_200_steps"}
        assert [row["arms"] for row in data("fit", lines, arms=arms)["rows"]] == [[0, 1]] * len(SEEDS)

    def test_the_true_line_is_the_laws(self, lines):
        law = lines.plan.arms["listing_20"].data
        truth = data("fit", lines, **FITS)["truth"]
        at = np.array([[row["x"]] for row in truth])
        assert [row["y"] for row in truth] == pytest.approx(law.line(at), rel=1e-4)


class TestThreshold:
    @pytest.mark.parametrize("step", [0, 10, 29, 50, 58, 100])
    def test_at_every_threshold_each_seed_has_its_own_confusion_matrix(self, rare, step):
        runs = of_arm(data("threshold", rare, arms=RARE)["runs"], 0)
        for run, rows in zip(runs, decided(rare, "none", step / 100), strict=True):
            assert (run["tp_at"][step], run["fp_at"][step]) == (rows.tp, rows.fp)
            assert (run["ones"], run["zeros"]) == (rows.tp + rows.fn, rows.tn + rows.fp)

    @pytest.mark.parametrize("step", [0, 10, 50, 90])
    def test_curves_are_means_over_seeds_of_the_metrics(self, rare, step):
        mean = data("threshold", rare, arms=RARE)["means"][0]
        rows = decided(rare, "none", step / 100)
        assert mean["f1"][step] == pytest.approx(np.nanmean([METRICS["f1"].value(one) for one in rows]), abs=1e-5)
        cost = mean["alarms"][step] + 9 * mean["misses"][step]
        assert cost == pytest.approx(np.mean([METRICS["cost"].value(one) for one in rows]), rel=1e-4)

    @pytest.mark.parametrize("step", [0, 10, 50, 90])
    def test_recall_and_the_share_of_false_alarms_are_means_over_seeds(self, rare, step):
        mean = data("threshold", rare, arms=RARE)["means"][0]
        rows = decided(rare, "none", step / 100)
        assert mean["recall"][step] == pytest.approx(np.mean([METRICS["recall"].value(one) for one in rows]), abs=1e-5)
        shares = [one.fp / (one.fp + one.tn) for one in rows]
        assert mean["alarm_share"][step] == pytest.approx(np.mean(shares), abs=1e-5)

    @pytest.mark.parametrize(("arm", "step"), [("none", 50), ("threshold", 10)])
    def test_at_the_arms_own_threshold_they_are_the_tables(self, rare, arm, step):
        mean = data("threshold", rare, arms={"it": arm})["means"][0]
        assert mean["f1"][step] == pytest.approx(in_table(rare, arm, "test", "f1")["mean"], rel=1e-4)
        cost = mean["alarms"][step] + 9 * mean["misses"][step]
        assert cost == pytest.approx(in_table(rare, arm, "test", "cost")["mean"], rel=1e-4)

    def test_means_over_seeds_are_not_the_metrics_of_pooled_rows(self, rare, tmp_path):
        uneven = made(tmp_path, rare.plan)
        place = uneven.records["none"]
        outcome = place.read(7)
        right = {split: (0.1 + 0.8 * y).astype(np.float32) for split, y in outcome.labels.items()}
        place.write(7, dataclasses.replace(outcome, scores=right))
        found = data("threshold", uneven, arms=RARE)
        by_seed = [METRICS["f1"].value(one) for one in decided(uneven, "none", 0.5)]
        runs = of_arm(found["runs"], 0)
        tp, fp, ones = (sum(np.array(run[name]) for run in runs) for name in ("tp_at", "fp_at", "ones"))
        pooled = (2 * tp / (tp + fp + ones))[50]
        assert found["means"][0]["f1"][50] == pytest.approx(np.mean(by_seed), abs=1e-5)
        assert abs(np.mean(by_seed) - pooled) > 0.05

    def test_sliders_start_at_the_first_arms_decision(self, rare):
        found = spec("threshold", rare, arms={"moved": "threshold"})
        assert parameter(found, "threshold")["value"] == 0.1
        assert parameter(found, "miss_cost")["value"] == 9
        assert parameter(spec("threshold", rare, arms=RARE, miss_cost=3), "miss_cost")["value"] == 3

    def test_corrected_probabilities_are_held_against_it(self, folder):
        shifted = made(folder, mirage.plan("prior_shift_controlled", seeds=SEEDS))
        found = data("threshold", shifted, arms={"corrected": "corrected"}, split="test_shifted")["means"][0]
        assert found["f1"][50] == pytest.approx(in_table(shifted, "corrected", "test_shifted", "f1")["mean"], rel=1e-4)


def decided(results: Results, arm: str, threshold: float) -> list[ScoredRows]:
    """The test rows of every seed, as they are decided at a threshold."""
    both = zip(*results.labels_and_scores(arm, "test"), strict=True)
    return [ScoredRows(y, scores, decisions.above(scores, threshold), 9) for y, scores in both]


def test_confusion_matrices_are_those_of_every_seed(rare):
    runs = data("confusion", rare, arms=RARE)["runs"]
    for label, arm in RARE.items():
        counts = np.array([run["n"] for run in runs if run["arm"] == label])
        for cell, name in enumerate(("tn", "fp", "fn", "tp")):
            assert counts[:, cell].tolist() == rare.values(arm, "test", name).tolist()


def test_reliability_is_counted_by_seed_and_adds_up_to_that_of_all(rare):
    bins = of_arm(data("reliability", rare, arms=RARE)["bins"], 1)
    y, scores = rare.labels_and_scores("smote", "test")
    rows, sums, hits = (np.array([one[name] for one in bins]) for name in ("rows", "sums", "hits"))
    for chosen in (slice(0, 1), slice(None)):
        expected = curves.reliability(y[chosen].ravel(), scores[chosen].ravel())
        n = rows[chosen].sum(axis=0)
        kept = n > 0
        assert n[kept].tolist() == expected.rows.tolist()
        assert (sums[chosen].sum(axis=0) / np.maximum(n, 1))[kept] == pytest.approx(expected.mean, rel=1e-3)
        assert (hits[chosen].sum(axis=0) / np.maximum(n, 1))[kept] == pytest.approx(expected.share)


class TestEveryKind:
    @pytest.mark.parametrize("kind", OF)
    def test_the_slider_has_the_seeds_own_numbers(self, kind, results):
        scenario, options = OF[kind]
        seed = parameter(spec(kind, results[scenario], **options), "seed")
        assert (seed["value"], seed["bind"]["min"], seed["bind"]["max"], seed["bind"]["step"]) == (7, 7, 10, 1)

    @pytest.mark.parametrize("kind", OF)
    def test_it_is_one_figure_that_states_the_finding_without_a_blank_line(self, kind, results):
        scenario, options = OF[kind]
        drawn = charts.draw(kind, results[scenario], {"finding": "SMOTE costs\nless."} | options)
        assert re.match(r'<figure class="chart" role="group" aria-label="SMOTE costs less\.">\n', drawn)
        assert drawn.endswith("</figure>")
        assert "<figcaption>SMOTE costs less." in drawn
        assert all(line.strip() for line in drawn.split("\n"))
        place, shown = (
            re.findall(r'data-spec="(.*?)"', drawn),
            re.findall(r'<script type="application/json" id="(.*?)">', drawn),
        )
        assert place == shown != []

    @pytest.mark.parametrize("kind", OF)
    def test_it_is_the_same_each_time(self, kind, results):
        scenario, options = OF[kind]
        once, again = (charts.draw(kind, results[scenario], {"finding": "So."} | options) for _ in range(2))
        assert once == again

    @pytest.mark.parametrize("kind", OF)
    def test_it_is_as_wide_as_its_place_and_asks_for_nothing(self, kind, results):
        scenario, options = OF[kind]
        found = spec(kind, results[scenario], **options)
        assert found["width"] == "container"
        assert isinstance(found["height"], int)
        assert '"url"' not in json.dumps(found)
        assert '"format": {"type": "csv"' not in json.dumps(found)

    @pytest.mark.parametrize("kind", OF)
    def test_data_are_never_markup(self, kind, results):
        scenario, options = OF[kind]
        evil = "</script><b onclick=x>\"'&amp;\n\n| `_*"
        names = {"columns", "arms"} & set(options)
        hostile = {name: {evil + label: arm for label, arm in options[name].items()} for name in names}
        drawn = charts.draw(kind, results[scenario], options | hostile | {"finding": evil + " x"})
        assert len(re.findall("<", drawn)) == len(re.findall("</?(?:figure|div|script|figcaption|span)[ >]", drawn))
        assert drawn.count("<script") == drawn.count("</script>") == 1
        assert "\n\n" not in drawn
        text = re.search(r'<script type="application/json" id=".*?">(.*)</script>', drawn)[1]
        assert "<b onclick=x>" in json.dumps(json.loads(text), ensure_ascii=False).replace('\\"', '"')
        assert html.unescape(re.search('aria-label="(.*?)"', drawn)[1]) == " ".join((evil + " x").split())

    @pytest.mark.parametrize("kind", OF)
    def test_hundred_seeds_leave_room_on_a_page(self, kind, results):
        scenario, options = OF[kind]
        few = results[scenario]
        one = dataclasses.replace(
            few, plan=dataclasses.replace(few.plan, seeds=[7]), rows=few.rows[few.rows["seed"] == 7]
        )
        sizes = [len(charts.draw(kind, each, {"finding": "So."} | options)) for each in (one, few)]
        assert sizes[0] + 99 * (sizes[1] - sizes[0]) / 3 < LARGEST_PAGE / 3

    def test_one_seed_and_uneven_seeds_can_be_shown(self, folder):
        plan = mirage.plan("smote_controlled", seeds=[7])
        assert parameter(spec("threshold", made(folder, plan), arms=RARE), "seed")["bind"]["max"] == 7
        uneven = made(folder, dataclasses.replace(plan, seeds=[7, 8, 12]))
        assert parameter(spec("seeds", uneven, **COLUMNS), "seed")["bind"]["options"] == [7, 8, 12]


class TestDiverged:
    def test_such_replicates_are_left_out_and_counted(self, gone):
        drawn = charts.draw("fit", gone, FITS | {"finding": "So."})
        assert "left out (2 of 8)" in drawn
        assert "NaN" not in drawn
        assert [row["seed"] for row in of_arm(data("fit", gone, **FITS)["fits"], 0)] == [7, 9, 10]

    def test_means_are_the_tables_of_the_others(self, gone):
        found = data("seeds", gone, columns={"20 rows": "listing_20.test.mse"}, y="error")
        cell = in_table(gone, "listing_20", "test", "mse")
        assert (found["means"][0]["mean"], found["means"][0]["n"]) == (pytest.approx(cell["mean"], rel=1e-5), 3)
        assert len(found["dots"]) == 3


WRONG = [
    ("pie", {}, "chart: got pie, expected one of seeds, curves, fit, threshold, confusion, reliability"),
    ("seeds", {"finding": " "}, "chart seeds, finding: got ' ', expected a text"),
    ("seeds", {"y": None}, "chart seeds, y: got null, expected a text"),
    ("seeds", {"columns": {}}, "chart seeds, columns: got {}, expected labels, each with a name"),
    ("seeds", {"columns": {"a": "none.cost"}}, "expected arm.split.metric, or a difference of two"),
    ("seeds", {"columns": {"a": "nine.test.cost"}}, "chart seeds, columns, arm: got nine"),
    (
        "seeds",
        {"columns": {"a": "none.tset.cost"}},
        "split: got tset (did you mean test?), expected one of train, original, test",
    ),
    ("seeds", {"columns": {"a": "none.test.costs"}}, "metric: got costs (did you mean cost?), expected one of"),
    (
        "seeds",
        {"colour": "red"},
        "chart seeds, option: got colour (did you mean columns?), expected one of finding, colum",
    ),
    ("curves", {"of": "loss"}, "chart curves, of: got loss, expected a list of one or more names"),
    ("curves", {"of": ["loss", "loss"]}, "expected each name once"),
    (
        "curves",
        {"of": ["los"]},
        "history of arm stopped_20: got los (did you mean loss?), expected one of loss, val_loss",
    ),
    ("curves", {"log": "yes"}, "chart curves, log: got yes, expected true or false"),
    ("fit", {"arms": {"a": "rows_20"}}, "got rows_20, expected an arm with one model of one input, whose target is a"),
    ("fit", {"arms": {"a": "listing"}}, "chart fit, arms: got listing (did you mean"),
    ("fit", {"split": "validation"}, "split of arm listing_20: got validation, expected one of train, test"),
    ("threshold", {"miss_cost": 0}, "chart threshold, miss_cost: got 0, expected a number above 0"),
    ("threshold", {"arms": ["none"]}, "expected labels, each with a name"),
    ("confusion", {"arms": {"a": "smoth"}}, "arms: got smoth (did you mean smote?), expected one of none, smote"),
    ("reliability", {"split": 3}, "chart reliability, split: got 3, expected a text"),
]


@pytest.mark.parametrize(("kind", "changed", "line"), WRONG, ids=[f"{kind}-{list(c)}" for kind, c, _ in WRONG])
def test_what_is_wrong_is_one_line(kind, changed, line, results):
    scenario, options = OF.get(kind, OF["seeds"])
    with pytest.raises(ValueError) as error:
        charts.draw(kind, results[scenario], {"finding": "So."} | options | changed)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["threshold", "confusion", "reliability"])
def test_decisions_need_classes(kind, lines):
    with pytest.raises(ValueError, match="got rows_20, expected an arm whose target is a class"):
        spec(kind, lines, arms={"a": "rows_20"})


@pytest.mark.parametrize("kind", ["threshold", "confusion", "reliability"])
def test_captions_name_the_rows_in_words(kind, rare):
    drawn = charts.draw(kind, rare, {"finding": "So.", "arms": RARE})
    assert "Test rows" in drawn and "split test" not in drawn
    assert look.rows_of("test_shifted") == "Test rows with other class shares"
    assert look.rows_of("original") == "Rows of split original"


@pytest.mark.parametrize("page", ["#FFFFFF", "#14181E"])
@pytest.mark.parametrize("colour", [*look.COLOURS, look.GREY])
def test_colours_can_be_seen_on_the_white_and_the_dark_page(colour, page):
    lighter, darker = sorted((luminance(colour), luminance(page)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3  # WCAG 2.1, 1.4.11


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
