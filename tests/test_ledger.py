"""The ledger of claims, the generated parts of documents, and what a lesson says of its claims."""

import ast
from pathlib import Path

import pandas as pd
import pytest

from mirage import api
from mirage.report import ledger, lessons

ROW = {
    "claim": "dropout-lowers-test-error", "lesson": "dropout", "scenario": "dropout", "kind": "as_written",
    "article": "1", "example": "2", "basis": "stated", "text": "Dropout lowers a|b.", "effect": "-0.25",
    "ci_low": "-0.3", "ci_high": "-0.2", "margin": "0.1", "n": "30", "agree": "1", "scope": "data",
    "verdict": "supported", "reason": "p = 0.01",
}  # fmt: skip
NUMBER = "-0.25 (-0.3 to -0.2, 30 seeds)"
UNTESTED = ROW | dict.fromkeys(("effect", "ci_low", "ci_high", "margin", "n", "agree"), "")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ROW, f"As written it holds (FORMULA): the difference is {NUMBER}, more than the margin of 0.1."),
        (
            ROW | dict.fromkeys(("effect", "ci_low", "ci_high"), "0.05") | {"kind": "controlled"},
            "In the controlled experiment it holds (FORMULA): the difference is 0.05 in each of 30 seeds, "
            "within the margin of 0.1.",
        ),
        (
            ROW | {"verdict": "contradicted", "kind": "real"},
            f"On real data it fails (FORMULA): the difference is {NUMBER}, against it by more than the margin of 0.1.",
        ),
        (
            ROW | {"verdict": "negligible", "effect": "-0.250049"},
            f"As written it fails (FORMULA): the difference is {NUMBER}, too small to matter beside the margin of 0.1.",
        ),
        (
            ROW | {"verdict": "inconclusive"},
            f"As written it stays open (FORMULA): the difference is {NUMBER}, too uncertain for a margin of 0.1.",
        ),
        (
            ROW | {"verdict": "inconclusive", "reason": "5 of 30 pairs undefined, more than a tenth"},
            "As written it stays open (FORMULA): 5 of 30 pairs undefined, more than a tenth.",
        ),
        (
            UNTESTED | {"verdict": "untestable", "reason": "It has no such arm.; design: Add one."},
            "As written it cannot be tested: It has no such arm.",
        ),
    ],
)
def test_a_sentence_follows_the_verdict(row: dict[str, str], expected: str) -> None:
    assert lessons.sentence(row, "FORMULA") == expected


@pytest.fixture
def judged() -> pd.DataFrame:
    """A ledger of three claims on one lesson: tested both ways, as written only (and in no figure), and ours."""
    controlled = {"kind": "controlled", "scenario": "dropout_controlled"}
    once = {"claim": "in-no-figure", "text": "Tested once."}
    ours = {"claim": "our-check", "text": "A check.", "basis": "ours", "article": "", "example": ""}
    return pd.DataFrame(
        [
            ROW,
            ROW | once,
            UNTESTED | ours | {"verdict": "untestable", "reason": "Not there."},
            ROW | controlled | {"verdict": "negligible"},
            UNTESTED | once | controlled | {"verdict": "untestable", "reason": "Not there."},
            ROW | ours | controlled | {"verdict": "inconclusive"},
        ]
    )


def test_findings_count_what_became_of_the_articles_claims_and_show_one_of_each_lesson(judged: pd.DataFrame) -> None:
    lines = ledger.findings(judged, {"dropout": ["gone", ROW["claim"]]}).splitlines()
    assert lines[0] == "The articles make 2 distinct claims; we added 1 checks of the experiments."
    assert "| as written | 2 (100%) | 0 (0%) | 0 (0%) | 0 (0%) |" in lines
    assert "| controlled | 0 (0%) | 1 (50%) | 0 (0%) | 1 (50%) |" in lines
    assert lines[-1] == (
        "| [dropout](experiments/dropout.py) | 1, 2 | Dropout lowers a\\|b. | ✓ supported | ≈ negligible "
        "| 2 / 0 | 0 / 1 | 0 / 1 | 1 / 1 |"
    )
    assert not any("on real data" in line for line in lines)


def test_a_lesson_without_article_and_with_one_kind_has_its_line(judged: pd.DataFrame) -> None:
    real = judged.head(1).assign(kind="real", article="", example="", lesson="own")
    assert ledger.findings(real, {}).splitlines()[-1] == (
        "| [own](experiments/own.py) |  | Dropout lowers a\\|b. | ✓ supported | 1 | 0 | 0 | 0 |"
    )


def test_the_ledger_lists_every_claim(judged: pd.DataFrame) -> None:
    lines = ledger.ledger(judged, {}).splitlines()
    assert lines[0] == "# The ledger of claims" and "## dropout" in lines
    assert "| A check. *(ours)* | – untestable | ? inconclusive |" in lines
    assert sum(line.startswith("| [dropout](../experiments/dropout.py)") for line in lines) == 1


def test_a_lessons_outcome_has_all_claims_that_were_tested_those_of_its_figure_first_and_ours_last(
    judged: pd.DataFrame,
) -> None:
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


def test_a_generated_part_is_made_anew_and_the_rest_left_alone() -> None:
    before, after = 'r"""Why?\n\nSo.\n\n', '\n\nMore.\n"""\n\nx = 1\n'
    once = lessons.filled(f"{before}.. generated: outcome\nold\n.. end{after}", lambda: "new")
    assert once == f"{before}.. generated: outcome\n\nnew\n\n.. end{after}"
    assert lessons.filled(once, lambda: "new") == once
    assert lessons.filled('"""Why?"""\n', lambda: "new") == '"""Why?"""\n'
    page = "a\n<!-- generated: findings -->\nold\n<!-- end -->\nb <!-- end -->\n"
    filled = ledger.filled(page, {"findings": "new"})
    assert filled == "a\n<!-- generated: findings -->\n\nnew\n\n<!-- end -->\nb <!-- end -->\n"
    with pytest.raises(ValueError, match="README.md: got no part speed, expected <!-- generated: speed -->"):
        ledger.filled(page, {"speed": "new"})


@pytest.mark.parametrize("raw", ["", "r"])
def test_backslashes_and_quotes_do_not_break_a_docstring(raw: str) -> None:
    source = f'{raw}"""Why?\n\n.. generated: outcome\n.. end\n"""\n'
    text = ast.get_docstring(ast.parse(lessons.filled(source, lambda: 'a \\d "b" and """c"""')))
    assert text is not None and "a \\d \"b\" and '''c'''" in text


def test_documents_are_those_that_are_there_and_only_changed_ones_are_written(
    judged: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "results/tables").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    judged.to_csv(tmp_path / "results/tables/claims.csv", index=False)
    (tmp_path / "results/tables/benchmark.csv").write_text(
        "part,what,value,unit,target,met\na,ratio,7.5,times,at least 8,no\na,one,1,s,,\nverdicts,any,0.04,,,\n"
    )
    (tmp_path / "README.md").write_text("Ünïcode\n<!-- generated: findings -->\n<!-- end -->\n", encoding="utf-8")
    (tmp_path / "docs/performance.md").write_text("<!-- generated: speed -->\n<!-- end -->\n")
    texts = ledger.documents(tmp_path, {})
    assert [str(f.relative_to(tmp_path)) for f in ledger.write(texts)] == [
        "results/README.md",
        "README.md",
        "docs/performance.md",
    ]
    assert "| ratio | 7.5 | times | at least 8 | no |" in texts[tmp_path / "docs/performance.md"]
    assert ledger.simulated(tmp_path / "results/tables").splitlines()[-1] == "| any | 0.04 |"
    assert ledger.write(ledger.documents(tmp_path, {})) == []
