"""Values as they lie in an item of DynamoDB: JSON, packed, and in an attic where they are long.

An item takes 400 KB (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
What is longer is put into the attic first, under a name that its content makes, and the item has
its name and sha256: whoever is killed in between left something behind that nobody asks for.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from seawall.model.errors import Trouble

T = TypeVar("T")

ROOM: Final = 350_000
"""Bytes that an item may hold; 400 KB is the end, names and keys count as well."""
LONG: Final = 4_096
FAST: Final = 1
OPENS_JSON: Final = (b"{", b"[")
"""How JSON begins here; a zlib stream never does (RFC 1950 section 2.2)."""

Held = dict[str, str | int | bytes]


@dataclass(frozen=True, slots=True)
class Kept:
    """What lies in the attic; `version` is empty where the attic keeps but one of each name."""

    key: str
    sha256: str
    version: str = ""


class Attic(Protocol):
    """Keeps what is too long for an item (`publish.s3.Evidence` does).

    Raises TryLater where it is busy or away, Trouble where it cannot be used, or where what it
    gives is not what was kept.
    """

    def keep(self, key: str, body: bytes) -> Kept:
        """Keep it, under a name that is made of this key and of its content."""
        ...

    def read(self, kept: Kept) -> bytes:
        """Exactly what was kept."""
        ...

    def drop(self, kept: Kept) -> None:
        """Nobody will ask for it again."""
        ...


class Document(Generic[T]):
    """How values of one type lie in an item, as the attributes `doc`, or `attic*`."""

    def __init__(self, kind: type[T], name: str, folder: str, attic: Attic | None) -> None:
        """Args: `folder`, a part of the name that long ones are given in the attic."""
        self._name, self._folder, self._attic = name, folder, attic
        self._decoder = msgspec.json.Decoder(kind)

    def stored(self, value: T, of: str) -> Held:
        """The attributes of a value, always the same ones; `of` says whose it is.

        Raises:
            TryLater: It is long, and the attic is busy.
            Trouble: It is long, and there is no attic; or it is no text.
        """
        try:
            text = msgspec.json.encode(value)
        except UnicodeEncodeError as error:
            raise Trouble(f"{self._name} of {of!r}: it holds what is no text") from error
        packed = zlib.compress(text, FAST) if len(text) >= LONG else text
        if len(packed) <= ROOM:
            return {"doc": packed, "attic": "", "attic_sha256": "", "attic_version": ""}
        if self._attic is None:
            raise Trouble(
                f"{self._name} of {of!r} has {len(packed)} bytes, an item of DynamoDB takes "
                f"{ROOM}; name a bucket where Seawall may keep what is longer"
            )
        owner = hashlib.sha256(of.encode()).hexdigest()[:32]
        kept = self._attic.keep(f"{self._folder}/{owner}", packed)
        place = {"attic": kept.key, "attic_sha256": kept.sha256, "attic_version": kept.version}
        return {"doc": b"", **place}

    def read(self, item: Mapping[str, object], of: str) -> T:
        """The value of an item.

        Raises:
            TryLater: The attic is busy.
            Trouble: It is damaged, or was not written by Seawall.
        """
        packed = self._packed(item, of)
        try:
            text = packed if packed.startswith(OPENS_JSON) else zlib.decompress(packed)
            return self._decoder.decode(text)
        except (msgspec.DecodeError, zlib.error, TypeError, AttributeError) as error:
            raise self._damaged(of, str(error)) from error

    def drop(self, item: Mapping[str, object]) -> None:
        """Take what it has in the attic out of it; the item was replaced."""
        kept = kept_of(item)
        if kept is not None and self._attic is not None:
            self._attic.drop(kept)

    def _packed(self, item: Mapping[str, object], of: str) -> bytes:
        kept = kept_of(item)
        if kept is None:
            packed = item.get("doc")
            if not isinstance(packed, bytes):
                raise self._damaged(of, "it has no document")
            return packed
        if self._attic is None:
            raise Trouble(f"{self._name} of {of!r} is in a bucket; name the one it was kept in")
        return self._attic.read(kept)

    def _damaged(self, of: str, why: str) -> Trouble:
        return Trouble(
            f"DynamoDB: {self._name} of {of!r} cannot be understood ({why}); restore the table to "
            "a time before it was damaged"
        )


def kept_of(item: Mapping[str, object]) -> Kept | None:
    """What an item has in the attic."""
    if not item.get("attic"):
        return None
    return Kept(str(item["attic"]), str(item["attic_sha256"]), str(item.get("attic_version", "")))
