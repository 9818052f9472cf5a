"""Clusters that are read and written without a network, straight from their `Store`s.

What a step of the flow needs to work with the demo's API: the same bytes are read as from a real
API server, and what is written goes through the same checks.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from seawall.collect.cluster import NAMESPACES, read_cluster, sight, sight_of_cluster
from seawall.collect.exposure import read_exposure
from seawall.connect.answers import Passing, check
from seawall.demo.access import READER_GRANTS, WRITER_GRANTS, User
from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.memory_api import MemoryApi
from seawall.demo.resources import Json
from seawall.demo.store import Store
from seawall.model.cluster import IDENTITY, ClusterKey
from seawall.model.errors import NoEntry, Refused
from seawall.model.exposure import Exposure
from seawall.model.fleet import ClusterRecord
from seawall.model.plan import Applied, Plan, Undo
from seawall.model.sight import Sight
from seawall.model.snapshot import Snapshot
from seawall.remediate.apply import PLAN_ANNOTATION

MENDER = User("seawall", (*READER_GRANTS, *WRITER_GRANTS))
"""May read what is judged, and write what a plan says."""

MANAGER = "seawall"
_NOT_FOUND = 404
_CONFLICT = 409
_ASKED: dict[str, str] = {"fieldManager": MANAGER, "force": "false", "fieldValidation": "Strict"}


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
            lambda api: (read_cluster(api, record.key, now=now), read_exposure(api)),
        )

    def _opened(self, record: ClusterRecord) -> MemoryApi:
        return MemoryApi(_store_of(self._stores, record), self._user)


class DemoWriting:
    """The port `Writing`; a cluster that is taken out of `stores` is away.

    Attributes:
        written: What the API was asked to store or to delete, rehearsals left out: each method
            and `namespace/name`.
    """

    def __init__(self, stores: Mapping[ClusterKey, Store], user: User = MENDER) -> None:
        self._stores = stores
        self._user = user
        self.written: list[tuple[str, str]] = []

    def rehearse(self, record: ClusterRecord, plan: Plan) -> None:
        """Let the API check the plan and store nothing. Raises: Refused, NoEntry, TryLater."""
        self._applied(record, plan, {"dryRun": "All"})

    def apply(self, record: ClusterRecord, plan: Plan) -> Applied:
        """Write it; once more changes nothing. Raises: as `rehearse`."""
        found = self._applied(record, plan, {})["metadata"]
        managers = {entry["manager"] for entry in found["managedFields"]}
        ours = managers == {MANAGER} and found["generation"] == 1 and _is_of(plan, found)
        return Applied(found["uid"], found["resourceVersion"], ours=ours)

    def undo(self, record: ClusterRecord, undo: Undo) -> None:
        """Delete what was made; gone already is as good. Raises: as `rehearse`."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": undo.uid}}
        path = _path(undo.namespace, undo.name)
        ask = Ask(self._user, "DELETE", path, body=msgspec.json.encode(body))
        self.written.append((ask.method, f"{undo.namespace}/{undo.name}"))
        try:
            self._answer(record, ask)
        except Refused as refused:
            if refused.status != _NOT_FOUND:
                raise

    def _applied(self, record: ClusterRecord, plan: Plan, more: Mapping[str, str]) -> Json:
        self._look(record, plan)
        manifest = msgspec.to_builtins(plan.manifest)
        manifest["metadata"]["annotations"] = {PLAN_ANNOTATION: plan.id}
        ask = Ask(
            self._user,
            "PATCH",
            _path(plan.namespace, plan.name),
            {**_ASKED, **more},
            body=msgspec.json.encode(manifest),
            content_type="application/apply-patch+yaml",
        )
        if not more:
            self.written.append((ask.method, f"{plan.namespace}/{plan.name}"))
        return self._answer(record, ask)

    def _look(self, record: ClusterRecord, plan: Plan) -> None:
        """Insist on the planned cluster, and that nobody else's object has the name."""
        identity = self._answer(record, Ask(self._user, "GET", f"{NAMESPACES}/{IDENTITY}"))
        if identity["metadata"]["uid"] != plan.uid:
            raise NoEntry(f"{record.key} is not the cluster that was planned for")
        try:
            found = self._answer(record, Ask(self._user, "GET", _path(plan.namespace, plan.name)))
        except Refused as refused:
            if refused.status != _NOT_FOUND:
                raise
            return
        if not _is_of(plan, found["metadata"]):
            raise Refused(_CONFLICT, f"{plan.namespace}/{plan.name} exists and is not ours")

    def _answer(self, record: ClusterRecord, ask: Ask) -> Json:
        reply = Api(_store_of(self._stores, record)).reply(ask)
        headers = {"content-type": reply.content_type}
        try:
            check(f"{ask.method} {ask.path}", reply.status, headers, reply.body)
        except Passing as passing:
            raise passing.verdict from passing
        found: Json = msgspec.json.decode(reply.body)
        return found


def _store_of(stores: Mapping[ClusterKey, Store], record: ClusterRecord) -> Store:
    if record.key not in stores:
        raise NoEntry(f"{record.key} does not answer")
    return stores[record.key]


def _path(namespace: str, name: str) -> str:
    return f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/{name}"


def _is_of(plan: Plan, metadata: Json) -> bool:
    return bool(metadata.get("annotations", {}).get(PLAN_ANNOTATION) == plan.id)
