"""Compiles the rules of Calico's policies, one rule at a time, to clauses.

Source: `ruleToParsedRule` (`felix/calc/rule_scanner.go`) and `felix/rules/policy.go`: everything a
rule gives must hold, at both ends. Selectors stand for addresses, those of the endpoints and of
the network sets that they match, so that a pod within a set's CIDR is matched as well. What is not
certain becomes a second, UNKNOWN clause behind the first, so that only the rest is unknown.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seawall.analyse.calico_labels import Endpoints, NetworkSets, Sure, exactly
from seawall.analyse.table import ClassTable
from seawall.model.addresses import NO_ADDRESSES, Family, IpSet
from seawall.model.bits import Bits, bits_of
from seawall.model.calico import (
    ANYONE,
    CalicoAction,
    CalicoEntity,
    CalicoNets,
    CalicoPorts,
    CalicoRule,
    Expression,
)
from seawall.model.intervals import joined
from seawall.model.ir import Action, Rule
from seawall.model.peers import EVERY_MARK, PeerSet, everybody
from seawall.model.policies import Direction, Where
from seawall.model.ports import ALL_PORTS, FIRST_PORT, NO_PORTS, PortSet, Protocol, port_set
from seawall.model.snapshot import ContainerPort

_ACTIONS = {
    CalicoAction.ALLOW: Action.ALLOW,
    CalicoAction.DENY: Action.DENY,
    CalicoAction.PASS: Action.PASS,
}
_PART = Sure(NO_PORTS, PortSet(other=True))
"""One protocol of those without a name in `Protocol`, like ICMP: a part of the others."""

_ICMP_NUMBERS = frozenset({1, 58})
_EVERY = {each: port_set(each, ALL_PORTS.of(each)) for each in Protocol}


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule for those of a policy's subjects that are among `subjects`."""

    subjects: Bits
    rule: Rule


class CalicoRules:
    """Compiles the rules of one cluster; what equal entities mean is worked out once."""

    def __init__(
        self, table: ClassTable, nets: Iterable[CalicoNets], *, namespaces_seen: bool
    ) -> None:
        self._table = table
        self._nets = tuple(nets)
        self.endpoints = Endpoints(table, namespaces_seen=namespaces_seen)
        self.sets = NetworkSets(self._nets, table, namespaces_seen=namespaces_seen)
        self.everybody = everybody(table.everything)
        self._anyone = exactly(self.everybody)
        self._pods = exactly(PeerSet(table.everything))
        self._peers: dict[CalicoEntity, Sure[PeerSet]] = {}
        self._host_ports = any(each.ports for each in self._nets)

    def hosts_matching(self, expression: Expression) -> bool:
        """Whether a policy with this subject may select a host endpoint."""
        found = self.sets.matching(expression).perhaps
        return any(self._nets[number].is_host for number in found)

    def clauses(self, rule: CalicoRule, direction: Direction, where: Where) -> Iterator[Clause]:
        """What one rule does, for each of the subjects that it tells apart."""
        if rule.action is CalicoAction.LOG:
            return
        inward = direction is Direction.INGRESS
        me, them = (rule.destination, rule.source) if inward else (rule.source, rule.destination)
        mine, peers = self._subjects(me), self.peers(them) & self._family(rule.family)
        if rule.unread or self._names_of_hosts(rule, direction):
            reason = ", ".join(rule.unread) or "ports that host endpoints name"
            unsure = Where(where.ref, f"{where.path}: {reason} cannot be judged")
            ports = _protocols(rule).perhaps
            yield Clause(mine.perhaps, Rule(Action.UNKNOWN, peers.perhaps, ports, unsure))
            return
        if rule.http:
            where = Where(where.ref, f"{where.path} (L7 restricted)")
        names = _names(rule)
        if not names:
            yield from _told(rule, where, mine, peers, _ports(rule, ()))
            return
        for bits, resolved in self._by_names(names, mine.perhaps if inward else peers.perhaps.pods):
            used, some = _ports(rule, resolved), exactly(bits)
            if inward:
                yield from _told(rule, where, mine & some, peers, used)
            else:
                yield from _told(rule, where, mine, peers & exactly(PeerSet(bits)), used)
        if not inward:
            yield from _told(rule, where, mine, peers - self._pods, _ports(rule, ()))

    def peers(self, entity: CalicoEntity) -> Sure[PeerSet]:
        """Everybody an entity means, whatever the port."""
        found = self._peers.get(entity)
        if found is None:
            found = self._anyone
            if entity.endpoints is not None:
                found &= self._members(entity.endpoints)
            if entity.excluded is not None:
                found -= self._members(entity.excluded)
            if entity.nets is not None:
                found &= exactly(self._within(entity.nets))
            if entity.not_nets is not None:
                # A node may have an address there, and nobody here says which it has.
                without = self._within(entity.not_nets)
                found -= Sure(without, without | PeerSet(marks=EVERY_MARK))
            self._peers[entity] = found
        return found

    def _subjects(self, entity: CalicoEntity) -> Sure[Bits]:
        if entity == ANYONE:
            return exactly(self._table.everything)
        found = self.peers(entity)
        pods = found.certain.pods
        return Sure(pods, pods if found.is_exact else found.perhaps.pods)

    def _members(self, expression: Expression) -> Sure[PeerSet]:
        pods, sets = self.endpoints.matching(expression), self.sets.matching(expression)
        certain = self._with_sets(pods.certain, sets.certain)
        if pods.is_exact and sets.is_exact:
            return exactly(certain)
        return Sure(certain, self._with_sets(pods.perhaps, sets.perhaps))

    def _with_sets(self, pods: Bits, sets: Bits) -> PeerSet:
        addresses = NO_ADDRESSES
        for number in sets:
            addresses |= self._nets[number].addresses
        hosts = any(self._nets[number].is_host for number in sets)
        if not addresses and not hosts:
            return PeerSet(pods)
        return PeerSet(pods | self._table.inside(addresses), addresses)

    def _within(self, nets: IpSet) -> PeerSet:
        return PeerSet(self._table.inside(nets), nets)

    def _family(self, family: Family | None) -> Sure[PeerSet]:
        """Peers of one IP version; whose addresses nobody knows may be of any."""
        if family is None:
            return self._anyone
        speaking = self._table.speaking
        (other,) = set(Family) - {family}
        exact = self._table.everything - speaking[other]
        addresses = self.everybody.addresses.only(family)
        return Sure(PeerSet(exact, addresses), PeerSet(speaking[family], addresses, EVERY_MARK))

    def _names_of_hosts(self, rule: CalicoRule, direction: Direction) -> bool:
        return self._host_ports and direction is Direction.EGRESS and bool(_names(rule))

    def _by_names(
        self, names: frozenset[str], classes: Bits
    ) -> Iterator[tuple[Bits, tuple[ContainerPort, ...]]]:
        """Splits classes by the numbers they give these ports; host networks give none."""
        groups: dict[tuple[ContainerPort, ...], list[int]] = {}
        for number in classes:
            found = self._table.classes[number]
            ports = () if found.host_network else found.ports
            groups.setdefault(tuple(p for p in ports if p.name in names), []).append(number)
        yield from ((bits_of(numbers), ports) for ports, numbers in groups.items())


def _told(
    rule: CalicoRule, where: Where, subjects: Sure[Bits], peers: Sure[PeerSet], used: Sure[PortSet]
) -> Iterator[Clause]:
    action = _ACTIONS[rule.action]
    exact = subjects.is_exact and peers.is_exact and used.is_exact
    if subjects.certain and peers.certain and used.certain:
        yield Clause(subjects.certain, Rule(action, peers.certain, used.certain, where))
    certain = (subjects.certain, peers.certain, used.certain)
    if not exact and certain != (subjects.perhaps, peers.perhaps, used.perhaps):
        yield Clause(subjects.perhaps, Rule(Action.UNKNOWN, peers.perhaps, used.perhaps, where))


def _only(pods: Bits) -> Sure[PeerSet]:
    found = PeerSet(pods)
    return Sure(found, found)


def _protocols(rule: CalicoRule) -> Sure[PortSet]:
    """The protocols of a rule, with all of their ports."""
    found = exactly(ALL_PORTS)
    if rule.protocol is not None:
        found &= _protocol(rule.protocol)
    if rule.not_protocol is not None:
        found -= _protocol(rule.not_protocol)
    if rule.http:
        found &= _protocol(Protocol.TCP)
    if rule.part_of_icmp and rule.protocol not in _ICMP_NUMBERS:
        found = Sure(NO_PORTS, found.perhaps)
    return found


def _protocol(protocol: Protocol | int) -> Sure[PortSet]:
    return exactly(_EVERY[protocol]) if isinstance(protocol, Protocol) else _PART


def _ports(rule: CalicoRule, resolved: tuple[ContainerPort, ...]) -> Sure[PortSet]:
    """The protocols, and of the destination's ports one of `ports` and none of `notPorts`."""
    found = _protocols(rule)
    if rule.destination.ports is not None:
        found &= _listed(rule.protocol, rule.destination.ports, resolved)
    if rule.destination.not_ports is not None:
        found -= _listed(rule.protocol, rule.destination.not_ports, resolved)
    return found


def _listed(
    protocol: Protocol | int | None, ports: CalicoPorts, resolved: tuple[ContainerPort, ...]
) -> Sure[PortSet]:
    if not isinstance(protocol, Protocol):
        return _PART  # UDPLite has ports, too
    named = (p for p in resolved if p.name in ports.names and p.protocol is protocol)
    numbers = [(port.number, port.number) for port in named]
    ranges = [(max(first, FIRST_PORT), last) for first, last in ports.ranges]
    return exactly(port_set(protocol, joined((*numbers, *ranges))))


def _names(rule: CalicoRule) -> frozenset[str]:
    both = (rule.destination.ports, rule.destination.not_ports)
    return frozenset(name for ports in both if ports is not None for name in ports.names)
