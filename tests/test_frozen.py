"""The freeze: what was judged is what stands here, and nothing was looked at before it was frozen."""

import dataclasses

import pytest
from helpers import plan
from made import DOCUMENT, ENTRY, TESTED

from mirage.claims import frozen
from mirage.claims.stated import parse
from mirage.cli import freeze
from mirage.config import project
from mirage.settings import ConfigError


def test_every_lesson_and_scenario_is_as_it_was_frozen() -> None:
    assert freeze.changed(freeze.marks()) == [], 'a changed test is judged on further seeds: make freeze NAMES="..."'


def test_verdicts_are_passed_on_seeds_that_no_design_was_tried_on() -> None:
    for _, seeds in project.frozen().values():
        assert len(seeds) == 100 and seeds[0] >= frozen.VERDICT_SEEDS[0] and seeds[0] % 100 == 0
    assert set(project.PILOT) < set(range(200)) and project.canonical_seeds("not frozen") == project.PILOT


MARKS = {"duel": "aaaaaaaaaaaa", "dropout": "bbbbbbbbbbbb"}


@pytest.fixture
def conf(tmp_path, monkeypatch):
    """A folder of claims in which one lesson is frozen, and another is not yet."""
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims/frozen.csv").write_text("name,hash,seeds\nduel,aaaaaaaaaaaa,200-299\n", encoding="utf-8")
    monkeypatch.setattr(project, "conf", lambda: tmp_path)
    monkeypatch.setattr(freeze, "marks", lambda: MARKS)
    return tmp_path


def lines(conf):
    return (conf / "claims/frozen.csv").read_text(encoding="utf-8").splitlines()


def test_what_is_new_is_added_and_nothing_else_moves(conf, capsys):
    assert freeze.main([]) == 0 and capsys.readouterr().out == "frozen      dropout for seeds 200 to 299\n"
    assert lines(conf) == ["name,hash,seeds", "dropout,bbbbbbbbbbbb,200-299", "duel,aaaaaaaaaaaa,200-299"]
    assert project.canonical_seeds("dropout") == range(200, 300)
    assert freeze.main([]) == 0 and capsys.readouterr().out == "nothing to freeze\n"


def test_what_changed_is_refused_or_if_named_judged_on_the_next_seeds(conf, monkeypatch, capsys):
    monkeypatch.setattr(freeze, "marks", lambda: MARKS | {"duel": "cccccccccccc"})
    before = lines(conf)
    assert freeze.main([]) == 2 and lines(conf) == before
    assert "got a changed duel, expected what was frozen" in capsys.readouterr().err
    assert freeze.main(["duel"]) == 0 and "duel,cccccccccccc,300-399" in lines(conf)
    assert freeze.main(["dual"]) == 2 and "got dual (did you mean duel?)" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["duel,aaaaaaaaaaaa,200", "duel,,200-299", "duel"])
def test_a_line_that_says_something_else_is_refused(conf, line):
    (conf / "claims/frozen.csv").write_text(f"name,hash,seeds\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="expected a name, a hash, and seeds such as 200-299"):
        project.frozen()


SCENARIO = plan("dropout")
SIDES = {"left": "dropout.test.mse", "right": "baseline.test.mse"}


def mark(of=SCENARIO, **test):
    """The hash of a lesson of one claim on a scenario."""
    return frozen.mark(parse(DOCUMENT | {"claims": [ENTRY | {"as_written": TESTED | SIDES | test}]}), [of])


def test_the_hash_follows_what_verdicts_follow_from_and_no_reason_figure_or_further_arm():
    assert mark() == mark(reason="Better said.")
    others = ({"margin": 2}, {"relation": "greater"}, {"right": "dropout.train.mse"}, {"exact": True})
    assert len({mark(), *(mark(**test) for test in others)}) == 5
    assert mark() != mark(plan("dropout", "training.epochs=9")) and mark() != mark(plan("dropout", "vary=[init]"))
    assert mark() == mark(plan("dropout", "title=Another")) == mark(plan("dropout", "metrics=[mse,log_mse]"))
    more = dataclasses.replace(SCENARIO, arms=SCENARIO.arms | {"third": SCENARIO.arms["dropout"]})
    assert mark() == mark(more)
    unread = plan("dropout", "arms.baseline.training.epochs=9")
    assert mark(right=1) == mark(unread, right=1) and mark() != mark(unread)
    assert frozen.mark(None, [plan("digits")]) != frozen.mark(None, [plan("digits", "only=[plain]")])
