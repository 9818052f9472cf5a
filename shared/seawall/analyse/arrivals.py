"""Whose address the policies of a pod see on a way in, and what they say to it.

"Services of type LoadBalancer or NodePort" and NetworkPolicy: "whether the source address is
rewritten before or after the policy is asked is not defined" (kubernetes.io, Network Policies,
ipBlock). So only what every address that may be seen is told is a fact; the rest is UNKNOWN.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from seawall.analyse.connection import rulings
from seawall.analyse.isolation import Isolation
from seawall.analyse.sides import Row, Side
from seawall.model.addresses import EVERY_ADDRESS, NO_ADDRESSES, Family, IpSet
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, Where
from seawall.model.ports import PortSet
from seawall.model.snapshot import Pod

_ORDER = tuple(Decision)


class Arrival(StrEnum):
    """Whose address it is that a pod's policies see."""

    CLIENT = "client"
    """The client's own: nothing rewrites it (hostPort; CNI `portmap`)."""
    PASSED_ON = "passed on"
    """The client's, or that of a load balancer outside (`externalTrafficPolicy: Local`)."""
    NODE = "node"
    """Any of these, or a node's (`externalTrafficPolicy: Cluster`, the default)."""
    PROXY = "proxy"
    """That of pods that are known: an ingress controller, a gateway."""
    ANYBODY = "anybody"
    """That of something that is not known."""


NOTES = {
    Arrival.PASSED_ON: "ipBlock rules see the client's address only if what is in front of the "
    "nodes passes it on",
    Arrival.NODE: "what comes this way may have the address of a node, its own even, which no "
    "policy stops; ipBlock rules need externalTrafficPolicy: Local",
    Arrival.ANYBODY: "the pods that forward it are not known",
}
"""Why it is UNKNOWN where not every address is told the same."""

OWN_NODE = "what forwards it is on the host network, perhaps of the pod's own node"


@dataclass(frozen=True, slots=True)
class Answer:
    """What policies say; `admitted` are the outside addresses let in, where that is not all."""

    decision: Decision
    because: tuple[Where, ...] = ()
    admitted: IpSet = NO_ADDRESSES
    note: str = ""


def most_open(answers: Iterable[Answer]) -> Answer:
    """The answer that lets in most; nobody to ask is nobody let in."""
    return min(answers, key=_openness, default=Answer(Decision.DENY))


def _openness(answer: Answer) -> int:
    return _ORDER.index(answer.decision)


def from_outside(isolation: Isolation, number: int, arrival: Arrival, ports: PortSet) -> Answer:
    """What the policies of an endpoint class say to an address outside, or to anybody."""
    side = isolation.side(number, Direction.INGRESS)
    space = _space(isolation.table.classes[number].family)
    peers = side.universe if arrival is Arrival.ANYBODY else PeerSet(addresses=space)
    rows = tuple(side.rows(peers, ports))
    found = {row.decision for row in rows}
    because = tuple(sorted({where for row in rows for where in row.because}))
    if found <= {Decision.ALLOW}:
        return Answer(Decision.ALLOW, because)
    return Answer(_mixed(arrival, found), because, _admitted(rows), _note(arrival, found))


def bound_by_none(isolation: Isolation, number: int) -> Answer:
    """A pod on the host network: whatever may bind it nevertheless makes it UNKNOWN."""
    side: Side = isolation.side(number, Direction.INGRESS)
    unsure = [row for row in side.openings if row.decision is Decision.UNKNOWN]
    because = tuple(sorted({where for row in unsure for where in row.because}))
    return Answer(Decision.UNKNOWN if unsure else Decision.ALLOW, because)


@dataclass(frozen=True, eq=False)
class Proxies:
    """Pods that forward together: an ingress controller, a gateway. Each is itself and no other."""

    pods: tuple[Pod, ...] = ()

    @cached_property
    def on_hosts(self) -> bool:
        """Whether any is on the host network: pods of its node let it in, whatever policies say."""
        return any(pod.host_network for pod in self.pods)

    def alike(self, isolation: Isolation) -> Iterable[Pod]:
        """One of each kind that no policy can tell apart."""
        found: dict[object, Pod] = {}
        for pod in self.pods:
            classes = isolation.classes_of.get((pod.namespace, pod.name), ())
            found.setdefault((classes, pod.node if pod.host_network else ""), pod)
        return found.values()


NOBODY = Proxies()


def from_pods(isolation: Isolation, proxies: Proxies, pod: Pod, ports: PortSet) -> Answer:
    """What both sides say to what known pods forward; one of them that gets in is enough."""
    alike = proxies.alike(isolation)
    return most_open(_from_pod(isolation, proxy, pod, ports) for proxy in alike)


def _from_pod(isolation: Isolation, proxy: Pod, pod: Pod, ports: PortSet) -> Answer:
    found = rulings(isolation, proxy, pod, ports)
    answer = most_open(Answer(ruling.decision, ruling.because) for ruling in found)
    placed = proxy.node and pod.node
    if answer.decision is Decision.DENY and proxy.host_network and not placed:
        return Answer(Decision.UNKNOWN, answer.because, note=OWN_NODE)
    return answer


def _space(family: Family | None) -> IpSet:
    return EVERY_ADDRESS if family is None else EVERY_ADDRESS.only(family)


def _mixed(arrival: Arrival, found: set[Decision]) -> Decision:
    """The decision where not everybody is let in."""
    if arrival is Arrival.CLIENT:
        return min(found, key=_ORDER.index)
    if arrival is Arrival.PASSED_ON and found == {Decision.DENY}:
        return Decision.DENY
    return Decision.UNKNOWN


def _note(arrival: Arrival, found: set[Decision]) -> str:
    """A policy that was not read is told by itself, and a DENY to all by its policy."""
    if found == {Decision.DENY} and arrival in {Arrival.CLIENT, Arrival.PASSED_ON}:
        return ""
    return NOTES.get(arrival, "")


def _admitted(rows: Iterable[Row]) -> IpSet:
    found = NO_ADDRESSES
    for row in rows:
        if row.decision is Decision.ALLOW:
            found |= row.peers.addresses
    return found
