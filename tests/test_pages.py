"""What the site's pages are made of, without a browser: the ledger's rows, the policy, counts, vendored files."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import ROOT

from mirage.claims.claims import Test as Compared  # pytest takes what is called Test for tests
from mirage.config import compose, remembered
from mirage.report import notebooks
from mirage.report.numbers import Numbers
from mirage.site import build, index, ledger, policy

TABLES = ROOT / "results" / "tables"
HOSTILE = "<script>alert(1)</script>\n\n# A | `b` & \"c\" 'd'"
COLUMNS = (
    "claim,lesson,scenario,kind,article,paragraph,example,basis,text,effect,ci_low,ci_high,margin,unit,n,agree,seeds,"
    "scope,yardstick,verdict,reason"
)
GREATER = Compared("a.test.mse", "greater", "b.test.mse", 0.1, "")


def site(*words: str, before: str = "") -> "subprocess.CompletedProcess[str]":
    """What the command does with these words, in a process of its own that runs some lines before."""
    code = f"import sys\n{before}\nfrom mirage.cli.site import main\nmain({list(words)!r})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")


# -- the command -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("seed=3", "site: got seed=3, expected seeds=FIRST-LAST or results_dir=DIR"),
        ("seeds=2-0", "seeds: got 2-0, expected the first and the last one, such as 0-2"),
        ("seeds=few", "seeds: got few, expected the first and the last one, such as 0-2"),
        ("results_dir=", "site: got results_dir=, expected seeds=FIRST-LAST or results_dir=DIR"),
    ],
)
def test_a_wrong_word_is_one_line(word: str, said: str) -> None:
    done = site(word)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{said}\n")


def test_missing_packages_are_one_line_that_says_how_to_get_them() -> None:
    done = site(before="sys.modules['sphinx'] = sys.modules['altair'] = None")
    assert done.returncode == 2
    assert re.fullmatch(r"site: got no package sphinx,.* altair, expected .*`make \.venv/site`\n", done.stderr)


# -- the ledger --------------------------------------------------------------------------------------------------


def numbers_of(drawing: str, mark: str, name: str) -> list[float]:
    return [float(found) for found in re.findall(rf'class="{mark}"[^>]* {name}="([^"]*)"', drawing)]


def test_an_effect_of_one_margin_lies_on_the_line_of_the_margin_and_none_in_the_middle() -> None:
    for effect, place in ((1.0, 2), (0.0, 1), (-1.0, 0)):
        drawing = ledger.drawn((effect, effect - 0.5, effect + 0.5), "greater", "")
        lines = sorted(numbers_of(drawing, "(?:margin|nought)", "x1"))
        assert numbers_of(drawing, "mean", "cx") == [pytest.approx(lines[place], abs=0.1)]
    assert numbers_of(ledger.drawn((0, -1, 1), None, ""), "nought", "x1") == [ledger.WIDTH / 2]


def test_what_lies_beyond_the_scale_ends_in_an_arrow() -> None:
    both = ledger.drawn((0.0, -9.0, 9.0), "same", "")
    assert both.count('class="beyond"') == 2
    gone = ledger.drawn((9.0, 8.0, 10.0), "same", "")
    assert gone.count('class="beyond"') == 1 and 'class="mean"' not in gone
    assert 'class="beyond"' not in ledger.drawn((4.0, 3.0, 5.0), "same", "")


@pytest.mark.parametrize("relation", ["less", "greater", "same"])
def test_the_claimed_part_of_the_scale_is_shaded(relation: str) -> None:
    drawing = ledger.drawn((0.0, 0.0, 0.0), relation, "")
    left, width = (numbers_of(drawing, "claimed", name)[0] for name in ("x", "width"))
    low, high = numbers_of(drawing, "margin", "x1")
    end, full = ledger.WIDTH - ledger.EDGE, ledger.WIDTH
    assert (left, left + width) == {
        "less": (full - end, low),
        "greater": (high, end),
        "same": (low, high),
    }[relation]


def test_text_of_a_table_stays_text_in_the_page(tmp_path: Path) -> None:
    cell = '"' + HOSTILE.replace('"', '""') + '"'
    row = f"a-claim,smote,smote,controlled,5,7,,stated,{cell},0.2,0.1,0.3,0.1,{cell},3,1,0-2,,{cell},holds,"
    (tmp_path / "claims.csv").write_text(f"{COLUMNS}\n{row}\n", encoding="utf-8")
    rows = ledger.rows(tmp_path, lambda *_: GREATER)
    assert rows[0]["order"] == "2"
    page = build.filled("ledger", {"rows": rows, "most": "5"})
    table = page[page.index("<table") :]
    assert "<script" not in table
    assert "\n\n" not in table.rstrip()  # a blank line would end the block of HTML, and data become Markdown
    assert table.count("&lt;script&gt;") == 4  # text, yardstick, unit, and the unit in the drawing's label


def test_a_claim_without_numbers_has_no_drawing(tmp_path: Path) -> None:
    row = "a-claim,smote,smote,controlled,5,7,,stated,A text.,,,,0.1,of recall,0,,0-2,,,undefined,no seed has it"
    (tmp_path / "claims.csv").write_text(f"{COLUMNS}\n{row}\n", encoding="utf-8")
    made = ledger.rows(tmp_path, lambda *_: None)[0]
    assert (made["drawing"], made["order"], made["number"]) == ("", "", "no seed has it")


# -- the index ---------------------------------------------------------------------------------------------------


def test_a_symptom_is_found_by_its_own_words_and_by_what_else_its_lesson_lists() -> None:
    source = SimpleNamespace(symptoms=("accuracy is high",), also=("100%", "fails in production"))
    (row,) = index.symptoms([SimpleNamespace(source=source)])
    assert row[:2] == ("accuracy is high", "accuracy is high. 100%. fails in production")


def test_each_claim_is_counted_once_by_its_fair_experiment() -> None:
    found = index.outcomes(TABLES)
    total = found.pop("claims of the articles")
    assert sum(found.values()) == total == len(set(ledger.read_judged(TABLES)["claim"]))


# -- what is kept ------------------------------------------------------------------------------------------------


def test_a_composed_scenario_is_read_from_what_is_kept_until_the_configuration_changes(tmp_path: Path) -> None:
    composed = remembered.loader(tmp_path)("dropout")
    assert composed == compose.load("dropout")
    file = tmp_path / "dropout.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(kept | {"tree": composed | {"title": "kept"}}), encoding="utf-8")
    assert remembered.loader(tmp_path)("dropout")["title"] == "kept"
    file.write_text(json.dumps({"of": "another configuration", "tree": {"title": "kept"}}), encoding="utf-8")
    assert remembered.loader(tmp_path)("dropout") == composed
    file.write_text("damaged", encoding="utf-8")
    assert remembered.loader(tmp_path)("dropout") == composed


def test_a_notebook_is_kept_until_its_text_changes(tmp_path: Path) -> None:
    numbers = Numbers(TABLES)
    assert notebooks.kept("smote", numbers, tmp_path) == notebooks.notebook("smote", numbers)
    (file,) = tmp_path.glob("smote-*.ipynb")
    file.write_text("kept", encoding="utf-8")
    assert notebooks.kept("smote", numbers, tmp_path) == "kept"
    file.rename(file.with_name(f"smote-{'0' * 64}.ipynb"))
    assert notebooks.kept("smote", numbers, tmp_path) != "kept"
    assert len(list(tmp_path.iterdir())) == 1


# -- the policy --------------------------------------------------------------------------------------------------

PAGE = (
    "<html><head><script>theme()</script></head><body><article>{}</article><script src='x.js'></script></body></html>"
)


def test_the_policy_is_the_first_element_of_the_head_and_allows_only_the_scripts_of_the_theme() -> None:
    page = policy.with_policy(PAGE.format("text"))
    assert page.startswith('<html><head>\n<meta http-equiv="Content-Security-Policy"')
    mark = base64.b64encode(hashlib.sha256(b"theme()").digest()).decode()
    assert re.search(r"script-src ([^;]*);", page)[1] == f"'self' 'sha256-{mark}'"  # type: ignore[index]
    assert "default-src 'none'" in page and "unsafe-eval" not in page


def test_a_script_in_the_text_of_a_page_is_refused_and_data_are_not() -> None:
    assert policy.with_policy(PAGE.format('<script type="application/json">{}</script>'))
    with pytest.raises(ValueError, match="smote: got an inline script in its text: 'steal"):
        policy.with_policy(PAGE.format("<script>steal()</script>"), "smote")


# -- vendored files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["docs/site/vendor", "tests/vendor"])
def test_vendored_files_are_those_whose_sums_are_written_down_and_have_a_licence(folder: str) -> None:
    lines = (ROOT / folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: mark for mark, name in (line.split(maxsplit=1) for line in lines)}
    files = [file for file in (ROOT / folder).rglob("*") if file.is_file() and file.name != "SHA256SUMS"]
    assert sums == {
        file.relative_to(ROOT / folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }
    assert any(file.suffix == ".txt" for file in files)
