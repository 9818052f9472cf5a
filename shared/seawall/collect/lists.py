"""Whole lists, page by page: all of it or a reason why not, never a part that looks like all."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

import msgspec

from seawall.collect import parse, wire
from seawall.model.errors import NoEntry, Refused, TryLater
from seawall.model.policies import BrokenObject
from seawall.model.sight import Seen, Sight, Unseen

T = TypeVar("T")
W = TypeVar("W")
V = TypeVar("V")

PAGE_OBJECTS = 500
"""What kubectl asks for at a time (client-go `pager`)."""
MOST_PAGES = 2_000
"""A million objects: past the limits Kubernetes is tested for, so whoever goes on never ends."""

_GONE = 410


class KubeApi(Protocol):
    """How a cluster is asked; `connect.Reader` is the real one."""

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        """The JSON at `path`. Raises NoEntry (Refused with a status) or TryLater."""
        ...


class _Malformed(Exception):  # noqa: N818  never leaves this module
    """The answer is no list of the kind that was asked for; the text says why."""


class _Inconsistent(Exception):  # noqa: N818  never leaves this module
    """The pages do not make up one list."""


class _ListPage(msgspec.Struct, Generic[T], frozen=True):
    """A page whose `kind` and `items` must be there: `{}` is no empty list. Go may send null."""

    kind: str
    metadata: wire.ListMeta
    items: list[T] | None


class _Head(msgspec.Struct, frozen=True):
    kind: str


Read = Callable[[bytes], tuple[str, list[V]]]
"""A page's JSON to its `continue` token (empty: the last page) and its objects."""


def read_list(api: KubeApi, path: str, read: Read[V]) -> Sight[tuple[V, ...]]:
    """Every object of the list at `path`."""
    try:
        return Seen(tuple(_restarted(api, path, read)))
    except _Inconsistent as error:
        return Unseen(f"inconsistent list at {path}: {error}")
    except _Malformed as error:
        return Unseen(f"malformed list at {path}: {error}")
    except (NoEntry, TryLater) as error:
        return Unseen(str(error))


def _restarted(api: KubeApi, path: str, read: Read[V]) -> list[V]:
    """The list; where its pages expire under way (410), the whole list once more."""
    try:
        return [value for page in _pages(api, path, read) for value in page]
    except Refused as error:
        if error.status != _GONE:
            raise
    try:
        return [value for page in _pages(api, path, read) for value in page]
    except Refused as error:
        if error.status != _GONE:
            raise
        raise _Inconsistent("it expired twice while it was read; try again later") from error


def _pages(api: KubeApi, path: str, read: Read[V]) -> Iterator[list[V]]:
    token, used = "", {""}
    for _ in range(MOST_PAGES):
        query = [("limit", str(PAGE_OBJECTS)), *([("continue", token)] if token else [])]
        token, values = read(api.get(path, query))
        yield values
        if not token:
            return
        if token in used:
            raise _Inconsistent("the cluster sends the same page again")
        used.add(token)
    raise _Inconsistent(f"it has more than {MOST_PAGES} pages")


def objects_read(kind: str, shape: type[W], change: Callable[[W], V]) -> Read[V | BrokenObject]:
    """Read pages of a core kind: at once, or one by one where a page holds a broken object."""
    at_once = msgspec.json.Decoder(_ListPage[shape])  # type: ignore[valid-type]
    one_by_one = raw_read(f"{kind}List", partial(_one, kind, shape, change))

    def read(body: bytes) -> tuple[str, list[V | BrokenObject]]:
        try:
            page = at_once.decode(body)
            values: list[V | BrokenObject] = [change(item) for item in page.items or ()]
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors, and so is `ip`'s
            return one_by_one(body)
        _expect(page.kind, f"{kind}List")
        return page.metadata.resume or "", values

    return read


def _one(kind: str, shape: type[W], change: Callable[[W], V], raw: msgspec.Raw) -> V | BrokenObject:
    return parse.one_from(kind, raw, shape, change)


def raw_read(list_kind: str, change: Callable[[msgspec.Raw], V]) -> Read[V]:
    """Read pages whose objects are decoded one by one by `change`."""
    decoder = msgspec.json.Decoder(_ListPage[msgspec.Raw])

    def read(body: bytes) -> tuple[str, list[V]]:
        page = _decoded(decoder, body)
        _expect(page.kind, list_kind)
        return page.metadata.resume or "", [change(item) for item in page.items or ()]

    return read


def read_one(api: KubeApi, path: str, kind: str, shape: type[W]) -> Sight[W]:
    """The object or document of this kind at `path`."""
    try:
        body = api.get(path)
        _expect(_decoded(msgspec.json.Decoder(_Head), body).kind, kind)
        return Seen(_decoded(msgspec.json.Decoder(shape), body))
    except _Malformed as error:
        return Unseen(f"malformed answer at {path}: {error}")
    except (NoEntry, TryLater) as error:
        return Unseen(str(error))


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except RecursionError as error:
        raise _Malformed("nested too deeply to be read") from error
    except ValueError as error:  # msgspec's texts name paths, not values
        raise _Malformed(str(error)) from error


def _expect(found: str, wanted: str) -> None:
    if found != wanted:
        raise _Malformed(f"it is no {wanted}")
