"""What the stand-ins of Google's and Azure's APIs share: a small server, and what to answer next.

An answer that was scripted (`fail`) comes before the one that the state of the cloud would give.
"""

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from seawall.demo.certificates import LOOPBACK


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; `path` with its query."""

    method: str
    path: str
    token: str = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; bytes go out as they are, everything else as JSON."""

    status: int
    body: object
    headers: tuple[tuple[str, str], ...] = ()


class CloudServer:
    """Answers on loopback while the block lasts, over TLS if a context is given."""

    def __init__(
        self, answer: Callable[[Asked], Said], context: ssl.SSLContext | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self._answer, self._lock = answer, Lock()
        self._scripted: list[tuple[str, Said]] = []
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler(self._said))
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, part: str, said: Said, times: int = 1) -> None:
        """Give this answer to the next requests whose path holds `part`."""
        with self._lock:
            self._scripted += [(part, said)] * times

    def _said(self, asked: Asked) -> Said:
        with self._lock:
            self.asked.append(asked)
            for one in self._scripted:
                if one[0] in asked.path:
                    self._scripted.remove(one)
                    return one[1]
        return self._answer(asked)


def _handler(answer: Callable[[Asked], Said]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes: 23 answers a second or 590

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            said = answer(Asked(self.command, self.path, token, self.rfile.read(length)))
            body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401  its base's
            """Say nothing: `asked` holds what came."""

    return Handler
