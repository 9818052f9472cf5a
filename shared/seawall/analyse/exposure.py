"""Which pods are reached from outside: every way in, the port on the pod, and what policies say.

A way in is what an object declares. Whether a load balancer was really made, and what firewalls in
front of it say, only the cloud knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from seawall.analyse.arrivals import (
    Answer,
    Arrival,
    bound_by_none,
    from_outside,
    from_pods,
    most_open,
)
from seawall.analyse.isolation import Isolation
from seawall.analyse.leads import Lead, Leads
from seawall.model.addresses import NO_ADDRESSES, IpSet
from seawall.model.entrances import UNREAD_ENTRANCES, Entrance, Facing
from seawall.model.ir import Decision
from seawall.model.policies import ObjectRef, Where
from seawall.model.ports import NO_PORTS, PortSet
from seawall.model.sight import Unseen
from seawall.model.snapshot import Pod

_ORDER = tuple(Decision)
AT_THE_GATE = {
    Decision.UNKNOWN: "whether anybody outside gets to the pods that forward it is not certain",
    Decision.DENY: "policies let nobody outside get to the pods that forward it",
}
NOBODY_KNOCKS = "nothing that was read leads to the pods that forward it"

Place = tuple[str, str]
"""A pod by (namespace, name)."""


class State(StrEnum):
    """What the ways in to a pod come to."""

    EXPOSED = "exposed"
    """Something leads in, and policies let it."""
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    """Something leads in, and policies stop all of it."""
    NONE = "none"
    """Nothing leads in."""


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way in to some ports of a pod.

    Attributes:
        by: The object that leads in; for ports of the node, the workload that asks for them.
        clients: Who may come, as CIDRs, where the way in restricts it.
        decision: What policies say to who comes that way.
        admitted: The outside addresses that policies let in, where that is not all or none.
        note: Why it is UNKNOWN.
    """

    entrance: Entrance
    by: ObjectRef
    facing: Facing
    ports: PortSet
    decision: Decision
    clients: tuple[str, ...] = ()
    admitted: IpSet = NO_ADDRESSES
    note: str = ""
    because: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class PodExposure:
    """The ways in to one pod, what is open first; `unread`: why there may be more."""

    ways: tuple[WayIn, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """What they come to."""
        found = {way.decision for way in self.ways}
        if Decision.ALLOW in found:
            return State.EXPOSED
        if Decision.UNKNOWN in found or self.unread:
            return State.UNKNOWN
        return State.BLOCKED if self.ways else State.NONE

    @property
    def open(self) -> tuple[WayIn, ...]:
        """The ways that policies let through."""
        return tuple(way for way in self.ways if way.decision is Decision.ALLOW)


@dataclass(frozen=True, eq=False)
class ExposureOfCluster:
    """The exposure of every pod of a cluster, worked out when it is first asked for."""

    isolation: Isolation

    @cached_property
    def unread(self) -> tuple[str, ...]:
        """Why there may be ways in to any pod that were not seen."""
        found = self.isolation.snapshot.entrances
        if found == UNREAD_ENTRANCES:
            return ("what leads in from outside was not read",)
        reasons = [
            f"{what} not seen: {sight.why}"
            for what, sight in found.sights()
            # Without the Gateways it is not known who can knock; what hangs on them is.
            if isinstance(sight, Unseen) and what != "gateways"
        ]
        return (*reasons, *self._leads.everywhere())

    def of(self, pod: Pod) -> PodExposure:
        """The ways in to one pod."""
        place = (pod.namespace, pod.name)
        here = self._leads.unread_in(pod.namespace)
        return PodExposure(self._ways.get(place, ()), (*self.unread, *here))

    @cached_property
    def _leads(self) -> Leads:
        return Leads(self.isolation)

    @cached_property
    def _ways(self) -> Mapping[Place, tuple[WayIn, ...]]:
        answers = _Answers(self.isolation)
        found: dict[Place, list[WayIn]] = {}
        for lead in self._leads.first:
            found.setdefault(_pod_of(lead), []).append(_way(lead, answers.to(lead)))
        reached = {
            place: min((way.decision for way in ways), key=_ORDER.index)
            for place, ways in found.items()
        }
        for lead in self._leads.forwarded():
            answer = _behind(lead, answers.to(lead), reached)
            found.setdefault(_pod_of(lead), []).append(_way(lead, answer))
        return {place: tuple(_merged(ways)) for place, ways in found.items()}


def _pod_of(lead: Lead) -> Place:
    return lead.pod.namespace, lead.pod.name


def _behind(lead: Lead, answer: Answer, reached: Mapping[Place, Decision]) -> Answer:
    """Behind pods that forward, nothing gets further than to them."""
    if lead.arrival is not Arrival.PROXY:
        return answer
    told = [reached.get((pod.namespace, pod.name)) for pod in lead.proxies.pods]
    known = [each for each in told if each is not None]
    alone = Decision.ALLOW if lead.facing is not Facing.UNKNOWN else Decision.UNKNOWN
    gate = min(known, key=_ORDER.index, default=alone)
    if gate is Decision.ALLOW or answer.decision is Decision.DENY:
        return answer
    note = AT_THE_GATE[gate] if known else NOBODY_KNOCKS
    return replace(answer, decision=gate.both(answer.decision), note=note)


def _way(lead: Lead, answer: Answer) -> WayIn:
    doubted = lead.doubt and answer.decision is Decision.ALLOW
    return WayIn(
        entrance=lead.entrance,
        by=lead.by,
        facing=lead.facing,
        ports=lead.ports,
        decision=Decision.UNKNOWN if doubted else answer.decision,
        clients=lead.clients,
        admitted=answer.admitted,
        note=lead.doubt if doubted else answer.note,
        because=answer.because,
    )


def _merged(ways: list[WayIn]) -> Iterable[WayIn]:
    """Ways that differ in nothing but the port are one; what is open comes first."""
    if len(ways) == 1:
        return ways
    found: dict[WayIn, WayIn] = {}
    for way in ways:
        alike = replace(way, ports=NO_PORTS)
        known = found.get(alike)
        found[alike] = replace(way, ports=known.ports | way.ports) if known else way
    return sorted(found.values(), key=_place)


def _place(way: WayIn) -> tuple[int, int, str, ObjectRef]:
    return _ORDER.index(way.decision), way.facing.openness, way.entrance, way.by


class _Answers:
    """What policies say to each lead; asked once for all pods that they cannot tell apart."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self._known: dict[object, Answer] = {}

    def to(self, lead: Lead) -> Answer:
        """The most open answer over the families of the pod's addresses."""
        classes = self._isolation.classes_of.get((lead.pod.namespace, lead.pod.name), ())
        if lead.entrance is Entrance.HOST_NETWORK:
            return most_open(bound_by_none(self._isolation, number) for number in classes)
        # A proxy on the host network is let in by the pods of its node: they are told apart.
        place = lead.pod.node if lead.proxies.on_hosts else ""
        key = (classes, place, lead.arrival, lead.ports, lead.proxies)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._asked(lead, classes)
        return found

    def _asked(self, lead: Lead, classes: tuple[int, ...]) -> Answer:
        if lead.arrival is Arrival.PROXY:
            return from_pods(self._isolation, lead.proxies, lead.pod, lead.ports)
        return most_open(
            from_outside(self._isolation, number, lead.arrival, lead.ports) for number in classes
        )
