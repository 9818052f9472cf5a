"""Who is at the other end of a connection: pod classes, outside addresses, marks.

`pods` are numbers of endpoint classes (see `analyse.classes`): live ones, and virtual ones that
stand for a fresh pod of a namespace or of a namespace that does not exist yet. Addresses are
what lies outside the pods; that a block also covers a pod's own address is already in `pods`.
"""

from enum import StrEnum

from msgspec import Struct

from seawall.model.addresses import EVERY_ADDRESS, NO_ADDRESSES, IpSet
from seawall.model.bits import NO_BITS, Bits


class Mark(StrEnum):
    """Peers that are neither pods nor told apart by address."""

    NODES = "nodes"
    """The nodes themselves, at whatever address they have."""
    API_SERVER = "api-server"


NO_MARKS: frozenset[Mark] = frozenset()
EVERY_MARK = frozenset(Mark)


class PeerSet(Struct, frozen=True, gc=False):
    """A set of peers; obeys the laws of sets."""

    pods: Bits = NO_BITS
    addresses: IpSet = NO_ADDRESSES
    marks: frozenset[Mark] = NO_MARKS

    def __or__(self, that: "PeerSet") -> "PeerSet":
        return PeerSet(
            self.pods | that.pods, self.addresses | that.addresses, self.marks | that.marks
        )

    def __and__(self, that: "PeerSet") -> "PeerSet":
        return PeerSet(
            self.pods & that.pods, self.addresses & that.addresses, self.marks & that.marks
        )

    def __sub__(self, that: "PeerSet") -> "PeerSet":
        return PeerSet(
            self.pods - that.pods, self.addresses - that.addresses, self.marks - that.marks
        )

    def __bool__(self) -> bool:
        return bool(self.pods or self.addresses or self.marks)

    def __le__(self, that: "PeerSet") -> bool:
        return not self - that


NO_PEERS = PeerSet()


def everybody(pods: Bits) -> PeerSet:
    """All peers of a cluster whose endpoint classes are `pods`."""
    return PeerSet(pods, EVERY_ADDRESS, EVERY_MARK)
