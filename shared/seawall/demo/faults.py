"""Trouble on command: what a server shall do wrong, where, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from types import MappingProxyType
from typing import Final

from seawall.demo.replies import Reply, failure


@dataclass(frozen=True, slots=True)
class Instead:
    """Send this reply in place of the honest one."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing; for ever, or for some seconds and then answer honestly."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Tear the connection down with a TCP reset before any answer."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """Announce the honest body, send half of it and close."""


@dataclass(frozen=True, slots=True)
class WrongType:
    """Send the honest body under another content type."""

    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Drip:
    """Send the honest body one byte at a time."""

    every_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Huge:
    """Send a valid, empty List with this much white space in it."""

    mib: int = 20


@dataclass(frozen=True, slots=True)
class GzipBomb:
    """The same white space, but compressed about a thousandfold."""

    mib: int = 256


@dataclass(frozen=True, slots=True)
class DeepJson:
    """Send arrays within arrays, to find the parser that recurses."""

    depth: int = 20_000


Fault = Instead | Hang | Reset | Truncate | WrongType | Drip | Huge | GzipBomb | DeepJson


def refusal(code: int, reason: str, message: str, headers: Mapping[str, str]) -> Instead:
    """Any Status in place of the honest answer."""
    return Instead(replace(failure(code, reason, message), headers=headers))


def too_many(retry_after_s: int = 1) -> Instead:
    """A 429 as the priority-and-fairness filter sends it."""
    message = "the server has received too many requests and has asked us to try again later"
    return refusal(429, "TooManyRequests", message, {"Retry-After": str(retry_after_s)})


def unavailable(retry_after_s: int = 1) -> Instead:
    """A 503, such as a control plane gives while it is being replaced."""
    message = "the server is currently unable to handle the request"
    return refusal(503, "ServiceUnavailable", message, {"Retry-After": str(retry_after_s)})


def redirect(to: str) -> Instead:
    """A 302 that would carry the client, and its token, elsewhere."""
    return Instead(Reply(302, b"", headers={"Location": to}))


_LOGIN: Final = (
    b"<!DOCTYPE html><html><title>Sign in</title><form>Your session ended.</form></html>"
)

NAMED: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "429": too_many(),
        "401": refusal(401, "Unauthorized", "Unauthorized", {}),
        "403": refusal(403, "Forbidden", "forbidden: a fault on command", {}),
        "404": refusal(404, "NotFound", "the server could not find the requested resource", {}),
        "410": refusal(410, "Expired", "The provided continue parameter is too old.", {}),
        "500": refusal(500, "InternalError", "Internal error occurred: a fault on command", {}),
        "503": unavailable(),
        "504": refusal(504, "Timeout", "Timeout: request did not complete in time", {}),
        "login-page": Instead(Reply(200, _LOGIN, "text/html; charset=utf-8")),
        "redirect": redirect("https://127.0.0.1:1/elsewhere"),
        "bad-json": Instead(Reply(200, b'{"kind":"PodList","apiVersion":"v1","items":[{"meta')),
        "empty-body": Instead(Reply(200, b"")),
        "json-null": Instead(Reply(200, b"null\n")),
        "wrong-type": WrongType(),
        "hang": Hang(),
        "reset": Reset(),
        "truncate": Truncate(),
        "drip": Drip(),
        "huge": Huge(),
        "gzip-bomb": GzipBomb(),
        "deep-json": DeepJson(),
    }
)
"""Every fault under a name that a person can type."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Commit `fault` at `path`: `times` times (or always), after letting `skip` requests pass."""

    path: str
    fault: Fault
    times: int | None = 1
    skip: int = 0
    prefix: bool = False
    method: str = "GET"

    def matches(self, method: str, path: str) -> bool:
        """True if a request to `path` falls under this plan."""
        hit = path.startswith(self.path) if self.prefix else path == self.path
        return hit and method == self.method

    def due(self, seen: int) -> bool:
        """True if the fault is to be committed on the request that `seen` others came before."""
        return seen >= self.skip and (self.times is None or seen < self.skip + self.times)


@dataclass(slots=True)
class Faults:
    """The plans of one server, and how many requests each has seen."""

    plans: list[Plan] = field(default_factory=list)
    _seen: dict[int, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def plan(self, *plans: Plan) -> None:
        """Add plans; where several are due at once the first added wins, and all count."""
        with self._lock:
            self.plans.extend(plans)

    def clear(self) -> None:
        """Be honest from now on."""
        with self._lock:
            self.plans.clear()
            self._seen.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault to commit on this request, if one is due."""
        with self._lock:
            due = [
                plan.fault
                for index, plan in enumerate(self.plans)
                if plan.matches(method, path) and plan.due(self._count(index))
            ]
        return due[0] if due else None

    def _count(self, index: int) -> int:
        seen = self._seen.get(index, 0)
        self._seen[index] = seen + 1
        return seen
