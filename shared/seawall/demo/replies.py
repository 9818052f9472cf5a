"""Answers of an API server as plain values: bodies, Status objects, compression."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from seawall.demo.resources import Json, Resource

GZIP_ABOVE_BYTES: Final = 128 * 1024
"""Real servers compress only above this size, at the fastest level (apiserver's writers.go)."""

JSON_TYPE: Final = "application/json"
TEXT_TYPE: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, ready to be sent."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818  it is an answer on its way out, not an error
    """Carries the reply that ends a request early."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def document(body: Json, *, status: int = 200) -> Reply:
    """The object as JSON, with the newline that a real server ends it with."""
    return Reply(status, msgspec.json.encode(body) + b"\n")


def text(body: str, *, status: int = 200) -> Reply:
    """Plain text: health checks, and the 404 of a path that no group serves."""
    return Reply(status, body.encode(), TEXT_TYPE)


def failure(
    code: int,
    reason: str,
    message: str,
    details: Json | None = None,
    metadata: Json | None = None,
) -> Reply:
    """A Status object, which is how a server says no."""
    body: Json = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": metadata or {},
        "status": "Failure",
        "message": message,
        "reason": reason,
    }
    if details is not None:
        body["details"] = details
    return document(body | {"code": code}, status=code)


UNAUTHORIZED: Final = failure(401, "Unauthorized", "Unauthorized")
NO_SUCH_PATH: Final = text("404 page not found\n", status=404)


def bad_request(message: str) -> Reply:
    """A 400: a selector, a limit or a token that cannot be read."""
    return failure(400, "BadRequest", message)


def not_found(resource: Resource, name: str) -> Reply:
    """A 404 for one object of a served kind."""
    group = {"group": resource.group} if resource.group else {}
    return failure(
        404,
        "NotFound",
        f'{resource.qualified} "{name}" not found',
        details={"name": name, **group, "kind": resource.plural},
    )


def not_allowed(what: str) -> Reply:
    """A 405 for what this server leaves out on purpose."""
    return failure(405, "MethodNotAllowed", f"this demo server only answers reads: {what}")


def compressed(reply: Reply, accept_encoding: str) -> Reply:
    """The reply as it goes to a client that sent this Accept-Encoding; never packed twice."""
    small = len(reply.body) <= GZIP_ABOVE_BYTES
    if small or "gzip" not in accept_encoding.lower() or "Content-Encoding" in reply.headers:
        return reply
    headers = {**reply.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return replace(reply, body=gzip.compress(reply.body, compresslevel=1, mtime=0), headers=headers)
