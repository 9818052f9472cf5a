"""The body of an answer: unpacked piece by piece, and given up once it is too long."""

import zlib
from collections.abc import Iterable, Iterator
from threading import Lock

from seawall.connect.limits import MIB
from seawall.model.errors import NoEntry

PIECE_BYTES = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
"""zlib's way to say: with a gzip header, and its checksum is verified."""


class Allowance:
    """What all answers of one cluster may still add up to."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._left = total
        self._lock = Lock()

    def spend(self, count: int) -> None:
        """Take `count` bytes off.

        Raises:
            NoEntry: The cluster said more than it may.
        """
        with self._lock:
            self._left -= count
            left = self._left
        if left < 0:
            raise NoEntry(f"the cluster sent more than {mib(self._total)} in all; raise the limit")


def mib(count: int) -> str:
    """A number of bytes, for people."""
    return f"{count / MIB:.3g} MiB"


def whole(pieces: Iterable[bytes], encoding: str, limit: int, allowance: Allowance) -> bytes:
    """The decompressed body, stopped early where it is over `limit` or the allowance.

    Raises:
        NoEntry: Too long, or packed in a way that was not asked for or is damaged.
    """
    # Joined once at the end: what grows is moved again and again, and copied to become bytes.
    body: list[bytes] = []
    length = 0
    for piece in _unpacked(pieces, encoding.strip().lower()):
        allowance.spend(len(piece))
        length += len(piece)
        if length > limit:
            raise NoEntry(f"one answer is longer than {mib(limit)}; raise the limit")
        body.append(piece)
    return b"".join(body)


def _unpacked(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    match encoding:
        case "" | "identity":
            yield from pieces
        case "gzip":
            yield from _gunzipped(pieces)
        case _:
            raise NoEntry("the endpoint misbehaves: it compressed its answer in an unknown way")


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield at most `PIECE_BYTES` at a time, so that a bomb is met while it is still small."""
    unzip = zlib.decompressobj(_GZIP)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if unzip.eof:  # RFC 1952 section 2.2: members simply follow one another
                    unzip = zlib.decompressobj(_GZIP)
                yield unzip.decompress(rest, PIECE_BYTES)
                rest = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
        yield unzip.flush()
    except zlib.error as error:
        raise NoEntry("the endpoint misbehaves: its compressed answer is damaged") from error
    if not unzip.eof:
        raise NoEntry("the endpoint misbehaves: its compressed answer breaks off")
