"""Figures: marks, panels, the strip of claims, pages; the same bytes for the same records; when one is drawn again."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib.image
import numpy as np
import pytest
from helpers import plan
from made import load, made
from matplotlib.colors import to_rgba

from mirage import api
from mirage.claims import claims
from mirage.config import project
from mirage.figures import marks, page, palette, panels, strip, style
from mirage.metrics import curves
from mirage.metrics.table import REFERENCES
from mirage.report import pages

LESSONS = project.lessons()
SCENARIOS = [name for lesson in LESSONS for name in api.stated(lesson).scenarios.values()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


def of(folder, scenario, *settings, seeds=2, **more):
    return made(folder, plan(scenario, f"replicates={seeds}", *settings), **more)


@pytest.fixture(scope="module")
def both(folder):
    """A lesson's two scenarios over three seeds."""
    return [of(folder, name, seeds=3) for name in ("dropout", "dropout_controlled")]


def axes(width=5):
    with style.look():
        return style.new_figure(width, 4).subplots()


def panel(draw, results):
    ax = axes()
    with style.look():
        draw(ax, results)
    return ax


def draw_panels(results):
    about = results.plan.about
    drawn = getattr(api.lesson_module(about.lesson), about.kind)(results)
    assert 1 <= len(drawn) <= 3
    for _, draw in drawn:
        panel(draw, results)


def composed(*halves):
    lesson = halves[0].plan.about.lesson
    return page.compose(api.lesson_module(lesson), api.question(lesson), halves)


def texts(figure):
    return [" ".join(text.get_text().split()) for ax in figure.axes for text in ax.texts]


def lines_of(ax):
    return {line.get_label(): np.asarray(line.get_ydata()) for line in ax.get_lines()}


def test_scores_that_are_all_equal_can_be_drawn_and_the_star_is_the_first_seeds():
    marks.scores(axes(), [("group", np.full(30, 1 / 3), palette.TREATED)], [{}], 0)
    ax = axes()
    marks.scores(ax, [("a", np.array([2.0, 5.0]), "C0"), ("b", np.array([np.nan, 7.0]), "C1")], [{}, {}], first_seed=8)
    [star] = [line for line in ax.get_lines() if line.get_marker() == "*"]
    assert (star.get_xdata().tolist(), star.get_ydata().tolist(), star.get_label()) == ([0], [2.0], "seed 8 (one run)")


def test_precision_recall_shows_curve_decision_best_rule_and_share(folder):
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


def test_differences_show_every_seeds_own_and_the_margin_sweeps_their_means_and_references_in_grey(both):
    words, gone = "dropout.train.mse - baseline.train.mse", "dropout.train.mse - gone.train.mse"
    groups = {"a": (words, "C0", "dropout-raises-training-error"), "b": (words, "C1", None), "gone": (gone, "C2", None)}
    ax = panel(panels.paired_differences(groups, "difference", "title"), both[0])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
    dots = [line.get_ydata() for line in ax.get_lines() if line.get_label() == "_seeds"]
    assert len(dots) == 2 and all(np.array_equal(d, both[0].side(words)) for d in dots)
    margin = both[0].margin("dropout-raises-training-error")
    assert margin and [(stripe.get_y(), stripe.get_height()) for stripe in ax.patches] == [(-margin, 2 * margin)]

    rates = {"high": 0.5, "baseline": 0.0, "gone": 0.9, "dropout": 0.2}
    line = panels.Line(panels.of_reference(rates, "true_line"), "test", "mse")
    lines = {"test": panels.Line(rates, "test", "mse", "C0"), "line": line}
    ax = panel(panels.sweep(lines, "rate", "error", "title", log=""), both[1])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.2", "0.5"]
    for label, arms in (("test", ("baseline", "dropout", "high")), ("true line", ("baseline:true_line",) * 3)):
        np.testing.assert_allclose(lines_of(ax)[label], [both[1].values(arm, "test", "mse").mean() for arm in arms])
    [grey] = [line for line in ax.get_lines() if line.get_label() == "true line"]
    assert grey.get_color() == palette.REFERENCE


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenarios_panels_can_be_drawn_whichever_seed_diverged_and_whichever_arm_is_absent(scenario, tmp_path):
    whole = of(tmp_path, scenario, diverged=lambda arm, seed: seed == 0)
    draw_panels(whole)
    draw_panels(load(tmp_path, plan(scenario, "replicates=1")))  # the only seed diverged
    for arm in {list(whole.plan.arms)[0], list(whole.plan.arms)[-1]} if len(whole.plan.arms) > 1 else ():
        draw_panels(load(tmp_path, plan(scenario, "replicates=2", f"arms.{arm}=null")))


@pytest.mark.filterwarnings("error")
def test_panels_can_be_drawn_of_another_law_and_without_references(folder):
    draw_panels(of(folder, "dropout", "data=fresh_line", "data.n_train=40", "data.n_test=30", "data.n_features=3"))
    draw_panels(of(folder, "smote_controlled", "references=[]"))
    draw_panels(of(folder, "input_sensitivity", "data=coin", "data.n_rows=40"))
    draw_panels(of(folder, "multi_seed", "model.members=1"))


@pytest.mark.parametrize(
    ("relation", "effect", "side"),
    [("less", -3, 1), ("less", 3, -1), ("greater", 3, 1), ("greater", -3, -1), ("same", 3, 1), ("same", -3, -1)],
)
def test_what_speaks_against_a_claim_is_drawn_on_the_left_of_sameness_as_it_is(relation, effect, side):
    row = {
        "effect": effect, "ci_low": effect - 0.1, "ci_high": effect + 0.1, "margin": 1.0, "verdict": "holds",
        "test": claims.Test("a.test.mse", relation, "b.test.mse", 1.0, "one unit matters"),
    }  # fmt: skip
    with style.look():
        wording, effects, verdicts = style.new_figure(9, 3).subplots(1, 3)
        strip.claims((wording, effects, verdicts), ["claim"], [("controlled", [row])])
    assert [text.get_text() for text in verdicts.texts] == ["◆ controlled", "✓ holds"]
    at = {str(line.get_label()): np.sort(side * np.asarray(line.get_xdata())) for line in effects.get_lines()}
    assert at["_effect"] == pytest.approx([2])  # four times twice: log2(1 + 3)
    np.testing.assert_allclose(at["_interval"], np.log2([3.9, 4.1]))
    [stripe] = effects.patches
    assert stripe.get_facecolor() == to_rgba(palette.CLAIMED if relation == "same" else palette.NEGLIGIBLE)
    assert "◆ test.mse: a " in wording.texts[1].get_text()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lessons_page_has_its_question_its_kinds_and_the_verdicts_on_its_claims(lesson, folder):
    halves = [of(folder, scenario) for scenario in api.stated(lesson).scenarios.values()]
    figure, module = composed(*halves), api.lesson_module(lesson)
    assert figure.get_suptitle() == api.question(lesson)
    for half, block in zip(halves, figure.subfigs[0].subfigs, strict=True):
        first, *title = block.get_suptitle().splitlines()
        assert first == page.heading(half) and " ".join(title) == half.plan.about.title
    shown, expected = texts(figure), []
    for claim in module.CLAIMS:
        rows = [row for half in halves for row in half.judged[half.judged["claim"] == claim].to_dict("records")]
        assert rows, f"{claim} is no claim of {lesson}"
        assert rows[0]["text"] + ("" if rows[0]["role"] == "claim" else f" (our {rows[0]['role']})") in shown
        expected += [claims.WORDS[row["verdict"]] for row in rows]
    words = [text.partition(" ")[2].replace("\n", " ") for text in shown if text[0] in palette.VERDICT_SIGNS.values()]
    assert sorted(words) == sorted(expected) and 1 <= len(module.CLAIMS) <= 6


def renamed(half, kind, **about):
    """Results as if they were of another kind of scenario."""
    other = half.plan.about.model_copy(update={"kind": kind, **about})
    return dataclasses.replace(half, plan=dataclasses.replace(half.plan, about=other))


@pytest.mark.filterwarnings("error")
def test_a_lesson_may_have_one_kind_or_three_and_belong_to_no_article(both):
    module = api.lesson_module("dropout")
    lesson = SimpleNamespace(**vars(module), real=module.controlled)
    third = renamed(both[1], "real")
    for halves in ([third], [*both, third]):
        figure = page.compose(lesson, "Why?", halves)
        assert len(figure.subfigs[0].subfigs) == len(halves) and figure.get_figwidth() >= page.NARROWEST
        shown = texts(figure)
        assert all(any(text.endswith(strip.HEADINGS[h.plan.about.kind]) for text in shown) for h in halves)
    assert page.heading(both[0]) == style.bold("As written") + " (article 1, example 2)"
    assert page.heading(renamed(both[0], "as_written", example=None)).endswith(" (article 1)")
    assert page.heading(renamed(both[0], "as_written", article=None, example=None)) == style.bold("As written")
    untested = [dataclasses.replace(half, judged=half.judged.head(0)) for half in both]
    assert not [text for text in texts(composed(*untested)) if text[0] in palette.VERDICT_SIGNS.values()]


@pytest.mark.filterwarnings("error")
def test_data_are_never_markup(both):
    title = r"Costs $5_000$ or \$x^2$, $\bf{not}$ bold"
    half = renamed(both[0], "as_written", title=title)
    block = composed(half).subfigs[0].subfigs[0]
    heading, *rest = [block._suptitle._preprocess_math(line) for line in block.get_suptitle().splitlines()]
    assert heading[1] and " ".join(line for line, math in rest if not math) == title
    ax = panel(panels.scores({"$a_b$": ("dropout", "test", "mse", "C0")}, "y"), both[0])
    [label] = ax.get_xticklabels()
    assert label.get_text() == "$a_b$" and not label.get_parse_math()
    ax.set_yscale("log")
    style.settle(ax.figure)
    powers = [label for label in ax.get_yticklabels() if "mathdefault" in label.get_text()]
    assert powers and all(label.get_parse_math() for label in powers)  # ours


def digests(figure):
    return [hashlib.sha256(style.rendered(figure, ending)).hexdigest() for ending in pages.ENDINGS]


def test_another_process_with_another_hash_seed_and_a_readers_own_settings_draws_the_same_bytes(both, folder, tmp_path):
    script = f"""if True:
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_figures import *
        print(*digests(composed(load(Path({str(folder)!r}), plan("dropout", "replicates=3")))))
        assert matplotlib.rcParams["axes.grid"] and matplotlib.rcParams["xtick.labelsize"] == 20
    """
    (tmp_path / "matplotlibrc").write_text("axes.grid: True\nxtick.labelsize: 20\n", encoding="utf-8")
    environment = os.environ | {"PYTHONHASHSEED": "5", "MATPLOTLIBRC": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    figure = composed(both[0])
    assert ran.stdout.split() == digests(figure)
    # The solver of layouts sums in the order of memory addresses: what differs then must be rounded away.
    positions = [ax.get_position().bounds for ax in figure.axes]
    assert np.abs(np.round(positions, style.PLACES) - positions).max() < 1e-12


def test_a_file_that_shows_the_same_pixels_is_left_as_it_is(tmp_path):
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
    style.save(axes(width=6).figure, place)
    assert matplotlib.image.imread(place).shape != pixels.shape


NOTHING = [(3, lambda ax, results: None)]
BLANK = SimpleNamespace(CLAIMS=(), as_written=lambda half: NOTHING, controlled=lambda half: NOTHING)


def test_a_page_just_drawn_is_up_to_date_until_anything_that_it_shows_has_changed(tmp_path, monkeypatch):
    folder, file, text = tmp_path, tmp_path / "overfitting.py", tmp_path / "overfitting.md"
    text.write_text(project.text_file("overfitting").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(project, "EXPERIMENTS", tmp_path)
    first, second = halves = [of(folder, name) for name in ("overfitting", "overfitting_controlled")]
    file.write_text('"""Panels."""\n\nx = 1\n', encoding="utf-8")
    written = pages.write_page(folder, lambda: BLANK, file, halves, {})
    assert written == pages.figure_files(folder, first.plan) and all(one.exists() for one in written)
    file.write_text('"""Its panels."""\n\nx = 1  # a comment\n', encoding="utf-8")
    placed = [(half.plan, half.records) for half in halves]
    assert pages.up_to_date(folder, [(one.plan, one.records) for one in (load(folder, p) for p, _ in placed)], file)
    fewer = dataclasses.replace(first.plan, seeds=range(1)), first.records
    other_title = first.plan.about.model_copy(update={"title": "another"})
    renamed = dataclasses.replace(first.plan, about=other_title), first.records
    for others in ([fewer, placed[1]], placed[:1], [renamed, placed[1]]):
        assert not pages.up_to_date(folder, others, file)
    for changed in (*written, second.records["network"].file(1)):
        before = changed.read_bytes()
        changed.write_bytes(before + b" ")
        assert not pages.up_to_date(folder, placed, file)
        changed.write_bytes(before)
    assert pages.up_to_date(folder, placed, file)
    for one, old, new in ((file, "x = 1", "x = 2"), (text, "\n# ", "\n# What else? ")):
        before = one.read_text(encoding="utf-8")
        one.write_text(before.replace(old, new), encoding="utf-8")
        assert not pages.up_to_date(folder, placed, file)
        one.write_text(before, encoding="utf-8")
    assert pages.up_to_date(folder, placed, file)


def canonical(half):
    """Results as if they were over the canonical seeds."""
    return dataclasses.replace(half, plan=half.plan.over_canonical_seeds())


def test_a_committed_page_is_never_overwritten_with_a_part_of_it(folder, tmp_path):
    scenarios = api.stated("overfitting").scenarios
    halves = [canonical(of(folder, scenario)) for scenario in scenarios.values()]
    file = project.lesson_file("overfitting")
    for i in (0, 1):
        with pytest.raises(pages.IncompletePage, match=f"no records of {list(scenarios.values())[1 - i]}, expected"):
            pages.write_page(tmp_path, lambda: BLANK, file, [halves[i]], scenarios)
    assert not list(tmp_path.rglob("*.png"))
    written = pages.write_page(tmp_path, lambda: BLANK, file, halves[::-1], scenarios)
    assert written[0] == tmp_path / "figures/overfitting.png"
    [custom, _] = pages.write_page(tmp_path, lambda: BLANK, file, [of(folder, "overfitting")], scenarios)
    assert custom.parent == tmp_path / "custom"
