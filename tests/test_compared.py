"""Columns in named groups: brackets, ties of tested pairs; means on logarithmic axes."""

import numpy as np
import pytest
from helpers import plan
from made import made

from mirage.figures import compared, marks, panels, style
from mirage.figures.compared import TESTED, Column


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return made(tmp_path_factory.mktemp("results"), plan("dropout_controlled", "replicates=3"))


def drawn(draw, results):
    with style.look():
        ax = style.new_figure(5, 4).subplots()
        draw(ax, results)
    return ax


def lines(ax, label):
    return [line for line in ax.get_lines() if line.get_label() == label]


def ticks(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


ERRORS = "{}.test.mse".format
GROUPS = [
    ("none", [Column("a", ERRORS("baseline"), "C0", "without")]),
    ("gone", [Column("b", ERRORS("gone"), "C1", "absent")]),
    ("some", [Column("c", ERRORS("low"), "C2"), Column("d", ERRORS("gone"), "C2"), Column("e", ERRORS("high"), "C2")]),
]


def test_groups_have_brackets_and_what_the_results_lack_is_left_out(results):
    ax = drawn(compared.scores(GROUPS, "error", "title"), results)
    assert ticks(ax) == ["a", "c", "e"] and [text.get_text() for text in ax.texts] == ["none", "some"]
    assert lines(ax, "without") and not lines(ax, "absent") and not lines(ax, TESTED)
    dots = [line.get_ydata() for line in lines(ax, "_seeds")]
    for values, arm in zip(dots, ("baseline", "low", "high"), strict=True):
        np.testing.assert_array_equal(values, results.values(arm, "test", "mse"))


@pytest.mark.parametrize("log", [False, True])
def test_a_tie_joins_a_tested_pair_above_all_that_stands_between(log, results):
    tested = [(ERRORS("baseline"), ERRORS("high")), (ERRORS("low"), ERRORS("gone"))]
    ax = drawn(compared.scores(GROUPS, "error", "title", log=log, tested=tested), results)
    [tie] = lines(ax, TESTED)
    assert tie.get_xdata()[0] == pytest.approx(0.1) and tie.get_xdata()[-1] == 2
    highest = max(results.values(arm, "test", "mse").max() for arm in ("baseline", "low", "high"))
    low = min(tie.get_ydata())
    assert (ax.transScale + ax.transLimits).transform((0, highest))[1] < low < 1


def test_differences_have_the_margin_of_their_groups_claim(results):
    words = "high.test.log_excess_mse - baseline.test.log_excess_mse"
    groups = [("tested", [Column("a", words, "C0")]), ("untested", [Column("b", words, "C1")])]
    ax = drawn(compared.differences(groups, "difference", "title", ["dropout-lowers-test-error"]), results)
    margin = results.margin("dropout-lowers-test-error")
    assert [(stripe.get_y(), stripe.get_height()) for stripe in ax.patches] == [(-margin, 2 * margin)]


def test_means_on_a_logarithmic_axis_are_geometric_and_leave_out_what_has_no_logarithm(results):
    assert marks.middle(np.array([1.0, 100.0, 0.0, np.nan]), log=True) == pytest.approx(10)
    assert marks.middle(np.array([1.0, 3.0, np.nan])) == 2 and np.isnan(marks.middle(np.array([0.0]), log=True))
    arms = {"baseline": 0.0, "high": 0.5}
    ax = drawn(panels.sweep({"test": panels.Line(arms, "test", "mse", "C0")}, "x", "y", "title", log="y"), results)
    [line] = lines(ax, "test")
    expected = [np.exp(results.values(arm, "test", "log_mse").mean()) for arm in arms]
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert ax.get_yscale() == "log"
