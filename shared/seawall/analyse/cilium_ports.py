"""The ports of a Cilium rule: those that are meant for certain, and those that may be.

Source: cilium `pkg/policy/api/l4.go`, `pkg/policy/types` (`GetNamedPort`): at ingress a name means
the port that the pod itself gives it; at egress the one number that pods in the cluster give it,
and nothing where they disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from seawall.analyse.table import ClassTable
from seawall.model.bits import Bits
from seawall.model.cilium import CiliumPort, CiliumRule, PortGroup
from seawall.model.intervals import joined
from seawall.model.ports import ALL_PORTS, EVERY_PORT, NO_PORTS, PortSet, Protocol, port_set
from seawall.model.snapshot import ContainerPort

OTHER = PortSet(other=True)


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that are meant for certain, and others that may be."""

    certain: PortSet = NO_PORTS
    doubtful: PortSet = NO_PORTS

    def __or__(self, that: "Ports") -> "Ports":
        certain = self.certain | that.certain
        return Ports(certain, (self.doubtful | that.doubtful) - certain)


EVERY = Ports(ALL_PORTS)


def names_of(rules: Iterable[CiliumRule]) -> frozenset[str]:
    """The port names that rules use."""
    groups = (group for rule in rules for group in rule.groups or ())
    return frozenset(port.name for group in groups for port in group.ports if port.name)


class CiliumPorts:
    """Answers for the ports of one cluster."""

    def __init__(self, table: ClassTable, names: frozenset[str], *, pods_seen: bool) -> None:
        self._table = table
        self._pods_seen = pods_seen
        # Pods on a node's network are no endpoints. Who is only assumed (DNS servers that no one
        # read) may be there, and then gives its numbers too.
        self._named = _numbers(table, table.live - table.hosts, names)
        self._assumed = _numbers(table, table.everything - table.live, names)
        self._unnamed: dict[tuple[CiliumPort, ...], Ports] = {}

    def at_ingress(self, group: PortGroup, own: tuple[ContainerPort, ...]) -> Ports:
        """The ports of pods that have these named ports."""
        return self._ports(group, (_at_pod(port, own) for port in group.ports if port.name))

    def at_egress(self, group: PortGroup, *, allow: bool) -> Ports:
        """The ports of whoever is at the other end."""
        named = (self._in_cluster(port, allow=allow) for port in group.ports if port.name)
        return self._ports(group, named)

    def _ports(self, group: PortGroup, named: Iterable[Ports]) -> Ports:
        found = self._unnamed.get(group.ports)
        if found is None:
            found = self._unnamed[group.ports] = _all_numbered(group.ports)
        for each in named:
            found |= each
        return found

    def _in_cluster(self, port: CiliumPort, *, allow: bool) -> Ports:
        if not self._pods_seen:
            return Ports(doubtful=_each(port.protocols, EVERY_PORT))
        found = Ports()
        for protocol in port.protocols:
            known = self._named.get((port.name, protocol), ())
            numbers = {*known, *self._assumed.get((port.name, protocol), ())}
            ports = port_set(protocol, joined((number, number) for number in sorted(numbers)))
            sure = allow and len(numbers) == len(known) == 1
            found |= Ports(ports) if sure else Ports(doubtful=ports)
        return found


def _numbers(
    table: ClassTable, classes: Bits, names: frozenset[str]
) -> dict[tuple[str, Protocol], tuple[int, ...]]:
    """The numbers that these classes give each name."""
    found: dict[tuple[str, Protocol], set[int]] = {}
    for number in classes if names else ():
        for port in table.classes[number].ports:
            if port.name in names:
                found.setdefault((port.name, port.protocol), set()).add(port.number)
    return {key: tuple(sorted(numbers)) for key, numbers in found.items()}


def _at_pod(port: CiliumPort, own: tuple[ContainerPort, ...]) -> Ports:
    found = NO_PORTS
    for each in own:
        if each.name == port.name and each.protocol in port.protocols:
            found |= port_set(each.protocol, ((each.number, each.number),))
    return Ports(found)


def _all_numbered(ports: tuple[CiliumPort, ...]) -> Ports:
    if not ports:
        # `toPorts: [{}]` was no port at all; in what versions is not known.
        return Ports(doubtful=ALL_PORTS)
    found = Ports()
    for port in ports:
        found |= _numbered(port)
    return found


def _numbered(port: CiliumPort) -> Ports:
    doubtful = OTHER if port.other else NO_PORTS
    if port.name or not port.protocols:
        return Ports(doubtful=doubtful)
    return Ports(_each(port.protocols, ((port.first, port.last),)), doubtful)


def _each(protocols: Iterable[Protocol], ports: tuple[tuple[int, int], ...]) -> PortSet:
    found = NO_PORTS
    for protocol in protocols:
        found |= port_set(protocol, ports)
    return found
