"""One connection: from a pod or address to a pod or address, judged on both sides.

Sources: both sides must allow (Kubernetes "Network Policies", two sorts of isolation); a pod always
reaches itself; traffic from the node a pod runs on is always let in (`NetworkPolicySpec.ingress`:
"traffic source is the pod's local node"); each address family is judged on its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from seawall.analyse.isolation import Isolation
from seawall.model.addresses import Family, Ip, just
from seawall.model.bits import Bits
from seawall.model.errors import Trouble
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, Where
from seawall.model.ports import ALL_PORTS, PortSet
from seawall.model.snapshot import Pod

End = Pod | Ip


@dataclass(frozen=True, slots=True)
class Half:
    """What one side says, and who decided; nobody where no policy of that side has a word.

    `tier` is where it was decided, `via` are the rules that passed it on to there, in order.
    """

    decision: Decision
    because: tuple[Where, ...] = ()
    tier: str = ""
    via: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of some ports of a connection over one family.

    `family` is None where an end has no known address. `note` says why no policy is asked.
    """

    family: Family | None
    ports: PortSet
    egress: Half
    ingress: Half
    note: str = ""

    @property
    def decision(self) -> Decision:
        """What both sides together say."""
        return self.egress.decision.both(self.ingress.decision)

    @property
    def because(self) -> tuple[Where, ...]:
        """Who decided it, on the side or sides that count."""
        sides = (half for half in (self.egress, self.ingress) if half.decision is self.decision)
        return tuple(sorted({where for half in sides for where in half.because}))

    def side(self, direction: Direction) -> Half:
        """One of the two sides."""
        return self.egress if direction is Direction.EGRESS else self.ingress


FREE = Half(Decision.ALLOW)


def rulings(
    isolation: Isolation, source: End, target: End, ports: PortSet = ALL_PORTS
) -> tuple[Ruling, ...]:
    """What becomes of each port of `ports` from `source` to `target`, a family at a time.

    Raises:
        Trouble: Both ends are addresses: no policy of this cluster is asked.
    """
    if isinstance(source, Ip) and isinstance(target, Ip):
        raise Trouble(f"{source} and {target} are both outside the cluster: name a pod at one end")
    if source == target:
        return (Ruling(None, ports, FREE, FREE, "a pod always reaches itself"),)
    pairs = list(_pairs(isolation, source, target))
    if not pairs:
        nowhere = Half(Decision.DENY)
        return (Ruling(None, ports, nowhere, nowhere, "the ends share no address family"),)
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
    """Whether `source` is the node itself: a host-network pod of it, or an address of either."""
    if isinstance(source, Pod):
        return source.host_network and source.node == node
    if isolation.nodes_by_address.get(source) == node:
        return True
    return any(pod.node == node for pod in isolation.hosts_by_address.get(source, ()))


def _judged(isolation: Isolation, pair: _Pair, ports: PortSet) -> Iterator[Ruling]:
    egress = _halves(isolation, pair.source, pair.target, Direction.EGRESS, ports)
    ingress = _halves(isolation, pair.target, pair.source, Direction.INGRESS, ports)
    note = ""
    if pair.own_node:
        ingress, note = [(ports, FREE)], "a pod's own node always reaches it"
    for out_ports, out in egress:
        for in_ports, into in ingress:
            common = out_ports & in_ports
            if common:
                yield Ruling(pair.family, common, out, into, note)


def _halves(
    isolation: Isolation, subject: int | Ip, other: int | Ip, direction: Direction, ports: PortSet
) -> list[tuple[PortSet, Half]]:
    """What one end's own policies say, by ports; an address outside has none."""
    if isinstance(subject, Ip):
        return [(ports, FREE)]
    rows = isolation.side(subject, direction).rows(_peer(other), ports)
    return [(row.ports, Half(row.decision, row.because, row.tier, row.via)) for row in rows]


def _peer(other: int | Ip) -> PeerSet:
    return PeerSet(addresses=just(other)) if isinstance(other, Ip) else PeerSet(Bits(other, 1))
