"""The sentence that a run ends with: what its seeds say on its lesson's question, beside the canonical verdict."""

import csv
import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from helpers import done, plan
from made import DOCUMENT, ENTRY, TESTED, made, tidy
from scipy.special import stdtrit

from mirage import api
from mirage.claims import statistics
from mirage.claims.claims import TABLES, WORDS
from mirage.claims.results import COLUMNS, Results, judged
from mirage.claims.stated import parse
from mirage.cli import answer, terminal
from mirage.config import project

SCENARIOS = [name for lesson in project.lessons() for name in api.stated(lesson).scenarios.values()]
HEADER = "claim,kind,verdict,seeds\n"
FOLDER = project.RESULTS / "tables"
ROW = {
    "verdict": "fails_no_effect", "effect": "0.075", "ci_low": "-0.325", "ci_high": "0.475", "margin": "2.5", "n": "30",
    "seeds": "0-29", "kind": "as_written", "reason": "",
}  # fmt: skip


def stated(**test):
    """A lesson whose question is answered by a claim on a.test.mse against b.test.mse, margin 1, changed as given."""
    return parse(DOCUMENT | {"answer": {"as_written": "a-beats-b"}, "claims": [ENTRY | {"as_written": TESTED | test}]})


def results(*settings, of="dropout", **arms):
    """The results of a run that has these values of test mse, by arm and seed."""
    few = dataclasses.replace(plan(of, *settings), seeds=range(max(map(len, arms.values()))))
    return Results(few, tidy(**arms), judged(few, tidy(**arms), ()), {}, {})


def said(row=None, settings=(), test=None, **arms):
    return answer.answer(stated(**(test or {})), results(*settings, **arms), row)


def test_a_run_of_one_seed_in_full():
    assert said(ROW, a=[10.457], b=[9.056]) == (
        '"A errs less than B" does not hold in this seed: mse of a on the test rows is 10.46 and that of b 9.056, '
        "a difference of 1.401, where the claim asks for less than -1; over seeds 0 to 29 the verdict is fails: "
        "no effect that matters: the difference is 0.075 on average (-0.325 to 0.475), and a single seed may lie 1.2 "
        "off that (one in twenty lies further off)."
    )


def test_a_run_of_several_seeds_with_changed_settings_in_full():
    every = ROW | {"verdict": "holds", "effect": "-7", "ci_low": "-7", "ci_high": "-7"}
    assert said(every, ["model.dropout=0.5"], a=[1, 3], b=[4, 6]) == (
        '"A errs less than B" holds on average over these 2 seeds: mse of a on the test rows is 2 and that of b 5, '
        "a difference of -3, where the claim asks for less than -1; with the scenario as it stands, without these "
        "changes, over seeds 0 to 29 the verdict is holds: the difference is -7 in each of 30 seeds."
    )


def test_without_a_row_in_claims_csv_it_ends_with_what_these_seeds_say(tmp_path):
    assert said(a=[1], b=[4]).endswith("where the claim asks for less than -1.")
    one = results(a=[1], b=[4])
    assert answer.canonical(stated(), one, tmp_path) is None  # no file
    (tmp_path / "claims.csv").write_text(f"{HEADER}a-beats-b,controlled,holds,0-29\n", encoding="utf-8")
    assert answer.canonical(stated(), one, tmp_path) is None  # another kind of scenario
    (tmp_path / "claims.csv").write_text(f"{HEADER}a-beats-b,as_written,holds,200-299\n", encoding="utf-8")
    found = answer.canonical(stated(), one, tmp_path)
    assert answer.answer(stated(), one, found).endswith("; over seeds 200 to 299 the verdict is holds.")


def test_the_verdicts_of_a_canonical_run_are_its_own(tmp_path):
    every = results(a=[0.0] * 30, b=[4.0] * 30)
    own = dataclasses.replace(every, judged=judged(every.plan, every.rows, stated().claims))
    own = dataclasses.replace(own, plan=own.plan.over_canonical_seeds())
    assert own.plan.canonical and answer.canonical(stated(), own, tmp_path)["verdict"] == "holds"


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ({"relation": "greater"}, "does not hold in this seed: mse of a on the test rows is 1 and that of b 4, "),
        ({"relation": "greater"}, "a difference of -3, where the claim asks for more than 1."),
        ({"relation": "same", "margin": 3}, "holds in this seed"),  # the bound is inside
        ({"relation": "same", "margin": 3}, "where the claim asks for at most 3 either way."),
        ({"margin": 0}, "where the claim asks for less than 0."),
        ({"right": 2.5}, "mse of a on the test rows is 1 compared with 2.5, a difference of -1.5, where"),
        ({"right": 0, "relation": "greater"}, "mse of a on the test rows is 1, where the claim asks for more than 1."),
        (
            {"left": "|a.test.mse - b.test.mse|", "right": 0},
            "the gap between mse of a on the test rows and that of b is 3, ",
        ),
        ({"left": "a.test.mse - b.test.mse", "right": 0}, "mse of a on the test rows minus that of b is -3, where"),
        (
            {"left": "b.test.mse - a.test.mse", "right": "|a.test.mse - b.test.mse|"},
            "mse of b on the test rows minus that of a is 3 and the gap between mse of a on the test rows and that of "
            "b 3, a difference of 0, where",
        ),
    ],
)
def test_each_shape_of_a_claim_is_put_in_words(test, words):
    assert words in said(test=test, a=[1], b=[4])


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("a.test.mse", "a:line.test.mse", "mse of a on the test rows is 1 and that of a's reference line 2"),
        ("a.test.mse", "a.train.mse", "mse of a on the test rows is 1 and that on the train rows 2"),
        ("a.test.accuracy", "a.test.f1", "accuracy of a on the test rows is 1 and its f1 2"),
        ("b.train.f1", "a.test.f1", "f1 of b on the train rows is 1 and f1 of a on the test rows 2"),
        ("b.model.penalty", "a.model.penalty", "penalty of b is 1 and that of a 2"),
        ("a.test.log_loss", "a.model.best_monitored", "log_loss of a on the test rows is 1 and best_monitored of a 2"),
    ],
)
def test_of_the_second_number_only_what_differs_is_named(left, right, words):
    values = {tuple(left.split(".")): 1.0, tuple(right.split(".")): 2.0}
    rows = pd.DataFrame([("duel", arm, 0, *rest, value) for (arm, *rest), value in values.items()], columns=COLUMNS)
    one = dataclasses.replace(results(a=[1]), rows=rows)
    assert words in answer.answer(stated(left=left, right=right), one, None)


def test_a_number_that_is_yes_or_no_says_which():
    rows = {"a": [1.0, 0.0, 1.0]}
    test = {"left": "a.test.probe_flips", "right": 0.5}
    many = results(of="input_sensitivity", **rows)
    many = dataclasses.replace(many, rows=many.rows.assign(metric="probe_flips"))
    one = dataclasses.replace(many, rows=many.rows[:1])
    assert "is 0.6667 (yes in 2 of 3 seeds) compared with 0.5" in answer.answer(stated(**test), many, None)
    assert "is 1 (yes) compared with 0.5" in answer.answer(stated(**test), one, None)


def test_what_diverged_is_undefined_or_was_left_out_cannot_be_told():
    assert "cannot be told here, as mse of b on the test rows is undefined." in said(a=[1], b=[np.nan])
    assert "cannot be told here, as this run has no mse of b on the test rows; over" in said(ROW, a=[1])
    assert "cannot be told here, as no seed has both numbers." in said(a=[1, np.nan], b=[np.inf, 2])
    assert "holds on average over the 2 of these 3 seeds that have both numbers: " in said(
        a=[1, np.nan, 1], b=[4, 4, 4]
    )


def test_a_claim_undecided_for_lack_of_numbers_says_so():
    row = ROW | {
        "verdict": "undefined",
        "effect": "",
        "ci_low": "",
        "ci_high": "",
        "reason": "30 of 30 pairs are undefined",
    }
    assert said(row, a=[1], b=[2]).endswith("is undefined: 30 of 30 pairs are undefined.")


def test_rounding_is_nought():
    assert "a difference of 0, where" in said(a=[0.1 + 0.2], b=[0.3])


def test_a_kind_of_scenario_that_answers_nothing_says_so():
    silent = dataclasses.replace(stated(), answers={})
    one = results(a=[1], b=[2])
    assert answer.canonical(silent, one, FOLDER) is None
    assert answer.answer(silent, one, None) == answer.NOTHING


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_of_a_lesson_answers_its_question(folder, scenario):
    about = plan(scenario).about
    lesson = api.stated(about.lesson)
    claim = lesson.answer(about.kind)
    assert claim is not None and api.question(about.lesson).endswith("?")
    for seeds in (1, 2):
        of = made(folder, plan(scenario, f"replicates={seeds}"))
        row = answer.canonical(lesson, of, FOLDER)
        with (FOLDER / TABLES[claim.role]).open(encoding="utf-8") as file:
            assert row in csv.DictReader(file)
        text = answer.answer(lesson, of, row)
        over = r"in this seed" if seeds == 1 else r"on average over these 2 seeds"
        assert re.match(rf'"{re.escape(claim.text[:-1])}" (holds|does not hold) {over}: ', text)
        first, last = of.plan.canonical_seeds[0], of.plan.canonical_seeds[-1]
        assert f"; over seeds {first} to {last} the verdict is {WORDS[row['verdict']]}" in text
        assert text.count(". ") == 0 and text.endswith(".") and "nan" not in text and "|" not in text
        if claim.tests[about.kind].right:
            [difference] = re.findall(r" a difference of (\S+),", text)
            effect = of.judged.set_index("claim")["effect"][claim.id]
            assert float(difference) == pytest.approx(effect, rel=1e-3, abs=1e-9)


def test_an_arm_that_diverged_is_named(folder):
    of = made(folder, plan("dropout", "seed=7"), diverged=lambda arm, seed: arm == "baseline")
    text = answer.answer(api.stated("dropout"), of, None)
    assert text == '"Dropout clearly lowers the test error" cannot be told here, as baseline diverged.'


def test_a_single_seed_lies_as_far_off_as_the_interval_of_one_more_value_says():
    few = np.random.default_rng(0).normal(size=30)
    low, high = statistics.interval(few, 1 - statistics.SINGLE)
    row = ROW | {"effect": few.mean(), "ci_low": low, "ci_high": high}
    off = float(stdtrit(29, 0.975)) * few.std(ddof=1) * np.sqrt(1 + 1 / 30)  # any textbook's prediction interval
    assert f"may lie {off:.2g} off that" in said(row, a=[1], b=[2])


def test_a_single_run_ends_with_question_and_answer_and_a_sweep_does_not(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")
    few = ("scenario=ridge_lasso", "steps=[train,tables]", f"results_dir={tmp_path}")
    end = done(*few, "seed=3").partition("\nquestion    ")[2].splitlines()
    assert end[0] == api.question("ridge_lasso")
    assert end[1].startswith(
        'answer      "L1 sets many weights to zero, L2 makes them small and keeps them" holds in this'
    )
    assert all(line.startswith(" " * 12) for line in end[2:]) and end[-1].endswith(".")
    assert "\nanswer " not in done("-m", *few, "seed=3,4")
    assert "\nanswer " not in done("scenario=breast_cancer", "only=[logistic]", *few[1:])  # of no lesson


def test_the_answer_wraps_to_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = terminal.paragraph("answer", "word " * 60).splitlines()
    assert lines[0].startswith("answer      word") and lines[1].startswith(" " * 12 + "word")
    assert max(map(len, lines)) <= 60
