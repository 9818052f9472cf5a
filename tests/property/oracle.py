"""The decision procedure written down literally: no classes, no bitsets, one pair at a time.

Slow and plain on purpose. It shares only the parsed values with the analysis, so that the two can
disagree.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from seawall.model.addresses import Ip
from seawall.model.policies import (
    BlockPeer,
    Direction,
    NetworkPolicy,
    Peer,
    PolicyRule,
    PortName,
)
from seawall.model.ports import Protocol
from seawall.model.sight import Seen, Sight
from seawall.model.snapshot import Namespace, Pod, Snapshot

T = TypeVar("T")
End = Pod | Ip
Port = tuple[Protocol, int]


def allowed(snapshot: Snapshot, source: End, target: End, port: Port) -> bool:
    """Whether some pair of addresses of one family gets through on both sides."""
    if source == target:
        return True
    return any(
        _side(snapshot, (source, a), (target, b), Direction.EGRESS, (target, port))
        and _side(snapshot, (target, b), (source, a), Direction.INGRESS, (target, port))
        for a in _addresses(source)
        for b in _addresses(target)
        if a.family is b.family
    )


def _addresses(end: End) -> tuple[Ip, ...]:
    return (end,) if isinstance(end, Ip) else end.addresses


def _side(
    snapshot: Snapshot,
    subject: tuple[End, Ip],
    other: tuple[End, Ip],
    direction: Direction,
    meant: tuple[End, Port],
) -> bool:
    pod = subject[0]
    if isinstance(pod, Ip) or pod.host_network:
        return True
    if direction is Direction.INGRESS and _is_own_node(snapshot, other, pod):
        return True
    applying = list(_applying(snapshot, pod, direction))
    if not applying:
        return True
    return any(
        _peers_match(snapshot, rule, other, policy) and _ports_match(rule, meant)
        for policy in applying
        for rule in policy.rules(direction)
    )


def _is_own_node(snapshot: Snapshot, other: tuple[End, Ip], pod: Pod) -> bool:
    end, address = other
    if not pod.node:
        return False
    hosts = (p for p in _seen(snapshot.pods) if p.host_network and p.is_endpoint)
    if isinstance(end, Pod):
        return end.host_network and end.node == pod.node
    return any(address in host.addresses and host.node == pod.node for host in hosts)


def _applying(snapshot: Snapshot, pod: Pod, direction: Direction) -> Iterator[NetworkPolicy]:
    for policy in _seen(snapshot.network_policies):
        home = policy.namespace == pod.namespace and direction in policy.directions
        if home and policy.subject.matches(dict(pod.labels)):
            yield policy


def _peers_match(
    snapshot: Snapshot, rule: PolicyRule, other: tuple[End, Ip], policy: NetworkPolicy
) -> bool:
    if rule.peers is None:
        return True
    return any(_peer_matches(snapshot, peer, other, policy) for peer in rule.peers)


def _peer_matches(
    snapshot: Snapshot, peer: Peer, other: tuple[End, Ip], policy: NetworkPolicy
) -> bool:
    end, address = other
    if isinstance(peer, BlockPeer):
        return peer.addresses.contains(address)
    if isinstance(end, Ip) or end.host_network:
        return False
    if peer.namespaces is None:
        home = end.namespace == policy.namespace
    else:
        home = peer.namespaces.matches(_namespace_labels(snapshot, end.namespace))
    return home and peer.pods.matches(dict(end.labels))


def _namespace_labels(snapshot: Snapshot, name: str) -> dict[str, str]:
    found: Iterable[Namespace] = _seen(snapshot.namespaces)
    return next(dict(namespace.labels) for namespace in found if namespace.name == name)


def _ports_match(rule: PolicyRule, meant: tuple[End, Port]) -> bool:
    if rule.ports is None:
        return True
    destination, (protocol, number) = meant
    for port in rule.ports:
        if port.protocol is not protocol:
            continue
        if isinstance(port, PortName):
            if isinstance(destination, Pod) and not destination.host_network:
                named = {(p.name, p.protocol, p.number) for p in destination.ports}
                if (port.name, protocol, number) in named:
                    return True
        elif port.first <= number <= port.last:
            return True
    return False


def _seen(sight: Sight[tuple[T, ...]]) -> tuple[T, ...]:
    assert isinstance(sight, Seen)
    return sight.value
