"""A Kubernetes API server in a box: HTTPS on the loopback interface, in a thread of its own.

It behaves like v1.36 in what readers and writers of policies depend on: discovery, get and list
with paging, selectors and compression; create, update, apply with field owners, merge patches and
delete, with dry runs, preconditions, conflicts and strict fields; 401, 403, 404 and 410 with Status
bodies, partial metadata, the self-subject reviews. Left out:
- watch and the deletion of whole collections (405): nothing of ours does either;
- subresources: a status can be read and not written, a pod can be neither bound nor evicted (405);
- JSON patch (415), and protobuf (415) but for the reviews, namespaces and config maps that kubectl
  sends in no other form;
- rules and defaults of other kinds than NetworkPolicy, beyond names, labels and `defaults`;
  of kinds that `schemas` does not hold, every field is accepted;
- keys that a body has twice: JSON's last one counts, YAML's are refused;
- controllers: nothing starts or collects pods; only a deleted namespace is emptied and goes;
- Table, OpenAPI, aggregated discovery, answers in YAML: clients do without them;
- HTTP/2: our reader speaks HTTP/1.1;
- priority and fairness, webhooks, quotas: `faults` plays their refusals.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from seawall.demo.access import Directory, User, nobody
from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.certificates import LOOPBACK, Certificates, common_name
from seawall.demo.exchange import Exchange
from seawall.demo.faults import Faults
from seawall.demo.journal import Journal
from seawall.demo.replies import UNAUTHORIZED, Reply
from seawall.demo.store import Store

START_WITHIN_S: Final = 10.0
STOP_WITHIN_S: Final = 10.0
GRACE_S: Final = 0.2
"""How long answers under way may take to end at stop; hanging ones are cut off then."""


class ApiServer:
    """Serves `store` to `users` between `start` and `stop` (or within a `with` block).

    With `latency_s` every answer takes that long, as over a real network; without it requests are
    answered so fast that no two of them would ever be seen in flight together.
    """

    def __init__(  # noqa: PLR0913  each is one thing to be chosen
        self,
        store: Store,
        users: Iterable[User],
        *,
        certificates: Certificates | None = None,
        git_version: str = "v1.36.2",
        latency_s: float = 0.0,
        reviewed: Callable[[str], User | None] = nobody,
    ) -> None:
        self.store = store
        self.faults = Faults()
        self.journal = Journal()
        self.certificates = certificates or Certificates()
        self._api = Api(store, git_version=git_version)
        self._directory = Directory(users, reviewed)
        self._latency_s = latency_s
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens; the port is chosen by the system at start."""
        return f"https://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Listen; comes back when the server can be reached."""
        started: Future[int] = Future()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        self._port = started.result(START_WITHIN_S)

    def stop(self) -> None:
        """Close every connection and wait until the thread has ended."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        loop.call_soon_threadsafe(self._stopping.set)
        thread.join(STOP_WITHIN_S)
        if thread.is_alive():
            raise TimeoutError(f"the demo server at {self.url} did not stop in {STOP_WITHIN_S} s")
        self._thread = self._loop = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, started: Future[int]) -> None:
        try:
            asyncio.run(self._serve(started))
        except Exception as error:  # edge: a thread has no caller; `start` raises it
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        server = web.Server(self._handle, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=GRACE_S)
        await runner.setup()
        try:
            context = self.certificates.server_context()
            site = web.TCPSite(runner, LOOPBACK, 0, ssl_context=context)
            await site.start()
            started.set_result(runner.addresses[0][1])
            await self._stopping.wait()
            await site.stop()
        finally:
            open_ones = [connection.transport for connection in server.connections]
            await runner.cleanup()
            await _cut(open_ones)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        user = self._directory.who(
            request.headers.get("Authorization", ""),
            common_name(request.get_extra_info("peercert")),
        )
        body = await request.read()

        def honest() -> Reply:
            return self._api.reply(_ask(request, user, body)) if user else UNAUTHORIZED

        who = user.name if user else ""
        with self.journal.request(request.method, request.path, request.query_string, who) as note:
            exchange = Exchange(request, honest, note)
            if self._latency_s:
                await asyncio.sleep(self._latency_s)
            fault = self.faults.take(request.method, request.path)
            return await (exchange.commit(fault) if fault else exchange.send(honest()))


async def _cut(transports: Iterable[asyncio.Transport | None]) -> None:
    """Close at once: TLS would wait up to 30 s for the other side to say goodbye."""
    for transport in transports:
        if transport is not None:
            transport.abort()
    for _turn in range(3):  # the loop needs a few turns to let go of a socket
        await asyncio.sleep(0)


def _ask(request: web.BaseRequest, user: User, body: bytes) -> Ask:
    return Ask(
        user,
        request.method,
        request.path,
        request.query,
        request.headers.get("Accept", ""),
        request.headers.get("Accept-Encoding", ""),
        body,
        request.headers.get("Content-Type", ""),
        request.headers.get("User-Agent", ""),
    )
