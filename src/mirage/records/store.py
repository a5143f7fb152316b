"""Records: what replicates leave on disk, one file each in a folder named by what decides them.

    runs/<fingerprint>/
        seed-<seed>.npz       a record: labels and scores by split, history by epoch, numbers without a split
        settings.json         all that decided the fingerprint, to see why two of them differ
        measured-<key>.npz    a cache: the numbers measured from these records; it may be deleted
        provenance.jsonl      where and when, a line for each stack

Records and settings are the same bytes whenever and wherever they are made again on one kind of machine. Inputs are not
kept: the law draws them again from the seed.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirage.metrics.rows import Measured
from mirage.records import checked, files
from mirage.records.checked import Array, Damaged
from mirage.records.identity import fingerprint, settings_of
from mirage.records.provenance import provenance
from mirage.training.replicate import Outcome

if TYPE_CHECKING:
    from mirage.config.plan import Arm

RECORD = re.compile(r"seed-(\d+)\.npz")
NAMES = ("reference", "split", "metric")  # the parts of a number's name, as arrays of the cache
OLD_ARM = re.compile(r".+-[0-9a-f]{12}")
NAMED = ".old-layout-named"  # left beside records of the old layout once somebody has been told of them


class Place:
    """Where the records of an arm lie: equal arms have one place, whatever their names and scenarios."""

    def __init__(self, runs: Path, arm: "Arm", vary: Collection[str], device: str = "cpu") -> None:
        self.runs, self._arm, self._vary, self._device = runs, arm, vary, device
        self.fingerprint = fingerprint(arm, vary, device)
        self.folder = runs / self.fingerprint

    def file(self, seed: int) -> Path:
        """The file of a record, whether there is one or not."""
        return self.folder / f"seed-{seed}.npz"

    def exists(self, seed: int) -> bool:
        """Whether there is a record of this seed; it is a whole one, unless the disk has failed since."""
        return self.file(seed).is_file()

    def recorded(self) -> set[int]:
        """The seeds that have a record, by one look at the folder."""
        if not self.folder.is_dir():
            return set()
        return {int(found[1]) for name in os.listdir(self.folder) if (found := RECORD.fullmatch(name))}

    def damage(self, seed: int) -> str:
        """What is wrong with a record, in a few words; nothing if every bit is as it was written."""
        try:
            checked.intact(self.file(seed))
        except Damaged as damaged:
            return damaged.reason
        return ""

    def write(self, seed: int, outcome: Outcome) -> None:
        """Write a record, whole or not at all; replaces an older one.

        Raises
        ------
        OSError
            If the disk is full or not writable; nothing is left behind then, and an older record stays.
        """
        settings = self.folder / "settings.json"
        if not settings.is_file():
            decisive = settings_of(self._arm, self._vary, self._device)
            files.write_text(settings, json.dumps(decisive, indent=1, sort_keys=True) + "\n")
        checked.write(self.file(seed), _packed(outcome))

    def read(self, seed: int) -> Outcome:
        """What a replicate gave.

        Raises
        ------
        Damaged
            If the record is not as it was written, or not there.
        """
        arrays = checked.read(self.file(seed))
        try:
            return _unpacked(arrays)
        except (KeyError, ValueError) as error:
            raise Damaged(self.file(seed), f"is no record: {error}") from None

    def write_provenance(self, seeds: Iterable[int], seconds: float) -> None:
        """Note where and when a stack was trained, these seeds in so many seconds."""
        line = json.dumps({"seeds": list(seeds), "seconds": round(seconds, 3)} | provenance()) + "\n"
        # One write at the end of the file: lines of several processes follow each other without a lock.
        with (self.folder / "provenance.jsonl").open("ab", buffering=0) as file:
            file.write(line.encode("utf-8"))

    def measured(self, key: str, seeds: Sequence[int]) -> dict[int, Measured]:
        """What was measured before, by seed; only of records that are still the very ones that were measured.

        `key` says what was measured and how: see `mirage.records.identity.measuring`.
        """
        wanted = set(seeds)
        cached = self._cache(key)
        return {
            s: kept for s, (record, kept) in cached.items() if s in wanted and checked.stated(self.file(s)) == record
        }

    def keep_measured(self, key: str, measured: Mapping[int, Measured]) -> None:
        """Add what was measured of some seeds to what is kept under the same key.

        Seeds without a record are not kept, nor those whose names are others than most seeds': they are measured again.
        """
        with files.locked(self.runs):
            every = self._cache(key) | {s: (checked.stated(self.file(s)), own) for s, own in measured.items()}
            every = {seed: kept for seed, kept in every.items() if kept[0]}
            if not every:
                return
            [(names, _)] = Counter(own.names for _, own in every.values()).most_common(1)
            alike = sorted(seed for seed, (_, own) in every.items() if own.names == names)
            arrays = {
                "seeds": np.array(alike, np.int64),
                "records": np.array([every[seed][0] for seed in alike], str),
                **{part: np.array(words, str) for part, words in zip(NAMES, zip(*names, strict=True), strict=True)},
                "values": np.array([every[seed][1].values for seed in alike], np.float64),
            }
            checked.write(self._cache_file(key), arrays)

    def _cache_file(self, key: str) -> Path:
        return self.folder / f"measured-{key}.npz"

    def _cache(self, key: str) -> dict[int, tuple[str, Measured]]:
        """Checksum of the record and what was measured, by seed; nothing if there is no cache, or a damaged one."""
        try:
            kept = checked.read(self._cache_file(key))
            names = tuple(zip(*(kept[part].tolist() for part in NAMES), strict=True))
            seeds, records = kept["seeds"].tolist(), kept["records"].tolist()
            return {
                seed: (record, Measured(names, values))
                for seed, record, values in zip(seeds, records, kept["values"], strict=True)
            }
        except (Damaged, KeyError):
            return {}


def _packed(outcome: Outcome) -> dict[str, Array]:
    """The arrays of a record. Labels that are small whole numbers take a byte each."""
    numbers = outcome.numbers
    return {
        **{f"labels/{split}": _small(np.asarray(y)) for split, y in outcome.labels.items()},
        **{f"scores/{split}": np.asarray(scores) for split, scores in outcome.scores.items()},
        **{f"history/{name}": np.asarray(values) for name, values in outcome.history.items()},
        "numbers": np.array(list(numbers.values()), np.float64),
        "numbers/names": np.array(list(numbers), str),
    }


def _small(y: Array) -> Array:
    if y.dtype.kind in "iu" and (y.size == 0 or (y.min() >= -128 and y.max() <= 127)):
        return y.astype(np.int8)
    return y


def _unpacked(arrays: Mapping[str, Array]) -> Outcome:
    def part(folder: str) -> dict[str, Array]:
        return {name.removeprefix(folder): v for name, v in arrays.items() if name.startswith(folder)}

    labels = {split: y.astype(np.int64) if y.dtype == np.int8 else y for split, y in part("labels/").items()}
    numbers: dict[str, Any] = dict(zip(arrays["numbers/names"].tolist(), arrays["numbers"].tolist(), strict=True))
    return Outcome(labels=labels, scores=part("scores/"), history=part("history/"), numbers=numbers)


def old_layout(runs: Path) -> tuple[list[Path], int]:
    """Scenarios' folders with records of the layout before this one, and the bytes in them; for one telling.

    These are ``runs/<scenario>/<arm>-<12 hex>/seed-<seed>/metrics.csv``, which nothing reads any more. What is found is
    given once: afterwards there are none, as far as this function tells.
    """
    if not runs.is_dir() or (runs / NAMED).exists():
        return [], 0
    folders = [folder for folder in sorted(runs.iterdir()) if folder.is_dir() and _is_old(folder)]
    size = sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())
    if folders:
        files.write_text(runs / NAMED, "".join(f"{folder.name}\n" for folder in folders))
    return folders, size


def _is_old(folder: Path) -> bool:
    """Whether all that a folder holds are arms' folders of the old layout, so that it can be removed as a whole."""
    arms = list(folder.iterdir())
    if not arms or not all(arm.is_dir() and OLD_ARM.fullmatch(arm.name) for arm in arms):
        return False
    return any(next(arm.glob("seed-*/metrics.csv"), None) is not None for arm in arms)
