"""Reads the clusters of the inventory, wherever it is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from seawall.model.sight import Sight
from seawall.model.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from seawall.connect.reader import Reader
    from seawall.model.door import Door
    from seawall.model.exposure import Exposure
    from seawall.model.fleet import ClusterRecord


@dataclass(frozen=True, slots=True)
class LiveClusters:
    """Reads the clusters of the inventory; `doors` opens the way to each."""

    doors: "Callable[[ClusterRecord], Door]" = field(repr=False)

    def snapshot(self, record: "ClusterRecord", *, now: datetime) -> Sight[Snapshot]:
        """What is judged, or why it could not be read."""
        from seawall.collect.cluster import sight_of_cluster

        return sight_of_cluster(lambda: self._reader(record), record.key, now=now)

    def exposed(
        self, record: "ClusterRecord", *, now: datetime
    ) -> "Sight[tuple[Snapshot, Exposure]]":
        """The same, and what leads to its pods from outside."""
        from seawall.collect.cluster import read_cluster, sight
        from seawall.collect.exposure import with_exposure

        return sight(
            lambda: self._reader(record),
            lambda api: with_exposure(api, read_cluster(api, record.key, now=now)),
        )

    def _reader(self, record: "ClusterRecord") -> "Reader":
        from seawall.connect.reader import open_reader

        return open_reader(self.doors(record))
