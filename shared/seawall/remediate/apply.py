"""Carries out plans: the only module of the project that writes to a cluster."""

import re
from collections.abc import Callable, Mapping

import msgspec

from seawall.collect.cluster import NAMESPACES
from seawall.collect.parse import network_policy_from
from seawall.connect.limits import Limits
from seawall.connect.reader import open_reader
from seawall.connect.writer import FIELD_MANAGER, Writer, open_writer
from seawall.judge.fixes import means
from seawall.model.cluster import IDENTITY
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, TryLater
from seawall.model.fleet import ClusterRecord
from seawall.model.plan import Applied, Plan, Undo

PLAN_ANNOTATION = "seawall.dev/plan"
"""On each object that was made: the id of the plan that it came from."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""Names of namespaces and policies (RFC 1123): nothing in them means anything in a path."""

_NOT_FOUND = 404
_CONFLICT = 409


class _Entry(msgspec.Struct):
    manager: str = ""


class _Metadata(msgspec.Struct, rename="camel"):
    uid: str
    resource_version: str = ""
    generation: int = 0
    annotations: dict[str, str] | None = None
    managed_fields: list[_Entry] | None = None


class _Object(msgspec.Struct):
    metadata: _Metadata


class Applier:
    """Writes what plans say to the clusters behind `doors`.

    Each call visits the cluster once: it reads who the cluster is and whose object is there, then
    writes at most once.
    """

    def __init__(
        self, doors: Callable[[ClusterRecord], Door], limits: Limits | None = None
    ) -> None:
        self._doors = doors
        self._limits = limits

    def rehearse(self, record: ClusterRecord, plan: Plan) -> None:
        """Let the API server check the plan and store nothing.

        Raises:
            Refused: The API server said no, or another object has the name.
            NoEntry: The cluster cannot be reached or is another one, or would store something else.
            TryLater: It is busy.
        """
        answer = self._applied(record, plan, dry_run=True)
        if not means(network_policy_from(answer), plan.manifest):
            raise NoEntry(
                f"{plan.namespace}/{plan.name}: the API server would store something else than the "
                "plan says; does an admission webhook change NetworkPolicies?"
            )

    def apply(self, record: ClusterRecord, plan: Plan) -> Applied:
        """Write it; once more changes nothing.

        Raises: as `rehearse`; after a TryLater it is not known whether it was written.
        """
        answer = self._applied(record, plan, dry_run=False)
        found = _decoded(answer)
        if found is None:
            # Something said yes in no API server's words; the next look will tell.
            raise TryLater(
                f"{plan.namespace}/{plan.name}: the answer to its creation cannot be read; it is "
                "not known whether it is there"
            )
        metadata = found.metadata
        return Applied(metadata.uid, metadata.resource_version, ours=_is_ours(metadata, plan))

    def undo(self, record: ClusterRecord, undo: Undo) -> None:
        """Delete exactly the object that was made; gone already is as good.

        Raises:
            Refused: The API server said no; 409: another object has taken its name.
            NoEntry: The cluster cannot be reached.
            TryLater: It is busy; it is not known whether the object was deleted.
        """
        path = _path(undo.namespace, undo.name)
        try:
            with self._writer(record) as writer:
                writer.delete(path, undo.uid, dry_run=False)
        except Refused as error:
            if error.status == _CONFLICT:
                text = "is not the object that was made; it is left alone"
                raise Refused(_CONFLICT, f"{undo.namespace}/{undo.name} {text}: {error}") from error
            if error.status != _NOT_FOUND:
                raise

    def _applied(self, record: ClusterRecord, plan: Plan, *, dry_run: bool) -> bytes:
        path, body = _path(plan.namespace, plan.name), msgspec.json.encode(_marked(plan))
        self._look(record, plan, path)
        with self._writer(record) as writer:
            return writer.apply(path, body, dry_run=dry_run)

    def _look(self, record: ClusterRecord, plan: Plan, path: str) -> None:
        """Insist that the cluster is the planned one, and that nobody else's object is there."""
        with open_reader(self._doors(record), self._limits) as reader:
            identity = _decoded(reader.get(f"{NAMESPACES}/{IDENTITY}"))
            if identity is None or identity.metadata.uid != plan.uid:
                raise NoEntry(
                    f"{record.key}: this is not the cluster that was planned for: the UID of its "
                    f"{IDENTITY} differs"
                )
            try:
                found = _decoded(reader.get(path))
            except Refused as error:
                if error.status != _NOT_FOUND:
                    raise
                return
        if found is None or _plan_of(found.metadata) != plan.id:
            raise Refused(
                _CONFLICT, f"NetworkPolicy {plan.namespace}/{plan.name} exists and is not ours"
            )

    def _writer(self, record: ClusterRecord) -> Writer:
        return open_writer(self._doors(record), self._limits)


def _path(namespace: str, name: str) -> str:
    """Where the object is.

    Raises:
        NoEntry: No API server has such names; they may be meant to lead elsewhere.
    """
    if not (_NAME.fullmatch(namespace) and _NAME.fullmatch(name)):
        raise NoEntry("the plan has a name that cannot be part of an API path")
    return f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/{name}"


def _marked(plan: Plan) -> Mapping[str, object]:
    """The manifest, with the id of the plan on it."""
    metadata = msgspec.convert(plan.manifest["metadata"], dict[str, object])
    return {**plan.manifest, "metadata": {**metadata, "annotations": {PLAN_ANNOTATION: plan.id}}}


def _decoded(answer: bytes) -> _Object | None:
    try:
        return msgspec.json.decode(answer, type=_Object)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _plan_of(metadata: _Metadata) -> str:
    return (metadata.annotations or {}).get(PLAN_ANNOTATION, "")


def _is_ours(metadata: _Metadata, plan: Plan) -> bool:
    """Made by this plan, never changed since, and no other field manager has a word in it."""
    managers = {entry.manager for entry in metadata.managed_fields or ()}
    return (
        managers == {FIELD_MANAGER} and _plan_of(metadata) == plan.id and metadata.generation == 1
    )
