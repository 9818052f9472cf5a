"""Answers of an API server as plain values: bodies, Status objects, compression."""

import gzip
from collections.abc import Mapping, Sequence
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


def document(body: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """The object as JSON, with the newline that a real server ends it with."""
    return Reply(status, msgspec.json.encode(body) + b"\n", headers=headers or {})


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
    }
    if reason:
        body["reason"] = reason
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
    message = f'{resource.qualified} "{name}" not found'
    return failure(404, "NotFound", message, details=_named(resource.plural, resource, name))


def not_allowed(what: str) -> Reply:
    """A 405 for what no server does, and for what this one leaves out on purpose."""
    return failure(405, "MethodNotAllowed", f"this demo server does not serve it: {what}")


def already_exists(resource: Resource, name: str) -> Reply:
    """A 409: the name is taken."""
    message = f'{resource.qualified} "{name}" already exists'
    return failure(409, "AlreadyExists", message, details=_named(resource.plural, resource, name))


def conflict(resource: Resource, name: str, why: str, *, by_kind: bool = False) -> Reply:
    """A 409: the object is not the one that the client means; deletions name it by its kind."""
    called = resource.kind if by_kind else resource.plural
    qualified = f"{called}.{resource.group}" if resource.group else called
    message = f'Operation cannot be fulfilled on {qualified} "{name}": {why}'
    return failure(409, "Conflict", message, details=_named(called, resource, name))


def refused_content(resource: Resource, name: str, why: str, causes: Sequence[Json] = ()) -> Reply:
    """A 403 that has nothing to do with who asks."""
    details = _named(resource.plural, resource, name)
    if causes:
        details["causes"] = list(causes)
    message = f'{resource.qualified} "{name}" is forbidden: {why}'
    return failure(403, "Forbidden", message, details=details)


def unsupported(accepted: Sequence[str]) -> Reply:
    """A 415: the body is in a form that is not read here."""
    return failure(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted),
    )


def deleted(resource: Resource, name: str, uid: str) -> Reply:
    """The Status that tells of a deletion."""
    body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    details = {**_named(resource.plural, resource, name), "uid": uid}
    return document({**body, "details": details})


def _named(called: str, resource: Resource, name: str) -> Json:
    group = {"group": resource.group} if resource.group else {}
    return {"name": name, **group, "kind": called}


def compressed(reply: Reply, accept_encoding: str) -> Reply:
    """The reply as it goes to a client that sent this Accept-Encoding; never packed twice."""
    small = len(reply.body) <= GZIP_ABOVE_BYTES
    if small or "gzip" not in accept_encoding.lower() or "Content-Encoding" in reply.headers:
        return reply
    headers = {**reply.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return replace(reply, body=gzip.compress(reply.body, compresslevel=1, mtime=0), headers=headers)
