"""Compiles NetworkPolicy v1 to the IR: one UNION tier that ends in DENY.

Source: `NetworkPolicySpec` (networking.k8s.io/v1): policies are additive; a pod that any policy
of a direction selects is closed in that direction but for what some rule opens; nothing decides
after it. Host-network pods are left out as subjects and as selected peers: their traffic is the
node's, and only an ipBlock or "everybody" can mean it.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from seawall.analyse.table import ClassTable
from seawall.model.bits import NO_BITS, Bits
from seawall.model.intervals import joined
from seawall.model.ir import Action, AtEnd, DataPlane, Mode, Policy, Rule, Tier
from seawall.model.peers import NO_PEERS, PeerSet, everybody
from seawall.model.policies import (
    BlockPeer,
    Direction,
    NetworkPolicy,
    Peer,
    PodPeer,
    PolicyRule,
    PortName,
    PortRange,
    Where,
)
from seawall.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol, port_set
from seawall.model.snapshot import ContainerPort

_SIDE = {Direction.INGRESS: "from", Direction.EGRESS: "to"}


class NetworkPolicyCompiler:
    """Compiles the policies of one cluster; equal peers and ports are worked out once.

    `namespaces_seen`: were the namespaces' labels read. If not, what a namespaceSelector admits
    cannot be known, and such a rule becomes UNKNOWN for everybody. `block_may_mean_nodes`: where an
    ipBlock means no pods, it may mean nodes by a setting (Cilium's `policy-cidr-match-mode`), and
    host-network pods are UNKNOWN. A node's bare address counts as open: so a block of everybody
    stays one.
    """

    def __init__(
        self,
        table: ClassTable,
        plane: DataPlane,
        *,
        namespaces_seen: bool,
        block_may_mean_nodes: bool = True,
    ) -> None:
        self._table = table
        self._plane = plane
        self._namespaces_seen = namespaces_seen
        self._block_may_mean_nodes = block_may_mean_nodes
        self._everybody = everybody(table.everything)
        self._peers: dict[tuple[str, tuple[Peer, ...] | None], PeerSet] = {}
        self._ports: dict[tuple[PortRange | PortName, ...] | None, PortSet] = {None: ALL_PORTS}

    def tier(self, policies: Iterable[NetworkPolicy], direction: Direction) -> Tier:
        """The one tier of NetworkPolicy, for one direction."""
        chosen = (policy for policy in policies if direction in policy.directions)
        compiled = (part for policy in chosen for part in self._compiled(policy, direction))
        return Tier("NetworkPolicy", Mode.UNION, tuple(compiled), AtEnd.DENY)

    def subjects(self, policy: NetworkPolicy) -> Bits:
        """The endpoint classes a policy selects, virtual ones included."""
        bound = self._table.bound_in(policy.namespace)
        return self._table.pods_matching(policy.subject, bound)

    def peers(self, rule: PolicyRule, namespace: str) -> PeerSet:
        """Everybody a rule of a policy in `namespace` names."""
        key = (namespace if _is_local(rule) else "", rule.peers)
        found = self._peers.get(key)
        if found is None:
            found = self._everybody if rule.peers is None else NO_PEERS
            for peer in rule.peers or ():
                found |= self.peer(peer, namespace)
            self._peers[key] = found
        return found

    def peer(self, peer: Peer, namespace: str) -> PeerSet:
        """Everybody one entry of from/to names."""
        if isinstance(peer, BlockPeer):
            if self._plane.ipblock_matches_pods:
                return PeerSet(self._table.inside(peer.addresses), peer.addresses)
            return PeerSet(NO_BITS, peer.addresses)
        if peer.namespaces is None:
            within = self._table.bound_in(namespace)
        else:
            within = self._table.in_namespaces(peer.namespaces)
        return PeerSet(self._table.pods_matching(peer.pods, within))

    def perhaps(self, rule: PolicyRule) -> PeerSet:
        """The host-network pods that a rule's ipBlocks may or may not mean."""
        found = NO_PEERS
        if self._block_may_mean_nodes and not self._plane.ipblock_matches_pods:
            for peer in rule.peers or ():
                if isinstance(peer, BlockPeer):
                    found |= PeerSet(self._table.inside(peer.addresses) & self._table.hosts)
        return found

    def ports(self, rule: PolicyRule) -> PortSet:
        """The numbered ports of a rule; ports by name depend on the destination."""
        found = self._ports.get(rule.ports)
        if found is None:
            found = NO_PORTS
            for port in rule.ports or ():
                if isinstance(port, PortRange):
                    found |= port_set(port.protocol, ((port.first, port.last),))
            self._ports[rule.ports] = found
        return found

    def _compiled(self, policy: NetworkPolicy, direction: Direction) -> Iterator[Policy]:
        subjects = self.subjects(policy)
        if direction is Direction.EGRESS:
            yield Policy(policy.ref, subjects, isolates=True, rules=tuple(self._egress(policy)))
            return
        names = _names(policy.ingress)
        for alike, resolved in self._table.by_port_names(subjects, names):
            rules = tuple(self._ingress(policy, resolved))
            yield Policy(policy.ref, alike, isolates=True, rules=rules)

    def _ingress(
        self, policy: NetworkPolicy, resolved: tuple[ContainerPort, ...]
    ) -> Iterator[Rule]:
        for number, rule in enumerate(policy.ingress):
            ports = self.ports(rule) | _named(rule, resolved)
            yield self._rule(
                policy, Direction.INGRESS, number, self.peers(rule, policy.namespace), ports
            )
            yield from self._doubtful(policy, Direction.INGRESS, number, ports)

    def _egress(self, policy: NetworkPolicy) -> Iterator[Rule]:
        for number, rule in enumerate(policy.egress):
            peers = self.peers(rule, policy.namespace)
            ports = self.ports(rule)
            names = _names((rule,))
            if names and self._cannot_resolve(rule):
                # Whose ports the names mean depends on pods that nobody can tell.
                yield self._rule(policy, Direction.EGRESS, number, peers, ALL_PORTS)
                continue
            if ports or not names:
                yield self._rule(policy, Direction.EGRESS, number, peers, ports)
                yield from self._doubtful(policy, Direction.EGRESS, number, ports)
            for alike, resolved in self._table.by_port_names(peers.pods - self._table.hosts, names):
                found = _named(rule, resolved)
                if names and found:
                    yield self._rule(policy, Direction.EGRESS, number, PeerSet(alike), found)

    def _rule(
        self,
        policy: NetworkPolicy,
        direction: Direction,
        number: int,
        peers: PeerSet,
        ports: PortSet,
    ) -> Rule:
        where = Where(policy.ref, rule_path(direction, number))
        if self._cannot_resolve(policy.rules(direction)[number]):
            return Rule(Action.UNKNOWN, self._everybody, ports, where)
        return Rule(Action.ALLOW, peers, ports, where)

    def _doubtful(
        self, policy: NetworkPolicy, direction: Direction, number: int, ports: PortSet
    ) -> Iterator[Rule]:
        peers = self.perhaps(policy.rules(direction)[number])
        if peers:
            where = Where(policy.ref, rule_path(direction, number))
            yield Rule(Action.UNKNOWN, peers, ports, where)

    def _cannot_resolve(self, rule: PolicyRule) -> bool:
        return not self._namespaces_seen and _looks_at_namespaces(rule)


def _named(rule: PolicyRule, resolved: tuple[ContainerPort, ...]) -> PortSet:
    """The numbers that a rule's named ports have at one destination: name and protocol agree."""
    found = NO_PORTS
    for port in rule.ports or ():
        if isinstance(port, PortName):
            same = (p for p in resolved if (p.name, p.protocol) == (port.name, port.protocol))
            found |= _numbers(port.protocol, same)
    return found


def _numbers(protocol: Protocol, found: Iterable[ContainerPort]) -> PortSet:
    return port_set(protocol, joined((port.number, port.number) for port in found))


def _names(rules: Iterable[PolicyRule]) -> frozenset[str]:
    ports = (port for rule in rules for port in rule.ports or ())
    return frozenset(port.name for port in ports if isinstance(port, PortName))


def _is_local(rule: PolicyRule) -> bool:
    """Whether any peer means "pods of the policy's own namespace"."""
    peers = (peer for peer in rule.peers or () if isinstance(peer, PodPeer))
    return any(peer.namespaces is None for peer in peers)


def _looks_at_namespaces(rule: PolicyRule) -> bool:
    peers = (peer for peer in rule.peers or () if isinstance(peer, PodPeer))
    return any(peer.namespaces is not None for peer in peers)


@cache
def rule_path(direction: Direction, rule: int) -> str:
    """The field path of one rule, as the API server writes it."""
    return f"spec.{direction}[{rule}]"


def peer_path(direction: Direction, rule: int, peer: int) -> str:
    """The field path of one entry of from/to, as the API server writes it."""
    return f"{rule_path(direction, rule)}.{_SIDE[direction]}[{peer}]"
