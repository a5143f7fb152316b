"""The ledger, headlines and generated parts of documents."""

import math

import pandas as pd
import pytest
from helpers import plan
from made import DOCUMENT, ENTRY, OWN, TESTED, tidy

from mirage import api
from mirage.claims.claims import TABLES, WORDS
from mirage.claims.stated import parse
from mirage.claims.statistics import guarded_interval
from mirage.claims.verdicts import COLUMNS
from mirage.cli import report
from mirage.cli.everything import actions
from mirage.clock import Clock
from mirage.config import project
from mirage.figures.palette import VERDICT_COLOURS, VERDICT_SIGNS
from mirage.report import documents, headlines, ledger
from mirage.report.sources import Source
from mirage.settings import ConfigError

ROW = {
    "claim": "a-beats-b", "lesson": "duel", "scenario": "duel", "kind": "as_written", "article": "1",
    "paragraph": "3", "example": "2", "basis": "stated", "text": "A errs less than b|c.", "effect": "-0.250049",
    "ci_low": "-0.3", "ci_high": "-0.2", "margin": "0.1", "unit": "squared units", "n": "100", "agree": "1",
    "seeds": "200-299", "scope": "data", "yardstick": "", "verdict": "holds", "reason": "",
}  # fmt: skip
CONTROLLED = ROW | {"kind": "controlled", "scenario": "duel_controlled", "verdict": "fails_no_effect", "effect": "0.01"}
PROSE = ROW | {"claim": "prose", "example": "", "kind": "controlled", "text": "Said, not shown.", "verdict": "open"}
OURS = CONTROLLED | {
    "verdict": "holds",
    "claim": "ours",
    "basis": "ours",
    "article": "",
    "paragraph": "",
    "example": "",
    "text": "Seen by us.",
}
STATED = parse(
    DOCUMENT
    | {
        "claims": [
            ENTRY | {"controlled": TESTED, "yardstick": "Other units."},
            {key: value for key, value in ENTRY.items() if key != "as_written"}
            | {"id": "prose", "was": ["b", "c"], "example": None, "controlled": TESTED, "text": "Said, not shown."},
        ],
        "findings": [OWN | {"id": "ours", "was": [], "text": "Seen by us.", "controlled": TESTED}],
        "checks": [OWN | {"id": "check", "was": ["d"], "text": "It is so.", "controlled": TESTED}],
        "notes": [{"was": ["e"], "article": 1, "paragraph": 2, "text": "Half is half."}],
        "tested_elsewhere": [{"was": ["f"], "now": "tests/test_models.py"}],
    }
)
EARLIER = pd.DataFrame({"claim": ["a-wins", *"bcdef"]}).assign(
    lesson="duel", article="1", example="", basis="", text="T"
)


@pytest.fixture
def tables(tmp_path):
    """Tables of one lesson's verdicts: of two claims, a finding and a check."""
    folder = tmp_path / "results" / "tables"
    folder.mkdir(parents=True)
    rows = {
        "claim": [ROW, CONTROLLED | {"yardstick": "Other units."}, PROSE],
        "finding": [OURS],
        "check": [OURS | {"claim": "check"}],
    }
    for role, of_role in rows.items():
        pd.DataFrame(of_role, columns=COLUMNS).to_csv(folder / TABLES[role], index=False)
    return folder


def test_every_verdict_has_a_sign_a_colour_words_and_an_outcome():
    outcomes = [word for words in ledger.OUTCOMES.values() for word in words]
    assert set(WORDS) == set(VERDICT_SIGNS) == set(VERDICT_COLOURS) == set(outcomes) and len(outcomes) == len(WORDS)


def test_a_claim_is_one_line_with_its_marks_and_its_number(tables):
    lines = ledger.ledger(tables, [STATED], ["One thing."]).splitlines()
    assert "1. One thing." in lines
    shown = "| A errs less than b\\|c. *Other units.* | 1, ¶ 3, ex. 2 | ✓ holds | ✗ fails: no effect that matters |  | "
    assert f"{shown}0.01 squared units (−0.3 to −0.2) |" in lines
    assert "| Said, not shown. | 1, ¶ 3 |  | ? open |  | −0.25 squared units (−0.3 to −0.2) |" in lines
    assert "| 1 asked of the listings | 1 | 0 | 0 | 0 |" in lines
    assert "| 2 asked of controlled experiments | 0 | 1 | 0 | 1 |" in lines
    assert "1 of 1 hold. A check that fails is explained in its lesson." in lines
    assert "- Half is half. (article 1, ¶ 2)" in lines
    exact = {**ROW, "ci_low": "0", "ci_high": "0", "effect": "1e-12", "reason": "exact: equal by construction"}
    assert ledger.number(exact) == "0 squared units (exact)"
    assert ledger.number(ROW | {"ci_low": "", "reason": "1 of 9 pairs are undefined"}) == "1 of 9 pairs are undefined"


def test_every_claim_of_the_first_ledger_has_one_place():
    placed = ledger.places(EARLIER, [STATED]).set_index("was")
    assert placed["place"].to_dict() == {
        "a-wins": "claim", "b": "claim", "c": "claim", "d": "check", "e": "note", "f": "tested elsewhere",
    }  # fmt: skip
    assert placed["now"].to_dict()["c"] == "prose"
    with pytest.raises(ValueError, match="got no place for lost, and unknown none"):
        ledger.places(pd.concat([EARLIER, EARLIER.head(1).assign(claim="lost")]), [STATED])
    with pytest.raises(ValueError, match="was: got 'a-wins' again"):
        ledger.places(EARLIER, [STATED, STATED])


HEADLINE = {
    "id": "one", "lesson": "duel", "scenario": "duel", "text": "A errs {a:.1f}, b {b:.2f}.", "unit": "squared units",
    "numbers": {"a": "a.test.mse", "b": "b.test.mse"}, "left": "a.test.mse", "right": "b.test.mse",
}  # fmt: skip
PLAN = plan("dropout")
ROWS = {"duel": (PLAN, tidy(a=[1, 2, 3, 2], b=[4, 4, 6, 5]))}


def test_a_headline_is_a_sentence_with_computed_numbers_and_its_interval(tmp_path):
    (tmp_path / "headlines.csv").write_text(headlines.table([HEADLINE], ROWS), encoding="utf-8")
    low, high = guarded_interval([-3, -2, -3, -3])
    [said] = headlines.sentences(tmp_path)
    assert said == f"A errs 2.0, b 4.75. *(−2.75 squared units, {low:.3g} to {high:.3g}; duel)*".replace("-", "−")
    assert headlines.sentences(tmp_path / "none") == []


@pytest.mark.parametrize(
    "change, line",
    [
        ({"scenario": "dual"}, "scenario: got 'dual', expected one of duel"),
        ({"text": "A errs {c}."}, "text: got numbers c, expected a, b"),
        (
            {"numbers": {"a": "a.test.mae", "b": "b.test.mse"}},
            "numbers: got 'a.test.mae', expected a number that every",
        ),
        ({"more": 1}, "got id, lesson, scenario, text, unit, numbers, left, right, more, expected id,"),
    ],
)
def test_a_bad_headline_is_one_line(change, line):
    with pytest.raises(ConfigError) as error:
        headlines.table([HEADLINE | change], ROWS)
    assert str(error.value).startswith(f"conf/headlines.yaml, one: {line}") and "\n" not in str(error.value)
    broken = {"duel": (PLAN, tidy(a=[1, math.nan], b=[1, 2]))}
    with pytest.raises(ConfigError, match="expected a number that every seed has"):
        headlines.table([HEADLINE], broken)


def test_a_generated_part_is_made_anew_and_the_rest_left_alone():
    page = "a\n<!-- generated: findings -->\nold\n<!-- end -->\nb <!-- end -->\n"
    assert documents.filled(page, {"findings": "new"}) == page.replace("old", "\nnew\n")
    with pytest.raises(ValueError, match="README.md: got no part speed, expected <!-- generated: speed -->"):
        documents.filled(page, {"speed": "new"})


SOURCE = Source("duel", "Does *a* win?", "", ("it | breaks",), (), (), (), {}, {}, "")
README = "Ünïcode\n" + "".join(
    f"<!-- generated: {part} -->\n<!-- end -->\n" for part in ("headlines", "symptoms", "findings", "cost")
)


def test_documents_are_those_that_are_there_and_only_changed_ones_are_written(tables, tmp_path):
    (tmp_path / "docs").mkdir()
    measured = "part,what,value,unit,target,met\na,ratio,7.5,times,at least 8,no\na,one,1,s,,\nverdicts,any,0.04,,,\n"
    measured += "all,make all: time,366,s,,\nall,make all: files of records,5692,files,,\n"
    measured += "all,make all: size of records,141.4,MB,,\n"
    (tables / "benchmark.csv").write_text(measured, encoding="utf-8")
    (tables / "headlines.csv").write_text(headlines.table([HEADLINE], ROWS), encoding="utf-8")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "docs/performance.md").write_text("<!-- generated: speed -->\n<!-- end -->\n")
    texts = documents.documents(tmp_path, [STATED], [SOURCE])
    assert list(texts) == [tmp_path / name for name in ("results/README.md", "README.md", "docs/performance.md")]
    assert documents.write(texts) == list(texts)
    page = texts[tmp_path / "README.md"]
    assert "about 6 minutes from a fresh clone, after setting up, and leaves 5,692 files of records, 141 MB." in page
    assert "| it \\| breaks | [Does \\*a\\* win?](results/lessons/duel.md) |" in page
    assert "[Does \\*a\\* win?](lessons/duel.md)" in texts[tmp_path / "results/README.md"]
    assert "- A errs 2.0, b 4.75." in page and "| 1 asked of the listings |" in page
    assert "| ratio | 7.5 | times | at least 8 | no |" in texts[tmp_path / "docs/performance.md"]
    assert documents.simulated(tables).splitlines()[-1] == "| any | 0.04 |"
    assert documents.write(documents.documents(tmp_path, [STATED], [SOURCE])) == []
    places = tmp_path / "conf" / "claims"
    places.mkdir(parents=True)
    EARLIER.to_csv(places / "earlier.csv", index=False)
    assert tables / "places.csv" in documents.documents(tmp_path, [STATED], [SOURCE])


def test_the_documents_of_this_checkout_are_those_of_its_tables():
    old = [file.name for file, text in report.texts()[0].items() if file.read_text(encoding="utf-8") != text]
    assert old == [], "type: make report"


def test_what_is_exact_by_construction_came_out_so():
    tables = project.RESULTS / "tables"
    judged = pd.concat([ledger.read_judged(tables, role) for role in TABLES]).set_index(["claim", "kind"])
    exact = [
        (claim.id, kind)
        for lesson in project.lessons()
        for claim in api.stated(lesson).claims
        for kind, test in claim.tests.items()
        if test.exact
    ]
    assert exact and all(judged.loc[key, "reason"].startswith("exact:") for key in exact)


def test_a_headline_that_cannot_be_made_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(report, "headlines", lambda: headlines.table([HEADLINE | {"scenario": "dual"}], ROWS))
    assert report.main() == 2
    assert capsys.readouterr() == ("", "conf/headlines.yaml, one: scenario: got 'dual', expected one of duel\n")
    assert actions.documents(print, Clock()).errors == [
        ("conf/headlines.yaml, one: scenario: got 'dual', expected one of duel", 2)
    ]
