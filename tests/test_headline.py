"""Pictures for the wall: a lesson's headline picture under its sentence, the picture of all examples; when drawn."""

import hashlib
import io
from types import SimpleNamespace

import matplotlib.image
import numpy as np
import pytest
from helpers import plan
from made import made
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from mirage import api
from mirage.claims import claims
from mirage.cli import launch
from mirage.cli.everything import __main__ as everything
from mirage.cli.everything import planning
from mirage.config import project
from mirage.figures import headline, overview, palette, style
from mirage.report import headline_pages, ledger
from mirage.report import overview as overview_page
from mirage.settings import ConfigError

LESSONS = project.lessons()
SAID = "A network of 3 seeds errs by 47 squared units on new rows, a fitted straight line by $35$, as made-up rows go."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


class Made(dict):
    """The results of a lesson's scenarios by kind, of outcomes around the truth; made when they are asked for."""

    def __init__(self, folder, lesson, seeds=3, **more):
        self.make = lambda kind: made(folder, plan(api.stated(lesson).scenarios[kind], f"replicates={seeds}"), **more)

    def __missing__(self, kind):
        self[kind] = self.make(kind)
        return self[kind]


def drawn(lesson, results, said=SAID):
    return headline.compose(api.lesson_module(lesson), said, results)


def texts(figure):
    """Everything that is written in a figure."""
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def pixels(figure):
    """The figure as it is saved, [row, column, colour]."""
    return matplotlib.image.imread(io.BytesIO(style.rendered(figure, "png")), format="png")[..., :3]


def nothing_is_cut_off(figure):
    """Whether the outermost pixels are all white."""
    shown = pixels(figure)
    return all((edge == 1).all() for edge in (shown[:2], shown[-2:], shown[:, :2], shown[:, -2:]))


def box(artist):
    """Where an artist is drawn with all that belongs to it, in shares of the figure."""
    figure = artist.get_figure()
    renderer = FigureCanvasAgg(figure).get_renderer()
    return artist.get_tightbbox(renderer).transformed(figure.transFigure.inverted())


def seeds_of(ax):
    return [line.get_ydata() for line in ax.get_lines() if line.get_label() == "_seeds"]


# -- the headline picture of a lesson ----------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_a_picture_under_its_sentence_that_can_be_read_from_the_last_row(lesson, folder):
    results = Made(folder, lesson)
    figure = drawn(lesson, results)
    title, footer = figure._suptitle, figure._supxlabel
    assert " ".join(title.get_text().split()) == SAID and title.get_text().count("\n") < headline.LINES
    assert 1 <= len(figure.axes) <= 2
    assert footer.get_text().startswith("3 seeds; scenario ")
    assert ("; article " in footer.get_text()) == ("as_written" in api.stated(lesson).scenarios)
    assert footer.get_fontsize() >= 14
    assert min(text.get_fontsize() for text in texts(figure) if text is not footer) >= 20
    assert all(ax.get_ylabel() and seeds_of(ax) for ax in figure.axes)
    assert {len(values) for ax in figure.axes for values in seeds_of(ax)} == {3}
    assert nothing_is_cut_off(figure)
    assert all(box(footer).y1 < box(ax).y0 and box(ax).y1 < box(title).y0 for ax in figure.axes)


def test_it_has_the_shape_of_a_slide_and_is_the_same_bytes_when_drawn_again(folder):
    first, second = (style.rendered(drawn("dropout", Made(folder, "dropout")), "png") for _ in range(2))
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()
    assert pixels(drawn("dropout", Made(folder, "dropout"))).shape[:2] == (1080, 1920)


def test_it_shows_the_mean_of_every_seed_and_says_how_many_are_left_out(folder, tmp_path):
    results = Made(folder, "dropout")["controlled"]
    [ax] = drawn("dropout", {"controlled": results}).axes
    arms = ("baseline", "dropout", "baseline_best")
    values = [results.values(arm, "test", "excess_mse") for arm in arms]
    for seen, expected in zip(seeds_of(ax), values, strict=True):
        np.testing.assert_array_equal(seen, expected)
    written = {text.get_text() for text in ax.texts}
    assert {f"{one.mean():.1f}" for one in values} <= written and "fitted straight line" in written
    assert not any("of 3 seeds" in label.get_text() for label in ax.get_xticklabels())
    lost = Made(tmp_path, "dropout", diverged=lambda arm, seed: (arm, seed) == ("dropout", 1))
    [ax] = drawn("dropout", lost).axes
    assert ["2 of 3 seeds" in label.get_text() for label in ax.get_xticklabels()] == [False, True, False]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lesson", ["data_size", "l2", "smote_balance"])
def test_one_seed_can_be_drawn_and_none(lesson, tmp_path):
    figure = drawn(lesson, Made(tmp_path, lesson, seeds=1))
    assert figure._supxlabel.get_text().startswith("1 seed; ")
    drawn(lesson, Made(tmp_path / "lost", lesson, seeds=1, diverged=lambda arm, seed: True))


def test_a_long_sentence_is_written_smaller_and_a_longer_one_is_refused_in_one_line(folder):
    results = Made(folder, "dropout")
    sizes = [drawn("dropout", results, " ".join(["words"] * n))._suptitle.get_fontsize() for n in (5, 26, 34)]
    assert sizes[0] == headline.SIZES[0] and sizes == sorted(sizes, reverse=True) and sizes[-1] < sizes[0]
    with pytest.raises(ConfigError, match=r"^headline: got a sentence of 359 letters, expected one of 3 lines .*$"):
        drawn("dropout", results, " ".join(["words"] * 60))


def test_a_lesson_that_has_no_such_picture_is_told_what_it_needs(folder):
    lesson = SimpleNamespace(__name__="lesson_new")
    with pytest.raises(ConfigError, match="^lesson_new: got no function headline, expected one "):
        headline.compose(lesson, SAID, {})


def test_it_is_up_to_date_until_records_code_picture_or_sentence_have_changed(tmp_path):
    halves = [Made(tmp_path, "overfitting", seeds=2)[kind] for kind in ("as_written", "controlled")]
    placed = [(half.plan, half.records) for half in halves]
    file = tmp_path / "lesson.py"
    file.write_text(project.lesson_file("overfitting").read_text(encoding="utf-8"), encoding="utf-8")
    module = api.lesson_module("overfitting")
    place = headline_pages.write(tmp_path, "overfitting", lambda: module, file, halves, SAID)
    assert place == tmp_path / "figures/overfitting_headline.png" and place.exists()

    def fits(said=None, of=placed):
        return headline_pages.up_to_date(tmp_path, "overfitting", of, file, said)

    assert fits() and fits(SAID)
    assert not fits("Another.") and not fits(of=[placed[0]])
    for changed in (place, halves[1].records["network"].file(1), file):
        before = changed.read_bytes()
        changed.write_bytes(before + b"\nx = 1\n")
        assert not fits() and not fits(SAID)
        changed.write_bytes(before)
    assert fits(SAID)
    headline_pages.write(tmp_path, "overfitting", lambda: module, file, halves, "Another.")
    assert fits("Another.") and not fits(SAID)


def test_make_all_draws_it_after_the_documents_whenever_its_sentence_may_have_changed():
    found = planning.chosen(["scenario=dropout,dropout_controlled"])
    plans = [(kind, name) for kind, name, _ in planning._products(found, ["train", "tables", "figures"])]
    assert plans[-2:] == [("figure", "dropout"), (planning.HEADLINE, "dropout")]
    elsewhere = planning.chosen(["scenario=dropout,dropout_controlled", "results_dir=/nowhere/to/be/found"])
    assert planning.HEADLINE not in {kind for kind, _, _ in planning._products(elsewhere, ["figures"])}
    product = planning.Product(planning.HEADLINE, "dropout", found.scenarios, frozenset({"dropout"}))
    documents, picture = everything._last(True, [product])
    assert picture.after == {"dropout", documents.name} and picture.name == "headline picture dropout"
    [alone] = everything._last(False, [product])
    assert alone.after == {"dropout"}


def test_without_records_of_all_scenarios_nothing_is_drawn_and_one_line_says_so(tmp_path):
    plans = [plan(name, "replicates=1", f"results_dir={tmp_path}") for name in api.stated("dropout").scenarios.values()]
    files, why = launch.draw_headline("dropout", plans, again=False)
    assert not files and why.startswith("dropout: headline picture not drawn: got no records of dropout, ")


# -- the picture of all examples -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged():
    return ledger.read_judged(project.RESULTS / "tables")


@pytest.fixture(scope="module")
def examples(judged):
    return overview_page.examples(judged, [api.stated(name) for name in LESSONS])


def test_the_overview_has_a_row_for_each_of_the_fifteen_examples_with_the_words_of_the_table(judged, examples):
    assert sorted((one.article, one.example) for one in examples) == [
        (str(a), str(e)) for a in range(1, 6) for e in (1, 2, 3)
    ]
    assert {one.lesson for one in examples} == {n for n in LESSONS if "as_written" in api.stated(n).scenarios}
    for one in examples:
        rows = judged[(judged["lesson"] == one.lesson) & (judged["text"] == one.text)].set_index("kind")
        assert len(rows) and {kind: shown.verdict for kind, shown in one.shown.items()} == rows["verdict"].to_dict()
        assert {"as_written", "controlled"} <= set(one.shown)
        assert rows.loc["controlled", "claim"] in api.stated(one.lesson).answers.values()
    written = [" ".join(text.get_text().split()) for text in texts(overview.compose(examples))]
    for one in examples:
        assert any(text in one.text for text in written)
        for kind in overview.HEADS:
            assert f"{palette.VERDICT_SIGNS[one.shown[kind].verdict]} " in "".join(written)
    for kind in overview.HEADS:
        expected = [
            f"{palette.VERDICT_SIGNS[v]} {claims.WORDS[v]}"
            for v in (one.shown[kind].verdict for one in in_order(examples))
        ]
        assert found_in_column(examples, 1 + list(overview.HEADS).index(kind)) == expected
    holds = [sum(one.shown[kind].verdict == "holds" for one in examples) for kind in overview.HEADS]
    assert f"holds in {holds[0]} of the listings, in {holds[1]} of the fair experiments" in " ".join(written)


def in_order(examples):
    return sorted(examples, key=lambda one: (one.article, one.example))


def found_in_column(examples, column):
    """The verdicts in a column of the picture from top to bottom, their lines joined: they are bold, and coloured."""
    found: list[str] = []
    for text in overview.compose(examples).axes[column].texts[1:]:
        if text.get_weight() == "bold":
            begins = text.get_text()[0] in palette.VERDICT_SIGNS.values()
            found = [*found, text.get_text()] if begins else [*found[:-1], f"{found[-1]} {text.get_text()}"]
    return found


def test_it_can_be_read_in_a_page_of_900_pixels_and_nothing_lies_outside(examples):
    figure = overview.compose(examples)
    assert 11.5 <= figure.get_figwidth() <= 12.5
    assert min(text.get_fontsize() for text in texts(figure)) >= 13
    assert nothing_is_cut_off(figure)
    lines = [[box(text) for text in ax.texts if box(text).y1 < 0.95] for ax in figure.axes[:3]]
    for left, right in zip(lines, lines[1:], strict=False):
        assert max(one.x1 for one in left) < min(one.x0 for one in right)
    assert style.rendered(figure, "png") == style.rendered(overview.compose(examples), "png")


def test_an_effect_far_against_the_claim_is_shown_and_one_without_interval_has_its_reason():
    far = {"effect": 40.0, "ci_low": 39.0, "ci_high": 41.0, "margin": 1.0}
    test = claims.Test("a.test.mse", "less", "b.test.mse", 1.0, "one unit matters")
    against = overview.Shown(
        "fails_opposite", "40 units", "(39 to 41)", {**far, "verdict": "fails_opposite", "test": test}
    )
    none = dict.fromkeys(far, float("nan")) | {"verdict": "undefined", "test": test}
    unknown = overview.Shown("undefined", "no seed has this number", "", none)
    both = {"as_written": unknown, "controlled": against}
    figure = overview.compose([overview.Example("1", "2", "a", "A costs $5 or $x^2$.", "", both)])
    strip = figure.axes[3]
    [point] = [line.get_xdata()[0] for line in strip.get_lines() if line.get_label() == "_effect"]
    assert strip.get_xlim()[0] < point < -3
    written = [text.get_text() for text in texts(figure)]
    assert "no seed has this number" in " ".join(written) and "A costs $5 or $x^2$." in written


def test_it_is_written_with_its_endings_and_left_as_it_is_when_it_shows_the_same(tmp_path):
    lessons = [api.stated(name) for name in LESSONS]
    files = [tmp_path / "figures/overview.png", tmp_path / "figures/overview.svg"]
    tables = project.RESULTS / "tables"
    assert overview_page.write(tables, files, lessons) == files and overview_page.write(tables, files, lessons) == []
    assert overview_page.write(tmp_path, [tmp_path / "none.png"], lessons) == []


def test_a_listing_is_told_by_its_effect_a_fair_experiment_with_its_interval_too(judged):
    some = judged[judged["claim"] == "dropout-lowers-test-error"].copy()
    some[["effect", "ci_low", "ci_high"]] = ["-0.25", "-0.5", "0"]
    [one] = overview_page.examples(some, [api.stated("dropout")])
    assert one.shown["as_written"][1:3] == ("−0.25 log ratio", "")
    assert one.shown["controlled"][1:3] == ("−0.25 log ratio", "(−0.5 to 0)")
