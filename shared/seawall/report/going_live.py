"""What the day would look like on which policies are enforced, for people and machines."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from seawall.judge.going_live import Cut, GoingLive, Kind
from seawall.model.cluster import ClusterKey
from seawall.report.fleet_text import counted
from seawall.report.peers import where_document

Document = dict[str, object]
T = TypeVar("T")

SHOWN = 20
"""Of each kind; the document has them all."""

PROBES = "probes stay: traffic from a pod's own node is always let in"


def going_live_document(key: ClusterKey, found: GoingLive) -> Document:
    """Everything, in the order in which it is missed."""
    return {
        "schemaVersion": 1,
        "cluster": key,
        "podsNotEnforced": found.pods,
        "policies": [
            {"policy": str(each.ref), "directions": list(each.directions), "pods": each.pods}
            for each in found.policies
        ],
        "cuts": [_cut(each) for each in found.cuts],
        "paths": [
            {"from": each.source, "to": each.destination, "ports": each.ports, "live": each.live}
            for each in found.paths
        ],
        "namespacesWithoutPaths": found.left_out,
        "notRead": list(found.unread),
        "switches": [
            {"row": row, "command": each.command, "source": each.source, "first": each.first}
            for row, each in found.switches
        ],
    }


def _cut(cut: Cut) -> Document:
    return {
        "kind": str(cut.kind),
        "who": cut.who,
        "what": cut.what,
        "certain": cut.certain,
        "because": [where_document(where) for where in cut.because],
    }


def going_live_lines(found: GoingLive) -> Iterator[str]:
    """The same in words; texts are as read, not yet made safe for a terminal."""
    if not found.pods:
        yield "Policies are enforced for every pod already: nothing would change."
        return
    if not found.policies:
        yield f"No policy selects any of {counted(found.pods, 'pod')}: nothing would be cut."
    else:
        live = counted(len(found.policies), "policy", "policies")
        yield f"{live} would go live, for {counted(found.pods, 'pod')} in all:"
        for each in _few(found.policies):
            yield f"  {each.ref}: {' and '.join(each.directions)} of {counted(each.pods, 'pod')}"
        yield from _more(found.policies)
        for kind in Kind:
            yield from _of_kind(kind, [cut for cut in found.cuts if cut.kind is kind])
        yield PROBES
        yield from _path_lines(found)
    for reason in found.unread:
        yield f"there may be more, not read: {reason}"
    for _, switch in found.switches:
        yield f"switch it on: {switch.command}"
        if switch.first:
            yield f"  before: {switch.first}"
        yield f"  see {switch.source}"


def _of_kind(kind: Kind, cuts: Sequence[Cut]) -> Iterator[str]:
    if not cuts:
        yield f"{kind}: nothing is cut"
        return
    yield f"{kind}: {counted(len(cuts), 'way')} cut"
    for cut in _few(cuts):
        perhaps = "" if cut.certain else "perhaps "
        because = ", ".join(map(str, cut.because)) or "no policy that was read"
        yield f"  {perhaps}{cut.who}: {cut.what} ({because})"
    yield from _more(cuts)


def _path_lines(found: GoingLive) -> Iterator[str]:
    live = [path for path in found.paths if path.live]
    yield f"between pods, nodes and addresses of today: {counted(len(live), 'path')} cut"
    for path in _few(live):
        yield f"  {path.source} -> {path.destination} on {path.ports}"
    yield from _more(live)
    if found.left_out:
        yield f"  and those into {counted(found.left_out, 'smaller namespace')}, not worked out"


def _few(found: Sequence[T]) -> Sequence[T]:
    return found[:SHOWN]


def _more(found: Sequence[object]) -> Iterator[str]:
    if len(found) > SHOWN:
        yield f"  and {len(found) - SHOWN} more; -o json has them all"
