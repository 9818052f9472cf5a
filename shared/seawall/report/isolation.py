"""The Isolation of a cluster for people and machines: one entry a pod and direction."""

from collections.abc import Iterator
from dataclasses import dataclass

from seawall.analyse.exposure import ExposureOfCluster
from seawall.analyse.isolation import Isolation
from seawall.analyse.sides import Row, Side
from seawall.model.enforcement import Enforced
from seawall.model.ir import Decision
from seawall.model.policies import Direction
from seawall.model.ports import ALL_PORTS
from seawall.model.snapshot import Pod
from seawall.report.assumed import assumed_document
from seawall.report.blast import BlastOfCluster
from seawall.report.enforcement import enforcement_document
from seawall.report.exposure import exposure_document, exposure_text
from seawall.report.istio import PodsOfMesh
from seawall.report.peers import peers_document, ports_document, where_document
from seawall.report.unseen import unseen_document

SCHEMA_VERSION = 1

MOST_NAMES = 4
"""A cell of the table names so many; the JSON has them all."""

Document = dict[str, object]


def isolation_document(isolation: Isolation) -> Document:
    """Everything that is open, a pod at a time, sorted by namespace and name.

    `present`, which older readers know as `selected`, says that some policy isolates the pod in a
    direction; `effective` is what that comes to: open to `everybody`, `some` or `nobody`, or
    `unknown`. `open_to` is certain; `unknown` may be open, because something unread decides.
    Pods alike share their entries, so the cost is that of the different sides.
    """
    sides: dict[int, Document] = {}
    exposure, meshed = ExposureOfCluster(isolation), PodsOfMesh(isolation)
    blast = BlastOfCluster(isolation)
    return {
        "schemaVersion": SCHEMA_VERSION,
        "cluster": isolation.snapshot.key,
        "enforced": enforcement_document(isolation.enforced),
        "assumed": assumed_document(isolation),
        "unseen": unseen_document(isolation.snapshot),
        "blast": blast.document(),
        "pods": [
            _pod(isolation, pod, sides)
            | {"exposed": exposure_document(exposure.of(pod)), "blast": blast.of_pod(pod)}
            | {"istio": meshed.document(pod, _side(isolation, pod, Direction.INGRESS))}
            for pod in _pods(isolation)
        ],
    }


@dataclass(frozen=True, slots=True)
class IsolationRow:
    """One line of the table: texts as read from the cluster, not yet made safe for a terminal."""

    pod: str
    direction: Direction
    selected: bool
    open_to: str
    because: str
    enforced: Enforced
    exposed: str


def isolation_rows(isolation: Isolation) -> Iterator[IsolationRow]:
    """One row a pod and direction, in the order of the document; only who comes in is exposure."""
    exposure, meshed = ExposureOfCluster(isolation), PodsOfMesh(isolation)
    texts: dict[int, tuple[str, str]] = {}
    for pod in _pods(isolation):
        for direction in Direction:
            side = _side(isolation, pod, direction)
            if id(side) not in texts:
                texts[id(side)] = (_open_to(isolation, side), _because(side))
            enforced = isolation.enforced.of(pod).enforced
            exposed = "" if direction is Direction.EGRESS else exposure_text(exposure.of(pod))
            open_to, because = texts[id(side)]
            open_to += "" if direction is Direction.EGRESS else meshed.text(pod, side)
            found = (side.selected, open_to, because, enforced, exposed)
            yield IsolationRow(str(pod), direction, *found)


def _because(side: Side) -> str:
    """The rules that open anything; where none does, the policies that close it."""
    opening = {where for row in side.openings for where in row.because}
    return ", ".join(map(str, sorted(opening) or side.isolating)) or "no policy"


def _pods(isolation: Isolation) -> tuple[Pod, ...]:
    return isolation.table.pods(isolation.table.live)


def _pod(isolation: Isolation, pod: Pod, sides: dict[int, Document]) -> Document:
    found: Document = {"namespace": pod.namespace, "name": pod.name}
    if pod.host_network:
        found["hostNetwork"] = True
    ruling = isolation.enforced.of(pod)
    found["enforced"] = {"enforced": str(ruling.enforced), "why": ruling.why}
    for direction in Direction:
        side = _side(isolation, pod, direction)
        if id(side) not in sides:
            sides[id(side)] = _side_document(isolation, side)
        found[str(direction)] = sides[id(side)]
    return found


def _side(isolation: Isolation, pod: Pod, direction: Direction) -> Side:
    """The side of a pod; both families of a dual-stack pod are under the same policies."""
    return isolation.side(isolation.classes_of[(pod.namespace, pod.name)][0], direction)


def _side_document(isolation: Isolation, side: Side) -> Document:
    return {
        "selected": side.selected,
        "present": side.selected,
        "effective": _effective(side),
        "open_to": [
            _opening(isolation, row) for row in side.openings if row.decision is Decision.ALLOW
        ],
        "unknown": [
            _opening(isolation, row) for row in side.openings if row.decision is Decision.UNKNOWN
        ],
    }


def _effective(side: Side) -> str:
    """A word for it; what is open to somebody for certain is no longer unknown."""
    decisions = {row.decision for row in side.openings}
    if Decision.ALLOW not in decisions:
        return "unknown" if decisions else "nobody"
    whole = (side.universe, ALL_PORTS, Decision.ALLOW)
    rows = ((row.peers, row.ports, row.decision) for row in side.openings)
    return "everybody" if whole in rows else "some"


def _opening(isolation: Isolation, row: Row) -> Document:
    return {
        "peers": peers_document(row.peers, isolation.table),
        "ports": ports_document(row.ports),
        "because": [where_document(where) for where in row.because],
    }


def _open_to(isolation: Isolation, side: Side) -> str:
    if not side.openings:
        return "nobody"
    return "; ".join(_opening_text(isolation, side, row) for row in side.openings)


def _opening_text(isolation: Isolation, side: Side, row: Row) -> str:
    perhaps = "perhaps " if row.decision is Decision.UNKNOWN else ""
    who = "everybody" if row.peers == side.universe else _who(isolation, row)
    return f"{perhaps}{who} on {row.ports}"


def _who(isolation: Isolation, row: Row) -> str:
    peers = peers_document(row.peers, isolation.table)
    words = [_some(kind, peers[kind]) for kind in ("namespaces", "pods", "cidrs") if peers[kind]]
    words += ["any new namespace"] if peers["future"] else []
    return ", ".join(words) or "nobody today"


def _some(kind: str, found: object) -> str:
    """A few of them by name, and how many more there are."""
    names = [str(each) for each in found] if isinstance(found, list) else []
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{kind} {' '.join(names[:MOST_NAMES])}{more}"
