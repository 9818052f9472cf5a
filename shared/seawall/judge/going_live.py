"""The day on which the plug-in's policy switch is turned on: what goes live, what would be cut.

Years of policies that nothing enforced were never tried. What is told is what would become
impossible, not what is in use: nobody has seen the traffic. What people miss first comes first.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from seawall.analyse.dataplane.switches import SWITCHES, Switch
from seawall.analyse.differences import closed
from seawall.analyse.exposure import ExposureOfCluster
from seawall.analyse.isolation import Isolation
from seawall.analyse.paths import paths, workload
from seawall.analyse.sides import Side, sides
from seawall.judge.judging import judge
from seawall.judge.rules import dns_blocked
from seawall.model.bits import Bits
from seawall.model.enforcement import Enforced
from seawall.model.entrances import Entrance, Service
from seawall.model.exposure import Exposure, Way
from seawall.model.finding import Verdict
from seawall.model.ir import Decision
from seawall.model.peers import Mark, PeerSet, everybody
from seawall.model.plan import Path
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, ports
from seawall.model.sight import Sight, Unseen, seen_or
from seawall.model.snapshot import Pod

API_PORTS = ports(Protocol.TCP, 443) | ports(Protocol.TCP, 6443)
"""Where an API server is listened for; its address is not in what was read."""

MOST_NAMESPACES = 25
"""Whose paths are worked out: each takes a look at every other namespace."""

NO_ACCOUNT = frozenset({"", "default"})


class Kind(StrEnum):
    """What would be cut, in the order in which it is missed."""

    DNS = "DNS"
    API_SERVER = "API server"
    WEBHOOK = "webhook"
    EXPOSED = "exposed port"


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """Something that some workloads can do today and could not then.

    Attributes:
        who: The workload in words.
        what: What it is cut off from, or who is cut off from it.
        certain: Whether policies deny it for certain; else something that was not read decides.
        because: The policies that would do it.
    """

    kind: Kind
    who: str
    what: str
    certain: bool
    because: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """A policy that would begin to count, for so many pods."""

    ref: ObjectRef
    directions: tuple[Direction, ...]
    pods: int


@dataclass(frozen=True, slots=True)
class GoingLive:
    """What the day would look like.

    Attributes:
        pods: How many pods have no certain enforcement today.
        policies: Those that go live for any of them.
        cuts: What is missed first.
        paths: Connections to those pods that are open today and would not be.
        left_out: How many namespaces have paths that were not worked out.
        unread: What could not be looked at, so that there may be more.
        switches: How it is done, by the row that says that it is off.
    """

    pods: int
    policies: tuple[LivePolicy, ...]
    cuts: tuple[Cut, ...]
    paths: tuple[Path, ...]
    left_out: int
    unread: tuple[str, ...]
    switches: tuple[tuple[str, Switch], ...]


def going_live(isolation: Isolation, exposure: Sight[Exposure], pool: str = "") -> GoingLive:
    """What would change if policies were enforced everywhere, or on the nodes of one pool."""
    waiting = _Waiting(isolation, frozenset(map(str, _waiting(isolation, pool))))
    return GoingLive(
        pods=len(waiting.names),
        policies=tuple(_policies(waiting)),
        cuts=tuple(sorted(set(_cuts(waiting, exposure)), key=_missed_first)),
        paths=tuple(sorted(_paths(waiting))),
        left_out=max(0, len(_homes(waiting)) - MOST_NAMESPACES),
        unread=tuple(_unread(isolation, exposure)),
        switches=tuple(_switches(isolation, pool)),
    )


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The pods that wait for the switch."""

    isolation: Isolation
    names: frozenset[str]

    def pods(self, classes: Bits) -> tuple[Pod, ...]:
        """Those of some classes."""
        found = self.isolation.table.pods(classes)
        return tuple(pod for pod in found if str(pod) in self.names)

    def sides(self, direction: Direction) -> Iterator[tuple[Side, tuple[Pod, ...]]]:
        """The sides that policies select, and the pods of each that wait."""
        for group in self.isolation.by_namespace[direction]:
            for side in group:
                if side.selected and (pods := self.pods(side.subjects - self._hosts)):
                    yield side, pods

    @property
    def _hosts(self) -> Bits:
        return self.isolation.table.hosts


def _waiting(isolation: Isolation, pool: str) -> Iterator[Pod]:
    nodes = {n for each in isolation.enforced.pools if each.name == pool for n in each.nodes}
    for pod in isolation.table.pods(isolation.table.live - isolation.table.hosts):
        here = not pool or pod.node in nodes
        if here and isolation.enforced.of(pod).enforced is not Enforced.YES:
            yield pod


def _policies(waiting: _Waiting) -> Iterator[LivePolicy]:
    found: dict[ObjectRef, tuple[set[Direction], set[str]]] = {}
    for direction in Direction:
        for side, pods in waiting.sides(direction):
            for ref in side.isolating:
                directions, names = found.setdefault(ref, (set(), set()))
                directions.add(direction)
                names.update(map(str, pods))
    for ref, (directions, names) in sorted(found.items()):
        yield LivePolicy(ref, tuple(sorted(directions)), len(names))


def _missed_first(cut: Cut) -> tuple[int, bool, str, str]:
    return tuple(Kind).index(cut.kind), not cut.certain, cut.who, cut.what


def _cuts(waiting: _Waiting, exposure: Sight[Exposure]) -> Iterator[Cut]:
    yield from _dns(waiting)
    yield from _api_server(waiting)
    for way in _webhooks(exposure):
        yield from _webhook(waiting, way)
    yield from _exposed(waiting)


def _dns(waiting: _Waiting) -> Iterator[Cut]:
    pods = waiting.isolation.pods_by_name
    for outcome in judge(waiting.isolation, (dns_blocked.RULE,)):
        for finding in outcome.findings:
            because = tuple(evidence.where for evidence in finding.evidence)
            for name in waiting.names.intersection(finding.pods):
                who = workload(pods[name].owner)
                certain = finding.verdict is Verdict.FAIL
                yield Cut(Kind.DNS, who, "the cluster's DNS", certain, because)


def _api_server(waiting: _Waiting) -> Iterator[Cut]:
    """Workloads with a service account of their own: others rarely speak to the API server."""
    server = PeerSet(marks=frozenset({Mark.API_SERVER}))
    for side, pods in waiting.sides(Direction.EGRESS):
        decision = _reached(side, server, API_PORTS)
        if decision is not Decision.ALLOW:
            because = tuple(Where(ref) for ref in side.isolating)
            certain = decision is Decision.DENY
            for pod in pods:
                if pod.service_account not in NO_ACCOUNT:
                    who = workload(pod.owner)
                    yield Cut(Kind.API_SERVER, who, "the API server", certain, because)


def _reached(side: Side, peers: PeerSet, wanted: PortSet) -> Decision:
    """Whether a peer whose address nobody knows is reached: a block may mean it, or not."""
    found = {row.decision for row in side.rows(peers, wanted)}
    if Decision.ALLOW in found or Decision.UNKNOWN in found:
        return Decision.ALLOW if Decision.ALLOW in found else Decision.UNKNOWN
    blocks = any(row.peers.addresses and row.ports & wanted for row in side.openings)
    return Decision.UNKNOWN if blocks else Decision.DENY


def _webhooks(exposure: Sight[Exposure]) -> Iterator[Way]:
    if isinstance(exposure, Unseen):
        return
    for _, ways in exposure.value.ways:
        for way in seen_or(ways, ()):
            if way.entrance in {Entrance.WEBHOOK, Entrance.AGGREGATED_API}:
                yield way


def _webhook(waiting: _Waiting, way: Way) -> Iterator[Cut]:
    """The API server calls it; a NetworkPolicy can only mean it by everybody, or by a block."""
    server = PeerSet(marks=frozenset({Mark.API_SERVER}))
    behind = _behind(waiting.isolation, way)
    for side, pods in waiting.sides(Direction.INGRESS):
        decision = _reached(side, server, ALL_PORTS)
        if decision is not Decision.ALLOW:
            for pod in filter(behind, pods):
                because = tuple(Where(ref) for ref in side.isolating)
                certain = decision is Decision.DENY
                yield Cut(Kind.WEBHOOK, workload(pod.owner), str(way.by), certain, because)


def _behind(isolation: Isolation, way: Way) -> Callable[[Pod], bool]:
    """Whether a pod is one that the way leads to; where its Service was not read, any there is."""
    services = seen_or(isolation.snapshot.entrances.services, ())
    found: Service | None = next(
        (each for each in services if (each.namespace, each.name) == (way.namespace, way.to)), None
    )
    if found is None or found.selector is None:
        return lambda pod: pod.namespace == way.namespace
    wanted = set(found.selector)
    return lambda pod: pod.namespace == way.namespace and wanted <= set(pod.labels)


def _exposed(waiting: _Waiting) -> Iterator[Cut]:
    exposure = ExposureOfCluster(waiting.isolation)
    for name in waiting.names:
        pod = waiting.isolation.pods_by_name[name]
        for way in exposure.of(pod).ways:
            if way.decision is not Decision.ALLOW:
                what = f"{way.by} ({way.entrance}) on {way.ports}"
                certain = way.decision is Decision.DENY
                yield Cut(Kind.EXPOSED, workload(pod.owner), what, certain, way.because)


def _paths(waiting: _Waiting) -> Iterator[Path]:
    """What comes in to the namespaces of the pods that wait, open today as nothing stops it."""
    isolation = waiting.isolation
    today = _without_policies(isolation)
    for home in _homes(waiting)[:MOST_NAMESPACES]:
        yield from paths(isolation.table, closed(today, isolation, home), home)


def _homes(waiting: _Waiting) -> list[str]:
    """The namespaces whose pods are isolated for ingress, those with most of them first."""
    sizes = Counter(pod.namespace for _, pods in waiting.sides(Direction.INGRESS) for pod in pods)
    return sorted(sizes, key=lambda home: (-sizes[home], home))


def _without_policies(isolation: Isolation) -> Isolation:
    """The same pods, everything open; all that goes out is one side, as nothing tells it apart."""
    table = isolation.table
    universe = everybody(table.everything)
    coming = tuple(sides(Direction.INGRESS, (), table.spans, universe))
    going = ((Side(Direction.EGRESS, table.everything, (), universe),),)
    return replace(isolation, by_namespace={Direction.INGRESS: coming, Direction.EGRESS: going})


def _unread(isolation: Isolation, exposure: Sight[Exposure]) -> Iterator[str]:
    yield from ExposureOfCluster(isolation).unread
    if isinstance(exposure, Unseen):
        yield f"webhooks: {exposure.why}"
        return
    for what, ways in exposure.value.ways:
        if isinstance(ways, Unseen):
            yield f"{what}: {ways.why}"


def _switches(isolation: Isolation, pool: str) -> Iterator[tuple[str, Switch]]:
    """Those of the nodes' rows; each row once."""
    enforced = isolation.enforced
    chosen = [each for each in enforced.pools if not pool or each.name == pool]
    names: Iterable[str] = (node for each in chosen for node in each.nodes)
    rows = {enforced.by_node[name].row for name in names} or {enforced.whole.row}
    for row in sorted(rows & SWITCHES.keys()):
        yield row, SWITCHES[row]
