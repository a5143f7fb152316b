"""Files that are written whole or not at all, and a lock that keeps other processes out of a folder."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


def write_bytes(file: Path, content: bytes) -> None:
    """Replace a file in one step, so that no reader and no killed process ever leaves half of it.

    Folders are made if need be.

    Raises
    ------
    OSError
        If the disk is full or not writable; an older file is then as it was, and nothing else is left behind.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own for every call: several threads and processes may write the same file at the same time.
    aside = file.with_name(f".{file.name}-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        aside.write_bytes(content)
        os.replace(aside, file)
    except BaseException:  # an interrupt included: only a kill leaves the file aside, which nobody reads
        aside.unlink(missing_ok=True)
        raise


def write_text(file: Path, text: str) -> None:
    """Replace a file's text in one step, in UTF-8 and with the line ends as they stand in `text`."""
    write_bytes(file, text.encode("utf-8"))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes and threads out while files of a folder, made if need be, are read, changed and written."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):  # the end of the process, however it comes, opens it
        yield
