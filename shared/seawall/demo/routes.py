"""What a request asks for, read from its path and method as the API server's RequestInfo does."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_WRITES: Final[Mapping[str, str]] = MappingProxyType(
    {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
)


@dataclass(frozen=True, slots=True)
class Route:
    """A resource request, or (with an empty `plural`) a plain path such as `/version`."""

    verb: str
    path: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    plural: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def qualified(self) -> str:
        """The resource with its group, as in error messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def route_of(method: str, path: str, query: Mapping[str, str]) -> Route:
    """Take a path apart; nothing is looked up yet, because permission is asked first."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:  # noqa: PLR2004  /api/v1 is a document
        return _resource(method, path, query, ("", parts[1]), parts[2:])
    if parts[:1] == ["apis"] and len(parts) > 3:  # noqa: PLR2004  /apis/g/v is a document
        return _resource(method, path, query, (parts[1], parts[2]), parts[3:])
    return Route(_WRITES.get(method, "get"), path)


def _resource(
    method: str,
    path: str,
    query: Mapping[str, str],
    api: tuple[str, str],
    parts: list[str],
) -> Route:
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        # A namespace is itself a resource, and in permission checks it lies within itself.
        parts = parts[2:] if len(parts) > 2 else parts  # noqa: PLR2004  see above
    plural, name, *rest = (*parts, "") if len(parts) == 1 else parts
    verb = _verb(method, query, name)
    return Route(verb, path, *api, namespace, plural, name, "/".join(rest))


def _verb(method: str, query: Mapping[str, str], name: str) -> str:
    if method == "DELETE" and not name:
        return "deletecollection"
    if method not in {"GET", "HEAD"}:
        return _WRITES.get(method, method.lower())
    if query.get("watch", "") in {"1", "true"}:
        return "watch"
    return "get" if name else "list"
