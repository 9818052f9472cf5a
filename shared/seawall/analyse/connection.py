"""One connection: from a pod or address to a pod or address, judged on both sides.

Sources: both sides must allow (Kubernetes "Network Policies", two sorts of isolation); a pod always
reaches itself; traffic from the node a pod runs on is always let in (`NetworkPolicySpec.ingress`:
"traffic source is the pod's local node"); each address family is judged on its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from seawall.analyse.isolation import Isolation
from seawall.analyse.sides import Row
from seawall.model.addresses import Family, Ip, IpSet
from seawall.model.bits import Bits
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, Where
from seawall.model.ports import ALL_PORTS, PortSet
from seawall.model.snapshot import Pod

End = Pod | Ip


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of some ports of a connection over one family, and who decided each side.

    `family` is None where an end has no known address. An empty side is one that no policy has a
    word on.
    """

    family: Family | None
    ports: PortSet
    decision: Decision
    egress: tuple[Where, ...]
    ingress: tuple[Where, ...]
    note: str = ""


def rulings(
    isolation: Isolation, source: End, target: End, ports: PortSet = ALL_PORTS
) -> tuple[Ruling, ...]:
    """What becomes of each port of `ports` from `source` to `target`, a family at a time.

    Raises:
        ValueError: Both ends are addresses: no policy of this cluster is asked.
    """
    if isinstance(source, Ip) and isinstance(target, Ip):
        raise ValueError("both ends are outside the cluster; name a pod at one of them")  # noqa: TRY004  the types are right, their combination is not
    if source == target:
        return (Ruling(None, ports, Decision.ALLOW, (), (), "a pod always reaches itself"),)
    pairs = list(_pairs(isolation, source, target))
    if not pairs:
        return (Ruling(None, ports, Decision.DENY, (), (), "the ends share no address family"),)
    return tuple(found for pair in pairs for found in _judged(isolation, pair, ports))


def most_open(found: tuple[Ruling, ...]) -> Decision:
    """The most open decision there is on any port and family of the rulings."""
    for open_first in Decision:
        if any(ruling.decision is open_first for ruling in found):
            return open_first
    return Decision.DENY


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both ends over one family: an endpoint class each, or an address outside."""

    family: Family | None
    source: int | Ip
    target: int | Ip
    own_node: bool


def _pairs(isolation: Isolation, source: End, target: End) -> Iterator[_Pair]:
    own_node = (
        isinstance(target, Pod) and bool(target.node) and _on_node(isolation, source, target.node)
    )
    for a_family, a in _ends(isolation, source):
        for b_family, b in _ends(isolation, target):
            if a_family is None or b_family is None or a_family is b_family:
                yield _Pair(a_family or b_family, a, b, own_node)


def _ends(isolation: Isolation, end: End) -> list[tuple[Family | None, int | Ip]]:
    if isinstance(end, Ip):
        return [(end.family, end)]
    return [
        (isolation.table.classes[number].family, number)
        for number in isolation.classes_of.get((end.namespace, end.name), ())
    ]


def _on_node(isolation: Isolation, source: End, node: str) -> bool:
    """Whether `source` is the node itself: a host-network pod of it, or the address of one."""
    if isinstance(source, Pod):
        return source.host_network and source.node == node
    return any(pod.node == node for pod in isolation.hosts_by_address.get(source, ()))


def _judged(isolation: Isolation, pair: _Pair, ports: PortSet) -> Iterator[Ruling]:
    egress = _rows(isolation, pair.source, pair.target, Direction.EGRESS, ports)
    ingress = _rows(isolation, pair.target, pair.source, Direction.INGRESS, ports)
    if pair.own_node:
        ingress = [Row(PeerSet(), ports, Decision.ALLOW, ())]
    note = "a pod's own node always reaches it" if pair.own_node else ""
    for out in egress:
        for into in ingress:
            common = out.ports & into.ports
            if common:
                both = out.decision.both(into.decision)
                yield Ruling(pair.family, common, both, out.because, into.because, note)


def _rows(
    isolation: Isolation, subject: int | Ip, other: int | Ip, direction: Direction, ports: PortSet
) -> list[Row]:
    if isinstance(subject, Ip):
        return [Row(PeerSet(), ports, Decision.ALLOW, ())]
    return list(isolation.side(subject, direction).rows(_peer(other), ports))


def _peer(other: int | Ip) -> PeerSet:
    if isinstance(other, Ip):
        point = ((other.number, other.number),)
        addresses = IpSet(v4=point) if other.family is Family.V4 else IpSet(v6=point)
        return PeerSet(addresses=addresses)
    return PeerSet(Bits(other, 1))
