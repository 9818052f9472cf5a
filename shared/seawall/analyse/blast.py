"""Blast radius: whom each pod reaches, and who reaches it, on some port, both sides asked.

Pods under the same policies whom the same policies admit share one answer, so the work grows with
the different answers, not with the pairs of pods. It agrees with `analyse.connection` on each pair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from seawall.analyse.isolation import Isolation
from seawall.analyse.sides import Row, Side
from seawall.model.addresses import NO_ADDRESSES, Family, IpSet, just
from seawall.model.bits import NO_BITS, Bits, all_of, bits_of, span
from seawall.model.intervals import size
from seawall.model.ir import Decision
from seawall.model.policies import Direction
from seawall.model.ports import PortSet
from seawall.model.snapshot import Pod

CERTAIN = frozenset({Decision.ALLOW})
POSSIBLE = frozenset({Decision.ALLOW, Decision.UNKNOWN})

_OTHER = {Direction.INGRESS: Direction.EGRESS, Direction.EGRESS: Direction.INGRESS}


@dataclass(frozen=True, slots=True)
class Reach:
    """Who is at the other end: numbers of `Blast.pods`, and addresses that are no pod's."""

    pods: Bits = NO_BITS
    addresses: IpSet = NO_ADDRESSES

    def __or__(self, that: "Reach") -> "Reach":
        return Reach(self.pods | that.pods, self.addresses | that.addresses)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many: pods, the namespaces they are in, and addresses of each family."""

    pods: int
    namespaces: int
    addresses: Mapping[Family, int]


@dataclass(frozen=True, slots=True)
class _Admitting:
    """Endpoint classes whose own side opens the same ports to the same peers."""

    ports: PortSet
    classes: Bits


class Blast:
    """The reach of every pod, as far as it is one of `decisions`: surely open, or perhaps."""

    def __init__(self, isolation: Isolation, decisions: frozenset[Decision] = CERTAIN) -> None:
        self._isolation, self._table = isolation, isolation.table
        self._decisions = decisions
        self.pods = self._table.pods(self._table.live)
        self._number = {(p.namespace, p.name): n for n, p in enumerate(self.pods)}
        self.spans = self._spans()
        self._live = tuple(within & self._table.live for within in self._table.spans)
        self._alike = tuple(
            bits_of(self._number[p.namespace, p.name] for p in members)
            for members in self._table.members
        )
        self._side = {
            (direction, number): side
            for direction, namespaces in isolation.by_namespace.items()
            for sides in namespaces
            for side in sides
            for number in side.subjects
        }
        self._admitting = {d: self._admitting_in(_OTHER[d]) for d in Direction}
        self._answers: dict[tuple[Direction, int, tuple[int, ...], Family | None], Bits] = {}
        self._homes: dict[Bits, int] = {}
        self._on_node = self._by_node()

    def of(self, number: int, direction: Direction) -> Reach:
        """Whom a pod reaches (egress), or who reaches it (ingress); never itself."""
        pod = self.pods[number]
        found = Reach(self._beside(pod, direction))
        for each in self._classes(pod):
            found |= Reach(self._answer(each, direction), self._addresses(each, pod, direction))
        return Reach(found.pods - Bits(number, 1), found.addresses)

    def tally(self, reach: Reach) -> Tally:
        """How many there are of each."""
        homes = self._homes.get(reach.pods)
        if homes is None:
            homes, rest = 0, reach.pods
            while rest:
                homes, rest = homes + 1, rest - self.spans[self.pods[rest.lowest].namespace]
            self._homes[reach.pods] = homes
        addresses = {family: size(reach.addresses.of(family)) for family in Family}
        return Tally(len(reach.pods), homes, addresses)

    def _spans(self) -> dict[str, Bits]:
        """The pods of each namespace that has any: they are in order, so its own are neighbours."""
        first: dict[str, int] = {}
        for number, pod in enumerate(self.pods):
            first.setdefault(pod.namespace, number)
        ends = [*list(first.values())[1:], len(self.pods)]
        return {
            name: span(start, end) for (name, start), end in zip(first.items(), ends, strict=True)
        }

    def _classes(self, pod: Pod) -> tuple[int, ...]:
        return self._isolation.classes_of[pod.namespace, pod.name]

    def _rows(self, side: Side) -> tuple[Row, ...]:
        return tuple(row for row in side.openings if row.decision in self._decisions)

    def _admitting_in(
        self, direction: Direction
    ) -> tuple[tuple[_Admitting, ...], dict[int, tuple[int, ...]]]:
        """Who opens what in a direction; and for each class, which of these admit it."""
        merged: dict[tuple[PortSet, Bits], list[Bits]] = {}
        live = self._table.live
        for namespace in self._isolation.by_namespace[direction]:
            for side in namespace:
                if subjects := side.subjects & live:
                    for row in self._rows(side):
                        key = (row.ports, row.peers.pods & live)
                        merged.setdefault(key, []).append(subjects)
        groups = tuple(_Admitting(ports, all_of(who)) for (ports, _), who in merged.items())
        admitted: dict[int, list[int]] = {}
        for number, (_, peers) in enumerate(merged):
            for each in peers:
                admitted.setdefault(each, []).append(number)
        return groups, {each: tuple(numbers) for each, numbers in admitted.items()}

    def _answer(self, number: int, direction: Direction) -> Bits:
        """The pods at the other end of one endpoint class, by both sides' policies."""
        side, family = self._side[direction, number], self._table.classes[number].family
        groups, admitted = self._admitting[direction]
        key = (direction, id(side), admitted.get(number, ()), family)
        if key not in self._answers:
            found = all_of(
                row.peers.pods & groups[each].classes
                for row in self._rows(side)
                for each in key[2]
                if row.ports & groups[each].ports
            )
            self._answers[key] = self._pods_in(found & self._speaking(family))
        return self._answers[key]

    def _speaking(self, family: Family | None) -> Bits:
        return self._table.live if family is None else self._table.speaking[family]

    def _pods_in(self, classes: Bits) -> Bits:
        """The pods of some classes; of a whole namespace at once."""
        parts: list[Bits] = []
        rest = classes & self._table.live
        while rest:
            namespace = self._table.classes[rest.lowest].namespace
            here = rest & self._live[namespace]
            if len(here) == len(self._live[namespace]):
                parts.append(self.spans[self._table.namespaces[namespace].name])
            else:
                parts += (self._alike[number] for number in here)
            rest -= here
        return all_of(parts)

    def _addresses(self, number: int, pod: Pod, direction: Direction) -> IpSet:
        family = self._table.classes[number].family
        rows = self._rows(self._side[direction, number])
        found = reduce(or_, (row.peers.addresses for row in rows), NO_ADDRESSES)
        if direction is Direction.INGRESS:
            hosts = (self.pods[each] for each in self._hosts_beside(pod))
            found = reduce(or_, (just(a) for host in hosts for a in host.addresses), found)
        return found if family is None else found.only(family)

    def _by_node(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, pod in enumerate(self.pods):
            if pod.node:
                found.setdefault(pod.node, []).append(number)
        return found

    def _hosts_beside(self, pod: Pod) -> list[int]:
        return [n for n in self._on_node.get(pod.node, ()) if self.pods[n].host_network]

    def _beside(self, pod: Pod, direction: Direction) -> Bits:
        """Those on its own node: a node reaches its pods, whatever their ingress policies say."""
        if direction is Direction.INGRESS:
            near = self._hosts_beside(pod)
            return bits_of(n for n in near if self._lets_out(self.pods[n], pod))
        near = self._on_node.get(pod.node, []) if pod.host_network else []
        return bits_of(n for n in near if self._lets_out(pod, self.pods[n]))

    def _lets_out(self, source: Pod, target: Pod) -> bool:
        """Whether the source's own policies let it reach the target over a family of both."""
        wanted = bits_of(self._classes(target))
        return any(
            bool(row.peers.pods & wanted & self._speaking(self._table.classes[number].family))
            for number in self._classes(source)
            for row in self._rows(self._side[Direction.EGRESS, number])
        )
