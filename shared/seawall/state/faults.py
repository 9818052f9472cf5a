"""What SQLite says when it cannot, in the words of `model.errors`; nobody else translates it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from seawall.model.errors import SeawallError, Trouble, TryLater

ELSEWHERE: Final = "or name another file with --state"

# Primary result codes, https://www.sqlite.org/rescode.html: busy now, free later.
BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})

CURES: Final = {
    sqlite3.SQLITE_READONLY: "the file, its folder or the disk cannot be written; let this user "
    f"write there, {ELSEWHERE}",
    sqlite3.SQLITE_FULL: f"the disk is full, nothing was changed; make room, {ELSEWHERE}",
    sqlite3.SQLITE_NOTADB: f"this is no SQLite file; move it away, {ELSEWHERE}",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; put back a copy, or move it away together with "
    "its -wal and -shm, and the next run starts with an empty memory",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; let this user read and write it and its folder, "
    f"{ELSEWHERE}",
    sqlite3.SQLITE_PERM: f"this user may not; let this user read and write it, {ELSEWHERE}",
    sqlite3.SQLITE_AUTH: f"this user may not; let this user read and write it, {ELSEWHERE}",
    sqlite3.SQLITE_IOERR: f"the disk failed; look at it and at its free space, {ELSEWHERE}",
}

A_BUG: Final = "this is a bug in Seawall; please report it with this sentence"
EXTENDED: Final = 0xFF
"""An extended result code has the primary one in its lowest byte."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise what SQLite says about this file as TryLater or Trouble."""
    try:
        yield
    except sqlite3.Error as error:
        raise _said(error, path) from error
    except UnicodeEncodeError as error:
        raise Trouble(f"{path}: not to be stored, it is no text: {error.object!r}") from error


def not_made(error: OSError, path: Path) -> Trouble:
    """What the file system says where the file or its folder is to be made."""
    return Trouble(f"{path}: {error.strerror}; let this user read and write it, {ELSEWHERE}")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether waiting may help."""
    return _primary(error) in BUSY


def _said(error: sqlite3.Error, path: Path) -> SeawallError:
    if is_busy(error):
        return TryLater(f"{path}: another process is writing to it ({error})")
    return Trouble(f"{path}: {error}: {CURES.get(_primary(error), A_BUG)}")


def _primary(error: sqlite3.Error) -> int:
    code = getattr(error, "sqlite_errorcode", 0)  # the module's own errors have none
    return int(code) & EXTENDED
