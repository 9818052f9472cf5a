"""Endpoint classes: pods that no policy can tell apart are one bit.

Two pods share a class when they have the same namespace, the same labels as far as any selector
looks, the same named ports as far as any rule names them, the same host-network flag, and
addresses of the same family in the same ipBlocks. A dual-stack pod has an endpoint a family, so
that "allowed over IPv4 only" has an answer. Beside the live classes stand virtual ones: a fresh
unlabelled pod in each namespace, one in a fresh namespace, and the DNS pod where none was seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from seawall.model.addresses import Family, IpSet
from seawall.model.policies import BlockPeer, NetworkPolicy, PodPeer, PortName
from seawall.model.selector import Labels, with_labels
from seawall.model.snapshot import ContainerPort

FRESH_NAMESPACE = "*"
"""Stands for a namespace that does not exist yet; no real one can have this name (RFC 1123)."""

DNS_NAMESPACE = "kube-system"
DNS_LABELS: Labels = (("k8s-app", "kube-dns"),)
"""What EKS, GKE, AKS and kubeadm label their cluster DNS pods with."""

SERVICE_ACCOUNT_KEY = ":serviceaccount"
"""The name of a pod's ServiceAccount, as if it were a label: no label's key may have a colon."""

DNS_SELECTOR = with_labels(dict(DNS_LABELS))


class Standing(StrEnum):
    """What an endpoint class stands for."""

    LIVE = "live"
    NEW_POD = "new-pod"
    """An unlabelled pod that somebody may start in this namespace."""
    NEW_NAMESPACE = "new-namespace"
    """An unlabelled pod in a namespace that somebody may create, with no labels of its own."""
    DNS = "dns"
    """The cluster's DNS pod, where none was among the pods read."""


class EndpointClass(Struct, frozen=True, gc=False):
    """What the members of one class have in common; `region` is None where no address is known."""

    namespace: int
    labels: Labels
    ports: tuple[ContainerPort, ...] = ()
    host_network: bool = False
    region: int | None = None
    family: Family | None = None
    standing: Standing = Standing.LIVE


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What the policies of a cluster look at; whatever else differs between pods cannot matter."""

    pod_keys: frozenset[str]
    namespace_keys: frozenset[str]
    port_names: frozenset[str]
    blocks: tuple[IpSet, ...]

    def __or__(self, that: "Mentioned") -> "Mentioned":
        return Mentioned(
            self.pod_keys | that.pod_keys,
            self.namespace_keys | that.namespace_keys,
            self.port_names | that.port_names,
            tuple({*self.blocks, *that.blocks}),
        )


def mentioned(policies: Iterable[NetworkPolicy]) -> Mentioned:
    """Everything that any rule of these policies looks at."""
    subjects = {policy.subject for policy in policies}
    rules = {rule for policy in policies for rule in (*policy.ingress, *policy.egress)}
    ports = {port for found in {rule.ports for rule in rules} if found for port in found}
    peers = {peer for found in {rule.peers for rule in rules} if found for peer in found}
    named = [peer for peer in peers if isinstance(peer, PodPeer)]
    pods = subjects | {peer.pods for peer in named} | {DNS_SELECTOR}
    spaces = {peer.namespaces for peer in named if peer.namespaces is not None}
    return Mentioned(
        frozenset(key for found in pods for key in found.keys),
        frozenset(key for found in spaces for key in found.keys),
        frozenset(port.name for port in ports if isinstance(port, PortName)),
        tuple({peer.addresses for peer in peers if isinstance(peer, BlockPeer)}),
    )
