"""Carries out plans: the only module of the project that writes to a cluster."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from seawall.collect.cluster import NAMESPACES
from seawall.collect.parse import network_policy_from
from seawall.connect.answers import shown
from seawall.connect.limits import Limits
from seawall.connect.reader import open_reader
from seawall.connect.writer import FIELD_MANAGER, open_writer
from seawall.judge.fixes import means
from seawall.model.cluster import IDENTITY, ClusterUid
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, TryLater
from seawall.model.fleet import ClusterRecord
from seawall.model.plan import Applied, Plan, PlanId, Undo

PLAN_ANNOTATION = "seawall.dev/plan"
"""On each object that was made: the id of the plan that it came from."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""Names of namespaces and policies (RFC 1123): nothing in them means anything in a path."""

_NOT_FOUND = 404
_CONFLICT = 409
_UNPROCESSABLE = 422


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


class Reads(Protocol):
    """An open door for reading: a `connect.Reader`, or the demo's."""

    def get(self, path: str) -> bytes:
        """The JSON at `path`, undecoded. Raises Refused, NoEntry, TryLater."""
        ...


class Writes(Protocol):
    """An open door for writing NetworkPolicies: a `connect.Writer`, or the demo's."""

    def apply(self, path: str, manifest: bytes, *, dry_run: bool) -> bytes:
        """Server-side apply; what was stored. Raises Refused, NoEntry (nothing sent), TryLater."""
        ...

    def delete(self, path: str, uid: str, version: str, *, dry_run: bool) -> bytes:
        """Delete this object as it was at this version. Raises: as `apply`."""
        ...


class PlanWriter:
    """Writes what plans say, through doors that somebody opens.

    Each call visits the cluster once: it reads who the cluster is and whose object is there, then
    writes at most once.
    """

    def __init__(
        self,
        reader: Callable[[ClusterRecord], AbstractContextManager[Reads]],
        writer: Callable[[ClusterRecord], AbstractContextManager[Writes]],
    ) -> None:
        self._reader = reader
        self._writer = writer

    def look(self, record: ClusterRecord, plan: Plan) -> Applied | None:
        """What this plan made, if it is there now.

        Raises:
            NoEntry: The cluster cannot be read or is another one.
            TryLater: It is busy.
        """
        found = self._found(record, plan.uid, _path(plan.namespace, plan.name))
        if found is None or _plan_of(found) != plan.id:
            return None
        return _applied(found, plan.id)

    def rehearse(self, record: ClusterRecord, plan: Plan) -> None:
        """Let the API server check the plan and store nothing.

        Raises:
            Refused: The API server said no, would store something else, or another object has the
                name.
            NoEntry: The cluster cannot be reached or is another one.
            TryLater: It is busy.
        """
        answer = self._written(record, plan, dry_run=True)
        if _decoded(answer) is None:
            raise NoEntry(
                f"{plan.namespace}/{plan.name}: the answer to its rehearsal cannot be read"
            )
        if not means(network_policy_from(answer), plan.manifest):
            raise Refused(
                _UNPROCESSABLE,
                f"{plan.namespace}/{plan.name}: the API server would store something else than the "
                "plan says; does an admission webhook change NetworkPolicies?",
            )

    def apply(self, record: ClusterRecord, plan: Plan) -> Applied:
        """Write it; once more changes nothing.

        Raises: as `rehearse`; after a TryLater it is not known whether it was written.
        """
        found = _decoded(self._written(record, plan, dry_run=False))
        if found is None:
            # Something said yes in no API server's words; the next look will tell.
            raise TryLater(
                f"{plan.namespace}/{plan.name}: the answer to its creation cannot be read; it is "
                "not known whether it is there"
            )
        return _applied(found.metadata, plan.id)

    def undo(self, record: ClusterRecord, undo: Undo) -> None:
        """Delete exactly the object that was made; gone already is as good.

        Raises:
            Refused: The API server said no; 409: another object has taken its name, or others have
                a word in it.
            NoEntry: The cluster cannot be reached or is another one.
            TryLater: It is busy; it is not known whether the object was deleted.
        """
        path = _path(undo.namespace, undo.name)
        found = self._found(record, undo.identity, path)
        if found is None:
            return
        _insist_on_ours(found, undo)
        try:
            with self._writer(record) as writer:
                writer.delete(path, undo.uid, found.resource_version, dry_run=False)
        except Refused as error:
            if error.status == _CONFLICT:
                text = "was changed or replaced at this moment; it is left alone"
                raise Refused(_CONFLICT, f"{undo.namespace}/{undo.name} {text}: {error}") from error
            if error.status != _NOT_FOUND:
                raise

    def _written(self, record: ClusterRecord, plan: Plan, *, dry_run: bool) -> bytes:
        path, body = _path(plan.namespace, plan.name), msgspec.json.encode(_marked(plan))
        found = self._found(record, plan.uid, path)
        if found is not None and _plan_of(found) != plan.id:
            raise Refused(
                _CONFLICT, f"NetworkPolicy {plan.namespace}/{plan.name} exists and is not ours"
            )
        with self._writer(record) as writer:
            return writer.apply(path, body, dry_run=dry_run)

    def _found(self, record: ClusterRecord, uid: ClusterUid, path: str) -> _Metadata | None:
        """Insist that the cluster is the planned one; what is at the path, None: nothing."""
        with self._reader(record) as reader:
            identity = _decoded(reader.get(f"{NAMESPACES}/{IDENTITY}"))
            if identity is None or identity.metadata.uid != uid:
                raise NoEntry(
                    f"{record.key}: this is not the cluster that was planned for: the UID of its "
                    f"{IDENTITY} differs"
                )
            try:
                found = _decoded(reader.get(path))
            except Refused as error:
                if error.status != _NOT_FOUND:
                    raise
                return None
        if found is None:
            raise NoEntry(f"{record.key}: what is at {path} cannot be read")
        return found.metadata


class Applier(PlanWriter):
    """Writes what plans say to the clusters behind `doors`."""

    def __init__(
        self, doors: Callable[[ClusterRecord], Door], limits: Limits | None = None
    ) -> None:
        super().__init__(
            lambda record: open_reader(doors(record), limits),
            lambda record: open_writer(doors(record), limits),
        )


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


def _applied(metadata: _Metadata, plan: PlanId) -> Applied:
    return Applied(metadata.uid, metadata.resource_version, ours=_is_ours(metadata, plan))


def _is_ours(metadata: _Metadata, plan: PlanId) -> bool:
    """Made by this plan, never changed since, and no other field manager has a word in it."""
    return (
        _managers(metadata) == {FIELD_MANAGER}
        and _plan_of(metadata) == plan
        and metadata.generation == 1
    )


def _managers(metadata: _Metadata) -> set[str]:
    return {entry.manager for entry in metadata.managed_fields or ()}


def _insist_on_ours(found: _Metadata, undo: Undo) -> None:
    """Whoever has edited the object since wants it there: it is theirs now."""
    place = f"{undo.namespace}/{undo.name}"
    if found.uid != undo.uid:
        raise Refused(_CONFLICT, f"{place} is not the object that was made; it is left alone")
    if not _is_ours(found, undo.plan):
        others = sorted(map(shown, _managers(found) - {FIELD_MANAGER}))
        raise Refused(
            _CONFLICT,
            f"{place} was changed since it was made, by {', '.join(others) or 'somebody'}; it is "
            "left alone: delete it by hand if nobody needs it",
        )
