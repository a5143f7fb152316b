"""The reproduction check: what it counts, and what makes it fail."""

import shutil
from pathlib import Path

import pytest

from mirage.report import check

TABLE = """\
arm,split,metric,mean,sd,ci_low,ci_high,n,n_undefined,n_diverged
logistic,test,accuracy,0.9,0.01,0.89,0.91,30,0,0
logistic,test,precision,,,,,0,30,0
"""
CLAIMS = """\
claim,lesson,scenario,kind,article,example,basis,text,effect,ci_low,ci_high,margin,n,agree,scope,verdict,reason
high,imbalance,imbalance,as_written,3,1,stated,Accuracy is high.,0.15,0.14,0.16,0.05,30,1,features,supported,p
poor,imbalance,imbalance,as_written,3,1,stated,Recall is poor.,,,,0.1,0,,features,inconclusive,undefined
never,imbalance,imbalance,as_written,3,,stated,Nothing helps.,,,,,,,,untestable,no arm
"""


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    folder = tmp_path / "committed"
    folder.mkdir()
    (folder / "imbalance.csv").write_text(TABLE, encoding="utf-8")
    (folder / "claims.csv").write_text(CLAIMS, encoding="utf-8")
    return folder


def again(committed: Path, file: str = "", old: str = "", new: str = "", exact: bool = False) -> check.Compared:
    """Compare with a copy in which one text is replaced."""
    copy = committed.with_name("again")
    shutil.copytree(committed, copy)
    if file:
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text
        (copy / file).write_text(text.replace(old, new), encoding="utf-8", newline="")
    return check.compare(committed, copy, exact)


def test_the_same_tables_are_equal_to_the_byte(committed: Path) -> None:
    assert again(committed) == check.Compared(14, 14, 0.0, "", [])


def test_a_number_that_differs_is_counted_and_named_and_no_problem_by_itself(committed: Path) -> None:
    found = again(committed, "imbalance.csv", "0.9,", "0.90000009,")
    assert (found.numbers, found.equal, found.problems) == (14, 13, [])
    assert found.largest == pytest.approx(1e-7, rel=1e-3)
    assert found.where == "imbalance: logistic, test, accuracy, mean: 0.9 and 0.90000009"


def test_a_number_that_has_gone_is_the_largest_difference_of_all(committed: Path) -> None:
    found = again(committed, "imbalance.csv", "0.9,", ",")
    assert found.equal == 13 and "0.9 and nan" in found.where


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("claims.csv", "supported", "negligible", "the verdict was supported, is negligible"),
        ("claims.csv", ",0.15,", ",0.1551,", "the effect was 0.15, is 0.1551, with a margin of 0.05"),
        ("claims.csv", ",0.15,", ",,", "the effect was 0.15, is nan"),
        ("claims.csv", "high,", "higher,", "as_written, imbalance, higher: not among the committed claims"),
        ("imbalance.csv", "logistic,test,accuracy", "logistic,test,f1", "is in one table only"),
    ],
)
def test_what_makes_it_fail(committed: Path, file: str, old: str, new: str, problem: str) -> None:
    assert any(problem in line for line in again(committed, file, old, new).problems)


@pytest.mark.parametrize("effect", ["0.1549", "0.1451", "0.15"])
def test_an_effect_may_move_by_a_tenth_of_its_margin(committed: Path, effect: str) -> None:
    assert again(committed, "claims.csv", ",0.15,", f",{effect},").problems == []


def test_a_table_that_is_not_committed_is_a_problem(committed: Path) -> None:
    copy = committed.with_name("again")
    shutil.copytree(committed, copy)
    (committed / "imbalance.csv").unlink()
    assert check.compare(committed, copy).problems == ["imbalance: no committed table"]


# -- to the byte ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("imbalance.csv", "0.9,", "0.90000009,", "logistic, test, accuracy: mean: got 0.90000009, expected 0.9"),
        ("imbalance.csv", ",0,30,0\n", ",1,30,0\n", "imbalance.csv: logistic, test, precision: n: got 1, expected 0"),
        ("imbalance.csv", "0.9,", ",", "imbalance.csv: logistic, test, accuracy: mean: got nothing, expected 0.9"),
        ("imbalance.csv", "n_undefined", "undefined", "imbalance.csv: header: got arm,split"),
        ("imbalance.csv", "logistic,test,precision,,,,,0,30,0\n", "", "imbalance.csv: got 1 rows, expected 2"),
        ("imbalance.csv", "\n", "\r\n", "imbalance.csv: the same cells in other bytes"),
        ("claims.csv", ",0.15,", ",0.1500001,", "high, as_written, imbalance: effect: got 0.1500001, expected 0.15"),
        ("claims.csv", "p\n", "q\n", "claims.csv: high, as_written, imbalance: reason: got q, expected p"),
        ("sweep_rate.csv", "0.5,a", "0.6,a", "sweep_rate.csv: a, test, mse: model.dropout: got 0.6, expected 0.5"),
    ],
)
def test_exactly_any_byte_that_differs_is_named(committed: Path, file: str, old: str, new: str, problem: str) -> None:
    (committed / "sweep_rate.csv").write_text("model.dropout,arm,split,metric,mean\n0.5,a,test,mse,1\n")
    assert any(problem in line for line in again(committed, file, old, new, exact=True).problems)


def test_exactly_the_same_tables_are_no_problem_whatever_fingerprints_and_benchmarks_say(committed: Path) -> None:
    for name in check.NOT_NUMBERS:
        (committed / name).write_text("what,value\na,1\n")
    assert again(committed, "fingerprints.csv", "1", "2", exact=True).problems == []


def test_exactly_a_part_of_the_scenarios_is_held_against_its_own_claims(committed: Path) -> None:
    text = (committed / "claims.csv").read_text(encoding="utf-8")
    other = "low,dropout,dropout,as_written,1,,stated,Less.,,,,,,,,untestable,no arm\n"
    copy = committed.with_name("again")
    shutil.copytree(committed, copy)
    (committed / "claims.csv").write_text(text + other, encoding="utf-8")
    assert check.compare(committed, copy, exact=True).problems == []
    (copy / "sweep_new.csv").write_text("a\n1\n")
    (copy / "metrics.csv").write_text("scenario\nimbalance\n")  # too large to commit
    assert check.compare(committed, copy, exact=True).problems == [
        "sweep_new.csv: got a new table, expected one that is committed"
    ]
