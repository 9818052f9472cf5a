"""HBONE: traffic between pods of an ambient mesh arrives at port 15008, whatever port it is for.

So NetworkPolicy sees 15008 and nothing else (istio.io "Ambient and Kubernetes NetworkPolicy"): one
that closes 15008 cuts the pod off from the mesh, and one that opens it lets in, on every port, all
that the mesh lets through. A rule about any other port then means only what comes as plaintext.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from seawall.analyse.connection import End, Ruling, most_open, rulings
from seawall.analyse.isolation import Isolation
from seawall.analyse.istio_callers import waypoint_of
from seawall.analyse.istio_coverage import Coverage, Way, coverage_of, may_have_proxy
from seawall.analyse.sides import Side
from seawall.model.ir import Decision
from seawall.model.istio import HBONE_PORT
from seawall.model.peers import NO_PEERS
from seawall.model.policies import Where
from seawall.model.ports import EVERY_PORT, PortSet, Protocol, port_set, ports
from seawall.model.snapshot import Pod

_TCP = port_set(Protocol.TCP, EVERY_PORT)
_HBONE = ports(Protocol.TCP, HBONE_PORT)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What the policies of layers 3 and 4 say to the tunnel that a connection goes through.

    Attributes:
        decision: What they say to TCP 15008. UNKNOWN where they deny it and a waypoint may stand in
            between: then it comes from there, and that is another question.
        because: Who decided.
        contrary: The TCP ports asked about that they decide otherwise, by their own number.
        certain: Whether both ends are known to be in the mesh, and speak HBONE to each other.
    """

    decision: Decision
    because: tuple[Where, ...]
    contrary: PortSet
    certain: bool

    @property
    def cuts(self) -> bool:
        """What the ports' own rules open does not get through the mesh."""
        return self.decision is Decision.DENY and bool(self.contrary)

    @property
    def opens(self) -> bool:
        """What the ports' own rules close, or may close, gets in through the tunnel."""
        return self.decision is not Decision.DENY and bool(self.contrary)


def tunnel_of(
    isolation: Isolation, source: End, target: End, found: Iterable[Ruling]
) -> Tunnel | None:
    """The tunnel that a connection between two pods goes through; None: it goes through none."""
    if not isinstance(source, Pod) or not isinstance(target, Pod) or source == target:
        return None
    snapshot = isolation.snapshot
    if not (may_have_proxy(snapshot, source) and may_have_proxy(snapshot, target)):
        return None
    calls, called = coverage_of(snapshot, source), coverage_of(snapshot, target)
    if not _goes_through(calls, called) or (target.mesh and target.mesh.bypasses):
        return None
    ruled = rulings(isolation, source, target, _HBONE)
    decision = most_open(ruled)
    because = {w for each in ruled if each.decision is decision for w in each.because}
    both = calls.way is called.way is Way.AMBIENT and calls.certain and called.certain
    if called.way is Way.AMBIENT and waypoint_of(snapshot, target):
        both = False
        decision = Decision.ALLOW if decision is Decision.ALLOW else Decision.UNKNOWN
    return Tunnel(decision, tuple(sorted(because)), _contrary(found, decision), both)


def _goes_through(calls: Coverage, called: Coverage) -> bool:
    """Both in the mesh, and one of them ambient: two sidecars speak mTLS on the port itself."""
    ways = {calls.way, called.way}
    return Way.AMBIENT in ways and Way.NONE not in ways


def _contrary(found: Iterable[Ruling], decision: Decision) -> PortSet:
    tcp = PortSet()
    for each in found:
        if each.decision is not decision:
            tcp |= PortSet(tcp=each.ports.tcp)
    return tcp - _HBONE


class Hbone(StrEnum):
    """What the ingress of a pod of an ambient mesh makes of its place in it."""

    SAME = "same"
    """Who may come in by 15008 may come in by every port of its own number, too."""
    CUT = "cut"
    """Nobody may come in by 15008: the mesh does not reach it."""
    EVERYTHING = "everything"
    """Somebody may come in by 15008 and not by every port: the mesh takes him to all of them."""


def hbone_of(side: Side) -> Hbone:
    """What one side of ingress makes of 15008; UNKNOWN is as good as open."""
    let_in, closed = NO_PEERS, []
    for row in side.rows(side.universe, _TCP):
        if row.decision is not Decision.DENY and row.ports & _HBONE:
            let_in |= row.peers
        elif row.decision is Decision.DENY and row.ports - _HBONE:
            closed.append(row.peers)
    if not let_in:
        return Hbone.CUT
    return Hbone.EVERYTHING if any(each & let_in for each in closed) else Hbone.SAME
