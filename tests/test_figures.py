"""Figures: marks, panels, the strip of claims, pages; the same bytes for the same records; when one is drawn again."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import matplotlib.image
import numpy as np
import pytest
from helpers import plan
from made import Broken, load, made, none
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from sklearn.calibration import calibration_curve

from mirage import api
from mirage.claims import claims
from mirage.claims.results import Results
from mirage.config import project
from mirage.figures import marks, page, palette, panels, strip, style
from mirage.metrics import curves
from mirage.metrics.table import REFERENCES
from mirage.report import pages

LESSONS, SCENARIOS = (
    project.lessons(),
    [name for lesson in project.lessons() for name in api.stated(lesson).scenarios.values()],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of whatever is asked for below it."""
    return tmp_path_factory.mktemp("results")


def of(folder: Path, scenario: str, *settings: str, seeds: int = 2, diverged: Broken = none) -> Results:
    return made(folder, plan(scenario, f"replicates={seeds}", *settings), diverged)


@pytest.fixture(scope="module")
def both(folder: Path) -> list[Results]:
    """A lesson's two scenarios over three seeds."""
    return [of(folder, name, seeds=3) for name in ("dropout", "dropout_controlled")]


def axes(width: float = 5, height: float = 4) -> Axes:
    with style.look():
        return style.new_figure(width, height).subplots()


def panel(draw: panels.Panel, results: Results) -> Axes:
    """A panel drawn on axes of its own."""
    with style.look():
        ax = style.new_figure(5, 4).subplots()
        draw(ax, results)
    return ax


def draw_panels(results: Results) -> None:
    lesson = api.lesson_module(str(results.plan.about.lesson))
    drawn = getattr(lesson, results.plan.about.kind)(results)
    assert 1 <= len(drawn) <= 3
    for _, draw in drawn:
        panel(draw, results)


def composed(*halves: Results) -> Figure:
    return page.compose(api.lesson_module(str(halves[0].plan.about.lesson)), halves)


def texts(figure: Figure) -> list[str]:
    """All texts of a figure's axes, line breaks taken out."""
    return [" ".join(text.get_text().split()) for ax in figure.axes for text in ax.texts]


def lines_of(ax: Axes) -> dict[str, np.ndarray]:
    """The y values of every labelled line."""
    return {str(line.get_label()): np.asarray(line.get_ydata()) for line in ax.get_lines()}


# -- curves and marks ----------------------------------------------------------------------------------------


def test_precision_is_that_of_all_rows_up_to_the_threshold_at_which_the_recall_is_reached() -> None:
    rng = np.random.default_rng(3)
    y = (rng.random((2, 60)) < 0.3).astype(int)
    scores = np.round(rng.random((2, 60)), 1)  # many ties
    for truth, score, curve in zip(y, scores, curves.precision_recall(y, scores), strict=True):
        for recall, precision in zip(curves.RECALLS, curve, strict=True):
            reached = [t for t in np.unique(score) if truth[score >= t].sum() / truth.sum() >= recall - 1e-9]
            assert precision == pytest.approx(truth[score >= max(reached)].mean())


def test_reliability_is_scikit_learns() -> None:
    rng = np.random.default_rng(4)
    y, probability = (rng.random(200) < 0.3).astype(int), rng.random(200) ** 3
    bins = curves.reliability(y, probability)
    share, mean = calibration_curve(y, probability, n_bins=10)
    np.testing.assert_allclose((bins.mean, bins.share), (mean, share))
    assert bins.rows.sum() == 200


def test_scores_that_are_all_equal_can_be_drawn_and_the_star_is_the_first_seeds() -> None:
    for n in (2, 30):
        marks.scores(axes(), [("group", np.full(n, 1 / 3), palette.TREATED)], [{}], 0)
    ax = axes()
    marks.scores(ax, [("a", np.array([2.0, 5.0]), "C0"), ("b", np.array([np.nan, 7.0]), "C1")], [{}, {}], first_seed=8)
    stars = [line for line in ax.get_lines() if line.get_marker() == "*"]
    found = [(s.get_xdata().tolist(), s.get_ydata().tolist(), s.get_label()) for s in stars]
    assert found == [([0], [2.0], "seed 8 (one run)")]


def test_a_legend_shows_in_no_arms_colour_what_is_the_same_for_all() -> None:
    ax = axes()
    marks.scores(ax, [("group", np.arange(5.0), palette.TREATED)], [{}], 0)
    marks.legend_below(ax.figure, 2)
    [legend] = ax.figure.legends
    drawn = dict(zip([text.get_text() for text in legend.get_texts()], legend.legend_handles, strict=True))
    assert drawn[marks.MEAN].get_color() == palette.INK


# -- panels --------------------------------------------------------------------------------------------------


def test_precision_recall_shows_curve_decision_best_rule_and_share(folder: Path) -> None:
    loaded = of(folder, "smote_controlled")
    arms = {"none": ("none", "test", "C0"), "gone": ("gone", "test", "C1"), "SMOTE": ("smote", "test", "C2")}
    lines = lines_of(ax := panel(panels.precision_recall(arms, "title"), loaded))
    y, predicted = loaded.labels_and_scores("none", "test")
    np.testing.assert_array_equal(lines["none"], np.median(curves.precision_recall(y, predicted), axis=0))
    assert "SMOTE" in lines and "gone" not in lines
    assert lines["always the larger class"][0] == pytest.approx(y.mean())
    law, splits = loaded.plan.arms["none"].data, [loaded.splits("none", seed)[0] for seed in loaded.plan.seeds]
    ideal = np.array([REFERENCES["bayes"].predictions(law, of_seed)["test"] for of_seed in splits])
    np.testing.assert_array_equal(lines["best possible rule"], np.median(curves.precision_recall(y, ideal), axis=0))
    decided = [np.nanmean(loaded.values("none", "test", name)) for name in ("recall", "precision")]
    assert decided in [[line.get_xdata()[0], line.get_ydata()[0]] for line in ax.get_lines()]


def test_paired_differences_show_every_seeds_own_and_the_margin_of_the_claim(both: list[Results]) -> None:
    words = "dropout.train.mse - baseline.train.mse"
    groups = {
        "with": (words, "C0", "dropout-raises-training-error"),
        "without": (words, "C1", None),
        "gone": ("dropout.train.mse - gone.train.mse", "C2", None),
    }
    ax = panel(panels.paired_differences(groups, "difference", "title"), both[0])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["with", "without"]
    dots = [line.get_ydata() for line in ax.get_lines() if line.get_label() == "_seeds"]
    assert len(dots) == 2 and all(np.array_equal(d, both[0].side(words)) for d in dots)
    margin = both[0].margin("dropout-raises-training-error")
    stripes = [(s.get_y(), s.get_height()) for s in ax.patches if isinstance(s, Rectangle)]
    assert margin and stripes == [(-margin, 2 * margin)]


def test_a_sweep_shows_means_against_what_was_varied_and_references_in_grey(both: list[Results]) -> None:
    rates = {"high": 0.5, "baseline": 0.0, "gone": 0.9, "dropout": 0.2}
    lines = {
        "test": panels.Line(rates, "test", "mse", "C0"),
        "line": panels.Line(panels.of_reference(rates, "true_line"), "test", "mse"),
    }
    ax = panel(panels.sweep(lines, "rate", "error", "title", log=""), both[1])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.2", "0.5"]
    for label, arms in (("test", ("baseline", "dropout", "high")), ("true line", ("baseline:true_line",) * 3)):
        np.testing.assert_allclose(lines_of(ax)[label], [both[1].values(arm, "test", "mse").mean() for arm in arms])
    [grey] = [line for line in ax.get_lines() if line.get_label() == "true line"]
    assert grey.get_color() == palette.REFERENCE


def test_the_curve_of_the_first_seed_is_its_own_and_no_other_goes_by_its_name(tmp_path: Path) -> None:
    curve = panels.curves({"network": ("network", "C0")}, "title")
    loaded = of(tmp_path, "overfitting", "seed=4", seeds=3)
    drawn = lines_of(panel(curve, loaded))["seed 4 (one run)"]
    np.testing.assert_array_equal(drawn, loaded.outcome("network", 4).scores["test"])
    without = panel(curve, of(tmp_path, "overfitting", seeds=3, diverged=lambda arm, seed: seed == 0))
    assert without.get_title(loc="left") == "title (1 diverged)"
    assert not [label for label in lines_of(without) if "seed 0" in label]


CASES: dict[str, tuple[int, Broken]] = {
    "the first of two seeds diverged": (2, lambda arm, seed: seed == 0),
    "the only seed diverged": (1, lambda arm, seed: True),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenarios_panels_can_be_drawn(scenario: str, case: str, tmp_path: Path) -> None:
    seeds, diverged = CASES[case]
    draw_panels(of(tmp_path, scenario, seeds=seeds, diverged=diverged))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if len(plan(name).arms) > 1])
def test_every_scenarios_panels_can_be_drawn_without_an_arm(scenario: str, folder: Path) -> None:
    whole = of(folder, scenario, seeds=1)
    for arm in (list(whole.plan.arms)[0], list(whole.plan.arms)[-1]):
        draw_panels(load(folder, plan(scenario, f"arms.{arm}=null")))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("scenario", "settings"),
    [
        ("dropout", ["data=fresh_line", "data.n_train=40", "data.n_test=30", "data.n_features=3"]),
        ("dropout_controlled", ["references=[]"]),
        ("smote_controlled", ["references=[]"]),
        ("imbalance", ["references=[]"]),
        ("early_stopping", ["data=breast_cancer"]),
        ("smote", ["data=breast_cancer"]),
        ("input_sensitivity", ["data=coin", "data.n_rows=40"]),
        ("multi_seed", ["model.members=1"]),
    ],
)
def test_panels_can_be_drawn_of_another_law_and_without_references(
    scenario: str, settings: list[str], folder: Path
) -> None:
    draw_panels(of(folder, scenario, *settings))


# -- the strip of claims -------------------------------------------------------------------------------------


def row_of(relation: str, effect: float, verdict: str) -> dict[str, object]:
    return {
        "effect": effect, "ci_low": effect - 0.1, "ci_high": effect + 0.1, "margin": 1.0, "verdict": verdict,
        "deciding_low": effect - 0.3, "deciding_high": effect + 0.2,
        "test": claims.Test("a.test.mse", relation, "b.test.mse", 1.0, "one unit matters"),
    }  # fmt: skip


def strip_of(*columns: tuple[str, list[dict[str, object] | None]]) -> list[Axes]:
    with style.look():
        drawn = style.new_figure(9, 3).subplots(1, 3)
        strip.claims(drawn, [f"claim {i}" for i, _ in enumerate(columns[0][1])], columns)
    return list(drawn)


@pytest.mark.parametrize(
    ("relation", "effect", "side"),
    [("less", -3, 1), ("less", 3, -1), ("greater", 3, 1), ("greater", -3, -1), ("same", 3, -1), ("same", -3, -1)],
)
def test_what_speaks_against_a_claim_is_drawn_on_the_left(relation: str, effect: float, side: int) -> None:
    wording, effects, _ = strip_of(("controlled", [row_of(relation, effect, "supported")]))
    assert lines_of(effects)["_effect"].size == 1
    at = {str(line.get_label()): np.sort(side * np.asarray(line.get_xdata())) for line in effects.get_lines()}
    assert at["_effect"] == pytest.approx([2])  # four times twice: log2(1 + 3)
    np.testing.assert_allclose(at["_interval"], np.log2([3.9, 4.1]))
    reach = (3.7, 4.2) if effect > 0 else (3.8, 4.3)
    np.testing.assert_allclose(at["_deciding"], np.log2(reach))
    [stripe] = effects.patches
    assert stripe.get_facecolor() == to_rgba(palette.CLAIMED if relation == "same" else palette.NEGLIGIBLE)
    assert "◆ test.mse: a " in wording.texts[1].get_text()


def test_each_kind_has_its_mark_and_its_column_of_verdicts() -> None:
    row = row_of("less", -3, "contradicted")
    numbers = ("effect", "ci_low", "ci_high", "deciding_low", "deciding_high", "margin")
    untestable = row | {"verdict": "untestable", "test": None} | dict.fromkeys(numbers, np.nan)
    _, effects, verdicts = strip_of(
        ("as_written", [row, untestable]), ("controlled", [row, None]), ("real", [row, row])
    )
    color = palette.VERDICT_COLOURS["contradicted"]
    drawn = [(m.get_marker(), m.get_markerfacecolor()) for m in effects.get_lines() if m.get_label() == "_effect"]
    assert drawn == [("D", "white"), ("D", color), ("o", color), ("o", color)]
    assert [text.get_text() for text in verdicts.texts] == [
        "◇ as written", "✗ contradicted", "– untestable", "◆ controlled", "✗ contradicted",
        "● on real data", "✗ contradicted", "✗ contradicted",
    ]  # fmt: skip
    assert len({round(text.get_position()[0], 3) for text in verdicts.texts}) == 3


# -- pages ---------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lessons_page_has_its_question_its_kinds_and_the_verdicts_on_its_claims(
    lesson: str, folder: Path
) -> None:
    halves = [of(folder, scenario) for scenario in api.stated(lesson).scenarios.values()]
    figure, module = composed(*halves), api.lesson_module(lesson)
    assert figure.get_suptitle() == (module.__doc__ or "").splitlines()[0]
    for half, block in zip(halves, figure.subfigs[0].subfigs, strict=True):
        about = half.plan.about
        where = f" (article {about.article}, example {about.example})" if about.kind == "as_written" else ""
        first, *title = block.get_suptitle().splitlines()
        assert first == style.bold(page.HEADINGS[about.kind]) + where and " ".join(title) == about.title
    shown, expected = texts(figure), []
    for claim in module.CLAIMS:
        rows = [row for half in halves for row in half.judged[half.judged["claim"] == claim].to_dict("records")]
        assert rows, f"{claim} is no claim of {lesson}"
        if any(row["verdict"] != "untestable" for row in rows):
            assert rows[0]["text"] + (" (ours)" if rows[0]["basis"] == "ours" else "") in shown
            expected += [row["verdict"] for row in rows]
    words = [text.partition(" ")[2] for text in shown if text[0] in palette.VERDICT_SIGNS.values()]
    assert sorted(words) == sorted(expected) and 1 <= len(module.CLAIMS) <= 6


def renamed(half: Results, kind: str, **about: object) -> Results:
    """Results as if they were of another kind of scenario."""
    other = half.plan.about.model_copy(update={"kind": kind, **about})
    return dataclasses.replace(half, plan=dataclasses.replace(half.plan, about=other))


@pytest.mark.filterwarnings("error")
def test_a_lesson_may_have_one_kind_or_three_and_belong_to_no_article(both: list[Results]) -> None:
    module = api.lesson_module("dropout")
    lesson = SimpleNamespace(__doc__=module.__doc__, CLAIMS=module.CLAIMS, as_written=module.as_written,
                             controlled=module.controlled, real=module.controlled)  # fmt: skip
    third = renamed(both[1], "real")
    for halves in ([both[0]], [both[1]], [third], [both[0], third], [*both, third]):
        figure = page.compose(lesson, halves)
        assert len(figure.subfigs[0].subfigs) == len(halves) and figure.get_figwidth() >= page.NARROWEST
        shown = texts(figure)
        assert all(any(text.endswith(strip.HEADINGS[h.plan.about.kind]) for text in shown) for h in halves)
    assert page.heading(renamed(both[0], "as_written", example=None)).endswith(" (article 1)")
    assert page.heading(renamed(both[0], "as_written", article=None, example=None)) == style.bold("As written")


def test_a_page_of_one_seed_and_of_untestable_claims_has_no_verdicts(both: list[Results], folder: Path) -> None:
    untested = [dataclasses.replace(half, judged=half.judged.assign(verdict="untestable")) for half in both]
    for halves in ([of(folder, "dropout", seeds=1)], untested):
        assert not [text for text in texts(composed(*halves)) if text[0] in palette.VERDICT_SIGNS.values()]


@pytest.mark.filterwarnings("error")
def test_data_are_never_markup(both: list[Results]) -> None:
    title = r"Costs $5_000$ or \$x^2$, $\bf{not}$ bold"
    half = renamed(both[0], "as_written", title=title)
    block = composed(half).subfigs[0].subfigs[0]
    heading, *rest = [block._suptitle._preprocess_math(line) for line in block.get_suptitle().splitlines()]
    assert heading[1] and " ".join(line for line, math in rest if not math) == title
    ax = panel(panels.scores({"$a_b$": ("dropout", "test", "mse", "C0")}, "y"), both[0])
    [label] = ax.get_xticklabels()
    assert label.get_text() == "$a_b$" and not label.get_parse_math()


def test_powers_of_ten_on_logarithmic_axes_are_written_as_such(folder: Path) -> None:
    figure = composed(of(folder, "overfitting_controlled"))
    labels = [label for ax in figure.axes for label in ax.get_yticklabels() if "mathdefault" in label.get_text()]
    assert labels and all(label.get_parse_math() for label in labels)


# -- bytes ---------------------------------------------------------------------------------------------------


def test_another_process_with_another_hash_seed_draws_the_same_bytes(both: list[Results], folder: Path) -> None:
    script = f"""if True:
        import hashlib, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from made import load
        from helpers import plan
        from test_figures import composed, style
        figure = composed(load(Path({str(folder)!r}), plan("dropout", "replicates=3")))
        print(*(hashlib.sha256(style.rendered(figure, ending)).hexdigest() for ending in style.ENDINGS))
    """
    words = [sys.executable, "-c", script]
    environment = os.environ | {"PYTHONHASHSEED": "5"}
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=300)
    figure = composed(both[0])
    assert ran.stdout.split() == [
        hashlib.sha256(style.rendered(figure, ending)).hexdigest() for ending in style.ENDINGS
    ]


def test_positions_are_rounded_and_a_readers_own_settings_change_nothing_and_are_left_alone(
    both: list[Results],
) -> None:
    """The last digits of positions differ between processes: the solver sums in the order of memory addresses."""
    figure = composed(both[0])
    blocks = figure.subfigs[0].subfigs
    positions = [ax.get_position().bounds for block in blocks for ax in block.axes]
    positions += [part.bbox_relative.bounds for part in (*figure.subfigs, *blocks)]
    positions += [(*text.get_position(), 0, 0) for part in (figure, *blocks) for text in part.texts]
    assert len(positions) > 6 and np.abs(np.round(positions, style.PLACES) - positions).max() < 1e-12
    with matplotlib.rc_context({"axes.grid": True, "xtick.labelsize": 20}):
        assert style.rendered(composed(both[0]), "png") == style.rendered(figure, "png")
        assert matplotlib.rcParams["xtick.labelsize"] == 20


def test_a_file_that_shows_the_same_pixels_is_left_as_it_is(tmp_path: Path) -> None:
    figure, place = axes().figure, tmp_path / "figures/a.png"
    style.save(figure, place)
    assert b"Description" not in place.read_bytes() and b"Software" not in place.read_bytes()
    pixels = matplotlib.image.imread(place)
    matplotlib.image.imsave(place, pixels, metadata={"Description": "made by another"})
    before = place.read_bytes()
    style.save(figure, place)
    assert place.read_bytes() == before
    for broken in (before[: len(before) // 2], b"no picture", b""):
        place.write_bytes(broken)
        style.save(figure, place)
        np.testing.assert_array_equal(matplotlib.image.imread(place), pixels)
    style.save(axes(6, 4).figure, place)
    assert matplotlib.image.imread(place).shape != pixels.shape


# -- when a figure is drawn again ----------------------------------------------------------------------------


@pytest.fixture
def drawn(both: list[Results], tmp_path: Path) -> tuple[Path, list[Results], Path]:
    """A page just drawn by a lesson that a test may change: the results folder, what it shows, and the lesson."""
    halves = [of(tmp_path, name, seeds=2) for name in ("overfitting", "overfitting_controlled")]
    file = tmp_path / "lesson.py"
    file.write_text('"""Why?\n\nBecause of 3.\n"""\n\nx = 1\n', encoding="utf-8")
    written = pages.write_page(tmp_path, BLANK, file, halves, {})
    assert written == pages.figure_files(tmp_path, halves[0].plan) and all(one.exists() for one in written)
    return tmp_path, halves, file


BLANK = SimpleNamespace(__doc__="Why?", CLAIMS=(), as_written=lambda half: [(3, lambda ax, results: None)],
                        controlled=lambda half: [(3, lambda ax, results: None)])  # fmt: skip


def test_a_page_just_drawn_is_up_to_date_also_when_read_again(drawn: tuple[Path, list[Results], Path]) -> None:
    folder, halves, file = drawn
    assert pages.up_to_date(folder, [load(folder, half.plan) for half in halves], file)
    os.utime(file, ns=(1000, 1000))
    file.write_text('"""Why?\n\nBecause of 4.\n"""\n\nx = 1  # a comment\n', encoding="utf-8")
    assert pages.up_to_date(folder, halves, file)


def test_a_page_is_not_up_to_date_once_anything_it_shows_has_changed(drawn: tuple[Path, list[Results], Path]) -> None:
    folder, halves, file = drawn
    first, second = halves
    fewer = load(folder, dataclasses.replace(first.plan, seeds=range(1)))
    for others in ([fewer, second], [first], [first, dataclasses.replace(second, rows=second.rows.assign(value=1.0))],
                   [dataclasses.replace(first, judged=first.judged.assign(text="another")), second]):  # fmt: skip
        assert not pages.up_to_date(folder, others, file)
    code = pages.drawing_code()
    assert {"page.py", "statistics.py", "references.py", "normals.py", "mirage.mplstyle"} <= {one.name for one in code}
    assert pages.up_to_date(folder, halves, file, code) and not pages.up_to_date(folder, halves, file, code[1:])
    for text in ('"""How?"""\n\nx = 1\n', '"""Why?"""\n\nx = 2\n'):
        file.write_text(text, encoding="utf-8")
        assert not pages.up_to_date(folder, halves, file)


def test_a_page_of_other_records_or_without_one_of_its_files_is_not_up_to_date(
    drawn: tuple[Path, list[Results], Path],
) -> None:
    folder, halves, file = drawn
    for changed in (*pages.figure_files(folder, halves[0].plan), halves[1].records["network"].file(1)):
        before = changed.read_bytes()
        changed.write_bytes(before + b" ")
        assert not pages.up_to_date(folder, halves, file)
        changed.write_bytes(before)
        assert pages.up_to_date(folder, halves, file)


def test_a_committed_page_is_never_overwritten_with_a_part_of_it(folder: Path, tmp_path: Path) -> None:
    scenarios = api.stated("overfitting").scenarios
    halves = [of(folder, scenario, seeds=30) for scenario in scenarios.values()]
    file = project.lesson_file("overfitting")
    for i in (0, 1):
        with pytest.raises(pages.IncompletePage, match=f"no records of {list(scenarios.values())[1 - i]}, expected"):
            pages.write_page(tmp_path, BLANK, file, [halves[i]], scenarios)
    assert not list(tmp_path.rglob("*.png"))
    written = pages.write_page(tmp_path, BLANK, file, halves[::-1], scenarios)
    assert written[0] == tmp_path / "figures/overfitting.png"
    [custom, _] = pages.write_page(tmp_path, BLANK, file, [of(folder, "overfitting")], scenarios)
    assert custom.parent == tmp_path / "custom"
