"""The API server without its socket: a question in, a reply out.

Reading is here, writing in `writes`. Left out on purpose, and answered with a Status that says so:
watch (nothing here watches), collections deleted as one, subresources written. Left out silently,
as the protocol allows: Table (clients then print what a List holds), OpenAPI and aggregated
discovery (clients fall back).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from seawall.demo import paging, replies, selectors
from seawall.demo.access import allowed, forbidden
from seawall.demo.asks import Ask
from seawall.demo.discovery import document_at
from seawall.demo.replies import Refused, Reply
from seawall.demo.resources import Json, Resource
from seawall.demo.reviews import is_review, reviewed
from seawall.demo.routes import Route, route_of
from seawall.demo.store import Held, Store, View
from seawall.demo.writes import Writes

KEPT_PAGES: Final = 64
"""How many finished pages stay ready, so that a second scan is paced by the client alone."""


@dataclass(frozen=True, slots=True)
class _ListAsk:
    resource: Resource
    namespace: str
    labels: str
    fields: str
    limit: int
    token: str
    partial: bool
    accept_encoding: str


class Api:
    """Answers for one store; holds no connection and no user."""

    def __init__(
        self,
        store: Store,
        *,
        git_version: str = "v1.36.2",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._writes = Writes(store, now)
        self._git_version = git_version
        self._pages: OrderedDict[tuple[int, _ListAsk], Reply] = OrderedDict()

    def reply(self, ask: Ask) -> Reply:
        """The answer to one request: permission first, as in a real server."""
        self._store.finalise()
        route = route_of(ask.method, ask.path, ask.query)
        try:
            if not allowed(ask.user, route):
                return forbidden(ask.user, route)
            answer = self._resource(ask, route) if route.plural else self._plain(ask, route)
        except Refused as refused:
            return refused.reply
        return replies.compressed(answer, ask.accept_encoding)

    def _plain(self, ask: Ask, route: Route) -> Reply:
        if route.verb != "get":
            return replies.not_allowed(f"{ask.method} {route.path}")
        return document_at(route.path, self._store.resources, self._git_version)

    def _resource(self, ask: Ask, route: Route) -> Reply:
        resource = self._store.resource(route.group, route.version, route.plural)
        if resource is None or (route.subresource and route.verb == "get" and not _status(route)):
            return replies.NO_SUCH_PATH
        if route.verb == "create" and is_review(route.plural):
            return reviewed(route.plural, ask.user, ask.body)
        if not resource.served_to_readers or route.verb == "watch":
            return replies.not_allowed(f"{route.verb} of {resource.qualified}")
        if route.verb not in {"get", "list"}:
            return self._writes.reply(ask, route, resource)
        partial = _wants_partial(ask.accept)
        if route.verb == "get":
            return self._one(resource, route, partial=partial)
        return self._listed(_list_ask(ask, route, resource, partial=partial), ask)

    def _one(self, resource: Resource, route: Route, *, partial: bool) -> Reply:
        held = self._store.get(resource, route.namespace, route.name)
        if held is None:
            return replies.not_found(resource, route.name)
        return replies.document(_partial(held) if partial else held.obj)

    def _listed(self, wanted: _ListAsk, ask: Ask) -> Reply:
        view, start = self._view(wanted, ask)
        cached = self._pages.get((view.version, wanted))
        if cached is not None:
            return cached
        page = paging.page_of(view, wanted.namespace, start, wanted.limit, _predicate(wanted))
        if page.start:
            self._store.keep(wanted.resource, view)
        body = _list_body(wanted, view, page)
        return self._remembered((view.version, wanted), Reply(200, body))

    def _view(self, wanted: _ListAsk, ask: Ask) -> tuple[View, str]:
        now = self._store.view(wanted.resource)
        if not wanted.token:
            return now, ""
        if ask.query.get("resourceVersion", "0") not in {"", "0"}:
            raise Refused(
                replies.bad_request(
                    "specifying resource version is not allowed when using continue"
                )
            )
        token = _token(wanted.token)
        if token.rv == paging.ANY_VERSION:
            return now, token.start
        past = self._store.past_view(wanted.resource, token.rv)
        if past is None:
            raise Refused(_expired(token, now))
        return past, token.start

    def _remembered(self, key: tuple[int, _ListAsk], reply: Reply) -> Reply:
        finished = replies.compressed(reply, key[1].accept_encoding)
        self._pages[key] = finished
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)
        return finished


def _status(route: Route) -> bool:
    return route.subresource == "status"


def _list_ask(ask: Ask, route: Route, resource: Resource, *, partial: bool) -> _ListAsk:
    return _ListAsk(
        resource,
        route.namespace,
        ask.query.get("labelSelector", ""),
        ask.query.get("fieldSelector", ""),
        _limit(ask.query.get("limit", "") or "0"),
        ask.query.get("continue", ""),
        partial,
        ask.accept_encoding,
    )


def _limit(given: str) -> int:
    if not given.isdecimal():
        raise Refused(replies.bad_request(f'strconv.ParseInt: parsing "{given}": invalid syntax'))
    return int(given)


def _token(source: str) -> paging.Token:
    try:
        return paging.token_from(source)
    except paging.BadTokenError as error:
        raise Refused(replies.bad_request(f"invalid continue token: {error}")) from error


def _expired(token: paging.Token, now: View) -> Reply:
    carry_on = paging.Token(paging.TOKEN_KIND, paging.ANY_VERSION, token.start)
    metadata = {"resourceVersion": str(now.version), "continue": str(carry_on)}
    return replies.failure(410, "Expired", paging.EXPIRED, metadata=metadata)


def _predicate(wanted: _ListAsk) -> selectors.Predicate:
    try:
        by_labels = selectors.by_labels(wanted.labels)
        by_fields = selectors.by_fields(wanted.fields, wanted.resource)
    except selectors.BadSelectorError as error:
        raise Refused(replies.bad_request(str(error))) from error
    if by_fields is selectors.everything:
        return by_labels
    return lambda held: by_labels(held) and by_fields(held)


def _wants_partial(accept: str) -> bool:
    """Read the Accept header; of several forms the first that is served here counts."""
    for entry in accept.split(",") if accept.strip() else ("*/*",):
        kind, *options = (part.strip() for part in entry.split(";"))
        if kind not in {"application/json", "application/*", "*/*"}:
            continue
        form = [option for option in options if option.startswith("as=")]
        if not form or form[0].startswith("as=PartialObjectMetadata"):
            return bool(form)
    message = "only the following media types are accepted: application/json"
    raise Refused(replies.failure(406, "NotAcceptable", message))


def _partial(held: Held) -> Json:
    head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {**head, "metadata": held.obj["metadata"]}


def _list_body(wanted: _ListAsk, view: View, page: paging.Page) -> bytes:
    """Join what is already encoded; only the head of the list is encoded here."""
    resource = wanted.resource
    metadata: Json = {"resourceVersion": str(view.version)}
    if page.start:
        token = paging.Token(paging.TOKEN_KIND, view.version, page.start)
        metadata["continue"] = str(token)
    elif resource.custom and not wanted.partial:
        metadata["continue"] = ""  # unstructured lists always carry it (recorded)
    if page.remaining:
        metadata["remainingItemCount"] = page.remaining
    kind, api_version = f"{resource.kind}List", resource.api_version
    items = [held.body for held in page.items]
    if wanted.partial:
        kind, api_version = "PartialObjectMetadataList", "meta.k8s.io/v1"
        items = [msgspec.json.encode(_partial(held)) for held in page.items]
    head = msgspec.json.encode({"kind": kind, "apiVersion": api_version, "metadata": metadata})
    return head[:-1] + b',"items":[' + b",".join(items) + b"]}\n"
