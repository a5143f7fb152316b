"""A lesson's source: `experiments/NAME.md`, a template with front matter, as it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from mirage.config import project
from mirage.settings import ConfigError

FRONT = re.compile(r"\A---\n(.*?)\n---\n+", re.DOTALL)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
KEYS = {
    "headline": str,
    "symptoms": list,
    "also": list,
    "next": list,
    "causes": list,
    "example": dict,
    "notebook": dict,
}
EXPECTED = (
    "headline (text), symptoms, also, next, causes (lists), example (arguments by arm), notebook (scenario, settings)"
)


@dataclass(frozen=True)
class Source:
    """A lesson as it is written, with no number in it."""

    lesson: str
    question: str
    headline: str
    """The template of what came out, in a sentence."""
    symptoms: tuple[str, ...]
    """What somebody sees whom this lesson helps."""
    also: tuple[str, ...]
    """Further words by which somebody may look for it."""
    next: tuple[str, ...]
    """The lessons to go on with."""
    causes: tuple[str, ...]
    """What the doctor calls this in somebody's own predictions."""
    example: Mapping[str, Mapping[str, Any]]
    """The arms that the example trains, each with the arguments of its function `example`."""
    notebook: Mapping[str, Any]
    """The scenario and the settings that the notebook runs."""
    template: str
    """All that follows the front matter."""

    @classmethod
    def read(cls, lesson: str) -> Self:
        """The source of a lesson.

        Raises ConfigError, one line, if there is none, or if its front matter or title is not as expected.
        """
        import yaml

        text = project.text_file(lesson).read_text(encoding="utf-8")
        where = f"experiments/{lesson}.md"
        found = FRONT.match(text)
        try:
            given = yaml.safe_load(found[1]) if found else None
        except yaml.YAMLError as error:
            raise ConfigError(f"{where}: front matter: {project.in_a_line(error)}") from None
        front = given if isinstance(given, dict) else {}
        if set(front) != set(KEYS) or not all(isinstance(front[key], kind) for key, kind in KEYS.items()):
            raise ConfigError(f"{where}: front matter: got {', '.join(front) or 'none'}, expected {EXPECTED}")
        template = FRONT.sub("", text, count=1)
        title = TITLE.search(template)
        if title is None:
            raise ConfigError(f"{where}: got no title, expected `# QUESTION` after the front matter")
        return cls(
            lesson,
            title[1].strip(),
            front["headline"],
            tuple(map(str, front["symptoms"])),
            tuple(map(str, front["also"])),
            tuple(front["next"]),
            tuple(front["causes"]),
            front["example"],
            front["notebook"],
            template,
        )
