"""Sources: read one, analyse it, judge it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from seawall.analyse.isolation import analyse
from seawall.collect.cluster import namesakes
from seawall.judge.judging import Judged, judge
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.enforcement import Plane
from seawall.model.ir import DataPlane
from seawall.model.sight import Seen, Sight, Skipped, mapped
from seawall.model.snapshot import Snapshot


class Source(Protocol):
    """Something that can be read into one Snapshot: a cluster, manifests, a saved snapshot."""

    @property
    def key(self) -> ClusterKey:
        """Names it before it is read."""

    def read(self, *, now: datetime) -> Sight[Snapshot]:
        """Its snapshot, or why it could not be read."""


Result = Sight[Judged] | Skipped

Assumed = DataPlane | Plane | None
"""A plug-in, or readings alone, in place of what a snapshot tells of its data plane."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of one source."""

    key: ClusterKey
    result: Result


def scan_source(source: Source, *, now: datetime, assumed: Assumed = None) -> Scan:
    """Read one source and judge it; what is `assumed` is that of `analyse`."""
    snapshot = source.read(now=now)
    key = snapshot.value.key if isinstance(snapshot, Seen) else source.key
    return Scan(key, mapped(snapshot, lambda found: judged(found, assumed=assumed)))


def judged(snapshot: Snapshot, identity: str | None = None, *, assumed: Assumed = None) -> Judged:
    """A snapshot, analysed and judged; `identity` is whom its fingerprints name, if not itself."""
    isolation = analyse(snapshot, assumed)
    return Judged(isolation, judge(isolation, identity=identity))


def each_cluster_once(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """The same scans; a cluster met again under another name is skipped and says so."""
    found = tuple(scans)
    seen = (scan.result.value.snapshot for scan in found if isinstance(scan.result, Seen))
    again = namesakes(seen)
    met: set[tuple[ClusterKey, ClusterUid]] = set()
    return tuple(_once(scan, again, met) for scan in found)


def _once(
    scan: Scan, again: Mapping[ClusterKey, ClusterKey], met: set[tuple[ClusterKey, ClusterUid]]
) -> Scan:
    """The scan, unless its cluster was judged before, under this name or another one."""
    if isinstance(scan.result, Seen) and isinstance(scan.result.value.snapshot.uid, Seen):
        known = again.get(scan.key, scan.key)
        identity = (known, scan.result.value.snapshot.uid.value)
        if identity in met:
            return Scan(scan.key, Skipped(f"the same cluster as {known}, judged there"))
        met.add(identity)
    return scan
