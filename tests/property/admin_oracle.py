"""The decision procedure with admin tiers, written down literally: one pair at a time.

Like `oracle`, which it asks about NetworkPolicy, it shares only the parsed values with the
analysis. Sources: the comments of `ClusterNetworkPolicySpec` (policy.networking.k8s.io/v1alpha2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tests.property import oracle
from tests.property.oracle import End, Port

from seawall.model.addresses import Ip
from seawall.model.admin import (
    AdminDomains,
    AdminNetworks,
    AdminNodes,
    AdminPeer,
    AdminPods,
    AdminPolicy,
    AdminPortName,
    AdminRule,
    AdminUnknownPeer,
)
from seawall.model.ir import Action, Decision
from seawall.model.policies import Direction, Stage
from seawall.model.sight import Seen
from seawall.model.snapshot import Node, Pod, Snapshot

ALLOW, UNKNOWN, DENY = Decision
FINAL = {Action.ALLOW: ALLOW, Action.DENY: DENY, Action.UNKNOWN: UNKNOWN}

At = tuple[End, Ip]
"""An end, over one of its addresses."""


def decision(
    snapshot: Snapshot, admin: Sequence[AdminPolicy], source: End, target: End, port: Port
) -> Decision:
    """What becomes of a connection over the address family that is most open."""
    if source == target:
        return ALLOW
    found = [
        _side(snapshot, admin, (source, a), (target, b), Direction.EGRESS, port).both(
            _side(snapshot, admin, (source, a), (target, b), Direction.INGRESS, port)
        )
        for a in _addresses(source)
        for b in _addresses(target)
        if a.family is b.family
    ]
    return min(found, key=tuple(Decision).index, default=DENY)


def _addresses(end: End) -> tuple[Ip, ...]:
    return (end,) if isinstance(end, Ip) else end.addresses


def _side(  # noqa: PLR0913, PLR0917  the procedure's own arguments
    snapshot: Snapshot,
    admin: Sequence[AdminPolicy],
    source: At,
    target: At,
    direction: Direction,
    port: Port,
) -> Decision:
    out = direction is Direction.EGRESS
    (pod, _), other = (source, target) if out else (target, source)
    if isinstance(pod, Ip) or pod.host_network:
        return ALLOW
    if not out and _is_own_node(snapshot, other, pod):
        return ALLOW
    first = _tier(snapshot, admin, Stage.BEFORE, pod, other, direction, (target[0], port))
    if first in FINAL:
        return FINAL[first]
    if _isolated(snapshot, pod, direction):
        return ALLOW if _network_policy(snapshot, source, target, direction, port) else DENY
    last = _tier(snapshot, admin, Stage.AFTER, pod, other, direction, (target[0], port))
    return FINAL.get(last, ALLOW) if last else ALLOW


def _is_own_node(snapshot: Snapshot, other: At, pod: Pod) -> bool:
    end, address = other
    if isinstance(end, Pod):
        return bool(pod.node) and end.host_network and end.node == pod.node
    hosts = [p for p in _pods(snapshot) if p.host_network and p.node == pod.node and p.is_endpoint]
    own = [node for node in _nodes(snapshot) if node.name == pod.node]
    theirs = [*(each.addresses for each in hosts), *(each.addresses for each in own)]
    return bool(pod.node) and any(address in addresses for addresses in theirs)


def _isolated(snapshot: Snapshot, pod: Pod, direction: Direction) -> bool:
    assert isinstance(snapshot.network_policies, Seen)
    return any(
        policy.namespace == pod.namespace
        and direction in policy.directions
        and policy.subject.matches(dict(pod.labels))
        for policy in snapshot.network_policies.value
    )


def _network_policy(
    snapshot: Snapshot, source: At, target: At, direction: Direction, port: Port
) -> bool:
    """What the NetworkPolicies of one side say, over one pair of addresses."""
    assert isinstance(snapshot.network_policies, Seen)
    only = tuple(
        replace(policy, directions=policy.directions & {direction})
        for policy in snapshot.network_policies.value
    )
    ends = (_over(*source), _over(*target))
    return oracle.allowed(replace(snapshot, network_policies=Seen(only)), *ends, port)


def _over(end: End, address: Ip) -> End:
    return end if isinstance(end, Ip) else replace(end, addresses=(address,))


def _tier(  # noqa: PLR0913, PLR0917  the procedure's own arguments
    snapshot: Snapshot,
    admin: Sequence[AdminPolicy],
    stage: Stage,
    pod: Pod,
    other: At,
    direction: Direction,
    meant: tuple[End, Port],
) -> Action | None:
    """What a tier decides; among policies that nothing orders, only if all that match agree."""
    says = [
        (policy.priority, _first(snapshot, policy, other, direction, meant))
        for policy in admin
        if policy.stage is stage and _selects(snapshot, policy.subject, pod)
    ]
    unranked = {action for priority, action in says if priority is None and action}
    ranked = {action for priority, action in says if priority is not None and action}
    if unranked and len(unranked | ranked) > 1:
        return Action.UNKNOWN
    if unranked:
        return unranked.pop()
    for level in sorted({priority for priority, _ in says if priority is not None}):
        found = {action for priority, action in says if priority == level and action}
        if found:
            return found.pop() if len(found) == 1 else Action.UNKNOWN
    return None


def _first(
    snapshot: Snapshot,
    policy: AdminPolicy,
    other: At,
    direction: Direction,
    meant: tuple[End, Port],
) -> Action | None:
    for rule in policy.rules(direction):
        if any(isinstance(peer, AdminUnknownPeer) for peer in rule.peers):
            if rule.action is not Action.ALLOW:
                return Action.DENY if _on_port(rule, meant) else Action.UNKNOWN
        elif _on_port(rule, meant) and any(_is(snapshot, peer, other) for peer in rule.peers):
            return rule.action
        elif _on_port(rule, meant) and _may_be_named(rule.peers, other):
            return Action.UNKNOWN
    return None


def _may_be_named(peers: Iterable[AdminPeer], other: At) -> bool:
    return isinstance(other[0], Ip) and any(isinstance(peer, AdminDomains) for peer in peers)


def _is(snapshot: Snapshot, peer: AdminPeer, other: At) -> bool:
    end, address = other
    match peer:
        case AdminPods():
            return isinstance(end, Pod) and _selects(snapshot, peer, end)
        case AdminNetworks(addresses):
            return addresses.contains(address)
        case AdminNodes(labels):
            nodes = [node for node in _nodes(snapshot) if labels.matches(dict(node.labels))]
            return _is_outside(end) and any(address in node.addresses for node in nodes)
        case _:
            return False


def _is_outside(end: End) -> bool:
    """Whether an end has the address of a node, or of nothing in the cluster."""
    return isinstance(end, Ip) or end.host_network


def _selects(snapshot: Snapshot, found: AdminPods, pod: Pod) -> bool:
    assert isinstance(snapshot.namespaces, Seen)
    labels = {space.name: dict(space.labels) for space in snapshot.namespaces.value}
    return (
        not pod.host_network
        and found.namespaces.matches(labels[pod.namespace])
        and found.pods.matches(dict(pod.labels))
    )


def _on_port(rule: AdminRule, meant: tuple[End, Port]) -> bool:
    if rule.ports is None:
        return True
    destination, (protocol, number) = meant
    for port in rule.ports:
        if isinstance(port, AdminPortName):
            pod = isinstance(destination, Pod) and not destination.host_network
            ports = destination.ports if pod and isinstance(destination, Pod) else ()
            if (port.name, protocol, number) in {(p.name, p.protocol, p.number) for p in ports}:
                return True
        elif port.protocol is protocol and port.first <= number <= port.last:
            return True
    return False


def _pods(snapshot: Snapshot) -> tuple[Pod, ...]:
    assert isinstance(snapshot.pods, Seen)
    return snapshot.pods.value


def _nodes(snapshot: Snapshot) -> tuple[Node, ...]:
    assert isinstance(snapshot.nodes, Seen)
    return snapshot.nodes.value
