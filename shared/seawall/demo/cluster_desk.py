"""Clusters that are read and written without a network, straight from their `Store`s.

What a step of the flow needs to work with the demo's API: the same bytes are read as from a real
API server, and what is written goes through the same checks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

import msgspec

from seawall.collect.cluster import read_cluster, sight, sight_of_cluster
from seawall.collect.exposure import with_exposure
from seawall.connect.answers import Passing, check
from seawall.demo.access import READER_GRANTS, WRITER_GRANTS, User
from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.memory_api import MemoryApi
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry
from seawall.model.exposure import Exposure
from seawall.model.fleet import ClusterRecord
from seawall.model.sight import Sight
from seawall.model.snapshot import Snapshot
from seawall.remediate.apply import PlanWriter

MENDER = User("seawall", (*READER_GRANTS, *WRITER_GRANTS))
"""May read what is judged, and write what a plan says."""

_ASKED: dict[str, str] = {"fieldManager": "seawall", "force": "false", "fieldValidation": "Strict"}


class DemoClusters:
    """The port `Clusters`; a cluster that is taken out of `stores` is away."""

    def __init__(self, stores: Mapping[ClusterKey, Store], user: User = MENDER) -> None:
        self._stores = stores
        self._user = user

    def snapshot(self, record: ClusterRecord, *, now: datetime) -> Sight[Snapshot]:
        """What is judged, or why it could not be read."""
        return sight_of_cluster(lambda: self._opened(record), record.key, now=now)

    def exposed(self, record: ClusterRecord, *, now: datetime) -> Sight[tuple[Snapshot, Exposure]]:
        """The same, and what leads to its pods from outside."""
        return sight(
            lambda: self._opened(record),
            lambda api: with_exposure(api, read_cluster(api, record.key, now=now)),
        )

    def _opened(self, record: ClusterRecord) -> MemoryApi:
        return MemoryApi(_store_of(self._stores, record), self._user)


class DemoWriting(PlanWriter):
    """The port `Writing`, as the real one is; a cluster that is taken out of `stores` is away.

    Attributes:
        written: What the API was asked to store or to delete, rehearsals left out: each method
            and `namespace/name`.
    """

    def __init__(self, stores: Mapping[ClusterKey, Store], user: User = MENDER) -> None:
        self.written: list[tuple[str, str]] = []
        super().__init__(
            lambda record: MemoryApi(_store_of(stores, record), user),
            lambda record: MemoryWriter(_store_of(stores, record), user, self.written),
        )


class MemoryWriter:
    """What a Writer does, straight to a `Store`; notes in `written` what is no rehearsal."""

    def __init__(self, store: Store, user: User, written: list[tuple[str, str]]) -> None:
        self._api = Api(store)
        self._user = user
        self._written = written

    def apply(self, path: str, manifest: bytes, *, dry_run: bool) -> bytes:
        """Server-side apply, never by force. Raises: as `connect.Writer.apply`."""
        kind = "application/apply-patch+yaml"
        query = {**_ASKED, "dryRun": "All"} if dry_run else _ASKED
        ask = Ask(self._user, "PATCH", path, query, body=manifest, content_type=kind)
        return self._answer(ask, dry_run=dry_run)

    def delete(self, path: str, uid: str, version: str, *, dry_run: bool) -> bytes:
        """Delete this object as it was at this version. Raises: as `apply`."""
        body = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"uid": uid, "resourceVersion": version},
            **({"dryRun": ["All"]} if dry_run else {}),
        }
        ask = Ask(self._user, "DELETE", path, body=msgspec.json.encode(body))
        return self._answer(ask, dry_run=dry_run)

    def _answer(self, ask: Ask, *, dry_run: bool) -> bytes:
        if not dry_run:
            self._written.append((ask.method, _place(ask.path)))
        reply = self._api.reply(ask)
        headers = {"content-type": reply.content_type}
        try:
            check(f"{ask.method} {ask.path}", reply.status, headers, reply.body)
        except Passing as passing:
            raise passing.verdict from passing
        return reply.body

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        """Nothing is held, so nothing is let go."""


def _store_of(stores: Mapping[ClusterKey, Store], record: ClusterRecord) -> Store:
    if record.key not in stores:
        raise NoEntry(f"{record.key} does not answer")
    return stores[record.key]


def _place(path: str) -> str:
    """`namespace/name` of `/apis/GROUP/VERSION/namespaces/NAMESPACE/KIND/NAME`."""
    *_, namespace, _kind, name = path.split("/")
    return f"{namespace}/{name}"
