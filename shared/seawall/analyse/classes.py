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

from seawall.model.addresses import Family, IpSet
from seawall.model.policies import BlockPeer, NetworkPolicy, PodPeer, PolicyRule, PortName
from seawall.model.selector import NAMESPACE_NAME_LABEL, Labels, Selector, with_labels
from seawall.model.snapshot import ContainerPort

FRESH_NAMESPACE = "*"
"""Stands for a namespace that does not exist yet; no real one can have this name (RFC 1123)."""

DNS_NAMESPACE = "kube-system"
DNS_SELECTOR = with_labels({"k8s-app": "kube-dns"})
"""What EKS, GKE, AKS and kubeadm label their cluster DNS pods with."""


class Standing(StrEnum):
    """What an endpoint class stands for."""

    LIVE = "live"
    NEW_POD = "new-pod"
    """An unlabelled pod that somebody may start in this namespace."""
    NEW_NAMESPACE = "new-namespace"
    """An unlabelled pod in a namespace that somebody may create, with no labels of its own."""
    DNS = "dns"
    """The cluster's DNS pod, where none was among the pods read."""


@dataclass(frozen=True, slots=True)
class EndpointClass:
    """What the members of one class have in common. `family` is None where no address is known."""

    namespace: int
    labels: Labels
    ports: tuple[ContainerPort, ...]
    host_network: bool
    family: Family | None
    region: int
    standing: Standing = Standing.LIVE


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What the policies of a cluster look at; whatever else differs between pods cannot matter."""

    pod_keys: frozenset[str]
    namespace_keys: frozenset[str]
    port_names: frozenset[str]
    blocks: tuple[IpSet, ...]


def mentioned(policies: Iterable[NetworkPolicy]) -> Mentioned:
    """Everything that any rule of these policies looks at."""
    pod_keys, namespace_keys, names = set(DNS_SELECTOR.keys), {NAMESPACE_NAME_LABEL}, set()
    blocks: dict[IpSet, None] = {}
    for policy in policies:
        pod_keys |= policy.subject.keys
        for rule in (*policy.ingress, *policy.egress):
            names |= {port.name for port in rule.ports or () if isinstance(port, PortName)}
            for selectors, keys in ((_pods(rule), pod_keys), (_namespaces(rule), namespace_keys)):
                keys.update(*(selector.keys for selector in selectors))
            blocks |= {p.addresses: None for p in rule.peers or () if isinstance(p, BlockPeer)}
    return Mentioned(
        frozenset(pod_keys), frozenset(namespace_keys), frozenset(names), tuple(blocks)
    )


def _pods(rule: PolicyRule) -> Iterable[Selector]:
    return [peer.pods for peer in rule.peers or () if isinstance(peer, PodPeer)]


def _namespaces(rule: PolicyRule) -> Iterable[Selector]:
    peers = [peer for peer in rule.peers or () if isinstance(peer, PodPeer)]
    return [peer.namespaces for peer in peers if peer.namespaces is not None]
