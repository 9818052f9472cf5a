"""Sets of IP addresses as integer intervals, one tuple a family.

Source: `IPBlock` (networking.k8s.io/v1). Host bits in a CIDR are dropped, as Go's ParseCIDR does.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from msgspec import Struct

from seawall.model import intervals
from seawall.model.intervals import Intervals


class Family(IntEnum):
    """An IP version."""

    V4 = 4
    V6 = 6


LAST_ADDRESS = {Family.V4: 2**32 - 1, Family.V6: 2**128 - 1}
_CLASS = {Family.V4: ipaddress.IPv4Address, Family.V6: ipaddress.IPv6Address}


class IpSet(Struct, frozen=True, cache_hash=True, gc=False):
    """Addresses of both families; the families never mix."""

    v4: Intervals = ()
    v6: Intervals = ()

    def __or__(self, that: "IpSet") -> "IpSet":
        if self == that:
            return self
        return IpSet(intervals.union(self.v4, that.v4), intervals.union(self.v6, that.v6))

    def __and__(self, that: "IpSet") -> "IpSet":
        if self == that:
            return self
        return IpSet(
            intervals.intersection(self.v4, that.v4), intervals.intersection(self.v6, that.v6)
        )

    def __sub__(self, that: "IpSet") -> "IpSet":
        return IpSet(intervals.difference(self.v4, that.v4), intervals.difference(self.v6, that.v6))

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def __le__(self, that: "IpSet") -> bool:
        return not self - that

    def of(self, family: Family) -> Intervals:
        """The intervals of one family."""
        return self.v4 if family is Family.V4 else self.v6

    def only(self, family: Family) -> "IpSet":
        """The addresses of one family."""
        return IpSet(v4=self.v4) if family is Family.V4 else IpSet(v6=self.v6)

    def contains(self, address: "Ip") -> bool:
        """Whether one address is in."""
        return intervals.contains(self.of(address.family), address.number)

    def cidrs(self) -> Iterator[str]:
        """The fewest CIDRs that make up the set, IPv4 first, ascending."""
        for family in Family:
            for first, last in self.of(family):
                yield from _networks(family, first, last)


@dataclass(frozen=True, slots=True, order=True)
class Ip:
    """One address as a number."""

    family: Family
    number: int

    def __str__(self) -> str:
        return str(_CLASS[self.family](self.number))


def _networks(family: Family, first: int, last: int) -> Iterator[str]:
    if family is Family.V4:
        v4 = ipaddress.IPv4Address
        yield from map(str, ipaddress.summarize_address_range(v4(first), v4(last)))
    else:
        v6 = ipaddress.IPv6Address
        yield from map(str, ipaddress.summarize_address_range(v6(first), v6(last)))


NO_ADDRESSES = IpSet()
EVERY_V4 = IpSet(v4=((0, LAST_ADDRESS[Family.V4]),))
EVERY_V6 = IpSet(v6=((0, LAST_ADDRESS[Family.V6]),))
EVERY_ADDRESS = EVERY_V4 | EVERY_V6


def just(address: Ip) -> IpSet:
    """The set of one address."""
    point: Intervals = ((address.number, address.number),)
    return IpSet(v4=point) if address.family is Family.V4 else IpSet(v6=point)


def ip(text: str) -> Ip:
    """The address written in `text`.

    Raises:
        ValueError: It is no IPv4 or IPv6 address.
    """
    found = ipaddress.ip_address(text)
    return Ip(Family(found.version), int(found))


def cidr(text: str) -> IpSet:
    """The addresses of a CIDR block; host bits are dropped.

    >>> list(cidr("10.1.2.3/16").cidrs())
    ['10.1.0.0/16']

    Raises:
        ValueError: It is no CIDR.
    """
    found = ipaddress.ip_network(text, strict=False)
    span: Intervals = ((int(found.network_address), int(found.broadcast_address)),)
    return IpSet(v4=span) if Family(found.version) is Family.V4 else IpSet(v6=span)
