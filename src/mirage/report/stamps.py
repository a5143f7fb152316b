"""Whether a product is as it was made, and would be made the same again: a small file beside the records says so.

A product is a scenario's table, a lesson's figure, a sweep, the documents. Its stamp holds a hash of all that it
follows from, and one of every file, or part of a file, as it was written. No clock counts.
"""

import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mirage.records import checked, source
from mirage.records.files import write_text

if TYPE_CHECKING:
    from mirage.config.plan import Plan
    from mirage.records.store import Place

PACKAGE = Path(__file__).parents[1]
# The code that every number and picture follows from, given records: what measures, judges, reads, draws rows again.
MEASURING = ("data", "metrics", "models", "claims", "records", "training/replicate.py", "making.py", "config/plan.py")
LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib")

Placed = tuple["Plan", Mapping[str, "Place"]]  # a plan, and where the records of each of its arms are


def place(results: Path, name: str) -> Path:
    """The file of a product's stamp; `results` is the results folder."""
    return results / "runs" / "stamps" / f"{name}.json"


def code_files(names: Iterable[str]) -> list[Path]:
    """The files of these modules and folders of the package, styles of figures included."""
    every = (PACKAGE / name for name in names)
    files = {file for one in every for file in (one.rglob("*") if one.is_dir() else [one])}
    return sorted(file for file in files if file.suffix in (".py", ".mplstyle", ".j2"))


@functools.cache
def code(*names: str) -> str:
    """A hash of the code of these modules and folders, and of the versions of the libraries that they compute with."""
    digest = hashlib.sha256()
    for file in code_files(names):
        digest.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0" + file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {importlib.metadata.version(library)}".encode())
    return digest.hexdigest()


def followed(code: str, placed: Iterable[Placed] = (), more: Iterable[bytes] = ()) -> str:
    """A hash of all that a product follows from.

    Parameters
    ----------
    code
        A hash of the code that makes it.
    placed
        The plans that it shows. Their records count, not the fingerprints: code that trains may change and give the
        same. A record goes by the checksum that stands in it: whether it fits is for the caller to verify.
    more
        The content of other files that it shows, such as claims.
    """
    digest = hashlib.sha256(code.encode())
    for plan, places in placed:
        shown = (plan.scenario, plan.about, dict(plan.arms), list(plan.seeds), plan.changes, plan.sweep)
        digest.update(repr(shown).encode())
        for where in places.values():
            digest.update("".join(checked.stated(where.file(seed)) or "none" for seed in plan.seeds).encode())
    for content in more:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def contents(files: Iterable[Path]) -> dict[str, bytes]:
    """What stands in files, by name; nothing in those that are not there."""
    return {file.name: file.read_bytes() if file.is_file() else b"" for file in files}


def fitting(stamp: Path, follows: str, made: Mapping[str, bytes]) -> list[str] | None:
    """What was to be said of a product when it was made, if it is up to date; else None.

    `follows` is what it would follow from now (`followed`), `made` the contents of its files or parts by name.
    """
    known = _read(stamp)
    written = known.get("written", {})
    if known.get("follows") != follows or any(written.get(name) != _hash(content) for name, content in made.items()):
        return None
    return [str(line) for line in known.get("said", ())]


def put(stamp: Path, follows: str, made: Mapping[str, bytes], said: Sequence[str] = ()) -> None:
    """Note that a product was just made; files that it had before keep their hashes if it follows from the same.

    Raises ConfigError if the code was changed since this process began: the product would go by code that did not
    make it.
    """
    source.check_unchanged()
    known = _read(stamp)
    kept = known["written"] if known.get("follows") == follows else {}
    written = kept | {name: _hash(content) for name, content in made.items()}
    stated = {"follows": follows, "written": written, "said": list(said)}
    write_text(stamp, json.dumps(stated, indent=1, sort_keys=True) + "\n")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(stamp: Path) -> dict:  # type: ignore[type-arg]
    """A stamp's file; nothing where there is none, or a damaged one."""
    try:
        known = json.loads(stamp.read_bytes())
    except (OSError, ValueError):
        return {}
    whole = isinstance(known, dict) and isinstance(known.get("written"), dict) and isinstance(known.get("said"), list)
    return known if whole else {}
