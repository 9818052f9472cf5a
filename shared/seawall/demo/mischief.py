"""Commits a fault on an open connection."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Final, assert_never

from aiohttp import web

from seawall.demo.faults import (
    DeepJson,
    Drip,
    Fault,
    GzipBomb,
    Hang,
    Huge,
    Instead,
    Reset,
    Truncate,
    WrongType,
)
from seawall.demo.replies import JSON_TYPE, Reply

MIB: Final = 1024 * 1024
_HEAD: Final = b'{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":['
_TAIL: Final = b"]}\n"

Honest = Callable[[], Reply]
Sent = tuple[web.StreamResponse, int]
"""What aiohttp wants back, and the status of the answer: 0 where it never came to its end."""


async def send(request: web.BaseRequest, reply: Reply) -> Sent:
    """Send a reply to its end."""
    response = web.Response(status=reply.status, body=reply.body, headers=_headers(reply))
    await response.prepare(request)
    await response.write_eof()
    return response, reply.status


async def commit(fault: Fault, request: web.BaseRequest, honest: Honest) -> Sent:
    """Answer `request` wrongly, in the manner of the fault."""
    match fault:
        case Instead(reply):
            return await send(request, reply)
        case Hang(seconds):
            return await _hang(request, honest, seconds)
        case WrongType(content_type):
            return await send(request, replace(honest(), content_type=content_type))
        case Truncate() | Drip():
            return await _piecemeal(fault, request, honest())
        case Reset():
            return _reset(request)
        case Huge() | GzipBomb() | DeepJson():
            return await send(request, _monster(fault))
    assert_never(fault)


async def _hang(request: web.BaseRequest, honest: Honest, seconds: float | None) -> Sent:
    if seconds is None:
        await asyncio.Event().wait()  # ends by cancellation: the client leaves or the server stops
    else:
        await asyncio.sleep(seconds)
    return await send(request, honest())


async def _piecemeal(fault: Truncate | Drip, request: web.BaseRequest, reply: Reply) -> Sent:
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    response.content_length = len(reply.body)
    await response.prepare(request)
    if isinstance(fault, Truncate):
        await response.write(reply.body[: len(reply.body) // 2])
        _drop(request)
        return response, 0
    for byte in reply.body:
        await response.write(bytes((byte,)))
        await asyncio.sleep(fault.every_s)
    await response.write_eof()
    return response, reply.status


def _reset(request: web.BaseRequest) -> Sent:
    transport = request.transport
    if transport is not None:
        # Lingering for 0 s turns the close into a reset (socket(7)).
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(), 0  # aiohttp finds the connection closed and gives up


def _drop(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()


def _monster(fault: Huge | GzipBomb | DeepJson) -> Reply:
    match fault:
        case Huge(mib):
            return Reply(200, _HEAD + b" " * (mib * MIB) + _TAIL)
        case DeepJson(depth):
            return Reply(200, _HEAD + b"[" * depth + b"]" * depth + _TAIL)
        case GzipBomb(mib):
            # Members of a gzip file may follow each other (RFC 1952, 2.2): one made, many sent.
            blanks = gzip.compress(b" " * MIB, mtime=0) * mib
            body = gzip.compress(_HEAD, mtime=0) + blanks + gzip.compress(_TAIL, mtime=0)
            return Reply(200, body, headers={"Content-Encoding": "gzip"})
    assert_never(fault)


def _headers(reply: Reply) -> dict[str, str]:
    own = {"Content-Type": reply.content_type or JSON_TYPE, "Cache-Control": "no-cache, private"}
    return own | dict(reply.headers)
