"""The jobs of a sweep, whether it was typed or is a ready one of ``conf/sweep``."""

from collections.abc import Sequence

from mirage.config import project
from mirage.config.typed import Typed, assigned, jobs
from mirage.config.words import unknown
from mirage.settings import ConfigError, leaves, shown


def sweep_jobs(typed: Sequence[Typed]) -> list[list[Typed]]:
    """The jobs of a sweep, each as what would have been typed for it; a ready sweep's file is read here.

    What was typed comes after what the file says, and so counts instead of it.
    """
    named = [one for one in typed if one.key == "sweep"]
    if not named:
        return jobs(typed)
    rest, known = [one for one in typed if one.key != "sweep"], project.sweeps()
    every: list[list[Typed]] = []
    for name in named[-1].value if named[-1].swept else [named[-1].value]:
        if not isinstance(name, str) or name not in known:
            raise unknown("sweep", shown(name), known)
        every += _ready(name, rest)
    return every


def _ready(name: str, rest: Sequence[Typed]) -> list[list[Typed]]:
    """The jobs of one ready sweep, with what was typed beside its name."""
    file, where = project.read(project.sweep_file(name)), f"conf/sweep/{name}.yaml"
    if "scenario" not in file or not {"sweep", "jobs"} & set(file):
        raise ConfigError(f"{where}: got {', '.join(file) or 'nothing'}, expected scenario, and sweep or jobs")
    swept, listed = file.pop("sweep", {}), file.pop("jobs", [{}])
    if not isinstance(swept, dict) or not all(isinstance(values, list) and values for values in swept.values()):
        raise ConfigError(f"{where}: sweep: got {shown(swept)}, expected a list of values for each key")
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise ConfigError(f"{where}: jobs: got {shown(listed)}, expected a list of settings by key")
    settled = [assigned(key, value) for key, value in leaves(file)]
    several = [Typed(key, values, "", swept=True) for key, values in swept.items()]
    # As it is in its file, or changed: then it has no name, and its results are custom ones.
    marks = [assigned("sweep", name)] if all(one.key in ("steps", "force", "results_dir") for one in rest) else []
    return [
        job
        for one in listed
        for job in jobs([*settled, *several, *(assigned(key, value) for key, value in one.items()), *marks, *rest])
    ]
