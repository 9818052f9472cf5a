"""Sets of (protocol, port): what a connection may use.

Ports are 1-65535. `other` stands for every protocol that NetworkPolicy cannot name (ICMP, ...):
only a rule without ports opens it, so TCP 1-65535 + UDP + SCTP is still not everything.
Source: `NetworkPolicyPort` (networking.k8s.io/v1): TCP, UDP or SCTP; endPort is inclusive.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct

from seawall.model import intervals
from seawall.model.intervals import Intervals

FIRST_PORT, LAST_PORT = 1, 65535
EVERY_PORT: Intervals = ((FIRST_PORT, LAST_PORT),)


class Protocol(StrEnum):
    """The protocols a NetworkPolicy can name."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


class PortSet(Struct, frozen=True, cache_hash=True, gc=False):
    """Port intervals per protocol, and whether all other protocols are in."""

    tcp: Intervals = ()
    udp: Intervals = ()
    sctp: Intervals = ()
    other: bool = False

    def __or__(self, that: "PortSet") -> "PortSet":
        if self == that:
            return self
        return self._each(that, intervals.union, other=self.other or that.other)

    def __and__(self, that: "PortSet") -> "PortSet":
        if self == that:
            return self
        return self._each(that, intervals.intersection, other=self.other and that.other)

    def __sub__(self, that: "PortSet") -> "PortSet":
        return self._each(that, intervals.difference, other=self.other and not that.other)

    def __bool__(self) -> bool:
        return bool(self.tcp or self.udp or self.sctp or self.other)

    def __le__(self, that: "PortSet") -> bool:
        return not self - that

    def _each(
        self, that: "PortSet", merge: Callable[[Intervals, Intervals], Intervals], *, other: bool
    ) -> "PortSet":
        return PortSet(
            merge(self.tcp, that.tcp), merge(self.udp, that.udp), merge(self.sctp, that.sctp), other
        )

    def of(self, protocol: Protocol) -> Intervals:
        """The port intervals of one protocol."""
        match protocol:
            case Protocol.TCP:
                return self.tcp
            case Protocol.UDP:
                return self.udp
            case Protocol.SCTP:
                return self.sctp

    def ranges(self) -> Iterator[tuple[Protocol, int, int]]:
        """(protocol, first, last) of every interval, in a fixed order."""
        for protocol in Protocol:
            for first, last in self.of(protocol):
                yield protocol, first, last

    def __str__(self) -> str:
        if self == ALL_PORTS:
            return "all ports"
        words = [_range_text(*found) for found in self.ranges()]
        return ", ".join([*words, "other protocols"] if self.other else words) or "no port"


NO_PORTS = PortSet()
ALL_PORTS = PortSet(EVERY_PORT, EVERY_PORT, EVERY_PORT, other=True)


def ports(protocol: Protocol, first: int, last: int | None = None) -> PortSet:
    """One protocol's ports `first` to `last`, both included; without a `last`, `first` alone.

    >>> str(ports(Protocol.TCP, 80, 81)), str(ports(Protocol.UDP, 53))
    ('TCP 80-81', 'UDP 53')
    """
    return port_set(protocol, ((first, first if last is None else last),))


def port_set(protocol: Protocol, found: Intervals) -> PortSet:
    """The set of one protocol's port intervals (canonical, see `intervals.joined`)."""
    match protocol:
        case Protocol.TCP:
            return PortSet(tcp=found)
        case Protocol.UDP:
            return PortSet(udp=found)
        case Protocol.SCTP:
            return PortSet(sctp=found)


def _range_text(protocol: Protocol, first: int, last: int) -> str:
    if (first, last) == EVERY_PORT[0]:
        return str(protocol)
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"
