"""Bodies: whole, or given up as soon as too much of them is there."""

import gzip
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.connect.bodies import PIECE_BYTES, Allowance, whole
from seawall.model.errors import NoEntry

ROOM = 2**30
BOMB = gzip.compress(b"\0" * (64 * PIECE_BYTES))
"""Fits into one piece."""


def cut(body: bytes, sizes: list[int]) -> list[bytes]:
    """The body in pieces of these sizes, and what is left in one."""
    pieces = []
    for size in sizes:
        pieces.append(body[:size])
        body = body[size:]
    return [*pieces, body]


@given(st.lists(st.integers(0, 3 * PIECE_BYTES), max_size=5), st.integers(0, 2**16), st.booleans())
def test_however_it_is_cut_it_is_the_body_that_was_sent(
    sizes: list[int],
    seed: int,
    packed: bool,  # noqa: FBT001  drawn, not passed by anybody
) -> None:
    body = Random(seed).randbytes(2 * PIECE_BYTES) + b"a" * (3 * PIECE_BYTES)  # noqa: S311  drawn from a seed
    sent = gzip.compress(body[:100]) + gzip.compress(body[100:]) if packed else body
    encoding = "gzip" if packed else "identity"

    assert body == whole(cut(sent, sizes), encoding, len(body), Allowance(len(body)))


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("limit, fits", [(300, True), (299, False)], ids=["the limit", "one more"])
def test_the_limit_is_a_length_that_is_still_allowed(
    encoding: str, limit: int, *, fits: bool
) -> None:
    body = b"a" * 300
    pieces = cut(gzip.compress(body) if encoding else body, [7, 7])

    if fits:
        assert body == whole(pieces, encoding, limit, Allowance(ROOM))
    else:
        with pytest.raises(NoEntry, match="one answer is longer than"):
            whole(pieces, encoding, limit, Allowance(ROOM))


def test_no_more_is_asked_for_than_what_shows_that_it_is_too_long() -> None:
    asked = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield b"a" * 100

    with pytest.raises(NoEntry, match="one answer is longer than"):
        whole(endless(), "", 250, Allowance(ROOM))

    assert 3 == len(asked)


@pytest.mark.parametrize("bound", ["limit", "allowance"])
def test_a_bomb_is_met_within_one_piece_of_the_bound(bound: str) -> None:
    limit, left = (PIECE_BYTES, ROOM) if bound == "limit" else (ROOM, PIECE_BYTES)
    allowance = Allowance(left)
    with pytest.raises(NoEntry, match="raise the limit"):
        whole([BOMB], "gzip", limit, allowance)

    # Of 64 pieces two were unpacked: what the allowance had lost by then says so.
    if bound == "limit":
        allowance.spend(ROOM - 2 * PIECE_BYTES)
    with pytest.raises(NoEntry, match="in all"):
        allowance.spend(1)


@pytest.mark.parametrize(
    "body, encoding, why",
    [
        pytest.param(BOMB[:-9], "gzip", "breaks off", id="breaks off"),
        pytest.param(b"no gzip", "gzip", "is damaged", id="damaged"),
        pytest.param(b"", "gzip", "breaks off", id="nothing"),
        pytest.param(b"{}", "br", "in an unknown way", id="unknown"),
    ],
)
def test_what_was_not_packed_as_asked_for_is_refused(body: bytes, encoding: str, why: str) -> None:
    with pytest.raises(NoEntry, match=why):
        whole([body], encoding, ROOM, Allowance(ROOM))
