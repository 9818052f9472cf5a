"""Wire shapes of the admin policies: what their CRDs ask of each field, as far as types can.

Sources: `config/crd` of kubernetes-sigs/network-policy-api, v0.1.7 (v1alpha1) and v0.2.0
(v1alpha2): limits of lists, of lengths and of numbers. A null field is pruned by the API server, a
null item of a list is refused.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from seawall.collect.wire import Identity, LabelSelector, PortNumber, Wire
from seawall.model.ports import Protocol

MOST_NETWORKS = 25
Name = Annotated[str, Meta(max_length=100)]
Priority = Annotated[int, Meta(ge=0, le=1000)]
Cidr = Annotated[str, Meta(max_length=43)]
Domain = Annotated[str, Meta(max_length=254)]
"""The CRD has no limit; RFC 1035 section 3.1 has, and a final dot is allowed."""

Networks = Annotated[list[Cidr], Meta(min_length=1, max_length=MOST_NETWORKS)]
Domains = Annotated[list[Domain], Meta(min_length=1, max_length=MOST_NETWORKS)]


class OldAction(StrEnum):
    """`AdminNetworkPolicyRuleAction`."""

    ALLOW = "Allow"
    DENY = "Deny"
    PASS = "Pass"  # noqa: S105  a verb of the admin APIs, no password


class BaselineAction(StrEnum):
    """`BaselineAdminNetworkPolicyRuleAction`: nothing comes after it that it could pass to."""

    ALLOW = "Allow"
    DENY = "Deny"


class Action(StrEnum):
    """`ClusterNetworkPolicyRuleAction`."""

    ACCEPT = "Accept"
    DENY = "Deny"
    PASS = "Pass"  # noqa: S105  a verb of the admin APIs, no password


class Tier(StrEnum):
    """`Tier` of a ClusterNetworkPolicy."""

    ADMIN = "Admin"
    BASELINE = "Baseline"


class Pods(Wire, frozen=True, gc=False):
    """`NamespacedPod`; v1alpha1 requires both, v1alpha2 the second: told, and read as empty."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None


class PodPeer(Wire, frozen=True, gc=False):
    """A subject, and the peer of an ingress rule: exactly one of the two."""

    namespaces: LabelSelector | None = None
    pods: Pods | None = None


class BaselinePeer(PodPeer, frozen=True, gc=False):
    """`BaselineAdminNetworkPolicyEgressPeer`: exactly one of the four."""

    nodes: LabelSelector | None = None
    networks: Networks | None = None


class EgressPeer(BaselinePeer, frozen=True, gc=False):
    """The peer of any other egress rule: exactly one of the five."""

    domain_names: Domains | None = None


class Range(Wire, frozen=True, gc=False):
    """`PortRange`; the start is less than the end. v1alpha2 says the protocol elsewhere."""

    start: PortNumber
    end: PortNumber


class OldRange(Range, frozen=True, gc=False):
    """`PortRange` of v1alpha1."""

    protocol: Protocol | None = None


class OldNumber(Wire, frozen=True, gc=False):
    """`Port` of v1alpha1."""

    port: PortNumber
    protocol: Protocol | None = None


class OldPort(Wire, frozen=True, gc=False):
    """`AdminNetworkPolicyPort`: exactly one of the three."""

    port_number: OldNumber | None = None
    named_port: str | None = None
    port_range: OldRange | None = None


class Port(Wire, frozen=True, gc=False):
    """`Port` of v1alpha2: exactly one of the two."""

    number: PortNumber | None = None
    range: Range | None = None


class ProtocolPorts(Wire, frozen=True, gc=False):
    """`ClusterNetworkPolicyProtocolTCP` and its like: one field, and one at least is required."""

    destination_port: Port


class ProtocolMatch(Wire, frozen=True, gc=False):
    """`ClusterNetworkPolicyProtocol`: exactly one of the four."""

    tcp: ProtocolPorts | None = None
    udp: ProtocolPorts | None = None
    sctp: ProtocolPorts | None = None
    destination_named_port: str | None = None


OldPorts = Annotated[list[OldPort], Meta(min_length=1, max_length=100)]
Protocols = Annotated[list[ProtocolMatch], Meta(min_length=1, max_length=25)]


class AdminIngress(Wire, frozen=True, gc=False, rename={"peers": "from"}):
    """`AdminNetworkPolicyIngressRule`."""

    action: OldAction
    peers: Annotated[list[PodPeer], Meta(min_length=1, max_length=100)]
    ports: OldPorts | None = None
    name: Name | None = None


class AdminEgress(Wire, frozen=True, gc=False, rename={"peers": "to"}):
    """`AdminNetworkPolicyEgressRule`."""

    action: OldAction
    peers: Annotated[list[EgressPeer], Meta(min_length=1, max_length=100)]
    ports: OldPorts | None = None
    name: Name | None = None


class BaselineIngress(Wire, frozen=True, gc=False, rename={"peers": "from"}):
    """`BaselineAdminNetworkPolicyIngressRule`."""

    action: BaselineAction
    peers: Annotated[list[PodPeer], Meta(min_length=1, max_length=100)]
    ports: OldPorts | None = None
    name: Name | None = None


class BaselineEgress(Wire, frozen=True, gc=False, rename={"peers": "to"}):
    """`BaselineAdminNetworkPolicyEgressRule`."""

    action: BaselineAction
    peers: Annotated[list[BaselinePeer], Meta(min_length=1, max_length=100)]
    ports: OldPorts | None = None
    name: Name | None = None


class ClusterIngress(Wire, frozen=True, gc=False, rename={"peers": "from"}):
    """`ClusterNetworkPolicyIngressRule`."""

    action: Action
    peers: Annotated[list[PodPeer], Meta(min_length=1, max_length=25)]
    protocols: Protocols | None = None
    name: Name | None = None


class ClusterEgress(Wire, frozen=True, gc=False, rename={"peers": "to"}):
    """`ClusterNetworkPolicyEgressRule`."""

    action: Action
    peers: Annotated[list[EgressPeer], Meta(min_length=1, max_length=25)]
    protocols: Protocols | None = None
    name: Name | None = None


class AdminSpec(Wire, frozen=True, gc=False):
    """`AdminNetworkPolicySpec`."""

    priority: Priority
    subject: PodPeer
    ingress: Annotated[list[AdminIngress], Meta(max_length=100)] | None = None
    egress: Annotated[list[AdminEgress], Meta(max_length=100)] | None = None


class BaselineSpec(Wire, frozen=True, gc=False):
    """`BaselineAdminNetworkPolicySpec`."""

    subject: PodPeer
    ingress: Annotated[list[BaselineIngress], Meta(max_length=100)] | None = None
    egress: Annotated[list[BaselineEgress], Meta(max_length=100)] | None = None


class ClusterSpec(Wire, frozen=True, gc=False):
    """`ClusterNetworkPolicySpec`."""

    tier: Tier
    priority: Priority
    subject: PodPeer
    ingress: Annotated[list[ClusterIngress], Meta(max_length=25)] | None = None
    egress: Annotated[list[ClusterEgress], Meta(max_length=25)] | None = None


class AdminNetworkPolicy(Wire, frozen=True, gc=False):
    """`policy.networking.k8s.io/v1alpha1.AdminNetworkPolicy`."""

    metadata: Identity
    spec: AdminSpec


class BaselineAdminNetworkPolicy(Wire, frozen=True, gc=False):
    """`policy.networking.k8s.io/v1alpha1.BaselineAdminNetworkPolicy`."""

    metadata: Identity
    spec: BaselineSpec


class ClusterNetworkPolicy(Wire, frozen=True, gc=False):
    """`policy.networking.k8s.io/v1alpha2.ClusterNetworkPolicy`."""

    metadata: Identity
    spec: ClusterSpec
