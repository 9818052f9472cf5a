"""What could not be read of a cluster: it is in every report, never left to be missed."""

from collections.abc import Iterable, Iterator

from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot


def unseen_document(snapshot: Snapshot) -> list[dict[str, str]]:
    """Every kind that could not be read, and why."""
    return [{"what": what, "why": why} for what, why in unseen(snapshot)]


def unseen(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Each kind that could not be read, and why."""
    sights: Iterable[tuple[str, Sight[object]]] = (
        ("namespaces", snapshot.namespaces),
        ("pods", snapshot.pods),
        ("nodes", snapshot.nodes),
        ("networkpolicies", snapshot.network_policies),
        ("API groups", snapshot.unmodelled),
    )
    for what, sight in sights:
        if isinstance(sight, Unseen):
            yield what, sight.why
    if isinstance(snapshot.unmodelled, Seen):
        for kind in snapshot.unmodelled.value:
            if isinstance(kind.objects, Unseen):
                yield f"{kind.resource}.{kind.group}", kind.objects.why
