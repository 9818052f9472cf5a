"""Wire shapes to model values, with the API's defaults applied. The only code that knows the JSON.

Source: `pkg/apis/networking/v1/defaults.go` and the types of core/v1 and networking.k8s.io/v1.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from seawall.collect import validate, wire
from seawall.collect.istio_pods import pod_mesh_from
from seawall.model import addresses
from seawall.model.addresses import Family, Ip, ip
from seawall.model.cluster import Provider
from seawall.model.policies import (
    BlockPeer,
    BrokenObject,
    Direction,
    NetworkPolicy,
    ObjectRef,
    Peer,
    PodPeer,
    PolicyRule,
    PortName,
    PortRange,
)
from seawall.model.ports import FIRST_PORT, LAST_PORT, Protocol
from seawall.model.selector import (
    EVERYTHING,
    NAMESPACE_NAME_LABEL,
    Labels,
    Operator,
    Requirement,
    Selector,
    selector,
)
from seawall.model.snapshot import ContainerPort, HostPort, Namespace, Node, Phase, Pod

W = TypeVar("W")
V = TypeVar("V")

DEFAULT_NAMESPACE = "default"
TEMPLATE_HASH_LABEL = "pod-template-hash"
"""Set by the Deployment controller on its ReplicaSets and pods; ends the ReplicaSet's name."""

_CRON_STAMP = re.compile(r"^(.+)-[0-9]{8,}$")
"""A CronJob names its Jobs by the scheduled minute since 1970: eight digits from 1989 on."""

_PHASES: Mapping[str, Phase] = {phase.value: phase for phase in Phase}
_PROVIDERS = (
    ("aws://", Provider.AWS),
    ("gce://", Provider.GCP),
    ("azure://", Provider.AZURE),
)


_LIFE_DIGITS = 32

_LOOPBACK = frozenset({"127.0.0.1", "::1"})

_OCTETS = {str(number): number for number in range(256)}

_Named = tuple[tuple[str, Protocol | None, int], ...]
"""Named ports as they are written."""


class Interned:
    """One copy of each equal label set, owner and port list: pods of a workload share them."""

    __slots__ = ("_owners", "_ports", "_same")

    def __init__(self) -> None:
        self._same: dict[Any, Any] = {}
        self._ports: dict[_Named, tuple[ContainerPort, ...]] = {}
        self._owners: dict[tuple[str, str, str], ObjectRef] = {}

    def one(self, value: V) -> V:
        """The first value equal to `value`."""
        found: V = self._same.setdefault(value, value)
        return found

    def ports(self, spec: wire.PodSpec) -> tuple[ContainerPort, ...]:
        """What `ports_from` makes of a spec; it is made once for all that write the same."""
        written = tuple(_named_ports(spec))
        found = self._ports.get(written)
        if found is None:
            found = self._ports[written] = self.one(_sorted_ports(written))
        return found

    def ref(self, kind: str, namespace: str, name: str) -> ObjectRef:
        """The reference of these three words."""
        words = (kind, namespace, name)
        found = self._owners.get(words)
        if found is None:
            found = self._owners[words] = ObjectRef(*words)
        return found


def labels_from(raw: wire.LabelsIn | None) -> Labels:
    """Sorted label pairs; a null value is the empty string, as in Go."""
    return tuple(sorted([(key, value or "") for key, value in raw.items()])) if raw else ()


def namespace_from(raw: wire.Namespace) -> Namespace:
    """A namespace; its name label is always the API server's, whatever is written there."""
    name = raw.metadata.name
    labels = {**(raw.metadata.labels or {}), NAMESPACE_NAME_LABEL: name}
    return Namespace(name, labels_from(labels), life=_life(raw.metadata.uid or ""))


def _life(uid: str) -> str:
    """A UID is only ever compared: what else a text in its place may say is not kept."""
    return hashlib.sha256(uid.encode(errors="replace")).hexdigest()[:_LIFE_DIGITS] if uid else ""


def node_from(raw: wire.Node) -> Node:
    """A node and who runs it."""
    provider_id = (raw.spec and raw.spec.provider_id) or ""
    found = (provider for prefix, provider in _PROVIDERS if provider_id.startswith(prefix))
    return Node(
        raw.metadata.name,
        next(found, Provider.OTHER),
        labels_from(raw.metadata.labels),
        tuple(_node_addresses(raw.status)),
    )


def _node_addresses(status: wire.NodeStatus | None) -> Iterator[Ip]:
    """Those that are IP addresses; the others are names, which no policy looks at."""
    for each in (status and status.addresses) or ():
        with suppress(ValueError):
            yield ip(each.address or "")


def pod_from(raw: wire.Pod, interned: Interned | None = None) -> Pod:
    """A pod.

    Raises:
        ValueError: One of its addresses is none.
    """
    interned = interned or Interned()
    namespace, name = raw.metadata.namespace or DEFAULT_NAMESPACE, name_of(raw.metadata)
    spec = raw.spec
    status = raw.status
    mesh = pod_mesh_from(raw.metadata.annotations, spec)
    return Pod(
        namespace=namespace,
        name=name,
        labels=interned.one(labels_from(raw.metadata.labels)),
        owner=owner_of(raw.metadata, ObjectRef("Pod", namespace, name), interned),
        addresses=_addresses(status) if status else (),
        ports=interned.ports(spec) if spec else (),
        host_network=bool(spec and spec.host_network),
        node=(spec and spec.node_name) or "",
        phase=_phase(status),
        service_account=(spec and spec.service_account_name) or "",
        host_ports=host_ports_from(spec) if spec else (),
        mesh=interned.one(mesh) if mesh else None,
    )


def name_of(metadata: wire.Metadata | wire.Identity) -> str:
    """The name, or `prefix*` for one that the API server will make up (generateName)."""
    return metadata.name or f"{metadata.generate_name or ''}*"


def owner_of(metadata: wire.Metadata, itself: ObjectRef, interned: Interned) -> ObjectRef:
    """The workload a person knows, of a pod, ReplicaSet or Job; without a controller, itself."""
    for owner in metadata.owner_references or ():
        if owner.controller:
            template_hash = (metadata.labels or {}).get(TEMPLATE_HASH_LABEL)
            return interned.ref(*_workload(owner, template_hash, itself.namespace))
    return itself


def _workload(
    owner: wire.OwnerReference, template_hash: str | None, namespace: str
) -> tuple[str, str, str]:
    if owner.kind == "ReplicaSet" and template_hash and owner.name.endswith(f"-{template_hash}"):
        return "Deployment", namespace, owner.name.removesuffix(f"-{template_hash}")
    if owner.kind == "Job" and (stamped := _CRON_STAMP.match(owner.name)):
        return "CronJob", namespace, stamped[1]
    return owner.kind, namespace, owner.name


def _addresses(status: wire.PodStatus) -> tuple[Ip, ...]:
    if status.pod_ips:
        return tuple([_address(each.ip) for each in status.pod_ips if each.ip])
    return (_address(status.pod_ip),) if status.pod_ip else ()


def _address(text: str) -> Ip:
    """What `addresses.ip` makes of it, a tenth of its time for IPv4 as the API writes it.

    Four numbers of the table, without a leading zero, are an address to it too; the rest is its.
    """
    try:
        a, b, c, d = [_OCTETS[octet] for octet in text.split(".")]
    except (KeyError, ValueError):
        return ip(text)
    return Ip(Family.V4, a << 24 | b << 16 | c << 8 | d)


def _phase(status: wire.PodStatus | None) -> Phase:
    if status is None or not status.phase:
        return Phase.RUNNING
    return _PHASES.get(status.phase, Phase.UNKNOWN)


def ports_from(spec: wire.PodSpec) -> tuple[ContainerPort, ...]:
    """The named ports of all containers that run beside each other, sorted, each once."""
    return _sorted_ports(_named_ports(spec))


def host_ports_from(spec: wire.PodSpec) -> tuple[HostPort, ...]:
    """The ports of the node that lead to the pod; those of the loopback address lead nobody in."""
    found = [
        HostPort(port.host_port, port.container_port, port.protocol or Protocol.TCP)
        for containers in (spec.containers, spec.init_containers)
        for container in containers or ()
        for port in container.ports or ()
        if port.host_port and port.host_ip not in _LOOPBACK
    ]
    return tuple(sorted(set(found))) if found else ()


def _named_ports(spec: wire.PodSpec) -> Iterator[tuple[str, Protocol | None, int]]:
    """As they are written."""
    sidecars = [each for each in spec.init_containers or () if each.restart_policy == "Always"]
    for container in (*(spec.containers or ()), *sidecars):
        for port in container.ports or ():
            if port.name:
                yield port.name, port.protocol, port.container_port


def _sorted_ports(
    written: Iterable[tuple[str, Protocol | None, int]],
) -> tuple[ContainerPort, ...]:
    found = {
        ContainerPort(name, protocol or Protocol.TCP, port) for name, protocol, port in written
    }
    return tuple(sorted(found))


def one_from(
    kind: str,
    raw: bytes | msgspec.Raw | dict[str, Any],
    shape: type[W],
    change: Callable[[W], V],
    origin: str = "",
) -> V | BrokenObject:
    """One object, on its own: `change(raw decoded as shape)`, or why that cannot be."""
    try:
        found = (
            msgspec.convert(raw, shape)
            if isinstance(raw, dict)
            else msgspec.json.decode(raw, type=shape)
        )
        return change(found)
    except RecursionError:
        return BrokenObject(ref_from(kind, raw), ("nested too deeply to be read",), origin)
    except ValueError as error:  # msgspec.ValidationError is one; its text names paths, not values
        return BrokenObject(ref_from(kind, raw), (str(error),), origin)


def ref_from(kind: str, raw: bytes | msgspec.Raw | dict[str, Any]) -> ObjectRef:
    """As much of an object's identity as can be told: an empty word is one that cannot."""
    return validate.identity(kind, raw if isinstance(raw, dict) else _loosely(raw))


def _loosely(raw: bytes | msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def network_policy_from(
    raw: bytes | msgspec.Raw | dict[str, Any], origin: str = ""
) -> NetworkPolicy | BrokenObject:
    """A NetworkPolicy as the API server would store it, or what it would refuse in it."""
    document = raw if isinstance(raw, dict) else _loosely(raw)
    if document is None:
        return BrokenObject(
            ObjectRef(validate.KIND, "", ""), ("the object is not readable JSON",), origin
        )
    checked = validate.network_policy(document)
    if checked.problems:
        faults = (*checked.problems, *checked.warnings)
        return BrokenObject(validate.identity(validate.KIND, document), faults, origin)
    policy = msgspec.convert(document, wire.NetworkPolicy)
    return _policy_from(policy, origin, checked.warnings)


def _policy_from(raw: wire.NetworkPolicy, origin: str, warnings: tuple[str, ...]) -> NetworkPolicy:
    spec = raw.spec or wire.NetworkPolicySpec()
    return NetworkPolicy(
        namespace=raw.metadata.namespace or DEFAULT_NAMESPACE,
        name=name_of(raw.metadata),
        subject=selector_from(spec.pod_selector),
        directions=_directions(spec),
        ingress=tuple(map(_rule_from, spec.ingress or ())),
        egress=tuple(map(_rule_from, spec.egress or ())),
        origin=origin,
        warnings=warnings,
    )


def _directions(spec: wire.NetworkPolicySpec) -> frozenset[Direction]:
    # defaults.go: len(policyTypes) == 0 gives Ingress, and Egress where len(egress) > 0.
    if spec.policy_types:
        return frozenset(Direction(each.lower()) for each in spec.policy_types)
    return frozenset(Direction) if spec.egress else frozenset({Direction.INGRESS})


def _rule_from(raw: wire.IngressRule | wire.EgressRule | None) -> PolicyRule:
    # A null rule decodes to the zero value in Go: no peers and no ports, so everything.
    if raw is None:
        return PolicyRule(None, None)
    peers = tuple(map(_peer_from, raw.peers or ()))
    return PolicyRule(peers or None, tuple(map(_port_from, raw.ports or ())) or None)


def _peer_from(raw: wire.Peer) -> Peer:
    if raw.ip_block is not None:
        return _block_from(raw.ip_block)
    namespaces = raw.namespace_selector
    return PodPeer(
        None if namespaces is None else selector_from(namespaces), selector_from(raw.pod_selector)
    )


def _block_from(raw: wire.IPBlock) -> BlockPeer:
    left = addresses.cidr(raw.cidr)
    for each in raw.excepts or ():
        left -= addresses.cidr(each)
    return BlockPeer(left, raw.cidr)


def _port_from(raw: wire.Port | None) -> PortRange | PortName:
    protocol = (raw and raw.protocol) or Protocol.TCP
    if raw is None or raw.port is None:
        return PortRange(protocol, FIRST_PORT, LAST_PORT)
    if isinstance(raw.port, str):
        return PortName(protocol, raw.port)
    return PortRange(protocol, raw.port, raw.port if raw.end_port is None else raw.end_port)


def selector_from(raw: wire.LabelSelector | None) -> Selector:
    """The canonical selector; null is everything, as in `NetworkPolicySpec.podSelector`."""
    if raw is None:
        return EVERYTHING
    return selector(
        *(
            Requirement(key, Operator.IN, (value or "",))
            for key, value in (raw.match_labels or {}).items()
        ),
        *map(_requirement_from, raw.match_expressions or ()),
    )


def _requirement_from(raw: wire.Requirement) -> Requirement:
    values = sorted({value or "" for value in raw.values or ()})
    return Requirement(raw.key, Operator(raw.operator), tuple(values))
