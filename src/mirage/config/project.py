"""Where a checkout keeps its scenarios, claims, lessons, sweeps and results."""

from pathlib import Path

from mirage.settings import ConfigError

ROOT = Path(__file__).resolve().parents[3]
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


def scenario_file(name: str) -> Path:
    """The file of a scenario."""
    return conf() / "scenario" / f"{name}.yaml"


def claims_file(lesson: str) -> Path:
    """The file of a lesson's claims."""
    return conf() / "claims" / f"{lesson}.yaml"


def sweep_file(name: str) -> Path:
    """The file of a ready sweep."""
    return conf() / "sweep" / f"{name}.yaml"


def lesson_file(lesson: str) -> Path:
    """The file with a lesson's text and panels."""
    return EXPERIMENTS / f"{lesson}.py"
