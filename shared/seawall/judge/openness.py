"""Questions about what a side leaves open that several rules ask.

Answers are computed from the union of everything open, never from the text of one rule: two
halves of the address space are the whole of it.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from seawall.analyse.sides import Row
from seawall.model.addresses import EVERY_V4, EVERY_V6, NO_ADDRESSES, IpSet
from seawall.model.intervals import Intervals
from seawall.model.ir import Rule
from seawall.model.ports import EVERY_PORT, LAST_PORT, NO_PORTS, PortSet, Protocol, port_set


def to_the_world(rows: Sequence[Row | Rule], nodes: IpSet = NO_ADDRESSES) -> PortSet:
    """The ports on which the rows together admit every IPv4 or every IPv6 address.

    The cluster's own `nodes` are not the world: where a plug-in takes them out of every block, the
    rest is still everybody.
    """
    return ports_where(rows, lambda addresses: _is_world(addresses | nodes))


def ports_where(rows: Sequence[Row | Rule], enough: Callable[[IpSet], bool]) -> PortSet:
    """The ports on which the addresses that the rows together admit are enough; none never are."""
    admitting = [row for row in rows if row.peers.addresses]
    found = NO_PORTS
    for protocol in Protocol if admitting else ():
        for first, last in _pieces(row.ports.of(protocol) for row in admitting):
            addresses = _addresses_on(admitting, protocol, first)
            if addresses and enough(addresses):
                found |= port_set(protocol, ((first, last),))
    return found


def whole_protocols(ports: PortSet) -> tuple[Protocol, ...]:
    """The protocols of which every port is in the set."""
    return tuple(protocol for protocol in Protocol if ports.of(protocol) == EVERY_PORT)


def _pieces(found: Iterable[Intervals]) -> list[tuple[int, int]]:
    """The stretches of ports between all borders: each is inside or outside of every row."""
    starts = {1, LAST_PORT + 1}
    for intervals in found:
        starts |= {edge for first, last in intervals for edge in (first, last + 1)}
    ordered = sorted(starts)
    return [(a, b - 1) for a, b in pairwise(ordered)]


def _addresses_on(rows: Sequence[Row | Rule], protocol: Protocol, port: int) -> IpSet:
    found = IpSet()
    for row in rows:
        if any(first <= port <= last for first, last in row.ports.of(protocol)):
            found |= row.peers.addresses
    return found


def _is_world(addresses: IpSet) -> bool:
    return not EVERY_V4 - addresses or not EVERY_V6 - addresses
