"""What was not seen of a fleet: scopes, clusters, parts of clusters. First in every report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from seawall.report.fleet import ClusterLine, FleetView, Standing


@dataclass(frozen=True, slots=True)
class Blind:
    """One thing that was not seen; texts are as they were read, not yet made harmless.

    Attributes:
        what: `scope`, or the standing of the cluster.
        where: The scope, or the cluster's key.
        as_of: What is shown of it is as old as this; None: nothing is shown.
    """

    what: str
    where: str
    why: str
    as_of: datetime | None = None


def not_seen(view: FleetView, lines: tuple[ClusterLine, ...]) -> tuple[Blind, ...]:
    """Scopes first, for they may hide any number of clusters; then clusters, the unseen first."""
    return (*_scopes(view), *_clusters(lines))


def _scopes(view: FleetView) -> Iterator[Blind]:
    if view.last_run is not None:
        for scope, why in sorted(view.last_run.scopes_unseen):
            yield Blind("scope", scope, why)


def _clusters(lines: tuple[ClusterLine, ...]) -> Iterator[Blind]:
    for standing in (Standing.UNSEEN, Standing.STALE, Standing.PARTLY, Standing.SKIPPED):
        for line in lines:
            if line.standing is standing:
                yield Blind(standing, line.key, line.why, line.scanned_at)
