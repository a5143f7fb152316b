"""Scenario files as Hydra composed them, kept on disk: to compose thirty takes seconds, to read them nothing."""

import hashlib
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mirage.config import compose, project


def loader(folder: Path) -> Callable[[str], dict[str, Any]]:
    """What loads a scenario as `compose.load` does, from what a folder keeps of it where no configuration changed.

    A file goes by a hash of everything in `conf/`, of the code that composes, and of Hydra's and OmegaConf's versions.
    """
    digest = hashlib.sha256(Path(compose.__file__).read_bytes())
    for package in ("hydra-core", "omegaconf"):
        digest.update(f"{package} {importlib.metadata.version(package)}".encode())
    for file in sorted(project.conf().rglob("*.yaml")):
        digest.update(file.relative_to(project.conf()).as_posix().encode() + b"\0" + file.read_bytes())
    known = digest.hexdigest()

    def load(scenario: str) -> dict[str, Any]:
        file = folder / f"{scenario}.json"
        try:
            kept = json.loads(file.read_bytes())
        except (OSError, ValueError):
            kept = None
        if isinstance(kept, dict) and kept.get("of") == known:
            return dict(kept["tree"])
        tree = compose.load(scenario)
        text = json.dumps({"of": known, "tree": tree})
        if json.loads(text)["tree"] == tree:  # else JSON would change it
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tree

    return load
