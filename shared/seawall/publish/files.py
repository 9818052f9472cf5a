"""Alerts as JSON files: one a digest, whole or not there at all."""

import errno
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from seawall.model.digest import Digest, DigestId
from seawall.model.errors import Trouble, TryLater

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""What may become part of a file's name."""

_HOPELESS = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR}
    | {errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP}
)
"""Trying again changes nothing before a person did something."""


class JsonFileAlerts:
    """Writes each digest to `digest-<id>.json` in a folder; the same one twice is one file.

    Args:
        folder: Made on the first digest, for its owner alone.
        text: What a digest looks like; it must be the same text for the same digest.
    """

    def __init__(self, folder: Path, text: Callable[[Digest], str]) -> None:
        self._folder = folder
        self._text = text

    def send(self, digest: Digest) -> None:
        """Write it.

        Raises:
            TryLater: The disk is busy or away.
            Trouble: The folder cannot be written to at all, or the id names no file.
        """
        path = self._path(digest.id)
        content = self._text(digest).encode()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(path, content)
        except OSError as e:
            why = f"{path}: the digest cannot be written: {e.strerror or e}"
            if e.errno in _HOPELESS or isinstance(e, FileExistsError):
                raise Trouble(f"{why}; name a folder that can be written to") from e
            raise TryLater(why) from e

    def _path(self, digest: DigestId) -> Path:
        if not _ID.fullmatch(digest):
            raise Trouble(f"{digest!r} is no digest's id: no file is named after it")
        return self._folder / f"digest-{digest}.json"


def _write(path: Path, content: bytes) -> None:
    """First all of it beside the place where it belongs, then one rename (POSIX: atomic)."""
    handle, name = tempfile.mkstemp(prefix=".digest-", dir=path.parent)  # mode 0600
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
