"""What becomes closed, or opened, for the pods of a namespace when its ingress policies change.

A connection is open when both sides allow it. A source whose own side cannot be told counts as one
that lets everything out: whoever asks what a change would cut must rather hear too much.
"""

from collections.abc import Iterator

from msgspec import Struct

from seawall.analyse.classes import Standing
from seawall.analyse.isolation import Isolation
from seawall.analyse.sides import Region
from seawall.analyse.table import ClassTable
from seawall.model.addresses import IpSet
from seawall.model.bits import NO_BITS, Bits, bits_of
from seawall.model.errors import Trouble
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction
from seawall.model.ports import PortSet


class Connections(Struct, frozen=True, gc=False):
    """From each of `sources` to each of the endpoint classes `targets`, over a shared family.

    Pods among `sources` are under the same egress policies.
    """

    sources: PeerSet
    targets: Bits
    ports: PortSet


def closed(before: Isolation, after: Isolation, namespace: str) -> tuple[Connections, ...]:
    """What reaches pods of today before and no longer after; the own node always does.

    Raises:
        Trouble: The two are not about the same pods.
    """
    targets = before.table.bound_in(namespace) & before.table.live
    return tuple(_lost(before, after, namespace, targets))


def closed_to_new(before: Isolation, after: Isolation, namespace: str) -> tuple[Connections, ...]:
    """The same for a pod that comes later and is like no other one. Raises: as `closed`."""
    table = before.table
    targets = table.bound_in(namespace) & table.standing[Standing.NEW_POD]
    return tuple(_lost(before, after, namespace, targets))


def opened(before: Isolation, after: Isolation, namespace: str) -> tuple[Connections, ...]:
    """What reaches pods of today, or a new one, after and not before. Raises: as `closed`."""
    return tuple(_lost(after, before, namespace, after.table.bound_in(namespace)))


def _lost(
    wide: Isolation, narrow: Isolation, namespace: str, targets: Bits
) -> Iterator[Connections]:
    """What is open in one and not in the other."""
    if wide.table.classes != narrow.table.classes:
        raise Trouble("two analyses of different pods were compared; this is a bug in Seawall")
    for one in wide.sides(namespace, Direction.INGRESS):
        for other in narrow.sides(namespace, Direction.INGRESS):
            common = one.subjects & other.subjects & targets
            for row in one.rows(one.universe) if common else ():
                if row.decision is Decision.ALLOW:
                    for left in other.rows(row.peers, row.ports):
                        if left.decision is not Decision.ALLOW:
                            yield from _let_out(wide, Region(left.peers, left.ports), common)


def _let_out(isolation: Isolation, region: Region, targets: Bits) -> Iterator[Connections]:
    """As much of what leads to the targets as its own side lets out, family by family."""
    for alike, addresses, speaking in _by_family(isolation.table, region.peers, targets):
        outside = PeerSet(NO_BITS, addresses, region.peers.marks)
        if outside:
            yield Connections(outside, alike, region.ports)
        for sides in isolation.by_namespace[Direction.EGRESS]:
            for side in sides:
                sources = side.subjects & speaking
                for row in side.rows(PeerSet(alike), region.ports) if sources else ():
                    if row.decision is not Decision.DENY:
                        yield Connections(PeerSet(sources), row.peers.pods, row.ports)


def _by_family(
    table: ClassTable, peers: PeerSet, targets: Bits
) -> Iterator[tuple[Bits, IpSet, Bits]]:
    """Targets of one family, and the addresses and classes among `peers` that can speak to them."""
    families = {table.classes[number].family for number in targets}
    for family in sorted(families, key=lambda found: found or 0):
        alike = bits_of(number for number in targets if table.classes[number].family is family)
        if family is None:
            yield alike, peers.addresses, peers.pods
        else:
            yield alike, peers.addresses.only(family), peers.pods & table.speaking[family]
