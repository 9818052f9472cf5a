"""Who is reached from outside, for people and machines; `docs/exposure.md` says what it means."""

from collections import Counter

from seawall.analyse.exposure import ExposureOfCluster, PodExposure, State, WayIn
from seawall.analyse.isolation import Isolation
from seawall.model.policies import Where
from seawall.report.peers import ports_document, where_document

Document = dict[str, object]


def exposure_document(found: PodExposure) -> Document:
    """The ways in to one pod, and why there may be more."""
    return {
        "state": str(found.state),
        "ways": [_way(way) for way in found.ways],
        "unread": list(found.unread),
    }


def exposures_document(isolation: Isolation) -> Document:
    """How many pods are in each state, and what was not read of a whole cluster."""
    found = ExposureOfCluster(isolation)
    pods = isolation.table.pods(isolation.table.live)
    states = Counter(found.of(pod).state for pod in pods)
    return {
        "pods": {str(state): states[state] for state in State},
        "unread": list(found.unread),
    }


def exposure_text(found: PodExposure) -> str:
    """The state, and what is told first: a way in, or why it is not known."""
    if not found.ways:
        return f"{found.state}: {found.unread[0]}" if found.unread else str(found.state)
    first = found.ways[0]
    more = f" and {len(found.ways) - 1} more" if len(found.ways) > 1 else ""
    return f"{found.state}: {first.by} ({first.facing}) on {first.ports}{more}"


def _way(way: WayIn) -> Document:
    return {
        "entrance": str(way.entrance),
        "by": where_document(Where(way.by)),
        "facing": str(way.facing),
        "ports": ports_document(way.ports),
        "clients": list(way.clients),
        "decision": str(way.decision),
        "admitted": list(way.admitted.cidrs()),
        "note": way.note,
        "because": [where_document(where) for where in way.because],
    }
