"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy as declared, with their defaults applied.

Source: cilium `pkg/policy/api` (Rule, IngressRule, EgressRule, PortProtocol) and
`pkg/k8s/apis/cilium.io/v2`. A list that is there and empty is not the same as one that is absent,
so both are kept apart; what either means depends on the version (`analyse.cilium`).
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from seawall.model.addresses import NO_ADDRESSES, IpSet
from seawall.model.policies import Direction, ObjectRef
from seawall.model.ports import Protocol
from seawall.model.selector import Requirement, Selector

NAMESPACED = "CiliumNetworkPolicy"
CLUSTERWIDE = "CiliumClusterwideNetworkPolicy"

ANY = "any"
"""The source of a label key without a prefix: whoever set the label."""
K8S = "k8s"
RESERVED = "reserved"
"""The source of the labels that Cilium itself gives what is no pod: `reserved:world`, ..."""


class Condition(Struct, frozen=True, order=True, gc=False):
    """One condition of an endpoint selector: `k8s:app`, `any:app`, `app`, `reserved:world`."""

    source: str
    requirement: Requirement


class EndpointSelector(Struct, frozen=True, cache_hash=True, gc=False):
    """All conditions together; none at all matches every endpoint it is asked about."""

    conditions: tuple[Condition, ...] = ()


class Entity(StrEnum):
    """The peers Cilium has a word for (`pkg/policy/api/entity.go`)."""

    ALL = "all"
    WORLD = "world"
    WORLD_IPV4 = "world-ipv4"
    WORLD_IPV6 = "world-ipv6"
    CLUSTER = "cluster"
    HOST = "host"
    REMOTE_NODE = "remote-node"
    KUBE_APISERVER = "kube-apiserver"
    INIT = "init"
    INGRESS = "ingress"
    HEALTH = "health"
    UNMANAGED = "unmanaged"
    NONE = "none"


class EndpointPeer(Struct, frozen=True, cache_hash=True, tag="endpoints", gc=False):
    """An entry of fromEndpoints or toEndpoints."""

    selector: EndpointSelector


class EntityPeer(Struct, frozen=True, cache_hash=True, tag="entity", gc=False):
    """An entry of fromEntities or toEntities."""

    entity: Entity


class CidrPeer(Struct, frozen=True, cache_hash=True, tag="cidr", gc=False):
    """An entry of a CIDR list: `addresses` is the block without its excepts."""

    addresses: IpSet
    text: str


class OutsidePeer(Struct, frozen=True, cache_hash=True, tag="outside", gc=False):
    """Addresses that only Cilium knows: cidrGroupRef, cidrGroupSelector, toFQDNs, to/fromGroups.

    `name` is the CiliumCIDRGroup of a cidrGroupRef, else empty.
    """

    what: str
    name: str = ""
    excepts: IpSet = NO_ADDRESSES


class ServicePeer(Struct, frozen=True, cache_hash=True, tag="service", gc=False):
    """An entry of toServices: one by name, or all with these labels; no namespace is any."""

    namespace: str
    name: str
    labels: Selector | None


class NodePeer(Struct, frozen=True, cache_hash=True, tag="node", gc=False):
    """An entry of fromNodes or toNodes."""

    selector: EndpointSelector


CiliumPeer = EndpointPeer | EntityPeer | CidrPeer | OutsidePeer | ServicePeer | NodePeer


class CiliumPort(Struct, frozen=True, cache_hash=True, gc=False):
    """One entry of `ports`: numbers, or a `name`; without a protocol, some other protocol.

    `protocols` are TCP, UDP and SCTP for ANY. Whatever is no TCP, UDP or SCTP (ICMP types, VRRP)
    is told apart by Cilium and not by us.
    """

    protocols: tuple[Protocol, ...]
    first: int = 0
    last: int = 0
    name: str = ""
    other: bool = False


class PortGroup(Struct, frozen=True, cache_hash=True, gc=False):
    """One entry of toPorts, or the icmps; `restricted` says what narrows it above layer 4."""

    path: str
    ports: tuple[CiliumPort, ...]
    restricted: str = ""


class CiliumRule(Struct, frozen=True, cache_hash=True, gc=False):
    """One ingress, egress, ingressDeny or egressDeny rule.

    `empty` are the peer lists that are there and empty, `groups` is None where neither toPorts nor
    icmps say anything, `requires` are fromRequires or toRequires.
    """

    path: str
    peers: tuple[CiliumPeer, ...] = ()
    empty: tuple[str, ...] = ()
    requires: tuple[EndpointSelector, ...] = ()
    groups: tuple[PortGroup, ...] | None = None
    restricted: str = ""


class CiliumSpec(Struct, frozen=True, gc=False):
    """`spec`, or one of `specs`: it selects endpoints or, with `on_nodes`, nodes."""

    path: str
    subject: EndpointSelector
    on_nodes: bool = False
    ingress: tuple[CiliumRule, ...] = ()
    ingress_deny: tuple[CiliumRule, ...] = ()
    egress: tuple[CiliumRule, ...] = ()
    egress_deny: tuple[CiliumRule, ...] = ()
    denies_ingress: bool | None = None
    denies_egress: bool | None = None

    def allows(self, direction: Direction) -> tuple[CiliumRule, ...]:
        """The allowing rules of one direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress

    def denies(self, direction: Direction) -> tuple[CiliumRule, ...]:
        """The denying rules of one direction."""
        return self.ingress_deny if direction is Direction.INGRESS else self.egress_deny

    def touches(self, direction: Direction) -> bool:
        """Whether it has any rule of a direction; one without leaves the direction alone."""
        return bool(self.allows(direction) or self.denies(direction))

    def isolates(self, direction: Direction) -> bool:
        """Whether it puts whom it selects into default deny.

        `Rule.EnableDefaultDeny`: true for each direction that has rules, if not said otherwise. It
        does nothing where there is no rule (cilium issue 35558).
        """
        said = self.denies_ingress if direction is Direction.INGRESS else self.denies_egress
        return said is not False and self.touches(direction)

    @property
    def is_idle(self) -> bool:
        """Whether it has no rule at all: refused since 1.17, without effect before."""
        return not any(map(self.touches, Direction))


@dataclass(frozen=True, slots=True)
class CiliumPolicy:
    """A CiliumNetworkPolicy, or without a namespace a CiliumClusterwideNetworkPolicy.

    Attributes:
        namespace: Where it is; empty for a clusterwide one.
        name: Its name.
        specs: `spec` and `specs` alike.
        inert: Why Cilium does not enforce it, from `status.conditions`; empty where it may.
        accepted: Whether Cilium says that it is valid.
        origin: file:line where it was read from a manifest, else empty.
        warnings: What is odd about it, each with its field path.
    """

    namespace: str
    name: str
    specs: tuple[CiliumSpec, ...] = ()
    inert: str = ""
    accepted: bool = False
    origin: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ref(self) -> ObjectRef:
        """Its kind, namespace and name."""
        return ObjectRef(NAMESPACED if self.namespace else CLUSTERWIDE, self.namespace, self.name)

    @property
    def directions(self) -> frozenset[Direction]:
        """The directions in which it has any rule."""
        return frozenset(d for d in Direction if any(spec.touches(d) for spec in self.specs))
