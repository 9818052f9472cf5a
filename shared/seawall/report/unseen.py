"""What could not be read of a cluster: it is in every report, never left to be missed."""

from seawall.model.snapshot import Snapshot


def unseen_document(snapshot: Snapshot) -> list[dict[str, str]]:
    """Everything that could not be read, and why."""
    return [{"what": what, "why": why} for what, why in snapshot.unseen]
