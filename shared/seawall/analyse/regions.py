"""Which ipBlocks a pod's address lies in, without asking each block about each pod.

The borders of all blocks cut each address family into stretches. Stretches inside the same blocks
are one region, and pods in one region are alike to every policy.
"""

from bisect import bisect_right
from collections.abc import Iterable

from seawall.model import intervals
from seawall.model.addresses import EVERY_ADDRESS, Family, Ip, IpSet, cidr

LINK_LOCAL = cidr("169.254.0.0/16") | cidr("fe80::/10")
"""No pod or node has its cluster address here (RFC 3927, RFC 4291)."""

PRIVATE = (
    cidr("10.0.0.0/8") | cidr("172.16.0.0/12") | cidr("192.168.0.0/16") | cidr("100.64.0.0/10")
)
"""Where pod ranges lie unless somebody chose otherwise (RFC 1918, RFC 6598)."""

UNIQUE_LOCAL = cidr("fc00::/7")
"""The same for IPv6 (RFC 4193)."""

_NODE_RANGE_BITS = {Family.V4: 8, Family.V6: 64}
"""kube-controller-manager gives a node a /24 or a /64 of pod addresses by default."""


class AddressRegions:
    """Numbers the regions that a set of blocks cuts the address space into.

    `family_of[number]` is a region's family: no two families share a number.
    """

    def __init__(self, blocks: Iterable[IpSet]) -> None:
        found = tuple(dict.fromkeys(blocks))
        self._v4 = _cut(found, Family.V4, 0)
        self._v6 = _cut(found, Family.V6, max(self._v4[1]) + 1)
        self.family_of = [Family.V4] * (max(self._v4[1]) + 1)
        self.family_of += [Family.V6] * (max(self._v6[1]) + 1 - len(self.family_of))

    def region_of(self, address: Ip) -> int:
        """The number of the region an address lies in."""
        starts, numbers = self._v4 if address.family is Family.V4 else self._v6
        return numbers[bisect_right(starts, address.number) - 1]


def _cut(blocks: tuple[IpSet, ...], family: Family, first: int) -> tuple[list[int], list[int]]:
    """Where each stretch starts, and the number of its region, counted from `first`."""
    borders: dict[int, int] = {0: 0}
    for number, block in enumerate(blocks):
        for start, last in block.of(family):
            borders[start] = borders.get(start, 0) ^ 1 << number
            borders[last + 1] = borders.get(last + 1, 0) ^ 1 << number
    inside, numbers = 0, []
    regions: dict[int, int] = {}
    starts = sorted(borders)
    for start in starts:
        inside ^= borders[start]
        numbers.append(regions.setdefault(inside, first + len(regions)))
    return starts, numbers


def plausible_addresses(seen: Iterable[Ip]) -> IpSet:
    """Every address that a new pod may well get, judged by the addresses of pods seen.

    A block is taken to cover a pod whose address is not known if it covers most of these. Per
    family: the smallest aligned range around the addresses seen, at least one node's worth; where
    none was seen, the private ranges.
    """
    numbers: dict[Family, list[int]] = {family: [] for family in Family}
    for address in seen:
        numbers[address.family].append(address.number)
    if not any(numbers.values()):
        return PRIVATE | UNIQUE_LOCAL
    v4, v6 = (_aligned(numbers[family], _NODE_RANGE_BITS[family]) for family in Family)
    return IpSet(v4, v6)


def _aligned(numbers: list[int], least_bits: int) -> intervals.Intervals:
    if not numbers:
        return ()
    low, high = min(numbers), max(numbers)
    bits = max((low ^ high).bit_length(), least_bits)
    return ((low >> bits << bits, (high >> bits << bits) + (1 << bits) - 1),)


ROUTABLE = EVERY_ADDRESS - LINK_LOCAL
"""Where a node's address may be."""
