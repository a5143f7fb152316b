"""Lessons: one template each, rendered from committed tables for GitHub, for a notebook, or for the site.

A lesson's source, `experiments/NAME.md`, is a Jinja2 template with YAML front matter. It holds no result: numbers come
from tables by name, what is said of them is asserted. Figure, chart, table and fold are macros, with a version for each
form in `report/forms`.
"""

import functools
import math
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jinja2

from mirage.claims.claims import WORDS
from mirage.report import changes, ledger
from mirage.report.numbers import Numbers, percent, short
from mirage.report.sources import Source
from mirage.settings import ConfigError

Form = Literal["github", "notebook", "site"]
Chart = Callable[[str, str, Mapping[str, Any]], str]  # kind, scenario, options; gives HTML without an empty line

FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,3} .+)\n(?=\S)", re.MULTILINE)
FORMS = Path(__file__).with_name("forms")


@dataclass(frozen=True)
class Page:
    """A rendered lesson.

    `headline` is what came out, in a sentence; `text` Markdown with the question as its title. `notices` say in a line
    each what the text was written for and the tables no longer say; they stand below the title, too.
    """

    source: Source
    headline: str
    text: str
    notices: tuple[str, ...] = ()


def headline(lesson: str, numbers: Numbers) -> str:
    """What came out in a lesson, in a sentence, without rendering the rest of it."""
    return _Rendering(lesson, "github", numbers).line(Source.read(lesson).headline)


def render(lesson: str, form: Form, numbers: Numbers, chart: Chart | None = None, strict: bool = False) -> Page:
    """A lesson in one of its forms.

    Parameters
    ----------
    chart
        What draws an interactive chart; only the form ``site`` has them.
    strict
        Whether to refuse a text that the tables contradict; else it gets a notice.

    Raises
    ------
    ConfigError
        One line: the file, what it got, what was expected.
    """
    source = Source.read(lesson)
    rendering = _Rendering(lesson, form, numbers, chart)
    sentence = rendering.line(source.headline)
    text = rendering.text(source.template + "\n{{ doctor(causes) }}\n", sentence)
    if strict and rendering.notices:
        raise ConfigError(f"experiments/{lesson}.md: {rendering.notices[0]}")
    if rendering.notices:
        text = _with_notices(text, rendering.notices)
    return Page(source, sentence, _tidy(text), tuple(rendering.notices))


class _Rendering:
    """One lesson in one form: what its template can call."""

    def __init__(self, lesson: str, form: Form, numbers: Numbers, chart: Chart | None = None) -> None:
        self.lesson, self.form, self.numbers, self.chart = lesson, form, numbers, chart
        self.notices: list[str] = []

    def line(self, template: str) -> str:
        """A template of one line."""
        return " ".join(self._guarded(lambda: self._environment.from_string(template).render()).split())

    def text(self, template: str, headline: str) -> str:
        """The whole text; the macros of the form know the lesson and its headline."""

        def rendered() -> str:
            known = {"lesson": self.lesson, "headline": headline, "draw": self._draw}
            known["causes"] = Source.read(self.lesson).causes
            macros: dict[str, Any] = {}
            for name in ("common", self.form):
                if (FORMS / f"{name}.md.j2").is_file():
                    macros |= vars(self._environment.get_template(f"{name}.md.j2").make_module(known | macros))
            own = {name: macro for name, macro in macros.items() if not name.startswith("_")}
            return self._environment.from_string(template).render(
                own | {"headline": headline, "causes": known["causes"]}
            )

        return self._guarded(rendered)

    @functools.cached_property
    def _environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FORMS),
            undefined=jinja2.StrictUndefined,
            lstrip_blocks=True,
            trim_blocks=True,
            keep_trailing_newline=True,
            finalize=lambda value: short(value) if isinstance(value, int | float) else value,
        )
        environment.filters |= {"percent": percent, "short": short, "exp": math.exp}
        environment.globals |= {
            "value": self.numbers.value,
            "swept": self.numbers.swept,
            "setting": self.numbers.setting,
            "effect": self._effect,
            "asserts": self._asserts,
            "requires": self._requires,
            "changes": self._changes,
            "table_of_claims": self._claims,
            "ours": self._ours,
            "question": lambda other: Source.read(other).question,
        }
        return environment

    def _guarded(self, render: Callable[[], str]) -> str:
        try:
            return render()
        except jinja2.TemplateError as error:
            raise ConfigError(f"experiments/{self.lesson}.md: {_where(error)}{error}") from None
        except (ConfigError, TypeError, ZeroDivisionError) as error:
            raise ConfigError(f"experiments/{self.lesson}.md: {_where(error)}{error}") from None

    def _effect(self, claim: str, kind: str = "controlled") -> str:
        """An effect with its unit and interval."""
        return ledger.number(self.numbers.of_claim(claim, kind))

    def _asserts(self, claim: str, **expected: str) -> str:
        """Nothing; a notice where a verdict, by kind of scenario, is not the one that the text speaks of."""
        for kind, verdict in expected.items():
            if verdict not in WORDS:
                raise ConfigError(f"asserts: got {verdict}, expected one of {', '.join(WORDS)}")
            found = self.numbers.of_claim(claim, kind)["verdict"]
            if found != verdict:
                self.notices.append(f"claim {claim}, {kind}: got {found}, expected {verdict}")
        return ""

    def _requires(self, condition: bool, said: str) -> str:
        """Nothing; a notice where the numbers do not bear out what the text says."""
        if not condition:
            self.notices.append(f"got numbers that deny it, expected: {said}")
        return ""

    def _changes(self, one: str, other: str, reasons: Mapping[str, str]) -> str:
        """The table of what one scenario changes of another, with reasons."""
        found = changes.changes(self.numbers.plan(one), self.numbers.plan(other), reasons)
        kinds = (self.numbers.plan(name).about.kind.replace("_", " ") for name in (one, other))
        said = [None, *(change.why for change in found)]
        rows = [
            [f"`{setting}`", ledger.escaped(before), ledger.escaped(after), "" if why == known else why]
            for (setting, before, after, why), known in zip(found, said, strict=False)
        ]
        return ledger.markdown(["setting", *kinds, "why"], rows)

    def _claims(self) -> str:
        """The table of what became of the lesson's claims."""
        return ledger.of_lesson(self.numbers.judged, self.lesson)

    def _ours(self) -> str:
        """The table of our own findings and checks."""
        return ledger.ours(self.numbers.judged, self.lesson)

    def _draw(self, kind: str, scenario: str, options: Mapping[str, Any]) -> str:
        if self.chart is None:
            raise ConfigError(f"chart: got no records to draw {kind} of {scenario} from")
        return self.chart(kind, scenario, options)


def _tidy(text: str) -> str:
    """The text with one empty line between its blocks and after each heading; what is in fences stays as it is."""
    parts = FENCED.split(text)
    for place in range(0, len(parts), 2):
        spaced = HEADING.sub(r"\1\n\n", re.sub(r"\n{3,}", "\n\n", parts[place].strip("\n")))
        parts[place] = f"\n\n{spaced}\n\n" if spaced else "\n\n"
    return "".join(parts).strip() + "\n"


def _where(error: BaseException) -> str:
    """The line of the template that an error comes from, as far as it is known."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"line {error.lineno} after the front matter: "
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return f"line {lines[0]} after the front matter: " if lines else ""


def _with_notices(text: str, notices: Sequence[str]) -> str:
    listed = "\n".join(f"> - {notice}" for notice in notices)
    title, _, after = text.lstrip().partition("\n")
    return f"{title}\n\n> **This text was written for other numbers.**\n>\n{listed}\n{after}"
