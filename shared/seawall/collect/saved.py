"""A Snapshot as one file, and back: what a scan saved is accepted wherever a folder is.

The file is a line that names the format and its version, then zlib-compressed JSON of the shapes
below. Equal snapshots give equal bytes, and a snapshot holds nothing but what is judged, so there
is no secret to leak. Only unions need shapes of their own: msgspec tells them apart by a tag.
"""

import os
import re
import tempfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar, assert_never

import msgspec
from msgspec import Struct

from seawall.collect.saved_plane import StoredPlane, restored_plane, stored_plane
from seawall.model.addresses import IpSet
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.dialects import NO_DIALECTS, Dialects
from seawall.model.enforcement import NOT_READ
from seawall.model.entrances import UNREAD_ENTRANCES, Entrances, Forward, Gateway, Service
from seawall.model.errors import Trouble
from seawall.model.istio import MESH_NOT_READ, Mesh
from seawall.model.policies import (
    BlockPeer,
    BrokenObject,
    Direction,
    NetworkPolicy,
    Peer,
    PodPeer,
    PolicyRule,
    PortName,
    PortRange,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.ports import Protocol
from seawall.model.selector import Selector
from seawall.model.sight import Seen, Sight, Unseen, mapped
from seawall.model.snapshot import Namespace, Node, Origin, Pod, Snapshot

T = TypeVar("T")

VERSION = 2
"""2: has policies of other kinds, which whoever knows only 1 would overlook."""
MOST_BYTES = 1024 * 1024 * 1024
"""What a file may unpack to; a snapshot of 100,000 pods needs about 40 MB."""

_MAGIC = b"seawall-snapshot "
_HEADER = re.compile(rb"seawall-snapshot ([1-9][0-9]{0,8})\n")


class _Shape(Struct, frozen=True, omit_defaults=True):
    """Base of the shapes below; a field at its default is not written."""


class _Seen(_Shape, Generic[T], frozen=True, tag="seen"):
    value: T


class _Unseen(_Shape, frozen=True, tag="unseen"):
    why: str


class _Pods(_Shape, frozen=True, tag="pods"):
    namespaces: Selector | None
    pods: Selector


class _Block(_Shape, frozen=True, tag="block"):
    addresses: IpSet
    text: str


class _Range(_Shape, frozen=True, tag="range"):
    protocol: Protocol
    first: int
    last: int


class _Name(_Shape, frozen=True, tag="name"):
    protocol: Protocol
    name: str


class _Rule(_Shape, frozen=True):
    peers: tuple[_Pods | _Block, ...] | None = None
    ports: tuple[_Range | _Name, ...] | None = None


class _Policy(_Shape, frozen=True):
    namespace: str
    name: str
    subject: Selector
    directions: frozenset[Direction]
    ingress: tuple[_Rule, ...] = ()
    egress: tuple[_Rule, ...] = ()
    origin: str = ""
    warnings: tuple[str, ...] = ()


class _Kind(_Shape, frozen=True):
    group: str
    resource: str
    objects: _Seen[tuple[UnmodelledObject, ...]] | _Unseen
    directions: frozenset[Direction]
    stage: Stage
    binds_hosts: bool


class _Entrances(_Shape, frozen=True):
    """`model.entrances.Entrances`, member by member."""

    services: _Seen[tuple[Service, ...]] | _Unseen
    ingresses: _Seen[tuple[Forward, ...]] | _Unseen
    routes: _Seen[tuple[Forward, ...]] | _Unseen
    gateways: _Seen[tuple[Gateway, ...]] | _Unseen
    mesh_routes: _Seen[tuple[Forward, ...]] | _Unseen
    mesh_gateways: _Seen[tuple[Gateway, ...]] | _Unseen
    target_groups: _Seen[tuple[Forward, ...]] | _Unseen
    others: _Seen[tuple[()]] | _Unseen


class _Snapshot(_Shape, frozen=True):
    key: ClusterKey
    uid: _Seen[ClusterUid] | _Unseen
    taken_at: datetime
    tool_version: str
    origin: Origin
    namespaces: _Seen[tuple[Namespace, ...]] | _Unseen
    pods: _Seen[tuple[Pod, ...]] | _Unseen
    nodes: _Seen[tuple[Node, ...]] | _Unseen
    network_policies: _Seen[tuple[_Policy, ...]] | _Unseen
    unmodelled: _Seen[tuple[_Kind, ...]] | _Unseen
    broken: tuple[BrokenObject, ...] = ()
    counted: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    data_plane: _Seen[StoredPlane] | _Unseen = _Unseen(NOT_READ.why)
    entrances: _Entrances | None = None
    dialects: Dialects = NO_DIALECTS
    mesh: _Seen[Mesh] | _Unseen = _Unseen(MESH_NOT_READ.why)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(_Snapshot)


def save(snapshot: Snapshot) -> bytes:
    """The bytes of a snapshot; equal snapshots give equal bytes."""
    body = zlib.compress(_ENCODER.encode(_stored(snapshot)))
    return _MAGIC + str(VERSION).encode() + b"\n" + body


def is_saved(content: bytes) -> bool:
    """Whether a file's content is a saved snapshot, of any version."""
    return content.startswith(_MAGIC)


def load(content: bytes, origin: str, *, most_bytes: int = MOST_BYTES) -> Snapshot:
    """The snapshot in the content of the file `origin`, if it unpacks to `most_bytes` or less.

    Raises:
        Trouble: It is damaged, or written by a newer Seawall.
    """
    header = _HEADER.match(content)
    if header is None:
        raise Trouble(f"{origin}: no saved snapshot, or a damaged one; scan the cluster again")
    if int(header[1]) > VERSION:
        raise Trouble(f"{origin}: written by a newer Seawall; upgrade this one to read it")
    try:
        return _restored(_DECODER.decode(_unpacked(content[header.end() :], origin, most_bytes)))
    except (zlib.error, ValueError, RecursionError) as error:
        raise Trouble(f"{origin}: the snapshot is damaged; scan the cluster again") from error


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write the file, whole or not at all; only its owner may read it, as it maps a cluster.

    Raises:
        Trouble: It cannot be written there.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".seawall-", delete=False) as file:
            kept = Path(file.name)
            try:
                file.write(save(snapshot))
                file.flush()
                os.fsync(file.fileno())
                kept.replace(path)
            finally:
                kept.unlink(missing_ok=True)
    except OSError as error:
        raise Trouble(f"{path}: the snapshot cannot be written: {error.strerror}") from error


def _unpacked(body: bytes, origin: str, most_bytes: int) -> bytes:
    unpacking = zlib.decompressobj()
    found = unpacking.decompress(body, most_bytes)
    if unpacking.unconsumed_tail:
        raise Trouble(f"{origin}: unpacks to more than {most_bytes:,} bytes; not read")
    if not unpacking.eof or unpacking.unused_data:
        raise zlib.error("cut off, or followed by something")
    return found


def _stored(snapshot: Snapshot) -> _Snapshot:
    return _Snapshot(
        key=snapshot.key,
        uid=_tagged(snapshot.uid),
        taken_at=snapshot.taken_at,
        tool_version=snapshot.tool_version,
        origin=snapshot.origin,
        namespaces=_tagged(snapshot.namespaces),
        pods=_tagged(snapshot.pods),
        nodes=_tagged(snapshot.nodes),
        network_policies=_tagged(
            mapped(snapshot.network_policies, lambda found: tuple(map(_stored_policy, found)))
        ),
        unmodelled=_tagged(
            mapped(snapshot.unmodelled, lambda found: tuple(map(_stored_kind, found)))
        ),
        broken=snapshot.broken,
        counted=snapshot.counted,
        notes=snapshot.notes,
        data_plane=_tagged(mapped(snapshot.data_plane, stored_plane)),
        entrances=_stored_entrances(snapshot.entrances),
        dialects=snapshot.dialects,
        mesh=_tagged(snapshot.mesh),
    )


def _restored(stored: _Snapshot) -> Snapshot:
    return Snapshot(
        key=stored.key,
        uid=_sight(stored.uid),
        taken_at=stored.taken_at,
        tool_version=stored.tool_version,
        origin=stored.origin,
        namespaces=_sight(stored.namespaces),
        pods=_sight(stored.pods),
        nodes=_sight(stored.nodes),
        network_policies=mapped(
            _sight(stored.network_policies), lambda found: tuple(map(_restored_policy, found))
        ),
        unmodelled=mapped(
            _sight(stored.unmodelled), lambda found: tuple(map(_restored_kind, found))
        ),
        broken=stored.broken,
        counted=stored.counted,
        notes=stored.notes,
        data_plane=mapped(_sight(stored.data_plane), restored_plane),
        entrances=_restored_entrances(stored.entrances),
        dialects=stored.dialects,
        mesh=_sight(stored.mesh),
    )


def _stored_entrances(found: Entrances) -> _Entrances | None:
    """Nothing where nothing was read, as in the files of versions that did not."""
    if found == UNREAD_ENTRANCES:
        return None
    sights = {name: getattr(found, name) for name in _Entrances.__struct_fields__}
    return _Entrances(**{name: _tagged(sight) for name, sight in sights.items()})


def _restored_entrances(stored: _Entrances | None) -> Entrances:
    if stored is None:
        return UNREAD_ENTRANCES
    tagged = {name: getattr(stored, name) for name in _Entrances.__struct_fields__}
    return Entrances(**{name: _sight(each) for name, each in tagged.items()})


def _tagged(sight: Sight[T]) -> _Seen[T] | _Unseen:
    return _Seen(sight.value) if isinstance(sight, Seen) else _Unseen(sight.why)


def _sight(stored: _Seen[T] | _Unseen) -> Sight[T]:
    return Seen(stored.value) if isinstance(stored, _Seen) else Unseen(stored.why)


def _stored_policy(policy: NetworkPolicy) -> _Policy:
    return _Policy(
        policy.namespace,
        policy.name,
        policy.subject,
        policy.directions,
        tuple(map(_stored_rule, policy.ingress)),
        tuple(map(_stored_rule, policy.egress)),
        policy.origin,
        policy.warnings,
    )


def _restored_policy(stored: _Policy) -> NetworkPolicy:
    return NetworkPolicy(
        stored.namespace,
        stored.name,
        stored.subject,
        stored.directions,
        tuple(map(_restored_rule, stored.ingress)),
        tuple(map(_restored_rule, stored.egress)),
        stored.origin,
        stored.warnings,
    )


def _stored_rule(rule: PolicyRule) -> _Rule:
    return _Rule(
        None if rule.peers is None else tuple(map(_stored_peer, rule.peers)),
        None if rule.ports is None else tuple(map(_stored_port, rule.ports)),
    )


def _restored_rule(stored: _Rule) -> PolicyRule:
    return PolicyRule(
        None if stored.peers is None else tuple(map(_restored_peer, stored.peers)),
        None if stored.ports is None else tuple(map(_restored_port, stored.ports)),
    )


def _stored_peer(peer: Peer) -> _Pods | _Block:
    match peer:
        case PodPeer():
            return _Pods(peer.namespaces, peer.pods)
        case BlockPeer():
            return _Block(peer.addresses, peer.text)
        case _:
            assert_never(peer)


def _restored_peer(stored: _Pods | _Block) -> Peer:
    if isinstance(stored, _Pods):
        return PodPeer(stored.namespaces, stored.pods)
    return BlockPeer(stored.addresses, stored.text)


def _stored_port(port: PortRange | PortName) -> _Range | _Name:
    if isinstance(port, PortName):
        return _Name(port.protocol, port.name)
    return _Range(port.protocol, port.first, port.last)


def _restored_port(stored: _Range | _Name) -> PortRange | PortName:
    if isinstance(stored, _Name):
        return PortName(stored.protocol, stored.name)
    return PortRange(stored.protocol, stored.first, stored.last)


def _stored_kind(kind: UnmodelledKind) -> _Kind:
    return _Kind(
        kind.group,
        kind.resource,
        _tagged(kind.objects),
        kind.directions,
        kind.stage,
        kind.binds_hosts,
    )


def _restored_kind(stored: _Kind) -> UnmodelledKind:
    return UnmodelledKind(
        stored.group,
        stored.resource,
        _sight(stored.objects),
        stored.directions,
        stored.stage,
        stored.binds_hosts,
    )
