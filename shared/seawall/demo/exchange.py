"""Answers on an open connection: honestly, or with a fault."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, what would be the honest reply to it, and who is to be told of the status sent."""

    request: web.BaseRequest
    honest: Callable[[], Reply]
    note: Callable[[int], None]

    async def send(self, reply: Reply) -> web.StreamResponse:
        """Send a reply to its end."""
        self.note(reply.status)
        response = web.Response(status=reply.status, body=reply.body, headers=_headers(reply))
        await response.prepare(self.request)
        await response.write_eof()
        return response

    async def commit(self, fault: Fault) -> web.StreamResponse:
        """Answer wrongly, in the manner of the fault; only whole answers are noted."""
        match fault:
            case Instead(reply):
                return await self.send(reply)
            case Hang(seconds):
                return await self._hang(seconds)
            case WrongType(content_type):
                return await self.send(replace(self.honest(), content_type=content_type))
            case Truncate() | Drip():
                return await self._piecemeal(fault, self.honest())
            case Reset():
                return self._reset()
            case Huge() | GzipBomb() | DeepJson():
                return await self.send(_monster(fault))
        assert_never(fault)

    async def _hang(self, seconds: float | None) -> web.StreamResponse:
        if seconds is None:
            await (
                asyncio.Event().wait()
            )  # ends by cancellation: the client leaves, the server stops
        else:
            await asyncio.sleep(seconds)
        return await self.send(self.honest())

    async def _piecemeal(self, fault: Truncate | Drip, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=_headers(reply))
        response.content_length = len(reply.body)
        await response.prepare(self.request)
        if isinstance(fault, Truncate):
            await response.write(reply.body[: len(reply.body) // 2])
            if self.request.transport is not None:
                self.request.transport.close()
            return response
        for byte in reply.body:
            await response.write(bytes((byte,)))
            await asyncio.sleep(fault.every_s)
        self.note(reply.status)
        await response.write_eof()
        return response

    def _reset(self) -> web.StreamResponse:
        transport = self.request.transport
        if transport is not None:
            # Lingering for 0 s turns the close into a reset (socket(7)).
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return web.Response()  # aiohttp finds the connection closed and gives up


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
