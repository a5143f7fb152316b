"""Where a checkout keeps its scenarios, claims, lessons, sweeps and results."""

import csv
import functools
import re
from pathlib import Path
from typing import Any

from mirage.settings import ConfigError

ROOT = Path(__file__).resolve().parents[3]
PILOT = range(30)  # the seeds on which designs, tests and margins are made
CONF, EXPERIMENTS, RESULTS = ROOT / "conf", ROOT / "experiments", ROOT / "results"


def conf() -> Path:
    """The folder of configurations.

    Raises ConfigError away from a checkout, where the package is installed without it.
    """
    if not (CONF / "scenario").is_dir():
        raise ConfigError(
            f"conf/: not found in {ROOT}, expected a checkout of the project: scenarios and lessons are no part of the "
            "package; clone it and type `pip install -e .` there"
        )
    return CONF


def _names(folder: str) -> list[str]:
    return sorted(file.stem for file in (conf() / folder).glob("*.yaml"))


def scenarios() -> list[str]:
    """The names of all scenarios."""
    return _names("scenario")


def lessons() -> list[str]:
    """The names of all lessons: each has a file of claims."""
    return _names("claims")


def sweeps() -> list[str]:
    """The names of the ready sweeps."""
    return _names("sweep")


def read(file: Path) -> dict[str, Any]:
    """The plain settings of one of our YAML files.

    Raises ConfigError, one line, for a file that is not there or holds something else.
    """
    import yaml

    try:
        settings = yaml.load(file.read_text(encoding="utf-8"), _loader())
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{file}: got no settings that can be read, expected YAML: {in_a_line(error)}") from None
    if not isinstance(settings, dict):
        raise ConfigError(f"{file}: got {settings}, expected settings by name")
    return {str(key): value for key, value in settings.items()}


@functools.cache
def _loader() -> Any:
    """OmegaConf's loader, which refuses a key that stands twice, on libyaml's parser where there is one.

    That is ten times as fast; whoever types ``--help`` has fifty files read.
    """
    import yaml
    from omegaconf._utils import get_yaml_loader

    strict = get_yaml_loader()
    if not yaml.__with_libyaml__:
        return strict

    class Quick(yaml.cyaml.CParser, strict):  # type: ignore[misc,valid-type]
        def __init__(self, text: str) -> None:
            yaml.cyaml.CParser.__init__(self, text)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)

    return Quick


def in_a_line(error: Exception) -> str:
    """What an error of Hydra, OmegaConf or YAML says, in a line."""
    text = str(error)
    for rest in ("See https://", "Config search path:", "Available options"):  # the first of many lines say enough
        text = text.partition(rest)[0]
    return " ".join(text.split())


def frozen() -> dict[str, tuple[str, range]]:
    """What is frozen, nothing without a file: by lesson, or scenario that has none, a hash and the seeds of verdicts.

    Raises ConfigError, one line, for a file that says something else.
    """
    file = conf() / "claims" / "frozen.csv"
    found: dict[str, tuple[str, range]] = {}
    if not file.exists():
        return found
    with file.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            seeds = re.fullmatch(r"(\d+)-(\d+)", row.get("seeds") or "")
            if not row.get("name") or not row.get("hash") or seeds is None:
                raise ConfigError(
                    f"{file}: got {list(row.values())}, expected a name, a hash, and seeds such as 200-299"
                )
            found[row["name"]] = (row["hash"], range(int(seeds[1]), int(seeds[2]) + 1))
    return found


def canonical_seeds(name: str) -> range:
    """The seeds of committed tables and verdicts of a lesson, or of a scenario that has none.

    Those that it was frozen for; until then the pilot's.
    """
    return frozen().get(name, ("", PILOT))[1]


def scenario_file(name: str) -> Path:
    """The file of a scenario."""
    return conf() / "scenario" / f"{name}.yaml"


def claims_file(lesson: str) -> Path:
    """The file of a lesson's claims."""
    return conf() / "claims" / f"{lesson}.yaml"


def sweep_file(name: str) -> Path:
    """The file of a ready sweep."""
    return conf() / "sweep" / f"{name}.yaml"


def text_file(lesson: str) -> Path:
    """The file with a lesson's text, a template.

    Raises ConfigError if there is none.
    """
    return _of_lesson(lesson, "md")


def lesson_file(lesson: str) -> Path:
    """The file with a lesson's panels.

    Raises ConfigError if there is none.
    """
    return _of_lesson(lesson, "py")


def _of_lesson(lesson: str, ending: str) -> Path:
    file = EXPERIMENTS / f"{lesson}.{ending}"
    if not file.is_file():
        raise ConfigError(f"lesson: got {lesson}, expected a file {file}")
    return file
