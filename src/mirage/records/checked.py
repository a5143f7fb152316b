"""Named arrays in one file that shows any damage: a plain .npz with the checksum of all its bytes as zip comment."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mirage.records import files

Array = np.ndarray[Any, np.dtype[Any]]

DIGITS = 64  # of a SHA-256 in hex
BEGINNING = (1980, 1, 1, 0, 0, 0)  # zip's own; a clock would make the same arrays other bytes
UNIX = 3  # what a zip says it was made on, on every system


class Damaged(Exception):
    """A file that is not as it was written. The text is one line: the file, and what is wrong with it."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file, self.reason = file, reason


def write(file: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays, whole or not at all; the same arrays are the same bytes, whenever and wherever.

    Not compressed: a record would be a quarter smaller, but its bytes would depend on the version of zlib.

    Raises
    ------
    OSError
        If the disk is full or not writable.
    ValueError
        If an array could only be pickled.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, values in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", BEGINNING)
            member.create_system = UNIX
            with archive.open(member, "w") as stream:
                np.lib.format.write_array(stream, np.asanyarray(values), allow_pickle=False)
        archive.comment = b"0" * DIGITS  # its length is part of what is summed up
    content = packed.getvalue()[:-DIGITS]
    files.write_bytes(file, content + _checksum(content))


def read(file: Path) -> dict[str, Array]:
    """The arrays of a file, in the order written.

    Raises
    ------
    Damaged
        If the file cannot be read, or one bit of it has changed, or it holds what is no plain array.
    """
    content = intact(file)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise Damaged(file, f"cannot be read: {error}") from None


def intact(file: Path) -> bytes:
    """The bytes of a file, if they are those that were written; else Damaged is raised."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Damaged(file, f"cannot be read: {error.strerror}") from None
    if len(content) < DIGITS or content[-DIGITS:] != _checksum(content[:-DIGITS]):
        raise Damaged(file, "not as written")
    return content


def stated(file: Path) -> str:
    """The checksum that stands in a file, unchecked: what tells it from another one; nothing where there is none."""
    try:
        with file.open("rb") as stream:
            stream.seek(-DIGITS, io.SEEK_END)
            return stream.read().decode("ascii", errors="replace")
    except OSError:
        return ""


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode("ascii")
