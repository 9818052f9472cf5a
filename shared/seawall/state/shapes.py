"""Values as they lie in a row: JSON, packed where it is long."""

import zlib
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

from seawall.model.errors import Trouble

T = TypeVar("T")

LONG: Final = 4_096
"""Above a page it is worth it: a sixth of the size, for 2 ms of CPU for a thousand findings."""

FAST: Final = 1
"""zlib's level; a higher one takes twice the time for hardly less."""

OPENS_JSON: Final = b"{"
"""Every value here is an object; a zlib stream never begins so (RFC 1950 section 2.2)."""


class Shape(Generic[T]):
    """How values of one dataclass are stored, and what they are called when they are damaged."""

    def __init__(self, kind: type[T], name: str) -> None:
        self._name = name
        self._decoder = msgspec.json.Decoder(kind)

    def stored(self, value: T) -> bytes:
        """The value for a row."""
        text = msgspec.json.encode(value)
        return zlib.compress(text, FAST) if len(text) >= LONG else text

    def read(self, row: bytes, path: Path) -> T:
        """The value of a row.

        Raises:
            Trouble: It is damaged, or was not written by Seawall.
        """
        try:
            text = row if row.startswith(OPENS_JSON) else zlib.decompress(row)
            return self._decoder.decode(text)
        except (msgspec.DecodeError, zlib.error, TypeError, AttributeError) as error:
            raise damaged(self._name, path, error) from error


def damaged(name: str, path: Path, error: Exception) -> Trouble:
    """Something in the file is not what Seawall writes there."""
    return Trouble(
        f"{path}: {name} in it cannot be understood ({error}); put back a copy of the file, or "
        "move it away together with its -wal and -shm"
    )
