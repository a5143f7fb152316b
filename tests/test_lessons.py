"""Lessons: numbers come from tables, what is said of them is asserted, the example is the scenario's."""

import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from helpers import plan, rows
from listings import AS_WRITTEN, FIXED, Net, layers_of

from mirage.api import stated
from mirage.claims.claims import TABLES
from mirage.claims.verdicts import COLUMNS
from mirage.cli import report
from mirage.config import project
from mirage.report import changes, course, lessons
from mirage.report.numbers import Numbers, percent, short
from mirage.report.sources import Source
from mirage.settings import ConfigError

LESSONS = project.lessons()
NUMBERS = Numbers(project.RESULTS / "tables")
OF_LISTINGS = [name for name in LESSONS if "as_written" in stated(name).scenarios]
PARTS = ["Predict first", "The example", "...", "What came out", "Limits", "Three things to try", "Where to go next"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLD = re.compile(r"<details>(.*?)</details>", re.DOTALL)


def drawn(kind: str, scenario: str, options: Any) -> str:
    assert scenario in project.scenarios() and options
    return f'<figure class="chart" aria-label="{kind}"></figure>'


def prose(source: str) -> str:
    """What a source says in words: without front matter, code, commands and expressions."""
    text = FENCE.sub("", source.partition("\n---\n")[2])
    for syntax in (
        r"\bF1\b|\bL[12]\b",
        r"\{% call cell.*?endcall %\}",
        r"\{%.*?%\}",
        r"\{\{.*?\}\}",
        r"\{#.*?#\}",
        r"`[^`]*`",
    ):
        text = re.sub(syntax, "", text, flags=re.DOTALL)
    return text


def parts(lesson: str) -> list[str]:
    """The headings of a lesson: one without a listing has nothing that a fair experiment could change."""
    first, third = "What the articles say", "The experiment"
    if lesson in OF_LISTINGS:
        first, third = "What the article says", "What a fair experiment changes"
    return [first, *(third if part == "..." else part for part in PARTS)]


@pytest.mark.parametrize("lesson", LESSONS)
class TestEveryLesson:
    @pytest.mark.parametrize("form", ["github", "notebook", "site"])
    def test_its_tables_say_what_its_text_says(self, lesson: str, form: lessons.Form) -> None:
        page = lessons.render(lesson, form, NUMBERS, drawn, strict=True)
        assert page.text.startswith(f"# {page.source.question}\n\n**{page.headline}**")
        assert re.findall(r"^## (.+)$", page.text, re.MULTILINE) == parts(lesson)
        assert "{" + "{" not in page.text and "{%" not in page.text

    def test_folds_hold_neither_headings_nor_code_and_stand_alone(self, lesson: str) -> None:
        text = lessons.render(lesson, "github", NUMBERS).text
        assert len(FOLD.findall(text)) == text.count("<details>") == text.count("</details>") >= 4
        for fold in FOLD.findall(text):
            assert not re.search(r"^(#|```)", fold, re.MULTILINE)
        assert re.findall(r"</details>\n(?!\n)(?!\Z)", text) == []

    def test_its_source_is_short_and_types_no_number(self, lesson: str) -> None:
        source = project.text_file(lesson).read_text(encoding="utf-8")
        assert len(source.splitlines()) <= 151  # a line of them names the doctor's causes
        assert [line for line in source.splitlines() if len(line) > 120 and "call exercise(" not in line] == []
        assert re.findall(r".*\d.*", prose(source)) == []

    def test_its_question_finding_and_next_lessons(self, lesson: str) -> None:
        source, sentence = Source.read(lesson), lessons.headline(lesson, NUMBERS)
        assert source.question.endswith("?") and source.symptoms and set(source.next) <= set(LESSONS) - {lesson}
        assert re.search(r"\d", sentence) and sentence.endswith(".") and len(sentence) <= 200

    def test_its_example_is_short(self, lesson: str) -> None:
        assert len(source_of_example(lesson).splitlines()) <= 30


def source_of_example(lesson: str) -> str:
    """The code of a lesson that defines its example."""
    [code] = [text for language, text in FENCE.findall(Source.read(lesson).template) if "def example(" in text]
    return str(code)


def example_of(lesson: str) -> Any:
    """The function that a lesson shows."""
    scope: dict[str, Any] = {}
    exec(source_of_example(lesson), scope)
    return scope["example"]


@pytest.mark.parametrize("lesson", OF_LISTINGS)
def test_an_example_is_that_of_the_listing(lesson: str) -> None:
    arms, example = Source.read(lesson).example, example_of(lesson)
    assert arms
    for arm, arguments in arms.items():
        listing = AS_WRITTEN[lesson][arm]
        few = {"epochs": 2} if isinstance(listing.fitted, Net) else {}
        found, x, y = example(**arguments, **few)
        assert x.shape == (listing.rows["train"], listing.features) and len(y) == len(x)
        if "train" in listing.classes and lesson not in ("prior_shift", "imbalance"):  # there a chance of the split
            assert np.bincount(np.asarray(y).astype(int).ravel()).tolist() == listing.classes["train"]
        assert_like(x, lesson, arm)
        for model in found if isinstance(found, list | tuple) else [found]:
            assert_fitted(model, listing.fitted, inspect.signature(example))


@pytest.mark.parametrize("lesson", sorted(set(LESSONS) - set(OF_LISTINGS)))
def test_an_example_without_a_listing_is_an_arm_of_the_experiment(lesson: str) -> None:
    arms, example = Source.read(lesson).example, example_of(lesson)
    scenario = stated(lesson).scenarios["controlled"]
    assert arms
    for name, arguments in arms.items():
        used, train = plan(scenario).arms[name], rows(scenario, name)["train"]
        few = {"epochs": 2} if used.training is not None else {}
        found, x, y = example(**arguments, **few)
        assert x.shape == train.x.shape and len(y) == len(x)
        for model in found if isinstance(found, list | tuple) else [found]:
            if used.training is None:
                assert type(model) is type(used.model.estimator())
                continue
            assert kernels(model) == kernels(used.model.build(x.shape[1:])) and model.loss == used.training.loss
            assert inspect.signature(example).parameters["epochs"].default == used.training.epochs


def kernels(model: keras.Model) -> list[tuple[int, ...]]:
    """The shapes of a network's weights, from input to output."""
    return [tuple(weight.shape) for weight in model.trainable_weights]


def assert_like(x: Any, scenario: str, arm: str) -> None:
    """That rows are drawn by a scenario's law: the very same where it is fixed, else of the same mean and spread."""
    if scenario in FIXED:
        np.testing.assert_allclose(x, rows(scenario, arm)["train"].x)
        return
    known = np.concatenate([rows(scenario, arm, seed=seed)["train"].x for seed in range(10)])
    off = 6 * known.std(0) / np.sqrt(len(x))
    np.testing.assert_array_less(np.abs(x.mean(0) - known.mean(0)), off)
    np.testing.assert_array_less(np.abs(x.std(0) - known.std(0)), off)


def assert_fitted(model: Any, fitted: Any, example: inspect.Signature) -> None:
    """That a model is that of a listing, with its loss, optimizer and, by default, its epochs."""
    if not isinstance(fitted, Net):
        name, given = fitted
        assert type(model).__name__ == name and model.get_params() == type(model)(**given).get_params()
        return
    assert layers_of(model) == fitted.layers and model.loss == fitted.loss
    assert model.optimizer.get_config() | {"name": ""} == keras.optimizers.Adam().get_config() | {"name": ""}
    assert example.parameters["epochs"].default == fitted.epochs and model.history.params["epochs"] == 2


@pytest.mark.parametrize("lesson", OF_LISTINGS)
def test_what_a_fair_experiment_changes_is_said_setting_by_setting(lesson: str) -> None:
    text = lessons.render(lesson, "github", NUMBERS).text
    one, other = (plan(stated(lesson).scenarios[kind]) for kind in ("as_written", "controlled"))
    for key, *_ in changes.diff(one, other):
        assert key in changes.PLAIN or f"| `{key}` |" in text


def test_every_lesson_has_its_place_in_the_course() -> None:
    found = course.read()
    assert sorted(found.order) == LESSONS and [plan.minutes for plan in found.plans] == [45, 90, 60]


# -- small lessons of our own ----------------------------------------------------------------------------------


FRONT = (
    "headline: It is {{ value('duel', 'a.test.mse') }}.\nsymptoms: []\nalso: []\nnext: []\ncauses: []\nexample: {}\n"
    "notebook: {}\n"
)
CLAIM = dict.fromkeys(COLUMNS, "") | {
    "claim": "a-beats-b", "lesson": "duel", "scenario": "duel", "kind": "controlled", "text": "A *beats* B|C.",
    "effect": "-2", "ci_low": "-2.5", "ci_high": "-1.5", "margin": "1", "unit": "points", "verdict": "holds",
}  # fmt: skip


@pytest.fixture
def duel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What renders a lesson with this text, from tables of one scenario and one claim."""
    tables = tmp_path / "tables"
    tables.mkdir()
    table = "arm,split,metric,mean\na,test,mse,4\nb,test,mse,6.5\nb:bayes,test,mse,1234.5\nc,test,mse,\na2,test,mse,5\n"
    (tables / "duel.csv").write_text(table)
    swept = "model.hidden,training.epochs,arm,split,metric,mean\n[8],2,a,test,mse,0.00012\n[8],4,a,test,mse,-3\n"
    (tables / "sweep_size.csv").write_text(swept)
    pd.DataFrame([CLAIM]).to_csv(tables / TABLES["claim"], index=False)
    monkeypatch.setattr(project, "EXPERIMENTS", tmp_path)

    def rendered(text: str, front: str = FRONT, form: lessons.Form = "github", **more: Any) -> lessons.Page:
        (tmp_path / "duel.md").write_text(f"---\n{front}---\n# Why?\n\n{text}\n", encoding="utf-8")
        return lessons.render("duel", form, Numbers(tables), **more)

    return rendered


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("{{ value('duel', 'a.test.mse') }}", "4"),
        ("{{ value('duel', 'b.test.mse - a.test.mse') }}", "2.5"),
        ("{{ value('duel', 'a.test.mse - b.test.mse') }}", "−2.5"),
        ("{{ value('duel', 'b:bayes.test.mse') }}", "1,234"),
        ("{{ value('duel', 'a*.test.mse') }}", "4.5"),  # of a and a2
        ("{{ swept('size', '[8], 2', 'a.test.mse') }}", "0.00012"),
        ("{{ setting('smote_controlled', 'data.n_test') }}", "5,000"),
        ("{{ setting('smote_controlled', 'arms.threshold.decision.threshold') }}", "0.1"),
        ("{{ 0.8449 | percent }} {{ 0.8449 | percent(1) }} {{ 0.8449 | short(2) }}", "84% 84.5% 0.84"),
        ("{{ effect('a-beats-b') }}", "−2 points (−2.5 to −1.5)"),
        ("{{ headline }}", "It is 4."),
        ("{{ table_of_claims() }}", "| the articles claim | controlled | effect |\n| --- | --- | --- |\n"
                           "| A \\*beats\\* B\\|C. | ✓ holds | −2 points (−2.5 to −1.5) |"),
    ],
)  # fmt: skip
def test_numbers_are_those_of_the_tables_as_one_reads_them(duel: Any, text: str, reads: str) -> None:
    assert duel(text).text == f"# Why?\n\n{reads}\n"


def test_a_number_reads_with_thousands_apart_and_a_true_minus() -> None:
    assert [short(n) for n in (0, 7, -12345, 0.5, 99.96, -0.012345)] == ["0", "7", "−12,345", "0.5", "100", "−0.0123"]
    assert percent(-0.051, 1) == "−5.1%"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{{ value('duel', 'a.test.mae') }}", "value: got a.test.mae, expected arm.split.metric of a number in"),
        ("{{ value('duel', 'c.test.mse') }}", "value: got c.test.mse, expected arm.split.metric of a number in"),
        ("{{ value('duel', 'd*.test.mse') }}", "value: got d*.test.mse, expected arm.split.metric of a number in"),
        ("{{ value('duet', 'a.test.mse') }}", "duet.csv: not there, expected a table in"),
        ("{{ swept('size', 3, 'a.test.mse') }}", "swept: got 3, expected a value of results/tables/sweep_size.csv"),
        ("{{ setting('smote_controlled', 'training.epochs') }}", "setting: got smote_controlled training.epochs"),
        ("{{ effect('a-beats-c') }}", "claim: got a-beats-c controlled, expected a claim, finding or check"),
        ("{{ asserts('a-beats-b', controlled='held') }}", "asserts: got held, expected one of holds"),
        ("{{ valeu('duel', 'a.test.mse') }}", "line 3 after the front matter: 'valeu' is undefined"),
        ("{% call fold('x') %}", "after the front matter: Unexpected end of template"),
        ("{{ changes('smote', 'smote_controlled', {'data': 'so'}) }}", "changes: got no reason why smote_controlled"),
        ("{{ changes('smote', 'smote', {'data': 'so'}) }}", "changes: got a reason for data, expected settings that"),
    ],
)
def test_what_is_not_there_is_one_line(duel: Any, text: str, line: str) -> None:
    with pytest.raises(ConfigError) as error:
        duel(text)
    assert str(error.value).startswith("experiments/duel.md: ") and line in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("front", "line"),
    [
        ("headline: x\n", "front matter: got headline, expected headline (text), symptoms, also, next, causes (lists)"),
        (FRONT.replace("next: []", "next: {}"), "front matter: got headline, symptoms, also, next"),
        ("headline: [x\n", "front matter: while parsing a flow sequence"),
    ],
)
def test_a_bad_front_matter_is_one_line(duel: Any, front: str, line: str) -> None:
    with pytest.raises(ConfigError) as error:
        duel("", front)
    assert str(error.value).startswith(f"experiments/duel.md: {line}") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("{{ asserts('a-beats-b', controlled='open') }}So.", "claim a-beats-b, controlled: got holds, expected open"),
        (
            "{{ requires(value('duel', 'a.test.mse') > 5, 'it is large') }}So.",
            "got numbers that deny it, expected: it is large",
        ),
    ],
)
def test_a_text_that_the_tables_contradict_says_so_and_is_refused_where_it_counts(
    duel: Any, text: str, notice: str
) -> None:
    page = duel(text)
    assert page.notices == (notice,)
    assert page.text == f"# Why?\n\n> **This text was written for other numbers.**\n>\n> - {notice}\n\nSo.\n"
    with pytest.raises(ConfigError, match="experiments/duel.md: "):
        duel(text, strict=True)
    fitting = text.replace("'open'", "'holds'").replace("> 5", "< 5")
    assert duel(fitting, strict=True).text == "# Why?\n\nSo.\n"


def test_the_forms_show_figure_fold_exercise_and_links_in_their_own_way(duel: Any) -> None:
    (project.EXPERIMENTS / "other.md").write_text(f"---\n{FRONT}---\n# What else?\n")
    text = (
        "{{ picture() }}{{ figure('It falls.') }}{{ chart('seeds', 'smote', finding='f', columns={}) }}"
        "{% call fold('Why') %}\nSo.\n{% endcall %}"
        "{% call exercise('python -m run scenario=x') %}\nMore.\n{% endcall %}"
        "{% call cell() %}\nprint(1)\n{% endcall %}{{ see('other') }}"
    )
    shown = {form: duel(text, form=form, chart=drawn).text for form in ("github", "notebook", "site")}
    for page in shown.values():
        assert "\n\n<details>\n<summary>Why</summary>\n\nSo.\n\n</details>\n\n" in page and "\n\n\n" not in page
        assert "```console\n$ python -m run scenario=x\n```\n\n<details>\n<summary>What to expect</summary>" in page
        assert "[What else?](other." in page
    assert "![It falls.](../figures/duel.png)" in shown["github"] and "chart" not in shown["github"]
    assert "```python\nprint(1)\n```" in shown["notebook"] and "print(1)" not in shown["github"] + shown["site"]
    assert '\n\n<figure class="chart"' in shown["site"]


def test_a_verdict_that_came_out_otherwise_is_named_with_the_lesson_that_relies_on_it(tmp_path: Path) -> None:
    again = tmp_path / "tables"
    shutil.copytree(project.RESULTS / "tables", again, ignore=shutil.ignore_patterns("metrics.csv"))
    claims = pd.read_csv(again / TABLES["claim"], dtype=str, keep_default_na=False)
    claims.loc[(claims["claim"] == "smote-raises-recall") & (claims["kind"] == "controlled"), "verdict"] = "open"
    claims.to_csv(again / TABLES["claim"], index=False)
    notice = "lesson smote: claim smote-raises-recall, controlled: got open, expected holds"
    assert set(report.contradicted(again)) == {notice}


def test_a_copy_of_a_lesson_renders_the_same_bytes(tmp_path: Path) -> None:
    shutil.copytree(project.RESULTS / "tables", tmp_path / "t", ignore=shutil.ignore_patterns("metrics.csv"))
    again = lessons.render("smote", "github", Numbers(tmp_path / "t"))
    assert again == lessons.render("smote", "github", NUMBERS)
