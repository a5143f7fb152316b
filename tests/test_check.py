"""The reproduction check: what it counts, and what makes it fail."""

import contextlib
import math
import shutil
import sys
from pathlib import Path

import pytest

from mirage.cli import check as command
from mirage.report import check

TABLE = """\
arm,split,metric,mean,sd,ci_low,ci_high,n,n_undefined,n_diverged
logistic,test,accuracy,0.9,0.01,0.89,0.91,30,0,0
logistic,test,precision,,,,,0,30,0
"""
CLAIMS = """\
claim,lesson,scenario,kind,text,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason
high,imbalance,imbalance,as_written,Accuracy is high.,0.15,0.14,0.16,0.05,30,1,features,holds,p
poor,imbalance,imbalance,as_written,Recall is poor.,,,,0.1,0,,features,undefined,no pairs
"""


@pytest.fixture
def committed(tmp_path):
    (tmp_path / "committed").mkdir()
    (tmp_path / "committed/imbalance.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "committed/claims.csv").write_text(CLAIMS, encoding="utf-8")
    return tmp_path / "committed"


@pytest.fixture
def copy(committed):
    return Path(shutil.copytree(committed, committed.with_name("again")))


def again(committed: Path, copy: Path, file: str, old: str, new: str, exact: bool = False) -> check.Compared:
    """Compare with a copy in which one text is replaced."""
    text = (committed / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new), encoding="utf-8", newline="")
    return check.compare(committed, copy, exact)


@pytest.mark.parametrize(
    ("new", "largest", "where"),
    [
        ("0.9,", 0, ""),
        ("0.90000009,", 1e-7, "imbalance: logistic, test, accuracy, mean: 0.9 and 0.90000009"),
        (",", math.nan, "imbalance: logistic, test, accuracy, mean: 0.9 and nan"),  # the largest of all
    ],
)
def test_a_number_that_differs_is_counted_and_named_and_no_problem_by_itself(committed, copy, new, largest, where):
    found = again(committed, copy, "imbalance.csv", "0.9,", new)
    assert (found.numbers, found.equal, found.problems) == (14, 13 if largest else 14, [])
    assert found.where == where and found.largest == pytest.approx(largest, rel=1e-3, nan_ok=True)


def test_an_effect_may_move_by_a_tenth_of_its_margin_and_every_table_must_be_committed(committed, copy):
    for effect in ("0.1549", "0.1451"):
        assert again(committed, copy, "claims.csv", ",0.15,", f",{effect},").problems == []
    (committed / "imbalance.csv").unlink()
    assert check.compare(committed, copy).problems == ["imbalance: no committed table"]


PROBLEMS = [
    ("claims.csv", ",holds,", ",open,", "the verdict was holds, is open"),
    ("claims.csv", ",0.15,", ",0.1551,", "the effect was 0.15, is 0.1551, with a margin of 0.05"),
    ("claims.csv", ",0.15,", ",,", "the effect was 0.15, is nan"),
    ("claims.csv", "high,", "higher,", "as_written, imbalance, higher: not among the committed claims"),
    ("imbalance.csv", "logistic,test,accuracy", "logistic,test,f1", "is in one table only"),
]
EXACT_PROBLEMS = [
    ("imbalance.csv", "0.9,", "0.90000009,", "logistic, test, accuracy: mean: got 0.90000009, expected 0.9"),
    ("imbalance.csv", ",0,30,0\n", ",1,30,0\n", "imbalance.csv: logistic, test, precision: n: got 1, expected 0"),
    ("imbalance.csv", "0.9,", ",", "imbalance.csv: logistic, test, accuracy: mean: got nothing, expected 0.9"),
    ("imbalance.csv", "n_undefined", "undefined", "imbalance.csv: header: got arm,split"),
    ("imbalance.csv", "logistic,test,precision,,,,,0,30,0\n", "", "imbalance.csv: got 1 rows, expected 2"),
    ("imbalance.csv", "\n", "\r\n", "imbalance.csv: the same cells in other bytes"),
    ("claims.csv", ",0.15,", ",0.1500001,", "high, as_written, imbalance: effect: got 0.1500001, expected 0.15"),
    ("claims.csv", "p\n", "q\n", "claims.csv: high, as_written, imbalance: reason: got q, expected p"),
    ("sweep_rate.csv", "0.5,a", "0.6,a", "sweep_rate.csv: a, test, mse: model.dropout: got 0.6, expected 0.5"),
]
CASES = [(False, *case) for case in PROBLEMS] + [(True, *case) for case in EXACT_PROBLEMS]


@pytest.mark.parametrize(("exact", "file", "old", "new", "problem"), CASES)
def test_what_makes_it_fail_is_named_and_exactly_any_byte_does(committed, copy, exact, file, old, new, problem):
    for folder in (committed, copy):
        (folder / "sweep_rate.csv").write_text("model.dropout,arm,split,metric,mean\n0.5,a,test,mse,1\n")
    assert any(problem in line for line in again(committed, copy, file, old, new, exact).problems)


def test_exactly_a_part_of_the_scenarios_is_held_against_its_own_claims_and_no_benchmark_counts(committed, copy):
    other = "low,dropout,dropout,as_written,Less.,-1,-2,-0.5,0.1,30,1,data,holds,\n"
    (committed / "claims.csv").write_text(CLAIMS + other, encoding="utf-8")
    for name in check.NOT_NUMBERS:
        (committed / name).write_text("what,value\na,1\n")
        (copy / name).write_text("what,value\na,2\n")
    assert check.compare(committed, copy, exact=True).problems == []
    (copy / "sweep_new.csv").write_text("a\n1\n")
    (copy / "metrics.csv").write_text("scenario\nimbalance\n")  # too large to commit
    [problem] = check.compare(committed, copy, exact=True).problems
    assert problem == "sweep_new.csv: got a new table, expected one that is committed"


@pytest.mark.parametrize(("old", "words", "status"), [("0.9", "exact", 0), ("0.8", "exact", 1), ("0.8", "exct", 2)])
def test_the_command_fails_on_a_byte_that_differs(committed, monkeypatch, old, words, status):
    def remake(scenarios, sweeps, results):
        shutil.copytree(committed, results / "tables")
        (results / "tables/imbalance.csv").write_text(TABLE.replace("0.9", old, 1), encoding="utf-8")

    (committed.parent / "tables").symlink_to(committed)
    monkeypatch.setattr(command.project, "RESULTS", committed.parent)
    monkeypatch.setattr(command, "remake", remake)
    monkeypatch.setattr(command.project, "lessons", list)  # their tables are not here
    monkeypatch.setattr(sys, "argv", ["check", words])
    with pytest.raises(SystemExit, match=str(status)) if status else contextlib.nullcontext():
        command.main()
