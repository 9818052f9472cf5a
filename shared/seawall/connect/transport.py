"""The one way to an API server: every request, its bounds, its retries and its errors."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from ssl import SSLCertVerificationError
from threading import BoundedSemaphore, Lock
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from seawall import __version__
from seawall.connect import tls
from seawall.connect.answers import Passing, check, shown
from seawall.connect.bodies import PIECE_BYTES, Allowance, whole
from seawall.connect.cutting import Cutter, Pool
from seawall.connect.limits import Limits
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, SeawallError, TryLater

Query = Sequence[tuple[str, str]]

_SHORTEST_WAIT_S = 0.001
"""urllib3 takes a timeout of 0 for a mistake."""


class Transport:
    """A visit to one cluster; its time starts now and ends for good after `limits.cluster_s`."""

    def __init__(
        self,
        door: Door,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._limits = limits
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._ends_at = clock() + limits.cluster_s
        self._address = tls.address(door.server)
        self._allowance = Allowance(limits.cluster_bytes)
        self._in_flight = BoundedSemaphore(limits.in_flight)
        self._first = Lock()
        self._unreachable: SeawallError | None = None
        self._cutter = Cutter()
        self._headers = _headers(door)
        self._token = door.token
        self._pool = Pool(
            self._address.host,
            self._address.port,
            maxsize=limits.in_flight,
            block=True,
            ssl_context=tls.context(door),
            server_hostname=door.tls_server_name or None,
            cutter=self._cutter,
        )

    def get(self, path: str, query: Query = ()) -> bytes:
        """The JSON at `path`; tries again where that may help.

        Raises:
            Refused: The API server said no.
            NoEntry: It cannot be reached, or is not to be trusted.
            TryLater: It is busy, or the time of the cluster is up.
        """
        for pause_s in self._limits.pauses_s:
            try:
                return self._once("GET", path, query)
            except Passing as passing:
                self._pause(passing, pause_s)
        return self._final("GET", path, query)

    def send(
        self, method: str, path: str, body: bytes, *, content_type: str, query: Query = ()
    ) -> bytes:
        """The JSON answer to a request with a body, asked exactly once.

        Raises: as `get`; after a TryLater it is not known whether the request was carried out.
        """
        return self._final(method, path, query, body, content_type)

    def write(
        self, method: str, path: str, body: bytes, *, content_type: str, query: Query = ()
    ) -> bytes:
        """As `send`, for what changes something: only an API server's own words mean it did not.

        Raises:
            Refused: The API server said no.
            NoEntry: It was not reached, so that nothing was sent.
            TryLater: Anything else: it is not known whether the request was carried out.
        """
        try:
            return self.send(method, path, body, content_type=content_type, query=query)
        except Refused:
            raise
        except NoEntry as error:
            if _is_unsent(error.__cause__):
                raise
            raise TryLater(f"{error}; it is not known whether the change was made") from error

    def close(self) -> None:
        """Hang up."""
        self._pool.close()
        self._cutter.close()

    def _final(
        self, method: str, path: str, query: Query, body: bytes | None = None, kind: str = ""
    ) -> bytes:
        try:
            return self._once(method, path, query, body, kind)
        except Passing as passing:
            if isinstance(passing.__cause__, ConnectTimeoutError):
                # Whoever cannot be reached is not called for every list anew.
                self._unreachable = passing.verdict
            raise passing.verdict from passing.__cause__

    def _pause(self, passing: Passing, pause_s: float) -> None:
        """Wait as long as the server asked for, or a moment; but never past the end."""
        wait_s = passing.after_s
        if wait_s is None:
            wait_s = pause_s * (0.5 + self._chance())
        if wait_s >= self._left_s():
            raise passing.verdict from passing
        self._sleep(wait_s)

    def _left_s(self) -> float:
        return self._ends_at - self._clock()

    def _once(
        self, method: str, path: str, query: Query, body: bytes | None = None, kind: str = ""
    ) -> bytes:
        what = f"{method} {path}"
        with self._in_flight:
            try:
                response = self._response(method, path, query, body, kind)
                try:
                    answer = self._body(response)
                finally:
                    # Closing hangs up, releasing gives the pool its place back; an answer that was
                    # given up needs both, or the place is lost for every later request.
                    response.close()
                    response.release_conn()
            except HTTPError as error:
                raise self._translated(what, error) from error
            finally:
                self._cutter.sweep()
        if self._left_s() <= 0:  # cut off within the headers, an answer looks short but whole
            raise self._too_late()
        check(what, response.status, response.headers, answer, self._token)
        return answer

    def _response(
        self, method: str, path: str, query: Query, body: bytes | None, kind: str
    ) -> BaseHTTPResponse:
        left_s = max(self._left_s(), _SHORTEST_WAIT_S)
        self._watch(left_s)
        return self._pool.urlopen(
            method,
            self._target(path, query),
            body=body,
            headers=self._headers | ({"Content-Type": kind} if kind else {}),
            retries=False,
            redirect=False,
            timeout=Timeout(
                connect=min(self._limits.connect_s, left_s), read=min(self._limits.read_s, left_s)
            ),
            preload_content=False,
            decode_content=False,
        )

    def _watch(self, left_s: float) -> None:
        """Refuse to begin when that is vain; the first request starts the cutter's clock."""
        if self._left_s() <= 0:
            raise self._too_late()
        if self._unreachable is not None:
            raise self._unreachable
        if self._first.acquire(blocking=False):
            self._cutter.cut_in(left_s)

    def _target(self, path: str, query: Query) -> str:
        target = f"{self._address.prefix}{path}"
        return f"{target}?{urlencode(query)}" if query else target

    def _body(self, response: BaseHTTPResponse) -> bytes:
        encoding = response.headers.get("content-encoding", "")
        pieces = self._pieces(response)
        return whole(pieces, encoding, self._limits.answer_bytes, self._allowance)

    def _pieces(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """Yield what comes, as it comes: waiting for full pieces would hide a dripping server."""
        while piece := response.read1(PIECE_BYTES):
            yield piece
            if self._left_s() <= 0:
                raise self._too_late()

    def _too_late(self) -> TryLater:
        return TryLater(
            f"the deadline of {self._limits.cluster_s:g} s for one cluster was reached; "
            "raise it, or try again when the cluster is faster"
        )

    def _translated(self, what: str, error: HTTPError) -> SeawallError | Passing:
        if self._left_s() <= 0:
            return self._too_late()
        where = f"{what} at {self._address}"
        match error:
            case ReadTimeoutError():
                return TryLater(f"{where}: no answer within {self._limits.read_s:g} s")
            case SSLError():
                return _tls_failure(where, error)
            case ProtocolError():
                return Passing(TryLater(f"{where}: the connection broke off; try again later"))
            case _:
                return self._unconnected(where, error)

    def _unconnected(self, where: str, error: HTTPError) -> SeawallError | Passing:
        match error:
            case NameResolutionError():
                return Passing(NoEntry(f"{where}: the name of the server is not known"))
            case NewConnectionError():  # urllib3 derives it from the next one
                return Passing(NoEntry(f"{where}: nobody answers there; is the cluster running?"))
            case ConnectTimeoutError():
                text = f"{where}: no connection within {self._limits.connect_s:g} s"
                return Passing(TryLater(f"{text}; is it reachable from here (VPN, firewall)?"))
            case _:
                return NoEntry(f"{where}: the endpoint misbehaves ({type(error).__name__})")


def _headers(door: Door) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": f"seawall/{__version__}",
    }
    if not door.token:
        return headers
    if not (door.token.isascii() and door.token.isprintable() and " " not in door.token):
        raise NoEntry("the token holds characters that no token has; log in again")
    return headers | {"Authorization": f"Bearer {door.token}"}


def _is_unsent(cause: BaseException | None) -> bool:
    """Whether the connection was never made. TLS ends in so many ways that only one is sure."""
    if isinstance(cause, SSLError):
        return _mistrust(cause) is not None
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def _mistrust(error: SSLError) -> SSLCertVerificationError | None:
    """Why the server's certificate was not accepted, if that was it."""
    return next((arg for arg in error.args if isinstance(arg, SSLCertVerificationError)), None)


def _tls_failure(where: str, error: SSLError) -> SeawallError | Passing:
    cause = _mistrust(error)
    if cause is None:
        return Passing(NoEntry(f"{where}: no TLS connection could be made"))
    return NoEntry(
        f"{where}: the server is not the one that this cluster's authority vouches for "
        f"({shown(cause.verify_message)}); check the address and certificate-authority"
    )
