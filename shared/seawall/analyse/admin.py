"""Compiles the admin policies to the IR: one tier asked before NetworkPolicy, one after it.

Sources: `ClusterNetworkPolicySpec` (policy.networking.k8s.io/v1alpha2) and its forerunners
AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1): lower priorities first, rules in the
order they are written in, the first that matches decides; Pass skips the rest of the tier; a
policy without rules of a direction does not touch it, and none isolates. Policies of the old and
of the new API are asked together, as of one tier. The tier after NetworkPolicy is reached only
where no NetworkPolicy isolates the pod, because its own tier ends in DENY there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace as changed

from seawall.analyse.admin_ties import with_ties
from seawall.analyse.classes import Mentioned
from seawall.analyse.networkpolicy import rule_path
from seawall.analyse.table import ClassTable
from seawall.model.addresses import EVERY_ADDRESS, NO_ADDRESSES, IpSet, just
from seawall.model.admin import (
    AdminDomains,
    AdminNetworks,
    AdminNodes,
    AdminPeer,
    AdminPods,
    AdminPolicy,
    AdminPortName,
    AdminPorts,
    AdminRule,
    AdminUnknownPeer,
)
from seawall.model.bits import NO_BITS, Bits, bits_of
from seawall.model.intervals import joined
from seawall.model.ir import UPSTREAM, Action, AtEnd, DataPlane, Mode, Policy, Rule, Tier
from seawall.model.peers import EVERY_MARK, NO_PEERS, Mark, PeerSet, everybody
from seawall.model.policies import Direction, Stage, Where
from seawall.model.ports import ALL_PORTS, NO_PORTS, PortSet, port_set
from seawall.model.selector import NAMESPACE_NAME_LABEL, Selector
from seawall.model.sight import Seen, Sight
from seawall.model.snapshot import ContainerPort, Node

_TIERS = {Stage.BEFORE: "Admin", Stage.AFTER: "Baseline"}


def mentioned_by_admin(
    policies: Iterable[AdminPolicy], nodes: Sight[tuple[Node, ...]]
) -> Mentioned:
    """Everything that these policies look at, in pods and in the addresses of nodes."""
    rules = [rule for policy in policies for rule in (*policy.ingress, *policy.egress)]
    peers = {peer for rule in rules for peer in rule.peers}
    pods = {peer for peer in peers if isinstance(peer, AdminPods)}
    pods |= {policy.subject for policy in policies}
    networks = (peer.addresses for peer in peers if isinstance(peer, AdminNetworks))
    chosen = (_addresses(peer, nodes) for peer in peers if isinstance(peer, AdminNodes))
    ports = {port for rule in rules for port in rule.ports or ()}
    return Mentioned(
        frozenset(key for found in pods for key in found.pods.keys),
        frozenset(key for found in pods for key in found.namespaces.keys),
        frozenset(port.name for port in ports if isinstance(port, AdminPortName)),
        tuple(dict.fromkeys((*networks, *chosen))),
    )


def admin_tiers(  # noqa: PLR0913  the seam of every dialect, and what only this one reads
    policies: Sequence[AdminPolicy],
    table: ClassTable,
    direction: Direction,
    *,
    namespaces_seen: bool,
    nodes: Sight[tuple[Node, ...]],
    plane: DataPlane = UPSTREAM,
    selected: Bits = NO_BITS,
) -> tuple[tuple[Tier, ...], tuple[Tier, ...]]:
    """The tiers asked before NetworkPolicy, and those asked after it, for one direction.

    `selected` are the classes that any NetworkPolicy selects, in whatever direction: where a data
    plane does not ask the baseline by direction, it does not ask it for these.
    """
    compiler = _Compiler(table, plane, nodes, {}, namespaces_seen=namespaces_seen)
    left_out = NO_BITS if plane.baseline_by_direction else selected
    before = compiler.tier(policies, direction, Stage.BEFORE, NO_BITS)
    return before, compiler.tier(policies, direction, Stage.AFTER, left_out)


@dataclass(frozen=True, slots=True)
class _Matched:
    """Whom a rule's peers name: surely, and perhaps. `closed`: a peer is of an unknown kind."""

    surely: PeerSet = NO_PEERS
    perhaps: PeerSet = NO_PEERS
    closed: bool = False

    def __or__(self, that: "_Matched") -> "_Matched":
        return _Matched(
            self.surely | that.surely, self.perhaps | that.perhaps, self.closed or that.closed
        )


@dataclass(frozen=True, slots=True)
class _Compiler:
    table: ClassTable
    plane: DataPlane
    nodes: Sight[tuple[Node, ...]]
    known: dict[tuple[AdminPeer, ...], _Matched]
    """Equal peers are worked out once."""
    namespaces_seen: bool

    def tier(
        self,
        policies: Sequence[AdminPolicy],
        direction: Direction,
        stage: Stage,
        left_out: Bits,
    ) -> tuple[Tier, ...]:
        """The one tier of a stage, if any policy of it touches the direction."""
        asked = sorted(
            (p for p in policies if p.stage is stage and (p.rules(direction) or p.unread)),
            key=lambda policy: (policy.priority or 0, policy.ref),
        )
        compiled = [
            (policy.priority, tuple(self.parts(policy, direction, left_out))) for policy in asked
        ]
        found = tuple(with_ties(compiled, everybody(self.table.everything)))
        tier = Tier(_TIERS[stage], Mode.FIRST_MATCH, found, AtEnd.PASS)
        return (tier,) if found else ()

    def parts(self, policy: AdminPolicy, direction: Direction, left_out: Bits) -> Iterator[Policy]:
        """A policy; in parts where its subjects give the names of ports other numbers."""
        subjects = self.subjects(policy.subject) - left_out
        rules = policy.rules(direction)
        names = _names(rules) if direction is Direction.INGRESS else frozenset()
        for alike, resolved in self.table.by_port_names(subjects, names):
            if not alike:
                continue
            compiled = tuple(self.rules(policy, direction, resolved))
            if self.cannot_resolve(policy.subject):
                compiled = tuple(map(_doubtful, compiled))
            yield Policy(policy.ref, alike, isolates=False, rules=compiled)

    def subjects(self, subject: AdminPods) -> Bits:
        """The classes a subject selects, or may select where namespaces were not seen."""
        within = self.table.everything - self.table.hosts
        if not self.cannot_resolve(subject):
            within = self.table.in_namespaces(subject.namespaces)
        return self.table.pods_matching(subject.pods, within)

    def cannot_resolve(self, found: AdminPods) -> bool:
        return not (self.namespaces_seen or _known_by_name(found.namespaces))

    def rules(
        self,
        policy: AdminPolicy,
        direction: Direction,
        resolved: tuple[ContainerPort, ...],
    ) -> Iterator[Rule]:
        if policy.unread:
            yield self.unknown(Where(policy.ref, policy.unread[0]))
            return
        for number, rule in enumerate(policy.rules(direction)):
            where = Where(policy.ref, rule_path(direction, number))
            if rule.unread:
                yield self.unknown(Where(policy.ref, rule.unread[0]))
                continue
            found = self.egress(rule)
            if direction is Direction.INGRESS:
                found = iter([(self.matched(rule), _numbers(rule) | _named(rule, resolved))])
            compiled = self.closed if self.matched(rule).closed else self.on
            yield from compiled(rule, where, found)

    def unknown(self, where: Where) -> Rule:
        return Rule(Action.UNKNOWN, everybody(self.table.everything), ALL_PORTS, where)

    def egress(self, rule: AdminRule) -> Iterator[tuple[_Matched, PortSet]]:
        """Whom an egress rule names on which ports: those by name, for each destination."""
        matched, numbers, names = self.matched(rule), _numbers(rule), _names((rule,))
        if numbers or not names:
            yield matched, numbers
        surely, hosts = matched.surely.pods, self.table.hosts
        if names:
            # Whose ports the names mean depends on pods that nobody can tell; outside there are
            # no names, and whether a node's address has those of its pods is nowhere said.
            yield _Matched(perhaps=PeerSet(matched.perhaps.pods | surely & hosts)), ALL_PORTS
        for alike, resolved in self.table.by_port_names(surely - hosts, names):
            if found := _named(rule, resolved):
                yield _Matched(PeerSet(alike)), found

    def on(
        self, rule: AdminRule, where: Where, found: Iterable[tuple[_Matched, PortSet]]
    ) -> Iterator[Rule]:
        """The rule in the IR; what it only may match is UNKNOWN, whatever the action."""
        for matched, ports in found:
            if matched.surely:
                yield Rule(rule.action, matched.surely, ports, where)
            if matched.perhaps:
                yield Rule(Action.UNKNOWN, matched.perhaps, ports, where)

    def closed(
        self, rule: AdminRule, where: Where, found: Iterable[tuple[_Matched, PortSet]]
    ) -> Iterator[Rule]:
        """A rule with a peer that has no field known here (`ClusterNetworkPolicyEgressPeer`).

        "For Accept rules, fail closed means: treat the rule as matching no traffic. For Deny and
        Pass rules: treat the rule as a Deny all rule." Whether on ports that the rule does not
        name, too, is not said.
        """
        if self.plane.unknown_peers_fail_closed:
            if rule.action is Action.ALLOW:
                return
            yield from self.on(changed(rule, action=Action.DENY), where, found)
        yield self.unknown(where)

    def matched(self, rule: AdminRule) -> _Matched:
        """Whom the peers of a rule name."""
        found = self.known.get(rule.peers)
        if found is None:
            found = _Matched()
            for peer in rule.peers:
                found |= self.peer(peer)
            self.known[rule.peers] = found
        return found

    def peer(self, peer: AdminPeer) -> _Matched:
        match peer:
            case AdminPods():
                return self.pods(peer)
            case AdminNetworks(addresses):
                return _Matched(PeerSet(self.table.inside(addresses), addresses))
            case AdminNodes():
                return self.chosen(peer)
            case AdminDomains():
                # A stated approximation: a name may stand for any address outside, and for no pod.
                return _Matched(perhaps=PeerSet(NO_BITS, EVERY_ADDRESS, EVERY_MARK))
            case AdminUnknownPeer():
                return _Matched(everybody(self.table.everything), closed=True)

    def pods(self, peer: AdminPods) -> _Matched:
        if self.cannot_resolve(peer):
            anybody = self.table.everything - self.table.hosts
            return _Matched(perhaps=PeerSet(self.table.pods_matching(peer.pods, anybody)))
        within = self.table.in_namespaces(peer.namespaces)
        return _Matched(PeerSet(self.table.pods_matching(peer.pods, within)))

    def chosen(self, peer: AdminNodes) -> _Matched:
        """Nodes by their labels, and the host-network pods on them, by their addresses.

        A node whose addresses are not known may have any; so may one whose pods are not on it yet.
        """
        hosts, outside = self.table.hosts, PeerSet(NO_BITS, EVERY_ADDRESS, EVERY_MARK)
        if not isinstance(self.nodes, Seen) or not self.nodes.value:
            return _Matched(perhaps=outside | PeerSet(hosts))
        addresses = _addresses(peer, self.nodes)
        nodes = _chosen(peer, self.nodes)
        everywhere = len(nodes) == len(self.nodes.value)
        marks = frozenset({Mark.NODES}) if everywhere else frozenset()
        pods = hosts if everywhere else self.table.inside(addresses) & hosts
        perhaps = PeerSet(self.unplaced(hosts), NO_ADDRESSES, EVERY_MARK) if nodes else NO_PEERS
        if not all(node.addresses for node in nodes):
            perhaps |= outside | PeerSet(hosts)
        return _Matched(PeerSet(pods, addresses, marks), perhaps)

    def unplaced(self, hosts: Bits) -> Bits:
        return bits_of(n for n in hosts if self.table.classes[n].family is None)


def _known_by_name(found: Selector) -> bool:
    """Whether a selector looks at nothing but names: these labels the API server itself sets."""
    return found.keys <= {NAMESPACE_NAME_LABEL}


def _doubtful(rule: Rule) -> Rule:
    return Rule(Action.UNKNOWN, rule.peers, rule.ports, rule.where)


def _chosen(peer: AdminNodes, nodes: Sight[tuple[Node, ...]]) -> list[Node]:
    found = nodes.value if isinstance(nodes, Seen) else ()
    return [node for node in found if peer.nodes.matches(dict(node.labels))]


def _addresses(peer: AdminNodes, nodes: Sight[tuple[Node, ...]]) -> IpSet:
    """`Node.status.addresses` of the nodes that a peer selects."""
    found = NO_ADDRESSES
    for node in _chosen(peer, nodes):
        for address in node.addresses:
            found |= just(address)
    return found


def _numbers(rule: AdminRule) -> PortSet:
    """The numbered ports of a rule: all, where it names none."""
    if rule.ports is None:
        return ALL_PORTS
    found = NO_PORTS
    for port in rule.ports:
        if isinstance(port, AdminPorts):
            found |= port_set(port.protocol, ((port.first, port.last),))
    return found


def _names(rules: Iterable[AdminRule]) -> frozenset[str]:
    ports = (port for rule in rules for port in rule.ports or ())
    return frozenset(port.name for port in ports if isinstance(port, AdminPortName))


def _named(rule: AdminRule, resolved: tuple[ContainerPort, ...]) -> PortSet:
    """The numbers that a rule's names have at one destination, of whatever protocol they are."""
    names, found = _names((rule,)), NO_PORTS
    for port in resolved:
        if port.name in names:
            found |= port_set(port.protocol, joined([(port.number, port.number)]))
    return found
