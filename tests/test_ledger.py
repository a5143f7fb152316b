"""The ledger of claims, the generated parts of documents, and what a lesson says of its claims."""

import ast

import pandas as pd
import pytest

from mirage import api
from mirage.cli import report
from mirage.report import ledger, lessons

ROW = {
    "claim": "dropout-lowers-test-error", "lesson": "dropout", "scenario": "dropout", "kind": "as_written",
    "article": "1", "example": "2", "basis": "stated", "text": "Dropout lowers a|b.", "effect": "-0.25",
    "ci_low": "-0.3", "ci_high": "-0.2", "margin": "0.1", "n": "30", "agree": "1", "scope": "data",
    "verdict": "supported", "reason": "p = 0.01",
}  # fmt: skip
UNTESTED = ROW | dict.fromkeys(("effect", "ci_low", "ci_high", "margin", "n", "agree"), "") | {"verdict": "untestable"}


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ("supported", "As written it holds (F): NUMBER, more than the margin of 0.1."),
        ("contradicted", "As written it fails (F): NUMBER, against it by more than the margin of 0.1."),
        ("negligible", "As written it fails (F): NUMBER, too small to matter beside the margin of 0.1."),
        ("inconclusive", "As written it stays open (F): NUMBER, too uncertain for a margin of 0.1."),
    ],
)
def test_a_sentence_follows_the_verdict(verdict, expected):
    number = "the difference is -0.25 (-0.3 to -0.2, 30 seeds)"
    row = ROW | {"verdict": verdict, "effect": "-0.250049"}
    assert lessons.sentence(row, "F") == expected.replace("NUMBER", number)


def test_a_sentence_names_the_kind_and_says_what_is_exact_undefined_or_cannot_be_tested():
    exact = ROW | dict.fromkeys(("effect", "ci_low", "ci_high"), "0.05") | {"kind": "controlled"}
    said = "the difference is 0.05 in each of 30 seeds, within the margin of 0.1."
    assert lessons.sentence(exact, "F") == f"In the controlled experiment it holds (F): {said}"
    undefined = ROW | {"kind": "real", "verdict": "inconclusive", "reason": "5 of 30 pairs undefined"}
    assert lessons.sentence(undefined, "F") == "On real data it stays open (F): 5 of 30 pairs undefined."
    untestable = UNTESTED | {"reason": "No such arm.; design: Add one."}
    assert lessons.sentence(untestable, "F") == "As written it cannot be tested: No such arm."


@pytest.fixture
def judged():
    """A ledger of three claims on one lesson: tested both ways, as written only (and in no figure), and ours."""
    controlled = {"kind": "controlled", "scenario": "dropout_controlled"}
    once = {"claim": "in-no-figure", "text": "Tested once."}
    ours = {"claim": "our-check", "text": "A check.", "basis": "ours", "article": "", "example": ""}
    tested = [ROW, ROW | once, UNTESTED | ours | {"reason": "Not there."}]
    tested += [ROW | controlled | {"verdict": "negligible"}, UNTESTED | once | controlled | {"reason": "Not there."}]
    return pd.DataFrame([*tested, ROW | ours | controlled | {"verdict": "inconclusive"}])


def test_findings_count_what_became_of_the_articles_claims_and_show_one_of_each_lesson(judged):
    lines = ledger.findings(judged, {"dropout": ["gone", ROW["claim"]]}).splitlines()
    assert lines[0] == "The articles make 2 distinct claims; we added 1 checks of the experiments."
    assert "| as written | 2 (100%) | 0 (0%) | 0 (0%) | 0 (0%) |" in lines
    assert "| controlled | 0 (0%) | 1 (50%) | 0 (0%) | 1 (50%) |" in lines
    assert lines[-1] == (
        "| [dropout](experiments/dropout.py) | 1, 2 | Dropout lowers a\\|b. | ✓ supported | ≈ negligible "
        "| 2 / 0 | 0 / 1 | 0 / 1 | 1 / 1 |"
    )
    assert not any("on real data" in line for line in lines)
    alone = judged.head(1).assign(kind="real", article="", example="", lesson="own")
    assert ledger.findings(alone, {}).splitlines()[-1] == (
        "| [own](experiments/own.py) |  | Dropout lowers a\\|b. | ✓ supported | 1 | 0 | 0 | 0 |"
    )
    every = ledger.ledger(judged, {}).splitlines()
    assert every[0] == "# The ledger of claims" and "## dropout" in every
    assert "| A check. *(ours)* | – untestable | ? inconclusive |" in every


def test_a_lessons_outcome_has_all_claims_that_were_tested_those_of_its_figure_first_and_ours_last(judged):
    stated = api.stated("dropout")
    text = lessons.outcome(stated, ["in-no-figure", "gone"], judged)
    assert max(map(len, text.splitlines())) <= 100
    articles, _, ours = text.partition("\n\nChecks of ours:\n")
    items = [" ".join(item.split()) for item in (articles + ours).split("\n- ")[1:]]
    assert [item.partition(".")[0] for item in items] == ["Tested once", "Dropout lowers a|b", "A check"]
    assert "A check" in ours and "cannot be tested; the claims file" not in text
    [claim] = [claim for claim in stated.claims if claim.id == ROW["claim"]]
    for row in (ROW, ROW | {"kind": "controlled", "verdict": "negligible"}):
        assert lessons.sentence(row, str(claim.test(row["kind"]))) in items[1]
    untested = judged[judged["claim"] != "in-no-figure"].assign(verdict="untestable")
    assert "2 further claims cannot be tested; the claims file says why." in lessons.outcome(stated, [], untested)


def test_a_generated_part_is_made_anew_and_the_rest_left_alone():
    before, after = 'r"""Why?\n\nSo.\n\n', '\n\nMore.\n"""\n\nx = 1\n'
    once = lessons.filled(f"{before}.. generated: outcome\nold\n.. end{after}", lambda: "new")
    assert once == f"{before}.. generated: outcome\n\nnew\n\n.. end{after}" == lessons.filled(once, lambda: "new")
    assert lessons.filled('"""Why?"""\n', lambda: "new") == '"""Why?"""\n'
    page = "a\n<!-- generated: findings -->\nold\n<!-- end -->\nb <!-- end -->\n"
    assert ledger.filled(page, {"findings": "new"}) == page.replace("old", "\nnew\n")
    with pytest.raises(ValueError, match="README.md: got no part speed, expected <!-- generated: speed -->"):
        ledger.filled(page, {"speed": "new"})


@pytest.mark.parametrize("raw", ["", "r"])
def test_backslashes_and_quotes_do_not_break_a_docstring(raw):
    source = f'{raw}"""Why?\n\n.. generated: outcome\n.. end\n"""\n'
    text = ast.get_docstring(ast.parse(lessons.filled(source, lambda: 'a \\d "b" and """c"""')))
    assert text is not None and "a \\d \"b\" and '''c'''" in text


README = "Ünïcode\n<!-- generated: findings -->\n<!-- end -->\n<!-- generated: cost -->\n<!-- end -->\n"


def test_documents_are_those_that_are_there_and_only_changed_ones_are_written(judged, tmp_path):
    tables = tmp_path / "results/tables"
    tables.mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    judged.to_csv(tables / "claims.csv", index=False)
    measured = "part,what,value,unit,target,met\na,ratio,7.5,times,at least 8,no\na,one,1,s,,\nverdicts,any,0.04,,,\n"
    measured += "all,make all: time,366,s,,\nall,make all: files of records,5692,files,,\n"
    measured += "all,make all: size of records,141.4,MB,,\n"
    (tables / "benchmark.csv").write_text(measured, encoding="utf-8")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "docs/performance.md").write_text("<!-- generated: speed -->\n<!-- end -->\n")
    texts = ledger.documents(tmp_path, {})
    assert list(texts) == [tmp_path / name for name in ("results/README.md", "README.md", "docs/performance.md")]
    assert ledger.write(texts) == list(texts)
    assert (
        "about 6 minutes from a fresh clone, after setting up, and leaves 5,692 files of records, 141 MB."
        in (texts[tmp_path / "README.md"])
    )
    assert "| ratio | 7.5 | times | at least 8 | no |" in texts[tmp_path / "docs/performance.md"]
    assert ledger.simulated(tables).splitlines()[-1] == "| any | 0.04 |"
    assert ledger.write(ledger.documents(tmp_path, {})) == []


def test_the_documents_of_this_checkout_are_those_of_its_tables():
    old = [file.name for file, text in report.texts().items() if file.read_text(encoding="utf-8") != text]
    assert old == [], "type: make report"
